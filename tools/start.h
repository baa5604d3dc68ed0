/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a program settles in its environment before anything else. */

#ifndef LP_TOOLS_START_H
#define LP_TOOLS_START_H

/* Of standard input, output and error, what the caller has closed is open from here on, and of no use: the first file
 * that is opened would else be one of them, and a result would hold messages. */
void lp_start_standard_files(void);

/* Whether standard output took all that was written to it. Says so where it did not; one that the caller has closed is
 * not asked, nor one whose reader is gone. */
int lp_start_output_is_whole(void);

/* Finds the weights of a build that is not installed. */
void lp_start(void);

#endif
