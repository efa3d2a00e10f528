/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/policy-text.h"

#include "base/fs.h"
#include "core/policy/import/kernel-text.h"
#include "system/securityfs.h"

void policy_text_done(PolicyText *text)
{
        free(text->source);
        free(text->text);
        *text = (PolicyText){ 0 };
}

static int fail_to_read(Worker *worker, const char *source, int error)
{
        if (error == -EINVAL || error == -EISDIR)
                (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT, "name a file of kernel policy",
                                "%s is no regular file", source);
        else if (error == -EFBIG)
                (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT, "split it into several files",
                                "%s is larger than %zu MiB", source, KERNEL_TEXT_SIZE_MAX >> 20);
        else
                (void) worker_fail_errno(worker, error, source);
        return error;
}

int policy_text_read_argument(Worker *worker, const char *argument, PolicyText *ret_text)
{
        _cleanup_policy_text_ PolicyText text = { 0 };
        int r;

        if (string_equal(argument, "-")) {
                text.source = strdup("standard input");
                r = text.source ? fs_read_fd(STDIN_FILENO, KERNEL_TEXT_SIZE_MAX, &text.text,
                                                  &text.size)
                                : -ENOMEM;
        } else {
                r = worker_resolve_path(worker, argument, &text.source);
                if (r >= 0)
                        r = fs_read_file(worker->root_fd, text.source, KERNEL_TEXT_SIZE_MAX,
                                        &text.text, &text.size);
        }
        if (r < 0)
                return fail_to_read(worker, text.source ?: argument, r);
        *ret_text = TAKE_STRUCT(text);
        return 0;
}

/* Root, too, is refused where the kernel does not show its policy. */
static int fail_to_show(Worker *worker, int error)
{
        bool present = securityfs_get_ima_state(worker->root_fd) == IMA_STATE_PRESENT;

        if ((error == -EACCES || error == -EPERM) && geteuid() != 0)
                (void) worker_fail(worker, EXIT_CODE_NOT_PERMITTED, "run it as root",
                                "the policy in force is shown to root only");
        else if (error == -EACCES || (error == -ENOENT && present))
                (void) worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "name the file that was loaded, /etc/ima/ima-policy for example",
                                "this kernel does not show its policy: CONFIG_IMA_READ_POLICY is "
                                "off");
        else if (error == -ENOENT)
                (void) worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "imactl doctor says what is missing",
                                "no IMA policy can be in "
                                "force: there is no %s",
                                SECURITYFS_POLICY_PATH);
        else
                (void) worker_fail_errno(worker, error, SECURITYFS_POLICY_PATH);
        return error;
}

int policy_text_read_running(Worker *worker, PolicyText *ret_text)
{
        _cleanup_policy_text_ PolicyText text = { .source = strdup(SECURITYFS_POLICY_PATH) };
        int r = text.source ? fs_read_file(worker->root_fd, text.source, KERNEL_TEXT_SIZE_MAX,
                                              &text.text, &text.size)
                            : -ENOMEM;

        if (r < 0)
                return fail_to_show(worker, r);
        *ret_text = TAKE_STRUCT(text);
        return 0;
}
