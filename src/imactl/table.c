/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/table.h"

#include <libsmartcols.h>

#include "imactl/report.h"

struct Table {
        struct libscols_table *table;
        size_t n_columns;
        Style style;
};

static int add_columns(struct libscols_table *table, const TableColumn *columns, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                int flags = (columns[i].right ? SCOLS_FL_RIGHT : 0) |
                            (columns[i].truncate ? SCOLS_FL_TRUNC : 0);
                struct libscols_column *column =
                                scols_table_new_column(table, columns[i].title, 0.1, flags);

                /* The library would escape the backslashes of what is escaped already. */
                if (!column || scols_column_set_safechars(column, "\\") < 0)
                        return -ENOMEM;
        }
        return 0;
}

Table *table_new(const TableColumn *columns, size_t n_columns, const Arguments *args, FILE *file)
{
        _cleanup_table_ Table *t = calloc(1, sizeof(*t));

        if (!t)
                return NULL;
        t->table = scols_new_table();
        if (!t->table || add_columns(t->table, columns, n_columns) < 0)
                return NULL;
        t->n_columns = n_columns;
        t->style = style_get(file);
        (void) scols_table_set_stream(t->table, file);
        (void) scols_table_enable_noheadings(t->table, arguments_have(args, OPTION_NO_LEGEND));
        return TAKE_PTR(t);
}

Table *table_free(Table *table)
{
        if (table) {
                scols_unref_table(table->table);
                free(table);
        }
        return NULL;
}

void table_add_row(Table *table, const char *const *cells)
{
        struct libscols_line *line = table ? scols_table_new_line(table->table, NULL) : NULL;

        for (size_t i = 0; line && i < table->n_columns; i++) {
                char *cell = result_escape(cells[i], table->style);

                if (cell && scols_line_refer_data(line, i, cell) < 0)
                        free(cell);
        }
}

void table_print(Table *table)
{
        if (table)
                (void) scols_print_table(table->table);
}
