/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "decode/average_maps.h"
#include "decode/skeleton.h"

enum { CHANNELS = LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS, MAX_CELLS = 64 * 64 };

static lp_geometry geometry_of(int width, int height, int net_height) {
    lightpose_settings settings;
    lp_geometry geometry;

    lightpose_settings_init(&settings);
    assert_ok(lp_geometry_make(&geometry, width, height, net_height, &settings, error));
    assert_true(geometry.map_width * geometry.map_height <= MAX_CELLS);
    return geometry;
}

static lp_maps planar(const lp_geometry *geometry, const float *values) {
    const ptrdiff_t cells = (ptrdiff_t)geometry->map_width * geometry->map_height;
    return (lp_maps){.width = geometry->map_width,
                     .height = geometry->map_height,
                     .heatmaps = {values, cells, 1},
                     .pafs = {values + LIGHTPOSE_HEATMAPS * cells, cells, 1}};
}

static float value(const lp_maps *maps, int channel, int x, int y) {
    const lp_map_view *const view = channel < LIGHTPOSE_HEATMAPS ? &maps->heatmaps : &maps->pafs;
    const int c = channel < LIGHTPOSE_HEATMAPS ? channel : channel - LIGHTPOSE_HEATMAPS;
    return view->data[c * view->channel_stride + ((ptrdiff_t)y * maps->width + x) * view->cell_stride];
}

static void fill(float *values, size_t count) {
    uint32_t random = 12345;
    for (size_t i = 0; i < count; i++)
        values[i] = (float)((random = random * 1664525 + 1013904223) >> 8) / (1 << 24) - 0.5f;
}

static float buffer[CHANNELS * MAX_CELLS], other[CHANNELS * MAX_CELLS];

static void one_run_on_its_own_grid_is_left_as_it_is(void **state) {
    const lp_geometry geometry = geometry_of(301, 200, 96);
    const lp_maps maps = planar(&geometry, buffer);
    lp_average_maps *averager;
    lp_maps average;

    (void)state;
    fill(buffer, CHANNELS * MAX_CELLS);
    assert_ok(lp_average_maps_create(&averager, error));
    assert_ok(lp_average_maps_begin(averager, &geometry, error));
    assert_ok(lp_average_maps_add(averager, &maps, &geometry, 0, error));
    lp_average_maps_end(averager, &average);
    for (int c = 0; c < CHANNELS; c++)
        for (int y = 0; y < maps.height; y++)
            for (int x = 0; x < maps.width; x++)
                assert_float_equal(value(&average, c, x, y), value(&maps, c, x, y), 0);
    lp_average_maps_destroy(&averager);
    assert_null(averager);
}

/* What the network would give for the mirrored image, were it indifferent to mirroring: columns turned around, left
 * and right keypoints and limbs exchanged by their names, x components negated. */
static int mirror_of(int keypoint) {
    char wanted[32];
    const char *const name = keypoint < LIGHTPOSE_KEYPOINTS ? lightpose_keypoint_get_name(keypoint) : "";

    if (strncmp(name, "left", 4) != 0 && strncmp(name, "right", 5) != 0)
        return keypoint;
    snprintf(wanted, sizeof wanted, "%s%s", *name == 'l' ? "right" : "left", strchr(name, '_'));
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        if (strcmp(lightpose_keypoint_get_name(k), wanted) == 0)
            return k;
    fail_msg("%s has no mirror", name);
    return -1;
}

static void mirror_maps(const lp_maps *maps, float *out) {
    const int cells = maps->width * maps->height;

    for (int i = 0; i < cells; i++) {
        const int x = i % maps->width, y = i / maps->width, column = maps->width - 1 - x;
        for (int k = 0; k < LIGHTPOSE_HEATMAPS; k++)
            out[mirror_of(k) * cells + i] = value(maps, k, column, y);
        for (int a = 0; a < LIGHTPOSE_LIMBS; a++)
            for (int b = 0; b < LIGHTPOSE_LIMBS; b++) {
                const lp_limb *const limb = &lp_skeleton_limbs[a], *const twin = &lp_skeleton_limbs[b];
                if (twin->from != mirror_of(limb->from) || twin->to != mirror_of(limb->to))
                    continue;
                out[(LIGHTPOSE_HEATMAPS + twin->paf_x) * cells + i] =
                    -value(maps, LIGHTPOSE_HEATMAPS + limb->paf_x, column, y);
                out[(LIGHTPOSE_HEATMAPS + twin->paf_y) * cells + i] =
                    value(maps, LIGHTPOSE_HEATMAPS + limb->paf_y, column, y);
            }
    }
}

static void a_run_and_its_mirror_agree(void **state) {
    const lp_geometry geometry = geometry_of(120, 200, 96); /* portrait: padded left and right */
    const lp_maps maps = planar(&geometry, buffer), mirrored = planar(&geometry, other);
    lp_average_maps *averager;
    lp_maps average;

    (void)state;
    fill(buffer, CHANNELS * MAX_CELLS);
    memset(other, 0xff, sizeof other); /* NaN where mirror_maps writes nothing */
    mirror_maps(&maps, other);
    assert_ok(lp_average_maps_create(&averager, error));
    assert_ok(lp_average_maps_begin(averager, &geometry, error));
    assert_ok(lp_average_maps_add(averager, &maps, &geometry, 0, error));
    assert_ok(lp_average_maps_add(averager, &mirrored, &geometry, 1, error));
    lp_average_maps_end(averager, &average);
    for (int c = 0; c < CHANNELS; c++)
        for (int y = 0; y < maps.height; y++)
            for (int x = 0; x < maps.width; x++)
                assert_float_equal(value(&average, c, x, y), value(&maps, c, x, y), 1e-7);
    lp_average_maps_destroy(&averager);
}

/* A map whose value is a linear function of the place in the image, which bicubic interpolation reproduces. */
static float plane(const lp_geometry *geometry, int channel, int x, int y) {
    const lp_transform to_image = lp_geometry_transform(geometry);
    const double image_x = ((x + 0.5) * LP_STRIDE - to_image.pad_x) / to_image.scale;
    const double image_y = ((y + 0.5) * LP_STRIDE - to_image.pad_y) / to_image.scale;
    return (float)(channel * 0.01 + image_x * 0.001 - image_y * 0.002);
}

static void runs_at_other_heights_meet_at_the_same_places(void **state) {
    const lp_geometry grid = geometry_of(151, 200, 256), small = geometry_of(151, 200, 96);
    const lp_maps maps = planar(&small, buffer);
    lp_average_maps *averager;
    lp_maps average;
    int compared = 0;

    (void)state;
    for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < maps.width * maps.height; i++)
            buffer[c * maps.width * maps.height + i] = plane(&small, c, i % maps.width, i / maps.width);
    assert_ok(lp_average_maps_create(&averager, error));
    assert_ok(lp_average_maps_begin(averager, &grid, error));
    assert_ok(lp_average_maps_add(averager, &maps, &small, 0, error));
    lp_average_maps_end(averager, &average);
    assert_int_equal(average.width, grid.map_width);
    assert_int_equal(average.height, grid.map_height);
    /* away from the border, where the neighbours are not clamped: 2 cells of the smaller map */
    const int margin = 2 * 256 / 96 + 1;
    for (int c = 0; c < CHANNELS; c++)
        for (int y = margin; y < average.height - margin; y++)
            for (int x = margin; x < average.width - margin; x++, compared++)
                assert_float_equal(value(&average, c, x, y), plane(&grid, c, x, y), 2e-6);
    assert_true(compared > 1000);
    lp_average_maps_destroy(&averager);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run_on_its_own_grid_is_left_as_it_is),
        cmocka_unit_test(a_run_and_its_mirror_agree),
        cmocka_unit_test(runs_at_other_heights_meet_at_the_same_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
