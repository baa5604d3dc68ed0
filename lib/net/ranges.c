/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/ranges.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "net/safetensors.h"

/* A tensor that may have a range. The outputs of the last stage stay float, so theirs is not needed. */
typedef struct wanted {
    const char *name;
    int channels, needed;
} wanted;

static int list_wanted(wanted *list, const lp_layer *layers, int layer_count) {
    int count = 0;

    list[count++] = (wanted){"data", layers[0].in, 1};
    for (int i = 0; i < layer_count; i++) {
        const lp_layer *const layer = &layers[i];
        if (layer->kind == LP_CONCAT) /* its inputs have ranges of their own */
            continue;
        const int output = strcmp(layer->name, lp_arch_heatmaps(2)) == 0 || strcmp(layer->name, lp_arch_pafs(2)) == 0;
        list[count++] = (wanted){layer->name, layer->out, !output};
        if (layer->sum)
            list[count++] = (wanted){layer->sum, layer->out, 1};
    }
    return count;
}

/* One end of a range: a number, or an array of one per channel. */
static lightpose_status read_end(float *values, const json_t *end, int count, const char *which, const char *name,
                                 lightpose_error *error) {
    for (int i = 0; i < count; i++) {
        const json_t *const value = json_is_array(end) ? json_array_get(end, (size_t)i) : end;
        if (!json_is_number(value))
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": %s %d is not a number", name, which, i);
        values[i] = (float)json_number_value(value);
        if (!isfinite(values[i]))
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": %s %d is %g, which is no float32", name,
                           which, i, json_number_value(value));
    }
    return LIGHTPOSE_OK;
}

/* `values` has room for two per channel; low ends first. */
static lightpose_status read_range(lp_range *range, float *values, const json_t *pair, const wanted *tensor,
                                   lightpose_error *error) {
    const json_t *const low = json_array_get(pair, 0), *const high = json_array_get(pair, 1);

    if (json_array_size(pair) != 2 || json_is_array(low) != json_is_array(high))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "range of \"%s\": not two numbers, nor two arrays of one per channel", tensor->name);
    if (json_is_array(low) &&
        (json_array_size(low) != (size_t)tensor->channels || json_array_size(high) != (size_t)tensor->channels))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": %zu and %zu values for %d channels",
                       tensor->name, json_array_size(low), json_array_size(high), tensor->channels);
    range->count = json_is_array(low) ? tensor->channels : 1;
    range->low = values;
    range->high = values + range->count;
    LP_TRY(read_end(values, low, range->count, "low", tensor->name, error));
    LP_TRY(read_end(values + range->count, high, range->count, "high", tensor->name, error));
    for (int i = 0; i < range->count; i++)
        if (!(range->low[i] < range->high[i]))
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": low %d is %g, not below high, %g",
                           tensor->name, i, (double)range->low[i], (double)range->high[i]);
    return LIGHTPOSE_OK;
}

static lightpose_status refuse_extra(const json_t *ranges, const wanted *list, int count, lightpose_error *error) {
    const char *key;
    json_t *value;
    char quoted[LP_QUOTED];

    json_object_foreach((json_t *)ranges, key, value) {
        int known = 0;
        for (int i = 0; i < count && !known; i++)
            known = strcmp(key, list[i].name) == 0;
        if (!known)
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": the network has no such tensor",
                           lp_quote(quoted, key));
    }
    return LIGHTPOSE_OK;
}

static lightpose_status read_table(lp_range_table *table, const json_t *ranges, const lp_layer *layers, int layer_count,
                                   lightpose_error *error) {
    wanted list[LP_MAX_RANGES];
    const int count = list_wanted(list, layers, layer_count);
    size_t room = 0;

    if (!json_is_object(ranges))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "activation_ranges is not a JSON object");
    LP_TRY(refuse_extra(ranges, list, count, error));
    for (int i = 0; i < count; i++)
        room += 2 * (size_t)list[i].channels;
    table->values = lp_calloc(room, sizeof *table->values);
    if (!table->values)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %zu ends of ranges", room);

    float *values = table->values;
    for (int i = 0; i < count; i++) {
        const json_t *const pair = json_object_get(ranges, list[i].name);
        if (!pair && list[i].needed)
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": missing", list[i].name);
        if (!pair)
            continue;
        LP_TRY(read_range(&table->entries[table->count].range, values, pair, &list[i], error));
        table->entries[table->count++].tensor = list[i].name;
        values += 2 * (size_t)list[i].channels;
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_ranges_read(lp_range_table *table, const char *text, const lp_layer *layers, int layer_count,
                                lightpose_error *error) {
    json_error_t detail;
    char quoted[LP_QUOTED];

    json_t *const ranges = json_loads(text, JSON_REJECT_DUPLICATES, &detail);
    if (!ranges && json_error_code(&detail) == json_error_out_of_memory)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the activation ranges");
    if (!ranges)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "activation_ranges is not JSON: %s at its byte %d",
                       lp_quote(quoted, detail.text), detail.position);
    const lightpose_status status = read_table(table, ranges, layers, layer_count, error);
    json_decref(ranges);
    if (status != LIGHTPOSE_OK)
        lp_ranges_free(table);
    return status;
}

void lp_ranges_free(lp_range_table *table) {
    lp_free(table->values);
    *table = (lp_range_table){0};
}

int lp_ranges_find(const lp_range_table *table, const char *tensor, lp_range *range) {
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->entries[i].tensor, tensor) == 0) {
            *range = table->entries[i].range;
            return 1;
        }
    return 0;
}
