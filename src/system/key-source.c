/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/key-source.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "base/strings.h"
#include "system/key-device.h"

/* Room for the parts of one key, locked in memory and left out of dumps. */
#define SECURE_HEAP_SIZE ((size_t) 256 * 1024)
#define SECURE_HEAP_UNIT 32

/* Reads the file without a copy that would stay behind. */
static int read_file(const KeySource *source, char *text, size_t *ret_size)
{
        _cleanup_close_ int fd =
                        fs_open(source->root_fd, source->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        size_t size = 0;
        ssize_t n = 1;

        if (fd < 0)
                return fd;
        while (n > 0 && size < SIGNING_KEY_FILE_SIZE_MAX) {
                n = read(fd, text + size, SIGNING_KEY_FILE_SIZE_MAX - size);
                size += n > 0 ? (size_t) n : 0;
        }
        *ret_size = size;
        return n < 0 ? -errno : n > 0 ? -EBADMSG : 0;
}

static int open_file(const KeySource *source, const char *rest, SigningKey *ret_key)
{
        char *text = OPENSSL_secure_malloc(SIGNING_KEY_FILE_SIZE_MAX);
        size_t size = 0;
        int r = text ? read_file(source, text, &size) : -ENOMEM;

        if (r >= 0)
                r = tss2_key_is_in(text, size)
                                    ? key_device_open_tpm_file(source, text, size, ret_key)
                                    : signing_key_parse_pem(
                                                      text, size, source->passphrase, ret_key);
        OPENSSL_secure_clear_free(text, SIGNING_KEY_FILE_SIZE_MAX);
        return r;
}

/* clang-format off */
static const KeySourceExplanation file_explanations[] = {
        { -EBADMSG, EXIT_CODE_MALFORMED,
          "holds no private key in PEM",
          "give a private key in PEM" },
        { -ENOKEY, EXIT_CODE_USAGE,
          "is encrypted",
          "give its passphrase with --passphrase-fd=, or as the credential "
          KEY_SOURCE_PASSPHRASE_CREDENTIAL },
        { -EKEYREJECTED, EXIT_CODE_NOT_PERMITTED,
          "cannot be decrypted with this passphrase",
          "give the passphrase that it was encrypted with" },
        { -EOPNOTSUPP, EXIT_CODE_NOT_SUPPORTED,
          "is a key that no kernel verifies with",
          "use RSA, or a key on P-192, P-256, P-384 or P-521" },
        { -EBADF, EXIT_CODE_MALFORMED,
          "was not made by this TPM, or is damaged",
          "use the TPM that made it, or make a key with imactl keys create" },
        { 0 },
};

static const KeySourceExplanation tpm_explanations[] = {
        { -EINVAL, EXIT_CODE_USAGE,
          "is no handle of a persistent key",
          "give one like handle:0x81000010; tpm2_getcap handles-persistent lists them" },
        { -ENODEV, EXIT_CODE_NOT_SUPPORTED,
          "needs a TPM 2.0, and this machine has none",
          "switch it on in the firmware setup, or name it with --tcti=" },
        { -ENOENT, EXIT_CODE_FAILURE,
          "is not in the TPM",
          "tpm2_getcap handles-persistent lists what is" },
        { -EMEDIUMTYPE, EXIT_CODE_NOT_SUPPORTED,
          "is no key of the TPM that signs files",
          "make one with imactl keys create --kind=tpm" },
        { -EACCES, EXIT_CODE_NOT_PERMITTED,
          "is in the TPM, which may not be used",
          "run it as root" },
        { -EPERM, EXIT_CODE_NOT_PERMITTED,
          "cannot be loaded: the owner hierarchy or the parent key has a password",
          "use a persistent key, handle:0x81…" },
        { -ENOKEY, EXIT_CODE_USAGE,
          "asks for its authorization value",
          "give it with --passphrase-fd=, or as the credential "
          KEY_SOURCE_PASSPHRASE_CREDENTIAL },
        { -EKEYREJECTED, EXIT_CODE_NOT_PERMITTED,
          "refuses this authorization value",
          "give the one that it was made with, before the TPM locks itself" },
        { -EAGAIN, EXIT_CODE_FAILURE,
          "is locked: the TPM counted too many failed attempts",
          "wait for its recovery time, or reset it with tpm2_dictionarylockout --clear-lockout" },
        { -EEXIST, EXIT_CODE_FAILURE,
          "is taken by another key of the TPM",
          "choose another handle; tpm2_getcap handles-persistent lists those in use" },
        { -EBUSY, EXIT_CODE_FAILURE,
          "is in the TPM, which is busy",
          "try again" },
        { -EBADF, EXIT_CODE_MALFORMED,
          "was not made by this TPM, or is damaged",
          "use the TPM that made it, or make a key with imactl keys create" },
        { -EOPNOTSUPP, EXIT_CODE_NOT_SUPPORTED,
          "is of a type or hash that this TPM or kernels do not know, or imad lacks tpm2-tss",
          "use rsa-2048 or p-256 with sha256" },
        { -EIO, EXIT_CODE_FAILURE,
          "failed in the TPM",
          "try again; if it stays so, see the kernel's messages" },
        { 0 },
};

static const KeySourceExplanation pkcs11_explanations[] = {
        { -EINVAL, EXIT_CODE_USAGE,
          "is no PKCS#11 URI that imad understands",
          "give one like 'pkcs11:token=NAME;object=LABEL'" },
        { -EPERM, EXIT_CODE_USAGE,
          "holds a PIN, which others could read, or the path of a module",
          "give the PIN with --passphrase-fd=, and register modules in /etc/pkcs11/modules" },
        { -ENODEV, EXIT_CODE_FAILURE,
          "names a token that is not there",
          "plug it in; p11-kit list-modules shows the tokens" },
        { -ENOENT, EXIT_CODE_FAILURE,
          "names a key that the token does not hold",
          "pkcs11-tool --login --list-objects shows its keys" },
        { -ENOTUNIQ, EXIT_CODE_USAGE,
          "fits several tokens or keys",
          "add token=, serial=, object= or id= to the URI" },
        { -ENOKEY, EXIT_CODE_USAGE,
          "is in a token that asks for its PIN",
          "give it with --passphrase-fd=, or as the credential "
          KEY_SOURCE_PASSPHRASE_CREDENTIAL },
        { -EKEYREJECTED, EXIT_CODE_NOT_PERMITTED,
          "is in a token that refuses this PIN",
          "give the right one, before the token locks itself" },
        { -EAGAIN, EXIT_CODE_FAILURE,
          "is in a token whose PIN is locked",
          "unlock it with the PIN of the security officer" },
        { -EEXIST, EXIT_CODE_FAILURE,
          "is there already",
          "choose another object=" },
        { -EROFS, EXIT_CODE_FAILURE,
          "is in a token that cannot be written",
          "use another token" },
        { -EOPNOTSUPP, EXIT_CODE_NOT_SUPPORTED,
          "is of a type or hash that this token or kernels do not know, or imad lacks p11-kit",
          "use rsa-2048 or p-256 with sha256" },
        { -EIO, EXIT_CODE_FAILURE,
          "failed in the token",
          "try again, or see what the module of the token logs" },
        { 0 },
};

static const KeySourceExplanation signer_explanations[] = {
        { -ENOENT, EXIT_CODE_NOT_SUPPORTED,
          "is not there: imad-signer.socket does not run",
          "set SigningKey= in imad.conf, and systemctl enable --now imad-signer.socket" },
        { -ECONNREFUSED, EXIT_CODE_NOT_SUPPORTED,
          "does not answer: imad-signer does not run",
          "systemctl restart imad-signer.socket" },
        { -ECONNRESET, EXIT_CODE_FAILURE,
          "ended: imad-signer cannot use its key",
          "journalctl -u imad-signer says why" },
        { -EACCES, EXIT_CODE_NOT_PERMITTED,
          "answers to root only",
          "run it as root" },
        { -EPERM, EXIT_CODE_NOT_PERMITTED,
          "answers to root only",
          "run it as root" },
        { -EBADMSG, EXIT_CODE_FAILURE,
          "speaks another version of the protocol",
          "systemctl restart imad-signer" },
        { -EOPNOTSUPP, EXIT_CODE_NOT_SUPPORTED,
          "holds a key that does not sign such digests",
          "use sha256" },
        { -EAGAIN, EXIT_CODE_FAILURE,
          "holds a key that is locked, or has no place left",
          "try again; journalctl -u imad-signer says more" },
        { -EIO, EXIT_CODE_FAILURE,
          "cannot sign",
          "journalctl -u imad-signer says why" },
        { 0 },
};
/* clang-format on */

/* The first row whose prefix fits; that of files fits all. */
static const struct {
        const char *prefix;
        int (*open)(const KeySource *source, const char *rest, SigningKey *ret_key);
        const KeySourceExplanation *explanations;
} kinds[] = {
        {"handle:",  key_device_open_tpm_handle, tpm_explanations   },
        { "pkcs11:", key_device_open_pkcs11,     pkcs11_explanations},
        { "signer:", key_device_open_signer,     signer_explanations},
        { "",        open_file,                  file_explanations  },
};

static size_t find_kind(const char *name)
{
        size_t i = 0;

        while (!string_after(name, kinds[i].prefix))
                i++;
        return i;
}

bool key_source_is_file(const char *name)
{
        return find_kind(name) == ELEMENTSOF(kinds) - 1;
}

int key_source_open(const KeySource *source, SigningKey *ret_key)
{
        size_t kind = find_kind(source->name);

        return kinds[kind].open(source, string_after(source->name, kinds[kind].prefix), ret_key);
}

static const KeySourceExplanation *find_explanation(const KeySourceExplanation *rows, int error)
{
        for (; rows->error != 0; rows++)
                if (rows->error == error)
                        return rows;
        return NULL;
}

/* What a file does not explain is about the TPM that its key is in. */
const KeySourceExplanation *key_source_explain(const char *name, int error)
{
        const KeySourceExplanation *found =
                        find_explanation(kinds[find_kind(name)].explanations, error);

        if (!found && key_source_is_file(name) && error != -ENOENT && error != -EACCES)
                found = find_explanation(tpm_explanations, error);
        return found;
}

static int open_credential(void)
{
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_free_ char *path = NULL;
        int fd;

        if (!directory)
                return -ENOENT;
        if (asprintf(&path, "%s/" KEY_SOURCE_PASSPHRASE_CREDENTIAL, directory) < 0)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : fd;
}

int key_source_read_passphrase(int fd, char ret_text[static SIGNING_KEY_PASSPHRASE_MAX])
{
        _cleanup_close_ int opened = fd < 0 ? open_credential() : -EBADF;
        size_t length = 0;
        ssize_t n = 0;

        if (fd < 0 && opened < 0)
                return opened;
        while (length < SIGNING_KEY_PASSPHRASE_MAX - 1 &&
                        (n = read(fd < 0 ? opened : fd, ret_text + length, 1)) == 1 &&
                        ret_text[length] != '\n')
                length++;
        ret_text[length] = '\0';
        return n < 0 ? -errno : length == SIGNING_KEY_PASSPHRASE_MAX - 1 ? -E2BIG : 0;
}

void key_source_protect_process(bool lock_all)
{
        const struct rlimit core = { 0, 0 }, memory = { RLIM_INFINITY, RLIM_INFINITY };
        struct rlimit old;

        (void) setrlimit(RLIMIT_CORE, &core);
        (void) prctl(PR_SET_DUMPABLE, 0);
        (void) CRYPTO_secure_malloc_init(SECURE_HEAP_SIZE, SECURE_HEAP_UNIT);
        /* With a limit that later allocations meet, they would fail for no use. */
        if (lock_all && getrlimit(RLIMIT_MEMLOCK, &old) == 0 &&
                        (old.rlim_cur == RLIM_INFINITY || setrlimit(RLIMIT_MEMLOCK, &memory) == 0))
                (void) mlockall(MCL_CURRENT | MCL_FUTURE);
}
