/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights file to use if none is named. */

#ifndef LP_DEFAULT_WEIGHTS_H
#define LP_DEFAULT_WEIGHTS_H

/* $LIGHTPOSE_WEIGHTS if it is set, else the installed published weights if they can be read, else the installed default
 * ones. Never NULL; the file may be missing. */
const char *lp_default_weights(void);

#endif
