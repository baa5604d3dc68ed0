/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

struct lp_gzip {
    z_stream stream;
    unsigned char out[1 << 16];
};

lp_gzip *lp_gzip_open(void) {
    lp_gzip *gzip = calloc(1, sizeof *gzip);
    /* 15 + 16: the largest window, and a gzip header. */
    if (gzip &&
        deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        gzip = NULL;
    }
    return gzip;
}

void lp_gzip_close(lp_gzip **gzip) {
    if (*gzip)
        deflateEnd(&(*gzip)->stream);
    free(*gzip);
    *gzip = NULL;
}

lightpose_status lp_gzip_write(lp_gzip *gzip, const char *data, size_t size, lp_gzip_what what, lp_output_file *to,
                               lightpose_error *error) {
    static const int flushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    z_stream *const stream = &gzip->stream;
    do { /* avail_in has 32 bits */
        const size_t part = size < UINT32_MAX / 2 ? size : UINT32_MAX / 2;
        stream->next_in = (unsigned char *)(uintptr_t)data;
        stream->avail_in = (uInt)part;
        size -= part;
        data = data ? data + part : NULL;
        do {
            stream->next_out = gzip->out;
            stream->avail_out = sizeof gzip->out;
            deflate(stream, size ? Z_NO_FLUSH : flushes[what]); /* fails only on a broken stream */
            const size_t ready = sizeof gzip->out - stream->avail_out;
            const lightpose_status status = lp_output_file_write(to, gzip->out, ready, error);
            if (status != LIGHTPOSE_OK)
                return status;
        } while (stream->avail_out == 0);
    } while (size);
    return LIGHTPOSE_OK;
}
