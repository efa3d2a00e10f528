/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands for imad on a private bus. What it answers comes from the environment:
 * FAKE_DESCRIBE  file with the answer of Describe()
 * FAKE_JOB       what becomes of jobs: done, failed, interrupt (who waits for it gets a SIGINT, and
 * it runs until cancelled), die (imad goes away) FAKE_RESULT    file with the result of jobs
 * FAKE_STATUS    verdict of the measurement list
 * FAKE_GROW      when a client has read the list to its end, two more entries come; the next time
 *                imad goes away
 * FAKE_FILTER    file for the last filter, as JSON
 * FAKE_ERROR     error name that every method of Manager and Policy gives
 */
#include <signal.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/fs.h"
#include "base/json.h"
#include "bus/names.h"
#include "bus/value.h"

#define ENTRIES 1201U
#define JOB_PATH BUS_PATH_JOB "/1"
#define JOB_DELAY_USEC 20000U

static sd_bus *bus;
static sd_event *event;
static const char *job_state = "running";
static double job_progress;
static uint64_t n_entries = ENTRIES;

static char *read_file(const char *variable)
{
        _cleanup_close_ int root = fs_open_root(NULL);
        const char *path = getenv(variable);
        char *text = NULL;
        size_t size;

        if (!path || fs_read_file(root, path, 1024 * 1024, &text, &size) < 0)
                return strdup("{}");
        return text;
}

static int fail_on_purpose(sd_bus_error *error)
{
        const char *name = getenv("FAKE_ERROR");

        return name ? sd_bus_error_set(error, name, "refused on purpose") : 0;
}

static int on_describe(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_free_ char *text = read_file("FAKE_DESCRIBE");
        int r = fail_on_purpose(error);

        return r < 0 ? r : sd_bus_reply_method_return(m, "s", text);
}

static void finish_job(const char *state)
{
        job_state = state;
        (void) sd_bus_emit_properties_changed(
                        bus, JOB_PATH, BUS_INTERFACE_JOB, "State", "Result", NULL);
        (void) sd_bus_emit_signal(bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "JobRemoved", "os",
                        JOB_PATH, state);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        const char *fate = getenv("FAKE_JOB") ?: "done";

        job_progress = 0.5;
        (void) sd_bus_emit_properties_changed(bus, JOB_PATH, BUS_INTERFACE_JOB, "Progress", NULL);
        if (string_equal(fate, "die"))
                return sd_event_exit(event, 0);
        if (!string_equal(fate, "interrupt"))
                finish_job(fate);
        return 0;
}

/* Who asks for all properties is ready for the signal. */
static void interrupt_caller(void)
{
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        sd_bus_message *m = sd_bus_get_current_message(bus);
        static bool interrupted;
        pid_t pid;

        if (interrupted || !string_equal(getenv("FAKE_JOB"), "interrupt") ||
                        !sd_bus_message_is_method_call(m, NULL, "GetAll"))
                return;
        if (sd_bus_query_sender_creds(m, SD_BUS_CREDS_PID, &creds) < 0 ||
                        sd_bus_creds_get_pid(creds, &pid) < 0)
                return;
        interrupted = true;
        (void) kill(pid, SIGINT);
}

static int on_apply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        int r = fail_on_purpose(error);

        if (r < 0)
                return r;
        job_state = "running";
        r = sd_bus_reply_method_return(m, "o", JOB_PATH);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(
                        event, NULL, CLOCK_MONOTONIC, JOB_DELAY_USEC, 1000, on_timer, NULL);
}

static int on_cancel(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        finish_job("cancelled");
        return sd_bus_reply_method_return(m, "");
}

static int append_entry(sd_bus_message *m, uint64_t number)
{
        static const uint8_t not_utf8[] = { '/', 0xff, 'x' };
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}{sv}{sv}{sv}{sv}{sv}", "number", "t", number,
                                "pcr", "u", 10, "template", "s", "ima-ng", "digest", "s",
                                "sha256:00ff", "violation", "b", number == 3, "verdict", "s",
                                number == 3 ? "violation" : "plain");
        if (r >= 0 && number != 2)
                r = sd_bus_message_append(m, "{sv}", "name", "s",
                                number == 1 ? "boot_aggregate" : "/tmp/a\033[2Jb");
        if (r >= 0 && number == 2) {
                r = sd_bus_message_open_container(m, 'e', "sv");
                if (r >= 0)
                        r = sd_bus_message_append(m, "s", "name_bytes");
                if (r >= 0)
                        r = sd_bus_message_open_container(m, 'v', "ay");
                if (r >= 0)
                        r = sd_bus_message_append_array(m, 'y', not_utf8, sizeof(not_utf8));
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The list was read to its end. */
static int grow(void)
{
        if (!getenv("FAKE_GROW"))
                return 0;
        if (n_entries > ENTRIES)
                return sd_event_exit(event, 0);
        n_entries += 2;
        return sd_bus_emit_signal(bus, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS,
                        "EntriesAdded", "tt", (uint64_t) ENTRIES + 1, (uint64_t) 2);
}

static int write_filter(sd_bus_message *m)
{
        const char *path = getenv("FAKE_FILTER");
        _cleanup_json_ json_t *filter = NULL;
        _cleanup_close_ int root = fs_open_root(NULL);
        _cleanup_free_ char *text = NULL;
        int r = bus_read_value(m, &filter);

        if (r < 0 || !path)
                return r;
        text = json_dumps(filter, JSON_COMPACT | JSON_SORT_KEYS);
        return text ? fs_replace_file(root, path, text, strlen(text), 0644) : -ENOMEM;
}

static int on_get_entries(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint64_t start, number;
        uint32_t max;
        int r = write_filter(m);

        if (r >= 0)
                r = sd_bus_message_read(m, "tu", &start, &max);
        if (r >= 0)
                r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        number = start > 0 ? start : 1;
        for (; r >= 0 && number <= n_entries && max > 0; number++, max--)
                r = append_entry(reply, number);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "t", number);
        if (r >= 0)
                r = sd_bus_message_send(reply);
        return r >= 0 && start > n_entries ? grow() : r;
}

static int on_verify(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "");
}

static int get_number(sd_bus *b, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "t", string_equal(property, "Count") ? n_entries : 1U);
}

static int get_string(sd_bus *b, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        _cleanup_free_ char *result = NULL;

        if (string_equal(property, "Status"))
                return sd_bus_message_append(reply, "s", getenv("FAKE_STATUS") ?: "match");
        if (string_equal(property, "Condition"))
                return sd_bus_message_append(reply, "s", getenv("FAKE_CONDITION") ?: "none");
        if (string_equal(property, "State")) {
                interrupt_caller();
                return sd_bus_message_append(reply, "s", job_state);
        }
        if (string_equal(property, "Result") && !string_equal(job_state, "running")) {
                result = read_file("FAKE_RESULT");
                return sd_bus_message_append(reply, "s", result);
        }
        return sd_bus_message_append(reply, "s", "");
}

static int get_progress(sd_bus *b, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "d", job_progress);
}

static int get_banks(sd_bus *b, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "aa{sv}", 1, 5, "algorithm", "s", "sha256", "pcr", "u",
                        10, "value", "s", "aa", "replayed", "s", "aa", "verdict", "s",
                        getenv("FAKE_STATUS") ?: "match");
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Describe", "", "s", on_describe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("JobRemoved", "os", 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable policy_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Apply", "a{sv}", "o", on_apply, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Off", "a{sv}", "o", on_apply, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable measurements_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("GetEntries", "a{sv}tu", "aa{sv}t", on_get_entries,
                        SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Verify", "a{sv}", "", on_verify, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Count", "t", get_number, 0, 0),
        SD_BUS_PROPERTY("Violations", "t", get_number, 0, 0),
        SD_BUS_PROPERTY("LastVerifiedUSec", "t", get_number, 0, 0),
        SD_BUS_PROPERTY("Status", "s", get_string, 0, 0),
        SD_BUS_PROPERTY("Condition", "s", get_string, 0, 0),
        SD_BUS_PROPERTY("Banks", "aa{sv}", get_banks, 0, 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable job_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Cancel", "", "", on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("State", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ProgressText", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Result", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Progress", "d", get_progress, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

int main(void)
{
        static const struct {
                const char *path;
                const char *interface;
                const sd_bus_vtable *vtable;
        } objects[] = {
                {BUS_PATH_MANAGER,       BUS_INTERFACE_MANAGER,      manager_vtable     },
                { BUS_PATH_POLICY,       BUS_INTERFACE_POLICY,       policy_vtable      },
                { BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS, measurements_vtable},
                { JOB_PATH,              BUS_INTERFACE_JOB,          job_vtable         },
        };
        int r = sd_event_default(&event);

        if (r >= 0)
                r = sd_bus_open_system(&bus);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(objects); i++)
                r = sd_bus_add_object_vtable(bus, NULL, objects[i].path, objects[i].interface,
                                objects[i].vtable, NULL);
        if (r >= 0)
                r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_request_name(bus, BUS_NAME, 0);
        if (r >= 0) {
                puts("ready");
                (void) fflush(stdout);
                r = sd_event_loop(event);
        }
        sd_bus_flush_close_unref(bus);
        sd_event_unref(event);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
