/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The annotated video, read back: every frame at its time, also behind a pause, and the last as long as the others. */

#include "formats.h"

#include <math.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

enum { WIDTH = 64, HEIGHT = 48, MOST = 64 };

typedef struct seen {
    int count;
    double times[MOST];
    double last_length; /* of a container that tells when the video ends */
    double offset;      /* the greatest distance between the time of decoding and of showing */
    AVRational aspect;
} seen;

static void read_back(const char *path, seen *s) {
    AVFormatContext *format = NULL;
    AVPacket *const packet = av_packet_alloc();
    *s = (seen){0};
    assert_true(avformat_open_input(&format, path, NULL, NULL) >= 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    const AVStream *const stream = format->streams[0];
    const double unit = av_q2d(stream->time_base);
    s->aspect = stream->codecpar->sample_aspect_ratio;
    while (av_read_frame(format, packet) >= 0) {
        assert_true(s->count < MOST);
        s->times[s->count++] = (double)packet->pts * unit;
        s->offset = fmax(s->offset, fabs((double)(packet->pts - packet->dts) * unit));
        av_packet_unref(packet);
    }
    s->last_length = (double)stream->duration * unit - s->times[s->count - 1];
    av_packet_free(&(AVPacket *){packet});
    avformat_close_input(&format);
}

/* Videos of live sources are written in parts, others with one index. */
static void write_video(const char *path, lp_stream_kind kind, const double *times, int count, double fps,
                        double aspect) {
    static uint8_t pixels[HEIGHT * WIDTH * 3];
    lightpose_result *const nobody = people_make(0);
    lp_output_options options;
    lp_output *output;
    lp_output_options_default(&options);
    const lp_output_stream stream = {.kind = kind, .name = "clip", .source = "clip", .fps = fps};
    assert_ok(lp_output_open(&output, lp_output_find("video"), path, NULL, &options, error));
    assert_ok(lp_output_begin(output, &stream, error));
    for (int i = 0; i < count; i++) {
        const lightpose_image picture = {
            .planes = {pixels}, .strides = {WIDTH * 3}, .width = WIDTH, .height = HEIGHT, .format = LIGHTPOSE_BGR24};
        lp_output_frame frame = formats_frame(nobody, i);
        memset(pixels, 16 * i, sizeof pixels);
        frame.time = times[i];
        frame.width = WIDTH;
        frame.height = HEIGHT;
        frame.picture = &picture;
        frame.pixel_aspect = aspect;
        assert_ok(lp_output_frame_write(output, &frame, error));
    }
    assert_ok(lp_output_close(&output, error));
    people_free(nobody);
}

static const lp_stream_kind kinds[] = {LP_STREAM_CAMERA, LP_STREAM_VIDEO};

/* Pauses of an hour, and of half a day, which no reader of MP4 takes for the length of one frame. */
static void frames_keep_their_times(void **state) {
    static const double times[] = {10, 10.04, 10.08, 10.16, 3700, 3700.04, 3700.08, 50000, 50000.04, 50000.08};
    enum { COUNT = sizeof times / sizeof *times };
    static const char *const names[] = {"a.mp4", "a.mov", "a.mkv"};
    const char *const folder = scratch_folder();
    (void)state;
    for (int n = 0; n < 6; n++) {
        const char *const path = scratch_path(folder, names[n / 2]);
        seen s;
        write_video(path, kinds[n % 2], times, COUNT, 25, 0);
        read_back(path, &s);
        int at = 0;
        for (int i = 0; i < s.count; i++) { /* what comes between is a picture that comes again, long after the last */
            if (at < COUNT && fabs(s.times[i] - (times[at] - times[0])) < 0.002)
                at++;
            else
                assert_true(at > 0 && s.times[i] > times[at - 1] - times[0] + 3600);
        }
        assert_int_equal(at, COUNT);
        assert_true(s.count <= COUNT + 8);
        assert_true(s.offset < 1e-6);
        if (n < 4) /* Matroska tells lengths otherwise */
            assert_true(fabs(s.last_length - 0.04) < 1e-4);
    }
    scratch_remove(folder);
}

/* One frame alone, and one behind a pause, last as the rate says. */
static void the_last_frame_has_its_own_length(void **state) {
    static const struct {
        double times[4];
        int count;
        double fps, length;
    } cases[] = {{{0}, 1, 10, 0.1}, {{0, 0.1, 60}, 3, 10, 0.1}, {{0, 0.5, 1.0}, 3, 10, 0.5}, {{0, 0.02}, 2, 0, 0.02}};
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a.mp4");
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        seen s;
        write_video(path, kinds[i % 2], cases[i / 2].times, cases[i / 2].count, cases[i / 2].fps, 0);
        read_back(path, &s);
        assert_int_equal(s.count, cases[i / 2].count);
        assert_true(fabs(s.last_length - cases[i / 2].length) < 1e-4);
    }
    scratch_remove(folder);
}

static void pixels_keep_their_shape(void **state) {
    static const double times[] = {0, 0.04};
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a.mp4");
    seen s;
    (void)state;
    write_video(path, LP_STREAM_VIDEO, times, 2, 25, 4.0 / 3);
    read_back(path, &s);
    assert_int_equal(s.aspect.num * 3, s.aspect.den * 4);
    scratch_remove(folder);
}

int main(void) {
    av_log_set_level(AV_LOG_QUIET);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_keep_their_times),
        cmocka_unit_test(the_last_frame_has_its_own_length),
        cmocka_unit_test(pixels_keep_their_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
