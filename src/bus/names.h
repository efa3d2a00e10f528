/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, paths and interfaces on the bus; dbus/ holds the interfaces themselves. */
#pragma once

#define BUS_NAME "org.imad1"

#define BUS_PATH_MANAGER "/org/imad1"
#define BUS_PATH_POLICY "/org/imad1/policy"
#define BUS_PATH_MEASUREMENTS "/org/imad1/measurements"
#define BUS_PATH_SIGNING "/org/imad1/signing"
#define BUS_PATH_JOB "/org/imad1/job"
#define BUS_PATH_TRANSACTION "/org/imad1/transaction"

#define BUS_INTERFACE_MANAGER "org.imad1.Manager"
#define BUS_INTERFACE_POLICY "org.imad1.Policy"
#define BUS_INTERFACE_MEASUREMENTS "org.imad1.Measurements"
#define BUS_INTERFACE_SIGNING "org.imad1.Signing"
#define BUS_INTERFACE_JOB "org.imad1.Job"
#define BUS_INTERFACE_TRANSACTION "org.imad1.Transaction"

#define BUS_ERROR_INVALID_OPTION "org.imad1.Error.InvalidOption"
#define BUS_ERROR_POLICY_INVALID "org.imad1.Error.PolicyInvalid"
#define BUS_ERROR_NOT_SUPPORTED "org.imad1.Error.NotSupported"
#define BUS_ERROR_BUSY "org.imad1.Error.Busy"
#define BUS_ERROR_LIMIT_EXCEEDED "org.imad1.Error.LimitExceeded"
#define BUS_ERROR_NOT_FOUND "org.imad1.Error.NotFound"
#define BUS_ERROR_AUTHORIZATION_FAILED "org.imad1.Error.AuthorizationFailed"
#define BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED                                               \
        "org.imad1.Error.InteractiveAuthorizationRequired"
#define BUS_ERROR_FAILED "org.imad1.Error.Failed"

/* Never on the bus: names in JSON for what happens on this side of it. */
#define BUS_ERROR_UNREACHABLE "org.imad1.Error.Unreachable"
#define BUS_ERROR_MISMATCH "org.imad1.Error.Mismatch"
#define BUS_ERROR_MALFORMED "org.imad1.Error.Malformed"
