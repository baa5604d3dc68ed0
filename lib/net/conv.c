/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/conv.h"

int lp_conv_out_height(const lp_conv_spec *spec) {
    return (spec->height + spec->pad[0] + spec->pad[2] - spec->dilation * (spec->kernel - 1) - 1) / spec->stride + 1;
}

int lp_conv_out_width(const lp_conv_spec *spec) {
    return (spec->width + spec->pad[1] + spec->pad[3] - spec->dilation * (spec->kernel - 1) - 1) / spec->stride + 1;
}
