/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Sharing work between threads: each unit once, whatever the threads do. */

#include "check.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/team.h"
#include "base/time.h"

enum { MOST_THREADS = 9, MOST_UNITS = 400, ROUNDS = 300 };

typedef struct work {
    lp_team *team;
    int units, rounds;
    atomic_int done[MOST_UNITS], busy[MOST_THREADS], calls, misuse;
    int64_t pause_ns; /* of the caller before each round; long enough, and the others sleep */
    int slow_unit;    /* takes a while; -1: none */
    int most_omp_threads;
} work;

static void wait_ns(int64_t ns) {
    const int64_t until = lp_now_ns() + ns;
    while (lp_now_ns() < until)
        ;
}

static void count_units(void *job, int begin, int end, int thread) {
    work *const w = job;

    if (thread < 0 || thread >= lp_team_size(w->team) || atomic_exchange(&w->busy[thread], 1))
        atomic_store(&w->misuse, 1); /* two calls at once with one thread's number */
    atomic_fetch_add(&w->calls, 1);
    for (int i = begin; i < end; i++) {
        if (i == w->slow_unit)
            wait_ns(200000);
        atomic_fetch_add(&w->done[i], 1);
    }
    atomic_store(&w->busy[thread], 0);
}

static void share_rounds(void *argument) {
    work *const w = argument;

    w->most_omp_threads = omp_get_max_threads();
    for (int round = 1; round <= w->rounds; round++) {
        wait_ns(w->pause_ns);
        lp_team_share(w->team, w->units, count_units, w);
        for (int i = 0; i < w->units; i++)
            if (atomic_load(&w->done[i]) != round) /* all of the round are done when sharing returns */
                atomic_store(&w->misuse, 2);
    }
}

/* Runs the work on a team of `threads` and checks it. */
static void check(work *w, int threads) {
    assert_ok(lp_team_create(&w->team, threads, error));
    lp_team_run(w->team, share_rounds, w);
    lp_team_destroy(&w->team);
    assert_int_equal(atomic_load(&w->misuse), 0);
    for (int i = 0; i < w->units; i++)
        assert_int_equal(atomic_load(&w->done[i]), w->rounds);
}

static void each_unit_is_done_once(void **state) {
    static const int units[] = {1, 2, 3, 7, 19, 32, 100, MOST_UNITS};
    (void)state;

    for (int threads = 1; threads <= MOST_THREADS; threads++)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            check(&(work){.units = units[i], .rounds = ROUNDS, .slow_unit = -1}, threads);
}

static void sleeping_threads_are_woken(void **state) {
    (void)state;
    check(&(work){.units = 40, .rounds = 30, .slow_unit = -1, .pause_ns = 2000000}, 4);
}

/* The caller's own unit is done long before: it sleeps until the slow one is. */
static void a_slow_unit_is_waited_for(void **state) {
    (void)state;
    for (int slow = 0; slow < 8; slow += 7)
        check(&(work){.units = 8, .rounds = 100, .slow_unit = slow}, 3);
}

static void a_slowed_thread_loses_no_unit(void **state) {
    work w = {.units = 100, .rounds = 20, .slow_unit = -1};
    (void)state;

    assert_ok(lp_team_create(&w.team, 3, error));
    lp_team_slow_down(w.team, 1, 50);
    lp_team_run(w.team, share_rounds, &w);
    lp_team_destroy(&w.team);
    assert_int_equal(atomic_load(&w.misuse), 0);
}

/* A queue counts up to 2^18 units; what is more is done all the same. */
static void add_units(void *job, int begin, int end, int thread) {
    (void)thread;
    atomic_fetch_add((atomic_int *)job, end - begin);
}

static void share_many(void *argument) {
    work *const w = argument;

    lp_team_share(w->team, 1 << 19, add_units, &w->calls);
    lp_team_share(w->team, 0, add_units, &w->calls);
}

static void any_number_of_units_is_done(void **state) {
    work w = {.units = 0};
    (void)state;

    assert_ok(lp_team_create(&w.team, 2, error));
    lp_team_run(w.team, share_many, &w);
    lp_team_destroy(&w.team);
    assert_int_equal(w.calls, 1 << 19);
}

static void without_a_team_the_caller_does_all(void **state) {
    work w = {.units = 50, .slow_unit = -1};
    (void)state;

    lp_team_share(NULL, 50, count_units, &w);
    assert_int_equal(w.calls, 1);
    assert_int_equal(lp_team_size(NULL), 1);
    assert_ok(lp_team_create(&w.team, 4, error));
    lp_team_share(w.team, 50, count_units, &w); /* outside of lp_team_run */
    assert_int_equal(w.calls, 2);
    lp_team_destroy(&w.team);
}

/* oneDNN asks OpenMP how many threads there are; the application's own answer comes back. */
static void openmp_settings_come_back(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        work w = {.units = 5, .rounds = 3, .slow_unit = -1};
        omp_set_num_threads(5);
        check(&w, threads);
        assert_int_equal(w.most_omp_threads, 1);
        assert_int_equal(omp_get_max_threads(), 5);
    }
}

/* An application's parallel region grants no threads of their own. */
static void it_works_inside_a_parallel_region(void **state) {
    static work w[4];
    (void)state;

    for (int i = 0; i < 4; i++)
        w[i] = (work){.units = 30, .rounds = 50, .slow_unit = -1};
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 4; i++)
        if (lp_team_create(&w[i].team, 3, NULL) == LIGHTPOSE_OK)
            lp_team_run(w[i].team, share_rounds, &w[i]);
    for (int i = 0; i < 4; i++) {
        lp_team_destroy(&w[i].team);
        assert_int_equal(atomic_load(&w[i].misuse), 0);
        assert_int_equal(atomic_load(&w[i].done[29]), 50);
    }
}

static void *run_in_thread(void *argument) {
    work *const w = argument;

    lp_team_run(w->team, share_rounds, w);
    return NULL;
}

static void teams_of_several_threads_run_at_once(void **state) {
    static work w[3];
    pthread_t threads[3];
    (void)state;

    for (int i = 0; i < 3; i++) {
        w[i] = (work){.units = 60, .rounds = 200, .slow_unit = -1};
        assert_ok(lp_team_create(&w[i].team, 3, error));
        assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, &w[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        lp_team_destroy(&w[i].team);
        assert_int_equal(atomic_load(&w[i].misuse), 0);
        assert_int_equal(atomic_load(&w[i].done[59]), 200);
    }
}

/* libgomp's threads do not survive the fork: a region would wait for them for ever. */
static void a_forked_child_works_alone(void **state) {
    work w = {.units = 30, .rounds = 20, .slow_unit = -1};
    int status = -1;
    (void)state;

    check(&w, 3);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work own = {.units = 30, .rounds = 20, .slow_unit = -1};
        alarm(20);
        if (lp_team_create(&own.team, 3, NULL) != LIGHTPOSE_OK)
            _exit(2);
        lp_team_run(own.team, share_rounds, &own);
        _exit(atomic_load(&own.calls) == 20 && !atomic_load(&own.misuse) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    check(&(work){.units = 30, .rounds = 20, .slow_unit = -1}, 3); /* and the parent goes on */
}

static void failing_allocations_are_reported(void **state) {
    lp_team *team = NULL;
    (void)state;

    for (int nth = 1; nth <= 2; nth++) {
        lp_mem_fail_at(nth);
        assert_fails(lp_team_create(&team, 7, error), LIGHTPOSE_ERROR_MEMORY, "7 threads");
        lp_mem_fail_at(0);
        assert_null(team);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_unit_is_done_once),
    cmocka_unit_test(sleeping_threads_are_woken),
    cmocka_unit_test(a_slow_unit_is_waited_for),
    cmocka_unit_test(a_slowed_thread_loses_no_unit),
    cmocka_unit_test(any_number_of_units_is_done),
    cmocka_unit_test(without_a_team_the_caller_does_all),
    cmocka_unit_test(openmp_settings_come_back),
    cmocka_unit_test(it_works_inside_a_parallel_region),
    cmocka_unit_test(teams_of_several_threads_run_at_once),
    cmocka_unit_test(a_forked_child_works_alone),
    cmocka_unit_test(failing_allocations_are_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
