/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/entries.h"

#include "base/time.h"
#include "bus/names.h"
#include "bus/value.h"
#include "imactl/client.h"
#include "imactl/since.h"

static const struct {
        const char *verdict;
        Tone tone;
        const char *text;
} verdicts[] = {
        {"violation",   TONE_BAD,   "it was open for writing meanwhile, so its digest is not known"},
        { "bad-digest", TONE_BAD,   "its template digest does not fit its data"                    },
        { "signed",     TONE_PLAIN, "it holds a signature; measurements verify --cert= checks it"  },
        { "unsigned",   TONE_WARN,  "the file had no signature when it was measured"               },
        { "plain",      TONE_PLAIN, "nothing in it tells whether the file is signed"               },
};

Tone entries_get_tone(const char *verdict)
{
        for (size_t i = 0; i < ELEMENTSOF(verdicts); i++)
                if (string_equal(verdicts[i].verdict, verdict))
                        return verdicts[i].tone;
        return TONE_PLAIN;
}

const char *entries_explain_verdict(const char *verdict)
{
        for (size_t i = 0; i < ELEMENTSOF(verdicts); i++)
                if (string_equal(verdicts[i].verdict, verdict))
                        return verdicts[i].text;
        return NULL;
}

char *entries_get_name(const json_t *entry)
{
        const char *name = result_get_string(entry, "name");
        const char *hex = result_get_string(entry, "name_bytes");
        size_t size = hex ? strlen(hex) / 2 : 0;
        char *bytes;

        if (name || !hex)
                return name ? strdup(name) : NULL;
        bytes = malloc(size + 1);
        if (bytes && hex_decode(hex, bytes, size, &size) < 0)
                size = 0;
        if (bytes)
                bytes[size] = '\0';
        return bytes;
}

ExitCode entries_make_filter(const Arguments *args, json_t **ret_filter)
{
        static const OptionId texts[] = { OPTION_PATH, OPTION_TEMPLATE, OPTION_VERDICT,
                OPTION_SIGNED_BY, OPTION_PACKAGE };
        const char *since = arguments_get(args, OPTION_SINCE);
        _cleanup_json_ json_t *filter = json_object();
        usec_t usec;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (arguments_have(args, texts[i]) &&
                                json_object_set_new(filter, option_table[texts[i]].name,
                                                json_string(arguments_get(args, texts[i]))) < 0)
                        return report_error(args, EXIT_CODE_USAGE,
                                        "D-Bus and JSON take valid UTF-8 only", "--%s is not UTF-8",
                                        option_table[texts[i]].name);
        if (since && since_parse(since, time_now(CLOCK_REALTIME), &usec) < 0)
                return report_error(args, EXIT_CODE_USAGE,
                                "as in \"2026-01-31 12:00\", \"2026-01-31\", \"-90min\" or "
                                "\"@1767225600\"",
                                "--since=%s is no time", since);
        if (since && json_object_set_new(filter, "since", json_integer((json_int_t) usec)) < 0)
                return client_report(args, NULL, -ENOMEM);
        *ret_filter = TAKE_PTR(filter);
        return EXIT_CODE_OK;
}

static int read_page(sd_bus_message *reply, json_t *entries, uint64_t *ret_next)
{
        _cleanup_json_ json_t *page = NULL;

        if (bus_read_value(reply, &page) <= 0 || !json_is_array(page))
                return -EBADMSG;
        if (sd_bus_message_read(reply, "t", ret_next) < 0)
                return -EBADMSG;
        return json_array_extend(entries, page) < 0 ? -ENOMEM : 0;
}

ExitCode entries_get_page(const Arguments *args, sd_bus *bus, const json_t *filter, uint64_t start,
                uint32_t max, json_t *entries, uint64_t *ret_next)
{
        _cleanup_bus_message_ sd_bus_message *call = NULL, *reply = NULL;
        ExitCode code;
        int r = client_new_call(args, bus, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS,
                        "GetEntries", &call);

        if (r >= 0)
                r = bus_append_dict(call, filter);
        if (r >= 0)
                r = sd_bus_message_append(call, "tu", start, max);
        if (r < 0)
                return client_report(args, NULL, r);
        code = client_call(args, bus, call, &reply);
        if (code != EXIT_CODE_OK)
                return code;
        if (read_page(reply, entries, ret_next) < 0)
                return client_report_bad_answer(args, "a page of the measurement list");
        return EXIT_CODE_OK;
}
