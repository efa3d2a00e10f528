/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "bus/names.h"
#include "imactl/client.h"
#include "imactl/entries.h"
#include "imactl/verbs.h"

/* Entries that are there already and are shown first, as journalctl -f does. */
#define LAST_ENTRIES 10U

typedef struct Follower {
        const Arguments *args;
        sd_bus *bus;
        json_t *filter;
        uint64_t next; /* number of the entry to go on with */
        bool grown;
        bool gone; /* imad has left the bus */
} Follower;

static void follower_done(Follower *f)
{
        json_decref(f->filter);
        sd_bus_flush_close_unref(f->bus);
}

/* A list that begins anew has entries before those that were shown. */
static int on_added(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Follower *f = userdata;
        uint64_t first, count;

        if (sd_bus_message_read(m, "tt", &first, &count) >= 0) {
                f->grown = true;
                if (first < f->next)
                        f->next = first;
        }
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Follower *f = userdata;
        const char *name, *before, *after;

        if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && *after == '\0')
                f->gone = true;
        return 0;
}

static void print_line(const Follower *f, const json_t *entry)
{
        Style style = style_get(stdout);
        const char *verdict = result_get_string(entry, "verdict") ?: "";
        _cleanup_free_ char *name = entries_get_name(entry), *escaped = result_escape(name, style);
        Tone tone = entries_get_tone(verdict);

        printf("%8" PRIu64 "  %s%-10s%s  %s  %s\n", result_get_number(entry, "number"),
                        style_begin(style, tone), verdict, style_end(style, tone),
                        result_get_string(entry, "digest") ?: "", escaped ?: "");
}

static int print_entries(const Follower *f, const json_t *entries)
{
        const json_t *entry;
        size_t i;

        json_array_foreach (entries, i, entry) {
                if (f->args->json == JSON_OFF)
                        print_line(f, entry);
                else if (json_print(entry, JSON_SHORT, stdout) < 0)
                        return -EIO;
        }
        return fflush(stdout) == EOF || ferror(stdout) ? -EIO : 0;
}

/* Prints what is there from f->next on. */
static ExitCode catch_up(Follower *f)
{
        for (;;) {
                _cleanup_json_ json_t *entries = json_array();
                uint64_t next = 0;
                ExitCode code = entries_get_page(f->args, f->bus, f->filter, f->next,
                                ENTRIES_PAGE_SIZE, entries, &next);

                if (code != EXIT_CODE_OK)
                        return code;
                if (print_entries(f, entries) < 0)
                        return EXIT_CODE_FAILURE;
                if (next > f->next)
                        f->next = next;
                if (json_array_size(entries) == 0)
                        return EXIT_CODE_OK;
        }
}

static ExitCode begin(Follower *f)
{
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        uint64_t count = 0;
        int r = sd_bus_match_signal(f->bus, NULL, BUS_NAME, BUS_PATH_MEASUREMENTS,
                        BUS_INTERFACE_MEASUREMENTS, "EntriesAdded", on_added, f);

        if (r >= 0)
                r = sd_bus_add_match(f->bus, NULL,
                                "type='signal',sender='org.freedesktop.DBus',"
                                "member='NameOwnerChanged',arg0='" BUS_NAME "'",
                                on_owner_changed, f);
        if (r >= 0)
                r = sd_bus_get_property_trivial(f->bus, BUS_NAME, BUS_PATH_MEASUREMENTS,
                                BUS_INTERFACE_MEASUREMENTS, "Count", &error, 't', &count);
        if (r < 0)
                return client_report(f->args, &error, r);
        f->next = arguments_have(f->args, OPTION_SINCE) || count < LAST_ENTRIES
                                  ? 1
                                  : count - LAST_ENTRIES + 1;
        return catch_up(f);
}

ExitCode verb_measurements_follow(const Arguments *args)
{
        Arguments lines = *args; /* a shallow copy */
        _cleanup_(follower_done) Follower f = { .args = &lines };
        ExitCode code;

        /* JSON is one object for each line, also of an error: there is no end to wait for. */
        if (lines.json != JSON_OFF)
                lines.json = JSON_SHORT;
        args = &lines;
        code = entries_make_filter(args, &f.filter);

        if (code == EXIT_CODE_OK)
                code = client_connect(args, &f.bus);
        if (code == EXIT_CODE_OK)
                code = begin(&f);
        while (code == EXIT_CODE_OK) {
                int r = sd_bus_process(f.bus, NULL);

                if (r == 0 && f.gone)
                        return report_error(args, EXIT_CODE_NO_DAEMON,
                                        "follow again when it runs: systemctl status imad.service",
                                        "imad has ended");
                if (r == 0 && f.grown) {
                        f.grown = false;
                        code = catch_up(&f);
                } else if (r == 0) {
                        r = sd_bus_wait(f.bus, UINT64_MAX);
                }
                if (r < 0 && r != -EINTR)
                        code = client_report(args, NULL, r);
        }
        return code;
}
