/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* OpenPose's files to the byte (docs/algorithm.md 10), read again by a parser that accepts that form alone. */

#include "people.h"
#include "scratch.h"

#include "output/output.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MAX_PEOPLE = 8, MAX_POINTS = 25 };

typedef struct parsed {
    int people, points;
    int64_t ids[MAX_PEOPLE];
    double values[MAX_PEOPLE][MAX_POINTS][3];
} parsed;

/* ---- The parser -------------------------------------------------------------------------------------------------- */

static void expect(const char **at, const char *text) {
    if (strncmp(*at, text, strlen(text)) != 0)
        fail_msg("expected %s at %.40s", text, *at);
    *at += strlen(text);
}

static int digits(const char **at) {
    const char *const start = *at;
    while (isdigit((unsigned char)**at))
        ++*at;
    return (int)(*at - start);
}

/* A number as a C++ stream writes it: no plus, no needless zero, at most six significant digits, a point, an exponent
 * of two digits. Computes the value itself: strtod reads as the locale wants. */
static double number(const char **at) {
    const char *const start = *at;
    double value = 0;
    int significant = 0, decimals = 0, exponent = 0;

    const int negative = **at == '-';
    *at += negative;
    const char *const whole = *at;
    const int whole_digits = digits(at);
    assert_true(whole_digits > 0);
    assert_true(*whole != '0' || whole_digits == 1);
    if (**at == '.') {
        ++*at;
        decimals = digits(at);
        assert_true(decimals > 0);
        assert_int_not_equal((*at)[-1], '0');
    }
    for (const char *c = whole; c < *at; c++)
        if (*c != '.') {
            significant += significant > 0 || *c != '0';
            value = value * 10 + (*c - '0');
        }
    if (significant > 6)
        fail_msg("more than six digits in %.20s", start);
    if (**at == 'e') {
        ++*at;
        assert_true(**at == '+' || **at == '-');
        const int down = *(*at)++ == '-';
        const char *const first = *at;
        assert_true(digits(at) >= 2);
        exponent = atoi(first) * (down ? -1 : 1);
    }
    return (negative ? -value : value) * pow(10, exponent - decimals);
}

static void parse(const char *text, parsed *out) {
    const char *at = text;

    *out = (parsed){0};
    expect(&at, "{\"version\":1.3,\"people\":[");
    while (*at != ']') {
        assert_true(out->people < MAX_PEOPLE);
        expect(&at, out->people ? ",{\"person_id\":[" : "{\"person_id\":[");
        out->ids[out->people] = (int64_t)number(&at);
        expect(&at, "],\"pose_keypoints_2d\":[");
        int count = 0;
        do {
            assert_true(count < MAX_POINTS * 3);
            if (count > 0)
                expect(&at, ",");
            out->values[out->people][count / 3][count % 3] = number(&at);
            count++;
        } while (*at == ',');
        assert_int_equal(count % 3, 0);
        assert_true(out->points == 0 || out->points == count / 3);
        out->points = count / 3;
        static const char *const empty[] = {
            "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d",
            "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d"};
        for (int i = 0; i < 7; i++) {
            expect(&at, i ? ",\"" : "],\"");
            expect(&at, empty[i]);
            expect(&at, "\":[]");
        }
        expect(&at, "}");
        out->people++;
    }
    expect(&at, "]}");
    assert_int_equal(*at, '\0'); /* no newline */
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static const lp_output_stream video = {
    .kind = LP_STREAM_VIDEO, .name = "clip", .source = "in/clip.mp4", .width = 640, .height = 360};

static lp_output_frame frame_of(const lightpose_result *people, int64_t index) {
    return (lp_output_frame){.index = index, .time = NAN, .width = 640, .height = 360, .result = people};
}

/* The file of one frame of `video`, parsed. */
static void round_trip(const lp_output_options *options, const lp_output_frame *frame, parsed *out) {
    const char *const folder = scratch_folder();
    lp_output *output;

    assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, options, error));
    assert_ok(lp_output_begin(output, &video, error));
    assert_ok(lp_output_frame_write(output, frame, error));
    assert_ok(lp_output_close(&output, error));
    char *const text = scratch_read(scratch_path(folder, "clip_000000000007_keypoints.json"), NULL);
    assert_non_null(text);
    parse(text, out);
    free(text);
    scratch_remove(folder);
}

/* Six significant digits of `wanted`. */
static void assert_digits(double got, double wanted) {
    const double step = wanted == 0 ? 0 : pow(10, floor(log10(fabs(wanted))) - 5);
    if (fabs(got - wanted) > 0.5001 * step)
        fail_msg("%.9g instead of %.9g", got, wanted);
}

static void assert_point(const double *got, const lightpose_keypoint *wanted) {
    assert_digits(got[0], wanted->x);
    assert_digits(got[1], wanted->y);
    assert_digits(got[2], wanted->score);
}

static void an_empty_frame_has_27_bytes(void **state) {
    static const char *const name = "clip_000000000007_keypoints.json";
    const char *const folder = scratch_folder();
    lightpose_result *const nobody = people_make(0);
    lp_output_options options = {0};
    lp_output *output;

    (void)state;
    assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, &options, error));
    assert_ok(lp_output_begin(output, &video, error));
    lp_output_frame frame = frame_of(nobody, 7);
    assert_ok(lp_output_frame_write(output, &frame, error));
    scratch_expect(scratch_path(folder, name), "{\"version\":1.3,\"people\":[]}");
    frame = (lp_output_frame){.index = 8, .state = LP_FRAME_UNDECODABLE, .reason = "broken"};
    assert_ok(lp_output_frame_write(output, &frame, error));
    frame = (lp_output_frame){.index = 9, .state = LP_FRAME_MISSING};
    assert_ok(lp_output_frame_write(output, &frame, error));
    assert_ok(lp_output_close(&output, error));
    size_t size = 0;
    free(scratch_read(scratch_path(folder, name), &size));
    assert_int_equal(size, 27);
    scratch_expect(scratch_path(folder, "clip_000000000008_keypoints.json"), "{\"version\":1.3,\"people\":[]}");
    scratch_expect(scratch_path(folder, "clip_000000000009_keypoints.json"), "{\"version\":1.3,\"people\":[]}");
    assert_int_equal(scratch_entries(folder), 3);
    people_free(nobody);
    scratch_remove(folder);
}

/* A whole file as a literal: what a byte more or less would break. */
static void a_file_to_the_byte(void **state) {
    const char *const folder = scratch_folder();
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {.set = LP_KEYPOINTS_COCO18};
    lp_output *output;

    (void)state;
    for (int k = 2; k < LIGHTPOSE_KEYPOINTS; k++)
        people_lose(people, 0, k);
    people->poses[0].keypoints[0].x = 582.34903f;
    people->poses[0].keypoints[0].y = 0.0f;
    people->poses[0].keypoints[1].x = -0.5f;
    people->poses[0].keypoints[1].score = 1.0f;
    assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, &options, error));
    assert_ok(lp_output_begin(output, &video, error));
    const lp_output_frame frame = frame_of(people, 7);
    assert_ok(lp_output_frame_write(output, &frame, error));
    assert_ok(lp_output_close(&output, error));
    scratch_expect(scratch_path(folder, "clip_000000000007_keypoints.json"),
                   "{\"version\":1.3,\"people\":[{\"person_id\":[-1],\"pose_keypoints_2d\":[582.349,0,0.9,-0.5,12.3125,"
                   "1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
                   "\"face_keypoints_2d\":[],\"hand_left_keypoints_2d\":[],\"hand_right_keypoints_2d\":[],"
                   "\"pose_keypoints_3d\":[],\"face_keypoints_3d\":[],\"hand_left_keypoints_3d\":[],"
                   "\"hand_right_keypoints_3d\":[]}]}");
    people_free(people);
    scratch_remove(folder);
}

static void coco18_keeps_the_order(void **state) {
    lightpose_result *const people = people_make(3);
    const lp_output_options options = {.set = LP_KEYPOINTS_COCO18};
    parsed got;

    (void)state;
    people->poses[1].id = 12;
    people->poses[2].id = INT64_C(123456);
    people_lose(people, 1, 4);
    people_complete(people, 2, 9);
    const lp_output_frame frame = frame_of(people, 7);
    round_trip(&options, &frame, &got);
    assert_int_equal(got.people, 3);
    assert_int_equal(got.points, 18);
    assert_int_equal(got.ids[0], -1);
    assert_int_equal(got.ids[1], 12);
    assert_int_equal(got.ids[2], 123456);
    const lightpose_keypoint none = {0};
    for (int p = 0; p < 3; p++)
        for (int k = 0; k < 18; k++) {
            const int lost = (p == 1 && k == 4) || (p == 2 && k == 9);
            assert_point(got.values[p][k], lost ? &none : &people->poses[p].keypoints[k]);
        }

    const lp_output_options with = {.set = LP_KEYPOINTS_COCO18, .completed = 1};
    round_trip(&with, &frame, &got);
    assert_point(got.values[2][9], &people->poses[2].keypoints[9]);
    assert_point(got.values[1][4], &none);
    people_free(people);
}

static void body25_is_the_default(void **state) {
    static const int source[25] = {0,  1,  2,  3,  4,  5,  6,  7,  -1, 8,  9,  10, 11,
                                   12, 13, 14, 15, 16, 17, -2, -2, -2, -2, -2, -2};
    lightpose_result *const people = people_make(3);
    const lp_output_options options = {0};
    parsed got;

    (void)state;
    people_lose(people, 1, 8);      /* no right hip, no middle */
    people_complete(people, 2, 11); /* a completed left hip counts as missing too */
    const lp_output_frame frame = frame_of(people, 7);
    round_trip(&options, &frame, &got);
    assert_int_equal(got.people, 3);
    assert_int_equal(got.points, 25);
    const lightpose_keypoint none = {0};
    for (int k = 0; k < 25; k++)
        if (source[k] >= 0)
            assert_point(got.values[0][k], &people->poses[0].keypoints[source[k]]);
        else if (source[k] == -2)
            assert_point(got.values[0][k], &none);
    const lightpose_keypoint *const right = &people->poses[0].keypoints[8], *const left =
                                                                                &people->poses[0].keypoints[11];
    const lightpose_keypoint middle = {(right->x + left->x) / 2, (right->y + left->y) / 2, left->score,
                                       LIGHTPOSE_DETECTED};
    assert_true(left->score < right->score);
    assert_point(got.values[0][8], &middle);
    assert_point(got.values[1][8], &none);
    assert_point(got.values[1][9], &none);
    assert_point(got.values[1][12], &people->poses[1].keypoints[11]);
    assert_point(got.values[2][8], &none);
    assert_point(got.values[2][12], &none);

    const lp_output_options with = {.set = LP_KEYPOINTS_BODY25, .completed = 1};
    round_trip(&with, &frame, &got);
    assert_true(got.values[2][8][2] > 0);
    assert_point(got.values[2][12], &people->poses[2].keypoints[11]);
    people_free(people);
}

static void scales(void **state) {
    lightpose_result *const people = people_make(1);
    lp_output_frame frame = frame_of(people, 7);
    lp_output_options options = {.set = LP_KEYPOINTS_COCO18};
    parsed got;

    (void)state;
    frame.net_scale = 0.75f;
    frame.net_pad_x = 16;
    frame.net_pad_y = 3;
    people_lose(people, 0, 17);
    const lightpose_keypoint *const points = people->poses[0].keypoints;
    for (int scale = LP_SCALE_SOURCE; scale <= LP_SCALE_SIGNED; scale++) {
        options.scale = (lp_keypoint_scale)scale;
        round_trip(&options, &frame, &got);
        for (int k = 0; k < 17; k++) {
            const double x = points[k].x, y = points[k].y;
            const double wanted[5][2] = {
                {x, y}, {x * 0.75 + 16, y * 0.75 + 3}, {x, y}, {x / 640, y / 360}, {x / 320 - 1, y / 180 - 1}};
            assert_digits(got.values[0][k][0], wanted[scale][0]);
            assert_digits(got.values[0][k][1], wanted[scale][1]);
            assert_digits(got.values[0][k][2], points[k].score);
        }
        for (int i = 0; i < 3; i++)
            assert_true(got.values[0][17][i] == 0); /* missing stays zero in every scale */
    }

    /* What a scale needs must be known. */
    const char *const folder = scratch_folder();
    lp_output *output;
    options.scale = LP_SCALE_NET;
    frame.net_scale = 0;
    assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, &options, error));
    assert_ok(lp_output_begin(output, &video, error));
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, "frame 7");
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_STATE, "failed before");
    lp_output_abort(&output);
    assert_int_equal(scratch_entries(folder), 0);
    people_free(people);
    scratch_remove(folder);
}

static int plain_locale(void **state) {
    (void)state;
    scratch_plain_locale();
    return 0;
}

static void a_comma_locale_changes_nothing(void **state) {
    lightpose_result *const people = people_make(2);
    const lp_output_options options = {0};
    const lp_output_frame frame = frame_of(people, 7);
    parsed plain, comma;

    (void)state;
    round_trip(&options, &frame, &plain);
    scratch_comma_locale();
    round_trip(&options, &frame, &comma);
    assert_memory_equal(&plain, &comma, sizeof plain);
    people_free(people);
}

static void odd_values_stay_json(void **state) {
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {.set = LP_KEYPOINTS_COCO18};
    lightpose_keypoint *const points = people->poses[0].keypoints;
    parsed got;

    (void)state;
    points[0].x = 3e38f;
    points[1].x = -3e38f;
    points[2].x = 1e-30f;
    points[3].x = NAN;
    points[4].y = INFINITY;
    points[5].score = -INFINITY;
    points[6].x = -0.0f;
    const lp_output_frame frame = frame_of(people, 7);
    round_trip(&options, &frame, &got);
    assert_digits(got.values[0][0][0], 3e38f);
    assert_digits(got.values[0][1][0], -3e38f);
    assert_digits(got.values[0][2][0], 1e-30f);
    for (int k = 3; k < 6; k++)
        for (int i = 0; i < 3; i++)
            assert_true(got.values[0][k][i] == 0); /* not a number: not found */
    assert_true(got.values[0][6][0] == 0);
    people_free(people);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_frame_has_27_bytes),
        cmocka_unit_test(a_file_to_the_byte),
        cmocka_unit_test(coco18_keeps_the_order),
        cmocka_unit_test(body25_is_the_default),
        cmocka_unit_test(scales),
        cmocka_unit_test_teardown(a_comma_locale_changes_nothing, plain_locale),
        cmocka_unit_test(odd_values_stay_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
