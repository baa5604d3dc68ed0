/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "block/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "block/codes.h"
#include "fail.h"

enum { LEVEL = 6 };

/* A frame; its strings are in lp_block.strings, each with its final 0. */
typedef struct packed_frame {
    lp_output_frame frame;     /* its pointers are not used */
    size_t reason, name, stem; /* offsets + 1; 0: none */
    int people;
} packed_frame;

struct lp_block {
    packed_frame *frames;
    lightpose_pose *poses;
    int count, people;
    size_t frame_capacity, pose_capacity;
    lp_text strings, columns[LP_COLUMNS], raw;
};

lightpose_status lp_block_create(lp_block **block, lightpose_error *error) {
    *block = calloc(1, sizeof **block);
    return *block ? LIGHTPOSE_OK : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a block of frames");
}

void lp_block_destroy(lp_block **block) {
    if (!*block)
        return;
    for (int i = 0; i < LP_COLUMNS; i++)
        lp_text_free(&(*block)->columns[i]);
    lp_text_free(&(*block)->strings);
    lp_text_free(&(*block)->raw);
    free((*block)->frames);
    free((*block)->poses);
    free(*block);
    *block = NULL;
}

int lp_block_count(const lp_block *block) {
    return block->count;
}

int lp_block_people(const lp_block *block) {
    return block->people;
}

/* ---- Adding ------------------------------------------------------------------------------------------------------ */

/* Makes room for `need` items. Returns 0 if out of memory. */
static int grow(void **items, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity)
        return 1;
    const size_t wanted = need > 2 * *capacity ? need : 2 * *capacity;
    void *const bigger = realloc(*items, wanted * size);
    if (!bigger)
        return 0;
    *items = bigger;
    *capacity = wanted;
    return 1;
}

static size_t keep_string(lp_block *block, const char *string) {
    if (!string)
        return 0;
    const size_t at = block->strings.size + 1;
    lp_text_bytes(&block->strings, string, strlen(string) + 1);
    return at;
}

lightpose_status lp_block_add(lp_block *block, const lp_output_frame *frame, lightpose_error *error) {
    const int people = frame->state == LP_FRAME_OK ? lightpose_result_get_count(frame->result) : 0;
    if (block->count == LP_BLOCK_MAX_FRAMES || people > LP_BLOCK_MAX_PEOPLE - block->people)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "a block holds at most %d frames and %d people",
                       LP_BLOCK_MAX_FRAMES, LP_BLOCK_MAX_PEOPLE);
    void *frames = block->frames, *poses = block->poses;
    const int fits = grow(&frames, &block->frame_capacity, (size_t)block->count + 1, sizeof *block->frames) &
                     grow(&poses, &block->pose_capacity, (size_t)block->people + (size_t)people, sizeof *block->poses);
    block->frames = frames;
    block->poses = poses;
    packed_frame own = {.frame = *frame, .people = people};
    own.reason = keep_string(block, frame->reason);
    own.name = keep_string(block, frame->name);
    own.stem = keep_string(block, frame->stem);
    if (!fits || block->strings.failed)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a block of frames");
    block->frames[block->count++] = own;
    for (int i = 0; i < people; i++)
        block->poses[block->people++] = *lightpose_result_get_pose(frame->result, i);
    return LIGHTPOSE_OK;
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static void put_varint(lp_text *to, uint64_t value) {
    char bytes[10];
    size_t size = 0;
    for (; value > 127; value >>= 7)
        bytes[size++] = (char)((value & 127) | 128);
    bytes[size++] = (char)value;
    lp_text_bytes(to, bytes, size);
}

static void put_signed(lp_text *to, int64_t value) {
    put_varint(to, lp_zigzag(value));
}

static uint64_t double_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

static void put_string(lp_text *to, const char *string) {
    const size_t size = strlen(string);
    put_varint(to, size);
    lp_text_bytes(to, string, size);
}

static void put_picture(lp_text *to, const lp_output_frame *frame) {
    put_varint(to, (uint64_t)frame->width);
    put_varint(to, (uint64_t)frame->height);
    lp_put_fixed(to, double_bits(frame->pixel_aspect), 8);
    lp_put_fixed(to, float_bits(frame->net_scale), 4);
    lp_put_fixed(to, float_bits(frame->net_pad_x), 4);
    lp_put_fixed(to, float_bits(frame->net_pad_y), 4);
}

static int is_same_picture(const lp_output_frame *a, const lp_output_frame *b) {
    return a->width == b->width && a->height == b->height && a->pixel_aspect == b->pixel_aspect &&
           a->net_scale == b->net_scale && a->net_pad_x == b->net_pad_x && a->net_pad_y == b->net_pad_y;
}

static void put_frame(lp_block *block, const packed_frame *own, const lp_output_frame *before) {
    const lp_output_frame *const frame = &own->frame;
    lp_text *const extras = &block->columns[LP_COLUMN_EXTRAS];
    const char *const strings = block->strings.data;
    const int flags = (int)frame->state | (frame->damaged ? LP_FLAG_DAMAGED : 0) |
                      (frame->reconnected ? LP_FLAG_RECONNECTED : 0) | (frame->jump != 0 ? LP_FLAG_JUMP : 0) |
                      (frame->utc != 0 ? LP_FLAG_UTC : 0) | (own->reason ? LP_FLAG_REASON : 0) |
                      (is_same_picture(frame, before) ? 0 : LP_FLAG_PICTURE) | (own->name ? LP_FLAG_NAME : 0) |
                      (own->stem ? LP_FLAG_STEM : 0);

    put_varint(&block->columns[LP_COLUMN_FRAMES], (uint64_t)flags);
    put_signed(&block->columns[LP_COLUMN_FRAMES], lp_wrap_sub64(frame->index, lp_wrap_add64(before->index, 1)));
    if (flags & LP_FLAG_JUMP)
        lp_put_fixed(extras, double_bits(frame->jump), 8);
    if (flags & LP_FLAG_UTC)
        lp_put_fixed(extras, double_bits(frame->utc), 8);
    if (flags & LP_FLAG_REASON)
        put_string(extras, strings + own->reason - 1);
    if (flags & LP_FLAG_PICTURE)
        put_picture(extras, frame);
    if (flags & LP_FLAG_NAME)
        put_string(extras, strings + own->name - 1);
    if (flags & LP_FLAG_STEM)
        put_string(extras, strings + own->stem - 1);
}

/* The distance of two people: the sum over the keypoints of |dx| + |dy|, at most MOST, and MOST if either lacks one. */
static int64_t distance(const lp_pose_codes *a, const lp_pose_codes *b) {
    enum { MOST = 1 << 16 };
    int64_t sum = 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const int both = a->states[k] != LIGHTPOSE_MISSING && b->states[k] != LIGHTPOSE_MISSING;
        const int64_t apart = both ? llabs((int64_t)a->x[k] - b->x[k]) + llabs((int64_t)a->y[k] - b->y[k]) : MOST;
        sum += apart < MOST ? apart : MOST;
    }
    return sum;
}

/* The reference person: the nearest of the frame before; -1: none. Considers only the first 64, to bound the time in
 * crowds. */
static int find_reference(const lp_pose_codes *codes, const lp_pose_codes *before, int count) {
    enum { LOOKED_AT = 64 };
    int best = -1;
    int64_t least = INT64_MAX;
    for (int i = 0; i < count && i < LOOKED_AT; i++) {
        const int64_t apart = distance(codes, &before[i]);
        if (apart < least) {
            least = apart;
            best = i;
        }
    }
    return best;
}

static void put_person(lp_text columns[LP_COLUMNS], const lp_pose_codes *codes, const lp_pose_codes *before, int at,
                       int mode) {
    static const lp_pose_codes nobody = {.id = -1};
    const lp_pose_codes *const reference = at >= 0 ? &before[at] : NULL, *const other = reference ? reference : &nobody;
    uint64_t states = 0;
    int32_t box[4];

    put_varint(&columns[LP_COLUMN_PEOPLE], (uint64_t)(at + 1));
    put_signed(&columns[LP_COLUMN_PEOPLE], lp_wrap_sub64(codes->id, other->id));
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        states |= (uint64_t)(codes->states[k] ^ other->states[k]) << 2 * k;
    lp_put_fixed(&columns[LP_COLUMN_STATES], states, 5);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (codes->states[k] == LIGHTPOSE_MISSING)
            continue;
        const lp_point_codes expected = lp_expect_point(codes, reference, k);
        put_signed(&columns[LP_COLUMN_X], lp_wrap_sub(codes->x[k], expected.x));
        put_signed(&columns[LP_COLUMN_Y], lp_wrap_sub(codes->y[k], expected.y));
        put_signed(&columns[LP_COLUMN_SCORES], lp_wrap_sub(codes->scores[k], expected.score));
    }
    put_signed(&columns[LP_COLUMN_RANKS], lp_wrap_sub(codes->score, other->score));
    put_signed(&columns[LP_COLUMN_RANKS], lp_wrap_sub(codes->rank, other->rank));
    lp_expect_box(box, codes, mode);
    for (int i = 0; i < 4; i++)
        put_signed(&columns[LP_COLUMN_BOXES], lp_wrap_sub(codes->box[i], box[i]));
}

/* All people of a frame. `own` gets their codes. */
static void put_people(lp_block *block, const lightpose_pose *poses, int count, lp_pose_codes *own,
                       const lp_pose_codes *before, int before_count, int mode) {
    put_varint(&block->columns[LP_COLUMN_PEOPLE], (uint64_t)count);
    for (int i = 0; i < count; i++) {
        lp_pose_encode(&own[i], &poses[i], mode);
        put_person(block->columns, &own[i], before, find_reference(&own[i], before, before_count), mode);
    }
}

static int choose_mode(const lp_block *block) {
    for (int i = 0; i < block->people; i++)
        if (!lp_pose_is_on_grid(&block->poses[i]))
            return LP_BLOCK_EXACT;
    return LP_BLOCK_GRID;
}

static int most_people(const lp_block *block) {
    int most = 1;
    for (int i = 0; i < block->count; i++)
        most = block->frames[i].people > most ? block->frames[i].people : most;
    return most;
}

static lightpose_status fill_columns(lp_block *block, int mode, lightpose_error *error) {
    const size_t most = (size_t)most_people(block);
    lp_pose_codes *const codes = calloc(2 * most, sizeof *codes);
    const lp_output_frame none = {.index = block->frames[0].frame.index - 1};
    const lp_output_frame *before = &none;
    uint64_t time = 0, step = 0;
    int at = 0, before_count = 0;

    if (!codes)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a block of frames");
    for (int i = 0; i < block->count; i++) {
        const packed_frame *const own = &block->frames[i];
        const uint64_t now = double_bits(own->frame.time);
        put_frame(block, own, before);
        put_signed(&block->columns[LP_COLUMN_TIMES], (int64_t)(now - time - step));
        step = now - time;
        time = now;
        lp_pose_codes *const mine = codes + (i & 1 ? most : 0), *const theirs = codes + (i & 1 ? 0 : most);
        put_people(block, own->people ? block->poses + at : NULL, own->people, mine, theirs, before_count, mode);
        at += own->people;
        before = &own->frame;
        before_count = own->people;
    }
    free(codes);
    return LIGHTPOSE_OK;
}

/* ---- The block --------------------------------------------------------------------------------------------------- */

static void join_columns(lp_block *block) {
    lp_text_clear(&block->raw);
    for (int c = 0; c < LP_COLUMNS; c++)
        lp_put_fixed(&block->raw, block->columns[c].size, 4);
    for (int c = 0; c < LP_COLUMNS; c++) {
        lp_text_bytes(&block->raw, block->columns[c].data, block->columns[c].size);
        block->raw.failed |= block->columns[c].failed;
    }
}

/* Appends head and payload. */
static lightpose_status put_block(const lp_block *block, int mode, lp_text *to, lightpose_error *error) {
    const Bytef *const raw = (const Bytef *)block->raw.data;
    uLongf size = compressBound((uLong)block->raw.size);
    Bytef *const packed = malloc(size);
    if (!packed || compress2(packed, &size, raw, (uLong)block->raw.size, LEVEL) != Z_OK) {
        free(packed);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to pack a block of frames");
    }
    const int stored = size >= block->raw.size;
    const size_t payload = stored ? block->raw.size : size, start = to->size;
    lp_text_bytes(to, LP_BLOCK_MAGIC, 4);
    lp_put_fixed(to, LP_BLOCK_VERSION, 2);
    lp_put_fixed(to, stored ? LP_BLOCK_STORED : LP_BLOCK_DEFLATE, 1);
    lp_put_fixed(to, (uint64_t)mode, 1);
    lp_put_fixed(to, (uint64_t)block->count, 4);
    lp_put_fixed(to, (uint64_t)block->people, 4);
    lp_put_fixed(to, (uint64_t)block->frames[0].frame.index, 8);
    lp_put_fixed(to, payload, 4);
    lp_put_fixed(to, block->raw.size, 4);
    lp_put_fixed(to, crc32(0, stored ? raw : packed, (uInt)payload), 4);
    if (!to->failed)
        lp_put_fixed(to, crc32(0, (const Bytef *)to->data + start, LP_BLOCK_HEAD - 4), 4);
    lp_text_bytes(to, stored ? block->raw.data : (const char *)packed, payload);
    free(packed);
    return lp_text_check(to, error);
}

lightpose_status lp_block_pack(lp_block *block, lp_text *to, lightpose_error *error) {
    if (block->count == 0)
        return LIGHTPOSE_OK;
    for (int c = 0; c < LP_COLUMNS; c++)
        lp_text_clear(&block->columns[c]);
    const int mode = choose_mode(block);
    LP_TRY(fill_columns(block, mode, error));
    join_columns(block);
    LP_TRY(lp_text_check(&block->raw, error));
    if (block->raw.size > LP_BLOCK_MAX_RAW)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "a block of %d frames takes %zu bytes; at most %d fit",
                       block->count, block->raw.size, LP_BLOCK_MAX_RAW);
    LP_TRY(put_block(block, mode, to, error));
    block->count = block->people = 0;
    lp_text_clear(&block->strings);
    return LIGHTPOSE_OK;
}
