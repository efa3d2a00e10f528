/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device file of a TCTI, below a root; shared by the two builds of system/tpm-esys.h. */
#pragma once

/*
 * Opens the TPM's device file as an O_PATH descriptor. -ENODEV when it does not exist or is no
 * character device, -EACCES without permission to use it.
 */
int tpm_device_open(int root_fd, const char *path);
