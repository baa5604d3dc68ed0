/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A safetensors file as a table of named tensors, with all numbers checked. Independent of any network. */

#ifndef LP_NET_SAFETENSORS_H
#define LP_NET_SAFETENSORS_H

#include "base/status.h"
#include "net/checksum.h"

typedef enum lp_dtype { LP_DTYPE_F32 = 0, LP_DTYPE_F16 = 1, LP_DTYPE_BF16 = 2, LP_DTYPE_I8 = 3 } lp_dtype;

enum {
    LP_MAX_RANK = 4,
    LP_MAX_TENSORS = 1024,
    LP_MAX_METADATA = 64,
    LP_MAX_HEADER = 16 << 20, /* bytes */
    LP_QUOTED = 72            /* room for a name in an error text */
};

typedef struct lp_tensor {
    const char *name;
    lp_dtype dtype;
    int rank;
    int64_t shape[LP_MAX_RANK]; /* 1 or more each */
    const unsigned char *data;  /* not aligned */
    size_t count;               /* elements */
} lp_tensor;

typedef struct lp_safetensors {
    unsigned char *bytes; /* the complete file */
    size_t size;
    int mapped;    /* 1: `bytes` is a mapping; 0: allocated memory */
    char *strings; /* names and metadata, unescaped */
    lp_metadata metadata[LP_MAX_METADATA];
    int metadata_count;
    lp_tensor *tensors; /* in order of their data */
    int count;
} lp_safetensors;

/* Both fill a zeroed `file`; on failure it is closed again. FILE, WEIGHTS, MEMORY. */
lightpose_status lp_safetensors_open(lp_safetensors *file, const char *path, lightpose_error *error);
lightpose_status lp_safetensors_open_memory(lp_safetensors *file, const void *data, size_t size,
                                            lightpose_error *error);
void lp_safetensors_close(lp_safetensors *file);

/* NULL if there is none. */
const lp_tensor *lp_safetensors_find(const lp_safetensors *file, const char *name);
const char *lp_safetensors_metadata(const lp_safetensors *file, const char *key);

/* The checksum that the file should carry. */
void lp_safetensors_checksum(const lp_safetensors *file, char text[LP_CHECKSUM_ROOM]);

const char *lp_dtype_name(lp_dtype dtype);

/* Reads all elements as float32; I8 without a scale. */
void lp_tensor_read(const lp_tensor *tensor, float *out);

/* The index of the first element that is NaN or infinite, or -1. */
int64_t lp_tensor_first_not_finite(const lp_tensor *tensor);

/* "[32, 3, 3, 3]" */
const char *lp_shape_text(char text[LP_QUOTED], const int64_t *shape, int rank);

/* A name from a file for an error text: shortened to fit, without control characters. */
const char *lp_quote(char text[LP_QUOTED], const char *name);

#endif
