/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Damaged videos: an account of every frame that is lost, and of files that are none. */

#include "check.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "clip.h"
#include "media.h"
#include "reading.h"

enum { FRAMES = 300 };

/* Where the data of a video's packets lie in its file, in decoding order. */
static int packet_places(const char *path, const uint8_t *data, size_t size, int64_t *places, int *sizes,
                         int capacity) {
    AVFormatContext *format = NULL;
    AVPacket *packet = av_packet_alloc();
    int count = 0;
    assert_true(avformat_open_input(&format, path, NULL, NULL) >= 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    while (count < capacity && av_read_frame(format, packet) >= 0) {
        /* FFmpeg tells where a packet's head is; the data follow. */
        const uint8_t *const found =
            memmem(data + packet->pos, size - (size_t)packet->pos, packet->data, (size_t)packet->size);
        assert_non_null(found);
        places[count] = found - data;
        sizes[count++] = packet->size;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&format);
    return count;
}

/* Overwrites packets [first, last] of a file, or their latter halves, with noise. */
static void damage(const char *path, int first, int last, int half) {
    int64_t places[FRAMES];
    int sizes[FRAMES];
    size_t size;
    uint8_t *const data = media_read(path, &size);
    assert_non_null(data);
    assert_true(packet_places(path, data, size, places, sizes, FRAMES) > last);
    for (int i = first; i <= last; i++)
        for (int j = half ? sizes[i] / 2 : 0; j < sizes[i]; j++)
            data[places[i] + j] = (uint8_t)(0x80 | (i * 31 + j * 17));
    assert_int_equal(media_write(path, data, size), 0);
    free(data);
}

/* Returns 0, and says so, where this FFmpeg does not write such a clip. */
static int make_clip(const char *path, const char *encoder, const char *options, const char *format) {
    const clip spec = {.path = path,
                       .encoder = encoder,
                       .options = options,
                       .format = format,
                       .width = 160,
                       .height = 96,
                       .frames = FRAMES};

    if (clip_make(&spec) >= 0)
        return 1;
    print_message("# %s: this FFmpeg does not write it\n", path);
    return 0;
}

static void accounts_for_damaged_frames(void **state) {
    (void)state;
    /* Packets first to last are overwritten. The frames from `from` on, in order of display, build on them, until
     * `until`. */
    static const struct {
        const char *name, *encoder, *options, *format;
        int first, last, from, until, half;
    } cases[] = {
        {"garbage.avi", "mjpeg", NULL, "yuvj420p", 100, 102, 100, 103, 0},
        {"garbage.mkv", "mjpeg", NULL, "yuvj420p", 100, 102, 100, 103, 0},
        {"garbage.mp4", "libx264", "preset=ultrafast:g=50:bf=0", NULL, 120, 123, 120, 150, 0},
        {"garbage_b.mp4", "libx264", "preset=ultrafast:g=50:bf=3:x264-params=b-adapt=0", NULL, 120, 123, 117, 150, 0},
        {"garbage_key.mp4", "libx264", "preset=ultrafast:g=50:bf=0", NULL, 100, 100, 100, 150, 0},
        {"half.mp4", "libx264", "preset=ultrafast:g=50:bf=0", NULL, 100, 100, 100, 150, 1},
        {"half.mkv", "mpeg4", "g=50", NULL, 120, 120, 120, 150, 1},
        {"garbage_0.avi", "mjpeg", NULL, "yuvj420p", 0, 0, 0, 1, 0},
        {"garbage_end.avi", "mjpeg", NULL, "yuvj420p", 298, 299, 298, 300, 0},
    };
    int made = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = media_in_folder(cases[i].name);
        if (!make_clip(path, cases[i].encoder, cases[i].options, cases[i].format))
            continue;
        made++;
        damage(path, cases[i].first, cases[i].last, cases[i].half);
        const reading r = reading_all(path);
        if (r.count != FRAMES || r.end != 0)
            fail_msg("%s: %d frames, end %d: %s", cases[i].name, r.count, r.end, r.error.text);
        if (r.failed < cases[i].last - cases[i].first + 1 || r.failed > cases[i].until - cases[i].from)
            fail_msg("%s: %d frames told undecodable", cases[i].name, r.failed);
        for (int n = 0; n < r.count; n++) {
            assert_int_equal(r.frames[n].index, n);
            const int sound = n < cases[i].from || n >= cases[i].until;
            if (sound && (!r.frames[n].ok || r.frames[n].number != n))
                fail_msg("%s: frame %d: ok %d, shows %d", cases[i].name, n, r.frames[n].ok, r.frames[n].number);
        }
        free(r.frames);
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

/* Leaves out packets of MPEG-TS behind the first so many, chosen by a simple generator: lossy reception. */
static void lose_packets(const char *path, int spare, int one_in) {
    enum { PACKET = 188 };
    size_t size, kept = 0;
    uint8_t *const data = media_read(path, &size);
    uint32_t random = 1;
    assert_non_null(data);
    for (size_t i = 0; i + PACKET <= size; i += PACKET) {
        random = random * 1664525 + 1013904223;
        if ((int)(i / PACKET) > spare && (random >> 8) % (uint32_t)one_in == 0)
            continue;
        memmove(data + kept, data + i, PACKET);
        kept += PACKET;
    }
    assert_int_equal(media_write(path, data, kept), 0);
    free(data);
}

static void assert_same(const char *name, int threads, const reading *a, const reading *b) {
    if (a->count != b->count || a->end != b->end)
        fail_msg("%s: %d threads read %d frames, one %d", name, threads, b->count, a->count);
    for (int n = 0; n < a->count; n++) {
        const reading_frame *const x = &a->frames[n], *const y = &b->frames[n];
        if (x->index != y->index || x->time != y->time || x->ok != y->ok || x->damaged != y->damaged ||
            x->sum != y->sum)
            fail_msg("%s: frame %d of %d threads: ok %d, damaged %d; of one: ok %d, damaged %d, the same picture: %d",
                     name, n, threads, y->ok, y->damaged, x->ok, x->damaged, x->sum == y->sum);
    }
}

/* Damage in every packet's share of the file, found by the container or by the decoder alone. */
static void damage_does_not_depend_on_threads(void **state) {
    (void)state;
    static const struct {
        const char *name, *encoder, *options;
        int lossy; /* packets of the stream are lost; else the latter halves of some are noise */
    } cases[] = {
        {"lossy.ts", "libx264", "preset=ultrafast:g=50:bf=2", 1},
        {"lossy_open.ts", "libx264", "preset=ultrafast:g=30:bf=3:x264-params=open-gop=1\\:b-adapt=0\\:scenecut=0", 1},
        {"lossy_2.ts", "mpeg2video", "g=15:bf=2", 1},
        {"noise.mp4", "libx264", "preset=ultrafast:g=50:bf=2", 0},
        {"noise.mkv", "libx264", "preset=ultrafast:g=50:bf=0", 0},
        {"noise_4.mkv", "mpeg4", "g=50", 0},
        {"noise_h265.mp4", "libx265", "preset=ultrafast:g=30:x265-params=log-level=none\\:bframes=3", 0},
    };
    int made = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = media_in_folder(cases[i].name);
        if (!make_clip(path, cases[i].encoder, cases[i].options, NULL))
            continue;
        made++;
        if (cases[i].lossy)
            lose_packets(path, 200, 60);
        for (int n = 70; n < FRAMES && !cases[i].lossy; n += 80)
            damage(path, n, n, 1);
        for (int keep = 0; keep < 2; keep++) {
            reading (*const read)(const char *path, int threads) = keep ? reading_damaged : reading_by;
            const reading one = read(path, 1);
            assert_true(one.count > FRAMES / 2);
            for (int threads = 2; threads < 10; threads += 2) {
                const reading other = read(path, threads);
                assert_same(cases[i].name, threads, &one, &other);
                free(other.frames);
            }
            free(one.frames);
        }
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

static void tells_of_files_cut_short(void **state) {
    (void)state;
    static const struct {
        const char *name, *encoder, *options, *format;
    } cases[] = {
        {"cut.avi", "mjpeg", NULL, "yuvj420p"},
        {"cut.mkv", "libx264", "preset=ultrafast:g=50:bf=2", NULL},
        {"cut.mp4", "libx264", "preset=ultrafast:g=50:bf=2", NULL},
    };
    int made = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = media_in_folder(cases[i].name);
        if (!make_clip(path, cases[i].encoder, cases[i].options, cases[i].format))
            continue;
        made++;
        size_t size;
        uint8_t *const data = media_read(path, &size);
        assert_non_null(data);
        assert_int_equal(media_write(path, data, size / 2), 0);
        free(data);
        const reading r = reading_all(path);
        assert_int_equal(r.end, -1);
        assert_non_null(strstr(r.error.text, cases[i].name));
        if (strcmp(cases[i].name, "cut.mp4")) { /* an MP4 that ends in its index cannot be read at all without it */
            assert_non_null(strstr(r.error.text, "cut short"));
            assert_in_range(r.count, 100, 200);
        } else {
            assert_int_equal(r.count, 0);
        }
        for (int n = 0; n < r.count; n++) {
            assert_int_equal(r.frames[n].index, n);
            if (r.frames[n].ok)
                assert_int_equal(r.frames[n].number, n);
        }
        free(r.frames);
    }
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

static void put(uint8_t *to, uint32_t value, int size) {
    for (int i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void refuses_what_is_no_video(void **state) {
    (void)state;
    const char *path = media_in_folder("empty.mp4");
    assert_int_equal(media_write(path, "", 0), 0);
    reading r = reading_all(path);
    assert_int_equal(r.end, -1);
    assert_non_null(strstr(r.error.text, "empty.mp4: the file is empty"));

    path = media_in_folder("text.mp4");
    assert_int_equal(media_write(path, "this is no video\n", 17), 0);
    r = reading_all(path);
    assert_int_equal(r.end, -1);
    assert_non_null(strstr(r.error.text, "text.mp4: neither a picture nor a video"));

    r = reading_all(media_in_folder("absent.mp4"));
    assert_int_equal(r.end, -1);
    assert_int_equal(r.error.status, LIGHTPOSE_ERROR_FILE);
    assert_non_null(strstr(r.error.text, "absent.mp4: No such file"));

    /* A second of silence: RIFF, WAVE, 8000 samples of 8 bits. */
    uint8_t wave[44 + 8000];
    memset(wave, 0x80, sizeof wave);
    memcpy(wave, "RIFF....WAVEfmt ", 16);
    put(wave + 4, sizeof wave - 8, 4);
    put(wave + 16, 16, 4);
    put(wave + 20, 1, 2);
    put(wave + 22, 1, 2);
    put(wave + 24, 8000, 4);
    put(wave + 28, 8000, 4);
    put(wave + 32, 1, 2);
    put(wave + 34, 8, 2);
    memcpy(wave + 36, "data", 4);
    put(wave + 40, 8000, 4);
    path = media_in_folder("sound.wav");
    assert_int_equal(media_write(path, wave, sizeof wave), 0);
    r = reading_all(path);
    assert_int_equal(r.end, -1);
    assert_int_equal(r.error.status, LIGHTPOSE_ERROR_IMAGE);
    assert_non_null(strstr(r.error.text, "sound.wav: there is no video in it"));

    static const char header[] = "YUV4MPEG2 W160 H96 F25:1\n";
    path = media_in_folder("none.y4m");
    assert_int_equal(media_write(path, header, sizeof header - 1), 0);
    r = reading_all(path);
    assert_int_equal(r.end, -1);
    assert_non_null(strstr(r.error.text, "none.y4m: the video has no frame"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_for_damaged_frames),
        cmocka_unit_test(damage_does_not_depend_on_threads),
        cmocka_unit_test(tells_of_files_cut_short),
        cmocka_unit_test(refuses_what_is_no_video),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
