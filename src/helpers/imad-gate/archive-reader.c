/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/archive-reader.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include "base/fs.h"
#include "core/manifest/file-class.h"
#include "core/manifest/manifest.h"
#include "core/provenance/deb822.h"
#include "system/apt-index.h"
#include "system/archive-allowance.h"
#include "system/dpkg.h"
#include "system/package-archive.h"

#define DIVERSIONS_PATH "/var/lib/dpkg/diversions"
#define DIVERSIONS_SIZE_MAX (16U * 1024 * 1024)
#define SCRIPTS_MAX 64U

/* Where dpkg executes control scripts: while it unpacks, and later (dpkg(1), FILES). */
#define UNPACK_DIRECTORY "/var/lib/dpkg/tmp.ci"
#define INFO_DIRECTORY "/var/lib/dpkg/info"
/* Where dpkg-preconfigure(8) executes those of debconf, under names that mkstemp(3) makes. */
#define CONFIG_DIRECTORY "/var/cache/debconf/tmp.ci"
#define CONFIG_SCRIPT "config"

typedef struct Script {
        char *name;
        uint64_t size;
        uint8_t digest[LABEL_DIGEST_SIZE];
} Script;

/* One archive. */
typedef struct Reading {
        Buffer files;           /* records, which wait for what the archive is worth */
        const char *diversions; /* as dpkg keeps them: path, its replacement, package; a line each
                                 */
        char *package, *version, *architecture;
        bool is_allowed; /* by root, as no index vouches for it */
        Script scripts[SCRIPTS_MAX];
        size_t n_scripts;
} Reading;

static void reading_done(Reading *r)
{
        buffer_done(&r->files);
        free(r->package);
        free(r->version);
        free(r->architecture);
        for (size_t i = 0; i < r->n_scripts; i++)
                free(r->scripts[i].name);
}

/* The value of a field of deb-control(5), malloc()ed; NULL: none. */
static char *find_field(const char *text, const char *name)
{
        size_t length = strlen(name);

        for (const char *line = text; line && *line;
                        line = strchr(line, '\n'), line += line != NULL)
                if (strncmp(line, name, length) == 0 && line[length] == ':') {
                        char *value = strndup(line + length + 1, strcspn(line + length + 1, "\n"));
                        char *start = value ? string_strip(value) : NULL;

                        if (start)
                                memmove(value, start, strlen(start) + 1);
                        return value;
                }
        return NULL;
}

static int take_control(Reading *reading, const PackageMember *member)
{
        reading->package = find_field(member->text, "Package");
        reading->version = find_field(member->text, "Version");
        reading->architecture = find_field(member->text, "Architecture");
        return deb822_is_word(reading->package) && deb822_is_word(reading->version) &&
                                               deb822_is_word(reading->architecture)
                               ? 0
                               : -EBADMSG;
}

static int take_script(Reading *reading, const char *name, const PackageMember *member)
{
        Script *script = &reading->scripts[reading->n_scripts];

        if (reading->n_scripts == SCRIPTS_MAX)
                return -E2BIG;
        script->name = strdup(name);
        if (!script->name)
                return -ENOMEM;
        script->size = member->size;
        memcpy(script->digest, member->digest.bytes, sizeof(script->digest));
        reading->n_scripts++;
        return 0;
}

/* Where a file goes that another package has diverted, or NULL (dpkg-divert(1)). malloc()ed. */
static char *find_diversion(const char *diversions, const char *path)
{
        size_t length = strlen(path);
        const char *line = diversions;

        while (line && *line) {
                const char *to = strchr(line, '\n'), *by = to ? strchr(to + 1, '\n') : NULL;

                if (!by)
                        return NULL;
                if ((size_t) (to - line) == length && memcmp(line, path, length) == 0)
                        return strndup(to + 1, (size_t) (by - to - 1));
                line = strchr(by + 1, '\n');
                line += line != NULL;
        }
        return NULL;
}

static int take_file(Reading *reading, const PackageMember *member)
{
        _cleanup_free_ char *diverted = find_diversion(reading->diversions, member->path);
        int r = record_append(&reading->files, RECORD_FILE, member->size, member->digest.bytes,
                        member->path);

        return r < 0 || !diverted ? r
                                  : record_append(&reading->files, RECORD_FILE, member->size,
                                                    member->digest.bytes, diverted);
}

static int visit(void *userdata, const PackageMember *member)
{
        Reading *reading = userdata;
        const char *control = string_after(member->path, MANIFEST_CONTROL_PREFIX);

        if (control && string_equal(control, "control") && member->text && !reading->package)
                return take_control(reading, member);
        if (member->classes == 0 || member->size == 0 || member->link)
                return 0;
        return control ? take_script(reading, control, member) : take_file(reading, member);
}

static int add_script(Buffer *records, const Reading *reading, const Script *script)
{
        char paths[4][RECORD_TEXT_MAX / 4];
        size_t n = string_equal(script->name, CONFIG_SCRIPT) ? 4 : 3;
        int r = 0;

        (void) snprintf(paths[0], sizeof(paths[0]), UNPACK_DIRECTORY "/%s", script->name);
        (void) snprintf(paths[1], sizeof(paths[1]), INFO_DIRECTORY "/%s.%s", reading->package,
                        script->name);
        (void) snprintf(paths[2], sizeof(paths[2]), INFO_DIRECTORY "/%s:%s.%s", reading->package,
                        reading->architecture, script->name);
        (void) snprintf(paths[3], sizeof(paths[3]), CONFIG_DIRECTORY "/%s." CONFIG_SCRIPT ".*",
                        reading->package);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = record_append(records, RECORD_SCRIPT, script->size, script->digest, paths[i]);
        return r;
}

/* What is installed of a package before, or "-". */
static const char *find_old_version(const Dpkg *dpkg, const Reading *reading)
{
        const char *version = NULL;

        for (size_t i = 0; i < dpkg->n_packages; i++) {
                const DpkgPackage *package = &dpkg->packages[i];

                if (string_equal(package->name, reading->package) &&
                                (!version || string_equal(package->architecture,
                                                             reading->architecture)))
                        version = package->version;
        }
        return deb822_is_word(version) ? version : "-";
}

static int write_package(int pipe_fd, const Dpkg *dpkg, const Reading *reading, const char *path)
{
        _cleanup_buffer_ Buffer records = { 0 };
        char text[RECORD_TEXT_MAX];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < reading->n_scripts; i++)
                r = add_script(&records, reading, &reading->scripts[i]);
        if (r >= 0 && (size_t) snprintf(text, sizeof(text), "%s %s %s %s", reading->package,
                                      find_old_version(dpkg, reading), reading->version,
                                      path) >= sizeof(text))
                r = -E2BIG;
        if (r >= 0)
                r = record_append(&records, RECORD_PACKAGE, reading->is_allowed, NULL, text);
        if (r >= 0)
                r = fs_write_all(pipe_fd, records.data, records.size);
        return r < 0 || reading->files.size == 0
                               ? r
                               : fs_write_all(pipe_fd, reading->files.data, reading->files.size);
}

static int refuse(int pipe_fd, const char *path, const char *reason)
{
        _cleanup_buffer_ Buffer record = { 0 };
        char text[RECORD_TEXT_MAX];
        int r;

        (void) snprintf(text, sizeof(text), "%s %s", path, reason);
        r = record_append(&record, RECORD_REFUSED, 0, NULL, text);
        return r < 0 ? r : fs_write_all(pipe_fd, record.data, record.size);
}

/* What every archive is held against. */
typedef struct Context {
        int pipe_fd;
        int root_fd;
        char *diversions;      /* or NULL */
        const AptIndex *index; /* NULL: nobody has to vouch for them */
        Dpkg dpkg;             /* as it is before; empty where there is none */
} Context;

/* A refused archive does not end the reading, so that all are told at once. */
static int read_archive(const Context *context, const char *path)
{
        _cleanup_(reading_done) Reading reading = { .diversions = context->diversions ?: "" };
        const PackageArchiveSettings settings = { .hash = HASH_SHA256 };
        _cleanup_close_ int fd =
                        fs_open(context->root_fd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
        const char *reason = NULL;
        PackageArchive archive;
        int r;

        if (fd < 0)
                return refuse(context->pipe_fd, path, "cannot be opened");
        r = package_archive_read(fd, &settings, visit, &reading, &archive, &reason);
        if (r < 0)
                return refuse(context->pipe_fd, path, reason ?: "cannot be read");
        if (archive.kind != PACKAGE_ARCHIVE_DEB || !reading.package)
                return refuse(context->pipe_fd, path, "is no Debian package");
        if (context->index) {
                AptVerdict verdict = apt_index_check(context->index, &archive.digest).verdict;

                reading.is_allowed = verdict != APT_VOUCHED &&
                                     archive_allowance_check(context->root_fd, &archive.digest,
                                                     time_now(CLOCK_REALTIME)) > 0;
                if (verdict != APT_VOUCHED && !reading.is_allowed)
                        return refuse(context->pipe_fd, path, apt_verdict_describe(verdict));
        }
        return write_package(context->pipe_fd, &context->dpkg, &reading, path);
}

static int read_all(const void *userdata, int pipe_fd)
{
        const ArchiveReaderSetup *setup = userdata;
        Context context = { .pipe_fd = pipe_fd, .root_fd = setup->root_fd };
        _cleanup_diags_ DiagList diags = { 0 };
        AptIndex index = { 0 };
        int r = fs_read_file(setup->root_fd, DIVERSIONS_PATH, DIVERSIONS_SIZE_MAX,
                        &context.diversions, NULL);

        (void) prctl(PR_SET_NAME, "imad-archives");
        r = r == -ENOENT ? 0 : r;
        (void) dpkg_load(setup->root_fd, &context.dpkg);
        if (r >= 0 && !setup->sign_unverified) {
                r = apt_index_load(setup->root_fd, time_now(CLOCK_REALTIME), &index, &diags);
                context.index = &index;
        }
        for (size_t i = 0; r >= 0 && i < setup->archives->count; i++)
                r = read_archive(&context, setup->archives->items[i]);
        return r;
}

int archive_reader_start(const ArchiveReaderSetup *setup, RecordReader *ret_reader)
{
        return record_reader_start(read_all, setup, ret_reader);
}
