/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The published weights against the maps of the reference implementation (shared data, golden/README). */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "net/plan.h"
#include "npy.h"
#include "teams.h"

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

/* What separates maps from the golden ones. */
typedef struct difference {
    double worst, squares, count, greatest; /* greatest: of the golden values */
} difference;

static void compare(const lp_map_view *view, const npy *expected, difference *d) {
    const size_t first = (size_t)expected->dimensions - 3; /* a leading 1 or none */
    const size_t channels = expected->shape[first], cells = expected->count / channels;
    const float *const values = expected->data;

    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < cells; i++) {
            const float got = view->data[(ptrdiff_t)c * view->channel_stride + (ptrdiff_t)i * view->cell_stride];
            const double off = fabs((double)got - values[c * cells + i]);
            d->worst = fmax(d->worst, off);
            d->squares += off * off;
            d->count += 1;
            d->greatest = fmax(d->greatest, fabsf(values[c * cells + i]));
        }
}

static void put_pixel(const lp_net_input *input, int y, int x, uint8_t pixel) {
    char *const row = (char *)input->data + y * input->stride;
    const float centred = (float)(pixel - 128);
    uint32_t bits;

    memcpy(&bits, &centred, sizeof bits);
    if (input->element == LP_F32)
        ((float *)row)[x] = centred;
    else if (input->element == LP_BF16)
        ((uint16_t *)row)[x] = (uint16_t)(bits >> 16);
    else
        ((uint8_t *)row)[x] = pixel;
}

static void run_image(lp_net *net, const char *image, difference *heat, difference *paf) {
    npy pixels = golden(image, "input", "|u1"), heatmaps = golden(image, "heatmaps", "<f4");
    npy pafs = golden(image, "pafs", "<f4");
    const lp_plan_options options = {
        .width = (int)pixels.shape[1], .height = (int)pixels.shape[0], .threads = 2, .stages = 2};
    lp_plan *plan = NULL;
    lp_maps maps;

    assert_ok(lp_plan_create(&plan, net, &options, error));
    const lp_net_input input = lp_plan_input(plan);
    for (int y = 0; y < options.height; y++)
        for (int x = 0; x < options.width * 3; x++)
            put_pixel(&input, y, x, ((const uint8_t *)pixels.data)[y * options.width * 3 + x]);
    assert_ok(run_plan(plan, options.threads, &maps, error));
    assert_int_equal(heatmaps.shape[1], maps.height);
    assert_int_equal(heatmaps.shape[2], maps.width);
    compare(&maps.heatmaps, &heatmaps, heat);
    compare(&maps.pafs, &pafs, paf);
    lp_plan_destroy(&plan);
    free(pixels.data);
    free(heatmaps.data);
    free(pafs.data);
}

/* All images in one precision; heatmaps and part affinity fields may be off by `worst` at most, `typical` in the root
 * of the mean square. */
static void check_precision(lightpose_precision precision, double worst, double typical) {
    lp_weights *weights = published();
    difference heat = {0}, paf = {0};
    lightpose_precision resolved;
    lp_net *net = NULL;

    if (lp_net_resolve(weights, precision, &resolved, NULL) != LIGHTPOSE_OK) {
        lp_weights_destroy(&weights);
        print_message("# not on this CPU\n");
        skip();
    }
    assert_ok(lp_net_create(&net, weights, precision, error));
    for (int i = 0; i < IMAGES; i++)
        run_image(net, images[i], &heat, &paf);
    const double heat_typical = sqrt(heat.squares / heat.count), paf_typical = sqrt(paf.squares / paf.count);
    print_message("# heatmaps off by %.2g at most, %.2g typically; part affinity fields %.2g, %.2g\n", heat.worst,
                  heat_typical, paf.worst, paf_typical);
    assert_true(heat.worst <= worst && paf.worst <= worst);
    assert_true(heat_typical <= typical && paf_typical <= typical);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
}

/* 1e-4 is ten times less than what moves a person. */
static void f32_gives_the_golden_maps(void **state) {
    (void)state;
    check_precision(LIGHTPOSE_PRECISION_F32, 1e-4, 1e-5);
}

/* Thresholds on heatmaps are 0.1 and on part affinity fields 0.05: a typical error of a thirtieth of that, and of a
 * tenth in int8. What rounding does at the flank of a peak, where values change by 0.5 from cell to cell, is more. */
static void bf16_comes_close_to_the_golden_maps(void **state) {
    (void)state;
    check_precision(LIGHTPOSE_PRECISION_BF16, 0.15, 0.0017);
}

static void int8_comes_close_to_the_golden_maps(void **state) {
    (void)state;
    check_precision(LIGHTPOSE_PRECISION_INT8, 0.3, 0.005);
}

/* ---- The other graph --------------------------------------------------------------------------------------------- */

/* Unpacks and converts a checkpoint into `folder`. */
static lp_weights *converted(const char *name, const char *folder) {
    char packed[4096], command[16384], relative[128], path[4200];
    const char *const source = getenv("LIGHTPOSE_SOURCE");
    lp_weights *weights = NULL;

    snprintf(relative, sizeof relative, "weights/pytorch-random/%s.pth.xz", name);
    if (!source || !shared_path(packed, sizeof packed, relative)) {
        print_message("# no %s in the shared data folder\n", relative);
        skip();
    }
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
    snprintf(command, sizeof command,
             "cd '%s' && python3 -c 'import lzma,sys; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())' '%s' > "
             "%s.pth && python3 '%s/weights/convert.py' %s.pth -o %s.safetensors >&2",
             folder, packed, name, source, name, name);
    assert_int_equal(system(command), 0);
    assert_ok(lp_weights_load(&weights, path, error));
    assert_int_equal(lp_weights_variant(weights), LP_VARIANT_PYTORCH);
    snprintf(command, sizeof command, "rm '%s' '%s/%s.pth'", path, folder, name);
    assert_int_equal(system(command), 0);
    return weights;
}

static npy random_array(const char *name) {
    char path[4096], relative[128];
    npy array;

    snprintf(relative, sizeof relative, "weights/pytorch-random/%s.npy", name);
    if (!shared_path(path, sizeof path, relative))
        skip();
    assert_int_equal(npy_read(&array, path, "<f4"), 0);
    return array;
}

/* The input of these is normalised, so the network's own scale is taken out of it. */
static void check_checkpoint(const char *name, const char *folder) {
    npy values = random_array("input"), heatmaps = random_array("heatmaps"), pafs = random_array("pafs");
    lp_weights *weights = converted(name, folder);
    const int height = (int)values.shape[2], width = (int)values.shape[3];
    const lp_plan_options options = {.width = width, .height = height, .threads = 1, .stages = 2};
    difference heat = {0}, paf = {0};
    lp_net *net = NULL;
    lp_plan *plan = NULL;
    lp_maps maps;

    assert_ok(lp_net_create(&net, weights, LIGHTPOSE_PRECISION_F32, error));
    assert_ok(lp_plan_create(&plan, net, &options, error));
    const lp_net_input input = lp_plan_input(plan);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * 3; x++)
            ((float *)((char *)input.data + y * input.stride))[x] =
                ((const float *)values.data)[(x % 3 * height + y) * width + x / 3] / lp_weights_input_scale(weights);
    assert_ok(run_plan(plan, options.threads, &maps, error));
    compare(&maps.heatmaps, &heatmaps, &heat);
    compare(&maps.pafs, &pafs, &paf);
    print_message("# %s: heatmaps off by %.2g, part affinity fields by %.2g of the greatest\n", name,
                  heat.worst / heat.greatest, paf.worst / paf.greatest);
    assert_true(heat.worst <= 1e-4 * heat.greatest);
    assert_true(paf.worst <= 1e-4 * paf.greatest);
    lp_plan_destroy(&plan);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
    free(values.data);
    free(heatmaps.data);
    free(pafs.data);
}

static void checkpoints_give_the_reference_maps(void **state) {
    char folder[] = "/tmp/lightpose-test-XXXXXX";
    (void)state;

    free(random_array("input").data); /* skips where there is none */
    assert_non_null(mkdtemp(folder));
    check_checkpoint("checkpoint_legacy", folder);
    check_checkpoint("checkpoint_zip", folder);
    assert_int_equal(rmdir(folder), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f32_gives_the_golden_maps),
    cmocka_unit_test(bf16_comes_close_to_the_golden_maps),
    cmocka_unit_test(int8_comes_close_to_the_golden_maps),
    cmocka_unit_test(checkpoints_give_the_reference_maps),
};

int main(void) {
    return cmocka_run_group_tests_name("golden_maps", tests, NULL, NULL);
}
