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

#include "base/buffer.h"
#include "base/exit-code.h"
#include "base/strings.h"
#include "base/time.h"
#include "core/measurements/replay.h"

#define RUNS 3

typedef struct Cost {
        usec_t wall, cpu;
        long peak_kib;
} Cost;

static void fail(const char *what)
{
        perror(what);
        exit(EXIT_FAILURE);
}

static void append_field(Buffer *b, const void *bytes, size_t size)
{
        uint32_t raw = htole32((uint32_t) size);

        if (buffer_append(b, &raw, sizeof(raw)) < 0 || buffer_append(b, bytes, size) < 0)
                fail("list");
}

/* An ima-sig entry of about 285 bytes, whose signature is as long as one of RSA-1024. */
static void write_entry(FILE *file, size_t number, Replay *replay)
{
        _cleanup_buffer_ Buffer data = { 0 }, entry = { 0 };
        uint8_t digest[8 + 32] = "sha256:", signature[9 + 128] = { 3, 2, 4, 1, 2, 3, 4, 0, 128 };
        uint32_t pcr = htole32(10);
        char name[96];
        Digest own;

        memcpy(digest + 8, &number, sizeof(number));
        memcpy(signature + 9, &number, sizeof(number));
        (void) snprintf(name, sizeof(name), "/usr/lib/x86_64-linux-gnu/package-%06zu/libexample.so",
                        number);
        append_field(&data, digest, sizeof(digest));
        append_field(&data, name, strlen(name) + 1);
        append_field(&data, signature, sizeof(signature));
        if (digest_compute(HASH_SHA1, data.data, data.size, &own) < 0 ||
                        buffer_append(&entry, &pcr, sizeof(pcr)) < 0 ||
                        buffer_append(&entry, own.bytes, own.size) < 0)
                fail("list");
        append_field(&entry, "ima-sig", 7);
        append_field(&entry, data.data, data.size);
        if (fwrite(entry.data, entry.size, 1, file) != 1 ||
                        replay_add(replay, &(Measurement){
                                                           .pcr = 10,
                                                           .template_digest = own.bytes,
                                                           .template_digest_size = own.size,
                                                           .data = (uint8_t *) data.data,
                                                           .data_size = data.size,
                                           }) < 0)
                fail("list");
}

static void write_list(const char *path, size_t count, Replay *replay)
{
        FILE *file = fopen(path, "we");

        if (!file)
                fail(path);
        for (size_t i = 0; i < count; i++)
                write_entry(file, i, replay);
        if (fclose(file) == EOF)
                fail(path);
}

/* expected is the exit code, -1: any. */
static Cost measure(char *const argv[], int expected)
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
                        posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
                        wait4(pid, &status, 0, &usage) < 0)
                fail(argv[0]);
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
static Cost measure_best(char *const argv[], int expected)
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
                fail("replay");
        hex_encode(value.bytes, value.size, hex);
        if (asprintf(&text, "--pcr=%s:10=%s", hash_algorithm_to_string(bank), hex) < 0)
                fail("replay");
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
                fail(path);
        (void) close(fd);
        write_list(path, count, replay);
        sha1 = format_pcr(replay, HASH_SHA1);
        sha256 = format_pcr(replay, HASH_SHA256);
        sha384 = format_pcr(replay, HASH_SHA384);
        ours = measure_best((char *const[]){ worker, list, sha1, sha256, sha384,
                                            "measurements-verify", NULL },
                        EXIT_CODE_OK);
        if (evmctl) {
                theirs = measure_best((char *const[]){ evmctl, "ima_measurement",
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
