/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Viewers of lines who are too slow: which lines they get, and how many they are counted to have missed. */

#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/hub.h"

enum { SOURCES = 2, LINES = 300, KEPT = 128 };

static void nothing(void *opaque) {
    (void)opaque;
}

/* Two lines in three are of source 0. */
static int source_of(int line) {
    return line % 3 == 2;
}

static lp_viewer viewer_of(int source) {
    return (lp_viewer){.view = LP_VIEW_LINES, .source = source, .sleep = nothing, .wake = nothing};
}

/* Another thread delivers a line some time after the frame. */
static lp_blob *wait_for_line(lp_hub *hub, lp_viewer *viewer) {
    const struct timespec pause = {.tv_nsec = 100000};
    lp_blob *line;

    while (!(line = lp_hub_take(hub, viewer)))
        nanosleep(&pause, NULL);
    return line;
}

static int64_t missed(const lp_hub *hub) {
    lp_hub_counts counts;

    lp_hub_get_counts(hub, &counts);
    return counts.missed;
}

static void slow_viewers_miss_lines_of_their_source_alone(void **state) {
    lp_hub_options options = {.count = SOURCES};
    lp_viewer reader = viewer_of(-1), slow[] = {viewer_of(0), viewer_of(1), viewer_of(-1)};
    int sent[] = {0, 0, LINES}, kept[] = {0, 0, KEPT};
    lightpose_result *nobody;
    lp_hub *hub;

    (void)state;
    lp_output_options_default(&options.lines);
    assert_ok(lightpose_result_create(&nobody, error));
    assert_ok(lp_hub_create(&hub, &options, error));
    for (int i = 0; i < SOURCES; i++)
        lp_hub_begin(hub, i, &(lp_output_stream){.kind = LP_STREAM_CAMERA, .name = "a", .source = "a"});
    lp_hub_join(hub, &reader);
    for (int i = 0; i < 3; i++)
        lp_hub_join(hub, &slow[i]);
    for (int line = 0; line < LINES; line++) {
        const int source = source_of(line);
        lp_hub_frame(hub, source, &(lp_output_frame){.index = line, .width = 8, .height = 8, .result = nobody});
        lp_blob *blob = wait_for_line(hub, &reader);
        assert_int_equal(blob->source, source);
        lp_blob_release(&blob);
        sent[source]++;
        kept[source] += line >= LINES - KEPT;
    }
    assert_int_equal(missed(hub), 0);
    for (int i = 0; i < 3; i++) {
        const int64_t before = missed(hub);
        int taken = 0;
        for (lp_blob *blob; (blob = lp_hub_take(hub, &slow[i])); lp_blob_release(&blob), taken++)
            assert_true(slow[i].source < 0 || blob->source == slow[i].source);
        assert_int_equal(taken, kept[i]);
        assert_int_equal(missed(hub) - before, sent[i] - kept[i]);
        lp_hub_leave(hub, &slow[i]);
    }
    lp_hub_leave(hub, &reader);
    lp_hub_destroy(&hub);
    lightpose_result_destroy(&nobody);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(slow_viewers_miss_lines_of_their_source_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
