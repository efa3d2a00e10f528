/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fixture-bus.h"
#include "system/generation.h"

#define MANAGER BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER

static FixtureBus *new_with_kernel(void)
{
        _cleanup_buffer_ Buffer list = { 0 };
        FixtureBus *f = fixture_bus_new();

        fixture_append_boot(&list);
        fixture_bus_write_kernel(f, &list);
        return f;
}

static void write_intended(FixtureBus *f, const char *number)
{
        char text[64];

        (void) snprintf(text, sizeof(text), "{\"version\":1,\"intended\":%s,\"next\":9}\n", number);
        fixture_root_write(&f->root, "/var/lib/imad/state.json", text);
}

static void write_boot(FixtureBus *f, const char *outcome, const char *generation)
{
        char text[512];

        (void) snprintf(text, sizeof(text),
                        "{\"version\":1,\"outcome\":\"%s\",\"generation\":%s,\"release\":"
                        "\"6.12.0-test\",\"rules\":3,\"errno\":null,\"message\":\"it is so\","
                        "\"hint\":\"run something\",\"loaded_usec\":1,\"duration_usec\":2}\n",
                        outcome, generation);
        fixture_root_write(&f->root, "/run/imad/boot.json", text);
}

/* True when a next step has these words. */
static bool has_step(FixtureBus *f, const char *words)
{
        _cleanup_json_ json_t *description = fixture_bus_describe(f);
        const json_t *steps = json_object_get(description, "next_steps"), *step;
        size_t i;

        json_array_foreach (steps, i, step) {
                if (strstr(json_string_value(step), words))
                        return true;
        }
        return false;
}

Test(manager, without_policy)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "Supported", "true");
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"none\"");
        fixture_bus_expect(f, MANAGER, "Enforcement", "\"none\"");
        fixture_bus_expect(f, MANAGER, "Generation", "0");
        fixture_bus_expect(f, MANAGER, "BootResult", "{}");
        cr_expect(has_step(f, "imactl preset enable"));
        cr_expect(has_step(f, "imactl policy apply"));
}

Test(manager, loaded)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();
        _cleanup_json_ json_t *boot = NULL;

        write_intended(f, "4");
        write_boot(f, "loaded", "4");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"loaded\"");
        fixture_bus_expect(f, MANAGER, "Generation", "4");
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "4");
        boot = fixture_bus_get(f, MANAGER, "BootResult");
        cr_expect_str_eq(json_string_value(json_object_get(boot, "outcome")), "loaded");
        cr_expect_eq(json_integer_value(json_object_get(boot, "rules")), 3);
}

Test(manager, rules_of_the_generation_in_force_tell_the_enforcement)
{
        static const char rules[] = "appraise func=BPRM_CHECK appraise_type=imasig\n";
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();
        _cleanup_generation_ Generation generation = { .number = 4 };

        cr_assert_eq(generation_add_kernel(
                                     &generation, "6.12.0-test", rules, strlen(rules), 1, NULL),
                        0);
        cr_assert_eq(generation_write(f->root.fd, &generation), 0);
        /* A kernel that took a policy and does not show it. */
        (void) fs_remove_tree(f->root.fd, "/sys/kernel/security/ima/policy");
        write_intended(f, "4");
        write_boot(f, "loaded", "4");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"loaded\"");
        fixture_bus_expect(f, MANAGER, "Enforcement", "\"enforce\"");
}

Test(manager, intended_for_the_next_boot_is_announced)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        write_boot(f, "none-intended", "null");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"none\"");
        write_intended(f, "5");
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MANAGER, "PropertiesChanged",
                                      "\"PolicyState\":\"next-boot\"", 5 * USEC_PER_SEC),
                        0);
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "5");
        cr_expect(has_step(f, "reboot"));
}

Test(manager, off_is_for_the_next_boot)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        write_intended(f, "null");
        write_boot(f, "loaded", "4");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"next-boot\"");
        fixture_bus_expect(f, MANAGER, "Generation", "4");
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "0");
}

Test(manager, failed_load_tells_the_cause)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        write_intended(f, "4");
        write_boot(f, "refused", "4");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"failed\"");
        fixture_bus_expect(f, MANAGER, "Generation", "0");
        cr_expect(has_step(f, "it is so"));
        cr_expect(has_step(f, "run something"));
}

Test(manager, policy_of_somebody_else)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/kernel/security/ima/policy"), 0);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"foreign\"");
}

Test(manager, without_ima)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();

        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "Supported", "false");
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"unsupported\"");
        fixture_bus_expect(f, MANAGER, "Enforcement", "\"unsupported\"");
        cr_expect(has_step(f, "imactl doctor"));
}

Test(manager, rules_that_the_kernel_shows_count)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        fixture_root_write(&f->root, "/sys/kernel/security/ima/policy",
                        "dont_measure fsmagic=0x9fa0\nappraise func=BPRM_CHECK\n");
        write_intended(f, "4");
        write_boot(f, "loaded", "4");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "Enforcement", "\"enforce\"");
}

Test(manager, damaged_state_is_no_crash)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        fixture_root_write(&f->root, "/var/lib/imad/state.json", "{\"version\":");
        fixture_root_write(&f->root, "/run/imad/boot.json", "nothing");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "0");
        fixture_bus_expect(f, MANAGER, "BootResult", "{}");
}

/* The directory does not even exist when the daemon starts. */
Test(manager, new_fragment_is_pending)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "Pending",
                        "{\"changed\":false,\"diagnostics\":[],\"error\":\"\"}");
        fixture_bus_write_worker(f, "policy-pending",
                        "echo '{\"changed\":true,\"diagnostics\":[{\"severity\":\"error\","
                        "\"code\":\"E101\",\"source\":\"/etc/imad/policy.d/10-a.yaml\",\"line\":3,"
                        "\"column\":1,\"message\":\"no\",\"hint\":null}]}'\nexit 4");
        fixture_root_write(&f->root, "/etc/imad/policy.d/10-a.yaml", "policy: 1\n");
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MANAGER, "PropertiesChanged",
                                      "\"line\":3", 5 * USEC_PER_SEC),
                        0);
        cr_expect(has_step(f, "imactl policy check"));
        /* Now the directory itself is watched. */
        fixture_bus_write_worker(f, "policy-pending", "echo '{\"changed\":true}'");
        fixture_root_write(&f->root, "/etc/imad/policy.d/10-a.yaml", "policy: 1\n\n");
        fixture_bus_expect(f, MANAGER, "Pending",
                        "{\"changed\":true,\"diagnostics\":[],\"error\":\"\"}");
        cr_expect(has_step(f, "differ"));
}

Test(manager, restart_picks_everything_up)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();

        write_intended(f, "4");
        write_boot(f, "loaded", "4");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"loaded\"");
        cr_assert_eq(fixture_bus_stop_daemon(f, NULL), 0);
        write_intended(f, "5");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"next-boot\"");
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "5");
        fixture_bus_expect(f, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS, "Status",
                        "\"match\"");
}

Test(manager, second_daemon_gives_up)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();
        pid_t first;
        int status;

        fixture_bus_start_daemon(f);
        first = f->daemon_pid;
        fixture_bus_start_daemon(f);
        cr_assert_eq(waitpid(f->daemon_pid, &status, 0), f->daemon_pid);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        f->daemon_pid = first;
        fixture_bus_expect(f, MANAGER, "Supported", "true");
}

Test(manager, attributes_have_the_shape_of_fwupd)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ json_t *attributes = NULL;
        const json_t *last;

        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS, "Status",
                        "\"match\"");
        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, MANAGER, "GetSecurityAttributes", NULL,
                                      &reply, ""),
                        0);
        cr_assert_eq(bus_read_value(reply, &attributes), 1);
        cr_assert_eq(json_array_size(attributes), 3);
        last = json_array_get(attributes, 2);
        cr_expect_str_eq(json_string_value(json_object_get(last, "AppstreamId")),
                        "org.imad1.Measurements");
        cr_expect_str_eq(json_string_value(json_object_get(last, "HsiResult")), "match");
        cr_expect_str_eq(json_string_value(json_array_get(json_object_get(last, "Flags"), 0)),
                        "success");
}

/* Waits for a datagram to the service manager that has this line. */
static bool wait_notification(int fd, const char *line)
{
        char text[4096];
        ssize_t n;

        while ((n = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
                text[n] = '\0';
                if (strstr(text, line))
                        return true;
        }
        return false;
}

Test(manager, service_manager_is_told)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_with_kernel();
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const struct timeval timeout = { .tv_sec = 5 };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", f->run.path);
        cr_assert_eq(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
        cr_assert_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
        cr_assert_eq(setenv("WATCHDOG_USEC", "1000000", 1), 0);
        fixture_bus_start_daemon(f);
        cr_expect(wait_notification(fd, "READY=1"));
        cr_expect(wait_notification(fd, "STATUS=Policy none"));
        cr_expect(wait_notification(fd, "WATCHDOG=1"));
        cr_expect(wait_notification(fd, "WATCHDOG=1"), "it is fed again and again");
        cr_assert_eq(kill(f->daemon_pid, SIGHUP), 0);
        cr_expect(wait_notification(fd, "RELOADING=1"));
        cr_expect(wait_notification(fd, "READY=1"));
        cr_assert_eq(kill(f->daemon_pid, SIGTERM), 0);
        cr_expect(wait_notification(fd, "STOPPING=1"));
}

static unsigned long read_memory(pid_t pid)
{
        _cleanup_close_ int root_fd = fs_open_root("/");
        _cleanup_free_ char *text = NULL;
        char path[64];
        const char *line;

        (void) snprintf(path, sizeof(path), "/proc/%d/status", pid);
        cr_assert_eq(fs_read_file(root_fd, path, 1 << 16, &text, NULL), 0);
        line = strstr(text, "VmHWM:");
        cr_assert_not_null(line);
        return strtoul(line + strlen("VmHWM:"), NULL, 10) * 1024;
}

/* The highest that it ever was, shared libraries included. */
Test(manager, memory_does_not_depend_on_the_list)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_buffer_ Buffer list = { 0 };
        unsigned long memory;

        for (unsigned i = 0; i < 100000; i++) {
                char name[64];

                (void) snprintf(name, sizeof(name), "/usr/lib/x86_64-linux-gnu/file-%u", i);
                fixture_append_ng(&list, 10, name);
        }
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS, "Status",
                        "\"match\"");
        fixture_bus_expect(f, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS, "Count", "100000");
        memory = read_memory(f->daemon_pid);
        cr_assert_gt(memory, 0);
#ifndef __SANITIZE_ADDRESS__
        cr_expect_lt(memory, 10000000UL, "%lu bytes", memory);
#endif
}
