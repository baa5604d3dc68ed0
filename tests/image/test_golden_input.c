/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network's input for real photographs is, byte for byte, what the reference implementation made of them. */

#include "check.h"

#include <stdio.h>

#include "image/element.h"
#include "image/geometry.h"
#include "image/preprocess.h"
#include "npy.h"
#include "picture.h"
#include "teams.h"

static const char *const names[] = {"000000000139", "000000001000", "000000001296", "000000002299", "000000002431",
                                    "000000005001", "000000005529", "000000007977", "000000008211", "000000009772",
                                    "000000012280", "000000012576", "000000119088", "000000214753", "000000397133",
                                    "video_0000",   "video_0100"};

/* The input in the element type, on `threads` threads; every byte is written over. */
static uint8_t *run(const picture *p, const lp_geometry *geometry, lp_element element, int threads) {
    const size_t row = 3 * (size_t)geometry->net_width * lp_element_size(element);
    uint8_t *const data = malloc(row * (size_t)geometry->net_height);
    const lightpose_image image = {.planes = {p->rgb},
                                   .strides = {3 * p->width},
                                   .width = p->width,
                                   .height = p->height,
                                   .format = LIGHTPOSE_RGB24};
    const lp_net_input input = {element, data, (ptrdiff_t)row};
    lp_preprocess *preprocess = NULL;

    assert_non_null(data);
    memset(data, 0xa5, row * (size_t)geometry->net_height);
    assert_ok(lp_preprocess_create(&preprocess, error));
    assert_ok(run_preprocess(preprocess, &image, geometry, threads, &input, error));
    lp_preprocess_destroy(&preprocess);
    assert_null(preprocess);
    return data;
}

static void check_one(const char *name) {
    char path[4096], file[256];
    picture p = {0};
    npy golden;
    lp_geometry geometry;
    const lightpose_settings settings = {.max_net_width = 4096, .max_net_height = 2048};

    snprintf(file, sizeof file, "golden/png/%s.png", name);
    assert_true(shared_path(path, sizeof path, file));
    assert_int_equal(picture_read(&p, path), 0);
    snprintf(file, sizeof file, "golden/maps/%s.input.npy", name);
    assert_true(shared_path(path, sizeof path, file));
    assert_int_equal(npy_read(&golden, path, "|u1"), 0);
    assert_ok(lp_geometry_make(&geometry, p.width, p.height, 256, &settings, error));
    assert_int_equal(golden.dimensions, 3);
    assert_int_equal(golden.shape[0], geometry.net_height);
    assert_int_equal(golden.shape[1], geometry.net_width);
    assert_int_equal(golden.shape[2], 3);
    const uint8_t *const want = golden.data;

    uint8_t *const u8 = run(&p, &geometry, LP_U8, 1), *const again = run(&p, &geometry, LP_U8, 3);
    assert_memory_equal(u8, want, golden.count);
    assert_memory_equal(again, want, golden.count);
    int8_t *const s8 = (int8_t *)run(&p, &geometry, LP_S8, 2);
    uint16_t *const bf16 = (uint16_t *)(void *)run(&p, &geometry, LP_BF16, 2);
    float *const f32 = (float *)(void *)run(&p, &geometry, LP_F32, 2);
    for (size_t i = 0; i < golden.count; i++) {
        const uint32_t widened = (uint32_t)bf16[i] << 16;
        float value;
        memcpy(&value, &widened, sizeof value);
        if (s8[i] != want[i] - 128 || value != (float)(want[i] - 128) || f32[i] != (float)(want[i] - 128))
            fail_msg("%s: level %d is %d in S8, %g in BF16, %g in F32", name, want[i], s8[i], (double)value,
                     (double)f32[i]);
    }
    free(u8);
    free(again);
    free(s8);
    free(bf16);
    free(f32);
    free(golden.data);
    free(p.rgb);
}

static void equals_reference(void **state) {
    char path[4096];

    (void)state;
    if (!shared_path(path, sizeof path, "golden/png")) {
        print_message("no golden data: the shared data folder is not beside the repository\n");
        skip();
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_one(names[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_reference)};

    return cmocka_run_group_tests_name("golden_input", tests, NULL, NULL);
}
