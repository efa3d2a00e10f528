/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * imad-hook: what apt and dpkg run before and after they change packages. Quick and silent: it
 * tells imad-gate which archives come, and stops the package manager only when the policy in force
 * would deny what comes of it.
 */
#include "base/exit-code.h"
#include "base/fs.h"
#include "base/strings.h"
#include "helpers/imad-hook/apt-input.h"
#include "system/appraisal-probe.h"
#include "system/package-manager.h"
#include "system/settings.h"
#include "system/transaction-socket.h"
#include "system/tree.h"

#define INPUT_SIZE_MAX ((size_t) 64 << 20)
#define CMDLINE_SIZE_MAX ((size_t) 4 << 20)

/* Words of an archive's name that dpkg takes as relative to where it runs, as this process does. */
static int add_archive(StringList *archives, const char *path)
{
        _cleanup_free_ char *absolute = realpath(path, NULL);

        return absolute ? string_list_add(archives, absolute) : 0;
}

static int read_apt(int fd, StringList *archives)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ char *text = NULL;
        int r = fs_read_fd(fd, INPUT_SIZE_MAX, &text, NULL);

        if (r >= 0)
                r = apt_input_parse(text, &names);
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                r = add_archive(archives, names.items[i]);
        return r;
}

static int visit_archive(void *userdata, const char *path, int path_fd)
{
        return string_ends_with(path, ".deb") ? string_list_add(userdata, path) : 0;
}

/* -R may stand among other letters. */
static bool is_recursive(const char *word)
{
        return string_equal(word, "--recursive") ||
               (word[0] == '-' && word[1] != '-' && strchr(word, 'R'));
}

/* An archive or, with --recursive, a directory of them; other words of dpkg(1) are none. */
static int add_word(StringList *archives, int root_fd, const char *word, bool recursive)
{
        _cleanup_free_ char *absolute = *word == '-' ? NULL : realpath(word, NULL);
        TreeStatistics statistics = { 0 };
        struct stat st;

        if (!absolute || stat(absolute, &st) < 0)
                return 0;
        if (S_ISDIR(st.st_mode))
                return recursive ? tree_walk(root_fd, absolute, true, visit_archive, archives,
                                                   &statistics)
                                 : 0;
        return string_ends_with(absolute, ".deb") ? string_list_add(archives, absolute) : 0;
}

/* dpkg tells its hooks no names: they are read from its command line, and judged by content. */
static int read_dpkg(StringList *archives)
{
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        _cleanup_package_manager_ PackageManager manager = { .fd = -EBADF };
        _cleanup_free_ char *text = NULL;
        bool recursive = false;
        char path[64];
        size_t size = 0;
        int r = root_fd < 0 ? root_fd : package_manager_find(root_fd, getpid(), &manager);

        (void) snprintf(path, sizeof(path), "/proc/%d/cmdline", (int) manager.caller);
        if (r >= 0)
                r = fs_read_file(root_fd, path, CMDLINE_SIZE_MAX, &text, &size);
        if (r < 0)
                return r;
        for (const char *word = text; word < text + size; word += strlen(word) + 1)
                recursive = recursive || is_recursive(word);
        for (const char *word = text; r >= 0 && word < text + size; word += strlen(word) + 1)
                r = add_word(archives, root_fd, word, recursive);
        return r;
}

static int send_archives(int fd, const StringList *archives, const char *manager)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < archives->count; i++)
                r = transaction_socket_send(fd, "archive", archives->items[i]);
        return r < 0 ? r : transaction_socket_send(fd, "begin", manager);
}

/* Every line for itself, so that each is recognised among those of a package manager. */
static void print_reasons(const char *text)
{
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy, *line;

        while (rest && (line = strsep(&rest, "\n")))
                fprintf(stderr, "imad: %s\n", line);
}

static ExitCode obey(TransactionVerdict verdict, const char *text)
{
        if (*text)
                print_reasons(text);
        if (verdict != TRANSACTION_VERDICT_REFUSED)
                return EXIT_CODE_OK;
        fputs("imad: the policy in force would deny what these packages bring, so nothing was "
              "changed; mend the above, or set OnUncoveredTransaction=proceed in imad.conf\n",
                        stderr);
        return EXIT_CODE_FAILURE;
}

/* Nobody covers the transaction; only the kernel can tell now whether that matters. */
static ExitCode judge_alone(int error)
{
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        char text[256];

        if (root_fd < 0 || settings_load(root_fd, &settings, &diags) < 0 ||
                        appraisal_probe(root_fd, APPRAISAL_PROBE_DIRECTORY) == 0)
                return EXIT_CODE_OK;
        (void) snprintf(text, sizeof(text),
                        "imad-gate cannot be reached (%s); systemctl unmask --now imad-gate.socket",
                        strerrordesc_np(-error));
        return obey(settings.proceed_uncovered ? TRANSACTION_VERDICT_PROCEED
                                               : TRANSACTION_VERDICT_REFUSED,
                        text);
}

static ExitCode begin(const StringList *archives, const char *manager)
{
        char buffer[TRANSACTION_MESSAGE_MAX];
        TransactionVerdict verdict;
        const char *text;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (archives->count == 0)
                return EXIT_CODE_OK;
        r = fd = transaction_socket_connect(TRANSACTION_SOCKET_PATH);
        if (r >= 0)
                r = send_archives(fd, archives, manager);
        if (r >= 0)
                r = transaction_socket_receive_verdict(fd, buffer, &verdict, &text);
        return r < 0 ? judge_alone(r) : obey(verdict, text);
}

static ExitCode end(void)
{
        char buffer[TRANSACTION_MESSAGE_MAX];
        TransactionVerdict verdict;
        const char *text;
        _cleanup_close_ int fd = transaction_socket_connect(TRANSACTION_SOCKET_PATH);

        if (fd >= 0 && transaction_socket_send(fd, "end", NULL) >= 0)
                (void) transaction_socket_receive_verdict(fd, buffer, &verdict, &text);
        return EXIT_CODE_OK;
}

int main(int argc, char **argv)
{
        const char *verb = argc == 2 ? argv[1] : "";
        _cleanup_strings_ StringList archives = { 0 };
        int r = 0;

        if (string_equal(verb, "apt-end") || string_equal(verb, "dpkg-end"))
                return end();
        if (string_equal(verb, "apt-begin"))
                r = read_apt(STDIN_FILENO, &archives);
        else if (string_equal(verb, "dpkg-begin"))
                r = read_dpkg(&archives);
        else {
                fputs("Usage: imad-hook apt-begin|apt-end|dpkg-begin|dpkg-end\n"
                      "Run by package managers; see imad-gate.service(8).\n",
                                stderr);
                return EXIT_CODE_USAGE;
        }
        if (r < 0)
                fprintf(stderr, "imad: what the package manager tells cannot be read: %s\n",
                                strerrordesc_np(-r));
        return r < 0 ? EXIT_CODE_FAILURE : begin(&archives, verb);
}
