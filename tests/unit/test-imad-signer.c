/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real imad-signer ($IMAD_SIGNER), started as its socket unit does, with its key in
 * credentials. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fixture-key.h"
#include "fixture-root.h"
#include "fixture-signing.h"
#include "system/key-source.h"

#define PASSPHRASE "correct-horse-battery"

typedef struct Fixture {
        FixtureRoot root;
        EVP_PKEY *key;
        char *name; /* signer:PATH */
        pid_t pid;
} Fixture;

static int listen_at(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

        cr_assert_lt(strlen(path), sizeof(address.sun_path));
        memcpy(address.sun_path, path, strlen(path) + 1);
        cr_assert_geq(fd, 0);
        cr_assert_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        cr_assert_eq(listen(fd, 16), 0);
        return fd;
}

/* In the child: the socket as descriptor 3, errors in the file "log". A core dump would be kept. */
static void run_signer(const Fixture *f, int listen_fd)
{
        const struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
        int log;
        char pid[32];

        (void) snprintf(pid, sizeof(pid), "%d", getpid());
        (void) setrlimit(RLIMIT_CORE, &core);
        if (chdir(f->root.path) < 0)
                _exit(126);
        log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void) dup2(log, STDERR_FILENO);
        (void) dup2(listen_fd, 3);
        (void) setenv("LISTEN_FDS", "1", 1);
        (void) setenv("LISTEN_PID", pid, 1);
        (void) setenv("CREDENTIALS_DIRECTORY", f->root.path, 1);
        (void) execl(getenv("IMAD_SIGNER") ?: "", "imad-signer", NULL);
        _exit(127);
}

static Fixture set_up_with(const char *kind, const char *passphrase)
{
        Fixture f = { .root = fixture_root_new(), .key = fixture_key(kind) };
        _cleanup_free_ char *pem = fixture_key_to_pem(f.key, PASSPHRASE),
                            *certificate = fixture_certificate(f.key, "0102030405060708");
        int fd;

        fixture_root_write(&f.root, "/imad.key", pem);
        fixture_root_write(&f.root, "/imad.certificate", certificate);
        fixture_root_write(&f.root, "/imad.passphrase", passphrase);
        cr_assert_geq(asprintf(&f.name, "signer:%s/socket", f.root.path), 0);
        fd = listen_at(f.name + strlen("signer:"));
        f.pid = fork();
        cr_assert_geq(f.pid, 0);
        if (f.pid == 0)
                run_signer(&f, fd);
        (void) close(fd);
        return f;
}

static Fixture set_up(const char *kind)
{
        return set_up_with(kind, PASSPHRASE);
}

static int end(const Fixture *f, int sig)
{
        int status;

        (void) kill(f->pid, sig);
        cr_assert_eq(waitpid(f->pid, &status, 0), f->pid);
        return status;
}

static void tear_down(Fixture *f)
{
        fixture_root_done(&f->root);
        EVP_PKEY_free(f->key);
        free(f->name);
}

static int open_key(const Fixture *f, SigningKey *ret_key)
{
        return key_source_open(&(KeySource){ f->root.fd, f->name, NULL, NULL }, ret_key);
}

static void expect_logged(const Fixture *f, const char *text)
{
        _cleanup_free_ char *log = NULL;

        cr_assert_eq(fs_read_file(f->root.fd, "/log", 1 << 20, &log, NULL), 0);
        cr_expect_not_null(strstr(log, text), "%s is not in: %s", text, log);
}

TestSuite(imad_signer, .timeout = 60);

Test(imad_signer, signatures_verify_and_have_the_key_id_of_the_certificate)
{
        static const char *const kinds[] = { "rsa", "P-256" };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                Fixture f = set_up(kinds[i]);
                SigningKey key = { 0 };

                cr_assert_eq(open_key(&f, &key), 0);
                cr_expect_eq(key.key_id, 0x05060708);
                cr_expect_eq(EVP_PKEY_eq(key.key, f.key), 1);
                fixture_signing_expect_good(&key, HASH_SHA256);
                fixture_signing_expect_good(&key, HASH_SHA512);
                signing_key_done(&key);
                (void) end(&f, SIGTERM);
                tear_down(&f);
        }
}

static void *sign_many(void *data)
{
        for (int i = 0; i < 20; i++)
                fixture_signing_expect_good(data, i % 2 ? HASH_SHA256 : HASH_SHA384);
        return NULL;
}

Test(imad_signer, threads_share_the_key)
{
        Fixture f = set_up("P-256");
        SigningKey key = { 0 };
        pthread_t threads[4];

        cr_assert_eq(open_key(&f, &key), 0);
        for (size_t i = 0; i < ELEMENTSOF(threads); i++)
                cr_assert_eq(pthread_create(&threads[i], NULL, sign_many, &key), 0);
        for (size_t i = 0; i < ELEMENTSOF(threads); i++)
                cr_assert_eq(pthread_join(threads[i], NULL), 0);
        signing_key_done(&key);
        (void) end(&f, SIGTERM);
        tear_down(&f);
}

Test(imad_signer, nonsense_ends_its_connection_and_no_other)
{
        Fixture f = set_up("P-256");
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        SigningKey key = { 0 };
        char bytes[256] = { 0 };

        memcpy(address.sun_path, f.name + strlen("signer:"), strlen(f.name) - strlen("signer:"));
        cr_assert_eq(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        cr_assert_eq(send(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
        cr_expect_eq(recv(fd, bytes, sizeof(bytes), 0), 0);
        (void) close(fd);
        cr_assert_eq(open_key(&f, &key), 0);
        fixture_signing_expect_good(&key, HASH_SHA256);
        signing_key_done(&key);
        (void) end(&f, SIGTERM);
        tear_down(&f);
}

Test(imad_signer, weak_hashes_are_not_signed)
{
        Fixture f = set_up("rsa");
        SigningKey key = { 0 };
        uint8_t bytes[1024];
        size_t size = sizeof(bytes);
        Digest digest;

        cr_assert_eq(open_key(&f, &key), 0);
        cr_assert_eq(digest_compute(HASH_SHA1, "a", 1, &digest), 0);
        cr_expect_eq(key.device->sign(key.device_data, &digest, bytes, &size), -EOPNOTSUPP);
        signing_key_done(&key);
        (void) end(&f, SIGTERM);
        tear_down(&f);
}

Test(imad_signer, a_wrong_passphrase_is_told_to_the_client_and_in_the_log)
{
        Fixture f = set_up_with("P-256", "wrong\n");
        SigningKey key;
        int status;

        cr_expect_eq(open_key(&f, &key), -EIO);
        cr_assert_eq(waitpid(f.pid, &status, 0), f.pid);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CODE_FAILURE);
        expect_logged(&f, "imad.key cannot be decrypted with this passphrase");
        tear_down(&f);
}

/* The lines of the unencrypted key, and its secret number as bytes. */
typedef struct Secret {
        uint8_t bytes[512];
        size_t size;
} Secret;

static Secret get_secret(EVP_PKEY *key)
{
        Secret secret;
        BIGNUM *number = NULL;

        cr_assert_eq(EVP_PKEY_get_bn_param(key, EVP_PKEY_is_a(key, "RSA") ? "rsa-factor1" : "priv",
                                     &number),
                        1);
        secret.size = (size_t) BN_bn2bin(number, secret.bytes);
        BN_free(number);
        return secret;
}

static void expect_no_secret(const Fixture *f, const char *path, const Secret *secret)
{
        _cleanup_free_ char *pem = fixture_key_to_pem(f->key, NULL), *text = NULL;
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        char hex[2 * sizeof(secret->bytes) + 1];
        const char *line = strchr(pem, '\n') + 1;
        size_t size;

        cr_assert_geq(fd, 0, "%s", path);
        cr_assert_eq(fs_read_fd(fd, 1 << 20, &text, &size), 0);
        hex_encode(secret->bytes, secret->size, hex);
        cr_expect_null(memmem(text, size, secret->bytes, secret->size), "%s", path);
        cr_expect_null(memmem(text, size, hex, 2 * secret->size), "%s", path);
        cr_expect_null(memmem(text, size, line, 64), "%s", path);
        cr_expect_null(memmem(text, size, PASSPHRASE, strlen(PASSPHRASE)), "%s", path);
}

/* Kilobytes of a line of /proc/PID/status. */
static uint64_t read_status(pid_t pid, const char *name)
{
        _cleanup_fclose_ FILE *file = NULL;
        char path[64], line[256];
        unsigned long value = 0;

        (void) snprintf(path, sizeof(path), "/proc/%d/status", pid);
        file = fopen(path, "re");
        cr_assert_not_null(file);
        while (fgets(line, sizeof(line), file))
                if (string_after(line, name))
                        value = strtoul(line + strlen(name), NULL, 10);
        return value;
}

Test(imad_signer, the_key_is_in_no_dump_log_argument_or_environment)
{
        Fixture f = set_up("rsa");
        Secret secret = get_secret(f.key);
        SigningKey key = { 0 };
        char path[64], log[64];
        int status;

        cr_assert_eq(open_key(&f, &key), 0);
        fixture_signing_expect_good(&key, HASH_SHA256);
        (void) snprintf(path, sizeof(path), "/proc/%d/cmdline", f.pid);
        expect_no_secret(&f, path, &secret);
        (void) snprintf(path, sizeof(path), "/proc/%d/environ", f.pid);
        if (geteuid() == 0)
                expect_no_secret(&f, path, &secret);
        else
                cr_expect_eq(open(path, O_RDONLY | O_CLOEXEC), -1, "the process can be traced");
        cr_expect_gt(read_status(f.pid, "VmLck:"), 0, "no memory is locked");
        signing_key_done(&key);
        status = end(&f, SIGABRT);
        cr_expect(WIFSIGNALED(status));
        cr_expect_not(WCOREDUMP(status));
        (void) snprintf(log, sizeof(log), "%s/log", f.root.path);
        expect_no_secret(&f, log, &secret);
        tear_down(&f);
}
