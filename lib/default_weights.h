/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which weights file is meant where none is named. */

#ifndef LP_DEFAULT_WEIGHTS_H
#define LP_DEFAULT_WEIGHTS_H

/* $LIGHTPOSE_WEIGHTS where set, else the installed published weights where they can be read, else the installed default
 * ones. Never NULL; the file may be missing. */
const char *lp_default_weights(void);

#endif
