/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifying a measurement list as a user does it, against evmctl over the same file in the same
 * run. evmctl replays two banks, imad-worker three. Usage: bench-measurements IMAD-WORKER [EVMCTL]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/exit-code.h"
#include "base/strings.h"
#include "base/time.h"
#include "bench-list.h"

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

static void print(size_t count, const char *program, const Cost *cost, const Cost *peer)
{
        printf("%10zu %-12s %9" PRIu64 " us %9" PRIu64 " us %8ld KiB", count, program, cost->wall,
                        cost->cpu, cost->peak_kib);
        if (peer)
                printf(" %7.2f", (double) cost->wall / (double) (peer->wall ?: 1));
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

static void bench(size_t count, char *worker, char *evmctl)
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

int main(int argc, char **argv)
{
        static const size_t counts[] = { 20000, 200000, 1000000 };

        if (argc < 2)
                return EXIT_FAILURE;
        printf("%10s %-12s %12s %12s %12s %7s\n", "entries", "program", "wall", "CPU", "peak",
                        "ratio");
        for (size_t i = 0; i < ELEMENTSOF(counts); i++)
                bench(counts[i], argv[1], argc > 2 ? argv[2] : NULL);
        return EXIT_SUCCESS;
}
