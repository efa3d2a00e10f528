/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/machine.h"

#include "base/fs.h"
#include "core/policy/rule/names.h"
#include "system/tpm.h"

void machine_done(Machine *machine)
{
        free(machine->items);
        filesystem_list_done(&machine->filesystems);
        *machine = (Machine){ 0 };
}

static LintFilesystem describe(const Filesystem *fs)
{
        const FilesystemName *name = filesystem_find_name(fs->type);

        return (LintFilesystem){
                .path = fs->path,
                .type = fs->type,
                .uuid = fs->uuid,
                .magic = fs->magic == 0 && name ? name->magic : fs->magic,
                .noexec = fs->noexec,
                .lacks_xattrs = fs->lacks_xattrs,
        };
}

/* The policy is for another machine then. */
static bool is_elsewhere(const Worker *worker)
{
        return !fs_root_is_host(worker->root_fd) || worker->kernel ||
               (worker->target && !string_equal(worker->target, "running"));
}

/* 0 where there is no TPM, or nobody may ask it. */
static unsigned count_pcrs(const Worker *worker)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        uint32_t count;

        return tpm_new(worker->root_fd, TPM_TCTI, &tpm) >= 0 && tpm_get_pcr_count(tpm, &count) >= 0
                               ? count
                               : 0;
}

int machine_load(const Worker *worker, Machine *ret_machine)
{
        _cleanup_machine_ Machine m = { 0 };
        int r;

        if (is_elsewhere(worker))
                return 0;
        r = filesystem_list_load(worker->root_fd, &m.filesystems);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        m.items = calloc(m.filesystems.count + 1, sizeof(LintFilesystem));
        if (!m.items)
                return -ENOMEM;
        for (size_t i = 0; i < m.filesystems.count; i++)
                m.items[i] = describe(&m.filesystems.items[i]);
        m.facts = (LintFacts){
                .filesystems = m.items,
                .n_filesystems = m.filesystems.count,
                .types = (const char *const *) m.filesystems.types.items,
                .n_types = m.filesystems.types.count,
        };
        m.facts.n_pcrs = count_pcrs(worker);
        *ret_machine = TAKE_STRUCT(m);
        return 0;
}
