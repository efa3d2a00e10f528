/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/tpm.h"

#include <stdio.h>

#include "base/fs.h"
#include "base/strings.h"
#include "system/tpm-esys.h"

#define SYSFS_TPM "/sys/class/tpm/tpm0"
#define SYSFS_ENTRIES_MAX 256

/* 64 bytes in hexadecimal and a newline. */
#define SYSFS_PCR_MAX 256

struct Tpm {
        int root_fd; /* borrowed */
        char *tcti;
        TpmEsys *esys; /* made when it is needed */
        TpmSource source;
};

const char *tpm_source_to_string(TpmSource source)
{
        static const char *const names[TPM_SOURCE_MAX] = {
                [TPM_SOURCE_NONE] = "none",
                [TPM_SOURCE_SYSFS] = "sysfs",
                [TPM_SOURCE_ESYS] = "esys",
        };

        return source >= 0 && source < TPM_SOURCE_MAX ? names[source] : NULL;
}

/* Names a transport and its target, so that nothing is left for the library to search. */
static bool tcti_is_explicit(const char *tcti)
{
        static const char *const transports[] = { "device:/", "swtpm:" };

        for (size_t i = 0; tcti && i < ELEMENTSOF(transports); i++) {
                const char *target = string_after(tcti, transports[i]);

                if (target && *target)
                        return true;
        }
        return false;
}

int tpm_new(int root_fd, const char *tcti, Tpm **ret_tpm)
{
        _cleanup_tpm_ Tpm *tpm = NULL;

        if (!tcti_is_explicit(tcti))
                return -EINVAL;
        tpm = calloc(1, sizeof(*tpm));
        if (!tpm)
                return -ENOMEM;
        tpm->root_fd = root_fd;
        tpm->tcti = strdup(tcti);
        if (!tpm->tcti)
                return -ENOMEM;
        *ret_tpm = TAKE_PTR(tpm);
        return 0;
}

Tpm *tpm_free(Tpm *tpm)
{
        if (tpm) {
                tpm_esys_free(tpm->esys);
                free(tpm->tcti);
                free(tpm);
        }
        return NULL;
}

TpmSource tpm_get_source(const Tpm *tpm)
{
        return tpm->source;
}

/* -ENOENT when this kernel shows no PCRs there. */
static int sysfs_get_banks(int root_fd, HashAlgorithm *banks, size_t max, size_t *ret_n_banks)
{
        _cleanup_strings_ StringList names = { 0 };
        bool shown = false;
        size_t n = 0;
        int r;

        r = fs_list_directory(root_fd, SYSFS_TPM, SYSFS_ENTRIES_MAX, &names);
        if (r < 0)
                return r;
        for (size_t i = 0; i < names.count; i++) {
                const char *name = string_after(names.items[i], "pcr-");
                HashAlgorithm bank;

                if (!name)
                        continue;
                shown = true;
                bank = hash_algorithm_from_string(name);
                if (bank < 0)
                        continue;
                if (n == max)
                        return -E2BIG;
                banks[n++] = bank;
        }
        if (!shown)
                return -ENOENT;
        *ret_n_banks = n;
        return 0;
}

/* Every bank has a file for each PCR. -ENOENT when this kernel shows none. */
static int sysfs_get_pcr_count(int root_fd, uint32_t *ret_count)
{
        _cleanup_strings_ StringList names = { 0 };
        HashAlgorithm banks[HASH_ALGORITHM_MAX];
        size_t n_banks;
        char path[128];
        int r = sysfs_get_banks(root_fd, banks, ELEMENTSOF(banks), &n_banks);

        if (r < 0)
                return r;
        if (n_banks == 0)
                return -ENOENT;
        (void) snprintf(path, sizeof(path), SYSFS_TPM "/pcr-%s",
                        hash_algorithm_to_string(banks[0]));
        r = fs_list_directory(root_fd, path, SYSFS_ENTRIES_MAX, &names);
        if (r < 0)
                return r;
        *ret_count = (uint32_t) names.count;
        return 0;
}

static int sysfs_read_pcr(int root_fd, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        _cleanup_free_ char *text = NULL;
        Digest digest = { .algorithm = bank };
        char path[128];
        size_t size;
        int r;

        (void) snprintf(path, sizeof(path), SYSFS_TPM "/pcr-%s/%u", hash_algorithm_to_string(bank),
                        pcr);
        r = fs_read_file(root_fd, path, SYSFS_PCR_MAX, &text, &size);
        if (r < 0)
                return r;
        if (hex_decode(string_strip(text), digest.bytes, sizeof(digest.bytes), &digest.size) < 0 ||
                        digest.size != hash_algorithm_size(bank))
                return -EIO;
        *ret_digest = digest;
        return 0;
}

static int connect_esys(Tpm *tpm)
{
        return tpm->esys ? 0 : tpm_esys_new(tpm->root_fd, tpm->tcti, &tpm->esys);
}

/* Keeps the source of an answer; a failed connection is not used again. */
static int finish(Tpm *tpm, TpmSource source, int r)
{
        if (r >= 0) {
                tpm->source = source;
                return 0;
        }
        if (r == -ENODEV)
                tpm->source = TPM_SOURCE_NONE;
        if (r != -ENOENT && r != -E2BIG)
                tpm->esys = tpm_esys_free(tpm->esys);
        return r;
}

int tpm_get_banks(Tpm *tpm, HashAlgorithm *ret_banks, size_t max, size_t *ret_n_banks)
{
        int r;

        r = sysfs_get_banks(tpm->root_fd, ret_banks, max, ret_n_banks);
        if (r != -ENOENT)
                return finish(tpm, TPM_SOURCE_SYSFS, r);
        r = connect_esys(tpm);
        if (r >= 0)
                r = tpm_esys_get_banks(tpm->esys, ret_banks, max, ret_n_banks);
        return finish(tpm, TPM_SOURCE_ESYS, r);
}

int tpm_get_pcr_count(Tpm *tpm, uint32_t *ret_count)
{
        int r = sysfs_get_pcr_count(tpm->root_fd, ret_count);

        if (r != -ENOENT)
                return finish(tpm, TPM_SOURCE_SYSFS, r);
        r = connect_esys(tpm);
        if (r >= 0)
                r = tpm_esys_get_pcr_count(tpm->esys, ret_count);
        return finish(tpm, TPM_SOURCE_ESYS, r);
}

int tpm_read_pcr(Tpm *tpm, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        HashAlgorithm banks[HASH_ALGORITHM_MAX];
        size_t n_banks;
        int r;

        if (pcr >= TPM_PCRS || hash_algorithm_size(bank) == 0)
                return -ENOENT;
        r = sysfs_read_pcr(tpm->root_fd, bank, pcr, ret_digest);
        if (r != -ENOENT)
                return finish(tpm, TPM_SOURCE_SYSFS, r);
        /* Where sysfs shows other banks this one is not allocated. */
        if (sysfs_get_banks(tpm->root_fd, banks, ELEMENTSOF(banks), &n_banks) >= 0)
                return -ENOENT;
        r = connect_esys(tpm);
        if (r >= 0)
                r = tpm_esys_read_pcr(tpm->esys, bank, pcr, ret_digest);
        return finish(tpm, TPM_SOURCE_ESYS, r);
}

int tpm_read_pcrs(Tpm *tpm, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                PcrValueList *values)
{
        for (size_t i = 0; i < n_banks; i++)
                for (uint32_t pcr = 0; pcr < TPM_PCRS; pcr++) {
                        PcrValue value = { .pcr = pcr };
                        int r;

                        if (!(pcrs & (UINT32_C(1) << pcr)))
                                continue;
                        r = tpm_read_pcr(tpm, banks[i], pcr, &value.value);
                        if (r >= 0)
                                r = pcr_value_list_set(values, &value);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int tpm_make_quote(Tpm *tpm, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                const void *nonce, size_t nonce_size, TpmQuote *ret_quote)
{
        int r = connect_esys(tpm);

        if (r >= 0)
                r = tpm_esys_quote(tpm->esys, banks, n_banks, pcrs, nonce, nonce_size, ret_quote);
        return finish(tpm, TPM_SOURCE_ESYS, r);
}

int tpm_read_ek_certificate(Tpm *tpm, TpmBytes *ret_bytes)
{
        int r = connect_esys(tpm);

        if (r >= 0)
                r = tpm_esys_read_ek_certificate(tpm->esys, ret_bytes);
        return finish(tpm, TPM_SOURCE_ESYS, r);
}
