/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.imad1.Transaction on /org/imad1/transaction/N */
#include <inttypes.h>

#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"
#include "bus/names.h"
#include "bus/value.h"
#include "imad/bus-object.h"
#include "imad/manager.h"
#include "system/transaction-store.h"

/* Members of the summary that are properties of type t, and the names of these. */
static const struct {
        const char *property;
        const char *member;
} numbers[] = {
        {"BeginUSec", "begin_usec"},
        { "EndUSec",  "end_usec"  },
        { "Labelled", "labelled"  },
        { "Unsigned", "unsigned"  },
        { "Kept",     "kept"      },
        { "Vouched",  "vouched"   },
        { "Skipped",  "skipped"   },
        { "Failed",   "failed"    },
        { "Denials",  "denials"   },
};

static int get_number(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const TransactionEntry *entry = userdata;
        json_int_t value = 0;

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (string_equal(numbers[i].property, property))
                        value = json_integer_value(
                                        json_object_get(entry->summary, numbers[i].member));
        return sd_bus_message_append(reply, "t", (uint64_t) (value > 0 ? value : 0));
}

static int get_owner(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const TransactionEntry *entry = userdata;
        const json_t *owner = json_object_get(entry->summary, "owner");

        return sd_bus_message_append(
                        reply, "s", json_string_value(json_object_get(owner, "name")) ?: "");
}

static int get_packages(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const TransactionEntry *entry = userdata;

        return bus_append_dicts(reply, json_object_get(entry->summary, "packages"));
}

static int get_denials_known(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const TransactionEntry *entry = userdata;

        return sd_bus_message_append(
                        reply, "b", json_is_true(json_object_get(entry->summary, "denials_known")));
}

/* Of the object, when it is one of those that are kept; "007" is no name of transaction 7. */
static const TransactionEntry *find_entry(const TransactionTable *table, const char *path)
{
        const char *text = string_after(path, BUS_PATH_TRANSACTION "/");
        const TransactionEntry *entry;
        uint64_t number;

        if (!text || parse_u64(text, UINT32_MAX, &number) < 0)
                return NULL;
        entry = transaction_table_find(table, number);
        return entry && string_equal(entry->path, path) ? entry : NULL;
}

static int find_object(sd_bus *bus, const char *path, const char *interface, void *userdata,
                void **ret_found, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;
        const TransactionEntry *entry = find_entry(&manager->transactions, path);

        if (!entry)
                return 0;
        *ret_found = (void *) entry;
        return 1;
}

static int enumerate_objects(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                sd_bus_error *reterr_error)
{
        const TransactionTable *table = &((Manager *) userdata)->transactions;
        char **nodes = calloc(table->count + 1, sizeof(*nodes));

        for (size_t i = 0; nodes && i < table->count; i++) {
                nodes[i] = strdup(table->items[i].path);
                if (!nodes[i]) {
                        while (i-- > 0)
                                free(nodes[i]);
                        free(nodes);
                        nodes = NULL;
                }
        }
        if (!nodes)
                return -ENOMEM;
        *ret_nodes = nodes;
        return 1;
}

#define CONST SD_BUS_VTABLE_PROPERTY_CONST

static const sd_bus_vtable transaction_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Number", "t", NULL, offsetof(TransactionEntry, number), CONST),
        SD_BUS_PROPERTY("Owner", "s", get_owner, 0, CONST),
        SD_BUS_PROPERTY("BeginUSec", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("EndUSec", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Packages", "aa{sv}", get_packages, 0, CONST),
        SD_BUS_PROPERTY("Labelled", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Unsigned", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Kept", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Vouched", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Skipped", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Failed", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("Denials", "t", get_number, 0, CONST),
        SD_BUS_PROPERTY("DenialsKnown", "b", get_denials_known, 0, CONST),
        SD_BUS_VTABLE_END,
};

int bus_transaction_add(Manager *manager)
{
        int r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH_TRANSACTION,
                        BUS_INTERFACE_TRANSACTION, transaction_vtable, find_object, manager);

        if (r < 0)
                return r;
        return sd_bus_add_node_enumerator(
                        manager->bus, NULL, BUS_PATH_TRANSACTION, enumerate_objects, manager);
}

static void forget_oldest(Manager *manager)
{
        (void) sd_bus_emit_interfaces_removed(manager->bus, manager->transactions.items[0].path,
                        BUS_INTERFACE_TRANSACTION, NULL);
}

static void tell_new(Manager *manager, const char *path)
{
        (void) sd_bus_emit_interfaces_added(manager->bus, path, BUS_INTERFACE_TRANSACTION, NULL);
        (void) sd_bus_emit_signal(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                        "TransactionNew", "o", path);
}

/* A report that cannot be read is told once, and has no object. */
static void add_transaction(Manager *manager, uint64_t number, bool is_new)
{
        TransactionTable *table = &manager->transactions;
        TransactionEntry entry = { .number = number };
        _cleanup_json_ json_t *report = NULL;
        int r = transaction_store_load(manager->root_fd, number, &report);

        if (r >= 0)
                entry.summary = transaction_summarize(report);
        if (!entry.summary) {
                log_warning("report of transaction %" PRIu64 " cannot be read: %s", number,
                                strerror(r < 0 ? -r : ENOMEM));
                table->last = number;
                return;
        }
        (void) snprintf(entry.path, sizeof(entry.path), BUS_PATH_TRANSACTION "/%" PRIu64, number);
        if (is_new && table->count == TRANSACTIONS_MAX)
                forget_oldest(manager);
        transaction_table_add(table, &entry);
        if (is_new)
                tell_new(manager, table->items[table->count - 1].path);
}

void bus_transaction_refresh(Manager *manager, bool is_new)
{
        _cleanup_free_ uint64_t *found = NULL;
        size_t count = 0;
        int r = transaction_store_list(manager->root_fd, &found, &count);

        if (r < 0)
                log_debug("reports of transactions cannot be listed: %s", strerror(-r));
        for (size_t i = count > TRANSACTIONS_MAX ? count - TRANSACTIONS_MAX : 0;
                        r >= 0 && i < count; i++)
                if (found[i] > manager->transactions.last)
                        add_transaction(manager, found[i], is_new);
}
