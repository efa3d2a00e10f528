/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/file-batch.h"

#include <signal.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "helpers/imad-worker/parallel.h"
#include "helpers/imad-worker/path-list.h"
#include "system/label-cache-file.h"
#include "system/label-file.h"
#include "system/tree.h"

/* Of two blocks each file holds two descriptors: below the usual limit of 1024. */
#define BLOCK_SIZE 192U

typedef struct Item {
        char *path;
        int fd;
        struct stat stat; /* of what it was found good, or labelled, as */
        LabelChange change;
        FileOutcome outcome;
} Item;

typedef struct Block {
        Item items[BLOCK_SIZE];
        size_t n_items;
} Block;

typedef struct Link {
        dev_t device;
        ino_t inode;
        char *path; /* by which it was seen first, when the batch asks about it */
} Link;

typedef struct Run {
        Worker *worker;
        const FileBatch *batch;
        Parallel *parallel;
        Block blocks[2];
        Block *planned;   /* filled, and looked at when it is full */
        Block *journaled; /* its changes may be made */
        Link *links;      /* a hash table of the files with several names that were seen */
        size_t n_links, n_slots;
        FileReport report;
        size_t expected; /* files, 0: not counted */
        int journal_error;
} Run;

static volatile sig_atomic_t was_cancelled;

static void on_signal(int number)
{
        was_cancelled = 1;
}

static void catch_signals(void)
{
        const struct sigaction action = { .sa_handler = on_signal };

        (void) sigaction(SIGINT, &action, NULL);
        (void) sigaction(SIGTERM, &action, NULL);
}

static void drop_items(Block *block)
{
        for (size_t i = 0; i < block->n_items; i++) {
                label_change_done(&block->items[i].change);
                free(block->items[i].path);
                cleanup_closep(&block->items[i].fd);
        }
        block->n_items = 0;
}

static void run_done(Run *run)
{
        drop_items(&run->blocks[0]);
        drop_items(&run->blocks[1]);
        parallel_freep(&run->parallel);
        for (size_t i = 0; i < run->n_slots; i++)
                free(run->links[i].path);
        free(run->links);
        file_report_done(&run->report);
}

/* A share of what was counted; -1 where nothing was. */
static void tell_progress(const Run *run)
{
        const size_t files = run->report.files + run->report.links;
        char text[64];

        (void) snprintf(text, sizeof(text), "%zu files", run->report.files);
        worker_progress(run->worker,
                        run->expected == 0      ? -1
                        : files > run->expected ? 1
                                                : (double) files / (double) run->expected,
                        text);
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

/* 1 when another name of the file was seen before, which is *ret_first then, or NULL. */
static int note_link(Run *run, const char *path, const struct stat *st, const char **ret_first)
{
        _cleanup_free_ char *copy = NULL;
        Link *link;

        if (2 * run->n_links >= run->n_slots && grow_links(run) < 0)
                return -ENOMEM;
        link = find_slot(run->links, run->n_slots, st);
        if (link->inode != 0) {
                *ret_first = link->path;
                return 1;
        }
        if (run->batch->is_alike) {
                copy = strdup(path);
                if (!copy)
                        return -ENOMEM;
        }
        *link = (Link){ st->st_dev, st->st_ino, TAKE_PTR(copy) };
        run->n_links++;
        return 0;
}

/*
 * A content that was changed a moment ago may change again at what the file system takes for the
 * same time.
 */
static bool is_at_rest(const struct stat *st)
{
        return (usec_t) st->st_mtim.tv_sec * USEC_PER_SEC + USEC_PER_SEC < time_now(CLOCK_REALTIME);
}

static int finish_item(Run *run, const Item *item)
{
        if (run->batch->cache && !item->outcome.is_failure && is_at_rest(&item->stat)) {
                const LabelCacheFile file = label_cache_file_from_stat(&item->stat);
                int r = label_cache_add(run->batch->cache, &file);

                if (r < 0)
                        return r;
        }
        return file_report_add(&run->report, run->worker, item->path, item->fd, &item->outcome);
}

static void make_item(Item *item)
{
        int r = item->change.n_items > 0 ? label_change_make(&item->change) : 0;

        if (r >= 0 && item->change.n_items > 0 && fstat(item->change.file.fd, &item->stat) < 0)
                r = -errno;
        label_change_done(&item->change);
        if (r < 0)
                item->outcome = (FileOutcome){ .is_failure = true, .error = r };
}

/* The changes of the block before are made while this one is read. */
static int do_task(void *userdata, size_t index, size_t thread)
{
        Run *run = userdata;
        const size_t n_made = run->journaled->n_items;
        Item *item;

        if (index < n_made) {
                make_item(&run->journaled->items[index]);
                return 0;
        }
        item = &run->planned->items[index - n_made];
        run->batch->work(run->batch->userdata, item->path, item->fd, thread, &item->change,
                        &item->outcome);
        return 0;
}

/* What cannot be journaled is not made. */
static int journal_item(Run *run, Item *item)
{
        int r = item->change.n_items > 0 ? label_run_add(run->batch->run, &item->change, item->path,
                                                           item->outcome.source)
                                         : 0;

        if (r == -ENAMETOOLONG || r == -E2BIG) {
                label_change_done(&item->change);
                item->outcome = (FileOutcome){ .is_failure = true, .error = r };
                return 0;
        }
        return r;
}

static int journal_block(Run *run)
{
        Block *block = run->planned;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < block->n_items; i++)
                r = journal_item(run, &block->items[i]);
        if (r >= 0 && run->batch->run)
                r = label_run_commit(run->batch->run);
        run->journal_error = r;
        return r;
}

static int flush(Run *run)
{
        Block *made = run->journaled;
        int r = parallel_run(run->parallel, made->n_items + run->planned->n_items, do_task, run);

        for (size_t i = 0; r >= 0 && i < made->n_items; i++)
                r = finish_item(run, &made->items[i]);
        drop_items(made);
        if (r >= 0)
                r = journal_block(run);
        if (r < 0)
                return r;
        run->journaled = run->planned;
        run->planned = made;
        tell_progress(run);
        return was_cancelled ? -ECANCELED : 0;
}

/* Takes over the descriptor. */
static int add_item(Run *run, const char *path, int fd, const struct stat *st)
{
        Item *item = &run->planned->items[run->planned->n_items];

        *item = (Item){ .path = strdup(path), .fd = fd, .stat = *st, .change = LABEL_CHANGE_NONE };
        run->planned->n_items++;
        if (!item->path)
                return -ENOMEM;
        return run->planned->n_items == BLOCK_SIZE ? flush(run) : 0;
}

static bool is_cached(const Run *run, const struct stat *st)
{
        const LabelCacheFile file = label_cache_file_from_stat(st);

        return run->batch->cache && label_cache_has(run->batch->cache, &file);
}

static int visit(void *userdata, const char *path, int path_fd)
{
        Run *run = userdata;
        const char *first = NULL;
        struct stat st;
        int fd, r = 0;

        if (run->batch->skipped_suffix && string_ends_with(path, run->batch->skipped_suffix))
                return 0;
        if (fstat(path_fd, &st) < 0)
                return -errno;
        if (st.st_nlink > 1 &&
                        (!run->batch->is_known || run->batch->is_known(run->batch->userdata, path)))
                r = note_link(run, path, &st, &first);
        if (first && !run->batch->is_alike(run->batch->userdata, path, first))
                return file_report_add(
                                &run->report, run->worker, path, path_fd, &run->batch->unlike);
        run->report.links += r > 0;
        if (r != 0)
                return r < 0 ? r : 0;
        if (is_cached(run, &st))
                return file_report_add(
                                &run->report, run->worker, path, path_fd, &run->batch->cached);
        fd = fcntl(path_fd, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : add_item(run, path, fd, &st);
}

/* What was named and cannot be opened, or is no file: told as the outcome of a file. */
static int add_failure(Run *run, const char *path, int error)
{
        Item item = {
                .path = (char *) path,
                .fd = -EBADF,
                .outcome = {.is_failure = true, .error = error}
        };

        if (run->batch->paths && (error == -ENOENT || error == -ENOTDIR))
                item.outcome.result = "missing";

        return finish_item(run, &item);
}

static int add_path(void *userdata, const char *word)
{
        Run *run = userdata;
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
        if (!S_ISDIR(st.st_mode) || run->batch->paths)
                return add_failure(run, path, S_ISLNK(st.st_mode) ? -ELOOP : -EMEDIUMTYPE);
        r = tree_walk_at(fd, path, run->worker->all_mounts, visit, run, &run->report.tree);
        return r == -EACCES ? add_failure(run, path, r) : r;
}

static int count_file(void *userdata, const char *path, int path_fd)
{
        size_t *n = userdata;

        (*n)++;
        return 0;
}

/* Worth another walk only when somebody watches. What cannot be walked is told of later. */
static void count_files(Run *run)
{
        const Worker *worker = run->worker;

        if (run->batch->paths) {
                run->expected = run->batch->paths->count;
                return;
        }
        for (size_t i = 0; worker->progress_fd >= 0 && i < worker->n_words; i++) {
                _cleanup_free_ char *path = NULL;
                TreeStatistics statistics = { 0 };

                if (worker_resolve_path(worker, worker->words[i], &path) >= 0 &&
                                tree_walk(worker->root_fd, path, worker->all_mounts, count_file,
                                                &run->expected, &statistics) < 0)
                        run->expected++;
        }
        if (worker->options[WORKER_OPTION_MANIFEST])
                run->expected = 0;
}

static int add_words(Run *run)
{
        const char *manifest = run->worker->options[WORKER_OPTION_MANIFEST];
        int r = 0;

        for (size_t i = 0; run->batch->paths && r >= 0 && i < run->batch->paths->count; i++)
                r = add_path(run, run->batch->paths->items[i]);
        if (run->batch->paths)
                return r;
        for (size_t i = 0; r >= 0 && i < run->worker->n_words; i++)
                r = add_path(run, run->worker->words[i]);
        if (r >= 0 && manifest)
                r = path_list_read(run->worker, manifest, add_path, run);
        return r;
}

/* What is journaled is made, also when the run ends before its time. */
static int finish(Run *run, int error)
{
        int r;

        if (error < 0)
                drop_items(run->planned);
        r = flush(run);
        if (r >= 0 || r == -ECANCELED)
                r = flush(run);
        return error < 0 ? error : r == -ECANCELED ? 0 : r;
}

static ExitCode report_end(Run *run, int error, ExitCode failure)
{
        const FileReport *report = &run->report;
        LabelRun *journal = run->batch->run;

        if (error == -ECANCELED)
                return worker_fail(run->worker, EXIT_CODE_FAILURE,
                                journal && journal->journal
                                                ? "imactl sign --resume=last goes on, and "
                                                  "--undo=last takes it back"
                                                : NULL,
                                "it was cancelled after %zu file%s", report->files,
                                plural(report->files));
        if (run->journal_error < 0)
                return label_run_fail(run->worker, run->journal_error, journal->directory ?: "");
        if (error < 0)
                return worker_fail_errno(run->worker, error, "files");
        if (report->error != EXIT_CODE_OK)
                return report->error;
        /* A directory that could not be read hides files. */
        return report->has_failure           ? failure
               : report->tree.unreadable > 0 ? EXIT_CODE_NOT_PERMITTED
                                             : EXIT_CODE_OK;
}

ExitCode file_batch_run(Worker *worker, const FileBatch *batch, ExitCode failure)
{
        const usec_t start = time_now(CLOCK_MONOTONIC);
        _cleanup_(run_done) Run run = { .worker = worker, .batch = batch };
        int r, error;

        run.journaled = &run.blocks[0];
        run.planned = &run.blocks[1];
        r = file_report_new(&run.report);
        if (r >= 0)
                r = parallel_new(&run.parallel);
        if (r < 0)
                return worker_fail_errno(worker, r, "files");
        catch_signals();
        count_files(&run);
        error = finish(&run, add_words(&run));
        r = file_report_set(&run.report, worker, start);
        if (r >= 0 && batch->run)
                r = label_run_end(batch->run,
                                error < 0 ? LABEL_OUTCOME_INTERRUPTED : LABEL_OUTCOME_FINISHED,
                                run.report.files, run.report.failed);
        if (r < 0)
                run.journal_error = r;
        return report_end(&run, error < 0 ? error : r, failure);
}
