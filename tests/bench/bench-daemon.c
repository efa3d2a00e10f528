/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What following the measurement list costs the daemon: user time, system time and memory, over a
 * fake root directory whose list is a plain file. There read() copies from the page cache; a kernel
 * walks its list from the head instead, so that system time on a real machine is another one.
 * Usage, on a bus of its own (dbus-run-session): bench-daemon IMAD [ENTRIES…]
 */
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/strings.h"
#include "base/time.h"
#include "bench-list.h"
#include "bus/names.h"

/* Entries that come later, in one piece. */
#define MORE 20000U
#define SECURITY "/sys/kernel/security/ima/"
#define TPM "/sys/class/tpm/tpm0/"

typedef struct Bench {
        char root[64];
        int root_fd;
        size_t n_entries;
        Replay *replay;
        FILE *list;
        sd_bus *bus;
        pid_t pid;
} Bench;

typedef struct Usage {
        uint64_t user_usec, system_usec;
        uint64_t rss_kib, private_kib;
} Usage;

static void write_text(const Bench *b, const char *path, const char *text)
{
        if (fs_replace_file(b->root_fd, path, text, strlen(text), 0644) < 0)
                bench_fail(path);
}

static void write_pcr(const Bench *b, HashAlgorithm bank)
{
        char path[64], hex[2 * DIGEST_SIZE_MAX + 1];
        Digest value;

        (void) snprintf(path, sizeof(path), TPM "pcr-%s/10", hash_algorithm_to_string(bank));
        if (replay_get_pcr(b->replay, bank, 10, &value) < 0)
                bench_fail(path);
        hex_encode(value.bytes, value.size, hex);
        write_text(b, path, hex);
}

static void add_entries(Bench *b, size_t count)
{
        char text[32];

        for (size_t i = 0; i < count; i++)
                bench_write_entry(b->list, b->n_entries++, b->replay);
        if (fflush(b->list) == EOF)
                bench_fail("list");
        write_pcr(b, HASH_SHA1);
        write_pcr(b, HASH_SHA256);
        (void) snprintf(text, sizeof(text), "%zu\n", b->n_entries);
        write_text(b, SECURITY "runtime_measurements_count", text);
}

static void make_root(Bench *b)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };
        static const char *const directories[] = { SECURITY, TPM "pcr-sha1", TPM "pcr-sha256" };
        char path[256];

        strcpy(b->root, "/var/tmp/bench-daemon-XXXXXX");
        if (!mkdtemp(b->root) || replay_new(banks, ELEMENTSOF(banks), &b->replay) < 0)
                bench_fail(b->root);
        b->root_fd = fs_open_root(b->root);
        for (size_t i = 0; i < ELEMENTSOF(directories); i++)
                if (fs_make_directories(b->root_fd, directories[i], 0755) < 0)
                        bench_fail(directories[i]);
        (void) snprintf(path, sizeof(path), "%s" SECURITY "binary_runtime_measurements", b->root);
        b->list = fopen(path, "we");
        if (!b->list)
                bench_fail(path);
}

static void start_daemon(Bench *b, const char *program)
{
        char option[128];

        (void) snprintf(option, sizeof(option), "--root=%s", b->root);
        b->pid = fork();
        if (b->pid == 0) {
                (void) execl(program, program, option, "--libexec=/nonexistent", NULL);
                _exit(127);
        }
        while (sd_bus_get_name_creds(b->bus, BUS_NAME, 0, NULL) < 0)
                (void) usleep(1000);
}

/* Until the daemon has read all of it; asked for seldom, as an answer costs it time as well. */
static void wait_for_entries(const Bench *b)
{
        uint64_t count = 0;

        for (;;) {
                if (sd_bus_get_property_trivial(b->bus, BUS_NAME, BUS_PATH_MEASUREMENTS,
                                    BUS_INTERFACE_MEASUREMENTS, "Count", NULL, 't', &count) < 0)
                        bench_fail("Count");
                if (count == b->n_entries)
                        return;
                (void) usleep(50000);
        }
}

static char *read_proc(pid_t pid, const char *name)
{
        _cleanup_close_ int fd = fs_open_root(NULL);
        char path[64], *text = NULL;

        (void) snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, name);
        if (fs_read_file(fd, path, 65536, &text, NULL) < 0)
                bench_fail(path);
        return text;
}

static uint64_t find_kib(const char *status, const char *name)
{
        const char *line = strstr(status, name);

        return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

static Usage get_usage(pid_t pid)
{
        _cleanup_free_ char *stat = read_proc(pid, "stat"), *status = read_proc(pid, "status");
        const char *field = strrchr(stat, ')') + 2;
        uint64_t tick = USEC_PER_SEC / (uint64_t) sysconf(_SC_CLK_TCK);
        char *end;
        Usage usage;

        for (unsigned i = 3; i < 14; i++)
                field = strchr(field, ' ') + 1;
        usage.user_usec = strtoull(field, &end, 10) * tick;
        usage.system_usec = strtoull(end, NULL, 10) * tick;
        usage.rss_kib = find_kib(status, "VmRSS:");
        usage.private_kib = find_kib(status, "RssAnon:");
        return usage;
}

static void report(const Bench *b, const Usage *attached, const Usage *more)
{
        printf("attaching to %zu entries: user %" PRIu64 " ms, system %" PRIu64
               " ms; resident %" PRIu64 " KiB, of which its own %" PRIu64 " KiB\n",
                        b->n_entries - MORE, attached->user_usec / 1000,
                        attached->system_usec / 1000, attached->rss_kib, attached->private_kib);
        printf("%u more: user %.1f us, system %.1f us for each; resident %" PRIu64 " KiB\n", MORE,
                        (double) (more->user_usec - attached->user_usec) / MORE,
                        (double) (more->system_usec - attached->system_usec) / MORE, more->rss_kib);
}

static void run(const char *program, size_t n_entries)
{
        Bench b = { 0 };
        Usage attached, more;

        if (sd_bus_open_system(&b.bus) < 0)
                bench_fail("bus");
        make_root(&b);
        add_entries(&b, n_entries);
        start_daemon(&b, program);
        wait_for_entries(&b);
        attached = get_usage(b.pid);
        add_entries(&b, MORE);
        wait_for_entries(&b);
        more = get_usage(b.pid);
        report(&b, &attached, &more);
        (void) kill(b.pid, SIGTERM);
        (void) waitpid(b.pid, NULL, 0);
        (void) fclose(b.list);
        replay_free(b.replay);
        (void) close(b.root_fd);
        sd_bus_flush_close_unref(b.bus);
        b.root_fd = fs_open_root("/var/tmp");
        (void) fs_remove_tree(b.root_fd, strrchr(b.root, '/'));
        (void) close(b.root_fd);
}

int main(int argc, char *argv[])
{
        const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
        uint64_t n_entries;

        if (argc < 2 || !address || setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1) < 0) {
                fputs("usage: dbus-run-session -- bench-daemon IMAD [ENTRIES…]\n", stderr);
                return EXIT_FAILURE;
        }
        if (argc == 2)
                run(argv[1], 100000);
        for (int i = 2; i < argc; i++) {
                if (parse_u64(argv[i], 10000000, &n_entries) < 0)
                        bench_fail(argv[i]);
                run(argv[1], n_entries);
        }
        return EXIT_SUCCESS;
}
