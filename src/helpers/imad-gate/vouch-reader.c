/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/vouch-reader.h"

#include "base/fs.h"
#include "base/log.h"
#include "system/dpkg.h"
#include "system/file-facts.h"
#include "system/vouch-files.h"
#include "system/vouch-rules.h"

typedef struct Context {
        int pipe_fd;
        const VouchRule *rule;
} Context;

/* A file that changes or goes meanwhile is left out. */
static int tell(void *userdata, const VouchFile *file)
{
        const Context *context = userdata;
        bool is_good = file->verdict == VOUCH_VERDICT_GOOD;
        _cleanup_buffer_ Buffer record = { 0 };
        char text[RECORD_TEXT_MAX];
        Digest digest;
        int r;

        if ((size_t) snprintf(text, sizeof(text), "%s %s", context->rule->id, file->path) >=
                                        sizeof(text) ||
                        (is_good && file_facts_hash(file->fd, HASH_SHA256, &digest) < 0))
                return 0;
        r = is_good ? record_append(&record, RECORD_VOUCHED, file->size, digest.bytes, text)
                    : record_append(&record, RECORD_SKIPPED, (uint64_t) file->verdict, NULL, text);
        return r < 0 ? r : fs_write_all(context->pipe_fd, record.data, record.size);
}

static bool is_installed(const Dpkg *dpkg, const char *package)
{
        for (size_t i = 0; i < dpkg->n_packages; i++)
                if (string_equal(dpkg->packages[i].name, package))
                        return true;
        return false;
}

static int find_all(const void *userdata, int pipe_fd)
{
        const VouchReaderSetup *setup = userdata;
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_dpkg_ Dpkg dpkg = { 0 };
        int r = vouch_rules_load(setup->root_fd, &rules, &diags);

        log_diags(&diags);
        if (r >= 0 && rules.count > 0)
                r = dpkg_load(setup->root_fd, &dpkg);
        for (size_t i = 0; r >= 0 && i < rules.count; i++) {
                Context context = { pipe_fd, &rules.items[i] };

                if (is_installed(&dpkg, rules.items[i].package))
                        r = vouch_files_find(setup->root_fd, &rules.items[i], setup->since_usec,
                                        tell, &context);
        }
        return r == -ENOENT ? 0 : r;
}

int vouch_reader_start(const VouchReaderSetup *setup, RecordReader *ret_reader)
{
        return record_reader_start(find_all, setup, ret_reader);
}
