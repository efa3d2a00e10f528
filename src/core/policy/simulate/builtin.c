/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/builtin.h"

#include "base/arena.h"
#include "base/command-line.h"
#include "base/strings.h"
#include "core/policy/rule/rule-text.h"

typedef enum List {
        LIST_EXCLUDE,
        LIST_ORIGINAL,
        LIST_TCB,
        LIST_ARCH,
        LIST_SECURE_BOOT,
        LIST_BUILD_TIME,
        LIST_APPRAISE_TCB,
        LIST_CRITICAL_DATA,
        LIST_MAX,
} List;

/* A rule and the configuration that it is built with. */
typedef struct Row {
        List list;
        const char *text;
        const char *config[2];
        bool is_absent;  /* the options must be off */
        bool is_assumed; /* when the configuration is not known */
} Row;

/* Names as people write them for ima_policy=. */
static const char *const list_names[LIST_MAX] = { "tcb", "ima_tcb", "tcb", "secure boot (arch)",
        "secure_boot", "build time", "appraise_tcb", "critical_data" };

/* clang-format off */
static const Row rows[] = {
        { LIST_EXCLUDE, "dont_measure fsmagic=0x9fa0" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x62656572" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x64626720" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x1021994" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x1cd1" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x42494e4d" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x73636673" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0xf97cff8c" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x43415d53" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x27e0eb" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x63677270" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0x6e736673" },
        { LIST_EXCLUDE, "dont_measure fsmagic=0xde5e81e4" },
        { LIST_ORIGINAL, "measure func=MMAP_CHECK mask=MAY_EXEC" },
        { LIST_ORIGINAL, "measure func=BPRM_CHECK mask=MAY_EXEC" },
        { LIST_ORIGINAL, "measure func=FILE_CHECK mask=MAY_READ uid=0" },
        { LIST_ORIGINAL, "measure func=MODULE_CHECK" },
        { LIST_ORIGINAL, "measure func=FIRMWARE_CHECK" },
        { LIST_TCB, "measure func=MMAP_CHECK mask=MAY_EXEC" },
        { LIST_TCB, "measure func=BPRM_CHECK mask=MAY_EXEC" },
        { LIST_TCB, "measure func=FILE_CHECK mask=^MAY_READ euid=0" },
        { LIST_TCB, "measure func=FILE_CHECK mask=^MAY_READ uid=0" },
        { LIST_TCB, "measure func=MODULE_CHECK" },
        { LIST_TCB, "measure func=FIRMWARE_CHECK" },
        { LIST_TCB, "measure func=POLICY_CHECK" },
        { LIST_ARCH, "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig", { "KEXEC_SIG" }, true },
        { LIST_ARCH, "measure func=KEXEC_KERNEL_CHECK" },
        { LIST_ARCH, "appraise func=MODULE_CHECK appraise_type=imasig", { "MODULE_SIG" }, true },
        { LIST_ARCH, "appraise func=POLICY_CHECK appraise_type=imasig",
                { "INTEGRITY_MACHINE_KEYRING", "IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY" } },
        { LIST_ARCH, "measure func=MODULE_CHECK" },
        { LIST_SECURE_BOOT, "appraise func=MODULE_CHECK appraise_type=imasig" },
        { LIST_SECURE_BOOT, "appraise func=FIRMWARE_CHECK appraise_type=imasig" },
        { LIST_SECURE_BOOT, "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig" },
        { LIST_SECURE_BOOT, "appraise func=POLICY_CHECK appraise_type=imasig" },
        { LIST_BUILD_TIME, "appraise func=MODULE_CHECK appraise_type=imasig", { "IMA_APPRAISE_REQUIRE_MODULE_SIGS" } },
        { LIST_BUILD_TIME, "appraise func=FIRMWARE_CHECK appraise_type=imasig", { "IMA_APPRAISE_REQUIRE_FIRMWARE_SIGS" } },
        { LIST_BUILD_TIME, "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig", { "IMA_APPRAISE_REQUIRE_KEXEC_SIGS" } },
        { LIST_BUILD_TIME, "appraise func=POLICY_CHECK appraise_type=imasig", { "IMA_APPRAISE_REQUIRE_POLICY_SIGS" } },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x9fa0" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x62656572" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x64626720" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x1021994" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x858458f6" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x1cd1" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x42494e4d" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x73636673" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0xf97cff8c" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x43415d53" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x6e736673" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0xde5e81e4" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x27e0eb" },
        { LIST_APPRAISE_TCB, "dont_appraise fsmagic=0x63677270" },
        { LIST_APPRAISE_TCB, "appraise func=POLICY_CHECK appraise_type=imasig", { "IMA_WRITE_POLICY" } },
        { LIST_APPRAISE_TCB, "appraise fowner=0", { "IMA_APPRAISE_SIGNED_INIT" }, true, true },
        { LIST_APPRAISE_TCB, "appraise fowner=0 appraise_type=imasig", { "IMA_APPRAISE_SIGNED_INIT" } },
        { LIST_CRITICAL_DATA, "measure func=CRITICAL_DATA" },
};
/* clang-format on */

/* ima_appraise_flag() */
static const struct {
        RuleFunc func;
        AppraiseMode bit;
} sticky[] = {
        {RULE_FUNC_MODULE_CHECK,        APPRAISE_MODE_MODULES },
        { RULE_FUNC_FIRMWARE_CHECK,     APPRAISE_MODE_FIRMWARE},
        { RULE_FUNC_POLICY_CHECK,       APPRAISE_MODE_POLICY  },
        { RULE_FUNC_KEXEC_KERNEL_CHECK, APPRAISE_MODE_KEXEC   },
};

/* policy_setup(): of tcb and ima_tcb the first one counts. */
static void take_policy(Builtin *b, char *value)
{
        static const struct {
                const char *name;
                size_t offset;
        } words[] = {
                {"appraise_tcb",   offsetof(Builtin, appraise_tcb) },
                { "secure_boot",   offsetof(Builtin, secure_boot)  },
                { "critical_data", offsetof(Builtin, critical_data)},
                { "fail_securely", offsetof(Builtin, fail_securely)},
        };
        char *state = NULL;

        for (char *word = strtok_r(value, " |\n", &state); word;
                        word = strtok_r(NULL, " |\n", &state)) {
                if (string_equal(word, "tcb") && b->measurement == BUILTIN_MEASUREMENT_NONE)
                        b->measurement = BUILTIN_MEASUREMENT_TCB;
                for (size_t i = 0; i < ELEMENTSOF(words); i++)
                        if (string_equal(word, words[i].name))
                                *(bool *) ((char *) b + words[i].offset) = true;
        }
}

/* default_appraise_setup() takes any continuation of these words. */
static void take_appraise(Builtin *b, const char *value, const Target *target)
{
        static const struct {
                const char *word;
                unsigned mode;
        } modes[] = {
                {"off",      0                    },
                { "log",     APPRAISE_MODE_LOG    },
                { "fix",     APPRAISE_MODE_FIX    },
                { "enforce", APPRAISE_MODE_ENFORCE},
        };

        if (b->platform_secured ||
                        (target && target_has_config(target, "IMA_APPRAISE_BOOTPARAM") == 0))
                return;
        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                if (string_after(value, modes[i].word))
                        b->appraise_mode = modes[i].mode;
}

/* hash_setup(): the first valid one counts. */
static void take_hash(Builtin *b, const char *value, bool *done)
{
        HashAlgorithm algorithm = hash_algorithm_from_string(value);

        if (*done || algorithm < 0)
                return;
        b->algorithm = algorithm;
        *done = true;
}

static HashAlgorithm default_hash(const Target *target)
{
        const char *name = target && target->config
                                           ? kconfig_get(target->config, "IMA_DEFAULT_HASH")
                                           : NULL;
        HashAlgorithm algorithm = name ? hash_algorithm_from_string(name) : HASH_SHA256;

        return algorithm < 0 ? HASH_SHA256 : algorithm;
}

int builtin_parse(const char *command_line, const Target *target, bool platform_secured,
                Builtin *ret_builtin)
{
        Builtin b = {
                .platform_secured = platform_secured,
                .appraise_mode = APPRAISE_MODE_ENFORCE,
                .algorithm = default_hash(target),
        };
        bool hash_done = false;

        for (;;) {
                _cleanup_free_ char *name = NULL, *value = NULL;
                int r = command_line_next(&command_line, &name, &value);

                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                if (command_line_name_equal(name, "ima_policy"))
                        take_policy(&b, value);
                else if (command_line_name_equal(name, "ima_tcb") &&
                                b.measurement == BUILTIN_MEASUREMENT_NONE)
                        b.measurement = BUILTIN_MEASUREMENT_ORIGINAL;
                else if (command_line_name_equal(name, "ima_appraise_tcb"))
                        b.appraise_tcb = true;
                else if (command_line_name_equal(name, "ima_appraise"))
                        take_appraise(&b, value, target);
                else if (command_line_name_equal(name, "ima_hash"))
                        take_hash(&b, value, &hash_done);
        }
        *ret_builtin = b;
        return 0;
}

static bool is_built(const Row *row, const Target *target)
{
        for (size_t i = 0; i < ELEMENTSOF(row->config) && row->config[i]; i++) {
                int on = target ? target_has_config(target, row->config[i]) : -ENODATA;

                if (on < 0)
                        return row->is_assumed;
                if (row->is_absent == (on > 0))
                        return false;
        }
        return true;
}

/* With secure_boot the build-time rules stand in the custom list only. */
static bool list_counts(const Builtin *b, const Target *target, List list, bool is_custom)
{
        bool has_arch = b->platform_secured &&
                        (!target || target_has_config(target, "IMA_ARCH_POLICY") != 0);

        switch (list) {
        case LIST_ARCH:
                return has_arch;
        case LIST_BUILD_TIME:
                return is_custom || !b->secure_boot;
        case LIST_EXCLUDE:
                return !is_custom && b->measurement != BUILTIN_MEASUREMENT_NONE;
        case LIST_ORIGINAL:
                return !is_custom && b->measurement == BUILTIN_MEASUREMENT_ORIGINAL;
        case LIST_TCB:
                return !is_custom && b->measurement == BUILTIN_MEASUREMENT_TCB;
        case LIST_SECURE_BOOT:
                return !is_custom && b->secure_boot;
        case LIST_APPRAISE_TCB:
                return !is_custom && b->appraise_tcb;
        default:
                return !is_custom && b->critical_data;
        }
}

static int add_row(const Row *row, uint32_t line, Simulator *simulator)
{
        const SimulateOrigin origin = { list_names[row->list], line, row->list == LIST_ARCH };

        return simulate_add_line(simulator, origin, row->text, strlen(row->text), NULL);
}

int builtin_add_rules(
                const Builtin *builtin, const Target *target, bool is_custom, Simulator *simulator)
{
        uint32_t lines[LIST_MAX] = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                List list = rows[i].list == LIST_EXCLUDE ? LIST_TCB : rows[i].list;
                int r;

                if (!list_counts(builtin, target, rows[i].list, is_custom) ||
                                !is_built(&rows[i], target))
                        continue;
                r = add_row(&rows[i], ++lines[list], simulator);
                if (r < 0)
                        return r;
        }
        simulate_set_fail_securely(simulator, builtin->fail_securely);
        return 0;
}

static unsigned bit_of(RuleAction action, RuleFunc func)
{
        for (size_t i = 0; action == RULE_ACTION_APPRAISE && i < ELEMENTSOF(sticky); i++)
                if (sticky[i].func == func)
                        return sticky[i].bit;
        return 0;
}

unsigned builtin_get_appraise_bits(const Simulator *simulator)
{
        unsigned bits = 0;

        for (size_t i = 0; i < simulate_get_rule_count(simulator); i++) {
                const MatchRule *m = simulate_get_match(simulator, i);

                bits |= bit_of((RuleAction) m->action, (RuleFunc) m->func);
        }
        return bits;
}

int builtin_get_sticky_bits(const Builtin *builtin, const Target *target, unsigned *ret_bits)
{
        _cleanup_(simulate_freep) Simulator *all = NULL;
        int r = simulate_new(target, &all);

        if (r >= 0)
                r = builtin_add_rules(builtin, target, false, all);
        if (r >= 0)
                *ret_bits = builtin_get_appraise_bits(all);
        return r;
}

const char *builtin_appraise_mode_to_string(unsigned mode)
{
        return mode & APPRAISE_MODE_ENFORCE ? "enforce"
               : mode & APPRAISE_MODE_FIX   ? "fix"
               : mode & APPRAISE_MODE_LOG   ? "log"
                                            : "off";
}
