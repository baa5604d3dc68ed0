/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which parts of an image the network looks at again, enlarged.
 *
 * The size of a person is the scale of the body prior that fits the detected keypoints, so that a head alone tells how
 * large its body is. A person of LP_LOOK_ROWS network rows or more was seen well enough. Anyone else gets a region: the
 * box of the detected keypoints, grown by LP_LOOK_MARGIN times the person's height on every side, enlarged to
 * LP_LOOK_HEIGHT rows. It must enlarge the person by LP_LOOK_GAIN at least, or the second look would see what the first
 * one saw.
 *
 * A crop is a region widened to one of few network sizes, each of which needs one plan. Neighbours share a
 * crop where this costs less than two and takes less than LP_LOOK_SHRINK of either's enlargement. */

#ifndef LP_LOOK_CROPS_H
#define LP_LOOK_CROPS_H

#include "base/status.h"

enum { LP_LOOK_HEIGHT = 256, LP_LOOK_ROWS = 200 };
#define LP_LOOK_MARGIN  0.3
#define LP_LOOK_GAIN    1.2
#define LP_LOOK_SHRINK  0.75
#define LP_LOOK_OVERLAP 0.2

typedef struct lp_crop {
    int x, y, width, height;   /* the part, image pixels; x and y are even, as subsampled chroma asks for */
    int net_width, net_height; /* network input */
    double scale;              /* network rows per image row */
} lp_crop;

/* What is looked at. */
typedef struct lp_scene {
    int width, height; /* of the image */
    double scale;      /* network rows per image row of the first look */
    double aspect;     /* a pixel's width by its height: there are scale * aspect network columns per image column */
} lp_scene;

typedef struct lp_crops {
    void *data; /* of lp_crop, the most useful first */
    size_t capacity;
    int count;
    void *targets; /* scratch, of one for each pose */
    size_t targets_capacity;
} lp_crops;

/* At most `most` crops for the people of `poses`: first for those of the highest rank times the logarithm of their
 * enlargement. MEMORY. */
lightpose_status lp_crops_choose(lp_crops *crops, const lp_scene *scene, const lightpose_pose *poses, int count,
                                 int most, lightpose_error *error);

/* `rows` x `rows` crops that cover the image, neighbours by LP_LOOK_OVERLAP of their size; each has the network input
 * of the first look, `net_width` x `net_height`. A pose belongs to the tile that shows it with the widest border around
 * it, where one shows all of it. */
lightpose_status lp_crops_tile(lp_crops *crops, const lp_scene *scene, const lightpose_pose *poses, int count, int rows,
                               int net_width, int net_height, lightpose_error *error);

void lp_crops_free(lp_crops *crops);

/* The crop that shows a pose, -1 for none. */
int lp_crops_of(const lp_crops *crops, int pose);

/* The height of the whole body that the detected keypoints belong to, in image rows, where a pixel is `aspect` times as
 * wide as high; 0 where fewer than two keypoints are finite. */
double lp_body_height(const lightpose_pose *pose, double aspect);

#endif
