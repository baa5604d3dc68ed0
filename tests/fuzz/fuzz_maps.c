/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Any maps into both decoders: they are refused with a message, or the people that come of them are as lightpose.h
 * says. The maps have exactly their memory. */

#include "fuzz.h"

#include <math.h>
#include <stdlib.h>

#include "made_maps.h"

enum { MOST_CELLS = 10, MOST_CHANGES = 48 };

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static lightpose_settings make_settings(fuzz_input *input) {
    lightpose_settings s;
    lightpose_settings_init(&s);
    s.threads = 1;
    s.upsample = 1 << fuzz_below(input, 4);
    const int kind = fuzz_byte(input);
    if (kind & 1)
        s.peak_threshold = fuzz_float(input, 1);
    if (kind & 2)
        s.peak_radius = fuzz_float(input, 12);
    if (kind & 4)
        s.limb_samples = (int)fuzz_whole(input, 32);
    if (kind & 8)
        s.limb_threshold = fuzz_float(input, 1);
    if (kind & 16)
        s.limb_ratio = fuzz_float(input, 1);
    if (kind & 32)
        s.min_keypoints = (int)fuzz_whole(input, 18);
    if (kind & 64)
        s.min_score = fuzz_float(input, 1);
    if (kind & 128) {
        s.complete = fuzz_below(input, 2);
        s.max_people = fuzz_below(input, 4);
    }
    return s;
}

/* ---- Maps -------------------------------------------------------------------------------------------------------- */

static void fill(const lp_maps *maps, float heat, float paf) {
    for (int y = 0; y < maps->height; y++)
        for (int x = 0; x < maps->width; x++) {
            for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
                *made_heat(maps, map, x, y) = heat;
            for (int map = 0; map < LIGHTPOSE_PAFS; map++)
                *made_paf(maps, map, x, y) = paf;
        }
}

static double place(fuzz_input *input, int cells) {
    return fuzz_byte(input) / 256.0 * (cells + 2) - 1;
}

static void change(fuzz_input *input, const lp_maps *maps) {
    const int w = maps->width, h = maps->height, what = fuzz_below(input, 8);
    made_random random = {fuzz_byte(input) + 1};
    const int map = fuzz_below(input, LIGHTPOSE_PAFS);

    switch (what) {
    case 0:
        made_people(maps, 1 + fuzz_below(input, 4), &random);
        break;
    case 1:
    case 2: {
        const double x = place(input, w), y = place(input, h);
        made_bump(maps, map % LIGHTPOSE_HEATMAPS, x, y, fuzz_byte(input) / 128.0);
        break;
    }
    case 3: {
        const double x0 = place(input, w), y0 = place(input, h), x1 = place(input, w), y1 = place(input, h);
        made_limb(maps, map % LIGHTPOSE_LIMBS, x0, y0, x1, y1, fuzz_byte(input) / 64.0 - 2);
        break;
    }
    case 4:
    case 5: {
        const int x = fuzz_below(input, w), y = fuzz_below(input, h);
        *made_heat(maps, map % LIGHTPOSE_HEATMAPS, x, y) = fuzz_float(input, 1);
        break;
    }
    case 6: {
        const int x = fuzz_below(input, w), y = fuzz_below(input, h);
        *made_paf(maps, map, x, y) = fuzz_float(input, 1);
        break;
    }
    default: /* noise over one map of each kind */
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                *made_heat(maps, map % LIGHTPOSE_HEATMAPS, x, y) += made_uniform(&random, 0, 0.5f);
                *made_paf(maps, map, x, y) += made_uniform(&random, -0.5f, 0.5f);
            }
        break;
    }
}

static lp_maps make_maps(fuzz_input *input) {
    const int width = 1 + fuzz_below(input, MOST_CELLS), height = 1 + fuzz_below(input, MOST_CELLS);
    const lp_maps maps = made_maps(width, height, MADE_PLANAR);
    const int base = fuzz_byte(input);

    if (base & 1) {
        const float heat = fuzz_float(input, 1);
        fill(&maps, heat, fuzz_float(input, 1));
    }
    for (int changes = 0; changes < MOST_CHANGES && input->left > 0; changes++)
        change(input, &maps);
    return maps;
}

/* ---- People ------------------------------------------------------------------------------------------------------ */

static void check_pose(const lightpose_pose *pose) {
    int detected = 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const point = &pose->keypoints[k];
        must(point->state == LIGHTPOSE_MISSING || point->state == LIGHTPOSE_DETECTED ||
             point->state == LIGHTPOSE_COMPLETED);
        must(!isnan(point->x) && !isnan(point->y) && !isnan(point->score));
        must(point->state != LIGHTPOSE_MISSING || (point->x == 0 && point->y == 0 && point->score == 0));
        detected += point->state == LIGHTPOSE_DETECTED;
    }
    must(pose->keypoint_count == detected && detected > 0);
    must(pose->id == -1);
    must(!isnan(pose->score) && !isnan(pose->rank));
    must(pose->box.width >= 0 && pose->box.height >= 0);
}

static void check(const lightpose_result *result, const lightpose_settings *settings) {
    const int count = lightpose_result_get_count(result);
    must(settings->max_people == 0 || count <= settings->max_people);
    for (int i = 0; i < count; i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
        check_pose(pose);
        must(i == 0 || lightpose_result_get_pose(result, i - 1)->rank >= pose->rank);
    }
}

static void decode(const lightpose_settings *settings, const lightpose_maps *maps) {
    lightpose_context *context;
    lightpose_result *result;
    lightpose_error error;

    if (!fuzz_told(lightpose_context_create(&context, NULL, settings, &error), &error))
        return;
    must(lightpose_result_create(&result, NULL) == LIGHTPOSE_OK);
    if (fuzz_told(lightpose_context_decode(context, maps, result, &error), &error))
        check(result, settings);
    else
        must(lightpose_result_get_count(result) == 0);
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lightpose_settings settings = make_settings(&input);
    const int kind = fuzz_byte(&input);
    lightpose_maps to_decode = {.scale = 1};

    if (kind & 1) {
        to_decode.scale = fuzz_float(&input, 4);
        to_decode.pad_x = fuzz_float(&input, 64);
        to_decode.pad_y = fuzz_float(&input, 64);
        to_decode.pixel_aspect = fuzz_float(&input, 2);
    }
    lp_maps maps = make_maps(&input);
    to_decode.width = kind & 2 ? -maps.width : maps.width;
    to_decode.height = kind & 4 ? maps.height + 4096 : maps.height;
    to_decode.heatmaps = maps.heatmaps.data;
    to_decode.pafs = maps.pafs.data;
    for (int decoder = LIGHTPOSE_DECODER_REFERENCE; decoder <= LIGHTPOSE_DECODER_REFINED; decoder++) {
        settings.decoder = (lightpose_decoder)decoder;
        decode(&settings, &to_decode);
    }
    made_free(&maps);
    return 0;
}
