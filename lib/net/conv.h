/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The description of a convolution with everything that follows it, which an operator (operator.h) runs. */

#ifndef LP_NET_CONV_H
#define LP_NET_CONV_H

#include "image/element.h"
#include "net/arch.h"

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

#endif
