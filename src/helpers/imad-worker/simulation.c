/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/simulation.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "system/boot-record.h"
#include "system/kernel.h"
#include "system/securityfs.h"

#define DEFAULT_PCR 10
#define VARIABLE_SIZE 5 /* attributes and one byte */
#define SECURE_BOOT_PATH "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EVM_PATH SECURITYFS_PATH "/evm"
#define EVM_KEYS 3U /* bits of an HMAC key and of certificates */

void simulation_done(Simulation *simulation)
{
        simulate_freep(&simulation->simulator);
        kernel_text_done(&simulation->text);
        compilation_done(&simulation->compilation);
        generation_done(&simulation->generation);
        worker_targets_done(&simulation->targets);
        free(simulation->release);
        mounts_done(&simulation->mounts);
        signature_verifier_free(simulation->oracle.verifier);
        json_decref(simulation->provenance);
        free(simulation->source);
        *simulation = (Simulation){ 0 };
}

/* One kernel is enough: that of --target= or --kernel=, the running one, or the newest installed.
 */
static int make_target(Worker *worker, Simulation *s)
{
        int r = 0;

        if (!worker->target && !worker->kernel &&
                        kernel_get_release(worker->root_fd, &s->release) == -ENOMEM)
                return -ENOMEM;
        worker->kernel = worker->kernel ?: s->release;
        r = worker_targets_find(worker, true, &s->targets);
        if (r >= 0 && s->targets.count > 0)
                s->target = s->targets.items[s->targets.count - 1];
        return r;
}

static bool is_secured(int root_fd)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        return fs_read_file(root_fd, SECURE_BOOT_PATH, VARIABLE_SIZE, &text, &size) >= 0 &&
               size == VARIABLE_SIZE && text[VARIABLE_SIZE - 1] == 1;
}

static bool is_evm_active(int root_fd)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        return fs_read_file(root_fd, EVM_PATH, 64, &text, &size) >= 0 &&
               (strtoul(text, NULL, 10) & EVM_KEYS);
}

static unsigned default_pcr(const Kconfig *config)
{
        const char *value = config ? kconfig_get(config, "IMA_MEASURE_PCR_IDX") : NULL;
        uint64_t pcr;

        return value && parse_u64(value, 31, &pcr) >= 0 ? (unsigned) pcr : DEFAULT_PCR;
}

static int read_machine(Worker *worker, Simulation *s)
{
        _cleanup_free_ char *command_line = NULL;
        int r;

        if (kernel_read_command_line(worker->root_fd, &command_line) == -ENOMEM)
                return -ENOMEM;
        r = builtin_parse(command_line ?: "", s->target, is_secured(worker->root_fd), &s->builtin);
        if (r < 0)
                return r;
        s->settings = (AppraisalSettings){
                .mode = s->builtin.appraise_mode,
                .algorithm = s->builtin.algorithm,
                .is_evm_active = is_evm_active(worker->root_fd),
                .default_pcr = default_pcr(s->target ? s->target->config : NULL),
        };
        r = mounts_load(&s->mounts);
        return r == -ENOENT ? 0 : r;
}

/* The words of this verb are no fragments; `file` is, or NULL for those of the directories. */
static int compile_fragments(Worker *worker, Simulation *s, char *file)
{
        char **words = worker->words, *only[] = { file };
        size_t n_words = worker->n_words;
        int r;

        worker->words = only;
        worker->n_words = file ? 1 : 0;
        r = compilation_run(worker, COMPILATION_FALLBACK, &s->compilation);
        worker->words = words;
        worker->n_words = n_words;
        if (r == -EBADMSG)
                (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT, "correct them first",
                                "the fragments have %zu error%s", worker->diags.errors,
                                plural(worker->diags.errors));
        return r;
}

static int add_text(Worker *worker, Simulation *s, const char *text, size_t size)
{
        uint32_t line = 0;
        int r = simulate_add_text(
                        s->simulator, SIMULATION_POLICY_LIST, text, size, s->target, &line);

        if (r == -EINVAL || r == -ERANGE)
                (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT,
                                "imactl policy apply makes a policy for this kernel",
                                "line %u of %s is not for this kernel", line, s->source);
        return r;
}

static int add_fragments(Worker *worker, Simulation *s, char *file)
{
        const CompiledKernel *kernel;
        int r = compile_fragments(worker, s, file);

        if (r < 0 || s->compilation.n_kernels == 0)
                return r;
        kernel = &s->compilation.kernels[s->compilation.selected];
        if (!kernel->text)
                return 0;
        s->provenance = json_incref(kernel->provenance);
        return add_text(worker, s, kernel->text, kernel->size);
}

static int add_file(Worker *worker, Simulation *s, char *file)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size;
        int r;

        if (string_ends_with(file, FRAGMENT_SUFFIX))
                return add_fragments(worker, s, file);
        r = worker_resolve_path(worker, file, &path);
        if (r >= 0)
                r = fs_read_file(worker->root_fd, path, KERNEL_TEXT_SIZE_MAX, &text, &size);
        if (r < 0) {
                (void) worker_fail_errno(worker, r, file);
                return r;
        }
        r = kernel_text_parse(text, size, file, s->target, &s->text, &worker->diags);
        if (r == -EBADMSG)
                (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT, NULL,
                                "%s has lines that the kernel refuses", file);
        for (size_t i = 0; r >= 0 && i < s->text.n_rules; i++) {
                const Rule *rule = &s->text.rules[i].rule;

                r = simulate_add_rule(s->simulator, rule,
                                (SimulateOrigin){ SIMULATION_POLICY_LIST, rule->line, true });
        }
        return r;
}

/* The provenance file is read by nobody who could be harmed by a damaged one. */
static json_t *load_provenance(int root_fd, uint64_t number, const char *release)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        json_t *provenance = NULL;
        size_t size;

        if (asprintf(&path, GENERATION_DIRECTORY "/%" PRIu64 "/provenance/%s.json", number,
                            release) < 0) {
                path = NULL;
                return NULL;
        }
        if (fs_read_file(root_fd, path, (size_t) 16 * GENERATION_POLICY_MAX, &text, &size) < 0 ||
                        json_parse(text, size, &provenance) < 0)
                return NULL;
        return provenance;
}

static int add_generation(Worker *worker, Simulation *s)
{
        _cleanup_boot_record_ BootRecord record = { 0 };
        _cleanup_free_ char *text = NULL;
        const GenerationKernel *kernel;
        size_t size;
        int r = boot_record_load(worker->root_fd, &record);

        if (r < 0 || record.outcome != BOOT_OUTCOME_LOADED || !record.release) {
                (void) worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "imactl status tells why; --policy=boot simulates what is built in",
                                "imad has loaded no policy at this boot");
                return -ENOENT;
        }
        r = generation_load(worker->root_fd, record.generation, &s->generation, &worker->diags);
        if (r < 0)
                return r;
        kernel = generation_find_kernel(&s->generation, record.release);
        if (!kernel)
                return -ENOENT;
        r = generation_read_policy(
                        worker->root_fd, &s->generation, kernel, &text, &size, &worker->diags);
        if (r < 0)
                return r;
        s->provenance = load_provenance(worker->root_fd, record.generation, record.release);
        return add_text(worker, s, text, size);
}

/* What the kernel has of its own comes first; all of it stays where no policy is loaded. */
static int add_builtin(Simulation *s, bool is_custom)
{
        int r = simulate_new(s->target, &s->simulator);

        return r < 0 ? r : builtin_add_rules(&s->builtin, s->target, is_custom, s->simulator);
}

static int add_policy(Worker *worker, Simulation *s, const char *policy)
{
        if (string_equal(policy, "boot"))
                return 0;
        if (string_equal(policy, "running"))
                return add_generation(worker, s);
        if (string_equal(policy, "fragments"))
                return add_fragments(worker, s, NULL);
        return add_file(worker, s, (char *) policy);
}

static int activate(Simulation *s)
{
        unsigned sticky = 0;
        int r = builtin_get_sticky_bits(&s->builtin, s->target, &sticky);

        if (r < 0)
                return r;
        s->settings.mode |= sticky | builtin_get_appraise_bits(s->simulator);
        return simulate_seal(s->simulator, s->settings.mode != 0);
}

/* The file's mode tells what the kernel does with it (ima_fs.c); without a policy it is there. */
int simulation_choose_policy(Worker *worker)
{
        const char **policy = &worker->options[WORKER_OPTION_POLICY];
        _cleanup_boot_record_ BootRecord record = { 0 };
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (*policy)
                return 0;
        if (boot_record_load(worker->root_fd, &record) >= 0 &&
                        record.outcome == BOOT_OUTCOME_LOADED)
                *policy = "running";
        fd = fs_open(worker->root_fd, SECURITYFS_POLICY_PATH, O_PATH, 0);
        if (!*policy && fd >= 0 && fstat(fd, &st) >= 0)
                *policy = st.st_mode & S_IRUSR ? SECURITYFS_POLICY_PATH : "boot";
        return *policy ? 0 : -ENOENT;
}

int simulation_prepare(Worker *worker, Simulation *ret_simulation)
{
        const char *policy = worker->options[WORKER_OPTION_POLICY] ?: "fragments";
        _cleanup_simulation_ Simulation s = { 0 };
        size_t n_builtin;
        int r;

        s.source = strdup(policy);
        r = s.source ? make_target(worker, &s) : -ENOMEM;
        if (r >= 0)
                r = read_machine(worker, &s);
        if (r >= 0)
                r = add_builtin(&s, true);
        if (r >= 0) {
                n_builtin = simulate_get_rule_count(s.simulator);
                r = add_policy(worker, &s, policy);
                s.policy_rules = simulate_get_rule_count(s.simulator) - n_builtin;
        }
        if (r >= 0 && s.policy_rules == 0) {
                simulate_freep(&s.simulator);
                s.simulator = NULL;
                r = add_builtin(&s, false);
        }
        if (r >= 0)
                r = activate(&s);
        if (r < 0) {
                (void) worker_fail_errno(worker, r, "cannot prepare the simulation");
                return r;
        }
        *ret_simulation = TAKE_STRUCT(s);
        return 0;
}
