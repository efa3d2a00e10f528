/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What EVM has been told to do in this boot. */
#include <inttypes.h>

#include "base/strings.h"
#include "helpers/imad-worker/doctor.h"
#include "system/securityfs.h"

/*
 * By the bits that the kernel shows: security/integrity/evm/evm.h. It hides bit 31, "setup
 * complete" (evm_secfs.c), so nobody can read whether more may follow.
 */
static const struct {
        uint64_t bits;
        DoctorResult result;
        const char *message;
        const char *hint;
} states[] = {
        {0,  DOCTOR_RESULT_OK,      "EVM rests: nothing protects owner, mode and attributes of files",
         NULL                                                                                                                                               },
        { 2, DOCTOR_RESULT_OK,
         "EVM verifies signatures (2), without a key of this machine: what has no "
                        "portable signature is not protected",                                         "where unlabelled files cannot be labelled (EPERM) it was activated by 2 "
                        "alone: echo 0x80000002 >" SECURITYFS_EVM_PATH " allows it"           },
        { 6, DOCTOR_RESULT_WARNING,
         "EVM verifies signatures (2) and lets protected attributes be changed (4)",                   "end that with echo 0x80000002 >" SECURITYFS_EVM_PATH},
        { 1, DOCTOR_RESULT_OK,      "EVM protects files with an HMAC of this machine (1)",             NULL                                                 },
        { 3, DOCTOR_RESULT_OK,
         "EVM protects files with an HMAC of this machine (1), and verifies "
                        "signatures (2)",                                                              NULL                                                 },
};

/* The gate of package transactions signs for IMA only. */
static int warn_of_transactions(Doctor *doctor)
{
        return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                        "upgrade with EVM at rest, then label files anew and activate it",
                        "package transactions do not make EVM's signatures: files that an upgrade "
                        "brings lack security.evm");
}

int doctor_check_evm(Doctor *doctor)
{
        uint64_t bits;
        int r = securityfs_read_evm(doctor->worker->root_fd, &bits);

        if (r == -ENOENT)
                return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "this kernel has no EVM, or securityfs is not mounted");
        if (r < 0)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, "run imactl doctor as root",
                                "the state of EVM cannot be read: %s", strerror(-r));
        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                if (states[i].bits != bits)
                        continue;
                r = doctor_add(doctor, states[i].result, states[i].hint, "%s", states[i].message);
                return r < 0 || bits == 0 ? r : warn_of_transactions(doctor);
        }
        return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, NULL,
                        "EVM is in a state that imad does not know: %" PRIu64, bits);
}
