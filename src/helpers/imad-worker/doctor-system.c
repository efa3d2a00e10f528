/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the running system offers: securityfs, TPM, keyrings. */
#include "base/buffer.h"
#include "helpers/imad-worker/doctor.h"
#include "system/keyring.h"
#include "system/securityfs.h"
#include "system/tpm.h"

#define IMA_PCR 10

int doctor_check_securityfs(Doctor *doctor)
{
        ImaPolicyState state;

        switch (securityfs_get_ima_state(doctor->worker->root_fd)) {
        case IMA_STATE_NO_SECURITYFS:
                return doctor_add(doctor, DOCTOR_RESULT_FAILED,
                                "mount -t securityfs securityfs " SECURITYFS_PATH,
                                "securityfs is not mounted at " SECURITYFS_PATH);
        case IMA_STATE_ABSENT:
                return doctor_add(doctor, DOCTOR_RESULT_FAILED, "use a kernel with CONFIG_IMA=y",
                                "securityfs has no directory ima: IMA is not in this kernel");
        default:
                break;
        }
        if (securityfs_get_policy_state(doctor->worker->root_fd, &state) >= 0 &&
                        state == IMA_POLICY_STATE_READ_ONLY)
                return doctor_add(doctor, DOCTOR_RESULT_FAILED,
                                "mount -o remount,rw " SECURITYFS_PATH,
                                "securityfs is mounted read-only: no policy can be loaded");
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL, "securityfs is mounted and IMA is there");
}

static int explain_tpm_error(Doctor *doctor, int error)
{
        switch (-error) {
        case ENODEV:
        case ENOENT:
                return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                                "switch the TPM on in the firmware settings, if there is one",
                                "there is no TPM: nothing vouches for the measurement list");
        case EACCES:
        case EPERM:
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, "run it as root",
                                "the TPM cannot be asked: permission denied");
        default:
                return doctor_add(doctor, DOCTOR_RESULT_FAILED, "see the kernel log for tpm",
                                "the TPM does not answer: %s", strerror(-error));
        }
}

static int report_banks(Doctor *doctor, Tpm *tpm, const HashAlgorithm *banks, size_t n_banks)
{
        _cleanup_buffer_ Buffer names = { 0 };
        bool strong = false, zero = false;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_banks; i++) {
                Digest value;

                strong = strong || hash_algorithm_size(banks[i]) >= 32;
                zero = zero || (tpm_read_pcr(tpm, banks[i], IMA_PCR, &value) >= 0 &&
                                               bytes_are_zero(value.bytes, value.size));
                r = buffer_append_format(&names, "%s%s", i > 0 ? ", " : "",
                                hash_algorithm_to_string(banks[i]));
        }
        if (r < 0)
                return r;
        if (!strong)
                return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                                "allocate the sha256 bank in the firmware settings",
                                "the TPM has no bank stronger than SHA-1 (%s)",
                                names.data ? names.data : "none");
        if (zero)
                return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                                "see whether the kernel found the TPM when IMA started",
                                "PCR %d was never extended: IMA does not use this TPM", IMA_PCR);
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                        "the TPM has the banks %s and holds PCR %d", names.data, IMA_PCR);
}

int doctor_check_tpm(Doctor *doctor)
{
        HashAlgorithm banks[TPM_BANKS_MAX];
        _cleanup_tpm_ Tpm *tpm = NULL;
        size_t n_banks;
        int r = tpm_new(doctor->worker->root_fd, TPM_TCTI, &tpm);

        if (r >= 0)
                r = tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n_banks);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return explain_tpm_error(doctor, r);
        return report_banks(doctor, tpm, banks, n_banks);
}

/* The kernel's own keyring, or, where it has none, the one that user space may make. */
static int check_keyring(Doctor *doctor, const KeyringList *list, const char *own, const char *made,
                const char *purpose)
{
        const Keyring *keyring = keyring_list_find(list, own);

        if (!keyring)
                keyring = keyring_list_find(list, made);
        if (!keyring)
                return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "neither %s nor %s is visible: %s cannot be verified yet", own,
                                made, purpose);
        if (keyring->n_keys == 0)
                return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "keyring %s is empty: %s cannot be verified yet", keyring->name,
                                purpose);
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL, "keyring %s holds %llu keys for %s",
                        keyring->name, (unsigned long long) keyring->n_keys, purpose);
}

int doctor_check_keyrings(Doctor *doctor)
{
        _cleanup_keyrings_ KeyringList list = { 0 };
        int r = keyring_list_load(doctor->worker->root_fd, &list);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, NULL,
                                "/proc/keys cannot be read: %s", strerror(-r));
        r = check_keyring(doctor, &list, ".ima", "_ima", "signatures of files");
        if (r >= 0)
                r = check_keyring(doctor, &list, ".evm", "_evm", "signatures of attributes");
        return r;
}
