/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/gate.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Not more than fit into the table of descriptors, or an opener would be refused for want of one.
 */
#define HELD_MAX 4096U /* a power of two */
#define EVENTS_MAX 64U
#define POLL_MSEC 250

/* An open that waits for its verdict. */
typedef struct Held {
        int fd; /* of the event; negative: none */
        uint64_t serial;
        usec_t since_usec;
} Held;

/* Each is held as long as the others, so the serials are in the order of the deadlines. */
typedef struct Gate {
        const GateSetup *setup;
        int group_fd;
        uint64_t next_serial;
        uint64_t first_serial; /* no older one is held */
        Held held[HELD_MAX];
} Gate;

/*
 * A mark that ignores a file goes away when the file is written to, and the kernel takes none while
 * it is open for writing. Evictable ones do not keep the inode in memory.
 */
static void settle(const Gate *gate, int event_fd)
{
        (void) fanotify_mark(gate->group_fd,
                        FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_EVICTABLE, FAN_OPEN_PERM,
                        event_fd, NULL);
}

static void let_go(const Gate *gate, int event_fd)
{
        const struct fanotify_response response = { event_fd, FAN_ALLOW };

        while (write(gate->group_fd, &response, sizeof(response)) < 0 && errno == EINTR)
                ;
        (void) close(event_fd);
}

static void note_time(Board *board, usec_t usec)
{
        atomic_fetch_add(&board->held_usec, usec);
        if (usec > atomic_load(&board->longest_usec))
                atomic_store(&board->longest_usec, usec);
}

static void let_held_go(Gate *gate, Held *held, usec_t now)
{
        let_go(gate, TAKE_FD(held->fd));
        note_time(gate->setup->board, now - held->since_usec);
}

static int send_request(const Gate *gate, uint64_t serial, usec_t now, int event_fd)
{
        BoardRequest request = { serial, now + GATE_HOLD_USEC };
        struct iovec part = { &request, sizeof(request) };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { .header = {
                                      .cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS,
                                      .cmsg_len = CMSG_LEN(sizeof(int)),
                      } };
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };

        memcpy(CMSG_DATA(&control.header), &event_fd, sizeof(int));
        return sendmsg(gate->setup->requests_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno
                                                                                            : 0;
}

static void ask(Gate *gate, int event_fd)
{
        Board *board = gate->setup->board;
        uint64_t serial = gate->next_serial;
        Held *held = &gate->held[serial % HELD_MAX];
        usec_t now = time_now(CLOCK_MONOTONIC);

        if (held->fd >= 0 || send_request(gate, serial, now, event_fd) < 0) {
                atomic_fetch_add(&board->unasked, 1);
                let_go(gate, event_fd);
                return;
        }
        atomic_fetch_add(&board->asked, 1);
        *held = (Held){ event_fd, serial, now };
        gate->next_serial++;
}

/* What the kernel has in memory decides whether a labeller is worth the wait. */
static void take_event(Gate *gate, const struct fanotify_event_metadata *event)
{
        const GateSetup *setup = gate->setup;
        struct stat st;

        if (event->fd < 0)
                return;
        atomic_fetch_add(&setup->board->opens, 1);
        if (board_has_process(setup->board, event->pid)) {
                let_go(gate, event->fd);
        } else if (fstat(event->fd, &st) >= 0 && S_ISREG(st.st_mode) &&
                        label_table_has_size(setup->table, (uint64_t) st.st_size)) {
                ask(gate, event->fd);
        } else {
                settle(gate, event->fd);
                let_go(gate, event->fd);
        }
}

/* Errors belong to one event: a lease, want of descriptors. The kernel has refused that open then.
 */
static void take_events(Gate *gate)
{
        struct fanotify_event_metadata events[EVENTS_MAX];
        ssize_t left = read(gate->group_fd, events, sizeof(events));
        const struct fanotify_event_metadata *event = events;

        for (; left > 0 && FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left))
                if (event->vers == FANOTIFY_METADATA_VERSION)
                        take_event(gate, event);
}

static void take_verdicts(Gate *gate)
{
        BoardVerdict verdict;

        while (recv(gate->setup->verdicts_fd, &verdict, sizeof(verdict), MSG_DONTWAIT) ==
                        sizeof(verdict)) {
                Held *held = &gate->held[verdict.serial % HELD_MAX];

                if (held->fd < 0 || held->serial != verdict.serial)
                        continue;
                if (verdict.is_settled)
                        settle(gate, held->fd);
                let_held_go(gate, held, time_now(CLOCK_MONOTONIC));
        }
}

/* Returns how long the oldest one may still wait, in milliseconds, at most POLL_MSEC. */
static int let_late_go(Gate *gate)
{
        usec_t now = time_now(CLOCK_MONOTONIC);

        for (; gate->first_serial < gate->next_serial; gate->first_serial++) {
                Held *held = &gate->held[gate->first_serial % HELD_MAX];
                usec_t age = now - held->since_usec;

                if (held->fd < 0)
                        continue;
                if (age < GATE_HOLD_USEC) {
                        int left = (int) ((GATE_HOLD_USEC - age) / 1000) + 1;

                        return left < POLL_MSEC ? left : POLL_MSEC;
                }
                atomic_fetch_add(&gate->setup->board->late, 1);
                let_held_go(gate, held, now);
        }
        return POLL_MSEC;
}

/* What was of no interest may be so now. */
static void follow_table(Gate *gate)
{
        LabelNumber count = label_table_get_count(gate->setup->table);
        Board *board = gate->setup->board;

        if (count == atomic_load(&board->known))
                return;
        (void) fanotify_mark(gate->group_fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
        atomic_store(&board->known, count);
}

static int watch(int group_fd, const HostMounts *mounts)
{
        for (size_t i = 0; i < mounts->count; i++)
                if (fanotify_mark(group_fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM,
                                    mounts->items[i].fd, NULL) < 0)
                        return -errno;
        return 0;
}

static void serve(Gate *gate)
{
        struct pollfd fds[] = {
                {gate->group_fd,            POLLIN, 0},
                { gate->setup->verdicts_fd, POLLIN, 0},
                { gate->setup->life_fd,     0,      0},
        };

        for (;;) {
                int wait = let_late_go(gate);

                atomic_store(&gate->setup->board->heartbeat_usec, time_now(CLOCK_MONOTONIC));
                (void) poll(fds, ELEMENTSOF(fds), wait);
                if (fds[2].revents)
                        return;
                follow_table(gate);
                take_verdicts(gate);
                if (fds[0].revents)
                        take_events(gate);
        }
}

int gate_run(const GateSetup *setup)
{
        static Gate gate; /* too large for a stack that is locked */
        _cleanup_close_ int group_fd = fanotify_init(FAN_CLASS_PRE_CONTENT | FAN_UNLIMITED_QUEUE |
                                                                     FAN_UNLIMITED_MARKS |
                                                                     FAN_CLOEXEC | FAN_NONBLOCK,
                        O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        int r;

        if (group_fd < 0)
                return -errno;
        gate = (Gate){ .setup = setup, .group_fd = group_fd };
        /* Verdicts of questions that a gate before has asked fit none of this one's. */
        gate.next_serial = time_now(CLOCK_MONOTONIC) << 16;
        gate.first_serial = gate.next_serial;
        for (size_t i = 0; i < HELD_MAX; i++)
                gate.held[i].fd = -EBADF;
        atomic_store(&setup->board->known, label_table_get_count(setup->table));
        r = watch(group_fd, setup->mounts);
        if (r >= 0)
                serve(&gate);
        return r;
}
