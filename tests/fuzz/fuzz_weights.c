/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights reader on any bytes: it refuses them with a message, or every value it then gives can be read. */

#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edit_weights.h"
#include "net/weights.h"
#include "synthetic.h"

static void must(int condition) {
    if (!condition)
        abort();
}

/* Reads all there is, so that a pointer astray is seen. */
static void read_everything(const lp_weights *weights) {
    static float values[512 * 512];
    lp_layer layers[LP_MAX_LAYERS];
    const int count = lp_arch_layers(lp_weights_variant(weights), layers);
    const float *scales;
    lp_range range;
    double sum = (double)lp_weights_input_scale(weights);

    for (int i = 0; i < count; i++) {
        if (layers[i].kind == LP_CONCAT)
            continue;
        lp_weights_read_weight(weights, &layers[i], values);
        sum += (double)values[0] + (double)values[layers[i].out - 1];
        lp_weights_read_bias(weights, &layers[i], values);
        sum += (double)values[layers[i].out - 1];
        const int8_t *const int8 = lp_weights_int8(weights, &layers[i], &scales);
        if (int8)
            sum += (double)int8[layers[i].out - 1] * (double)scales[layers[i].out - 1];
        if (lp_weights_range(weights, layers[i].name, &range))
            sum += (double)range.low[range.count - 1] + (double)range.high[range.count - 1];
    }
    must(isfinite(sum));
    must(lp_weights_metadata(weights, "source") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lightpose_error error = {0};
    lp_weights *weights;
    const lightpose_status status = lp_weights_load_memory(&weights, data, size, &error);

    must((status == LIGHTPOSE_OK) == (weights != NULL));
    must(status == error.status);
    must(status == LIGHTPOSE_OK || (status == LIGHTPOSE_ERROR_WEIGHTS && *error.text));
    if (weights)
        read_everything(weights);
    lp_weights_destroy(&weights);
    return 0;
}

/* Headers alone first: most of what can be wrong is there, and without data a run takes microseconds. Then whole
 * files, the last of them with ranges only, where a change falls into the ranges' text. */
uint8_t *fuzz_seed(int index, size_t *size) {
    static const char small[] =
        "{\"__metadata__\":{\"format_version\":\"1\",\"variant\":\"human-pose-estimation-0001\","
        "\"input_scale\":\"0.00390625\",\"source\":\"\\u00e9\\ud83d\\ude00\"},"
        "\"conv1.weight\":{\"dtype\":\"I8\",\"shape\":[2,2,1,1],\"data_offsets\":[0,4]},"
        "\"conv1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}";
    unsigned char *whole, *bytes;
    parts file;

    switch (index) {
    case 0:
        return with_header(small, sizeof small - 1, (const unsigned char *)"\1\2\3\4\0\0\0\0", 8, size);
    case 1:
    case 2:
        whole = synthetic_weights((lp_variant)(index - 1), LP_DTYPE_I8, 1, 1, size);
        file = take_apart(whole, *size);
        free(whole);
        file.size = 64; /* offsets outside the data */
        bytes = put_together(&file, size);
        free_parts(&file);
        return bytes;
    case 3:
        return synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_I8, 1, 1, size);
    default:
        return NULL;
    }
}

size_t fuzz_reach(const uint8_t *data, size_t size) {
    uint64_t length = 0;

    if (size >= sizeof length)
        memcpy(&length, data, sizeof length);
    return length < size ? sizeof length + (size_t)length : size;
}
