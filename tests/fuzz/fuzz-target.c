/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptions of targets of any bytes are taken or refused with a diagnostic; a form feed ends the
 * description, and what follows is judged as a write for that target: it never takes a line that it
 * does not read to its end.
 */
#include <stdlib.h>

#include "core/policy/rule/policy-write.h"
#include "core/policy/target/target-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const uint8_t *payload, size_t size, const Target *target)
{
        ssize_t n = policy_write_judge(payload, size, target);

        if (n > (ssize_t) size + 1 || n > (ssize_t) (target ? target->page_size : 4096))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *end = memchr(data, '\f', size);
        size_t length = end ? (size_t) (end - data) : size;
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_free_ char *text = malloc(length + 1);
        _cleanup_diags_ DiagList diags = { 0 };
        int r;

        memcpy(text, data, length);
        text[length] = '\0';
        r = target_file_parse(text, "fuzz.target", &target, &diags);
        if ((r < 0) != !target || (r == -EBADMSG) != (diags.count > 0))
                abort();
        judge(end ? end : data, size - (end ? length : 0), target);
        return 0;
}
