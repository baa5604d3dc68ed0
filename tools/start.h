/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a program with a network in it settles in its environment before anything else. */

#ifndef LP_TOOLS_START_H
#define LP_TOOLS_START_H

/* Finds the weights of a build that is not installed, and keeps `argv` for lp_start_over. */
void lp_start(char **argv);

/* Starts the program once more, where that is needed for OpenMP's threads to wait well for each other: call it before
 * several of them work on one frame, and before anything is read from standard input or printed. */
void lp_start_over(void);

#endif
