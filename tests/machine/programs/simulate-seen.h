/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel really did: entries of the measurement list and audit records, by file. */
#pragma once

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/strings.h"
#include "system/securityfs.h"

#define SEEN_KEY_MAX 160
#define SEEN_TEXT_MAX 512
#define SEEN_ENTRIES_MAX 8
#define SEEN_LINE_MAX 65536
#define SEEN_SETTLE_MSEC 3000
#define AUDIT_RULE_RECORD 1805 /* AUDIT_INTEGRITY_RULE */
#define AUDIT_DATA_RECORD 1800 /* AUDIT_INTEGRITY_DATA */

/* Entries of one file: PCR and template, in any order. */
typedef struct SeenSet {
        struct {
                int pcr;
                char template[24];
        } entries[SEEN_ENTRIES_MAX];
        size_t count;
} SeenSet;

typedef struct SeenFile {
        char key[SEEN_KEY_MAX]; /* path, keyring, or "#" and the digest of a buffer */
        SeenSet measured;
        bool audited;
        char cause[64];
} SeenFile;

typedef struct Seen {
        SeenFile *files;
        size_t count;
        size_t before; /* entries that were there at the beginning */
        int audit_fd;
} Seen;

static inline void seen_done(Seen *seen)
{
        free(seen->files);
        if (seen->audit_fd > 0)
                (void) close(seen->audit_fd);
}

static inline void seen_add(SeenSet *set, int pcr, const char *template)
{
        if (set->count == SEEN_ENTRIES_MAX)
                abort();
        set->entries[set->count].pcr = pcr;
        (void) snprintf(set->entries[set->count++].template, sizeof(set->entries[0].template), "%s",
                        template);
}

/* Sorted by PCR, so that sets can be compared; a PCR gets a file once. */
static inline void seen_format(const SeenSet *set, char text[static SEEN_TEXT_MAX])
{
        size_t used = 0;

        text[0] = '\0';
        for (int pcr = 0; set && pcr < 64; pcr++)
                for (size_t i = 0; i < set->count; i++)
                        if (set->entries[i].pcr == pcr)
                                used += (size_t) snprintf(text + used, SEEN_TEXT_MAX - used,
                                                "%s%d %s", used > 0 ? ", " : "", pcr,
                                                set->entries[i].template);
}

static inline const SeenFile *seen_find(const Seen *seen, const char *key)
{
        for (size_t i = 0; i < seen->count; i++)
                if (string_equal(seen->files[i].key, key))
                        return &seen->files[i];
        return NULL;
}

static inline SeenFile *seen_get(Seen *seen, const char *key)
{
        const SeenFile *found = seen_find(seen, key);
        SeenFile *files;

        if (found)
                return (SeenFile *) found;
        files = reallocarray(seen->files, seen->count + 1, sizeof(SeenFile));
        if (!files)
                abort();
        seen->files = files;
        files[seen->count] = (SeenFile){ 0 };
        (void) snprintf(files[seen->count].key, SEEN_KEY_MAX, "%s", key);
        return &files[seen->count++];
}

/* Buffers are known by the digest of their content, hashed as often as the kernel does it. */
static inline void seen_digest_key(char key[static SEEN_KEY_MAX], const char *text, int times)
{
        Digest digest;

        if (digest_compute(HASH_SHA256, text, strlen(text), &digest) < 0)
                abort();
        for (int i = 1; i < times; i++)
                if (digest_compute(HASH_SHA256, digest.bytes, digest.size, &digest) < 0)
                        abort();
        key[0] = '#';
        hex_encode(digest.bytes, digest.size, key + 1);
}

/* "10 DIGEST ima-sig sha256:DIGEST NAME …"; a violation has no digest and is none of ours. */
static inline void seen_take_line(Seen *seen, const char *line)
{
        char template[24], digest[200], name[SEEN_KEY_MAX], own[200], *colon;
        int pcr;

        if (sscanf(line, "%d %199s %23s %199s %159s", &pcr, own, template, digest, name) != 5 ||
                        strspn(own, "0") == strlen(own))
                return;
        if (string_equal(name, "kexec-cmdline") || string_equal(name, "init_module")) {
                colon = strrchr(digest, ':');
                (void) snprintf(name, sizeof(name), "#%.150s", colon ? colon + 1 : digest);
        }
        seen_add(&seen_get(seen, name)->measured, pcr, template);
}

static inline void seen_read_list(Seen *seen)
{
        FILE *list = fopen(SECURITYFS_IMA_PATH "/ascii_runtime_measurements", "re");
        char *line = malloc(SEEN_LINE_MAX);
        size_t n = 0;

        if (!list || !line)
                abort();
        while (fgets(line, SEEN_LINE_MAX, list))
                if (n++ >= seen->before)
                        seen_take_line(seen, line);
        (void) fclose(list);
        free(line);
        seen->before = n;
}

static inline void seen_copy_value(const char *text, const char *name, char *value, size_t size)
{
        const char *found = strstr(text, name);

        value[0] = '\0';
        if (!found)
                return;
        found += strlen(name);
        found += *found == '"';
        (void) snprintf(value, size, "%.*s", (int) strcspn(found, "\" "), found);
}

static inline void seen_take_record(Seen *seen, unsigned type, const char *text)
{
        char path[SEEN_KEY_MAX];

        if (type == AUDIT_RULE_RECORD) {
                seen_copy_value(text, "file=", path, sizeof(path));
                seen_get(seen, path)->audited = true;
        } else if (type == AUDIT_DATA_RECORD && strstr(text, "res=0")) {
                seen_copy_value(text, " name=", path, sizeof(path));
                if (path[0])
                        seen_copy_value(text, " cause=", seen_get(seen, path)->cause,
                                        sizeof(seen->files[0].cause));
        }
}

/* Of a file whose digest could not be computed the kernel tells the last part of its path only. */
static inline const char *seen_get_cause(const Seen *seen, const char *path)
{
        const SeenFile *file = seen_find(seen, path);

        if (!file || !*file->cause)
                file = seen_find(seen, strrchr(path, '/') + 1);
        return file && *file->cause ? file->cause : "none";
}

/* Reads what has come; waits at most this long for the first record. */
static inline bool seen_listen(Seen *seen, int timeout)
{
        struct pollfd poll_fd = { .fd = seen->audit_fd, .events = POLLIN };
        char buffer[16384];
        bool any = false;

        while (poll(&poll_fd, 1, timeout) > 0) {
                ssize_t n = recv(seen->audit_fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT);
                const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;

                if (n < (ssize_t) NLMSG_HDRLEN)
                        break;
                buffer[n] = '\0';
                seen_take_record(seen, header->nlmsg_type, buffer + NLMSG_HDRLEN);
                any = true;
                timeout = 0;
        }
        return any;
}

static inline void seen_begin(Seen *seen)
{
        const struct sockaddr_nl address = { .nl_family = AF_NETLINK,
                .nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1) };
        int size = 64 * 1024 * 1024;

        seen->audit_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
        if (seen->audit_fd < 0 || bind(seen->audit_fd, (const struct sockaddr *) &address,
                                                  sizeof(address)) < 0)
                abort();
        (void) setsockopt(seen->audit_fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
        seen_read_list(seen);
        free(seen->files);
        seen->files = NULL;
        seen->count = 0;
}

static inline void seen_end(Seen *seen)
{
        while (seen_listen(seen, SEEN_SETTLE_MSEC))
                ;
        seen_read_list(seen);
}
