/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's audit records of the integrity subsystem (types 1800 to 1807;
 * security/integrity/integrity_audit.c, ima_policy.c, ima_api.c, evm_secfs.c), decoded with
 * libauparse, and a listener for them on the audit netlink multicast group.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/time.h"

typedef enum AuditType {
        AUDIT_TYPE_DATA = 1800,        /* appraisal, collection, refused attributes */
        AUDIT_TYPE_METADATA = 1801,    /* refused by EVM */
        AUDIT_TYPE_STATUS = 1802,      /* a policy was loaded or refused */
        AUDIT_TYPE_HASH = 1803,        /* no kernel sends it */
        AUDIT_TYPE_PCR = 1804,         /* measurement and violations */
        AUDIT_TYPE_RULE = 1805,        /* the action audit */
        AUDIT_TYPE_EVM_XATTR = 1806,   /* a change of EVM's list of attributes */
        AUDIT_TYPE_POLICY_RULE = 1807, /* a rule that the kernel read */
} AuditType;

/*
 * One record; what it does not carry is NULL, or 0 for numbers. Names are bytes that any user may
 * have chosen: escape them before they are shown.
 */
typedef struct AuditIntegrity {
        AuditType type;
        uint64_t serial;
        usec_t time_usec;
        bool success;
        int error; /* errno as the record has it */
        pid_t pid;
        int64_t uid;
        int64_t login_uid;
        uint64_t inode;
        char *operation;  /* "appraise_data", "policy_update", … */
        char *cause;      /* "invalid-signature", "signed policy required", … */
        char *file;       /* path or last component, as the kernel knows it */
        char *device;     /* "sda1" */
        char *process;    /* comm */
        char *executable; /* 1805 only */
        char *hash;       /* 1805: "sha256:…" */
        char *rule;       /* 1807: the rule as the kernel read it */
} AuditIntegrity;

void audit_integrity_done(AuditIntegrity *record);

/*
 * Decodes one record: a line of audit.log ("type=INTEGRITY_DATA msg=audit(…): …") or of the kernel
 * log ("audit: type=1800 audit(…): …"). Returns 1, 0 for a record of another kind, -EBADMSG for a
 * malformed one, -E2BIG for one longer than the kernel makes them.
 */
int audit_decode(const char *line, size_t size, AuditIntegrity *ret_record);

/* The same for a record whose type stands outside of its text ("audit(…): …"), as on netlink. */
int audit_decode_typed(int type, const char *text, size_t size, AuditIntegrity *ret_record);

/* True when the kernel denied something: an appraisal or a change of attributes. */
bool audit_integrity_is_denial(const AuditIntegrity *record);

typedef struct AuditListener AuditListener;

/* Needs CAP_AUDIT_READ (-EPERM). -EPROTONOSUPPORT in a kernel without audit. */
int audit_listener_new(AuditListener **ret_listener);
AuditListener *audit_listener_free(AuditListener *listener);

/* To be polled for reading; owned by the listener. */
int audit_listener_get_fd(const AuditListener *listener);

/*
 * The next integrity record; never blocks. Returns 1, 0 when there is none now, -ENOBUFS when the
 * kernel dropped records because nobody read them. Malformed records are left out.
 */
int audit_listener_read(AuditListener *listener, AuditIntegrity *ret_record);

DEFINE_CLEANUP_FUNC(AuditListener *, audit_listener_free)
#define _cleanup_audit_ _cleanup_(audit_integrity_done)
#define _cleanup_audit_listener_ _cleanup_(audit_listener_freep)
