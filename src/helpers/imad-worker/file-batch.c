/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/file-batch.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "helpers/imad-worker/parallel.h"
#include "system/label-file.h"
#include "system/tree.h"

/* Each holds a descriptor: far below the usual limit of 1024. */
#define BATCH_SIZE 256U
#define LIST_MAX 50000U
#define RESULTS_MAX 8U

typedef struct Item {
        char *path;
        int fd;
        FileOutcome outcome;
} Item;

typedef struct Link {
        dev_t device;
        ino_t inode;
} Link;

typedef struct Run {
        Worker *worker;
        const FileBatch *batch;
        Parallel *parallel;
        Item items[BATCH_SIZE];
        size_t n_items;
        Link *links; /* a hash table of the files with several names that were seen */
        size_t n_links, n_slots;
        TreeStatistics tree;
        size_t files, failed, doubles, unlisted;
        const char *results[RESULTS_MAX];
        size_t counts[RESULTS_MAX];
        json_t *list;
        ExitCode error;
        bool has_failure;
} Run;

static void drop_items(Run *run)
{
        for (size_t i = 0; i < run->n_items; i++) {
                free(run->items[i].path);
                cleanup_closep(&run->items[i].fd);
        }
        run->n_items = 0;
}

static void run_done(Run *run)
{
        drop_items(run);
        parallel_freep(&run->parallel);
        free(run->links);
        json_decref(run->list);
}

/* The slot of a file, or the free one where it belongs; there always is one. */
static Link *find_slot(Link *links, size_t n_slots, const struct stat *st)
{
        size_t slot = (size_t) ((uint64_t) st->st_ino * UINT64_C(0x9e3779b97f4a7c15) >> 20) &
                      (n_slots - 1);

        while (links[slot].inode != 0 &&
                        (links[slot].inode != st->st_ino || links[slot].device != st->st_dev))
                slot = (slot + 1) & (n_slots - 1);
        return &links[slot];
}

static int grow_links(Run *run)
{
        size_t n_slots = run->n_slots ? 2 * run->n_slots : 1024;
        Link *links = calloc(n_slots, sizeof(*links));

        if (!links)
                return -ENOMEM;
        for (size_t i = 0; i < run->n_slots; i++)
                if (run->links[i].inode != 0)
                        *find_slot(links, n_slots,
                                        &(struct stat){ .st_dev = run->links[i].device,
                                                        .st_ino = run->links[i].inode }) =
                                        run->links[i];
        free(run->links);
        run->links = links;
        run->n_slots = n_slots;
        return 0;
}

/* 1 when another name of the file was seen before. */
static int note_link(Run *run, const struct stat *st)
{
        Link *link;

        if (2 * run->n_links >= run->n_slots && grow_links(run) < 0)
                return -ENOMEM;
        link = find_slot(run->links, run->n_slots, st);
        if (link->inode != 0)
                return 1;
        *link = (Link){ st->st_dev, st->st_ino };
        run->n_links++;
        return 0;
}

static int set_outcome(json_t *json, const Item *item, LabelFileReason reason)
{
        const FileOutcome *o = &item->outcome;
        char key_id[2 * sizeof(o->key_id) + 1];

        (void) snprintf(key_id, sizeof(key_id), "%08" PRIx32, o->key_id);
        if (reason.reason && json_object_set_new(json, "reason", json_string(reason.reason)) < 0)
                return -ENOMEM;
        if (reason.hint && json_object_set_new(json, "hint", json_string(reason.hint)) < 0)
                return -ENOMEM;
        if (o->evm && json_object_set_new(json, "evm", json_string(o->evm)) < 0)
                return -ENOMEM;
        if (o->has_key_id && json_object_set_new(json, "key_id", json_string(key_id)) < 0)
                return -ENOMEM;
        return 0;
}

static int list_item(Run *run, const Item *item)
{
        _cleanup_free_ char *path = strdup(item->path);
        const FileOutcome *o = &item->outcome;
        LabelFileReason reason = { NULL, NULL };
        json_t *json;

        if (!path)
                return -ENOMEM;
        string_make_utf8(path);
        json = json_pack("{s:s, s:s}", "path", path, "result", o->result ?: "failed");
        if (!o->result)
                reason = label_file_explain(item->fd, o->error);
        if (!json || json_array_append_new(run->list, json) < 0)
                return -ENOMEM;
        return set_outcome(json, item, reason);
}

static void count_result(Run *run, const char *result)
{
        size_t i = 0;

        while (i < RESULTS_MAX - 1 && run->results[i] && !string_equal(run->results[i], result))
                i++;
        run->results[i] = result;
        run->counts[i]++;
}

static int finish_item(Run *run, const Item *item)
{
        const FileOutcome *o = &item->outcome;

        run->files++;
        run->failed += o->is_failure;
        count_result(run, o->result ?: "failed");
        if (!o->result && run->error == EXIT_CODE_OK)
                run->error = exit_code_from_errno(o->error);
        run->has_failure |= o->result && o->is_failure;
        if (!o->is_failure && !run->worker->details)
                return 0;
        if (json_array_size(run->list) < LIST_MAX)
                return list_item(run, item);
        run->unlisted++;
        return 0;
}

static int do_item(void *userdata, size_t index, size_t thread)
{
        Run *run = userdata;
        Item *item = &run->items[index];

        run->batch->work(run->batch->userdata, item->path, item->fd, thread, &item->outcome);
        return 0;
}

static int flush(Run *run)
{
        int r = parallel_run(run->parallel, run->n_items, do_item, run);

        for (size_t i = 0; r >= 0 && i < run->n_items; i++)
                r = finish_item(run, &run->items[i]);
        drop_items(run);
        worker_progress(run->worker, -1, "files");
        return r;
}

/* Takes over the descriptor. */
static int add_item(Run *run, const char *path, int fd)
{
        Item *item = &run->items[run->n_items];

        *item = (Item){ .path = strdup(path), .fd = fd };
        run->n_items++;
        if (!item->path)
                return -ENOMEM;
        return run->n_items == BATCH_SIZE ? flush(run) : 0;
}

static int visit(void *userdata, const char *path, int path_fd)
{
        Run *run = userdata;
        struct stat st;
        int fd, r = 0;

        if (run->batch->skipped_suffix && string_ends_with(path, run->batch->skipped_suffix))
                return 0;
        if (fstat(path_fd, &st) >= 0 && st.st_nlink > 1)
                r = note_link(run, &st);
        run->doubles += r > 0;
        if (r != 0)
                return r < 0 ? r : 0;
        fd = fcntl(path_fd, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : add_item(run, path, fd);
}

/* What was named and cannot be opened, or is no file: told as the outcome of a file. */
static int add_failure(Run *run, const char *path, int error)
{
        Item item = {
                .path = (char *) path,
                .fd = -EBADF,
                .outcome = {.is_failure = true, .error = error}
        };

        return finish_item(run, &item);
}

static int add_word(Run *run, const char *word)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r = worker_resolve_path(run->worker, word, &path);

        if (r < 0)
                return r;
        fd = fs_open(run->worker->root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return add_failure(run, path, fd);
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISREG(st.st_mode))
                return visit(run, path, fd);
        if (!S_ISDIR(st.st_mode))
                return add_failure(run, path, S_ISLNK(st.st_mode) ? -ELOOP : -EMEDIUMTYPE);
        r = tree_walk_at(fd, path, run->worker->all_mounts, visit, run, &run->tree);
        return r == -EACCES ? add_failure(run, path, r) : r;
}

static int set_result(Run *run, double seconds)
{
        json_t *results = json_object();
        int r = results ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < RESULTS_MAX && run->results[i]; i++)
                r = json_object_set_new(results, run->results[i],
                                    json_integer((json_int_t) run->counts[i])) < 0
                                    ? -ENOMEM
                                    : 0;
        if (worker_set(run->worker, "results", results) < 0 || r < 0)
                return -ENOMEM;
        return json_object_update_new(run->worker->result,
                               json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:b, s:O}", "files",
                                               (json_int_t) run->files, "failed",
                                               (json_int_t) run->failed, "links",
                                               (json_int_t) run->doubles, "skipped_mounts",
                                               (json_int_t) run->tree.skipped_mounts, "unreadable",
                                               (json_int_t) run->tree.unreadable, "unlisted",
                                               (json_int_t) run->unlisted, "seconds", seconds,
                                               "dry_run", run->worker->dry_run, "list",
                                               run->list)) < 0
                               ? -ENOMEM
                               : 0;
}

ExitCode file_batch_run(Worker *worker, const FileBatch *batch, ExitCode failure)
{
        _cleanup_(run_done) Run run = { .worker = worker, .batch = batch, .list = json_array() };
        usec_t start = time_now(CLOCK_MONOTONIC);
        int r = run.list ? parallel_new(&run.parallel) : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < worker->n_words; i++)
                r = add_word(&run, worker->words[i]);
        if (r >= 0)
                r = flush(&run);
        if (r >= 0)
                r = set_result(&run, (double) (time_now(CLOCK_MONOTONIC) - start) / 1e6);
        if (r < 0)
                return worker_fail_errno(worker, r, "files");
        if (run.error != EXIT_CODE_OK)
                return run.error;
        /* A directory that could not be read hides files. */
        return run.has_failure           ? failure
               : run.tree.unreadable > 0 ? EXIT_CODE_NOT_PERMITTED
                                         : EXIT_CODE_OK;
}
