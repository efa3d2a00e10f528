/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build-time program: prints the completion of a shell, made of the tables of verbs and options.
 * What it prints looks at directories only; it never runs imactl and never wakes the daemon.
 */
#include <stdio.h>

#include "config.h"
#include "core/explanation.h"
#include "imactl/verbs.h"

/* Text in single quotes, for all three shells: none of the tables holds a quote. */
/* For the inside of single quotes, with a backslash before each of the special characters. */
static void print_escaped(const char *text, const char *special)
{
        for (; *text; text++)
                if (*text == '\'')
                        fputs("'\\''", stdout);
                else
                        printf(strchr(special, *text) ? "\\%c" : "%c", *text);
}

static void print_quoted(const char *text)
{
        putchar('\'');
        print_escaped(text, "");
        putchar('\'');
}

static bool is_of_group(const Verb *verb, const char *group)
{
        return string_equal(verb->group, group);
}

/* Codes of diagnostics, for one of the shells. */
static void print_codes(const char *before, const char *behind)
{
        const char *code;

        fputs(before, stdout);
        for (size_t i = 0; (code = explanation_get_code(i)); i++)
                printf(" %s", code);
        puts(behind);
}

/* Words that may stand behind the group; behind nothing when group is NULL. */
static void print_words(const char *group)
{
        for (size_t i = 0; i < verb_table_size; i++)
                if (is_of_group(&verb_table[i], group))
                        printf(" %s", verb_table[i].name);
        for (size_t i = 0; !group && i < verb_groups_size; i++)
                if (verb_groups[i].name)
                        printf(" %s", verb_groups[i].name);
}

static const char *const bash_kinds[COMPLETION_KIND_MAX] = {
        [COMPLETION_NONE] = ":",
        [COMPLETION_FILE] = "compopt -o filenames; __imactl_reply \"$(compgen -f -- \"$cur\")\"",
        [COMPLETION_DIRECTORY] =
                        "compopt -o filenames; __imactl_reply \"$(compgen -d -- \"$cur\")\"",
        [COMPLETION_JSON_MODE] = "__imactl_words pretty short off",
        [COMPLETION_KERNEL] = "__imactl_names /lib/modules ''",
        [COMPLETION_PRESET] = ("__imactl_names " IMAD_PRESETDIR " .yaml"),
        [COMPLETION_TARGET] = ("__imactl_names " IMAD_TARGETDIR " .target running"),
        [COMPLETION_VERB] = NULL,
        [COMPLETION_CODE] = "__imactl_codes",
        [COMPLETION_ENTRY_VERDICT] = "__imactl_words violation bad-digest signed unsigned plain",
};

static const char bash_head[] =
                "# bash completion for imactl; made from its table of verbs\n"
                "\n"
                "__imactl_reply() {\n"
                "    mapfile -t COMPREPLY <<<\"$1\"\n"
                "    [[ -n $1 ]] || COMPREPLY=()\n"
                "}\n"
                "\n"
                "__imactl_words() {\n"
                "    __imactl_reply \"$(compgen -W \"$*\" -- \"$cur\")\"\n"
                "}\n"
                "\n"
                "# Names in a directory, without a number in front and a suffix; and further "
                "words.\n"
                "__imactl_names() {\n"
                "    local path names=(\"${@:3}\")\n"
                "    for path in \"$1\"/*\"$2\"; do\n"
                "        [[ -e $path ]] || continue\n"
                "        path=${path##*/}\n"
                "        path=${path%\"$2\"}\n"
                "        names+=(\"${path#[0-9][0-9]-}\")\n"
                "    done\n"
                "    __imactl_words \"${names[@]}\"\n"
                "}\n"
                "\n"
                "_imactl() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} option='' word='' words=() i\n"
                "    COMPREPLY=()\n"
                "    # \"=\" breaks words: --root=/x arrives as three of them.\n"
                "    if [[ $cur == '=' ]]; then\n"
                "        option=${COMP_WORDS[COMP_CWORD - 1]} cur=''\n"
                "    elif ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then\n"
                "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
                "    fi\n"
                "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "        word=${COMP_WORDS[i]}\n"
                "        if [[ $word == '=' ]]; then\n"
                "            ((++i))\n"
                "        elif [[ $word != -* ]]; then\n"
                "            words+=(\"$word\")\n"
                "        fi\n"
                "    done\n";

static void print_bash_option_values(void)
{
        puts("    case $option in");
        puts("        '') ;;");
        for (OptionId id = 0; id < OPTION_MAX; id++)
                if (option_table[id].name && option_table[id].value)
                        printf("        --%s) %s; return ;;\n", option_table[id].name,
                                        bash_kinds[option_table[id].completion]);
        puts("        *) return ;;\n    esac");
}

static void print_bash_option_names(const Verb *verb)
{
        for (OptionId id = 0; id < OPTION_MAX; id++) {
                const Option *o = &option_table[id];

                if (!verb_has_option(verb, id))
                        continue;
                if (o->short_name)
                        printf(" -%c", o->short_name);
                if (o->name)
                        printf(" --%s%s", o->name, o->value ? "=" : "");
        }
}

static void print_bash_pattern(const Verb *verb)
{
        printf("        '%s%s%s'", verb->group ?: "", verb->group ? " " : "", verb->name);
        printf(" | '%s%s%s '*) ", verb->group ?: "", verb->group ? " " : "", verb->name);
}

static void print_bash_options(void)
{
        puts("    if [[ $cur == -* ]]; then\n        local options=\"\\");
        printf("           ");
        print_bash_option_names(NULL);
        puts("\"\n        case ${words[*]} in");
        for (size_t i = 0; i < verb_table_size; i++) {
                if (!verb_table[i].options)
                        continue;
                print_bash_pattern(&verb_table[i]);
                printf("options+='");
                print_bash_option_names(&verb_table[i]);
                puts("' ;;");
        }
        puts("        esac\n"
             "        __imactl_words \"$options\"\n"
             "        if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then\n"
             "            compopt -o nospace\n"
             "        fi\n"
             "        return\n"
             "    fi");
}

static void print_bash_verbs(const char *prefix)
{
        printf("        '%s') __imactl_words", prefix);
        print_words(NULL);
        puts(" ;;");
        for (size_t i = 0; i < verb_groups_size; i++) {
                if (!verb_groups[i].name)
                        continue;
                printf("        '%s%s%s') __imactl_words", prefix, *prefix ? " " : "",
                                verb_groups[i].name);
                print_words(verb_groups[i].name);
                puts(" ;;");
        }
}

static void print_bash(void)
{
        fputs(bash_head, stdout);
        print_bash_option_values();
        print_bash_options();
        puts("    case ${words[*]} in");
        print_bash_verbs("");
        print_bash_verbs("help");
        for (size_t i = 0; i < verb_table_size; i++) {
                const char *code = bash_kinds[verb_table[i].completion];

                if (verb_table[i].completion == COMPLETION_NONE || !code)
                        continue;
                print_bash_pattern(&verb_table[i]);
                printf("%s ;;\n", code);
        }
        puts("    esac\n}\n");
        print_codes("__imactl_codes() {\n    __imactl_words", "\n}\n");
        puts("complete -F _imactl imactl");
}

static const char *const zsh_kinds[COMPLETION_KIND_MAX] = {
        [COMPLETION_NONE] = " ",
        [COMPLETION_FILE] = "_files",
        [COMPLETION_DIRECTORY] = "_directories",
        [COMPLETION_JSON_MODE] = "(pretty short off)",
        [COMPLETION_KERNEL] = "_imactl_kernels",
        [COMPLETION_PRESET] = "_imactl_presets",
        [COMPLETION_TARGET] = "_imactl_targets",
        [COMPLETION_VERB] = "_imactl_verbs",
        [COMPLETION_CODE] = "_imactl_codes",
        [COMPLETION_ENTRY_VERDICT] = "(violation bad-digest signed unsigned plain)",
};

/* ":NAME:ACTION" of a value. */
static void print_zsh_value(const Option *o)
{
        putchar(':');
        print_escaped(o->value, ":");
        printf(":%s", zsh_kinds[o->completion]);
}

static void print_zsh_help(const Option *o)
{
        putchar('[');
        print_escaped(o->help, "[]:");
        putchar(']');
}

static void print_zsh_option(const Option *o)
{
        if (o->name) {
                printf("    '%s--%s%s", o->repeatable ? "*" : "", o->name, o->value ? "=" : "");
                print_zsh_help(o);
                if (o->value)
                        print_zsh_value(o);
                puts("'");
        }
        if (o->short_name) {
                printf("    '-%c", o->short_name);
                print_zsh_help(o);
                puts("'");
        }
}

static void print_zsh_options(void)
{
        puts("  options=(");
        for (OptionId id = 0; id < OPTION_MAX; id++)
                print_zsh_option(&option_table[id]);
        puts("  )");
}

static void print_zsh_description(const char *word, const char *description)
{
        printf("    '%s:", word);
        print_escaped(description, ":");
        puts("'");
}

static void print_zsh_descriptions(const char *array, const char *group)
{
        printf("  %s=(\n", array);
        for (size_t i = 0; i < verb_table_size; i++)
                if (is_of_group(&verb_table[i], group))
                        print_zsh_description(verb_table[i].name, verb_table[i].help);
        for (size_t i = 0; !group && i < verb_groups_size; i++)
                if (verb_groups[i].name)
                        print_zsh_description(verb_groups[i].name, verb_groups[i].title);
        puts("  )");
}

static void print_zsh_verb_functions(void)
{
        puts("_imactl_verbs() {\n  local -a verbs");
        print_zsh_descriptions("verbs", NULL);
        puts("  _describe -t verbs verb verbs\n}\n");
        for (size_t i = 0; i < verb_groups_size; i++) {
                if (!verb_groups[i].name)
                        continue;
                printf("_imactl_%s_verbs() {\n  local -a verbs\n", verb_groups[i].name);
                print_zsh_descriptions("verbs", verb_groups[i].name);
                puts("  _describe -t verbs verb verbs\n}\n");
        }
}

static void print_zsh_arguments(const char *group)
{
        for (size_t i = 0; i < verb_table_size; i++)
                if (is_of_group(&verb_table[i], group) &&
                                verb_table[i].completion != COMPLETION_NONE)
                        printf("        %s) %s ;;\n", verb_table[i].name,
                                        zsh_kinds[verb_table[i].completion]);
}

static void print_zsh(void)
{
        puts("#compdef imactl\n# zsh completion for imactl; made from its table of verbs\n");
        puts("_imactl_kernels() {\n  local -a names=(/lib/modules/*(N:t))\n"
             "  _describe -t kernels kernel names\n}\n");
        puts("_imactl_presets() {\n  local -a names=(" IMAD_PRESETDIR "/*.yaml(N:t:r))\n"
             "  names=(${names#[0-9][0-9]-})\n"
             "  _describe -t presets preset names\n}\n");
        puts("_imactl_targets() {\n  local -a names=(running " IMAD_TARGETDIR "/*.target(N:t:r))\n"
             "  _describe -t targets target names\n  _files -g '*.target'\n}\n");
        print_codes("_imactl_codes() {\n  local -a names=(",
                        ")\n  _describe -t codes code names\n}\n");
        print_zsh_verb_functions();
        puts("_imactl() {\n  local curcontext=$curcontext state line\n  local -a options");
        print_zsh_options();
        puts("  _arguments -C -s $options '1: :_imactl_verbs' '*:: :->words' && return\n"
             "  [[ $state == words ]] || return\n"
             "  case $words[1] in");
        for (size_t i = 0; i < verb_groups_size; i++) {
                if (!verb_groups[i].name)
                        continue;
                printf("    %s)\n      if ((CURRENT == 2)); then\n        _imactl_%s_verbs\n"
                       "        return\n      fi\n      case $words[2] in\n",
                                verb_groups[i].name, verb_groups[i].name);
                print_zsh_arguments(verb_groups[i].name);
                puts("      esac\n      ;;");
        }
        print_zsh_arguments(NULL);
        puts("  esac\n}\n\n_imactl \"$@\"");
}

static const char *const fish_kinds[COMPLETION_KIND_MAX] = {
        [COMPLETION_NONE] = "-f",
        [COMPLETION_FILE] = "-F",
        [COMPLETION_DIRECTORY] = "-f -a '(__fish_complete_directories)'",
        [COMPLETION_JSON_MODE] = "-f -a 'pretty short off'",
        [COMPLETION_KERNEL] = "-f -a '(path basename /lib/modules/*)'",
        [COMPLETION_PRESET] = ("-f -a '(path change-extension \"\" (path basename " IMAD_PRESETDIR
                               "/*.yaml) | string replace -r \"^[0-9][0-9]-\" \"\")'"),
        [COMPLETION_TARGET] =
                        ("-F -a 'running (path change-extension \"\" (path basename " IMAD_TARGETDIR
                         "/*.target))'"),
        [COMPLETION_VERB] = NULL,
        [COMPLETION_CODE] = "-f -a '(__imactl_codes)'",
        [COMPLETION_ENTRY_VERDICT] = "-f -a 'violation bad-digest signed unsigned plain'",
};

/* "The words so far begin with these", as a condition of complete(1). */
static void print_fish_condition(const Verb *verb)
{
        printf(" -n '__imactl_at %s%s%s'", verb->group ?: "", verb->group ? " " : "", verb->name);
}

static void print_fish_options(void)
{
        for (OptionId id = 0; id < OPTION_MAX; id++) {
                const Option *o = &option_table[id];

                for (size_t i = 0; i < (o->global ? 1 : verb_table_size); i++) {
                        if (!o->global && !verb_has_option(&verb_table[i], id))
                                continue;
                        printf("complete -c imactl");
                        if (!o->global)
                                print_fish_condition(&verb_table[i]);
                        if (o->short_name)
                                printf(" -s %c", o->short_name);
                        if (o->name)
                                printf(" -l %s", o->name);
                        if (o->value)
                                printf(" -r %s", fish_kinds[o->completion] ?: "");
                        printf(" -d ");
                        print_quoted(o->help);
                        putchar('\n');
                }
        }
}

static void print_fish_verbs(void)
{
        for (size_t i = 0; i < verb_groups_size; i++)
                if (verb_groups[i].name)
                        printf("complete -c imactl -n __imactl_at_start -a %s -d '%s'\n",
                                        verb_groups[i].name, verb_groups[i].title);
        for (size_t i = 0; i < verb_table_size; i++) {
                const Verb *v = &verb_table[i];

                if (v->group)
                        printf("complete -c imactl -n '__imactl_at_end %s'", v->group);
                else
                        printf("complete -c imactl -n __imactl_at_start");
                printf(" -a %s -d ", v->name);
                print_quoted(v->help);
                putchar('\n');
                if (v->completion != COMPLETION_NONE && fish_kinds[v->completion]) {
                        printf("complete -c imactl");
                        print_fish_condition(v);
                        printf(" %s\n", fish_kinds[v->completion]);
                }
        }
}

static void print_fish(void)
{
        puts("# fish completion for imactl; made from its table of verbs\n\n"
             "function __imactl_at_words\n"
             "    string match -v -- '-*' (commandline -opc)[2..]\n"
             "end\n\n"
             "function __imactl_at_start\n"
             "    test (count (__imactl_at_words)) -eq 0\n"
             "end\n\n"
             "# The words so far begin with the arguments.\n"
             "function __imactl_at\n"
             "    set -l words (__imactl_at_words)\n"
             "    test (count $words) -ge (count $argv); or return 1\n"
             "    test \"$words[1..$(count $argv)]\" = \"$argv\"\n"
             "end\n\n"
             "# The words so far are the arguments.\n"
             "function __imactl_at_end\n"
             "    test \"$(__imactl_at_words)\" = \"$argv\"\n"
             "end\n\n"
             "complete -c imactl -f\n");
        print_codes("function __imactl_codes\n    string split ' ' -n -- '", "'\nend\n");
        print_fish_verbs();
        print_fish_options();
}

int main(int argc, char *argv[])
{
        static const struct {
                const char *shell;
                void (*print)(void);
        } shells[] = {
                {"bash",  print_bash},
                { "zsh",  print_zsh },
                { "fish", print_fish},
        };

        for (size_t i = 0; argc == 2 && i < ELEMENTSOF(shells); i++)
                if (string_equal(shells[i].shell, argv[1])) {
                        shells[i].print();
                        return fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
                }
        fputs("usage: imactl-completion bash|zsh|fish\n", stderr);
        return EXIT_CODE_USAGE;
}
