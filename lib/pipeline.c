/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pipeline.h"

#include "base/mem.h"
#include "base/time.h"
#include "decode/average_maps.h"
#include "decode/maps.h"
#include "frontend.h"
#include "image/view.h"
#include "look/follow.h"
#include "look/merge.h"

struct lightpose_context {
    lightpose_model *model;
    lightpose_settings settings;
    lightpose_stats stats;

    lp_frontend frontend;
    lp_plan_cache plans;
    lp_average_maps *average; /* NULL if each frame needs only one run of the network */
    lp_decoder *decoder;

    /* The second look has its own plans, because those of the first look hold the frame's maps. */
    lp_plan_cache crop_plans;
    lp_average_maps *crop_average; /* NULL if each crop needs only one run */
    lp_crops crops;
    lp_merge merge;
    lightpose_result seen; /* people found in a crop */
    lp_follow follow;
    int follow_width, follow_height; /* of the stream's frames */

    lp_maps maps; /* the last frame's, inside its plan or its average; width 0: none */
    lp_transform transform;
    void *planar; /* copies for the caller: heatmaps, then pafs */
    size_t planar_capacity;
};

lightpose_status lp_pipeline_create(lp_pipeline **pipeline, lightpose_model *model, const lightpose_settings *settings,
                                    lightpose_error *error) {
    lp_pipeline *const made = lp_calloc(1, sizeof *made);
    lightpose_status status = LIGHTPOSE_OK;

    *pipeline = NULL;
    if (!made)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a context");
    made->settings = *settings;
    made->settings.decoder = made->stats.decoder = lp_decoder_resolve(settings->decoder);
    made->model = model ? lp_model_retain(model) : NULL;
    if (model)
        status = lp_net_resolve(lp_model_weights(model), settings->precision, &made->stats.precision, error);
    if (status == LIGHTPOSE_OK)
        status = lp_frontend_create(&made->frontend, model, made->stats.precision, settings, error);
    made->stats.threads = made->frontend.options.threads;
    made->plans.count = LP_SIZES_KEPT * made->frontend.height_count;
    made->crop_plans.count = LP_SIZES_KEPT;
    if (status == LIGHTPOSE_OK)
        status = lp_decoder_create(&made->decoder, &made->settings, error);
    if (status == LIGHTPOSE_OK && model && (settings->flip || made->frontend.height_count > 1))
        status = lp_average_maps_create(&made->average, error);
    if (status == LIGHTPOSE_OK && model && settings->flip && (settings->second_look || settings->tiles))
        status = lp_average_maps_create(&made->crop_average, error);
    if (status != LIGHTPOSE_OK) {
        lp_pipeline_destroy(made);
        return status;
    }
    *pipeline = made;
    return LIGHTPOSE_OK;
}

void lp_pipeline_destroy(lp_pipeline *pipeline) {
    if (!pipeline)
        return;
    lp_plan_cache_free(&pipeline->plans);
    lp_plan_cache_free(&pipeline->crop_plans);
    lp_average_maps_destroy(&pipeline->average);
    lp_average_maps_destroy(&pipeline->crop_average);
    lp_crops_free(&pipeline->crops);
    lp_merge_free(&pipeline->merge);
    lp_free(pipeline->seen.poses);
    lp_decoder_destroy(&pipeline->decoder);
    lp_frontend_free(&pipeline->frontend);
    lp_free(pipeline->planar);
    lp_model_release(pipeline->model); /* after everything that uses its weights */
    lp_free(pipeline);
}

static lightpose_status prepare(lp_pipeline *pipeline, int width, int height, lightpose_error *error) {
    lp_geometry geometry;
    lp_plan *plan;
    lp_maps maps;

    /* These runs overwrite the maps of a frame that used the same plan. */
    pipeline->maps.width = 0;
    for (int i = 0; i < pipeline->frontend.height_count; i++) {
        LP_TRY(lp_geometry_make(&geometry, width, height, pipeline->frontend.heights[i], &pipeline->settings, error));
        LP_TRY(lp_frontend_find_plan(&pipeline->frontend, &pipeline->plans, &geometry, &plan, error));
        LP_TRY(lp_plan_run(plan, pipeline->frontend.team, &maps, error));
    }
    return LIGHTPOSE_OK;
}

/* The arguments of a function below that runs inside the team. */
typedef struct call {
    lp_pipeline *pipeline;
    int width, height;
    const lightpose_image *image;
    const lp_maps *maps;
    const lp_transform *transform;
    lightpose_result *result;
    lightpose_error *error;
    lightpose_status status;
} call;

static void prepare_call(void *argument) {
    call *const c = argument;
    c->status = prepare(c->pipeline, c->width, c->height, c->error);
}

lightpose_status lp_pipeline_prepare(lp_pipeline *pipeline, int width, int height, lightpose_error *error) {
    call c = {.pipeline = pipeline, .width = width, .height = height, .error = error};

    lp_team_run(pipeline->frontend.team, prepare_call, &c);
    return c.status;
}

static void clear_times(lp_pipeline *pipeline) {
    lightpose_stats *const stats = &pipeline->stats;

    stats->preprocess_ns = stats->network_ns = stats->average_ns = stats->peaks_ns = stats->group_ns = 0;
    stats->crops = 0;
    pipeline->frontend.preprocess_ns = pipeline->frontend.network_ns = 0;
}

/* Decodes `maps` into `result`, and adds to the frame's times. */
static lightpose_status decode(lp_pipeline *pipeline, const lp_maps *maps, const lp_transform *transform,
                               lightpose_result *result, lightpose_error *error) {
    lp_people people;

    LP_TRY(lp_decoder_run(pipeline->decoder, maps, pipeline->frontend.team, &people, error));
    LP_TRY(lp_result_set(result, &people, transform, pipeline->settings.upsample, error));
    pipeline->stats.peaks_ns += people.peaks_ns;
    pipeline->stats.group_ns += people.group_ns;
    return LIGHTPOSE_OK;
}

/* Runs the network on the image and, if the settings request it, on its mirror image; adds the maps to `average` unless
 * that is NULL. */
static lightpose_status run_network(lp_pipeline *pipeline, lp_plan_cache *cache, const lightpose_image *image,
                                    const lp_geometry *geometry, lp_average_maps *average, lp_maps *maps,
                                    lightpose_error *error) {
    lp_plan *plan;

    LP_TRY(lp_frontend_find_plan(&pipeline->frontend, cache, geometry, &plan, error));
    for (int mirrored = 0; mirrored <= pipeline->settings.flip; mirrored++) {
        LP_TRY(lp_frontend_run(&pipeline->frontend, plan, image, geometry, mirrored, maps, error));
        const int64_t start = lp_now_ns();
        if (average)
            LP_TRY(lp_average_maps_add(average, maps, geometry, mirrored, error));
        pipeline->stats.average_ns += average ? lp_now_ns() - start : 0;
    }
    return LIGHTPOSE_OK;
}

/* Finds the people in a crop and writes them to pipeline->seen, in pixels of the image. */
static lightpose_status look_at(lp_pipeline *pipeline, const lightpose_image *image, const lp_crop *crop,
                                lightpose_error *error) {
    const lightpose_image part = lp_view_part(image, crop->x, crop->y, crop->width, crop->height);
    lp_geometry geometry;
    lp_maps maps;

    lp_geometry_place(&geometry, crop->width, crop->height, image->pixel_aspect > 0 ? image->pixel_aspect : 1,
                      crop->scale, crop->net_width, crop->net_height);
    if (pipeline->crop_average)
        LP_TRY(lp_average_maps_begin(pipeline->crop_average, &geometry, error));
    LP_TRY(run_network(pipeline, &pipeline->crop_plans, &part, &geometry, pipeline->crop_average, &maps, error));
    if (pipeline->crop_average)
        lp_average_maps_end(pipeline->crop_average, &maps);
    lp_transform transform = lp_geometry_transform(&geometry);
    transform.pad_x -= crop->x * transform.scale_x;
    transform.pad_y -= crop->y * transform.scale;
    return decode(pipeline, &maps, &transform, &pipeline->seen, error);
}

/* Runs the crops and merges their people into `result`. */
static lightpose_status look_at_crops(lp_pipeline *pipeline, const lightpose_image *image, const lp_scene *scene,
                                      lightpose_result *result, lightpose_error *error) {
    const lp_crops *const crops = &pipeline->crops;

    pipeline->stats.crops += crops->count;
    if (crops->count == 0)
        return LIGHTPOSE_OK;
    LP_TRY(lp_merge_begin(&pipeline->merge, result, error));
    for (int i = 0; i < crops->count; i++) {
        LP_TRY(look_at(pipeline, image, (const lp_crop *)crops->data + i, error));
        LP_TRY(lp_merge_add(&pipeline->merge, crops, i, scene, &pipeline->seen, error));
    }
    return lp_merge_end(&pipeline->merge, pipeline->settings.max_people, result, error);
}

/* Runs the tiles of the image, if the settings request them, and then a second look at small people. */
static lightpose_status look_again(lp_pipeline *pipeline, const lightpose_image *image, const lp_geometry *first,
                                   lightpose_result *result, lightpose_error *error) {
    const lightpose_settings *const settings = &pipeline->settings;
    lp_scene scene = {image->width, image->height, first->scale, first->scale_x / first->scale};

    if (settings->tiles) {
        LP_TRY(lp_crops_tile(&pipeline->crops, &scene, result->poses, (int)result->count, settings->tiles,
                             first->net_width, first->net_height, error));
        LP_TRY(look_at_crops(pipeline, image, &scene, result, error));
        scene.scale = ((const lp_crop *)pipeline->crops.data)->scale;
    }
    if (settings->second_look) {
        LP_TRY(
            lp_crops_choose(&pipeline->crops, &scene, result->poses, (int)result->count, settings->second_look, error));
        LP_TRY(look_at_crops(pipeline, image, &scene, result, error));
    }
    return LIGHTPOSE_OK;
}

/* The geometry of height `i` for the complete image, or for the part of it that shows the people of the last frame. */
static lightpose_status make_geometry(const lp_pipeline *pipeline, const lightpose_image *image, const lp_crop *part,
                                      int i, lp_geometry *geometry, lightpose_error *error) {
    const double share = (double)pipeline->frontend.heights[i] / pipeline->frontend.heights[0];

    if (!part)
        return lp_geometry_of_image(geometry, image, pipeline->frontend.heights[i], &pipeline->settings, error);
    lp_geometry_place(geometry, image->width, image->height, image->pixel_aspect > 0 ? image->pixel_aspect : 1,
                      part->scale * share, lp_geometry_round_up(part->net_width * share),
                      lp_geometry_round_up(part->net_height * share));
    return LIGHTPOSE_OK;
}

/* The first look, at the complete image or at `part` of it. `grid` is the geometry of the maps. */
static lightpose_status look(lp_pipeline *pipeline, const lightpose_image *image, const lp_crop *part,
                             lp_geometry *grid, lightpose_result *result, lightpose_error *error) {
    const lightpose_image view = part ? lp_view_part(image, part->x, part->y, part->width, part->height) : *image;
    lp_geometry geometry;

    for (int i = 0; i < pipeline->frontend.height_count; i++) {
        LP_TRY(make_geometry(pipeline, &view, part, i, &geometry, error));
        if (i == 0)
            *grid = geometry;
        if (i == 0 && pipeline->average)
            LP_TRY(lp_average_maps_begin(pipeline->average, grid, error));
        LP_TRY(run_network(pipeline, &pipeline->plans, &view, &geometry, pipeline->average, &pipeline->maps, error));
    }
    if (pipeline->average)
        lp_average_maps_end(pipeline->average, &pipeline->maps);
    pipeline->transform = lp_geometry_transform(grid);
    if (part) {
        pipeline->transform.pad_x -= part->x * grid->scale_x;
        pipeline->transform.pad_y -= part->y * grid->scale;
    }
    return decode(pipeline, &pipeline->maps, &pipeline->transform, result, error);
}

/* Whether only part of the frame is processed or, if the last frame had no people, nothing. A frame of another size
 * starts another stream. */
static int is_followed(lp_pipeline *pipeline, const lightpose_image *image) {
    lp_follow *const follow = &pipeline->follow;

    if (pipeline->follow_width != image->width || pipeline->follow_height != image->height)
        *follow = (lp_follow){0};
    pipeline->follow_width = image->width;
    pipeline->follow_height = image->height;
    if (follow->frames == 0 || follow->frames >= pipeline->settings.follow)
        follow->frames = 0;
    return follow->frames++ > 0 && (follow->people == 0 || follow->crop.net_width > 0);
}

static lightpose_status infer(lp_pipeline *pipeline, const lightpose_image *image, lightpose_result *result,
                              lightpose_error *error) {
    const int followed = pipeline->settings.follow > 1 && is_followed(pipeline, image);
    lp_follow *const follow = &pipeline->follow;
    const int64_t start = lp_now_ns();
    lp_geometry whole, grid;

    clear_times(pipeline);
    LP_TRY(lp_geometry_of_image(&whole, image, pipeline->frontend.heights[0], &pipeline->settings, error));
    grid = whole;
    if (!followed || follow->people > 0) {
        LP_TRY(look(pipeline, image, followed ? &follow->crop : NULL, &grid, result, error));
        if (pipeline->settings.second_look || pipeline->settings.tiles)
            LP_TRY(look_again(pipeline, image, &grid, result, error));
        if (pipeline->settings.decoder != LIGHTPOSE_DECODER_REFERENCE)
            lp_result_round(result);
    }
    if (pipeline->settings.follow > 1) {
        const lp_scene scene = {image->width, image->height, whole.scale, whole.scale_x / whole.scale};
        /* The part is sized for heights[0], which is the largest. */
        const lp_follow_sizes sizes = {.width = whole.net_width,
                                       .height = whole.net_height,
                                       .max_width = pipeline->settings.max_net_width / LP_STRIDE * LP_STRIDE,
                                       .max_height = pipeline->settings.max_net_height / LP_STRIDE * LP_STRIDE};
        lp_follow_update(follow, &scene, &sizes, result->poses, (int)result->count);
    }
    pipeline->stats.frames++;
    pipeline->stats.preprocess_ns = pipeline->frontend.preprocess_ns;
    pipeline->stats.network_ns = pipeline->frontend.network_ns;
    pipeline->stats.total_ns = lp_now_ns() - start;
    pipeline->stats.net_width = grid.net_width;
    pipeline->stats.net_height = grid.net_height;
    return LIGHTPOSE_OK;
}

static void infer_call(void *argument) {
    call *const c = argument;
    c->status = infer(c->pipeline, c->image, c->result, c->error);
}

lightpose_status lp_pipeline_infer(lp_pipeline *pipeline, const lightpose_image *image, lightpose_result *result,
                                   lightpose_error *error) {
    call c = {.pipeline = pipeline, .image = image, .result = result, .error = error};

    pipeline->maps.width = 0;
    lp_team_run(pipeline->frontend.team, infer_call, &c);
    if (c.status != LIGHTPOSE_OK) {
        pipeline->maps.width = 0;
        pipeline->follow = (lp_follow){0};
        lp_result_clear(result);
    }
    return c.status;
}

void lp_pipeline_restart(lp_pipeline *pipeline) {
    pipeline->follow = (lp_follow){0};
}

static void copy_planar(float *planar, const lp_map_view *view, int channels, int cells) {
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < cells; i++)
            planar[(size_t)c * (size_t)cells + (size_t)i] =
                view->data[c * view->channel_stride + i * view->cell_stride];
}

lightpose_status lp_pipeline_maps(lp_pipeline *pipeline, lightpose_maps *maps, lightpose_error *error) {
    const lp_maps *const source = &pipeline->maps;
    const int cells = source->width * source->height;

    if (!cells)
        return lp_fail(error, LIGHTPOSE_ERROR_STATE,
                       "no maps: no frame has been inferred since the context was opened or prepared");
    if (lp_grow(&pipeline->planar, &pipeline->planar_capacity, (size_t)cells * (LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS),
                sizeof(float)) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for maps of %d x %d cells", source->width,
                       source->height);
    float *const heatmaps = pipeline->planar;
    float *const pafs = heatmaps + (size_t)cells * LIGHTPOSE_HEATMAPS;
    copy_planar(heatmaps, &source->heatmaps, LIGHTPOSE_HEATMAPS, cells);
    copy_planar(pafs, &source->pafs, LIGHTPOSE_PAFS, cells);
    *maps = (lightpose_maps){.width = source->width,
                             .height = source->height,
                             .heatmaps = heatmaps,
                             .pafs = pafs,
                             .scale = (float)pipeline->transform.scale,
                             .pixel_aspect = (float)(pipeline->transform.scale_x / pipeline->transform.scale),
                             .pad_x = (float)pipeline->transform.pad_x,
                             .pad_y = (float)pipeline->transform.pad_y};
    return LIGHTPOSE_OK;
}

static void decode_call(void *argument) {
    call *const c = argument;
    c->status = decode(c->pipeline, c->maps, c->transform, c->result, c->error);
}

lightpose_status lp_pipeline_decode(lp_pipeline *pipeline, const lightpose_maps *maps, lightpose_result *result,
                                    lightpose_error *error) {
    const ptrdiff_t cells = (ptrdiff_t)maps->width * maps->height;
    const lp_maps planar = {.width = maps->width,
                            .height = maps->height,
                            .heatmaps = {maps->heatmaps, cells, 1},
                            .pafs = {maps->pafs, cells, 1}};
    const double scale = maps->scale > 0 ? maps->scale : 1, aspect = maps->pixel_aspect > 0 ? maps->pixel_aspect : 1;
    const lp_transform transform = {scale * aspect, scale, maps->pad_x, maps->pad_y};
    const int64_t start = lp_now_ns();
    call c = {.pipeline = pipeline, .maps = &planar, .transform = &transform, .result = result, .error = error};

    LP_TRY(lp_maps_check_finite(&planar, error));
    clear_times(pipeline);
    lp_team_run(pipeline->frontend.team, decode_call, &c);
    if (c.status != LIGHTPOSE_OK) {
        lp_result_clear(result);
        return c.status;
    }
    pipeline->stats.frames++;
    pipeline->stats.total_ns = lp_now_ns() - start;
    return LIGHTPOSE_OK;
}

const lightpose_settings *lp_pipeline_settings(const lp_pipeline *pipeline) {
    return &pipeline->settings;
}

const lightpose_stats *lp_pipeline_stats(const lp_pipeline *pipeline) {
    return &pipeline->stats;
}

int lp_pipeline_has_model(const lp_pipeline *pipeline) {
    return pipeline->model != NULL;
}

void lp_pipeline_slow_down(lp_pipeline *pipeline, int thread, double factor) {
    lp_team_slow_down(pipeline->frontend.team, thread, factor);
}
