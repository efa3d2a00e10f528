/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/path-list.h"

#include "base/buffer.h"
#include "base/fs.h"

#define CHUNK_SIZE 65536U

typedef struct PathList {
        int fd;
        char separator;
        bool begun;
        bool ended;
        Buffer buffer;
        PathListVisitor *visit;
        void *userdata;
} PathList;

static int fill(PathList *list)
{
        ssize_t n = 1;

        while (n > 0 && list->buffer.size < CHUNK_SIZE) {
                int r = buffer_reserve(&list->buffer, CHUNK_SIZE);

                if (r < 0)
                        return r;
                n = read(list->fd, list->buffer.data + list->buffer.size, CHUNK_SIZE);
                if (n < 0 && errno != EINTR)
                        return -errno;
                list->buffer.size += n > 0 ? (size_t) n : 0;
                n = n < 0 ? 1 : n;
        }
        list->ended = n == 0;
        if (!list->begun && list->buffer.size > 0)
                list->separator = memchr(list->buffer.data, '\0', list->buffer.size) ? '\0' : '\n';
        list->begun = true;
        return 0;
}

static int visit_path(const PathList *list, const char *text, size_t size)
{
        _cleanup_free_ char *path = strndup(text, size);

        if (!path)
                return -ENOMEM;
        return size > 0 ? list->visit(list->userdata, path) : 0;
}

/* The last one may come without its end. */
static int visit_all(PathList *list)
{
        Buffer *b = &list->buffer;
        size_t at = 0;
        int r = 0;

        while (r >= 0 && at < b->size) {
                const char *end = memchr(b->data + at, list->separator, b->size - at);
                size_t size = end ? (size_t) (end - b->data) - at : b->size - at;

                if (!end && !list->ended)
                        break;
                r = visit_path(list, b->data + at, size);
                at += size + (end != NULL);
        }
        if (r >= 0 && at == 0 && b->size >= CHUNK_SIZE)
                return -EBADMSG;
        buffer_consume(b, at);
        return r;
}

int path_list_read(const Worker *worker, const char *name, PathListVisitor *visit, void *userdata)
{
        PathList list = { .visit = visit, .userdata = userdata };
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r = 0;

        if (!string_equal(name, "-")) {
                r = worker_resolve_path(worker, name, &path);
                if (r >= 0)
                        r = fd = fs_open(worker->root_fd, path, O_RDONLY | O_NOCTTY, 0);
        }
        list.fd = fd >= 0 ? fd : STDIN_FILENO;
        while (r >= 0 && !list.ended) {
                r = fill(&list);
                if (r >= 0)
                        r = visit_all(&list);
        }
        buffer_done(&list.buffer);
        return r;
}
