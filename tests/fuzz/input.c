/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "fuzz.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_broken(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
    abort();
}

int fuzz_told(lightpose_status status, const lightpose_error *error) {
    must(status == error->status);
    must((status == LIGHTPOSE_OK) == (*error->text == 0));
    must(memchr(error->text, 0, sizeof error->text) != NULL);
    return status == LIGHTPOSE_OK;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

uint8_t fuzz_byte(fuzz_input *input) {
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

int fuzz_below(fuzz_input *input, int limit) {
    int value = fuzz_byte(input);
    if (limit > 256)
        value = value << 8 | fuzz_byte(input);
    return value % limit;
}

/* How a number is made, by its first byte. */
enum { PLAIN = 224, RAW = 232 };

static uint64_t raw_bytes(fuzz_input *input, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | fuzz_byte(input);
    return value;
}

int64_t fuzz_whole(fuzz_input *input, int64_t most) {
    static const int64_t limits[] = {0,
                                     -1,
                                     INT32_MAX,
                                     INT32_MIN,
                                     INT64_MAX,
                                     INT64_MIN,
                                     INT32_MAX - 1,
                                     INT64_C(1) << 32,
                                     UINT32_MAX,
                                     INT64_MAX / 2,
                                     32768,
                                     32769,
                                     65535,
                                     65536,
                                     1 << 24,
                                     (1 << 28) + 1,
                                     INT64_MIN + 1,
                                     -8};
    const int kind = fuzz_byte(input);
    if (kind < PLAIN) {
        const int64_t value = most > PLAIN ? (int64_t)kind << 8 | fuzz_byte(input) : kind;
        return 1 + value % most;
    }
    if (kind < RAW)
        return (int64_t)raw_bytes(input, kind % 2 ? 8 : 4);
    return limits[(size_t)(kind - RAW) % (sizeof limits / sizeof *limits)];
}

float fuzz_float(fuzz_input *input, float most) {
    static const float limits[] = {FLT_MAX, -FLT_MAX, FLT_MIN, -FLT_MIN, FLT_TRUE_MIN, INFINITY,    -INFINITY,
                                   NAN,     -0.0f,    1e30f,   -1e30f,   1e-30f,       0x1p31f,     -0x1.000002p31f,
                                   0x1p63f, 0x1p24f,  1e19f,   -1e19f,   1.84e19f,     FLT_EPSILON, 1,
                                   -1,      0.5f,     0};
    const int kind = fuzz_byte(input);
    if (kind < PLAIN)
        return most * (float)(kind << 8 | fuzz_byte(input)) / (float)(PLAIN << 8);
    if (kind < RAW) {
        const uint32_t bits = (uint32_t)raw_bytes(input, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    return limits[(size_t)(kind - RAW) % (sizeof limits / sizeof *limits)];
}

uint8_t *fuzz_part(fuzz_input *input, size_t *size) {
    const uint8_t *const end = input->left ? memchr(input->at, 0, input->left) : NULL;
    *size = end ? (size_t)(end - input->at) : input->left;
    uint8_t *const part = malloc(*size ? *size : 1);
    if (!part)
        exit(2);
    if (*size)
        memcpy(part, input->at, *size);
    input->at += *size + (end != NULL);
    input->left -= *size + (end != NULL);
    return part;
}

char *fuzz_text(fuzz_input *input) {
    size_t size;
    uint8_t *const part = fuzz_part(input, &size);
    char *const text = realloc(part, size + 1);
    if (!text)
        exit(2);
    text[size] = 0;
    return text;
}

/* ---- People ------------------------------------------------------------------------------------------------------ */

enum { MOST_PEOPLE = 8, EXTENT = 640 };

/* Where the keypoints of someone standing are, in shares of the height. */
static const float figure[LIGHTPOSE_KEYPOINTS][2] = {
    {0, .06f},    {0, .18f},    {-.1f, .19f},  {-.12f, .33f}, {-.12f, .46f}, {.1f, .19f},
    {.12f, .33f}, {.12f, .46f}, {-.07f, .5f},  {-.07f, .73f}, {-.07f, .95f}, {.07f, .5f},
    {.07f, .73f}, {.07f, .95f}, {-.02f, .04f}, {.02f, .04f},  {-.04f, .05f}, {.04f, .05f}};

/* Someone standing somewhere, of whom single keypoints are then changed. */
static lightpose_pose make_pose(fuzz_input *input) {
    lightpose_pose pose = {.id = -1};
    const float x = fuzz_float(input, EXTENT), y = fuzz_float(input, EXTENT), height = fuzz_float(input, EXTENT);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k] =
            (lightpose_keypoint){x + figure[k][0] * height, y + figure[k][1] * height, 0.5f, LIGHTPOSE_DETECTED};
    pose.keypoint_count = LIGHTPOSE_KEYPOINTS;
    pose.score = fuzz_float(input, 1);
    pose.rank = fuzz_float(input, 100);
    pose.box = (lightpose_box){x - .12f * height, y, .24f * height, height};
    for (int changes = fuzz_below(input, 24); changes > 0; changes--) {
        lightpose_keypoint *const point = &pose.keypoints[fuzz_below(input, LIGHTPOSE_KEYPOINTS)];
        switch (fuzz_below(input, 8)) {
        case 0:
            point->x = fuzz_float(input, EXTENT);
            break;
        case 1:
            point->y = fuzz_float(input, EXTENT);
            break;
        case 2:
            point->score = fuzz_float(input, 1);
            break;
        case 3:
            point->state = LIGHTPOSE_COMPLETED;
            break;
        case 4:
            pose.id = fuzz_whole(input, 8);
            break;
        case 5:
            pose.box.width = fuzz_float(input, EXTENT);
            break;
        case 6:
            pose.keypoint_count = (int)fuzz_whole(input, LIGHTPOSE_KEYPOINTS);
            break;
        default:
            *point = (lightpose_keypoint){0};
            break;
        }
    }
    return pose;
}

void fuzz_people(fuzz_input *input, lightpose_result *result) {
    lightpose_pose poses[MOST_PEOPLE];
    const int count = fuzz_below(input, MOST_PEOPLE + 1);

    for (int i = 0; i < count; i++)
        poses[i] = make_pose(input);
    must(lightpose_result_assign(result, poses, count, NULL) == LIGHTPOSE_OK);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

const char *fuzz_file(int slot, const uint8_t *data, size_t size) {
    static int descriptors[2] = {-1, -1};
    static char paths[2][32];

    if (descriptors[slot] < 0) {
        descriptors[slot] = memfd_create("input", MFD_CLOEXEC);
        snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", descriptors[slot]);
    }
    must(ftruncate(descriptors[slot], 0) == 0);
    must(size == 0 || pwrite(descriptors[slot], data, size, 0) == (ssize_t)size);
    return paths[slot];
}
