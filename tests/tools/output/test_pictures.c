/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Canvases as picture files: read again, they are what was drawn. */

#include "check.h"

#include <libavcodec/packet.h>

#include "input/image.h"
#include "output/encode.h"

static lp_canvas canvas;
static AVPacket *packet;
static lp_input_picture back;

/* A soft picture with a red line of one pixel. */
static void make(int width, int height) {
    uint8_t *const pixels = malloc((size_t)width * (size_t)height * 3);
    assert_non_null(pixels);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *const p = pixels + 3 * ((size_t)y * (size_t)width + (size_t)x);
            p[0] = (uint8_t)(x * 200 / width + 20);
            p[1] = (uint8_t)(y * 200 / height + 20);
            p[2] = (uint8_t)((x + y) * 200 / (width + height) + 20);
            if (x == width / 2) {
                p[0] = p[1] = 0;
                p[2] = 255;
            }
        }
    const lightpose_image image = {
        .planes = {pixels}, .strides = {3 * width}, .width = width, .height = height, .format = LIGHTPOSE_BGR24};
    assert_ok(lp_canvas_draw(&canvas, &image, NULL, NULL, error));
    free(pixels);
}

/* Encodes and reads again; the mean difference. */
static double trip(lp_picture_kind kind, int quality) {
    const int width = canvas.view.width, height = canvas.view.height;
    double sum = 0;
    av_packet_unref(packet);
    assert_ok(lp_picture_encode(&canvas, kind, quality, packet, "made", error));
    assert_ok(lp_input_picture_read_memory(&back, "made", packet->data, (size_t)packet->size, NULL,
                                           (lp_input_orient){0}, error));
    assert_int_equal(back.image.width, width);
    assert_int_equal(back.image.height, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < 3 * width; x++)
            sum += abs(back.image.planes[0][y * back.image.strides[0] + x] -
                       canvas.view.pixels[y * canvas.view.stride + x]);
    return sum / (3.0 * width * height);
}

static int red_of_line(void) {
    const uint8_t *const p =
        back.image.planes[0] + back.image.height / 2 * back.image.strides[0] + 3 * (ptrdiff_t)(back.image.width / 2);
    return p[2] - (p[0] + p[1]) / 2;
}

static const int sizes[][2] = {{1, 1}, {7, 5}, {33, 1}, {2, 47}, {321, 243}};

static void png_is_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        make(sizes[i][0], sizes[i][1]);
        assert_true(trip(LP_PICTURE_PNG, 0) == 0);
    }
}

static void jpeg_is_near(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        make(sizes[i][0], sizes[i][1]);
        assert_true(trip(LP_PICTURE_JPEG, 100) < 1.5);
    }
    assert_true(trip(LP_PICTURE_JPEG, 0) < 3);
    assert_true(red_of_line() > 200); /* a thin line does not bleed */
    assert_true(trip(LP_PICTURE_LIVE, 0) < 6);
    assert_in_range(red_of_line(), 60, 200); /* but here it may */
}

static int64_t size_of(lp_picture_kind kind, int quality) {
    trip(kind, quality);
    return packet->size;
}

static void quality_has_a_price(void **state) {
    (void)state;
    make(1500, 900);
    const int64_t low = size_of(LP_PICTURE_JPEG, 20), normal = size_of(LP_PICTURE_JPEG, 0),
                  high = size_of(LP_PICTURE_JPEG, 100);
    assert_true(low < normal && normal < high);
    assert_true(high > 1 << 16); /* more than the first room for it */
    assert_true(size_of(LP_PICTURE_LIVE, 0) < normal);
    assert_true(size_of(LP_PICTURE_LIVE, 80) < size_of(LP_PICTURE_JPEG, 80));
}

static void jpeg_has_a_limit(void **state) {
    (void)state;
    make(65501, 1);
    av_packet_unref(packet);
    assert_fails(lp_picture_encode(&canvas, LP_PICTURE_JPEG, 0, packet, "wide.jpg", error), LIGHTPOSE_ERROR_ENGINE,
                 "\"wide.jpg\": a picture of 65501x1 cannot be written as JPEG");
    assert_fails(lp_picture_encode(&canvas, LP_PICTURE_JPEG, 0, packet, "wide.jpg", error), LIGHTPOSE_ERROR_ENGINE,
                 "65500");
    assert_int_equal(packet->size, 0);
    assert_ok(lp_picture_encode(&canvas, LP_PICTURE_PNG, 0, packet, "wide.png", error));
}

static int begin(void **state) {
    (void)state;
    packet = av_packet_alloc();
    return !packet;
}

static int end(void **state) {
    (void)state;
    lp_canvas_free(&canvas);
    av_packet_free(&packet);
    lp_input_picture_free(&back);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_is_exact),
        cmocka_unit_test(jpeg_is_near),
        cmocka_unit_test(quality_has_a_price),
        cmocka_unit_test(jpeg_has_a_limit),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
