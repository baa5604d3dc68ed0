/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* JSON Lines, and the boxes of head and hands in them. */

#include "formats.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static void check_jsonl_person(json_t *person, const lightpose_pose *pose, int lost, int completed) {
    assert_string_equal(formats_keys(person), "id score rank box keypoints");
    assert_int_equal(json_integer_value(json_object_get(person, "id")), pose->id);
    assert_true((float)json_number_value(json_object_get(person, "score")) == pose->score);
    assert_true((float)json_number_value(json_object_get(person, "rank")) == pose->rank);
    json_t *const box = json_object_get(person, "box"), *const points = json_object_get(person, "keypoints");
    const float wanted[] = {pose->box.x, pose->box.y, pose->box.width, pose->box.height};
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(formats_at(box, i) - (double)wanted[i]) <= FORMATS_PIXEL);
    assert_int_equal(json_array_size(points), LIGHTPOSE_KEYPOINTS);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        json_t *const point = json_array_get(points, (size_t)k);
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        const int there = k != lost;
        assert_int_equal(json_array_size(point), 4);
        assert_true(fabs(formats_at(point, 0) - (double)keypoint->x * there) <= FORMATS_PIXEL);
        assert_true(fabs(formats_at(point, 1) - (double)keypoint->y * there) <= FORMATS_PIXEL);
        assert_true(fabs(formats_at(point, 2) - (double)keypoint->score * there) <= 0.0000006);
        assert_true(json_is_integer(json_array_get(point, 3)));
        assert_int_equal(json_integer_value(json_array_get(point, 3)), there ? (k == completed ? 2 : 1) : 0);
    }
}

static void jsonl_has_a_line_per_frame(void **state) {
    lightpose_result *const people = people_make(2), *const nobody = people_make(0);
    lp_output_options options = {0};
    const lp_output_frame frames[] = {
        formats_frame(people, 5),
        formats_frame(nobody, 6),
        {.index = 7, .time = NAN, .state = LP_FRAME_UNDECODABLE, .reason = "bad \"slice\""},
        {.index = 9, .time = 0.3600001, .state = LP_FRAME_MISSING},
    };

    (void)state;
    people->poses[1].id = 3;
    people_complete(people, 0, 16);
    char *text = formats_write("jsonl", &options, &formats_video, frames, 4);
    assert_int_equal(text[strlen(text) - 1], '\n');
    char *lines[5], *rest = text;
    int count = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line;)
        lines[count++] = line;
    assert_int_equal(count, 4);

    json_t *json = formats_parse(lines[0]);
    assert_string_equal(formats_keys(json), "video frame time width height state people");
    assert_string_equal(json_string_value(json_object_get(json, "video")), "in/clip.mp4");
    assert_int_equal(json_integer_value(json_object_get(json, "frame")), 5);
    assert_true(json_number_value(json_object_get(json, "time")) == 0.2);
    assert_int_equal(json_integer_value(json_object_get(json, "width")), 640);
    assert_int_equal(json_integer_value(json_object_get(json, "height")), 360);
    assert_string_equal(json_string_value(json_object_get(json, "state")), "ok");
    assert_int_equal(json_array_size(json_object_get(json, "people")), 2);
    check_jsonl_person(json_array_get(json_object_get(json, "people"), 0), &people->poses[0], 16, -1);
    check_jsonl_person(json_array_get(json_object_get(json, "people"), 1), &people->poses[1], -1, -1);
    json_decref(json);

    assert_string_equal(lines[1], "{\"video\":\"in/clip.mp4\",\"frame\":6,\"time\":0.24,\"width\":640,\"height\":360,"
                                  "\"state\":\"ok\",\"people\":[]}");
    assert_string_equal(lines[2], "{\"video\":\"in/clip.mp4\",\"frame\":7,\"time\":null,\"width\":0,\"height\":0,"
                                  "\"state\":\"undecodable\",\"reason\":\"bad \\\"slice\\\"\",\"people\":[]}");
    assert_string_equal(lines[3], "{\"video\":\"in/clip.mp4\",\"frame\":9,\"time\":0.36,\"width\":0,\"height\":0,"
                                  "\"state\":\"missing\",\"people\":[]}");
    free(text);

    options.completed = 1;
    text = formats_write("jsonl", &options, &formats_video, frames, 1);
    json = formats_parse(text);
    check_jsonl_person(json_array_get(json_object_get(json, "people"), 0), &people->poses[0], -1, 16);
    json_decref(json);
    free(text);
    people_free(people);
    people_free(nobody);
}

/* What is told only where there is something to tell. */
static void jsonl_tells_of_clocks_pixels_and_damage(void **state) {
    lightpose_result *const nobody = people_make(0);
    const lp_output_options options = {0};
    const lp_output_frame frame = {.index = 3,
                                   .time = 1.5,
                                   .width = 720,
                                   .height = 576,
                                   .damaged = 1,
                                   .reason = "concealed",
                                   .jump = -2.36,
                                   .utc = 1732199264.25,
                                   .reconnected = 1,
                                   .pixel_aspect = 64.0 / 45,
                                   .result = nobody};

    (void)state;
    char *const text = formats_write("jsonl", &options, &formats_video, &frame, 1);
    assert_string_equal(text,
                        "{\"video\":\"in/clip.mp4\",\"frame\":3,\"time\":1.5,\"utc\":\"2024-11-21T14:27:44.250000Z\","
                        "\"jump\":-2.36,\"reconnected\":true,\"width\":720,\"height\":576,\"pixel_aspect\":"
                        "1.42222,\"state\":\"ok\",\"damaged\":true,\"reason\":\"concealed\",\"people\":[]}\n");
    free(text);
    people_free(nobody);
}

static void jsonl_names_images(void **state) {
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {.set = LP_KEYPOINTS_BODY25};
    const lp_output_frame frame = formats_image(people, 0, "photos/\"odd\" \xff.jpg");

    (void)state;
    char *const text = formats_write("jsonl", &options, &formats_images, &frame, 1);
    json_t *const json = formats_parse(text);
    assert_string_equal(json_string_value(json_object_get(json, "image")), "photos/\"odd\" \xef\xbf\xbd.jpg");
    assert_true(json_is_null(json_object_get(json, "time")));
    json_t *const person = json_array_get(json_object_get(json, "people"), 0);
    assert_int_equal(json_array_size(json_object_get(person, "keypoints")), 25);
    json_decref(json);
    free(text);
    people_free(people);
}

static void jsonl_holds_several_inputs(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "all.jsonl.gz");
    lightpose_result *const nobody = people_make(0);
    const lp_output_stream second = {.kind = LP_STREAM_VIDEO, .name = "b", .source = "b.mp4"};
    const lp_output_options options = {0};
    lp_output *output;
    lp_output_frame frame = formats_frame(nobody, 3);
    char text[600] = "";

    (void)state;
    assert_ok(lp_output_open(&output, lp_output_by_path(path), path, NULL, &options, error));
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_STATE, "no stream");
    assert_ok(lp_output_begin(output, &formats_video, error));
    assert_ok(lp_output_frame_write(output, &frame, error));
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, "frame 3");
    frame.index = 4;
    frame.result = NULL;
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, "result");
    assert_ok(lp_output_begin(output, &second, error));
    frame = formats_frame(nobody, 0); /* counts anew */
    assert_ok(lp_output_frame_write(output, &frame, error));
    assert_ok(lp_output_close(&output, error));
    const gzFile file = gzopen(path, "rb");
    assert_int_equal(gzdirect(file), 0);
    assert_true(gzread(file, text, sizeof text - 1) > 0);
    assert_int_equal(gzclose(file), Z_OK);
    assert_string_equal(text,
                        "{\"video\":\"in/clip.mp4\",\"frame\":3,\"time\":0.12,\"width\":640,\"height\":360,\"state\":"
                        "\"ok\",\"people\":[]}\n{\"video\":\"b.mp4\",\"frame\":0,\"time\":0,\"width\":640,"
                        "\"height\":360,\"state\":\"ok\",\"people\":[]}\n");
    people_free(nobody);
    scratch_remove(folder);
}

/* A reader of a live run sees each frame when it is done. */
static void jsonl_is_live_for_a_camera(void **state) {
    const char *const folder = scratch_folder(), *const fifo = scratch_path(folder, "fifo");
    lightpose_result *const nobody = people_make(0);
    const lp_output_stream camera = {.kind = LP_STREAM_CAMERA, .name = "video0", .source = "/dev/video0"};
    const lp_output_options options = {0};
    lp_output *output;

    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_ok(lp_output_open(&output, lp_output_find("jsonl"), fifo, NULL, &options, error));
    assert_ok(lp_output_begin(output, &camera, error));
    for (int i = 0; i < 3; i++) {
        char line[300];
        const lp_output_frame frame = formats_frame(nobody, i);
        assert_ok(lp_output_frame_write(output, &frame, error));
        const ssize_t got = read(reader, line, sizeof line);
        assert_true(got > 0);
        assert_int_equal(line[got - 1], '\n');
        assert_memory_equal(line, "{\"camera\":\"/dev/video0\"", 23);
    }
    assert_ok(lp_output_close(&output, error));
    close(reader);
    people_free(nobody);
    scratch_remove(folder);
}

static void part_boxes(void **state) {
    lightpose_result *const people = people_make(1);
    lightpose_keypoint *const points = people->poses[0].keypoints;
    const lp_output_options options = {.part_boxes = 1};
    const lp_output_frame frame = formats_frame(people, 0);

    (void)state;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        points[k].state = LIGHTPOSE_MISSING;
    /* Facing us at 1.4 px a cm: ears 19.6 px apart, which is 14 cm. */
    const struct {
        int k;
        float x, y;
    } set[] = {{0, 200, 100}, {16, 190.2f, 100}, {17, 209.8f, 100}, {5, 220, 140}, {6, 220, 180}, {7, 250, 180}};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        points[set[i].k] = (lightpose_keypoint){set[i].x, set[i].y, 0.5f, LIGHTPOSE_DETECTED};
    char *text = formats_write("jsonl", &options, &formats_video, &frame, 1);
    json_t *json = formats_parse(text);
    json_t *person = json_array_get(json_object_get(json, "people"), 0);
    assert_string_equal(formats_keys(person), "id score rank box head left_hand right_hand keypoints");
    json_t *const head = json_object_get(person, "head"), *const hand = json_object_get(person, "left_hand");
    const double side = 1.3 * 23 * 1.4;
    assert_true(fabs(formats_at(head, 0) - (200 - side / 2)) < 0.01 &&
                fabs(formats_at(head, 1) - (100 - side / 2)) < 0.01);
    assert_true(fabs(formats_at(head, 2) - side) < 0.01 && fabs(formats_at(head, 3) - side) < 0.01);
    /* The upper arm, 40 px, says that the forearm is foreshortened. */
    const double hand_side = 1.2 * 40 * 25 / 30;
    assert_true(fabs(formats_at(hand, 0) + hand_side / 2 - (250 + 0.36 * 30)) < 0.01);
    assert_true(fabs(formats_at(hand, 1) + hand_side / 2 - 180) < 0.01);
    assert_true(fabs(formats_at(hand, 2) - hand_side) < 0.01);
    assert_true(json_is_null(json_object_get(person, "right_hand")));
    json_decref(json);
    free(text);

    /* Cut to the picture; and nothing where nothing of it is inside. */
    points[0] = points[16] = points[17] = (lightpose_keypoint){0};
    points[0] = (lightpose_keypoint){5, 5, 0.5f, LIGHTPOSE_DETECTED};
    points[1] = (lightpose_keypoint){5, 105, 0.5f, LIGHTPOSE_DETECTED};
    points[7].x = 2000;
    text = formats_write("jsonl", &options, &formats_video, &frame, 1);
    json = formats_parse(text);
    person = json_array_get(json_object_get(json, "people"), 0);
    const double wanted[] = {0, 0, 70, 70};
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(formats_at(json_object_get(person, "head"), i) - wanted[i]) < 0.01);
    assert_true(json_is_null(json_object_get(person, "left_hand")));
    json_decref(json);
    free(text);
    people_free(people);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonl_has_a_line_per_frame), cmocka_unit_test(jsonl_tells_of_clocks_pixels_and_damage),
        cmocka_unit_test(jsonl_names_images),         cmocka_unit_test(jsonl_holds_several_inputs),
        cmocka_unit_test(jsonl_is_live_for_a_camera), cmocka_unit_test(part_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
