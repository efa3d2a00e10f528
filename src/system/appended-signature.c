/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/appended-signature.h"

#include <sys/stat.h>
#include <unistd.h>

#include "system/file-facts.h"

void appended_signature_done(AppendedSignature *signature)
{
        free(signature->der);
        *signature = (AppendedSignature){ 0 };
}

static int read_at(int fd, uint64_t offset, void *bytes, size_t size)
{
        ssize_t n = pread(fd, bytes, size, (off_t) offset);

        if (n < 0)
                return -errno;
        return (size_t) n == size ? 0 : -ENODATA;
}

static int find(int fd, Modsig *ret_place)
{
        uint8_t tail[MODSIG_TAIL_SIZE];
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size <= (off_t) sizeof(tail))
                return -ENODATA;
        r = read_at(fd, (uint64_t) st.st_size - sizeof(tail), tail, sizeof(tail));
        if (r >= 0)
                r = modsig_parse(tail, sizeof(tail), (uint64_t) st.st_size, ret_place);
        return r >= 0 && ret_place->der_size > APPENDED_SIGNATURE_MAX ? -ENODATA : r;
}

int appended_signature_load(int fd, AppendedSignature *ret_signature)
{
        _cleanup_appended_signature_ AppendedSignature signature = { 0 };
        int r = find(fd, &signature.place);

        if (r < 0)
                return r;
        if (signature.place.der_size == 0)
                return -ENODATA;
        signature.der = malloc(signature.place.der_size);
        if (!signature.der)
                return -ENOMEM;
        r = read_at(fd, signature.place.content_size, signature.der, signature.place.der_size);
        if (r >= 0)
                r = modsig_get_hash(signature.der, signature.place.der_size, &signature.hash);
        /* The kernel reads no signature out of what is no PKCS#7. */
        if (r == -EBADMSG)
                r = -ENODATA;
        if (r >= 0)
                r = file_facts_hash_part(fd, signature.hash, signature.place.content_size,
                                &signature.digest);
        if (r >= 0)
                *ret_signature = TAKE_STRUCT(signature);
        return r;
}

SignatureVerdict appended_signature_check(
                SignatureVerifier *verifier, const AppendedSignature *signature)
{
        SignatureVerdict verdict = signature_verifier_check_pkcs7(
                        verifier, signature->der, signature->place.der_size, &signature->digest);

        /* With signed attributes. */
        if (verdict == SIGNATURE_VERDICT_UNCHECKED)
                return SIGNATURE_VERDICT_UNSIGNED;
        return verdict == SIGNATURE_VERDICT_UNKNOWN_KEY &&
                                               !signature_verifier_has_certificates(verifier)
                               ? SIGNATURE_VERDICT_UNCHECKED
                               : verdict;
}
