/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/vouch-files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "system/label-file.h"

#define NAMES_MAX 100000U
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

typedef struct Search {
        const VouchRule *rule;
        usec_t since_usec;
        VouchVisitor *visit;
        void *userdata;
        uint64_t found;
        char path[PATH_MAX];
} Search;

static const char *const descriptions[VOUCH_VERDICT_MAX] = {
        [VOUCH_VERDICT_GOOD] = "is vouched for",
        [VOUCH_VERDICT_OWNER] = "does not belong to root, or others may write to it",
        [VOUCH_VERDICT_PARENT] = "lies in a directory that others own or may write to",
        [VOUCH_VERDICT_NO_BIRTH] = "lies on a file system that does not tell when files were made",
        [VOUCH_VERDICT_SIZE] = "is larger than the rule allows",
        [VOUCH_VERDICT_NUMBER] = "comes after as many files as the rule allows",
};

const char *vouch_verdict_describe(VouchVerdict verdict)
{
        return descriptions[verdict];
}

static VouchVerdict judge(const Search *search, const struct statx *st, bool trusted)
{
        if ((st->stx_mask & STATX_BTIME) == 0)
                return VOUCH_VERDICT_NO_BIRTH;
        if (!trusted)
                return VOUCH_VERDICT_PARENT;
        if (st->stx_uid != 0 || (st->stx_mode & OTHERS_WRITE) != 0)
                return VOUCH_VERDICT_OWNER;
        if (st->stx_size > search->rule->max_size)
                return VOUCH_VERDICT_SIZE;
        if (search->found >= search->rule->max_files)
                return VOUCH_VERDICT_NUMBER;
        return VOUCH_VERDICT_GOOD;
}

/* No program can set the time of a file's birth. */
static bool is_older(const Search *search, const struct statx *st)
{
        usec_t birth = (usec_t) st->stx_btime.tv_sec * USEC_PER_SEC + st->stx_btime.tv_nsec / 1000;

        return (st->stx_mask & STATX_BTIME) != 0 && birth < search->since_usec;
}

static int take_file(Search *search, int dir_fd, const char *name, bool trusted)
{
        _cleanup_close_ int path_fd = fs_open(dir_fd, name, O_PATH | O_NOFOLLOW, 0);
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        VouchFile found = { .path = search->path, .fd = -EBADF };
        struct statx st;

        if (path_fd < 0 ||
                        statx(path_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) <
                                        0 ||
                        !S_ISREG(st.stx_mode) || st.stx_size == 0 || is_older(search, &st))
                return 0;
        found.size = st.stx_size;
        found.verdict = judge(search, &st, trusted);
        if (found.verdict == VOUCH_VERDICT_GOOD) {
                if (label_file_open(path_fd, &file) < 0)
                        return 0;
                found.fd = file.fd;
                search->found++;
        }
        return search->visit(search->userdata, &found);
}

static bool is_trusted(int dir_fd)
{
        struct stat st;

        return fstat(dir_fd, &st) >= 0 && st.st_uid == 0 && (st.st_mode & OTHERS_WRITE) == 0;
}

static int search_directory(
                Search *search, int dir_fd, const char *pattern, size_t used, bool trusted);

/* One name of a directory that fits the first component of a pattern. */
static int search_name(Search *search, int dir_fd, const char *name, const char *rest, size_t used,
                bool trusted)
{
        size_t length = strlen(name);
        _cleanup_close_ int fd = -EBADF;

        if (used + length + 2 > sizeof(search->path))
                return 0;
        search->path[used] = '/';
        memcpy(search->path + used + 1, name, length + 1);
        if (*rest == '\0')
                return take_file(search, dir_fd, name, trusted);
        fd = fs_open(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        return fd < 0 ? 0
                      : search_directory(search, fd, rest + 1, used + 1 + length,
                                        trusted && is_trusted(fd));
}

/* As deep as the pattern, which is limited. */
static int search_directory(
                Search *search, int dir_fd, const char *pattern, size_t used, bool trusted)
{
        size_t length = strcspn(pattern, "/");
        _cleanup_strings_ StringList names = { 0 };
        int r = 0;

        if (vouch_is_wild(pattern, length)) {
                r = fs_list_directory(dir_fd, ".", NAMES_MAX, &names);
        } else {
                _cleanup_free_ char *name = strndup(pattern, length);

                r = name ? string_list_add(&names, name) : -ENOMEM;
        }
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                if (vouch_match(pattern, length, names.items[i]))
                        r = search_name(search, dir_fd, names.items[i], pattern + length, used,
                                        trusted);
        return r;
}

int vouch_files_find(int root_fd, const VouchRule *rule, usec_t since_usec, VouchVisitor visit,
                void *userdata)
{
        _cleanup_free_ Search *search = calloc(1, sizeof(*search));
        int r = 0;

        if (!search)
                return -ENOMEM;
        *search = (Search){
                .rule = rule, .since_usec = since_usec, .visit = visit, .userdata = userdata
        };
        for (size_t i = 0; r >= 0 && i < rule->paths.count; i++)
                r = search_directory(
                                search, root_fd, rule->paths.items[i] + 1, 0, is_trusted(root_fd));
        return r;
}
