/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/exit-code.h"
#include "base/log.h"
#include "config.h"
#include "imad/manager.h"

typedef struct Arguments {
        const char *root;
        const char *libexec;
} Arguments;

enum {
        ARGUMENT_HELP = 'h',
        ARGUMENT_VERSION = 256,
        ARGUMENT_ROOT,
        ARGUMENT_LIBEXEC,
};

static void print_help(void)
{
        printf("imad [OPTION...]\n\n"
               "The service org.imad1 on the system bus: policy and measurements of IMA.\n\n"
               "  -h --help         show this help\n"
               "     --version      show the version\n"
               "     --root=DIR     read and write below DIR\n"
               "     --libexec=DIR  find imad-worker in DIR (default " IMAD_LIBEXECDIR ")\n");
}

/* 1: go on; else the program ends with *ret_code. */
static int parse_arguments(int argc, char *argv[], Arguments *arguments, ExitCode *ret_code)
{
        static const struct option options[] = {
                {"help",            no_argument, NULL, ARGUMENT_HELP },
                { "version",             no_argument, NULL, ARGUMENT_VERSION },
                { "root",                required_argument, NULL, ARGUMENT_ROOT },
                { "libexec",required_argument, NULL, ARGUMENT_LIBEXEC },
                { 0},
        };
        int c;

        *ret_code = EXIT_CODE_OK;
        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                switch (c) {
                case ARGUMENT_HELP:
                        print_help();
                        return 0;
                case ARGUMENT_VERSION:
                        puts("imad " IMAD_VERSION);
                        return 0;
                case ARGUMENT_ROOT:
                        arguments->root = optarg;
                        break;
                case ARGUMENT_LIBEXEC:
                        arguments->libexec = optarg;
                        break;
                default:
                        *ret_code = EXIT_CODE_USAGE;
                        return 0;
                }
        }
        if (optind == argc)
                return 1;
        fprintf(stderr, "imad: unexpected argument \"%s\"\n", argv[optind]);
        *ret_code = EXIT_CODE_USAGE;
        return 0;
}

int main(int argc, char *argv[])
{
        Arguments arguments = { .root = "/", .libexec = IMAD_LIBEXECDIR };
        _cleanup_(manager_freep) Manager *manager = NULL;
        ExitCode code;
        int r;

        if (parse_arguments(argc, argv, &arguments, &code) <= 0)
                return code;
        log_open("imad");
        (void) umask(0022);
        r = manager_new(arguments.root, arguments.libexec, &manager);
        if (r < 0)
                log_error("cannot start: %s", strerror(-r));
        if (r >= 0)
                r = manager_start(manager);
        if (r >= 0)
                r = manager_run(manager);
        return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
