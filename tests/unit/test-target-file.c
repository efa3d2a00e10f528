/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/target/target-file.h"
#include "fixture-policy.h"

static Target *parse(const char *text, int expected, size_t *ret_diags)
{
        _cleanup_diags_ DiagList diags = { 0 };
        Target *target = NULL;

        cr_assert_eq(target_file_parse(text, "x.target", &target, &diags), expected);
        *ret_diags = diags.count;
        return target;
}

Test(target_file, everything_that_can_be_said)
{
        size_t n_diags;
        _cleanup_(target_freep) Target *target = parse(
                        "[Target]\nRelease=5.14.0-1.el9\nGrammar=6.1\nOptions=IMA !EVM\n"
                        "Options=CRYPTO_MD4\nSecurityModule=apparmor\nLabels=a b\nHashes=sha1 "
                        "sha3-256\nWordSize=32\nPageSize=65536\nPolicyActive=yes\n"
                        "PolicySigned=yes\nTemplateFormat=d-ng|n-ng|iuid\n",
                        0, &n_diags);

        cr_assert_eq(n_diags, 0);
        cr_expect_eq(target->version[0], 5);
        cr_expect_eq(target->grammar[0], 6);
        cr_expect_eq(target_has_config(target, "IMA"), 1);
        cr_expect_eq(target_has_config(target, "EVM"), 0);
        cr_expect_eq(target_has_config(target, "IMA_APPRAISE"), 0);
        cr_expect_eq(target_has_config(target, "BTRFS_FS"), -ENODATA, "nothing was said about it");
        cr_expect_eq(target->lsm, TARGET_LSM_APPARMOR);
        cr_expect_eq(target->labels.count, 2);
        cr_expect_eq(target_has_hash(target, HASH_SHA3_256), 1);
        cr_expect_eq(target_has_hash(target, HASH_MD4), 0, "the list of hashes counts");
        cr_expect_eq(target->word_size, 32);
        cr_expect_eq(target->page_size, 65536);
        cr_expect(target->policy_active);
        cr_expect(target->policy_signed);
        cr_expect_str_eq(target->template_format, "d-ng|n-ng|iuid");
}

Test(target_file, every_mistake_is_said_and_nothing_is_made)
{
        size_t n_diags;
        Target *target = parse("[Target]\nRelease=generic\nOptions=A-B\nHashes=sha9\nWordSize=16\n"
                               "PageSize=5000\nSecurityModule=tomoyo\nColour=red\n",
                        -EBADMSG, &n_diags);

        cr_expect_null(target);
        cr_expect_eq(n_diags, 8);
        cr_expect_null(parse("[Target]\nWordSize=64\n", -EBADMSG, &n_diags));
        cr_expect_eq(n_diags, 1);
}

Test(target_file, all_that_are_shipped_are_read)
{
        _cleanup_strings_ StringList names = { 0 };
        const char *directory = getenv("TARGETS");

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_free_ char *path = fixture_path("%s/%s", directory, names.items[i]),
                                    *text = NULL;
                _cleanup_(target_freep) Target *target = NULL;
                size_t size, n_diags;

                if (!string_ends_with(names.items[i], TARGET_FILE_SUFFIX))
                        continue;
                text = fixture_read(path, &size);
                target = parse(text, 0, &n_diags);
                cr_expect_not_null(target->description, "%s", path);
                cr_expect_eq(target_has_config(target, "IMA"), 1, "%s", path);
                cr_expect_eq(target_has_hash(target, HASH_SHA256), 1, "%s", path);
        }
}
