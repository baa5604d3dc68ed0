/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The engine with a latency to hold, on a machine and a clock of the test's own: which level each frame has, and what
 * becomes of the levels when the load comes and goes. And readers that hang against readers that wait. */

#include "check.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "media.h"
#include "run/engine.h"
#include "run/work.h"
#include "synthetic.h"

enum { FRAMES = 1000, LOAD_FROM = 100, LOAD_TO = 300 };
#define FRAME_NS  INT64_C(40000000) /* 25 frames a second */
#define TARGET    0.050
#define STABLE_NS INT64_C(2000000000)

static atomic_llong now_ns;

int64_t __wrap_lp_work_now(void);
int64_t __wrap_lp_work_now(void) {
    return atomic_load(&now_ns);
}

/* A machine on which a frame of full height takes 30 ms, and four times as long beside the load. */
void __wrap_lp_work(lp_job *job, lightpose_context *context, const lp_engine_options *options);
void __wrap_lp_work(lp_job *job, lightpose_context *context, const lp_engine_options *options) {
    const double share = (double)job->settings.height / options->settings.height;
    const double slower = job->number >= LOAD_FROM && job->number < LOAD_TO ? 4 : 1;
    (void)context;
    atomic_fetch_add(&now_ns, FRAME_NS);
    job->total_ns = (int64_t)(30e6 * share * share * slower);
    job->read_ns = 0;
    job->error = (lightpose_error){0};
}

static lightpose_model *model;

static int begin(void **state) {
    size_t size;
    unsigned char *const weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 1, &size);
    const int failed =
        media_open_folder(state) || lightpose_model_create_from_memory(&model, weights, size, NULL) != LIGHTPOSE_OK;
    free(weights);
    return failed;
}

static int end(void **state) {
    lightpose_model_destroy(&model);
    return media_close_folder(state);
}

static lp_engine_options options_of(const lp_sources *sources, const atomic_int *stop) {
    lp_engine_options options = {.sources = sources, .model = model, .workers = 1};
    lightpose_settings_init(&options.settings);
    options.settings.threads = 1;
    lp_input_options_default(&options.input);
    options.input.wait.stop = stop;
    return options;
}

static void levels_follow_the_load(void **state) {
    (void)state;
    lp_sources sources = {0};
    size_t size;
    uint8_t *const data = media_encode("png", "rgb24", 64, 64, &size);
    assert_int_equal(media_write(media_in_folder("one.png"), data, size), 0);
    free(data);
    for (int i = 0; i < FRAMES; i++)
        assert_ok(lp_sources_add(&sources, media_in_folder("one.png"), error));
    lp_engine_options options = options_of(&sources, NULL);
    options.latency = TARGET;
    lp_engine *engine;
    lp_job *job;
    int levels[FRAMES], heights[FRAMES], in_time = 0, got;
    assert_ok(lp_engine_start(&engine, &options, error));
    while ((got = lp_engine_next(engine, &job, 60000)) > 0) {
        if (job->kind == LP_JOB_FRAME) {
            assert_true(job->levels > 4 && job->level >= 0 && job->level < job->levels);
            assert_true(job->latency == (double)job->total_ns * 1e-9);
            levels[job->number] = job->level;
            heights[job->number] = job->settings.height;
            in_time += job->latency <= TARGET;
        }
        lp_engine_done(engine, job);
    }
    assert_int_equal(got, -1);
    lp_engine_close(&engine);
    lp_sources_free(&sources);

    int up = LOAD_TO, most = 0;
    for (int n = 0; n < FRAMES; n++)
        most = levels[n] > most ? levels[n] : most;
    for (int n = 1; n < FRAMES; n++) {
        if (levels[n] > levels[n - 1])
            assert_true(n > LOAD_FROM && n <= LOAD_TO && heights[n] < heights[n - 1]);
        if (levels[n] >= levels[n - 1])
            continue;
        /* One step, and no sooner than 2 s after the load went or the last step. */
        assert_true(n > LOAD_TO && levels[n] == levels[n - 1] - 1 && heights[n] > heights[n - 1]);
        assert_true((n - up) * FRAME_NS >= STABLE_NS - FRAME_NS);
        up = n;
    }
    assert_int_equal(levels[LOAD_FROM], 0);
    assert_true(most >= 2 && levels[LOAD_FROM + 10] == most && levels[LOAD_TO] == most);
    assert_int_equal(levels[FRAMES - 1], 0);
    assert_true(in_time >= 0.95 * FRAMES);
}

/* ---- Readers ----------------------------------------------------------------------------------------------------- */

/* How long the engine says that its reader has hung, after half a second in which it was asked as a run does; told on a
 * clock that goes on by a second at each time. */
static int64_t silence_of(const char *input, int live) {
    lp_sources sources = {.live = live};
    atomic_int stop = 0;
    lp_engine *engine;
    lp_job *job;
    int64_t silence = 0;
    assert_ok(lp_sources_add(&sources, input, error));
    lp_engine_options options = options_of(&sources, &stop);
    options.input.reconnect = 3600;
    assert_ok(lp_engine_start(&engine, &options, error));
    /* Whatever waits looks every 100 ms; this is more, on a machine with other things to do. */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lp_engine_next(engine, &job, 700), 0);
        silence = lp_engine_silent_ns(engine, atomic_fetch_add(&now_ns, 1000000000));
    }
    atomic_store(&stop, 1);
    /* Lets go of one that hangs. */
    const int file = !strncmp(input, "file://", 7) ? open(input + 7, O_WRONLY | O_NONBLOCK) : -1;
    if (file >= 0)
        close(file);
    lp_engine_close(&engine);
    lp_sources_free(&sources);
    return silence;
}

static void a_reader_that_hangs_is_told_from_one_that_waits(void **state) {
    (void)state;
    char pipe[4096], address[4200];
    snprintf(pipe, sizeof pipe, "%s", media_in_folder("pipe"));
    snprintf(address, sizeof address, "file://%s", pipe);
    assert_int_equal(mkfifo(pipe, 0666), 0);
    assert_int_equal(silence_of(pipe, 1), 0);                     /* nobody writes yet */
    assert_int_equal(silence_of("tcp://127.0.0.1:9/none", 1), 0); /* nobody listens */
    const int other = open(pipe, O_RDWR);                         /* somebody writes nothing */
    assert_int_equal(silence_of(pipe, 1), 0);
    close(other);
    assert_true(silence_of(address, 1) >= 2000000000); /* FFmpeg opens it, and does not come back */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels_follow_the_load),
                                       cmocka_unit_test(a_reader_that_hangs_is_told_from_one_that_waits)};
    return cmocka_run_group_tests_name("latency", tests, begin, end);
}
