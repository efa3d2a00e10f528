/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Manager.GetSecurityAttributes(): what desktop security panels show, in the shape of the host
 * security attributes of fwupd (libfwupd/fwupd-security-attr.c), enumerations as words.
 */
#pragma once

#include <jansson.h>

typedef struct Manager Manager;

/*
 * [{"AppstreamId", "Created", "HsiResult", "HsiResultSuccess", "Name", "Title", "Description",
 * "Flags"}]; Flags has "success" when the attribute is as it should be. NULL for
 * want of memory.
 */
json_t *attributes_make(const Manager *manager);
