/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "diff/results.h"

#include "diff/readers.h"
#include "output/file.h"
#include "output/writers.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static const char openpose_ending[] = "_keypoints.json";

void lp_diff_free(lp_diff_results *results) {
    for (size_t i = 0; i < results->frame_count; i++)
        free(results->frames[i].name);
    free(results->frames);
    free(results->people);
    *results = (lp_diff_results){0};
}

lightpose_status lp_diff_bad(const lp_diff_results *results, lightpose_error *error, const char *where,
                             const char *format, ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\": %s: %s", results->path, where, text);
}

int64_t lp_diff_number(const char *name) {
    int64_t number;
    return lp_image_number(name, &number) ? number : -1;
}

static int grow(void **array, size_t *room, size_t count, size_t size) {
    if (count < *room)
        return 1;
    const size_t more = *room ? *room * 2 : 256;
    void *const bigger = reallocarray(*array, more, size);
    if (!bigger)
        return 0;
    *array = bigger;
    *room = more;
    return 1;
}

static lightpose_status no_memory(const lp_diff_results *results, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to read \"%s\"", results->path);
}

lightpose_status lp_diff_add_frame(lp_diff_results *results, const char *name, int64_t number, int ok,
                                   lightpose_error *error) {
    void *frames = results->frames;
    char *const copy = name ? strdup(name) : NULL;
    if ((name && !copy) || !grow(&frames, &results->frame_room, results->frame_count, sizeof *results->frames)) {
        free(copy);
        return no_memory(results, error);
    }
    results->frames = frames;
    results->frames[results->frame_count++] =
        (lp_diff_frame){.name = copy, .number = number, .ok = ok, .first = results->people_count};
    return LIGHTPOSE_OK;
}

lp_diff_person *lp_diff_add_person(lp_diff_results *results, lightpose_error *error) {
    void *people = results->people;
    if (!grow(&people, &results->people_room, results->people_count, sizeof *results->people)) {
        (void)no_memory(results, error);
        return NULL;
    }
    results->people = people;
    lp_diff_person *const person = &results->people[results->people_count++];
    *person = (lp_diff_person){.id = -1};
    results->frames[results->frame_count - 1].count++;
    return person;
}

static int by_number(const void *a, const void *b) {
    const lp_diff_frame *const x = a, *const y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first); /* keeps the order of the file */
}

lightpose_status lp_diff_group(lp_diff_results *results, lightpose_error *error) {
    lp_diff_person *const people = calloc(results->people_count ? results->people_count : 1, sizeof *people);
    size_t frames = 0, count = 0;

    if (!people)
        return no_memory(results, error);
    if (results->frame_count > 0) /* qsort takes no NULL */
        qsort(results->frames, results->frame_count, sizeof *results->frames, by_number);
    for (size_t i = 0; i < results->frame_count; i++) {
        const lp_diff_frame from = results->frames[i];
        if (frames == 0 || results->frames[frames - 1].number != from.number)
            results->frames[frames++] = (lp_diff_frame){.number = from.number, .ok = 1, .first = count};
        for (size_t p = 0; p < from.count; p++)
            people[count++] = results->people[from.first + p];
        results->frames[frames - 1].count += from.count;
    }
    free(results->people);
    results->people = people;
    results->people_room = results->people_count;
    results->frame_count = frames;
    return LIGHTPOSE_OK;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static lightpose_status cannot_read(const char *path, const char *why, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": cannot read: %s", path, why);
}

/* The error that ended the reading; NULL: none. A truncated gzip file has its error only at the end. */
static const char *trouble_of(gzFile file) {
    int number;
    const char *const text = gzerror(file, &number);
    return number == Z_OK || number == Z_STREAM_END ? NULL
           : number == Z_ERRNO                      ? strerror(errno)
           : number == Z_BUF_ERROR                  ? "the gzip data end early"
                                                    : text;
}

/* Reads into *text up to and including the next `end`, or to the end of the file if `end` is -1 or does not follow.
 * Returns the size, 0 at the end, or -1 if out of memory. */
static ssize_t read_until(gzFile file, int end, char **text, size_t *room) {
    size_t size = 0;
    for (;;) {
        if (size + 1 >= *room) {
            const size_t more = *room ? *room * 2 : 1 << 16;
            char *const bigger = more > (size_t)SSIZE_MAX ? NULL : realloc(*text, more);
            if (!bigger)
                return -1;
            *text = bigger;
            *room = more;
        }
        if (end < 0) {
            const size_t space = *room - size - 1;
            const int got = gzread(file, *text + size, space < 1 << 30 ? (unsigned)space : 1 << 30);
            if (got <= 0)
                return (*text)[size] = '\0', (ssize_t)size;
            size += (size_t)got;
            continue;
        }
        const int byte = gzgetc(file);
        if (byte >= 0)
            (*text)[size++] = (char)byte;
        if (byte < 0 || byte == end)
            return (*text)[size] = '\0', (ssize_t)size;
    }
}

static int is_blank(const char *text, size_t size) {
    return strspn(text, " \t\r\n") >= size;
}

static lightpose_status read_lines(lp_diff_results *results, gzFile file, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    lightpose_error detail = {0};
    char *text = NULL;
    size_t room = 0;
    ssize_t size = 1;

    for (int64_t line = 1; status == LIGHTPOSE_OK && (size = read_until(file, '\n', &text, &room)) > 0; line++)
        if (!is_blank(text, (size_t)size))
            status = lp_diff_jsonl_line(results, text, (size_t)size, line, &detail);
    free(text);
    if (size < 0)
        return no_memory(results, error);
    const char *const trouble = trouble_of(file);
    if (trouble) /* more helpful than the error of parsing half a line */
        return cannot_read(results->path, trouble, error);
    return status == LIGHTPOSE_OK ? status : lp_fail(error, status, "%s", detail.text);
}

static lightpose_status read_whole(lp_diff_results *results, gzFile file, int first, const char *name,
                                   lightpose_error *error) {
    lightpose_status status;
    char *text = NULL;
    size_t room = 0;

    const ssize_t size = read_until(file, -1, &text, &room);
    if (size < 0) {
        status = no_memory(results, error);
    } else if (trouble_of(file)) {
        status = cannot_read(results->path, trouble_of(file), error);
    } else if (first == '[') {
        status = lp_diff_array(results, text, (size_t)size, error);
    } else {
        json_error_t where;
        json_t *const object = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, &where);
        results->lone = object && results->frame_count == 0;
        if (object)
            status = lp_diff_openpose(results, object, name, error);
        else
            status = lp_diff_bad(results, error, name, "line %d, column %d: %s", where.line, where.column, where.text);
        json_decref(object);
    }
    free(text);
    return status;
}

/* Whether the file is an OpenPose object, which begins with "version" or "people". */
static int is_openpose(gzFile file) {
    char start[200];
    const int size = gzread(file, start, sizeof start - 1);
    start[size > 0 ? size : 0] = '\0';
    gzrewind(file);
    const char *const text = start + strspn(start, " \t\r\n{");
    return !strncmp(text, "\"version\"", 9) || !strncmp(text, "\"people\"", 8);
}

static lightpose_status read_file(lp_diff_results *results, const char *path, const char *name,
                                  lightpose_error *error) {
    lightpose_status status;
    int first;

    errno = 0;
    gzFile file = gzopen(path, "rbe");
    if (!file)
        return cannot_read(path, errno ? strerror(errno) : "no memory", error);
    gzbuffer(file, 1 << 16);
    while ((first = gzgetc(file)) == ' ' || first == '\t' || first == '\r' || first == '\n')
        ;
    const char *const trouble = first < 0 ? trouble_of(file) : NULL;
    if (!trouble)
        gzrewind(file);
    if (trouble)
        status = cannot_read(path, trouble, error);
    else if (first != '[' && first != '{')
        status = lp_diff_bad(results, error, name, "%s, neither JSON Lines, COCO results nor OpenPose JSON",
                             first < 0 ? "empty" : "no JSON");
    else if (first == '[' || is_openpose(file))
        status = read_whole(results, file, first, name, error);
    else
        status = read_lines(results, file, error);
    gzclose_r(file);
    return status;
}

/* ---- Folders ----------------------------------------------------------------------------------------------------- */

static int is_frame(const struct dirent *entry) {
    const size_t size = strlen(entry->d_name), tail = sizeof openpose_ending - 1;
    return size > tail && !strcmp(entry->d_name + size - tail, openpose_ending);
}

static lightpose_status read_folder(lp_diff_results *results, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    struct dirent **entries;

    const int count = scandir(results->path, &entries, is_frame, alphasort);
    if (count < 0)
        return cannot_read(results->path, strerror(errno), error);
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (status == LIGHTPOSE_OK && asprintf(&path, "%s/%s", results->path, entries[i]->d_name) < 0)
            status = no_memory(results, error);
        if (status == LIGHTPOSE_OK)
            status = read_file(results, path, entries[i]->d_name, error);
        results->lone = 0;
        free(path);
        free(entries[i]);
    }
    free(entries);
    if (status == LIGHTPOSE_OK && count == 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\": no file of this folder ends in \"%s\"",
                         results->path, openpose_ending);
    return status;
}

lightpose_status lp_diff_read(lp_diff_results *results, const char *path, lightpose_error *error) {
    struct stat entry;

    *results = (lp_diff_results){.path = path, .carried = (1u << LIGHTPOSE_KEYPOINTS) - 1};
    if (stat(path, &entry) != 0)
        return cannot_read(path, strerror(errno), error);
    if (S_ISDIR(entry.st_mode))
        return read_folder(results, error);
    const char *const slash = strrchr(path, '/');
    return read_file(results, path, slash ? slash + 1 : path, error);
}
