/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/preprocess.h"

#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "image/element.h"
#include "image/kernels.h"
#include "image/view.h"

/* Pixels of the rows that YUV images are converted to. */
static const lp_pixel bgrx = {4, 0, 1, 2};

/* What one thread works in: a resampled row, and the two converted rows it came from (YUV only). */
typedef struct worker {
    uint8_t *row;
    uint8_t *converted[2];
    int source[2]; /* which source row each holds; -1 none */
} worker;

/* Memory that only grows. */
typedef struct block {
    void *data;
    size_t capacity;
} block;

struct lp_preprocess {
    lp_image_kernels kernels;
    lp_columns columns;
    int source;   /* of the columns: source columns, */
    double scale; /* and scale; 0 where nothing is filled yet */
    block offsets, weights, scratch;
};

/* One call, as its threads see it. */
typedef struct job {
    const lightpose_image *image;
    const lp_geometry *geometry;
    const lp_net_input *input;
    const lp_columns *columns;
    const lp_image_kernels *kernels;
    const lp_yuv *yuv; /* NULL for formats that are resampled as they are */
} job;

lightpose_status lp_preprocess_create(lp_preprocess **preprocess, lightpose_error *error) {
    *preprocess = lp_calloc(1, sizeof **preprocess);
    if (!*preprocess)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for preprocessing");
    (*preprocess)->kernels = lp_image_kernels_for(lp_cpu_features());
    return LIGHTPOSE_OK;
}

void lp_preprocess_destroy(lp_preprocess **preprocess) {
    lp_preprocess *const p = *preprocess;

    if (!p)
        return;
    lp_free(p->offsets.data);
    lp_free(p->weights.data);
    lp_free(p->scratch.data);
    lp_free(p);
    *preprocess = NULL;
}

static lp_pixel pixel_of(lightpose_format format) {
    switch (format) {
    case LIGHTPOSE_BGR24:
        return (lp_pixel){3, 0, 1, 2};
    case LIGHTPOSE_RGB24:
        return (lp_pixel){3, 2, 1, 0};
    case LIGHTPOSE_BGRA:
        return (lp_pixel){4, 0, 1, 2};
    case LIGHTPOSE_RGBA:
        return (lp_pixel){4, 2, 1, 0};
    case LIGHTPOSE_GRAY8:
        return (lp_pixel){1, 0, 0, 0};
    case LIGHTPOSE_NV12:
    case LIGHTPOSE_I420:
        break;
    }
    return bgrx;
}

/* The tables of the columns, kept while images of one size and layout come. */
static lightpose_status prepare_columns(lp_preprocess *p, const lp_geometry *geometry, lp_pixel pixel,
                                        lightpose_error *error) {
    lp_columns *const columns = &p->columns;
    const size_t room = lp_columns_room(geometry->scaled_width);

    if (p->scale == geometry->scale && p->source == geometry->image_width && columns->count == geometry->scaled_width &&
        columns->pixel.bytes == pixel.bytes) {
        columns->pixel = pixel;
        return LIGHTPOSE_OK;
    }
    p->scale = 0; /* not filled, should the memory fail */
    if (geometry->image_width > INT32_MAX / pixel.bytes)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "image width %d: a row of %d-byte pixels is limited to 2^31 bytes",
                       geometry->image_width, pixel.bytes);
    if (lp_grow(&p->offsets.data, &p->offsets.capacity, room, sizeof *columns->offsets) ||
        lp_grow(&p->weights.data, &p->weights.capacity, room * LP_TAP_LANES, sizeof *columns->weights))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the columns of a %dx%d image",
                       geometry->image_width, geometry->image_height);
    columns->offsets = p->offsets.data;
    columns->weights = p->weights.data;
    columns->count = geometry->scaled_width;
    columns->pixel = pixel;
    lp_columns_fill(columns, geometry->image_width, geometry->scale);
    p->source = geometry->image_width;
    p->scale = geometry->scale;
    return LIGHTPOSE_OK;
}

static size_t row_room(const lp_geometry *geometry) {
    return lp_align(3 * lp_columns_room(geometry->scaled_width) + LP_WIDE_WRITE);
}

static size_t converted_room(const lp_geometry *geometry, int is_yuv) {
    return is_yuv ? lp_align(bgrx.bytes * lp_yuv_room(geometry->image_width)) : 0;
}

static lightpose_status prepare_scratch(lp_preprocess *p, const lp_geometry *geometry, int is_yuv, int threads,
                                        lightpose_error *error) {
    const size_t room = row_room(geometry) + 2 * converted_room(geometry, is_yuv);

    if (lp_grow(&p->scratch.data, &p->scratch.capacity, room * (size_t)threads, 1))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the rows of a %dx%d image on %d threads",
                       geometry->image_width, geometry->image_height, threads);
    return LIGHTPOSE_OK;
}

static worker worker_of(const lp_preprocess *p, const lp_geometry *geometry, int is_yuv, int thread) {
    const size_t row = row_room(geometry), converted = converted_room(geometry, is_yuv);
    uint8_t *const base = (uint8_t *)p->scratch.data + (size_t)thread * (row + 2 * converted);

    return (worker){base, {base + row, base + row + converted}, {-1, -1}};
}

static const uint8_t *plane_row(const lightpose_image *image, int plane, int row) {
    return image->planes[plane] + (ptrdiff_t)row * image->strides[plane];
}

/* Row `row` of the image in `slot`, converted unless it is there already. */
static const uint8_t *converted_row(const job *j, worker *w, int slot, int row) {
    const lightpose_image *const image = j->image;
    const int interleaved = image->format == LIGHTPOSE_NV12;
    const uint8_t *const u = plane_row(image, 1, row / 2);
    const uint8_t *const v = interleaved ? u + 1 : plane_row(image, 2, row / 2);

    if (w->source[slot] != row)
        j->kernels->yuv_row(j->yuv, plane_row(image, 0, row), u, v, interleaved ? 2 : 1, image->width,
                            w->converted[slot]);
    w->source[slot] = row;
    return w->converted[slot];
}

/* Rows of even and odd number have a slot each: the pair of one output row never collides, and what the next output row
 * still needs stays. */
static const uint8_t *source_row(const job *j, worker *w, int row) {
    return j->yuv ? converted_row(j, w, row & 1, row) : plane_row(j->image, 0, row);
}

static void output_row(const job *j, worker *w, int net_row) {
    const lp_geometry *const g = j->geometry;
    const lp_element element = j->input->element;
    const size_t size = lp_element_size(element);
    const size_t left = 3 * (size_t)g->pad_left, middle = 3 * (size_t)g->scaled_width;
    const size_t whole = 3 * (size_t)g->net_width;
    const int row = net_row - g->pad_top;
    uint8_t *const out = (uint8_t *)j->input->data + (ptrdiff_t)net_row * j->input->stride;

    if (row < 0 || row >= g->scaled_height) {
        lp_element_pad(element, whole, out);
        return;
    }
    const lp_row_tap tap = lp_row_tap_at(row, g->image_height, g->scale);
    const uint8_t *const upper = source_row(j, w, tap.upper), *const lower = source_row(j, w, tap.lower);

    j->kernels->resample_row(j->columns, &tap, upper, lower, w->row);
    if (j->columns->mean_last)
        lp_resample_last(j->columns, upper, lower, w->row);
    lp_element_pad(element, left, out);
    lp_element_convert(element, w->row, middle, out + left * size);
    lp_element_pad(element, whole - left - middle, out + (left + middle) * size);
}

lightpose_status lp_preprocess_run(lp_preprocess *preprocess, const lightpose_image *image, const lp_geometry *geometry,
                                   int threads, const lp_net_input *input, lightpose_error *error) {
    const int is_yuv = lp_format_planes(image->format) > 1;
    const int rows = geometry->net_height, team = threads < 1 ? 1 : threads < rows ? threads : rows;

    LP_TRY(prepare_columns(preprocess, geometry, pixel_of(image->format), error));
    LP_TRY(prepare_scratch(preprocess, geometry, is_yuv, team, error));
    const job j = {.image = image,
                   .geometry = geometry,
                   .input = input,
                   .columns = &preprocess->columns,
                   .kernels = &preprocess->kernels,
                   .yuv = is_yuv ? lp_yuv_coefficients(image->matrix, image->range) : NULL};

    /* By thread number and not by rows: each piece is contiguous, and has its scratch whatever team OpenMP grants. */
#pragma omp parallel for schedule(static) num_threads(team) if (team > 1)
    for (int t = 0; t < team; t++) {
        worker w = worker_of(preprocess, geometry, is_yuv, t);
        const int end = (int)((int64_t)rows * (t + 1) / team);
        for (int row = (int)((int64_t)rows * t / team); row < end; row++)
            output_row(&j, &w, row);
    }
    return LIGHTPOSE_OK;
}
