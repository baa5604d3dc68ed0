/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The published weights against the maps of the reference implementation (shared data, golden/README). */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/threads.h"
#include "net/plan.h"
#include "npy.h"

enum { IMAGES = 17 };

static const char *const images[IMAGES] = {
    "000000000139", "000000001000", "000000001296", "000000002299", "000000002431", "000000005001",
    "000000005529", "000000007977", "000000008211", "000000009772", "000000012280", "000000012576",
    "000000119088", "000000214753", "000000397133", "video_0000",   "video_0100"};

/* Reads golden/maps/IMAGE.KIND.npy; skips the test where there is none. */
static npy golden(const char *image, const char *kind, const char *type) {
    char name[128], path[4096];
    npy array;

    snprintf(name, sizeof name, "golden/maps/%s.%s.npy", image, kind);
    if (!shared_path(path, sizeof path, name)) {
        print_message("# no %s in the shared data folder\n", name);
        skip();
    }
    assert_int_equal(npy_read(&array, path, type), 0);
    return array;
}

static lp_weights *published(void) {
    const char *const path = getenv("LIGHTPOSE_WEIGHTS");
    lp_weights *weights = NULL;

    if (!path || access(path, R_OK) != 0) {
        print_message("# no weights file at %s\n", path ? path : "$LIGHTPOSE_WEIGHTS");
        skip();
    }
    assert_ok(lp_weights_load(&weights, path, error));
    return weights;
}

static double worst_difference(const lp_map_view *view, const npy *expected) {
    const size_t cells = expected->shape[1] * expected->shape[2];
    const float *const values = expected->data;
    double worst = 0;

    for (size_t c = 0; c < expected->shape[0]; c++)
        for (size_t i = 0; i < cells; i++) {
            const float got = view->data[(ptrdiff_t)c * view->channel_stride + (ptrdiff_t)i * view->cell_stride];
            worst = fmax(worst, fabs((double)got - values[c * cells + i]));
        }
    return worst;
}

static void check_image(lp_net *net, const char *image) {
    npy pixels = golden(image, "input", "|u1"), heatmaps = golden(image, "heatmaps", "<f4");
    npy pafs = golden(image, "pafs", "<f4");
    const lp_plan_options options = {
        .width = (int)pixels.shape[1], .height = (int)pixels.shape[0], .threads = 2, .stages = 2};
    lp_plan *plan = NULL;
    lp_maps maps;

    assert_ok(lp_plan_create(&plan, net, &options, error));
    const lp_net_input input = lp_plan_input(plan);
    assert_int_equal(input.element, LP_F32);
    for (int y = 0; y < options.height; y++)
        for (int x = 0; x < options.width * 3; x++)
            ((float *)((char *)input.data + y * input.stride))[x] =
                (float)((const uint8_t *)pixels.data)[y * options.width * 3 + x] - 128;
    assert_ok(lp_plan_run(plan, &maps, error));
    assert_int_equal(heatmaps.shape[1], maps.height);
    assert_int_equal(heatmaps.shape[2], maps.width);
    const double heat = worst_difference(&maps.heatmaps, &heatmaps), paf = worst_difference(&maps.pafs, &pafs);
    if (!(heat <= 1e-4 && paf <= 1e-4)) /* ten times less than what moves a person */
        fail_msg("%s: heatmaps differ by %.3g, part affinity fields by %.3g; allowed is 1e-4", image, heat, paf);
    lp_plan_destroy(&plan);
    free(pixels.data);
    free(heatmaps.data);
    free(pafs.data);
}

static void f32_gives_the_golden_maps(void **state) {
    lp_weights *weights = published();
    lp_net *net = NULL;
    (void)state;

    const int saved = lp_threads_enter(2);
    assert_ok(lp_net_create(&net, weights, LIGHTPOSE_PRECISION_F32, error));
    for (int i = 0; i < IMAGES; i++)
        check_image(net, images[i]);
    lp_threads_leave(saved);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f32_gives_the_golden_maps),
};

int main(void) {
    return cmocka_run_group_tests_name("golden_maps", tests, NULL, NULL);
}
