/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Memory stays bounded, and goes back: while everything is opened and closed again, and while the size of the pictures
 * changes. oneDNN keeps the code of what was destroyed in a cache of the process, which the library has to empty. */

#include "check.h"

#include <malloc.h>
#include <stdio.h>

#include "made_model.h"

enum { SIZES = 1000 };
static int cycles, sizes, settled_at; /* of 64, SIZES and 400 */

/* Anonymous memory of the process in KiB, less what malloc could give back at once. */
static long anonymous(void) {
    char line[256];
    long size = -1;

    malloc_trim(0);
    FILE *const file = fopen("/proc/self/smaps_rollup", "r");
    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        sscanf(line, "Anonymous: %ld", &size);
    fclose(file);
    return size;
}

static void assert_growth(long before, long after, long limit, const char *what) {
    printf("# %s: %ld KiB, then %ld KiB\n", what, before, after);
    if (after - before > limit)
        fail_msg("%s: from %ld to %ld KiB, more than %ld", what, before, after, limit);
}

static uint8_t pixels[32 * (32 + SIZES) * 3];

static void infer_sized(lightpose_context *context, lightpose_result *result, int width, int height) {
    const lightpose_image image = {
        .planes = {pixels}, .strides = {3 * width}, .width = width, .height = height, .format = LIGHTPOSE_BGR24};
    assert_ok(lightpose_context_infer(context, &image, result, error));
}

static lightpose_settings small_settings(void) {
    lightpose_settings settings = made_settings();
    settings.height = 32;
    settings.stages = 1;
    settings.peak_threshold = 0.9f;
    return settings;
}

static void open_and_close(int cycle) {
    const lightpose_settings settings = small_settings();
    lightpose_context *contexts[2] = {NULL, NULL};
    lightpose_calibrator *calibrator = NULL;
    lightpose_tracker *tracker = NULL;
    lightpose_result *result = made_result();

    for (int i = 0; i < 2; i++) {
        contexts[i] = made_context(&settings);
        infer_sized(contexts[i], result, 32 + 8 * (cycle % 4), 32);
    }
    assert_ok(lightpose_tracker_create(&tracker, NULL, error));
    assert_ok(lightpose_tracker_update(tracker, cycle, result, error));
    assert_ok(lightpose_calibrator_create(&calibrator, made_model, &settings, error));
    lightpose_calibrator_destroy(&calibrator);
    lightpose_tracker_destroy(&tracker);
    lightpose_result_destroy(&result);
    for (int i = 0; i < 2; i++)
        lightpose_context_destroy(&contexts[i]);
}

static void opening_and_closing_leaves_nothing(void **state) {
    long before = 0;

    for (int i = 0; i < cycles; i++) {
        void *own = NULL;
        assert_int_equal(made_model_load(&own), 0);
        open_and_close(i);
        assert_int_equal(made_model_release(&own), 0);
        if (i == 7)
            before = anonymous();
    }
    (void)state;
    if (before < 0)
        skip();
    assert_growth(before, anonymous(), 2048, "further cycles");
}

/* The model keeps the weights in each order that some size asked for, so it is closed before the last measurement. */
static void a_thousand_sizes_end_bounded_and_are_given_back(void **state) {
    const lightpose_settings settings = small_settings();
    const long before = anonymous();
    long settled = 0, most = 0;

    if (before < 0)
        skip();
    assert_int_equal(made_model_load(state), 0);
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();
    for (int i = 0; i < sizes; i++) {
        infer_sized(context, result, 32 + i * 377 % SIZES, 32); /* each width once, wide and narrow by turns */
        if (i % 50 != 49)
            continue;
        const long now = anonymous();
        most = now > most ? now : most;
        if (i < settled_at)
            settled = most;
    }
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
    assert_int_equal(made_model_release(state), 0);
    assert_growth(settled, most, 8192, "further sizes against the first ones");
    assert_growth(before, anonymous(), 4096, "after closing, against before");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_and_closing_leaves_nothing),
        cmocka_unit_test(a_thousand_sizes_end_bounded_and_are_given_back),
    };
    cycles = rounds_of(64);
    sizes = rounds_of(SIZES);
    settled_at = sizes * 2 / 5;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
