/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/view.h"

/* The layout of a plane: bytes per sample, and whether it has half the image's columns and rows, rounded up. */
typedef struct plane_layout {
    int bytes;
    int subsampled;
} plane_layout;

typedef struct format_layout {
    const char *name;
    int planes;
    plane_layout plane[3];
} format_layout;

static const format_layout layouts[] = {
    [LIGHTPOSE_BGR24] = {"bgr24", 1, {{3, 0}}},
    [LIGHTPOSE_RGB24] = {"rgb24", 1, {{3, 0}}},
    [LIGHTPOSE_BGRA] = {"bgra", 1, {{4, 0}}},
    [LIGHTPOSE_RGBA] = {"rgba", 1, {{4, 0}}},
    [LIGHTPOSE_GRAY8] = {"gray8", 1, {{1, 0}}},
    [LIGHTPOSE_NV12] = {"nv12", 2, {{1, 0}, {2, 1}}},
    [LIGHTPOSE_I420] = {"i420", 3, {{1, 0}, {1, 1}, {1, 1}}},
};

_Static_assert(LP_FORMATS == sizeof layouts / sizeof *layouts, "one layout for each format");

static const format_layout *find_layout(lightpose_format format) {
    const int index = (int)format;

    return index > 0 && index < LP_FORMATS ? &layouts[index] : NULL;
}

/* Half, rounded up, without overflow at INT_MAX. */
static int half(int size) {
    return size / 2 + size % 2;
}

int lp_format_planes(lightpose_format format) {
    const format_layout *const layout = find_layout(format);

    return layout ? layout->planes : 0;
}

const char *lp_format_name(lightpose_format format) {
    const format_layout *const layout = find_layout(format);

    return layout ? layout->name : "unknown";
}

ptrdiff_t lp_format_row_bytes(lightpose_format format, int plane, int width) {
    const format_layout *const layout = find_layout(format);

    if (!layout || plane < 0 || plane >= layout->planes)
        return 0;
    const plane_layout *const p = &layout->plane[plane];
    return (ptrdiff_t)p->bytes * (p->subsampled ? half(width) : width);
}

int lp_format_rows(lightpose_format format, int plane, int height) {
    const format_layout *const layout = find_layout(format);

    if (!layout || plane < 0 || plane >= layout->planes)
        return 0;
    return layout->plane[plane].subsampled ? half(height) : height;
}

int lp_aspect_is_valid(float aspect) {
    return aspect == 0 || (aspect >= 1.0f / 16 && aspect <= 16); /* false for NaN */
}

lightpose_status lp_view_check_size(int64_t width, int64_t height, const lightpose_settings *settings,
                                    lightpose_error *error) {
    const int64_t side = settings->max_image_side, pixels = settings->max_image_pixels;

    if (width < 1 || height < 1)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image size %lldx%lld: both sides must be at least 1",
                       (long long)width, (long long)height);
    if (width > side || height > side)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "image size %lldx%lld: a side is larger than max_image_side, %lld",
                       (long long)width, (long long)height, (long long)side);
    /* Both sides fit an int here, so the product fits 64 bits. */
    if (width * height > pixels)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT,
                       "image size %lldx%lld: %lld pixels are more than max_image_pixels, %lld", (long long)width,
                       (long long)height, (long long)(width * height), (long long)pixels);
    return LIGHTPOSE_OK;
}

static lightpose_status check_plane(const lightpose_image *image, int plane, lightpose_error *error) {
    const char *const name = lp_format_name(image->format);
    const ptrdiff_t stride = image->strides[plane];
    const ptrdiff_t row = lp_format_row_bytes(image->format, plane, image->width);
    const int rows = lp_format_rows(image->format, plane, image->height);
    ptrdiff_t span;

    if (!image->planes[plane])
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image plane %d is NULL; %s has %d", plane, name,
                       lp_format_planes(image->format));
    if (stride > -row && stride < row)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE,
                       "image stride %lld of plane %d: a row of %d %s pixels takes %lld bytes", (long long)stride,
                       plane, image->width, name, (long long)row);
    if (__builtin_mul_overflow(stride, (ptrdiff_t)rows, &span) || span == PTRDIFF_MIN)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image stride %lld of plane %d: %d rows exceed the address space",
                       (long long)stride, plane, rows);
    return LIGHTPOSE_OK;
}

lightpose_status lp_view_check(const lightpose_image *image, const lightpose_settings *settings,
                               lightpose_error *error) {
    if (!image)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "image is NULL");
    const int planes = lp_format_planes(image->format);
    if (!planes)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image format %d: it must be 1 (bgr24) to %d (%s)",
                       (int)image->format, LP_FORMATS - 1, layouts[LP_FORMATS - 1].name);
    LP_TRY(lp_view_check_size(image->width, image->height, settings, error));
    if (!lp_aspect_is_valid(image->pixel_aspect))
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image pixel_aspect %g: it must be 1/16 to 16, or 0 for 1",
                       (double)image->pixel_aspect);
    for (int p = 0; p < planes; p++)
        LP_TRY(check_plane(image, p, error));
    if (planes == 1)
        return LIGHTPOSE_OK;
    if (image->matrix != LIGHTPOSE_BT601 && image->matrix != LIGHTPOSE_BT709)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image matrix %d: it must be 0 (BT.601) or 1 (BT.709)",
                       (int)image->matrix);
    if (image->range != LIGHTPOSE_RANGE_LIMITED && image->range != LIGHTPOSE_RANGE_FULL)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image range %d: it must be 0 (limited) or 1 (full)",
                       (int)image->range);
    return LIGHTPOSE_OK;
}

lightpose_image lp_view_part(const lightpose_image *image, int x, int y, int width, int height) {
    lightpose_image part = *image;

    part.width = width;
    part.height = height;
    for (int p = 0; p < lp_format_planes(image->format); p++) {
        const int subsampled = find_layout(image->format)->plane[p].subsampled;
        part.planes[p] += (subsampled ? y / 2 : y) * image->strides[p] + lp_format_row_bytes(image->format, p, x);
    }
    return part;
}

lightpose_status lp_view_crop(lightpose_image *image, int *x, int *y, int width, int height, lightpose_error *error) {
    const format_layout *const layout = find_layout(image->format);

    if (!layout)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image format %d: it must be 1 (bgr24) to %d (%s)",
                       (int)image->format, LP_FORMATS - 1, layouts[LP_FORMATS - 1].name);
    if (*x < 0 || *y < 0 || width < 1 || height < 1 || width > image->width - *x || height > image->height - *y)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the region %d,%d,%d,%d is not inside the image of %d x %d", *x,
                       *y, width, height, image->width, image->height);
    if (layout->planes > 1) {
        width += *x % 2;
        height += *y % 2;
        *x -= *x % 2;
        *y -= *y % 2;
    }
    for (int p = 0; p < layout->planes; p++)
        if (!image->planes[p])
            return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "image plane %d is NULL; %s has %d", p, layout->name,
                           layout->planes);
    *image = lp_view_part(image, *x, *y, width, height);
    return LIGHTPOSE_OK;
}
