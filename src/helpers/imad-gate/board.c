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
