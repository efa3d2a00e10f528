/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/request.h"

#include <inttypes.h>
#include <strings.h>

#include "base/strings.h"
#include "core/policy/rule/names.h"

static const struct {
        const char *name;
        const char *alias;
        RuleMask mask;
} masks[] = {
        {"MAY_READ",    "read",   RULE_MASK_READ  },
        { "MAY_WRITE",  "write",  RULE_MASK_WRITE },
        { "MAY_EXEC",   "exec",   RULE_MASK_EXEC  },
        { "MAY_APPEND", "append", RULE_MASK_APPEND},
};

static unsigned find_mask(const char *text, size_t length)
{
        for (size_t i = 0; i < ELEMENTSOF(masks); i++)
                if ((strlen(masks[i].name) == length &&
                                    strncasecmp(masks[i].name, text, length) == 0) ||
                                (strlen(masks[i].alias) == length &&
                                                strncasecmp(masks[i].alias, text, length) == 0))
                        return masks[i].mask;
        return 0;
}

int request_parse_mask(const char *text, unsigned *ret_mask)
{
        unsigned mask = 0;

        for (;;) {
                size_t length = strcspn(text, "|,+");
                unsigned bit = find_mask(text, length);

                if (bit == 0)
                        return -EINVAL;
                mask |= bit;
                if (text[length] == '\0')
                        break;
                text += length + 1;
        }
        *ret_mask = mask;
        return 0;
}

int request_parse_uuid(const char *text, uint8_t ret_uuid[static REQUEST_UUID_SIZE])
{
        static const uint8_t groups[] = { 4, 2, 2, 2, 6 };
        uint8_t uuid[REQUEST_UUID_SIZE];
        size_t done = 0, size;

        for (size_t i = 0; i < ELEMENTSOF(groups); i++) {
                char digits[2 * REQUEST_UUID_SIZE + 1];
                size_t length = (size_t) groups[i] * 2;

                if (strlen(text) < length)
                        return -EINVAL;
                *((char *) mempcpy(digits, text, length)) = '\0';
                if (hex_decode(digits, uuid + done, groups[i], &size) < 0)
                        return -EINVAL;
                done += groups[i];
                text += length;
                if (*text++ != (i + 1 < ELEMENTSOF(groups) ? '-' : '\0'))
                        return -EINVAL;
        }
        memcpy(ret_uuid, uuid, sizeof(uuid));
        return 0;
}

static int format_mask(unsigned mask, Buffer *buffer)
{
        const char *separator = "";
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(masks); i++)
                if (mask & masks[i].mask) {
                        r = buffer_append_format(buffer, "%s%s", separator, masks[i].name);
                        separator = "|";
                }
        return r < 0 || mask != 0 ? r : buffer_append_string(buffer, "none");
}

static int format_magic(uint64_t magic, Buffer *buffer)
{
        const FilesystemName *name = filesystem_find_magic(magic);

        return name ? buffer_append_format(buffer, "0x%" PRIx64 " (%s)", magic, name->name)
                    : buffer_append_format(buffer, "0x%" PRIx64, magic);
}

static int format_uuid(const uint8_t uuid[static REQUEST_UUID_SIZE], Buffer *buffer)
{
        char hex[2 * REQUEST_UUID_SIZE + 1];

        hex_encode(uuid, REQUEST_UUID_SIZE, hex);
        return buffer_append_format(buffer, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                        hex + 16, hex + 20);
}

/* What euid= is compared with: one id, or three. */
static int format_effective(const RequestIds *ids, Buffer *buffer)
{
        if (!ids->any || (ids->real == ids->effective && ids->saved == ids->effective))
                return buffer_append_format(buffer, "%" PRIu32, ids->effective);
        return buffer_append_format(buffer, "%" PRIu32 ", %" PRIu32 " or %" PRIu32, ids->effective,
                        ids->saved, ids->real);
}

static int format_text(const char *text, Buffer *buffer)
{
        return buffer_append_string(buffer, text ?: "none");
}

/* long: one case for each keyword, each a call. */
int request_format(const Request *request, KeywordId keyword, Buffer *buffer)
{
        switch (keyword) {
        case KEYWORD_FUNC:
                return format_text(rule_func_get_info(request->func)->name, buffer);
        case KEYWORD_MASK:
                return format_mask(request->mask, buffer);
        case KEYWORD_FSMAGIC:
                return format_magic(request->fsmagic, buffer);
        case KEYWORD_FSNAME:
                return format_text(request->fsname, buffer);
        case KEYWORD_FSUUID:
                return format_uuid(request->fsuuid, buffer);
        case KEYWORD_UID:
                return buffer_append_format(buffer, "%" PRIu32, request->user.real);
        case KEYWORD_EUID:
                return format_effective(&request->user, buffer);
        case KEYWORD_GID:
                return buffer_append_format(buffer, "%" PRIu32, request->group.real);
        case KEYWORD_EGID:
                return format_effective(&request->group, buffer);
        case KEYWORD_FOWNER:
                return buffer_append_format(buffer, "%" PRIu32, request->owner);
        case KEYWORD_FGROUP:
                return buffer_append_format(buffer, "%" PRIu32, request->owner_group);
        case KEYWORD_KEYRINGS:
        case KEYWORD_LABEL:
                return format_text(request->data, buffer);
        default:
                return keyword >= KEYWORD_SUBJ_USER && keyword <= KEYWORD_OBJ_TYPE
                                       ? format_text(request->labels[keyword - KEYWORD_SUBJ_USER],
                                                         buffer)
                                       : 0;
        }
}
