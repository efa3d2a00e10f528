/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions about a million file records in memory, no two of them equal, against asking every rule
 * in turn. A decision is one request with its answer in all four classes.
 */
#include <inttypes.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "base/time.h"
#include "core/policy/simulate/simulate.h"

#define RECORDS 1000000U
#define START_RULES 1000U
#define START_ROUNDS 10
#define LINEAR_SHARE 100U /* of the records, for the slow way */
#define STRIDE 7919U      /* has no divisor in common with RECORDS */

/* One tenth of the rules are ranges and rules without a value to look up; the rest names owners,
 * groups, users, file systems. */
static int make_policy(size_t rules, Buffer *text)
{
        static const char *const forms[] = { "measure func=BPRM_CHECK fowner=%zu",
                "appraise func=MMAP_CHECK fowner=%zu appraise_type=imasig",
                "audit func=FILE_CHECK mask=^MAY_READ fgroup=%zu", "dont_measure fowner=%zu",
                "measure func=FILE_CHECK mask=MAY_READ uid=%zu", "dont_appraise fsmagic=%zx",
                "hash func=FILE_CHECK fowner=%zu", "measure func=MODULE_CHECK fowner=%zu",
                "appraise func=BPRM_CHECK fgroup=%zu", "audit func=MMAP_CHECK uid>%zu fowner<7" };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < rules; i++) {
                char line[128];

                (void) snprintf(line, sizeof(line), forms[i % ELEMENTSOF(forms)], i + 1);
                r = buffer_append_string(text, line);
                if (r >= 0)
                        r = buffer_append_string(text, "\n");
        }
        return r;
}

/* Owner, group and user count, each through the ids that rules name, in no order that helps. */
static Request *make_records(size_t rules)
{
        static const RuleFunc funcs[] = { RULE_FUNC_FILE_CHECK, RULE_FUNC_BPRM_CHECK,
                RULE_FUNC_MMAP_CHECK, RULE_FUNC_MODULE_CHECK };
        Request *records = calloc(RECORDS, sizeof(Request));
        uint64_t state = 1;

        for (size_t i = 0; records && i < RECORDS; i++) {
                uint32_t number = (uint32_t) ((uint64_t) i * STRIDE % RECORDS), drawn;

                state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                drawn = (uint32_t) (state >> 33);
                records[i] = (Request){
                        .func = funcs[drawn % ELEMENTSOF(funcs)],
                        .mask = drawn & 4 ? RULE_MASK_READ : RULE_MASK_EXEC,
                        .user.real = number / (uint32_t) (rules * rules),
                        .owner = number % (uint32_t) rules,
                        .owner_group = number / (uint32_t) rules % (uint32_t) rules,
                        .fsmagic = 0xef53,
                        .fsname = "ext4",
                };
        }
        return records;
}

static double per_second(size_t count, usec_t time)
{
        return (double) count * (double) USEC_PER_SEC / (double) (time ?: 1);
}

/* The sum keeps the compiler from leaving the work out. */
static double run(const Simulator *s, const Request *records, size_t count, bool is_linear,
                unsigned *ret_done)
{
        usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);
        unsigned done = 0;

        for (size_t i = 0; i < count; i++) {
                SimulateDecision d = is_linear ? simulate_decide_linear(s, &records[i])
                                               : simulate_decide(s, &records[i]);

                for (int c = 0; c < SIMULATE_CLASS_MAX; c++)
                        done += d.classes[c].is_done;
        }
        *ret_done = done;
        return per_second(count, time_now(CLOCK_PROCESS_CPUTIME_ID) - start);
}

static int measure(size_t rules)
{
        _cleanup_(simulate_freep) Simulator *s = NULL;
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_free_ Request *records = make_records(rules);
        usec_t start;
        double sealed, indexed, linear;
        unsigned done;
        uint32_t line;
        int r = records ? make_policy(rules, &text) : -ENOMEM;

        if (r >= 0)
                r = simulate_new(NULL, &s);
        if (r < 0)
                return r;
        start = time_now(CLOCK_PROCESS_CPUTIME_ID);
        r = simulate_add_text(s, "policy", text.data, text.size, NULL, &line);
        if (r >= 0)
                r = simulate_seal(s, true);
        if (r < 0)
                return r;
        sealed = (double) (time_now(CLOCK_PROCESS_CPUTIME_ID) - start) / 1000;
        linear = run(s, records, RECORDS / LINEAR_SHARE, true, &done);
        indexed = run(s, records, RECORDS, false, &done);
        printf("%8zu %10.1f ms %14.0f %14.0f %12u\n", rules, sealed, indexed, linear, done);
        return 0;
}

static int make_root(int tmp_fd, const char *name)
{
        _cleanup_buffer_ Buffer text = { 0 };
        char path[128];
        int r = buffer_append_string(&text, "policy: 1\nrules:\n");

        for (unsigned i = 0; r >= 0 && i < START_RULES; i++)
                r = buffer_append_format(&text,
                                "  - {id: rule-%u, action: measure, func: FILE_CHECK, fowner: "
                                "%u}\n",
                                i, i + 1);
        (void) snprintf(path, sizeof(path), "%s/etc/imad/policy.d", name);
        if (r >= 0)
                r = fs_make_directories(tmp_fd, path, 0755);
        (void) snprintf(path, sizeof(path), "%s/etc/imad/policy.d/50-bench.yaml", name);
        if (r >= 0)
                r = fs_create_file(tmp_fd, path, text.data, text.size, 0644);
        (void) snprintf(path, sizeof(path), "%s/file", name);
        return r < 0 ? r : fs_create_file(tmp_fd, path, "x", 1, 0644);
}

/* CPU time of a program and those that it starts, from start to end. */
static int run_program(char *const argv[], usec_t *ret_cpu)
{
        posix_spawn_file_actions_t actions;
        struct rusage usage;
        int status = 0;
        pid_t child;

        if (posix_spawn_file_actions_init(&actions) != 0 ||
                        posix_spawn_file_actions_addopen(
                                        &actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
                        posix_spawn(&child, argv[0], &actions, NULL, argv, environ) != 0)
                return -EIO;
        (void) posix_spawn_file_actions_destroy(&actions);
        if (wait4(child, &status, 0, &usage) < 0 || status != 0)
                return -EIO;
        *ret_cpu = (usec_t) usage.ru_utime.tv_sec * USEC_PER_SEC + (usec_t) usage.ru_utime.tv_usec +
                   (usec_t) usage.ru_stime.tv_sec * USEC_PER_SEC + (usec_t) usage.ru_stime.tv_usec;
        return 0;
}

/* The least of several runs, as other programs run too. */
static int measure_program(char *const argv[], usec_t *ret_wall, usec_t *ret_cpu)
{
        usec_t least = UINT64_MAX, wall = UINT64_MAX;

        for (int i = 0; i < START_ROUNDS; i++) {
                usec_t start = time_now(CLOCK_MONOTONIC), cpu = 0, elapsed;
                int r = run_program(argv, &cpu);

                if (r < 0)
                        return r;
                elapsed = time_now(CLOCK_MONOTONIC) - start;
                least = cpu < least ? cpu : least;
                wall = elapsed < wall ? elapsed : wall;
        }
        *ret_wall += wall;
        *ret_cpu += least;
        return 0;
}

/* One file among START_RULES rules, beside the start of the same two programs for nothing. */
static int measure_start(const char *imactl, const char *worker)
{
        _cleanup_close_ int tmp_fd = fs_open_root("/tmp");
        char root[64] = "/tmp/imad-bench-XXXXXX", option[80];
        char *argv[] = { (char *) imactl, (char *) "policy", (char *) "simulate", option,
                (char *) "--kernel=6.12.0", (char *) "/file", NULL };
        char *client[] = { (char *) imactl, (char *) "--version", NULL };
        char *nothing[] = { (char *) worker, (char *) "--help", NULL };
        usec_t cpu = 0, wall = 0, floor_cpu = 0, floor_wall = 0;
        int r = mkdtemp(root) ? make_root(tmp_fd, strrchr(root, '/') + 1) : -errno;

        (void) snprintf(option, sizeof(option), "--root=%s", root);
        if (r >= 0)
                r = measure_program(argv, &wall, &cpu);
        (void) fs_remove_tree(tmp_fd, strrchr(root, '/') + 1);
        if (r >= 0)
                r = measure_program(client, &floor_wall, &floor_cpu);
        if (r >= 0)
                r = measure_program(nothing, &floor_wall, &floor_cpu);
        if (r >= 0)
                printf("one file among %u rules: %.1f ms, %.1f ms of CPU; the start of both "
                       "programs alone: %.1f ms, %.1f ms of CPU; ratio %.2f\n",
                                START_RULES, (double) wall / 1000, (double) cpu / 1000,
                                (double) floor_wall / 1000, (double) floor_cpu / 1000,
                                (double) cpu / (double) (floor_cpu ?: 1));
        return r;
}

int main(int argc, char **argv)
{
        static const size_t rules[] = { 10, 1000, 10000 };

        printf("%8s %13s %14s %14s %12s\n", "rules", "read, index", "decisions/s", "one by one/s",
                        "actions");
        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                if (measure(rules[i]) < 0)
                        return EXIT_FAILURE;
        return argc > 2 && measure_start(argv[1], argv[2]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
