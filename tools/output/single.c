/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/single.h"

#include "output/gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int ends_in_gz(const char *path) {
    const size_t size = strlen(path);
    return size > 3 && !strcasecmp(path + size - 3, ".gz");
}

static void release(void **state) {
    lp_single *const single = *state;
    lp_gzip_close(&single->gzip);
    lp_text_free(&single->text);
    free(single->path);
    free(single);
    *state = NULL;
}

lightpose_status lp_single_open(void **state, size_t size, const char *path, const lp_output_options *options,
                                lightpose_error *error) {
    lp_single *const single = calloc(1, size);

    *state = single;
    if (!single || !(single->path = strdup(path))) {
        free(single);
        *state = NULL;
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", path);
    }
    single->options = options;
    lightpose_status status = lp_output_file_open_partial(&single->file, path, options->keep, options->guard, error);
    if (status == LIGHTPOSE_OK && ends_in_gz(path)) {
        single->zip = !lp_output_file_is_direct(single->file);
        if (!single->zip && !(single->gzip = lp_gzip_open()))
            status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", path);
    }
    if (status != LIGHTPOSE_OK)
        lp_single_abort(state);
    return status;
}

lightpose_status lp_single_emit(lp_single *single, lightpose_error *error) {
    lightpose_status status = lp_text_check(&single->text, error);

    if (status == LIGHTPOSE_OK && single->text.size == 0)
        return LIGHTPOSE_OK;
    if (status == LIGHTPOSE_OK && single->gzip)
        status = lp_gzip_write(single->gzip, single->text.data, single->text.size, LP_GZIP_FLUSH, single->file, error);
    else if (status == LIGHTPOSE_OK)
        status = lp_output_file_write(single->file, single->text.data, single->text.size, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_flush(single->file, error);
    lp_text_clear(&single->text);
    return status;
}

lightpose_status lp_single_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    (void)error;
    ((lp_single *)state)->stream = stream;
    return LIGHTPOSE_OK;
}

lightpose_status lp_single_sync(void *state, int64_t *size, lightpose_error *error) {
    const lightpose_status status = lp_single_emit(state, error);
    *size = lp_output_file_size(((const lp_single *)state)->file);
    return status;
}

/* The file already has the header that open put into the text. */
lightpose_status lp_single_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                   lightpose_error *error) {
    lp_single *const single = state;
    (void)saved, (void)size, (void)error;
    single->stream = stream;
    if (single->options->keep > 0)
        lp_text_clear(&single->text);
    return LIGHTPOSE_OK;
}

/* Gzips the partial file under its final name, and removes it. */
static lightpose_status zip_whole(lp_single *single, lightpose_error *error) {
    enum { BLOCK = 1 << 16 };
    FILE *const from = lp_output_file_stream(single->file);
    lp_gzip *gzip = lp_gzip_open();
    char *const block = malloc(BLOCK);
    lp_output_file *to = NULL;
    lightpose_status status = gzip && block
                                  ? lp_output_file_open(&to, single->path, single->options->guard, error)
                                  : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", single->path);

    rewind(from);
    for (size_t got = BLOCK; status == LIGHTPOSE_OK && got == BLOCK;) {
        got = fread(block, 1, BLOCK, from);
        if (ferror(from))
            status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": cannot read what was written: %s", single->path,
                             strerror(errno));
        else
            status = lp_gzip_write(gzip, block, got, got == BLOCK ? LP_GZIP_MORE : LP_GZIP_END, to, error);
    }
    free(block);
    lp_gzip_close(&gzip);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_commit(&to, error);
    else
        lp_output_file_abort(&to);
    if (status == LIGHTPOSE_OK)
        lp_output_file_discard(&single->file);
    else
        lp_output_file_abort(&single->file);
    return status;
}

lightpose_status lp_single_close(void **state, lightpose_error *error) {
    lp_single *const single = *state;
    lightpose_status status = lp_single_emit(single, error);

    if (status == LIGHTPOSE_OK && single->gzip)
        status = lp_gzip_write(single->gzip, NULL, 0, LP_GZIP_END, single->file, error);
    if (status != LIGHTPOSE_OK)
        lp_output_file_abort(&single->file);
    else if (single->options->interrupted)
        status = lp_output_file_leave(&single->file, error);
    else if (single->zip)
        status = zip_whole(single, error);
    else
        status = lp_output_file_commit(&single->file, error);
    release(state);
    return status;
}

void lp_single_abort(void **state) {
    if (!*state)
        return;
    lp_output_file_abort(&((lp_single *)*state)->file);
    release(state);
}
