/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights reader on any bytes: it refuses them with a message, or every value it then gives can be read.
 *
 * A whole file has megabytes of tensors, which a fuzzer should not have to carry about. An input begins with a byte:
 * odd, and the rest is the file as it is; even, and four bytes tell how many bytes of tensors the file has, behind the
 * rest as its header. */

#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/weights.h"
#include "synthetic.h"

enum { MOST_HEADER = 1 << 20, MOST_TENSORS = 17 << 20, FILLER = 0x3c /* 0.0115 in F32 and BF16, 1.06 in F16 */ };

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
    must(lp_weights_parameters(weights) > 0 && *lp_weights_dtype(weights));
}

static void load(const uint8_t *file, size_t size) {
    lightpose_error error = {0};
    lp_weights *weights;
    const lightpose_status status = lp_weights_load_memory(&weights, file, size, &error);

    must((status == LIGHTPOSE_OK) == (weights != NULL));
    must(fuzz_told(status, &error) || status == LIGHTPOSE_ERROR_WEIGHTS);
    if (weights)
        read_everything(weights);
    lp_weights_destroy(&weights);
}

/* A header before so many bytes of tensors; the reader copies all of it, into memory of exactly that size. */
static void load_with_tensors(const uint8_t *header, size_t size, size_t tensors) {
    static uint8_t room[sizeof(uint64_t) + MOST_HEADER + MOST_TENSORS];
    uint8_t *const begin = room + MOST_HEADER - size;
    const uint64_t length = size;

    if (!room[sizeof room - 1])
        memset(room + sizeof length + MOST_HEADER, FILLER, MOST_TENSORS);
    memcpy(begin, &length, sizeof length);
    if (size)
        memcpy(begin + sizeof length, header, size);
    load(begin, sizeof length + size + tensors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const size_t begin = 1 + sizeof(uint32_t);
    uint32_t tensors;

    if (size == 0)
        return 0;
    if (data[0] & 1) {
        load(data + 1, size - 1);
    } else if (size >= begin && size - begin <= MOST_HEADER) {
        memcpy(&tensors, data + 1, sizeof tensors);
        load_with_tensors(data + begin, size - begin, tensors % MOST_TENSORS);
    }
    return 0;
}

/* The headers of whole files: int8 with ranges of either variant, and halves without. */
uint8_t *fuzz_seed(int index, size_t *size) {
    uint64_t header;
    size_t whole;

    if (index >= 3)
        return NULL;
    const int halves = index == 2;
    uint8_t *const file =
        synthetic_weights((lp_variant)(index % 2), halves ? LP_DTYPE_F16 : LP_DTYPE_I8, !halves, 1, &whole);
    memcpy(&header, file, sizeof header);
    const uint32_t tensors = (uint32_t)(whole - sizeof header - header);
    *size = 1 + sizeof tensors + header;
    uint8_t *const seed = malloc(*size);
    seed[0] = 0;
    memcpy(seed + 1, &tensors, sizeof tensors);
    memcpy(seed + 1 + sizeof tensors, file + sizeof header, header);
    free(file);
    return seed;
}
