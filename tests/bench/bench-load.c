/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What imad-load ($1) itself takes of a boot, with a policy of 1,000 rules, over a root whose
 * kernel takes everything: time of the processor, beside what starting the program alone takes.
 */
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/fixture-root.h"
#include "base/buffer.h"
#include "base/time.h"
#include "system/generation.h"

#define RULES 1000
#define ROUNDS 9

static int make_policy(Buffer *text)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < RULES; i++)
                r = buffer_append_format(
                                text, "measure func=FILE_CHECK mask=^MAY_READ fowner=%u\n", i);
        return r;
}

static int make_root(const FixtureRoot *root)
{
        _cleanup_generation_ Generation generation = { .number = 1 };
        _cleanup_buffer_ Buffer text = { 0 };
        GenerationState state = { .intended = 1, .next = 2 };
        int r = make_policy(&text);

        fixture_root_write(root, "/sys/kernel/security/ima/policy", "");
        fixture_root_write(root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(root, "/proc/sys/kernel/random/boot_id",
                        "00000000-0000-4000-8000-000000000001\n");
        fixture_root_write(root, "/proc/cmdline", "quiet\n");
        if (r >= 0)
                r = generation_add_kernel(&generation, "6.1.0", text.data, text.size, RULES, NULL);
        if (r >= 0)
                r = generation_write(root->fd, &generation);
        return r < 0 ? r : generation_state_store(root->fd, &state);
}

/* Time of the processor in microseconds, or 0 when the program failed. */
static usec_t run(const char *program, const char *argument)
{
        struct rusage used;
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
                        _exit(127);
                (void) execl(program, program, argument, (char *) NULL);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0)
                return 0;
        return (usec_t) (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * USEC_PER_SEC +
               (usec_t) (used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *option = NULL;
        usec_t loaded = UINT64_MAX, started = UINT64_MAX;

        if (argc != 2 || make_root(&root) < 0 || asprintf(&option, "--root=%s", root.path) < 0)
                return EXIT_FAILURE;
        for (int i = 0; i < ROUNDS; i++) {
                usec_t load, start = run(argv[1], "--version");

                (void) fs_remove_tree(root.fd, "/run");
                fixture_root_write(&root, "/sys/kernel/security/ima/policy", "");
                load = run(argv[1], option);
                if (load == 0 || start == 0)
                        return EXIT_FAILURE;
                loaded = load < loaded ? load : loaded;
                started = start < started ? start : started;
        }
        printf("%10s %14s %14s\n", "rules", "start alone", "imad-load");
        printf("%10d %11" PRIu64 " us %11" PRIu64 " us\n", RULES, started, loaded);
        return EXIT_SUCCESS;
}
