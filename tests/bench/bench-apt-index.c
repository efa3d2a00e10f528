/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processor time of reading an index of 60,000 packages into what archives are looked up in. The
 * peer is the SHA-256 of the same bytes, which has to be computed anyway. An argument names another
 * root: its apt's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "base/time.h"
#include "system/apt-index.h"

#define PACKAGES 60000U
#define ROUNDS 3

/* As long as those of Debian, about 800 bytes each. */
static int make_index(Buffer *text)
{
        char filler[401] = "";
        int r = 0;

        memset(filler, 'x', sizeof(filler) - 1);
        for (unsigned i = 0; r >= 0 && i < PACKAGES; i++)
                r = buffer_append_format(text,
                                "Package: package-%u\nVersion: 1.%u-1\nInstalled-Size: 1234\n"
                                "Maintainer: Somebody <somebody@example.org>\n"
                                "Architecture: amd64\nDepends: libc6 (>= 2.36), %s\n"
                                "Description: what it is for\nSection: misc\nPriority: optional\n"
                                "Filename: pool/main/p/package-%u/package-%u_1_amd64.deb\n"
                                "Size: 12345\nSHA256: %064x\n\n",
                                i, i, filler, i, i, i);
        return r;
}

static int make_root(char *path, const Buffer *text)
{
        int fd = mkdtemp(path) ? fs_open_root(path) : -errno;

        if (fd < 0 || fs_make_directories(fd, "/etc/apt", 0755) < 0 ||
                        fs_make_directories(fd, APT_LISTS_DIRECTORY, 0755) < 0 ||
                        fs_create_file(fd, "/etc/apt/sources.list", "deb http://a b c\n", 17,
                                        0644) < 0 ||
                        fs_create_file(fd, APT_LISTS_DIRECTORY "/a_dists_b_c_binary-x_Packages",
                                        text->data, text->size, 0644) < 0)
                return -EIO;
        return fd;
}

static double load(int root_fd, size_t *ret_count)
{
        double best = 1e9;

        for (int i = 0; i < ROUNDS; i++) {
                _cleanup_apt_index_ AptIndex index = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };
                usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);
                double seconds;

                if (apt_index_load(root_fd, time_now(CLOCK_REALTIME), &index, &diags) < 0)
                        abort();
                seconds = (double) (time_now(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6;
                best = seconds < best ? seconds : best;
                *ret_count = index.packages.count;
        }
        return best;
}

static double hash(const Buffer *text)
{
        usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);
        Digest digest;

        if (digest_compute(HASH_SHA256, text->data, text->size, &digest) < 0)
                abort();
        return (double) (time_now(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6;
}

int main(int argc, char **argv)
{
        char path[] = "/tmp/imad-bench-XXXXXX";
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_close_ int root = -EBADF, tmp = fs_open_root("/tmp");
        double seconds, floor;
        size_t n;

        if (argc > 1) {
                root = fs_open_root(argv[1]);
                seconds = load(root, &n);
                printf("apt-index %s: %zu packages, %.3f s\n", argv[1], n, seconds);
                return EXIT_SUCCESS;
        }
        if (make_index(&text) < 0)
                return EXIT_FAILURE;
        root = make_root(path, &text);
        if (root < 0)
                return EXIT_FAILURE;
        floor = hash(&text);
        seconds = load(root, &n);
        printf("apt-index: %zu packages, %zu bytes, %.3f s, %.2f times their SHA-256\n", n,
                        text.size, seconds, seconds / floor);
        (void) fs_remove_tree(tmp, path + strlen("/tmp/"));
        return n == PACKAGES ? EXIT_SUCCESS : EXIT_FAILURE;
}
