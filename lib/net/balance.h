/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where int8 spends its bits: how a tensor's step may differ from channel to channel. */

#ifndef LP_NET_BALANCE_H
#define LP_NET_BALANCE_H

#include "net/quantise.h"
#include "net/activation_histogram.h"

/* Chooses the step of each channel of `tensor`, which dense layers read, and gives it as the ranges `low` and `high`.
 * `most` are the greatest magnitudes worth keeping, one for each channel; `whole` is that of one range for all. A scale
 * of a channel goes into the weights that read it before they are rounded (quantise.h): a finer step for small channels
 * rounds them better, and the weights that read them worse. Returns how many ranges that makes: 1, or one for each
 * channel; 0 for lack of memory. */
int lp_balance(const lp_graph *graph, const char *tensor, const lp_histogram *histogram, const float *most, float whole,
               float *low, float *high);

#endif
