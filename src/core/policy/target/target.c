/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/target/target.h"

#include <ctype.h>

#define VERSION_NUMBER_MAX 99999
#define WORD_SIZE 64
#define PAGE_SIZE 4096

static const char *const lsm_names[TARGET_LSM_MAX] = {
        [TARGET_LSM_UNKNOWN] = "unknown",
        [TARGET_LSM_NONE] = "none",
        [TARGET_LSM_APPARMOR] = "apparmor",
        [TARGET_LSM_SELINUX] = "selinux",
        [TARGET_LSM_SELINUX_UNLOADED] = "selinux-unloaded",
        [TARGET_LSM_SMACK] = "smack",
};

/* crypto/Kconfig; the kernel has no code for the names that are missing here. */
static const char *const hash_configs[HASH_ALGORITHM_MAX] = {
        [HASH_MD4] = "CRYPTO_MD4",
        [HASH_MD5] = "CRYPTO_MD5",
        [HASH_SHA1] = "CRYPTO_SHA1",
        [HASH_RMD160] = "CRYPTO_RMD160",
        [HASH_SHA256] = "CRYPTO_SHA256",
        [HASH_SHA384] = "CRYPTO_SHA512",
        [HASH_SHA512] = "CRYPTO_SHA512",
        [HASH_SHA224] = "CRYPTO_SHA256",
        [HASH_WP256] = "CRYPTO_WP512",
        [HASH_WP384] = "CRYPTO_WP512",
        [HASH_WP512] = "CRYPTO_WP512",
        [HASH_SM3] = "CRYPTO_SM3_GENERIC",
        [HASH_STREEBOG256] = "CRYPTO_STREEBOG",
        [HASH_STREEBOG512] = "CRYPTO_STREEBOG",
        [HASH_SHA3_256] = "CRYPTO_SHA3",
        [HASH_SHA3_384] = "CRYPTO_SHA3",
        [HASH_SHA3_512] = "CRYPTO_SHA3",
};

Target *target_free(Target *target)
{
        if (target) {
                free(target->release);
                free(target->description);
                free(target->template_format);
                free(target->uids.ranges);
                free(target->gids.ranges);
                string_list_done(&target->labels);
                kconfig_free(target->config_owned);
                free(target);
        }
        return NULL;
}

int target_new(const char *release, const Kconfig *config, Target **ret_target)
{
        _cleanup_(target_freep) Target *target = calloc(1, sizeof(Target));
        const char *rest;
        int r;

        if (!target)
                return -ENOMEM;
        r = target_parse_version(release, target->version, &rest);
        if (r < 0)
                return r;
        /* Red Hat's kernels have much of what came after the version that they are named after. */
        if (strstr(rest, ".el"))
                memset(target->grammar, UINT8_MAX, sizeof(target->grammar));
        else
                memcpy(target->grammar, target->version, sizeof(target->grammar));
        target->config = config;
        target->word_size = WORD_SIZE;
        target->page_size = PAGE_SIZE;
        target->release = strdup(release);
        if (!target->release)
                return -ENOMEM;
        *ret_target = TAKE_PTR(target);
        return 0;
}

int target_parse_version(const char *text, uint32_t ret_version[static TARGET_VERSION_PARTS],
                const char **ret_rest)
{
        uint32_t version[TARGET_VERSION_PARTS] = { 0 };
        int parts = 0;

        for (;;) {
                if (!isdigit((unsigned char) *text))
                        return -EINVAL;
                for (; isdigit((unsigned char) *text); text++) {
                        version[parts] = version[parts] * 10 + (uint32_t) (*text - '0');
                        if (version[parts] > VERSION_NUMBER_MAX)
                                return -EINVAL;
                }
                parts++;
                if (parts == TARGET_VERSION_PARTS || text[0] != '.' ||
                                !isdigit((unsigned char) text[1]))
                        break;
                text++;
        }
        if (ret_rest)
                *ret_rest = text;
        else if (*text != '\0')
                return -EINVAL;
        memcpy(ret_version, version, sizeof(version));
        return parts;
}

static int compare(const uint32_t *a, const uint32_t *b, size_t parts)
{
        for (size_t i = 0; i < parts; i++)
                if (a[i] != b[i])
                        return a[i] < b[i] ? -1 : 1;
        return 0;
}

int target_compare_version(const Target *target, const uint32_t *version, size_t parts)
{
        return compare(target->version, version, parts);
}

int target_compare_grammar(const Target *target, const uint32_t *version, size_t parts)
{
        return compare(target->grammar, version, parts);
}

int target_has_config(const Target *target, const char *name)
{
        const char *hint;

        if (!target->config)
                return -ENODATA;
        if (target->config_partial && !kconfig_get(target->config, name) &&
                        kconfig_explain_name(name, &hint) == KCONFIG_NAME_OTHER)
                return -ENODATA;
        return kconfig_is_enabled(target->config, name);
}

int target_has_hash(const Target *target, HashAlgorithm algorithm)
{
        const char *config = target_get_hash_config(algorithm);

        if (target->hashes_known)
                return (target->hashes >> algorithm) & 1;
        return config ? target_has_config(target, config) : 0;
}

const char *target_get_hash_config(HashAlgorithm algorithm)
{
        return hash_configs[algorithm];
}

bool target_ids_contain(const TargetIds *ids, uint64_t id)
{
        for (size_t i = 0; i < ids->count; i++)
                if (id >= ids->ranges[i].first && id - ids->ranges[i].first < ids->ranges[i].count)
                        return true;
        return ids->count == 0;
}

const char *target_lsm_to_string(TargetLsm lsm)
{
        return lsm_names[lsm];
}

TargetLsm target_lsm_from_string(const char *name)
{
        for (int i = 0; i < TARGET_LSM_MAX; i++)
                if (strcmp(lsm_names[i], name) == 0)
                        return (TargetLsm) i;
        return TARGET_LSM_INVALID;
}
