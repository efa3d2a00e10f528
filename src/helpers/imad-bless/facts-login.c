/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glob.h>
#include <pwd.h>

#include "base/fs.h"
#include "helpers/imad-bless/facts.h"
#include "system/file-trial.h"

#define PAM_FILE_SIZE_MAX (256U * 1024)

static const char *const programs[] = {
        "/sbin/init",
        "/sbin/agetty",
        "/bin/login",
        "/bin/sh",
        "/usr/sbin/sshd",
};

static const char *const pam_files[] = {
        "/etc/pam.d/login",
        "/etc/pam.d/sshd",
        "/etc/pam.d/common-auth",
        "/etc/pam.d/common-account",
        "/etc/pam.d/common-password",
        "/etc/pam.d/common-session",
};

static const char *const module_directories[] = {
        "/usr/lib/*/security/",
        "/usr/lib64/security/",
        "/usr/lib/security/",
};

static int note(BlessFacts *facts, const char *path, int error, const char *what)
{
        _cleanup_free_ char *text = NULL;

        if (error >= 0 || error == -ENOENT)
                return 0;
        if (asprintf(&text, "%s cannot be %s: %s", path, what, strerror(-error)) < 0)
                return -ENOMEM;
        return string_list_add(&facts->login, text);
}

static int try_module(BlessFacts *facts, const char *name)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(module_directories); i++) {
                _cleanup_free_ char *pattern = NULL;
                glob_t found;

                if (asprintf(&pattern, "%s%s", module_directories[i], name) < 0)
                        return -ENOMEM;
                if (glob(pattern, 0, NULL, &found) != 0)
                        continue;
                for (size_t j = 0; r >= 0 && j < found.gl_pathc; j++)
                        r = note(facts, found.gl_pathv[j], file_trial_map(found.gl_pathv[j]),
                                        "mapped");
                globfree(&found);
        }
        return r;
}

/* A word that ends in .so is a module; pam.d(5). */
static int try_pam_file(BlessFacts *facts, int root_fd, const char *path)
{
        _cleanup_free_ char *text = NULL;
        char *save = NULL;
        int r = fs_read_file(root_fd, path, PAM_FILE_SIZE_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOENT ? 0 : note(facts, path, r, "read");
        for (char *word = strtok_r(text, " \t\n", &save); r >= 0 && word;
                        word = strtok_r(NULL, " \t\n", &save))
                if (string_ends_with(word, ".so") && !strchr(word, '/') && !strchr(word, '#'))
                        r = try_module(facts, word);
        return r;
}

static int try_program(BlessFacts *facts, const char *path)
{
        return access(path, F_OK) < 0 ? 0 : note(facts, path, file_trial_execute(path), "executed");
}

int facts_try_login(BlessFacts *facts)
{
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        const struct passwd *root = getpwuid(0);
        int r = root_fd < 0 ? root_fd : 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(programs); i++)
                r = try_program(facts, programs[i]);
        if (r >= 0 && root && *root->pw_shell)
                r = try_program(facts, root->pw_shell);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(pam_files); i++)
                r = try_pam_file(facts, root_fd, pam_files[i]);
        return r;
}
