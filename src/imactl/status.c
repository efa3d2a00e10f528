/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/status.h"

#include <inttypes.h>

#include "base/diag.h"
#include "bus/names.h"
#include "imactl/client.h"
#include "imactl/verbs.h"
#include "imactl/verdict-text.h"

#define LABEL_WIDTH 13
#define TEXT_COLUMN (LABEL_WIDTH + 2)
#define WRAP_COLUMN 90

/* The members of the answer that several lines look at. */
typedef struct Status {
        const json_t *policy;
        const json_t *boot;
        const json_t *pending;
        const json_t *measurements;
        const char *state;
        uint64_t generation;
        uint64_t intended;
        const VerdictText *verdict;
        FILE *file;
        Style style;
} Status;

typedef struct TokenText {
        const char *token;
        Tone tone;
        const char *text;
} TokenText;

/* Policy states; the text is the first half of the headline. */
static const TokenText policy_states[] = {
        {"loaded",       TONE_GOOD,  "the policy is in force"                        },
        { "next-boot",   TONE_WARN,  "the policy changes at the next boot"           },
        { "none",        TONE_PLAIN, "no policy is applied"                          },
        { "failed",      TONE_BAD,   "the policy was NOT loaded"                     },
        { "foreign",     TONE_WARN,  "a policy that imad did not load is in force"   },
        { "unsupported", TONE_WARN,  "this kernel has no integrity measurement (IMA)"},
        { NULL,          TONE_WARN,  "the state of the policy is unknown"            },
};

static const TokenText boot_outcomes[] = {
        {"loaded",                TONE_GOOD,  "loaded"                                                },
        { "none-intended",        TONE_PLAIN, "nothing to load: no policy had been applied"           },
        { "disabled",             TONE_WARN,  "not loaded: imad.policy=off on the kernel command line"},
        { "no-ima",               TONE_WARN,  "not loaded: this kernel has no IMA"                    },
        { "no-securityfs",        TONE_WARN,  "not loaded: securityfs is not mounted"                 },
        { "read-only",            TONE_BAD,   "not loaded: the kernel's policy file is read-only"     },
        { "already-loaded",       TONE_WARN,  "not loaded: something else had loaded a policy before" },
        { "busy",                 TONE_BAD,   "not loaded: the kernel's policy file was in use"       },
        { "refused",              TONE_BAD,   "not loaded: the kernel refused the policy"             },
        { "no-policy-for-kernel", TONE_BAD,
         "not loaded: the generation holds nothing for this kernel"                                   },
        { "corrupt-generation",   TONE_BAD,   "not loaded: the generation is damaged"                 },
        { "last-boot-failed",     TONE_BAD,   "not loaded: the last boot under it did not come up"    },
        { "unguarded",            TONE_BAD,   "not loaded: nothing would bring the machine back"      },
        { "keys-refused",         TONE_BAD,   "not loaded: the kernel takes none of the keys"         },
        { "no-trigger",           TONE_BAD,   "not loaded: the keys could not be handed over"         },
        { "deferred",             TONE_BAD,   "not loaded: the initrd left it to imad-load.service"   },
        { "unproved",             TONE_BAD,   "loaded, but the kernel does not verify with the keys"  },
        { NULL,                   TONE_WARN,  "imad-load did not run at this boot"                    },
};

static const TokenText enforcements[] = {
        {"enforce",      TONE_GOOD,  "on: what the policy's appraise rules refuse cannot be used"         },
        { "log",         TONE_WARN,
         "log only: what would be refused is logged and used (ima_appraise=log)"                          },
        { "fix",         TONE_WARN,  "fix mode: labels are written, nothing is refused (ima_appraise=fix)"},
        { "off",         TONE_WARN,  "off: appraise rules have no effect (ima_appraise=off)"              },
        { "none",        TONE_PLAIN, "none: no rule in force refuses files"                               },
        { "unsupported", TONE_PLAIN, "not possible: this kernel cannot appraise files"                    },
        { NULL,          TONE_WARN,  "unknown"                                                            },
};

static const TokenText *find_text(const TokenText *texts, const char *token)
{
        while (texts->token && !string_equal(texts->token, token))
                texts++;
        return texts;
}

static void print_label(const Status *s, const char *label)
{
        fprintf(s->file, "%*s%s ", LABEL_WIDTH, label, *label ? ":" : " ");
}

static void print_toned(const Status *s, Tone tone, const char *text)
{
        fprintf(s->file, "%s%s%s", style_begin(s->style, tone), text, style_end(s->style, tone));
}

/* Text of the daemon, escaped, on a line of its own. */
static void print_text(const Status *s, const char *prefix, const char *text)
{
        _cleanup_free_ char *clean = result_escape(text, s->style);

        fprintf(s->file, "%*s%s%s\n", TEXT_COLUMN, "", prefix, clean ?: "");
}

static bool has_pending_errors(const Status *s)
{
        const char *error = result_get_string(s->pending, "error");
        const json_t *item;
        size_t i;

        json_array_foreach (json_object_get(s->pending, "diagnostics"), i, item)
                if (string_equal(result_get_string(item, "severity"), "error"))
                        return true;
        return error && *error;
}

static Tone worst_tone(const Status *s)
{
        Tone policy = find_text(policy_states, s->state)->tone;
        bool pending = result_get_bool(s->pending, "changed") || has_pending_errors(s);

        if (policy == TONE_BAD || s->verdict->tone == TONE_BAD ||
                        json_is_object(json_object_get(s->policy, "alarm")))
                return TONE_BAD;
        if (policy == TONE_WARN || s->verdict->tone == TONE_WARN || pending)
                return TONE_WARN;
        return policy;
}

static void print_headline(const Status *s)
{
        Tone tone = worst_tone(s);
        bool supported = !string_equal(s->state, "unsupported");

        fprintf(s->file, "%s%s%s imad: ", style_begin(s->style, tone),
                        style_choose(s->style, tone == TONE_PLAIN ? "○" : "●", "*"),
                        style_end(s->style, tone));
        print_toned(s, TONE_STRONG, find_text(policy_states, s->state)->text);
        if (supported) {
                fputs("; ", s->file);
                print_toned(s, TONE_STRONG, s->verdict->summary);
        }
        fputc('\n', s->file);
}

static void print_policy(const Status *s)
{
        uint64_t rules = result_get_number(s->policy, "rules");
        bool failed = string_equal(s->state, "failed");

        print_label(s, "Policy");
        if (s->generation > 0)
                fprintf(s->file, "generation %" PRIu64 " in force", s->generation);
        else
                fputs(string_equal(s->state, "foreign") ? "one that imad did not load"
                                                        : "none in force",
                                s->file);
        if (s->generation > 0 && rules > 0)
                fprintf(s->file, ", %" PRIu64 " kernel rule%s", rules, plural(rules));
        if (s->intended > 0 && s->intended != s->generation)
                fprintf(s->file,
                                failed ? "; generation %" PRIu64 " should be"
                                       : "; generation %" PRIu64 " is loaded at the next boot",
                                s->intended);
        else if (s->intended == 0 && s->generation > 0)
                fputs("; none after the next boot", s->file);
        fputc('\n', s->file);
}

/* How the policy came into the kernel, or why not. */
static void print_boot(const Status *s)
{
        const char *initrd = result_get_string(s->boot, "initrd");
        const char *outcome = result_get_string(s->boot, "outcome");
        const char *message = result_get_string(s->boot, "message");
        const char *hint = result_get_string(s->boot, "hint");
        const TokenText *text = find_text(boot_outcomes, outcome);
        bool loaded = string_equal(outcome, "loaded");
        char time[TERMINAL_TIME_MAX];

        print_label(s, "Boot");
        if (loaded) {
                bool early = string_equal(result_get_string(s->boot, "placement"), "initrd");

                fprintf(s->file, "generation %" PRIu64 " loaded%s %s, took %" PRIu64 " ms\n",
                                result_get_number(s->boot, "generation"),
                                early ? " in the initrd" : "",
                                terminal_format_time(
                                                result_get_number(s->boot, "loaded_usec"), time),
                                (result_get_number(s->boot, "duration_usec") + 999) / 1000);
                if (initrd)
                        print_text(s, "not in the initrd: ", initrd);
                return;
        }
        print_toned(s, text->tone == TONE_BAD ? TONE_BAD : TONE_PLAIN, text->text);
        fputc('\n', s->file);
        if (message && *message && text->tone != TONE_PLAIN)
                print_text(s, "", message);
        if (hint && *hint)
                print_text(s, style_choose(s->style, "→ ", "-> "), hint);
}

static void print_trial(const Status *s)
{
        const json_t *trial = json_object_get(s->policy, "trial");
        const char *result = result_get_string(trial, "result");
        uint64_t deadline = result_get_number(trial, "deadline_usec");
        char time[TERMINAL_TIME_MAX];

        if (!json_is_object(trial))
                return;
        print_label(s, "Trial");
        if (string_equal(result, "open"))
                print_toned(s, TONE_WARN, "this boot tries the policy, and is not judged yet");
        else if (string_equal(result, "waiting"))
                print_toned(s, TONE_WARN, "this boot came up; confirm it to keep the policy");
        else
                fputs("the next boot tries the policy", s->file);
        if (deadline > 0)
                fprintf(s->file, "; else it reboots %s", terminal_format_time(deadline, time));
        fputc('\n', s->file);
}

static void print_alarm(const Status *s)
{
        const json_t *alarm = json_object_get(s->policy, "alarm");
        _cleanup_free_ char *message = result_escape(result_get_string(alarm, "message"), s->style);

        if (!json_is_object(alarm))
                return;
        print_label(s, "Alarm");
        print_toned(s, TONE_BAD, message ?: "");
        fputc('\n', s->file);
}

static void print_enforcement(const Status *s, const char *enforcement)
{
        const TokenText *text = find_text(enforcements, enforcement);

        print_label(s, "Enforcement");
        print_toned(s, text->tone == TONE_WARN ? TONE_WARN : TONE_PLAIN, text->text);
        fputc('\n', s->file);
}

/* The diagnostics as `policy check` prints them, moved below the other texts. */
static void print_diagnostics(const Status *s)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *memory;

        if (diag_list_from_json(json_object_get(s->pending, "diagnostics"), &diags) < 0)
                return;
        memory = open_memstream(&text, &size);
        if (!memory)
                return;
        diag_list_print(&diags, memory, s->style.color);
        if (fclose(memory) == EOF)
                return;
        for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
                fprintf(s->file, "%*s%.*s\n", TEXT_COLUMN, "", (int) (end - line), line);
}

static void print_pending(const Status *s)
{
        const char *error = result_get_string(s->pending, "error");

        print_label(s, "Fragments");
        if (has_pending_errors(s))
                print_toned(s, TONE_BAD, "have errors and cannot be applied");
        else if (result_get_bool(s->pending, "changed"))
                print_toned(s, TONE_WARN, "have changed since the last apply");
        else
                fputs(s->intended > 0 ? "applied, nothing pending" : "nothing pending", s->file);
        fputc('\n', s->file);
        if (error && *error && json_array_size(json_object_get(s->pending, "diagnostics")) == 0)
                print_text(s, "", error);
        print_diagnostics(s);
}

static void print_measurements(const Status *s)
{
        uint64_t entries = result_get_number(s->measurements, "entries");
        uint64_t violations = result_get_number(s->measurements, "violations");
        uint64_t verified = result_get_number(s->measurements, "last_verified_usec");
        const char *problem = result_get_string(s->measurements, "problem");
        const json_t *banks = json_object_get(s->measurements, "banks");
        uint64_t pcr = result_get_number(json_array_get(banks, 0), "pcr");
        char time[TERMINAL_TIME_MAX], label[32] = "PCR 10";

        print_label(s, "Measurements");
        fprintf(s->file, "%" PRIu64 " %s, %" PRIu64 " violation%s", entries,
                        entries == 1 ? "entry" : "entries", violations, plural(violations));
        if (verified > 0)
                fprintf(s->file, "; verified %s", terminal_format_time(verified, time));
        fputc('\n', s->file);
        if (violations > 0)
                print_text(s, "",
                                "(a violation: a file was written while it was measured, so its "
                                "digest proves nothing)");
        if (pcr > 0)
                (void) snprintf(label, sizeof(label), "PCR %" PRIu64, pcr);
        if (problem && *problem)
                print_text(s, "", problem);
        print_label(s, label);
        if (json_array_size(banks) > 0)
                verdict_text_print_banks(banks, TEXT_COLUMN, s->file, s->style);
        else
                fprintf(s->file, "%s\n", s->verdict->text);
}

static void print_tpm(const Status *s, const json_t *tpm)
{
        const char *source = result_get_string(tpm, "source");
        const json_t *bank;
        size_t i;

        if (!json_is_object(tpm))
                return;
        print_label(s, "TPM");
        if (!result_get_bool(tpm, "present")) {
                fputs("none\n", s->file);
                return;
        }
        fputs("present, banks", s->file);
        json_array_foreach (json_object_get(tpm, "banks"), i, bank) {
                _cleanup_free_ char *name = result_escape(json_string_value(bank), s->style);

                fprintf(s->file, "%s %s", i > 0 ? "," : "", name ?: "");
        }
        if (source && *source)
                fprintf(s->file, "; read through %s",
                                string_equal(source, "esys") ? "the TPM device" : "sysfs");
        fputc('\n', s->file);
}

static void print_versions(const Status *s, const json_t *status)
{
        const json_t *kernel = json_object_get(status, "kernel");
        _cleanup_free_ char *release =
                        result_escape(result_get_string(kernel, "release"), s->style);
        _cleanup_free_ char *version =
                        result_escape(result_get_string(status, "version"), s->style);

        if (!result_get_string(kernel, "release"))
                return;
        print_label(s, "Kernel");
        fprintf(s->file, "Linux %s; imad %s\n", release ?: "", version ?: "");
}

/* A sentence, broken between words. */
static void print_wrapped(const Status *s, const char *mark, const char *text)
{
        _cleanup_free_ char *clean = result_escape(text, s->style);
        size_t indent = strlen(mark), column = indent;
        char *rest = NULL;

        fputs(mark, s->file);
        for (char *word = strtok_r(clean ?: (char[]){ "" }, " ", &rest); word;
                        word = strtok_r(NULL, " ", &rest)) {
                size_t length = strlen(word);

                if (column > indent && column + 1 + length > WRAP_COLUMN) {
                        fprintf(s->file, "\n%*s", (int) indent, "");
                        column = indent;
                } else if (column > indent) {
                        fputc(' ', s->file);
                        column++;
                }
                fputs(word, s->file);
                column += length;
        }
        fputc('\n', s->file);
}

static void print_next_steps(const Status *s, const json_t *steps)
{
        const json_t *step;
        Tone tone = worst_tone(s);
        size_t i;

        if (json_array_size(steps) > 0)
                fputs("\nNext:\n", s->file);
        else if (tone == TONE_GOOD || tone == TONE_PLAIN)
                fputs("\nNothing to do.\n", s->file);
        json_array_foreach (steps, i, step)
                print_wrapped(s, "  - ", json_string_value(step));
}

void status_render(const json_t *status, const Arguments *args, FILE *file, Style style)
{
        const json_t *policy = json_object_get(status, "policy");
        const json_t *measurements = json_object_get(status, "measurements");
        Status s = {
                .policy = policy,
                .boot = json_object_get(policy, "boot"),
                .pending = json_object_get(status, "pending"),
                .measurements = measurements,
                .state = result_get_string(policy, "state"),
                .generation = result_get_number(policy, "generation"),
                .intended = result_get_number(policy, "intended"),
                .verdict = verdict_text_find(result_get_string(measurements, "status")),
                .file = file,
                .style = style,
        };

        print_headline(&s);
        print_policy(&s);
        print_boot(&s);
        print_trial(&s);
        print_alarm(&s);
        print_enforcement(&s, result_get_string(status, "enforcement"));
        print_pending(&s);
        if (!string_equal(s.state, "unsupported"))
                print_measurements(&s);
        print_tpm(&s, json_object_get(status, "tpm"));
        print_versions(&s, status);
        print_next_steps(&s, json_object_get(status, "next_steps"));
}

ExitCode verb_status(const Arguments *args)
{
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_bus_message_ sd_bus_message *call = NULL, *reply = NULL;
        _cleanup_json_ json_t *status = NULL;
        const char *text;
        ExitCode code = client_connect(args, &bus);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = client_new_call(args, bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "Describe", &call);
        if (r < 0)
                return client_report(args, NULL, r);
        code = client_call(args, bus, call, &reply);
        if (code != EXIT_CODE_OK)
                return code;
        if (sd_bus_message_read(reply, "s", &text) < 0 ||
                        json_parse(text, strlen(text), &status) < 0 || !json_is_object(status))
                return client_report_bad_answer(args, "the description of its state");
        return report_result(args, status, EXIT_CODE_OK, status_render);
}
