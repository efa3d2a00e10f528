/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/tcg-algorithm.h"

#include "base/cleanup.h"

static const struct {
        uint16_t id;
        HashAlgorithm algorithm;
} algorithms[] = {
        {0x0004,  HASH_SHA1    },
        { 0x000b, HASH_SHA256  },
        { 0x000c, HASH_SHA384  },
        { 0x000d, HASH_SHA512  },
        { 0x0012, HASH_SM3     },
        { 0x0027, HASH_SHA3_256},
        { 0x0028, HASH_SHA3_384},
        { 0x0029, HASH_SHA3_512},
};

HashAlgorithm tcg_algorithm_to_hash(uint16_t id)
{
        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++)
                if (algorithms[i].id == id)
                        return algorithms[i].algorithm;
        return HASH_ALGORITHM_INVALID;
}

uint16_t tcg_algorithm_from_hash(HashAlgorithm algorithm)
{
        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++)
                if (algorithms[i].algorithm == algorithm)
                        return algorithms[i].id;
        return TCG_ALGORITHM_ERROR;
}
