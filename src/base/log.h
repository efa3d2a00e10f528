/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logging of the programs to the journal, or to stderr when that is not the journal. Only programs
 * log; base, core and system return errors and diagnostics.
 *
 * An event worth an explanation has a MESSAGE_ID from base/message-id.h and an entry in the
 * catalog.
 */
#pragma once

#include <syslog.h>

#include "base/cleanup.h"
#include "base/diag.h"

/* Decides between journal and stderr; keeps a borrowed pointer to identifier. */
void log_open(const char *identifier);

/* Messages above this priority are dropped; default LOG_INFO. */
void log_set_max_priority(int priority);

/*
 * Sends one message. message_id may be NULL. `fields` is NULL or a NULL-terminated list of
 * "FIELD=value" strings. errno is kept.
 */
void log_event(int priority, const char *message_id, const char *const *fields, const char *format,
                ...) _printf_(4, 5);

#define log_debug(...) log_event(LOG_DEBUG, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_notice(...) log_event(LOG_NOTICE, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_error(...) log_event(LOG_ERR, NULL, NULL, __VA_ARGS__)

/* Sends every diagnostic of the list. */
void log_diags(const DiagList *diags);
