/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The only interface to oneDNN: a convolution with everything that follows it fused, created for one shape and one
 * thread, then given its weights, then run. oneDNN's C API changed between versions 2 and 3: dnn_v2.c and dnn_v3.c
 * contain the differences. */

#ifndef LP_NET_DNN_H
#define LP_NET_DNN_H

#include "base/status.h"
#include "net/conv.h"

typedef struct lp_dnn lp_dnn; /* an engine, and a queue for packing weights */

lightpose_status lp_dnn_create(lp_dnn **dnn, lightpose_error *error);
void lp_dnn_destroy(lp_dnn **dnn);

/* "oneDNN 2.6.3": the version of the running library, not of its headers. Writes to `text` and returns it. */
const char *lp_dnn_version(char *text, size_t size);

typedef struct lp_conv lp_conv;

/* ENGINE (names the layer), MEMORY. */
lightpose_status lp_conv_create(lp_conv **conv, lp_dnn *dnn, const lp_conv_spec *spec, lightpose_error *error);
void lp_conv_destroy(lp_conv **conv);

/* oneDNN's name for the chosen code, and whether it is the reference code, which is a hundred times too slow. */
const char *lp_conv_implementation(const lp_conv *conv);
int lp_conv_is_reference(const lp_conv *conv);

/* Whether the layer would run faster if the sum were added afterwards: it runs reference code, or code that layers
 * without a sum do not run. */
int lp_conv_sum_is_slow(const lp_conv *conv);
size_t lp_conv_scratch_size(const lp_conv *conv);

/* Weights in the memory order of some convolution. Immutable; shared by plans and threads. */
typedef struct lp_packed lp_packed;

/* `weights`: out x in x kernel x kernel of F32, or of S8 if the source is U8. */
lightpose_status lp_pack(lp_packed **packed, lp_dnn *dnn, const lp_conv *conv, const void *weights,
                         lightpose_error *error);

/* The same weights in the order that another convolution needs. */
lightpose_status lp_repack(lp_packed **packed, lp_dnn *dnn, const lp_conv *conv, const lp_packed *from,
                           lightpose_error *error);
void lp_packed_destroy(lp_packed **packed);
int lp_packed_fits(const lp_packed *packed, const lp_conv *conv);

/* Gives a convolution its weights, which must outlive it, and its bias, one per output channel, which is copied. */
lightpose_status lp_conv_bind(lp_conv *conv, lp_dnn *dnn, const lp_packed *packed, const float *bias,
                              lightpose_error *error);

/* The state that one thread needs to run a bound convolution. Several threads may run one convolution, each with its
 * own call. */
typedef struct lp_conv_call lp_conv_call;

lightpose_status lp_conv_call_create(lp_conv_call **call, lp_dnn *dnn, const lp_conv *conv, lightpose_error *error);
void lp_conv_call_destroy(lp_conv_call **call);

/* Runs it in the calling thread and waits for it. ENGINE. */
lightpose_status lp_conv_call_run(lp_conv_call *call, const lp_conv *conv, const void *src, void *dst, void *scratch);

#endif
