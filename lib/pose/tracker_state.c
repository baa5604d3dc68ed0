/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A tracker's state as bytes: a head, the remembered people, the slots. The bytes are those of this build's structures.
 * The head detects another version or layout, and a hash detects damage. */

#include "pose/tracker.h"

#include <string.h>

#include "base/mem.h"

typedef struct head {
    char magic[8];
    int32_t version;                            /* lightpose_version_number */
    uint32_t head_size, track_size, slots_size; /* of the structures */
    uint64_t hash;                              /* of all bytes, with 0 for this field */
    uint64_t count;                             /* of tracks */
    lightpose_tracker_settings settings;
    double last_time, now, step;
    int64_t frames, next_id;
    int32_t together, settled;
} head;

static const char magic[8] = "LPTRACK";

/* FNV-1a. */
static uint64_t hash_of(const unsigned char *bytes, size_t size) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

size_t lp_tracker_save(const lightpose_tracker *tracker, void *bytes, size_t capacity) {
    const size_t tracks = tracker->count * sizeof *tracker->tracks;
    const size_t size = sizeof(head) + tracks + sizeof tracker->slots;
    unsigned char *const to = bytes;
    head h;

    if (size > capacity)
        return size;
    memset(&h, 0, sizeof h); /* also the padding, which the hash covers */
    memcpy(h.magic, magic, sizeof magic);
    h.version = lightpose_version_number();
    h.head_size = sizeof h;
    h.track_size = sizeof *tracker->tracks;
    h.slots_size = sizeof tracker->slots;
    h.count = tracker->count;
    h.settings = tracker->settings;
    h.last_time = tracker->last_time;
    h.now = tracker->now;
    h.step = tracker->step;
    h.frames = tracker->frames;
    h.next_id = tracker->next_id;
    h.together = tracker->together;
    h.settled = tracker->settled;
    memcpy(to, &h, sizeof h);
    if (tracks)
        memcpy(to + sizeof h, tracker->tracks, tracks);
    memcpy(to + sizeof h + tracks, tracker->slots, sizeof tracker->slots);
    h.hash = hash_of(to, size);
    memcpy(to + offsetof(head, hash), &h.hash, sizeof h.hash);
    return size;
}

/* Fills *h and checks it; restore checks the hash, on a copy of the bytes. */
static lightpose_status read_head(const unsigned char *bytes, size_t size, head *h, lightpose_error *error) {
    const size_t least = sizeof *h + sizeof(lp_slot[LP_TRACK_MAX_SLOTS]);

    if (size < least || memcmp(bytes, magic, sizeof magic))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%zu bytes that are not a saved tracker", size);
    memcpy(h, bytes, sizeof *h);
    if (h->version != lightpose_version_number() || h->head_size != sizeof *h || h->track_size != sizeof(lp_track) ||
        h->slots_size != sizeof(lp_slot[LP_TRACK_MAX_SLOTS]))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "a tracker saved by version number %d of another build; this is %d", (int)h->version,
                       lightpose_version_number());
    if (h->count > LP_TRACK_MAX_PEOPLE || size != least + h->count * sizeof(lp_track))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "a saved tracker of %zu bytes, which is the wrong size", size);
    return LIGHTPOSE_OK;
}

static int is_damaged(const unsigned char *bytes, size_t size, const head *h, lightpose_error *error) {
    unsigned char *const copy = lp_calloc(1, size);
    if (!copy) {
        (void)lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a tracker (%zu bytes)", size);
        return 1;
    }
    memcpy(copy, bytes, size);
    memset(copy + offsetof(head, hash), 0, sizeof h->hash);
    const int damaged = hash_of(copy, size) != h->hash;
    lp_free(copy);
    if (damaged)
        (void)lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "a damaged saved tracker of %zu bytes", size);
    return damaged;
}

lightpose_status lp_tracker_restore(lightpose_tracker **tracker, const void *bytes, size_t size,
                                    lightpose_error *error) {
    const unsigned char *const from = bytes;
    lightpose_error detail = {0};
    head h;

    *tracker = NULL;
    LP_TRY(read_head(from, size, &h, error));
    if (is_damaged(from, size, &h, &detail))
        return lp_fail(error, detail.status, "%s", detail.text);
    LP_TRY(lp_tracker_create(tracker, &h.settings, error));
    lightpose_tracker *const made = *tracker;
    const size_t tracks = (size_t)h.count * sizeof *made->tracks;
    void *grown = NULL;
    if (lp_grow(&grown, &made->capacity, h.count, sizeof *made->tracks)) {
        lp_tracker_destroy(tracker);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a tracker of %zu people", (size_t)h.count);
    }
    made->tracks = grown;
    made->count = (size_t)h.count;
    if (tracks)
        memcpy(made->tracks, from + sizeof h, tracks);
    memcpy(made->slots, from + sizeof h + tracks, sizeof made->slots);
    made->last_time = h.last_time;
    made->now = h.now;
    made->step = h.step;
    made->frames = h.frames;
    made->next_id = h.next_id;
    made->together = h.together;
    made->settled = h.settled;
    return LIGHTPOSE_OK;
}
