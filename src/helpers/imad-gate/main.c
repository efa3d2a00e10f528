/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad-gate: labels files during package transactions; imad-gate.socket starts it. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>

#include "base/exit-code.h"
#include "base/fs.h"
#include "base/log.h"
#include "config.h"
#include "helpers/imad-gate/server.h"

#define IDLE_USEC (30 * USEC_PER_SEC)

/* All that follows is done without a further exec and without a mapping that a policy could deny.
 */
static int protect(void)
{
        if (prctl(PR_SET_DUMPABLE, 0) < 0 || mlockall(MCL_CURRENT) < 0)
                return -errno;
        return 0;
}

static int serve(int root_fd, int listen_fd)
{
        const ServerSetup setup = { listen_fd, root_fd, IDLE_USEC };
        int r = protect();

        if (r < 0)
                return r;
        (void) sd_notify(0, "READY=1");
        return server_run(&setup);
}

int main(int argc, char **argv)
{
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        log_open("imad-gate");
        if (argc > 1) {
                fputs("Usage: imad-gate\nLabels files during package transactions; "
                      "imad-gate.socket "
                      "starts it.\n",
                                stderr);
                return EXIT_CODE_USAGE;
        }
        if (sd_listen_fds(1) != 1) {
                log_error("no socket was handed over; imad-gate.socket starts it");
                return EXIT_CODE_USAGE;
        }
        r = root_fd = fs_open_root(NULL);
        if (r >= 0)
                r = serve(root_fd, SD_LISTEN_FDS_START);
        if (r < 0)
                log_error("%s", strerror(-r));
        return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
