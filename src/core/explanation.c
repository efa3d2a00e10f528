/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/explanation.h"

#include "base/diag.h"
#include "base/json.h"
#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/yaml.h"

#define EXAMPLE_NAME "50-example.yaml"

static const char texts[] =
#include "core/explanations.inc"
                ;

static int get_code(size_t index, DiagCode *ret_code)
{
        size_t n_general, n_policy;
        const DiagCode *general = diag_code_list(&n_general);
        const PolicyCode *policy = policy_code_list(&n_policy);

        if (index < n_general) {
                *ret_code = general[index];
                return 0;
        }
        index -= n_general;
        if (index >= n_policy)
                return -ENOENT;
        *ret_code = (DiagCode){ policy[index].code, policy[index].name, policy[index].title };
        return 0;
}

const char *explanation_get_code(size_t index)
{
        DiagCode code;

        return get_code(index, &code) < 0 ? NULL : code.code;
}

static const char *get_severity(const char *code)
{
        return diag_severity_to_string(code[0] == 'E'   ? DIAG_ERROR
                                       : code[0] == 'W' ? DIAG_WARNING
                                                        : DIAG_NOTE);
}

static json_t *code_to_json(const DiagCode *code)
{
        return json_pack("{s:s, s:s, s:s}", "code", code->code, "severity",
                        get_severity(code->code), "title", code->title);
}

json_t *explanation_list(void)
{
        _cleanup_json_ json_t *list = json_array();
        DiagCode code;

        for (size_t i = 0; list && get_code(i, &code) >= 0; i++)
                if (json_array_append_new(list, code_to_json(&code)) < 0)
                        return NULL;
        return TAKE_PTR(list);
}

/* An example is a text, or a mapping of file names to texts. */
static json_t *example_to_json(const YamlNode *node)
{
        _cleanup_json_ json_t *files = json_object();

        if (!node)
                return json_null();
        if (node->type == YAML_TYPE_SCALAR)
                return json_pack("{s:s}", EXAMPLE_NAME, node->text);
        yaml_foreach(file, node)
        {
                if (json_object_set_new(files, file->key->text, json_string(file->text ?: "")) < 0)
                        return NULL;
        }
        return TAKE_PTR(files);
}

static int add_texts(json_t *json, const YamlNode *entry)
{
        static const char *const keys[] = { "means", "why", "next" };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const YamlNode *text = yaml_find(entry, keys[i]);

                if (json_object_set_new(json, keys[i],
                                    text && text->text ? json_string(text->text) : json_null()) < 0)
                        return -ENOMEM;
        }
        if (json_object_set_new(json, "wrong", example_to_json(yaml_find(entry, "wrong"))) < 0 ||
                        json_object_set_new(json, "right",
                                        example_to_json(yaml_find(entry, "right"))) < 0)
                return -ENOMEM;
        return 0;
}

static int find_code(const char *name, DiagCode *ret_code)
{
        DiagCode code;

        for (size_t i = 0; get_code(i, &code) >= 0; i++)
                if (string_equal(code.code, name)) {
                        *ret_code = code;
                        return 0;
                }
        return -ENOENT;
}

int explanation_find(const char *code, json_t **ret_explanation)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        const YamlNode *entry;
        DiagCode known;
        int r = find_code(code, &known);

        if (r < 0)
                return r;
        r = yaml_parse(texts, sizeof(texts) - 1, "explanations.yaml", &document, &diags);
        if (r < 0)
                return r;
        entry = yaml_find(document.root, code);
        if (!entry)
                return -ENOENT;
        json = code_to_json(&known);
        if (!json || add_texts(json, entry) < 0)
                return -ENOMEM;
        *ret_explanation = TAKE_PTR(json);
        return 0;
}
