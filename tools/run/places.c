/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/places.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "output/writers.h"

typedef struct request {
    const lp_cli_operands *formats;
    int draw;
    int taken;   /* some path uses the formats */
    int folders; /* how many paths are folders */
} request;

static int has_ending_of(const char *path, const char *const *endings) {
    const size_t size = strlen(path);
    for (; *endings; endings++) {
        const size_t tail = strlen(*endings);
        if (size > tail && path[size - tail - 1] != '/' && !strcasecmp(path + size - tail, *endings))
            return 1;
    }
    return 0;
}

/* Whether a name has a file extension: a letter and up to six letters or digits after a dot, but not a version. */
static int has_some_ending(const char *path) {
    const char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
    const char *const dot = strrchr(name, '.');
    size_t size = 0;
    if (!dot || dot == name || !isalpha((unsigned char)dot[1]))
        return 0;
    while (isalnum((unsigned char)dot[1 + size]))
        size++;
    const int is_version = dot[1] == 'v' && size > 1 && strspn(dot + 2, "0123456789") == size - 1; /* "out.v2" */
    return dot[1 + size] == '\0' && size <= 7 && !is_version;
}

static lightpose_status add(lp_places *places, const lp_place *place, lightpose_error *error) {
    lp_place *const items = realloc(places->items, ((size_t)places->count + 1) * sizeof *items);
    if (!items)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    places->items = items;
    items[places->count++] = *place;
    return LIGHTPOSE_OK;
}

/* Adds a format to a folder unless it is there already: --draw and --json video ask for the same. */
static lightpose_status add_named(lp_places *places, const char *name, const char *path, int pictures, int videos,
                                  lightpose_error *error) {
    const lp_place place = {lp_output_find(name), path, 1, pictures, videos};
    for (int i = 0; i < places->count; i++) {
        lp_place *const same = &places->items[i];
        if (same->folder && same->writer == place.writer && !strcmp(same->path, path)) {
            same->pictures |= pictures;
            same->videos |= videos;
            return LIGHTPOSE_OK;
        }
    }
    return add(places, &place, error);
}

static lightpose_status add_folder(lp_places *places, const char *path, request *wanted, lightpose_error *error) {
    const int all = !wanted->formats->count && !wanted->draw;
    lightpose_status status = LIGHTPOSE_OK;
    wanted->taken = 1;
    wanted->folders++;
    for (int i = 0; i < wanted->formats->count && status == LIGHTPOSE_OK; i++)
        status = add_named(places, wanted->formats->items[i], path, 1, 1, error);
    if (status == LIGHTPOSE_OK && all)
        status = add_named(places, "openpose", path, 1, 0, error);
    if (status == LIGHTPOSE_OK && all)
        status = add_named(places, "jsonl", path, 0, 1, error);
    if (status == LIGHTPOSE_OK && (all || wanted->draw))
        status = add_named(places, "draw", path, 1, 0, error);
    if (status == LIGHTPOSE_OK && (all || wanted->draw))
        status = add_named(places, "video", path, 0, 1, error);
    return status;
}

static lightpose_status add_file(lp_places *places, const lp_output_writer *writer, const char *path,
                                 lightpose_error *error) {
    const lp_place place = {writer, path, 0, 1, 1};
    return add(places, &place, error);
}

/* Adds a file whose name does not say its format. */
static lightpose_status add_by_format(lp_places *places, const char *path, request *wanted, lightpose_error *error) {
    const char *const name = wanted->formats->count ? wanted->formats->items[0] : "jsonl";
    const int is_stdout = !strcmp(path, "-");
    const char *const what = is_stdout ? "standard output" : path;
    if (wanted->formats->count > 1)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: %s holds one format, and --json names %d; name a folder instead", what,
                       wanted->formats->count);
    if (!wanted->formats->count && !is_stdout)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: the ending of %s fits several formats; say which, as in --json coco", path);
    const lp_output_writer *const writer = lp_output_find(name);
    if (writer->folder)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: format %s writes a file for each frame; name a folder instead of %s", name,
                       what);
    if (is_stdout && writer->needs_picture && isatty(STDOUT_FILENO))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: standard output is a terminal, which cannot show format %s", name);
    wanted->taken = 1;
    return add_file(places, writer, path, error);
}

static lightpose_status add_path(lp_places *places, const char *path, request *wanted, lightpose_error *error) {
    static const char *const any[] = {".json", ".txt", ".gz", NULL};
    if (!strcmp(path, "-"))
        return add_by_format(places, path, wanted, error);
    struct stat about;
    const int exists = stat(path, &about) == 0;
    if (exists ? S_ISDIR(about.st_mode) : path[strlen(path) - 1] == '/')
        return add_folder(places, path, wanted, error);
    const lp_output_writer *const writer = lp_output_by_path(path);
    if (writer) {
        for (int i = 0; i < wanted->formats->count; i++)
            wanted->taken |= !strcmp(wanted->formats->items[i], writer->name);
        return add_file(places, writer, path, error);
    }
    if (exists || has_ending_of(path, any))
        return add_by_format(places, path, wanted, error);
    if (has_some_ending(path))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: nothing is written as %s; endings are .jsonl .csv .ids.csv .coco.json "
                       ".dgs.json .checksum .lpb .jpg .png .mp4 .mkv .mov, and %s/ would be a folder",
                       strrchr(path, '.'), path);
    return add_folder(places, path, wanted, error);
}

/* A file, unlike a folder, must hold all inputs. */
static lightpose_status check_file(const lp_place *place, const lp_sources *sources, lightpose_error *error) {
    int live = 0, videos = 0, pictures = 0;
    for (int i = 0; i < sources->count; i++) {
        live += lp_source_is_live(&sources->items[i]);
        videos += sources->items[i].kind != LP_SOURCE_PICTURES;
        pictures += sources->items[i].count;
    }
    const char *const name = place->writer->name, *const what = strcmp(place->path, "-") ? place->path : "it";
    if (!strcmp(name, "picture") && pictures + videos > 1)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: a picture holds one input, and %d are given; name a folder instead of %s",
                       pictures + videos, what);
    if (sources->count < 2)
        return LIGHTPOSE_OK;
    if (!place->writer->many_streams || (place->writer->many_streams == 2 && videos))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: a file of format %s holds one %s, and %d are given; name a folder "
                       "instead of %s",
                       name, place->writer->many_streams ? "video" : "input", sources->count, what);
    if (live)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --output: live inputs come at the same time and cannot share a file; name a folder "
                       "instead of %s",
                       what);
    return LIGHTPOSE_OK;
}

static int compare_numbers(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* COCO results refer to pictures by number: each picture needs one, which must be unique in its file. */
static lightpose_status check_numbers(const lp_places *places, const lp_sources *sources, lightpose_error *error) {
    int is_wanted = 0, count = 0, total = 0;
    for (int i = 0; i < places->count; i++)
        is_wanted |= places->items[i].pictures && !strcmp(places->items[i].writer->name, "coco");
    for (int i = 0; i < sources->count; i++)
        total += sources->items[i].count;
    int64_t *const numbers = is_wanted && total ? malloc((size_t)total * sizeof *numbers) : NULL;
    if (!numbers)
        return !is_wanted || !total ? LIGHTPOSE_OK
                                    : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d pictures", total);
    lightpose_status status = LIGHTPOSE_OK;
    for (int i = 0; i < sources->count && status == LIGHTPOSE_OK; i++)
        for (int j = 0; j < sources->items[i].count && status == LIGHTPOSE_OK; j++)
            if (!lp_image_number(sources->items[i].pictures[j], &numbers[count++]))
                status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                                 "COCO results call pictures by a number below 2^53, and \"%s\" has none in its name",
                                 sources->items[i].pictures[j]);
    qsort(numbers, (size_t)count, sizeof *numbers, compare_numbers);
    for (int i = 1; i < count && status == LIGHTPOSE_OK; i++)
        if (numbers[i] == numbers[i - 1])
            status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                             "COCO results call pictures by number, and two have the number %" PRId64, numbers[i]);
    free(numbers);
    return status;
}

static lightpose_status check(const lp_places *places, const request *wanted, const lp_sources *sources,
                              lightpose_error *error) {
    int drawn = wanted->folders;
    for (int i = 0; i < places->count; i++) {
        const lightpose_status status =
            places->items[i].folder ? LIGHTPOSE_OK : check_file(&places->items[i], sources, error);
        if (status != LIGHTPOSE_OK)
            return status;
        drawn |= places->items[i].writer->needs_picture;
    }
    const lightpose_status numbered = check_numbers(places, sources, error);
    if (numbered != LIGHTPOSE_OK)
        return numbered;
    if (wanted->formats->count && !wanted->taken)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --json: nothing is written as %s: the ending of %s is that of another format",
                       wanted->formats->items[0], places->items[0].path);
    if (wanted->draw && !drawn)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --draw: nothing is drawn into %s; name a folder, a picture or a video as well",
                       places->items[0].path);
    return LIGHTPOSE_OK;
}

lightpose_status lp_places_plan(lp_places *places, const lp_cli_operands *paths, const lp_cli_operands *formats,
                                int draw, const lp_sources *sources, lightpose_error *error) {
    request wanted = {.formats = formats, .draw = draw};
    lightpose_status status = LIGHTPOSE_OK;
    *places = (lp_places){0};
    for (int i = 0; i < formats->count && status == LIGHTPOSE_OK; i++)
        if (!lp_output_find(formats->items[i]))
            status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "option --json: \"%s\" is not one of %s",
                             formats->items[i], lp_output_names());
    for (int i = 0; i < paths->count && status == LIGHTPOSE_OK; i++)
        status = add_path(places, paths->items[i], &wanted, error);
    if (status == LIGHTPOSE_OK)
        status = check(places, &wanted, sources, error);
    if (status != LIGHTPOSE_OK)
        lp_places_free(places);
    return status;
}

void lp_places_free(lp_places *places) {
    free(places->items);
    *places = (lp_places){0};
}
