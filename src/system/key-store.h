/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The certificates that the kernel is to verify with: the files of /etc/imad/keys whose names end
 * in .der, .pem or .crt. Private keys are none of its business.
 */
#pragma once

#include "base/strings.h"
#include "core/signature/certificate.h"

#define KEY_STORE_PATH "/etc/imad/keys"

typedef struct KeyStore {
        CertificateList certificates;
        StringList names; /* of the file of each certificate */
} KeyStore;

void key_store_done(KeyStore *store);

/* Whether a file of this name is one of them. */
bool key_store_is_certificate(const char *name);

/*
 * Reads all of them, in the order of their names; files that hold none are errors in diags, and
 * left out, as bare public keys are. No directory is an empty store. -E2BIG, -ENOMEM.
 */
int key_store_load(int root_fd, KeyStore *ret_store, DiagList *diags);

#define _cleanup_key_store_ _cleanup_(key_store_done)
