/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-bus.h"
#include "system/transaction-store.h"

#define REPORT                                                                                     \
        "{\"owner\":{\"name\":\"apt-get\",\"pid\":7},\"begin_usec\":1000,\"end_usec\":2000,"       \
        "\"packages\":[{\"name\":\"a\",\"old_version\":\"1\",\"version\":\"2\","                   \
        "\"allowed\":false}],\"unknown\":[{\"path\":\"/x\"}],\"foreign\":[{\"path\":\"/y\"}],"     \
        "\"failed\":[],\"labelled\":3,\"denials\":[]}"

static json_t *get(FixtureBus *f, const char *path, const char *property)
{
        return fixture_bus_get(f, path, BUS_INTERFACE_TRANSACTION, property);
}

static bool has_step(const json_t *description, const char *part)
{
        const json_t *steps = json_object_get(description, "next_steps"), *step;
        size_t i;

        json_array_foreach (steps, i, step)
                if (strstr(json_string_value(step), part))
                        return true;
        return false;
}

static void expect_number(FixtureBus *f, const char *property, json_int_t value)
{
        _cleanup_json_ json_t *found = get(f, BUS_PATH_TRANSACTION "/1", property);

        cr_expect_eq(json_integer_value(found), value, "%s", property);
}

Test(transactions, each_report_is_an_object)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *packages = NULL, *owner = NULL;
        const char *name, *old;

        fixture_root_write(&f->root, TRANSACTION_STORE_DIRECTORY "/1.json", REPORT);
        fixture_bus_start_daemon(f);
        owner = get(f, BUS_PATH_TRANSACTION "/1", "Owner");
        cr_expect_str_eq(json_string_value(owner), "apt-get");
        expect_number(f, "Number", 1);
        expect_number(f, "BeginUSec", 1000);
        expect_number(f, "EndUSec", 2000);
        expect_number(f, "Labelled", 3);
        expect_number(f, "Unsigned", 2);
        packages = get(f, BUS_PATH_TRANSACTION "/1", "Packages");
        cr_assert_eq(json_unpack(packages, "[{s:s, s:s}]", "name", &name, "old_version", &old), 0);
        cr_expect_str_eq(name, "a");
        cr_expect_str_eq(old, "1");
}

Test(transactions, a_new_one_is_announced)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        int added, new;

        fixture_bus_start_daemon(f);
        fixture_root_write(&f->root, TRANSACTION_STORE_DIRECTORY "/.1.json", REPORT);
        cr_assert_eq(fs_rename(f->root.fd, TRANSACTION_STORE_DIRECTORY "/.1.json",
                                     TRANSACTION_STORE_DIRECTORY "/1.json"),
                        0);
        new = fixture_bus_wait_signal(f, BUS_PATH_MANAGER, "TransactionNew",
                        BUS_PATH_TRANSACTION "/1", 10 * USEC_PER_SEC);
        cr_assert_geq(new, 0);
        added = fixture_bus_wait_signal(f, NULL, "InterfacesAdded", BUS_INTERFACE_TRANSACTION, 0);
        cr_assert_geq(added, 0);
        cr_expect_lt(added, new);
        expect_number(f, "Labelled", 3);
}

Test(transactions, a_damaged_report_is_left_out)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *owner = NULL;

        fixture_root_write(&f->root, TRANSACTION_STORE_DIRECTORY "/1.json", "{");
        fixture_root_write(&f->root, TRANSACTION_STORE_DIRECTORY "/2.json", REPORT);
        fixture_bus_start_daemon(f);
        owner = get(f, BUS_PATH_TRANSACTION "/2", "Owner");
        cr_expect_str_eq(json_string_value(owner), "apt-get");
}

Test(transactions, packages_that_came_without_one_are_noticed)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *packages = NULL, *description = NULL;

        fixture_root_write(&f->root, TRANSACTION_STORE_DIRECTORY "/1.json", REPORT);
        fixture_root_write(&f->root, "/var/lib/dpkg/info/sneaked:amd64.list", "/.\n");
        fixture_bus_start_daemon(f);
        packages = fixture_bus_get(
                        f, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "UnrecordedPackages");
        cr_assert_eq(json_array_size(packages), 1);
        cr_expect_str_eq(json_string_value(json_array_get(packages, 0)), "sneaked");
        description = fixture_bus_describe(f);
        cr_expect(has_step(description, "imactl sign --installed"), "status says what to do");
}
