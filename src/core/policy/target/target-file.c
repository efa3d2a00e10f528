/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/target/target-file.h"

#include "base/buffer.h"
#include "base/conf-text.h"
#include "base/diag-code.h"

#define LABELS_MAX 10000
#define PAGE_SIZE_MAX 65536

/* What the keys say; texts of lists are joined over several lines. */
typedef struct TargetFile {
        char *release;
        char *description;
        char *template_format;
        uint32_t grammar[TARGET_VERSION_PARTS];
        bool options_known;
        Buffer options; /* as a kernel configuration */
        TargetLsm lsm;
        StringList labels;
        uint32_t hashes;
        bool hashes_known;
        uint64_t word_size;
        uint64_t page_size;
        bool policy_active;
        bool policy_signed;
} TargetFile;

static void target_file_done(TargetFile *f)
{
        free(f->release);
        free(f->description);
        free(f->template_format);
        buffer_done(&f->options);
        string_list_done(&f->labels);
}

/* Calls add for each word, which it may change. */
static int for_each_word(
                const char *text, int (*add)(TargetFile *f, const char *word), TargetFile *f)
{
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy, *word;
        int r = copy ? 0 : -ENOMEM;

        while (r >= 0 && (word = strsep(&rest, " \t")))
                if (*word != '\0')
                        r = add(f, word);
        return r;
}

static int parse_version(const char *text, void *target)
{
        return target_parse_version(text, target, NULL) < 0 ? -EINVAL : 0;
}

static int parse_release(const char *text, void *target)
{
        uint32_t version[TARGET_VERSION_PARTS];
        const char *rest;

        if (target_parse_version(text, version, &rest) < 0)
                return -EINVAL;
        return conf_text_parse_string(text, target);
}

/* "IMA", or "!IMA" for one that is off. */
static int add_option(TargetFile *f, const char *word)
{
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
                                      "abcdefghijklmnopqrstuvwxyz";
        const char *name = word + (*word == '!');

        if (*name == '\0' || strspn(name, letters) != strlen(name))
                return -EINVAL;
        f->options_known = true;
        return *word == '!' ? buffer_append_format(&f->options, "# CONFIG_%s is not set\n", name)
                            : buffer_append_format(&f->options, "CONFIG_%s=y\n", name);
}

static int parse_options(const char *text, void *target)
{
        return for_each_word(text, add_option, target);
}

static int add_label(TargetFile *f, const char *word)
{
        return f->labels.count < LABELS_MAX ? string_list_add(&f->labels, word) : -EINVAL;
}

static int parse_labels(const char *text, void *target)
{
        return for_each_word(text, add_label, target);
}

static int add_hash(TargetFile *f, const char *word)
{
        HashAlgorithm algorithm = hash_algorithm_from_string(word);

        if (algorithm < 0)
                return -EINVAL;
        f->hashes |= 1U << algorithm;
        return 0;
}

static int parse_hashes(const char *text, void *target)
{
        ((TargetFile *) target)->hashes_known = true;
        return for_each_word(text, add_hash, target);
}

static int parse_lsm(const char *text, void *target)
{
        TargetLsm lsm = target_lsm_from_string(text);

        if (lsm < 0)
                return -EINVAL;
        *(TargetLsm *) target = lsm;
        return 0;
}

static int parse_word_size(const char *text, void *target)
{
        uint64_t *size = target;

        if (parse_u64(text, 64, size) < 0 || (*size != 32 && *size != 64))
                return -EINVAL;
        return 0;
}

static int parse_page_size(const char *text, void *target)
{
        uint64_t *size = target;

        if (parse_u64(text, PAGE_SIZE_MAX, size) < 0 || *size < 4096 || (*size & (*size - 1)) != 0)
                return -EINVAL;
        return 0;
}

/* clang-format off */
static const ConfItem items[] = {
        { "Target", "Description", conf_text_parse_string, offsetof(TargetFile, description), "a text" },
        { "Target", "Release", parse_release, offsetof(TargetFile, release),
          "a kernel release as uname -r prints it" },
        { "Target", "Grammar", parse_version, offsetof(TargetFile, grammar),
          "an upstream kernel version such as 6.1" },
        { "Target", "Options", parse_options, 0,
          "a list of kernel options without CONFIG_, with ! before those that are off" },
        { "Target", "SecurityModule", parse_lsm, offsetof(TargetFile, lsm),
          "one of apparmor, selinux, selinux-unloaded, smack, none and unknown" },
        { "Target", "Labels", parse_labels, 0, "a list of labels" },
        { "Target", "Hashes", parse_hashes, 0, "a list of hash algorithms by their kernel names" },
        { "Target", "WordSize", parse_word_size, offsetof(TargetFile, word_size), "32 or 64" },
        { "Target", "PageSize", parse_page_size, offsetof(TargetFile, page_size),
          "a power of two from 4096 to 65536" },
        { "Target", "PolicyActive", conf_text_parse_bool, offsetof(TargetFile, policy_active), "a boolean" },
        { "Target", "PolicySigned", conf_text_parse_bool, offsetof(TargetFile, policy_signed), "a boolean" },
        { "Target", "TemplateFormat", conf_text_parse_string, offsetof(TargetFile, template_format),
          "a template format" },
};
/* clang-format on */

static int take_config(TargetFile *f, Target *target)
{
        int r;

        if (!f->options_known)
                return 0;
        r = kconfig_parse(f->options.data, f->options.size, &target->config_owned);
        target->config = target->config_owned;
        target->config_partial = true;
        return r;
}

static int make_target(TargetFile *f, Target **ret_target)
{
        _cleanup_(target_freep) Target *target = NULL;
        int r = target_new(f->release, NULL, &target);

        if (r >= 0)
                r = take_config(f, target);
        if (r < 0)
                return r;
        if (f->grammar[0] > 0)
                memcpy(target->grammar, f->grammar, sizeof(target->grammar));
        target->description = TAKE_PTR(f->description);
        target->template_format = TAKE_PTR(f->template_format);
        target->lsm = f->lsm;
        target->labels = TAKE_STRUCT(f->labels);
        target->hashes = f->hashes;
        target->hashes_known = f->hashes_known;
        target->word_size = (unsigned) f->word_size;
        target->page_size = (unsigned) f->page_size;
        target->policy_active = f->policy_active;
        target->policy_signed = f->policy_signed;
        *ret_target = TAKE_PTR(target);
        return 0;
}

int target_file_parse(const char *text, const char *source, Target **ret_target, DiagList *diags)
{
        _cleanup_(target_file_done) TargetFile f = { .word_size = 64, .page_size = 4096 };
        size_t before = diags->count + diags->dropped;
        int r = conf_text_parse(text, source, items, ELEMENTSOF(items), &f, diags);

        if (r < 0)
                return r;
        if (diags->count + diags->dropped > before)
                return diag_error(diags, DIAG_CODE_TARGET_DESCRIPTION,
                                ((DiagPlace){ .source = source }),
                                "mend what is said above, see imad.target(5)",
                                "the description of the target has mistakes");
        if (!f.release)
                return diag_error(diags, DIAG_CODE_TARGET_DESCRIPTION,
                                ((DiagPlace){ .source = source }),
                                "add Release= with what uname -r prints there to [Target]",
                                "the description of the target has no Release=");
        return make_target(&f, ret_target);
}
