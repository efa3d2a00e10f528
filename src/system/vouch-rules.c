/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/vouch-rules.h"

#include "system/fragments.h"

static const char *const directories[] = {
        "/usr/lib/imad/vouch.d",
        "/run/imad/vouch.d",
        VOUCH_ADMIN_DIRECTORY,
        NULL,
};

static int parse_all(const FragmentFiles *files, VouchRules *ret_rules, DiagList *diags)
{
        _cleanup_vouch_rules_ VouchRules rules = { 0 };

        for (size_t i = 0; i < files->count; i++) {
                const FragmentFile *file = &files->items[i];
                int r = file->text ? vouch_parse(file->name, file->path, file->text, file->size,
                                                     &rules, diags)
                                   : 0;

                if (r < 0)
                        return r;
        }
        *ret_rules = TAKE_STRUCT(rules);
        return 0;
}

int vouch_rules_load(int root_fd, VouchRules *ret_rules, DiagList *diags)
{
        _cleanup_fragments_ FragmentFiles files = { 0 };
        int r = fragments_load_directories(root_fd, directories, &files, diags);

        return r < 0 ? r : parse_all(&files, ret_rules, diags);
}

int vouch_rules_load_files(int root_fd, const char *const *paths, size_t n_paths,
                VouchRules *ret_rules, DiagList *diags)
{
        _cleanup_fragments_ FragmentFiles files = { 0 };
        int r = fragments_load_files(root_fd, paths, n_paths, &files, diags);

        return r < 0 ? r : parse_all(&files, ret_rules, diags);
}
