/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the measurement list on one open descriptor and replays it in every PCR bank as it grows.
 * Entries are not kept: memory does not depend on the length of the list.
 *
 * The list file cannot be polled, so its counter is read, as often as imad/pace.h says.
 */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "imad/tail-state.h"

typedef struct Tail Tail;

typedef void TailChanged(void *userdata, const TailState *state, const TailChange *change);

/* Begins to follow; `tcti` names the TPM where sysfs does not show its PCRs. Borrows root_fd. */
int tail_new(sd_event *event, int root_fd, const char *tcti, TailChanged *changed, void *userdata,
                Tail **ret_tail);
Tail *tail_free(Tail *tail);
DEFINE_CLEANUP_FUNC(Tail *, tail_free)

const TailState *tail_get_state(const Tail *tail);

/* Starts a round at once; the next complete one reports by TailChanged even without a change. */
int tail_verify(Tail *tail);
