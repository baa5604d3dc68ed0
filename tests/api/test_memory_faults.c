/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Lives of a program in which each of the library's allocations fails in turn: loading, opening, inference, decoding,
 * tracking, drawing, calibration, a second look, following. The call that fails says so, leaves its outputs empty, and
 * does its work when it is made again on the same handles; the life then ends as one without a failure does. The
 * sanitizers see what would leak.
 *
 * A life has up to some thousand allocations; of the long ones a part is tried, spread evenly, and with
 * LIGHTPOSE_FAULTS=all (scripts/deep-check) every one. */

#include "check.h"

#include <unistd.h>

#include "base/mem.h"
#include "made_model.h"
#include "synthetic.h"

/* So many of a life's allocations are all tried, even where others are left out. */
enum { FIRST = SANITIZED ? 6 : 12 };

static void *weights;
static size_t weights_size;
static char weights_path[] = "memory_faults_XXXXXX";

/* What a life has to show, for comparison. */
typedef struct outcome {
    int people;
    double sum; /* of all that was found */
} outcome;

typedef void life_function(outcome *all);

/* The allocation that fails is the life's `due`-th; 0: none. */
static int64_t due, begun; /* begun: how many there were before the life's first */
static int failed;

/* Makes the call; if it fails for lack of memory, as it must, `is_empty` holds, and the same call succeeds. */
#define STEP(call, is_empty)                                                                                           \
    for (int step_tries = 0;; step_tries++) {                                                                          \
        lightpose_error step_error = {0}, *const error = &step_error;                                                  \
        if (is_done(#call, (call), error, step_tries))                                                                 \
            break;                                                                                                     \
        if (!(is_empty))                                                                                               \
            fail_msg("allocation %lld: %s leaves something behind", (long long)due, #call);                            \
    }

/* Whether a call succeeded, which a second try must. */
static int is_done(const char *call, lightpose_status status, const lightpose_error *error, int tries) {
    if (status == LIGHTPOSE_OK)
        return 1;
    lp_mem_fail_at(0);
    failed++;
    if (status != LIGHTPOSE_ERROR_MEMORY || error->status != status || !*error->text || tries > 0)
        fail_msg("allocation %lld: %s gives %s: \"%s\"", (long long)due, call, lightpose_status_get_name(status),
                 error->text);
    return 0;
}

static void add_result(outcome *all, const lightpose_result *result) {
    for (int i = 0; i < lightpose_result_get_count(result); i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
        all->people++;
        all->sum += (double)pose->score + (double)pose->id;
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            all->sum += (double)pose->keypoints[k].x + (double)pose->keypoints[k].y;
    }
}

/* ---- Lives ------------------------------------------------------------------------------------------------------- */

static void load_file(outcome *all) {
    lightpose_model *model = (lightpose_model *)&model;
    lightpose_model_info info;

    STEP(lightpose_model_create(&model, weights_path, error), model == NULL);
    lightpose_model_get_info(model, &info);
    all->sum = (double)info.parameters;
    lightpose_model_destroy(&model);
}

static void load_memory(outcome *all) {
    lightpose_model *model = (lightpose_model *)&model;
    lightpose_model_info info;

    STEP(lightpose_model_create_from_memory(&model, weights, weights_size, error), model == NULL);
    lightpose_model_get_info(model, &info);
    all->sum = (double)info.parameters;
    lightpose_model_destroy(&model);
}

/* Opens, infers a picture, hands out maps, decodes. The model is a new one: nothing of it is
 * packed yet. */
static void infer(outcome *all, const lightpose_settings *settings) {
    lightpose_model *model = NULL;
    lightpose_context *context = (lightpose_context *)&context;
    lightpose_result *result = (lightpose_result *)&result;
    lightpose_maps maps;
    const lightpose_image image = made_picture();

    lp_mem_fail_at(0); /* loading has a life of its own */
    assert_ok(lightpose_model_create(&model, weights_path, error));
    lp_mem_fail_at(due);
    begun = lp_mem_count();
    STEP(lightpose_result_create(&result, error), result == NULL);
    STEP(lightpose_context_create(&context, model, settings, error), context == NULL);
    STEP(lightpose_context_infer(context, &image, result, error), lightpose_result_get_count(result) == 0);
    add_result(all, result);
    STEP(lightpose_context_get_maps(context, &maps, error), maps.heatmaps == NULL && maps.width == 0);
    STEP(lightpose_context_decode(context, &maps, result, error), lightpose_result_get_count(result) == 0);
    add_result(all, result);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
    lightpose_model_destroy(&model);
}

static void infer_f32(outcome *all) {
    const lightpose_settings settings = made_settings();
    infer(all, &settings);
}

static void infer_int8(outcome *all) {
    lightpose_settings settings = made_settings();
    settings.precision = LIGHTPOSE_PRECISION_INT8;
    settings.threads = 2;
    infer(all, &settings);
}

static void infer_averaged(outcome *all) {
    lightpose_settings settings = made_settings();
    settings.precision = LIGHTPOSE_PRECISION_INT8;
    settings.flip = 1;
    settings.extra_heights[0] = 32;
    settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    infer(all, &settings);
}

static void infer_again(outcome *all, int second_look, int tiles) {
    lightpose_settings settings = made_settings();
    settings.precision = LIGHTPOSE_PRECISION_INT8;
    settings.second_look = second_look;
    settings.tiles = tiles;
    settings.flip = second_look;
    settings.max_people = 6;
    infer(all, &settings);
}

static void second_look(outcome *all) {
    infer_again(all, 1, 0);
}

static void tiles(outcome *all) {
    infer_again(all, 0, 2);
}

/* A context that has no model decodes. */
static void decode(outcome *all) {
    static float heatmaps[LIGHTPOSE_HEATMAPS * 12 * 8], pafs[LIGHTPOSE_PAFS * 12 * 8];
    const lightpose_maps maps = {.width = 12, .height = 8, .heatmaps = heatmaps, .pafs = pafs, .scale = 1};
    const lightpose_settings settings = made_settings();
    lightpose_context *context = (lightpose_context *)&context;
    lightpose_result *result = (lightpose_result *)&result, *copy = NULL;

    for (size_t i = 0; i < sizeof heatmaps / sizeof *heatmaps; i++)
        heatmaps[i] = (float)((i * 2654435761U) >> 20 & 1023) / 1024;
    STEP(lightpose_context_create(&context, NULL, &settings, error), context == NULL);
    STEP(lightpose_result_create(&result, error), result == NULL);
    STEP(lightpose_result_create(&copy, error), copy == NULL);
    STEP(lightpose_context_decode(context, &maps, result, error), lightpose_result_get_count(result) == 0);
    add_result(all, result);
    STEP(lightpose_result_assign(copy, lightpose_result_get_pose(result, 0), lightpose_result_get_count(result), error),
         lightpose_result_get_count(copy) == 0);
    add_result(all, copy);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
    lightpose_result_destroy(&copy);
}

/* Frames of which one in three is looked at as a whole; the people move to the right. */
static void follow(outcome *all) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_image image = made_picture();

    settings.follow = 3;
    settings.max_people = 2;
    image.width -= 16;
    STEP(lightpose_context_create(&context, made_model, &settings, error), context == NULL);
    STEP(lightpose_result_create(&result, error), result == NULL);
    for (int i = 0; i < 4; i++) {
        image.planes[0] = made_pixels[0][16 - 4 * i];
        STEP(lightpose_context_infer(context, &image, result, error), lightpose_result_get_count(result) == 0);
        /* A failure starts afresh: that frame and those behind it are seen as a whole or in part at other times. */
        if (failed)
            all->people = -1;
        else
            add_result(all, result);
    }
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static lightpose_pose walker(int number, int frame) {
    lightpose_pose pose = {
        .score = 0.5f, .rank = (float)(100 - number), .id = -1, .keypoint_count = LIGHTPOSE_KEYPOINTS};

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k] = (lightpose_keypoint){.x = (float)(90 * number + 3 * frame + 5 * (k % 4)),
                                                 .y = (float)(40 + 8 * k),
                                                 .score = 0.9f,
                                                 .state = LIGHTPOSE_DETECTED};
    pose.box = (lightpose_box){pose.keypoints[0].x, 40, 15, 8 * (LIGHTPOSE_KEYPOINTS - 1)};
    return pose;
}

/* More people from frame to frame, so that memory grows late too; saved, restored, and gone on with. */
static void track(outcome *all) {
    enum { FRAMES = 12, MOST = 40 };
    static lightpose_pose poses[MOST];
    static uint8_t bytes[1 << 18];
    lightpose_tracker *tracker = (lightpose_tracker *)&tracker, *restored = (lightpose_tracker *)&restored;
    lightpose_result *result = NULL;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_init(&settings);
    settings.smooth = 1;
    settings.order = LIGHTPOSE_ORDER_X;
    STEP(lightpose_tracker_create(&tracker, &settings, error), tracker == NULL);
    STEP(lightpose_result_create(&result, error), result == NULL);
    for (int frame = 0; frame < FRAMES; frame++) {
        const int count = 1 + 3 * frame;
        lightpose_status status;
        lightpose_error failure = {0};
        for (int i = 0; i < count; i++)
            poses[i] = walker(i, frame);
        do { /* on failure the result is empty and wants its poses again */
            STEP(lightpose_result_assign(result, poses, count, error), lightpose_result_get_count(result) == 0);
            status = lightpose_tracker_update(tracker, 0.04 * frame, result, &failure);
            if (status != LIGHTPOSE_OK) {
                lp_mem_fail_at(0);
                failed++;
                assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
                assert_true(*failure.text);
                assert_int_equal(lightpose_result_get_count(result), 0);
            }
        } while (status != LIGHTPOSE_OK);
        add_result(all, result);
        if (frame == FRAMES / 2) {
            const size_t size = lightpose_tracker_save(tracker, bytes, sizeof bytes);
            assert_in_range(size, 1, sizeof bytes);
            STEP(lightpose_tracker_restore(&restored, bytes, size, error), restored == NULL);
            lightpose_tracker_destroy(&tracker);
            tracker = restored;
        }
    }
    lightpose_tracker_destroy(&tracker);
    lightpose_result_destroy(&result);
}

/* A limb as long as a wide canvas wants a mask. */
static void draw(outcome *all) {
    enum { WIDE = 30000, HIGH = 220 };
    static uint8_t pixels[HIGH][WIDE][3];
    const lightpose_canvas canvas = {&pixels[0][0][0], sizeof pixels[0], WIDE, HIGH, LIGHTPOSE_BGR24, {0}};
    lightpose_pose pose = walker(1, 0);
    lightpose_draw_settings settings;
    lightpose_result *result = NULL;
    lightpose_error unsupported;

    lightpose_draw_settings_init(&settings);
    settings.boxes = settings.scores = 1;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k].x *= k % 2 ? 1 : 250;
    STEP(lightpose_result_create(&result, error), result == NULL);
    STEP(lightpose_result_assign(result, &pose, 1, error), lightpose_result_get_count(result) == 0);
    memset(pixels, 0, sizeof pixels);
    const lightpose_canvas tiny = {&pixels[0][0][0], sizeof pixels[0], 1, 1, LIGHTPOSE_BGR24, {0}};
    if (lightpose_canvas_draw(&tiny, result, &settings, &unsupported) != LIGHTPOSE_ERROR_UNSUPPORTED)
        STEP(lightpose_canvas_draw(&canvas, result, &settings, error), 1);
    for (size_t i = 0; i < sizeof pixels; i += 97)
        all->sum += ((uint8_t *)pixels)[i] > 0; /* what was drawn before the failure is drawn twice */
    lightpose_result_destroy(&result);
}

static void calibrate(outcome *all) {
    lightpose_calibrator *calibrator = (lightpose_calibrator *)&calibrator;
    lightpose_settings settings = made_settings();
    const lightpose_image image = made_picture();
    const char *text = NULL;

    settings.height = 32;
    STEP(lightpose_calibrator_create(&calibrator, made_model, &settings, error), calibrator == NULL);
    STEP(lightpose_calibrator_add(calibrator, &image, error), 1);
    for (int method = LIGHTPOSE_CALIBRATION_MINMAX; method <= LIGHTPOSE_CALIBRATION_MSE; method++) {
        text = "left";
        STEP(lightpose_calibrator_get_ranges(calibrator, (lightpose_calibration)method, 0, &text, error), text == NULL);
        for (const char *c = text; *c; c++)
            all->sum += *c;
    }
    lightpose_calibrator_destroy(&calibrator);
}

/* ---- Every point ------------------------------------------------------------------------------------------------- */

static outcome live(life_function *life, int64_t nth) {
    outcome all = {0};

    due = nth;
    failed = 0;
    begun = lp_mem_count();
    lp_mem_fail_at(nth);
    life(&all);
    lp_mem_fail_at(0);
    return all;
}

static void fail_everywhere(const char *name, life_function *life) {
    const char *const wish = getenv("LIGHTPOSE_FAULTS");
    const int64_t few = wish && !strcmp(wish, "all") ? INT64_MAX : SANITIZED ? 3 : 5;
    (void)live(life, 0); /* what a shared model packs, it packs once */
    const outcome whole = live(life, 0);
    const int64_t points = lp_mem_count() - begun, step = points / few + 1;
    int64_t tried = 0;

    assert_true(points > 0);
    for (int64_t nth = 1; nth <= points; nth += nth < FIRST ? 1 : step) {
        const outcome all = live(life, nth);
        /* Of two threads each has its own room to grow: how many allocations there are depends on who did the work. */
        if (failed == 0 && lp_mem_count() - begun < nth)
            continue;
        tried++;
        if (failed != 1)
            fail_msg("%s: allocation %lld of %lld: %d calls failed", name, (long long)nth, (long long)points, failed);
        if (all.people == -1)
            continue;
        assert_int_equal(all.people, whole.people);
        assert_float_equal(all.sum, whole.sum, 0);
    }
    print_message("# %s: %lld allocations, of which %lld failed\n", name, (long long)points, (long long)tried);
}

#define LIFE(name, life)                                                                                               \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        fail_everywhere(#life, life);                                                                                  \
    }
LIFE(loading_a_file, load_file)
LIFE(loading_bytes, load_memory)
LIFE(inference_in_f32, infer_f32)
LIFE(inference_in_int8, infer_int8)
LIFE(inference_averaged, infer_averaged)
LIFE(looking_again, second_look)
LIFE(looking_at_tiles, tiles)
LIFE(decoding, decode)
LIFE(following, follow)
LIFE(tracking, track)
LIFE(drawing, draw)
LIFE(calibrating, calibrate)

/* ---- The program ------------------------------------------------------------------------------------------------- */

static int make(void **state) {
    const int file = mkstemp(weights_path);

    weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 7, &weights_size);
    if (file < 0 || !weights || write(file, weights, weights_size) != (ssize_t)weights_size)
        return -1;
    close(file);
    return made_model_load(state);
}

static int unmake(void **state) {
    unlink(weights_path);
    free(weights);
    return made_model_release(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loading_a_file),
        cmocka_unit_test(loading_bytes),
        cmocka_unit_test(inference_in_f32),
        cmocka_unit_test(inference_in_int8),
        cmocka_unit_test(inference_averaged),
        cmocka_unit_test(looking_again),
        cmocka_unit_test(looking_at_tiles),
        cmocka_unit_test(decoding),
        cmocka_unit_test(following),
        cmocka_unit_test(tracking),
        cmocka_unit_test(drawing),
        cmocka_unit_test(calibrating),
    };
    return cmocka_run_group_tests_name("memory_faults", tests, make, unmake);
}
