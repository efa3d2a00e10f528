/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fixes in fragments: what a person who knows the kernel would write instead. Each function adds to
 * the fix of the diagnostic that was added last. A fix never makes a policy demand less than what
 * was written.
 */
#pragma once

#include "core/policy/fragment/yaml.h"
#include "core/policy/rule/rule-value.h"

/* Puts a scalar in the place; with quotes where YAML needs them. */
void suggest_scalar(DiagList *diags, DiagPlace place, const char *text);

/* Makes a list of two. */
void suggest_pair(DiagList *diags, DiagPlace place, const char *first, const char *second);

/* A scalar with an operator before it: ">999". */
void suggest_range(DiagList *diags, DiagPlace place, char op, const char *text);

/*
 * The two pieces of a range that is written with >= or <=: puts key into its place, and the next
 * number into that of the value, text. Nothing when text is no number that has a next one.
 */
void suggest_bound(DiagList *diags, DiagPlace key_place, const char *key, DiagPlace place, char op,
                const char *text);

/* The number that ">" or "<" need in the place of that of ">=" and "<="; false: there is none. */
bool suggest_next_number(char op, const char *text, uint32_t *ret_number);

/* Inserts "key: value" into a mapping, before one of its values or, when that is NULL, at the end.
 */
void suggest_entry(DiagList *diags, const char *source, const YamlNode *mapping,
                const YamlNode *before, const char *entry);

/* Takes a value and its key out of a mapping that has others. */
void suggest_removal(DiagList *diags, const char *source, const YamlNode *mapping,
                const YamlNode *value);

/*
 * Two ends of a range, first and second value of the mapping, become a list of what lies between
 * them, when that is short. A list makes a kernel rule for each value, so that it says the same.
 */
void suggest_between(DiagList *diags, const char *source, const YamlNode *mapping,
                const YamlNode *first, const YamlNode *second, const char *keyword);

/* The word that somebody means who writes text as a value of the keyword, or NULL. */
const char *suggest_find_word(KeywordId id, const char *text);

/*
 * Makes a list of values that stand in one scalar, divided by blanks, commas or bars, when `accept`
 * takes each of them. True when there was something to divide.
 */
bool suggest_list(DiagList *diags, DiagPlace place, const YamlNode *node,
                bool (*accept)(const void *context, const char *item), const void *context);

/*
 * A plain word as ids and names are: lower case, with dashes for everything else. Empty when
 * nothing is left.
 */
void suggest_make_word(const char *text, size_t max, char *ret_word);
