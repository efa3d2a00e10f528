/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "base/json.h"
#include "helpers/imad-worker/simulation.h"

static int set(json_t *object, const char *key, json_t *value)
{
        return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

/* Text that may hold any bytes. */
static json_t *make_text(const char *text, size_t size)
{
        _cleanup_free_ char *copy = strndup(text, size);

        if (!copy)
                return NULL;
        string_make_utf8(copy);
        return json_string(copy);
}

static const char *find_path(const Simulation *s, const char *fragment)
{
        for (size_t i = 0; fragment && i < s->compilation.fragments.count; i++) {
                const FragmentFile *f = &s->compilation.fragments.items[i];
                const char *rest = string_after(f->name, fragment);

                if (rest && (*rest == '\0' || string_equal(rest, FRAGMENT_SUFFIX)))
                        return f->path;
        }
        for (size_t i = 0; fragment && i < s->generation.n_fragments; i++) {
                const char *rest = string_after(s->generation.fragments[i].name, fragment);

                if (rest && (*rest == '\0' || string_equal(rest, FRAGMENT_SUFFIX)))
                        return s->generation.fragments[i].path;
        }
        return NULL;
}

/* The canonical text of a policy has one rule on each line, and its provenance one entry. */
static int set_provenance(const Simulation *s, SimulateOrigin origin, json_t *rule)
{
        const json_t *entry = json_array_get(s->provenance, origin.line - 1);
        const char *fragment = json_string_value(json_object_get(entry, "fragment"));
        const char *path = find_path(s, fragment);

        if (!fragment || !string_equal(origin.list, SIMULATION_POLICY_LIST))
                return 0;
        if (json_object_set(rule, "fragment", json_object_get(entry, "fragment")) < 0 ||
                        json_object_set(rule, "id", json_object_get(entry, "id")) < 0 ||
                        json_object_set(rule, "source_line",
                                        json_object_get(entry, "source_line")) < 0)
                return -ENOMEM;
        return path ? set(rule, "source", make_text(path, strlen(path))) : 0;
}

json_t *simulation_rule_to_json(const Simulation *simulation, size_t rule)
{
        SimulateOrigin origin = simulate_get_origin(simulation->simulator, rule);
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_json_ json_t *json = json_pack(
                        "{s:s, s:I}", "list", origin.list, "line", (json_int_t) origin.line);
        int r = rule_format(simulate_get_rule(simulation->simulator, rule), &text);

        if (!json || r < 0)
                return NULL;
        r = set(json, "text", make_text(text.data, text.size));
        if (r >= 0)
                r = set_provenance(simulation, origin, json);
        return r < 0 ? NULL : TAKE_PTR(json);
}

/* "fowner=0" of the rule, and what the request has instead. */
static json_t *mismatch_to_json(
                const Simulation *s, size_t number, const Request *request, KeywordId keyword)
{
        const RuleValue *value = rule_find(simulate_get_rule(s->simulator, number), keyword);
        _cleanup_buffer_ Buffer wanted = { 0 }, found = { 0 };
        _cleanup_json_ json_t *json = json_object();
        int r = buffer_append_string(&wanted, keyword_get(keyword)->name);

        if (r >= 0)
                r = value ? buffer_append_format(&wanted, "%c%s", value->operator_, value->text)
                          : buffer_append_string(&wanted, "=");
        if (r >= 0)
                r = request_format(request, keyword, &found);
        if (!json || r < 0)
                return NULL;
        if (set(json, "rule", simulation_rule_to_json(s, number)) < 0 ||
                        set(json, "wanted", make_text(wanted.data, wanted.size)) < 0 ||
                        set(json, "found", make_text(found.data, found.size)) < 0)
                return NULL;
        return TAKE_PTR(json);
}

/* Rules of the class before the one that decides, each with the first condition that fails. */
static json_t *mismatches_to_json(
                const Simulation *s, const Request *request, SimulateClass class_, int decider)
{
        size_t n = decider >= 0 ? (size_t) decider : simulate_get_rule_count(s->simulator);
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++) {
                const MatchRule *match = simulate_get_match(s->simulator, i);
                KeywordId keyword = match_find_failure(match, request);

                if (simulate_class_of((RuleAction) match->action) != class_ || keyword < 0)
                        continue;
                if (json_array_append_new(list, mismatch_to_json(s, i, request, keyword)) < 0)
                        return NULL;
        }
        return TAKE_PTR(list);
}

static int set_measurement(const Simulation *s, const Outcome *o, json_t *json)
{
        const RuleValue *template =
                        o->decision.template_rule >= 0
                                        ? rule_find(simulate_get_rule(s->simulator,
                                                                    (size_t) o->decision
                                                                                    .template_rule),
                                                          KEYWORD_TEMPLATE)
                                        : NULL;
        int r;

        if (!o->decision.classes[SIMULATE_CLASS_MEASURE].is_done)
                return 0;
        r = set(json, "pcr",
                        json_integer(o->decision.pcr >= 0 ? o->decision.pcr
                                                          : (int) s->settings.default_pcr));
        if (r >= 0)
                r = set(json, "again", json_boolean(!o->is_measured));
        if (r >= 0 && template)
                r = set(json, "template", make_text(template->text, strlen(template->text)));
        return r;
}

static int set_appraisal(const Outcome *o, json_t *json)
{
        const Appraisal *a = &o->appraisal;
        char key_id[2 * sizeof(a->key_id) + 1];
        int r;

        if (a->status == APPRAISAL_STATUS_NOT_APPRAISED)
                return 0;
        r = set(json, "status", json_string(appraisal_status_to_string(a->status)));
        if (r >= 0)
                r = set(json, "denied", json_boolean(a->is_denied));
        if (r >= 0 && a->cause)
                r = set(json, "cause", json_string(a->cause));
        (void) snprintf(key_id, sizeof(key_id), "%08" PRIx32, a->key_id);
        if (r >= 0 && a->has_key_id)
                r = set(json, "key_id", json_string(key_id));
        return r;
}

static json_t *verdict_to_json(const Simulation *s, const Request *request, const Outcome *o,
                SimulateClass class_, bool explain)
{
        const SimulateVerdict *v = &o->decision.classes[class_];
        _cleanup_json_ json_t *json =
                        json_pack("{s:b, s:b}", "active", v->is_active, "done", v->is_done);
        int r = json ? 0 : -ENOMEM;

        if (r >= 0)
                r = set(json, "rule",
                                v->rule >= 0 ? simulation_rule_to_json(s, (size_t) v->rule)
                                             : json_null());
        if (r >= 0 && class_ == SIMULATE_CLASS_MEASURE)
                r = set_measurement(s, o, json);
        if (r >= 0 && class_ == SIMULATE_CLASS_APPRAISE)
                r = set_appraisal(o, json);
        if (r >= 0 && explain && v->is_active)
                r = set(json, "not_matching", mismatches_to_json(s, request, class_, v->rule));
        return r < 0 ? NULL : TAKE_PTR(json);
}

static json_t *flags_to_json(unsigned flags)
{
        _cleanup_json_ json_t *list = json_array();

        for (unsigned bit = 1; list && bit <= SIMULATE_FLAG_FAIL_SECURELY; bit <<= 1)
                if ((flags & bit) && json_array_append_new(list,
                                                     json_string(simulate_flag_to_string(
                                                                     (SimulateFlag) bit))) < 0)
                        return NULL;
        return TAKE_PTR(list);
}

json_t *simulation_outcome_to_json(const Simulation *simulation, const Request *request,
                const Outcome *outcome, bool explain)
{
        _cleanup_buffer_ Buffer mask = { 0 };
        _cleanup_json_ json_t *json = json_object();
        int r = request_format(request, KEYWORD_MASK, &mask);

        if (!json || r < 0)
                return NULL;
        r = set(json, "func", json_string(rule_func_get_info(request->func)->name));
        if (r >= 0)
                r = set(json, "mask", json_string(mask.data));
        for (int c = 0; r >= 0 && c < SIMULATE_CLASS_MAX; c++)
                r = set(json, simulate_class_to_string((SimulateClass) c),
                                verdict_to_json(simulation, request, outcome, (SimulateClass) c,
                                                explain));
        if (r >= 0)
                r = set(json, "flags", flags_to_json(outcome->decision.flags));
        return r < 0 ? NULL : TAKE_PTR(json);
}
