/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The database of a corpus, on SQLite and PostgreSQL: values, transactions, and ranges that are claimed, stored, lost
 * and found again. The tests are in queue_*.c, by subject. */

#include "queue_world.h"

#include <stdio.h>

int main(void) {
    static char file[] = "sqlite", other[] = "postgresql";
    static const struct {
        const char *name;
        CMUnitTestFunction test;
        CMFixtureFunction set_up;
    } tests[] = {
        {"values come back", values_come_back, set_up_bare},
        {"failed transactions leave nothing", failed_transactions_leave_nothing, set_up_bare},
        {"corpora are told apart", corpora_are_told_apart, set_up_bare},
        {"videos are split once", videos_are_split_once, set_up},
        {"ranges are done in order", ranges_are_done_in_order, set_up},
        {"a lost lease stores nothing", a_lost_lease_stores_nothing, set_up},
        {"a clock set back does no harm", a_clock_set_back_does_no_harm, set_up},
        {"failures are tried again and then final", failures_are_tried_again_and_then_final, set_up},
        {"workers that vanish are counted", workers_that_vanish_are_counted, set_up},
        {"cancelled ranges take nothing", cancelled_ranges_take_nothing, set_up},
        {"an unheard commit stores once", an_unheard_commit_stores_once, set_up},
        {"a lost connection is made again", a_lost_connection_is_made_again, set_up},
        {"a crowd claims each range once", a_crowd_claims_each_range_once, set_up},
        {"bad files are refused", bad_files_are_refused, set_up_bare},
        {"bad servers are refused without secrets", bad_servers_are_refused_without_secrets, set_up_bare},
    };
    enum { COUNT = sizeof tests / sizeof *tests };
    static struct CMUnitTest all[2 * COUNT];
    static char names[2 * COUNT][80];
    server = getenv("LIGHTPOSE_TEST_POSTGRES");
    for (int i = 0; i < 2 * COUNT; i++) {
        char *const kind = i < COUNT ? file : other;
        snprintf(names[i], sizeof names[i], "%s: %s", kind, tests[i % COUNT].name);
        all[i] = (struct CMUnitTest){names[i], tests[i % COUNT].test, tests[i % COUNT].set_up, tear_down, kind};
    }
    return cmocka_run_group_tests_name("corpus queue", all, NULL, NULL);
}
