/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifying a measurement list as a user does it, against evmctl over the same file in the same
 * run. evmctl replays two banks, imad-worker three. The last line is about signatures: a list of
 * them, over and over. "cores" is CPU time by wall time. Usage: bench-measurements IMAD-WORKER
 * SIGNED-LIST CERTIFICATE [EVMCTL]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/exit-code.h"
#include "base/fs.h"
#include "base/strings.h"
#include "base/time.h"
#include "bench-list.h"
#include "core/measurements/list.h"

#define RUNS 3

typedef struct Cost {
        usec_t wall, cpu;
        long peak_kib;
} Cost;

static void write_list(const char *path, size_t count, Replay *replay)
{
        FILE *file = fopen(path, "we");

        if (!file)
                bench_fail(path);
        for (size_t i = 0; i < count; i++)
                bench_write_entry(file, i, replay);
        if (fclose(file) == EOF)
                bench_fail(path);
}

/* expected is the exit code, -1: any. */
static Cost measure(const char *const argv[], int expected)
{
        posix_spawn_file_actions_t actions;
        struct rusage usage;
        usec_t start = time_now(CLOCK_MONOTONIC);
        pid_t pid;
        int status;

        if (posix_spawn_file_actions_init(&actions) != 0 ||
                        posix_spawn_file_actions_addopen(
                                        &actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
                        posix_spawn_file_actions_addopen(
                                        &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
                        posix_spawn(&pid, argv[0], &actions, NULL, (char *const *) argv, environ) !=
                                        0 ||
                        wait4(pid, &status, 0, &usage) < 0)
                bench_fail(argv[0]);
        (void) posix_spawn_file_actions_destroy(&actions);
        if (!WIFEXITED(status) || (expected >= 0 && WEXITSTATUS(status) != expected)) {
                fprintf(stderr, "%s ended with status %#x\n", argv[0], (unsigned) status);
                exit(EXIT_FAILURE);
        }
        return (Cost){
                .wall = time_now(CLOCK_MONOTONIC) - start,
                .cpu = (usec_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * USEC_PER_SEC +
                       (usec_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
                .peak_kib = usage.ru_maxrss,
        };
}

/* The quickest of some runs is the one that was disturbed least. */
static Cost measure_best(const char *const argv[], int expected)
{
        Cost best = measure(argv, expected);

        for (unsigned i = 1; i < RUNS; i++) {
                Cost cost = measure(argv, expected);

                if (cost.wall < best.wall)
                        best = cost;
        }
        return best;
}

static void print_head(void)
{
        printf("%8s %-11s %9s %9s %10s %6s %10s %9s\n", "entries", "program", "wall ms", "CPU ms",
                        "peak KiB", "cores", "us/entry", "by evmctl");
}

/* peer: NULL when there is none to compare with. */
static void print(size_t count, const char *program, const Cost *cost, const Cost *peer)
{
        double wall = (double) (cost->wall ?: 1);

        printf("%8zu %-11s %9.1f %9.1f %10ld %6.2f %10.2f", count, program, wall / 1000,
                        (double) cost->cpu / 1000, cost->peak_kib, (double) cost->cpu / wall,
                        wall / (double) count);
        if (peer)
                printf(" %9.2f", wall / (double) (peer->wall ?: 1));
        fputc('\n', stdout);
}

/* "--pcr=BANK:10=HEX" */
static char *format_pcr(const Replay *replay, HashAlgorithm bank)
{
        char hex[2 * DIGEST_SIZE_MAX + 1], *text;
        Digest value;

        if (replay_get_pcr(replay, bank, 10, &value) < 0)
                bench_fail("replay");
        hex_encode(value.bytes, value.size, hex);
        if (asprintf(&text, "--pcr=%s:10=%s", hash_algorithm_to_string(bank), hex) < 0)
                bench_fail("replay");
        return text;
}

static void bench(size_t count, const char *worker, const char *evmctl)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384 };
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_free_ char *list = NULL, *sha1 = NULL, *sha256 = NULL, *sha384 = NULL;
        char path[] = "/tmp/imad-bench-XXXXXX";
        int fd = mkstemp(path);
        Cost ours, theirs;

        if (fd < 0 || asprintf(&list, "--list=%s", path) < 0 ||
                        replay_new(banks, ELEMENTSOF(banks), &replay) < 0)
                bench_fail(path);
        (void) close(fd);
        write_list(path, count, replay);
        sha1 = format_pcr(replay, HASH_SHA1);
        sha256 = format_pcr(replay, HASH_SHA256);
        sha384 = format_pcr(replay, HASH_SHA384);
        ours = measure_best((const char *const[]){ worker, list, sha1, sha256, sha384,
                                            "measurements-verify", NULL },
                        EXIT_CODE_OK);
        if (evmctl) {
                theirs = measure_best((const char *const[]){ evmctl, "ima_measurement",
                                                      "--ignore-violations", path, NULL },
                                -1);
                print(count, "evmctl", &theirs, NULL);
        }
        print(count, "imad-worker", &ours, evmctl ? &theirs : NULL);
        (void) unlink(path);
}

/* The template data of signed files, as often as it takes; some signatures are wrong ones. */
static void bench_signatures(const char *worker, const char *signed_list, const char *certificate)
{
        static const size_t times = 2000;
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        _cleanup_free_ char *bytes = NULL, *list = NULL, *cert = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        char path[] = "/tmp/imad-bench-XXXXXX";
        int fd = mkstemp(path);
        size_t size, count = 0;
        Measurement m;
        Cost cost;

        if (fd < 0 || fs_read_file(root_fd, signed_list, 1 << 20, &bytes, &size) < 0 ||
                        asprintf(&list, "--list=%s", path) < 0 ||
                        asprintf(&cert, "--cert=%s", certificate) < 0 ||
                        measurement_reader_new(20, false, &reader) < 0 ||
                        measurement_reader_feed(reader, bytes, size) < 0)
                bench_fail(signed_list);
        while (measurement_reader_next(reader, &m) > 0)
                count++;
        for (size_t i = 0; i < times; i++)
                if (fs_write_all(fd, bytes, size) < 0)
                        bench_fail(path);
        (void) close(fd);
        cost = measure_best(
                        (const char *const[]){ worker, list, cert, "measurements-verify", NULL },
                        -1);
        print(count * times, "signatures", &cost, NULL);
        (void) unlink(path);
}

int main(int argc, char **argv)
{
        static const size_t counts[] = { 20000, 200000, 1000000 };

        if (argc < 4) {
                fputs("usage: bench-measurements IMAD-WORKER SIGNED-LIST CERTIFICATE [EVMCTL]\n",
                                stderr);
                return EXIT_FAILURE;
        }
        print_head();
        for (size_t i = 0; i < ELEMENTSOF(counts); i++)
                bench(counts[i], argv[1], argv[4]);
        bench_signatures(argv[1], argv[2], argv[3]);
        return EXIT_SUCCESS;
}
