/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Preprocessing on images of every format and of random sizes and strides, whose planes end where the readable memory
 * ends: packed formats against OpenCV, YUV against its definition. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "guarded.h"
#include "image/element.h"
#include "image/geometry.h"
#include "image/preprocess.h"
#include "image/view.h"
#include "naive_yuv.h"
#include "oracle.h"
#include "teams.h"

static const lightpose_settings limits = {
    .max_image_side = 32768, .max_image_pixels = 1 << 28, .max_net_height = 2048, .max_net_width = 4096};

static uint64_t seed = 0x9e3779b97f4a7c15;

/* 0 to below - 1. */
static int draw(int below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 16) % (uint64_t)below);
}

typedef struct sample {
    lightpose_image image;
    guarded planes[3];
} sample;

/* A picture of smooth parts, edges, and noise up to both ends of the range. */
static uint8_t texture(int plane, int x, int y) {
    const int kind = draw(8);

    if (kind == 0)
        return (uint8_t)draw(256);
    if (kind == 1)
        return (uint8_t)(draw(2) * 255);
    return (uint8_t)(x * (3 + plane) + y * 5 + plane * 40);
}

/* Rows may be padded and stored bottom row first; the last row in memory ends at unreadable memory. */
static sample sample_make(lightpose_format format, int width, int height) {
    sample s = {.image = {.width = width,
                          .height = height,
                          .format = format,
                          .matrix = (lightpose_matrix)draw(2),
                          .range = (lightpose_range)draw(2)}};

    for (int p = 0; p < lp_format_planes(format); p++) {
        const ptrdiff_t row = lp_format_row_bytes(format, p, width), stride = row + draw(2) * draw(40);
        const int rows = lp_format_rows(format, p, height), upside_down = draw(2);
        s.planes[p] = guarded_alloc((size_t)(stride * (rows - 1) + row), draw(2));
        uint8_t *const data = s.planes[p].data;
        assert_non_null(data);
        s.image.planes[p] = data + (upside_down ? stride * (rows - 1) : 0);
        s.image.strides[p] = upside_down ? -stride : stride;
        for (int y = 0; y < rows; y++)
            for (ptrdiff_t x = 0; x < row; x++)
                data[stride * (upside_down ? rows - 1 - y : y) + x] = texture(p, (int)x, y);
    }
    return s;
}

static void sample_free(sample *s) {
    for (int p = 0; p < 3; p++)
        guarded_free(&s->planes[p]);
}

static int at(const lightpose_image *image, int plane, int x, int y) {
    return image->planes[plane][y * image->strides[plane] + x];
}

static uint8_t *to_bgr(const lightpose_image *image) {
    uint8_t *const out = malloc((size_t)image->width * (size_t)image->height * 3);

    assert_non_null(out);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            uint8_t *const bgr = out + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
            for (int c = 0; c < 3; c++)
                switch (image->format) {
                case LIGHTPOSE_BGR24:
                    bgr[c] = (uint8_t)at(image, 0, 3 * x + c, y);
                    break;
                case LIGHTPOSE_RGB24:
                    bgr[c] = (uint8_t)at(image, 0, 3 * x + 2 - c, y);
                    break;
                case LIGHTPOSE_BGRA:
                    bgr[c] = (uint8_t)at(image, 0, 4 * x + c, y);
                    break;
                case LIGHTPOSE_RGBA:
                    bgr[c] = (uint8_t)at(image, 0, 4 * x + 2 - c, y);
                    break;
                case LIGHTPOSE_GRAY8:
                    bgr[c] = (uint8_t)at(image, 0, x, y);
                    break;
                case LIGHTPOSE_NV12:
                case LIGHTPOSE_I420:
                    fail();
                }
        }
    return out;
}

/* What the image resampled should be. */
static uint8_t *expected(const lightpose_image *image, const lp_geometry *g) {
    uint8_t *const scaled = malloc((size_t)g->scaled_width * (size_t)g->scaled_height * 3);

    assert_non_null(scaled);
    if (lp_format_planes(image->format) > 1) {
        for (int y = 0; y < g->scaled_height; y++)
            for (int x = 0; x < g->scaled_width; x++)
                naive_yuv_pixel(image, g->scale, x, y, scaled + 3 * ((size_t)y * (size_t)g->scaled_width + (size_t)x));
        return scaled;
    }
    uint8_t *const bgr = to_bgr(image);
    assert_int_equal(
        oracle_resize(bgr, image->width, image->height, 3, g->scale, scaled, g->scaled_width, g->scaled_height), 0);
    free(bgr);
    return scaled;
}

/* The level in the network's input at a pixel of any element type. */
static int level_at(const lp_net_input *input, int x, int y) {
    const uint8_t *const row = (const uint8_t *)input->data + y * input->stride;
    uint32_t bits = 0;
    float value;

    switch (input->element) {
    case LP_U8:
        return row[x];
    case LP_S8:
        return (int8_t)row[x] + 128;
    case LP_BF16:
        memcpy((uint8_t *)&bits + 2, row + 2 * x, 2);
        break;
    case LP_F32:
        memcpy(&bits, row + 4 * x, 4);
        break;
    }
    memcpy(&value, &bits, 4);
    return (int)lrintf(value) + 128;
}

static void compare(const lp_net_input *input, const lp_geometry *g, const lightpose_image *image,
                    const uint8_t *scaled) {
    for (int y = 0; y < g->net_height; y++)
        for (int i = 0; i < 3 * g->net_width; i++) {
            const int x = i / 3 - g->pad_left, row = y - g->pad_top;
            const int inside = x >= 0 && x < g->scaled_width && row >= 0 && row < g->scaled_height;
            const int want =
                inside ? scaled[3 * ((size_t)row * (size_t)g->scaled_width + (size_t)x) + (size_t)(i % 3)] : 128;
            if (level_at(input, i, y) != want)
                fail_msg("%s %dx%d to %dx%d: level %d at channel %d of %d, %d, not %d", lp_format_name(image->format),
                         image->width, image->height, g->scaled_width, g->scaled_height, level_at(input, i, y), i % 3,
                         x, row, want);
        }
}

/* One image through `p` into memory that ends where the input ends. */
static void run_and_compare(lp_preprocess *p, const lightpose_image *image, int net_height, lp_element element) {
    lp_geometry g;

    assert_ok(lp_view_check(image, &limits, error));
    assert_ok(lp_geometry_make(&g, image->width, image->height, net_height, &limits, error));
    const size_t row = 3 * (size_t)g.net_width * lp_element_size(element);
    const size_t stride = row + lp_element_size(element) * (size_t)draw(2) * (size_t)draw(30);
    guarded out = guarded_alloc(stride * (size_t)(g.net_height - 1) + row, draw(2));
    uint8_t *const scaled = expected(image, &g);
    assert_non_null(out.data);
    memset(out.data, 0xa5, stride * (size_t)(g.net_height - 1) + row);
    const lp_net_input input = {element, out.data, (ptrdiff_t)stride};

    assert_ok(run_preprocess(p, image, &g, 1 + draw(4), &input, error));
    compare(&input, &g, image, scaled);
    for (int y = 0; y < g.net_height - 1; y++)
        for (size_t i = row; i < stride; i++)
            assert_int_equal(out.data[(size_t)y * stride + i], 0xa5);
    free(scaled);
    guarded_free(&out);
}

/* One scratch for all: tables of one size must not serve another. */
static void equals_its_definition(void **state) {
    lp_preprocess *p = NULL;

    (void)state;
    assert_ok(lp_preprocess_create(&p, error));
    for (int i = 0; i < rounds_of(1500); i++) {
        const lightpose_format format = (lightpose_format)(LIGHTPOSE_BGR24 + i % 7);
        const int net_height = 8 + draw(90);
        int width = 1 + draw(i % 3 ? 300 : 60), height = 1 + draw(i % 5 ? 200 : 40);
        /* OpenCV refuses a width that vanishes, and ours ends at a limit. */
        while (width * net_height <= height / 2 || width * net_height / height > 2000)
            width = 1 + draw(300), height = 1 + draw(200);
        sample s = sample_make(format, width, height);
        run_and_compare(p, &s.image, net_height, (lp_element)draw(4));
        sample_free(&s);
    }
    lp_preprocess_destroy(&p);
}

/* The factors where OpenCV takes another way: 1, 1/2 with columns left over, and whole multiples. */
static void equals_its_definition_at_special_factors(void **state) {
    static const int factors[][2] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 1}, {3, 2}, {2, 3}, {4, 1}};
    lp_preprocess *p = NULL;

    (void)state;
    assert_ok(lp_preprocess_create(&p, error));
    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++)
        for (int width = 2; width < 70; width++) {
            const int net_height = 24 * factors[f][0], height = 24 * factors[f][1];
            if (2 * width * net_height <= height) /* OpenCV refuses a width that vanishes */
                continue;
            sample s = sample_make((lightpose_format)(LIGHTPOSE_BGR24 + width % 7), width, height);
            run_and_compare(p, &s.image, net_height, LP_U8);
            sample_free(&s);
        }
    lp_preprocess_destroy(&p);
}

/* Sizes that cameras and videos have, at the usual network height. */
static void equals_its_definition_at_real_sizes(void **state) {
    static const int sizes[][2] = {{1280, 720}, {1920, 1080}, {640, 480}, {720, 576}, {540, 720}, {3840, 2160}};
    lp_preprocess *p = NULL;

    (void)state;
    assert_ok(lp_preprocess_create(&p, error));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int format = LIGHTPOSE_BGR24; format <= LIGHTPOSE_I420; format++) {
            if (sizes[i][0] == 3840 && format != LIGHTPOSE_BGR24 && format != LIGHTPOSE_NV12)
                continue;
            sample s = sample_make((lightpose_format)format, sizes[i][0], sizes[i][1]);
            run_and_compare(p, &s.image, 256, LP_S8);
            sample_free(&s);
        }
    lp_preprocess_destroy(&p);
}

/* A width that would vanish is one column, and samples where the factor says: the last one for one to a few columns. */
static void narrow_images(void **state) {
    (void)state;
    for (int width = 1; width < 4; width++)
        for (int format = LIGHTPOSE_BGR24; format <= LIGHTPOSE_GRAY8; format++) {
            enum { HEIGHT = 2000, NET = 64, WIDE = 40 };
            sample s = sample_make((lightpose_format)format, width, HEIGHT);
            lp_preprocess *p = NULL;
            lp_geometry g;
            uint8_t out[NET][NET][3], *const bgr = to_bgr(&s.image), scaled[NET];
            static uint8_t column[HEIGHT * WIDE];
            const lp_net_input input = {LP_U8, out, sizeof *out};

            assert_ok(lp_geometry_make(&g, width, HEIGHT, NET, &limits, error));
            assert_int_equal(g.scaled_width, 1);
            assert_ok(lp_preprocess_create(&p, error));
            assert_ok(run_preprocess(p, &s.image, &g, 2, &input, error));
            for (int c = 0; c < 3; c++) {
                for (int i = 0; i < HEIGHT * WIDE; i++)
                    column[i] = bgr[3 * (i / WIDE * width + width - 1) + c];
                assert_int_equal(oracle_resize(column, WIDE, HEIGHT, 1, g.scale, scaled, 1, NET), 0);
                for (int y = 0; y < NET; y++)
                    assert_int_equal(out[y][g.pad_left][c], scaled[y]);
            }
            assert_int_equal(out[5][g.pad_left - 1][0], 128);
            assert_int_equal(out[5][g.pad_left + 1][0], 128);
            free(bgr);
            lp_preprocess_destroy(&p);
            sample_free(&s);
        }
}

/* YUV down to one column and one row, and from the least images there are. */
static void least_yuv(void **state) {
    static const int sizes[][3] = {{1, 1, 1},  {1, 1, 40},  {1, 2, 33},   {2, 1, 16},  {2, 2, 24},  {3, 1, 9},
                                   {1, 3, 50}, {15, 3, 48}, {16, 17, 16}, {17, 5, 64}, {33, 31, 1}, {7, 500, 2}};
    lp_preprocess *p = NULL;

    (void)state;
    assert_ok(lp_preprocess_create(&p, error));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int format = LIGHTPOSE_NV12; format <= LIGHTPOSE_I420; format++) {
            sample s = sample_make((lightpose_format)format, sizes[i][0], sizes[i][1]);
            run_and_compare(p, &s.image, sizes[i][2], LP_U8);
            sample_free(&s);
        }
    lp_preprocess_destroy(&p);
}

/* A picture of one colour stays it, at any factor up to a limit of the network's input. */
static void one_colour_stays(void **state) {
    static uint8_t pixel[] = {10, 200, 77};
    const lightpose_image image = {
        .planes = {pixel}, .strides = {3}, .width = 1, .height = 1, .format = LIGHTPOSE_BGR24};
    lp_preprocess *p = NULL;
    lp_geometry g;

    (void)state;
    assert_ok(lp_geometry_make(&g, 1, 1, 2048, &limits, error));
    uint8_t *const out = malloc(3u * 2048 * 2048);
    const lp_net_input input = {LP_U8, out, 3 * 2048};
    assert_non_null(out);
    assert_ok(lp_preprocess_create(&p, error));
    assert_ok(run_preprocess(p, &image, &g, 2, &input, error));
    for (size_t i = 0; i < 3u * 2048 * 2048; i++)
        if (out[i] != pixel[i % 3])
            fail_msg("%d at %zu", out[i], i);
    lp_preprocess_destroy(&p);
    free(out);
}

/* Memory fails at every allocation in turn: a status and a message, and the next call works. */
static void survives_failing_memory(void **state) {
    sample s = sample_make(LIGHTPOSE_NV12, 301, 203);
    lp_preprocess *p = (void *)&s;
    lp_geometry g;
    static uint8_t out[96 * 256 * 3];
    const lp_net_input input = {LP_U8, out, 256 * 3};
    int failures = 0;

    (void)state;
    assert_ok(lp_geometry_make(&g, 301, 203, 96, &limits, error));
    assert_true(g.net_width <= 256);
    lp_mem_fail_at(1);
    assert_fails(lp_preprocess_create(&p, error), LIGHTPOSE_ERROR_MEMORY, "memory");
    assert_null(p);
    lp_mem_fail_at(0);
    assert_ok(lp_preprocess_create(&p, error));
    for (;; failures++) {
        lightpose_error detail = {0};
        lp_mem_fail_at(failures + 1);
        const lightpose_status status = lp_preprocess_run(p, &s.image, &g, NULL, &input, &detail);
        lp_mem_fail_at(0);
        if (status == LIGHTPOSE_OK)
            break;
        assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
        assert_non_null(strstr(detail.text, "301x203"));
        lp_preprocess_destroy(&p);
        assert_ok(lp_preprocess_create(&p, error));
    }
    assert_int_equal(failures, 5);
    /* Growing from a smaller image fails too, and leaves what works again. */
    sample small = sample_make(LIGHTPOSE_GRAY8, 50, 40);
    run_and_compare(p, &small.image, 16, LP_U8);
    sample_free(&s);
    s = sample_make(LIGHTPOSE_BGRA, 900, 203);
    assert_ok(lp_geometry_make(&g, 900, 203, 96, &limits, error));
    uint8_t *const wide = malloc((size_t)g.net_width * 96 * 3);
    assert_non_null(wide);
    lp_mem_fail_at(1);
    assert_fails(lp_preprocess_run(p, &s.image, &g, NULL, &(lp_net_input){LP_U8, wide, 3 * g.net_width}, error),
                 LIGHTPOSE_ERROR_MEMORY, "900x203");
    lp_mem_fail_at(0);
    run_and_compare(p, &small.image, 16, LP_U8);
    run_and_compare(p, &s.image, 96, LP_U8);
    free(wide);
    sample_free(&small);
    sample_free(&s);
    lp_preprocess_destroy(&p);
}

static void allocates_nothing_when_warm(void **state) {
    sample s[3] = {sample_make(LIGHTPOSE_NV12, 320, 240), sample_make(LIGHTPOSE_BGR24, 320, 180),
                   sample_make(LIGHTPOSE_BGRA, 200, 240)};
    lp_preprocess *p = NULL;
    static uint8_t out[96 * 256 * 3];
    int64_t warm = 0;

    (void)state;
    assert_ok(lp_preprocess_create(&p, error));
    for (int i = 0; i < 12; i++) {
        const lightpose_image *const image = &s[i % 3].image;
        lp_geometry g;
        assert_ok(lp_geometry_make(&g, image->width, image->height, 96, &limits, error));
        assert_ok(lp_preprocess_run(p, image, &g, NULL, &(lp_net_input){LP_U8, out, 256 * 3}, error));
        if (i == 2)
            warm = lp_mem_count();
    }
    assert_true(warm > 0);
    assert_int_equal(lp_mem_count(), warm);
    lp_preprocess_destroy(&p);
    for (int i = 0; i < 3; i++)
        sample_free(&s[i]);
}

static void mirrors_its_pixels_and_nothing_else(void **state) {
    static const struct {
        lp_element element;
        size_t size;
    } types[] = {{LP_U8, 1}, {LP_S8, 1}, {LP_BF16, 2}, {LP_F32, 4}};
    enum { WIDTH = 5, HEIGHT = 3 };

    (void)state;
    for (size_t t = 0; t < 4; t++) {
        const size_t pixel = 3 * types[t].size, stride = WIDTH * pixel + 7;
        uint8_t *const data = malloc(stride * HEIGHT), *const kept = malloc(stride * HEIGHT);
        const lp_net_input input = {types[t].element, data, (ptrdiff_t)stride};
        for (size_t i = 0; i < stride * HEIGHT; i++)
            data[i] = (uint8_t)(i * 37);
        memcpy(kept, data, stride * HEIGHT);
        lp_mirror_input(&input, WIDTH, HEIGHT);
        for (size_t y = 0; y < HEIGHT; y++) {
            for (size_t x = 0; x < WIDTH; x++)
                assert_memory_equal(data + y * stride + x * pixel, kept + y * stride + (WIDTH - 1 - x) * pixel, pixel);
            assert_memory_equal(data + y * stride + WIDTH * pixel, kept + y * stride + WIDTH * pixel, 7);
        }
        free(data);
        free(kept);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(equals_its_definition_at_special_factors),
        cmocka_unit_test(equals_its_definition_at_real_sizes),
        cmocka_unit_test(narrow_images),
        cmocka_unit_test(least_yuv),
        cmocka_unit_test(one_colour_stays),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(allocates_nothing_when_warm),
        cmocka_unit_test(mirrors_its_pixels_and_nothing_else),
    };

    return cmocka_run_group_tests_name("preprocess", tests, NULL, NULL);
}
