/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a program does before anything else. */

#ifndef LP_TOOLS_START_H
#define LP_TOOLS_START_H

/* Opens those of standard input, output and error that the caller has closed, so that reading or writing them fails.
 * Otherwise the next file to be opened would be one of them, and messages would be written into a result. */
void lp_start_standard_files(void);

/* Whether standard output took all that was written to it, with a message if it did not. It is not an error if the
 * caller has closed it, or if its reader is gone. */
int lp_start_output_is_whole(void);

/* Finds the weights of a build that is not installed, and names them in $LIGHTPOSE_WEIGHTS. */
void lp_start(void);

/* Whether lp_start named them. */
int lp_start_weights_are_of_source(void);

#endif
