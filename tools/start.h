/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a program with a network in it settles in its environment before anything else. */

#ifndef LP_TOOLS_START_H
#define LP_TOOLS_START_H

/* Finds the weights of a build that is not installed. */
void lp_start(void);

#endif
