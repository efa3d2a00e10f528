/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash algorithms by the ids of the TCG Algorithm Registry (TPM_ALG_ID). */
#pragma once

#include <stdint.h>

#include "base/digest.h"

#define TCG_ALGORITHM_ERROR 0x0000U

/* HASH_ALGORITHM_INVALID for an id that is no hash imad knows. */
HashAlgorithm tcg_algorithm_to_hash(uint16_t id);

/* TCG_ALGORITHM_ERROR for a hash that TPMs do not have. */
uint16_t tcg_algorithm_from_hash(HashAlgorithm algorithm);
