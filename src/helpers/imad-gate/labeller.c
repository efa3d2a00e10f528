/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/labeller.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/strings.h"
#include "core/signature/attachment.h"
#include "core/signature/signature.h"

#define ATTRIBUTE "security.ima"
#define CHUNK_SIZE 262144U
#define EVENTS_MAX 16U
#define WAIT_NSEC 500000L
#define RESOLVE_TRIES 3
#define SWEEP_WAIT_USEC (10 * USEC_PER_SEC) /* for a signature */

struct Labeller {
        const LabellerSetup *setup;
        DigestContext *digest;
        uint8_t *chunk;
};

int labeller_watch_closes(const HostMounts *mounts)
{
        _cleanup_close_ int fd = fanotify_init(
                        FAN_CLASS_NOTIF | FAN_UNLIMITED_QUEUE | FAN_CLOEXEC | FAN_NONBLOCK,
                        O_RDONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        for (size_t i = 0; i < mounts->count; i++)
                if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE,
                                    mounts->items[i].fd, NULL) < 0)
                        return -errno;
        return TAKE_FD(fd);
}

Labeller *labeller_free(Labeller *labeller)
{
        if (!labeller)
                return NULL;
        digest_context_free(labeller->digest);
        free(labeller->chunk);
        free(labeller);
        return NULL;
}

int labeller_new(const LabellerSetup *setup, Labeller **ret_labeller)
{
        _cleanup_labeller_ Labeller *labeller = calloc(1, sizeof(*labeller));
        int r;

        if (!labeller)
                return -ENOMEM;
        labeller->setup = setup;
        labeller->chunk = malloc(CHUNK_SIZE);
        if (!labeller->chunk)
                return -ENOMEM;
        r = digest_context_new(HASH_SHA256, &labeller->digest);
        if (r >= 0)
                *ret_labeller = TAKE_PTR(labeller);
        return r;
}

static int hash_file(Labeller *labeller, int fd, uint64_t size, uint8_t *ret_digest)
{
        uint64_t offset = 0;
        int r = digest_context_begin(labeller->digest);

        while (r >= 0 && offset < size) {
                ssize_t n = pread(fd, labeller->chunk, CHUNK_SIZE, (off_t) offset);

                if (n <= 0)
                        return n < 0 ? -errno : -ESTALE;
                r = digest_context_update(labeller->digest, labeller->chunk, (size_t) n);
                offset += (uint64_t) n;
        }
        return r < 0 ? r : digest_context_end(labeller->digest, ret_digest);
}

/* Whether the file has one of the signatures that the table has for its size. */
static bool has_label(const LabelTable *table, int fd, uint64_t size)
{
        uint8_t value[LABEL_SIGNATURE_MAX];
        ssize_t n = fgetxattr(fd, ATTRIBUTE, value, sizeof(value));
        LabelNumber number = LABEL_NONE;

        if (n <= 0)
                return false;
        while ((number = label_table_next(table, size, number)) != LABEL_NONE) {
                const uint8_t *signature;
                size_t signature_size;

                if (label_table_get_signature(table, number, &signature, &signature_size) >= 0 &&
                                signature_size == (size_t) n &&
                                memcmp(signature, value, signature_size) == 0)
                        return true;
        }
        return false;
}

/* A label by another key may be the vendor's: it stays, as the kernel may have that key. */
static bool is_signed_by_other(int fd, const uint8_t *own_value, size_t own_size)
{
        uint8_t value[LABEL_SIGNATURE_MAX];
        ssize_t n = fgetxattr(fd, ATTRIBUTE, value, sizeof(value));
        Signature signature, own;

        return n > 0 && signature_parse(value, (size_t) n, &signature) >= 0 &&
               signature_parse(own_value, own_size, &own) >= 0 && signature.key_id != own.key_id;
}

static bool is_at(int root_fd, const char *path, const char *suffix, const struct stat *st)
{
        char name[BOARD_PATH_MAX + PATH_MAX];
        _cleanup_close_ int fd = -EBADF;
        struct stat found;

        if ((size_t) snprintf(name, sizeof(name), "%s%s", path, suffix) >= sizeof(name))
                return false;
        fd = fs_open(root_fd, name, O_PATH | O_NOFOLLOW, 0);
        return fd >= 0 && fstat(fd, &found) >= 0 && found.st_dev == st->st_dev &&
               found.st_ino == st->st_ino;
}

/* The path that the file was opened by, which is a hint only. */
static void read_hint(int fd, char ret_path[static BOARD_PATH_MAX])
{
        char link[sizeof("/proc/self/fd/2147483647")];
        ssize_t n;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, ret_path, BOARD_PATH_MAX - 1);
        ret_path[n < 0 ? 0 : n] = '\0';
}

/* Whether a path is one of those that a pattern of the table, which ends in "*", stands for. */
static bool path_matches(const char *pattern, const char *path)
{
        size_t length = strlen(pattern) - 1;

        return strncmp(pattern, path, length) == 0 && !strchr(path + length, '/');
}

static bool is_at_path(const Labeller *labeller, int fd, const char *path, const struct stat *st)
{
        char hint[BOARD_PATH_MAX];

        if (string_ends_with(path, "*")) {
                read_hint(fd, hint);
                return path_matches(path, hint) && is_at(labeller->setup->root_fd, hint, "", st);
        }
        for (const char *const *suffix = attachment_suffixes; *suffix; suffix++)
                if (is_at(labeller->setup->root_fd, path, *suffix, st))
                        return true;
        return false;
}

/*
 * The name of the event alone is of no use: anybody may mount his file over any name in a name
 * space of his own. Between two looks dpkg may rename it, so there are more than one.
 */
static bool is_of_host(const Labeller *labeller, int fd, LabelNumber number, const struct stat *st)
{
        for (int i = 0; i < RESOLVE_TRIES; i++) {
                const char *path = NULL;

                while ((path = label_table_next_path(labeller->setup->table, number, path)))
                        if (is_at_path(labeller, fd, path, st))
                                return true;
        }
        return false;
}

static int set_label(
                const HostMounts *mounts, int fd, dev_t device, const uint8_t *value, size_t size)
{
        union {
                struct file_handle header;
                char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
        } handle = { .header.handle_bytes = MAX_HANDLE_SZ };
        const HostMount *mount = host_mounts_find(mounts, device);
        char path[sizeof("/proc/self/fd/2147483647")];
        _cleanup_close_ int path_fd = -EBADF;
        int mount_id;

        if (!mount)
                return -EXDEV;
        if (name_to_handle_at(fd, "", &handle.header, &mount_id, AT_EMPTY_PATH) < 0)
                return -errno;
        path_fd = open_by_handle_at(mount->fd, &handle.header, O_PATH | O_CLOEXEC);
        if (path_fd < 0)
                return -errno;
        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
        return setxattr(path, ATTRIBUTE, value, size, 0) < 0 ? -errno : 0;
}

/* The signing process comes to a wanted entry at once, so there is little to wait for. */
static int wait_signature(LabelTable *table, LabelNumber number, usec_t deadline,
                const uint8_t **ret_value, size_t *ret_size)
{
        static const struct timespec pause = { .tv_nsec = WAIT_NSEC };

        label_table_want(table, number);
        while (label_table_get_signature(table, number, ret_value, ret_size) < 0) {
                if (label_table_get_state(table, number) == LABEL_STATE_FAILED ||
                                time_now(CLOCK_MONOTONIC) >= deadline)
                        return -ENODATA;
                (void) nanosleep(&pause, NULL);
        }
        return 0;
}

static LabellerResult label_entry(Labeller *labeller, int fd, LabelNumber number,
                const struct stat *st, usec_t deadline)
{
        LabelTable *table = labeller->setup->table;
        const uint8_t *value;
        size_t size;
        int r;

        if (!is_of_host(labeller, fd, number, st))
                return LABELLER_FOREIGN;
        if (wait_signature(table, number, deadline, &value, &size) < 0)
                return LABELLER_UNSIGNED;
        if (is_signed_by_other(fd, value, size))
                return LABELLER_KEPT;
        r = set_label(labeller->setup->mounts, fd, st->st_dev, value, size);
        if (r < 0)
                return (LabellerResult) r;
        label_table_count_file(table, number);
        return LABELLER_LABELLED;
}

LabellerResult labeller_label(Labeller *labeller, int fd, bool with_content, usec_t deadline)
{
        LabelTable *table = labeller->setup->table;
        uint8_t digest[LABEL_DIGEST_SIZE];
        LabelNumber number;
        struct stat st;
        uint64_t size;
        int r;

        if (fstat(fd, &st) < 0)
                return (LabellerResult) -errno;
        size = (uint64_t) st.st_size;
        if (!S_ISREG(st.st_mode) || !label_table_has_size(table, size))
                return LABELLER_IRRELEVANT;
        if (!with_content && has_label(table, fd, size))
                return LABELLER_LABELLED;
        r = hash_file(labeller, fd, size, digest);
        if (r < 0)
                return (LabellerResult) r;
        number = label_table_find(table, size, digest);
        return number == LABEL_NONE ? LABELLER_IRRELEVANT
                                    : label_entry(labeller, fd, number, &st, deadline);
}

/* What the kernel or a loader would run: everything else is of no interest to a report. */
static bool is_program(int fd)
{
        char magic[4];
        struct stat st;

        return pread(fd, magic, sizeof(magic), 0) == (ssize_t) sizeof(magic) &&
               (memcmp(magic, "\177ELF", 4) == 0 || memcmp(magic, "#!", 2) == 0) &&
               fstat(fd, &st) >= 0 && S_ISREG(st.st_mode);
}

/* Evidence for who reads the report; nothing is decided by it. */
static void name_process(const Labeller *labeller, pid_t pid, char *ret_name)
{
        char path[sizeof("/proc/2147483647/comm")];
        _cleanup_free_ char *text = NULL;

        (void) snprintf(path, sizeof(path), "/proc/%d/comm", (int) pid);
        if (pid > 0 && fs_read_file(labeller->setup->root_fd, path, 64, &text, NULL) >= 0)
                (void) snprintf(ret_name, BOARD_PROCESS_NAME_MAX, "%s", string_strip(text));
}

static void report(const Labeller *labeller, int fd, LabellerResult result, pid_t pid)
{
        BoardReport message = { .pid = pid, .error = (int) result < 0 ? (int) result : 0 };

        if (result == LABELLER_UNSIGNED || (result == LABELLER_IRRELEVANT && !is_program(fd)))
                return;
        message.kind = (int) result < 0                ? BOARD_REPORT_FAILED
                       : result == LABELLER_IRRELEVANT ? BOARD_REPORT_UNKNOWN
                       : result == LABELLER_FOREIGN    ? BOARD_REPORT_FOREIGN
                       : result == LABELLER_KEPT       ? BOARD_REPORT_KEPT
                                                       : BOARD_REPORT_LABELLED;
        read_hint(fd, message.path);
        name_process(labeller, pid, message.process);
        (void) send(labeller->setup->reports_fd, &message, sizeof(message),
                        MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int receive_request(const Labeller *labeller, BoardRequest *ret_request)
{
        struct iovec part = { ret_request, sizeof(*ret_request) };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        const struct cmsghdr *header;
        int fd;

        if (recvmsg(labeller->setup->requests_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) !=
                        sizeof(*ret_request))
                return -EAGAIN;
        header = CMSG_FIRSTHDR(&message);
        if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
                return -EBADMSG;
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        return fd;
}

/* Large files take long to read, and another labeller may be about to come to the end of this one.
 */
static void wait_reader(const Labeller *labeller, int fd, usec_t deadline)
{
        static const struct timespec pause = { .tv_nsec = WAIT_NSEC };
        const LabellerSetup *setup = labeller->setup;
        struct stat st;
        uint64_t name;

        if (fstat(fd, &st) < 0)
                return;
        name = board_name_file(st.st_dev, st.st_ino);
        for (size_t i = 0; i < BOARD_LABELLERS_MAX; i++)
                while (i != setup->slot && atomic_load(&setup->board->reading[i]) == name &&
                                time_now(CLOCK_MONOTONIC) < deadline)
                        (void) nanosleep(&pause, NULL);
}

/* False when nobody waits. */
static bool serve_open(Labeller *labeller)
{
        BoardRequest request;
        _cleanup_close_ int fd = receive_request(labeller, &request);
        BoardVerdict verdict = { 0 };

        if (fd < 0)
                return false;
        if (time_now(CLOCK_MONOTONIC) >= request.deadline_usec)
                return true;
        verdict.serial = request.serial;
        wait_reader(labeller, fd, request.deadline_usec);
        switch (labeller_label(labeller, fd, false, request.deadline_usec)) {
        case LABELLER_IRRELEVANT:
        case LABELLER_LABELLED:
        case LABELLER_KEPT:
                verdict.is_settled = true;
                break;
        default:
                break;
        }
        (void) send(labeller->setup->verdicts_fd, &verdict, sizeof(verdict),
                        MSG_DONTWAIT | MSG_NOSIGNAL);
        return true;
}

static void serve_close(Labeller *labeller, int fd, pid_t pid)
{
        _Atomic uint64_t *reading = &labeller->setup->board->reading[labeller->setup->slot];
        LabellerResult result;
        struct stat st;

        if (fstat(fd, &st) >= 0)
                atomic_store(reading, board_name_file(st.st_dev, st.st_ino));
        result = labeller_label(labeller, fd, true, 0);
        atomic_store(reading, 0);
        report(labeller, fd, result, pid);
}

/* Who waits comes first, also between two files of one read. */
static void serve_closes(Labeller *labeller)
{
        struct fanotify_event_metadata events[EVENTS_MAX];
        ssize_t left = read(labeller->setup->closes_fd, events, sizeof(events));
        const struct fanotify_event_metadata *event = events;

        for (; left > 0 && FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left)) {
                if (event->vers != FANOTIFY_METADATA_VERSION || event->fd < 0)
                        continue;
                while (serve_open(labeller))
                        ;
                serve_close(labeller, event->fd, event->pid);
                (void) close(event->fd);
        }
}

void labeller_run(Labeller *labeller)
{
        const LabellerSetup *setup = labeller->setup;
        struct pollfd fds[] = {
                {setup->requests_fd, POLLIN, 0},
                { setup->closes_fd,  POLLIN, 0},
                { setup->life_fd,    0,      0},
        };

        while (!fds[2].revents) {
                (void) poll(fds, ELEMENTSOF(fds), -1);
                while (serve_open(labeller))
                        ;
                if (fds[1].revents)
                        serve_closes(labeller);
        }
}

static int sweep_path(Labeller *labeller, LabelNumber number, const char *path, const char *suffix)
{
        char name[BOARD_PATH_MAX + PATH_MAX];
        _cleanup_close_ int fd = -EBADF;
        LabellerResult result;
        struct stat st;

        if ((size_t) snprintf(name, sizeof(name), "%s%s", path, suffix) >= sizeof(name))
                return 0;
        fd = fs_open(labeller->setup->root_fd, name, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
                        (uint64_t) st.st_size !=
                                        label_table_get_size(labeller->setup->table, number))
                return 0;
        cleanup_closep(&fd);
        fd = fs_open(labeller->setup->root_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                        0);
        if (fd < 0)
                return 0;
        result = labeller_label(labeller, fd, false, time_now(CLOCK_MONOTONIC) + SWEEP_WAIT_USEC);
        return (int) result < 0 ? (int) result : 0;
}

int labeller_sweep(Labeller *labeller, LabelNumber first)
{
        const LabelTable *table = labeller->setup->table;
        int error = 0;

        for (LabelNumber i = first; i <= label_table_get_count(table); i++) {
                const char *path = NULL;

                while ((path = label_table_next_path(table, i, path)))
                        for (const char *const *s = attachment_suffixes; *s; s++) {
                                int r = sweep_path(labeller, i, path, *s);

                                error = error < 0 ? error : r;
                        }
        }
        return error;
}
