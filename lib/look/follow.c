/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "look/follow.h"

#include <math.h>

enum { STEP = 16, LEAST_SIDE = 96 }; /* network pixels: few sizes, so few plans */

typedef struct area {
    double left, top, right, bottom;
} area;

/* The area around all poses. Returns 0 if there is none. */
static int surround(area *all, const lp_scene *scene, const lightpose_pose *poses, int count, double margin) {
    *all = (area){INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < count; i++) {
        const lightpose_box *const box = &poses[i].box;
        const double grown = margin * lp_body_height(&poses[i], scene->aspect), aside = grown / scene->aspect;
        if (!(grown > 0))
            continue;
        all->left = fmin(all->left, box->x - aside);
        all->top = fmin(all->top, box->y - grown);
        all->right = fmax(all->right, box->x + box->width + aside);
        all->bottom = fmax(all->bottom, box->y + box->height + grown);
    }
    all->left = fmax(all->left, 0);
    all->top = fmax(all->top, 0);
    all->right = fmin(all->right, scene->width);
    all->bottom = fmin(all->bottom, scene->height);
    return all->left < all->right && all->top < all->bottom;
}

static int is_inside(const area *a, const lp_crop *crop) {
    return a->left >= crop->x && a->top >= crop->y && a->right <= crop->x + crop->width &&
           a->bottom <= crop->y + crop->height;
}

static int stepped(double size, int most) {
    const int up = (int)ceil(size / STEP) * STEP, least = up < LEAST_SIDE ? LEAST_SIDE : up;
    return least < most ? least : most;
}

/* Places `size` pixels centred on [low, high] as far as the image allows, from an even pixel, for subsampled chroma. */
static void place(double low, double high, double size, int limit, int *at, int *length) {
    const double first = fmin(fmax((low + high - size) / 2, 0), fmax(limit - size, 0));

    *at = (int)floor(first / 2) * 2;
    *length = (int)fmin(ceil(first + size), limit) - *at;
}

static lp_crop make(const area *a, const lp_scene *scene, const lp_follow_sizes *sizes) {
    const double width = a->right - a->left, height = a->bottom - a->top;
    const double frame = (double)sizes->width * sizes->height;
    const double share = width * height * scene->aspect * scene->scale * scene->scale / frame;
    const double room =
        fmin(sizes->max_width / (width * scene->scale * scene->aspect), sizes->max_height / (height * scene->scale));
    const double enlarge = fmax(fmin(fmin(sqrt(LP_FOLLOW_LEAST / share), LP_FOLLOW_ENLARGE), room), 1);
    lp_crop crop = {.scale = scene->scale * enlarge};

    crop.net_width = stepped(width * crop.scale * scene->aspect, sizes->max_width);
    crop.net_height = stepped(height * crop.scale, sizes->max_height);
    place(a->left, a->right, crop.net_width / (crop.scale * scene->aspect), scene->width, &crop.x, &crop.width);
    place(a->top, a->bottom, crop.net_height / crop.scale, scene->height, &crop.y, &crop.height);
    if (crop.net_width * (double)crop.net_height > LP_FOLLOW_MOST * frame)
        crop.net_width = 0;
    return crop;
}

void lp_follow_update(lp_follow *follow, const lp_scene *scene, const lp_follow_sizes *sizes,
                      const lightpose_pose *poses, int count) {
    area wide, narrow;

    follow->people = count;
    if (!surround(&wide, scene, poses, count, LP_FOLLOW_MARGIN)) { /* nobody, or people of a single keypoint */
        follow->crop.net_width = 0;
        return;
    }
    (void)surround(&narrow, scene, poses, count, LP_FOLLOW_MARGIN / 2);
    const lp_crop next = make(&wide, scene, sizes), *const now = &follow->crop;
    if (now->net_width && is_inside(&narrow, now) && next.net_width &&
        (double)now->net_width * now->net_height <= LP_FOLLOW_LOOSE * next.net_width * next.net_height)
        return;
    follow->crop = next;
}
