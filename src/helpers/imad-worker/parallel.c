/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>

typedef struct Member {
        Parallel *parallel;
        size_t number;
        pthread_t thread;
} Member;

struct Parallel {
        pthread_mutex_t mutex;
        pthread_cond_t work, done;
        size_t n_threads;
        Member members[PARALLEL_THREADS_MAX];

        /* The run at hand; under the mutex. */
        ParallelTask *task;
        void *userdata;
        size_t n_tasks, next, unfinished;
        int error;
        bool ending;
};

/* Does one task, if any is left; the mutex is held before and after. */
static bool do_task(Parallel *p, size_t thread)
{
        ParallelTask *task = p->task;
        void *userdata = p->userdata;
        size_t index;
        int r;

        if (p->next == p->n_tasks)
                return false;
        index = p->next++;
        (void) pthread_mutex_unlock(&p->mutex);
        r = task(userdata, index, thread);
        (void) pthread_mutex_lock(&p->mutex);
        if (r < 0 && p->error == 0)
                p->error = r;
        if (--p->unfinished == 0)
                (void) pthread_cond_signal(&p->done);
        return true;
}

static void *work(void *userdata)
{
        Member *member = userdata;
        Parallel *p = member->parallel;

        (void) pthread_mutex_lock(&p->mutex);
        while (!p->ending)
                if (!do_task(p, member->number))
                        (void) pthread_cond_wait(&p->work, &p->mutex);
        (void) pthread_mutex_unlock(&p->mutex);
        return NULL;
}

static size_t count_processors(void)
{
        cpu_set_t set;
        int n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

        if (n < 1)
                return 1;
        return n > (int) PARALLEL_THREADS_MAX ? PARALLEL_THREADS_MAX : (size_t) n;
}

/* Fewer threads than processors, when the system has no more to give, do the same work. */
static void start_threads(Parallel *p)
{
        size_t wanted = count_processors();
        sigset_t all, before;

        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        while (p->n_threads < wanted) {
                Member *member = &p->members[p->n_threads];

                *member = (Member){ .parallel = p, .number = p->n_threads };
                if (pthread_create(&member->thread, NULL, work, member) != 0)
                        break;
                p->n_threads++;
        }
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int parallel_new(Parallel **ret_parallel)
{
        Parallel *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        (void) pthread_mutex_init(&p->mutex, NULL);
        (void) pthread_cond_init(&p->work, NULL);
        (void) pthread_cond_init(&p->done, NULL);
        p->n_threads = 1; /* the caller's */
        start_threads(p);
        *ret_parallel = p;
        return 0;
}

Parallel *parallel_free(Parallel *p)
{
        if (!p)
                return NULL;
        (void) pthread_mutex_lock(&p->mutex);
        p->ending = true;
        (void) pthread_cond_broadcast(&p->work);
        (void) pthread_mutex_unlock(&p->mutex);
        for (size_t i = 1; i < p->n_threads; i++)
                (void) pthread_join(p->members[i].thread, NULL);
        (void) pthread_mutex_destroy(&p->mutex);
        (void) pthread_cond_destroy(&p->work);
        (void) pthread_cond_destroy(&p->done);
        free(p);
        return NULL;
}

size_t parallel_get_n_threads(const Parallel *p)
{
        return p->n_threads;
}

int parallel_run(Parallel *p, size_t n_tasks, ParallelTask *task, void *userdata)
{
        int r;

        (void) pthread_mutex_lock(&p->mutex);
        p->task = task;
        p->userdata = userdata;
        p->next = 0;
        p->n_tasks = p->unfinished = n_tasks;
        p->error = 0;
        (void) pthread_cond_broadcast(&p->work);
        while (do_task(p, 0))
                ;
        while (p->unfinished > 0)
                (void) pthread_cond_wait(&p->done, &p->mutex);
        r = p->error;
        (void) pthread_mutex_unlock(&p->mutex);
        return r;
}
