/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement on a boot that has loaded an appraising generation. */
#pragma once

#include "base/strings.h"

/* Units that had failed under the last boot that was judged well; a trial must add none. */
#define BLESS_BASELINE_PATH "/var/lib/imad/failed-units"

/* What was found out about this boot. */
typedef struct BlessFacts {
        bool up;            /* default.target is reached */
        StringList failed;  /* units */
        StringList denials; /* one sentence each */
        StringList login;   /* what of the login path cannot be used, one sentence each */
} BlessFacts;

void bless_facts_done(BlessFacts *facts);

typedef enum BlessVerdict {
        BLESS_VERDICT_NOTHING, /* this boot is no try, or was judged before */
        BLESS_VERDICT_BLESSED,
        BLESS_VERDICT_WAITING, /* for imactl policy confirm, or the guardian */
        BLESS_VERDICT_FAILED,  /* the guardian reboots when its time is up */
} BlessVerdict;

/* Whether this boot is a try that nobody has judged yet; without one only units are noted. */
bool bless_is_due(int root_fd);

/*
 * Judges this boot, stores the verdict, and then ends the guardian or begins the time for a
 * confirmation. Sentences that speak against the boot are added to problems. A trial must be
 * without any; a good generation, and one with the rules of a good one, is given up only when the
 * machine did not come up or nobody can log in: whoever can run a program could bring a denial or a
 * failing unit about, and must not be able to switch the policy off by that. Negative errno when
 * the verdict could not be stored; the guardian then does its work.
 */
int bless_boot(int root_fd, const BlessFacts *facts, BlessVerdict *ret_verdict,
                StringList *problems);

#define _cleanup_bless_facts_ _cleanup_(bless_facts_done)
