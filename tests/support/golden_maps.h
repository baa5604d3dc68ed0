/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The raw maps of the shared golden data, with the persons that the reference implementation finds in them. */

#ifndef TESTS_GOLDEN_MAPS_H
#define TESTS_GOLDEN_MAPS_H

#include <jansson.h>

#include "net/plan.h"

typedef struct golden_maps {
    char name[64];
    lp_maps maps; /* planar */
    double scale, pad_left, pad_top;
    json_t *persons; /* array, in the decoder's order */
} golden_maps;

/* Reads all entries that have maps; golden_maps_free frees them. Returns their number, 0 if there is no shared data, or
 * -1 after a message on stderr. */
int golden_maps_read(golden_maps **list);
void golden_maps_free(golden_maps *list, int count);

#endif
