/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/enforcement.h"

#include "base/strings.h"
#include "core/policy/import/kernel-text.h"

static const char *const names[ENFORCEMENT_MAX] = {
        [ENFORCEMENT_ENFORCE] = "enforce",
        [ENFORCEMENT_LOG] = "log",
        [ENFORCEMENT_FIX] = "fix",
        [ENFORCEMENT_OFF] = "off",
        [ENFORCEMENT_NONE] = "none",
        [ENFORCEMENT_UNSUPPORTED] = "unsupported",
};

const char *enforcement_to_string(Enforcement enforcement)
{
        return names[enforcement];
}

/* Length of the word at text; white space in double quotes belongs to it (lib/cmdline.c). */
static size_t measure_word(const char *text, const char *separators)
{
        bool quoted = false;
        size_t length = 0;

        for (; text[length] && (quoted || !strchr(separators, text[length])); length++)
                quoted ^= text[length] == '"';
        return length;
}

/* Calls visit for each word; stops and returns true when it does. */
static bool find_word(const char *text, const char *separators,
                bool (*visit)(const char *word, size_t length, void *userdata), void *userdata)
{
        while (text && *text) {
                size_t length;

                text += strspn(text, separators);
                length = measure_word(text, separators);
                if (length > 0 && visit(text, length, userdata))
                        return true;
                text += length;
        }
        return false;
}

static bool word_has_prefix(const char *word, size_t length, const char *prefix)
{
        return length >= strlen(prefix) && strncmp(word, prefix, strlen(prefix)) == 0;
}

static bool word_is(const char *word, size_t length, const char *expected)
{
        return length == strlen(expected) && strncmp(word, expected, length) == 0;
}

static bool is_appraising_list(const char *word, size_t length, void *userdata)
{
        return word_is(word, length, "appraise_tcb") || word_is(word, length, "secure_boot");
}

static bool parameter_appraises(const char *word, size_t length, void *userdata)
{
        static const char prefix[] = "ima_policy=";
        char value[256];

        if (word_is(word, length, "ima_appraise_tcb"))
                return true;
        if (!word_has_prefix(word, length, prefix) || length >= sizeof(value))
                return false;
        *((char *) mempcpy(value, word + strlen(prefix), length - strlen(prefix))) = '\0';
        return find_word(value, "| \"", is_appraising_list, NULL);
}

/* Rules that a kernel was built with; they stay when a custom policy is loaded. */
static bool config_appraises(const Kconfig *config)
{
        static const char *const options[] = {
                "IMA_APPRAISE_REQUIRE_FIRMWARE_SIGS",
                "IMA_APPRAISE_REQUIRE_KEXEC_SIGS",
                "IMA_APPRAISE_REQUIRE_MODULE_SIGS",
                "IMA_APPRAISE_REQUIRE_POLICY_SIGS",
        };

        for (size_t i = 0; config && i < ELEMENTSOF(options); i++)
                if (kconfig_is_enabled(config, options[i]))
                        return true;
        return false;
}

/* The first commit of a custom policy drops the lists that the command line asked for. */
static bool appraise_rules_in_force(const EnforcementInput *input)
{
        if (config_appraises(input->config))
                return true;
        if (input->rules)
                return kernel_text_appraises(input->rules);
        return find_word(input->command_line, " \t\n", parameter_appraises, NULL);
}

static bool take_mode(const char *word, size_t length, void *userdata)
{
        static const char prefix[] = "ima_appraise=";
        static const Enforcement modes[] = { ENFORCEMENT_OFF, ENFORCEMENT_LOG, ENFORCEMENT_FIX,
                ENFORCEMENT_ENFORCE };
        Enforcement *mode = userdata;

        if (!word_has_prefix(word, length, prefix))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                if (word_has_prefix(word + strlen(prefix), length - strlen(prefix),
                                    names[modes[i]]))
                        *mode = modes[i];
        return false;
}

Enforcement enforcement_determine(const EnforcementInput *input)
{
        Enforcement mode = ENFORCEMENT_ENFORCE;

        if (!input->ima || (input->config && !kconfig_is_enabled(input->config, "IMA_APPRAISE")))
                return ENFORCEMENT_UNSUPPORTED;
        if (!input->config || kconfig_is_enabled(input->config, "IMA_APPRAISE_BOOTPARAM"))
                (void) find_word(input->command_line, " \t\n", take_mode, &mode);
        if (mode == ENFORCEMENT_OFF)
                return mode;
        return appraise_rules_in_force(input) ? mode : ENFORCEMENT_NONE;
}
