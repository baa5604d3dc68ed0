/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "block/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "block/codes.h"
#include "fail.h"

enum { LEAST_PERSON = 5 }; /* bytes of states that each person has */

struct lp_block_frames {
    lp_output_frame *frames;
    int *first_pose; /* index of each frame's first pose, then the number of poses */
    lightpose_pose *poses;
    char *strings; /* all strings, each with its final 0 */
    int count;
    lightpose_result *result;
};

typedef struct cursor {
    const uint8_t *at, *end;
    int failed; /* a read went past the end, or a value was out of range */
} cursor;

static lightpose_status damaged(lightpose_error *error, const char *name, const char *what) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the block is damaged: %s", name, what);
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static const uint8_t *take(cursor *c, size_t count) {
    if ((size_t)(c->end - c->at) < count) {
        c->failed = 1;
        return NULL;
    }
    c->at += count;
    return c->at - count;
}

static uint64_t take_fixed(cursor *c, int count) {
    const uint8_t *const bytes = take(c, (size_t)count);
    return bytes ? lp_get_fixed(bytes, count) : 0;
}

static uint64_t take_varint(cursor *c) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const uint8_t *const byte = take(c, 1);
        if (!byte)
            return 0;
        value |= (uint64_t)(*byte & 127) << shift;
        if (*byte < 128)
            return value;
    }
    c->failed = 1;
    return 0;
}

static int64_t take_signed(cursor *c) {
    return lp_unzigzag(take_varint(c));
}

/* A difference of codes. */
static int32_t take_code(cursor *c) {
    const int64_t value = take_signed(c);
    if (value < INT32_MIN || value > INT32_MAX)
        c->failed = 1;
    return (int32_t)(value < INT32_MIN || value > INT32_MAX ? 0 : value);
}

static int take_size(cursor *c) {
    const uint64_t value = take_varint(c);
    if (value > 1 << 20)
        c->failed = 1;
    return value > 1 << 20 ? 0 : (int)value;
}

static double take_double(cursor *c) {
    const uint64_t bits = take_fixed(c, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float take_float(cursor *c) {
    const uint32_t bits = (uint32_t)take_fixed(c, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- Head -------------------------------------------------------------------------------------------------------- */

/* All of the head, for unpacking. */
typedef struct full_head {
    lp_block_head known;
    int codec, mode;
    size_t payload, raw;
    uint32_t checksum;
} full_head;

static lightpose_status read_head(full_head *head, const uint8_t *bytes, size_t size, const char *name,
                                  lightpose_error *error) {
    if (size < LP_BLOCK_HEAD || memcmp(bytes, LP_BLOCK_MAGIC, 4) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: no block begins here", name);
    const int version = (int)lp_get_fixed(bytes + 4, 2);
    if (version != LP_BLOCK_VERSION)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE,
                       "%s: the block has version %d, and this program reads version %d: use the release that wrote it",
                       name, version, LP_BLOCK_VERSION);
    if (crc32(0, bytes, LP_BLOCK_HEAD - 4) != lp_get_fixed(bytes + LP_BLOCK_HEAD - 4, 4))
        return damaged(error, name, "the checksum of its head differs");
    const uint64_t frames = lp_get_fixed(bytes + 8, 4), people = lp_get_fixed(bytes + 12, 4);
    *head = (full_head){.codec = bytes[6],
                        .mode = bytes[7],
                        .payload = (size_t)lp_get_fixed(bytes + 24, 4),
                        .raw = (size_t)lp_get_fixed(bytes + 28, 4),
                        .checksum = (uint32_t)lp_get_fixed(bytes + 32, 4)};
    head->known.first = (int64_t)lp_get_fixed(bytes + 16, 8);
    head->known.size = LP_BLOCK_HEAD + head->payload;
    if (head->known.first < 0 || frames < 1 || frames > LP_BLOCK_MAX_FRAMES || people > LP_BLOCK_MAX_PEOPLE ||
        head->raw > LP_BLOCK_MAX_RAW || head->raw < 4 * LP_COLUMNS || head->payload > LP_BLOCK_MAX_RAW ||
        head->codec > LP_BLOCK_DEFLATE || head->mode > LP_BLOCK_EXACT)
        return damaged(error, name, "its head has numbers out of range");
    head->known.frames = (int)frames;
    head->known.people = (int)people;
    return LIGHTPOSE_OK;
}

lightpose_status lp_block_read_head(lp_block_head *head, const void *bytes, size_t size, const char *name,
                                    lightpose_error *error) {
    full_head full = {0};
    LP_TRY(read_head(&full, bytes, size, name, error));
    *head = full.known;
    return LIGHTPOSE_OK;
}

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

/* State that is carried from frame to frame. */
typedef struct unpacking {
    cursor columns[LP_COLUMNS];
    lp_block_frames *to;
    int mode, people;
    uint64_t time, step;
    lp_pose_codes *own, *before;
    int before_count;
    size_t strings, strings_room;
} unpacking;

/* A string of the extras, copied; NULL: damaged. */
static const char *take_string(unpacking *u) {
    cursor *const extras = &u->columns[LP_COLUMN_EXTRAS];
    const int size = take_size(extras);
    const uint8_t *const bytes = take(extras, (size_t)size);
    if (!bytes || memchr(bytes, 0, (size_t)size) || (size_t)size >= u->strings_room - u->strings) {
        extras->failed = 1;
        return NULL;
    }
    char *const string = u->to->strings + u->strings;
    memcpy(string, bytes, (size_t)size);
    string[size] = 0;
    u->strings += (size_t)size + 1;
    return string;
}

static void take_picture(cursor *extras, lp_output_frame *frame) {
    frame->width = take_size(extras);
    frame->height = take_size(extras);
    frame->pixel_aspect = take_double(extras);
    frame->net_scale = take_float(extras);
    frame->net_pad_x = take_float(extras);
    frame->net_pad_y = take_float(extras);
}

static void take_frame(unpacking *u, lp_output_frame *frame, const lp_output_frame *before) {
    cursor *const frames = &u->columns[LP_COLUMN_FRAMES], *const extras = &u->columns[LP_COLUMN_EXTRAS];
    const uint64_t flags = take_varint(frames);
    if (flags > LP_FLAGS_KNOWN || (flags & LP_FLAG_STATE) > LP_FRAME_MISSING)
        frames->failed = 1;
    *frame = (lp_output_frame){.state = (lp_frame_state)(flags & LP_FLAG_STATE),
                               .damaged = !!(flags & LP_FLAG_DAMAGED),
                               .reconnected = !!(flags & LP_FLAG_RECONNECTED),
                               .width = before->width,
                               .height = before->height,
                               .pixel_aspect = before->pixel_aspect,
                               .net_scale = before->net_scale,
                               .net_pad_x = before->net_pad_x,
                               .net_pad_y = before->net_pad_y};
    frame->index = lp_wrap_add64(lp_wrap_add64(before->index, 1), take_signed(frames));
    u->step += (uint64_t)take_signed(&u->columns[LP_COLUMN_TIMES]);
    u->time += u->step;
    memcpy(&frame->time, &u->time, sizeof frame->time);
    if (flags & LP_FLAG_JUMP)
        frame->jump = take_double(extras);
    if (flags & LP_FLAG_UTC)
        frame->utc = take_double(extras);
    if (flags & LP_FLAG_REASON)
        frame->reason = take_string(u);
    if (flags & LP_FLAG_PICTURE)
        take_picture(extras, frame);
    if (flags & LP_FLAG_NAME)
        frame->name = take_string(u);
    if (flags & LP_FLAG_STEM)
        frame->stem = take_string(u);
}

static void take_points(unpacking *u, lp_pose_codes *codes, const lp_pose_codes *reference) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (codes->states[k] == LIGHTPOSE_MISSING)
            continue;
        const lp_point_codes expected = lp_expect_point(codes, reference, k);
        codes->x[k] = lp_wrap_add(expected.x, take_code(&u->columns[LP_COLUMN_X]));
        codes->y[k] = lp_wrap_add(expected.y, take_code(&u->columns[LP_COLUMN_Y]));
        codes->scores[k] = lp_wrap_add(expected.score, take_code(&u->columns[LP_COLUMN_SCORES]));
    }
}

static void take_person(unpacking *u, lp_pose_codes *codes) {
    static const lp_pose_codes nobody = {.id = -1};
    cursor *const people = &u->columns[LP_COLUMN_PEOPLE], *const ranks = &u->columns[LP_COLUMN_RANKS];
    const int at = take_size(people);
    if (at > u->before_count)
        people->failed = 1;
    const lp_pose_codes *const reference = at > 0 && at <= u->before_count ? &u->before[at - 1] : NULL;
    const lp_pose_codes *const other = reference ? reference : &nobody;

    *codes = (lp_pose_codes){.id = lp_wrap_add64(other->id, take_signed(people))};
    const uint64_t states = take_fixed(&u->columns[LP_COLUMN_STATES], LEAST_PERSON);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        codes->states[k] = (uint8_t)((states >> 2 * k & 3) ^ other->states[k]);
        if (codes->states[k] > LIGHTPOSE_COMPLETED)
            u->columns[LP_COLUMN_STATES].failed = 1;
    }
    take_points(u, codes, reference);
    codes->score = lp_wrap_add(other->score, take_code(ranks));
    codes->rank = lp_wrap_add(other->rank, take_code(ranks));
    lp_expect_box(codes->box, codes, u->mode);
    for (int i = 0; i < 4; i++)
        codes->box[i] = lp_wrap_add(codes->box[i], take_code(&u->columns[LP_COLUMN_BOXES]));
}

static int has_failed(const unpacking *u) {
    int failed = 0;
    for (int c = 0; c < LP_COLUMNS; c++)
        failed |= u->columns[c].failed;
    return failed;
}

static lightpose_status take_frames(unpacking *u, const full_head *head, const char *name, lightpose_error *error) {
    const lp_output_frame none = {.index = lp_wrap_sub64(head->known.first, 1)};
    int at = 0;

    for (int i = 0; i < head->known.frames; i++) {
        lp_output_frame *const frame = &u->to->frames[i];
        take_frame(u, frame, i ? frame - 1 : &none);
        const int count = take_size(&u->columns[LP_COLUMN_PEOPLE]);
        if (has_failed(u) || count > head->known.people - at || (i && frame->index <= frame[-1].index))
            return damaged(error, name, "its frames do not fit its head");
        u->to->first_pose[i] = at;
        for (int p = 0; p < count; p++, at++) {
            take_person(u, &u->own[p]);
            lp_pose_decode(&u->to->poses[at], &u->own[p], u->mode);
        }
        lp_pose_codes *const swap = u->own;
        u->own = u->before;
        u->before = swap;
        u->before_count = count;
    }
    u->to->first_pose[head->known.frames] = at;
    int left = has_failed(u) || at != head->known.people || u->to->frames[0].index != head->known.first;
    for (int c = 0; c < LP_COLUMNS; c++)
        left |= u->columns[c].at != u->columns[c].end;
    return left ? damaged(error, name, "its people do not fit its head") : LIGHTPOSE_OK;
}

/* ---- The block --------------------------------------------------------------------------------------------------- */

static lightpose_status split_columns(unpacking *u, const uint8_t *raw, const full_head *head, const char *name,
                                      lightpose_error *error) {
    const uint8_t *at = raw + 4 * LP_COLUMNS, *const end = raw + head->raw;
    for (int c = 0; c < LP_COLUMNS; c++) {
        const size_t size = (size_t)lp_get_fixed(raw + 4 * c, 4);
        if (size > (size_t)(end - at))
            return damaged(error, name, "its columns are longer than the block");
        u->columns[c] = (cursor){at, at + size, 0};
        at += size;
    }
    const size_t states = (size_t)(u->columns[LP_COLUMN_STATES].end - u->columns[LP_COLUMN_STATES].at);
    if (at != end || states != (size_t)head->known.people * LEAST_PERSON)
        return damaged(error, name, "its columns do not fit its head");
    return LIGHTPOSE_OK;
}

/* Unpacks `raw` into u->to, which may be partly filled after a failure. */
static lightpose_status fill(unpacking *u, const uint8_t *raw, const full_head *head, const char *name,
                             lightpose_error *error) {
    lp_block_frames *const to = u->to;
    const size_t frames = (size_t)head->known.frames, people = (size_t)head->known.people;

    LP_TRY(split_columns(u, raw, head, name, error));
    /* The length of a string takes at least a byte there, its final 0 one byte here. */
    u->strings_room = (size_t)(u->columns[LP_COLUMN_EXTRAS].end - u->columns[LP_COLUMN_EXTRAS].at) + 1;
    u->mode = head->mode;
    to->count = head->known.frames;
    to->frames = calloc(frames, sizeof *to->frames);
    to->first_pose = calloc(frames + 1, sizeof *to->first_pose);
    to->poses = calloc(people + 1, sizeof *to->poses);
    to->strings = malloc(u->strings_room);
    u->own = calloc(people + 1, sizeof *u->own);
    u->before = calloc(people + 1, sizeof *u->before);
    lightpose_status status = lightpose_result_create(&to->result, error);
    if (status == LIGHTPOSE_OK && !(to->frames && to->first_pose && to->poses && to->strings && u->own && u->before))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a block of %zu frames", name, frames);
    if (status == LIGHTPOSE_OK)
        status = take_frames(u, head, name, error);
    free(u->own);
    free(u->before);
    return status;
}

static lightpose_status inflate_payload(uint8_t *raw, const uint8_t *payload, const full_head *head, const char *name,
                                        lightpose_error *error) {
    uLongf size = (uLongf)head->raw;
    if (crc32(0, payload, (uInt)head->payload) != head->checksum)
        return damaged(error, name, "its checksum differs");
    if (head->codec == LP_BLOCK_STORED && head->payload == head->raw)
        memcpy(raw, payload, head->raw);
    else if (head->codec == LP_BLOCK_STORED || uncompress(raw, &size, payload, (uLong)head->payload) != Z_OK ||
             size != head->raw)
        return damaged(error, name, "it cannot be unpacked");
    return LIGHTPOSE_OK;
}

lightpose_status lp_block_unpack(lp_block_frames **frames, const void *bytes, size_t size, const char *name,
                                 lightpose_error *error) {
    full_head head = {0};

    *frames = NULL;
    LP_TRY(read_head(&head, bytes, size, name, error));
    if (size < head.known.size)
        return damaged(error, name, "it is cut short");
    unpacking u = {.to = calloc(1, sizeof **frames)};
    uint8_t *const raw = malloc(head.raw);
    lightpose_status status =
        u.to && raw ? LIGHTPOSE_OK
                    : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a block of %zu bytes", name, head.raw);
    if (status == LIGHTPOSE_OK)
        status = inflate_payload(raw, (const uint8_t *)bytes + LP_BLOCK_HEAD, &head, name, error);
    if (status == LIGHTPOSE_OK)
        status = fill(&u, raw, &head, name, error);
    free(raw);
    if (status != LIGHTPOSE_OK)
        lp_block_frames_destroy(&u.to);
    *frames = u.to;
    return status;
}

void lp_block_frames_destroy(lp_block_frames **frames) {
    if (!*frames)
        return;
    lightpose_result_destroy(&(*frames)->result);
    free((*frames)->frames);
    free((*frames)->first_pose);
    free((*frames)->poses);
    free((*frames)->strings);
    free(*frames);
    *frames = NULL;
}

int lp_block_frames_count(const lp_block_frames *frames) {
    return frames->count;
}

lightpose_status lp_block_frames_get(lp_block_frames *frames, int i, lp_output_frame *frame, lightpose_error *error) {
    const int first = frames->first_pose[i], count = frames->first_pose[i + 1] - first;
    *frame = frames->frames[i];
    if (frame->state != LP_FRAME_OK)
        return LIGHTPOSE_OK;
    frame->result = frames->result;
    return lightpose_result_assign(frames->result, frames->poses + first, count, error);
}
