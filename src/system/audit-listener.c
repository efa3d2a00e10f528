/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "system/audit.h"

#define PACKET_MAX 16384U
#define BURST_MAX 1000 /* records of other kinds that one read passes over */

struct AuditListener {
        int fd;
        char packet[PACKET_MAX];
};

int audit_listener_new(AuditListener **ret_listener)
{
        const struct sockaddr_nl address = {
                .nl_family = AF_NETLINK,
                .nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1),
        };
        _cleanup_audit_listener_ AuditListener *listener = calloc(1, sizeof(AuditListener));

        if (!listener)
                return -ENOMEM;
        listener->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
        if (listener->fd < 0)
                return -errno;
        if (bind(listener->fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        *ret_listener = TAKE_PTR(listener);
        return 0;
}

AuditListener *audit_listener_free(AuditListener *listener)
{
        if (listener) {
                cleanup_closep(&listener->fd);
                free(listener);
        }
        return NULL;
}

int audit_listener_get_fd(const AuditListener *listener)
{
        return listener->fd;
}

/* 1: a packet of the kernel; 0: nothing there. Any process may send to a netlink socket. */
static int receive(AuditListener *listener, size_t *ret_size)
{
        struct sockaddr_nl sender = { 0 };
        socklen_t sender_size = sizeof(sender);
        ssize_t n;

        do {
                n = recvfrom(listener->fd, listener->packet, sizeof(listener->packet), 0,
                                (struct sockaddr *) &sender, &sender_size);
                if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                        return 0;
                if (n < 0 && errno != EINTR)
                        return -errno;
        } while (n < 0 || sender.nl_pid != 0);
        *ret_size = (size_t) n;
        return 1;
}

int audit_listener_read(AuditListener *listener, AuditIntegrity *ret_record)
{
        for (int i = 0; i < BURST_MAX; i++) {
                struct nlmsghdr header;
                size_t size = 0;
                int r = receive(listener, &size);

                if (r <= 0)
                        return r;
                if (size < NLMSG_HDRLEN)
                        continue;
                /* nlmsg_len of audit messages counts the header or not, as the kernel's age has
                 * it; the packet holds one message anyway. */
                memcpy(&header, listener->packet, sizeof(header));
                r = audit_decode_typed(header.nlmsg_type, listener->packet + NLMSG_HDRLEN,
                                size - NLMSG_HDRLEN, ret_record);
                if (r > 0 || r == -ENOMEM)
                        return r;
        }
        return 0;
}
