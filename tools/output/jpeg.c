/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/jpeg.h"

#include <limits.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include <libavcodec/packet.h>

#include "fail.h"

#ifndef JCS_EXTENSIONS
#error "libjpeg-turbo is needed: this libjpeg does not read BGR"
#endif

enum { GROWTH = 1 << 16 };

typedef struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr to;
    jmp_buf failed;
    AVPacket *packet;
} encoder;

/* This must not return to libjpeg. */
static void leave(j_common_ptr jpeg) {
    longjmp(((encoder *)jpeg->client_data)->failed, 1);
}

static void say_nothing(j_common_ptr jpeg) {
    (void)jpeg;
}

/* ---- The packet as libjpeg's destination ------------------------------------------------------------------------- */

/* Called when the packet is full. */
static boolean make_room(j_compress_ptr jpeg) {
    encoder *const e = jpeg->client_data;
    const int size = e->packet->size, more = size ? size : GROWTH;
    if (more > INT_MAX / 2 || av_grow_packet(e->packet, more) < 0)
        ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    e->to.next_output_byte = e->packet->data + size;
    e->to.free_in_buffer = (size_t)more;
    return TRUE;
}

static void begin(j_compress_ptr jpeg) {
    (void)make_room(jpeg);
}

static void end(j_compress_ptr jpeg) {
    encoder *const e = jpeg->client_data;
    av_shrink_packet(e->packet, e->packet->size - (int)e->to.free_in_buffer);
}

/* ---- The picture ------------------------------------------------------------------------------------------------- */

static void compress(encoder *e, const lightpose_canvas *pixels, int quality, int halved) {
    struct jpeg_compress_struct *const jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg->dest = &e->to;
    jpeg->image_width = (JDIMENSION)pixels->width;
    jpeg->image_height = (JDIMENSION)pixels->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_EXT_BGR;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->comp_info[0].h_samp_factor = halved ? 2 : 1;
    jpeg->comp_info[0].v_samp_factor = halved ? 2 : 1;
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW rows[16];
        JDIMENSION count = 0;
        for (; count < 16 && jpeg->next_scanline + count < jpeg->image_height; count++)
            rows[count] = pixels->pixels + (ptrdiff_t)(jpeg->next_scanline + count) * pixels->stride;
        jpeg_write_scanlines(jpeg, rows, count);
    }
    jpeg_finish_compress(jpeg);
}

/* A separate function without local variables, whose values would be indeterminate after longjmp. */
static int try_to_compress(encoder *e, const lightpose_canvas *pixels, int quality, int halved) {
    if (setjmp(e->failed))
        return 0;
    compress(e, pixels, quality, halved);
    return 1;
}

lightpose_status lp_jpeg_encode(const lightpose_canvas *pixels, int quality, int halved, struct AVPacket *packet,
                                const char *path, lightpose_error *error) {
    encoder e = {.packet = packet,
                 .to = {.init_destination = begin, .empty_output_buffer = make_room, .term_destination = end}};
    lightpose_status status = LIGHTPOSE_OK;
    e.jpeg.client_data = &e;
    e.jpeg.err = jpeg_std_error(&e.errors);
    e.errors.error_exit = leave;
    e.errors.output_message = say_nothing;
    if (!try_to_compress(&e, pixels, quality, halved)) {
        char reason[JMSG_LENGTH_MAX];
        e.errors.format_message((j_common_ptr)&e.jpeg, reason);
        status = lp_fail(
            error, e.errors.msg_code == JERR_OUT_OF_MEMORY ? LIGHTPOSE_ERROR_MEMORY : LIGHTPOSE_ERROR_ENGINE,
            "\"%s\": a picture of %dx%d cannot be written as JPEG: %s", path, pixels->width, pixels->height, reason);
        av_packet_unref(packet);
    }
    jpeg_destroy_compress(&e.jpeg);
    return status;
}
