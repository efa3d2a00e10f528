/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which hash algorithms a kernel's crypto API offers, built in or as a module that can be loaded.
 */
#pragma once

#include <stdint.h>

#include "core/policy/target/kconfig.h"

typedef enum KernelHashesSource {
        KERNEL_HASHES_REGISTERED = 1 << 0, /* /proc/crypto, for the running kernel */
        KERNEL_HASHES_LOADABLE = 1 << 1,   /* what modules offer */
} KernelHashesSource;

/*
 * Bits by HashAlgorithm, from these sources. Where /proc/crypto is none of them the configuration
 * says what is built in; it may be NULL. A module counts only when its file and those of the
 * modules that it needs are there. -ENODATA when nothing is known, -ENOMEM.
 */
int kernel_hashes_find(int root_fd, const char *release, unsigned sources, const Kconfig *config,
                uint32_t *ret_hashes);
