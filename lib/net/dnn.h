/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The only door to oneDNN, whose C API changed between versions 2 and 3: a convolution with all that follows it fused,
 * created for one shape, bound to its memory and run. dnn_v2.c does it with version 2. */

#ifndef LP_NET_DNN_H
#define LP_NET_DNN_H

#include "base/status.h"
#include "image/preprocess.h" /* lp_element */
#include "net/arch.h"

/* An engine and its queue. One per plan: used by one thread at a time. */
typedef struct lp_dnn lp_dnn;

lightpose_status lp_dnn_create(lp_dnn **dnn, lightpose_error *error);
void lp_dnn_destroy(lp_dnn **dnn);

/* "oneDNN 2.6.3": of the library that runs, not of its headers. Writes into `text`, returns it. */
const char *lp_dnn_version(char *text, size_t size);

/* dst = saturate(gain * act(scale * (src * weights) + bias) + shift + sum * old dst), all tensors interleaved (channels
 * innermost) and one image. The arrays need to live only during the call. */
typedef struct lp_conv_spec {
    const char *name;    /* for messages */
    lp_element src, dst; /* an 8-bit source (U8) goes with 8-bit weights */
    int height, width;   /* of the source */
    int pad[4];          /* implied zeros: top, left, bottom, right */
    int in, out;         /* channels */
    int kernel, stride, dilation;
    int depthwise;       /* one kernel per channel: weights out x 1 x kernel x kernel */
    const float *scales; /* one per output channel, NULL: 1. Only with 8-bit weights */
    lp_activation activation;
    const float *gains; /* one per output channel, or NULL: `gain` */
    float gain, shift;  /* 1 and 0: none */
    float sum;          /* 0: dst is overwritten */
} lp_conv_spec;

int lp_conv_out_height(const lp_conv_spec *spec);
int lp_conv_out_width(const lp_conv_spec *spec);

typedef struct lp_conv lp_conv;

/* ENGINE (names the layer), MEMORY. */
lightpose_status lp_conv_create(lp_conv **conv, lp_dnn *dnn, const lp_conv_spec *spec, lightpose_error *error);
void lp_conv_destroy(lp_conv **conv);

/* What oneDNN chose, in its words, and whether that is its reference code, a hundred times too slow. */
const char *lp_conv_implementation(const lp_conv *conv);
int lp_conv_is_reference(const lp_conv *conv);
size_t lp_conv_scratch_size(const lp_conv *conv);

/* Weights in the order in memory that some convolution asked for. Immutable; shared by plans and threads. */
typedef struct lp_packed lp_packed;

/* `weights`: out x in x kernel x kernel of F32, or of S8 where the source is U8. */
lightpose_status lp_pack(lp_packed **packed, lp_dnn *dnn, const lp_conv *conv, const void *weights,
                         lightpose_error *error);
void lp_packed_destroy(lp_packed **packed);
int lp_packed_fits(const lp_packed *packed, const lp_conv *conv);
size_t lp_packed_size(const lp_packed *packed);

/* Fixes where a convolution reads and writes; the memory must outlive it. `bias`, one per output channel, is copied. */
lightpose_status lp_conv_bind(lp_conv *conv, lp_dnn *dnn, const lp_packed *packed, const float *bias, const void *src,
                              void *dst, void *scratch, lightpose_error *error);

/* Runs it on the calling thread's OpenMP team, to the end. */
lightpose_status lp_conv_run(const lp_conv *conv, lp_dnn *dnn, lightpose_error *error);

#endif
