/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/label-words.h"

#include <inttypes.h>

#include "base/buffer.h"

/* Of one call alone, or given anew by the one that resumes. */
static bool is_of_this_call(const char *word)
{
        static const char *const prefixes[] = { "--progress-fd", "--passphrase-fd", "--details",
                "--resume", "--journal=" };

        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                if (string_after(word, prefixes[i]))
                        return true;
        return string_equal(word, "--") || strstr(word, "pin-value=");
}

/* Where the verb stands, behind the options: getopt_long() has put them in order. */
static int find_verb(const Worker *worker)
{
        return worker->argc - (int) worker->n_words - 1;
}

int label_words_format(const Worker *worker, char **ret_words, size_t *ret_size)
{
        _cleanup_free_ char *directory = get_current_dir_name();
        _cleanup_buffer_ Buffer words = { 0 };
        int r = directory ? buffer_append(&words, directory, strlen(directory) + 1) : -errno;

        for (int i = 1; r >= 0 && i < worker->argc; i++)
                if (i >= find_verb(worker) || !is_of_this_call(worker->argv[i]))
                        r = buffer_append(&words, worker->argv[i], strlen(worker->argv[i]) + 1);
        return r < 0 ? r : buffer_take(&words, ret_words, ret_size);
}

static int add_words(StringList *list, const char *words, size_t size)
{
        int r = 0;

        for (const char *word = words; r >= 0 && word < words + size; word += strlen(word) + 1)
                r = string_list_add(list, word);
        return r;
}

/* Options of the journal, then those of this call, then verb and paths of the journal. */
static int make_command(const Worker *worker, uint64_t number, const char *words, size_t size,
                StringList *ret_list)
{
        const char *verb = worker->argv[find_verb(worker)];
        _cleanup_free_ char *resume = NULL;
        size_t n_options = 0;
        int r;

        while (n_options < size && !string_equal(words + n_options, verb))
                n_options += strlen(words + n_options) + 1;
        if (n_options >= size)
                return -EOPNOTSUPP;
        r = string_list_add(ret_list, "imad-worker");
        if (r >= 0)
                r = add_words(ret_list, words, n_options);
        for (int i = 1; r >= 0 && i < find_verb(worker); i++)
                if (!string_after(worker->argv[i], "--resume") &&
                                !string_equal(worker->argv[i], "--"))
                        r = string_list_add(ret_list, worker->argv[i]);
        if (r >= 0 && asprintf(&resume, "--resume=%" PRIu64, number) < 0)
                return -ENOMEM;
        if (r >= 0)
                r = string_list_add(ret_list, resume);
        if (r >= 0)
                r = string_list_add(ret_list, "--");
        return r < 0 ? r : add_words(ret_list, words + n_options, size - n_options);
}

int label_words_execute(const Worker *worker, uint64_t number, const char *words, size_t size)
{
        const size_t directory = strlen(words) + 1;
        _cleanup_strings_ StringList list = { 0 };
        _cleanup_free_ char **argv = NULL;
        int r;

        if (size <= directory)
                return -ENODATA;
        r = make_command(worker, number, words + directory, size - directory, &list);
        if (r < 0)
                return r;
        argv = calloc(list.count + 1, sizeof(*argv));
        if (!argv)
                return -ENOMEM;
        memcpy(argv, list.items, list.count * sizeof(*argv));
        if (chdir(words) < 0)
                return -errno;
        (void) execv("/proc/self/exe", argv);
        return -errno;
}
