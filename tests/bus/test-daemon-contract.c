/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running daemon, dbus/, the table of polkit actions and polkit/ hold to each other. */
#include <ctype.h>

#include "fixture-bus.h"
#include "imad/polkit.h"

static char *read_source(const char *directory, const char *format, const char *name)
{
        _cleanup_close_ int fd = fs_open_root(getenv(directory));
        _cleanup_free_ char *path = NULL;
        char *text = NULL;

        cr_assert_geq(asprintf(&path, format, name), 0);
        cr_assert_eq(fs_read_file(fd, path, 1 << 20, &text, NULL), 0, "%s", path);
        return text;
}

/* Drops comments and white space between tags; <a></a> becomes <a/>. */
static void normalize(char *text)
{
        char *out = text;

        for (const char *in = text; *in;) {
                if (string_after(in, "<!--")) {
                        in = strstr(in, "-->") + 3;
                } else if (isspace((unsigned char) *in) && (out == text || out[-1] == '>')) {
                        in++;
                } else if (out > text && out[-1] == '>' && string_after(in, "</property>")) {
                        /* Only a property without annotation follows its own opening tag. */
                        if (out[-2] != '/') {
                                out[-1] = '/';
                                *out++ = '>';
                        } else {
                                out = mempcpy(out, "</property>", strlen("</property>"));
                        }
                        in += strlen("</property>");
                } else {
                        *out++ = *in++;
                }
        }
        *out = '\0';
}

static char *cut_interface(const char *xml, const char *interface)
{
        _cleanup_free_ char *begin = NULL;
        const char *from, *to;
        char *text;

        cr_assert_geq(asprintf(&begin, "<interface name=\"%s\">", interface), 0);
        from = strstr(xml, begin);
        cr_assert_not_null(from, "no interface %s", interface);
        to = strstr(from, "</interface>");
        cr_assert_not_null(to);
        text = strndup(from, (size_t) (to - from));
        normalize(text);
        return text;
}

static char *introspect(FixtureBus *f, const char *path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *text;

        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, path,
                                      "org.freedesktop.DBus.Introspectable", "Introspect", NULL,
                                      &reply, ""),
                        0);
        cr_assert_geq(sd_bus_message_read(reply, "s", &text), 0);
        return strdup(text);
}

static void count_own_interfaces(const char *xml, unsigned expected)
{
        unsigned n = 0;

        for (const char *p = xml; (p = strstr(p, "<interface name=\"org.imad1.")); p++)
                n++;
        cr_expect_eq(n, expected);
}

static void check_object(FixtureBus *f, const char *path, const char *interface)
{
        _cleanup_free_ char *xml = introspect(f, path);
        _cleanup_free_ char *contract = read_source("IMAD_INTERFACES", "/%s.xml", interface);
        _cleanup_free_ char *offered = cut_interface(xml, interface);
        _cleanup_free_ char *expected = cut_interface(contract, interface);

        cr_expect_str_eq(offered, expected);
        count_own_interfaces(xml, 1);
}

Test(contract, introspection_equals_the_xml)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;

        fixture_root_write(&f->root, "/var/lib/imad/transactions/1.json", "{}");
        fixture_bus_start_daemon(f);
        check_object(f, BUS_PATH_TRANSACTION "/1", BUS_INTERFACE_TRANSACTION);
        check_object(f, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER);
        check_object(f, BUS_PATH_POLICY, BUS_INTERFACE_POLICY);
        check_object(f, BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS);
        check_object(f, BUS_PATH_SIGNING, BUS_INTERFACE_SIGNING);
        cr_assert_eq(fixture_bus_call_policy(f->bus, "Apply", true, false, NULL, &job), 0);
        check_object(f, job, BUS_INTERFACE_JOB);
}

Test(contract, every_object_has_a_contract)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ json_t *objects = NULL;
        const char *path, *interface;
        json_t *interfaces, *properties;

        fixture_bus_start_daemon(f);
        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, BUS_PATH_MANAGER,
                                      "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                                      NULL, &reply, ""),
                        0);
        /* Keys are object paths, which bus_read_value() refuses: read them by hand. */
        cr_assert_geq(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}"), 0);
        while (sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}") > 0) {
                cr_assert_geq(sd_bus_message_read_basic(reply, 'o', &path), 0);
                cr_assert_eq(bus_read_value(reply, &interfaces), 1);
                json_object_foreach (interfaces, interface, properties) {
                        if (string_after(interface, "org.imad1."))
                                free(read_source("IMAD_INTERFACES", "/%s.xml", interface));
                }
                json_decref(interfaces);
                cr_assert_geq(sd_bus_message_exit_container(reply), 0);
        }
}

static bool table_has(const char *interface, const char *member)
{
        size_t n;
        const PolkitAction *actions = polkit_list_actions(&n);

        for (size_t i = 0; i < n; i++)
                if (string_equal(actions[i].interface, interface) &&
                                string_equal(actions[i].member, member))
                        return true;
        return false;
}

Test(contract, every_method_is_in_the_table_of_actions)
{
        static const char *const interfaces[] = { BUS_INTERFACE_MANAGER, BUS_INTERFACE_POLICY,
                BUS_INTERFACE_MEASUREMENTS, BUS_INTERFACE_SIGNING, BUS_INTERFACE_JOB };
        unsigned methods = 0;
        size_t n;

        for (size_t i = 0; i < ELEMENTSOF(interfaces); i++) {
                _cleanup_free_ char *xml = read_source("IMAD_INTERFACES", "/%s.xml", interfaces[i]);

                for (char *p = xml; (p = strstr(p, "<method name=\"")); methods++) {
                        char *name = p + strlen("<method name=\"");

                        p = strchr(name, '"');
                        *p++ = '\0';
                        cr_expect(table_has(interfaces[i], name), "%s.%s is not in the table",
                                        interfaces[i], name);
                }
        }
        (void) polkit_list_actions(&n);
        cr_expect_eq(n, methods, "the table names methods that do not exist");
}

Test(contract, every_action_is_declared)
{
        _cleanup_free_ char *policy = read_source("IMAD_POLKIT", "%s", "/org.imad1.policy");
        unsigned used = 0;
        size_t n;
        const PolkitAction *actions = polkit_list_actions(&n);

        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *element = NULL;

                if (!actions[i].action)
                        continue;
                cr_assert_geq(asprintf(&element, "<action id=\"%s\">", actions[i].action), 0);
                cr_expect_not_null(strstr(policy, element), "%s", actions[i].action);
                used++;
        }
        cr_expect_gt(used, 0);
        /* Nobody gets anything without being asked, and a remote administrator is asked too. */
        cr_expect_null(strstr(policy, ">yes<"));
        cr_expect_null(strstr(policy, ">no<"));
}

Test(contract, unknown_object_and_property_are_errors)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        int r;

        fixture_bus_start_daemon(f);
        r = sd_bus_call_method(f->bus, BUS_NAME, BUS_PATH_JOB "/1", BUS_INTERFACE_JOB, "Cancel",
                        NULL, NULL, "");
        cr_expect_lt(r, 0);
        r = sd_bus_call_method(f->bus, BUS_NAME, BUS_PATH_MANAGER,
                        "org.freedesktop.DBus.Properties", "Get", NULL, NULL, "ss",
                        BUS_INTERFACE_MANAGER, "Nothing");
        cr_expect_lt(r, 0);
}
