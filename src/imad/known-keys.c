/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/known-keys.h"

#include <stdlib.h>

#include "core/signature/signature.h"
#include "system/keyring.h"

void known_keys_done(KnownKeys *keys)
{
        free(keys->ids);
        *keys = (KnownKeys){ 0 };
}

bool known_keys_lack(KnownKeys *keys, int root_fd, const MeasurementView *view)
{
        Signature signature;

        if (view->signature_size == 0 ||
                        signature_parse(view->signature, view->signature_size, &signature) < 0)
                return false;
        if (!keys->tried) {
                keys->tried = true;
                keys->readable = keyring_load_key_ids(root_fd, &keys->ids, &keys->n_ids) >= 0;
        }
        for (size_t i = 0; i < keys->n_ids; i++)
                if (keys->ids[i] == signature.key_id)
                        return false;
        return keys->readable;
}
