/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stand-in for polkit: owns its name and answers every question in the same way. */
#pragma once

#include "fixture-bus.h"

/* Serves until it is killed; negative errno when it cannot start. */
int fixture_polkit_run(const char *address, FixturePolkit answer);
