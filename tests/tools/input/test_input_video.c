/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Videos: every frame once, under its number and at its time, from any entry. */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "clip.h"
#include "media.h"
#include "reading.h"

enum { FRAMES = 700 };

/* Containers and codecs, each with what makes numbering hard in it: frames that are stored in another order than they
 * are shown in, key frames that are not the first to be shown of their group, none at all but the first, uneven times.
 */
static const struct variant {
    const char *name, *encoder, *options;
    int uneven, hidden_bit;
} variants[] = {
    {"bframes.mp4", "libx264", "preset=ultrafast:g=40:bf=3:sc_threshold=0", 0, 0},
    {"pyramid.mkv", "libx264", "preset=ultrafast:g=50:bf=3:x264-params=b-pyramid=normal\\:b-adapt=0", 0, 0},
    {"open.mp4", "libx264", "preset=ultrafast:g=30:bf=3:x264-params=open-gop=1\\:b-adapt=0\\:scenecut=0", 0, 0},
    {"open.mkv", "libx264", "preset=ultrafast:g=30:bf=3:x264-params=open-gop=1\\:b-adapt=0\\:scenecut=0", 1, 0},
    {"open.ts", "libx264", "preset=ultrafast:g=30:bf=3:x264-params=open-gop=1\\:b-adapt=0\\:scenecut=0", 0, 0},
    {"refresh.mp4", "libx264", "preset=ultrafast:g=30:bf=0:x264-params=intra-refresh=1", 0, 0},
    {"uneven.mp4", "libx264", "preset=ultrafast:g=60:bf=2", 1, 0},
    {"uneven.mkv", "libx264", "preset=ultrafast:g=60:bf=2", 1, 0},
    {"bframes.avi", "mpeg4", "g=25:bf=2", 0, 0},
    {"h264.avi", "libx264", "preset=ultrafast:g=40:bf=2", 0, 0},
    {"asp.mp4", "mpeg4", "g=25:bf=2", 0, 0},
    {"open.mpg", "mpeg2video", "g=15:bf=2", 0, 0},
    {"intra.avi", "mjpeg", NULL, 0, 0},
    {"vp8.webm", "libvpx", "g=60:deadline=realtime:cpu-used=8", 1, 0x10},
    {"vp9.webm", "libvpx-vp9", "g=60:deadline=realtime:cpu-used=8", 0, 0},
    {"hevc.mp4", "libx265", "preset=ultrafast:g=30:x265-params=log-level=none\\:open-gop=1\\:bframes=3", 0, 0},
};

/* Once for all tests: encoding takes longer than they do. */
static int make_variant(const struct variant *v) {
    if (access(media_in_folder(v->name), R_OK) == 0)
        return 1;
    const clip spec = {.path = media_in_folder(v->name),
                       .encoder = v->encoder,
                       .options = v->options,
                       .format = v->encoder[0] == 'm' && v->encoder[1] == 'j' ? "yuvj420p" : NULL,
                       .width = 160,
                       .height = 96,
                       .frames = FRAMES,
                       .uneven = v->uneven,
                       .hidden_bit = v->hidden_bit};
    if (clip_make(&spec) < 0) {
        print_message("# %s: this FFmpeg does not write it\n", v->name);
        return 0;
    }
    return 1;
}

static void numbers_and_times(void **state) {
    (void)state;
    int made = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (!make_variant(&variants[i]))
            continue;
        made++;
        const char *const path = media_in_folder(variants[i].name);
        const clip spec = {.uneven = variants[i].uneven};
        const reading plain = reading_plainly(path), ours = reading_all(path);
        if (ours.count != FRAMES || ours.failed || ours.end != 0)
            fail_msg("%s: %d frames, %d failed, end %d %s", variants[i].name, ours.count, ours.failed, ours.end,
                     ours.error.text);
        assert_int_equal(plain.count, FRAMES);
        double furthest = -INFINITY;
        for (int n = 0; n < FRAMES; n++) {
            const double wanted = (double)(clip_time(&spec, n) - clip_time(&spec, 0)) / 1000;
            if (ours.frames[n].index != n || ours.frames[n].number != n)
                fail_msg("%s: frame %d has index %d and shows %d", variants[i].name, n, (int)ours.frames[n].index,
                         ours.frames[n].number);
            assert_int_equal(ours.frames[n].sum, plain.frames[n].sum);
            /* FFmpeg may know none for the last frame of an AVI file, and gives one too early to a frame whose start
             * code lies on both sides of a packet's border. */
            const int is_told = isfinite(plain.frames[n].time) && plain.frames[n].time > furthest;
            furthest = fmax(furthest, plain.frames[n].time);
            if (is_told && ours.frames[n].time != plain.frames[n].time)
                fail_msg("%s: frame %d is at %.6f s, and plainly read at %.6f", variants[i].name, n,
                         ours.frames[n].time, plain.frames[n].time);
            /* And the truth that went in, up to where the container begins to count. */
            if (fabs(ours.frames[n].time - ours.frames[0].time - wanted) > 0.0011)
                fail_msg("%s: frame %d is at %.4f s, not %.4f", variants[i].name, n,
                         ours.frames[n].time - ours.frames[0].time, wanted);
        }
        free(plain.frames);
        free(ours.frames);
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

/* ---- MPEG streams whose packets end in a start code ----------------------------------------------------------------
 */

/* Bits of a time of 33 bits, with the marker bits between them (ISO/IEC 11172-1, 2.4.4.2). */
static void put_time(FILE *file, int prefix, int64_t time) {
    fputc(prefix << 4 | (int)(time >> 30 & 7) << 1 | 1, file);
    fputc((int)(time >> 22 & 255), file);
    fputc((int)(time >> 15 & 127) << 1 | 1, file);
    fputc((int)(time >> 7 & 255), file);
    fputc((int)(time & 127) << 1 | 1, file);
}

/* A pack with a packet; its times are those of the first picture that begins in it; -1: none does. */
static void put_packet(FILE *file, const uint8_t *data, int size, int64_t shown, int64_t decoded) {
    static const uint8_t pack[] = {0, 0, 1, 0xba}, rate[] = {0x80, 0x27, 0x11}, packet[] = {0, 0, 1, 0xe0};
    const int length = size + (shown < 0 ? 1 : shown == decoded ? 5 : 10);
    fwrite(pack, 1, sizeof pack, file);
    put_time(file, 2, decoded < 0 ? 0 : decoded);
    fwrite(rate, 1, sizeof rate, file);
    fwrite(packet, 1, sizeof packet, file);
    fputc(length >> 8, file);
    fputc(length & 255, file);
    if (shown < 0)
        fputc(0x0f, file);
    else
        put_time(file, shown == decoded ? 2 : 3, shown);
    if (shown >= 0 && shown != decoded)
        put_time(file, 1, decoded);
    fwrite(data, 1, (size_t)size, file);
}

/* The pictures of an elementary stream, each from the first of its headers on, as they are stored. */
typedef struct picture {
    int at, type, shown;
} picture;

enum { KEY_PICTURE = 1, PREDICTED_PICTURE, BETWEEN_PICTURE };

static int find_pictures(const uint8_t *data, int size, picture *pictures, int most) {
    enum { PICTURE = 0, SEQUENCE = 0xb3, GROUP = 0xb8 };
    int count = 0, group = 0, begun = -1;
    for (int at = 0; at + 5 < size && count < most; at++) {
        if (data[at] || data[at + 1] || data[at + 2] != 1)
            continue;
        const int code = data[at + 3];
        if (begun < 0 && (code == PICTURE || code == SEQUENCE || code == GROUP))
            begun = at;
        if (code == GROUP)
            group = count;
        if (code != PICTURE)
            continue;
        pictures[count] = (picture){begun, data[at + 5] >> 3 & 7, group + (data[at + 4] << 2 | data[at + 5] >> 6)};
        count++;
        begun = -1;
    }
    return count;
}

/* A program stream of an elementary one. Where a picture of type `split` begins, a packet ends two bytes later. */
static void make_program_stream(const char *from, const char *to, int split) {
    enum { MOST = 2000, TICKS = 3600, DELAY = 45000, ROOM = 1 << 22 };
    FILE *const in = fopen(from, "rb"), *const out = fopen(to, "wb");
    uint8_t *const data = malloc(ROOM);
    assert_true(in && out && data);
    const int size = (int)fread(data, 1, ROOM, in);
    static picture pictures[FRAMES];
    const int count = find_pictures(data, size, pictures, FRAMES);
    for (int begun = 0, next = 0; begun < size;) {
        int end = begun + MOST < size ? begun + MOST : size;
        for (int i = next; i < count && pictures[i].at + 2 < end; i++)
            if (i > 0 && pictures[i].type == split && pictures[i].at + 2 > begun)
                end = pictures[i].at + 2;
        const int is_told = next < count && pictures[next].at < end;
        const int64_t shown = is_told ? DELAY + TICKS * (int64_t)pictures[next].shown : -1;
        const int64_t decoded = is_told ? DELAY + TICKS * (int64_t)(next - 1) : -1;
        put_packet(out, data + begun, end - begun, shown,
                   is_told && pictures[next].type == BETWEEN_PICTURE ? shown : decoded);
        while (next < count && pictures[next].at < end)
            next++;
        begun = end;
    }
    free(data);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void times_of_packets_that_end_in_a_start_code(void **state) {
    (void)state;
    enum { SOME = 200 };
    char whole[4096];
    snprintf(whole, sizeof whole, "%s", media_in_folder("whole.m2v"));
    const clip spec = {.path = whole,
                       .container = "mpeg2video",
                       .encoder = "mpeg2video",
                       .options = "g=15:bf=2",
                       .width = 160,
                       .height = 96,
                       .frames = SOME};
    skip_without(clip_make(&spec) == 0, "this FFmpeg does not write MPEG-2");
    for (int split = 0; split <= BETWEEN_PICTURE; split++) {
        const char *const path = media_in_folder("split.mpg");
        make_program_stream(whole, path, split);
        const reading ours = reading_all(path);
        assert_int_equal(ours.count, SOME);
        for (int n = 0; n < SOME; n++) {
            const double wanted = ours.frames[0].time + 0.04 * n;
            if (ours.frames[n].index != n || ours.frames[n].number != n || fabs(ours.frames[n].time - wanted) > 1e-6)
                fail_msg("pictures of type %d: frame %d has index %d, shows %d, and is at %.4f s, not %.4f", split, n,
                         (int)ours.frames[n].index, ours.frames[n].number, ours.frames[n].time, wanted);
        }
        free(ours.frames);
    }
}

static void same_frames_from_any_entry(void **state) {
    (void)state;
    static const struct {
        int first, last, step;
    } ranges[] = {{0, 20, 1},    {299, 320, 1}, {301, 301, 1}, {310, 360, 7}, {333, 400, 1},
                  {419, 422, 1}, {420, 421, 1}, {599, -1, 10}, {698, -1, 1},  {699, 5000, 1}};
    int made = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const char *const path = media_in_folder(variants[i].name);
        if (!make_variant(&variants[i]))
            continue;
        made++;
        const reading all = reading_all(path);
        for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
            const int last = ranges[r].last < 0 || ranges[r].last >= FRAMES ? FRAMES - 1 : ranges[r].last;
            const reading part = reading_range(path, ranges[r].first, ranges[r].last, ranges[r].step);
            const int wanted = (last - ranges[r].first) / ranges[r].step + 1;
            if (part.count != wanted || part.failed || part.end != 0)
                fail_msg("%s from %d: %d frames, not %d; %d failed; %s", variants[i].name, ranges[r].first, part.count,
                         wanted, part.failed, part.error.text);
            for (int n = 0; n < wanted; n++) {
                const reading_frame *const whole = &all.frames[ranges[r].first + n * ranges[r].step];
                if (part.frames[n].index != whole->index || part.frames[n].sum != whole->sum ||
                    part.frames[n].time != whole->time)
                    fail_msg("%s from %d: frame %d differs: it shows %d", variants[i].name, ranges[r].first,
                             (int)whole->index, part.frames[n].number);
            }
            free(part.frames);
        }
        free(all.frames);
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

static void refuses_ranges_beyond_the_end(void **state) {
    (void)state;
    static const int64_t firsts[] = {FRAMES, 100000, INT64_C(9000000000000000)};
    assert_true(make_variant(&variants[12]));
    const char *const path = media_in_folder(variants[12].name);
    for (int i = 0; i < 3; i++) {
        const reading r = reading_range(path, firsts[i], -1, 1);
        assert_int_equal(r.end, -1);
        assert_int_equal(r.count, 0);
        assert_int_equal(r.error.status, LIGHTPOSE_ERROR_ARGUMENT);
        assert_non_null(strstr(r.error.text, "intra.avi: there is no frame"));
        assert_non_null(strstr(r.error.text, "the last is 699"));
    }
    const reading last = reading_range(path, 0, INT64_C(9000000000000000), INT64_C(9000000000000000));
    assert_int_equal(last.count, 1);
    assert_int_equal(last.end, 0);
    free(last.frames);
}

static void reads_real_clips(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int frames;
    } clips[] = {{"one_by_one.mp4", 1394},
                 {"openpose_street.avi", 205},
                 {"signer_portrait.mp4", 58},
                 {"street_5frames.mp4", 5},
                 {"vtest.avi", 795}};
    const char *const shared = getenv("LIGHTPOSE_SHARED"), *const documents = getenv("LIGHTPOSE_OPENCV_DATA");
    int found = 0;
    for (size_t i = 0; i < sizeof clips / sizeof *clips; i++) {
        char path[4096];
        if (i == 4)
            snprintf(path, sizeof path, "%s/%s", documents ? documents : "/usr/share/doc/opencv-doc/examples/data",
                     clips[i].name);
        else
            snprintf(path, sizeof path, "%s/video/%s", shared ? shared : "", clips[i].name);
        FILE *const file = fopen(path, "rb");
        if (!file) {
            print_message("# %s is absent\n", clips[i].name);
            continue;
        }
        fclose(file);
        found++;
        const reading plain = reading_plainly(path), ours = reading_all(path);
        assert_int_equal(plain.count, clips[i].frames);
        assert_int_equal(ours.count, clips[i].frames);
        assert_int_equal(ours.failed, 0);
        assert_int_equal(ours.end, 0);
        const int first = clips[i].frames * 2 / 3;
        const reading part = reading_range(path, first, -1, 1);
        assert_int_equal(part.count, clips[i].frames - first);
        for (int n = 0; n < ours.count; n++) {
            assert_int_equal(ours.frames[n].index, n);
            assert_true(ours.frames[n].time == plain.frames[n].time);
            assert_int_equal(ours.frames[n].sum, plain.frames[n].sum);
            if (n >= first)
                assert_memory_equal(&part.frames[n - first], &ours.frames[n], sizeof(reading_frame));
        }
        free(plain.frames);
        free(ours.frames);
        free(part.frames);
    }
    if (!found)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_times),          cmocka_unit_test(times_of_packets_that_end_in_a_start_code),
        cmocka_unit_test(same_frames_from_any_entry), cmocka_unit_test(refuses_ranges_beyond_the_end),
        cmocka_unit_test(reads_real_clips),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
