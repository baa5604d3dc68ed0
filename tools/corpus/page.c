/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/page.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "output/file.h"

static const char doctype[] = "<!DOCTYPE html>", refresh_mark[] = "@REFRESH@", data_mark[] = "@DATA@";

/* Refuses to replace other files, so that a mistyped name does not overwrite a video or the database. */
static lightpose_status check_replaced(const char *path, lightpose_error *error) {
    struct stat existing;
    char start[sizeof doctype - 1];
    if (!strcmp(path, "-") || stat(path, &existing) != 0 || !S_ISREG(existing.st_mode) || existing.st_size == 0)
        return LIGHTPOSE_OK;
    FILE *const file = fopen(path, "rb");
    const int is_page =
        file && fread(start, 1, sizeof start, file) == sizeof start && !memcmp(start, doctype, sizeof start);
    if (file)
        (void)fclose(file);
    return is_page ? LIGHTPOSE_OK
                   : lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s exists and is not a page; give --html another name",
                             path);
}

/* Escapes "<", which JSON has only in strings, so that no name can end the script element around the JSON. */
static int put_json(const char *bytes, size_t size, void *opaque) {
    FILE *const stream = opaque;
    for (const char *end = bytes + size, *next; bytes < end; bytes = next) {
        next = memchr(bytes, '<', (size_t)(end - bytes));
        const size_t plain = (size_t)((next ? next : end) - bytes);
        if (fwrite(bytes, 1, plain, stream) != plain || (next && fputs("\\u003c", stream) == EOF))
            return -1;
        next = next ? next + 1 : end;
    }
    return 0;
}

/* Errors of the stream are detected at commit. */
static lightpose_status write_page(FILE *stream, const json_t *status, int seconds, lightpose_error *error) {
    const char *const page = (const char *)lp_corpus_page, *const end = page + lp_corpus_page_size;
    const char *const refresh = memmem(page, lp_corpus_page_size, refresh_mark, sizeof refresh_mark - 1);
    const char *const data = memmem(page, lp_corpus_page_size, data_mark, sizeof data_mark - 1);
    const char *const between = refresh + sizeof refresh_mark - 1, *const after = data + sizeof data_mark - 1;
    (void)fwrite(page, 1, (size_t)(refresh - page), stream);
    if (seconds)
        (void)fprintf(stream, "<meta http-equiv=\"refresh\" content=\"%d\">", seconds);
    (void)fwrite(between, 1, (size_t)(data - between), stream);
    if (json_dump_callback(status, put_json, stream, JSON_COMPACT) != 0 && !ferror(stream))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the page");
    (void)fwrite(after, 1, (size_t)(end - after), stream);
    return LIGHTPOSE_OK;
}

lightpose_status lp_corpus_page_write(const char *path, const json_t *status, int seconds, lightpose_error *error) {
    lp_output_file *file;
    LP_TRY(check_replaced(path, error));
    LP_TRY(lp_output_file_open(&file, path, NULL, error));
    lightpose_status result = write_page(lp_output_file_stream(file), status, seconds, error);
    if (result == LIGHTPOSE_OK)
        result = lp_output_file_commit(&file, error);
    lp_output_file_abort(&file);
    return result;
}
