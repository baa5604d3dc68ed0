/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/preprocess.h"

#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "image/element.h"
#include "image/kernels.h"
#include "image/view.h"

/* A buffer that only grows. */
typedef struct block {
    void *data;
    size_t capacity;
} block;

struct lp_preprocess {
    lp_image_kernels kernels;
    lp_yuv_columns columns; /* packed formats use luma's */
    int source;             /* what `columns` is filled for: source columns, */
    double scale;           /* scale (0: not filled yet) */
    lightpose_range range;  /* and, for YUV, the range, which sets the chroma siting */
    block offsets, weights, chroma_offsets, chroma_weights;
    block rows; /* for each thread, a resampled row and the YUV rows resampled vertically */
};

/* One call, shared by its threads. */
typedef struct job {
    const lightpose_image *image;
    const lp_geometry *geometry;
    const lp_net_input *input;
    const lp_yuv_columns *columns;
    const lp_image_kernels *kernels;
    const lp_yuv *yuv; /* NULL for packed formats */
    uint8_t *scratch;  /* of each thread, thread_room bytes apart; YUV's part begins after row_room */
    size_t row_room, thread_room;
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
    lp_free(p->chroma_offsets.data);
    lp_free(p->chroma_weights.data);
    lp_free(p->rows.data);
    lp_free(p);
    *preprocess = NULL;
}

/* YUV formats have planes of one byte per pixel: {1, 0, 0, 0}, as GRAY8. */
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
    case LIGHTPOSE_NV12:
    case LIGHTPOSE_I420:
        break;
    }
    return (lp_pixel){1, 0, 0, 0};
}

static int grow(block *b, size_t count, size_t size) {
    return lp_grow(&b->data, &b->capacity, count, size);
}

/* `bytes`: of a pixel. */
static lightpose_status reserve(lp_preprocess *p, const lp_geometry *geometry, int bytes, int threads,
                                size_t thread_room, lightpose_error *error) {
    lp_columns *const columns = &p->columns.luma, *const chroma = &p->columns.chroma;
    const size_t room = lp_columns_room(geometry->scaled_width);

    if (geometry->image_width > INT32_MAX / bytes)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "image width %d: a row of %d-byte pixels is limited to 2^31 bytes",
                       geometry->image_width, bytes);
    if (grow(&p->offsets, room, sizeof *columns->offsets) ||
        grow(&p->weights, room * 2 * LP_PACKED_PAIRS, sizeof *columns->weights) ||
        grow(&p->chroma_offsets, room, sizeof *chroma->offsets) ||
        grow(&p->chroma_weights, room * 2 * LP_CHROMA_PAIRS, sizeof *chroma->weights) ||
        grow(&p->rows, thread_room * (size_t)threads, 1))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to preprocess a %dx%d image on %d threads",
                       geometry->image_width, geometry->image_height, threads);
    columns->offsets = p->offsets.data;
    columns->weights = p->weights.data;
    chroma->offsets = p->chroma_offsets.data;
    chroma->weights = p->chroma_weights.data;
    return LIGHTPOSE_OK;
}

/* Fills the column tables unless the last image had the same size and layout. */
static void fill_columns(lp_preprocess *p, const lp_geometry *geometry, lp_pixel pixel, int is_yuv,
                         lightpose_range range) {
    lp_columns *const columns = &p->columns.luma;
    const int pairs = is_yuv ? LP_LUMA_PAIRS : LP_PACKED_PAIRS;
    const int filled = p->scale == geometry->scale_x && p->source == geometry->image_width &&
                       columns->count == geometry->scaled_width && columns->pixel.bytes == pixel.bytes &&
                       columns->pairs == pairs && (!is_yuv || p->range == range);

    columns->count = p->columns.chroma.count = geometry->scaled_width;
    columns->pixel = pixel;
    columns->pairs = pairs;
    if (filled)
        return;
    if (is_yuv)
        lp_yuv_columns_fill(&p->columns, geometry->image_width, geometry->scale_x, range);
    else
        lp_columns_fill(columns, geometry->image_width, geometry->scale_x, 0);
    p->source = geometry->image_width;
    p->scale = geometry->scale_x;
    p->range = range;
}

static const uint8_t *plane_row(const lightpose_image *image, int plane, int row) {
    return image->planes[plane] + (ptrdiff_t)row * image->strides[plane];
}

static lp_yuv_row yuv_row(const lightpose_image *image, int luma, int chroma) {
    const uint8_t *const u = plane_row(image, 1, chroma);

    return (lp_yuv_row){plane_row(image, 0, luma), u,
                        image->format == LIGHTPOSE_NV12 ? u + 1 : plane_row(image, 2, chroma)};
}

static void resample_yuv(const job *j, int row, int16_t *scratch, uint8_t *bgr) {
    const lightpose_image *const image = j->image;
    const double scale = j->geometry->scale;
    const lp_row_tap luma = lp_row_tap_at(row, image->height, scale);
    const lp_row_tap chroma = lp_row_tap_at(row, lp_format_rows(image->format, 1, image->height), 2 * scale);
    const lp_yuv_rows rows = {.upper = yuv_row(image, luma.upper, chroma.upper),
                              .lower = yuv_row(image, luma.lower, chroma.lower),
                              .step = image->format == LIGHTPOSE_NV12 ? 2 : 1,
                              .width = image->width,
                              .luma_weight = luma.lower_weight,
                              .chroma_weight = chroma.lower_weight};

    j->kernels->yuv_resample_row(j->columns, &rows, j->yuv, scratch, bgr);
}

static void resample_packed(const job *j, int row, uint8_t *bgr) {
    const lp_row_tap tap = lp_row_tap_at(row, j->image->height, j->geometry->scale);

    j->kernels->resample_row(&j->columns->luma, &tap, plane_row(j->image, 0, tap.upper),
                             plane_row(j->image, 0, tap.lower), bgr);
}

static void output_row(const job *j, int net_row, uint8_t *bgr) {
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
    if (j->yuv)
        resample_yuv(j, row, (int16_t *)(void *)(bgr + j->row_room), bgr);
    else
        resample_packed(j, row, bgr);
    lp_element_pad(element, left, out);
    lp_element_convert(element, bgr, middle, out + left * size);
    lp_element_pad(element, whole - left - middle, out + (left + middle) * size);
}

static void output_rows(void *argument, int begin, int end, int thread) {
    const job *const j = argument;

    for (int row = begin; row < end; row++)
        output_row(j, row, j->scratch + (size_t)thread * j->thread_room);
}

lightpose_status lp_preprocess_run(lp_preprocess *preprocess, const lightpose_image *image, const lp_geometry *geometry,
                                   lp_team *team, const lp_net_input *input, lightpose_error *error) {
    const int is_yuv = lp_format_planes(image->format) > 1;
    const size_t row_room = lp_align(3 * lp_columns_room(geometry->scaled_width) + LP_WIDE_WRITE);
    const size_t yuv_room = is_yuv ? lp_align(lp_yuv_scratch(image->width) * sizeof(int16_t)) : 0;
    const lp_pixel pixel = pixel_of(image->format);

    /* YUV is resampled in 16 bits. */
    LP_TRY(reserve(preprocess, geometry, is_yuv ? 2 : pixel.bytes, lp_team_size(team), row_room + yuv_room, error));
    fill_columns(preprocess, geometry, pixel, is_yuv, image->range);
    job j = {.image = image,
             .geometry = geometry,
             .input = input,
             .columns = &preprocess->columns,
             .kernels = &preprocess->kernels,
             .yuv = is_yuv ? lp_yuv_coefficients(image->matrix, image->range) : NULL,
             .scratch = preprocess->rows.data,
             .row_room = row_room,
             .thread_room = row_room + yuv_room};
    lp_team_share(team, geometry->net_height, output_rows, &j);
    return LIGHTPOSE_OK;
}

void lp_mirror_input(const lp_net_input *input, int width, int height) {
    const size_t size = 3 * lp_element_size(input->element);
    char held[3 * sizeof(float)];

    for (int y = 0; y < height; y++) {
        char *left = (char *)input->data + y * input->stride, *right = left + ((size_t)width - 1) * size;
        for (; left < right; left += size, right -= size) {
            memcpy(held, left, size);
            memcpy(left, right, size);
            memcpy(right, held, size);
        }
    }
}
