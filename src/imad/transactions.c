/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/transactions.h"

#include <string.h>

static void entry_done(TransactionEntry *entry)
{
        json_decref(entry->summary);
        *entry = (TransactionEntry){ 0 };
}

void transaction_table_done(TransactionTable *table)
{
        for (size_t i = 0; i < table->count; i++)
                entry_done(&table->items[i]);
        table->count = 0;
}

void transaction_table_add(TransactionTable *table, TransactionEntry *entry)
{
        if (table->count == TRANSACTIONS_MAX) {
                entry_done(&table->items[0]);
                memmove(table->items, table->items + 1,
                                (TRANSACTIONS_MAX - 1) * sizeof(*table->items));
                table->count--;
        }
        table->last = entry->number;
        table->items[table->count++] = TAKE_STRUCT(*entry);
}

const TransactionEntry *transaction_table_find(const TransactionTable *table, uint64_t number)
{
        for (size_t i = 0; i < table->count; i++)
                if (table->items[i].number == number)
                        return &table->items[i];
        return NULL;
}

static json_int_t count(const json_t *report, const char *key)
{
        return (json_int_t) json_array_size(json_object_get(report, key));
}

json_t *transaction_summarize(const json_t *report)
{
        static const char *const kept[] = { "owner", "begin_usec", "end_usec", "packages",
                "labelled" };
        json_t *summary = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "unsigned",
                        count(report, "unknown") + count(report, "foreign"), "kept",
                        count(report, "kept"), "vouched", count(report, "vouched"), "skipped",
                        count(report, "skipped"), "failed", count(report, "failed"), "denials",
                        count(report, "denials"), "denials_known",
                        json_is_array(json_object_get(report, "denials")));

        for (size_t i = 0; summary && i < ELEMENTSOF(kept); i++)
                (void) json_object_set(summary, kept[i], json_object_get(report, kept[i]));
        return summary;
}
