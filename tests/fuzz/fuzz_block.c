/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Blocks and .lpb files. A block whose checksums are right, whatever it holds, is refused with a message, or its frames
 * can be read and packed again into a block of the same frames; a file of any bytes likewise, record by record. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "block/block.h"
#include "block/codes.h"
#include "block/file.h"

enum { SHORT = 512, MOST_RECORDS = 32 };

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static size_t text_of(const char *text) {
    return text ? strlen(text) : 0;
}

static void check_frame(const lp_output_frame *frame) {
    must((int)frame->state >= LP_FRAME_OK && frame->state <= LP_FRAME_MISSING);
    must((frame->state == LP_FRAME_OK) == (frame->result != NULL));
    must(frame->width >= 0 && frame->height >= 0 && !frame->picture);
    (void)(text_of(frame->reason) + text_of(frame->name) + text_of(frame->stem));
    for (int i = 0; i < lightpose_result_get_count(frame->result); i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(frame->result, i);
        int detected = 0;
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            detected += pose->keypoints[k].state == LIGHTPOSE_DETECTED;
        must(pose->keypoint_count == detected);
    }
}

static void compare(const lp_output_frame *a, const lp_output_frame *b) {
    const int count = lightpose_result_get_count(a->result);
    must(a->index == b->index && a->state == b->state && a->damaged == b->damaged);
    must(memcmp(&a->time, &b->time, sizeof a->time) == 0 && count == lightpose_result_get_count(b->result));
    for (int i = 0; i < count; i++) {
        const lightpose_pose *const x = lightpose_result_get_pose(a->result, i);
        const lightpose_pose *const y = lightpose_result_get_pose(b->result, i);
        must(memcmp(x->keypoints, y->keypoints, sizeof x->keypoints) == 0 && x->id == y->id);
    }
}

/* Packs the frames again, and unpacks them. */
static void pack_again(lp_block_frames *frames) {
    lp_block *block;
    lp_block_frames *others;
    lp_output_frame frame, other;
    lp_text bytes = {0};
    lightpose_error error = {0};

    must(lp_block_create(&block, NULL) == LIGHTPOSE_OK);
    for (int i = 0; i < lp_block_frames_count(frames); i++) {
        must(fuzz_told(lp_block_frames_get(frames, i, &frame, &error), &error));
        check_frame(&frame);
        must(fuzz_told(lp_block_add(block, &frame, &error), &error));
    }
    must(fuzz_told(lp_block_pack(block, &bytes, &error), &error));
    must(fuzz_told(lp_block_unpack(&others, bytes.data, bytes.size, "again", &error), &error));
    must(lp_block_frames_count(frames) == lp_block_frames_count(others));
    for (int i = 0; i < lp_block_frames_count(frames); i++) {
        must(lp_block_frames_get(frames, i, &frame, NULL) == LIGHTPOSE_OK);
        must(lp_block_frames_get(others, i, &other, NULL) == LIGHTPOSE_OK);
        compare(&frame, &other);
    }
    lp_block_frames_destroy(&others);
    lp_text_free(&bytes);
    lp_block_destroy(&block);
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

static void put(uint8_t *at, uint64_t value, int count) {
    for (int i = 0; i < count; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A head whose numbers and checksums are right before the columns, which are the rest of the input. */
static void unpack(fuzz_input *input, int what) {
    const int frames = fuzz_below(input, SHORT), people = fuzz_below(input, SHORT);
    const int deflated = what >> 1 & 1, unpacked_size = deflated ? fuzz_below(input, 1 << 13) : 0;
    const size_t columns = input->left, size = LP_BLOCK_HEAD + columns;
    lp_block_frames *unpacked;
    lightpose_error error = {0};
    uint8_t *const bytes = malloc(size);

    memset(bytes, 0, LP_BLOCK_HEAD);
    memcpy(bytes, LP_BLOCK_MAGIC, 4);
    put(bytes + 4, LP_BLOCK_VERSION, 2);
    put(bytes + 6, (uint64_t)deflated, 1);
    put(bytes + 7, (uint64_t)(what >> 2 & 1), 1);
    put(bytes + 8, (uint64_t)frames, 4);
    put(bytes + 12, (uint64_t)people, 4);
    put(bytes + 16, (uint64_t)(what & 8 ? INT64_MAX - 1 : what >> 4), 8);
    put(bytes + 24, columns, 4);
    put(bytes + 28, deflated ? (uint64_t)unpacked_size : columns, 4);
    if (columns)
        memcpy(bytes + LP_BLOCK_HEAD, input->at, columns);
    put(bytes + 32, crc32(0, bytes + LP_BLOCK_HEAD, (uInt)columns), 4);
    put(bytes + 36, crc32(0, bytes, 36), 4);
    if (fuzz_told(lp_block_unpack(&unpacked, bytes, size, "block", &error), &error))
        pack_again(unpacked);
    else
        must(!unpacked && error.status == LIGHTPOSE_ERROR_FILE);
    lp_block_frames_destroy(&unpacked);
    free(bytes);
}

static void read_file(const uint8_t *data, size_t size) {
    lp_block_file *file;
    lightpose_error error = {0};

    must(fuzz_told(lp_block_file_open(&file, fuzz_file(0, data, size), &error), &error));
    for (int i = 0; i < MOST_RECORDS; i++) {
        lp_block_record record;
        if (!fuzz_told(lp_block_file_next(file, &record, &error), &error) || record == LP_RECORD_END)
            break;
        must(*lp_block_file_stream(file)->name && lp_block_file_stream(file)->source);
        if (record == LP_RECORD_BLOCK)
            pack_again(lp_block_file_frames(file));
    }
    lp_block_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const int what = fuzz_byte(&input);

    if (what & 1)
        read_file(input.at, input.left);
    else
        unpack(&input, what);
    return 0;
}
