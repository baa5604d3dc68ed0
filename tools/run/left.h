/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What an earlier run left at the places where this one would write. */

#ifndef LP_TOOLS_RUN_LEFT_H
#define LP_TOOLS_RUN_LEFT_H

#include "output/meta.h"
#include "run/places.h"

/* One output: of a single stream if the place is a folder, else of the run. */
typedef struct lp_slot {
    char *folder; /* of a stream's own files: the place, or with --recursive the same subfolder as the stream's */
    char *path;   /* of the file or folder; NULL for a format that writes nothing */
    char *base;   /* side files are named after it; NULL if there can be none (standard output, a device) */
} lp_slot;

/* `source` is used only if the place is a folder. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_slot_make(lp_slot *slot, const lp_place *place, const lp_source *source,
                                                  lightpose_error *error);
void lp_slot_free(lp_slot *slot);

typedef enum lp_left_state {
    LP_LEFT_NOTHING, /* nothing that can be continued */
    LP_LEFT_PARTIAL,
    LP_LEFT_WHOLE
} lp_left_state;

typedef struct lp_left {
    lp_left_state state;
    lp_meta meta; /* of a partial result; of a complete one if it has a side file */
} lp_left;

/* Fills *left, which the caller frees. With `resume` a partial result goes before a complete one, which the interrupted
 * run was about to replace; without it partial results do not count. */
void lp_left_look(lp_left *left, const lp_place *place, const lp_slot *slot, int resume);
void lp_left_free(lp_left *left);

/* Renames a partial file that will not be continued to NAME.partial.1 or the next free name, so that nothing overwrites
 * it: a live source cannot be read again. Returns 1 if there was one. */
int lp_left_set_aside(const char *base);

/* Calls `see` with the run that made each of a folder's results, as their side files say. Reads at most 256 of them. */
void lp_left_survey(const char *folder, void (*see)(void *opaque, const char *about), void *opaque);

#endif
