/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Results of a run that was broken off, wherever and however, and gone on with: the bytes of one that was not. */

#include "formats.h"

#include <sys/wait.h>
#include <unistd.h>

#include "output/meta.h"

enum { FRAMES = 12, STREAMS = 2 };

static const char *const writers[] = {"jsonl", "csv", "coco", "dgs", "checksum", "ids"};

static const lp_output_stream streams[STREAMS] = {
    {.kind = LP_STREAM_VIDEO, .name = "S_a1", .source = "in/S_a1.mp4", .width = 640, .height = 360, .lineage = 5},
    {.kind = LP_STREAM_VIDEO, .name = "S_b1", .source = "in/S_b1.mp4", .number = 1, .lineage = 6},
};

/* Every third frame has nobody, one is undecodable. */
static void write_frame(lp_output *output, lightpose_result *const people[3], int index) {
    lp_output_frame frame = formats_frame(people[index % 3], index);
    if (index == 7) {
        frame.state = LP_FRAME_UNDECODABLE;
        frame.reason = "a test";
        frame.result = NULL;
    }
    assert_ok(lp_output_frame_write(output, &frame, error));
}

static void write_streams(lp_output *output, lightpose_result *const people[3], int many, int from_stream,
                          int from_frame) {
    for (int s = from_stream; s < (many ? STREAMS : 1); s++) {
        if (s > from_stream || from_frame < 0)
            assert_ok(lp_output_begin(output, &streams[s], error));
        for (int f = s > from_stream || from_frame < 0 ? 0 : from_frame; f < FRAMES; f++)
            write_frame(output, people, f);
    }
}

typedef enum breaking { LEFT, ABORTED, KILLED } breaking;

/* Writes up to the frame, a checkpoint, and then some that it does not know of, and ends in one of three ways. */
static void break_off(const char *writer, const char *path, lightpose_result *const people[3], int stream, int frame,
                      breaking how) {
    const lp_output_options options = {.about = "\"options\":{}"};
    lp_output *output;
    assert_ok(lp_output_open(&output, lp_output_find(writer), path, path, &options, error));
    for (int s = 0; s <= stream; s++) {
        assert_ok(lp_output_begin(output, &streams[s], error));
        for (int f = 0; f < (s < stream ? FRAMES : frame); f++)
            write_frame(output, people, f);
    }
    assert_ok(lp_output_checkpoint(output, "follower", 8, 0, error));
    for (int f = frame; how != LEFT && f < FRAMES && f < frame + 3; f++)
        write_frame(output, people, f);
    if (how == KILLED)
        _exit(0); /* no buffer is flushed: as kill -9 */
    if (how == LEFT)
        assert_ok(lp_output_leave(&output, error));
    lp_output_abort(&output);
}

static void go_on(const char *writer, const char *path, lightpose_result *const people[3], int many, int stream,
                  int frame) {
    const lp_output_options options = {.about = "\"options\":{}"};
    char *const beside = lp_output_file_beside(path, ".partial.meta");
    lp_output *output;
    lp_meta meta;
    assert_int_equal(lp_meta_read(&meta, beside), 1);
    assert_false(meta.complete);
    assert_string_equal(meta.format, writer);
    assert_int_equal(meta.number, stream);
    assert_int_equal(meta.lineage, streams[stream].lineage);
    assert_int_equal(meta.next, frame);
    assert_int_equal(meta.tracker_size, 8);
    assert_memory_equal(meta.tracker, "follower", 8);
    assert_ok(lp_output_resume(&output, lp_output_find(writer), path, path, &options, &meta, &streams[stream], error));
    assert_int_equal(lp_output_next(output), frame);
    lp_meta_free(&meta);
    write_streams(output, people, many, stream, frame);
    assert_ok(lp_output_close(&output, error));
    assert_int_equal(access(beside, F_OK), -1);
    free(beside);
}

static void check(const char *writer, const char *ending, lightpose_result *const people[3], int many) {
    const char *const folder = scratch_folder();
    char name[40];
    snprintf(name, sizeof name, "whole%s", ending);
    const char *const whole = scratch_path(folder, name);
    lp_output_options options = {0};
    lp_output *output;
    size_t size, got_size;
    assert_ok(lp_output_open(&output, lp_output_find(writer), whole, NULL, &options, error));
    write_streams(output, people, many, 0, -1);
    assert_ok(lp_output_close(&output, error));
    char *const wanted = scratch_read(whole, &size);
    snprintf(name, sizeof name, "broken%s", ending);
    for (int stream = 0; stream < (many ? STREAMS : 1); stream++)
        for (int frame = 0; frame <= FRAMES; frame++)
            for (int how = LEFT; how <= KILLED; how++) {
                const char *const path = scratch_path(folder, name);
                if (how == KILLED) {
                    int status;
                    const pid_t child = fork();
                    assert_true(child >= 0);
                    if (child == 0)
                        break_off(writer, path, people, stream, frame, how);
                    assert_int_equal(waitpid(child, &status, 0), child);
                    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
                } else {
                    break_off(writer, path, people, stream, frame, (breaking)how);
                }
                assert_int_equal(access(path, F_OK), -1); /* not whole: not under its name */
                go_on(writer, path, people, many, stream, frame);
                char *const got = scratch_read(path, &got_size);
                assert_int_equal(got_size, size);
                assert_memory_equal(got, wanted, size);
                free(got);
                assert_int_equal(unlink(path), 0);
            }
    free(wanted);
    scratch_remove(folder);
}

static void text_goes_on_byte_for_byte(void **state) {
    lightpose_result *const people[3] = {people_make(2), people_make(0), people_make(1)};
    (void)state;
    people[0]->poses[0].id = 3;
    people[0]->poses[1].id = 8;
    people[2]->poses[0].id = 5;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        for (int zipped = 0; zipped < 2; zipped++)
            check(writers[i], zipped ? ".x.gz" : ".x", people,
                  lp_output_find(writers[i])->many_streams == 1); /* coco holds one video */
    for (int i = 0; i < 3; i++)
        people_free(people[i]);
}

/* What a broken-off run of frames' own files left is not called whole until the last is there. */
static void folders_are_whole_with_their_side_file(void **state) {
    const char *const folder = scratch_folder(), *const base = scratch_path(folder, "S_a1.openpose");
    const char *const whole_meta = scratch_path(folder, "S_a1.openpose.meta");
    lightpose_result *const people[3] = {people_make(2), people_make(0), people_make(1)};
    lp_output_options options = {.about = "\"options\":{}"};
    lp_output *output;
    lp_meta meta;
    (void)state;
    for (int again = 0; again < 2; again++) {
        assert_ok(lp_output_open(&output, lp_output_find("openpose"), scratch_path(folder, "openpose"), base, &options,
                                 error));
        assert_int_equal(access(whole_meta, F_OK), -1); /* that of the first time is gone */
        assert_ok(lp_output_begin(output, &streams[0], error));
        for (int f = 0; f < 3; f++)
            write_frame(output, people, f);
        assert_ok(lp_output_checkpoint(output, NULL, 0, 0, error));
        assert_int_equal(access(scratch_path(folder, "S_a1.openpose.partial.meta"), F_OK), 0);
        assert_ok(lp_output_close(&output, error));
        assert_int_equal(lp_meta_read(&meta, whole_meta), 1);
        assert_true(meta.complete);
        assert_string_equal(meta.input, "in/S_a1.mp4");
        assert_int_equal(meta.frames, 3);
        assert_int_equal(meta.people, 3);
        lp_meta_free(&meta);
        assert_int_equal(access(scratch_path(folder, "S_a1.openpose.partial.meta"), F_OK), -1);
        assert_int_equal(scratch_entries(scratch_path(folder, "openpose")), 3); /* and nothing else */
    }
    options.no_meta = 1;
    assert_ok(
        lp_output_open(&output, lp_output_find("openpose"), scratch_path(folder, "openpose"), base, &options, error));
    assert_ok(lp_output_begin(output, &streams[0], error));
    write_frame(output, people, 0);
    assert_ok(lp_output_close(&output, error));
    assert_int_equal(scratch_entries(folder), 1);
    for (int i = 0; i < 3; i++)
        people_free(people[i]);
    scratch_remove(folder);
}

static void strange_side_files_are_none(void **state) {
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"state\":\"partial\"}",
        "{\"state\":\"complete\"}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":[],\"resume\":{\"bytes\":1,\"input\":0,\"inputs_hash\":"
        "\"1\",\"next\":1}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{},\"resume\":{\"bytes\":-1,\"input\":0,\"inputs_hash\":"
        "\"1\",\"next\":1}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{},\"resume\":{\"bytes\":1,\"input\":-1,\"inputs_hash\":"
        "\"1\",\"next\":1}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{},\"resume\":{\"bytes\":1,\"input\":0,\"inputs_hash\":"
        "\"x\",\"next\":1}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{},\"resume\":{\"bytes\":1,\"input\":0,\"inputs_hash\":"
        "\"1\",\"next\":null}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{},\"resume\":{\"bytes\":1,\"input\":0,\"inputs_hash\":"
        "\"1\",\"next\":1,"
        "\"writer\":\"***\"}}",
        "{\"state\":\"partial\",\"format\":\"csv\",\"run\":{},\"resume\":{\"bytes\":1,\"input\":0,\"inputs_hash\":"
        "\"1\",\"next\":1,"
        "\"tracker\":7}}",
    };
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "x.meta");
    lp_meta meta;
    (void)state;
    assert_int_equal(lp_meta_read(&meta, path), 0);
    lp_meta_free(&meta);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scratch_write(path, texts[i]);
        if (lp_meta_read(&meta, path))
            fail_msg("taken for a side file: %s", texts[i]);
        lp_meta_free(&meta);
    }
    /* And what is remembered of one format is no use to another. */
    for (size_t i = 2; i < sizeof writers / sizeof *writers; i++) {
        const lp_output_options options = {0};
        const lp_meta odd = {.writer = "nonsense", .writer_size = 9};
        lp_output *output;
        assert_fails(lp_output_resume(&output, lp_output_find(writers[i]), scratch_path(folder, "odd"), NULL, &options,
                                      &odd, &streams[0], error),
                     LIGHTPOSE_ERROR_ARGUMENT, writers[i]);
        assert_null(output);
    }
    scratch_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_goes_on_byte_for_byte),
        cmocka_unit_test(folders_are_whole_with_their_side_file),
        cmocka_unit_test(strange_side_files_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
