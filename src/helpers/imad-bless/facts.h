/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this boot has come to: asked of systemd, the journal and the programs themselves. */
#pragma once

#include "helpers/imad-bless/bless.h"

/* default.target and failed units, from systemd over the system bus. */
int facts_ask_systemd(BlessFacts *facts);

/* What the kernel denied in this boot, from its records in the journal. */
int facts_read_denials(BlessFacts *facts);

/* getty, login, shells, sshd with their libraries, and PAM's modules. */
int facts_try_login(BlessFacts *facts);
