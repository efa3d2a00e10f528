/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/base64.h"
#include "base/json.h"
#include "core/bundle/bundle-path.h"
#include "core/bundle/bundle.h"

static json_t *label_to_json(const ManifestLabel *label)
{
        _cleanup_free_ char *text = NULL;

        return base64_encode(label->value, label->size, &text) < 0 ? NULL : json_string(text);
}

static json_t *file_to_json(const ManifestEntry *file, const char *name)
{
        _cleanup_json_ json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", name, "size",
                        (json_int_t) file->size, "mode", (json_int_t) file->mode, "uid",
                        (json_int_t) file->uid, "gid", (json_int_t) file->gid);

        if (!json || json_object_set_new(json, "ima", label_to_json(&file->ima)) < 0)
                return NULL;
        if (file->evm.size > 0 && json_object_set_new(json, "evm", label_to_json(&file->evm)) < 0)
                return NULL;
        return TAKE_PTR(json);
}

static int add_subject(json_t *subjects, const char *name, const Digest *digest)
{
        json_t *json = json_pack(
                        "{s:s, s:o}", "name", name, "digest", statement_digest_to_json(digest));

        return json_array_append_new(subjects, json) < 0 ? -ENOMEM : 0;
}

/* The archive first, then the files in their order; `list`, if there is one, gets their labels. */
static int add_files(
                const BundleSource *source, const Manifest *files, json_t *subjects, json_t *list)
{
        int r = source->digest.size > 0 ? add_subject(subjects, source->name, &source->digest) : 0;

        for (size_t i = 0; r >= 0 && i < files->count; i++) {
                _cleanup_free_ char *name = bundle_path_encode(files->entries[i].path);

                r = name ? add_subject(subjects, name, &files->entries[i].digest) : -ENOMEM;
                if (r >= 0 && list &&
                                json_array_append_new(
                                                list, file_to_json(&files->entries[i], name)) < 0)
                        r = -ENOMEM;
        }
        return r;
}

/* Takes the references; keys are sorted, so that the same statement has the same bytes. */
static int format(const char *type, json_t *subjects, json_t *predicate, char **ret_text,
                size_t *ret_size)
{
        _cleanup_json_ json_t *json = json_pack("{s:s, s:o, s:s, s:o}", "_type", STATEMENT_TYPE,
                        "subject", subjects, "predicateType", type, "predicate", predicate);
        int r = json ? json_format(json, ret_text) : -ENOMEM;

        if (r >= 0)
                *ret_size = strlen(*ret_text);
        return r;
}

static json_t *source_to_json(const BundleSource *source)
{
        return json_pack("{s:s, s:s*, s:s*, s:s*}", "kind", source->kind, "name", source->name,
                        "package", source->package, "architecture", source->architecture);
}

int bundle_format_statement(const BundleSource *source, const Manifest *files, char **ret_text,
                size_t *ret_size)
{
        json_t *subjects = json_array(), *list = json_array();
        int r = subjects && list ? add_files(source, files, subjects, list) : -ENOMEM;

        if (r >= 0)
                return format(BUNDLE_PREDICATE_TYPE, subjects,
                                json_pack("{s:o, s:o}", "source", source_to_json(source), "files",
                                                list),
                                ret_text, ret_size);
        json_decref(subjects);
        json_decref(list);
        return r;
}

int bundle_format_provenance(const BundleSource *source, const Manifest *files,
                const json_t *predicate, char **ret_text, size_t *ret_size)
{
        static const Manifest none;
        json_t *subjects = json_array();
        int r = subjects ? add_files(source, source->digest.size > 0 ? &none : files, subjects,
                                           NULL)
                         : -ENOMEM;

        if (r >= 0)
                return format(STATEMENT_SLSA_1, subjects, json_incref((json_t *) predicate),
                                ret_text, ret_size);
        json_decref(subjects);
        return r;
}
