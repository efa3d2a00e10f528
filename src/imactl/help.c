/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/help.h"

#include "config.h"
#include "imactl/pager.h"
#include "imactl/report.h"
#include "imactl/verbs.h"

#define TERM_WIDTH 30

/* Width on the terminal: characters, not bytes, as the tables hold "…". */
static int text_width(const char *text)
{
        int width = 0;

        for (; *text; text++)
                width += ((unsigned char) *text & 0xc0) != 0x80;
        return width;
}

static void print_row(const char *term, const char *help, FILE *file)
{
        int width = text_width(term);

        fprintf(file, "  %s", term);
        if (width >= TERM_WIDTH)
                fprintf(file, "\n%*s", TERM_WIDTH + 3, "");
        else
                fprintf(file, "%*s", TERM_WIDTH - width + 1, "");
        fprintf(file, "%s\n", help);
}

static void print_title(const char *title, FILE *file, Style style)
{
        fprintf(file, "\n%s%s:%s\n", style_begin(style, TONE_STRONG), title,
                        style_end(style, TONE_STRONG));
}

static void print_verb(const Verb *verb, FILE *file)
{
        char term[128];

        (void) snprintf(term, sizeof(term), "%s%s%s%s%s", verb->group ?: "", verb->group ? " " : "",
                        verb->name, *verb->synopsis ? " " : "", verb->synopsis);
        print_row(term, verb->help, file);
}

static void print_group(const VerbGroup *group, FILE *file, Style style)
{
        print_title(group->title, file, style);
        for (size_t i = 0; i < verb_table_size; i++)
                if (string_equal(verb_table[i].group, group->name))
                        print_verb(&verb_table[i], file);
}

static void print_option(const Option *o, FILE *file)
{
        char term[64], letter[] = { '-', o->short_name, o->name ? ' ' : '\0', '\0' };

        (void) snprintf(term, sizeof(term), "%s%s%s%s%s", o->short_name ? letter : "   ",
                        o->name ? "--" : "", o->name ?: "", o->value ? "=" : "", o->value ?: "");
        print_row(term, o->help, file);
}

/* The options of the verb; the global ones when it is NULL. */
static void print_options(const Verb *verb, FILE *file)
{
        for (OptionId id = 0; id < OPTION_MAX; id++)
                if (verb_has_option(verb, id))
                        print_option(&option_table[id], file);
}

static void print_footer(FILE *file)
{
        fputs("\nSee imactl(1) for the details, imad.policy(5) for the language of fragments.\n",
                        file);
}

static void print_usage(const char *words, FILE *file, Style style)
{
        fprintf(file, "%simactl%s %s\n", style_begin(style, TONE_STRONG),
                        style_end(style, TONE_STRONG), words);
}

static void print_overall(FILE *file, Style style)
{
        print_usage("[OPTION…] VERB [ARGUMENT…]", file, style);
        fputs("\nCompile, load and watch the integrity policy (IMA) of this machine.\n", file);
        for (size_t i = 0; i < verb_groups_size; i++)
                print_group(&verb_groups[i], file, style);
        print_title("Options of every verb", file, style);
        print_options(NULL, file);
        fputs("\nimactl help VERB shows the options that one verb has besides.\n", file);
        print_footer(file);
}

static void print_one_verb(const Verb *verb, FILE *file, Style style)
{
        char words[128];

        (void) snprintf(words, sizeof(words), "%s%s%s%s%s", verb->group ?: "",
                        verb->group ? " " : "", verb->name, *verb->synopsis ? " " : "",
                        verb->synopsis);
        print_usage(words, file, style);
        fprintf(file, "\n%s.\n", verb->help);
        if (verb->options) {
                print_title("Options of this verb", file, style);
                print_options(verb, file);
        }
        print_title("Options of every verb", file, style);
        print_options(NULL, file);
        print_footer(file);
}

static const VerbGroup *find_group(const char *name)
{
        for (size_t i = 0; i < verb_groups_size; i++)
                if (string_equal(verb_groups[i].name, name))
                        return &verb_groups[i];
        return NULL;
}

static void print_help(const Verb *verb, const VerbGroup *group, FILE *file, Style style)
{
        if (verb) {
                print_one_verb(verb, file, style);
        } else if (group) {
                print_usage("[OPTION…] VERB [ARGUMENT…]", file, style);
                print_group(group, file, style);
                print_footer(file);
        } else {
                print_overall(file, style);
        }
}

static int add_verbs(json_t *array)
{
        for (size_t i = 0; i < verb_table_size; i++) {
                const Verb *v = &verb_table[i];

                if (json_array_append_new(
                                    array, json_pack("{s:s?, s:s, s:s, s:s}", "group", v->group,
                                                           "name", v->name, "synopsis", v->synopsis,
                                                           "help", v->help)) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int add_options(json_t *array)
{
        for (OptionId id = 0; id < OPTION_MAX; id++) {
                const Option *o = &option_table[id];
                const char letter[] = { o->short_name, '\0' };

                if (json_array_append_new(
                                    array, json_pack("{s:s?, s:s?, s:s?, s:s}", "name", o->name,
                                                           "letter", *letter ? letter : NULL,
                                                           "value", o->value, "help", o->help)) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int add_exit_codes(json_t *array)
{
        for (ExitCode code = 0; code < EXIT_CODE_MAX; code++)
                if (json_array_append_new(
                                    array, json_pack("{s:i, s:s}", "code", (int) code, "meaning",
                                                           exit_code_describe(code))) < 0)
                        return -ENOMEM;
        return 0;
}

/* --json: the tables themselves, for those who make menus, documents and checks of them. */
static json_t *help_to_json(void)
{
        _cleanup_json_ json_t *help =
                        json_pack("{s:[], s:[], s:[]}", "verbs", "options", "exit_codes");

        if (!help || add_verbs(json_object_get(help, "verbs")) < 0 ||
                        add_options(json_object_get(help, "options")) < 0 ||
                        add_exit_codes(json_object_get(help, "exit_codes")) < 0)
                return NULL;
        return TAKE_PTR(help);
}

static ExitCode show(const Arguments *args, const Verb *verb, const VerbGroup *group)
{
        Style style = style_get(stdout);

        if (args->json != JSON_OFF) {
                _cleanup_json_ json_t *json = help_to_json();

                return json && json_print(json, args->json, stdout) >= 0 ? EXIT_CODE_OK
                                                                         : EXIT_CODE_FAILURE;
        }
        pager_open(args);
        print_help(verb, group, stdout, style);
        pager_close();
        return EXIT_CODE_OK;
}

ExitCode help_show(const Arguments *args)
{
        const VerbGroup *group = args->verb || args->words.count == 0
                                                 ? NULL
                                                 : find_group(args->words.items[0]);

        return show(args, args->verb_named ? args->verb : NULL, group);
}

ExitCode verb_help(const Arguments *args)
{
        const char *const *words = (const char *const *) args->words.items;
        const VerbGroup *group;
        const Verb *verb;

        if (args->words.count == 0)
                return show(args, NULL, NULL);
        group = find_group(words[0]);
        verb = group && args->words.count == 2 ? verb_find(words[0], words[1])
                                               : verb_find(NULL, words[0]);
        if (!verb && !(group && args->words.count == 1))
                return report_error(args, EXIT_CODE_USAGE, "imactl --help lists the verbs",
                                "unknown verb '%s%s%s'", words[0],
                                args->words.count == 2 ? " " : "",
                                args->words.count == 2 ? words[1] : "");
        return show(args, verb, group);
}

ExitCode verb_version(const Arguments *args)
{
        if (args->json != JSON_OFF) {
                _cleanup_json_ json_t *json = json_pack("{s:s}", "version", IMAD_VERSION);

                return json && json_print(json, args->json, stdout) >= 0 ? EXIT_CODE_OK
                                                                         : EXIT_CODE_FAILURE;
        }
        return printf("imactl %s\n", IMAD_VERSION) < 0 || fflush(stdout) == EOF ? EXIT_CODE_FAILURE
                                                                                : EXIT_CODE_OK;
}
