/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a program with a network in it settles in its environment before anything else. */

#ifndef LP_TOOLS_START_H
#define LP_TOOLS_START_H

/* The waiting of OpenMP's threads, and the weights of a build that is not installed. May start the program once more
 * with the same `argv`. */
void lp_start(char **argv);

#endif
