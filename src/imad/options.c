/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/options.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "bus/names.h"
#include "imad/limits.h"

static const Option *find_option(const Option *options, size_t n_options, const char *key)
{
        for (size_t i = 0; i < n_options; i++)
                if (string_equal(options[i].key, key))
                        return &options[i];
        return NULL;
}

static int refuse_key(const Option *options, size_t n_options, const char *key,
                sd_bus_error *reterr_error)
{
        _cleanup_buffer_ Buffer known = { 0 };

        for (size_t i = 0; i < n_options; i++)
                (void) buffer_append_format(&known, "%s%s", i > 0 ? ", " : "", options[i].key);
        return sd_bus_error_setf(reterr_error, BUS_ERROR_INVALID_OPTION,
                        "unknown option \"%.64s\"; this method knows %s", key,
                        known.size > 0 ? known.data : "no option");
}

static int read_value(sd_bus_message *m, const Option *option, void *target)
{
        const char type[] = { option->type, '\0' };
        union {
                int b;
                const char *s;
                uint64_t t;
        } value = { 0 };
        char *place = (char *) target + option->offset;
        int r = sd_bus_message_read(m, "v", type, &value);

        if (r < 0)
                return r;
        if (option->type == 'b')
                *(bool *) place = value.b;
        else if (option->type == 's')
                *(const char **) place = value.s;
        else
                *(uint64_t *) place = value.t;
        return 0;
}

static int read_option(sd_bus_message *m, const Option *options, size_t n_options, void *target,
                uint64_t *seen, sd_bus_error *reterr_error)
{
        const Option *option;
        const char *key;
        int r = sd_bus_message_read_basic(m, 's', &key);

        if (r < 0)
                return r;
        option = find_option(options, n_options, key);
        if (!option)
                return refuse_key(options, n_options, key, reterr_error);
        if (*seen & UINT64_C(1) << (option - options))
                return sd_bus_error_setf(reterr_error, BUS_ERROR_INVALID_OPTION,
                                "option \"%s\" stands there twice; give it once", option->key);
        *seen |= UINT64_C(1) << (option - options);
        r = read_value(m, option, target);
        if (r < 0)
                return sd_bus_error_setf(reterr_error, BUS_ERROR_INVALID_OPTION,
                                "value of option \"%s\" has the wrong type; it must be '%c'",
                                option->key, option->type);
        return 0;
}

/* A table is far shorter than LIMIT_OPTIONS, and keys may not repeat: the dictionary is limited. */
int options_read(sd_bus_message *m, const Option *options, size_t n_options, void *target,
                sd_bus_error *reterr_error)
{
        uint64_t seen = 0;
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        if (n_options > LIMIT_OPTIONS)
                return -EINVAL;
        while (r >= 0) {
                r = sd_bus_message_enter_container(m, 'e', "sv");
                if (r <= 0)
                        break;
                r = read_option(m, options, n_options, target, &seen, reterr_error);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}
