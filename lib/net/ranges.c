/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The text: {"TENSOR": [low, high], "TENSOR": [[low, …], [high, …]], …}, the arrays one number per channel. */

#include "net/ranges.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "net/safetensors.h"

/* A tensor that may have a range. The outputs of the last stage stay float, so they need none. */
typedef struct wanted {
    const char *name;
    int channels, needed, seen;
    int positive; /* no value is negative: int8 derives its step from the high end alone */
} wanted;

typedef struct reader {
    lp_json json;
    wanted list[LP_MAX_RANGES];
    int count;
    lp_range_table *table;
    float *next; /* free room in table->values, which has two numbers per channel of every tensor */
    lightpose_error *error;
} reader;

static void list_wanted(reader *r, const lp_layer *layers, int layer_count) {
    r->list[r->count++] = (wanted){"data", layers[0].in, 1, 0, 0};
    for (int i = 0; i < layer_count; i++) {
        const lp_layer *const layer = &layers[i];
        if (layer->kind == LP_CONCAT) /* its inputs have ranges of their own */
            continue;
        const int output = strcmp(layer->name, lp_arch_heatmaps(2)) == 0 || strcmp(layer->name, lp_arch_pafs(2)) == 0;
        const int positive = layer->activation == LP_RELU;
        r->list[r->count++] = (wanted){layer->name, layer->out, !output, 0, positive};
        if (layer->sum)
            r->list[r->count++] = (wanted){layer->sum, layer->out, 1, 0, positive};
    }
}

static lightpose_status not_json(reader *r) {
    return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "activation_ranges: %s at byte %td", r->json.problem,
                   r->json.at - r->json.begin);
}

/* Reads one end of a range: a number, or an array of up to `channels` numbers. *count: the array's length, or 0 for a
 * number. */
static lightpose_status read_end(reader *r, const wanted *tensor, const char *which, float *values, int *count) {
    const int is_array = lp_json_peek(&r->json) == '[';
    double value = 0;

    *count = 0;
    if (is_array)
        lp_json_enter(&r->json, '[');
    while (!is_array || lp_json_next(&r->json, '[', count)) {
        const int index = is_array ? *count - 1 : 0;
        if (index >= tensor->channels)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": more %s ends than its %d channels",
                           tensor->name, which, tensor->channels);
        if (!lp_json_real(&r->json, &value))
            return not_json(r);
        values[index] = (float)value;
        if (!isfinite(values[index]))
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": %s %d is %g, which is no float32",
                           tensor->name, which, index, value);
        if (!is_array)
            return LIGHTPOSE_OK;
    }
    if (r->json.problem)
        return not_json(r);
    if (*count != tensor->channels)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": %d %s ends for %d channels", tensor->name,
                       *count, which, tensor->channels);
    return LIGHTPOSE_OK;
}

/* The range must contain 0, and its step must be finite and not below the smallest normal number. */
static lightpose_status check_range(reader *r, const wanted *tensor, int index, float low, float high) {
    const double least = 1e-30, most = 1e30;
    const double step_end = tensor->positive ? (double)high : fmax(-(double)low, (double)high);

    if (!(low < high))
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": low %d is %g, not below high, %g",
                       tensor->name, index, (double)low, (double)high);
    if (low > 0)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": low %d is %g; a range must contain 0",
                       tensor->name, index, (double)low);
    if (high < 0 || (tensor->positive && high <= 0))
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": high %d is %g; %s", tensor->name, index,
                       (double)high, tensor->positive ? "values after ReLU are above 0" : "a range must contain 0");
    if (step_end < least || -(double)low > most || (double)high > most)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS,
                       "range of \"%s\": %d is %g to %g; magnitudes are from %g to %g", tensor->name, index,
                       (double)low, (double)high, least, most);
    return LIGHTPOSE_OK;
}

static lightpose_status read_range(reader *r, const wanted *tensor) {
    float *const low = r->next, *const high = low + tensor->channels;
    int ends = 0, counts[2] = {0, 0};

    lp_json_enter(&r->json, '[');
    while (lp_json_next(&r->json, '[', &ends)) {
        if (ends > 2)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": more than two ends", tensor->name);
        LP_TRY(read_end(r, tensor, ends == 1 ? "low" : "high", ends == 1 ? low : high, &counts[ends - 1]));
    }
    if (r->json.problem)
        return not_json(r);
    if (ends != 2 || counts[0] != counts[1])
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": not two numbers, nor two arrays",
                       tensor->name);
    const int count = counts[0] ? counts[0] : 1;
    for (int i = 0; i < count; i++)
        LP_TRY(check_range(r, tensor, i, low[i], high[i]));
    r->table->entries[r->table->count].tensor = tensor->name;
    r->table->entries[r->table->count++].range = (lp_range){count, low, high};
    r->next += 2 * (size_t)tensor->channels;
    return LIGHTPOSE_OK;
}

static lightpose_status read_table(reader *r) {
    char name[LP_QUOTED], quoted[LP_QUOTED];
    int members = 0;

    lp_json_enter(&r->json, '{');
    while (lp_json_next(&r->json, '{', &members)) {
        int i = 0;
        if (!lp_json_key(&r->json, name, sizeof name))
            return not_json(r);
        while (i < r->count && strcmp(name, r->list[i].name) != 0)
            i++;
        if (i == r->count || r->list[i].seen++)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": %s", lp_quote(quoted, name),
                           i == r->count ? "the network has no such tensor" : "twice");
        LP_TRY(read_range(r, &r->list[i]));
    }
    lp_json_finish(&r->json);
    if (r->json.problem)
        return not_json(r);
    for (int i = 0; i < r->count; i++)
        if (r->list[i].needed && !r->list[i].seen)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "range of \"%s\": missing", r->list[i].name);
    return LIGHTPOSE_OK;
}

lightpose_status lp_ranges_read(lp_range_table *table, const char *text, const lp_layer *layers, int layer_count,
                                lightpose_error *error) {
    reader r = {.table = table, .error = error};
    size_t room = 0;

    list_wanted(&r, layers, layer_count);
    for (int i = 0; i < r.count; i++)
        room += 2 * (size_t)r.list[i].channels;
    r.next = table->values = lp_calloc(room, sizeof *table->values);
    if (!table->values)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %zu ends of ranges", room);
    lp_json_start(&r.json, text, strlen(text));
    const lightpose_status status = read_table(&r);
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
