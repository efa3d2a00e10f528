/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a task does that the kernel asks its policy about. Each happens in a child with ids of its
 * own; whether it was refused is all that is told.
 */
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kexec.h>
#include <linux/keyctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "system/securityfs.h"

typedef enum Act {
        ACT_OPEN,
        ACT_OVERWRITE, /* open, write and close */
        ACT_EXECUTE,
        ACT_MAP,
        ACT_MAP_IMPLIED, /* PROT_EXEC that only the personality adds */
        ACT_MODULE,
        ACT_KEXEC,
        ACT_POLICY,
        ACT_KEY,
        ACT_DATA,     /* of init_module(2) */
        ACT_ENFORCE,  /* data of SELinux */
        ACT_FIRMWARE, /* asked for by a driver as it gets a device */
        ACT_MAX,
} Act;

typedef struct Task {
        unsigned uid, euid, suid, gid, egid, sgid;
        const char *labels[3]; /* user, role and type of SELinux, or NULL */
} Task;

typedef struct ActArguments {
        Act act;
        const char *path;
        const char *second; /* the initrd of ACT_KEXEC */
        int flags;          /* of ACT_OPEN and ACT_OVERWRITE */
        const char *text;   /* command line, keyring, content of the module, folder of firmware */
        const void *key;
        size_t key_size;
} ActArguments;

#define FIRMWARE_FOLDER_PATH "/sys/module/firmware_class/parameters/path"
#define FIRMWARE_DRIVER_PATH "/sys/bus/pci/drivers/jr3_pci"
#define FIRMWARE_DEVICE "0000:00:10.0" /* as in machine.py */
#define FIRMWARE_NAME "comedi/jr3pci.idm"

#define CODE_OFFSET (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))
#define LOAD_ADDRESS UINT64_C(0x400000)

/* A program that does nothing but end well; what stands behind it does not matter. */
static inline size_t act_make_program(uint8_t bytes[static 512])
{
        /* xor edi, edi; mov eax, __NR_exit; syscall */
        static const uint8_t code[] = { 0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
        const Elf64_Ehdr header = {
                .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                            EV_CURRENT},
                .e_type = ET_EXEC,
                .e_machine = EM_X86_64,
                .e_version = EV_CURRENT,
                .e_entry = LOAD_ADDRESS + CODE_OFFSET,
                .e_phoff = sizeof(Elf64_Ehdr),
                .e_ehsize = sizeof(Elf64_Ehdr),
                .e_phentsize = sizeof(Elf64_Phdr),
                .e_phnum = 1,
        };
        const Elf64_Phdr segment = {
                .p_type = PT_LOAD,
                .p_flags = PF_R | PF_X,
                .p_vaddr = LOAD_ADDRESS,
                .p_filesz = CODE_OFFSET + sizeof(code),
                .p_memsz = CODE_OFFSET + sizeof(code),
                .p_align = 4096,
        };

        memset(bytes, 0, 512);
        memcpy(bytes, &header, sizeof(header));
        memcpy(bytes + sizeof(header), &segment, sizeof(segment));
        memcpy(bytes + CODE_OFFSET, code, sizeof(code));
        return CODE_OFFSET + sizeof(code);
}

/* As much of a kernel image as bzImage64_probe() of arch/x86/kernel/kexec-bzimage64.c looks at. */
static inline size_t act_make_kernel(uint8_t bytes[static 4096])
{
        memset(bytes, 0, 4096);
        bytes[0x1f1] = 1; /* sectors of the setup code */
        bytes[0x1fe] = 0x55;
        bytes[0x1ff] = 0xaa;
        memcpy(bytes + 0x202, "HdrS", 4);
        bytes[0x206] = 0x0f; /* boot protocol 2.15 */
        bytes[0x207] = 0x02;
        bytes[0x211] = 1;    /* loaded high */
        bytes[0x236] = 0x63; /* 64 bit, above 4 GB, five levels of pages */
        bytes[0x238] = 0xff; /* length of the command line */
        bytes[0x239] = 0x07;
        bytes[0x262] = 0x20; /* memory for decompression */
        return 4096;
}

static inline int act_open(const ActArguments *a)
{
        _cleanup_close_ int fd = open(a->path, a->flags | O_CLOEXEC | O_NOCTTY);

        if (fd < 0)
                return -errno;
        if (a->act == ACT_OVERWRITE && write(fd, "changed", 7) != 7)
                return -errno;
        return 0;
}

static inline int act_map(const ActArguments *a)
{
        _cleanup_close_ int fd = open(a->path, O_RDONLY | O_CLOEXEC);
        bool implied = a->act == ACT_MAP_IMPLIED;

        if (fd < 0)
                return -errno;
        if (implied && personality(READ_IMPLIES_EXEC) < 0)
                return -errno;
        return mmap(NULL, 4096, PROT_READ | (implied ? 0 : PROT_EXEC), MAP_PRIVATE, fd, 0) ==
                                               MAP_FAILED
                               ? -errno
                               : 0;
}

/* What is loaded here is no module; only a refusal of IMA counts. */
static inline int act_module(const ActArguments *a)
{
        _cleanup_close_ int fd = open(a->path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        return syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
}

static inline int act_kexec(const ActArguments *a)
{
        _cleanup_close_ int kernel = open(a->path, O_RDONLY | O_CLOEXEC), initrd = -EBADF;
        long r;

        if (kernel < 0)
                return -errno;
        initrd = open(a->second, O_RDONLY | O_CLOEXEC);
        if (initrd < 0)
                return -errno;
        r = syscall(SYS_kexec_file_load, kernel, initrd, strlen(a->text) + 1, a->text, 0UL);
        if (r < 0)
                return -errno;
        (void) syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, (unsigned long) KEXEC_FILE_UNLOAD);
        return 0;
}

/* Poisoned first, so that nothing is committed. */
static inline int act_policy(const ActArguments *a)
{
        _cleanup_close_ int fd = open(SECURITYFS_POLICY_PATH, O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (pwrite(fd, "x", 1, 1) >= 0)
                abort();
        return write(fd, a->path, strlen(a->path)) < 0 ? -errno : 0;
}

static inline int act_key(const ActArguments *a)
{
        long ring = syscall(SYS_add_key, "keyring", a->text, NULL, 0UL, KEY_SPEC_PROCESS_KEYRING);

        if (ring < 0)
                return -errno;
        return syscall(SYS_add_key, "asymmetric", "", a->key, a->key_size, ring) < 0 ? -errno : 0;
}

static inline int act_data(const ActArguments *a)
{
        return syscall(SYS_init_module, a->text, strlen(a->text), "") < 0 ? -errno : 0;
}

static inline int act_write(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static inline int act_enforce(const ActArguments *a)
{
        return act_write("/sys/fs/selinux/enforce", "1");
}

/* Refused firmware is then looked for elsewhere; content that was read is no firmware (ENODATA). */
static inline int act_firmware(const ActArguments *a)
{
        int r = act_write(FIRMWARE_FOLDER_PATH, a->text);

        if (r >= 0)
                r = act_write(FIRMWARE_DRIVER_PATH "/bind", FIRMWARE_DEVICE);
        return r == -ENOENT ? -EACCES : r;
}

static inline int act_execute(const ActArguments *a)
{
        char *argv[] = { (char *) a->path, NULL }, *none[] = { NULL };

        (void) execve(a->path, argv, none);
        return -errno;
}

static inline int act_do(const ActArguments *a)
{
        static int (*const functions[ACT_MAX])(const ActArguments *) = { act_open, act_open,
                act_execute, act_map, act_map, act_module, act_kexec, act_policy, act_key, act_data,
                act_enforce, act_firmware };

        return functions[a->act](a);
}

static inline void act_become(const Task *t)
{
        char context[64];

        if (t->labels[0]) {
                (void) snprintf(context, sizeof(context), "%s:%s:%s", t->labels[0], t->labels[1],
                                t->labels[2]);
                if (act_write("/proc/self/attr/current", context) < 0)
                        abort();
        }
        if (setgroups(0, NULL) < 0 || setresgid(t->gid, t->egid, t->sgid) < 0 ||
                        setresuid(t->uid, t->euid, t->suid) < 0)
                abort();
}

/*
 * True when the kernel refused it with EACCES, or killed a program that it had begun to execute;
 * *ret_error is the errno of any other failure.
 */
static inline bool act_run(const ActArguments *a, const Task *t, int *ret_error)
{
        int fds[2], status = 0, error = 0;
        pid_t child;

        if (pipe2(fds, O_CLOEXEC) < 0)
                abort();
        child = fork();
        if (child == 0) {
                act_become(t);
                error = act_do(a);
                (void) !write(fds[1], &error, sizeof(error));
                _exit(0);
        }
        (void) close(fds[1]);
        if (read(fds[0], &error, sizeof(error)) != sizeof(error))
                error = 0;
        (void) close(fds[0]);
        (void) waitpid(child, &status, 0);
        *ret_error = -error;
        return error == -EACCES || WIFSIGNALED(status);
}
