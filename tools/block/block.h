/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Blocks: some hundreds of frames with their people, packed without loss. Corpora store them, and .lpb files consist of
 * them. docs/blocks.md describes every byte.
 *
 * Each block can be read independently and has its own checksums, so damage is confined to it. */

#ifndef LP_TOOLS_BLOCK_BLOCK_H
#define LP_TOOLS_BLOCK_BLOCK_H

#include "output/output.h"
#include "output/text.h"

/* Limits of what is read and written. */
enum { LP_BLOCK_VERSION = 1, LP_BLOCK_HEAD = 40, LP_BLOCK_MAX_FRAMES = 4096, LP_BLOCK_MAX_PEOPLE = 1 << 18 };

/* ---- Packing ----------------------------------------------------------------------------------------------------- */

typedef struct lp_block lp_block; /* frames waiting to be packed */

LIGHTPOSE_NODISCARD lightpose_status lp_block_create(lp_block **block, lightpose_error *error);
void lp_block_destroy(lp_block **block);

/* Copies a frame and its poses; the picture is not part of a block. Indices ascend.
 * Errors: MEMORY, LIMIT (more than LP_BLOCK_MAX_FRAMES frames or LP_BLOCK_MAX_PEOPLE people). */
LIGHTPOSE_NODISCARD lightpose_status lp_block_add(lp_block *block, const lp_output_frame *frame,
                                                  lightpose_error *error);
int lp_block_count(const lp_block *block);
int lp_block_people(const lp_block *block);

/* Appends the packed block to `to` and empties the block. Does nothing without frames. The same frames give the same
 * bytes. Errors: MEMORY, LIMIT (more than 64 MiB before compression). */
LIGHTPOSE_NODISCARD lightpose_status lp_block_pack(lp_block *block, lp_text *to, lightpose_error *error);

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

typedef struct lp_block_head {
    int64_t first; /* index of the first frame */
    int frames, people;
    size_t size; /* bytes of the block, including the head */
} lp_block_head;

/* Reads and checks the first LP_BLOCK_HEAD bytes. `name` names the place in messages, such as "clip.lpb, byte 4096".
 * Errors: FILE (no block, another version, damage). */
LIGHTPOSE_NODISCARD lightpose_status lp_block_read_head(lp_block_head *head, const void *bytes, size_t size,
                                                        const char *name, lightpose_error *error);

typedef struct lp_block_frames lp_block_frames; /* the frames of a block */

/* Unpacks a block. All bytes are untrusted. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_block_unpack(lp_block_frames **frames, const void *bytes, size_t size,
                                                     const char *name, lightpose_error *error);
void lp_block_frames_destroy(lp_block_frames **frames);
int lp_block_frames_count(const lp_block_frames *frames);

/* Frame `i` as it was added, without the picture. Its pointers belong to `frames`. Its result is valid until the next
 * call. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_block_frames_get(lp_block_frames *frames, int i, lp_output_frame *frame,
                                                         lightpose_error *error);

#endif
