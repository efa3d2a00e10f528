/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves the hooks of package managers, one transaction at a time. */
#pragma once

#include "base/time.h"

typedef struct ServerSetup {
        int listen_fd;    /* SOCK_SEQPACKET */
        int root_fd;      /* of the host */
        usec_t idle_usec; /* it ends when nothing has happened for so long */
} ServerSetup;

/* Returns when nobody has needed it for a while. */
int server_run(const ServerSetup *setup);
