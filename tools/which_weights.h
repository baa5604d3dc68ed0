/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights that a command uses, and its message about them. */

#ifndef LP_TOOLS_WHICH_WEIGHTS_H
#define LP_TOOLS_WHICH_WEIGHTS_H

#include <lightpose/lightpose.h>

/* The two files that are found by default. */
#define LP_PUBLISHED_WEIGHTS "human-pose-estimation-0001.safetensors"
#define LP_DEFAULT_WEIGHTS   "default.safetensors"

/* The path of the weights: `named`, or the library's default if that is NULL. */
const char *lp_which_weights(const char *named);

/* Prints on standard error, once per process, which of the two files is used. Prints nothing if the user named the file
 * or if it is neither. */
void lp_tell_weights(const lightpose_model *model, const char *named);

#endif
