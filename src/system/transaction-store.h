/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports of package transactions, as imad-gate leaves them: a numbered file of JSON for each, from
 * 1 on.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSACTION_STORE_DIRECTORY "/var/lib/imad/transactions"
#define TRANSACTION_STORE_MAX 100000U

/* The numbers that there are, in their order; malloc()ed. None is fine. -E2BIG, -ENOMEM. */
int transaction_store_list(int root_fd, uint64_t **ret_numbers, size_t *ret_count);

/* -ENOENT; -EBADMSG for what is no object. */
int transaction_store_load(int root_fd, uint64_t number, json_t **ret_report);

/* Stores it under the next number. */
int transaction_store_add(int root_fd, const json_t *report, uint64_t *ret_number);
