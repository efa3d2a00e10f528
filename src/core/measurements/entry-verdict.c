/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/entry-verdict.h"

#include "base/strings.h"

static const char *const verdict_names[ENTRY_VERDICT_MAX] = {
        [ENTRY_VERDICT_VIOLATION] = "violation",
        [ENTRY_VERDICT_BAD_DIGEST] = "bad-digest",
        [ENTRY_VERDICT_SIGNED] = "signed",
        [ENTRY_VERDICT_UNSIGNED] = "unsigned",
        [ENTRY_VERDICT_PLAIN] = "plain",
};

const char *entry_verdict_to_string(EntryVerdict verdict)
{
        return verdict >= 0 && verdict < ENTRY_VERDICT_MAX ? verdict_names[verdict] : NULL;
}

EntryVerdict entry_verdict_from_string(const char *name)
{
        for (int verdict = 0; verdict < ENTRY_VERDICT_MAX; verdict++)
                if (string_equal(verdict_names[verdict], name))
                        return (EntryVerdict) verdict;
        return ENTRY_VERDICT_INVALID;
}

static bool has_place_for_signature(const Measurement *m)
{
        for (size_t i = 0; m->template && i < m->template->n_fields; i++)
                if (m->template->fields[i] == MEASUREMENT_FIELD_SIG ||
                                m->template->fields[i] == MEASUREMENT_FIELD_EVMSIG)
                        return true;
        return false;
}

/* boot_aggregate, buffers and keys have names without a path. */
static bool is_file(const MeasurementView *view)
{
        return view->name_size > 0 && view->name[0] == '/';
}

static bool is_signed(const MeasurementView *view)
{
        return view->signature_size > 0 || view->evm_signature_size > 0 || view->modsig_size > 0;
}

bool entry_verdict_is_unsigned(const Measurement *m, const MeasurementView *view)
{
        return has_place_for_signature(m) && is_file(view) && !is_signed(view);
}

int entry_verdict_find(ReplayHasher *hasher, const Measurement *m, const MeasurementView *view,
                EntryVerdict *ret_verdict)
{
        ReplayDigests digests = { 0 };
        int r = m->violation ? 0 : replay_hasher_hash(hasher, m, &digests);

        /* The data of an entry of the template "ima" may be none that could be hashed. */
        if (r < 0 && r != -EBADMSG)
                return r;
        if (m->violation)
                *ret_verdict = ENTRY_VERDICT_VIOLATION;
        else if (r < 0 || !digests.fits)
                *ret_verdict = ENTRY_VERDICT_BAD_DIGEST;
        else if (is_signed(view))
                *ret_verdict = ENTRY_VERDICT_SIGNED;
        else if (entry_verdict_is_unsigned(m, view))
                *ret_verdict = ENTRY_VERDICT_UNSIGNED;
        else
                *ret_verdict = ENTRY_VERDICT_PLAIN;
        return 0;
}
