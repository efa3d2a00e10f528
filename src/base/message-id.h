/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MESSAGE_IDs of imad's journal entries; each has an entry in units/imad.catalog (tested). */
#pragma once

#define MESSAGE_ID_POLICY_LOADED "5d7f2c8a1b9e4f06a3c4d8e7f1b20c91"
#define MESSAGE_ID_POLICY_NOT_LOADED "b1e04a6c9d3f4752881f0c2a7e5d6b34"
#define MESSAGE_ID_POLICY_APPLIED "0c93e5f7a2b84d1c9e6f3b7d8a514e20"
#define MESSAGE_ID_POLICY_INVALID "e8a7d15b3c6f42908b2d4e9f7c01a563"
#define MESSAGE_ID_POLICY_OFF "7b42f90e6d1c4a83954ec7a80f3b2d16"
#define MESSAGE_ID_VERDICT_CHANGED "92c4b6e8f0d1437ea5b3970c6d2e8f41"
#define MESSAGE_ID_VIOLATION "3f8e1d7c5b0a4926b7c8e2f4a9d06351"
#define MESSAGE_ID_DENIED "c6a2e94f8b7d4510932f1c0e5d7b8a64"
