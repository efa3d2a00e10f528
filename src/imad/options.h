/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option dictionaries (a{sv}) of methods, driven by a table; an unknown key is never ignored. */
#pragma once

#include <stddef.h>
#include <systemd/sd-bus.h>

typedef struct Option {
        const char *key;
        char type;     /* 'b': bool, 's': const char * borrowed from the message, 't': uint64_t */
        size_t offset; /* of the target in the options structure */
} Option;

/*
 * Reads the dictionary at the message's position. An unknown or repeated key or a value of another
 * type sets BUS_ERROR_INVALID_OPTION, which names the key and what is known, and returns negative.
 */
int options_read(sd_bus_message *m, const Option *options, size_t n_options, void *target,
                sd_bus_error *reterr_error);
