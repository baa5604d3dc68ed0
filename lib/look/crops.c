/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "look/crops.h"

#include <math.h>

#include "base/mem.h"
#include "decode/body_prior.h"

/* Widths of the network input at LP_LOOK_HEIGHT: one standing person; one at rest or two standing; a group. */
static const int widths[] = {160, 256, 384};
enum { WIDTHS = sizeof widths / sizeof *widths };

/* Height of a body in units of the prior's scale, from the top of the head to the feet. */
static const double body_height = 2.6;

typedef struct region {
    double left, top, right, bottom;
} region;

/* The region of a pose for the second look. */
typedef struct target {
    region region;
    double scale; /* network rows per image row; 0: needs no second look */
    int crop;
} target;

double lp_body_height(const lightpose_pose *pose, double aspect) {
    lp_pair places[LIGHTPOSE_KEYPOINTS];
    int known[LIGHTPOSE_KEYPOINTS], count = 0;
    lp_body_prior prior;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        known[k] = keypoint->state == LIGHTPOSE_DETECTED && isfinite(keypoint->x) && isfinite(keypoint->y);
        places[k] = (lp_pair){keypoint->x * aspect, keypoint->y};
        count += known[k];
    }
    if (count < 2)
        return 0;
    lp_body_prior_fit(&prior, places, known);
    return body_height * prior.scale;
}

static region clip(const region *r, const lp_scene *scene) {
    return (region){fmax(r->left, 0), fmax(r->top, 0), fmin(r->right, scene->width), fmin(r->bottom, scene->height)};
}

static region join(const region *a, const region *b) {
    return (region){fmin(a->left, b->left), fmin(a->top, b->top), fmax(a->right, b->right), fmax(a->bottom, b->bottom)};
}

static double width_of(const region *r) {
    return r->right - r->left;
}

static double height_of(const region *r) {
    return r->bottom - r->top;
}

/* The largest scale at which the region fits a network input. */
static double fitting_scale(const region *r, double aspect) {
    return fmin(LP_LOOK_HEIGHT / height_of(r), widths[WIDTHS - 1] / (width_of(r) * aspect));
}

/* The width of the narrowest network input that fits the region, at `scale` network columns per image column. */
static int fitting_width(const region *r, double scale) {
    int at = 0;
    while (at < WIDTHS - 1 && width_of(r) * scale > widths[at])
        at++;
    return widths[at];
}

static void aim(target *t, const lightpose_pose *pose, const lp_scene *scene) {
    const double height = lp_body_height(pose, scene->aspect);
    const double margin = LP_LOOK_MARGIN * height, aside = margin / scene->aspect;
    const lightpose_box *const box = &pose->box;
    const region around = {box->x - aside, box->y - margin, box->x + box->width + aside, box->y + box->height + margin};

    *t = (target){.crop = -1};
    if (!(height > 0) || height * scene->scale >= LP_LOOK_ROWS)
        return;
    t->region = clip(&around, scene);
    if (!(width_of(&t->region) > 1 && height_of(&t->region) > 1))
        return;
    const double scale = fitting_scale(&t->region, scene->aspect);
    t->scale = scale > LP_LOOK_GAIN * scene->scale ? scale : 0;
}

/* A crop that may still grow. */
typedef struct crop_candidate {
    region region;
    double scale, low, high; /* of the crop; the lowest and highest that its people need */
} crop_candidate;

/* Whether `t` can share the crop, which then becomes *joined. */
static int can_share(const crop_candidate *crop, const target *t, double aspect, crop_candidate *joined) {
    joined->region = join(&crop->region, &t->region);
    joined->scale = fitting_scale(&joined->region, aspect);
    joined->low = fmin(crop->low, t->scale);
    joined->high = fmax(crop->high, t->scale);
    if (joined->scale < LP_LOOK_SHRINK * joined->high || joined->low < LP_LOOK_SHRINK * joined->scale)
        return 0;
    return fitting_width(&joined->region, joined->scale * aspect) <
           fitting_width(&crop->region, crop->scale * aspect) + fitting_width(&t->region, t->scale * aspect);
}

static int even(double value) {
    return (int)floor(value / 2) * 2;
}

/* Places one side of a crop: at most `size` pixels, which fill the network's input, centred on [low, high] as far as
 * the image allows. */
static void place(double low, double high, double size, int limit, int *at, int *length) {
    *at = even(fmin(fmax((low + high - size) / 2, 0), fmax(limit - size, 0)));
    *length = (int)fmin(fmax(floor(size), 1), limit - *at);
}

static lp_crop finish(const crop_candidate *candidate, const lp_scene *scene) {
    const double across = candidate->scale * scene->aspect;
    const int width = fitting_width(&candidate->region, across);
    lp_crop crop = {.net_width = width, .net_height = LP_LOOK_HEIGHT, .scale = candidate->scale};

    place(candidate->region.left, candidate->region.right, width / across, scene->width, &crop.x, &crop.width);
    place(candidate->region.top, candidate->region.bottom, LP_LOOK_HEIGHT / candidate->scale, scene->height, &crop.y,
          &crop.height);
    return crop;
}

/* The target without a crop with the highest rank times log(enlargement); -1 if none is left. */
static int most_useful(const target *targets, const lightpose_pose *poses, int count, const lp_scene *scene) {
    double most = 0;
    int best = -1;

    for (int i = 0; i < count; i++) {
        if (targets[i].scale == 0 || targets[i].crop >= 0)
            continue;
        const double use = poses[i].rank * log(targets[i].scale / scene->scale);
        if (best < 0 || use > most) {
            most = use;
            best = i;
        }
    }
    return best;
}

/* Makes the crop of targets[first] and of all others that can share it. */
static lp_crop group_targets(target *targets, int first, int count, int index, const lp_scene *scene) {
    crop_candidate crop = {targets[first].region, targets[first].scale, targets[first].scale, targets[first].scale},
                   joined;

    targets[first].crop = index;
    for (int i = 0; i < count; i++) {
        if (targets[i].scale == 0 || targets[i].crop >= 0 || !can_share(&crop, &targets[i], scene->aspect, &joined))
            continue;
        crop = joined;
        targets[i].crop = index;
    }
    return finish(&crop, scene);
}

static lightpose_status reserve(lp_crops *crops, int targets, int count, lightpose_error *error) {
    crops->count = 0;
    if (lp_grow(&crops->targets, &crops->targets_capacity, (size_t)targets, sizeof(target)) ||
        lp_grow(&crops->data, &crops->capacity, (size_t)count, sizeof(lp_crop)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to look again at %d people", targets);
    return LIGHTPOSE_OK;
}

lightpose_status lp_crops_choose(lp_crops *crops, const lp_scene *scene, const lightpose_pose *poses, int count,
                                 int most, lightpose_error *error) {
    LP_TRY(reserve(crops, count, most < count ? most : count, error));
    target *const targets = crops->targets;
    lp_crop *const list = crops->data;

    for (int i = 0; i < count; i++)
        aim(&targets[i], &poses[i], scene);
    while (crops->count < most) {
        const int first = most_useful(targets, poses, count, scene);
        if (first < 0)
            break;
        list[crops->count] = group_targets(targets, first, count, crops->count, scene);
        crops->count++;
    }
    return LIGHTPOSE_OK;
}

/* The side of each of `rows` overlapping tiles that cover `size`. */
static double tile_side(double size, int rows) {
    return size / (rows - (rows - 1) * LP_LOOK_OVERLAP);
}

/* The distance of the box from the border of the crop, ignoring the image's border. Negative: not inside. */
static double border(const lp_crop *crop, const lightpose_box *box, const lp_scene *scene) {
    double least = INFINITY;
    if (crop->x > 0)
        least = fmin(least, (double)box->x - crop->x);
    if (crop->y > 0)
        least = fmin(least, (double)box->y - crop->y);
    if (crop->x + crop->width < scene->width)
        least = fmin(least, crop->x + crop->width - ((double)box->x + (double)box->width));
    if (crop->y + crop->height < scene->height)
        least = fmin(least, crop->y + crop->height - ((double)box->y + (double)box->height));
    return least;
}

static int best_tile(const lp_crops *crops, const lightpose_box *box, const lp_scene *scene) {
    const lp_crop *const list = crops->data;
    double widest = 0;
    int best = -1;

    for (int i = 0; i < crops->count; i++) {
        const double width = border(&list[i], box, scene);
        if (width > widest) {
            widest = width;
            best = i;
        }
    }
    return best;
}

lightpose_status lp_crops_tile(lp_crops *crops, const lp_scene *scene, const lightpose_pose *poses, int count, int rows,
                               int net_width, int net_height, lightpose_error *error) {
    const double width = tile_side(scene->width, rows), height = tile_side(scene->height, rows);
    const double scale = scene->scale * (scene->height / height);

    LP_TRY(reserve(crops, count, rows * rows, error));
    target *const targets = crops->targets;
    lp_crop *const list = crops->data;
    for (int i = 0; i < rows * rows; i++) {
        const int row = i / rows, column = i % rows;
        const double left = column * width * (1 - LP_LOOK_OVERLAP), top = row * height * (1 - LP_LOOK_OVERLAP);
        lp_crop crop = {.net_width = net_width, .net_height = net_height, .scale = scale};
        crop.x = even(left);
        crop.y = even(top);
        crop.width = (int)fmin(ceil(left + width), scene->width) - crop.x;
        crop.height = (int)fmin(ceil(top + height), scene->height) - crop.y;
        list[crops->count++] = crop;
    }
    for (int i = 0; i < count; i++)
        targets[i] = (target){.crop = best_tile(crops, &poses[i].box, scene)};
    return LIGHTPOSE_OK;
}

int lp_crops_of(const lp_crops *crops, int pose) {
    return ((const target *)crops->targets)[pose].crop;
}

void lp_crops_free(lp_crops *crops) {
    lp_free(crops->data);
    lp_free(crops->targets);
    *crops = (lp_crops){0};
}
