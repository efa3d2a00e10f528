/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel asks its policy about: a hook, who asks, and the file or buffer that it is about.
 * Source: the callers of ima_get_action() in security/integrity/ima/ima_main.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/policy/rule/keyword.h"

#define REQUEST_UUID_SIZE 16
#define REQUEST_LABELS (KEYWORD_OBJ_TYPE - KEYWORD_SUBJ_USER + 1)

/* Ids of the task; a program with a set-uid bit has not got its owner's yet when it is checked. */
typedef struct RequestIds {
        uint32_t real;
        uint32_t effective;
        uint32_t saved;
        bool any; /* CAP_SETUID or CAP_SETGID: euid= and egid= take any of the three */
} RequestIds;

typedef struct Request {
        RuleFunc func;
        unsigned mask; /* RuleMask bits without RULE_MASK_CONTAINS */
        RequestIds user;
        RequestIds group;
        uint32_t owner; /* of the file, as its mount shows it */
        uint32_t owner_group;
        uint64_t fsmagic;
        const char *fsname; /* of the file system type; NULL: none */
        uint8_t fsuuid[REQUEST_UUID_SIZE];
        const char *labels[REQUEST_LABELS]; /* from KEYWORD_SUBJ_USER on; NULL: not known */
        const char *data; /* keyring of KEY_CHECK, label of CRITICAL_DATA; else NULL */
} Request;

/* "MAY_READ|MAY_WRITE", also "read", "write", "exec" and "append"; else -EINVAL. */
int request_parse_mask(const char *text, unsigned *ret_mask);

/* A UUID in its usual form, any case; else -EINVAL. */
int request_parse_uuid(const char *text, uint8_t ret_uuid[static REQUEST_UUID_SIZE]);

/* Appends what the request has where a rule has this keyword, as a rule would say it. -ENOMEM. */
int request_format(const Request *request, KeywordId keyword, Buffer *buffer);
