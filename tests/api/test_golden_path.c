/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The whole path, from a picture file to persons, against those that the reference implementation finds on the same
 * weights in float32 (golden/README of the shared data). */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include <jansson.h>

#include "input/image.h"
#include "npy.h"

/* Keypoints lie in the same place when they are within 2 network pixels: one cell of the upsampled map. The golden
 * coordinates are rounded to 1e-4. */
static const double near = 2 + 1e-3;

typedef struct tally {
    int persons, exact, within_one; /* persons: in all, with the same keypoints, with all the same but one */
    int keypoints, agreeing;        /* keypoints of the golden persons, those found in the same place */
} tally;

static json_t *golden;
static lightpose_context *context;

static int set_up(void **state) {
    char path[512];
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lightpose_settings settings;

    (void)state;
    const char *const weights = getenv("LIGHTPOSE_WEIGHTS");
    FILE *const file = weights ? fopen(weights, "rb") : NULL;
    if (!shared_path(path, sizeof path, "golden/persons.json") || !file)
        return 0;
    fclose(file);
    golden = json_load_file(path, 0, NULL);
    lightpose_settings_init(&settings);
    settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    settings.precision = LIGHTPOSE_PRECISION_F32;
    settings.threads = 1; /* a test machine's cores are often taken, and a team waits for its slowest thread */
    if (lightpose_model_create(&model, weights, &error) == LIGHTPOSE_OK)
        (void)!lightpose_context_create(&context, model, &settings, &error);
    lightpose_model_destroy(&model);
    if (error.status != LIGHTPOSE_OK)
        print_error("%s\n", error.text);
    return golden && context ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    lightpose_context_destroy(&context);
    json_decref(golden);
    return 0;
}

/* How a pose compares with a golden person, keypoint by keypoint. */
typedef struct agreement {
    int same_state; /* missing in both, or there in both */
    int there;      /* in the golden person */
    int in_place;   /* there in both, in the same place */
} agreement;

static agreement compare_pose(const json_t *person, const lightpose_pose *pose, double scale) {
    agreement found = {0};

    for (size_t k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const json_t *const wanted = json_array_get(json_object_get(person, "keypoints"), k);
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        const int there = !json_is_null(wanted), same = there == (keypoint->state == LIGHTPOSE_DETECTED);
        found.same_state += same;
        found.there += there;
        if (there && same) {
            const double dx = json_number_value(json_array_get(wanted, 0)) - (double)keypoint->x;
            const double dy = json_number_value(json_array_get(wanted, 1)) - (double)keypoint->y;
            found.in_place += hypot(dx, dy) * scale <= near;
        }
    }
    return found;
}

/* Matches each golden person with the pose, not yet taken, that has most keypoints in the same place, and adds what
 * that gives. */
static void compare(const json_t *entry, const lightpose_result *result, tally *sum) {
    enum { MAX_POSES = 256 };
    const double scale = json_number_value(json_object_get(entry, "scale"));
    char taken[MAX_POSES] = {0};
    size_t index;
    json_t *person;

    assert_true(lightpose_result_get_count(result) <= MAX_POSES);
    json_array_foreach(json_object_get(entry, "persons"), index, person) {
        int best = -1;
        agreement most = compare_pose(person, &(lightpose_pose){0}, scale);
        for (int i = 0; i < lightpose_result_get_count(result); i++) {
            const agreement here = compare_pose(person, lightpose_result_get_pose(result, i), scale);
            if (taken[i] || here.in_place < most.in_place ||
                (here.in_place == most.in_place && here.same_state <= most.same_state))
                continue;
            best = i;
            most = here;
        }
        if (best >= 0)
            taken[best] = 1;
        sum->persons++;
        sum->exact += most.same_state == LIGHTPOSE_KEYPOINTS;
        sum->within_one += most.same_state >= LIGHTPOSE_KEYPOINTS - 1;
        sum->keypoints += most.there;
        sum->agreeing += most.in_place;
    }
}

static void run_file(const char *path, const json_t *entry, tally *sum) {
    lp_input_picture picture = {0};
    lightpose_result *result = NULL;

    assert_ok(lightpose_result_create(&result, error));
    assert_ok(lp_input_picture_read(&picture, path, NULL, error));
    assert_int_equal(picture.image.width, json_integer_value(json_object_get(entry, "width")));
    assert_int_equal(picture.image.height, json_integer_value(json_object_get(entry, "height")));
    assert_ok(lightpose_context_infer(context, &picture.image, result, error));
    compare(entry, result, sum);
    lightpose_result_destroy(&result);
    lp_input_picture_free(&picture);
}

/* The lossless copy of an entry that has maps: NAME.png for NAME.jpg, video_0100.png for clip#100. */
static void png_name(char *name, size_t size, const char *key) {
    const char *const frame = strchr(key, '#');

    if (frame)
        snprintf(name, size, "golden/png/video_%04d.png", atoi(frame + 1));
    else
        snprintf(name, size, "golden/png/%.*s.png", (int)strcspn(key, "."), key);
}

static void every_golden_person_comes_out_of_the_lossless_pictures(void **state) {
    char name[256], path[512];
    const char *key;
    json_t *entry;
    tally sum = {0};
    int files = 0;

    (void)state;
    if (!context) /* no shared data, or no weights */
        skip();
    json_object_foreach(golden, key, entry) {
        if (!json_is_true(json_object_get(entry, "maps")))
            continue;
        png_name(name, sizeof name, key);
        assert_true(shared_path(path, sizeof path, name));
        run_file(path, entry, &sum);
        files++;
    }
    assert_int_equal(files, 17);
    assert_int_equal(sum.persons, 105);
    assert_int_equal(sum.exact, sum.persons);
    assert_int_equal(sum.agreeing, sum.keypoints);
}

static void the_photographs_agree_but_for_the_jpeg_decoder(void **state) {
    char name[256], path[512];
    const char *key;
    json_t *entry;
    tally sum = {0};
    int photographs = 0;

    (void)state;
    if (!context) /* no shared data, or no weights */
        skip();
    json_object_foreach(golden, key, entry) {
        if (strchr(key, '#'))
            continue;
        snprintf(name, sizeof name, "coco/images/%s", key);
        assert_true(shared_path(path, sizeof path, name));
        run_file(path, entry, &sum);
        photographs++;
    }
    print_message("# %d persons: %d exact, %d within one keypoint; %d of %d keypoints in place\n", sum.persons,
                  sum.exact, sum.within_one, sum.agreeing, sum.keypoints);
    assert_int_equal(photographs, 125);
    assert_int_equal(sum.persons, 428);
    assert_true(sum.within_one >= 0.97 * sum.persons);
    assert_true(sum.agreeing >= 0.985 * sum.keypoints);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_person_comes_out_of_the_lossless_pictures),
        cmocka_unit_test(the_photographs_agree_but_for_the_jpeg_decoder),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
