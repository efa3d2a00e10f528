/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables over libsmartcols(3). Cells are escaped; memory shortage loses rows, never crashes. */
#pragma once

#include "imactl/arguments.h"

typedef struct TableColumn {
        const char *title;
        bool right;    /* numbers */
        bool truncate; /* may be cut to the width of a terminal */
} TableColumn;

typedef struct Table Table;

/* Borrows columns, file and args. NULL: no memory; the other functions accept it. */
Table *table_new(const TableColumn *columns, size_t n_columns, const Arguments *args, FILE *file);
Table *table_free(Table *table);
DEFINE_CLEANUP_FUNC(Table *, table_free)

/* Copies one cell per column; a NULL cell stays empty. */
void table_add_row(Table *table, const char *const *cells);

/* Prints heading (not with --no-legend) and rows. */
void table_print(Table *table);

#define _cleanup_table_ _cleanup_(table_freep)
