/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/target.h"

#include <ctype.h>

#define VERSION_NUMBER_MAX 99999

Target *target_free(Target *target)
{
        if (target) {
                free(target->release);
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
        target->config = config;
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

int target_compare_version(const Target *target, const uint32_t *version, size_t parts)
{
        for (size_t i = 0; i < parts; i++)
                if (target->version[i] != version[i])
                        return target->version[i] < version[i] ? -1 : 1;
        return 0;
}

int target_has_config(const Target *target, const char *name)
{
        if (!target->config)
                return -ENODATA;
        return kconfig_is_enabled(target->config, name);
}
