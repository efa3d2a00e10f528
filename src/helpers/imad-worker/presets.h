/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presets: policies that come with imad, linked into the administrator's fragments to be used. */
#pragma once

#include "helpers/imad-worker/worker.h"

typedef enum PresetState {
        PRESET_STATE_DISABLED,
        PRESET_STATE_ENABLED,
        PRESET_STATE_OBSTRUCTED, /* another file of that name is among the fragments */
} PresetState;

/* Names without suffix, sorted. No directory is an empty list. */
int presets_list(Worker *worker, StringList *ret_names);

/* Path of a preset, and of its link among the fragments. */
int presets_get_paths(const char *name, char **ret_target, char **ret_link);

int presets_get_state(Worker *worker, const char *link, const char *target, PresetState *ret_state);

/* What a preset says about itself, for people who have not read it. */
typedef struct PresetSummary {
        char *description; /* NULL: it has none, or cannot be read */
        bool refuses;      /* it has rules that appraise */
} PresetSummary;

void preset_summary_done(PresetSummary *summary);

/* A preset that cannot be read or compiled has an empty summary. -ENOMEM. */
int presets_summarize(Worker *worker, const char *path, PresetSummary *ret_summary);

/*
 * The preset that the only argument names, with or without number and suffix; *ret_name is
 * malloc()ed.
 * -ENOENT, with the worker's error set and the nearest name in it.
 */
int presets_find_argument(Worker *worker, char **ret_name);

/* Sets "name", "link", "target", "refuses" and "changed" of the result. */
int presets_report(Worker *worker, const char *name, const char *target, const char *link,
                bool changed);
