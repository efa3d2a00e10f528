/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/adoption.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "core/manifest/file-class.h"
#include "system/file-facts.h"
#include "system/label-file.h"

#define APT_GET "/usr/bin/apt-get"

extern char **environ;

void adoption_done(Adoption *adoption)
{
        apt_index_done(&adoption->index);
        dpkg_done(&adoption->dpkg);
        vouched_files_done(&adoption->vouched);
}

/* "name:architecture=version", less the architecture where there is only one of it. */
static int add_wanted(StringList *words, const DpkgPackage *package)
{
        bool is_all = string_equal(package->architecture, "all");
        _cleanup_free_ char *word = NULL;

        if (asprintf(&word, "%s%s%s=%s", package->name, is_all ? "" : ":",
                            is_all ? "" : package->architecture, package->version) < 0) {
                word = NULL;
                return -ENOMEM;
        }
        return string_list_add(words, word);
}

/* One request that apt cannot meet fails all, so only what an index has is asked for. */
static bool is_listed(const Adoption *adoption, const DpkgPackage *package)
{
        const ArchiveIndex *index = &adoption->index.packages;

        for (size_t i = 0; i < index->count; i++)
                if (string_equal(index->items[i].name, package->name) &&
                                string_equal(index->items[i].version, package->version) &&
                                string_equal(index->items[i].architecture, package->architecture))
                        return true;
        return false;
}

static int list_wanted(const Adoption *adoption, StringList *words)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < adoption->dpkg.n_packages; i++) {
                const DpkgPackage *package = &adoption->dpkg.packages[i];

                if (!vouched_files_have_package(&adoption->vouched, package) &&
                                is_listed(adoption, package))
                        r = add_wanted(words, package);
        }
        return r;
}

/* What it prints goes where messages go: standard output is the worker's answer. */
static int run_apt(char *const *words)
{
        posix_spawn_file_actions_t actions;
        int status, r = -posix_spawn_file_actions_init(&actions);
        pid_t pid;

        if (r < 0)
                return r;
        r = -posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        if (r >= 0)
                r = -posix_spawn(&pid, APT_GET, &actions, NULL, words, environ);
        (void) posix_spawn_file_actions_destroy(&actions);
        if (r < 0)
                return r;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* The archives of installed packages come into apt's cache; nothing is installed. */
static ExitCode fetch(Worker *worker, const Adoption *adoption)
{
        static const char *const head[] = { APT_GET, "--yes", "-qq", "--download-only",
                "--reinstall", "--allow-downgrades", "install" };
        _cleanup_strings_ StringList words = { 0 };
        int r = 0;

        if (!fs_root_is_host(worker->root_fd))
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "run apt-get --download-only --reinstall in it",
                                "--fetch downloads for the running system only");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(head); i++)
                r = string_list_add(&words, head[i]);
        if (r >= 0)
                r = list_wanted(adoption, &words);
        if (r < 0)
                return worker_fail_errno(worker, r, APT_GET);
        if (words.count == ELEMENTSOF(head))
                return EXIT_CODE_OK;
        worker_progress(worker, -1, "downloading archives");
        /* execv() wants a NULL at the end. */
        words.items = reallocarray(words.items, words.count + 1, sizeof(*words.items));
        if (!words.items)
                return worker_fail_errno(worker, -ENOMEM, APT_GET);
        words.items[words.count] = NULL;
        r = run_apt(words.items);
        return r < 0 && diag_warning(&worker->diags, DIAG_CODE_ARCHIVE,
                                        ((DiagPlace){ .source = APT_GET }),
                                        "apt-get update, and try again",
                                        "not all archives could be downloaded") < 0
                               ? worker_fail_errno(worker, -ENOMEM, APT_GET)
                               : EXIT_CODE_OK;
}

static int load_vouched(Worker *worker, HashAlgorithm hash, Adoption *adoption)
{
        vouched_files_done(&adoption->vouched);
        adoption->vouched = (VouchedFiles){ 0 };
        return vouched_files_load(worker->root_fd, &adoption->index, &adoption->dpkg, hash,
                        &adoption->vouched, &worker->diags);
}

static int set_result(Worker *worker, const Adoption *adoption, size_t md5sums)
{
        return worker_set(worker, "adoption",
                        json_pack("{s:I, s:I, s:I, s:I}", "packages",
                                        (json_int_t) adoption->dpkg.n_packages, "vouched",
                                        (json_int_t) adoption->vouched.packages.count, "refused",
                                        (json_int_t) adoption->vouched.refused, "md5sums",
                                        (json_int_t) md5sums));
}

ExitCode adoption_load(Worker *worker, HashAlgorithm hash, Adoption *ret_adoption)
{
        Adoption *adoption = ret_adoption;
        ExitCode code = EXIT_CODE_OK;
        size_t before;
        int r = dpkg_load(worker->root_fd, &adoption->dpkg);

        if (r == -ENOENT)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "name the files to sign, with --reason=",
                                "there is no database of dpkg");
        if (r >= 0)
                r = apt_index_load(worker->root_fd, time_now(CLOCK_REALTIME), &adoption->index,
                                &worker->diags);
        if (r >= 0)
                r = load_vouched(worker, hash, adoption);
        if (r >= 0 && worker->fetch) {
                code = fetch(worker, adoption);
                if (code == EXIT_CODE_OK)
                        r = load_vouched(worker, hash, adoption);
        }
        before = adoption->vouched.files.count;
        if (r >= 0 && worker->accept_md5sums)
                r = vouched_files_add_md5sums(&adoption->vouched, worker->root_fd, &adoption->dpkg);
        if (r >= 0)
                r = set_result(worker, adoption, adoption->vouched.files.count - before);
        if (r >= 0)
                vouched_files_sort(&adoption->vouched);
        return code != EXIT_CODE_OK ? code
               : r < 0              ? worker_fail_errno(worker, r, "packages")
                                    : code;
}

/* The classes that the file itself shows, whatever an archive says. */
static int detect_classes(const char *path, int path_fd, unsigned *ret_classes)
{
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        char head[FILE_CLASS_HEAD_SIZE];
        ssize_t n;
        int r = label_file_open(path_fd, &file);

        if (r < 0)
                return r;
        n = pread(file.fd, head, sizeof(head), 0);
        if (n < 0)
                return -errno;
        *ret_classes = file_class_detect(path, file.stat.st_mode, head, (size_t) n);
        return 0;
}

bool adoption_passes_over(
                const Adoption *adoption, const char *path, int path_fd, FileOutcome *ret_outcome)
{
        const ManifestEntry *entry = manifest_find(&adoption->vouched.files, path);
        unsigned classes = 0;
        int r;

        if (entry && entry->classes != 0)
                return false;
        r = detect_classes(path, path_fd, &classes);
        if (r < 0)
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
        else if (classes == 0)
                *ret_outcome = (FileOutcome){ .result = "passed-over" };
        return r < 0 || classes == 0;
}

const char *adoption_describe_refusal(const Adoption *adoption, const char *path)
{
        return manifest_find(&adoption->vouched.files, path) ? "altered" : "unvouched";
}

int adoption_approve(void *userdata, const char *path, int fd, const Digest *digest)
{
        const Adoption *adoption = userdata;
        const ManifestEntry *entry = manifest_find(&adoption->vouched.files, path);
        Digest other;
        int r;

        if (!entry)
                return -EKEYREJECTED;
        if (entry->digest.algorithm == digest->algorithm)
                return digest_equal(&entry->digest, digest) ? 0 : -EKEYREJECTED;
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        r = file_facts_hash(fd, entry->digest.algorithm, &other);
        return r < 0 ? r : digest_equal(&entry->digest, &other) ? 0 : -EKEYREJECTED;
}

const char *adoption_get_source(const Adoption *adoption, const char *path)
{
        const ManifestEntry *entry = manifest_find(&adoption->vouched.files, path);

        return !entry ? NULL : entry->digest.algorithm == HASH_MD5 ? "md5sums" : "archive";
}
