/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The second look on any people: crops, tiles and the part of the next frame lie inside the picture and fit the
 * network, and the merged list is in order of rank. */

#include "fuzz.h"

#include <math.h>

#include "image/geometry.h"
#include "look/crops.h"
#include "look/follow.h"
#include "look/merge.h"

enum { MOST_SIDE = 4096, MOST_CROPS = 20, MOST_TILES = 16, MOST_STEPS = 12, MOST_ROOM = 32 };

typedef struct world {
    lp_scene scene;
    lp_geometry geometry;
    lightpose_result *people, *seen, *merged;
    lp_crops crops;
    lp_merge merge;
    lp_follow follow;
    lp_follow_sizes sizes;
} world;

static void check_crop(const world *w, const lp_crop *crop, int most_height) {
    must(crop->x >= 0 && crop->y >= 0 && crop->x % 2 == 0 && crop->y % 2 == 0);
    must(crop->width >= 1 && crop->height >= 1);
    must(crop->width <= w->scene.width - crop->x && crop->height <= w->scene.height - crop->y);
    must(crop->net_width >= LP_STRIDE && crop->net_width % LP_STRIDE == 0 && crop->net_height >= LP_STRIDE &&
         crop->net_height % LP_STRIDE == 0 && crop->net_height <= most_height);
    must(isfinite(crop->scale) && crop->scale > 0);

    /* What the pipeline makes of it. */
    lp_geometry placed;
    lp_geometry_place(&placed, crop->width, crop->height, w->scene.aspect, crop->scale, crop->net_width,
                      crop->net_height);
    must(placed.pad_left >= 0 && placed.pad_top >= 0 && placed.scaled_width >= 1 && placed.scaled_height >= 1);
    must(placed.pad_left + placed.scaled_width <= placed.net_width);
    must(placed.pad_top + placed.scaled_height <= placed.net_height);
}

static void check_crops(const world *w, int count, int most_height) {
    for (int i = 0; i < w->crops.count; i++)
        check_crop(w, (const lp_crop *)w->crops.data + i, most_height);
    for (int i = 0; i < count; i++)
        must(lp_crops_of(&w->crops, i) >= -1 && lp_crops_of(&w->crops, i) < w->crops.count);
}

/* The decoder's people have a score of 0 to 1 and a finite rank from 0 (fuzz_maps.c), wherever their keypoints are. */
static void make_people(fuzz_input *input, lightpose_result *result) {
    lightpose_pose poses[16];
    int count = 0;

    fuzz_people(input, result);
    for (; count < lightpose_result_get_count(result); count++) {
        lightpose_pose *const pose = &poses[count];
        *pose = *lightpose_result_get_pose(result, count);
        pose->score = pose->score >= 0 && pose->score <= 1 ? pose->score : 0;
        pose->rank = pose->rank >= 0 && isfinite(pose->rank) ? pose->rank : 0;
    }
    must(lightpose_result_assign(result, poses, count, NULL) == LIGHTPOSE_OK);
}

static void merge(fuzz_input *input, world *w) {
    const int most = fuzz_below(input, 6);

    must(lp_merge_begin(&w->merge, w->people, NULL) == LIGHTPOSE_OK);
    for (int i = 0; i < w->crops.count; i++) {
        make_people(input, w->seen);
        must(lp_merge_add(&w->merge, &w->crops, i, &w->scene, w->seen, NULL) == LIGHTPOSE_OK);
    }
    must(lp_merge_end(&w->merge, most, w->merged, NULL) == LIGHTPOSE_OK);
    const int count = lightpose_result_get_count(w->merged);
    must(most == 0 || count <= most);
    for (int i = 1; i < count; i++)
        must(!(lightpose_result_get_pose(w->merged, i - 1)->rank < lightpose_result_get_pose(w->merged, i)->rank));
}

static void step(fuzz_input *input, world *w) {
    make_people(input, w->people);
    const int count = lightpose_result_get_count(w->people), what = fuzz_below(input, 4);
    const lightpose_pose *const poses = lightpose_result_get_pose(w->people, 0);

    if (what == 0) {
        const int rows = 2 + fuzz_below(input, MOST_TILES - 1);
        must(lp_crops_tile(&w->crops, &w->scene, poses, count, rows, w->geometry.net_width, w->geometry.net_height,
                           NULL) == LIGHTPOSE_OK);
        must(w->crops.count == rows * rows);
        check_crops(w, count, w->geometry.net_height);
    } else if (what == 1) {
        lp_follow_update(&w->follow, &w->scene, &w->sizes, poses, count);
        if (w->follow.crop.net_width) {
            check_crop(w, &w->follow.crop, w->sizes.max_height);
            must(w->follow.crop.net_width <= w->sizes.max_width);
        }
        return;
    } else {
        const int most = 1 + fuzz_below(input, MOST_CROPS);
        must(lp_crops_choose(&w->crops, &w->scene, poses, count, most, NULL) == LIGHTPOSE_OK);
        must(w->crops.count <= most);
        check_crops(w, count, LP_LOOK_HEIGHT);
    }
    merge(input, w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lightpose_settings settings;
    lightpose_image picture = {.format = LIGHTPOSE_BGR24};
    lightpose_error error = {0};
    world w = {.people = NULL};

    lightpose_settings_init(&settings);
    picture.width = 1 + fuzz_below(&input, MOST_SIDE);
    picture.height = 1 + fuzz_below(&input, MOST_SIDE);
    const float aspect = fuzz_float(&input, 4);
    picture.pixel_aspect = aspect >= 1 / 16.0f && aspect <= 16 ? aspect : 0;
    if (!fuzz_told(lp_geometry_of_image(&w.geometry, &picture, 1 + fuzz_below(&input, 512), &settings, &error), &error))
        return 0;
    w.scene = (lp_scene){picture.width, picture.height, w.geometry.scale, w.geometry.scale_x / w.geometry.scale};
    w.sizes = (lp_follow_sizes){
        .width = w.geometry.net_width,
        .height = w.geometry.net_height,
        .max_width = w.geometry.net_width + LP_STRIDE * fuzz_below(&input, MOST_ROOM),
        .max_height = w.geometry.net_height + LP_STRIDE * fuzz_below(&input, MOST_ROOM),
    };
    must(lightpose_result_create(&w.people, NULL) == LIGHTPOSE_OK);
    must(lightpose_result_create(&w.seen, NULL) == LIGHTPOSE_OK);
    must(lightpose_result_create(&w.merged, NULL) == LIGHTPOSE_OK);
    for (int steps = 0; steps < MOST_STEPS && input.left > 0; steps++)
        step(&input, &w);
    lightpose_result_destroy(&w.people);
    lightpose_result_destroy(&w.seen);
    lightpose_result_destroy(&w.merged);
    lp_crops_free(&w.crops);
    lp_merge_free(&w.merge);
    return 0;
}
