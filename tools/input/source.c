/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fail.h"
#include "input/address.h"
#include "input/bytes.h"
#include "input/image.h"

/* The major number of Video4Linux devices. */
enum { MAJOR_VIDEO = 81 };

static lightpose_status no_memory(lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of inputs");
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static int has_ending(const char *path, const char *const *endings) {
    const char *const slash = strrchr(path, '/'), *const dot = strrchr(slash ? slash : path, '.');
    for (; dot && *endings; endings++)
        if (!strcasecmp(dot + 1, *endings))
            return 1;
    return 0;
}

int lp_source_is_picture_name(const char *path) {
    static const char *const endings[] = {"jpg", "jpeg", "jpe", "jfif", "png",  "apng", "webp", "bmp", "dib",
                                          "tif", "tiff", "gif", "heic", "heif", "hif",  "avif", "jxl", "jp2",
                                          "j2k", "ppm",  "pgm", "pbm",  "pnm",  "pam",  NULL};
    return has_ending(path, endings);
}

int lp_source_is_video_name(const char *path) {
    static const char *const endings[] = {"mp4",   "m4v",  "mov",  "qt",   "avi",  "divx", "mkv",  "webm", "ts",
                                          "m2t",   "mts",  "m2ts", "mpg",  "mpeg", "m2v",  "vob",  "mod",  "tod",
                                          "wmv",   "asf",  "flv",  "f4v",  "3gp",  "3g2",  "ogv",  "ogm",  "y4m",
                                          "dv",    "mxf",  "gxf",  "nut",  "ivf",  "mjpg", "rm",   "rmvb", "wtv",
                                          "mjpeg", "h264", "264",  "h265", "265",  "hevc", "m3u8", NULL};
    return has_ending(path, endings);
}

/* A file name has at most 255 bytes. 64 are reserved for what outputs append: "_2", "_keypoints.json.gz.partial",
 * "-20261128T120000Z.jsonl.partial.meta". */
enum { NAME_BYTES = 255 - 64 };

/* Cuts a name to NAME_BYTES, but not within a character of UTF-8. */
static void shorten(char *name) {
    size_t end = strnlen(name, NAME_BYTES);
    if (name[end])
        for (int back = 0; back < 3 && ((unsigned char)name[end] & 0xc0) == 0x80; back++)
            end--;
    name[end] = 0;
}

/* "a/b/clip.x.mp4" gives "clip.x"; "a/folder/" gives "folder" (`whole` keeps what looks like an extension). Control
 * characters are replaced, and the name is cut to NAME_BYTES. */
char *lp_source_name(const char *text, int whole) {
    size_t end = strlen(text);
    while (end > 1 && text[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && text[start - 1] != '/')
        start--;
    char *const name = end > start ? strndup(text + start, end - start) : strdup("_"); /* "/" has no name */
    if (!name)
        return NULL;
    char *const dot = whole ? NULL : strrchr(name, '.');
    if (dot && dot != name)
        *dot = 0;
    shorten(name);
    for (char *c = name; *c; c++)
        if (iscntrl((unsigned char)*c) || *c == '/')
            *c = '_';
    if (!strcmp(name, ".") || !strcmp(name, ".."))
        strcpy(name, "_");
    return name;
}

char *lp_source_stem(const char *path) {
    return lp_source_name(path, 0);
}

/* ---- The list ---------------------------------------------------------------------------------------------------- */

static void source_clear(lp_source *source) {
    for (int i = 0; i < source->count; i++)
        free(source->pictures[i]);
    for (int i = 0; source->stems && i < source->count; i++)
        free(source->stems[i]);
    free(source->pictures);
    free(source->stems);
    free(source->text);
    free(source->url);
    free(source->reopen);
    free(source->name);
    free(source->folder);
}

void lp_sources_free(lp_sources *sources) {
    for (int i = 0; i < sources->count; i++)
        source_clear(&sources->items[i]);
    free(sources->items);
    *sources = (lp_sources){0};
}

int lp_source_is_live(const lp_source *source) {
    return source->kind == LP_SOURCE_CAMERA || source->kind == LP_SOURCE_LIVE || source->live;
}

lp_source *lp_sources_append(lp_sources *sources, lp_source_kind kind, const char *text, char *name) {
    char *const url = strdup(text), *const shown = strdup(text);
    char *reopen = NULL;
    const int again = kind == LP_SOURCE_VIDEO && !lp_address_is(text);
    if (again && asprintf(&reopen, "file:%s", text) < 0)
        reopen = NULL;
    if (sources->count == sources->capacity) {
        const int capacity = sources->capacity ? 2 * sources->capacity : 16;
        lp_source *const items = realloc(sources->items, (size_t)capacity * sizeof *items);
        if (items) {
            sources->items = items;
            sources->capacity = capacity;
        }
    }
    if (!url || !shown || !name || (again && !reopen) || sources->count == sources->capacity) {
        free(reopen);
        free(url);
        free(shown);
        free(name);
        return NULL;
    }
    lp_source *const added = &sources->items[sources->count++];
    *added = (lp_source){.kind = kind, .text = shown, .url = url, .reopen = reopen, .name = name};
    return added;
}

int lp_source_add_picture(lp_source *source, const char *path) {
    if (source->count == source->capacity) {
        const int capacity = source->capacity ? 2 * source->capacity : 16;
        char **const pictures = realloc(source->pictures, (size_t)capacity * sizeof *pictures);
        if (!pictures)
            return 0;
        source->pictures = pictures;
        source->capacity = capacity;
    }
    char *const copy = strdup(path);
    if (!copy)
        return 0;
    source->pictures[source->count++] = copy;
    return 1;
}

/* ---- Adding ------------------------------------------------------------------------------------------------------ */

/* A picture named by itself joins the pictures named just before it. */
static lightpose_status add_picture(lp_sources *sources, const char *path, lightpose_error *error) {
    lp_source *last = sources->count ? &sources->items[sources->count - 1] : NULL;
    if (!last || !last->loose) {
        last = lp_sources_append(sources, LP_SOURCE_PICTURES, path, lp_source_name(path, 0));
        if (!last)
            return no_memory(error);
        last->loose = 1;
    } else if (last->count == 1) {
        char *const name = strdup("pictures");
        if (!name)
            return no_memory(error);
        free(last->name);
        last->name = name;
    }
    return lp_source_add_picture(last, path) ? LIGHTPOSE_OK : no_memory(error);
}

static lightpose_status add_stream(lp_sources *sources, lp_source_kind kind, const char *text, char *name,
                                   lightpose_error *error) {
    return lp_sources_append(sources, kind, text, name) ? LIGHTPOSE_OK : no_memory(error);
}

/* Adds a source that can be read only once. */
static lightpose_status add_pipe(lp_sources *sources, lp_source_kind kind, const char *path, lightpose_error *error) {
    const int is_stdin = kind == LP_SOURCE_STDIN || !strcmp(path, "/dev/stdin") || !strcmp(path, "/dev/fd/0");
    char *const name = is_stdin                                                       ? strdup("stdin")
                       : !strncmp(path, "/dev/fd/", 8) || !strncmp(path, "/proc/", 6) ? strdup("pipe")
                                                                                      : lp_source_name(path, 0);
    lp_source *const added = lp_sources_append(sources, kind, path, name);
    if (!added)
        return no_memory(error);
    free(added->reopen);
    added->reopen = NULL;
    added->once = 1;
    added->live = sources->live > 0;
    return LIGHTPOSE_OK;
}

/* Adds a path: its type and content decide what it is; if it does not exist, its name does. */
lightpose_status lp_sources_add_file(lp_sources *sources, const char *path, lightpose_error *error) {
    struct stat about;
    if (stat(path, &about) < 0)
        return lp_source_is_picture_name(path)
                   ? add_picture(sources, path, error)
                   : add_stream(sources, LP_SOURCE_VIDEO, path, lp_source_name(path, 0), error);
    if (S_ISDIR(about.st_mode))
        return lp_sources_add_folder(sources, path, error);
    if (S_ISCHR(about.st_mode) && major(about.st_rdev) == MAJOR_VIDEO)
        return add_stream(sources, LP_SOURCE_CAMERA, path, lp_source_name(path, 1), error);
    if (!S_ISREG(about.st_mode))
        return add_pipe(sources, LP_SOURCE_VIDEO, path, error);
    int animated = 0;
    const int is_picture = lp_input_is_picture(path, &animated) > 0, has_name = lp_source_is_picture_name(path);
    /* A file with the extension of a picture that is not one is read as a picture, whose error message is the better
     * one. A picture under another name may be the first of a stream. */
    if (has_name ? !animated : is_picture && !animated && !lp_input_is_stream(path))
        return add_picture(sources, path, error);
    return add_stream(sources, LP_SOURCE_VIDEO, path, lp_source_name(path, 0), error);
}

static lightpose_status add_address(lp_sources *sources, const char *text, lightpose_error *error) {
    const int stream = lp_address_is_stream(text);
    int live = sources->live > 0 || (stream && !sources->live);
    if (!live && !sources->live && lp_address_is_http(text))
        live = lp_bytes_is_endless(text, sources->stop);
    char *const last = lp_address_name(text);
    char *const name = last ? lp_source_name(last, live) : NULL;
    free(last);
    lp_source *const added = lp_sources_append(sources, live ? LP_SOURCE_LIVE : LP_SOURCE_VIDEO, text, name);
    char *const shown = added ? lp_address_masked(text) : NULL;
    if (!shown)
        return no_memory(error);
    free(added->text);
    added->text = shown;
    added->address = 1;
    if (!live)
        added->reopen = strdup(text);
    return LIGHTPOSE_OK;
}

lightpose_status lp_sources_add(lp_sources *sources, const char *text, lightpose_error *error) {
    struct stat about;
    const int exists = stat(text, &about) == 0;
    if (!strcmp(text, "-"))
        return add_pipe(sources, LP_SOURCE_STDIN, text, error);
    if (!exists && lp_address_is(text))
        return add_address(sources, text, error);
    if (!exists && !strcmp(text, "camera"))
        return add_stream(sources, LP_SOURCE_CAMERA, "/dev/video0", strdup("video0"), error);
    const char *const colon = exists || strncmp(text, "camera:", 7) ? NULL : strchr(text, ':');
    if (colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")]) {
        char device[64];
        snprintf(device, sizeof device, "/dev/video%.20s", colon + 1);
        return add_stream(sources, LP_SOURCE_CAMERA, device, lp_source_name(device, 1), error);
    }
    if (!strncmp(text, "/dev/video", 10))
        return add_stream(sources, LP_SOURCE_CAMERA, text, lp_source_name(text, 1), error);
    if (!exists && strpbrk(text, "*?["))
        return lp_sources_add_pattern(sources, text, error);
    return lp_sources_add_file(sources, text, error);
}

const char *lp_source_read_clip(const char *text, lp_input_range *range, lightpose_error *error) {
    const size_t length = strcspn(text, "@");
    if (!text[length] || !text[length + 1] || !lp_input_range_read(range, text, length)) {
        lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                "\"%s\" is not FIRST..LAST@INPUT, such as 0:01:30..0:02:00@a.mp4 or 100..199@a.mp4", text);
        return NULL;
    }
    if (lp_input_range_is_empty(range)) {
        lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\": the range ends before it begins", text);
        return NULL;
    }
    return text + length + 1;
}

lightpose_status lp_sources_add_clip(lp_sources *sources, const char *text, lightpose_error *error) {
    lp_input_range range;
    const char *const input = lp_source_read_clip(text, &range, error);
    if (!input)
        return LIGHTPOSE_ERROR_ARGUMENT;
    const int before = sources->count;
    if (before)
        sources->items[before - 1].loose = 0; /* pictures of a clip do not join others */
    const lightpose_status status = lp_sources_add(sources, input, error);
    for (int i = before; i < sources->count; i++) {
        sources->items[i].loose = 0;
        sources->items[i].clipped = 1;
        sources->items[i].range = range;
    }
    return status;
}

static lightpose_status add_line(lp_sources *sources, const char *line, lightpose_error *error) {
    static const char clip[] = "--clip ";
    return strncmp(line, clip, sizeof clip - 1) ? lp_sources_add(sources, line, error)
                                                : lp_sources_add_clip(sources, line + sizeof clip - 1, error);
}

lightpose_status lp_sources_add_list(lp_sources *sources, const char *path, lightpose_error *error) {
    FILE *const list = strcmp(path, "-") ? fopen(path, "re") : stdin;
    if (!list)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    /* A bad line does not prevent the others from being added; the first error is returned. */
    lightpose_error first = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    for (int64_t number = 1; (length = getline(&line, &capacity, list)) >= 0; number++) {
        /* Some editors begin a file with a byte order mark of UTF-8. */
        if (number == 1 && length >= 3 && !memcmp(line, "\xef\xbb\xbf", 3))
            memmove(line, line + 3, (size_t)(length -= 3) + 1);
        while (length > 0 && strchr("\r\n \t", line[length - 1]))
            line[--length] = 0;
        lightpose_error detail = {0};
        if (length > 0 && *line != '#' && add_line(sources, line, &detail) != LIGHTPOSE_OK)
            lp_fail(&first, detail.status, "%s line %lld: %.400s", path, (long long)number, detail.text);
    }
    if (ferror(list))
        lp_fail(&first, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    free(line);
    if (list != stdin)
        fclose(list);
    return first.status == LIGHTPOSE_OK ? LIGHTPOSE_OK : lp_fail(error, first.status, "%s", first.text);
}
