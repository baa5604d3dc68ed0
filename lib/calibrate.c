/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "calibrate.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "frontend.h"
#include "net/balance.h"
#include "net/net.h"

enum { MAX_TENSORS = 2 * LP_MAX_LAYERS };

/* PER_TENSOR: residual sums and the tensors added in them, which share one scale. PER_CHANNEL: tensors that a depthwise
 * layer reads; it does not mix channels, so a scale for each costs no precision of the weights. BALANCED: tensors that
 * a dense layer reads, for which scales are a trade-off (net/balance.h). */
typedef enum granularity { PER_TENSOR, PER_CHANNEL, BALANCED } granularity;

/* A tensor that int8 stores in bytes. */
typedef struct observed {
    const char *name;
    granularity granularity;
    int is_unsigned;
    lp_histogram histogram;
} observed;

struct lightpose_calibrator {
    lightpose_model *model;
    lightpose_settings settings;
    lp_frontend frontend;
    lp_plan_cache plans; /* one for each height, for the last image size */
    observed tensors[MAX_TENSORS];
    int count;
    int64_t images;
    char *text;
    size_t length, capacity;
};

/* ---- Set-up ------------------------------------------------------------------------------------------------------ */

static int feeds_depthwise(const lp_graph *graph, const char *tensor) {
    for (int i = 0; i < graph->count; i++)
        if (graph->rows[i].kind == LP_DEPTHWISE && strcmp(graph->rows[i].from, tensor) == 0)
            return 1;
    return 0;
}

static lightpose_status observe(lp_calibrator *made, const char *name, int channels, lightpose_error *error) {
    const lp_graph *const graph = lp_net_graph(made->frontend.net);
    observed *const tensor = &made->tensors[made->count];

    tensor->name = name;
    tensor->granularity = lp_needs_one_scale(graph, name) ? PER_TENSOR
                          : feeds_depthwise(graph, name)  ? PER_CHANNEL
                                                          : BALANCED;
    tensor->is_unsigned = lp_is_unsigned(graph, name);
    LP_TRY(lp_histogram_create(&tensor->histogram, name, channels, error));
    made->count++;
    return LIGHTPOSE_OK;
}

/* Observes all tensors that need a range, except the input, whose range follows from its scale. */
static lightpose_status observe_all(lp_calibrator *made, lightpose_error *error) {
    const lp_graph *const graph = lp_net_graph(made->frontend.net);

    for (int i = 0; i < graph->count; i++) {
        const lp_layer *const layer = &graph->rows[i];
        if (layer->kind == LP_CONCAT || strcmp(layer->name, lp_arch_heatmaps(2)) == 0 ||
            strcmp(layer->name, lp_arch_pafs(2)) == 0)
            continue;
        LP_TRY(observe(made, layer->name, layer->out, error));
        if (layer->sum)
            LP_TRY(observe(made, layer->sum, layer->out, error));
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_calibrator_create(lp_calibrator **calibrator, lightpose_model *model,
                                      const lightpose_settings *settings, lightpose_error *error) {
    lp_calibrator *const made = lp_calloc(1, sizeof *made);

    *calibrator = NULL;
    if (!made)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a calibrator");
    made->settings = *settings;
    made->model = lp_model_retain(model);
    lightpose_status status = lp_frontend_create(&made->frontend, model, LIGHTPOSE_PRECISION_F32, settings, error);
    made->frontend.options.stages = 2;
    made->frontend.options.keep_tensors = 1;
    made->plans.count = made->frontend.height_count;
    if (status == LIGHTPOSE_OK)
        status = observe_all(made, error);
    if (status != LIGHTPOSE_OK) {
        lp_calibrator_destroy(made);
        return status;
    }
    *calibrator = made;
    return LIGHTPOSE_OK;
}

void lp_calibrator_destroy(lp_calibrator *calibrator) {
    if (!calibrator)
        return;
    lp_plan_cache_free(&calibrator->plans);
    for (int i = 0; i < MAX_TENSORS; i++)
        lp_histogram_free(&calibrator->tensors[i].histogram);
    lp_frontend_free(&calibrator->frontend);
    lp_free(calibrator->text);
    lp_model_release(calibrator->model);
    lp_free(calibrator);
}

const lightpose_settings *lp_calibrator_settings(const lp_calibrator *calibrator) {
    return &calibrator->settings;
}

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

typedef struct counting {
    lp_calibrator *calibrator;
    const lp_plan *plan;
    atomic_int refused; /* the first tensor that cannot be counted */
} counting;

static void count_tensors(void *argument, int begin, int end, int thread) {
    counting *const c = argument;
    (void)thread;

    for (int i = begin; i < end; i++) {
        observed *const tensor = &c->calibrator->tensors[i];
        lp_tensor_view view;
        if (lp_plan_tensor(c->plan, tensor->name, &view) && lp_histogram_add(&tensor->histogram, &view))
            continue;
        int first = atomic_load(&c->refused);
        while (i < first && !atomic_compare_exchange_weak(&c->refused, &first, i))
            ;
    }
}

static lightpose_status count_values(lp_calibrator *calibrator, const lp_plan *plan, lightpose_error *error) {
    counting c = {.calibrator = calibrator, .plan = plan, .refused = MAX_TENSORS};

    lp_team_share(calibrator->frontend.team, calibrator->count, count_tensors, &c);
    if (c.refused < MAX_TENSORS)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "with these weights the values of %s are not finite, or beyond %g: no range can contain them",
                       calibrator->tensors[c.refused].name, (double)LP_HISTOGRAM_MOST);
    return LIGHTPOSE_OK;
}

static lightpose_status run_height(lp_calibrator *calibrator, const lightpose_image *image, int height,
                                   lightpose_error *error) {
    lp_geometry geometry;
    lp_plan *plan;
    lp_maps maps;

    LP_TRY(lp_geometry_of_image(&geometry, image, height, &calibrator->settings, error));
    LP_TRY(lp_frontend_find_plan(&calibrator->frontend, &calibrator->plans, &geometry, &plan, error));
    for (int mirrored = 0; mirrored <= calibrator->settings.flip; mirrored++) {
        LP_TRY(lp_frontend_run(&calibrator->frontend, plan, image, &geometry, mirrored, &maps, error));
        LP_TRY(count_values(calibrator, plan, error));
    }
    return LIGHTPOSE_OK;
}

typedef struct calibrator_call {
    lp_calibrator *calibrator;
    const lightpose_image *image;
    lightpose_error *error;
    lightpose_status status;
} calibrator_call;

static void run_heights(void *argument) {
    calibrator_call *const call = argument;
    const lp_frontend *const frontend = &call->calibrator->frontend;

    for (int i = 0; i < frontend->height_count && call->status == LIGHTPOSE_OK; i++)
        call->status = run_height(call->calibrator, call->image, frontend->heights[i], call->error);
}

lightpose_status lp_calibrator_run(lp_calibrator *calibrator, const lightpose_image *image, lightpose_error *error) {
    calibrator_call call = {calibrator, image, error, LIGHTPOSE_OK};

    lp_team_run(calibrator->frontend.team, run_heights, &call);
    calibrator->images += call.status == LIGHTPOSE_OK;
    return call.status;
}

/* ---- The text ---------------------------------------------------------------------------------------------------- */

static lightpose_status append(lp_calibrator *calibrator, const char *text, lightpose_error *error) {
    const size_t length = strlen(text);
    void *buffer = calibrator->text;

    const int grown = lp_grow(&buffer, &calibrator->capacity, calibrator->length + length + 1, 1);
    calibrator->text = buffer;
    if (grown != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the text of the ranges");
    memcpy(calibrator->text + calibrator->length, text, length + 1);
    calibrator->length += length;
    return LIGHTPOSE_OK;
}

/* Five digits are finer than any histogram. Writes a decimal point in every locale. */
static lightpose_status append_number(lp_calibrator *calibrator, float value, lightpose_error *error) {
    char text[64], plain[64];
    size_t length = 0;

    snprintf(text, sizeof text, "%.5g", (double)value);
    for (const char *at = text; *at; at++) {
        const int known = strchr("0123456789+-e", *at) != NULL;
        if (known || length == 0 || plain[length - 1] != '.')
            plain[length++] = known ? *at : '.'; /* a locale's decimal point may have several bytes */
    }
    plain[length] = '\0';
    return append(calibrator, plain, error);
}

static lightpose_status append_end(lp_calibrator *calibrator, const float *values, int count, lightpose_error *error) {
    if (count == 1)
        return append_number(calibrator, values[0], error);
    for (int i = 0; i < count; i++) {
        LP_TRY(append(calibrator, i ? "," : "[", error));
        LP_TRY(append_number(calibrator, values[i], error));
    }
    return append(calibrator, "]", error);
}

static lightpose_status append_range(lp_calibrator *calibrator, const char *name, const float *low, const float *high,
                                     int count, lightpose_error *error) {
    LP_TRY(append(calibrator, calibrator->length > 1 ? ",\"" : "\"", error));
    LP_TRY(append(calibrator, name, error));
    LP_TRY(append(calibrator, "\":[", error));
    LP_TRY(append_end(calibrator, low, count, error));
    LP_TRY(append(calibrator, ",", error));
    LP_TRY(append_end(calibrator, high, count, error));
    return append(calibrator, "]", error);
}

/* Chooses one range, or one for each channel: *count ranges. */
static lightpose_status choose(const lp_calibrator *calibrator, const observed *tensor, const lp_range_rule *rule,
                               float *low, float *high, int *count, lightpose_error *error) {
    lp_range_rule own = *rule;
    float most[LP_MAX_CHANNELS];

    own.steps = tensor->is_unsigned ? 255 : 127;
    own.per_channel = tensor->granularity != PER_TENSOR;
    lp_histogram_ranges(&tensor->histogram, &own, low, high);
    *count = own.per_channel ? tensor->histogram.channels : 1;
    if (tensor->granularity != BALANCED)
        return LIGHTPOSE_OK;
    for (int c = 0; c < *count; c++)
        most[c] = fmaxf(-low[c], high[c]);
    own.per_channel = 0;
    lp_histogram_ranges(&tensor->histogram, &own, low, high);
    *count = lp_balance(lp_net_graph(calibrator->frontend.net), tensor->name, &tensor->histogram, most,
                        fmaxf(-low[0], high[0]), low, high);
    return *count ? LIGHTPOSE_OK
                  : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights that read %s", tensor->name);
}

lightpose_status lp_calibrator_text(lp_calibrator *calibrator, const lp_range_rule *rule, const char **text,
                                    lightpose_error *error) {
    const float scale = lp_weights_input_scale(lp_model_weights(calibrator->model));
    float low[LP_MAX_CHANNELS] = {-128 * scale}, high[LP_MAX_CHANNELS] = {127 * scale};

    if (calibrator->images == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "no ranges: no image has been added to the calibrator");
    calibrator->length = 0;
    LP_TRY(append(calibrator, "{", error));
    LP_TRY(append_range(calibrator, "data", low, high, 1, error));
    for (int i = 0; i < calibrator->count; i++) {
        int count;
        LP_TRY(choose(calibrator, &calibrator->tensors[i], rule, low, high, &count, error));
        LP_TRY(append_range(calibrator, calibrator->tensors[i].name, low, high, count, error));
    }
    LP_TRY(append(calibrator, "}", error));
    *text = calibrator->text;
    return LIGHTPOSE_OK;
}
