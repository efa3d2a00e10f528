/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/policy-live.h"

#include <unistd.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "base/json.h"
#include "core/policy/rule/policy-write.h"
#include "helpers/imad-worker/policy-text.h"
#include "system/boot-record.h"
#include "system/kernel.h"
#include "system/policy-oracle.h"
#include "system/target-probe.h"

#define RULE_SHOWN_MAX 200

typedef struct Live {
        Worker *worker;
        PolicyOracle oracle;
        Target *target; /* the kernel as it is now, or NULL */
        size_t asked;
        size_t refused;
} Live;

static void live_done(Live *live)
{
        policy_oracle_done(&live->oracle);
        target_free(live->target);
}

static const struct {
        ExitCode code;
        const char *message;
        const char *hint;
} states[POLICY_ORACLE_STATE_MAX] = {
        [POLICY_ORACLE_STATE_CONSUMED] = {EXIT_CODE_NOT_SUPPORTED,
                                          "the kernel cannot be asked: its one policy of this boot was loaded",
                                          "boot with imad.policy=off, or ask a kernel with CONFIG_IMA_WRITE_POLICY"                                                      },
        [POLICY_ORACLE_STATE_BUSY] = { EXIT_CODE_FAILURE,
                                          "the kernel cannot be asked: somebody is writing its policy",
                                          "find out who with fuser /sys/kernel/security/ima/policy, and wait"                                                            },
        [POLICY_ORACLE_STATE_SIGNED] = { EXIT_CODE_NOT_SUPPORTED,
                                          "the kernel cannot be asked: it takes its policy only as a signed file",
                                          "check without --live; a rule for POLICY_CHECK or ima_policy=secure_boot "
                        "is "
                        "the cause"                                                                                                                                      },
        [POLICY_ORACLE_STATE_READ_ONLY] = { EXIT_CODE_NOT_SUPPORTED,
                                          "the kernel cannot be asked: securityfs is mounted read-only",
                                          "mount -o remount,rw /sys/kernel/security"                                                                                     },
        [POLICY_ORACLE_STATE_NOT_PERMITTED] = { EXIT_CODE_NOT_PERMITTED,
                                          "the kernel cannot be asked: writing its policy is not permitted",
                                          "run it as root; a security module or container may forbid it even then"                                                       },
        [POLICY_ORACLE_STATE_NO_IMA] = { EXIT_CODE_NOT_SUPPORTED,
                                          "the kernel cannot be asked: there is no IMA",                           "imactl doctor says what is missing"                  },
        [POLICY_ORACLE_STATE_FAILED] = { EXIT_CODE_FAILURE,
                                          "the kernel cannot be asked: it does not answer as IMA does, nothing was "
                        "written",                                                                                 "please report this, with the output of imactl doctor"},
};

/* What an errno means for a rule. */
static const struct {
        int error;
        const char *words;
} verdicts[] = {
        {EINVAL,    "it does not know, or does not take together, what stands there"},
        { ERANGE,   "a number is too large for it"                                  },
        { EMSGSIZE, "the rule is longer than it reads"                              },
        { EACCES,   "it takes its policy only as a signed file by now"              },
        { ENOENT,   "there is no such file of rules"                                },
        { ENOMEM,   "it is out of memory"                                           },
        { EINTR,    "it was interrupted"                                            },
};

static const char *describe_verdict(int error)
{
        for (size_t i = 0; i < ELEMENTSOF(verdicts); i++)
                if (verdicts[i].error == error)
                        return verdicts[i].words;
        return strerror(error);
}

bool policy_live_is_for_text(const Worker *worker)
{
        return worker->n_words > 0 && !string_ends_with(worker->words[0], FRAGMENT_SUFFIX);
}

int policy_live_prepare(Worker *worker)
{
        _cleanup_boot_record_ BootRecord record = { 0 };
        int r;

        if (!fs_root_is_host(worker->root_fd) || worker->kernel || worker->target) {
                (void) worker_fail(worker, EXIT_CODE_USAGE, "leave the other option out",
                                "--live asks the kernel of this machine: it does not go with "
                                "--root=, --kernel= or --target=");
                return -EINVAL;
        }
        if (geteuid() != 0) {
                (void) worker_fail(worker, EXIT_CODE_NOT_PERMITTED, "run it as root",
                                "only root may ask the kernel");
                return -EPERM;
        }
        /* While a policy may be loading the file must stay free. */
        r = boot_record_load(worker->root_fd, &record);
        if (r < 0)
                (void) worker_fail(worker, EXIT_CODE_FAILURE,
                                "wait until imad-load.service has ended, or start it",
                                "the kernel is not asked: imad-load has not finished in this boot, "
                                "and would find its policy file busy");
        return r;
}

static int live_open(Live *live)
{
        Worker *worker = live->worker;
        _cleanup_free_ char *release = NULL;
        PolicyOracleState state = policy_oracle_open(worker->root_fd, NULL, &live->oracle);

        if (state != POLICY_ORACLE_STATE_AVAILABLE) {
                (void) worker_fail(worker, states[state].code, states[state].hint, "%s",
                                states[state].message);
                return -EBUSY;
        }
        if (kernel_get_release(worker->root_fd, &release) < 0)
                return 0;
        return target_probe(worker->root_fd, release, NULL, TARGET_PROBE_NOW, &live->target) ==
                                               -ENOMEM
                               ? -ENOMEM
                               : 0;
}

/* A disagreement is a defect of imad, and worth more than the rule. */
static const char *refusal_hint(const Live *live, const char *rule, size_t size)
{
        if (live->target && policy_write_judge(rule, size, live->target) >= 0)
                return "imad did not expect this: please report the rule and uname -r; until then "
                       "write it differently";
        return "imactl policy check --target=running says why";
}

static int ask(Live *live, const char *rule, size_t size, DiagPlace place)
{
        int verdict = policy_oracle_ask(&live->oracle, rule, size), r;

        live->asked++;
        if (verdict >= 0)
                return 0;
        live->refused++;
        r = diag_error(&live->worker->diags, DIAG_CODE_KERNEL_REFUSES, place,
                        refusal_hint(live, rule, size),
                        "the running kernel refuses \"%.*s%s\" (%s): %s",
                        (int) (size < RULE_SHOWN_MAX ? size : RULE_SHOWN_MAX), rule,
                        size < RULE_SHOWN_MAX ? "" : "…", strerrorname_np(-verdict) ?: "?",
                        describe_verdict(-verdict));
        return r == -ENOMEM ? r : 0;
}

static int live_report(Live *live)
{
        int r = worker_set(live->worker, "live",
                        json_pack("{s:I, s:I}", "asked", (json_int_t) live->asked, "refused",
                                        (json_int_t) live->refused));

        if (r < 0)
                return r;
        return live->refused > 0 ? -EBADMSG : 0;
}

/* Where the rule of this line of kernel text comes from. */
static DiagPlace find_place(const Compilation *compilation, const json_t *entry)
{
        const char *name = json_string_value(json_object_get(entry, "fragment"));
        DiagPlace place = {
                .source = name,
                .line = (uint32_t) json_integer_value(json_object_get(entry, "source_line")),
                .column = (uint32_t) json_integer_value(json_object_get(entry, "source_column")),
        };

        for (size_t i = 0; name && i < compilation->fragments.count; i++) {
                const FragmentFile *f = &compilation->fragments.items[i];
                const char *rest = string_after(f->name, name);

                if (rest && (*rest == '\0' || string_equal(rest, FRAGMENT_SUFFIX)))
                        place.source = f->path;
        }
        return place;
}

int policy_live_check(Worker *worker, const Compilation *compilation)
{
        _cleanup_(live_done) Live live = { .worker = worker, .oracle = POLICY_ORACLE_CLOSED };
        const CompiledKernel *kernel = &compilation->kernels[compilation->selected];
        const char *line = kernel->text;
        int r = live_open(&live);

        for (size_t i = 0; r >= 0 && line && *line; i++) {
                size_t size = strcspn(line, "\n");

                r = ask(&live, line, size,
                                find_place(compilation, json_array_get(kernel->provenance, i)));
                line += size + (line[size] == '\n');
        }
        return r < 0 ? r : live_report(&live);
}

static bool is_empty(const char *line, size_t size)
{
        while (size > 0 && (*line == ' ' || *line == '\t')) {
                line++;
                size--;
        }
        return size == 0 || *line == '#';
}

static int ask_lines(Live *live, const PolicyText *text)
{
        const char *line = text->text, *end = line + text->size;
        int r = 0;

        for (uint32_t number = 1; r >= 0 && line < end; number++) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                size_t size = (size_t) ((newline ?: end) - line);

                if (!is_empty(line, size))
                        r = ask(live, line, size, (DiagPlace){ text->source, number, 1 });
                line += size + 1;
        }
        return r;
}

int policy_live_check_text(Worker *worker)
{
        _cleanup_(live_done) Live live = { .worker = worker, .oracle = POLICY_ORACLE_CLOSED };
        int r = live_open(&live);

        for (size_t i = 0; r >= 0 && i < worker->n_words; i++) {
                _cleanup_policy_text_ PolicyText text = { 0 };

                r = policy_text_read_argument(worker, worker->words[i], &text);
                if (r >= 0)
                        r = ask_lines(&live, &text);
        }
        return r < 0 ? r : live_report(&live);
}
