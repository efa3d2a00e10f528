/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * D-Bus values from and to JSON. Objects are a{sv}, lists of objects aa{sv}, lists of strings as;
 * other lists are av. Integers are t, negative ones x; null members are left out.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/diag.h"

/* Nesting above this is refused with -E2BIG, in both directions. */
#define BUS_VALUE_DEPTH_MAX 16

/* Appends one a{sv}; NULL or null is an empty one. */
int bus_append_dict(sd_bus_message *m, const json_t *object);

/* Appends one aa{sv}; NULL or null is an empty one. -EINVAL when an element is no object. */
int bus_append_dicts(sd_bus_message *m, const json_t *array);

/* Appends the list as aa{sv} with the keys of its JSON form; absent parts are left out. */
int bus_append_diags(sd_bus_message *m, const DiagList *diags);

/*
 * Reads the next complete value of any type. Variants vanish, ay becomes lower-case hexadecimal
 * text, dictionaries have string keys only (-EBADMSG), descriptors are refused (-EBADMSG). Returns
 * 0 at the end of the container and writes nothing, 1 after a value.
 */
int bus_read_value(sd_bus_message *m, json_t **ret_value);
