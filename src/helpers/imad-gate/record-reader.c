/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/record-reader.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

#define PIPE_SIZE (1024 * 1024)
#define RECORD_USEC (5 * USEC_PER_SEC) /* from its first byte to its last */
#define WAIT_MSEC 10

typedef struct Header {
        uint32_t kind;
        uint32_t text_size;
        uint64_t size;
        uint8_t digest[LABEL_DIGEST_SIZE];
} Header;

int record_append(Buffer *records, RecordKind kind, uint64_t size, const uint8_t *digest,
                const char *text)
{
        Header header = { .kind = kind, .text_size = (uint32_t) strlen(text), .size = size };
        int r;

        if (header.text_size >= RECORD_TEXT_MAX)
                return -E2BIG;
        if (digest)
                memcpy(header.digest, digest, sizeof(header.digest));
        r = buffer_append(records, &header, sizeof(header));
        return r < 0 ? r : buffer_append(records, text, header.text_size);
}

/* The writer may be hostile by then, and nobody looks after the gate meanwhile. */
static int wait_readable(int fd, usec_t deadline)
{
        struct pollfd poll_fd = { fd, POLLIN, 0 };

        while (poll(&poll_fd, 1, WAIT_MSEC) <= 0)
                if (time_now(CLOCK_MONOTONIC) >= deadline)
                        return -ETIMEDOUT;
        return 0;
}

static int read_exactly(int fd, void *bytes, size_t size, usec_t deadline)
{
        size_t done = 0;

        while (done < size) {
                int r = wait_readable(fd, deadline);
                ssize_t n = r < 0 ? 0 : read(fd, (char *) bytes + done, size - done);

                if (r < 0)
                        return r;

                if (n == 0)
                        return done == 0 ? 0 : -EBADMSG;
                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t) n : 0;
        }
        return 1;
}

int record_read(int fd, Record *ret_record)
{
        usec_t deadline = time_now(CLOCK_MONOTONIC) + RECORD_USEC;
        Header header;
        int r = read_exactly(fd, &header, sizeof(header), deadline);

        if (r <= 0)
                return r;
        if (header.kind >= RECORD_MAX || header.text_size >= RECORD_TEXT_MAX)
                return -EBADMSG;
        r = header.text_size == 0 ? 1
                                  : read_exactly(fd, ret_record->text, header.text_size, deadline);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        ret_record->text[header.text_size] = '\0';
        if (strlen(ret_record->text) != header.text_size)
                return -EBADMSG;
        ret_record->kind = (RecordKind) header.kind;
        ret_record->size = header.size;
        memcpy(ret_record->digest, header.digest, sizeof(header.digest));
        return 1;
}

void record_reader_done(RecordReader *reader)
{
        cleanup_closep(&reader->fd);
        reader->fd = -EBADF;
        if (reader->pid != 0) {
                (void) kill(reader->pid, SIGKILL);
                (void) waitpid(reader->pid, NULL, 0);
        }
        reader->pid = 0;
}

int record_reader_start(RecordReaderRun *run, const void *setup, RecordReader *ret_reader)
{
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        (void) fcntl(fds[0], F_SETPIPE_SZ, PIPE_SIZE);
        pid = fork();
        if (pid < 0) {
                cleanup_closep(&fds[0]);
                cleanup_closep(&fds[1]);
                return -errno;
        }
        if (pid == 0)
                _exit(run(setup, fds[1]) < 0 ? 1 : 0);
        (void) close(fds[1]);
        *ret_reader = (RecordReader){ pid, fds[0] };
        return 0;
}

/* One that has closed its pipe has no more to do. */
static int end_reader(RecordReader *reader)
{
        usec_t deadline = time_now(CLOCK_MONOTONIC) + RECORD_USEC;
        int status = 1;
        pid_t pid;

        while ((pid = waitpid(reader->pid, &status, WNOHANG)) == 0 &&
                        time_now(CLOCK_MONOTONIC) < deadline)
                (void) poll(NULL, 0, WAIT_MSEC);
        if (pid == 0)
                return -ETIMEDOUT;
        reader->pid = 0;
        return pid > 0 && status == 0 ? 0 : -ECHILD;
}

int record_reader_next(RecordReader *reader, Record *ret_record)
{
        struct pollfd poll_fd = { reader->fd, POLLIN, 0 };
        int r;

        if (poll(&poll_fd, 1, 0) == 0)
                return -EAGAIN;
        r = record_read(reader->fd, ret_record);
        return r == 0 ? end_reader(reader) : r;
}
