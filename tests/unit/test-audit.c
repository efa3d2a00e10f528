/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "base/fs.h"
#include "system/audit.h"

/* The record of a serial number in tests/data/audit/records.log. */
static int decode_recorded(unsigned serial, AuditIntegrity *ret_record)
{
        _cleanup_close_ int data_fd = fs_open_root(getenv("TEST_DATA"));
        _cleanup_free_ char *text = NULL;
        char mark[32], *next;
        size_t size;

        cr_assert_eq(fs_read_file(data_fd, "audit/records.log", 65536, &text, &size), 0);
        (void) snprintf(mark, sizeof(mark), ":%u): ", serial);
        for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
                if (strstr(line, mark))
                        return audit_decode(line, strlen(line), ret_record);
        cr_assert_fail("no record %u", serial);
        return -ENOENT;
}

Test(audit, denial_of_an_unsigned_program)
{
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(decode_recorded(45, &record), 1);
        cr_assert_eq(record.type, AUDIT_TYPE_DATA);
        cr_assert_eq(record.serial, 45);
        cr_assert_eq(record.time_usec, 1700000000123000);
        cr_assert_eq(record.pid, 812);
        cr_assert_eq(record.uid, 0);
        cr_assert_eq(record.login_uid, -1);
        cr_assert_str_eq(record.operation, "appraise_data");
        cr_assert_str_eq(record.cause, "IMA-signature-required");
        cr_assert_str_eq(record.process, "bash");
        cr_assert_str_eq(record.file, "/usr/local/bin/tool");
        cr_assert_str_eq(record.device, "nvme0n1");
        cr_assert_eq(record.inode, 1234);
        cr_assert_not(record.success);
        cr_assert(audit_integrity_is_denial(&record));
}

Test(audit, names_with_special_bytes_are_hexadecimal_in_the_kernel_log)
{
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(decode_recorded(46, &record), 1);
        cr_assert_str_eq(record.process, "a b\"c");
        cr_assert_str_eq(record.file, "/tmp/a b.sh");
        cr_assert_eq(record.login_uid, 1000);
}

Test(audit, evm_refusal_is_a_denial)
{
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(decode_recorded(47, &record), 1);
        cr_assert_eq(record.type, AUDIT_TYPE_METADATA);
        cr_assert_str_eq(record.cause, "no_label");
        cr_assert(audit_integrity_is_denial(&record));
}

Test(audit, policy_loads_and_causes_with_blanks)
{
        _cleanup_audit_ AuditIntegrity refused = { 0 }, loaded = { 0 };

        cr_assert_eq(decode_recorded(48, &refused), 1);
        cr_assert_str_eq(refused.operation, "policy_update");
        cr_assert_str_eq(refused.cause, "signed policy required");
        cr_assert_str_eq(refused.process, "imad-load");
        cr_assert_not(refused.success);
        cr_assert_not(audit_integrity_is_denial(&refused));
        cr_assert_eq(decode_recorded(49, &loaded), 1);
        cr_assert_str_eq(loaded.cause, "completed");
        cr_assert(loaded.success);
}

Test(audit, violation)
{
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(decode_recorded(50, &record), 1);
        cr_assert_eq(record.type, AUDIT_TYPE_PCR);
        cr_assert_str_eq(record.cause, "ToMToU");
        cr_assert_str_eq(record.file, "/etc/motd");
}

Test(audit, rule_with_action_audit_has_hash_and_executable)
{
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(decode_recorded(51, &record), 1);
        cr_assert_str_eq(record.file, "/usr/bin/id");
        cr_assert_str_eq(record.hash,
                        "sha256:"
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        cr_assert_str_eq(record.executable, "/usr/bin/id");
        cr_assert_eq(record.pid, 816);
        cr_assert(record.success);
}

Test(audit, zero_is_success_for_evm_attributes)
{
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(decode_recorded(52, &record), 1);
        cr_assert_str_eq(record.file, "security.apparmor");
        cr_assert(record.success);
}

Test(audit, rules_that_the_kernel_read)
{
        _cleanup_audit_ AuditIntegrity good = { 0 }, bad = { 0 };

        cr_assert_eq(decode_recorded(53, &good), 1);
        cr_assert_str_eq(good.rule, "action=measure func=BPRM_CHECK mask=MAY_EXEC");
        cr_assert(good.success);
        cr_assert_eq(decode_recorded(54, &bad), 1);
        cr_assert_str_eq(bad.rule, "action=appraise fsname=x res=1 func=NOPE");
        cr_assert_not(bad.success, "a value cannot pass for the kernel's verdict");
}

Test(audit, other_records_are_passed_over)
{
        AuditIntegrity record;

        cr_assert_eq(decode_recorded(55, &record), 0);
}

Test(audit, malformed_records_are_refused)
{
        static const char *const lines[] = { "", "type=INTEGRITY_DATA", "type=1800 msg=audit(",
                "type=1800 msg=audit(x): pid=1", "no record at all",
                "type=1807 msg=audit(1700000007.000:53): nothing" };
        static char huge[20000];
        AuditIntegrity record;

        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                cr_assert_eq(audit_decode(lines[i], strlen(lines[i]), &record), -EBADMSG, "%s",
                                lines[i]);
        memset(huge, 'a', sizeof(huge));
        cr_assert_eq(audit_decode(huge, sizeof(huge), &record), -E2BIG);
}

Test(audit, netlink_text_comes_without_its_type)
{
        static const char text[] = "audit(1700000000.123:45): pid=1 uid=0 op=appraise_data "
                                   "cause=missing-hash comm=\"sh\" name=\"/x\" res=0 errno=0";
        _cleanup_audit_ AuditIntegrity record = { 0 };

        cr_assert_eq(audit_decode_typed(1800, text, strlen(text), &record), 1);
        cr_assert_str_eq(record.cause, "missing-hash");
        cr_assert_eq(audit_decode_typed(1300, text, strlen(text), &record), 0);
}

Test(audit, listener_needs_the_capability_or_starts_empty)
{
        _cleanup_audit_listener_ AuditListener *listener = NULL;
        _cleanup_audit_ AuditIntegrity record = { 0 };
        int r = audit_listener_new(&listener);

        if (r < 0) {
                cr_assert(r == -EPERM || r == -EPROTONOSUPPORT || r == -ECONNREFUSED, "%s",
                                strerror(-r));
                return;
        }
        cr_assert_geq(audit_listener_get_fd(listener), 0);
        cr_assert_geq(audit_listener_read(listener, &record), 0);
}
