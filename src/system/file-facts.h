/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What IMA looks at of a file, without opening it: a file that is opened is measured where a policy
 * says so. Only digests need its content.
 */
#pragma once

#include <sys/stat.h>

#include "core/policy/simulate/appraisal.h"
#include "system/mounts.h"

#define FILE_LABEL_MAX 4096   /* of security.ima; longer ones are cut */
#define FILE_CONTEXT_MAX 1024 /* of security.selinux; with a longer one no label is known */
#define FILE_OBJECT_LABELS (KEYWORD_OBJ_TYPE - KEYWORD_OBJ_USER + 1)

/* Not to be copied: it points into itself. */
typedef struct FileFacts {
        struct statx stat;
        MountTable *mounts; /* borrowed */
        const Mount *mount; /* of the table; NULL: not known */
        uint64_t magic;
        bool has_xattrs;
        bool has_evm_label;
        size_t label_size; /* 0: no security.ima, or not looked for */
        uint8_t label[FILE_LABEL_MAX];
        char context[FILE_CONTEXT_MAX];         /* of SELinux, cut at its colons */
        const char *object[FILE_OBJECT_LABELS]; /* its user, role and type, or NULL */
} FileFacts;

/*
 * Reads the facts of a file that is open with O_PATH; with_labels also the attributes. /proc must
 * be there. Negative errno.
 */
int file_facts_read(int path_fd, MountTable *mounts, bool with_labels, FileFacts *ret_facts);

/* Sets in a request what it says of the file. The facts are borrowed. */
void file_facts_apply(const FileFacts *facts, Request *request);

/* The file as the appraisal looks at it. The facts are borrowed. */
AppraisalFile file_facts_to_appraisal(const FileFacts *facts);

/*
 * An oracle's digest(): userdata is a pointer to the O_PATH descriptor. Opens and reads the file;
 * -EOPNOTSUPP for an algorithm that is not offered, -ENODATA where fs-verity is not on.
 */
int file_facts_digest(void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest);

/* The digest of an open file, from its position on. -EOPNOTSUPP when OpenSSL lacks the algorithm.
 */
int file_facts_hash(int fd, HashAlgorithm algorithm, Digest *ret_digest);

/* The same of its first `size` bytes, wherever its position is. */
int file_facts_hash_part(int fd, HashAlgorithm algorithm, uint64_t size, Digest *ret_digest);

/* The digest of fs-verity; -ENODATA where it is not on, -ENOTTY or -EOPNOTSUPP where there is none.
 */
int file_facts_measure_verity(int fd, Digest *ret_digest);
