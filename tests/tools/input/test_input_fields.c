/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Packets that are no whole frames, and clocks that leap: numbers and times do not depend on them, nor on threads. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "clip.h"
#include "fields.h"
#include "media.h"
#include "reading.h"

static const int threads[] = {1, 2, 4, 8};

enum { THREADS = sizeof threads / sizeof *threads };

static void numbers_frames_of_two_fields(void **state) {
    (void)state;
    enum { FRAMES = 50 };
    static const char *const containers[] = {"mkv", "mp4", "ts", "avi"};
    for (size_t c = 0; c < sizeof containers / sizeof *containers; c++)
        for (int kind = FIELDS_APART; kind <= FIELDS_MIXED; kind++) {
            char name[32];
            snprintf(name, sizeof name, "fields%d.%s", kind, containers[c]);
            const char *const path = media_in_folder(name);
            fields_make(path, (fields_kind)kind, FRAMES, -1);
            for (int t = 0; t < THREADS; t++) {
                const reading r = reading_by(path, threads[t]);
                if (r.count != FRAMES || r.failed || r.end)
                    fail_msg("%s, %d threads: %d frames, %d failed, end %d: %s", name, threads[t], r.count, r.failed,
                             r.end, r.error.text);
                for (int n = 0; n < FRAMES; n++) {
                    assert_int_equal(r.frames[n].index, n);
                    assert_int_equal(r.frames[n].number, n);
                    /* AVI counts packets, of which fields are twice as many. */
                    if (c < 3 && fabs(r.frames[n].time - r.frames[0].time - 0.04 * n) > 0.0011)
                        fail_msg("%s: frame %d is at %.4f s", name, n, r.frames[n].time - r.frames[0].time);
                }
                free(r.frames);
            }
        }
}

/* A field that is lost takes its frame with it, and no other frame's number. */
static void keeps_numbers_where_a_field_is_lost(void **state) {
    (void)state;
    enum { FRAMES = 50 };
    static const int drops[] = {10, 11, 12, 13, 57};
    for (size_t d = 0; d < sizeof drops / sizeof *drops; d++) {
        const char *const path = media_in_folder("lost.mkv");
        fields_make(path, FIELDS_APART, FRAMES, drops[d]);
        for (int t = 0; t < THREADS; t++) {
            const reading r = reading_by(path, threads[t]);
            if (r.count != FRAMES || r.end)
                fail_msg("without packet %d, %d threads: %d frames, end %d: %s", drops[d], threads[t], r.count, r.end,
                         r.error.text);
            for (int n = 0; n < FRAMES; n++) {
                assert_int_equal(r.frames[n].index, n);
                if (r.frames[n].ok && r.frames[n].number != n)
                    fail_msg("without packet %d: frame %d shows %d", drops[d], n, r.frames[n].number);
            }
            assert_in_range(r.failed, 1, 2); /* FFmpeg may take the frame after it for damaged, too */
            free(r.frames);
        }
    }
}

static void append_file(const char *to, const char *from) {
    size_t size, more;
    uint8_t *const a = media_read(to, &size);
    assert_non_null(a);
    char keep[4096];
    snprintf(keep, sizeof keep, "%s", to);
    uint8_t *const b = media_read(from, &more);
    assert_non_null(b);
    uint8_t *const both = malloc(size + more);
    memcpy(both, a, size);
    memcpy(both + size, b, more);
    assert_int_equal(media_write(keep, both, size + more), 0);
    free(a);
    free(b);
    free(both);
}

/* TS files put together with cat: the clock leaps back in the middle. */
static void goes_on_over_a_leap_of_the_clock(void **state) {
    (void)state;
    enum { PART = 60 };
    static const char *const options[] = {"preset=ultrafast:g=20:bf=0",
                                          "preset=ultrafast:g=20:bf=3:x264-params=b-adapt=0"};
    for (int o = 0; o < 2; o++) {
        char first[4096], second[4096];
        snprintf(first, sizeof first, "%s", media_in_folder("joined.ts"));
        snprintf(second, sizeof second, "%s", media_in_folder("second.ts"));
        for (int part = 0; part < 2; part++) {
            const clip spec = {.path = part ? second : first,
                               .encoder = "libx264",
                               .options = options[o],
                               .width = 160,
                               .height = 96,
                               .frames = PART,
                               .number = part * PART};
            if (clip_make(&spec) < 0) {
                print_message("# skipped: this FFmpeg lacks libx264\n");
                skip();
            }
        }
        append_file(first, second);
        for (int t = 0; t < THREADS; t++) {
            const reading r = reading_by(first, threads[t]);
            if (r.count != 2 * PART || r.failed || r.end)
                fail_msg("%s, %d threads: %d frames, %d failed, end %d: %s", options[o], threads[t], r.count, r.failed,
                         r.end, r.error.text);
            for (int n = 0; n < r.count; n++) {
                assert_int_equal(r.frames[n].index, n);
                assert_int_equal(r.frames[n].number, n);
                if (fabs(r.frames[n].time - r.frames[0].time - 0.04 * n) > 0.001)
                    fail_msg("frame %d is at %.4f s", n, r.frames[n].time - r.frames[0].time);
                assert_true(n == PART ? fabs(r.frames[n].jump + PART * 0.04) < 0.001 : r.frames[n].jump == 0);
            }
            free(r.frames);
        }
    }
}

/* A pause is kept and told; the frames behind it are where the file has them. */
static void tells_a_pause(void **state) {
    (void)state;
    const char *const path = media_in_folder("pause.mkv");
    const clip spec = {.path = path, .encoder = "mpeg4", .width = 160, .height = 96, .frames = 40, .pause_at = 20};
    assert_int_equal(clip_make(&spec), 0);
    const reading r = reading_all(path);
    assert_int_equal(r.count, 40);
    for (int n = 0; n < r.count; n++) {
        assert_true(fabs(r.frames[n].time - (0.04 * n + (n >= 20 ? CLIP_PAUSE : 0))) < 0.0011);
        assert_true(n == 20 ? fabs(r.frames[n].jump - CLIP_PAUSE) < 0.0011 : r.frames[n].jump == 0);
    }
    free(r.frames);
}

/* Capture programs write an empty chunk for a frame that they dropped; the frame before stays. */
static void passes_over_empty_packets(void **state) {
    (void)state;
    const char *const path = media_in_folder("empty.avi");
    const clip spec = {.path = path,
                       .encoder = "mjpeg",
                       .format = "yuvj420p",
                       .width = 160,
                       .height = 96,
                       .frames = 60,
                       .leave_out = 10};
    assert_int_equal(clip_make(&spec), 0);
    const reading r = reading_all(path);
    assert_int_equal(r.end, 0);
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.count, 54);
    for (int n = 0; n < r.count; n++) {
        const int source = n / 9 * 10 + n % 9;
        assert_int_equal(r.frames[n].index, n);
        assert_int_equal(r.frames[n].number, source);
        assert_true(fabs(r.frames[n].time - 0.04 * source) < 0.0011);
    }
    free(r.frames);
}

static uint8_t *find(uint8_t *data, size_t size, const char *box) {
    uint8_t *const found = memmem(data, size, box, 4);
    assert_non_null(found);
    return found + 4;
}

static void put32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * (3 - i));
}

static uint32_t get32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* MP4 whose edit list shows 20 frames from the 27th on, and MP4 whose last sample is empty: nothing is cut short. */
static void takes_no_edit_for_damage(void **state) {
    (void)state;
    for (int edited = 0; edited < 2; edited++) {
        const char *const path = media_in_folder("edited.mp4");
        const clip spec = {.path = path,
                           .encoder = "libx264",
                           .options = "preset=ultrafast:g=20:bf=2",
                           .width = 160,
                           .height = 96,
                           .frames = 60};
        if (clip_make(&spec) < 0) {
            print_message("# skipped: this FFmpeg lacks libx264\n");
            skip();
        }
        size_t size;
        uint8_t *const data = media_read(path, &size);
        assert_non_null(data);
        const uint32_t movie = get32(find(data, size, "mvhd") + 12), media = get32(find(data, size, "mdhd") + 12);
        if (edited) {
            uint8_t *const list = find(data, size, "elst");
            assert_int_equal(get32(list + 4), 1);
            put32(list + 8, 20 * movie / 25);
            put32(list + 12, get32(list + 12) + 27 * media / 25);
        } else {
            uint8_t *const sizes = find(data, size, "stsz");
            put32(sizes + 12 + 4 * 59, 0);
        }
        assert_int_equal(media_write(media_in_folder("edited.mp4"), data, size), 0);
        free(data);
        const reading r = reading_all(media_in_folder("edited.mp4"));
        if (r.end || r.failed || r.count != (edited ? 20 : 59))
            fail_msg("edited %d: %d frames, %d failed, end %d: %s", edited, r.count, r.failed, r.end, r.error.text);
        for (int n = 0; n < r.count; n++) {
            assert_int_equal(r.frames[n].index, n);
            if (edited)
                assert_int_equal(r.frames[n].number, n + 27);
        }
        free(r.frames);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_frames_of_two_fields),     cmocka_unit_test(keeps_numbers_where_a_field_is_lost),
        cmocka_unit_test(goes_on_over_a_leap_of_the_clock), cmocka_unit_test(tells_a_pause),
        cmocka_unit_test(passes_over_empty_packets),        cmocka_unit_test(takes_no_edit_for_damage),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
