/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's rules for files that packages make, from vouch.d: imad.vouch(5). */
#pragma once

#include "core/provenance/vouch.h"

#define VOUCH_ADMIN_DIRECTORY "/etc/imad/vouch.d"

/*
 * Loads the rules of /usr/lib, /run and /etc, by file name. What is wrong is told in diags and left
 * out: a rule that cannot be read vouches for nothing. -ENOMEM.
 */
int vouch_rules_load(int root_fd, VouchRules *ret_rules, DiagList *diags);

/* Loads just these files, in this order. */
int vouch_rules_load_files(int root_fd, const char *const *paths, size_t n_paths,
                VouchRules *ret_rules, DiagList *diags);
