/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Image views, crops and preprocessing. A view is refused with a message, or its pixels can be preprocessed: from
 * memory that ends with its last byte and begins with its first, with the network input that a tightly packed copy
 * gives. */

#include "fuzz.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "image/preprocess.h"
#include "image/view.h"

enum { MOST_SPAN = 1 << 17, MOST_NET_WIDTH = 256 };

typedef struct memory {
    uint8_t *planes[3];
} memory;

static void free_memory(memory *m) {
    for (int p = 0; p < 3; p++)
        free(m->planes[p]);
}

/* ---- The view ---------------------------------------------------------------------------------------------------- */

static ptrdiff_t make_stride(fuzz_input *input, ptrdiff_t row) {
    switch (fuzz_below(input, 8)) {
    case 0:
    case 1:
        return row;
    case 2:
        return row + fuzz_below(input, 64);
    case 3:
        return -row;
    case 4:
        return -row - fuzz_below(input, 64);
    case 5:
        return row - fuzz_below(input, 4);
    case 6:
        return (ptrdiff_t)fuzz_whole(input, 1024);
    default:
        return -(ptrdiff_t)fuzz_below(input, 1024);
    }
}

static lightpose_image make_view(fuzz_input *input) {
    lightpose_image view = {.format = (lightpose_format)(fuzz_below(input, LP_FORMATS + 2) - 1),
                            .width = (int)fuzz_whole(input, 64),
                            .height = (int)fuzz_whole(input, 64),
                            .matrix = (lightpose_matrix)(fuzz_byte(input) % 3),
                            .range = (lightpose_range)(fuzz_byte(input) % 3)};
    const int kind = fuzz_byte(input);

    view.pixel_aspect = kind < 128 ? 0 : fuzz_float(input, 4);
    for (int p = 0; p < 3; p++) {
        view.strides[p] = make_stride(input, lp_format_row_bytes(view.format, p, view.width));
        view.planes[p] = kind % 16 == p + 1 ? NULL : (const uint8_t *)64; /* not read before it gets its memory */
    }
    return view;
}

/* Gives a checked view memory of exactly its size, filled from `seed`; 0 where that is too much to try. */
static int give_memory(lightpose_image *view, memory *m, uint32_t seed) {
    size_t spans[3] = {0};
    for (int p = 0; p < lp_format_planes(view->format); p++) {
        const size_t rows = (size_t)lp_format_rows(view->format, p, view->height);
        const size_t stride = view->strides[p] < 0 ? -(size_t)view->strides[p] : (size_t)view->strides[p];
        if (rows > MOST_SPAN || stride > MOST_SPAN || rows * stride > MOST_SPAN)
            return 0;
        spans[p] = (rows - 1) * stride + (size_t)lp_format_row_bytes(view->format, p, view->width);
    }
    for (int p = 0; p < lp_format_planes(view->format); p++) {
        m->planes[p] = malloc(spans[p]);
        for (size_t i = 0; i < spans[p]; i++)
            m->planes[p][i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        const int rows = lp_format_rows(view->format, p, view->height);
        view->planes[p] = m->planes[p] + (view->strides[p] < 0 ? -view->strides[p] * (rows - 1) : 0);
    }
    return 1;
}

static lightpose_image packed(const lightpose_image *view, memory *m) {
    lightpose_image copy = *view;
    for (int p = 0; p < lp_format_planes(view->format); p++) {
        const ptrdiff_t row = lp_format_row_bytes(view->format, p, view->width);
        const int rows = lp_format_rows(view->format, p, view->height);
        m->planes[p] = malloc((size_t)(row * rows));
        for (int y = 0; y < rows; y++)
            memcpy(m->planes[p] + y * row, view->planes[p] + y * view->strides[p], (size_t)row);
        copy.planes[p] = m->planes[p];
        copy.strides[p] = row;
    }
    return copy;
}

/* ---- The network's input ----------------------------------------------------------------------------------------- */

/* Freed by the caller; NULL where a limit forbids it, which must be told. */
static uint8_t *preprocess(lp_preprocess *p, const lightpose_image *view, const lightpose_settings *settings,
                           lp_element element, size_t *size, lp_geometry *geometry) {
    lightpose_error error = {0};

    if (!fuzz_told(lp_geometry_of_image(geometry, view, settings->height, settings, &error), &error))
        return NULL;
    must(geometry->net_width <= settings->max_net_width && geometry->net_height <= settings->max_net_height);
    const size_t row = 3 * (size_t)geometry->net_width * lp_element_size(element);
    *size = row * (size_t)geometry->net_height;
    uint8_t *const levels = malloc(*size);
    const lp_net_input input = {element, levels, (ptrdiff_t)row};
    must(fuzz_told(lp_preprocess_run(p, view, geometry, NULL, &input, &error), &error));
    return levels;
}

static void check_mirror(uint8_t *levels, size_t size, lp_element element, const lp_geometry *geometry) {
    uint8_t *const kept = malloc(size);
    const lp_net_input input = {element, levels, (ptrdiff_t)(size / (size_t)geometry->net_height)};

    memcpy(kept, levels, size);
    lp_mirror_input(&input, geometry->net_width, geometry->net_height);
    lp_mirror_input(&input, geometry->net_width, geometry->net_height);
    must(memcmp(kept, levels, size) == 0);
    free(kept);
}

static void compare(lp_preprocess *p, const lightpose_image *view, const lightpose_settings *settings,
                    lp_element element) {
    lp_geometry geometry;
    lp_preprocess *fresh;
    memory copy = {{NULL}};
    size_t size, other_size;

    uint8_t *const levels = preprocess(p, view, settings, element, &size, &geometry);
    if (!levels)
        return;
    must(lp_preprocess_create(&fresh, NULL) == LIGHTPOSE_OK);
    const lightpose_image tight = packed(view, &copy);
    uint8_t *const other = preprocess(fresh, &tight, settings, element, &other_size, &geometry);
    must(other && size == other_size && memcmp(levels, other, size) == 0);
    check_mirror(levels, size, element, &geometry);
    free(levels);
    free(other);
    free_memory(&copy);
    lp_preprocess_destroy(&fresh);
}

static void try_crop(fuzz_input *input, lightpose_image *view) {
    lightpose_error error = {0};
    const lightpose_image before = *view;
    int x = (int)fuzz_whole(input, 49), y = (int)fuzz_whole(input, 49);
    x -= x > INT_MIN; /* from 0 */
    y -= y > INT_MIN;
    const int width = (int)fuzz_whole(input, 48), height = (int)fuzz_whole(input, 48);

    if (fuzz_told(lightpose_image_crop(view, &x, &y, width, height, &error), &error))
        must(view->width >= width && view->height >= height && view->width <= before.width - x &&
             view->height <= before.height - y && x >= 0 && y >= 0);
    else
        must(memcmp(&before, view, sizeof before) == 0);
}

/* Some views after each other on one preprocessor, which keeps tables from one to the next. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lightpose_settings settings;
    lp_preprocess *p;

    lightpose_settings_init(&settings);
    settings.max_net_width = MOST_NET_WIDTH;
    must(lp_preprocess_create(&p, NULL) == LIGHTPOSE_OK);
    for (int views = 0; views < 4 && input.left > 0; views++) {
        lightpose_image view = make_view(&input);
        lightpose_error error = {0};
        memory m = {{NULL}};
        settings.height = 1 + fuzz_below(&input, 40);
        const int how = fuzz_byte(&input);
        if (fuzz_told(lp_view_check(&view, &settings, &error), &error)) {
            if (give_memory(&view, &m, (uint32_t)how)) {
                if (how & 64)
                    try_crop(&input, &view);
                compare(p, &view, &settings, (lp_element)(how % 4));
            }
        }
        free_memory(&m);
    }
    lp_preprocess_destroy(&p);
    return 0;
}
