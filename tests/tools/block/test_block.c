/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Blocks of frames: what goes in comes out bit for bit, and damage is noticed (docs/blocks.md). */

#include "../output/formats.h"

#include "block/block.h"
#include "block/file.h"

#include <math.h>
#include <stdio.h>
#include <zlib.h>

enum { PEOPLE = 6, FRAMES = 40 };

/* Numbers that are the same on every machine. */
static uint32_t seed;

static uint32_t next_random(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static float random_between(float low, float high) {
    return low + (high - low) * (float)(next_random() & 0xffff) / 65536;
}

/* People who walk: some keypoints missing, some completed. On the grid of results, or anywhere. */
static void make_people(lightpose_result *people, int frame, int on_grid) {
    lightpose_pose poses[PEOPLE] = {0};
    const int count = (int)(next_random() % (PEOPLE + 1));
    for (int i = 0; i < count; i++) {
        poses[i] = (lightpose_pose){.score = random_between(0, 1), .rank = random_between(0, 300), .id = i - 1};
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            lightpose_keypoint *const point = &poses[i].keypoints[k];
            point->state = (lightpose_keypoint_state)(next_random() % 8 > 1 ? 1 : next_random() % 3);
            if (point->state == LIGHTPOSE_MISSING)
                continue;
            point->x = (float)(100 * i + frame) + random_between(-20, 20);
            point->y = (float)(10 * k) + random_between(-20, 20);
            point->score = random_between(0.1F, 1);
            poses[i].keypoint_count += point->state == LIGHTPOSE_DETECTED;
        }
    }
    assert_ok(lp_result_assign(people, poses, (size_t)count, error));
    lp_result_round(people);
    for (size_t i = 0; !on_grid && i < people->count; i++)
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            if (people->poses[i].keypoints[k].state != LIGHTPOSE_MISSING)
                people->poses[i].keypoints[k].x *= 1.0001F;
}

/* A frame of each sort. */
static lp_output_frame make_frame(int i, const lightpose_result *people) {
    lp_output_frame frame = {.index = 100 + i + (i > 20) * 5, .time = (double)(100 + i) / 29.97, .result = people};
    frame.width = i < 30 ? 640 : 320;
    frame.height = 360;
    frame.pixel_aspect = i < 30 ? 1 : 64.0 / 45;
    frame.net_scale = 0.711F;
    frame.net_pad_x = i == 3 ? 4 : 0;
    if (i % 10 == 4)
        frame = (lp_output_frame){.index = frame.index,
                                  .time = NAN,
                                  .state = i % 20 == 4 ? LP_FRAME_UNDECODABLE : LP_FRAME_MISSING,
                                  .reason = "the decoder found \"nothing\""};
    if (i % 10 == 5) {
        frame.damaged = 1;
        frame.reason = "concealed";
    }
    if (i == 7) {
        frame.jump = -3.5;
        frame.utc = 1732800000.125;
        frame.reconnected = 1;
    }
    if (i == 8) {
        frame.name = "in/8.jpg";
        frame.stem = "8_2";
    }
    return frame;
}

static int is_same_text(const char *a, const char *b) {
    return a && b ? !strcmp(a, b) : a == b;
}

static void check_frame(const lp_output_frame *got, const lp_output_frame *wanted) {
    assert_true(got->index == wanted->index && got->state == wanted->state);
    assert_memory_equal(&got->time, &wanted->time, sizeof got->time);
    assert_true(got->width == wanted->width && got->height == wanted->height);
    assert_true(got->pixel_aspect == wanted->pixel_aspect && got->net_scale == wanted->net_scale);
    assert_true(got->net_pad_x == wanted->net_pad_x && got->net_pad_y == wanted->net_pad_y);
    assert_true(got->jump == wanted->jump && got->utc == wanted->utc);
    assert_true(got->damaged == wanted->damaged && got->reconnected == wanted->reconnected);
    assert_true(is_same_text(got->reason, wanted->reason) && is_same_text(got->name, wanted->name) &&
                is_same_text(got->stem, wanted->stem));
    if (wanted->state != LP_FRAME_OK) {
        assert_null(got->result);
        return;
    }
    const int count = lightpose_result_get_count(wanted->result);
    assert_int_equal(lightpose_result_get_count(got->result), count);
    for (int i = 0; i < count; i++) { /* bits, but for padding */
        const lightpose_pose *const a = lightpose_result_get_pose(got->result, i);
        const lightpose_pose *const b = lightpose_result_get_pose(wanted->result, i);
        assert_memory_equal(a->keypoints, b->keypoints, sizeof a->keypoints);
        assert_memory_equal(&a->score, &b->score, sizeof a->score);
        assert_memory_equal(&a->rank, &b->rank, sizeof a->rank);
        assert_memory_equal(&a->box, &b->box, sizeof a->box);
        assert_true(a->keypoint_count == b->keypoint_count && a->id == b->id);
    }
}

/* A block of FRAMES frames; their people go to `people`. */
static void make_block(lp_text *bytes, lightpose_result *people[FRAMES], int on_grid) {
    lp_block *block;
    seed = 7;
    assert_ok(lp_block_create(&block, error));
    for (int i = 0; i < FRAMES; i++) {
        people[i] = people_make(0);
        make_people(people[i], i, on_grid);
        const lp_output_frame frame = make_frame(i, people[i]);
        assert_ok(lp_block_add(block, &frame, error));
    }
    assert_int_equal(lp_block_count(block), FRAMES);
    assert_ok(lp_block_pack(block, bytes, error));
    assert_int_equal(lp_block_count(block), 0);
    lp_block_destroy(&block);
}

static void free_people(lightpose_result *people[FRAMES]) {
    for (int i = 0; i < FRAMES; i++)
        people_free(people[i]);
}

static void frames_come_back_bit_for_bit(void **state) {
    (void)state;
    for (int on_grid = 0; on_grid < 2; on_grid++) {
        lightpose_result *people[FRAMES];
        lp_text bytes = {0};
        lp_block_head head;
        lp_block_frames *frames;
        make_block(&bytes, people, on_grid);
        assert_int_equal(bytes.data[7], !on_grid);
        assert_ok(lp_block_read_head(&head, bytes.data, bytes.size, "it", error));
        assert_true(head.first == 100 && head.frames == FRAMES && head.size == bytes.size);
        assert_ok(lp_block_unpack(&frames, bytes.data, bytes.size, "it", error));
        assert_int_equal(lp_block_frames_count(frames), FRAMES);
        for (int i = 0; i < FRAMES; i++) {
            lp_output_frame got;
            const lp_output_frame wanted = make_frame(i, people[i]);
            assert_ok(lp_block_frames_get(frames, i, &got, error));
            check_frame(&got, &wanted);
        }
        lp_block_frames_destroy(&frames);
        lp_text_free(&bytes);
        free_people(people);
    }
}

/* Of any floats, however odd, the bits come back too. */
static void odd_floats_come_back(void **state) {
    static const float odd[] = {-0.0F, 1e-38F, 3.4e38F, -1e30F, 1.0F / 3, 262144.0F, -32768.03F, 16777217.0F};
    lightpose_pose pose = {.score = -0.0F, .rank = -1e38F, .id = INT64_MAX};
    lightpose_result *const people = people_make(0);
    lp_text bytes = {0};
    lp_block *block;
    lp_block_frames *frames;
    lp_output_frame got;

    (void)state;
    for (int k = 0; k < 8; k++)
        pose.keypoints[k] = (lightpose_keypoint){odd[k], odd[7 - k], odd[k], LIGHTPOSE_DETECTED};
    pose.keypoint_count = 8;
    pose.box = (lightpose_box){-1e30F, 5, -0.0F, 3.4e38F};
    assert_ok(lp_result_assign(people, &pose, 1, error));
    const lp_output_frame frame = {.index = INT64_MAX - 1, .time = -0.0, .result = people};
    assert_ok(lp_block_create(&block, error));
    assert_ok(lp_block_add(block, &frame, error));
    assert_ok(lp_block_pack(block, &bytes, error));
    assert_ok(lp_block_unpack(&frames, bytes.data, bytes.size, "it", error));
    assert_ok(lp_block_frames_get(frames, 0, &got, error));
    check_frame(&got, &frame);
    lp_block_frames_destroy(&frames);
    lp_block_destroy(&block);
    lp_text_free(&bytes);
    people_free(people);
}

static void every_damaged_byte_is_noticed(void **state) {
    lightpose_result *people[FRAMES];
    lp_text bytes = {0};
    lp_block_frames *frames;

    (void)state;
    make_block(&bytes, people, 1);
    for (size_t i = 0; i < bytes.size; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
            assert_fails(lp_block_unpack(&frames, bytes.data, bytes.size, "it", error), LIGHTPOSE_ERROR_FILE, "it");
            assert_null(frames);
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
        }
        /* A copy of this length, so that reading beyond it is seen. */
        char *const cut = malloc(i + 1);
        memcpy(cut, bytes.data, i);
        assert_fails(lp_block_unpack(&frames, cut, i, "it", error), LIGHTPOSE_ERROR_FILE, "it");
        free(cut);
    }
    lp_text_free(&bytes);
    free_people(people);
}

static void put_number(uint8_t *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Contents that are damaged and have checksums to match: a status, never more. */
static void forged_contents_do_no_harm(void **state) {
    lightpose_result *people[FRAMES];
    lp_text bytes = {0};
    int refused = 0;

    (void)state;
    make_block(&bytes, people, 1);
    uLongf size = 1 << 20;
    uint8_t *const raw = malloc(size);
    assert_int_equal(uncompress(raw, &size, (const Bytef *)bytes.data + LP_BLOCK_HEAD, bytes.size - LP_BLOCK_HEAD), 0);
    uint8_t *const forged = malloc(LP_BLOCK_HEAD + size);
    for (int round = 0; round < 4000; round++) {
        lp_block_frames *frames;
        memcpy(forged, bytes.data, LP_BLOCK_HEAD);
        memcpy(forged + LP_BLOCK_HEAD, raw, size);
        for (int change = 0; change < 3; change++)
            forged[LP_BLOCK_HEAD + next_random() % (round & 1 ? 40 : size)] = (uint8_t)next_random();
        forged[6] = 0; /* stored */
        put_number(forged + 24, size, 4);
        put_number(forged + 32, crc32(0, forged + LP_BLOCK_HEAD, (uInt)size), 4);
        put_number(forged + 36, crc32(0, forged, 36), 4);
        lightpose_error error = {0};
        if (lp_block_unpack(&frames, forged, LP_BLOCK_HEAD + size, "it", &error) != LIGHTPOSE_OK) {
            assert_int_equal(error.status, LIGHTPOSE_ERROR_FILE);
            refused++;
        }
        for (int i = 0; frames && i < lp_block_frames_count(frames); i++) {
            lp_output_frame frame;
            assert_int_equal(lp_block_frames_get(frames, i, &frame, NULL), LIGHTPOSE_OK);
        }
        lp_block_frames_destroy(&frames);
    }
    assert_true(refused > 500 && refused < 4000);
    free(forged);
    free(raw);
    lp_text_free(&bytes);
    free_people(people);
}

static void limits_are_refused(void **state) {
    const lp_output_frame frame = {.state = LP_FRAME_MISSING};
    lp_text bytes = {0};
    lp_block *block;

    (void)state;
    assert_ok(lp_block_create(&block, error));
    assert_ok(lp_block_pack(block, &bytes, error));
    assert_int_equal(bytes.size, 0);
    for (int i = 0; i < LP_BLOCK_MAX_FRAMES; i++)
        assert_ok(lp_block_add(block, &frame, error));
    assert_fails(lp_block_add(block, &frame, error), LIGHTPOSE_ERROR_LIMIT, "4096");
    lp_block_destroy(&block);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* Writes `count` frames of two streams, reads them again. */
static void a_file_gives_streams_and_frames(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "out.lpb");
    const lp_output_stream streams[] = {formats_video,
                                        {.kind = LP_STREAM_CAMERA, .name = "camera", .source = "/dev/video0"}};
    const lp_output_options options = {.about = "\"precision\":\"int8\""};
    lightpose_result *const people = people_make(2);
    enum { COUNT = 600 };
    lp_output *output;
    lp_block_file *file;
    lp_block_record record;
    int stream = -1, frames = 0;

    (void)state;
    assert_ok(lp_output_open(&output, lp_output_find("lpb"), path, NULL, &options, error));
    for (int s = 0; s < 2; s++) {
        assert_ok(lp_output_begin(output, &streams[s], error));
        for (int i = 0; i < COUNT; i++) {
            const lp_output_frame frame = formats_frame(people, i);
            assert_ok(lp_output_frame_write(output, &frame, error));
        }
    }
    assert_ok(lp_output_close(&output, error));
    assert_ok(lp_block_file_open(&file, path, error));
    for (;;) {
        assert_ok(lp_block_file_next(file, &record, error));
        if (record == LP_RECORD_END)
            break;
        if (record == LP_RECORD_STREAM) {
            const lp_output_stream *const got = lp_block_file_stream(file);
            assert_int_equal(frames, stream < 0 ? 0 : COUNT);
            stream++;
            frames = 0;
            assert_string_equal(got->name, streams[stream].name);
            assert_string_equal(got->source, streams[stream].source);
            assert_true(got->kind == streams[stream].kind && got->width == streams[stream].width &&
                        got->height == streams[stream].height && got->fps == streams[stream].fps &&
                        got->number == stream);
            continue;
        }
        for (int i = 0; i < lp_block_frames_count(lp_block_file_frames(file)); i++, frames++) {
            lp_output_frame got;
            const lp_output_frame wanted = formats_frame(people, frames);
            assert_ok(lp_block_frames_get(lp_block_file_frames(file), i, &got, error));
            check_frame(&got, &wanted);
        }
    }
    assert_int_equal(stream, 1);
    assert_int_equal(frames, COUNT);
    lp_block_file_close(&file);
    people_free(people);
    scratch_remove(folder);
}

static void write_file(const char *path, const char *bytes, size_t size) {
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_bad_file(const char *path, const char *bytes, size_t size, const char *words) {
    lp_block_file *file;
    lp_block_record record = LP_RECORD_STREAM;
    lightpose_error error = {0};
    write_file(path, bytes, size);
    assert_int_equal(lp_block_file_open(&file, path, &error), LIGHTPOSE_OK);
    while (error.status == LIGHTPOSE_OK && record != LP_RECORD_END)
        (void)!lp_block_file_next(file, &record, &error);
    assert_int_equal(error.status, LIGHTPOSE_ERROR_FILE);
    if (!strstr(error.text, words) || !strstr(error.text, path))
        fail_msg("the message \"%s\" lacks \"%s\" or the file", error.text, words);
    lp_block_file_close(&file);
}

static void bad_files_are_named(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "bad.lpb");
    lightpose_result *people[FRAMES];
    lp_text good = {0}, bytes = {0};
    lp_block_file *file;

    (void)state;
    assert_fails(lp_block_file_open(&file, "/nonexistent/x.lpb", error), LIGHTPOSE_ERROR_FILE, "/nonexistent/x.lpb");
    make_block(&bytes, people, 1);
    assert_bad_file(path, "", 0, "empty");
    assert_bad_file(path, "{\"video\":\"clip.mp4\"}", 20, "this is not an .lpb file");
    assert_bad_file(path, bytes.data, bytes.size, "before its stream");
    lp_block_put_stream(&good, &formats_video, NULL);
    const size_t head = good.size;
    assert_bad_file(path, good.data, head - 1, "cut short");
    assert_bad_file(path, good.data, 9, "cut short");
    lp_text_bytes(&good, bytes.data, bytes.size);
    assert_bad_file(path, good.data, good.size - 1, "cut short");
    assert_bad_file(path, good.data, head + 20, "no block begins here");
    lp_text_bytes(&good, "more that is not a block", 24);
    assert_bad_file(path, good.data, good.size, "neither a stream nor a block");
    good.data[head - 2] ^= 1;
    assert_bad_file(path, good.data, good.size, "checksum");
    lp_text_free(&good);
    lp_text_free(&bytes);
    free_people(people);
    scratch_remove(folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(frames_come_back_bit_for_bit),
    cmocka_unit_test(odd_floats_come_back),
    cmocka_unit_test(every_damaged_byte_is_noticed),
    cmocka_unit_test(forged_contents_do_no_harm),
    cmocka_unit_test(limits_are_refused),
    cmocka_unit_test(a_file_gives_streams_and_frames),
    cmocka_unit_test(bad_files_are_named),
};

int main(void) {
    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
