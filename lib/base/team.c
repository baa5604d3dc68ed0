/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared work is published as a round. Each thread has a queue, one atomic word of (round, next unit, end), and takes
 * units by a compare-and-swap on it. A thread that wakes late, with the number of a finished round, finds another round
 * in the queues, takes nothing and checks again. The calling thread publishes a round only when all units of the
 * previous one are done, so a round does not change while any thread can take units of it. */

#include "base/team.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/mem.h"
#include "base/time.h"

/* SPIN_NS: the threads of a layer end within a few microseconds of each other, and waking a sleeping thread takes 50 us
 * on a virtual machine. TAKEN_SHARE: a thread takes 1 / TAKEN_SHARE of the units left in a queue: many at first, which
 * suits caches, and few at the end, so that threads of unequal speed end at about the same time. MOST_UNITS: the most
 * units that a queue can count. */
enum { SPIN_NS = 40000, TAKEN_SHARE = 4, ROUND_BITS = 28, UNIT_BITS = 18, MOST_UNITS = (1 << UNIT_BITS) - 1 };

typedef struct queue {
    _Alignas(LP_ALIGN) _Atomic uint64_t word;
    double slowness; /* 1: none */
} queue;

struct lp_team {
    int threads, active; /* requested; in the running region, 0 outside a region */
    queue *queues;

    /* The current round. Atomic, because a late thread may read these fields while the next round is written; it then
     * discards them. */
    _Atomic(lp_team_task *) task;
    _Atomic(void *) job;

    _Alignas(LP_ALIGN) _Atomic uint32_t round; /* futex of the threads that wait for work */
    _Atomic int sleeping;
    _Alignas(LP_ALIGN) _Atomic uint32_t left; /* units of the round not done yet; futex of the calling thread */
    _Atomic int caller_sleeps;
};

/* The process that has run regions of several threads; its forked children must not. */
static _Atomic pid_t region_process;

lightpose_status lp_team_create(lp_team **out, int threads, lightpose_error *error) {
    lp_team *team = lp_calloc(1, sizeof *team);

    *out = NULL;
    if (team)
        team->queues = lp_calloc((size_t)threads, sizeof *team->queues);
    if (!team || !team->queues) {
        lp_team_destroy(&team);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d threads", threads);
    }
    team->threads = threads;
    for (int i = 0; i < threads; i++)
        team->queues[i].slowness = 1;
    *out = team;
    return LIGHTPOSE_OK;
}

void lp_team_destroy(lp_team **team) {
    if (!*team)
        return;
    lp_free((*team)->queues);
    lp_free(*team);
    *team = NULL;
}

int lp_team_size(const lp_team *team) {
    return team ? team->threads : 1;
}

void lp_team_slow_down(lp_team *team, int thread, double factor) {
    team->queues[thread].slowness = factor;
}

/* ---- Taking units ------------------------------------------------------------------------------------------------ */

static uint64_t pack(uint32_t round, int next, int end) {
    return (uint64_t)round << 2 * UNIT_BITS | (uint64_t)next << UNIT_BITS | (uint64_t)end;
}

static uint32_t round_of(uint64_t word) {
    return (uint32_t)(word >> 2 * UNIT_BITS);
}

/* Takes units from the queue. Returns their number, 0 if the queue is empty, -1 if the round is over. */
static int take(queue *from, uint32_t round, int *first) {
    uint64_t word = atomic_load_explicit(&from->word, memory_order_acquire);

    for (;;) {
        const int next = (int)(word >> UNIT_BITS & MOST_UNITS), end = (int)(word & MOST_UNITS);
        if (round_of(word) != round)
            return -1;
        if (next == end)
            return 0;
        const int count = end - next > TAKEN_SHARE ? (end - next) / TAKEN_SHARE : 1;
        *first = next;
        if (atomic_compare_exchange_weak_explicit(&from->word, &word, pack(round, next + count, end),
                                                  memory_order_acq_rel, memory_order_acquire))
            return count;
    }
}

static void pause_cpu(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void idle(int64_t until) {
    while (lp_now_ns() < until)
        pause_cpu();
}

static void run_part(lp_team *team, lp_team_task *task, void *job, int first, int count, int thread) {
    const double slowness = team->queues[thread].slowness;

    if (slowness > 1) {
        const int64_t start = lp_now_ns();
        task(job, first, first + count, thread);
        idle(start + (int64_t)((double)(lp_now_ns() - start) * slowness));
    } else {
        task(job, first, first + count, thread);
    }
    if (atomic_fetch_sub(&team->left, (uint32_t)count) == (uint32_t)count && atomic_load(&team->caller_sleeps))
        lp_futex_wake(&team->left, 1);
}

/* Works on the thread's own units, then on those of the others, starting with its neighbour. */
static void work(lp_team *team, uint32_t round, int thread) {
    lp_team_task *const task = atomic_load_explicit(&team->task, memory_order_relaxed);
    void *const job = atomic_load_explicit(&team->job, memory_order_relaxed);

    for (int i = 0; i < team->active; i++) {
        queue *const from = &team->queues[(thread + i) % team->active];
        int first, count;
        while ((count = take(from, round, &first)) > 0)
            run_part(team, task, job, first, count, thread);
        if (count < 0)
            return;
    }
}

/* ---- Waiting ----------------------------------------------------------------------------------------------------- */

/* Waits until *word differs from `value`: spins, then sleeps. `sleeping` counts the sleeping threads. */
static void wait_for_change(_Atomic uint32_t *word, uint32_t value, _Atomic int *sleeping) {
    const int64_t until = lp_now_ns() + SPIN_NS;

    while (atomic_load_explicit(word, memory_order_acquire) == value) {
        if (lp_now_ns() < until) {
            for (int i = 0; i < 16; i++)
                pause_cpu();
            continue;
        }
        atomic_fetch_add(sleeping, 1);
        if (atomic_load(word) == value)
            lp_futex_wait(word, value);
        atomic_fetch_sub(sleeping, 1);
    }
}

static void wait_until_done(lp_team *team) {
    uint32_t left;

    while ((left = atomic_load_explicit(&team->left, memory_order_acquire)) != 0)
        wait_for_change(&team->left, left, &team->caller_sleeps);
}

/* Wakes all threads for the published round. */
static void announce(lp_team *team, uint32_t round) {
    atomic_store(&team->round, round);
    if (atomic_load(&team->sleeping))
        lp_futex_wake(&team->round, team->active);
}

static uint32_t next_round(const lp_team *team) {
    return (atomic_load_explicit(&team->round, memory_order_relaxed) + 1) & ((1U << ROUND_BITS) - 1);
}

void lp_team_share(lp_team *team, int units, lp_team_task *task, void *job) {
    if (units <= 0)
        return;
    if (!team || team->active <= 1 || units == 1 || units > MOST_UNITS) {
        task(job, 0, units, 0);
        return;
    }
    const uint32_t round = next_round(team);
    atomic_store_explicit(&team->left, (uint32_t)units, memory_order_relaxed);
    atomic_store_explicit(&team->task, task, memory_order_relaxed);
    atomic_store_explicit(&team->job, job, memory_order_relaxed);
    for (int t = 0; t < team->active; t++) {
        const int begin = (int)((int64_t)units * t / team->active);
        const int end = (int)((int64_t)units * (t + 1) / team->active);
        atomic_store_explicit(&team->queues[t].word, pack(round, begin, end), memory_order_release);
    }
    announce(team, round);
    work(team, round, 0);
    wait_until_done(team);
}

/* ---- The region -------------------------------------------------------------------------------------------------- */

static void serve(lp_team *team, uint32_t round, int thread) {
    for (;;) {
        wait_for_change(&team->round, round, &team->sleeping);
        round = atomic_load(&team->round);
        if (!atomic_load_explicit(&team->task, memory_order_relaxed))
            return; /* the region ends */
        work(team, round, thread);
    }
}

static void run_region(lp_team *team, lp_team_body *body, void *argument) {
    const uint32_t round = atomic_load(&team->round);

#pragma omp parallel num_threads(team->threads)
    {
        const int thread = omp_get_thread_num();
        if (thread == 0) {
            team->active = omp_get_num_threads();
            body(argument);
            atomic_store_explicit(&team->task, NULL, memory_order_relaxed);
            announce(team, next_round(team));
        } else {
            serve(team, round, thread);
        }
    }
    team->active = 0;
}

static int is_forked(void) {
    const pid_t process = getpid();
    pid_t first = 0;

    return !atomic_compare_exchange_strong(&region_process, &first, process) && first != process;
}

void lp_team_run(lp_team *team, lp_team_body *body, void *argument) {
    const int saved = omp_get_max_threads();

    omp_set_num_threads(1);
    if (lp_team_size(team) == 1 || is_forked())
        body(argument);
    else
        run_region(team, body, argument);
    omp_set_num_threads(saved);
}
