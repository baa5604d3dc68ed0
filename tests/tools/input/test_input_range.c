/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Ranges of inputs: what they are called, and which frames of a video are in them. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "clip.h"
#include "input/packets.h"
#include "input/range.h"
#include "media.h"
#include "reading.h"

enum { FRAMES = 700 };

static void reads_ends(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t frame; /* -1: it is a time */
        double seconds;
    } ends[] = {{"0", 0, -1},
                {"1500", 1500, -1},
                {"9000000000000000", 9000000000000000, -1},
                {"0s", -1, 0},
                {"10s", -1, 10},
                {"90.5s", -1, 90.5},
                {"0:01:30", -1, 90},
                {"1:30", -1, 90},
                {"1:00:00.25", -1, 3600.25},
                {"100:00:00", -1, 3.6e5}};
    static const char *const none[] = {
        "",      "-1",   "+1",   "1.5",   "s",          ".5s",     "1m",   "1e3s",
        "1:60",  "1:",   ":30",  "1::30", "1.5:30",     "0:0:0:1", "10 s", "9000000000000001",
        "nan s", "infs", "0x10", "1,5s",  "2000000000s"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        lp_input_range range = lp_input_range_all;
        assert_true(lp_input_range_read_first(&range, ends[i].text));
        assert_true(ends[i].frame >= 0 ? range.first == ends[i].frame && range.from < 0
                                       : fabs(range.from - ends[i].seconds) < 1e-9);
        assert_true(range.last == -1 && range.to < 0);
        range = lp_input_range_all;
        assert_true(lp_input_range_read_last(&range, ends[i].text));
        assert_true(ends[i].frame >= 0 ? range.last == ends[i].frame && range.to < 0
                                       : fabs(range.to - ends[i].seconds) < 1e-9);
        assert_true(range.first == 0 && range.from < 0);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        lp_input_range range = lp_input_range_all;
        if (lp_input_range_read_first(&range, none[i]))
            fail_msg("\"%s\" is taken for an end", none[i]);
        assert_true(range.first == 0 && range.from < 0);
    }
}

static void takes_clips_apart(void **state) {
    (void)state;
    static const struct {
        const char *text, *input;
        lp_input_range range;
    } clips[] = {{"3..9@a.mp4", "a.mp4", {3, 9, -1, -1}},
                 {"0:01:30..@b@c..d.mp4", "b@c..d.mp4", {0, -1, 90, -1}},
                 {"..2s@@x", "@x", {0, -1, -1, 2}},
                 {"4..1:00@-", "-", {4, -1, -1, 60}}};
    static const char *const none[] = {"a.mp4",  "3@a.mp4",  "..@a.mp4", "1..2@", "1..2",
                                       "1..x@a", "2s..1s@a", "9..3@a",   "@a",    "1...2@a"};
    for (size_t i = 0; i < sizeof clips / sizeof *clips; i++) {
        lp_input_range range;
        lightpose_error error = {0};
        const char *const input = lp_source_read_clip(clips[i].text, &range, &error);
        assert_non_null(input);
        assert_string_equal(input, clips[i].input);
        assert_memory_equal(&range, &clips[i].range, sizeof range);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        lp_input_range range;
        lightpose_error error = {0};
        assert_null(lp_source_read_clip(none[i], &range, &error));
        assert_int_equal(error.status, LIGHTPOSE_ERROR_ARGUMENT);
        assert_non_null(strstr(error.text, none[i]));
    }
}

/* Frames of known times, near the start and far behind it, entered and decoded up to. */
static void ranges_by_time(void **state) {
    (void)state;
    static const struct {
        const char *name, *encoder, *options;
        int uneven;
    } variants[] = {{"frames.mp4", "libx264", "preset=ultrafast:g=40:bf=3:sc_threshold=0", 0},
                    {"uneven.mkv", "libx264", "preset=ultrafast:g=60:bf=2", 1},
                    {"start.ts", "libx264", "preset=ultrafast:g=30:bf=2", 0},
                    {"plain.avi", "mpeg4", "g=25", 0}};
    static const lp_input_range ranges[] = {{0, -1, 0, 1},     {0, -1, 1, -1},     {0, -1, 0.999, 1.001},
                                            {0, -1, 12.5, 13}, {0, -1, 20, 20.96}, {0, -1, 27.9, -1},
                                            {0, 505, 20, -1},  {450, -1, -1, 20},  {0, -1, 5, 26.0001},
                                            {0, -1, -1, 0.5},  {0, -1, 14, 1e6}};
    int made = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const clip spec = {.path = media_in_folder(variants[i].name),
                           .encoder = variants[i].encoder,
                           .options = variants[i].options,
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
        for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
            for (int step = 1; step <= 3; step += 2) {
                const reading part = reading_part(spec.path, &ranges[r], step);
                const lp_input_range *const range = &ranges[r];
                int first = -1, count = 0;
                for (int n = 0; n < FRAMES; n++) {
                    const double at = all.frames[n].time - all.frames[0].time;
                    const int in = (range->from >= 0 ? at >= range->from - 1e-6 : n >= range->first) &&
                                   (range->to >= 0 ? at <= range->to + 1e-6 : range->last < 0 || n <= range->last);
                    first = in && first < 0 ? n : first;
                    if (!in || (n - first) % step)
                        continue;
                    if (count >= part.count || part.frames[count].index != n ||
                        part.frames[count].sum != all.frames[n].sum || part.frames[count].time != all.frames[n].time)
                        fail_msg("%s, range %d: frame %d is not the %dth", variants[i].name, (int)r, n, count);
                    count++;
                }
                assert_int_equal(part.count, count);
                assert_int_equal(part.end, count ? 0 : -1);
                free(part.frames);
            }
        free(all.frames);
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

/* A disk that fails ends the packets as the file's end does. What was read until then must not number the frames: a
 * frame behind it would be told to be beyond the end. */
static void scans_only_whole_files(void **state) {
    (void)state;
    const clip spec = {
        .path = media_in_folder("scan.avi"), .encoder = "mpeg4", .width = 64, .height = 48, .frames = 30};
    lp_sources sources = {0};
    lp_input_options options;
    lp_input_options_default(&options);
    if (clip_make(&spec) < 0)
        skip();
    assert_ok(lp_sources_add(&sources, spec.path, error));
    for (int fails = 0; fails < 2; fails++) {
        lp_packets packets = {0};
        lp_demux demux;
        assert_ok(lp_demux_open(&demux, &sources.items[0], &options, NULL, error));
        if (fails)
            demux.format->pb->error = AVERROR(EIO);
        assert_int_equal(lp_packets_scan(&packets, &demux), !fails);
        assert_int_equal(packets.count, spec.frames);
        lp_packets_free(&packets);
        lp_demux_close(&demux);
    }
    lp_sources_free(&sources);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ends),
        cmocka_unit_test(takes_clips_apart),
        cmocka_unit_test(ranges_by_time),
        cmocka_unit_test(scans_only_whole_files),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
