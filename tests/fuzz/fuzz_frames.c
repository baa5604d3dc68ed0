/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Raw frames and Y4M as the command reads them, as a file and as what comes once: an error with a message, or frames
 * whose views are good and whose pixels are there. Raw frames hold the input's own bytes. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/log.h>

#include "image/view.h"
#include "input/input.h"

enum { MOST_FRAMES = 64, MOST_RAW = 64 };

static const char y4m[] = "YUV4MPEG2";

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    av_log_set_level(AV_LOG_QUIET);
    return 0;
}

/* Adds up all pixels, so that one that is not there is seen. */
static uint32_t sum(const lightpose_image *image) {
    uint32_t all = 0;
    for (int p = 0; p < lp_format_planes(image->format); p++)
        for (int y = 0; y < lp_format_rows(image->format, p, image->height); y++)
            for (ptrdiff_t x = 0; x < lp_format_row_bytes(image->format, p, image->width); x++)
                all += image->planes[p][y * image->strides[p] + x];
    return all;
}

/* A whole frame of raw BGR24 is the bytes of its place. */
static void compare(const lp_input_frame *frame, const lp_input_options *options, const uint8_t *bytes, size_t size) {
    const size_t row = 3 * (size_t)options->raw_width, whole = row * (size_t)options->raw_height;
    if (!options->raw_format || strcmp(options->raw_format, "bgr24") || frame->image.format != LIGHTPOSE_BGR24 ||
        options->turn.transpose || options->turn.mirror_x || options->turn.mirror_y)
        return;
    must(frame->index >= 0 && (size_t)frame->index < size / whole);
    for (int y = 0; y < options->raw_height; y++)
        must(memcmp(frame->image.planes[0] + y * frame->image.strides[0],
                    bytes + (size_t)frame->index * whole + (size_t)y * row, row) == 0);
}

static void read_frames(const lp_source *source, const lp_input_options *options, const uint8_t *bytes, size_t size) {
    lightpose_settings settings;
    lightpose_error error = {0};
    lp_input *input = NULL;
    lp_input_frame frame = {0};
    lp_input_about about;
    int64_t last = -1;
    int got;

    lightpose_settings_init(&settings);
    if (!fuzz_told(lp_input_open(&input, source, options, &error), &error))
        return;
    lp_input_get_about(input, &about);
    must(about.width >= 0 && about.height >= 0 && about.frames >= -1);
    for (int i = 0; i < MOST_FRAMES && (got = lp_input_next(input, &frame, &error)) != 0; i++) {
        must(got > 0 || *error.text);
        if (got < 0)
            break;
        must(frame.index > last);
        must(options->range.last < 0 || frame.index <= options->range.last);
        last = frame.index;
        if (frame.state == LP_INPUT_OK && !frame.path) {
            lightpose_error view = {0};
            must(fuzz_told(lp_view_check(&frame.image, &settings, &view), &view));
            (void)sum(&frame.image);
            compare(&frame, options, bytes, size);
        } else if (frame.state != LP_INPUT_OK) {
            must(*frame.reason);
        }
    }
    lp_input_frame_release(&frame);
    lp_input_close(&input);
}

static int64_t at_least(int64_t value, int64_t least) {
    return value < least ? least : value;
}

static void make_options(fuzz_input *input, int what, lp_input_options *options) {
    static const char *const formats[] = {"bgr24",   "nv12",        "yuv420p", "gray", "rgba",      "bgra",
                                          "yuv444p", "yuv420p10le", "pal8",    "rgb8", "monowhite", "nonsense"};
    lp_input_options_default(options);
    options->reconnect = 0;
    if (what & 1) {
        options->raw_format = formats[fuzz_byte(input) % (sizeof formats / sizeof *formats)];
        options->raw_width = 1 + fuzz_below(input, MOST_RAW);
        options->raw_height = 1 + fuzz_below(input, MOST_RAW);
    }
    if (what & 4) {
        options->range.first = at_least(fuzz_below(input, 2) ? 0 : fuzz_whole(input, 8), 0);
        options->range.last = at_least(fuzz_whole(input, 16), -1);
        options->step = at_least(fuzz_whole(input, 4), 1);
    }
    if (what & 8) {
        options->turn.transpose = fuzz_below(input, 2);
        options->turn.mirror_x = fuzz_below(input, 2);
        options->turn.mirror_y = fuzz_below(input, 2);
    }
    if (what & 16) {
        options->range.from = (double)fuzz_float(input, 2);
        options->range.from = options->range.from >= 0 ? options->range.from : -1;
    }
    options->keep_damaged = what >> 5 & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const int what = fuzz_byte(&input);
    lp_input_options options;
    make_options(&input, what, &options);
    const size_t head = what & 1 ? 0 : sizeof y4m - 1, bytes = head + input.left;
    uint8_t *const file = malloc(bytes + 1);

    memcpy(file, y4m, head);
    if (input.left)
        memcpy(file + head, input.at, input.left);
    char *const path = strdup(fuzz_file(0, file, bytes));
    lp_source source = {.kind = LP_SOURCE_VIDEO, .text = path, .url = path, .name = path};
    source.once = what >> 1 & 1;
    source.reopen = source.once ? NULL : path;
    read_frames(&source, &options, file, bytes);
    free(path);
    free(file);
    return 0;
}
