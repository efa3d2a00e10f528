/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/board.h"

#include <errno.h>

int board_add_process(Board *board, pid_t pid)
{
        for (size_t i = 0; i < BOARD_PROCESSES_MAX; i++) {
                pid_t free_place = 0;

                if (atomic_compare_exchange_strong(&board->processes[i], &free_place, pid))
                        return 0;
        }
        return -ENOSPC;
}

void board_remove_process(Board *board, pid_t pid)
{
        for (size_t i = 0; i < BOARD_PROCESSES_MAX; i++) {
                pid_t expected = pid;

                (void) atomic_compare_exchange_strong(&board->processes[i], &expected, 0);
        }
}

bool board_has_process(const Board *board, pid_t pid)
{
        for (size_t i = 0; i < BOARD_PROCESSES_MAX; i++)
                if (atomic_load(&board->processes[i]) == pid)
                        return true;
        return false;
}

uint64_t board_name_file(dev_t device, ino_t inode)
{
        return ((uint64_t) device * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t) inode) |
               UINT64_C(1) << 63;
}
