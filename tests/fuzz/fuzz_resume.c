/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What --resume finds: a side file and, behind a zero byte, the partial file beside it. Either they are nothing to go
 * on with, or a run goes on with them, writes frames and ends; each step fails with a message or not at all. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/writers.h"
#include "run/left.h"

static const char *const writers[] = {"jsonl", "coco", "dgs", "ids", "csv", "checksum"};
enum { WRITERS = sizeof writers / sizeof *writers, MOST_SEED = 1 << 16 };

static char folder[64], result_path[80], partial[96], partial_meta[96], whole_meta[96];

static void leave_folder(void) {
    unlink(result_path);
    unlink(partial);
    unlink(partial_meta);
    unlink(whole_meta);
    rmdir(folder);
}

static void make_folder(void) {
    snprintf(folder, sizeof folder, "%s/fuzz-resume-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder) != NULL);
    snprintf(result_path, sizeof result_path, "%s/out", folder);
    snprintf(partial, sizeof partial, "%s.partial", result_path);
    snprintf(partial_meta, sizeof partial_meta, "%s.partial.meta", result_path);
    snprintf(whole_meta, sizeof whole_meta, "%s.meta", result_path);
    atexit(leave_folder);
}

static void put(const char *path, const uint8_t *data, size_t size) {
    FILE *const file = fopen(path, "wbe");
    must(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

/* Frames of two people, one of them with the tracker's id. */
static void write_frames(lp_output *output, lightpose_result *people) {
    lightpose_error error = {0};
    for (int i = 0; i < 2; i++) {
        const lp_output_frame frame = {.index = lp_output_next(output),
                                       .time = i / 25.0,
                                       .name = "a/7.jpg",
                                       .width = 640,
                                       .height = 360,
                                       .result = people};
        if (frame.index == INT64_MAX || !fuzz_told(lp_output_frame_write(output, &frame, &error), &error))
            return;
        if (!fuzz_told(lp_output_checkpoint(output, "memory", 6, 0, &error), &error))
            return;
    }
}

static lightpose_result *make_people(void) {
    static lightpose_result *people;
    lightpose_pose poses[2] = {{.id = -1, .keypoint_count = 1}, {.id = 3, .keypoint_count = 1}};

    if (people)
        return people;
    poses[0].keypoints[0] = poses[1].keypoints[0] = (lightpose_keypoint){10.5f, 20.25f, 0.5f, LIGHTPOSE_DETECTED};
    must(lightpose_result_create(&people, NULL) == LIGHTPOSE_OK);
    must(lightpose_result_assign(people, poses, 2, NULL) == LIGHTPOSE_OK);
    return people;
}

static const lp_output_options options = {.about = "\"options\":{}"};
static const lp_output_stream stream = {.kind = LP_STREAM_VIDEO, .name = "a", .source = "a.mp4", .lineage = 5};

static void go_on(const lp_place *place, const lp_meta *meta, int leave) {
    static const lp_output_stream next = {.kind = LP_STREAM_VIDEO, .name = "b", .source = "b.mp4", .number = 1};
    lp_output *output;
    lightpose_tracker *tracker;
    lightpose_error error = {0};

    if (meta->tracker) {
        if (fuzz_told(lightpose_tracker_restore(&tracker, meta->tracker, meta->tracker_size, &error), &error))
            lightpose_tracker_destroy(&tracker);
    }
    error = (lightpose_error){0};
    if (!fuzz_told(lp_output_resume(&output, place->writer, result_path, result_path, &options, meta, &stream, &error),
                   &error)) {
        must(!output);
        return;
    }
    write_frames(output, make_people());
    error = (lightpose_error){0};
    if (place->writer->many_streams == 1 && fuzz_told(lp_output_begin(output, &next, &error), &error))
        write_frames(output, make_people());
    error = (lightpose_error){0};
    (void)fuzz_told(leave ? lp_output_leave(&output, &error) : lp_output_close(&output, &error), &error);
    must(!output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lp_left left;
    size_t part;

    if (!*folder)
        make_folder();
    const int what = fuzz_byte(&input);
    const lp_place place = {.writer = lp_output_find(writers[what % WRITERS]), .path = result_path, .videos = 1};
    const lp_slot slot = {.path = result_path, .base = result_path};
    uint8_t *const meta = fuzz_part(&input, &part);
    put(what & 64 ? whole_meta : partial_meta, meta, part);
    put(what & 64 ? result_path : partial, input.at, input.left);
    lp_left_look(&left, &place, &slot, 1);
    if (left.state == LP_LEFT_PARTIAL) {
        must(left.meta.bytes <= (int64_t)input.left && left.meta.next >= 0 && left.meta.number >= 0);
        go_on(&place, &left.meta, what & 128);
    }
    lp_left_free(&left);
    free(meta);
    unlink(result_path);
    unlink(partial);
    unlink(partial_meta);
    unlink(whole_meta);
    return 0;
}

static size_t append(uint8_t *to, const char *path) {
    FILE *const file = fopen(path, "rbe");
    must(file != NULL);
    const size_t size = fread(to, 1, MOST_SEED / 4, file);
    fclose(file);
    return size;
}

/* What each format leaves of a run that was interrupted after two frames. */
uint8_t *fuzz_seed(int index, size_t *size) {
    lp_output *output;

    if (index >= WRITERS)
        return NULL;
    if (!*folder)
        make_folder();
    must(lp_output_open(&output, lp_output_find(writers[index]), result_path, result_path, &options, NULL) ==
         LIGHTPOSE_OK);
    must(lp_output_begin(output, &stream, NULL) == LIGHTPOSE_OK);
    write_frames(output, make_people());
    must(lp_output_leave(&output, NULL) == LIGHTPOSE_OK);
    uint8_t *const seed = malloc(MOST_SEED);
    seed[0] = (uint8_t)index;
    *size = 1 + append(seed + 1, partial_meta);
    seed[(*size)++] = 0;
    *size += append(seed + *size, partial);
    unlink(partial);
    unlink(partial_meta);
    return seed;
}
