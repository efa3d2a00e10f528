/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signatures over arbitrary bytes: the first one chooses between a label, an appended signature, a
 * file of revocation lists and one of certificates.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/signature/chain.h"
#include "core/signature/verifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_certificates(const uint8_t *data, size_t size)
{
        _cleanup_certificates_ CertificateList list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        (void) certificate_list_parse(&list, data, size, &diags, "fuzz");
}

static void parse_revocations(const uint8_t *data, size_t size)
{
        _cleanup_chain_store_ ChainStore *store = NULL;
        _cleanup_diags_ DiagList diags = { 0 };

        if (chain_store_new(&store) < 0)
                abort();
        (void) chain_store_add_revocations(store, data, size, &diags, "fuzz");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const CertificateList none;
        static const Digest digest = { HASH_SHA256, 32, { 1 } };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        Signature signature;

        if (size == 0)
                return 0;
        if (signature_verifier_new(&none, &verifier) < 0)
                abort();
        if (data[0] == 'l') {
                if (signature_parse(data + 1, size - 1, &signature) >= 0 &&
                                signature_verifier_check(verifier, &signature, &digest) !=
                                                SIGNATURE_VERDICT_UNKNOWN_KEY)
                        abort();
        } else if (data[0] == 'a') {
                if (signature_verifier_check_pkcs7(verifier, data + 1, size - 1, &digest) ==
                                SIGNATURE_VERDICT_GOOD)
                        abort();
        } else if (data[0] == 'r') {
                parse_revocations(data + 1, size - 1);
        } else {
                parse_certificates(data + 1, size - 1);
        }
        return 0;
}
