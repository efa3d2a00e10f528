/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence files: a tar archive with the members of core/attest/evidence.h. */
#pragma once

#include "base/cleanup.h"
#include "core/attest/evidence.h"

/* Writes all parts that are there, the list included, to the file at path; replaces it. */
int evidence_store(int root_fd, const char *path, const Evidence *evidence);

typedef struct EvidenceReader EvidenceReader;

/*
 * Reads everything before the measurement list, which must be the last member. Members of other
 * names are passed over. -EBADMSG for what is no such archive, has a member twice, or one that is
 * too large; ret_reason then says which, as a part of a sentence.
 */
int evidence_reader_new(int fd, EvidenceReader **ret_reader, Evidence *ret_evidence,
                const char **ret_reason);
EvidenceReader *evidence_reader_free(EvidenceReader *reader);

/* The next bytes of the list; *ret_size is 0 at its end. -EBADMSG when the archive is damaged. */
int evidence_reader_read(EvidenceReader *reader, void *bytes, size_t size, size_t *ret_size);

DEFINE_CLEANUP_FUNC(EvidenceReader *, evidence_reader_free)
#define _cleanup_evidence_reader_ _cleanup_(evidence_reader_freep)
