/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The parts of `lightpose run`: choosing people, regions of interest, and the engine's order, stop and end. */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "input/input.h"
#include "media.h"
#include "run/choose.h"
#include "run/engine.h"
#include "run/follower.h"
#include "run/work.h"
#include "synthetic.h"

static char *folder;
static lightpose_model *model;

static int begin(void **state) {
    (void)state;
    size_t size;
    unsigned char *const weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 1, &size);
    av_log_set_level(AV_LOG_QUIET);
    folder = media_make_folder();
    const int failed = lightpose_model_create_from_memory(&model, weights, size, NULL) != LIGHTPOSE_OK;
    free(weights);
    return failed;
}

static int end(void **state) {
    (void)state;
    lightpose_model_destroy(&model);
    media_remove_tree(folder);
    return 0;
}

/* ---- Choosing ---------------------------------------------------------------------------------------------------- */

/* Five people of which each merit prefers others. */
static const struct {
    float x, y, width, height, score, rank;
    int id;
} people[] = {
    {10, 10, 20, 40, 0.5f, 9, 7}, {100, 50, 60, 80, 0.4f, 8, 3}, {40, 40, 20, 20, 0.9f, 7, -1},
    {44, 30, 10, 40, 0.5f, 6, 5}, {0, 0, 60, 80, 0.1f, 5, 4},
};
enum { PEOPLE = sizeof people / sizeof *people };

static lightpose_result *make_people(void) {
    lightpose_pose poses[PEOPLE] = {0};
    lightpose_result *result = NULL;
    for (int i = 0; i < PEOPLE; i++) {
        poses[i].box = (lightpose_box){people[i].x, people[i].y, people[i].width, people[i].height};
        poses[i].score = people[i].score;
        poses[i].rank = people[i].rank;
        poses[i].id = people[i].id;
        poses[i].keypoints[3] = (lightpose_keypoint){people[i].x, people[i].y, 0.5f, LIGHTPOSE_DETECTED};
        poses[i].keypoint_count = 1;
    }
    assert_ok(lightpose_result_create(&result, error));
    assert_ok(lightpose_result_assign(result, poses, PEOPLE, error));
    return result;
}

static void chooses_people(void **state) {
    (void)state;
    static const int64_t two_ids[] = {5, 4};
    static const struct {
        lp_choice choice;
        const char *kept; /* positions in the table, in their order */
    } cases[] = {
        {{0}, "01234"},
        {{.count = 2}, "01"},
        {{.count = 9}, "01234"},
        {{.count = 2, .by = LP_CHOOSE_SIZE}, "14"},
        {{.count = 1, .by = LP_CHOOSE_SIZE}, "1"}, /* of equals the first */
        {{.count = 3, .by = LP_CHOOSE_SCORE}, "023"},
        {{.count = 2, .by = LP_CHOOSE_SCORE}, "02"},
        {{.count = 2, .by = LP_CHOOSE_CENTRE}, "23"}, /* the picture's middle is 50, 50 */
        {{.ids = two_ids, .id_count = 2}, "34"},
        {{.count = 1, .ids = two_ids, .id_count = 2}, "3"},
        {{.min_size = 40}, "0134"},
        {{.min_size = 40, .min_score = 0.5f}, "03"},
        {{.min_score = 0.95f}, ""},
    };
    lp_chooser chooser = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lightpose_result *result = make_people();
        assert_ok(lp_chooser_choose(&chooser, result, &cases[i].choice, 100, 100, error));
        char kept[PEOPLE + 1] = "";
        for (int j = 0; j < lightpose_result_get_count(result); j++)
            for (int k = 0; k < PEOPLE; k++)
                if (lightpose_result_get_pose(result, j)->rank == people[k].rank)
                    kept[j] = (char)('0' + k);
        if (strcmp(kept, cases[i].kept))
            fail_msg("case %zu keeps %s, not %s", i, kept, cases[i].kept);
        lightpose_result_destroy(&result);
    }
    lp_chooser_free(&chooser);
}

static void moves_people(void **state) {
    (void)state;
    lp_chooser chooser = {0};
    lightpose_result *result = make_people();
    assert_ok(lp_chooser_move(&chooser, result, 5, -7, error));
    assert_int_equal(lightpose_result_get_count(result), PEOPLE);
    for (int i = 0; i < PEOPLE; i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
        assert_true(pose->box.x == people[i].x + 5 && pose->box.y == people[i].y - 7);
        assert_true(pose->box.width == people[i].width && pose->box.height == people[i].height);
        assert_true(pose->keypoints[3].x == people[i].x + 5 && pose->keypoints[3].y == people[i].y - 7);
        assert_true(pose->keypoints[4].x == 0 && pose->keypoints[4].y == 0); /* missing ones stay at nothing */
    }
    lightpose_result_destroy(&result);
    lp_chooser_free(&chooser);
}

/* ---- Following --------------------------------------------------------------------------------------------------- */

/* Someone who stands at 0.4 of the picture's width, whatever its size, and another further right from frame `from` on.
 */
static void stand(lightpose_result *result, int width, int height, int frame, int from) {
    lightpose_pose poses[2] = {0};
    for (int p = 0; p < 2; p++) {
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            poses[p].keypoints[k] =
                (lightpose_keypoint){(0.4f + 0.3f * (float)p + 0.01f * (float)(k % 3)) * (float)width,
                                     (0.2f + 0.03f * (float)k) * (float)height, 0.8f, LIGHTPOSE_DETECTED};
        poses[p].score = 0.8f;
        poses[p].keypoint_count = LIGHTPOSE_KEYPOINTS;
        poses[p].id = -1;
    }
    assert_ok(lightpose_result_assign(result, poses, frame < from ? 1 : 2, error));
}

/* Ids last when the size of the pictures changes, keypoints stay in the pixels of each, and the memory of a run that
 * ended in the middle goes on. */
static void a_size_that_changes_keeps_ids(void **state) {
    static const int sizes[][2] = {{640, 360}, {320, 180}, {960, 540}, {640, 360}};
    lp_chooser chooser = {0};
    lightpose_result *result = NULL;
    lp_follower follower;
    char *memory = NULL;
    size_t capacity = 0;
    (void)state;
    assert_ok(lightpose_result_create(&result, error));
    assert_ok(lp_follower_open(&follower, NULL, NULL, 0, error));
    for (int frame = 0; frame < 40; frame++) {
        const int *const size = sizes[frame / 10];
        stand(result, size[0], size[1], frame, 5);
        assert_ok(lp_follower_update(&follower, &chooser, 0.04 * frame, size[0], size[1], result, error));
        const lightpose_pose *const first = lightpose_result_get_pose(result, 0);
        assert_int_equal(first->id, 0);
        assert_true(fabsf(first->keypoints[0].x - 0.4f * (float)size[0]) < 0.01f);
        assert_true(fabsf(first->keypoints[0].y - 0.2f * (float)size[1]) < 0.01f);
        if (frame > 7)
            assert_int_equal(lightpose_result_get_pose(result, 1)->id, 1);
        if (frame == 14) {
            const size_t saved = lp_follower_save(&follower, &memory, &capacity);
            assert_true(saved > 0);
            lp_follower_close(&follower);
            assert_fails(lp_follower_open(&follower, NULL, memory, 5, error), LIGHTPOSE_ERROR_ARGUMENT, "saved");
            assert_ok(lp_follower_open(&follower, NULL, memory, saved, error));
        }
    }
    lp_follower_close(&follower);
    lp_chooser_free(&chooser);
    lightpose_result_destroy(&result);
    free(memory);
}

/* ---- Regions ----------------------------------------------------------------------------------------------------- */

/* A picture whose every sample tells its plane and place. */
static uint8_t sample(int plane, int x, int y) {
    return (uint8_t)(plane * 85 + 7 * x + 31 * y);
}

static void cuts_regions(void **state) {
    (void)state;
    enum { WIDTH = 41, HEIGHT = 31, STRIDE = 256 };
    static const struct {
        lightpose_format format;
        int planes, bytes[3];
    } formats[] = {{LIGHTPOSE_BGR24, 1, {3, 0, 0}}, {LIGHTPOSE_RGB24, 1, {3, 0, 0}}, {LIGHTPOSE_BGRA, 1, {4, 0, 0}},
                   {LIGHTPOSE_RGBA, 1, {4, 0, 0}},  {LIGHTPOSE_GRAY8, 1, {1, 0, 0}}, {LIGHTPOSE_NV12, 2, {1, 2, 0}},
                   {LIGHTPOSE_I420, 3, {1, 1, 1}}};
    static const lp_roi regions[] = {{0, 0, 41, 31}, {3, 5, 11, 9}, {4, 6, 10, 10}, {40, 30, 9, 9}, {39, 1, 100, 100}};
    uint8_t *const data = malloc(3 * STRIDE * HEIGHT);
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < STRIDE; x++)
                data[(p * HEIGHT + y) * STRIDE + x] = sample(p, x, y);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (size_t r = 0; r < sizeof regions / sizeof *regions; r++) {
            lightpose_image image = {.width = WIDTH, .height = HEIGHT, .format = formats[f].format};
            for (int p = 0; p < formats[f].planes; p++) {
                image.planes[p] = data + p * HEIGHT * STRIDE;
                image.strides[p] = STRIDE;
            }
            lp_roi roi = regions[r];
            const int even = formats[f].planes > 1;
            assert_int_equal(lp_work_crop(&image, &roi), 1);
            assert_int_equal(roi.x, even ? regions[r].x & ~1 : regions[r].x);
            assert_int_equal(roi.y, even ? regions[r].y & ~1 : regions[r].y);
            const int right = regions[r].x + regions[r].width, bottom = regions[r].y + regions[r].height;
            assert_int_equal(roi.x + image.width, right < WIDTH ? right : WIDTH);
            assert_int_equal(roi.y + image.height, bottom < HEIGHT ? bottom : HEIGHT);
            assert_int_equal(roi.width, image.width);
            assert_int_equal(roi.height, image.height);
            for (int p = 0; p < formats[f].planes; p++) {
                const int x = p ? roi.x / 2 : roi.x, y = p ? roi.y / 2 : roi.y;
                assert_int_equal(image.planes[p][0], sample(p, x * formats[f].bytes[p], y));
            }
        }
    lightpose_image image = {
        .planes = {data}, .strides = {STRIDE}, .width = 41, .height = 31, .format = LIGHTPOSE_GRAY8};
    lp_roi outside = {41, 0, 5, 5}, below = {0, 31, 5, 5};
    assert_int_equal(lp_work_crop(&image, &outside), 0);
    assert_int_equal(lp_work_crop(&image, &below), 0);
    free(data);
}

/* ---- The engine -------------------------------------------------------------------------------------------------- */

enum { PICTURES = 24 };

static void make_pictures(lp_sources *sources) {
    for (int i = 0; i < PICTURES; i++) {
        char path[4096];
        size_t size;
        snprintf(path, sizeof path, "%s/%d.png", folder, i);
        if (i == 5) { /* one that fails, among them */
            assert_int_equal(media_write(path, "no picture", 10), 0);
        } else {
            uint8_t *const data = media_encode("png", "rgb24", 64 + 8 * (i % 5), 64, &size);
            assert_int_equal(media_write(path, data, size), 0);
            free(data);
        }
        assert_ok(lp_sources_add(sources, path, error));
    }
    assert_int_equal(sources->count, 1);
}

static lp_engine_options engine_options(const lp_sources *sources, int workers, const atomic_int *stop) {
    lp_engine_options options = {.sources = sources, .model = model, .workers = workers};
    lightpose_settings_init(&options.settings);
    options.settings.height = 64;
    options.settings.threads = 1;
    lp_input_options_default(&options.input);
    options.input.wait.stop = stop;
    return options;
}

static uint32_t sum_of(const lightpose_result *result) {
    uint32_t sum = 2166136261u;
    for (int i = 0; i < lightpose_result_get_count(result); i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            uint32_t bits[2];
            memcpy(bits, &pose->keypoints[k].x, sizeof bits);
            sum = ((sum ^ bits[0]) * 16777619u ^ bits[1]) * 16777619u;
        }
    }
    return sum;
}

static void results_come_in_order_and_alike(void **state) {
    (void)state;
    lp_sources sources = {0};
    uint32_t sums[PICTURES] = {0};
    make_pictures(&sources);
    for (int workers = 1; workers <= 4; workers++) {
        const lp_engine_options options = engine_options(&sources, workers, NULL);
        lp_engine *engine;
        lp_job *job;
        int frames = 0, begun = 0, ended = 0, got;
        assert_ok(lp_engine_start(&engine, &options, error));
        while ((got = lp_engine_next(engine, &job, 10000)) > 0) {
            if (job->kind == LP_JOB_BEGIN)
                begun++;
            else if (job->kind == LP_JOB_END)
                ended++;
            else {
                assert_int_equal(begun, 1);
                assert_int_equal(ended, 0);
                assert_int_equal(job->frame.index, frames);
                assert_string_equal(job->frame.path, sources.items[0].pictures[frames]);
                assert_int_equal(job->error.status, frames == 5 ? LIGHTPOSE_ERROR_IMAGE : LIGHTPOSE_OK);
                const uint32_t sum = frames == 5 ? 0 : sum_of(job->result);
                if (workers == 1)
                    sums[frames] = sum;
                assert_int_equal(sum, sums[frames]);
                frames++;
            }
            lp_engine_done(engine, job);
        }
        assert_int_equal(got, -1);
        assert_int_equal(frames, PICTURES);
        assert_int_equal(begun, 1);
        assert_int_equal(ended, 1);
        lp_engine_close(&engine);
        assert_null(engine);
    }
    lp_sources_free(&sources);
}

/* Closing at any moment ends every thread; a stop ends the source in order. */
static void ends_when_told(void **state) {
    (void)state;
    lp_sources sources = {0};
    make_pictures(&sources);
    for (int taken = 0; taken < 12; taken++) {
        atomic_int stop = 0;
        const lp_engine_options options = engine_options(&sources, 3, &stop);
        lp_engine *engine;
        lp_job *job;
        assert_ok(lp_engine_start(&engine, &options, error));
        for (int i = 0; i < taken; i++) {
            assert_int_equal(lp_engine_next(engine, &job, 10000), 1);
            lp_engine_done(engine, job);
        }
        if (taken % 2) {
            atomic_store(&stop, 1);
            int frames = taken, last = -1, got;
            while ((got = lp_engine_next(engine, &job, 10000)) > 0) {
                last = job->kind;
                frames++;
                lp_engine_done(engine, job);
            }
            assert_int_equal(got, -1);
            assert_int_equal(last, LP_JOB_END);
            assert_true(frames <= PICTURES + 2);
        }
        lp_engine_close(&engine);
    }
    lp_sources_free(&sources);
}

/* People in a region are those of the cut-out picture, moved. */
static void a_region_is_a_picture(void **state) {
    (void)state;
    lp_sources sources = {0};
    char path[4096];
    size_t size;
    snprintf(path, sizeof path, "%s/whole.png", folder);
    uint8_t *const data = media_encode("png", "rgb24", 120, 90, &size);
    assert_int_equal(media_write(path, data, size), 0);
    free(data);
    assert_ok(lp_sources_add(&sources, path, error));
    lp_engine_options options = engine_options(&sources, 1, NULL);
    options.roi = (lp_roi){31, 11, 70, 64};
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lp_input_picture picture = {0};
    lp_job job = {.frame = {.path = path}};
    assert_ok(lightpose_context_create(&context, model, &options.settings, error));
    assert_ok(lightpose_result_create(&result, error));
    assert_ok(lightpose_result_create(&job.result, error));
    options.want_geometry = 1;
    lp_work(&job, context, &options);
    assert_int_equal(job.error.status, LIGHTPOSE_OK);
    assert_int_equal(job.image.width, 120);
    assert_true(job.net_scale > 0);

    assert_ok(lp_input_picture_read(&picture, path, NULL, error));
    lightpose_image part = picture.image;
    part.planes[0] += 11 * part.strides[0] + 31 * 3;
    part.width = 70;
    part.height = 64;
    assert_ok(lightpose_context_infer(context, &part, result, error));
    assert_int_equal(lightpose_result_get_count(result), lightpose_result_get_count(job.result));
    assert_int_equal(sum_of(result), sum_of(job.result));

    /* The corner of the part is where the network's padding ends. */
    lightpose_maps maps;
    assert_ok(lightpose_context_get_maps(context, &maps, error));
    assert_true(maps.scale == job.net_scale);
    assert_true(fabsf(job.net_pad_x + 31 * job.net_scale - maps.pad_x) < 1e-4f);
    assert_true(fabsf(job.net_pad_y + 11 * job.net_scale - maps.pad_y) < 1e-4f);

    options.roi = (lp_roi){500, 0, 10, 10};
    lp_work(&job, context, &options);
    assert_int_equal(job.error.status, LIGHTPOSE_ERROR_ARGUMENT);
    assert_non_null(strstr(job.error.text, "the region of interest at 500,0 lies outside the picture of 120x90"));
    lp_input_picture_free(&picture);
    lp_input_picture_free(&job.picture);
    lightpose_result_destroy(&job.result);
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    lp_sources_free(&sources);
}

static void assigns_results(void **state) {
    (void)state;
    lightpose_result *result = make_people();
    /* From within itself. */
    assert_ok(lightpose_result_assign(result, lightpose_result_get_pose(result, 2), 3, error));
    assert_int_equal(lightpose_result_get_count(result), 3);
    for (int i = 0; i < 3; i++)
        assert_true(lightpose_result_get_pose(result, i)->rank == people[i + 2].rank);
    assert_fails(lightpose_result_assign(result, NULL, 1, error), LIGHTPOSE_ERROR_ARGUMENT, "1 poses at NULL");
    assert_int_equal(lightpose_result_get_count(result), 0);
    assert_fails(lightpose_result_assign(result, NULL, -1, error), LIGHTPOSE_ERROR_ARGUMENT, "-1 poses");
    assert_ok(lightpose_result_assign(result, NULL, 0, error));
    lightpose_result_destroy(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_people),
        cmocka_unit_test(moves_people),
        cmocka_unit_test(a_size_that_changes_keeps_ids),
        cmocka_unit_test(cuts_regions),
        cmocka_unit_test(results_come_in_order_and_alike),
        cmocka_unit_test(ends_when_told),
        cmocka_unit_test(a_region_is_a_picture),
        cmocka_unit_test(assigns_results),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
