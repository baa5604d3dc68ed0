/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "refuse_weights.h"

#include "check.h"
#include "net/weights.h"
#include "synthetic.h"

unsigned char *valid;
size_t valid_size;

int make_valid(void **state) {
    (void)state;
    valid = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_I8, 1, 1, &valid_size);
    return valid ? 0 : -1;
}

int free_valid(void **state) {
    (void)state;
    free(valid);
    return 0;
}

void refused(const unsigned char *bytes, size_t size, const char *words) {
    lp_weights *weights = (lp_weights *)&weights;
    assert_fails(lp_weights_load_memory(&weights, bytes, size, error), LIGHTPOSE_ERROR_WEIGHTS, words);
    assert_null(weights);
}

void refused_text(const char *header, const char *words) {
    size_t size;
    unsigned char *const bytes = with_header(header, strlen(header), NULL, 0, &size);
    refused(bytes, size, words);
    free(bytes);
}

void refused_parts(parts *file, const char *words) {
    size_t size;
    unsigned char *const bytes = put_together(file, &size);
    refused(bytes, size, words);
    free(bytes);
    free_parts(file);
}
