/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Blocks of frames, packed without loss (docs/blocks.md): for each stream, a record that describes it, then its
 * blocks. */

#include "block/block.h"
#include "block/file.h"
#include "output/single.h"
#include "output/writers.h"

enum { FRAMES = 250, LIVE_FRAMES = 25, PEOPLE = 20000 };

typedef struct lpb {
    lp_single single;
    lp_block *block;
} lpb;

static lightpose_status lpb_open(void **state, const char *path, const lp_output_options *options,
                                 lightpose_error *error) {
    lightpose_status status = lp_single_open(state, sizeof(lpb), path, options, error);
    if (status != LIGHTPOSE_OK)
        return status;
    lpb *const self = *state;
    status = lp_block_create(&self->block, error);
    if (status != LIGHTPOSE_OK)
        lp_single_abort(state);
    return status;
}

static lightpose_status end_block(lpb *self, lightpose_error *error) {
    LP_TRY(lp_block_pack(self->block, &self->single.text, error));
    return lp_single_emit(&self->single, error);
}

static lightpose_status lpb_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    lpb *const self = state;
    LP_TRY(lp_block_pack(self->block, &self->single.text, error));
    self->single.stream = stream;
    lp_block_put_stream(&self->single.text, stream, stream->about ? stream->about : self->single.options->about);
    return lp_single_emit(&self->single, error);
}

static lightpose_status lpb_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    lpb *const self = state;
    const int most = self->single.stream->kind == LP_STREAM_CAMERA ? LIVE_FRAMES : FRAMES;
    LP_TRY(lp_block_add(self->block, frame, error));
    return lp_block_count(self->block) < most && lp_block_people(self->block) < PEOPLE ? LIGHTPOSE_OK
                                                                                       : end_block(self, error);
}

static lightpose_status lpb_close(void **state, lightpose_error *error) {
    lpb *const self = *state;
    const lightpose_status status = end_block(self, error);
    lp_block_destroy(&self->block);
    if (status == LIGHTPOSE_OK)
        return lp_single_close(state, error);
    lp_single_abort(state);
    return status;
}

static void lpb_abort(void **state) {
    if (*state)
        lp_block_destroy(&((lpb *)*state)->block);
    lp_single_abort(state);
}

const lp_output_writer lp_writer_lpb = {
    .name = "lpb",
    .summary = "blocks of packed frames, one file",
    .suffix = ".lpb",
    .many_streams = 1,
    .open = lpb_open,
    .begin = lpb_begin,
    .frame = lpb_frame,
    .close = lpb_close,
    .abort = lpb_abort,
};
