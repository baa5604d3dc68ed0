/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose diff: what it finds between files that the writers made, and what it says of bad ones. */

#include "formats.h"

#include "cli.h"

#include <stdio.h>
#include <unistd.h>

static char said[20000]; /* what the last run printed, on both streams */

/* Runs the subcommand with words separated by spaces. */
static int run(const char *words) {
    char **argv;
    const int argc = lp_cli_split(words, &argv);
    FILE *const to = tmpfile();

    assert_true(argc > 0);
    assert_non_null(to);
    fflush(NULL);
    const int out = dup(1), err = dup(2);
    dup2(fileno(to), 1);
    dup2(fileno(to), 2);
    const int code = cmd_diff(argc, argv);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    rewind(to);
    said[fread(said, 1, sizeof said - 1, to)] = '\0';
    fclose(to);
    free(argv);
    return code;
}

static int compare(const char *options, const char *a, const char *b) {
    char words[10000];
    snprintf(words, sizeof words, "%s %s %s", options, a, b);
    return run(words);
}

#define assert_said(words)                                                                                             \
    do {                                                                                                               \
        if (!strstr(said, words))                                                                                      \
            fail_msg("\"%s\" is not in:\n%s", words, said);                                                            \
    } while (0)

/* Writes `count` frames, one result each, in the format that the name's ending tells (none: a folder of OpenPose
 * files). Returns the path. */
static const char *written(const char *folder, const char *name, const lp_output_stream *stream,
                           lightpose_result *const *results, int count) {
    const lp_output_options options = {.completed = 1,
                                       .set = strstr(name, "18") ? LP_KEYPOINTS_COCO18 : LP_KEYPOINTS_BODY25};
    const char *const path = scratch_path(folder, name);
    const lp_output_writer *const writer = lp_output_by_path(name);
    lp_output *output;

    assert_ok(lp_output_open(&output, writer ? writer : lp_output_find("openpose"), path, NULL, &options, error));
    assert_ok(lp_output_begin(output, stream, error));
    for (int i = 0; i < count; i++) {
        lp_output_frame frame = formats_frame(results[i], i);
        char picture[40];
        snprintf(picture, sizeof picture, "in/%d.jpg", i + 100);
        frame.name = picture;
        if (!results[i])
            frame.state = LP_FRAME_UNDECODABLE;
        assert_ok(lp_output_frame_write(output, &frame, error));
    }
    assert_ok(lp_output_close(&output, error));
    return path;
}

static lightpose_result *three[3]; /* frames of 2, 0 and 3 people */

static int make_three(void **state) {
    (void)state;
    three[0] = people_make(2);
    three[1] = people_make(0);
    three[2] = people_make(3);
    return 0;
}

static int free_three(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        people_free(three[i]);
    return 0;
}

/* ---- The same results -------------------------------------------------------------------------------------------- */

static void every_format_is_read(void **state) {
    static const char *const names[] = {"a.jsonl",      "a18.jsonl.gz", "a.coco.json", "a.dgs.json.gz",
                                        "a18.dgs.json", "openpose",     "openpose18"};
    enum { FORMATS = sizeof names / sizeof *names };
    const char *const folder = scratch_folder();
    char paths[FORMATS][300];

    (void)state;
    people_lose(three[0], 1, 5);
    people_lose(three[2], 0, 0);
    for (int kind = LP_STREAM_IMAGES; kind <= LP_STREAM_CAMERA; kind++) {
        const lp_output_stream stream = {.kind = (lp_stream_kind)kind, .name = "clip_a1", .source = "in/clip_a1.mp4"};
        const char *const place = scratch_path(folder, kind == 0 ? "images" : kind == 1 ? "video" : "camera");
        assert_ok(lp_output_make_folder(place, error));
        for (int i = 0; i < FORMATS; i++)
            snprintf(paths[i], sizeof paths[i], "%s", written(place, names[i], &stream, three, 3));
        for (int i = 0; i < FORMATS; i++)
            for (int j = 0; j < FORMATS; j++) {
                const int dgs = strstr(names[i], "dgs") || strstr(names[j], "dgs");
                if (dgs && kind == LP_STREAM_IMAGES)
                    continue; /* its numbers count the pictures; the others have their names */
                if (compare("-t 0.001", paths[i], paths[j]) != 0)
                    fail_msg("%s and %s differ:\n%s", paths[i], paths[j], said);
                const int coco = strstr(names[i], "coco") || strstr(names[j], "coco");
                assert_said("people     5 in both, 0 only in A, 0 only in B");
                assert_said(coco ? "keypoints  83 in both, 0 only" : "keypoints  88 in both, 0 only");
                if (i == j)
                    assert_int_equal(compare("-q", paths[i], paths[j]), 0);
            }
    }
    scratch_remove(folder);
}

static void order_does_not_matter(void **state) {
    const char *const folder = scratch_folder();
    char before[300];

    (void)state;
    snprintf(before, sizeof before, "%s", written(folder, "a.jsonl", &formats_video, three, 3));
    const lightpose_pose first = three[2]->poses[0];
    three[2]->poses[0] = three[2]->poses[2];
    three[2]->poses[2] = first;
    assert_int_equal(compare("", before, written(folder, "b.jsonl", &formats_video, three, 3)), 0);

    /* COCO results may have a picture's people anywhere. */
    scratch_write(scratch_path(folder, "x.coco.json"), "[]");
    assert_int_equal(compare("", scratch_path(folder, "x.coco.json"), scratch_path(folder, "x.coco.json")), 0);
    char *const text = scratch_read(written(folder, "b.coco.json", &formats_images, three, 3), NULL);
    json_t *const json = formats_parse(text), *const shuffled = json_array();
    for (size_t i = 0; i < json_array_size(json); i++)
        json_array_append(shuffled, json_array_get(json, i * 3 % json_array_size(json)));
    assert_int_equal(json_dump_file(shuffled, scratch_path(folder, "x.coco.json"), JSON_INDENT(1)), 0);
    assert_int_equal(compare("", scratch_path(folder, "b.coco.json"), scratch_path(folder, "x.coco.json")), 0);
    assert_said("frames     2 in both");
    json_decref(json);
    json_decref(shuffled);
    free(text);
    scratch_remove(folder);
}

/* ---- Differences ------------------------------------------------------------------------------------------------- */

static void a_moved_keypoint(void **state) {
    const char *const folder = scratch_folder();
    char before[300];

    (void)state;
    snprintf(before, sizeof before, "%s", written(folder, "a.jsonl", &formats_video, three, 3));
    three[2]->poses[1].keypoints[7].x += 3;
    three[2]->poses[1].keypoints[7].y -= 4;
    three[0]->poses[0].keypoints[2].score -= 0.25f;
    const char *const after = written(folder, "b.jsonl", &formats_video, three, 3);
    assert_int_equal(compare("--list 9", before, after), 1);
    assert_said("clip_000000000002: 1 keypoints apart\n");
    assert_null(strstr(said, "clip_000000000000:"));
    assert_said("distance   median 0 px, p95 0, max 5 (clip_000000000002, person 1, left_wrist); 1 above 0");
    assert_said("score      max 0.25 apart (clip_000000000000, person 0, right_shoulder)");
    assert_int_equal(compare("-t 4.99", before, after), 1);
    assert_int_equal(compare("-t 5.01", before, after), 0); /* scores are told, not judged */
    assert_int_equal(compare("-q", before, after), 1);
    assert_string_equal(said, "");
    assert_int_equal(compare("--each", before, after), 1);
    assert_said("left_wrist 5 in both, 0 only in A, 0 only in B\n           median 0 px, p95 5, max 5\n");
    scratch_remove(folder);
}

static void what_is_in_one_alone(void **state) {
    const char *const folder = scratch_folder();
    char before[300];

    (void)state;
    snprintf(before, sizeof before, "%s", written(folder, "a.jsonl", &formats_video, three, 3));
    people_lose(three[0], 0, 4);
    people_lose(three[0], 0, 3);
    assert_int_equal(compare("-l 1", before, written(folder, "b.jsonl", &formats_video, three, 3)), 1);
    assert_said("clip_000000000000: 2 keypoints only in A\n");
    assert_int_equal(compare("", scratch_path(folder, "b.jsonl"), before), 1);
    assert_said("keypoints  88 in both, 0 only in A, 2 only in B");

    assert_int_equal(compare("-l 5", before, written(folder, "c.jsonl", &formats_video, three, 2)), 1);
    assert_said("frames     2 in both, 1 only in A, 0 only in B");
    assert_said("clip_000000000002: 1 frame only in A\n");

    /* A person far away is another person. */
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        three[2]->poses[2].keypoints[k].x += 5000;
    assert_int_equal(compare("-l 5", before, written(folder, "d.jsonl", &formats_video, three, 3)), 1);
    assert_said("people     4 in both, 1 only in A, 1 only in B");
    assert_said("clip_000000000002: 1 people only in A, 1 people only in B\n");

    lightpose_result *const damaged[] = {three[0], NULL, three[2]};
    assert_int_equal(
        compare("", scratch_path(folder, "d.jsonl"), written(folder, "e.jsonl", &formats_video, damaged, 3)), 1);
    assert_said("1 frames are decoded in only one file");

    /* Where a format says nothing of empty frames, people that are missing are people, not frames. */
    lightpose_result *const nobody[] = {three[1], three[1], three[2]};
    const char *const coco = written(folder, "f.coco.json", &formats_video, nobody, 3);
    assert_int_equal(compare("-t 0.001", coco, scratch_path(folder, "d.jsonl")), 1);
    assert_said("frames     3 in both, 0 only in A, 0 only in B");
    assert_said("people     3 in both, 0 only in A, 2 only in B");
    scratch_remove(folder);
}

static void ids_are_followed(void **state) {
    const char *const folder = scratch_folder();
    enum { FRAMES = 5 };
    lightpose_result *frames[FRAMES];
    char before[300];

    (void)state;
    for (int i = 0; i < FRAMES; i++) {
        frames[i] = people_make(2);
        frames[i]->poses[0].id = 1;
        frames[i]->poses[1].id = 2;
    }
    snprintf(before, sizeof before, "%s", written(folder, "a.jsonl", &formats_video, frames, FRAMES));
    for (int i = 0; i < FRAMES; i++) {
        frames[i]->poses[0].id = 70; /* other names for the same people */
        frames[i]->poses[1].id = 60;
    }
    assert_int_equal(compare("", before, written(folder, "b.jsonl", &formats_video, frames, FRAMES)), 0);
    frames[3]->poses[0].id = frames[4]->poses[0].id = 71; /* B takes the first for somebody new, once */
    assert_int_equal(compare("-l 9", before, written(folder, "c.jsonl", &formats_video, frames, FRAMES)), 1);
    assert_said("ids        0 changes in A, 1 in B");
    assert_said("clip_000000000003: 1 id changes in B\n");
    for (int i = 3; i < FRAMES; i++) { /* B swaps the two: each side's people have another partner */
        frames[i]->poses[0].id = 60;
        frames[i]->poses[1].id = 70;
    }
    assert_int_equal(compare("", before, written(folder, "d.jsonl", &formats_video, frames, FRAMES)), 1);
    assert_said("ids        2 changes in A, 2 in B");

    /* Ids of another video are other ids. */
    char *const text = scratch_read(before, NULL);
    const char *const two = scratch_path(folder, "two.jsonl"), *const other = scratch_path(folder, "other.jsonl");
    FILE *const a = fopen(two, "w"), *const b = fopen(other, "w");
    fputs(text, a);
    fputs(text, b);
    free(text);
    const lp_output_stream second = {.kind = LP_STREAM_VIDEO, .name = "second", .source = "second.mp4"};
    for (int i = 0; i < FRAMES; i++) {
        frames[i]->poses[0].id = 1;
        frames[i]->poses[1].id = 2;
    }
    char *const same = scratch_read(written(folder, "s.jsonl", &second, frames, FRAMES), NULL);
    for (int i = 0; i < FRAMES; i++) {
        frames[i]->poses[0].id = 2;
        frames[i]->poses[1].id = 1;
    }
    char *const swapped = scratch_read(written(folder, "t.jsonl", &second, frames, FRAMES), NULL);
    fputs(same, a);
    fputs(swapped, b);
    fclose(a);
    fclose(b);
    free(same);
    free(swapped);
    assert_int_equal(compare("", two, other), 0);
    assert_said("frames     10 in both");
    for (int i = 0; i < FRAMES; i++)
        people_free(frames[i]);
    scratch_remove(folder);
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

static void frames_are_found_by_number(void **state) {
    const char *const folder = scratch_folder();
    const lp_output_stream renamed = {.kind = LP_STREAM_VIDEO, .name = "copy", .source = "copy.avi"};
    char before[300];

    (void)state;
    snprintf(before, sizeof before, "%s", written(folder, "a.jsonl", &formats_video, three, 3));
    assert_int_equal(compare("", before, written(folder, "b.jsonl", &renamed, three, 3)), 0);

    /* Two single files are the same frame, whatever they are called. */
    written(folder, "openpose", &formats_video, three, 3);
    const char *const one = scratch_path(folder, "openpose/clip_000000000000_keypoints.json");
    assert_int_equal(compare("", one, one), 0);
    const char *const other = scratch_path(folder, "openpose/clip_000000000002_keypoints.json");
    assert_int_equal(compare("", one, other), 1);
    assert_said("people     2 in both, 0 only in A, 1 only in B");
    scratch_remove(folder);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void trouble_is_named(void **state) {
    static const struct {
        const char *text, *words;
    } files[] = {
        {"", "empty"},
        {" \n", "empty"},
        {"keypoints", "no JSON"},
        {"{\"video\":\"a\",\"frame\":0,\"people\":[]}\n{\"video\":", "line 2"},
        {"{\"video\":\"a\",\"frame\":0}", "line 1: no array \"people\""},
        {"{\"frame\":0,\"people\":[]}", "line 1: no \"image\""},
        {"{\"video\":\"a\",\"frame\":-1,\"people\":[]}", "line 1"},
        {"{\"video\":\"a\",\"frame\":0,\"people\":[{\"keypoints\":[]}]}", "0 keypoints instead of 18 or 25"},
        {"{\"video\":\"a\",\"frame\":0,\"people\":[3]}", "0 keypoints instead"},
        {"{\"video\":\"a\",\"frame\":0,\"people\":[]}\n\n{\"video\":\"a\",\"frame\":0,\"people\":[]}\n",
         "two frames cannot be told apart"},
        {"[", "element 0"},
        {"[{\"image_id\":1,\"keypoints\":[1,2,3]}]", "51 numbers"},
        {"[{\"image_id\":\"x\",\"keypoints\":[]}]", "element 0: needs an integer"},
        {"[{\"frames\":{}} {\"frames\":{}}]", "element 0: not followed by a comma"},
        {"[{\"frames\":{}},]", "element 1"},
        {"[] []", "more text"},
        {"[{\"frames\":{\"0\":{}}}]", "no array \"people\""},
        {"{\"version\":1.3,\"people\":[{\"pose_keypoints_2d\":[1,2,3]}]}", "54 or 75 numbers"},
        {"{\"version\":1.3,\"people\":[", "line 1, column"},
        {"{\"video\":\"a\",\"frame\":0,\"people\":[{\"keypoints\":[[1e300,0,1,1],0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}]}",
         "keypoint 0 is not"},
    };
    const char *const folder = scratch_folder();

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *const path = scratch_path(folder, "bad.json");
        scratch_write(path, files[i].text);
        assert_int_equal(compare("", path, path), 2);
        assert_said(files[i].words);
        assert_said("bad.json");
    }
    const char *const none = scratch_path(folder, "none.jsonl");
    assert_int_equal(compare("", none, none), 2);
    assert_said("none.jsonl\": cannot read: No such file");
    assert_int_equal(compare("", folder, folder), 2);
    assert_said("no file of this folder ends in \"_keypoints.json\"");
    assert_int_equal(run("one.jsonl"), 2);
    assert_said("give two files to compare; 1 is given");
    assert_int_equal(run("-t -1 a b"), 2);
    assert_said("tolerance");
    assert_int_equal(run("--help"), 0);
    assert_said("Exit status: 0 equal, 1 different, 2 failure");

    /* A gzipped file that was cut. */
    written(folder, "a.jsonl.gz", &formats_video, three, 3);
    const char *const cut = scratch_path(folder, "a.jsonl.gz");
    assert_int_equal(truncate(cut, 200), 0);
    assert_int_equal(compare("", cut, cut), 2);
    assert_said("a.jsonl.gz\": cannot read: the gzip data end early");
    written(folder, "a.coco.json.gz", &formats_video, three, 3);
    assert_int_equal(truncate(scratch_path(folder, "a.coco.json.gz"), 200), 0);
    assert_int_equal(compare("", scratch_path(folder, "a.coco.json.gz"), cut), 2);
    assert_said("a.coco.json.gz\": cannot read: the gzip data end early");
    scratch_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_format_is_read, make_three, free_three),
        cmocka_unit_test_setup_teardown(order_does_not_matter, make_three, free_three),
        cmocka_unit_test_setup_teardown(a_moved_keypoint, make_three, free_three),
        cmocka_unit_test_setup_teardown(what_is_in_one_alone, make_three, free_three),
        cmocka_unit_test_setup_teardown(frames_are_found_by_number, make_three, free_three),
        cmocka_unit_test_setup_teardown(trouble_is_named, make_three, free_three),
        cmocka_unit_test(ids_are_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
