/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad-load: loads the intended IMA policy at boot. Whatever it meets, the boot goes on. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>

#include "base/exit-code.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/message-id.h"
#include "base/time.h"
#include "config.h"
#include "helpers/imad-load/load-initrd.h"
#include "helpers/imad-load/load.h"
#include "system/generation-state.h"
#include "system/settings.h"

typedef struct Arguments {
        const char *root;
        const char *sysroot; /* of an initrd; NULL: this is no initrd */
        const char *release; /* of a kernel whose initrd is made */
        bool shutdown;
} Arguments;

static int parse_arguments(int argc, char **argv, Arguments *ret)
{
        static const struct option options[] = {
                {"root",      required_argument, NULL, 'r'},
                { "shutdown", no_argument,       NULL, 's'},
                { "initrd",   required_argument, NULL, 'i'},
                { "list",     required_argument, NULL, 'l'},
                { "help",     no_argument,       NULL, 'h'},
                { "version",  no_argument,       NULL, 'V'},
                { NULL,       0,                 NULL, 0  },
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'r':
                        ret->root = optarg;
                        break;
                case 's':
                        ret->shutdown = true;
                        break;
                case 'i':
                        ret->sysroot = optarg;
                        break;
                case 'l':
                        ret->release = optarg;
                        break;
                case 'h':
                        puts("Usage: imad-load [--root=DIR] [--shutdown|--initrd=DIR|--list=KERNEL]"
                             "\n"
                             "Loads the intended IMA policy; imad-load.service runs it at boot.\n"
                             "With --shutdown notes that the boot ends in order. With --initrd does"
                             "\nthe same in an initrd that has mounted the real root at DIR; --list"
                             "\nprints what an initrd for KERNEL needs for it.");
                        return 0;
                case 'V':
                        puts("imad " IMAD_VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }
        return optind == argc ? 1 : -EINVAL;
}

/* What this boot has found out about the boots before. */
static void log_alarm(int root_fd)
{
        /* What the initrd has found out in this boot, too. */
        usec_t start = time_now(CLOCK_REALTIME) - time_now(CLOCK_BOOTTIME);
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;

        if (generation_state_load(root_fd, &state, &diags) >= 0 && state.alarm_usec >= start &&
                        *state.alarm)
                log_event(LOG_ALERT, MESSAGE_ID_BOOT_FAILED, NULL,
                                "%s; imactl policy log tells more, imactl policy confirm "
                                "acknowledges it",
                                state.alarm);
}

static void log_record(const BootRecord *record)
{
        bool failure = boot_outcome_is_failure(record->outcome);
        bool loaded = record->outcome == BOOT_OUTCOME_LOADED;
        char outcome[64], generation[64], release[128], hint[256];
        const char *fields[] = { outcome, generation, release, hint, NULL };

        (void) snprintf(outcome, sizeof(outcome), "IMAD_OUTCOME=%s",
                        boot_outcome_to_string(record->outcome));
        (void) snprintf(generation, sizeof(generation), "IMAD_GENERATION=%" PRIu64,
                        record->generation);
        (void) snprintf(release, sizeof(release), "IMAD_KERNEL=%s",
                        record->release ? record->release : "");
        (void) snprintf(hint, sizeof(hint), "IMAD_HINT=%s", record->hint ? record->hint : "");
        log_event(failure ? LOG_ERR : LOG_NOTICE,
                        loaded ? MESSAGE_ID_POLICY_LOADED : MESSAGE_ID_POLICY_NOT_LOADED, fields,
                        "%s: %s%s%s", boot_outcome_to_string(record->outcome), record->message,
                        record->hint ? "; " : "", record->hint ? record->hint : "");
}

/*
 * PID 1 needs neither bus nor further programs for these: signals SIGRTMIN+2 and SIGRTMIN+3,
 * systemd(1). Where the guardian is about to reboot the machine it does so all the same.
 */
static void obey_failure(int root_fd)
{
        static const struct {
                int signal; /* above SIGRTMIN */
                const char *what;
        } actions[POLICY_FAILURE_MAX] = {
                [POLICY_FAILURE_EMERGENCY] = {2,  "the boot ends at emergency.target"},
                [POLICY_FAILURE_HALT] = { 3, "the machine halts"                },
        };
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        if (!fs_root_is_host(root_fd) || settings_load(root_fd, &settings, &diags) < 0 ||
                        actions[settings.on_policy_failure].signal == 0)
                return;
        log_event(LOG_EMERG, MESSAGE_ID_BOOT_STOPPED, NULL,
                        "no policy is in force that should be, and OnPolicyFailure= is set: %s",
                        actions[settings.on_policy_failure].what);
        if (kill(1, SIGRTMIN + actions[settings.on_policy_failure].signal) < 0)
                log_error("PID 1 cannot be told: %s", strerror(errno));
}

static int shut_down(int root_fd)
{
        int r = load_shut_down(root_fd);

        if (r < 0)
                log_error("cannot note the end of this boot: %s", strerror(-r));
        return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static int list(int root_fd, const char *release)
{
        int r = load_initrd_print(root_fd, release);

        if (r < 0)
                log_error("cannot tell what the initrd for kernel %s needs: %s", release,
                                strerror(-r));
        return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static int load(int root_fd, const char *sysroot, char *argv0)
{
        usec_t start = time_now(CLOCK_MONOTONIC);
        _cleanup_boot_record_ BootRecord record = { 0 };
        LoadOps ops = load_kernel_ops;
        bool failure;
        int r;

        ops.argv0 = argv0;
        r = sysroot ? load_policy_in_initrd(root_fd, sysroot, &ops, &record)
                    : load_policy(root_fd, &ops, &record);
        if (r < 0) {
                log_error("cannot load the policy: %s", strerror(-r));
                return EXIT_CODE_FAILURE;
        }
        if (r == 0) {
                record.loaded_usec = time_now(CLOCK_REALTIME);
                record.duration_usec = time_now(CLOCK_MONOTONIC) - start;
        }
        /* Also when it was loaded before: that run may have been killed before it could say so. */
        r = boot_record_store(root_fd, &record);
        if (r < 0)
                log_error("cannot write %s: %s; imactl status will not know of this boot",
                                BOOT_RECORD_PATH, strerror(-r));
        log_record(&record);
        failure = boot_outcome_is_failure(record.outcome);
        if (!sysroot) {
                log_alarm(root_fd);
                /* The real root tries again what failed in the initrd, and then obeys. */
                if (failure)
                        obey_failure(root_fd);
        }
        return failure || r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

int main(int argc, char **argv)
{
        _cleanup_close_ int root_fd = -EBADF;
        Arguments arguments = { 0 };
        int r;

        log_open("imad-load");
        r = parse_arguments(argc, argv, &arguments);
        if (r <= 0)
                return r < 0 ? EXIT_CODE_USAGE : EXIT_CODE_OK;
        root_fd = fs_open_root(arguments.root);
        if (root_fd < 0) {
                log_error("cannot open root directory %s: %s", arguments.root ?: "/",
                                strerror(-root_fd));
                return EXIT_CODE_FAILURE;
        }
        if (arguments.release)
                return list(root_fd, arguments.release);
        return arguments.shutdown ? shut_down(root_fd) : load(root_fd, arguments.sysroot, argv[0]);
}
