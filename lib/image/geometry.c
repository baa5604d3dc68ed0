/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/geometry.h"

#include <math.h>

static int64_t round_up(int64_t value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/* `size` x `scale` rounded as in OpenCV, half to even in every rounding mode; at least 1. Clamped to 2^62, which is
 * above every limit. */
static int64_t scaled(int size, double scale) {
    const double most = 0x1p62, wide = size * scale, exact = wide < most ? wide : most;
    const double below = floor(exact), rest = exact - below;
    const int64_t whole = (int64_t)below;
    const int64_t rounded = whole + (rest > 0.5 || (rest == 0.5 && whole % 2 == 1));

    return rounded < 1 ? 1 : rounded;
}

/* The greatest network height at which the scaled image is at most `most` wide; at least 1. */
static int fitting_height(int image_width, int image_height, double aspect, int most) {
    const int width = most / LP_STRIDE * LP_STRIDE;
    return (int)fmax(floor((double)width * image_height / (image_width * aspect)), 1);
}

static lightpose_status make(lp_geometry *geometry, int image_width, int image_height, double aspect, int height,
                             const lightpose_settings *settings, lightpose_error *error) {
    if (image_width < 1 || image_height < 1)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image size %dx%d: both sides must be at least 1", image_width,
                       image_height);
    if (height < 1)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "network height %d: must be at least 1", height);

    const double scale = (double)height / image_height, scale_x = scale * aspect;
    const int64_t width = scaled(image_width, scale_x);
    const int64_t net_width = round_up(width > height ? width : height, LP_STRIDE);
    const int64_t net_height = round_up(height, LP_STRIDE);

    if (net_height > settings->max_net_height)
        return lp_fail(
            error, LIGHTPOSE_ERROR_LIMIT,
            "network input %lldx%lld for an image of %dx%d: higher than max_net_height, %d; lower the height "
            "(--height)",
            (long long)net_width, (long long)net_height, image_width, image_height, settings->max_net_height);
    if (net_width > settings->max_net_width)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT,
                       "network input %lldx%lld for an image of %dx%d: wider than max_net_width, %d; give a part of "
                       "the image (--roi), or a height of at most %d (--height)",
                       (long long)net_width, (long long)net_height, image_width, image_height, settings->max_net_width,
                       fitting_height(image_width, image_height, aspect, settings->max_net_width));

    *geometry = (lp_geometry){
        .image_width = image_width,
        .image_height = image_height,
        .scale = scale,
        .scale_x = scale_x,
        .scaled_width = (int)width,
        .scaled_height = height, /* image_height * scale differs from `height` only in its last bit, and rounds to it */
        .net_width = (int)net_width,
        .net_height = (int)net_height,
        .pad_left = (int)((net_width - width) / 2),
        .pad_top = (int)((net_height - height) / 2),
        .map_width = (int)(net_width / LP_STRIDE),
        .map_height = (int)(net_height / LP_STRIDE),
    };
    return LIGHTPOSE_OK;
}

lightpose_status lp_geometry_of_image(lp_geometry *geometry, const lightpose_image *image, int height,
                                      const lightpose_settings *settings, lightpose_error *error) {
    const double aspect = image->pixel_aspect > 0 ? image->pixel_aspect : 1;
    return make(geometry, image->width, image->height, aspect, height, settings, error);
}

lightpose_status lp_geometry_make(lp_geometry *geometry, int image_width, int image_height, int height,
                                  const lightpose_settings *settings, lightpose_error *error) {
    return make(geometry, image_width, image_height, 1, height, settings, error);
}

void lp_geometry_place(lp_geometry *geometry, int image_width, int image_height, double aspect, double scale,
                       int net_width, int net_height) {
    const double largest = fmin(net_width / (image_width * aspect), (double)net_height / image_height);
    const double used = fmin(scale, largest);
    const int width = (int)scaled(image_width, used * aspect), height = (int)scaled(image_height, used);

    *geometry = (lp_geometry){
        .image_width = image_width,
        .image_height = image_height,
        .scale = used,
        .scale_x = used * aspect,
        .scaled_width = width,
        .scaled_height = height,
        .net_width = net_width,
        .net_height = net_height,
        .pad_left = (net_width - width) / 2,
        .pad_top = (net_height - height) / 2,
        .map_width = net_width / LP_STRIDE,
        .map_height = net_height / LP_STRIDE,
    };
}

int lp_geometry_round_up(double size) {
    return (int)ceil(size / LP_STRIDE) * LP_STRIDE;
}

lp_transform lp_geometry_transform(const lp_geometry *geometry) {
    return (lp_transform){geometry->scale_x, geometry->scale, geometry->pad_left, geometry->pad_top};
}

static float to_image(double cell, double scale, double pad, int upsample, int half_pixel) {
    return (float)(((cell + (half_pixel ? 0.5 : 0)) * LP_STRIDE / upsample - pad) / scale);
}

float lp_to_image_x(const lp_transform *transform, double x, int upsample, int half_pixel) {
    return to_image(x, transform->scale_x, transform->pad_x, upsample, half_pixel);
}

float lp_to_image_y(const lp_transform *transform, double y, int upsample, int half_pixel) {
    return to_image(y, transform->scale, transform->pad_y, upsample, half_pixel);
}
