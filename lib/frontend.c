/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "frontend.h"

#include "base/threads.h"
#include "base/time.h"

static void list_heights(lp_frontend *frontend, const lightpose_settings *settings) {
    int *const heights = frontend->heights;

    heights[frontend->height_count++] = settings->height;
    for (int i = 0; i < LP_MAX_HEIGHTS - 1; i++) {
        const int extra = settings->extra_heights[i];
        if (!extra)
            continue;
        heights[frontend->height_count++] = extra;
        if (extra > heights[0]) {
            heights[frontend->height_count - 1] = heights[0];
            heights[0] = extra;
        }
    }
}

lightpose_status lp_frontend_create(lp_frontend *frontend, lightpose_model *model, lightpose_precision resolved,
                                    const lightpose_settings *settings, lightpose_error *error) {
    const int threads = settings->threads > 0 ? settings->threads : lp_threads_available();

    *frontend = (lp_frontend){.options = {.threads = threads, .stages = settings->stages}};
    list_heights(frontend, settings);
    LP_TRY(lp_team_create(&frontend->team, threads, error));
    lightpose_status status = model ? lp_model_net(model, resolved, &frontend->net, error) : LIGHTPOSE_OK;
    if (status == LIGHTPOSE_OK && model)
        status = lp_preprocess_create(&frontend->preprocess, error);
    if (status != LIGHTPOSE_OK)
        lp_frontend_free(frontend);
    return status;
}

void lp_frontend_free(lp_frontend *frontend) {
    lp_preprocess_destroy(&frontend->preprocess);
    lp_team_destroy(&frontend->team);
}

lightpose_status lp_frontend_find_plan(const lp_frontend *frontend, lp_plan_cache *cache, const lp_geometry *geometry,
                                       lp_plan **plan, lightpose_error *error) {
    struct lp_plan_slot *oldest = cache->slots;
    lp_plan_options options = frontend->options;

    cache->clock++;
    for (struct lp_plan_slot *slot = cache->slots; slot < cache->slots + cache->count; slot++) {
        if (slot->plan && slot->width == geometry->net_width && slot->height == geometry->net_height) {
            slot->used = cache->clock;
            *plan = slot->plan;
            return LIGHTPOSE_OK;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    lp_plan_destroy(&oldest->plan);
    *oldest = (struct lp_plan_slot){0};
    options.width = geometry->net_width;
    options.height = geometry->net_height;
    LP_TRY(lp_plan_create(&oldest->plan, frontend->net, &options, error));
    oldest->width = options.width;
    oldest->height = options.height;
    oldest->used = cache->clock;
    *plan = oldest->plan;
    return LIGHTPOSE_OK;
}

void lp_plan_cache_free(lp_plan_cache *cache) {
    for (int i = 0; i < LP_MAX_PLANS; i++)
        lp_plan_destroy(&cache->slots[i].plan);
}

lightpose_status lp_frontend_run(lp_frontend *frontend, lp_plan *plan, const lightpose_image *image,
                                 const lp_geometry *geometry, int mirrored, lp_maps *maps, lightpose_error *error) {
    const lp_net_input input = lp_plan_input(plan);
    const int64_t start = lp_now_ns();

    LP_TRY(lp_preprocess_run(frontend->preprocess, image, geometry, frontend->team, &input, error));
    if (mirrored)
        lp_mirror_input(&input, geometry->net_width, geometry->net_height);
    const int64_t prepared = lp_now_ns();
    LP_TRY(lp_plan_run(plan, frontend->team, maps, error));
    frontend->preprocess_ns += prepared - start;
    frontend->network_ns += lp_now_ns() - prepared;
    return LIGHTPOSE_OK;
}
