/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "bus/names.h"
#include "bus/value.h"
#include "imactl/client.h"
#include "imactl/verbs.h"
#include "imactl/verdict-text.h"
#include "imactl/worker.h"

#define VERIFY_ROUNDS 6U
#define VERIFY_PAUSE_USEC 200000U

/* The first option that is one of the verb, or OPTION_MAX. */
static OptionId find_own_option(const Arguments *args)
{
        OptionId id = 0;

        while (id < OPTION_MAX && (!arguments_have(args, id) || option_table[id].global))
                id++;
        return id;
}

static void print_signatures(const json_t *signatures, FILE *file)
{
        uint64_t good = result_get_number(signatures, "good"),
                 bad = result_get_number(signatures, "bad"),
                 unknown = result_get_number(signatures, "unknown_key");

        if (good + bad + unknown > 0)
                fprintf(file,
                                "signatures: %" PRIu64 " good, %" PRIu64 " bad, %" PRIu64
                                " by unknown keys; %" PRIu64 " entries without\n",
                                good, bad, unknown, result_get_number(signatures, "unsigned"));
}

/* A list that nothing was compared with is not bad for that. */
static const VerdictText *find_verify_text(const json_t *result)
{
        static const VerdictText replayed = {
                .tone = TONE_FAINT,
                .summary = "replayed; there is no PCR value to compare it with",
        };
        const char *status = result_get_string(result, "status");
        const json_t *bank;
        size_t i;

        if (!string_equal(status, "unknown"))
                return verdict_text_find(status);
        json_array_foreach (json_object_get(result, "banks"), i, bank)
                if (json_is_string(json_object_get(bank, "value")))
                        return verdict_text_find(status);
        return json_is_object(json_object_get(result, "signatures")) ? &replayed
                                                                     : verdict_text_find(status);
}

/* The daemon has no verdict about what it cannot read; the same codes as the worker's. */
static ExitCode get_verify_code(const json_t *result)
{
        static const struct {
                const char *condition;
                ExitCode code;
        } codes[] = {
                {"list-absent",     EXIT_CODE_NOT_FOUND    },
                { "list-denied",    EXIT_CODE_NOT_PERMITTED},
                { "tpm-denied",     EXIT_CODE_NOT_PERMITTED},
                { "list-malformed", EXIT_CODE_MALFORMED    },
        };
        const char *status = result_get_string(result, "status");
        const char *condition = result_get_string(result, "condition");

        for (size_t i = 0; string_equal(status, "unknown") && i < ELEMENTSOF(codes); i++)
                if (string_equal(condition, codes[i].condition))
                        return codes[i].code;
        return verdict_text_find(status)->code;
}

static void render_verify(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const VerdictText *text = find_verify_text(result);
        const char *boot = result_get_string(json_object_get(result, "boot_aggregate"), "verdict");
        const char *condition = result_get_string(result, "condition");
        uint64_t entries = result_get_number(result, "entries");
        uint64_t violations = result_get_number(result, "violations");

        if (arguments_have(args, OPTION_QUIET))
                return;
        fprintf(file, "%" PRIu64 " %s, %" PRIu64 " violation%s: %s%s%s\n", entries,
                        entries == 1 ? "entry" : "entries", violations, plural(violations),
                        style_begin(style, text->tone), text->summary,
                        style_end(style, text->tone));
        verdict_text_print_banks(json_object_get(result, "banks"), 0, file, style);
        print_signatures(json_object_get(result, "signatures"), file);
        if (boot && !string_equal(boot, "unknown"))
                fprintf(file, "boot_aggregate: %s\n", boot);
        if (condition && !string_equal(condition, "none"))
                fprintf(file, "condition: %s; see \"imactl status\"\n", condition);
}

/* The members of the result as the worker names them. */
static int make_verify_result(json_t *properties, json_t **ret_result)
{
        _cleanup_json_ json_t *result = json_pack("{s:I, s:I, s:s, s:s, s:O, s:[]}", "entries",
                        (json_int_t) result_get_number(properties, "Count"), "violations",
                        (json_int_t) result_get_number(properties, "Violations"), "status",
                        result_get_string(properties, "Status") ?: "unknown", "condition",
                        result_get_string(properties, "Condition") ?: "none", "banks",
                        json_object_get(properties, "Banks"), "diagnostics");

        if (!result || json_set_time(result, "last_verified_usec",
                                       result_get_number(properties, "LastVerifiedUSec")) < 0)
                return -EBADMSG;
        *ret_result = TAKE_PTR(result);
        return 0;
}

static ExitCode call_verify(const Arguments *args, sd_bus *bus)
{
        _cleanup_bus_message_ sd_bus_message *call = NULL, *reply = NULL;
        int r = client_new_call(args, bus, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS,
                        "Verify", &call);

        if (r >= 0)
                r = sd_bus_message_append(call, "a{sv}", 0);
        return r < 0 ? client_report(args, NULL, r) : client_call(args, bus, call, &reply);
}

static ExitCode read_verdict(const Arguments *args, sd_bus *bus, json_t **ret_result)
{
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_bus_message_ sd_bus_message *reply = NULL;
        _cleanup_json_ json_t *properties = NULL;
        int r = sd_bus_call_method(bus, BUS_NAME, BUS_PATH_MEASUREMENTS,
                        "org.freedesktop.DBus.Properties", "GetAll", &error, &reply, "s",
                        BUS_INTERFACE_MEASUREMENTS);

        if (r < 0)
                return client_report(args, &error, r);
        if (bus_read_value(reply, &properties) <= 0 ||
                        make_verify_result(properties, ret_result) < 0)
                return client_report_bad_answer(args, "the properties of the measurement list");
        return EXIT_CODE_OK;
}

/* Verdicts that the growth of the list alone can bring about are asked for again. */
static ExitCode verify_by_daemon(const Arguments *args)
{
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_json_ json_t *result = NULL;
        ExitCode code = client_connect(args, &bus);

        for (unsigned i = 0; code == EXIT_CODE_OK && i < VERIFY_ROUNDS; i++) {
                json_decref(TAKE_PTR(result));
                code = call_verify(args, bus);
                if (code == EXIT_CODE_OK)
                        code = read_verdict(args, bus, &result);
                if (!verdict_text_find(result_get_string(result, "status"))->passing)
                        break;
                (void) usleep(VERIFY_PAUSE_USEC);
        }
        if (code != EXIT_CODE_OK)
                return code;
        return report_result(args, result, get_verify_code(result), render_verify);
}

/* So that what it shows is as fresh as what is printed here. It need not run for that. */
static void let_daemon_verify(void)
{
        _cleanup_bus_ sd_bus *bus = NULL;

        if (sd_bus_open_system(&bus) >= 0)
                (void) sd_bus_call_method(bus, BUS_NAME, BUS_PATH_MEASUREMENTS,
                                BUS_INTERFACE_MEASUREMENTS, "Verify", NULL, NULL, "a{sv}", 0);
}

/*
 * The daemon keeps no entries: what has to be told of each of them (signatures, template digests)
 * imad-worker reads anew, for those whom the kernel lets read the list. The others get the verdict.
 */
ExitCode verb_measurements_verify(const Arguments *args)
{
        static const char list[] = "/sys/kernel/security/ima/binary_runtime_measurements";
        bool plain = find_own_option(args) == OPTION_MAX;

        if (plain && access(list, R_OK) < 0)
                return verify_by_daemon(args);
        if (plain)
                let_daemon_verify();
        return worker_run_verb(args, "measurements-verify", render_verify);
}

/* The text is for other programs: nothing in it is escaped. */
static void render_export(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *text = json_object_get(result, "text");

        if (json_is_string(text))
                (void) fwrite(json_string_value(text), 1, json_string_length(text), file);
}

ExitCode verb_measurements_export(const Arguments *args)
{
        return worker_run_verb(args, "measurements-export", render_export);
}

static void render_archive(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        if (!arguments_have(args, OPTION_QUIET))
                fprintf(file,
                                "%" PRIu64 " new entries archived; %" PRIu64 " in %" PRIu64
                                " segments of this boot.\n",
                                result_get_number(result, "archived"),
                                result_get_number(result, "entries"),
                                result_get_number(result, "segments"));
}

ExitCode verb_measurements_archive(const Arguments *args)
{
        return worker_run_verb(args, "measurements-archive", render_archive);
}
