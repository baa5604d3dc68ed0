/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Chooses the parts of an image that the network looks at again, enlarged.
 *
 * The height of a person follows from the scale of the body prior that fits the detected keypoints, so even a head
 * alone gives it. A person of LP_LOOK_ROWS network rows or more needs no second look. Any other person gets a region:
 * the box of the detected keypoints, grown by LP_LOOK_MARGIN times the person's height on every side and enlarged to
 * LP_LOOK_HEIGHT rows. The enlargement must be at least LP_LOOK_GAIN, or the second look would see no more than the
 * first.
 *
 * A crop is a region widened to one of a few network sizes, because each size needs a plan. Neighbours share a crop if
 * it is narrower than both crops together, its scale is at least LP_LOOK_SHRINK times the highest that its people need,
 * and their lowest is at least LP_LOOK_SHRINK times the crop's. */

#ifndef LP_LOOK_CROPS_H
#define LP_LOOK_CROPS_H

#include "base/status.h"

enum { LP_LOOK_HEIGHT = 256, LP_LOOK_ROWS = 200 };
#define LP_LOOK_MARGIN  0.3
#define LP_LOOK_GAIN    1.2
#define LP_LOOK_SHRINK  0.75
#define LP_LOOK_OVERLAP 0.2

typedef struct lp_crop {
    int x, y, width, height;   /* the part, image pixels; x and y are even, for subsampled chroma */
    int net_width, net_height; /* network input */
    double scale;              /* network rows per image row */
} lp_crop;

/* The image and the first look at it. */
typedef struct lp_scene {
    int width, height; /* of the image */
    double scale;      /* network rows per image row of the first look */
    double aspect;     /* a pixel's width / height; network columns per image column are scale * aspect */
} lp_scene;

typedef struct lp_crops {
    void *data; /* of lp_crop, the most useful first */
    size_t capacity;
    int count;
    void *targets; /* scratch, one for each pose */
    size_t targets_capacity;
} lp_crops;

/* At most `most` crops for the people of `poses`: those with the highest rank times log(enlargement) first. MEMORY. */
lightpose_status lp_crops_choose(lp_crops *crops, const lp_scene *scene, const lightpose_pose *poses, int count,
                                 int most, lightpose_error *error);

/* Makes `rows` x `rows` crops that cover the image; neighbours overlap by LP_LOOK_OVERLAP of their size. Each has the
 * network input of the first look, `net_width` x `net_height`. A pose belongs to the tile that contains it with the
 * widest margin, if a tile contains all of it. */
lightpose_status lp_crops_tile(lp_crops *crops, const lp_scene *scene, const lightpose_pose *poses, int count, int rows,
                               int net_width, int net_height, lightpose_error *error);

void lp_crops_free(lp_crops *crops);

/* The index of the crop of a pose; -1 for none. */
int lp_crops_of(const lp_crops *crops, int pose);

/* The height of the whole body that the detected keypoints belong to, in image rows. `aspect`: a pixel's width /
 * height. 0 if fewer than two detected keypoints are finite. */
double lp_body_height(const lightpose_pose *pose, double aspect);

#endif
