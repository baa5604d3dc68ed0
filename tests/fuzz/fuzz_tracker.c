/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker on any settings, times and poses, saved and restored between frames, also from bytes that were changed:
 * those are refused with a message, or the tracker made of them works on. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 48, HASH_AT = 24 /* of the saved bytes */ };

static lightpose_tracker_settings make_settings(fuzz_input *input) {
    lightpose_tracker_settings s;
    lightpose_tracker_settings_init(&s);
    const int kind = fuzz_byte(input);
    if (kind & 1)
        s.assignment = (lightpose_assignment)fuzz_below(input, 3);
    if (kind & 2)
        s.keep_seconds = fuzz_float(input, 4);
    if (kind & 4)
        s.min_similarity = fuzz_float(input, 1);
    if (kind & 8)
        s.confirm_frames = (int)fuzz_whole(input, 4);
    if (kind & 16)
        s.order = (lightpose_order)fuzz_below(input, 3);
    if (kind & 32)
        s.expect_people = (int)fuzz_whole(input, 5);
    if (kind & 64) {
        s.smooth_min_cutoff = fuzz_float(input, 10);
        s.smooth_beta = fuzz_float(input, 1);
        s.smooth_derivative_cutoff = fuzz_float(input, 10);
    }
    s.smooth = !(kind & 128);
    return s;
}

/* ---- State as bytes ---------------------------------------------------------------------------------------------- */

static uint8_t *save(const lightpose_tracker *tracker, size_t *size) {
    *size = lightpose_tracker_save(tracker, NULL, 0);
    uint8_t *const bytes = malloc(*size);
    must(*size > 0 && lightpose_tracker_save(tracker, bytes, *size) == *size);
    return bytes;
}

/* The hash that tells damage keeps nobody out who means harm: FNV-1a over all bytes, with 0 in its own place. */
static void sign(uint8_t *bytes, size_t size) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (size < HASH_AT + sizeof hash)
        return;
    memset(bytes + HASH_AT, 0, sizeof hash);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    memcpy(bytes + HASH_AT, &hash, sizeof hash);
}

/* Changes some bytes, signs them again, and goes on with the tracker made of them if there is one. */
static void restore_changed(fuzz_input *input, lightpose_tracker **tracker) {
    lightpose_error error;
    lightpose_tracker *other;
    size_t size;
    uint8_t *bytes = save(*tracker, &size);
    const int how = fuzz_byte(input);

    for (int changes = how % 8; changes > 0; changes--) {
        const size_t at = (size_t)(fuzz_byte(input) << 8 | fuzz_byte(input)) * (how & 128 ? 1 : 8);
        const uint64_t value = (uint64_t)fuzz_whole(input, 256);
        const size_t length = how & 64 ? 1 : sizeof value;
        if (at + length <= size)
            memcpy(bytes + at, &value, length);
    }
    if (how & 32)
        size -= size > 8 ? (size_t)fuzz_byte(input) % 8 : 0;
    if (how & 16)
        sign(bytes, size);
    const int restored = fuzz_told(lightpose_tracker_restore(&other, bytes, size, &error), &error);
    must(restored == (other != NULL));
    must(restored || error.status == LIGHTPOSE_ERROR_ARGUMENT);
    free(bytes);
    if (!restored)
        return;
    lightpose_tracker_destroy(tracker);
    *tracker = other;
}

/* A saved and a restored tracker are the same, byte for byte. */
static void restore_plain(lightpose_tracker **tracker) {
    lightpose_error error;
    lightpose_tracker *other;
    size_t size, again;
    uint8_t *const bytes = save(*tracker, &size);

    must(fuzz_told(lightpose_tracker_restore(&other, bytes, size, &error), &error));
    uint8_t *const copy = save(other, &again);
    must(size == again && memcmp(bytes, copy, size) == 0);
    free(bytes);
    free(copy);
    lightpose_tracker_destroy(tracker);
    *tracker = other;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Ids are a pose's own, and at most as many poses come out as went in, or the number expected. */
static void check(const lightpose_result *result, int before, int expected) {
    const int count = lightpose_result_get_count(result);
    must(expected > 0 ? count == expected : count == before);
    for (int i = 0; i < count; i++) {
        const int64_t id = lightpose_result_get_pose(result, i)->id;
        must(id >= -1);
        for (int j = 0; j < i && id >= 0; j++)
            must(lightpose_result_get_pose(result, j)->id != id);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const lightpose_tracker_settings settings = make_settings(&input);
    lightpose_tracker *tracker;
    lightpose_result *result;
    lightpose_error error;
    double time = 0;
    int expected = settings.expect_people, changed = 0;

    if (!fuzz_told(lightpose_tracker_create(&tracker, &settings, &error), &error)) {
        must(!tracker);
        return 0;
    }
    must(lightpose_result_create(&result, NULL) == LIGHTPOSE_OK);
    for (int steps = 0; steps < MOST_STEPS && input.left > 0; steps++) {
        switch (fuzz_below(&input, 16)) {
        case 0:
            lightpose_tracker_reset(tracker);
            break;
        case 1:
            restore_plain(&tracker);
            break;
        case 2:
        case 3:
            restore_changed(&input, &tracker);
            changed = 1; /* of the settings too: how many people come, nobody here knows */
            break;
        case 4:
            time = (double)fuzz_float(&input, 10);
            break;
        default: {
            fuzz_people(&input, result);
            const int before = lightpose_result_get_count(result);
            if (!fuzz_told(lightpose_tracker_update(tracker, time, result, &error), &error))
                must(lightpose_result_get_count(result) == 0);
            else if (!changed)
                check(result, before, expected);
            time += 0.04;
            break;
        }
        }
    }
    lightpose_result_destroy(&result);
    lightpose_tracker_destroy(&tracker);
    return 0;
}
