/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/single.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

typedef struct lp_gzip {
    z_stream stream;
    unsigned char out[1 << 16];
} lp_gzip;

static int ends_in_gz(const char *path) {
    const size_t size = strlen(path);
    return size > 3 && !strcasecmp(path + size - 3, ".gz");
}

lightpose_status lp_single_open(void **state, size_t size, const char *path, const lp_output_options *options,
                                lightpose_error *error) {
    lp_single *const single = calloc(1, size);
    int zipped = Z_OK;

    *state = NULL;
    if (single && ends_in_gz(path)) {
        single->gzip = calloc(1, sizeof *single->gzip);
        /* 15 + 16: the largest window, and a gzip header; it holds no name and no time, so equal results are equal
         * files. */
        zipped = !single->gzip ? Z_MEM_ERROR
                               : deflateInit2(&single->gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                                              Z_DEFAULT_STRATEGY);
    }
    if (!single || zipped != Z_OK) {
        free(single ? single->gzip : NULL);
        free(single);
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", path);
    }
    *state = single;
    single->options = options;
    const lightpose_status status = lp_output_file_open(&single->file, path, options->guard, error);
    if (status != LIGHTPOSE_OK)
        lp_single_abort(state);
    return status;
}

static lightpose_status deflate_text(lp_single *single, const char *data, size_t size, int flush,
                                     lightpose_error *error) {
    z_stream *const stream = &single->gzip->stream;
    do { /* avail_in has 32 bits */
        const size_t part = size < UINT32_MAX / 2 ? size : UINT32_MAX / 2;
        stream->next_in = (unsigned char *)(uintptr_t)data;
        stream->avail_in = (uInt)part;
        size -= part;
        data += part;
        do {
            stream->next_out = single->gzip->out;
            stream->avail_out = sizeof single->gzip->out;
            deflate(stream, size ? Z_NO_FLUSH : flush); /* fails only on a broken stream, which this is not */
            const size_t ready = sizeof single->gzip->out - stream->avail_out;
            const lightpose_status status = lp_output_file_write(single->file, single->gzip->out, ready, error);
            if (status != LIGHTPOSE_OK)
                return status;
        } while (stream->avail_out == 0);
    } while (size);
    return LIGHTPOSE_OK;
}

lightpose_status lp_single_emit(lp_single *single, lightpose_error *error) {
    const int live = single->stream && single->stream->kind == LP_STREAM_CAMERA;
    lightpose_status status = lp_text_check(&single->text, error);

    if (status == LIGHTPOSE_OK && single->gzip)
        status = deflate_text(single, single->text.data, single->text.size, live ? Z_SYNC_FLUSH : Z_NO_FLUSH, error);
    else if (status == LIGHTPOSE_OK)
        status = lp_output_file_write(single->file, single->text.data, single->text.size, error);
    if (status == LIGHTPOSE_OK && live)
        status = lp_output_file_flush(single->file, error);
    lp_text_clear(&single->text);
    return status;
}

lightpose_status lp_single_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    (void)error;
    ((lp_single *)state)->stream = stream;
    return LIGHTPOSE_OK;
}

static void release(void **state) {
    lp_single *const single = *state;
    if (single->gzip)
        deflateEnd(&single->gzip->stream);
    free(single->gzip);
    lp_text_free(&single->text);
    free(single);
    *state = NULL;
}

lightpose_status lp_single_close(void **state, lightpose_error *error) {
    lp_single *const single = *state;
    lightpose_status status = lp_single_emit(single, error);

    if (status == LIGHTPOSE_OK && single->gzip)
        status = deflate_text(single, NULL, 0, Z_FINISH, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_commit(&single->file, error);
    else
        lp_output_file_abort(&single->file);
    release(state);
    return status;
}

void lp_single_abort(void **state) {
    if (!*state)
        return;
    lp_output_file_abort(&((lp_single *)*state)->file);
    release(state);
}
