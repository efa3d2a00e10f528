/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last package transactions, as imad-gate has reported them: what their objects on the bus say.
 * Reports are large, so only what is asked for often is kept in memory.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define TRANSACTIONS_MAX 100

typedef struct TransactionEntry {
        uint64_t number;
        char path[64];   /* of the object */
        json_t *summary; /* owner, begin_usec, end_usec, packages, and counts of the files */
} TransactionEntry;

typedef struct TransactionTable {
        TransactionEntry items[TRANSACTIONS_MAX]; /* the oldest first */
        size_t count;
        uint64_t last; /* number of the newest that was ever there */
} TransactionTable;

void transaction_table_done(TransactionTable *table);

/* The oldest goes when the table is full. */
void transaction_table_add(TransactionTable *table, TransactionEntry *entry);

/* NULL when there is none. */
const TransactionEntry *transaction_table_find(const TransactionTable *table, uint64_t number);

/* {owner, begin_usec, end_usec, packages, labelled, unsigned, …}; NULL: no memory. */
json_t *transaction_summarize(const json_t *report);
