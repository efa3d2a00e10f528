/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-tpm.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../unit/fixture-network.h"

#define CONNECTIONS_MAX 8
#define TPM_ST_NO_SESSIONS 0x8001

/* The port of the commands and the next one, where swtpm is controlled. */
static uint16_t listen_twice(int *ret_commands, int *ret_control)
{
        for (int i = 0; i < 50; i++) {
                struct sockaddr_in address;
                socklen_t size = sizeof(address);
                int commands = fixture_network_listen(0), control;

                cr_assert_geq(commands, 0);
                cr_assert_eq(getsockname(commands, (struct sockaddr *) &address, &size), 0);
                control = fixture_network_listen((uint16_t) (ntohs(address.sin_port) + 1));
                if (control >= 0) {
                        *ret_commands = commands;
                        *ret_control = control;
                        return ntohs(address.sin_port);
                }
                (void) close(commands);
        }
        cr_assert_fail("no two free ports");
        return 0;
}

/* False when the other end has closed. A command comes in one piece: it is short. */
static bool answer(int fd, bool control, uint32_t code)
{
        struct {
                uint16_t tag;
                uint32_t size;
                uint32_t code;
        } __attribute__((packed))
        response = { htobe16(TPM_ST_NO_SESSIONS), htobe32(10), htobe32(code) };
        const uint32_t done = 0;
        char bytes[4096];

        if (read(fd, bytes, sizeof(bytes)) <= 0)
                return false;
        if (control)
                return write(fd, &done, sizeof(done)) == (ssize_t) sizeof(done);
        return write(fd, &response, sizeof(response)) == (ssize_t) sizeof(response);
}

static _Noreturn void serve(int commands, int control, uint32_t code)
{
        struct pollfd fds[2 + CONNECTIONS_MAX] = {
                {commands, POLLIN, 0},
                { control, POLLIN, 0}
        };
        bool controls[2 + CONNECTIONS_MAX] = { false };
        nfds_t n = 2;

        while (poll(fds, n, -1) >= 0) {
                for (nfds_t i = 2; i < n; i++)
                        if (fds[i].revents && !answer(fds[i].fd, controls[i], code)) {
                                (void) close(fds[i].fd);
                                n--;
                                fds[i] = fds[n];
                                controls[i] = controls[n];
                                i--;
                        }
                for (nfds_t i = 0; i < 2; i++)
                        if (fds[i].revents && n < ELEMENTSOF(fds)) {
                                fds[n] = (struct pollfd){ accept(fds[i].fd, NULL, NULL), POLLIN,
                                        0 };
                                controls[n++] = i == 1;
                        }
        }
        _exit(1);
}

FixtureTpm fixture_tpm_start(uint32_t code)
{
        FixtureTpm tpm = { 0 };
        int commands = -EBADF, control = -EBADF;
        uint16_t port = listen_twice(&commands, &control);

        (void) snprintf(tpm.tcti, sizeof(tpm.tcti), "swtpm:host=127.0.0.1,port=%u", port);
        tpm.pid = fork();
        cr_assert_geq(tpm.pid, 0);
        if (tpm.pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                serve(commands, control, code);
        }
        (void) close(commands);
        (void) close(control);
        return tpm;
}

void fixture_tpm_stop(FixtureTpm *tpm)
{
        (void) kill(tpm->pid, SIGKILL);
        (void) waitpid(tpm->pid, NULL, 0);
}
