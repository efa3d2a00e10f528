/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The polkit agent of the terminal, pkttyagent(1): started for a person at a terminal who is not
 * root and did not decline, as the last resort where no other agent runs (--fallback).
 */
#pragma once

#include "imactl/arguments.h"

/* Starts the agent and waits until it is registered; without polkit nothing happens. */
void agent_open(const Arguments *args);

/* Ends the agent; idempotent. */
void agent_close(void);
