/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files and tasks of judge-simulate, drawn at random. */
#pragma once

#include <linux/fs.h>
#include <linux/fsverity.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "core/policy/simulate/outcome.h"
#include "simulate-act.h"
#include "simulate-policy.h"
#include "simulate-seen.h"
#include "system/file-facts.h"

#define ACTIONS 1000U
#define FILES_PER_ACTION 2
#define LABEL_MAX 64

typedef struct Prepared {
        char path[160];
        uint8_t content[4096 + 32];
        size_t size;
        FileFacts facts;
        OutcomeMemory memory;
        SeenSet measured; /* what is expected */
        bool audited, hashed;
        const char *cause;
        char trace[1024]; /* requests with the rules that decide, for who looks for a difference */
        uint8_t label[LABEL_MAX];
        size_t label_size;
        char context[64]; /* of SELinux, or "" */
} Prepared;

typedef struct Action {
        ActArguments arguments;
        Task task;
        Prepared files[FILES_PER_ACTION];
        size_t n_files;
        char text[128];
        char link[192];
        SeenSet buffer; /* an entry of a buffer that is expected */
        char buffer_key[SEEN_KEY_MAX];
        bool refused, is_refused;
        int error;
} Action;

typedef struct Judge {
        World world;
        Target *target;
        Kconfig *config;
        Simulator *simulator;
        AppraisalSettings settings;
        MountTable mounts;
        const char *directories[3];
        void *key;
        size_t key_size;
        Action *actions;
        unsigned counts[8][2]; /* outcomes: no, yes */
        bool *deciding;        /* by rule */
        unsigned decisions, failures;
} Judge;

static inline void draw_label(Prepared *file)
{
        static const uint8_t signature[] = { 0x03, 2, HASH_SHA256, 1, 2, 3, 4, 0, 8, 9, 9, 9, 9, 9,
                9, 9, 9 };
        Digest digest;
        unsigned kind = draw(8);
        HashAlgorithm algorithm = kind == 5 ? HASH_SHA1 : HASH_SHA256;

        if (kind == 0)
                return;
        if (digest_compute(algorithm, file->content, file->size, &digest) < 0)
                abort();
        if (kind <= 4 || kind == 5) {
                file->label[0] = kind == 5 ? 0x01 : 0x04;
                file->label[1] = HASH_SHA256;
                memcpy(file->label + (kind == 5 ? 1 : 2), digest.bytes, digest.size);
                file->label_size = digest.size + (kind == 5 ? 1 : 2);
                if (kind == 4)
                        file->label[8] ^= 1;
                return;
        }
        memcpy(file->label, signature, sizeof(signature));
        file->label_size = sizeof(signature);
        if (kind == 7) {
                file->label[0] = chance(50) ? 0x06 : 0x05;
                file->label[1] = 3;
        }
}

/* A write that takes set-id bits away makes the kernel drop the label, which is no decision. */
static inline void write_file(const Prepared *file, mode_t mask)
{
        static const mode_t modes[] = { 0777, 0777, 0777, 0777, 0777, 0777, 04777, 02777, 06777 };
        _cleanup_close_ int fd = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0 || write(fd, file->content, file->size) != (ssize_t) file->size ||
                        fchown(fd, WORLD_OWNER + draw(WORLD_OWNERS),
                                        WORLD_GROUP + draw(WORLD_GROUPS)) < 0 ||
                        fchmod(fd, DRAW(modes) & mask) < 0)
                abort();
        if (file->label_size > 0 &&
                        fsetxattr(fd, "security.ima", file->label, file->label_size, 0) < 0 &&
                        errno != EOPNOTSUPP)
                abort();
        if (*file->context &&
                        fsetxattr(fd, "security.selinux", file->context, strlen(file->context), 0) <
                                        0 &&
                        errno != EOPNOTSUPP)
                abort();
}

/* As a user that the built-in policy does not measure: an equal entry would not be made again. */
static inline void enable_verity(const char *path)
{
        static const Task user = { 22001, 22001, 22001, 23001, 23001, 23001, { NULL } };
        const struct fsverity_enable_arg argument = {
                .version = 1,
                .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
                .block_size = 4096,
        };
        pid_t child = fork();

        if (child == 0) {
                int fd;

                act_become(&user);
                fd = open(path, O_RDONLY | O_CLOEXEC);
                _exit(fd < 0 || ioctl(fd, FS_IOC_ENABLE_VERITY, &argument) < 0);
        }
        (void) waitpid(child, NULL, 0);
}

/* The kernel knows the name of firmware, so each has a folder of its own. */
static inline void put_firmware(Action *a, Prepared *file, const char *directory, unsigned number)
{
        char folder[160];

        (void) snprintf(a->text, sizeof(a->text), "%s/f%u", directory, number);
        (void) snprintf(file->path, sizeof(file->path), "%s/" FIRMWARE_NAME, a->text);
        (void) snprintf(folder, sizeof(folder), "%.*s",
                        (int) (strrchr(file->path, '/') - file->path), file->path);
        if (mkdir(a->text, 0755) < 0 || mkdir(folder, 0755) < 0)
                abort();
}

static inline Prepared *prepare_file(
                Judge *j, Action *a, unsigned number, const void *content, size_t size)
{
        Prepared *file = &a->files[a->n_files];
        bool on_disk = chance(70);
        const char *directory = j->directories[on_disk ? 0 : 1 + draw(2)];

        (void) snprintf(file->path, sizeof(file->path), "%s/f%u-%zu", directory, number,
                        a->n_files++);
        if (a->arguments.act == ACT_FIRMWARE)
                put_firmware(a, file, directory, number);
        if (j->world.has_selinux)
                (void) snprintf(file->context, sizeof(file->context), "%s:%s:%s",
                                DRAW(world_labels[0]), DRAW(world_labels[1]),
                                DRAW(world_labels[2]));
        memcpy(file->content, content, size);
        file->size = size + (size_t) snprintf((char *) file->content + size, 32, "\n# f%u-%zu",
                                            number, a->n_files);
        draw_label(file);
        write_file(file, a->arguments.act == ACT_OVERWRITE ? 0777 : 07777);
        /* Such a file cannot be written to any more. */
        if (on_disk && chance(30) && a->arguments.act != ACT_OPEN &&
                        a->arguments.act != ACT_OVERWRITE &&
                        (file->label_size == 0 || file->label[0] == 0x06))
                enable_verity(file->path);
        return file;
}

static inline void prepare_execution(Judge *j, Action *a, unsigned number)
{
        uint8_t program[512];
        char line[192];
        size_t size = act_make_program(program);

        if (chance(60)) {
                (void) prepare_file(j, a, number, program, size);
        } else {
                /* The script names its interpreter, so that has to be made first. */
                a->n_files = 1;
                (void) prepare_file(j, a, number, program, size);
                a->n_files = 0;
                (void) snprintf(line, sizeof(line), "#!%s\n", a->files[1].path);
                (void) prepare_file(j, a, number, line, strlen(line));
                a->n_files = 2;
        }
        a->arguments.path = a->files[0].path;
}

static inline void draw_task(const Judge *j, Task *t, bool needs_root)
{
        for (int i = 0; j->world.has_selinux && i < 3; i++)
                t->labels[i] = DRAW(world_labels[i]);
        t->uid = DRAW(world_users);
        t->euid = needs_root || chance(40) ? 0 : DRAW(world_users);
        t->suid = DRAW(world_users);
        t->gid = DRAW(world_user_groups);
        t->egid = DRAW(world_user_groups);
        t->sgid = DRAW(world_user_groups);
}

/* The kernel asks for firmware in its own name. */
static inline void take_kernel_task(const Judge *j, Task *t)
{
        static const Task kernel = {
                .labels = {"base_u", "base_r", "base_t"}
        };

        *t = j->world.has_selinux ? kernel : (Task){ 0 };
}

static inline Act draw_act(const Judge *j)
{
        static const Act acts[] = { ACT_OPEN, ACT_OPEN, ACT_OPEN, ACT_OPEN, ACT_OPEN, ACT_OVERWRITE,
                ACT_OVERWRITE, ACT_EXECUTE, ACT_EXECUTE, ACT_EXECUTE, ACT_MAP, ACT_MAP,
                ACT_MAP_IMPLIED, ACT_MODULE, ACT_MODULE, ACT_KEXEC, ACT_POLICY, ACT_FIRMWARE };
        Act act = DRAW(acts);

        if (chance(4))
                return string_equal(j->world.data_label, "modules") ? ACT_DATA : ACT_OPEN;
        if (act == ACT_FIRMWARE && !j->world.has_firmware)
                return ACT_OPEN;
        return act == ACT_POLICY && !j->world.can_append ? ACT_OPEN : act;
}

static inline void prepare_open(Judge *j, Action *a, unsigned number)
{
        static const int flags[] = { O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND,
                O_RDWR | O_APPEND, O_RDONLY | O_APPEND, O_RDONLY | O_TRUNC, O_RDONLY | O_DIRECT };
        static const int writes[] = { O_WRONLY, O_RDWR, O_WRONLY | O_APPEND };
        Prepared *file = prepare_file(j, a, number, "content", 7);

        a->arguments.flags = a->arguments.act == ACT_OPEN ? DRAW(flags) : DRAW(writes);
        if ((a->arguments.flags & O_DIRECT) && string_after(file->path, j->directories[0]) == NULL)
                a->arguments.flags = O_RDONLY;
        a->arguments.path = file->path;
        if (chance(15)) {
                (void) snprintf(a->link, sizeof(a->link), "%s-link", file->path);
                if (symlink(file->path, a->link) < 0)
                        abort();
                a->arguments.path = a->link;
        }
}

static inline void prepare_action(Judge *j, Action *a, unsigned number)
{
        static const char junk[] = "no module, no policy";
        uint8_t kernel[4096];
        Act act = number < WORLD_RINGS                            ? ACT_KEY
                  : number == WORLD_RINGS && j->world.has_selinux ? ACT_ENFORCE
                                                                  : draw_act(j);

        a->arguments = (ActArguments){ .act = act, .key = j->key, .key_size = j->key_size };
        draw_task(j, &a->task,
                        act == ACT_MODULE || act == ACT_KEXEC || act == ACT_POLICY ||
                                        act == ACT_DATA || act == ACT_ENFORCE);
        if (act == ACT_FIRMWARE)
                take_kernel_task(j, &a->task);
        if (act == ACT_OPEN || act == ACT_OVERWRITE) {
                prepare_open(j, a, number);
        } else if (act == ACT_EXECUTE) {
                prepare_execution(j, a, number);
        } else if (act == ACT_KEXEC) {
                (void) prepare_file(j, a, number, kernel, act_make_kernel(kernel));
                (void) prepare_file(j, a, number, junk, sizeof(junk) - 1);
                a->arguments.path = a->files[0].path;
                a->arguments.second = a->files[1].path;
                (void) snprintf(a->text, sizeof(a->text), "simulated=%u", number);
                seen_digest_key(a->buffer_key, a->text, 1);
        } else if (act == ACT_KEY) {
                (void) snprintf(a->text, sizeof(a->text), "simring%u", number);
                (void) strcpy(a->buffer_key, a->text);
        } else if (act == ACT_ENFORCE) {
                (void) strcpy(a->buffer_key, "selinux-state");
        } else if (act == ACT_DATA) {
                (void) snprintf(a->text, sizeof(a->text), "%64s no module %u", "", number);
                seen_digest_key(a->buffer_key, a->text, 2);
        } else {
                a->arguments.path =
                                prepare_file(j, a, number, junk, act == ACT_POLICY ? 0 : 20)->path;
        }
        a->arguments.text = a->text;
}
