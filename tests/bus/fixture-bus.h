/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A private bus with the real daemon on a fake root directory, and, where a test wants it, a
 * stand-in for polkit. Everything that was started ends with the test.
 */
#pragma once

#include <criterion/criterion.h>
#include <inttypes.h>
#include <jansson.h>
#include <systemd/sd-bus.h>

#include "../unit/fixture-list.h"
#include "../unit/fixture-root.h"
#include "base/json.h"
#include "base/time.h"
#include "bus/names.h"
#include "bus/value.h"

/* A signal as it came: its arguments as a JSON list. */
typedef struct FixtureSignal {
        char path[128];
        char interface[128];
        char member[64];
        uint64_t cookie;
        json_t *arguments;
} FixtureSignal;

#define FIXTURE_SIGNALS_MAX 512

typedef struct FixtureBus {
        FixtureRoot root;
        FixtureRoot run; /* the bus's own directory */
        char address[128];
        pid_t bus_pid;
        pid_t daemon_pid;
        pid_t polkit_pid;
        sd_bus *bus; /* of the client, as the user that runs the test */
        FixtureSignal signals[FIXTURE_SIGNALS_MAX];
        size_t n_signals;
} FixtureBus;

/* What the stand-in for polkit says. */
typedef enum FixturePolkit {
        FIXTURE_POLKIT_ABSENT,
        FIXTURE_POLKIT_YES,
        FIXTURE_POLKIT_NO,
        FIXTURE_POLKIT_CHALLENGE, /* yes when interaction is allowed, else "ask somebody" */
        FIXTURE_POLKIT_NEVER,     /* does not answer */
} FixturePolkit;

/* Bus and fake root, with polkit saying yes where the test does not run as root. */
FixtureBus *fixture_bus_new(void);
void fixture_bus_free(FixtureBus *f);

/* Starts the daemon with the fake worker and waits until it has its name. */
void fixture_bus_start_daemon(FixtureBus *f);
/* The same with the worker in another directory. */
void fixture_bus_start_daemon_with(FixtureBus *f, const char *libexec);
/* Sends SIGTERM and waits; returns the exit status and how long it took. */
int fixture_bus_stop_daemon(FixtureBus *f, usec_t *ret_usec);

void fixture_bus_start_polkit(FixtureBus *f, FixturePolkit answer);

/* Another connection: of a user without privileges, where the test runs as root. */
sd_bus *fixture_bus_connect_unprivileged(FixtureBus *f);

/* IMA with this list of so many entries, sha1 and sha256 banks that hold what it replays to. */
void fixture_bus_write_kernel(FixtureBus *f, const Buffer *list);
/* The list and the counter only. */
void fixture_bus_write_list(FixtureBus *f, const Buffer *list);
/* The PCRs that this list replays to. */
void fixture_bus_write_pcrs(FixtureBus *f, const Buffer *list);

/* Script for a verb of the fake worker. */
void fixture_bus_write_worker(FixtureBus *f, const char *verb, const char *script);

/* Property values; the caller owns JSON and strings. */
json_t *fixture_bus_get(FixtureBus *f, const char *path, const char *interface, const char *name);
json_t *fixture_bus_describe(FixtureBus *f);

/* Waits up to 15 s until the property has this value (as JSON text); fails the test otherwise. */
void fixture_bus_expect(FixtureBus *f, const char *path, const char *interface, const char *name,
                const char *json);

/*
 * Waits for a signal of this member on this path (NULL: any) whose arguments, as compact JSON
 * text, contain `part` (NULL: any). Its index in f->signals, or -1 after the time.
 */
int fixture_bus_wait_signal(FixtureBus *f, const char *path, const char *member, const char *part,
                usec_t timeout);

/* Calls Apply or Off with {"dry-run": dry_run}; 0 or negative errno with *error set. */
int fixture_bus_call_policy(sd_bus *bus, const char *member, bool dry_run, bool interactive,
                sd_bus_error *reterr_error, char **ret_job);

/* Waits until the job has ended; its Result as JSON. */
json_t *fixture_bus_wait_job(FixtureBus *f, const char *job, const char *state);

#define _cleanup_fixture_bus_ _cleanup_(fixture_bus_freep)
DEFINE_CLEANUP_FUNC(FixtureBus *, fixture_bus_free)
#define _cleanup_bus_ _cleanup_(sd_bus_flush_close_unrefp)
#define _cleanup_error_ _cleanup_(sd_bus_error_free)
