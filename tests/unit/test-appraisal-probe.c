/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kernel under enforcement says is for the machine. */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/appraisal-probe.h"

Test(appraisal_probe, answers_and_leaves_nothing_behind)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList names = { 0 };

        cr_assert_geq(appraisal_probe(root.fd, APPRAISAL_PROBE_DIRECTORY), 0);
        cr_assert_eq(fs_list_directory(root.fd, APPRAISAL_PROBE_DIRECTORY, 10, &names), 0);
        cr_assert_eq(names.count, 0);
}
