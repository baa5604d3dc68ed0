/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Fewer frames a second than a source has: which are kept, and which are not even decoded. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "clip.h"
#include "cli_amount.h"
#include "input/clock.h"
#include "input/pace.h"
#include "media.h"
#include "reading.h"

enum { FRAMES = 300, STEP_MS = 40 };

/* Frames of a rate, with and without jitter: as many as the rate says, evenly, and all where the source is slower. */
static void keeps_the_rate(void **state) {
    (void)state;
    static const double rates[] = {0.5, 3, 7, 10, 12.5, 24.9, 25, 30};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (int jitter = 0; jitter <= 9; jitter += 3) {
            lp_pace pace;
            lp_pace_start(&pace, rates[r]);
            enum { LONG = 10000 };
            const double step = 0.001 * STEP_MS, longest = (rates[r] < 25 ? 1 / rates[r] : step) + step;
            int kept = 0;
            double last = NAN;
            uint32_t random = 1;
            for (int n = 0; n < LONG; n++) {
                random = random * 1664525 + 1013904223;
                const double time = n * step + 1e-3 * jitter * ((double)(random >> 8) / (1 << 24) - 0.5);
                if (!lp_pace_keeps(&pace, time, step))
                    continue;
                if (time - last > longest + 2e-3 * jitter)
                    fail_msg("%g a second, jitter %d ms: %g s between frames", rates[r], jitter, time - last);
                last = time;
                kept++;
            }
            const double due = LONG * step * fmin(rates[r], 25);
            /* Where two rates nearly agree, jitter at the borders costs some. */
            if (fabs(kept - due) > 1 + (rates[r] > 20 && jitter ? 0.04 : 0.001) * due)
                fail_msg("%g a second, jitter %d ms: %d frames, not %g", rates[r], jitter, kept, due);
        }
    lp_pace all;
    lp_pace_start(&all, 0);
    assert_true(lp_pace_keeps(&all, 1, 0.04) && lp_pace_keeps(&all, 1, 0.04) && lp_pace_keeps(&all, 0, 0.04));
}

/* Whatever the codec and the container, the frames are those that their times say; of codecs that allow it the others
 * are not decoded. */
static void keeps_frames_by_time(void **state) {
    (void)state;
    static const struct {
        const char *name, *encoder, *options, *format;
        int uneven, least_passed; /* of 100 frames */
    } variants[] = {{"all.mkv", "mjpeg", NULL, "yuvj420p", 0, 55},
                    {"all.mov", "mjpeg", NULL, "yuvj420p", 1, 35},
                    {"counted.avi", "mjpeg", NULL, "yuvj420p", 0, 55},
                    {"references.mp4", "libx264", "preset=ultrafast:g=40:bf=0", NULL, 0, 0},
                    {"reordered.mp4", "libx264", "preset=veryfast:g=40:bf=3", NULL, 0, 20},
                    {"pyramid.mkv", "libx264", "preset=veryfast:g=60:bf=7:b_strategy=0:b-pyramid=normal", NULL, 1, 15},
                    {"stream.ts", "libx264", "preset=ultrafast:g=30:bf=2", NULL, 0, 0},
                    {"plain.avi", "mpeg4", "g=25", NULL, 0, 0}};
    int made = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const clip spec = {.path = media_in_folder(variants[i].name),
                           .encoder = variants[i].encoder,
                           .options = variants[i].options,
                           .format = variants[i].format,
                           .width = 64,
                           .height = 48,
                           .frames = FRAMES,
                           .uneven = variants[i].uneven};
        if (clip_make(&spec) < 0) {
            print_message("# %s: this FFmpeg does not write it\n", variants[i].name);
            continue;
        }
        made++;
        const reading all = reading_all(spec.path);
        assert_int_equal(all.count, FRAMES);
        for (int threads = 1; threads <= 4; threads += 3) {
            const reading part = reading_at(spec.path, 10, threads, 0);
            int count = 0;
            int64_t last = -1;
            for (int n = 0; n < FRAMES; n++) {
                const double at = all.frames[n].time - all.frames[0].time;
                const int64_t period = (int64_t)floor(at * 10 + 0.2 + 1e-3);
                if (!variants[i].uneven && period <= last)
                    continue;
                if (variants[i].uneven && (count == part.count || part.frames[count].index != n))
                    continue; /* the nominal step is the container's affair */
                last = period;
                if (count >= part.count || part.frames[count].index != n || !part.frames[count].ok ||
                    part.frames[count].sum != all.frames[n].sum || part.frames[count].time != all.frames[n].time)
                    fail_msg("%s: frame %d is not the %dth", variants[i].name, n, count);
                count++;
            }
            assert_int_equal(part.count, count);
            assert_int_equal(part.end, 0);
            const double seconds = all.frames[FRAMES - 1].time - all.frames[0].time;
            if (fabs(count - 10 * seconds) > 0.03 * 10 * seconds + 2)
                fail_msg("%s: %d frames in %g s", variants[i].name, count, seconds);
            if (part.passed * 100 < variants[i].least_passed * FRAMES)
                fail_msg("%s: %d frames passed over undecoded", variants[i].name, (int)part.passed);
            /* Entered where a frame was kept, it yields the same rest. */
            const int from = count / 2;
            const reading rest = reading_at(spec.path, 10, threads, part.frames[from].index);
            assert_int_equal(rest.count, count - from);
            for (int n = 0; n < rest.count; n++)
                assert_true(rest.frames[n].index == part.frames[from + n].index &&
                            rest.frames[n].sum == part.frames[from + n].sum);
            free(rest.frames);
            free(part.frames);
        }
        free(all.frames);
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

/* A wall clock that is set moves no time: intervals go by when frames arrived. */
static void keeps_times_monotonic(void **state) {
    (void)state;
    lp_clock clock;
    double jump, last = -1;
    lp_clock_start(&clock);
    for (int n = 0; n < 100; n++) {
        const double arrived = 1000 + 0.04 * n, time = lp_clock_tell(&clock, NAN, 0, arrived, &jump);
        assert_true(time > last && fabs(time - 0.04 * n) < 1e-9 && jump == 0);
        assert_true(n == 0 || fabs(lp_clock_expect(&clock, NAN, arrived + 0.04) - time - 0.04) < 1e-9);
        last = time;
    }
    /* The source's own clock is set back, and on. */
    lp_clock_start(&clock);
    last = -1;
    for (int n = 0; n < 300; n++) {
        const double own = 0.04 * n + (n >= 100 && n < 200 ? -7200 : 500);
        const double time = lp_clock_tell(&clock, own, 0, 1000 + 0.04 * n, &jump);
        assert_true(time > last && (n == 0 || fabs(time - last - 0.04) < 1e-6));
        assert_int_equal(jump != 0, n == 100 || n == 200);
        last = time;
    }
}

/* Times of frames 0.04 s apart, but for some in the middle. */
static void makes_up_for_times_that_go_back(void **state) {
    (void)state;
    static const struct {
        double off[5];    /* of the source's times of frames 10 to 14 */
        double wanted[5]; /* of ours */
    } cases[] = {
        {{-0.08}, {0}},                                               /* one is too early */
        {{-0.08, -0.12, -0.16, -0.08}, {0}},                          /* some in a row are */
        {{0.12}, {0.12, 0.08, 0.04, 0, 0}},                           /* one is too late: those behind it wait */
        {{-0.04, -0.04, -0.04, -0.04}, {-0.04, -0.04, -0.04, -0.04}}, /* two at one time */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lp_clock clock;
        double jump, last = -1;
        lp_clock_start(&clock);
        clock.step = 0.04;
        for (int n = 0; n < 40; n++) {
            const int here = n >= 10 && n < 15;
            const double own = 0.04 * n + (here ? cases[i].off[n - 10] : 0);
            const double expected = lp_clock_expect(&clock, own, NAN);
            const double time = lp_clock_tell(&clock, own, 0, NAN, &jump);
            const double wanted = 0.04 * n + (here ? cases[i].wanted[n - 10] : 0);
            if (n > 0 && (time != expected || time < last || (n < 15 && fabs(time - wanted) > 1e-9)))
                fail_msg("case %d: frame %d is at %g, not %g; %g was expected", (int)i, n, time, wanted, expected);
            if (n > 20)
                assert_true(fabs(time - 0.04 * n) < 1e-9);
            last = time;
        }
    }
    /* A source that goes back for good: ours are not ahead of it for ever. */
    lp_clock clock;
    double jump, time = 0;
    lp_clock_start(&clock);
    clock.step = 0.04;
    for (int n = 0; n < 200; n++)
        time = lp_clock_tell(&clock, 0.04 * n - (n > 10 ? 0.5 : 0), 0, NAN, &jump);
    assert_true(fabs(time - (0.04 * 199 - 0.5)) < 1e-9);
}

static void reads_amounts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double duration, bytes; /* -1: it is none */
    } amounts[] = {{"50ms", 0.05, -1},      {"1h", 3600, -1},   {"1.5s", 1.5, -1},    {"10m", 600, -1},
                   {"2d", 172800, -1},      {"50G", -1, 5e10},  {"1.5T", -1, 1.5e12}, {"800MB", -1, 8e8},
                   {"1Gi", -1, 1073741824}, {"4KiB", -1, 4096}, {"12", -1, 12},       {"", -1, -1},
                   {"ms", -1, -1},          {"-1s", -1, -1},    {"1e3s", -1, -1},     {"infs", -1, -1},
                   {"1,5s", -1, -1},        {"1.2.3s", -1, -1}, {"5 s", -1, -1},      {"0x10", -1, -1},
                   {"1Gb", -1, -1},         {"1X", -1, -1},     {"9h30m", 34200, -1}, {"1d1h1m1s5ms", 90061.005, -1},
                   {"30m9h", -1, -1},       {"1h1h", -1, -1},   {"1h30", -1, -1},     {"5k", -1, 5000},
                   {".5s", -1, -1}};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        double value;
        const int duration = lp_cli_read_duration(amounts[i].text, &value);
        if (duration != (amounts[i].duration >= 0) || (duration && fabs(value - amounts[i].duration) > 1e-9))
            fail_msg("\"%s\" as a duration", amounts[i].text);
        const int bytes = lp_cli_read_bytes(amounts[i].text, &value);
        if (bytes != (amounts[i].bytes >= 0) || (bytes && fabs(value - amounts[i].bytes) > 1e-3))
            fail_msg("\"%s\" as bytes", amounts[i].text);
    }
}

/* Moments are apart from each other by what their clocks say, whenever this runs. */
static void reads_moments(void **state) {
    static const char *const wrong[] = {"",   "noon", "25:00",      "18:30x", "+",
                                        "+5", "-5m",  "2026-12-24", "18",     "2026-12-24T18:30:"};
    double plus, at = 0, later = 0, past, clock;
    (void)state;
    assert_true(lp_cli_read_moment("+1h30m", &plus));
    assert_true(plus > 5399.9 && plus < 5400.1);
    assert_true(lp_cli_read_moment("2126-12-24T18:30", &at) && lp_cli_read_moment("2126-12-24T18:30:15", &later));
    assert_true(later - at > 13.9 && later - at < 16.1 && at > 0); /* a second may pass between */
    assert_true(lp_cli_read_moment("2001-01-01T00:00", &past) && past < 0);
    assert_true(lp_cli_read_moment("00:00", &clock) && clock > 0 && clock <= 90000);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (lp_cli_read_moment(wrong[i], &clock))
            fail_msg("\"%s\" is taken for a moment", wrong[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_rate),        cmocka_unit_test(keeps_frames_by_time),
        cmocka_unit_test(keeps_times_monotonic), cmocka_unit_test(makes_up_for_times_that_go_back),
        cmocka_unit_test(reads_amounts),         cmocka_unit_test(reads_moments),
    };
    return cmocka_run_group_tests_name("input_pace", tests, media_open_folder, media_close_folder);
}
