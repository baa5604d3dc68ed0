/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Writes nothing: for timing everything else. */

#include "output/writers.h"

static lightpose_status null_open(void **state, const char *path, const lp_output_options *options,
                                  lightpose_error *error) {
    (void)path, (void)options, (void)error;
    *state = NULL;
    return LIGHTPOSE_OK;
}

static lightpose_status null_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    (void)state, (void)frame, (void)error;
    return LIGHTPOSE_OK;
}

static lightpose_status null_close(void **state, lightpose_error *error) {
    (void)state, (void)error;
    return LIGHTPOSE_OK;
}

static void null_abort(void **state) {
    (void)state;
}

const lp_output_writer lp_writer_null = {
    .name = "null",
    .summary = "nothing",
    .many_streams = 1,
    .open = null_open,
    .frame = null_frame,
    .close = null_close,
    .abort = null_abort,
};
