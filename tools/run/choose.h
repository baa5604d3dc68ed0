/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which of the people found are kept. */

#ifndef LP_TOOLS_RUN_CHOOSE_H
#define LP_TOOLS_RUN_CHOOSE_H

#include <lightpose/lightpose.h>

typedef enum lp_choose_by {
    LP_CHOOSE_RANK = 0, /* the order that they come in */
    LP_CHOOSE_SIZE = 1, /* the area of the box */
    LP_CHOOSE_SCORE = 2,
    LP_CHOOSE_CENTRE = 3 /* nearness of the box's middle to that of the picture */
} lp_choose_by;

typedef struct lp_choice {
    int count; /* at most so many; 0: all */
    lp_choose_by by;
    const int64_t *ids; /* these alone; NULL: any */
    int id_count;
    float min_size;  /* boxes at least so many pixels high; 0: any */
    float min_score; /* scores of 0 to 1 at least this */
} lp_choice;

/* A copy of a frame's poses to work on. Zero it before the first use. */
typedef struct lp_chooser {
    lightpose_pose *poses;
    unsigned char *kept;
    int capacity;
} lp_chooser;

void lp_chooser_free(lp_chooser *chooser);

/* Moves everyone, from the coordinates of a part of the picture to those of the whole. */
LIGHTPOSE_NODISCARD lightpose_status lp_chooser_move(lp_chooser *chooser, lightpose_result *result, int dx, int dy,
                                                     lightpose_error *error);

/* Scales everyone, to the pixels of a picture of another size. */
LIGHTPOSE_NODISCARD lightpose_status lp_chooser_scale(lp_chooser *chooser, lightpose_result *result, double x, double y,
                                                      lightpose_error *error);

/* Keeps the chosen, in the order that they have. `width` and `height` are the picture's, for its middle. */
LIGHTPOSE_NODISCARD lightpose_status lp_chooser_choose(lp_chooser *chooser, lightpose_result *result,
                                                       const lp_choice *choice, int width, int height,
                                                       lightpose_error *error);

#endif
