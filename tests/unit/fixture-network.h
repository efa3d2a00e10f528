/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loopback network of the test's own, so that fixed ports are free, where the kernel gives one.
 */
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* False where only the host's network is to be had. The caller must have one thread only. */
static inline bool fixture_network_isolate(void)
{
        struct ifreq request = { .ifr_name = "lo" };
        _cleanup_close_ int fd = -EBADF;

        if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                return false;
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        return fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

/* A listening socket on 127.0.0.1, port 0 for any free one; negative errno. */
static inline int fixture_network_listen(uint16_t port)
{
        struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int yes = 1;

        if (fd < 0)
                return -errno;
        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 16) < 0)
                return -errno;
        return TAKE_FD(fd);
}
