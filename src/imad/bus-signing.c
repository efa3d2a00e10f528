/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.imad1.Signing on /org/imad1/signing */
#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strings.h"
#include "bus/names.h"
#include "imad/bus-object.h"
#include "imad/limits.h"
#include "imad/manager.h"
#include "imad/options.h"
#include "system/label-journal.h"

/* What the worker of a job cannot do in the daemon's sandbox it has done by this service. */
#define RELAY_OPTION "--relay=/run/imad/labels"

typedef struct SigningOptions {
        bool all_mounts;
        bool details;
        bool dry_run;
        bool evm;
        const char *hash;
} SigningOptions;

/* The first two are every method's, three Unsign's, and all are Sign's. */
static const Option signing_options[] = {
        {"all-mounts", 'b', offsetof(SigningOptions, all_mounts)},
        { "details",   'b', offsetof(SigningOptions, details)   },
        { "dry-run",   'b', offsetof(SigningOptions, dry_run)   },
        { "evm",       'b', offsetof(SigningOptions, evm)       },
        { "hash",      's', offsetof(SigningOptions, hash)      },
};

static int check_path(const char *path, size_t n, size_t size, sd_bus_error *reterr_error)
{
        if (*path != '/')
                return sd_bus_error_setf(reterr_error, BUS_ERROR_INVALID_OPTION,
                                "path \"%.200s\" is not absolute", path);
        if (n > LIMIT_SIGNING_PATHS || size > LIMIT_SIGNING_BYTES)
                return sd_bus_error_setf(reterr_error, BUS_ERROR_LIMIT_EXCEEDED,
                                "more than %d paths, or %d bytes of them; name their directories",
                                LIMIT_SIGNING_PATHS, LIMIT_SIGNING_BYTES);
        return 0;
}

static int read_paths(sd_bus_message *m, StringList *paths, sd_bus_error *reterr_error)
{
        const char *path;
        size_t size = 0;
        int r = sd_bus_message_enter_container(m, 'a', "s");

        while (r >= 0) {
                r = sd_bus_message_read_basic(m, 's', &path);
                if (r <= 0)
                        break;
                size += strlen(path) + 1;
                r = check_path(path, paths->count + 1, size, reterr_error);
                if (r >= 0)
                        r = string_list_add(paths, path);
        }
        if (r < 0)
                return r;
        if (paths->count == 0)
                return sd_bus_error_set(reterr_error, BUS_ERROR_INVALID_OPTION, "no path is given");
        return sd_bus_message_exit_container(m);
}

static int add_option(StringList *arguments, bool given, const char *name, const char *value)
{
        _cleanup_free_ char *word = NULL;

        if (!given)
                return 0;
        if (asprintf(&word, "%s%s", name, value) < 0)
                return -ENOMEM;
        return string_list_add(arguments, word);
}

/* Behind "--" no path is taken for an option. */
static int make_arguments(const Manager *manager, const char *verb, const SigningOptions *options,
                const StringList *paths, StringList *arguments)
{
        const bool relayed = string_equal(manager->root, "/");
        int r = add_option(arguments, relayed, RELAY_OPTION, "");

        if (r >= 0)
                r = add_option(arguments, string_equal(verb, "sign"), "--key=signer:", "");
        if (r >= 0)
                r = add_option(arguments, string_equal(verb, "verify"),
                                "--cert=", manager->settings.signing_certificate ?: "");
        if (r >= 0)
                r = add_option(arguments, options->all_mounts, "--all-mounts", "");
        if (r >= 0)
                r = add_option(arguments, options->details, "--details", "");
        if (r >= 0)
                r = add_option(arguments, options->dry_run, "--dry-run", "");
        if (r >= 0)
                r = add_option(arguments, options->evm, "--evm", "");
        if (r >= 0)
                r = add_option(arguments, options->hash, "--hash=", options->hash ?: "");
        if (r >= 0)
                r = string_list_add(arguments, "--");
        for (size_t i = 0; r >= 0 && i < paths->count; i++)
                r = string_list_add(arguments, paths->items[i]);
        return r;
}

static int start_signing_job(sd_bus_message *m, Manager *manager, const char *verb,
                size_t n_options, sd_bus_error *reterr_error)
{
        SigningOptions options = { 0 };
        _cleanup_strings_ StringList paths = { 0 }, arguments = { 0 };
        _cleanup_free_ const char **list = NULL;
        JobRequest request = { .verb = verb };
        Job *job;
        int r = read_paths(m, &paths, reterr_error);

        if (r >= 0)
                r = options_read(m, signing_options, n_options, &options, reterr_error);
        if (r < 0)
                return r;
        r = polkit_check(&manager->polkit, m, reterr_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = polkit_get_uid(m, &request.uid);
        if (r >= 0)
                r = make_arguments(manager, verb, &options, &paths, &arguments);
        if (r < 0)
                return r;
        /* As execv(3) wants it. */
        list = calloc(arguments.count + 1, sizeof(*list));
        if (!list)
                return -ENOMEM;
        memcpy(list, arguments.items, arguments.count * sizeof(*list));
        request.arguments = list;
        r = job_start(manager, &request, &job, reterr_error);
        return r < 0 ? r : sd_bus_reply_method_return(m, "o", job->path);
}

static int method_sign(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        return start_signing_job(m, userdata, "sign", ELEMENTSOF(signing_options), reterr_error);
}

static int method_verify(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        if (!manager->settings.signing_certificate)
                return sd_bus_error_set(reterr_error, BUS_ERROR_NOT_SUPPORTED,
                                "imad.conf names no SigningCertificate= to verify with");
        return start_signing_job(m, userdata, "verify", 2, reterr_error);
}

static int method_unsign(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        return start_signing_job(m, userdata, "unsign", 3, reterr_error);
}

static const sd_bus_vtable signing_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Sign", SD_BUS_ARGS("as", paths, "a{sv}", options),
                        SD_BUS_RESULT("o", job), method_sign, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Verify", SD_BUS_ARGS("as", paths, "a{sv}", options),
                        SD_BUS_RESULT("o", job), method_verify, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Unsign", SD_BUS_ARGS("as", paths, "a{sv}", options),
                        SD_BUS_RESULT("o", job), method_unsign, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

void bus_signing_recover(Manager *manager)
{
        const char *const arguments[] = { RELAY_OPTION, "--", NULL };
        const bool relayed = string_equal(manager->root, "/");
        const JobRequest request = { .verb = "label-recover",
                .arguments = relayed ? arguments : arguments + 1 };
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        bool is_open = false;
        Job *job;

        if (label_journal_list(manager->root_fd, LABEL_JOURNAL_DIRECTORY, &list) < 0)
                return;
        for (size_t i = 0; i < list.count; i++)
                is_open |= list.items[i].state == LABEL_JOURNAL_OPEN;
        if (is_open && job_start(manager, &request, &job, &error) < 0)
                log_warning("labels of a run that was interrupted are not looked after: %s",
                                error.message ? error.message : "out of memory");
}

int bus_signing_add(Manager *manager)
{
        return sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH_SIGNING, BUS_INTERFACE_SIGNING,
                        signing_vtable, manager);
}
