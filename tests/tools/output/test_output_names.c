/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What outputs are called, and what they must not replace. */

#include "formats.h"

#include <math.h>
#include <unistd.h>

/* ---- Names --------------------------------------------------------------------------------------------------------
 */

static void file_names(void **state) {
    static const struct {
        lp_output_stream stream;
        int64_t index;
        const char *name, *file;
    } cases[] = {
        {{.kind = LP_STREAM_VIDEO, .name = "clip"}, 0, NULL, "clip_000000000000_keypoints.json"},
        {{.kind = LP_STREAM_VIDEO, .name = "a.b c"}, 123, NULL, "a.b c_000000000123_keypoints.json"},
        {{.kind = LP_STREAM_VIDEO, .name = "big"}, INT64_C(1234567890123), NULL, "big_1234567890123_keypoints.json"},
        {{.kind = LP_STREAM_CAMERA, .name = "video0"}, 42, NULL, "000000000042_keypoints.json"},
        {{.kind = LP_STREAM_IMAGES, .name = "all"}, 3, "photos.d/img.0001.jpg", "img.0001_keypoints.json"},
        {{.kind = LP_STREAM_IMAGES, .name = "all"}, 4, "plain", "plain_keypoints.json"},
        {{.kind = LP_STREAM_IMAGES, .name = "all"}, 5, "/abs/.hidden", ".hidden_keypoints.json"},
    };
    lightpose_result *const nobody = people_make(0);
    const lp_output_options options = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const folder = scratch_folder();
        lp_output_frame frame = formats_frame(nobody, cases[i].index);
        lp_output *output;
        frame.name = cases[i].name;
        assert_ok(lp_output_open(&output, lp_output_find("openpose"), scratch_path(folder, "new/json"), NULL, &options,
                                 error));
        assert_ok(lp_output_begin(output, &cases[i].stream, error));
        assert_ok(lp_output_frame_write(output, &frame, error));
        assert_ok(lp_output_close(&output, error));
        const char *const json = scratch_path(folder, "new/json");
        assert_int_equal(scratch_entries(json), 1);
        scratch_expect(scratch_path(json, cases[i].file), "{\"version\":1.3,\"people\":[]}");
        scratch_remove(folder);
    }
    people_free(nobody);
}

static void one_name_is_written_once(void **state) {
    const char *const folder = scratch_folder();
    lightpose_result *const nobody = people_make(0);
    const lp_output_stream images = {.kind = LP_STREAM_IMAGES, .name = "all", .source = "all"};
    const lp_output_stream other = {.kind = LP_STREAM_VIDEO, .name = "other", .source = "other.mp4"};
    lp_output_options options = {0};
    lp_output *output;

    (void)state;
    assert_ok(lp_output_guard_create(&options.guard, 0, error));
    assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, &options, error));
    assert_ok(lp_output_begin(output, &formats_video, error));
    assert_ok(lp_output_begin(output, &other, error));
    assert_ok(lp_output_begin(output, &images, error));
    lp_output_frame frame = formats_frame(nobody, 0);
    frame.name = "a/x.jpg";
    assert_ok(lp_output_frame_write(output, &frame, error));
    frame.index = 1;
    frame.name = "b/x.png";
    assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, "x_keypoints.json");
    lp_output_abort(&output);
    assert_int_equal(scratch_entries(folder), 1); /* the first is whole */

    assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, &options, error));
    assert_fails(lp_output_begin(output, &formats_video, error), LIGHTPOSE_ERROR_ARGUMENT, "clip_*_keypoints.json");
    lp_output_abort(&output);
    lp_output_guard_destroy(&options.guard);
    people_free(nobody);
    scratch_remove(folder);
}

static void the_input_is_not_replaced(void **state) {
    const char *const folder = scratch_folder(), *const file = scratch_path(folder, "clip_000000000007_keypoints.json");
    lightpose_result *const nobody = people_make(0);
    lp_output_options options = {0};
    const lp_output_frame frame = formats_frame(nobody, 7);

    (void)state;
    scratch_write(file, "an input");
    for (int no_clobber = 0; no_clobber < 2; no_clobber++) {
        lp_output *output;
        assert_ok(lp_output_guard_create(&options.guard, no_clobber, error));
        if (!no_clobber)
            assert_ok(lp_output_guard_input(options.guard, file, error));
        assert_ok(lp_output_open(&output, lp_output_find("openpose"), folder, NULL, &options, error));
        assert_ok(lp_output_begin(output, &formats_video, error));
        if (no_clobber) { /* passed over */
            assert_ok(lp_output_frame_write(output, &frame, error));
            assert_ok(lp_output_close(&output, error));
        } else {
            assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, file);
            assert_fails(lp_output_close(&output, error), LIGHTPOSE_ERROR_STATE, "failed before");
        }
        assert_null(output);
        lp_output_guard_destroy(&options.guard);
    }
    scratch_expect(file, "an input");
    assert_int_equal(scratch_entries(folder), 1);
    people_free(nobody);
    scratch_remove(folder);
}

static void names_are_claimed_once(void **state) {
    const char *const folder = scratch_folder();
    lp_output_guard *guard;

    (void)state;
    assert_ok(lp_output_guard_create(&guard, 0, error));
    assert_ok(lp_output_guard_claim(guard, scratch_path(folder, "x"), error));
    assert_ok(lp_output_guard_claim(guard, scratch_path(folder, "y"), error));
    assert_fails(lp_output_guard_claim(guard, scratch_path(folder, "./x"), error), LIGHTPOSE_ERROR_ARGUMENT, "twice");
    assert_ok(lp_output_guard_claim(NULL, "x", error));
    assert_ok(lp_output_guard_claim(NULL, "x", error));
    lp_output_guard_destroy(&guard);
    scratch_remove(folder);
}

/* ---- The table ----------------------------------------------------------------------------------------------------
 */

static void writers_are_found(void **state) {
    static const struct {
        const char *path, *name;
    } paths[] = {
        {"out/clip.jsonl", "jsonl"},
        {"clip.jsonl.gz", "jsonl"},
        {"clip.coco.json", "coco"},
        {"clip.dgs.json.gz", "dgs"},
        {"clip.dgs.json", "dgs"},
        {"a.b.csv", "csv"},
        {"clip.checksum", "checksum"},
        {"clip.json", NULL},
        {"CLIP.JSONL", "jsonl"},
        {"clip.mkv", "video"},
        {"clip.mp4", "video"},
        {"clip.mp4.gz", NULL},
        {"photo.png", "picture"},
        {"photo.JPEG", "picture"},
        {"png", NULL},
        {".png", NULL},
        {".csv", NULL},
        {"clip.txt", NULL},
        {"", NULL},
        {"csv", NULL},
    };

    (void)state;
    for (size_t i = 0; lp_output_writers[i]; i++) {
        const lp_output_writer *const writer = lp_output_writers[i];
        assert_ptr_equal(lp_output_find(writer->name), writer);
        assert_non_null(strstr(lp_output_names(), writer->name));
        assert_true(writer->summary && *writer->summary);
        assert_true(writer->open && writer->frame && writer->close && writer->abort);
        assert_false(writer->suffix && writer->folder);
    }
    assert_null(lp_output_find("openpos"));
    assert_null(lp_output_find(""));
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const lp_output_writer *const writer = lp_output_by_path(paths[i].path);
        if (!paths[i].name)
            assert_null(writer);
        else
            assert_string_equal(writer ? writer->name : "none", paths[i].name);
    }
}

static void places_under_a_folder(void **state) {
    static const struct {
        const char *writer, *folder, *name, *place;
    } cases[] = {
        {"jsonl", "out", "clip", "out/clip.jsonl"},
        {"jsonl", "out/", "a.b", "out/a.b.jsonl"},
        {"openpose", "out", "clip", "out/openpose"},
        {"dgs", "/", "x", "/x.dgs.json.gz"},
        {"null", "out", "clip", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *const place = lp_output_place(lp_output_find(cases[i].writer), cases[i].folder, cases[i].name);
        if (!cases[i].place)
            assert_null(place);
        else
            assert_string_equal(place, cases[i].place);
        free(place);
    }
}

/* An output of one file for a whole run takes its name at once, and has it not when it is aborted. */
static void one_file_is_written_once(void **state) {
    static const char *const writers[] = {"jsonl", "coco", "dgs", "csv", "checksum"};
    const char *const folder = scratch_folder();
    lightpose_result *const people = people_make(2);
    const lp_output_frame frame = formats_frame(people, 0);

    (void)state;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        const char *const path = scratch_path(folder, writers[i]);
        char partial[40];
        snprintf(partial, sizeof partial, "%s.partial", writers[i]);
        lp_output_options options = {0};
        lp_output *output, *second;
        assert_ok(lp_output_guard_create(&options.guard, 0, error));
        assert_ok(lp_output_open(&output, lp_output_find(writers[i]), path, NULL, &options, error));
        assert_fails(lp_output_open(&second, lp_output_find("csv"), path, NULL, &options, error),
                     LIGHTPOSE_ERROR_ARGUMENT, path);
        assert_null(second);
        assert_ok(lp_output_begin(output, &formats_video, error));
        assert_ok(lp_output_frame_write(output, &frame, error));
        lp_output_abort(&output);
        assert_null(output);
        assert_int_equal(access(path, F_OK), -1); /* what it had stays, under another name */
        assert_int_equal(scratch_entries(folder), 1);
        assert_int_equal(unlink(scratch_path(folder, partial)), 0);
        assert_fails(
            lp_output_open(&output, lp_output_find(writers[i]), scratch_path(folder, "no/such"), NULL, &options, error),
            LIGHTPOSE_ERROR_FILE, "no/such");
        assert_null(output);
        lp_output_guard_destroy(&options.guard);
    }
    people_free(people);
    scratch_remove(folder);
}

/* A device that is always full: every format notices, at the latest when it is closed. */
static void a_full_device_is_noticed(void **state) {
    static const char *const writers[] = {"jsonl", "coco", "dgs", "csv", "checksum"};
    lightpose_result *const people = people_make(2);
    const lp_output_options options = {0};

    (void)state;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        lightpose_error detail = {0};
        lp_output *output;
        assert_ok(lp_output_open(&output, lp_output_find(writers[i]), "/dev/full", NULL, &options, error));
        assert_ok(lp_output_begin(output, &formats_video, error));
        lightpose_status status = LIGHTPOSE_OK;
        for (int f = 0; f < 20 && status == LIGHTPOSE_OK; f++) {
            const lp_output_frame frame = formats_frame(people, f);
            status = lp_output_frame_write(output, &frame, &detail);
        }
        assert_int_equal(lp_output_close(&output, &detail),
                         status == LIGHTPOSE_OK ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_ERROR_STATE);
        assert_null(output);
        assert_non_null(strstr(detail.text, "\"/dev/full\": cannot write: No space left on device"));
    }
    people_free(people);
}

static void null_takes_everything(void **state) {
    lightpose_result *const people = people_make(2);
    const lp_output_options options = {0};
    const lp_output_frame frame = formats_frame(people, 0);
    lp_output *output;

    (void)state;
    assert_ok(lp_output_open(&output, lp_output_find("null"), NULL, NULL, &options, error));
    assert_ok(lp_output_begin(output, &formats_video, error));
    assert_ok(lp_output_frame_write(output, &frame, error));
    assert_ok(lp_output_close(&output, error));
    assert_fails(lp_output_open(&output, lp_output_find("csv"), NULL, NULL, &options, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "name");
    people_free(people);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_names),
        cmocka_unit_test(one_name_is_written_once),
        cmocka_unit_test(the_input_is_not_replaced),
        cmocka_unit_test(names_are_claimed_once),
        cmocka_unit_test(writers_are_found),
        cmocka_unit_test(places_under_a_folder),
        cmocka_unit_test(one_file_is_written_once),
        cmocka_unit_test(a_full_device_is_noticed),
        cmocka_unit_test(null_takes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
