/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/package-manager.h"

#include <sys/pidfd.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/strings.h"

#define STAT_SIZE_MAX 4096U
#define ANCESTORS_MAX 64

typedef struct Process {
        pid_t pid, parent;
        char name[16];
} Process;

/* "PID (NAME) STATE PPID …"; the name may hold anything. */
static int read_process(int root_fd, pid_t pid, Process *ret_process)
{
        _cleanup_free_ char *text = NULL;
        char path[64], *begin, *end;
        Process process = { .pid = pid };
        int r;

        (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        r = fs_read_file(root_fd, path, STAT_SIZE_MAX, &text, NULL);
        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        begin = strchr(text, '(');
        end = strrchr(text, ')');
        if (!begin || !end || end < begin || strlen(end) < 5)
                return -EBADMSG;
        *end = '\0';
        (void) snprintf(process.name, sizeof(process.name), "%.15s", begin + 1);
        process.parent = (pid_t) strtol(end + 4, NULL, 10);
        *ret_process = process;
        return 0;
}

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (string_equal(name, names[i]))
                        return true;
        return false;
}

/* What lies between a package manager and its hook. */
static bool is_between(const char *name)
{
        static const char *const names[] = { "sh", "dash", "bash", "env", "imad-hook" };

        return is_one_of(name, names, ELEMENTSOF(names));
}

static bool is_manager(const char *name)
{
        static const char *const names[] = { "apt", "apt-get", "aptitude", "aptd", "dpkg",
                "dselect", "packagekitd", "synaptic", "unattended-upgr", "rpm", "dnf", "yum",
                "pacman" };

        return is_one_of(name, names, ELEMENTSOF(names));
}

void package_manager_done(PackageManager *manager)
{
        cleanup_closep(&manager->fd);
        manager->fd = -EBADF;
}

int package_manager_find(int root_fd, pid_t hook, PackageManager *ret_manager)
{
        PackageManager manager = { .fd = -EBADF };
        Process process;
        int r = read_process(root_fd, hook, &process);

        for (int i = 0; r >= 0 && process.parent > 1 && i < ANCESTORS_MAX; i++) {
                r = read_process(root_fd, process.parent, &process);
                if (r < 0 || (manager.pid == 0 ? is_between(process.name)
                                               : !is_manager(process.name)))
                        continue;
                /* Whoever runs the hook is one, whatever its name. */
                if (manager.pid == 0)
                        manager.caller = process.pid;
                manager.pid = process.pid;
                memcpy(manager.name, process.name, sizeof(manager.name));
        }
        if (r < 0 || manager.pid == 0)
                return r < 0 ? r : -ESRCH;
        manager.fd = pidfd_open(manager.pid, 0);
        if (manager.fd < 0)
                return -errno;
        *ret_manager = manager;
        return 0;
}

bool package_manager_is(const PackageManager *manager, const PackageManager *other)
{
        return manager->pid == other->pid;
}
