/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Replaces the activation ranges of a weights file; everything else stays the same, byte for byte. */

#ifndef LP_TOOLS_QUANTIZE_WEIGHTS_FILE_H
#define LP_TOOLS_QUANTIZE_WEIGHTS_FILE_H

#include <stddef.h>

#include <lightpose/lightpose.h>

typedef struct lp_weights_file {
    char *bytes;
    size_t size;
} lp_weights_file;

/* Errors name the file: FILE, WEIGHTS (not a safetensors file), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_weights_file_read(lp_weights_file *file, const char *path,
                                                          lightpose_error *error);

/* Sets `ranges` (the text of activation_ranges) and their `origin` in the header of `file`. Errors: WEIGHTS, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_weights_file_set_ranges(lp_weights_file *file, const char *ranges,
                                                                const char *origin, lightpose_error *error);

void lp_weights_file_free(lp_weights_file *file);

#endif
