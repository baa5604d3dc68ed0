/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights that a command runs with, and what it says of them. */

#ifndef LP_TOOLS_WHICH_WEIGHTS_H
#define LP_TOOLS_WHICH_WEIGHTS_H

#include <lightpose/lightpose.h>

/* The two files that are found without being named. */
#define LP_PUBLISHED_WEIGHTS "human-pose-estimation-0001.safetensors"
#define LP_DEFAULT_WEIGHTS   "default.safetensors"

/* The file: `named`, or what the library takes for NULL. */
const char *lp_which_weights(const char *named);

/* Says on standard error, in one line and once in a process, which of the two files is used; nothing where the user
 * named the file. */
void lp_tell_weights(const lightpose_model *model, const char *named);

#endif
