/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The DGS wrapper (docs/algorithm.md 10), CSV tables, and checksums. */

#include "formats.h"

#include "output/keypoints.h"

#include <math.h>
#include <stdio.h>
#include <zlib.h>

/* ---- DGS --------------------------------------------------------------------------------------------------------- */

static void dgs_wraps_cameras_in_order(void **state) {
    const char *const folder = scratch_folder();
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {.set = LP_KEYPOINTS_COCO18};
    const lp_output_stream cameras[] = {
        {.kind = LP_STREAM_VIDEO, .name = "1413451-11105600-11163240_a1", .source = "a", .width = 640, .height = 360},
        {.kind = LP_STREAM_VIDEO, .name = "1413451_b1_640x360", .source = "b"},
        {.kind = LP_STREAM_VIDEO, .name = "my_clip", .source = "c", .width = 320, .height = 240},
        {.kind = LP_STREAM_VIDEO, .name = "my_clip_a2", .source = "d"},
    };
    static const char *const ids[] = {"1413451-11105600-11163240", "1413451", "my_clip", "my_clip"};
    static const char *const names[] = {"a1", "b1", "c", "a2"};
    static const int sizes[][2] = {{640, 360}, {640, 360}, {320, 240}, {0, 0}};

    (void)state;
    for (int zipped = 0; zipped < 2; zipped++) {
        const char *const path = scratch_path(folder, zipped ? "out.json.gz" : "out.json");
        static char text[100000];
        lp_output *output;
        assert_ok(lp_output_open(&output, lp_output_find("dgs"), path, NULL, &options, error));
        for (int c = 0; c < 4; c++) {
            assert_ok(lp_output_begin(output, &cameras[c], error));
            for (int i = 98; i <= 101 && c < 2; i++) { /* as strings 100 would come before 98 */
                lp_output_frame frame = formats_frame(people, i);
                if (i == 98)
                    frame = (lp_output_frame){.index = i, .state = LP_FRAME_UNDECODABLE};
                assert_ok(lp_output_frame_write(output, &frame, error));
            }
        }
        assert_ok(lp_output_close(&output, error));
        const gzFile file = gzopen(path, "rb"); /* reads plain files as they are */
        assert_int_equal(gzdirect(file), !zipped);
        const int size = gzread(file, text, sizeof text - 1);
        assert_true(size > 0 && size < (int)sizeof text - 1);
        text[size] = '\0';
        assert_int_equal(gzclose(file), Z_OK);

        json_t *const json = formats_parse(text);
        assert_int_equal(json_array_size(json), 4);
        for (size_t c = 0; c < 4; c++) {
            json_t *const camera = json_array_get(json, c), *const frames = json_object_get(camera, "frames");
            assert_string_equal(formats_keys(camera), "id camera width height frames");
            assert_string_equal(json_string_value(json_object_get(camera, "id")), ids[c]);
            assert_string_equal(json_string_value(json_object_get(camera, "camera")), names[c]);
            assert_int_equal(json_integer_value(json_object_get(camera, "width")), sizes[c][0]);
            assert_int_equal(json_integer_value(json_object_get(camera, "height")), sizes[c][1]);
            assert_string_equal(formats_keys(frames), c < 2 ? "98 99 100 101" : "");
            if (c >= 2)
                continue;
            assert_int_equal(json_array_size(json_object_get(json_object_get(frames, "98"), "people")), 0);
            json_t *const person = json_array_get(json_object_get(json_object_get(frames, "100"), "people"), 0);
            assert_int_equal(json_array_size(json_object_get(person, "pose_keypoints_2d")), 54);
            assert_true(formats_at(json_object_get(person, "pose_keypoints_2d"), 3) == 10.625);
        }
        /* The frames are the very text of the file per frame. */
        assert_non_null(strstr(text, "\"98\":{\"version\":1.3,\"people\":[]},"));
        json_decref(json);
    }
    people_free(people);
    scratch_remove(folder);
}

static void dgs_holds_one_size(void **state) {
    const char *const folder = scratch_folder();
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {0};
    lp_output *output;

    (void)state;
    assert_ok(lp_output_open(&output, lp_output_find("dgs"), scratch_path(folder, "out"), NULL, &options, error));
    assert_ok(lp_output_begin(output, &formats_video, error));
    lp_output_frame frame = formats_frame(people, 0);
    assert_ok(lp_output_frame_write(output, &frame, error));
    frame = formats_frame(people, 1);
    frame.height = 240;
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, "640x240");
    lp_output_abort(&output);
    assert_int_equal(scratch_entries(folder), 1); /* the frames before it stay, and can be read */
    char *const text = scratch_read(scratch_path(folder, "out.partial"), NULL);
    json_t *const json = formats_parse(text);
    assert_int_equal(json_object_size(json_object_get(json_array_get(json, 0), "frames")), 1);
    json_decref(json);
    free(text);
    people_free(people);
    scratch_remove(folder);
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

/* Splits one record at its commas as RFC 4180 has it, in place; returns the fields, and the next record in *text. */
static int split_record(char **text, char **fields, int room) {
    char *from = *text;
    int count = 0;

    for (;;) {
        assert_true(count < room);
        char *to = fields[count++] = from;
        if (*from == '"') {
            for (from++; from[0] != '"' || from[1] == '"'; from++) {
                assert_true(*from != '\0');
                from += *from == '"';
                *to++ = *from;
            }
            from++;
        } else {
            while (*from != ',' && *from != '\n') {
                assert_true(*from != '\0' && *from != '"');
                *to++ = *from++;
            }
        }
        const char end = *from++;
        *to = '\0';
        if (end == '\n')
            break;
        assert_int_equal(end, ',');
    }
    *text = from;
    return count;
}

static void csv_has_a_row_per_person(void **state) {
    lightpose_result *const people = people_make(2), *const nobody = people_make(0);
    lp_output_options options = {0};
    const lp_output_frame frames[] = {formats_image(people, 0, "a, \"b\"\n.jpg"),
                                      formats_image(nobody, 1, "plain.jpg")};
    char *fields[100];

    (void)state;
    people->poses[1].id = 9;
    people_lose(people, 1, 0);
    people_complete(people, 1, 1);
    for (int completed = 0; completed < 2; completed++) {
        const int per_point = 3 + completed, columns = 12 + 18 * per_point + 2;
        options.completed = completed;
        char *const text = formats_write("csv", &options, &formats_images, frames, 2), *rest = text;
        assert_int_equal(split_record(&rest, fields, 100), columns);
        static const char *const head[] = {"source",    "frame",      "time",   "state",  "person",
                                           "id",        "score",      "rank",   "box_x",  "box_y",
                                           "box_width", "box_height", "nose_x", "nose_y", "nose_score"};
        for (int i = 0; i < 15; i++)
            assert_string_equal(fields[i], head[i]);
        assert_string_equal(fields[15], completed ? "nose_state" : "neck_x");
        assert_string_equal(fields[columns - 3], completed ? "left_ear_state" : "left_ear_score");
        assert_string_equal(fields[columns - 2], "width");
        assert_string_equal(fields[columns - 1], "height");
        for (int p = 0; p < 2; p++) {
            assert_int_equal(split_record(&rest, fields, 100), columns);
            assert_string_equal(fields[0], "a, \"b\"\n.jpg");
            assert_string_equal(fields[2], ""); /* the time is unknown */
            assert_string_equal(fields[3], "ok");
            assert_int_equal(atoi(fields[4]), p);
            assert_string_equal(fields[5], p ? "9" : "-1");
            assert_true(strtof(fields[6], NULL) == people->poses[p].score);
            assert_true(strtof(fields[7], NULL) == people->poses[p].rank);
            assert_string_equal(fields[10], "127.5");
            assert_string_equal(fields[columns - 2], "640");
            assert_string_equal(fields[columns - 1], "360");
            for (int k = 0; k < 18; k++) {
                char **const point = fields + 12 + k * per_point;
                const int lost = p == 1 && (k == 0 || (k == 1 && !completed));
                if (lost) {
                    assert_true(!*point[0] && !*point[1] && !*point[2]);
                } else {
                    assert_true(fabs(strtod(point[0], NULL) - (double)people->poses[p].keypoints[k].x) <=
                                FORMATS_PIXEL);
                    assert_true(fabs(strtod(point[1], NULL) - (double)people->poses[p].keypoints[k].y) <=
                                FORMATS_PIXEL);
                    assert_true(fabsf(strtof(point[2], NULL) - people->poses[p].keypoints[k].score) < 1e-6f);
                }
                if (completed)
                    assert_int_equal(atoi(point[3]), p == 1 && k == 0 ? 0 : p == 1 && k == 1 ? 2 : 1);
            }
        }
        assert_int_equal(split_record(&rest, fields, 100), columns);
        assert_string_equal(fields[0], "plain.jpg");
        assert_string_equal(fields[1], "1");
        for (int i = 4; i < columns - 2; i++)
            assert_string_equal(fields[i], "");
        assert_string_equal(fields[columns - 2], "640");
        assert_string_equal(rest, "");
        free(text);
    }
    people_free(people);
    people_free(nobody);
}

/* ---- Checksum ---------------------------------------------------------------------------------------------------- */

static void checksum_sees_every_bit(void **state) {
    lightpose_result *const people = people_make(2);
    const lp_output_options options = {0};
    lp_output_frame frame = formats_frame(people, 4);

    (void)state;
    char *const first = formats_write("checksum", &options, &formats_video, &frame, 1);
    assert_string_equal(first + 16, "  1 frames  2 people  clip\n");
    assert_int_equal(strspn(first, "0123456789abcdef"), 16);
    frame.time = 99; /* not of the result */
    char *const again = formats_write("checksum", &options, &formats_video, &frame, 1);
    assert_string_equal(first, again);
    free(again);

    lightpose_pose *const pose = &people->poses[1];
    float *const numbers[] = {&pose->keypoints[17].x, &pose->keypoints[0].y, &pose->keypoints[9].score, &pose->score,
                              &pose->rank};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const float before = *numbers[i];
        *numbers[i] = nextafterf(before, INFINITY);
        char *const other = formats_write("checksum", &options, &formats_video, &frame, 1);
        assert_string_not_equal(first, other);
        free(other);
        *numbers[i] = before;
    }
    pose->id = 5;
    char *const with_id = formats_write("checksum", &options, &formats_video, &frame, 1);
    assert_string_not_equal(first, with_id);
    pose->id = -1;
    pose->keypoints[3].state = LIGHTPOSE_COMPLETED;
    char *const with_state = formats_write("checksum", &options, &formats_video, &frame, 1);
    assert_string_not_equal(first, with_state);
    pose->keypoints[3].state = LIGHTPOSE_DETECTED;
    frame.index = 5;
    char *const with_index = formats_write("checksum", &options, &formats_video, &frame, 1);
    assert_string_not_equal(first, with_index);
    free(with_id);
    free(with_state);
    free(with_index);
    free(first);
    people_free(people);
}

/* FNV-1a's offset basis, the hash of nothing; and that of one empty frame 0, worked out by hand from its 13 zero bytes.
 */
static void checksum_is_fnv(void **state) {
    lightpose_result *const nobody = people_make(0);
    const lp_output_options options = {0};
    const lp_output_frame frame = formats_frame(nobody, 0);
    uint64_t hash = UINT64_C(14695981039346656037);
    char wanted[100];

    (void)state;
    char *text = formats_write("checksum", &options, &formats_video, NULL, 0);
    assert_string_equal(text, "cbf29ce484222325  0 frames  0 people  clip\n");
    free(text);
    for (int i = 0; i < 13; i++) /* index 8, state 1, count 4 */
        hash *= UINT64_C(1099511628211);
    snprintf(wanted, sizeof wanted, "%016llx  1 frames  0 people  clip\n", (unsigned long long)hash);
    text = formats_write("checksum", &options, &formats_video, &frame, 1);
    assert_string_equal(text, wanted);
    free(text);
    people_free(nobody);
}

/* ---- Ids --------------------------------------------------------------------------------------------------------- */

static void ids_have_a_row_each(void **state) {
    lightpose_result *const two = people_make(2), *const one = people_make(1);
    const lp_output_options options = {0};
    lp_output_frame frames[] = {formats_frame(two, 4), formats_frame(one, 5), formats_frame(two, 9),
                                formats_frame(one, 11)};
    char *fields[20];
    (void)state;

    two->poses[0].id = 7;
    two->poses[1].id = 2;
    one->poses[0].id = 7;
    one->poses[0].box.height = two->poses[0].box.height + 30;
    frames[3].result = NULL;
    frames[3].state = LP_FRAME_UNDECODABLE;
    char *const text = formats_write("ids", &options, &formats_video, frames, 4), *rest = text;
    assert_int_equal(split_record(&rest, fields, 20), 13);
    static const struct {
        const char *id, *frames, *first, *last, *first_time, *last_time;
    } rows[] = {{"2", "2", "4", "9", "0.16", "0.36"}, {"7", "3", "4", "9", "0.16", "0.36"}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(split_record(&rest, fields, 20), 13);
        assert_string_equal(fields[0], "in/clip.mp4");
        assert_string_equal(fields[1], rows[i].id);
        assert_string_equal(fields[2], rows[i].frames);
        assert_string_equal(fields[3], rows[i].first);
        assert_string_equal(fields[4], rows[i].last);
        assert_string_equal(fields[5], rows[i].first_time);
        assert_string_equal(fields[6], rows[i].last_time);
        const lightpose_pose *const pose = &two->poses[i ? 0 : 1];
        assert_true(fabs(strtod(fields[7], NULL) - (double)pose->score) < 1e-5);
        assert_true(fabs(strtod(fields[12], NULL) - (double)pose->box.height - (i ? 10 : 0)) < 1e-3);
    }
    assert_string_equal(rest, "");
    free(text);

    two->poses[0].id = -1; /* nobody known, and a seat whose person is not seen */
    two->poses[1].keypoint_count = 0;
    char *const empty = formats_write("ids", &options, &formats_video, frames, 1);
    assert_string_equal(strchr(empty, '\n'), "\n");
    free(empty);
    people_free(two);
    people_free(one);
}

/* Part boxes have columns of their own, empty where they cannot be told. */
static void csv_has_part_boxes(void **state) {
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {.part_boxes = 1};
    const lp_output_frame frame = formats_frame(people, 0);
    char *fields[100];
    lightpose_box box;
    (void)state;

    char *const text = formats_write("csv", &options, &formats_video, &frame, 1), *rest = text;
    const int columns = 12 + 12 + 18 * 3 + 2;
    assert_int_equal(split_record(&rest, fields, 100), columns);
    assert_string_equal(fields[12], "head_x");
    assert_string_equal(fields[23], "right_hand_height");
    assert_string_equal(fields[24], "nose_x");
    assert_int_equal(split_record(&rest, fields, 100), columns);
    static const lp_part parts[] = {LP_PART_HEAD, LP_PART_LEFT_HAND, LP_PART_RIGHT_HAND};
    for (int i = 0; i < 3; i++) {
        const int there = lp_part_box(parts[i], &people->poses[0], 0, 640, 360, &box);
        assert_int_equal(*fields[12 + 4 * i] != '\0', there);
        if (there)
            assert_true(fabs(strtod(fields[15 + 4 * i], NULL) - (double)box.height) <= FORMATS_PIXEL);
    }
    free(text);
    people_free(people);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dgs_wraps_cameras_in_order),
        cmocka_unit_test(dgs_holds_one_size),
        cmocka_unit_test(csv_has_a_row_per_person),
        cmocka_unit_test(csv_has_part_boxes),
        cmocka_unit_test(ids_have_a_row_each),
        cmocka_unit_test(checksum_sees_every_bit),
        cmocka_unit_test(checksum_is_fnv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
