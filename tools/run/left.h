/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What an earlier run left where this one would write. */

#ifndef LP_TOOLS_RUN_LEFT_H
#define LP_TOOLS_RUN_LEFT_H

#include "output/meta.h"
#include "run/places.h"

/* One output: of a stream where the place is a folder, else of the run. */
typedef struct lp_slot {
    char *path; /* of the file or folder; NULL for a format that writes nothing */
    char *base; /* what its side files are called after; NULL where it can have none (standard output, a device) */
} lp_slot;

/* `inside` is the folder in the place, "a/b", where the stream is of a recursive folder; else NULL. MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_slot_make(lp_slot *slot, const lp_place *place, const char *inside,
                                                  const char *stream_name, lightpose_error *error);
void lp_slot_free(lp_slot *slot);

typedef enum lp_left_state {
    LP_LEFT_NOTHING, /* or nothing that can be gone on with */
    LP_LEFT_PARTIAL,
    LP_LEFT_WHOLE
} lp_left_state;

typedef struct lp_left {
    lp_left_state state;
    lp_meta meta; /* of a partial result; of a whole one where it has one */
} lp_left;

/* Looks. With `resume` a partial result goes before a whole one, which the run that was interrupted meant to replace;
 * without it partial ones do not count. Free it. */
void lp_left_look(lp_left *left, const lp_place *place, const lp_slot *slot, int resume);
void lp_left_free(lp_left *left);

#endif
