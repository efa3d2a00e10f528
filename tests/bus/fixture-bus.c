/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-bus.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture-polkit.h"

#define NOBODY 65534
#define WAIT_USEC (15 * USEC_PER_SEC)

static const char bus_configuration[] =
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\""
                " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
                "<busconfig><listen>unix:path=%s/bus</listen>"
                "<auth>EXTERNAL</auth><policy context=\"default\"><allow user=\"*\"/>"
                "<allow own=\"*\"/><allow send_type=\"method_call\"/><allow send_type=\"signal\"/>"
                "<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
                "<allow send_requested_reply=\"true\" send_type=\"error\"/>"
                "<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>"
                "<allow receive_type=\"error\"/><allow receive_type=\"signal\"/></policy>"
                "</busconfig>\n";

static pid_t start_program(const char *const *arguments, const char *address)
{
        pid_t pid = fork();

        cr_assert_geq(pid, 0);
        if (pid > 0)
                return pid;
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void) dup2(STDERR_FILENO, STDOUT_FILENO);
        if (address)
                (void) setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
        (void) execvp(arguments[0], (char *const *) arguments);
        _exit(127);
}

static void end_program(pid_t *pid)
{
        if (*pid <= 0)
                return;
        (void) kill(*pid, SIGKILL);
        (void) waitpid(*pid, NULL, 0);
        *pid = 0;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        FixtureBus *f = userdata;
        FixtureSignal *s = &f->signals[f->n_signals];
        json_t *value;

        cr_assert_lt(f->n_signals, FIXTURE_SIGNALS_MAX);
        *s = (FixtureSignal){ .arguments = json_array() };
        (void) snprintf(s->path, sizeof(s->path), "%s", sd_bus_message_get_path(m));
        (void) snprintf(s->interface, sizeof(s->interface), "%s", sd_bus_message_get_interface(m));
        (void) snprintf(s->member, sizeof(s->member), "%s", sd_bus_message_get_member(m));
        (void) sd_bus_message_get_cookie(m, &s->cookie);
        while (bus_read_value(m, &value) > 0)
                (void) json_array_append_new(s->arguments, value);
        f->n_signals++;
        return 0;
}

/* -ECONNREFUSED while the bus has its socket but does not listen yet. */
static int try_connect(FixtureBus *f, sd_bus **ret_bus)
{
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        int r;

        cr_assert_eq(sd_bus_new(&bus), 0);
        cr_assert_geq(sd_bus_set_address(bus, f->address), 0);
        cr_assert_geq(sd_bus_set_bus_client(bus, true), 0);
        r = sd_bus_start(bus);
        if (r >= 0)
                *ret_bus = TAKE_PTR(bus);
        return r;
}

static sd_bus *connect_bus(FixtureBus *f)
{
        sd_bus *bus = NULL;
        int r = try_connect(f, &bus);

        for (unsigned i = 0; r == -ECONNREFUSED && i < 1000; i++) {
                (void) usleep(10000);
                r = try_connect(f, &bus);
        }
        cr_assert_geq(r, 0, "bus cannot be reached: %s", strerror(-r));
        return bus;
}

sd_bus *fixture_bus_connect_unprivileged(FixtureBus *f)
{
        const char *name;
        sd_bus *bus;
        bool root = geteuid() == 0;

        if (root)
                cr_assert_eq(seteuid(NOBODY), 0);
        bus = connect_bus(f);
        /* The bus looks at the socket's credentials; Hello is through when there is a name. */
        cr_assert_geq(sd_bus_get_unique_name(bus, &name), 0);
        if (root)
                cr_assert_eq(seteuid(0), 0);
        return bus;
}

static void start_bus(FixtureBus *f)
{
        char path[64], text[2048], option[96];
        const char *arguments[] = { "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", option,
                NULL };

        (void) snprintf(text, sizeof(text), bus_configuration, f->run.path);
        fixture_root_write(&f->run, "/bus.conf", text);
        (void) snprintf(path, sizeof(path), "%s/bus", f->run.path);
        (void) snprintf(option, sizeof(option), "--config-file=%s.conf", path);
        (void) snprintf(f->address, sizeof(f->address), "unix:path=%s", path);
        f->bus_pid = start_program(arguments, NULL);
        for (unsigned i = 0; i < 1000 && access(path, F_OK) < 0; i++)
                (void) usleep(10000);
        cr_assert_eq(access(path, F_OK), 0, "dbus-daemon does not come up");
}

FixtureBus *fixture_bus_new(void)
{
        FixtureBus *f = calloc(1, sizeof(*f));

        cr_assert_not_null(f);
        f->root = fixture_root_new();
        f->run = fixture_root_new();
        cr_assert_eq(chmod(f->root.path, 0755), 0);
        cr_assert_eq(chmod(f->run.path, 0755), 0);
        fixture_root_write(&f->root, "/fake/calls", "");
        start_bus(f);
        f->bus = connect_bus(f);
        cr_assert_geq(sd_bus_match_signal(f->bus, NULL, BUS_NAME, NULL, NULL, NULL, on_signal, f),
                        0);
        if (geteuid() != 0)
                fixture_bus_start_polkit(f, FIXTURE_POLKIT_YES);
        return f;
}

void fixture_bus_free(FixtureBus *f)
{
        end_program(&f->daemon_pid);
        end_program(&f->polkit_pid);
        sd_bus_flush_close_unref(f->bus);
        end_program(&f->bus_pid);
        for (size_t i = 0; i < f->n_signals; i++)
                json_decref(f->signals[i].arguments);
        fixture_root_done(&f->root);
        fixture_root_done(&f->run);
        free(f);
}

/* Until the name has an owner, or has none any more. */
static void wait_for_name(FixtureBus *f, const char *name, bool owned)
{
        for (unsigned i = 0; i < 1000; i++) {
                if ((sd_bus_get_name_creds(f->bus, name, 0, NULL) >= 0) == owned)
                        return;
                (void) usleep(10000);
        }
        cr_assert_fail("the name %s is %s", name, owned ? "not taken" : "kept");
}

void fixture_bus_start_daemon_with(FixtureBus *f, const char *libexec)
{
        char root[64], option[512];
        const char *arguments[] = { getenv("IMAD_PROGRAM"), root, option, NULL };

        (void) snprintf(root, sizeof(root), "--root=%s", f->root.path);
        (void) snprintf(option, sizeof(option), "--libexec=%s", libexec);
        f->daemon_pid = start_program(arguments, f->address);
        wait_for_name(f, BUS_NAME, true);
}

void fixture_bus_start_daemon(FixtureBus *f)
{
        fixture_bus_start_daemon_with(f, getenv("IMAD_FAKE_LIBEXEC"));
}

int fixture_bus_stop_daemon(FixtureBus *f, usec_t *ret_usec)
{
        usec_t begin = time_now(CLOCK_MONOTONIC);
        int status = -1;

        cr_assert_eq(kill(f->daemon_pid, SIGTERM), 0);
        cr_assert_eq(waitpid(f->daemon_pid, &status, 0), f->daemon_pid);
        f->daemon_pid = 0;
        if (ret_usec)
                *ret_usec = time_now(CLOCK_MONOTONIC) - begin;
        return status;
}

void fixture_bus_start_polkit(FixtureBus *f, FixturePolkit answer)
{
        end_program(&f->polkit_pid);
        wait_for_name(f, "org.freedesktop.PolicyKit1", false);
        if (answer == FIXTURE_POLKIT_ABSENT)
                return;
        f->polkit_pid = fork();
        cr_assert_geq(f->polkit_pid, 0);
        if (f->polkit_pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                _exit(fixture_polkit_run(f->address, answer) < 0);
        }
        wait_for_name(f, "org.freedesktop.PolicyKit1", true);
}

void fixture_bus_write_worker(FixtureBus *f, const char *verb, const char *script)
{
        char path[64];

        (void) snprintf(path, sizeof(path), "/fake/%s", verb);
        fixture_root_write(&f->root, path, script);
}

static void write_number(FixtureBus *f, const char *name, uint64_t number)
{
        char path[128], text[32];

        (void) snprintf(path, sizeof(path), "/sys/kernel/security/ima/%s", name);
        (void) snprintf(text, sizeof(text), "%" PRIu64 "\n", number);
        fixture_root_write(&f->root, path, text);
}

static void replay_list(const Buffer *list, Replay **ret_replay)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };

        cr_assert_eq(replay_new(banks, ELEMENTSOF(banks), ret_replay), 0);
        (void) fixture_replay(*ret_replay, list->data, list->size, 20);
}

/* Appends what is new, as the kernel does: the daemon has the file open. */
void fixture_bus_write_list(FixtureBus *f, const Buffer *list)
{
        static const char path[] = "/sys/kernel/security/ima/binary_runtime_measurements";
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_close_ int fd = -EBADF;
        off_t size;

        replay_list(list, &replay);
        if (!fs_exists(f->root.fd, path))
                fixture_root_write(&f->root, path, "");
        fd = fs_open(f->root.fd, path, O_WRONLY | O_APPEND, 0);
        cr_assert_geq(fd, 0);
        size = lseek(fd, 0, SEEK_END);
        cr_assert_leq((size_t) size, list->size);
        cr_assert_eq(fs_write_all(fd, list->data + size, list->size - (size_t) size), 0);
        write_number(f, "violations", replay_get_counts(replay)->violations);
        write_number(f, "runtime_measurements_count", replay_get_counts(replay)->entries);
}

static void write_pcr(FixtureBus *f, const Replay *replay, HashAlgorithm bank, uint32_t pcr)
{
        char path[128], text[2 * DIGEST_SIZE_MAX + 2];
        Digest digest;

        cr_assert_eq(replay_get_pcr(replay, bank, pcr, &digest), 0);
        hex_encode(digest.bytes, digest.size, text);
        for (char *c = text; *c; c++)
                if (*c >= 'a' && *c <= 'f')
                        *c = (char) (*c - 'a' + 'A');
        strcat(text, "\n");
        (void) snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-%s/%u",
                        hash_algorithm_to_string(bank), pcr);
        fixture_root_write(&f->root, path, text);
}

void fixture_bus_write_pcrs(FixtureBus *f, const Buffer *list)
{
        _cleanup_replay_ Replay *replay = NULL;

        replay_list(list, &replay);
        for (uint32_t pcr = 0; pcr < REPLAY_PCRS; pcr++) {
                write_pcr(f, replay, HASH_SHA1, pcr);
                write_pcr(f, replay, HASH_SHA256, pcr);
        }
}

void fixture_bus_write_kernel(FixtureBus *f, const Buffer *list)
{
        fixture_root_write(&f->root, "/proc/sys/kernel/osrelease", "6.12.0-test\n");
        fixture_root_write(&f->root, "/proc/cmdline", "root=/dev/vda ro\n");
        fixture_root_write(&f->root, "/sys/kernel/security/ima/policy", "");
        fixture_root_write(&f->root, "/sys/class/tpm/tpm0/tpm_version_major", "2\n");
        fixture_bus_write_pcrs(f, list);
        fixture_bus_write_list(f, list);
}

json_t *fixture_bus_get(FixtureBus *f, const char *path, const char *interface, const char *name)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        json_t *value = NULL;
        int r = sd_bus_call_method(f->bus, BUS_NAME, path, "org.freedesktop.DBus.Properties", "Get",
                        &error, &reply, "ss", interface, name);

        cr_assert_geq(r, 0, "%s of %s: %s", name, path, error.message);
        cr_assert_eq(bus_read_value(reply, &value), 1);
        return value;
}

json_t *fixture_bus_describe(FixtureBus *f)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *text;
        json_t *value = NULL;
        int r = sd_bus_call_method(f->bus, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                        "Describe", &error, &reply, "");

        cr_assert_geq(r, 0, "%s", error.message);
        cr_assert_geq(sd_bus_message_read(reply, "s", &text), 0);
        cr_assert_eq(json_parse(text, strlen(text), &value), 0, "%s", text);
        return value;
}

void fixture_bus_expect(FixtureBus *f, const char *path, const char *interface, const char *name,
                const char *json)
{
        usec_t end = time_now(CLOCK_MONOTONIC) + WAIT_USEC;
        _cleanup_free_ char *last = NULL;

        for (;;) {
                _cleanup_json_ json_t *value = fixture_bus_get(f, path, interface, name);

                free(last);
                last = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
                if (string_equal(last, json))
                        return;
                if (time_now(CLOCK_MONOTONIC) > end)
                        cr_assert_fail("%s of %s is %s, expected %s", name, path, last, json);
                (void) usleep(50000);
        }
}

static bool signal_fits(
                const FixtureSignal *s, const char *path, const char *member, const char *part)
{
        _cleanup_free_ char *text = NULL;

        if (!string_equal(s->member, member) || (path && !string_equal(s->path, path)))
                return false;
        text = json_dumps(s->arguments, JSON_COMPACT | JSON_SORT_KEYS);
        return !part || strstr(text, part);
}

int fixture_bus_wait_signal(FixtureBus *f, const char *path, const char *member, const char *part,
                usec_t timeout)
{
        usec_t end = time_now(CLOCK_MONOTONIC) + timeout;
        size_t seen = 0;

        for (;;) {
                for (; seen < f->n_signals; seen++)
                        if (signal_fits(&f->signals[seen], path, member, part))
                                return (int) seen;
                if (sd_bus_process(f->bus, NULL) > 0)
                        continue;
                if (time_now(CLOCK_MONOTONIC) > end)
                        return -1;
                (void) sd_bus_wait(f->bus, USEC_PER_SEC / 20);
        }
}

int fixture_bus_call_policy(sd_bus *bus, const char *member, bool dry_run, bool interactive,
                sd_bus_error *reterr_error, char **ret_job)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const char *job;
        int r;

        cr_assert_geq(sd_bus_message_new_method_call(bus, &m, BUS_NAME, BUS_PATH_POLICY,
                                      BUS_INTERFACE_POLICY, member),
                        0);
        cr_assert_geq(sd_bus_message_append(m, "a{sv}", 1, "dry-run", "b", dry_run), 0);
        cr_assert_geq(sd_bus_message_set_allow_interactive_authorization(m, interactive), 0);
        r = sd_bus_call(bus, m, WAIT_USEC, reterr_error, &reply);
        if (r < 0)
                return r;
        cr_assert_geq(sd_bus_message_read(reply, "o", &job), 0);
        if (ret_job)
                *ret_job = strdup(job);
        return 0;
}

json_t *fixture_bus_wait_job(FixtureBus *f, const char *job, const char *state)
{
        _cleanup_free_ char *expected = NULL;
        _cleanup_json_ json_t *text = NULL;
        json_t *result = NULL;

        cr_assert_geq(asprintf(&expected, "\"%s\"", state), 0);
        fixture_bus_expect(f, job, BUS_INTERFACE_JOB, "State", expected);
        text = fixture_bus_get(f, job, BUS_INTERFACE_JOB, "Result");
        cr_assert_eq(json_parse(json_string_value(text), json_string_length(text), &result), 0);
        return result;
}
