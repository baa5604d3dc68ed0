/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The entries of the table in output.c, one per file, and functions that they share. */

#ifndef LP_TOOLS_OUTPUT_WRITERS_H
#define LP_TOOLS_OUTPUT_WRITERS_H

#include "output/output.h"
#include "output/text.h"

extern const lp_output_writer lp_writer_openpose;
extern const lp_output_writer lp_writer_jsonl;
extern const lp_output_writer lp_writer_coco;
extern const lp_output_writer lp_writer_dgs;
extern const lp_output_writer lp_writer_ids;
extern const lp_output_writer lp_writer_csv;
extern const lp_output_writer lp_writer_checksum;
extern const lp_output_writer lp_writer_lpb;
extern const lp_output_writer lp_writer_null;
extern const lp_output_writer lp_writer_draw;
extern const lp_output_writer lp_writer_picture;
extern const lp_output_writer lp_writer_video;

/* Adds the OpenPose object of a frame, of docs/algorithm.md 10: for `openpose` and the frames inside `dgs`. */
lightpose_status lp_openpose_object(lp_text *text, const lp_output_frame *frame, const lp_output_options *options,
                                    lightpose_error *error);

/* Adds the line of a frame, with its newline: for `jsonl` and for /poses of `serve`. */
void lp_jsonl_line(lp_text *text, const lp_output_stream *stream, const lp_output_options *options,
                   const lp_output_frame *frame);

/* The file name of a path without folders and extension: "dir/a.b.jpg" -> "a.b". *size gets the length; nothing is
 * copied. */
const char *lp_base_name(const char *path, int *size);

/* The base name for the files of a picture: its stem, else the base name of its path. *size gets the length. */
const char *lp_frame_stem(const lp_output_frame *frame, int *size);

/* The last number in a picture's base name, COCO's image_id. Returns 0 if there is none, or if it exceeds 2^53 - 1. */
int lp_image_number(const char *path, int64_t *number);

/* The failure of a restore whose `saved` is not what its save wrote: ARGUMENT. */
lightpose_status lp_fail_restore(lightpose_error *error, const char *name);

const char *lp_frame_state_name(lp_frame_state state); /* "ok", "undecodable", "missing" */

#endif
