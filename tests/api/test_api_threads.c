/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Threads: a context's own, and contexts on threads of the caller's. */

#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "made_model.h"

/* People and maps of a frame. The maps are a copy, to be freed. */
static float *infer_with(const lightpose_settings *settings, lightpose_result *result, size_t *bytes) {
    const lightpose_image image = made_picture();
    lightpose_context *context = made_context(settings);
    lightpose_maps maps;

    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_ok(lightpose_context_get_maps(context, &maps, error));
    const size_t cells = (size_t)maps.width * (size_t)maps.height;
    const size_t heatmaps = cells * LIGHTPOSE_HEATMAPS, pafs = cells * LIGHTPOSE_PAFS;
    *bytes = (heatmaps + pafs) * sizeof(float);
    float *const copy = malloc(*bytes);
    assert_non_null(copy);
    memcpy(copy, maps.heatmaps, heatmaps * sizeof(float));
    memcpy(copy + heatmaps, maps.pafs, pafs * sizeof(float));
    lightpose_context_destroy(&context);
    return copy;
}

static void the_threads_of_a_context_do_not_change_its_results(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_result *one = made_result(), *two = made_result();
    size_t bytes;

    (void)state;
    float *const expected = infer_with(&settings, one, &bytes);
    for (settings.threads = 2; settings.threads <= 9; settings.threads++) {
        float *const maps = infer_with(&settings, two, &bytes);
        assert_memory_equal(maps, expected, bytes);
        assert_same_people(one, two);
        free(maps);
    }
    free(expected);
    lightpose_result_destroy(&one);
    lightpose_result_destroy(&two);
}

typedef struct worker {
    lightpose_result *result;
    lightpose_error error;
} worker;

static void *infer_many(void *argument) {
    worker *const self = argument;
    const lightpose_settings settings = made_settings();
    const lightpose_image image = made_picture();
    lightpose_context *context = NULL;

    if (lightpose_context_create(&context, made_model, &settings, &self->error) == LIGHTPOSE_OK)
        for (int i = 0; i < 4 && self->error.status == LIGHTPOSE_OK; i++)
            (void)!lightpose_context_infer(context, &image, self->result, &self->error);
    lightpose_context_destroy(&context);
    return NULL;
}

static void contexts_of_one_model_run_at_the_same_time(void **state) {
    enum { WORKERS = 3 };
    pthread_t threads[WORKERS];
    worker workers[WORKERS] = {{0}};

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        workers[i].result = made_result();
        assert_int_equal(pthread_create(&threads[i], NULL, infer_many, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(workers[i].error.status, LIGHTPOSE_OK);
        assert_true(lightpose_result_get_count(workers[i].result) > 0);
        assert_same_people(workers[0].result, workers[i].result);
    }
    for (int i = 0; i < WORKERS; i++)
        lightpose_result_destroy(&workers[i].result);
}

/* Opens, then waits until the model's only other owner is gone, and works on. */
typedef struct survivor {
    lightpose_context *context;
    lightpose_result *result;
    pthread_barrier_t *opened;
    lightpose_error error;
} survivor;

static void *outlive_the_model(void *argument) {
    survivor *const self = argument;
    const lightpose_image image = made_picture();

    (void)!lightpose_context_infer(self->context, &image, self->result, &self->error);
    pthread_barrier_wait(self->opened); /* the main thread destroys the model while these frames run */
    for (int i = 0; i < 4 && self->error.status == LIGHTPOSE_OK; i++)
        (void)!lightpose_context_infer(self->context, &image, self->result, &self->error);
    lightpose_context_destroy(&self->context); /* one of them frees the model */
    return NULL;
}

static void a_model_may_be_destroyed_while_contexts_run(void **state) {
    enum { SURVIVORS = 3 };
    const lightpose_settings settings = made_settings();
    survivor survivors[SURVIVORS] = {{0}};
    pthread_t threads[SURVIVORS];
    pthread_barrier_t opened;

    assert_int_equal(pthread_barrier_init(&opened, NULL, SURVIVORS + 1), 0);
    for (int i = 0; i < SURVIVORS; i++) {
        survivors[i] = (survivor){.context = made_context(&settings), .result = made_result(), .opened = &opened};
        assert_int_equal(pthread_create(&threads[i], NULL, outlive_the_model, &survivors[i]), 0);
    }
    pthread_barrier_wait(&opened);
    lightpose_model_destroy(&made_model);
    for (int i = 0; i < SURVIVORS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SURVIVORS; i++) {
        assert_int_equal(survivors[i].error.status, LIGHTPOSE_OK);
        assert_true(lightpose_result_get_count(survivors[i].result) > 0);
        assert_same_people(survivors[0].result, survivors[i].result);
    }
    for (int i = 0; i < SURVIVORS; i++)
        lightpose_result_destroy(&survivors[i].result);
    pthread_barrier_destroy(&opened);
    assert_int_equal(made_model_load(state), 0);
}

static lightpose_context *moving;

static void *close_elsewhere(void *argument) {
    const lightpose_image image = made_picture();
    (void)!lightpose_context_infer(moving, &image, argument, NULL);
    lightpose_context_destroy(&moving);
    return NULL;
}

static void a_context_may_move_between_threads(void **state) {
    const lightpose_settings settings = made_settings();
    const lightpose_image image = made_picture();
    lightpose_result *here = made_result(), *there = made_result();
    pthread_t thread;

    (void)state;
    moving = made_context(&settings);
    assert_ok(lightpose_context_infer(moving, &image, here, error));
    assert_int_equal(pthread_create(&thread, NULL, close_elsewhere, there), 0);
    pthread_join(thread, NULL);
    assert_null(moving);
    assert_same_people(here, there);
    lightpose_result_destroy(&here);
    lightpose_result_destroy(&there);
}

/* The least that applications give to threads of their own. */
static void *infer_and_draw(void *argument) {
    worker *const self = argument;
    const lightpose_image image = made_picture();
    const lightpose_settings settings = made_settings();
    lightpose_draw_settings draw;
    lightpose_system system;
    lightpose_context *context = NULL;
    static uint8_t pixels[400 * 400 * 3];
    const lightpose_canvas canvas = {
        .pixels = pixels, .stride = 400 * 3, .width = 400, .height = 400, .format = LIGHTPOSE_BGR24};

    lightpose_system_get(&system);
    lightpose_draw_settings_init(&draw);
    draw.boxes = draw.scores = draw.completed = 1;
    if (lightpose_context_create(&context, made_model, &settings, &self->error) == LIGHTPOSE_OK &&
        lightpose_context_infer(context, &image, self->result, &self->error) == LIGHTPOSE_OK &&
        strcmp(system.drawing, "none") != 0)
        (void)!lightpose_canvas_draw(&canvas, self->result, &draw, &self->error);
    lightpose_context_destroy(&context);
    return NULL;
}

static void a_small_stack_is_enough(void **state) {
    worker w = {0};
    pthread_attr_t attributes;
    pthread_t thread;
    (void)state;

#if defined(__SANITIZE_ADDRESS__)
    skip(); /* its frames are several times as large */
#endif
    w.result = made_result();
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 128 << 10), 0);
    assert_int_equal(pthread_create(&thread, &attributes, infer_and_draw, &w), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_int_equal(w.error.status, LIGHTPOSE_OK);
    lightpose_result_destroy(&w.result);
}

static void a_forked_child_infers(void **state) {
    lightpose_settings settings = made_settings();
    const lightpose_image image = made_picture();
    lightpose_result *before = made_result(), *after = made_result();
    int status = -1;
    (void)state;

    settings.threads = 2;
    lightpose_context *context = made_context(&settings);
    assert_ok(lightpose_context_infer(context, &image, before, error));
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60); /* it must not hang */
        if (lightpose_context_infer(context, &image, after, NULL) != LIGHTPOSE_OK)
            _exit(1);
        assert_same_people(before, after);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&before);
    lightpose_result_destroy(&after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_threads_of_a_context_do_not_change_its_results),
        cmocka_unit_test(contexts_of_one_model_run_at_the_same_time),
        cmocka_unit_test(a_model_may_be_destroyed_while_contexts_run),
        cmocka_unit_test(a_context_may_move_between_threads),
        cmocka_unit_test(a_small_stack_is_enough),
        cmocka_unit_test(a_forked_child_infers),
    };
    return cmocka_run_group_tests(tests, made_model_load, made_model_release);
}
