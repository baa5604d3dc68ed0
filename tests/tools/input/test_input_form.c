/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The form of a video's frames: size, rotation, colour, as its tags and its packets say. */

#include "check.h"

#include <libavutil/pixfmt.h>

#include "clip.h"
#include "media.h"
#include "reading.h"

static void follows_a_change_of_size(void **state) {
    (void)state;
    const char *const path = media_in_folder("sizes.ts");
    const clip spec = {.path = path,
                       .encoder = "libx264",
                       .options = "preset=ultrafast:g=10:bf=0",
                       .width = 320,
                       .height = 192,
                       .frames = 60,
                       .new_size_at = 30};
    assert_int_equal(clip_make(&spec), 0);
    const reading r = reading_all(path);
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
        const char *const path = media_in_folder("turned.mp4");
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

/* Pixels that are not square are told as they lie in the upright picture. */
static void tells_the_shape_of_pixels(void **state) {
    (void)state;
    static const struct {
        int num, den, rotation;
        float wanted;
    } cases[] = {{0, 0, 0, 0},      {1, 1, 0, 0},    {4, 3, 0, 4.0f / 3}, {64, 45, 180, 64.0f / 45},
                 {4, 3, 90, 0.75f}, {401, 400, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = media_in_folder("shape.mp4");
        const clip spec = {.path = path,
                           .encoder = "mpeg4",
                           .width = 160,
                           .height = 96,
                           .frames = 2,
                           .rotation = cases[i].rotation,
                           .aspect_num = cases[i].num,
                           .aspect_den = cases[i].den};
        assert_int_equal(clip_make(&spec), 0);
        lp_sources sources = {0};
        lp_input_options options;
        lp_input *input;
        lp_input_frame frame = {0};
        lp_input_options_default(&options);
        assert_ok(lp_sources_add(&sources, path, error));
        assert_ok(lp_input_open(&input, &sources.items[0], &options, error));
        assert_int_equal(lp_input_next(input, &frame, NULL), 1);
        assert_float_equal(frame.image.pixel_aspect, cases[i].wanted, 1e-4f);
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
        const char *const path = media_in_folder("colour.mkv");
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_a_change_of_size),
        cmocka_unit_test(honours_the_rotation_tag),
        cmocka_unit_test(tells_the_shape_of_pixels),
        cmocka_unit_test(reads_colour_tags),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
