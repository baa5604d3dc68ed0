/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A line per input: a hash over the results of its frames, the numbers of frames and people, and the input's name. For
 * tests and for comparing machines: equal lines mean equal bits in the keypoints, score, rank and id of every person.
 * FNV-1a of 64 bits detects accidents, not forgery. Times are not hashed, because they depend on the container, nor are
 * names, because they depend on the folder. */

#include "output/single.h"
#include "output/writers.h"

#include <inttypes.h>
#include <string.h>

typedef struct checksum {
    lp_single single;
    uint64_t hash;
    int64_t frames, people;
} checksum;

/* As little-endian bytes. */
static void hash_bits(checksum *self, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        self->hash = (self->hash ^ (value >> (8 * i) & 0xff)) * UINT64_C(0x100000001b3);
}

static void hash_float(checksum *self, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash_bits(self, bits, sizeof bits);
}

static void hash_pose(checksum *self, const lightpose_pose *pose) {
    for (int i = 0; i < LIGHTPOSE_KEYPOINTS; i++) {
        hash_float(self, pose->keypoints[i].x);
        hash_float(self, pose->keypoints[i].y);
        hash_float(self, pose->keypoints[i].score);
        hash_bits(self, pose->keypoints[i].state, 1);
    }
    hash_float(self, pose->score);
    hash_float(self, pose->rank);
    hash_bits(self, (uint64_t)pose->id, 8);
}

static void end_stream(checksum *self) {
    char numbers[100];
    if (!self->single.stream)
        return;
    snprintf(numbers, sizeof numbers, "%016" PRIx64 "  %" PRId64 " frames  %" PRId64 " people  ", self->hash,
             self->frames, self->people);
    lp_text_add(&self->single.text, numbers);
    lp_text_add(&self->single.text, self->single.stream->name);
    lp_text_add(&self->single.text, "\n");
}

static lightpose_status checksum_open(void **state, const char *path, const lp_output_options *options,
                                      lightpose_error *error) {
    return lp_single_open(state, sizeof(checksum), path, options, error);
}

static lightpose_status checksum_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    checksum *const self = state;

    end_stream(self);
    const lightpose_status status = lp_single_emit(&self->single, error);
    if (status != LIGHTPOSE_OK)
        return status;
    self->hash = UINT64_C(0xcbf29ce484222325);
    self->frames = self->people = 0;
    return lp_single_begin(state, stream, error);
}

static lightpose_status checksum_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    checksum *const self = state;
    const int count = lightpose_result_get_count(frame->result);

    (void)error;
    hash_bits(self, (uint64_t)frame->index, 8);
    hash_bits(self, (uint64_t)frame->state, 1);
    hash_bits(self, (uint64_t)count, 4);
    for (int i = 0; i < count; i++)
        hash_pose(self, lightpose_result_get_pose(frame->result, i));
    self->frames++;
    self->people += count;
    return LIGHTPOSE_OK;
}

static lightpose_status checksum_close(void **state, lightpose_error *error) {
    end_stream(*state);
    return lp_single_close(state, error);
}

static void checksum_save(const void *state, lp_text *to) {
    const checksum *const self = state;
    char numbers[100];
    snprintf(numbers, sizeof numbers, "%016" PRIx64 " %" PRId64 " %" PRId64, self->hash, self->frames, self->people);
    lp_text_bytes(to, numbers, strlen(numbers) + 1);
}

static lightpose_status checksum_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                         lightpose_error *error) {
    checksum *const self = state;
    if (sscanf(size ? saved : "", "%" SCNx64 " %" SCNd64 " %" SCNd64, &self->hash, &self->frames, &self->people) != 3)
        return lp_fail_restore(error, "checksum");
    return lp_single_restore(state, stream, saved, size, error);
}

const lp_output_writer lp_writer_checksum = {
    .name = "checksum",
    .summary = "a hash over all results of an input, a line each",
    .suffix = ".checksum",
    .many_streams = 1,
    .open = checksum_open,
    .begin = checksum_begin,
    .frame = checksum_frame,
    .close = checksum_close,
    .abort = lp_single_abort,
    .resumes = 1,
    .sync = lp_single_sync,
    .save = checksum_save,
    .restore = checksum_restore,
};
