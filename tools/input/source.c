/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/source.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "fail.h"
#include "input/image.h"

static const char *const picture_endings[] = {"jpg", "jpeg", "jpe", "png", "webp", "bmp", "tif", "tiff", "gif", NULL};
static const char *const video_endings[] = {"mp4",  "m4v", "mov", "avi", "mkv", "webm", "ts",    "mts", "m2ts", "mpg",
                                            "mpeg", "wmv", "flv", "3gp", "ogv", "y4m",  "mjpeg", "vob", "mxf",  NULL};

static lightpose_status no_memory(lightpose_error *error) {
    return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of inputs");
}

static int has_ending(const char *path, const char *const *endings) {
    const char *const dot = strrchr(path, '.');
    for (; dot && *endings; endings++)
        if (!strcasecmp(dot + 1, *endings))
            return 1;
    return 0;
}

/* "a/b/clip.x.mp4" is "clip.x"; "a/folder/" is "folder" (whole keeps what looks like an ending); the rest is cleaned of
 * what cannot be in a file's name. */
static char *name_of(const char *text, int whole) {
    size_t end = strlen(text);
    while (end > 1 && text[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && text[start - 1] != '/')
        start--;
    char *const name = strndup(text + start, end - start);
    if (!name)
        return NULL;
    char *const dot = whole ? NULL : strrchr(name, '.');
    if (dot && dot != name)
        *dot = 0;
    for (char *c = name; *c; c++)
        if (iscntrl((unsigned char)*c) || *c == '/')
            *c = '_';
    if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
        strcpy(name, "_"); /* at least one byte: "/" or dots */
    return name;
}

char *lp_source_stem(const char *path) {
    return name_of(path, 0);
}

/* "." and ".." are called by their names. */
static char *name_of_folder(const char *folder) {
    char *const name = name_of(folder, 1);
    char *const resolved = name && !strcmp(name, "_") ? realpath(folder, NULL) : NULL;
    if (!resolved)
        return name;
    free(name);
    char *const real = name_of(resolved, 1);
    free(resolved);
    return real;
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
    free(source->name);
}

void lp_sources_free(lp_sources *sources) {
    for (int i = 0; i < sources->count; i++)
        source_clear(&sources->items[i]);
    free(sources->items);
    *sources = (lp_sources){0};
}

int lp_source_is_live(const lp_source *source) {
    return source->kind == LP_SOURCE_CAMERA || source->kind == LP_SOURCE_LIVE;
}

/* A new source; NULL for lack of memory. Takes `name`, copies `text`. */
static lp_source *append(lp_sources *sources, lp_source_kind kind, const char *text, char *name) {
    char *const copy = strdup(text);
    if (sources->count == sources->capacity) {
        const int capacity = sources->capacity ? 2 * sources->capacity : 16;
        lp_source *const items = realloc(sources->items, (size_t)capacity * sizeof *items);
        if (items) {
            sources->items = items;
            sources->capacity = capacity;
        }
    }
    if (!copy || !name || sources->count == sources->capacity) {
        free(copy);
        free(name);
        return NULL;
    }
    lp_source *const added = &sources->items[sources->count++];
    *added = (lp_source){.kind = kind, .text = copy, .name = name};
    return added;
}

static int add_path(lp_source *source, const char *path) {
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

/* A picture named by itself joins the pictures named just before it. */
static lightpose_status add_picture(lp_sources *sources, const char *path, lightpose_error *error) {
    lp_source *last = sources->count ? &sources->items[sources->count - 1] : NULL;
    if (!last || !last->loose) {
        last = append(sources, LP_SOURCE_PICTURES, path, name_of(path, 0));
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
    return add_path(last, path) ? LIGHTPOSE_OK : no_memory(error);
}

static lightpose_status add_stream(lp_sources *sources, lp_source_kind kind, const char *text, char *name,
                                   lightpose_error *error) {
    return append(sources, kind, text, name) ? LIGHTPOSE_OK : no_memory(error);
}

/* ---- Folders and patterns ---------------------------------------------------------------------------------------- */

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* img2 before img10. */
static int by_number(const struct dirent **a, const struct dirent **b) {
    const int order = strverscmp((*a)->d_name, (*b)->d_name);
    return order ? order : strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds the pictures among `entries` as one stream, then each video. */
static lightpose_status add_entries(lp_sources *sources, const char *folder, struct dirent **entries, int count,
                                    lightpose_error *error) {
    lp_source *pictures = NULL;
    const char *const between = folder[strlen(folder) - 1] == '/' ? "" : "/";
    for (int videos = 0; videos < 2; videos++)
        for (int i = 0; i < count; i++) {
            const char *const name = entries[i]->d_name;
            char *path = NULL;
            if (!has_ending(name, videos ? video_endings : picture_endings))
                continue;
            if (asprintf(&path, "%s%s%s", folder, between, name) < 0)
                return no_memory(error);
            struct stat about;
            int ok = 1;
            if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
                sources->skipped++;
            } else if (videos) {
                ok = append(sources, LP_SOURCE_VIDEO, path, name_of(path, 0)) != NULL;
            } else {
                if (!pictures)
                    pictures = append(sources, LP_SOURCE_PICTURES, folder, name_of_folder(folder));
                ok = pictures && add_path(pictures, path);
            }
            free(path);
            if (!ok)
                return no_memory(error);
        }
    return LIGHTPOSE_OK;
}

static lightpose_status add_folder(lp_sources *sources, const char *folder, lightpose_error *error) {
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_visible, by_number), before = sources->count;
    if (count < 0)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", folder, strerror(errno));
    lightpose_status status = add_entries(sources, folder, entries, count, error);
    for (int i = 0; i < count; i++) {
        sources->skipped +=
            !has_ending(entries[i]->d_name, picture_endings) && !has_ending(entries[i]->d_name, video_endings);
        free(entries[i]);
    }
    free(entries);
    if (status == LIGHTPOSE_OK && sources->count == before)
        status = lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: the folder holds no picture and no video", folder);
    return status;
}

static lightpose_status add_file(lp_sources *sources, const char *path, lightpose_error *error);

static int paths_by_number(const void *a, const void *b) {
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static lightpose_status add_pattern(lp_sources *sources, const char *pattern, lightpose_error *error) {
    glob_t found;
    const int code = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (code == GLOB_NOMATCH)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: no file matches", pattern);
    if (code)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", pattern,
                            code == GLOB_NOSPACE ? "out of memory" : strerror(errno));
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, paths_by_number);
    lightpose_status status = LIGHTPOSE_OK;
    for (size_t i = 0; i < found.gl_pathc && status == LIGHTPOSE_OK; i++)
        status = add_file(sources, found.gl_pathv[i], error);
    globfree(&found);
    return status;
}

/* ---- One of anything --------------------------------------------------------------------------------------------- */

static lightpose_status add_camera(lp_sources *sources, const char *device, lightpose_error *error) {
    return add_stream(sources, LP_SOURCE_CAMERA, device, name_of(device, 1), error);
}

/* What exists under a name. */
static lightpose_status add_file(lp_sources *sources, const char *path, lightpose_error *error) {
    struct stat about;
    if (stat(path, &about) < 0)
        return has_ending(path, picture_endings) ? add_picture(sources, path, error)
                                                 : add_stream(sources, LP_SOURCE_VIDEO, path, name_of(path, 0), error);
    if (S_ISDIR(about.st_mode))
        return add_folder(sources, path, error);
    if (S_ISCHR(about.st_mode))
        return add_camera(sources, path, error);
    /* What carries a picture's ending and is none fails as a picture: the message is the better one. */
    if (has_ending(path, picture_endings) || (S_ISREG(about.st_mode) && lp_input_is_picture(path, NULL) > 0))
        return add_picture(sources, path, error);
    return add_stream(sources, LP_SOURCE_VIDEO, path, name_of(path, 0), error);
}

static lightpose_status add_address(lp_sources *sources, const char *text, lightpose_error *error) {
    static const char *const live[] = {"rtsp://", "rtsps://", "rtmp://", "rtmps://", "rtp://",
                                       "udp://",  "srt://",   "tcp://",  NULL};
    lp_source_kind kind = LP_SOURCE_VIDEO;
    for (int i = 0; live[i]; i++)
        if (!strncasecmp(text, live[i], strlen(live[i])))
            kind = LP_SOURCE_LIVE;
    /* The query is no part of a name, and may hold a password. */
    char *const path = strndup(text, strcspn(text, "?#"));
    char *const name = path ? name_of(path, kind == LP_SOURCE_LIVE) : NULL;
    free(path);
    return add_stream(sources, kind, text, name, error);
}

lightpose_status lp_sources_add(lp_sources *sources, const char *text, lightpose_error *error) {
    if (!strcmp(text, "-"))
        return add_stream(sources, LP_SOURCE_STDIN, "-", strdup("stdin"), error);
    if (strstr(text, "://"))
        return add_address(sources, text, error);
    if (!strcmp(text, "camera"))
        return add_camera(sources, "/dev/video0", error);
    const char *const colon = strncmp(text, "camera:", 7) ? NULL : strchr(text, ':');
    if (colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")]) {
        char device[64];
        snprintf(device, sizeof device, "/dev/video%.20s", colon + 1);
        return add_camera(sources, device, error);
    }
    if (!strncmp(text, "/dev/video", 10))
        return add_camera(sources, text, error);
    struct stat about;
    if (stat(text, &about) < 0 && strpbrk(text, "*?["))
        return add_pattern(sources, text, error);
    return add_file(sources, text, error);
}

lightpose_status lp_sources_add_list(lp_sources *sources, const char *path, lightpose_error *error) {
    FILE *const list = strcmp(path, "-") ? fopen(path, "re") : stdin;
    if (!list)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    /* A bad line does not lose the others; the first is told. */
    lightpose_error first = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    for (int64_t number = 1; (length = getline(&line, &capacity, list)) >= 0; number++) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = 0;
        lightpose_error detail = {0};
        if (length > 0 && lp_sources_add(sources, line, &detail) != LIGHTPOSE_OK)
            lp_tool_fail(&first, detail.status, "%s line %lld: %.400s", path, (long long)number, detail.text);
    }
    if (ferror(list))
        lp_tool_fail(&first, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    free(line);
    if (list != stdin)
        fclose(list);
    return first.status == LIGHTPOSE_OK ? LIGHTPOSE_OK : lp_tool_fail(error, first.status, "%s", first.text);
}
