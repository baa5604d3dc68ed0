/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Streams of stdio that continue after a signal, since the first signal only asks a run to stop in order. The C
 * library's own streams take an interrupted call for a failure, and drop what they had to write. */

#ifndef LP_TOOLS_OUTPUT_PATIENT_H
#define LP_TOOLS_OUTPUT_PATIENT_H

#include <stdio.h>

/* As fdopen: fclose closes the descriptor, and NULL leaves it open. The stream has no descriptor for fileno. */
FILE *lp_patient_open(int descriptor, const char *mode);

#endif
