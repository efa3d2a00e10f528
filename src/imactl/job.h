/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits for a job of imad: shows its progress, cancels it at Ctrl-C (a second one leaves it
 * running), and ends the verb with its result.
 */
#pragma once

#include "imactl/client.h"

/* Calls a method that returns the path of a job, and sees that job through. */
ExitCode job_run(const Arguments *args, sd_bus *bus, sd_bus_message *call, Renderer renderer);
