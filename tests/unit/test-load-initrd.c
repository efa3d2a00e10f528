/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "config.h"
#include "fixture-root.h"
#include "helpers/imad-load/load-initrd.h"
#include "helpers/imad-load/load.h"
#include "system/generation.h"
#include "system/rollout.h"

#define KERNEL_POLICY "/sys/kernel/security/ima/policy"
#define MANIFEST "/var/lib/imad/generations/1/generation.json"
#define POLICY "/var/lib/imad/generations/1/policy/6.1.0.policy"
#define MEASURES "measure func=BPRM_CHECK\n"
#define REFUSES "appraise func=BPRM_CHECK fowner=4711\n"
#define REFUSES_ALL "appraise func=BPRM_CHECK\n"

/* An initrd whose copies are as in the real root, and what is loaded by it. */
typedef struct Machine {
        FixtureRoot initrd, real;
        BootRecord record;
} Machine;

static void machine_done(Machine *machine)
{
        fixture_root_done(&machine->initrd);
        fixture_root_done(&machine->real);
        boot_record_done(&machine->record);
}

static int guardians;

static int start_guardian(int root_fd, const GuardianPlan *plan)
{
        (void) root_fd, (void) plan;
        guardians++;
        return 0;
}

static int stop_guardian(int root_fd)
{
        (void) root_fd;
        guardians--;
        return 0;
}

static int load_keys(int root_fd, BootKeys *ret_keys)
{
        (void) root_fd;
        *ret_keys = (BootKeys){ 0 };
        return 0;
}

static void end_claim(KeyClaim *claim)
{
        (void) claim;
}

static const LoadOps fake_kernel = {
        .start_guardian = start_guardian,
        .stop_guardian = stop_guardian,
        .load_keys = load_keys,
        .end_claim = end_claim,
};

static void write_both(const Machine *machine, const char *path, const char *text)
{
        fixture_root_write(&machine->initrd, path, text);
        fixture_root_write(&machine->real, path, text);
}

/* With this policy as generation 1, on trial where it appraises. */
static Machine machine_new(const char *text)
{
        Machine machine = { .initrd = fixture_root_new(), .real = fixture_root_new() };
        _cleanup_generation_ Generation generation = { .number = 1 };
        GenerationState state = { .next = 2 };

        if (string_after(text, "appraise"))
                rollout_propose(&state, 1, 0, 1);
        else
                rollout_adopt(&state, 1, 1);
        cr_assert_eq(generation_add_kernel(&generation, "6.1.0", text, strlen(text), 1, NULL), 0);
        cr_assert_eq(generation_write(machine.initrd.fd, &generation), 0);
        cr_assert_eq(generation_write(machine.real.fd, &generation), 0);
        cr_assert_eq(generation_state_store(machine.real.fd, &state), 0);
        write_both(&machine, "/etc/imad/imad.conf", "[Policy]\nBootPlacement=initrd\n");
        write_both(&machine, "/etc/imad/keys/a.pem", "certificate\n");
        fixture_root_write(&machine.initrd, KERNEL_POLICY, "");
        fixture_root_write(&machine.initrd, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&machine.initrd, "/proc/cmdline", "root=/dev/vda quiet\n");
        fixture_root_write(&machine.initrd, BOOT_ID_PATH, "11111111-2222-3333-4444-555555555555\n");
        fixture_root_write(&machine.initrd, IMAD_LIBEXECDIR "/imad-load", "program");
        return machine;
}

#define _cleanup_machine_ _cleanup_(machine_done)

static void load(Machine *machine)
{
        boot_record_done(&machine->record);
        cr_assert_eq(load_policy_in_initrd(machine->initrd.fd, machine->real.path, &fake_kernel,
                                     &machine->record),
                        0);
        cr_assert(machine->record.in_initrd);
}

static bool is_loaded(const Machine *machine)
{
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(fs_read_file(machine->initrd.fd, KERNEL_POLICY, 4096, &text, NULL), 0);
        return *text != '\0';
}

static void assert_deferred(Machine *machine, const char *why)
{
        load(machine);
        cr_assert_eq(machine->record.outcome, BOOT_OUTCOME_DEFERRED, "%s", machine->record.message);
        cr_assert(strstr(machine->record.initrd, why), "%s", machine->record.initrd);
        cr_assert_not(is_loaded(machine));
        cr_assert_eq(guardians, 0);
}

static size_t count_tries(const FixtureRoot *root)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        return state.n_tries;
}

Test(load_initrd, copies_as_in_the_real_root_are_loaded)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);

        load(&machine);
        cr_assert_eq(machine.record.outcome, BOOT_OUTCOME_LOADED, "%s", machine.record.message);
        cr_assert(strstr(machine.record.message, "in the initrd"));
        cr_assert(is_loaded(&machine));
        cr_assert_null(machine.record.initrd);
}

Test(load_initrd, what_appraises_is_counted_in_the_real_root)
{
        _cleanup_machine_ Machine machine = machine_new(REFUSES);

        load(&machine);
        cr_assert_eq(machine.record.outcome, BOOT_OUTCOME_LOADED, "%s", machine.record.message);
        cr_assert_eq(count_tries(&machine.real), 1);
        cr_assert_not(fs_exists(machine.initrd.fd, GENERATION_STATE_PATH));
        cr_assert_eq(guardians, 1);
}

Test(load_initrd, each_copy_that_is_out_of_date_leaves_it_to_the_real_root)
{
        static const char *const paths[] = { "/etc/imad/imad.conf", "/etc/imad/keys/a.pem",
                "/etc/imad/keys/new.pem", MANIFEST, POLICY };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                _cleanup_machine_ Machine machine = machine_new(MEASURES);

                fixture_root_write(&machine.real, paths[i], "other\n");
                assert_deferred(&machine, paths[i]);
        }
}

Test(load_initrd, copy_that_the_real_root_has_no_more_leaves_it_to_the_real_root)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);

        fixture_root_write(&machine.initrd, "/etc/imad/keys/revoked.pem", "other\n");
        assert_deferred(&machine, "/etc/imad/keys/revoked.pem");
}

/* A /var of its own is not mounted yet. */
Test(load_initrd, without_the_state_it_is_left_to_the_real_root)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);

        cr_assert_eq(fs_remove_tree(machine.real.fd, "/var/lib/imad"), 0);
        assert_deferred(&machine, GENERATION_STATE_PATH);
}

/* A directory in the way stands for a root that is mounted read-only. */
Test(load_initrd, what_cannot_be_counted_is_left_to_the_real_root)
{
        _cleanup_machine_ Machine machine = machine_new(REFUSES);

        cr_assert_eq(fs_make_directories(machine.real.fd, GENERATION_STATE_PREVIOUS_PATH, 0755), 0);
        assert_deferred(&machine, "cannot be written");
        cr_assert_eq(count_tries(&machine.real), 0);
}

Test(load_initrd, what_refuses_the_initrd_itself_is_left_to_the_real_root)
{
        _cleanup_machine_ Machine machine = machine_new(REFUSES_ALL);

        assert_deferred(&machine, "refuses " IMAD_LIBEXECDIR "/imad-load");
        cr_assert_eq(count_tries(&machine.real), 0);
}

Test(load_initrd, kernel_argument_is_obeyed)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);

        fixture_root_write(&machine.initrd, "/proc/cmdline", "imad.policy=off\n");
        load(&machine);
        cr_assert_eq(machine.record.outcome, BOOT_OUTCOME_DISABLED);
        cr_assert_not(is_loaded(&machine));
}

Test(load_initrd, kernel_argument_is_ignored_where_the_copy_says_so)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);

        write_both(&machine, "/etc/imad/imad.conf", "[Policy]\nAllowKernelOverride=no\n");
        fixture_root_write(&machine.initrd, "/proc/cmdline", "imad.policy=off\n");
        load(&machine);
        cr_assert_eq(machine.record.outcome, BOOT_OUTCOME_LOADED, "%s", machine.record.message);
}

/* Puts the record of the initrd where the real root's imad-load finds it, as /run is moved. */
static int load_in_real_root(const Machine *machine, BootRecord *ret_record)
{
        cr_assert_eq(boot_record_store(machine->real.fd, &machine->record), 0);
        return load_policy(machine->real.fd, &fake_kernel, ret_record);
}

Test(load_initrd, real_root_is_content_with_what_the_initrd_has_loaded)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);
        _cleanup_boot_record_ BootRecord record = { 0 };

        load(&machine);
        cr_assert_eq(load_in_real_root(&machine, &record), 1);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_LOADED);
        cr_assert(record.in_initrd);
}

Test(load_initrd, real_root_loads_what_was_left_to_it_and_says_why)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);
        _cleanup_boot_record_ BootRecord record = { 0 };

        fixture_root_write(&machine.real, "/etc/imad/keys/new.pem", "other\n");
        load(&machine);
        fixture_root_write(&machine.real, KERNEL_POLICY, "");
        fixture_root_write(&machine.real, "/proc/sys/kernel/osrelease", "6.1.0\n");
        cr_assert_eq(load_in_real_root(&machine, &record), 0);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_LOADED, "%s", record.message);
        cr_assert_not(record.in_initrd);
        cr_assert(strstr(record.initrd, "/etc/imad/keys/new.pem"), "%s", record.initrd);
}

/* Generation 1 is good, and a boot under it has not come up. */
static void fail_good(const Machine *machine)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;

        cr_assert_eq(generation_state_load(machine->real.fd, &state, &diags), 0);
        state.entries[0].phase = GENERATION_PHASE_GOOD;
        rollout_begin(&state, 1, "99999999-2222-3333-4444-555555555555", 1);
        cr_assert_eq(generation_state_store(machine->real.fd, &state), 0);
}

/* The initrd has judged the last boot, so the real root would find nothing against it. */
Test(load_initrd, good_generation_that_the_initrd_leaves_out_is_left_out_of_the_boot)
{
        _cleanup_machine_ Machine machine = machine_new(REFUSES);
        _cleanup_boot_record_ BootRecord record = { 0 };

        fail_good(&machine);
        load(&machine);
        cr_assert_eq(machine.record.outcome, BOOT_OUTCOME_LAST_BOOT_FAILED);
        cr_assert_not(is_loaded(&machine));
        cr_assert_eq(load_in_real_root(&machine, &record), 1);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_LAST_BOOT_FAILED);
}

/* A directory in the way stands for a root that is mounted read-only in the initrd. */
static void make_read_only(const Machine *machine, bool is_read_only)
{
        (void) fs_remove_tree(machine->real.fd, GENERATION_STATE_PREVIOUS_PATH);
        if (is_read_only)
                cr_assert_eq(fs_make_directories(machine->real.fd, GENERATION_STATE_PREVIOUS_PATH,
                                             0755),
                                0);
}

static bool has_open_try(const FixtureRoot *root)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        for (size_t i = 0; i < state.n_tries; i++)
                if (state.tries[i].result == BOOT_TRY_RESULT_OPEN)
                        return true;
        return false;
}

static void assert_real_root_leaves_it_out(const Machine *machine)
{
        _cleanup_boot_record_ BootRecord record = { 0 };

        make_read_only(machine, false);
        fixture_root_write(&machine->real, KERNEL_POLICY, "");
        fixture_root_write(&machine->real, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&machine->real, BOOT_ID_PATH, "11111111-2222-3333-4444-555555555555\n");
        cr_assert_eq(load_in_real_root(machine, &record), 0);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_LAST_BOOT_FAILED, "%s", record.message);
}

/* Else each later boot would find the same failure, and come up without the policy. */
Test(load_initrd, failed_boot_that_cannot_be_written_is_judged_in_the_real_root)
{
        _cleanup_machine_ Machine machine = machine_new(REFUSES);

        fail_good(&machine);
        make_read_only(&machine, true);
        assert_deferred(&machine, "what became of the boots before");
        cr_assert(has_open_try(&machine.real));
        assert_real_root_leaves_it_out(&machine);
        cr_assert_not(has_open_try(&machine.real));
        load(&machine);
        cr_assert_eq(machine.record.outcome, BOOT_OUTCOME_LOADED, "%s", machine.record.message);
}

/* What --list prints, from a program that ends behind it. */
static char *list(const FixtureRoot *root)
{
        _cleanup_free_ char *path = NULL;
        char *text = NULL;

        cr_assert_geq(asprintf(&path, "%s/list", root->path), 0);
        cr_assert_not_null(freopen(path, "w", stdout));
        cr_assert_eq(load_initrd_print(root->fd, "6.1.0"), 0);
        (void) fflush(stdout);
        cr_assert_eq(fs_read_file(root->fd, "/list", 65536, &text, NULL), 0);
        return text;
}

Test(load_initrd, list_has_what_the_kernel_needs_and_no_more)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);
        _cleanup_free_ char *text = NULL;

        fixture_root_write(&machine.real, "/etc/imad/keys/a.key", "private\n");
        text = list(&machine.real);
        cr_assert_str_eq(text,
                        "/etc/imad/imad.conf\n/etc/imad/keys/a.pem\n" MANIFEST "\n" POLICY "\n");
}

Test(load_initrd, list_is_empty_where_the_real_root_loads)
{
        _cleanup_machine_ Machine machine = machine_new(MEASURES);
        _cleanup_free_ char *text = NULL;

        fixture_root_write(&machine.real, "/etc/imad/imad.conf", "[Policy]\nBootPlacement=root\n");
        text = list(&machine.real);
        cr_assert_str_eq(text, "");
}
