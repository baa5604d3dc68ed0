/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Choosing which of the people found are kept. */

#ifndef LP_TOOLS_RUN_CHOOSE_H
#define LP_TOOLS_RUN_CHOOSE_H

#include <lightpose/lightpose.h>

typedef enum lp_choose_by {
    LP_CHOOSE_RANK = 0, /* the order of the result */
    LP_CHOOSE_SIZE = 1, /* the area of the box */
    LP_CHOOSE_SCORE = 2,
    LP_CHOOSE_CENTRE = 3 /* nearness of the box's centre to the picture's */
} lp_choose_by;

typedef struct lp_choice {
    int count; /* at most this many; 0: all */
    lp_choose_by by;
    const int64_t *ids; /* only these; NULL: any */
    int id_count;
    float min_size;  /* least height of the box in pixels; 0: any */
    float min_score; /* least score, 0 to 1 */
} lp_choice;

/* A copy of a frame's poses to work on. Zero it before the first use. */
typedef struct lp_chooser {
    lightpose_pose *poses;
    unsigned char *kept;
    int capacity;
} lp_chooser;

void lp_chooser_free(lp_chooser *chooser);

/* Moves all people from the coordinates of a part of the picture to those of the full picture. */
LIGHTPOSE_NODISCARD lightpose_status lp_chooser_move(lp_chooser *chooser, lightpose_result *result, int dx, int dy,
                                                     lightpose_error *error);

/* Scales all people to the pixels of a picture of another size. */
LIGHTPOSE_NODISCARD lightpose_status lp_chooser_scale(lp_chooser *chooser, lightpose_result *result, double x, double y,
                                                      lightpose_error *error);

/* Keeps the chosen people, in their present order. `width` and `height` are the picture's, for LP_CHOOSE_CENTRE. */
LIGHTPOSE_NODISCARD lightpose_status lp_chooser_choose(lp_chooser *chooser, lightpose_result *result,
                                                       const lp_choice *choice, int width, int height,
                                                       lightpose_error *error);

#endif
