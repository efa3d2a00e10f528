/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds the simulator against the kernel it runs on: a random policy, files of all kinds, and for
 * each thing that a task does with one of them whether it was measured (into which PCR, with which
 * template), audited, refused and labelled. Prints the lines of a stage.
 *
 * judge-simulate policy SEED UUID >FILE
 * judge-simulate boot
 * judge-simulate run SEED UUID POLICY KEY EXT4-DIR TMPFS-DIR RAMFS-DIR DECIDED
 * judge-simulate words
 * judge-simulate refused RULE
 *
 * "run" appends to the file DECIDED the keywords and hooks of rules that decided something; "words"
 * prints all that there are.
 */
#include <sys/utsname.h>

#include "core/policy/simulate/builtin.h"
#include "core/policy/simulate/file-use.h"
#include "core/policy/simulate/outcome.h"
#include "simulate-prepare.h"
#include "system/kernel.h"
#include "system/policy-oracle.h"

#define FAILURES_SHOWN 30

enum {
        COUNT_MEASURED,
        COUNT_AUDITED,
        COUNT_REFUSED,
        COUNT_LABELLED,
        COUNT_CAUSE
};
static const char *const count_names[] = { "measured", "audited", "refused", "labelled", "cause" };

static void judge_target(Judge *j)
{
        static const uint32_t module_data[TARGET_VERSION_PARTS] = { 6, 12 };
        World *w = &j->world;
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_free_ char *text = NULL, *path = NULL, *lsm = NULL;
        struct utsname name;
        size_t size;

        if (uname(&name) < 0)
                abort();
        if (kernel_read_config(root, name.release, &text, &size, &path) < 0 ||
                        kconfig_parse(text, size, &j->config) < 0 ||
                        target_new(name.release, j->config, &j->target) < 0)
                abort();
        if (fs_read_file(root, SECURITYFS_PATH "/lsm", 4096, &lsm, &size) >= 0) {
                w->has_apparmor = strstr(lsm, "apparmor");
                w->has_selinux = strstr(lsm, "selinux");
        }
        w->has_firmware = access(FIRMWARE_DRIVER_PATH, F_OK) == 0;
        w->data_label = w->has_selinux                                           ? "selinux"
                        : target_compare_version(j->target, module_data, 2) >= 0 ? "modules"
                                                                                 : NULL;
        w->can_append = kconfig_is_enabled(j->config, "IMA_WRITE_POLICY");
        j->target->lsm = w->has_apparmor  ? TARGET_LSM_APPARMOR
                         : w->has_selinux ? TARGET_LSM_SELINUX
                                          : TARGET_LSM_NONE;
        w->target = j->target;
        j->settings = (AppraisalSettings){ APPRAISE_MODE_ENFORCE, HASH_SHA256, false, 10 };
}

static Builtin read_builtin(const Judge *j)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_free_ char *command_line = NULL;
        Builtin builtin;

        if (kernel_read_command_line(root, &command_line) < 0 ||
                        builtin_parse(command_line, j->target, false, &builtin) < 0)
                abort();
        return builtin;
}

static void note_rules(Judge *j, const SimulateDecision *d)
{
        for (int c = 0; c < SIMULATE_CLASS_MAX; c++)
                if (d->classes[c].rule >= 0)
                        j->deciding[d->classes[c].rule] = true;
}

/* The content is known here, so that nothing has to be read, which could be measured. */
static int digest_of_content(
                void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        const Prepared *file = userdata;

        return is_verity ? -EOPNOTSUPP
                         : digest_compute(algorithm, file->content, file->size, ret_digest);
}

/* There is no key that would verify anything. */
static int verify_nothing(
                void *userdata, const AppraisalFile *file, const Request *request, bool is_verity)
{
        return 0;
}

static Request make_request(const Judge *j, const Task *t, RuleFunc func, unsigned mask)
{
        bool is_root = t->euid == 0;
        Request request = {
                .func = func,
                .mask = mask,
                .user = {t->uid,  t->euid, t->suid, is_root},
                .group = { t->gid, t->egid, t->sgid, is_root},
        };

        if (j->world.has_apparmor)
                request.labels[KEYWORD_SUBJ_ROLE - KEYWORD_SUBJ_USER] = "unconfined";
        for (int i = 0; j->world.has_selinux && i < 3; i++)
                request.labels[i] = t->labels[i];
        return request;
}

static const char *template_of(const Judge *j, const Outcome *o, const char *otherwise)
{
        const RuleValue *value =
                        o->decision.template_rule >= 0
                                        ? rule_find(simulate_get_rule(j->simulator,
                                                                    (size_t) o->decision
                                                                                    .template_rule),
                                                          KEYWORD_TEMPLATE)
                                        : NULL;

        return value ? value->text : otherwise;
}

static int pcr_of(const Judge *j, const Outcome *o)
{
        return o->decision.pcr >= 0 ? o->decision.pcr : (int) j->settings.default_pcr;
}

static void trace(const Judge *j, Prepared *file, RuleFunc func, const Outcome *o)
{
        size_t used = strlen(file->trace), room = sizeof(file->trace) - used;
        char *p = file->trace + used;

        (void) snprintf(p, room, "; %s %x rules", rule_func_get_info(func)->name,
                        o->decision.flags);
        for (int c = 0; c < SIMULATE_CLASS_MAX; c++)
                if (o->decision.classes[c].rule >= 0) {
                        used = strlen(file->trace);
                        (void) snprintf(file->trace + used, sizeof(file->trace) - used, " %u",
                                        simulate_get_origin(j->simulator,
                                                        (size_t) o->decision.classes[c].rule)
                                                        .line);
                }
}

/* False when the request is refused, so that the next one does not come. */
static bool expect_request(Judge *j, Action *a, Prepared *file, RuleFunc func, unsigned mask)
{
        Request request = make_request(j, &a->task, func, mask);
        const AppraisalOracle oracle = { digest_of_content, verify_nothing, file };
        AppraisalFile state = file_facts_to_appraisal(&file->facts);
        Outcome o;

        if (kernel_need_check(&rule_func_get_info(func)->need, j->target) < 0)
                return true;
        file_facts_apply(&file->facts, &request);
        if (a->arguments.act == ACT_EXECUTE)
                file_use_set_subject(
                                FILE_USE_EXECUTE, file->facts.stat.stx_mode, j->target, &request);
        state.is_direct = a->arguments.act == ACT_OPEN && (a->arguments.flags & O_DIRECT);
        o = outcome_ask(&file->memory, j->simulator, &request, &state, &j->settings, &oracle);
        note_rules(j, &o.decision);
        trace(j, file, func, &o);
        if (func == RULE_FUNC_KEXEC_CMDLINE) {
                if (o.is_measured)
                        seen_add(&a->buffer, pcr_of(j, &o), template_of(j, &o, "ima-buf"));
                return true;
        }
        if (o.is_measured)
                seen_add(&file->measured, pcr_of(j, &o), template_of(j, &o, "ima-sig"));
        file->audited |= o.is_audited;
        file->hashed |= a->arguments.act == ACT_OVERWRITE &&
                        (o.decision.classes[SIMULATE_CLASS_HASH].is_done ||
                                        o.appraisal.status == APPRAISAL_STATUS_PASSES);
        if (o.appraisal.is_denied && o.appraisal.cause)
                file->cause = o.appraisal.cause;
        a->refused |= o.appraisal.is_denied;
        return !o.appraisal.is_denied;
}

static bool expect_use(Judge *j, Action *a, Prepared *file, FileUse use)
{
        FileUseStep steps[FILE_USE_STEPS_MAX];
        size_t n = file_use_get_steps(use, j->target, steps);

        for (size_t i = 0; i < n; i++)
                if (!expect_request(j, a, file, steps[i].func, steps[i].mask))
                        return false;
        return true;
}

static unsigned mask_of(int flags)
{
        int mode = flags & O_ACCMODE;
        unsigned mask = (mode == O_WRONLY ? 0 : RULE_MASK_READ) |
                        (mode == O_RDONLY ? 0 : RULE_MASK_WRITE);

        return mask | (flags & O_APPEND ? RULE_MASK_APPEND : 0) |
               (flags & O_TRUNC ? RULE_MASK_WRITE : 0);
}

/* A script's interpreter comes behind it. */
static void expect_execution(Judge *j, Action *a)
{
        if (a->n_files == 1) {
                (void) expect_use(j, a, &a->files[0], FILE_USE_EXECUTE);
                return;
        }
        if (expect_use(j, a, &a->files[0], FILE_USE_SCRIPT))
                (void) expect_use(j, a, &a->files[1], FILE_USE_EXECUTE);
}

static void expect_kexec(Judge *j, Action *a)
{
        Prepared *kernel = &a->files[0], *initrd = &a->files[1];

        if (expect_request(j, a, kernel, RULE_FUNC_FILE_CHECK, RULE_MASK_READ) &&
                        expect_request(j, a, initrd, RULE_FUNC_FILE_CHECK, RULE_MASK_READ) &&
                        expect_request(j, a, kernel, RULE_FUNC_KEXEC_KERNEL_CHECK,
                                        RULE_MASK_READ) &&
                        expect_request(j, a, initrd, RULE_FUNC_KEXEC_INITRAMFS_CHECK,
                                        RULE_MASK_READ))
                (void) expect_request(j, a, kernel, RULE_FUNC_KEXEC_CMDLINE, 0);
}

static void expect_buffer(Judge *j, Action *a, RuleFunc func, const char *data)
{
        static const AppraisalFile none = { 0 };
        Request request = make_request(j, &a->task, func, 0);
        OutcomeMemory memory = { 0 };
        Outcome o;

        request.data = data;
        o = outcome_ask(&memory, j->simulator, &request, &none, &j->settings, NULL);
        note_rules(j, &o.decision);
        if (o.is_measured)
                seen_add(&a->buffer, pcr_of(j, &o), template_of(j, &o, "ima-buf"));
}

/* long: one case for each act. */
static void expect_action(Judge *j, Action *a)
{
        switch (a->arguments.act) {
        case ACT_OPEN:
        case ACT_OVERWRITE:
                (void) expect_request(j, a, &a->files[0], RULE_FUNC_FILE_CHECK,
                                mask_of(a->arguments.flags));
                break;
        case ACT_EXECUTE:
                expect_execution(j, a);
                break;
        case ACT_MAP:
                (void) expect_use(j, a, &a->files[0], FILE_USE_MAP);
                break;
        case ACT_MAP_IMPLIED:
                if (expect_request(j, a, &a->files[0], RULE_FUNC_FILE_CHECK, RULE_MASK_READ))
                        (void) expect_request(
                                        j, a, &a->files[0], RULE_FUNC_MMAP_CHECK, RULE_MASK_EXEC);
                break;
        case ACT_MODULE:
                (void) expect_use(j, a, &a->files[0], FILE_USE_MODULE);
                break;
        case ACT_KEXEC:
                expect_kexec(j, a);
                break;
        case ACT_POLICY:
                (void) expect_use(j, a, &a->files[0], FILE_USE_POLICY);
                break;
        case ACT_FIRMWARE:
                (void) expect_use(j, a, &a->files[0], FILE_USE_FIRMWARE);
                break;
        case ACT_KEY:
                expect_buffer(j, a, RULE_FUNC_KEY_CHECK, a->text);
                break;
        default:
                expect_buffer(j, a, RULE_FUNC_CRITICAL_DATA, j->world.data_label);
        }
}

static void read_facts(Judge *j)
{
        for (unsigned i = 0; i < ACTIONS; i++)
                for (size_t f = 0; f < j->actions[i].n_files; f++) {
                        Prepared *file = &j->actions[i].files[f];
                        _cleanup_close_ int fd = open(file->path, O_PATH | O_CLOEXEC);

                        if (fd < 0 || file_facts_read(fd, &j->mounts, true, &file->facts) < 0)
                                abort();
                }
}

/* Compares one thing; counts both outcomes and shows the first differences. */
static void compare(Judge *j, int kind, const Action *a, const Prepared *file, const char *expected,
                const char *got, bool outcome)
{
        const Task *t = &a->task;

        j->decisions++;
        j->counts[kind][outcome]++;
        if (string_equal(expected, got) || j->failures++ >= FAILURES_SHOWN)
                return;
        printf("# act %d flags %o uid %u,%u,%u gid %u,%u,%u error %d %s: %s expected '%s', got "
               "'%s'%s\n",
                        a->arguments.act, a->arguments.flags, t->uid, t->euid, t->suid, t->gid,
                        t->egid, t->sgid, a->error, file ? file->path : a->text, count_names[kind],
                        expected, got, file ? file->trace : "");
}

static bool label_changed(const Prepared *file)
{
        uint8_t label[FILE_LABEL_MAX];
        ssize_t n = getxattr(file->path, "security.ima", label, sizeof(label));

        return n >= 0 && ((size_t) n != file->facts.label_size ||
                                         memcmp(label, file->facts.label, (size_t) n) != 0);
}

static void compare_file(Judge *j, const Seen *seen, const Action *a, const Prepared *file)
{
        char expected[SEEN_TEXT_MAX], got[SEEN_TEXT_MAX];
        const SeenFile *found = seen_find(seen, file->path);
        bool is_signed = file->facts.label_size > 0 && file->facts.label[0] == 0x03;

        seen_format(&file->measured, expected);
        seen_format(found ? &found->measured : NULL, got);
        compare(j, COUNT_MEASURED, a, file, expected, got, file->measured.count > 0);
        compare(j, COUNT_AUDITED, a, file, file->audited ? "yes" : "no",
                        found && found->audited ? "yes" : "no", file->audited);
        if (file->cause)
                compare(j, COUNT_CAUSE, a, file, file->cause, seen_get_cause(seen, file->path),
                                true);
        if (a->arguments.act != ACT_OVERWRITE || a->refused || is_signed)
                return;
        compare(j, COUNT_LABELLED, a, file, file->hashed && file->facts.has_xattrs ? "yes" : "no",
                        label_changed(file) ? "yes" : "no", file->hashed);
}

static void compare_action(Judge *j, const Seen *seen, const Action *a)
{
        char expected[SEEN_TEXT_MAX], got[SEEN_TEXT_MAX];
        const Prepared *first = a->n_files > 0 ? &a->files[0] : NULL;

        for (size_t i = 0; i < a->n_files; i++)
                compare_file(j, seen, a, &a->files[i]);
        if (a->n_files > 0)
                compare(j, COUNT_REFUSED, a, first, a->refused ? "yes" : "no",
                                a->is_refused ? "yes" : "no", a->refused);
        if (*a->buffer_key) {
                const SeenFile *found = seen_find(seen, a->buffer_key);

                seen_format(&a->buffer, expected);
                seen_format(found ? &found->measured : NULL, got);
                compare(j, COUNT_MEASURED, a, first, expected, got, a->buffer.count > 0);
        }
}

/* A word of the grammar for each that has to decide; SETXATTR_CHECK is never asked for. */
static void print_words(FILE *file, uint64_t keywords, uint64_t funcs)
{
        for (int k = KEYWORD_ACTION + 1; k < KEYWORD_MAX; k++)
                if (keywords & BIT(k))
                        (void) fprintf(file, "%s\n", keyword_get((KeywordId) k)->name);
        for (int f = RULE_FUNC_NONE + 1; f < RULE_FUNC_SETXATTR_CHECK; f++)
                if (funcs & BIT(f))
                        (void) fprintf(file, "%s\n", rule_func_get_info((RuleFunc) f)->name);
}

static void report_words(const Judge *j, const char *path)
{
        uint64_t keywords = 0, funcs = 0;
        size_t n = simulate_get_rule_count(j->simulator), rules = 0;
        FILE *file = fopen(path, "ae");

        for (size_t i = 0; i < n; i++) {
                const Rule *rule = simulate_get_rule(j->simulator, i);

                if (!j->deciding[i])
                        continue;
                rules++;
                funcs |= BIT(rule_get_func(rule));
                for (size_t v = 0; v < rule->n_values; v++)
                        keywords |= BIT(rule->values[v].keyword);
        }
        printf("figure rules-deciding %zu of %zu\n", rules, n);
        if (!file)
                abort();
        print_words(file, keywords, funcs);
        (void) fclose(file);
}

static void report(const Judge *j, unsigned least)
{
        printf("figure decisions %u compared\n", j->decisions);
        printf("%s - the simulator and the kernel agree (%u differences)\n",
                        j->failures == 0 ? "ok" : "not ok", j->failures);
        printf("%s - at least %u decisions were compared\n",
                        j->decisions >= least ? "ok" : "not ok", least);
        for (size_t i = 0; i < COUNT_CAUSE; i++)
                printf("%s - both outcomes: %s %u, not %u\n",
                                j->counts[i][0] >= 10 && j->counts[i][1] >= 10 ? "ok" : "not ok",
                                count_names[i], j->counts[i][1], j->counts[i][0]);
}

static void load_policy(Judge *j, const char *path)
{
        _cleanup_close_ int fd = open(SECURITYFS_POLICY_PATH, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, path, strlen(path)) != (ssize_t) strlen(path)) {
                printf("not ok - the kernel takes the policy: %s\n", strerror(errno));
                exit(EXIT_FAILURE);
        }
        printf("ok - the kernel takes the policy\n");
}

static void simulate_file(Judge *j, const char *path)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_free_ char *text = NULL;
        const Builtin builtin = read_builtin(j);
        uint32_t line;
        size_t size;

        if (fs_read_file(root, path, 1U << 20, &text, &size) < 0 ||
                        simulate_new(j->target, &j->simulator) < 0 ||
                        builtin_add_rules(&builtin, j->target, true, j->simulator) < 0 ||
                        simulate_add_text(j->simulator, "policy", text, size, j->target, &line) <
                                        0 ||
                        simulate_seal(j->simulator, true) < 0)
                abort();
        j->deciding = calloc(simulate_get_rule_count(j->simulator), sizeof(bool));
}

static int run(Judge *j, char **argv)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_(seen_done) Seen seen = { 0 };
        char *key;

        for (int i = 0; i < 3; i++)
                j->directories[i] = argv[5 + i];
        if (fs_read_file(root, argv[4], 65536, &key, &j->key_size) < 0)
                abort();
        j->key = key;
        j->actions = calloc(ACTIONS, sizeof(Action));
        if (!j->actions || mounts_load(&j->mounts) < 0)
                abort();
        for (unsigned i = 0; i < ACTIONS; i++)
                prepare_action(j, &j->actions[i], i);
        sync();
        if (system("echo 2 >/proc/sys/vm/drop_caches") != 0)
                abort();
        read_facts(j);
        simulate_file(j, argv[3]);
        load_policy(j, argv[3]);
        seen_begin(&seen);
        for (unsigned i = 0; i < ACTIONS; i++) {
                Action *a = &j->actions[i];

                expect_action(j, a);
                a->is_refused = act_run(&a->arguments, &a->task, &a->error);
                seen_listen(&seen, 0);
        }
        seen_end(&seen);
        for (unsigned i = 0; i < ACTIONS; i++)
                compare_action(j, &seen, &j->actions[i]);
        report(j, 2000);
        report_words(j, argv[8]);
        return EXIT_SUCCESS;
}

/* Each entry of the boot must be one that the built-in policy asks for. */
static bool boot_asks_for(Judge *j, const char *name)
{
        static const RuleFunc funcs[] = { RULE_FUNC_BPRM_CHECK, RULE_FUNC_MMAP_CHECK,
                RULE_FUNC_FILE_CHECK, RULE_FUNC_MODULE_CHECK, RULE_FUNC_FIRMWARE_CHECK,
                RULE_FUNC_POLICY_CHECK };
        _cleanup_free_ FileFacts *facts = calloc(1, sizeof(FileFacts));
        _cleanup_close_ int fd = open(name, O_PATH | O_CLOEXEC);
        Request request = { .user.any = true, .group.any = true };

        if (fd < 0 || file_facts_read(fd, &j->mounts, false, facts) < 0) {
                request.func = RULE_FUNC_CRITICAL_DATA;
                request.data = "kernel_info";
                return string_equal(name, "kernel_version") &&
                       simulate_decide(j->simulator, &request)
                                       .classes[SIMULATE_CLASS_MEASURE]
                                       .is_done;
        }
        file_facts_apply(facts, &request);
        for (size_t i = 0; i < ELEMENTSOF(funcs); i++) {
                request.func = funcs[i];
                request.mask = file_use_default_mask(funcs[i]);
                if (simulate_decide(j->simulator, &request).classes[SIMULATE_CLASS_MEASURE].is_done)
                        return true;
        }
        return false;
}

static int boot(Judge *j)
{
        _cleanup_(seen_done) Seen seen = { 0 };
        const Builtin builtin = read_builtin(j);
        unsigned compared = 0;

        if (simulate_new(j->target, &j->simulator) < 0 ||
                        builtin_add_rules(&builtin, j->target, false, j->simulator) < 0 ||
                        simulate_seal(j->simulator, true) < 0 || mounts_load(&j->mounts) < 0)
                abort();
        seen_read_list(&seen);
        for (size_t i = 0; i < seen.count; i++) {
                const char *name = seen.files[i].key;

                /* A file that has gone since cannot be looked at. */
                if (string_equal(name, "boot_aggregate") ||
                                (name[0] == '/' && access(name, F_OK) < 0) || name[0] == '#')
                        continue;
                compared++;
                if (!boot_asks_for(j, name) && j->failures++ < FAILURES_SHOWN)
                        printf("# measured, though no built-in rule asks for it: %s\n", name);
        }
        printf("figure boot-decisions %u compared\n", compared);
        printf("%s - every entry of the boot is one that the built-in policy asks for\n",
                        j->failures == 0 && compared > 100 ? "ok" : "not ok");
        return EXIT_SUCCESS;
}

/* Exit code 0 when the kernel refuses the rule and takes it with nothing but its action. */
static int refused(const char *rule)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_policy_oracle_ PolicyOracle oracle = POLICY_ORACLE_CLOSED;

        if (policy_oracle_open(root, NULL, &oracle) != POLICY_ORACLE_STATE_AVAILABLE ||
                        policy_oracle_ask(&oracle, rule, strcspn(rule, " ")) != 0)
                return EXIT_FAILURE;
        return policy_oracle_ask(&oracle, rule, strlen(rule)) == -EINVAL ? EXIT_SUCCESS
                                                                         : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        Judge j = { 0 };

        judge_target(&j);
        if (argc == 2 && string_equal(argv[1], "boot"))
                return boot(&j);
        if (argc == 2 && string_equal(argv[1], "words")) {
                print_words(stdout, UINT64_MAX, UINT64_MAX);
                return EXIT_SUCCESS;
        }
        if (argc == 3 && string_equal(argv[1], "refused"))
                return refused(argv[2]);
        if (argc < 4)
                return EXIT_FAILURE;
        world_state = strtoull(argv[2], NULL, 10);
        if (string_equal(argv[1], "policy")) {
                _cleanup_buffer_ Buffer policy = { 0 };

                j.world.uuid = argv[3];
                (void) draft_policy(&policy, &j.world);
                return fwrite(policy.data, 1, policy.size, stdout) == policy.size ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
        }
        return argc == 10 ? run(&j, argv + 1) : EXIT_FAILURE;
}
