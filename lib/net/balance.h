/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How int8 distributes precision: a tensor's step may differ between channels. */

#ifndef LP_NET_BALANCE_H
#define LP_NET_BALANCE_H

#include "net/quantise.h"
#include "net/activation_histogram.h"

/* Chooses the step of each channel of `tensor`, which dense layers read, and writes it as the ranges `low` and `high`.
 * `most` has the greatest magnitude to represent in each channel; `whole` is that of a single range for all. The scale
 * of a channel is multiplied into the weights that read it before they are rounded (quantise.h): a finer step for small
 * channels rounds their values better, but the weights that read them worse. Returns the number of ranges: 1, or one
 * for each channel; 0 if memory is exhausted. */
int lp_balance(const lp_graph *graph, const char *tensor, const lp_histogram *histogram, const float *most, float whole,
               float *low, float *high);

#endif
