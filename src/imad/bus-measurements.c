/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.imad1.Measurements on /org/imad1/measurements */
#include <inttypes.h>
#include <time.h>

#include "base/log.h"
#include "base/message-id.h"
#include "base/strings.h"
#include "bus/names.h"
#include "imad/bus-object.h"
#include "imad/entries.h"
#include "imad/limits.h"
#include "imad/manager.h"
#include "imad/options.h"

#define SIGNAL_INTERVAL_USEC USEC_PER_SEC
/* Rounds after which Verify() answers although list and TPM still do not settle. */
#define VERIFY_ROUNDS_MAX 8

static int get_count(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(reply, "t", tail_get_state(manager->tail)->count);
}

static int get_violations(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(reply, "t", tail_get_state(manager->tail)->violations);
}

static int get_status(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(
                        reply, "s", verdict_to_string(tail_get_state(manager->tail)->verdict));
}

static int get_condition(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(
                        reply, "s", problem_to_string(tail_get_state(manager->tail)->problem));
}

static int get_last_verified(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(reply, "t", tail_get_state(manager->tail)->verified_usec);
}

/* "value" is left out when it is not known. */
static int append_result(sd_bus_message *reply, const TailResult *result)
{
        char value[2 * DIGEST_SIZE_MAX + 1], replayed[2 * DIGEST_SIZE_MAX + 1];
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");

        hex_encode(result->value.bytes, result->value.size, value);
        hex_encode(result->replayed.bytes, result->replayed.size, replayed);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}", "algorithm", "s",
                                hash_algorithm_to_string(result->bank), "pcr", "u", result->pcr,
                                "replayed", "s", replayed, "verdict", "s",
                                verdict_to_string(result->verdict), "confirmed", "t",
                                result->confirmed, "behind", "t", result->behind);
        if (r >= 0 && result->has_value)
                r = sd_bus_message_append(reply, "{sv}", "value", "s", value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_banks(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const TailState *state = tail_get_state(((Manager *) userdata)->tail);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

        for (size_t i = 0; r >= 0 && i < state->n_results; i++)
                r = append_result(reply, &state->results[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static const char *const news_signals[NEWS_KIND_MAX] = {
        [NEWS_ENTRIES] = "EntriesAdded",
        [NEWS_VIOLATIONS] = "ViolationsAdded",
        [NEWS_UNSIGNED] = "UnsignedAdded",
        [NEWS_UNKNOWN] = "UnknownKeyAdded",
};

/* Verdicts that the growth of the list alone brings about are not told. */
static bool is_settled(Verdict verdict)
{
        return verdict != VERDICT_LIST_AHEAD && verdict != VERDICT_PCR_AHEAD;
}

static void tell_verdict(Manager *manager)
{
        MeasurementsObject *object = &manager->measurements;
        const TailState *state = tail_get_state(manager->tail);

        if (!is_settled(state->verdict) || state->verdict == object->told_verdict)
                return;
        (void) sd_bus_emit_signal(manager->bus, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS,
                        "VerdictChanged", "sst", verdict_to_string(state->verdict),
                        verdict_to_string(object->told_verdict), state->count);
        object->told_verdict = state->verdict;
}

static int on_signal_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Manager *manager = userdata;
        MeasurementsObject *object = &manager->measurements;

        for (size_t i = 0; i < NEWS_KIND_MAX; i++)
                if (object->news.spans[i].count > 0)
                        (void) sd_bus_emit_signal(manager->bus, BUS_PATH_MEASUREMENTS,
                                        BUS_INTERFACE_MEASUREMENTS, news_signals[i], "tt",
                                        object->news.spans[i].first, object->news.spans[i].count);
        object->news = (News){ 0 };
        tell_verdict(manager);
        object->signal_usec = time_now(CLOCK_MONOTONIC);
        return 0;
}

/* News are told at once, but at most once in SIGNAL_INTERVAL_USEC; they add up meanwhile. */
static void announce_news(Manager *manager, const TailState *state, const TailChange *change)
{
        MeasurementsObject *object = &manager->measurements;
        usec_t since = time_now(CLOCK_MONOTONIC) - object->signal_usec;
        bool any = is_settled(state->verdict) && state->verdict != object->told_verdict;

        any = news_merge(&object->news, &change->news) || any;
        if (!any)
                return;
        (void) sd_event_source_set_time_relative(object->timer,
                        since < SIGNAL_INTERVAL_USEC ? SIGNAL_INTERVAL_USEC - since : 0);
        (void) sd_event_source_set_enabled(object->timer, SD_EVENT_ONESHOT);
}

static void answer_verifications(MeasurementsObject *object, const TailState *state)
{
        size_t kept = 0;

        for (size_t i = 0; i < object->n_waiting; i++) {
                Verification *v = &object->waiting[i];

                v->rounds++;
                if (!is_settled(state->verdict) && v->rounds < VERIFY_ROUNDS_MAX) {
                        object->waiting[kept++] = *v;
                        continue;
                }
                (void) sd_bus_reply_method_return(v->message, "");
                sd_bus_message_unref(v->message);
        }
        object->n_waiting = kept;
}

static void log_change(Manager *manager, const TailState *state, const TailChange *change)
{
        MeasurementsObject *object = &manager->measurements;

        if (is_settled(state->verdict) && state->verdict != object->logged_verdict) {
                log_event(state->verdict == VERDICT_DIVERGED ? LOG_ERR : LOG_NOTICE,
                                MESSAGE_ID_VERDICT_CHANGED, NULL,
                                "measurement list and TPM: %s, %" PRIu64 " entries%s%s",
                                verdict_to_string(state->verdict), state->count,
                                *state->problem_text ? "; " : "", state->problem_text);
                object->logged_verdict = state->verdict;
        }
        if (state->violations > object->logged_violations)
                log_event(LOG_WARNING, MESSAGE_ID_VIOLATION, NULL,
                                "%" PRIu64 " further IMA violations, %" PRIu64 " in all",
                                state->violations - object->logged_violations, state->violations);
        object->logged_violations = state->violations;
}

void bus_measurements_changed(Manager *manager, const TailState *state, const TailChange *change)
{
        char *names[7] = { NULL };
        size_t n = 0;

        if (change->counts) {
                names[n++] = (char *) "Count";
                names[n++] = (char *) "Violations";
        }
        if (change->results)
                names[n++] = (char *) "Banks";
        if (change->verdict)
                names[n++] = (char *) "Status";
        if (change->problem)
                names[n++] = (char *) "Condition";
        names[n++] = (char *) "LastVerifiedUSec";
        (void) sd_bus_emit_properties_changed_strv(
                        manager->bus, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS, names);
        announce_news(manager, state, change);
        log_change(manager, state, change);
        answer_verifications(&manager->measurements, state);
}

static int check_limit(const MeasurementsObject *object, uid_t uid, sd_bus_error *reterr_error)
{
        unsigned of_uid = 0;

        for (size_t i = 0; i < object->n_waiting; i++)
                of_uid += object->waiting[i].uid == uid;
        return limit_check(LIMIT_VERIFICATIONS, of_uid, (unsigned) object->n_waiting, reterr_error);
}

static int method_verify(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Manager *manager = userdata;
        MeasurementsObject *object = &manager->measurements;
        uid_t uid;
        int r = options_read(m, NULL, 0, NULL, reterr_error);

        if (r >= 0)
                r = polkit_get_uid(m, &uid);
        if (r >= 0)
                r = check_limit(object, uid, reterr_error);
        if (r >= 0)
                r = tail_verify(manager->tail);
        if (r < 0)
                return r;
        object->waiting[object->n_waiting++] =
                        (Verification){ .message = sd_bus_message_ref(m), .uid = uid };
        return 1;
}

typedef struct FilterOptions {
        const char *path, *template, *verdict, *signed_by, *package;
        uint64_t since;
        bool details;
} FilterOptions;

static const Option filter_options[] = {
        {"details",    'b', offsetof(FilterOptions, details)  },
        { "package",   's', offsetof(FilterOptions, package)  },
        { "path",      's', offsetof(FilterOptions, path)     },
        { "signed-by", 's', offsetof(FilterOptions, signed_by)},
        { "since",     't', offsetof(FilterOptions, since)    },
        { "template",  's', offsetof(FilterOptions, template) },
        { "verdict",   's', offsetof(FilterOptions, verdict)  },
};

static int make_filter(const FilterOptions *options, MeasurementFilter *ret_filter,
                sd_bus_error *reterr_error)
{
        const char *const values[][2] = {
                {"path",       options->path     },
                { "signed-by", options->signed_by},
                { "template",  options->template },
                { "verdict",   options->verdict  },
        };
        const char *expected;

        *ret_filter = (MeasurementFilter){ .verdict = ENTRY_VERDICT_INVALID };
        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                if (values[i][1] && measurement_filter_set(ret_filter, values[i][0], values[i][1],
                                                    &expected) < 0)
                        return sd_bus_error_setf(reterr_error, BUS_ERROR_INVALID_OPTION,
                                        "value of the filter \"%s\" must be %s", values[i][0],
                                        expected);
        return 0;
}

/* The strings stay those of the message. */
static int read_request(sd_bus_message *m, const Manager *manager, EntriesRequest *request,
                sd_bus_error *reterr_error)
{
        FilterOptions options = { 0 };
        uint64_t first;
        int r = options_read(m, filter_options, ELEMENTSOF(filter_options), &options, reterr_error);

        if (r >= 0)
                r = sd_bus_message_read(m, "tu", &request->start, &request->max);
        if (r >= 0)
                r = make_filter(&options, &request->filter, reterr_error);
        if (r < 0)
                return r;
        first = timeline_find(&manager->timeline, options.since);
        if (request->start < first)
                request->start = first;
        if (request->max == 0 || request->max > LIMIT_ENTRIES_PAGE)
                request->max = LIMIT_ENTRIES_PAGE;
        request->details = options.details;
        request->package = options.package;
        return 0;
}

static int method_get_entries(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Manager *manager = userdata;
        EntriesRequest request = { 0 };
        int r = read_request(m, manager, &request, reterr_error);

        if (r < 0)
                return r;
        r = polkit_authorize(&manager->polkit, m, &request.uid, reterr_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = entries_start(manager, m, &request, reterr_error);
        return r < 0 ? r : 1;
}

static int method_get_list(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Manager *manager = userdata;
        uid_t uid;
        int r = options_read(m, NULL, 0, NULL, reterr_error);

        if (r < 0)
                return r;
        r = polkit_authorize(&manager->polkit, m, &uid, reterr_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = snapshot_start(manager, m, uid, reterr_error);
        return r < 0 ? r : 1;
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable measurements_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Count", "t", get_count, 0, CHANGES),
        SD_BUS_PROPERTY("Violations", "t", get_violations, 0, CHANGES),
        SD_BUS_PROPERTY("Banks", "aa{sv}", get_banks, 0, CHANGES),
        SD_BUS_PROPERTY("Status", "s", get_status, 0, CHANGES),
        SD_BUS_PROPERTY("Condition", "s", get_condition, 0, CHANGES),
        SD_BUS_PROPERTY("LastVerifiedUSec", "t", get_last_verified, 0, CHANGES),
        SD_BUS_METHOD_WITH_ARGS("Verify", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
                        method_verify, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetEntries", SD_BUS_ARGS("a{sv}", filter, "t", start, "u", max),
                        SD_BUS_RESULT("aa{sv}", entries, "t", next), method_get_entries,
                        SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetList", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("h", list),
                        method_get_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("EntriesAdded", SD_BUS_ARGS("t", first, "t", count), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ViolationsAdded", SD_BUS_ARGS("t", first, "t", count), 0),
        SD_BUS_SIGNAL_WITH_ARGS("UnsignedAdded", SD_BUS_ARGS("t", first, "t", count), 0),
        SD_BUS_SIGNAL_WITH_ARGS("UnknownKeyAdded", SD_BUS_ARGS("t", first, "t", count), 0),
        SD_BUS_SIGNAL_WITH_ARGS(
                        "VerdictChanged", SD_BUS_ARGS("s", verdict, "s", before, "t", entries), 0),
        SD_BUS_VTABLE_END,
};

int bus_measurements_add(Manager *manager)
{
        int r = sd_event_add_time_relative(manager->event, &manager->measurements.timer,
                        CLOCK_MONOTONIC, 0, 0, on_signal_timer, manager);

        if (r >= 0)
                r = sd_event_source_set_enabled(manager->measurements.timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH_MEASUREMENTS,
                        BUS_INTERFACE_MEASUREMENTS, measurements_vtable, manager);
}

void bus_measurements_done(Manager *manager)
{
        MeasurementsObject *object = &manager->measurements;

        for (size_t i = 0; i < object->n_waiting; i++)
                sd_bus_message_unref(object->waiting[i].message);
        object->n_waiting = 0;
        object->timer = sd_event_source_disable_unref(object->timer);
}
