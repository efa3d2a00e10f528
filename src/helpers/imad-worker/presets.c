/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/presets.h"

#include "base/fs.h"
#include "config.h"
#include "core/policy/compile.h"
#include "core/policy/fragment/yaml.h"
#include "system/fragments.h"

#define PRESETS_MAX 1000

int presets_list(Worker *worker, StringList *ret_names)
{
        _cleanup_strings_ StringList files = { 0 }, names = { 0 };
        int r = fs_list_directory(worker->root_fd, IMAD_PRESETDIR, PRESETS_MAX, &files);

        if (r < 0 && r != -ENOENT)
                return r;
        for (size_t i = 0; i < files.count; i++) {
                size_t length = strlen(files.items[i]);

                if (!string_ends_with(files.items[i], FRAGMENT_SUFFIX) || files.items[i][0] == '.')
                        continue;
                files.items[i][length - strlen(FRAGMENT_SUFFIX)] = '\0';
                r = string_list_add(&names, files.items[i]);
                if (r < 0)
                        return r;
        }
        *ret_names = TAKE_STRUCT(names);
        return 0;
}

int presets_get_paths(const char *name, char **ret_target, char **ret_link)
{
        _cleanup_free_ char *target = NULL;
        char *link;

        if (asprintf(&target, "%s/%s%s", IMAD_PRESETDIR, name, FRAGMENT_SUFFIX) < 0) {
                target = NULL;
                return -ENOMEM;
        }
        if (asprintf(&link, "%s/%s%s", FRAGMENT_ADMIN_DIRECTORY, name, FRAGMENT_SUFFIX) < 0)
                return -ENOMEM;
        *ret_target = TAKE_PTR(target);
        *ret_link = link;
        return 0;
}

int presets_get_state(Worker *worker, const char *link, const char *target, PresetState *ret_state)
{
        _cleanup_free_ char *value = NULL;
        int r = fs_read_link(worker->root_fd, link, &value);

        if (r == -ENOENT)
                *ret_state = PRESET_STATE_DISABLED;
        else if (r == -EINVAL)
                *ret_state = PRESET_STATE_OBSTRUCTED;
        else if (r < 0)
                return r;
        else
                *ret_state = string_equal(value, target) ? PRESET_STATE_ENABLED
                                                         : PRESET_STATE_OBSTRUCTED;
        return 0;
}

void preset_summary_done(PresetSummary *summary)
{
        free(summary->description);
        *summary = (PresetSummary){ 0 };
}

static int copy_description(const YamlDocument *document, char **ret_description)
{
        const YamlNode *node = document->root && document->root->type == YAML_TYPE_MAPPING
                                               ? yaml_find(document->root, "description")
                                               : NULL;

        if (!node || node->type != YAML_TYPE_SCALAR)
                return 0;
        *ret_description = strdup(node->text);
        return *ret_description ? 0 : -ENOMEM;
}

static bool refuses(const PolicySourceList *sources)
{
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList ignored = { 0 };

        return policy_compile(sources->items, sources->count, NULL, NULL, &policy, &ignored) >= 0 &&
               policy_has_action(policy, RULE_ACTION_APPRAISE);
}

int presets_summarize(Worker *worker, const char *path, PresetSummary *ret_summary)
{
        _cleanup_(preset_summary_done) PresetSummary summary = { 0 };
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList ignored = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(worker->root_fd, path, FRAGMENT_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = yaml_parse(text, size, path, &document, &ignored);
        if (r >= 0)
                r = copy_description(&document, &summary.description);
        if (r >= 0)
                r = policy_source_list_add(&sources, strrchr(path, '/') + 1, path, text, size);
        if (r >= 0) {
                TAKE_PTR(text);
                summary.refuses = refuses(&sources);
        }
        if (r == -ENOMEM)
                return r;
        *ret_summary = TAKE_STRUCT(summary);
        return 0;
}

/* "50-programs" as its users say it: "programs". */
static const char *skip_number(const char *name)
{
        const char *rest = name + strspn(name, "0123456789");

        return rest > name && *rest == '-' ? rest + 1 : name;
}

static int fail_unknown(Worker *worker, const StringList *names, const char *word)
{
        _cleanup_free_ const char **all = calloc(2 * names->count + 1, sizeof(char *));
        _cleanup_free_ char *hint = NULL;
        const char *nearest;

        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < names->count; i++) {
                all[2 * i] = names->items[i];
                all[2 * i + 1] = skip_number(names->items[i]);
        }
        nearest = string_nearest(word, all);
        if (asprintf(&hint, nearest ? "did you mean %s?" : "imactl preset list names them",
                            nearest) < 0)
                hint = NULL;
        (void) worker_fail(worker, EXIT_CODE_NOT_FOUND, hint, "there is no preset %s", word);
        return -ENOENT;
}

static const char *find_name(const StringList *names, const char *word)
{
        for (size_t i = 0; i < names->count; i++)
                if (string_equal(names->items[i], word) ||
                                string_equal(skip_number(names->items[i]), word))
                        return names->items[i];
        return NULL;
}

int presets_find_argument(Worker *worker, char **ret_name)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ char *word = strdup(worker->words[0]);
        const char *found;
        int r = presets_list(worker, &names);

        if (r >= 0 && !word)
                r = -ENOMEM;
        if (r < 0) {
                (void) worker_fail_errno(worker, r, IMAD_PRESETDIR);
                return r;
        }
        if (string_ends_with(word, FRAGMENT_SUFFIX))
                word[strlen(word) - strlen(FRAGMENT_SUFFIX)] = '\0';
        found = find_name(&names, word);
        if (!found)
                return fail_unknown(worker, &names, word);
        *ret_name = strdup(found);
        return *ret_name ? 0 : -ENOMEM;
}

int presets_report(Worker *worker, const char *name, const char *target, const char *link,
                bool changed)
{
        _cleanup_(preset_summary_done) PresetSummary summary = { 0 };
        int r = presets_summarize(worker, target, &summary);

        if (r >= 0)
                r = worker_set(worker, "name", json_string(name));
        if (r >= 0)
                r = worker_set(worker, "refuses", json_boolean(summary.refuses));
        if (r >= 0)
                r = worker_set(worker, "target", json_string(target));
        if (r >= 0)
                r = worker_set(worker, "link", json_string(link));
        if (r >= 0)
                r = worker_set(worker, "changed", json_boolean(changed));
        return r;
}
