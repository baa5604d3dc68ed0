/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* .lpb files: records of streams and blocks, one after another (docs/blocks.md). */

#ifndef LP_TOOLS_BLOCK_FILE_H
#define LP_TOOLS_BLOCK_FILE_H

#include "block/block.h"

/* Appends the record that describes a stream. `about`: the members of a JSON object that describes the run, or NULL. */
void lp_block_put_stream(lp_text *to, const lp_output_stream *stream, const char *about);

typedef struct lp_block_file lp_block_file;

/* "-" is standard input. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_block_file_open(lp_block_file **file, const char *path, lightpose_error *error);
void lp_block_file_close(lp_block_file **file);

typedef enum lp_block_record { LP_RECORD_END, LP_RECORD_STREAM, LP_RECORD_BLOCK } lp_block_record;

/* Reads the next record. A stream, like the frames of a block, is valid until the next record of the same kind.
 * Errors: FILE (damage; names file and byte), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_block_file_next(lp_block_file *file, lp_block_record *record,
                                                        lightpose_error *error);
const lp_output_stream *lp_block_file_stream(const lp_block_file *file);
const char *lp_block_file_about(const lp_block_file *file); /* as given to lp_block_put_stream */
lp_block_frames *lp_block_file_frames(const lp_block_file *file);

#endif
