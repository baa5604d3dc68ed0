/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The exported functions of the model, result and context: validate and call inward, nothing else. */

#include <math.h>

#include "api.h"
#include "base/mem.h"
#include "decode/skeleton.h"
#include "default_weights.h"
#include "image/view.h"
#include "model.h"
#include "pipeline.h"
#include "settings.h"

#define TEXT2(x) #x
#define TEXT(x)  TEXT2(x)

const char *lightpose_version(void) {
    return TEXT(LIGHTPOSE_VERSION_MAJOR) "." TEXT(LIGHTPOSE_VERSION_MINOR) "." TEXT(LIGHTPOSE_VERSION_PATCH);
}

int lightpose_version_number(void) {
    return LIGHTPOSE_VERSION_NUMBER;
}

int lightpose_api_version(void) {
    return LIGHTPOSE_API_VERSION;
}

/* ---- Model */

lightpose_status lightpose_model_create(lightpose_model **model, const char *path, lightpose_error *error) {
    lp_weights *weights;

    ENTER(error);
    NEED(model, error);
    *model = NULL;
    LP_TRY(lp_weights_load(&weights, path && *path ? path : lp_default_weights(), error));
    return lp_model_create(model, weights, error);
}

lightpose_status lightpose_model_create_from_memory(lightpose_model **model, const void *data, size_t size,
                                                    lightpose_error *error) {
    lp_weights *weights;

    ENTER(error);
    NEED(model, error);
    *model = NULL;
    NEED(data, error);
    LP_TRY(lp_weights_load_memory(&weights, data, size, error));
    return lp_model_create(model, weights, error);
}

lightpose_model *lightpose_model_retain(lightpose_model *model) {
    return model ? lp_model_retain(model) : NULL;
}

void lightpose_model_destroy(lightpose_model **model) {
    if (!model)
        return;
    lp_model_release(*model);
    *model = NULL;
}

void lightpose_model_get_info(const lightpose_model *model, lightpose_model_info *info) {
    if (!info)
        return;
    *info =
        (lightpose_model_info){.variant = "", .source = "", .licence = "", .accuracy = "", .checksum = "", .dtype = ""};
    if (!model)
        return;
    const lp_weights *const weights = lp_model_weights(model);
    info->variant = lp_variant_name(lp_weights_variant(weights));
    info->source = lp_weights_metadata(weights, "source");
    info->licence = lp_weights_metadata(weights, "licence");
    info->accuracy = lp_weights_metadata(weights, "accuracy");
    info->checksum = lp_weights_metadata(weights, "checksum");
    info->dtype = lp_weights_dtype(weights);
    info->has_int8_ranges = lp_weights_has_ranges(weights);
    info->parameters = lp_weights_parameters(weights);
}

/* ---- Results */

lightpose_status lightpose_limb_get_keypoints(int limb, int *from, int *to) {
    if (limb < 0 || limb >= LIGHTPOSE_LIMBS || !from || !to)
        return LIGHTPOSE_ERROR_ARGUMENT;
    *from = lp_skeleton_limbs[limb].from;
    *to = lp_skeleton_limbs[limb].to;
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_result_create(lightpose_result **result, lightpose_error *error) {
    ENTER(error);
    NEED(result, error);
    *result = lp_calloc(1, sizeof **result);
    if (!*result)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a result");
    return LIGHTPOSE_OK;
}

void lightpose_result_destroy(lightpose_result **result) {
    if (!result || !*result)
        return;
    lp_free((*result)->poses);
    lp_free(*result);
    *result = NULL;
}

int lightpose_result_get_count(const lightpose_result *result) {
    return result ? (int)result->count : 0;
}

const lightpose_pose *lightpose_result_get_pose(const lightpose_result *result, int index) {
    return result && index >= 0 && (size_t)index < result->count ? &result->poses[index] : NULL;
}

static lightpose_status check_pose(const lightpose_pose *pose, lightpose_error *error) {
    NEED_RESERVED(pose, error);
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_result_assign(lightpose_result *result, const lightpose_pose *poses, int count,
                                         lightpose_error *error) {
    ENTER(error);
    NEED(result, error);
    if (count < 0 || (count > 0 && !poses)) {
        lp_result_clear(result);
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "lightpose_result_assign: %d poses at %s", count,
                       poses ? "an address" : "NULL");
    }
    for (const lightpose_pose *pose = poses; pose < poses + count; pose++) {
        const lightpose_status status = check_pose(pose, error);
        if (status != LIGHTPOSE_OK) {
            lp_result_clear(result);
            return status;
        }
    }
    return lp_result_assign(result, poses, (size_t)count, error);
}

/* ---- Context */

lightpose_status lightpose_context_create(lightpose_context **context, lightpose_model *model,
                                          const lightpose_settings *settings, lightpose_error *error) {
    lightpose_settings defaults;

    ENTER(error);
    NEED(context, error);
    *context = NULL;
    if (!settings) {
        lightpose_settings_init(&defaults);
        settings = &defaults;
    }
    LP_TRY(lp_settings_check(settings, error));
    return lp_pipeline_create(context, model, settings, error);
}

void lightpose_context_destroy(lightpose_context **context) {
    if (!context)
        return;
    lp_pipeline_destroy(*context);
    *context = NULL;
}

static lightpose_status need_model(const lightpose_context *context, lightpose_error *error) {
    if (!lp_pipeline_has_model(context))
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "the context was opened without a model and can only decode");
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_context_prepare(lightpose_context *context, int width, int height, lightpose_error *error) {
    ENTER(error);
    NEED(context, error);
    LP_TRY(need_model(context, error));
    LP_TRY(lp_view_check_size(width, height, lp_pipeline_settings(context), error));
    return lp_pipeline_prepare(context, width, height, error);
}

lightpose_status lightpose_context_infer(lightpose_context *context, const lightpose_image *image,
                                         lightpose_result *result, lightpose_error *error) {
    ENTER(error);
    NEED(result, error);
    lp_result_clear(result);
    NEED(context, error);
    NEED(image, error);
    NEED_RESERVED(image, error);
    LP_TRY(need_model(context, error));
    LP_TRY(lp_view_check(image, lp_pipeline_settings(context), error));
    return lp_pipeline_infer(context, image, result, error);
}

void lightpose_context_restart(lightpose_context *context) {
    if (context)
        lp_pipeline_restart(context);
}

lightpose_status lightpose_context_get_maps(lightpose_context *context, lightpose_maps *maps, lightpose_error *error) {
    ENTER(error);
    NEED(maps, error);
    *maps = (lightpose_maps){0};
    NEED(context, error);
    return lp_pipeline_maps(context, maps, error);
}

/* Checks the size and the transform. lp_pipeline_decode checks the values. */
static lightpose_status check_maps(const lightpose_maps *maps, lightpose_error *error) {
    enum { MAX_CELLS = 4096 };

    if (maps->width < 1 || maps->height < 1)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "maps of %d x %d cells; each side is at least 1", maps->width,
                       maps->height);
    if (maps->width > MAX_CELLS || maps->height > MAX_CELLS)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "maps of %d x %d cells; the limit is %d a side", maps->width,
                       maps->height, MAX_CELLS);
    if (!isfinite(maps->scale) || !isfinite(maps->pad_x) || !isfinite(maps->pad_y))
        return lp_fail(error, LIGHTPOSE_ERROR_NOT_FINITE, "the maps' scale %g, pad_x %g or pad_y %g is not finite",
                       (double)maps->scale, (double)maps->pad_x, (double)maps->pad_y);
    if (!lp_aspect_is_valid(maps->pixel_aspect))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "the maps' pixel_aspect is %g; it must be 1/16 to 16, or 0 for 1", (double)maps->pixel_aspect);
    if (maps->scale < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the maps' scale is %g; it must not be negative",
                       (double)maps->scale);
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_context_decode(lightpose_context *context, const lightpose_maps *maps,
                                          lightpose_result *result, lightpose_error *error) {
    ENTER(error);
    NEED(result, error);
    lp_result_clear(result);
    NEED(context, error);
    NEED(maps, error);
    NEED(maps->heatmaps, error);
    NEED(maps->pafs, error);
    NEED_RESERVED(maps, error);
    LP_TRY(check_maps(maps, error));
    return lp_pipeline_decode(context, maps, result, error);
}

void lightpose_context_get_stats(const lightpose_context *context, lightpose_stats *stats) {
    if (stats)
        *stats = context ? *lp_pipeline_stats(context) : (lightpose_stats){0};
}

/* ---- Images */

lightpose_status lightpose_image_crop(lightpose_image *image, int *x, int *y, int width, int height,
                                      lightpose_error *error) {
    ENTER(error);
    NEED(image, error);
    NEED(x, error);
    NEED(y, error);
    NEED_RESERVED(image, error);
    return lp_view_crop(image, x, y, width, height, error);
}
