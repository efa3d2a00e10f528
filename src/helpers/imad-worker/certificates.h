/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates that options name. */
#pragma once

#include "core/signature/certificate.h"
#include "helpers/imad-worker/worker.h"

/*
 * Adds those of files and directories; other files in a directory are passed over. A file without a
 * certificate fails the run with EXIT_CODE_MALFORMED, a directory without one with
 * EXIT_CODE_NOT_FOUND.
 */
ExitCode certificates_load(Worker *worker, const StringList *names, CertificateList *certificates);
