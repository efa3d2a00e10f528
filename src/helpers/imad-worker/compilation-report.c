/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "helpers/imad-worker/compilation.h"

/* How many kernel rules came out of a fragment, by the provenance of the selected kernel. */
static size_t count_rules(const json_t *provenance, const FragmentFile *fragment)
{
        const json_t *entry;
        size_t i, n = 0;

        json_array_foreach (provenance, i, entry) {
                const char *name = json_string_value(json_object_get(entry, "fragment"));
                const char *rest = name ? string_after(fragment->name, name) : NULL;

                if (rest && (*rest == '\0' || string_equal(rest, FRAGMENT_SUFFIX)))
                        n++;
        }
        return n;
}

static int add_new(json_t *array, json_t *item)
{
        return item && json_array_append_new(array, item) >= 0 ? 0 : -ENOMEM;
}

static int report_fragments(
                Worker *worker, const Compilation *compilation, const CompiledKernel *selected)
{
        json_t *array = json_array();
        int r = worker_set(worker, "fragments", array);

        for (size_t i = 0; r >= 0 && i < compilation->fragments.count; i++) {
                const FragmentFile *f = &compilation->fragments.items[i];

                r = add_new(array,
                                json_pack("{s:s, s:s, s:b, s:I}", "name", f->name, "path", f->path,
                                                "masked", f->masked, "rules",
                                                (json_int_t) (selected ? count_rules(selected->provenance,
                                                                                         f)
                                                                       : 0)));
        }
        return r;
}

static json_t *kernel_to_json(const CompiledKernel *kernel, bool with_text)
{
        _cleanup_json_ json_t *json = json_pack("{s:s, s:b, s:I}", "release", kernel->release,
                        "compiled", kernel->text != NULL, "rules", (json_int_t) kernel->rules);

        if (!json)
                return NULL;
        if (with_text && kernel->text &&
                        (json_object_set_new(json, "text",
                                         json_stringn(kernel->text, kernel->size)) < 0 ||
                                        json_object_set(json, "provenance", kernel->provenance) <
                                                        0))
                return NULL;
        return TAKE_PTR(json);
}

static int report_kernels(Worker *worker, const Compilation *compilation, bool with_text)
{
        json_t *array = json_array();
        int r = worker_set(worker, "kernels", array);

        for (size_t i = 0; r >= 0 && i < compilation->n_kernels; i++)
                r = add_new(array, kernel_to_json(&compilation->kernels[i], with_text));
        return r;
}

int compilation_report(Worker *worker, const Compilation *compilation, bool with_text)
{
        const CompiledKernel *selected =
                        compilation->n_kernels > 0 ? &compilation->kernels[compilation->selected]
                                                   : NULL;
        int r = report_fragments(worker, compilation, selected);

        if (r >= 0)
                r = report_kernels(worker, compilation, with_text);
        if (r < 0 || !selected)
                return r;
        r = worker_set(worker, "kernel", json_string(selected->release));
        if (r >= 0)
                r = worker_set(worker, "rules", json_integer((json_int_t) selected->rules));
        if (r >= 0 && with_text && selected->text)
                r = worker_set(worker, "policy", json_stringn(selected->text, selected->size));
        if (r >= 0 && with_text && selected->text)
                r = worker_set(worker, "provenance", json_incref(selected->provenance));
        return r;
}
