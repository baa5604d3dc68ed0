/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/weights.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file_map.h"
#include "base/json.h"
#include "base/mem.h"
#include "net/ranges.h"
#include "net/safetensors.h"

static const char format_version[] = "1";
static const float max_scale = FLT_MAX / 128; /* a weight of -128 steps is still finite */

typedef struct layer_tensors {
    const lp_tensor *weight, *bias, *scale; /* scale where the weights are int8, else NULL */
    const float *scales;                    /* its values, one per output channel */
} layer_tensors;

struct lp_weights {
    lp_safetensors file;
    lp_variant variant;
    int layer_count;
    lp_layer layers[LP_MAX_LAYERS];
    layer_tensors tensors[LP_MAX_LAYERS]; /* of layers; empty for the concat */
    float *scales;                        /* copied, because the file may not align them */
    lp_dtype dtype;
    int64_t parameters;
    float input_scale;
    lp_range_table ranges;
};

/* ---- Metadata ---------------------------------------------------------------------------------------------------- */

const char *lp_weights_metadata(const lp_weights *weights, const char *key) {
    const char *const value = lp_safetensors_metadata(&weights->file, key);
    return value ? value : "";
}

static lightpose_status read_input_scale(lp_weights *weights, lightpose_error *error) {
    const char *const text = lp_weights_metadata(weights, "input_scale");
    char quoted[LP_QUOTED];
    lp_json json;
    double scale;

    lp_json_start(&json, text, strlen(text)); /* parsed as JSON, because that does not depend on the locale */
    if (!lp_json_real(&json, &scale) || !lp_json_finish(&json))
        scale = NAN;
    weights->input_scale = (float)scale;
    if (!(weights->input_scale > 0 && isfinite(weights->input_scale)))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "input_scale is \"%s\", not a number above 0",
                       lp_quote(quoted, text));
    return LIGHTPOSE_OK;
}

/* Older files have no checksum. */
static lightpose_status check_checksum(const lp_weights *weights, lightpose_error *error) {
    const char *const expected = lp_safetensors_metadata(&weights->file, LP_CHECKSUM_KEY);
    char found[LP_CHECKSUM_ROOM], quoted[LP_QUOTED];

    if (!expected)
        return LIGHTPOSE_OK;
    if (strncmp(expected, LP_CHECKSUM_KIND, strlen(LP_CHECKSUM_KIND)) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "checksum is \"%s\"; this library knows \"" LP_CHECKSUM_KIND "\" and eight hexadecimal digits",
                       lp_quote(quoted, expected));
    lp_safetensors_checksum(&weights->file, found);
    if (strcmp(expected, found) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "damaged: the checksum should be %s and is %s; copy, fetch or convert the file again",
                       lp_quote(quoted, expected), found);
    return LIGHTPOSE_OK;
}

static lightpose_status read_metadata(lp_weights *weights, lightpose_error *error) {
    const char *const version = lp_weights_metadata(weights, "format_version");
    const char *const variant = lp_weights_metadata(weights, "variant");
    char quoted[LP_QUOTED];

    if (strcmp(version, format_version) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "format_version is \"%s\"; this library reads \"%s\"",
                       lp_quote(quoted, version), format_version);
    LP_TRY(check_checksum(weights, error));
    if (lp_variant_from_name(variant) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "variant is \"%s\"; it must be \"%s\" or \"%s\"",
                       lp_quote(quoted, variant), lp_variant_name(LP_VARIANT_OMZ), lp_variant_name(LP_VARIANT_PYTORCH));
    weights->variant = (lp_variant)lp_variant_from_name(variant);
    return read_input_scale(weights, error);
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

/* Finds the tensor `layer`.`part`; it must have the given shape and finite values. */
static lightpose_status find_tensor(const lp_tensor **tensor, const lp_weights *weights, const char *layer,
                                    const char *part, const int64_t *shape, int rank, lightpose_error *error) {
    char name[LP_QUOTED], is[LP_QUOTED], wanted[LP_QUOTED];

    snprintf(name, sizeof name, "%s.%s", layer, part);
    const lp_tensor *const found = *tensor = lp_safetensors_find(&weights->file, name);
    if (!found)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\" is missing; variant \"%s\" needs it", name,
                       lp_variant_name(weights->variant));
    if (found->rank != rank || memcmp(found->shape, shape, (size_t)rank * sizeof *shape) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": shape %s, not %s", name,
                       lp_shape_text(is, found->shape, found->rank), lp_shape_text(wanted, shape, rank));
    const int64_t bad = lp_tensor_first_not_finite(found);
    if (bad >= 0)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": value %lld is not finite", name, (long long)bad);
    return LIGHTPOSE_OK;
}

static lightpose_status read_scales(const lp_weights *weights, const lp_layer *layer, layer_tensors *tensors,
                                    float *scales, lightpose_error *error) {
    const int64_t shape[] = {layer->out};

    LP_TRY(find_tensor(&tensors->scale, weights, layer->name, "scale", shape, 1, error));
    if (tensors->scale->dtype != LP_DTYPE_F32)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": dtype %s; scales are F32", tensors->scale->name,
                       lp_dtype_name(tensors->scale->dtype));
    lp_tensor_read(tensors->scale, scales);
    for (int i = 0; i < layer->out; i++)
        if (!(scales[i] > 0 && scales[i] <= max_scale))
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                           "tensor \"%s\": value %d is %g; scales are above 0, up to %g", tensors->scale->name, i,
                           (double)scales[i], (double)max_scale);
    tensors->scales = scales;
    return LIGHTPOSE_OK;
}

static lightpose_status read_layer(lp_weights *weights, int index, float *scales, lightpose_error *error) {
    const lp_layer *const layer = &weights->layers[index];
    layer_tensors *const tensors = &weights->tensors[index];
    const int64_t weight_shape[] = {layer->out, layer->kind == LP_DEPTHWISE ? 1 : layer->in, layer->kernel,
                                    layer->kernel};
    const int64_t bias_shape[] = {layer->out};

    LP_TRY(find_tensor(&tensors->weight, weights, layer->name, "weight", weight_shape, 4, error));
    LP_TRY(find_tensor(&tensors->bias, weights, layer->name, "bias", bias_shape, 1, error));
    if (index == 0)
        weights->dtype = tensors->weight->dtype;
    if (tensors->weight->dtype != weights->dtype)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": dtype %s, where \"%s\" has %s",
                       tensors->weight->name, lp_dtype_name(tensors->weight->dtype), weights->tensors[0].weight->name,
                       lp_dtype_name(weights->dtype));
    if (tensors->bias->dtype == LP_DTYPE_I8)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": dtype I8; biases are F32, F16 or BF16",
                       tensors->bias->name);
    if (weights->dtype == LP_DTYPE_I8)
        LP_TRY(read_scales(weights, layer, tensors, scales, error));
    weights->parameters += (int64_t)(tensors->weight->count + tensors->bias->count);
    return LIGHTPOSE_OK;
}

/* Called after every layer has found its tensors: any other tensor is refused. */
static lightpose_status refuse_extra(const lp_weights *weights, lightpose_error *error) {
    char quoted[LP_QUOTED];

    for (int t = 0; t < weights->file.count; t++) {
        const lp_tensor *const found = &weights->file.tensors[t];
        int known = 0;
        for (int i = 0; i < weights->layer_count && !known; i++) {
            const layer_tensors *const tensors = &weights->tensors[i];
            known = found == tensors->weight || found == tensors->bias || found == tensors->scale;
        }
        if (!known)
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                           "tensor \"%s\" is not part of variant \"%s\" with %s weights", lp_quote(quoted, found->name),
                           lp_variant_name(weights->variant), lp_dtype_name(weights->dtype));
    }
    return LIGHTPOSE_OK;
}

static lightpose_status read_layers(lp_weights *weights, lightpose_error *error) {
    size_t channels = 0;

    weights->layer_count = lp_arch_layers(weights->variant, weights->layers);
    for (int i = 0; i < weights->layer_count; i++)
        channels += (size_t)weights->layers[i].out;
    weights->scales = lp_calloc(channels, sizeof *weights->scales);
    if (!weights->scales)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %zu scales", channels);

    float *scales = weights->scales;
    for (int i = 0; i < weights->layer_count; i++)
        if (weights->layers[i].kind != LP_CONCAT) {
            LP_TRY(read_layer(weights, i, scales, error));
            scales += weights->layers[i].out;
        }
    return refuse_extra(weights, error);
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static lightpose_status read_all(lp_weights *weights, lightpose_error *error) {
    LP_TRY(read_metadata(weights, error));
    LP_TRY(read_layers(weights, error));
    const char *const ranges = lp_weights_metadata(weights, "activation_ranges");
    if (*ranges)
        LP_TRY(lp_ranges_read(&weights->ranges, ranges, weights->layers, weights->layer_count, error));
    return LIGHTPOSE_OK;
}

static lightpose_status load(lp_weights **weights, const char *path, const void *data, size_t size,
                             lightpose_error *error) {
    *weights = NULL;
    lp_weights *made = lp_calloc(1, sizeof *made);
    if (!made)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for weights");
    lightpose_status status = path ? lp_safetensors_open(&made->file, path, error)
                                   : lp_safetensors_open_memory(&made->file, data, size, error);
    if (status == LIGHTPOSE_OK)
        status = read_all(made, error);
    if (status != LIGHTPOSE_OK)
        lp_weights_destroy(&made);
    *weights = made;
    return status;
}

/* Advice for a file of another known kind, by its name; "" for other files. */
static const char *conversion_hint(const char *path) {
    static const struct {
        const char *ending, *hint;
    } kinds[] = {{".xml", "; convert this OpenVINO IR: weights/convert.py NAME.xml -o NAME.safetensors"},
                 {".bin", "; convert the OpenVINO IR it belongs to: weights/convert.py NAME.xml -o NAME.safetensors"},
                 {".pth", "; convert this checkpoint: weights/convert.py NAME.pth -o NAME.safetensors"},
                 {".onnx",
                  "; ONNX files cannot be converted, but what they are made from can, an OpenVINO IR (.xml) or a "
                  "checkpoint (.pth): weights/convert.py NAME.xml -o NAME.safetensors"}};
    const char *const ending = strrchr(path, '.');

    for (size_t i = 0; ending && i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(ending, kinds[i].ending) == 0)
            return kinds[i].hint;
    return "";
}

lightpose_status lp_weights_load(lp_weights **weights, const char *path, lightpose_error *error) {
    lightpose_error detail = {0};
    const lightpose_status status = load(weights, path, NULL, 0, &detail);

    if (status == LIGHTPOSE_ERROR_WEIGHTS)
        return lp_fail(error, status, "%s: %s%s", lp_path_tail(path), detail.text, conversion_hint(path));
    return status == LIGHTPOSE_OK ? status : lp_fail(error, status, "%s", detail.text);
}

lightpose_status lp_weights_load_memory(lp_weights **weights, const void *data, size_t size, lightpose_error *error) {
    return load(weights, NULL, data, size, error);
}

void lp_weights_destroy(lp_weights **weights) {
    if (*weights) {
        lp_safetensors_close(&(*weights)->file);
        lp_ranges_free(&(*weights)->ranges);
        lp_free((*weights)->scales);
        lp_free(*weights);
    }
    *weights = NULL;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

lp_variant lp_weights_variant(const lp_weights *weights) {
    return weights->variant;
}

const char *lp_weights_dtype(const lp_weights *weights) {
    return lp_dtype_name(weights->dtype);
}

int64_t lp_weights_parameters(const lp_weights *weights) {
    return weights->parameters;
}

float lp_weights_input_scale(const lp_weights *weights) {
    return weights->input_scale;
}

/* Never NULL: callers hold a row of the variant's table, and loading has found every row's tensors. */
static const layer_tensors *tensors_of(const lp_weights *weights, const lp_layer *layer) {
    int i = 0;

    while (i < weights->layer_count - 1 && strcmp(weights->layers[i].name, layer->name) != 0)
        i++;
    return &weights->tensors[i];
}

void lp_weights_read_weight(const lp_weights *weights, const lp_layer *layer, float *out) {
    const layer_tensors *const tensors = tensors_of(weights, layer);
    const size_t per_channel = tensors->weight->count / (size_t)layer->out;

    lp_tensor_read(tensors->weight, out);
    for (int o = 0; tensors->scales && o < layer->out; o++)
        for (size_t i = 0; i < per_channel; i++)
            out[(size_t)o * per_channel + i] *= tensors->scales[o];
}

void lp_weights_read_bias(const lp_weights *weights, const lp_layer *layer, float *out) {
    lp_tensor_read(tensors_of(weights, layer)->bias, out);
}

const int8_t *lp_weights_int8(const lp_weights *weights, const lp_layer *layer, const float **scales) {
    const layer_tensors *const tensors = tensors_of(weights, layer);

    *scales = tensors->scales;
    return tensors->scales ? (const int8_t *)tensors->weight->data : NULL;
}

int lp_weights_has_ranges(const lp_weights *weights) {
    return weights->ranges.count > 0;
}

int lp_weights_range(const lp_weights *weights, const char *tensor, lp_range *range) {
    return lp_ranges_find(&weights->ranges, tensor, range);
}
