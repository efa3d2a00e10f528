/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long an open is held: files that a labeller must read and label first, files that were
 * labelled when they were closed, and files of no interest, beside the same opens with nobody
 * watching. On a file system in memory, in a mount name space of its own; needs root.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/digest.h"
#include "base/fs.h"
#include "helpers/imad-gate/supervisor.h"

#define FILES 300
#define SIGNATURE_SIZE 265 /* header and RSA-2048 */
#define SKIPPED 77         /* what Meson takes for skipped */

static char directory[] = "/tmp/imad-bench-gate-XXXXXX";
static uint8_t signature[SIGNATURE_SIZE] = { 3, 2, HASH_SHA256 };

static void must(bool condition, const char *what)
{
        if (!condition) {
                perror(what);
                exit(1);
        }
}

static const char *get_path(const char *kind, int i)
{
        static char path[PATH_MAX];

        (void) snprintf(path, sizeof(path), "%s/%s-%d", directory, kind, i);
        return path;
}

/* A file of random bytes, and its digest into the table when there is one. */
static void make_file(const char *path, size_t size, LabelTable *table, char *bytes)
{
        _cleanup_close_ int fd = -EBADF;
        LabelNumber number;
        Digest digest;

        must(getrandom(bytes, size < 256 ? size : 256, 0) > 0, "getrandom");
        must(digest_compute(HASH_SHA256, bytes, size, &digest) >= 0, "digest");
        if (table) {
                must(label_table_add(table, size, digest.bytes, path, &number) >= 0, "table");
                must(label_table_set_signature(table, number, signature, sizeof(signature)) >= 0,
                                "signature");
        }
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        must(fd >= 0 && fs_write_all(fd, bytes, size) >= 0, path);
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return x < y ? -1 : x > y;
}

/* Median of the times of one open of each file, in microseconds. */
static double time_opens(const char *kind)
{
        static double times[FILES];

        for (int i = 0; i < FILES; i++) {
                const char *path = get_path(kind, i);
                struct timespec before, after;
                int fd;

                (void) clock_gettime(CLOCK_MONOTONIC, &before);
                fd = open(path, O_RDONLY | O_CLOEXEC);
                (void) clock_gettime(CLOCK_MONOTONIC, &after);
                must(fd >= 0, path);
                (void) close(fd);
                times[i] = (double) (after.tv_sec - before.tv_sec) * 1e6 +
                           (double) (after.tv_nsec - before.tv_nsec) / 1e3;
        }
        qsort(times, FILES, sizeof(*times), compare);
        return times[FILES / 2];
}

static void remove_files(const char *kind)
{
        for (int i = 0; i < FILES; i++)
                (void) unlink(get_path(kind, i));
}

static void wait_labels(Supervisor *supervisor, const char *kind)
{
        for (int i = 0; i < FILES; i++)
                while (getxattr(get_path(kind, i), "security.ima", NULL, 0) <= 0) {
                        must(supervisor_check(supervisor) >= 0, "supervisor");
                        (void) poll(NULL, 0, 1);
                }
}

static void run_size(const HostMounts *mounts, int root_fd, size_t size)
{
        _cleanup_label_table_ LabelTable *table = NULL;
        _cleanup_supervisor_ Supervisor *supervisor = NULL;
        _cleanup_free_ char *bytes = calloc(1, size + FILES + 1);
        double alone, unlabelled, labelled, other, again;

        must(bytes != NULL, "memory");
        must(label_table_new(8 << 20, &table) >= 0, "table");
        for (int i = 0; i < FILES; i++) {
                make_file(get_path("unlabelled", i), size, table, bytes);
                make_file(get_path("other", i), size + 1 + (size_t) i, NULL, bytes);
        }
        alone = time_opens("unlabelled");
        must(supervisor_start(&(SupervisorSetup){ mounts, table, root_fd }, &supervisor) >= 0,
                        "gate");
        unlabelled = time_opens("unlabelled");
        again = time_opens("unlabelled");
        other = time_opens("other");
        for (int i = 0; i < FILES; i++)
                make_file(get_path("labelled", i), size, table, bytes);
        wait_labels(supervisor, "labelled");
        must(supervisor_refresh(supervisor) >= 0, "refresh");
        labelled = time_opens("labelled");
        printf("%8zu bytes: not watched %.1f us, unlabelled %.1f us, labelled at close %.1f us, of "
               "no "
               "interest %.1f us, a second time %.1f us\n",
                        size, alone, unlabelled, labelled, other, again);
        remove_files("unlabelled");
        remove_files("labelled");
        remove_files("other");
}

int main(void)
{
        static const size_t sizes[] = { 4096, 20480, 102400, 1048576 };
        _cleanup_host_mounts_ HostMounts mounts = { .count = 0 };
        _cleanup_close_ int root_fd = -EBADF;

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return SKIPPED;
        must(mkdtemp(directory) != NULL, directory);
        must(mount("none", directory, "tmpfs", 0, "mode=0755") >= 0, directory);
        root_fd = fs_open_root(NULL);
        must(host_mounts_add(&mounts, directory) >= 0, directory);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                run_size(&mounts, root_fd, sizes[i]);
        (void) umount2(directory, MNT_DETACH);
        (void) rmdir(directory);
        return 0;
}
