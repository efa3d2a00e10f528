/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/file-use.h"

#include "base/strings.h"

#define EXECUTABLE_BITS 0111U
#define SET_USER_BIT 04000U
#define SET_GROUP_BITS 02010U /* without the permission to execute it means something else */

static const struct {
        const char *name;
        FileUseStep steps[FILE_USE_STEPS_MAX]; /* up to RULE_FUNC_NONE */
} uses[FILE_USE_MAX] = {
        [FILE_USE_EXECUTE] = {"execute",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_EXEC },
                                        { RULE_FUNC_BPRM_CHECK, RULE_MASK_EXEC },
                                        { RULE_FUNC_CREDS_CHECK, RULE_MASK_EXEC },
                                        { RULE_FUNC_MMAP_CHECK_REQPROT, RULE_MASK_EXEC },
                                        { RULE_FUNC_MMAP_CHECK, RULE_MASK_EXEC } }                                               },
        [FILE_USE_SCRIPT] = { "script",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_EXEC },
                                        { RULE_FUNC_BPRM_CHECK, RULE_MASK_EXEC },
                                        { RULE_FUNC_CREDS_CHECK, RULE_MASK_EXEC } }                                              },
        [FILE_USE_LOADER] = { "loader",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_EXEC },
                                        { RULE_FUNC_MMAP_CHECK_REQPROT, RULE_MASK_EXEC },
                                        { RULE_FUNC_MMAP_CHECK, RULE_MASK_EXEC } }                                               },
        [FILE_USE_MAP] = { "map",             { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ },
                                                  { RULE_FUNC_MMAP_CHECK_REQPROT, RULE_MASK_EXEC },
                                                  { RULE_FUNC_MMAP_CHECK, RULE_MASK_EXEC } }},
        [FILE_USE_READ] = { "read",            { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ } }                                   },
        [FILE_USE_WRITE] = { "write",           { { RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE } }                                  },
        [FILE_USE_MODULE] = { "module",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ },
                                        { RULE_FUNC_MODULE_CHECK, RULE_MASK_READ } }                                             },
        [FILE_USE_FIRMWARE] = { "firmware",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ },
                                        { RULE_FUNC_FIRMWARE_CHECK, RULE_MASK_READ } }                                           },
        [FILE_USE_POLICY] = { "policy",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ },
                                        { RULE_FUNC_POLICY_CHECK, RULE_MASK_READ } }                                             },
        [FILE_USE_KEXEC_KERNEL] = { "kexec-kernel",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ },
                                        { RULE_FUNC_KEXEC_KERNEL_CHECK, RULE_MASK_READ } }                                       },
        [FILE_USE_KEXEC_INITRAMFS] = { "kexec-initramfs",
                              { { RULE_FUNC_FILE_CHECK, RULE_MASK_READ },
                                        { RULE_FUNC_KEXEC_INITRAMFS_CHECK, RULE_MASK_READ } }                                    },
};

/* What tells a use by the path: where the file lies, and a part of its name. */
static const struct {
        const char *directory;
        const char *name;
        unsigned uses;
} places[] = {
        {"/lib/modules/",               ".ko",        BIT(FILE_USE_MODULE)         },
        { "/usr/lib/modules/",          ".ko",        BIT(FILE_USE_MODULE)         },
        { "/lib/firmware/",             "",           BIT(FILE_USE_FIRMWARE)       },
        { "/usr/lib/firmware/",         "",           BIT(FILE_USE_FIRMWARE)       },
        { "/etc/ima/",                  "ima-policy", BIT(FILE_USE_POLICY)         },
        { "/var/lib/imad/generations/", ".policy",    BIT(FILE_USE_POLICY)         },
        { "/boot/",                     "vmlinuz",    BIT(FILE_USE_KEXEC_KERNEL)   },
        { "/boot/",                     "initrd",     BIT(FILE_USE_KEXEC_INITRAMFS)},
        { "/",                          "ld-linux",   BIT(FILE_USE_LOADER)         },
        { "/",                          ".so",        BIT(FILE_USE_MAP)            },
};

size_t file_use_get_steps(
                FileUse use, const Target *target, FileUseStep ret_steps[static FILE_USE_STEPS_MAX])
{
        size_t n = 0;

        for (size_t i = 0; i < FILE_USE_STEPS_MAX && uses[use].steps[i].func != RULE_FUNC_NONE;
                        i++) {
                const FileUseStep *step = &uses[use].steps[i];

                if (kernel_need_check(&rule_func_get_info(step->func)->need, target) >= 0)
                        ret_steps[n++] = *step;
        }
        return n;
}

/* prepare_exec_creds() and bprm_fill_uid(); only an effective user of 0 keeps capabilities. */
void file_use_set_subject(FileUse use, unsigned mode, const Target *target, Request *request)
{
        bool is_mapped = request->func == RULE_FUNC_MMAP_CHECK ||
                         request->func == RULE_FUNC_MMAP_CHECK_REQPROT;

        if (use != FILE_USE_EXECUTE || (!is_mapped && request->func != RULE_FUNC_CREDS_CHECK))
                return;
        /* It has no hook cred_getsecid(). */
        if (!is_mapped && target && target->lsm == TARGET_LSM_APPARMOR)
                for (int i = KEYWORD_SUBJ_USER; i <= KEYWORD_SUBJ_TYPE; i++)
                        request->labels[i - KEYWORD_SUBJ_USER] = NULL;
        if (is_mapped && (mode & SET_USER_BIT)) {
                request->user.effective = request->owner;
                request->user.any = request->group.any = request->owner == 0;
        }
        if (is_mapped && (mode & SET_GROUP_BITS) == SET_GROUP_BITS)
                request->group.effective = request->owner_group;
        request->user.saved = request->user.effective;
        request->group.saved = request->group.effective;
}

/*
 * A suffix stands at the end or before another one: .ko.xz. Only a version may follow ".so":
 * libc.so.6, neither .source nor ld.so.conf.
 */
static bool name_has(const char *name, const char *part)
{
        const char *found = strstr(name, part), *rest = found ? found + strlen(part) : "";

        if (found && string_equal(part, ".so") && rest[strspn(rest, ".0123456789")] != '\0')
                return false;
        return found && (part[0] != '.' || *rest == '\0' || *rest == '.');
}

unsigned file_use_guess(const char *path, unsigned mode)
{
        const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (string_after(path, places[i].directory) && name_has(name, places[i].name))
                        return places[i].uses;
        return mode & EXECUTABLE_BITS ? BIT(FILE_USE_EXECUTE) : BIT(FILE_USE_READ);
}

unsigned file_use_default_mask(RuleFunc func)
{
        switch (func) {
        case RULE_FUNC_MMAP_CHECK:
        case RULE_FUNC_MMAP_CHECK_REQPROT:
        case RULE_FUNC_BPRM_CHECK:
        case RULE_FUNC_CREDS_CHECK:
                return RULE_MASK_EXEC;
        case RULE_FUNC_KEXEC_CMDLINE:
        case RULE_FUNC_KEY_CHECK:
        case RULE_FUNC_CRITICAL_DATA:
                return 0;
        default:
                return RULE_MASK_READ;
        }
}

const char *file_use_to_string(FileUse use)
{
        return uses[use].name;
}

FileUse file_use_from_string(const char *name)
{
        for (int i = 0; i < FILE_USE_MAX; i++)
                if (string_equal(uses[i].name, name))
                        return (FileUse) i;
        return FILE_USE_INVALID;
}
