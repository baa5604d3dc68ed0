/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a program does first. */

#ifndef LP_TOOLS_START_H
#define LP_TOOLS_START_H

/* Opens those of standard input, output and error that the caller has closed, so that reading or writing them fails.
 * Otherwise the next opened file would take their place, and messages would be written into a result. */
void lp_start_standard_files(void);

/* Whether everything printed reached standard output; prints a message if not. A standard output that the caller has
 * closed, or whose reader is gone, is not an error. */
int lp_start_output_is_whole(void);

/* Finds the weights of a build that is not installed, and names them in $LIGHTPOSE_WEIGHTS. */
void lp_start(void);

/* Whether lp_start set it. */
int lp_start_weights_are_of_source(void);

#endif
