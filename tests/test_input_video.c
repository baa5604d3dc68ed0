/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Videos: every frame once, under its number and at its time, from any entry, and with an account of what is damaged.
 */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "clip.h"
#include "input/input.h"
#include "media.h"

static char *folder;

static const char *in_folder(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    av_log_set_level(AV_LOG_QUIET);
    folder = media_make_folder();
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    media_remove_tree(folder);
    return 0;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

typedef struct seen {
    int64_t index;
    double time;
    int ok, number, width, height;
    uint32_t sum;
} seen;

typedef struct reading {
    seen *frames;
    int count, failed, end; /* what lp_input_next returned last */
    lightpose_error error;
} reading;

static reading read_source(const lp_source *source, const lp_input_options *options) {
    reading r = {0};
    lp_input *input = NULL;
    lp_input_frame frame = {0};
    int capacity = 0;
    r.end = lp_input_open(&input, source, options, &r.error) == LIGHTPOSE_OK ? 1 : -1;
    while (r.end > 0 && (r.end = lp_input_next(input, &frame, &r.error)) > 0) {
        if (r.count == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            r.frames = realloc(r.frames, (size_t)capacity * sizeof *r.frames);
        }
        seen *const s = &r.frames[r.count++];
        *s = (seen){.index = frame.index, .time = frame.time, .ok = frame.state == LP_INPUT_OK};
        if (s->ok) {
            s->number = clip_number(&frame.image);
            s->sum = clip_sum(&frame.image);
            s->width = frame.image.width;
            s->height = frame.image.height;
        } else {
            assert_true(frame.reason[0] != 0);
            r.failed++;
        }
    }
    lp_input_frame_release(&frame);
    lp_input_close(&input);
    return r;
}

static reading read_range(const char *path, int64_t first, int64_t last, int64_t step) {
    lp_sources sources = {0};
    lp_input_options options;
    lp_input_options_default(&options);
    options.first = first;
    options.last = last;
    options.step = step;
    options.threads = 2;
    assert_ok(lp_sources_add(&sources, path, error));
    assert_int_equal(sources.count, 1);
    const reading r = read_source(&sources.items[0], &options);
    lp_sources_free(&sources);
    return r;
}

static reading read_all(const char *path) {
    return read_range(path, 0, -1, 1);
}

/* An independent decoding of a whole file by FFmpeg's plain loop: times and pixels in order. */
static reading decode_plainly(const char *path) {
    reading r = {0};
    AVFormatContext *format = NULL;
    assert_true(avformat_open_input(&format, path, NULL, NULL) >= 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    const int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    AVStream *const stream = format->streams[index];
    AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    avcodec_parameters_to_context(decoder, stream->codecpar);
    decoder->pkt_timebase = stream->time_base;
    assert_true(avcodec_open2(decoder, NULL, NULL) >= 0);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    for (int more = 1; more;) {
        more = av_read_frame(format, packet) >= 0;
        if (more && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        avcodec_send_packet(decoder, more ? packet : NULL);
        av_packet_unref(packet);
        while (avcodec_receive_frame(decoder, frame) >= 0) {
            const lightpose_image image = {.planes = {frame->data[0], frame->data[1], frame->data[2]},
                                           .strides = {frame->linesize[0], frame->linesize[1], frame->linesize[2]},
                                           .width = frame->width,
                                           .height = frame->height,
                                           .format = LIGHTPOSE_I420};
            r.frames = realloc(r.frames, ((size_t)r.count + 1) * sizeof *r.frames);
            r.frames[r.count] = (seen){.index = r.count,
                                       .time = frame->best_effort_timestamp == AV_NOPTS_VALUE
                                                   ? NAN
                                                   : (double)frame->best_effort_timestamp * av_q2d(stream->time_base),
                                       .sum = clip_sum(&image)};
            r.count++;
        }
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    avformat_close_input(&format);
    return r;
}

/* ---- Numbers and times ------------------------------------------------------------------------------------------- */

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

static int make_variant(const struct variant *v) {
    const clip spec = {.path = in_folder(v->name),
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
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (!make_variant(&variants[i]))
            continue;
        const char *const path = in_folder(variants[i].name);
        const clip spec = {.uneven = variants[i].uneven};
        const reading plain = decode_plainly(path), ours = read_all(path);
        if (ours.count != FRAMES || ours.failed || ours.end != 0)
            fail_msg("%s: %d frames, %d failed, end %d %s", variants[i].name, ours.count, ours.failed, ours.end,
                     ours.error.text);
        assert_int_equal(plain.count, FRAMES);
        for (int n = 0; n < FRAMES; n++) {
            const double wanted = (double)(clip_time(&spec, n) - clip_time(&spec, 0)) / 1000;
            if (ours.frames[n].index != n || ours.frames[n].number != n)
                fail_msg("%s: frame %d has index %d and shows %d", variants[i].name, n, (int)ours.frames[n].index,
                         ours.frames[n].number);
            assert_int_equal(ours.frames[n].sum, plain.frames[n].sum);
            if (isfinite(plain.frames[n].time)) /* FFmpeg may know none for the last frame of an AVI file */
                assert_true(ours.frames[n].time == plain.frames[n].time);
            /* And the truth that went in, up to where the container begins to count. */
            if (fabs(ours.frames[n].time - ours.frames[0].time - wanted) > 0.0011)
                fail_msg("%s: frame %d is at %.4f s, not %.4f", variants[i].name, n,
                         ours.frames[n].time - ours.frames[0].time, wanted);
        }
        free(plain.frames);
        free(ours.frames);
    }
}

static void same_frames_from_any_entry(void **state) {
    (void)state;
    static const struct {
        int first, last, step;
    } ranges[] = {{0, 20, 1},    {299, 320, 1}, {301, 301, 1}, {310, 360, 7}, {333, 400, 1},
                  {419, 422, 1}, {420, 421, 1}, {599, -1, 10}, {698, -1, 1},  {699, 5000, 1}};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const char *const path = in_folder(variants[i].name);
        if (!make_variant(&variants[i]))
            continue;
        const reading all = read_all(path);
        for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
            const int last = ranges[r].last < 0 || ranges[r].last >= FRAMES ? FRAMES - 1 : ranges[r].last;
            const reading part = read_range(path, ranges[r].first, ranges[r].last, ranges[r].step);
            const int wanted = (last - ranges[r].first) / ranges[r].step + 1;
            if (part.count != wanted || part.failed || part.end != 0)
                fail_msg("%s from %d: %d frames, not %d; %d failed; %s", variants[i].name, ranges[r].first, part.count,
                         wanted, part.failed, part.error.text);
            for (int n = 0; n < wanted; n++) {
                const seen *const whole = &all.frames[ranges[r].first + n * ranges[r].step];
                if (part.frames[n].index != whole->index || part.frames[n].sum != whole->sum ||
                    part.frames[n].time != whole->time)
                    fail_msg("%s from %d: frame %d differs: it shows %d", variants[i].name, ranges[r].first,
                             (int)whole->index, part.frames[n].number);
            }
            free(part.frames);
        }
        free(all.frames);
    }
}

static void refuses_ranges_beyond_the_end(void **state) {
    (void)state;
    static const int64_t firsts[] = {FRAMES, 100000, INT64_C(9000000000000000)};
    assert_true(make_variant(&variants[12]));
    const char *const path = in_folder(variants[12].name);
    for (int i = 0; i < 3; i++) {
        const reading r = read_range(path, firsts[i], -1, 1);
        assert_int_equal(r.end, -1);
        assert_int_equal(r.count, 0);
        assert_int_equal(r.error.status, LIGHTPOSE_ERROR_ARGUMENT);
        assert_non_null(strstr(r.error.text, "intra.avi: there is no frame"));
        assert_non_null(strstr(r.error.text, "the last is 699"));
    }
    const reading last = read_range(path, 0, INT64_C(9000000000000000), INT64_C(9000000000000000));
    assert_int_equal(last.count, 1);
    assert_int_equal(last.end, 0);
    free(last.frames);
}

/* ---- Damage ------------------------------------------------------------------------------------------------------ */

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
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = in_folder(cases[i].name);
        const clip spec = {.path = path,
                           .encoder = cases[i].encoder,
                           .options = cases[i].options,
                           .format = cases[i].format,
                           .width = 160,
                           .height = 96,
                           .frames = 300};
        if (clip_make(&spec) < 0)
            continue;
        damage(path, cases[i].first, cases[i].last, cases[i].half);
        const reading r = read_all(path);
        if (r.count != 300 || r.end != 0)
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
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = in_folder(cases[i].name);
        const clip spec = {.path = path,
                           .encoder = cases[i].encoder,
                           .options = cases[i].options,
                           .format = cases[i].format,
                           .width = 160,
                           .height = 96,
                           .frames = 300};
        if (clip_make(&spec) < 0)
            continue;
        size_t size;
        uint8_t *const data = media_read(path, &size);
        assert_non_null(data);
        assert_int_equal(media_write(path, data, size / 2), 0);
        free(data);
        const reading r = read_all(path);
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
}

static void put(uint8_t *to, uint32_t value, int size) {
    for (int i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void refuses_what_is_no_video(void **state) {
    (void)state;
    const char *path = in_folder("empty.mp4");
    assert_int_equal(media_write(path, "", 0), 0);
    reading r = read_all(path);
    assert_int_equal(r.end, -1);
    assert_non_null(strstr(r.error.text, "empty.mp4: the file is empty"));

    path = in_folder("text.mp4");
    assert_int_equal(media_write(path, "this is no video\n", 17), 0);
    r = read_all(path);
    assert_int_equal(r.end, -1);
    assert_non_null(strstr(r.error.text, "text.mp4: neither a picture nor a video"));

    r = read_all(in_folder("absent.mp4"));
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
    path = in_folder("sound.wav");
    assert_int_equal(media_write(path, wave, sizeof wave), 0);
    r = read_all(path);
    assert_int_equal(r.end, -1);
    assert_int_equal(r.error.status, LIGHTPOSE_ERROR_IMAGE);
    assert_non_null(strstr(r.error.text, "sound.wav: there is no video in it"));

    static const char header[] = "YUV4MPEG2 W160 H96 F25:1\n";
    path = in_folder("none.y4m");
    assert_int_equal(media_write(path, header, sizeof header - 1), 0);
    r = read_all(path);
    assert_int_equal(r.end, -1);
    assert_non_null(strstr(r.error.text, "none.y4m: the video has no frame"));
}

/* ---- Form -------------------------------------------------------------------------------------------------------- */

static void follows_a_change_of_size(void **state) {
    (void)state;
    const char *const path = in_folder("sizes.ts");
    const clip spec = {.path = path,
                       .encoder = "libx264",
                       .options = "preset=ultrafast:g=10:bf=0",
                       .width = 320,
                       .height = 192,
                       .frames = 60,
                       .new_size_at = 30};
    assert_int_equal(clip_make(&spec), 0);
    const reading r = read_all(path);
    assert_int_equal(r.end, 0);
    int large = 0, small = 0;
    for (int n = 0; n < r.count; n++) {
        assert_int_equal(r.frames[n].index, n);
        large += r.frames[n].width == 320 && r.frames[n].height == 192;
        small += r.frames[n].width == 160 && r.frames[n].height == 96;
        if (r.frames[n].ok)
            assert_int_equal(r.frames[n].number, n);
    }
    assert_int_equal(r.count, 60);
    assert_int_equal(large, 30);
    assert_int_equal(small, 30);
    free(r.frames);
}

static int luma(const lightpose_image *image, int x, int y) {
    return image->planes[0][y * image->strides[0] + x];
}

/* The first square, white, is in the upper left corner of what is stored; turned clockwise by 90 it is in the upper
 * right. */
static void honours_the_rotation_tag(void **state) {
    (void)state;
    enum { WIDTH = 160, HEIGHT = 96 };
    for (int degrees = 0; degrees < 360; degrees += 90) {
        const char *const path = in_folder("turned.mp4");
        const clip spec = {.path = path,
                           .encoder = "mpeg4",
                           .options = "b=4000000",
                           .width = WIDTH,
                           .height = HEIGHT,
                           .frames = 3,
                           .rotation = degrees};
        assert_int_equal(clip_make(&spec), 0);
        lp_sources sources = {0};
        lp_input_options options;
        lp_input *input;
        lp_input_about about;
        lp_input_frame frame = {0};
        lp_input_options_default(&options);
        assert_ok(lp_sources_add(&sources, path, error));
        assert_ok(lp_input_open(&input, &sources.items[0], &options, error));
        lp_input_get_about(input, &about);
        assert_int_equal(lp_input_next(input, &frame, NULL), 1);
        const int upright = degrees % 180 == 0;
        assert_int_equal(frame.image.width, upright ? WIDTH : HEIGHT);
        assert_int_equal(frame.image.height, upright ? HEIGHT : WIDTH);
        assert_int_equal(about.width, frame.image.width);
        assert_int_equal(about.height, frame.image.height);
        const int right = degrees == 90 || degrees == 180, bottom = degrees == 180 || degrees == 270;
        const int x = right ? frame.image.width - 7 : 6, y = bottom ? frame.image.height - 7 : 6;
        assert_in_range(luma(&frame.image, x, y), 200, 255);
        /* The second square, black, follows in the direction of reading. */
        const int dx = degrees == 0 ? 12 : degrees == 180 ? -12 : 0, dy = degrees == 90 ? 12 : degrees == 270 ? -12 : 0;
        assert_in_range(luma(&frame.image, x + dx, y + dy), 0, 60);
        lp_input_frame_release(&frame);
        lp_input_close(&input);
        lp_sources_free(&sources);
    }
}

static void reads_colour_tags(void **state) {
    (void)state;
    static const struct {
        int height, colorspace, range, matrix, full;
    } cases[] = {
        {96, 0, 0, LIGHTPOSE_BT601, 0},
        {720, 0, 0, LIGHTPOSE_BT709, 0},
        {96, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, LIGHTPOSE_BT709, 0},
        {720, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG, LIGHTPOSE_BT601, 0},
        {96, AVCOL_SPC_BT470BG, AVCOL_RANGE_JPEG, LIGHTPOSE_BT601, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = in_folder("colour.mkv");
        const clip spec = {.path = path,
                           .encoder = "libx264",
                           .options = "preset=ultrafast",
                           .width = 160,
                           .height = cases[i].height,
                           .frames = 2,
                           .colorspace = cases[i].colorspace,
                           .range = cases[i].range};
        if (clip_make(&spec) < 0) {
            print_message("# skipped: this FFmpeg lacks libx264\n");
            skip();
        }
        lp_sources sources = {0};
        lp_input_options options;
        lp_input *input;
        lp_input_frame frame = {0};
        lp_input_options_default(&options);
        assert_ok(lp_sources_add(&sources, path, error));
        assert_ok(lp_input_open(&input, &sources.items[0], &options, error));
        assert_int_equal(lp_input_next(input, &frame, NULL), 1);
        assert_int_equal(frame.image.format, LIGHTPOSE_I420);
        assert_int_equal(frame.image.matrix, cases[i].matrix);
        assert_int_equal(frame.image.range, cases[i].full ? LIGHTPOSE_RANGE_FULL : LIGHTPOSE_RANGE_LIMITED);
        lp_input_frame_release(&frame);
        lp_input_close(&input);
        lp_sources_free(&sources);
    }
}

/* ---- Real clips -------------------------------------------------------------------------------------------------- */

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
        const reading plain = decode_plainly(path), ours = read_all(path);
        assert_int_equal(plain.count, clips[i].frames);
        assert_int_equal(ours.count, clips[i].frames);
        assert_int_equal(ours.failed, 0);
        assert_int_equal(ours.end, 0);
        const int first = clips[i].frames * 2 / 3;
        const reading part = read_range(path, first, -1, 1);
        assert_int_equal(part.count, clips[i].frames - first);
        for (int n = 0; n < ours.count; n++) {
            assert_int_equal(ours.frames[n].index, n);
            assert_true(ours.frames[n].time == plain.frames[n].time);
            assert_int_equal(ours.frames[n].sum, plain.frames[n].sum);
            if (n >= first)
                assert_memory_equal(&part.frames[n - first], &ours.frames[n], sizeof(seen));
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
        cmocka_unit_test(numbers_and_times),
        cmocka_unit_test(same_frames_from_any_entry),
        cmocka_unit_test(refuses_ranges_beyond_the_end),
        cmocka_unit_test(accounts_for_damaged_frames),
        cmocka_unit_test(tells_of_files_cut_short),
        cmocka_unit_test(refuses_what_is_no_video),
        cmocka_unit_test(follows_a_change_of_size),
        cmocka_unit_test(honours_the_rotation_tag),
        cmocka_unit_test(reads_colour_tags),
        cmocka_unit_test(reads_real_clips),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
