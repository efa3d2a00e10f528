/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/kernel-key.h"

#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char *const step_names[KERNEL_KEY_STEP_MAX] = {
        [KERNEL_KEY_STEP_KEYRING] = "keyring",
        [KERNEL_KEY_STEP_ADD] = "add",
        [KERNEL_KEY_STEP_VERIFY] = "verify",
};

const char *kernel_key_step_to_string(KernelKeyStep step)
{
        return step >= 0 && step < KERNEL_KEY_STEP_MAX ? step_names[step] : NULL;
}

static int add_key(const char *type, const char *name, const void *payload, size_t size,
                int32_t keyring, int32_t *ret_key)
{
        long id = syscall(SYS_add_key, type, name, payload, size, keyring);

        if (id < 0)
                return -errno;
        *ret_key = (int32_t) id;
        return 0;
}

int kernel_key_new_keyring(KeyTrust trust, int32_t *ret_keyring)
{
        static const char *const rules[KEY_TRUST_MAX] = {
                [KEY_TRUST_BUILTIN] = "builtin_trusted",
                [KEY_TRUST_SECONDARY] = "builtin_and_secondary_trusted",
        };
        int32_t keyring = 0;
        int r;

        if (trust < 0 || trust >= KEY_TRUST_MAX)
                return -EINVAL;
        r = add_key("keyring", "imad-scratch", NULL, 0, KEY_SPEC_THREAD_KEYRING, &keyring);
        if (r < 0)
                return r;
        if (rules[trust] && syscall(SYS_keyctl, KEYCTL_RESTRICT_KEYRING, keyring, "asymmetric",
                                            rules[trust]) < 0) {
                r = -errno;
                kernel_key_drop_keyring(keyring);
                return r;
        }
        *ret_keyring = keyring;
        return 0;
}

void kernel_key_drop_keyring(int32_t keyring)
{
        (void) syscall(SYS_keyctl, KEYCTL_UNLINK, keyring, KEY_SPEC_THREAD_KEYRING);
}

int kernel_key_add(int32_t keyring, const void *der, size_t size, int32_t *ret_key)
{
        return add_key("asymmetric", NULL, der, size, keyring, ret_key);
}

int kernel_key_verify(int32_t key, const KernelKeySignature *signature)
{
        const struct keyctl_pkey_params params = {
                .key_id = key,
                .in_len = (uint32_t) signature->digest->size,
                .in2_len = (uint32_t) signature->size,
        };
        char info[64];

        (void) snprintf(info, sizeof(info), "enc=%s hash=%s",
                        signature->is_ecdsa ? "x962" : "pkcs1",
                        hash_algorithm_to_string(signature->digest->algorithm));
        if (syscall(SYS_keyctl, KEYCTL_PKEY_VERIFY, &params, info, signature->digest->bytes,
                            signature->bytes) < 0)
                return -errno;
        return 0;
}

KernelKeyProof kernel_key_prove(
                KeyTrust trust, const void *der, size_t size, const KernelKeySignature *signature)
{
        KernelKeyProof proof = { .step = KERNEL_KEY_STEP_KEYRING };
        int32_t keyring = 0, key = 0;

        proof.error = kernel_key_new_keyring(trust, &keyring);
        if (proof.error < 0)
                return proof;
        proof.step = KERNEL_KEY_STEP_ADD;
        proof.error = kernel_key_add(keyring, der, size, &key);
        if (proof.error >= 0 && signature) {
                proof.step = KERNEL_KEY_STEP_VERIFY;
                proof.error = kernel_key_verify(key, signature);
        }
        kernel_key_drop_keyring(keyring);
        return proof;
}

/*
 * Errors of crypto/asymmetric_keys/x509_cert_parser.c, x509_public_key.c, restrict.c and
 * public_key.c, and of security/keys.
 */
/* clang-format off */
static const struct {
        KernelKeyStep step;
        int error;
        KernelKeyExplanation explanation;
} explanations[] = {
        { KERNEL_KEY_STEP_KEYRING, -ENOSYS,
          { "this kernel has no keyrings", "use a kernel with CONFIG_KEYS" } },
        { KERNEL_KEY_STEP_KEYRING, -EPERM,
          { "keyrings may not be used here", "run it outside of the sandbox or container" } },
        { KERNEL_KEY_STEP_KEYRING, -EACCES,
          { "keyrings may not be used here", "run it outside of the sandbox or container" } },
        { KERNEL_KEY_STEP_KEYRING, -EDQUOT,
          { "the quota of keys is used up", "raise kernel.keys.root_maxkeys with sysctl" } },
        { KERNEL_KEY_STEP_KEYRING, -ENOENT,
          { "this kernel has no certificates, or not this kind of trusted keyring",
            "use a kernel with CONFIG_ASYMMETRIC_KEY_TYPE and CONFIG_SYSTEM_TRUSTED_KEYRING" } },
        { KERNEL_KEY_STEP_KEYRING, -EOPNOTSUPP,
          { "this kernel cannot restrict keyrings", "use Linux 4.12 or later" } },
        { KERNEL_KEY_STEP_ADD, -ENODEV,
          { "this kernel has no keys of the type asymmetric",
            "use a kernel with CONFIG_ASYMMETRIC_KEY_TYPE" } },
        { KERNEL_KEY_STEP_ADD, -ENOENT,
          { "this kernel lacks the algorithm of the key",
            "use RSA, or a kernel with CONFIG_CRYPTO_ECDSA" } },
        { KERNEL_KEY_STEP_ADD, -ENOPKG,
          { "this kernel does not know the algorithm of the key, its curve or the hash of the "
            "certificate", "use RSA or P-256, and sha256" } },
        { KERNEL_KEY_STEP_ADD, -EBADMSG,
          { "the kernel cannot parse the certificate: it is no X.509 in DER, or an extension is "
            "encoded as kernels refuse it",
            "make one with imactl keys create; an explicit CA:FALSE is refused" } },
        { KERNEL_KEY_STEP_ADD, -EINVAL,
          { "the certificate's own signature does not fit its issuer's key, or it is no certificate",
            "sign it anew with the CA, or make one with imactl keys create" } },
        { KERNEL_KEY_STEP_ADD, -ENOKEY,
          { "no key that this kernel trusts has signed the certificate, or its usage bits do not "
            "allow it", "let the CA be enrolled (built in, or as a machine owner key) and sign the "
            "certificate with digitalSignature and without CA" } },
        { KERNEL_KEY_STEP_ADD, -EKEYREJECTED,
          { "the certificate is blacklisted, or was changed after it was signed",
            "see .blacklist in /proc/keys, or sign it anew" } },
        { KERNEL_KEY_STEP_ADD, -EKEYREVOKED,
          { "the keyring was revoked", "reboot: it stays so until then" } },
        { KERNEL_KEY_STEP_ADD, -EACCES,
          { "the keyring takes no keys from this user", "run it as root" } },
        { KERNEL_KEY_STEP_ADD, -EPERM,
          { "the keyring takes no keys", "keys enter it when the kernel starts only" } },
        { KERNEL_KEY_STEP_ADD, -EDQUOT,
          { "the quota of keys is used up", "raise kernel.keys.root_maxkeys with sysctl" } },
        { KERNEL_KEY_STEP_VERIFY, -EKEYREJECTED,
          { "the signature was not made by the key of this certificate",
            "give the certificate that belongs to the key" } },
        { KERNEL_KEY_STEP_VERIFY, -EBADMSG,
          { "the signature was not made by the key of this certificate",
            "give the certificate that belongs to the key" } },
        { KERNEL_KEY_STEP_VERIFY, -EINVAL,
          { "the signature was not made by the key of this certificate, or has another form",
            "give the certificate that belongs to the key" } },
        { KERNEL_KEY_STEP_VERIFY, -ENOENT,
          { "this kernel lacks the algorithm of the key or the hash of the signature",
            "use an RSA key with sha256, or a kernel with CONFIG_CRYPTO_ECDSA" } },
        { KERNEL_KEY_STEP_VERIFY, -ENOPKG,
          { "this kernel lacks the algorithm of the key or the hash of the signature",
            "use an RSA key with sha256" } },
        { KERNEL_KEY_STEP_VERIFY, -EOPNOTSUPP,
          { "this kernel cannot be asked to verify signatures", "use Linux 4.20 or later" } },
};
/* clang-format on */

KernelKeyExplanation kernel_key_explain(KernelKeyStep step, int error)
{
        for (size_t i = 0; i < ELEMENTSOF(explanations); i++)
                if (explanations[i].step == step && explanations[i].error == error)
                        return explanations[i].explanation;
        return (KernelKeyExplanation){ strerror(-error), NULL };
}

bool kernel_key_is_unknown(const KernelKeyProof *proof)
{
        if (proof->error >= 0)
                return false;
        return proof->step == KERNEL_KEY_STEP_KEYRING || proof->error == -EOPNOTSUPP ||
               proof->error == -EDQUOT || proof->error == -ENOMEM;
}
