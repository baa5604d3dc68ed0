/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Streams of stdio that go on after a signal. The C library's own take a call that a signal interrupts for one that
 * failed, and drop what they had to write; the first signal asks a run to end in order. */

#ifndef LP_TOOLS_OUTPUT_PATIENT_H
#define LP_TOOLS_OUTPUT_PATIENT_H

#include <stdio.h>

/* As fdopen: fclose closes the descriptor, and NULL leaves it open. The stream has no descriptor for fileno. */
FILE *lp_patient_open(int descriptor, const char *mode);

#endif
