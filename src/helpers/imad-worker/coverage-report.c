/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>

#include "base/json.h"
#include "helpers/imad-worker/coverage.h"
#include "helpers/imad-worker/measurements-input.h"

#define GROUPS_SHOWN 50U
#define PERCENT_DIGITS_MAX 8

#define SIGN "imactl sign --key=KEY "
#define REINSTALL "apt-get install --reinstall PACKAGE && "

/* By cause, as the kernel's audit records have it; PATH and PACKAGE stand for the file and its
 * owner. */
static const struct {
        const char *cause;
        const char *owned; /* for a file of a package; NULL: the same */
        const char *mend;
} remedies[] = {
        {"missing-hash",               NULL,                  SIGN "PATH"                                 },
        { "IMA-signature-required",    NULL,                  SIGN "PATH"                                 },
        { "unknown-ima-data",          NULL,                  SIGN "PATH"                                 },
        { "invalid-signature-version", NULL,                  SIGN "PATH"                                 },
        { "invalid-hash",              REINSTALL SIGN "PATH", "see what changed it, then " SIGN "PATH"    },
        { "invalid-signature",         REINSTALL SIGN "PATH", "see what changed it, then " SIGN "PATH"    },
        { "verity-signature-required", NULL,                  SIGN "--fs-verity PATH"                     },
        { "no-verity-digest",          NULL,                  SIGN "--fs-verity PATH"                     },
        { "invalid-verity-signature",  NULL,                  SIGN "--fs-verity PATH"                     },
        { "missing-HMAC",              NULL,                  SIGN "--evm PATH"                           },
        { "invalid-HMAC",              NULL,                  SIGN "--evm PATH"                           },
        { "invalid-fail-immutable",    NULL,                  SIGN "--evm PATH"                           },
        { "denied-hash-algorithm",     NULL,                  SIGN "--hash=ALGORITHM PATH"                },
        { "signature",                 NULL,                  "imactl coverage --cert=CERTIFICATE"        },
        { "modsig",                    NULL,                  "imactl coverage --cert=CERTIFICATE"        },
        { "evm",                       NULL,                  "imactl coverage --cert=CERTIFICATE"        },
        { "unverifiable-signature",    NULL,                  "copy PATH to a file system other than FUSE"},
        { "failed(directio)",          NULL,                  "let the policy permit_directio for PATH"   },
};

static bool is_plain(const char *text)
{
        for (; *text; text++)
                if (!isalnum((unsigned char) *text) && !strchr("/._+-:@%,", *text))
                        return false;
        return true;
}

/* A word of the shell. */
static char *quote(const char *text)
{
        _cleanup_buffer_ Buffer quoted = { 0 };
        int r = 0;

        if (is_plain(text))
                return strdup(text);
        r = buffer_append(&quoted, "'", 1);
        for (const char *c = text; r >= 0 && *c; c++)
                r = *c == '\'' ? buffer_append_string(&quoted, "'\\''")
                               : buffer_append(&quoted, c, 1);
        if (r >= 0)
                r = buffer_append_string(&quoted, "'");
        return r < 0 ? NULL : strdup(quoted.data);
}

/* Replaces the words PATH and PACKAGE. */
static int fill_in(Buffer *text, const char *mend, const char *path, const char *package)
{
        int r = 0;

        while (r >= 0 && *mend) {
                const char *rest = string_after(mend, "PATH");
                const char *value = path;

                if (!rest && package) {
                        rest = string_after(mend, "PACKAGE");
                        value = package;
                }
                r = rest ? buffer_append_string(text, value) : buffer_append(text, mend, 1);
                mend = rest ?: mend + 1;
        }
        return r;
}

char *coverage_mend(const char *cause, const char *path, const char *package)
{
        const char *mend = "put PATH on a file system with extended attributes, or let the policy "
                           "except where it lies";
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_free_ char *quoted = quote(path);

        for (size_t i = 0; cause && i < ELEMENTSOF(remedies); i++)
                if (string_equal(remedies[i].cause, cause))
                        mend = package && remedies[i].owned ? remedies[i].owned : remedies[i].mend;
        if (!quoted || fill_in(&text, mend, quoted, package) < 0)
                return NULL;
        return strdup(text.data);
}

double coverage_get_percent(const CoverageCount *count)
{
        uint64_t hundredths =
                        count->appraised == 0 ? 10000 : count->passing * 10000 / count->appraised;

        return (double) hundredths / 100;
}

static int set_count(json_t *json, const CoverageCount *count)
{
        json_t *members = json_pack("{s:I, s:I, s:I, s:I, s:f}", "appraised",
                        (json_int_t) count->appraised, "passing", (json_int_t) count->passing,
                        "failing", (json_int_t) count->failing, "open", (json_int_t) count->open,
                        "percent", coverage_get_percent(count));

        return json_object_update_new(json, members) < 0 ? -ENOMEM : 0;
}

/* Most is missing comes first. */
static int compare_groups(const void *a, const void *b)
{
        const CoverageGroup *x = a, *y = b;
        uint64_t missing_x = x->count.appraised - x->count.passing;
        uint64_t missing_y = y->count.appraised - y->count.passing;

        if (missing_x != missing_y)
                return missing_x < missing_y ? 1 : -1;
        if (x->count.appraised != y->count.appraised)
                return x->count.appraised < y->count.appraised ? 1 : -1;
        return strcmp(x->name ?: "", y->name ?: "");
}

/* Sorts them; the group without name is that of files without package. */
static json_t *groups_to_json(CoverageGroup *groups, size_t n_groups, size_t limit)
{
        _cleanup_json_ json_t *list = json_array();

        if (n_groups > 0)
                qsort(groups, n_groups, sizeof(*groups), compare_groups);
        for (size_t i = 0; list && i < n_groups && i < limit; i++) {
                json_t *json;

                if (groups[i].count.appraised == 0)
                        break;
                if (groups[i].name)
                        string_make_utf8(groups[i].name);
                json = json_pack("{s:s?}", "name", groups[i].name);
                if (json_array_append_new(list, json) < 0 || set_count(json, &groups[i].count) < 0)
                        return NULL;
        }
        return TAKE_PTR(list);
}

static json_t *rules_to_json(const Simulation *simulation, const Coverage *c)
{
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; list && i < c->n_rules; i++) {
                json_t *json;

                if (c->rules[i].appraised == 0)
                        continue;
                json = simulation_rule_to_json(simulation, i);
                if (json_array_append_new(list, json) < 0 || set_count(json, &c->rules[i]) < 0)
                        return NULL;
        }
        return TAKE_PTR(list);
}

static int set_groups(json_t *json, Coverage *c, bool is_whole)
{
        size_t limit = is_whole ? SIZE_MAX : GROUPS_SHOWN;
        json_t *packages = groups_to_json(c->packages, c->n_packages, limit);
        json_t *directories = groups_to_json(c->directories, c->n_directories, limit);
        int r = json_object_set_new(json, "packages", packages);

        return json_object_set_new(json, "directories", directories) < 0 || r < 0 ? -ENOMEM : 0;
}

static int report(Worker *worker, const Simulation *simulation, Coverage *c)
{
        json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:f}", "policy", simulation->source, "files",
                        (json_int_t) c->files, "skipped_mounts", (json_int_t) c->skipped_mounts,
                        "unreadable", (json_int_t) c->unreadable, "seconds", c->seconds);
        int r = worker_set(worker, "coverage", json);

        if (r >= 0)
                r = set_count(json, &c->count);
        if (r >= 0 && json_object_set_new(json, "rules", rules_to_json(simulation, c)) < 0)
                r = -ENOMEM;
        if (r >= 0)
                r = set_groups(json, c, worker->missing);
        if (r >= 0 && worker->missing)
                r = json_object_set(json, "missing", c->missing) < 0 ||
                                                    json_object_set_new(json, "unlisted",
                                                                    json_integer((json_int_t) c->unlisted)) <
                                                                    0
                                    ? -ENOMEM
                                    : 0;
        return r;
}

/* --at-least=, in hundredths of a percent; "99", "99.9", "99.95", with or without "%". */
static int parse_percent(const char *text, uint64_t *ret_hundredths)
{
        char digits[PERCENT_DIGITS_MAX + 1];
        size_t length = strlen(text), n = 0, decimals = 0;
        bool has_point = false;

        if (length > 0 && text[length - 1] == '%')
                length--;
        for (size_t i = 0; i < length; i++) {
                if (text[i] == '.' && !has_point && i > 0) {
                        has_point = true;
                        continue;
                }
                if (n == PERCENT_DIGITS_MAX - 2 || decimals == 2)
                        return -EINVAL;
                digits[n++] = text[i];
                decimals += has_point;
        }
        if (n == 0 || (has_point && decimals == 0))
                return -EINVAL;
        for (; decimals < 2; decimals++)
                digits[n++] = '0';
        digits[n] = '\0';
        return parse_u64(digits, 10000, ret_hundredths);
}

/* Whether as many pass as the gate demands; what cannot be told does not pass. */
static bool is_enough(const CoverageCount *count, uint64_t hundredths)
{
        return count->passing * 10000 >= count->appraised * hundredths;
}

ExitCode verb_coverage(Worker *worker)
{
        _cleanup_(measurements_input_done) MeasurementsInput input = { 0 };
        _cleanup_simulation_ Simulation simulation = { 0 };
        _cleanup_coverage_ Coverage coverage = { 0 };
        const char *gate = worker->options[WORKER_OPTION_AT_LEAST];
        uint64_t hundredths = 0;
        ExitCode code;

        if (gate && parse_percent(gate, &hundredths) < 0)
                return worker_fail(worker, EXIT_CODE_USAGE, "a number from 0 to 100, as in 99.5",
                                "--at-least=%s is no percentage", gate);
        if (simulation_choose_policy(worker) < 0)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "name it with --policy=: fragments, boot or a file",
                                "the policy that is in force is not known");
        code = measurements_input_load(worker, &input);
        if (code != EXIT_CODE_OK)
                return code;
        if (simulation_prepare(worker, &simulation) < 0)
                return worker->code;
        code = coverage_run(worker, &simulation, &input.certificates, &coverage);
        if (code != EXIT_CODE_OK)
                return code;
        if (report(worker, &simulation, &coverage) < 0)
                return worker_fail_errno(worker, -ENOMEM, "coverage");
        return is_enough(&coverage.count, hundredths) ? EXIT_CODE_OK : EXIT_CODE_MISMATCH;
}
