/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What files and kernel say about the policy: intended, loaded at this boot, in force. */
#pragma once

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "imad/enforcement.h"

typedef enum PolicyState {
        POLICY_STATE_NONE,        /* no policy is intended and none was loaded */
        POLICY_STATE_LOADED,      /* the intended generation is in force */
        POLICY_STATE_NEXT_BOOT,   /* the next boot brings what is intended */
        POLICY_STATE_FAILED,      /* the intended generation could not be loaded */
        POLICY_STATE_FOREIGN,     /* somebody else loaded a policy */
        POLICY_STATE_UNSUPPORTED, /* no IMA in this kernel, or securityfs is not mounted */
        POLICY_STATE_MAX,
        POLICY_STATE_INVALID = -EINVAL,
} PolicyState;

typedef struct State {
        bool supported;
        char *release; /* NULL: not known */
        Enforcement enforcement;
        PolicyState policy;
        uint64_t generation; /* in force; 0: none of imad's */
        uint64_t intended;   /* 0: none */
        uint64_t rules;      /* of the generation in force */
        json_t *boot;        /* boot.json; NULL: imad-load did not run */
        json_t *trial;       /* of the intended generation; NULL: it is no trial */
        json_t *alarm;       /* a boot that did not come up; NULL: none, or acknowledged */
} State;

void state_done(State *state);

/* "none", "loaded", "next-boot", "failed", "foreign", "unsupported". */
const char *policy_state_to_string(PolicyState state);

/*
 * Reads everything anew. Damaged files are errors in diags and count as absent. Fails for want of
 * memory only.
 */
int state_read(int root_fd, State *ret_state, DiagList *diags);

#define _cleanup_state_ _cleanup_(state_done)
