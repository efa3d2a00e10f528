/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy that is observed would have refused of what this boot has used. */
#pragma once

#include "helpers/imad-worker/worker.h"

/*
 * Takes the files of the measurement list (--list=, else the kernel's), judges each as it is now by
 * the fragments and the certificates of /etc/imad/keys, and sets "observed" of the result:
 * {"generation", "since_usec", "loaded", "used", "gone", "appraised", "refused", "open", "groups":
 * [{"cause", "package", "files", "mend", "paths"}], "unlisted"}. "open" are those that nobody can
 * judge without a certificate; they are in a group too. EXIT_CODE_NOT_FOUND when nothing is
 * observed; the worker's error is set on failure.
 */
ExitCode observation_report(Worker *worker);
