/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "core/policy/yaml.h"
#include "helpers/imad-worker/presets.h"
#include "system/fragments.h"

/* The description in the preset itself; NULL when it has none or cannot be read. */
static char *read_description(Worker *worker, const char *path)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList ignored = { 0 };
        _cleanup_free_ char *text = NULL;
        const YamlNode *description;
        size_t size;

        if (fs_read_file(worker->root_fd, path, FRAGMENT_SIZE_MAX, &text, &size) < 0 ||
                        yaml_parse(text, size, path, &document, &ignored) < 0 || !document.root ||
                        document.root->type != YAML_TYPE_MAPPING)
                return NULL;
        description = yaml_find(document.root, "description");
        if (!description || description->type != YAML_TYPE_SCALAR || !description->text)
                return NULL;
        return strdup(description->text);
}

static int add_preset(Worker *worker, const char *name, json_t *array)
{
        _cleanup_free_ char *target = NULL, *link = NULL, *description = NULL;
        PresetState state;
        json_t *item;
        int r = presets_get_paths(name, &target, &link);

        if (r >= 0)
                r = presets_get_state(worker, link, target, &state);
        if (r < 0)
                return r;
        description = read_description(worker, target);
        item = json_pack("{s:s, s:s, s:s, s:s?, s:b}", "name", name, "path", target, "link", link,
                        "description", description, "enabled", state == PRESET_STATE_ENABLED);
        return item && json_array_append_new(array, item) >= 0 ? 0 : -ENOMEM;
}

ExitCode verb_preset_list(Worker *worker)
{
        _cleanup_strings_ StringList names = { 0 };
        json_t *array = json_array();
        int r = worker_set(worker, "presets", array);

        if (r >= 0)
                r = presets_list(worker, &names);
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                r = add_preset(worker, names.items[i], array);
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot list the presets");
        return EXIT_CODE_OK;
}
