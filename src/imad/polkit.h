/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Authorisation of method calls. The table in polkit.c names every method of every interface; a
 * method that it does not name is denied.
 *
 * polkit is asked asynchronously: the first call of polkit_check() sends the query and parks the
 * message; when the answer arrives the same message is put back into the queue of received
 * messages, so that its handler runs from the start and now finds the answer. Therefore a handler
 * must not change anything before polkit_check() has returned 1.
 */
#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef struct PolkitQuery PolkitQuery;

/* Embedded in the manager; all zero is a valid empty one. */
typedef struct Polkit {
        PolkitQuery *queries;
} Polkit;

typedef struct PolkitAction {
        const char *interface;
        const char *member;
        const char *action; /* NULL: needs no authorisation */
} PolkitAction;

/* The table, for the tests. */
const PolkitAction *polkit_list_actions(size_t *ret_count);

/*
 * 1: go on. 0: polkit has been asked, the handler returns 1 and will run again. Negative: not
 * allowed, reterr_error says why. Root needs no polkit; without polkit only root may.
 */
int polkit_check(Polkit *polkit, sd_bus_message *m, sd_bus_error *reterr_error);

/* The same; when it says 1, *ret_uid is that of the caller, whose limits the call counts to. */
int polkit_authorize(Polkit *polkit, sd_bus_message *m, uid_t *ret_uid, sd_bus_error *reterr_error);

/* The effective uid of the caller as the bus knows it. */
int polkit_get_uid(sd_bus_message *m, uid_t *ret_uid);

void polkit_done(Polkit *polkit);
