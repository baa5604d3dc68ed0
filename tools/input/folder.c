/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Inputs that name several files: folders and patterns. */

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
#include "input/source.h"

/* Deeper than any real tree. */
enum { MAX_DEPTH = 64 };

/* A folder, and its path inside the one that the user named; "" for that one itself. */
typedef struct place {
    const char *path, *inside;
    int depth;
} place;

static lightpose_status no_memory(lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of inputs");
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* img2 before img10. */
static int by_number(const struct dirent **a, const struct dirent **b) {
    const int order = strverscmp((*a)->d_name, (*b)->d_name);
    return order ? order : strcmp((*a)->d_name, (*b)->d_name);
}

/* Resolves "." and "..", so that they get the name of the folder. */
static char *name_of_folder(const char *folder) {
    char *const name = lp_source_name(folder, 1);
    char *const resolved = name && !strcmp(name, "_") ? realpath(folder, NULL) : NULL;
    if (!resolved)
        return name;
    free(name);
    char *const real = lp_source_name(resolved, 1);
    free(resolved);
    return real;
}

/* ---- Skipped entries --------------------------------------------------------------------------------------------- */

static void pass_over(lp_sources *sources, const char *name) {
    const char *const dot = strrchr(name, '.');
    char ending[sizeof sources->passed->ending] = "";
    if (dot && dot != name && strlen(dot) < sizeof ending)
        for (int i = 0; dot[i]; i++)
            ending[i] = (char)tolower((unsigned char)dot[i]);
    sources->skipped++;
    for (int i = 0; i < LP_PASSED_ENDINGS; i++) {
        lp_passed *const p = &sources->passed[i];
        if (p->count && strcmp(p->ending, ending) && i < LP_PASSED_ENDINGS - 1)
            continue;
        if (!p->count)
            strcpy(p->ending, ending);
        p->count++;
        return;
    }
}

void lp_sources_tell_passed(const lp_sources *sources, char *text, size_t size) {
    size_t used = 0;
    *text = 0;
    for (int i = 0; i < LP_PASSED_ENDINGS && sources->passed[i].count && used < size; i++) {
        const lp_passed *const p = &sources->passed[i];
        const char *const kind = i == LP_PASSED_ENDINGS - 1 ? "other" : *p->ending ? p->ending : "extensionless";
        used += (size_t)snprintf(text + used, size - used, "%s%d %s file%s", used ? ", " : "", p->count, kind,
                                 p->count == 1 ? "" : "s");
    }
    if (sources->skipped_folders && used < size)
        snprintf(text + used, size - used, "%s%d folder%s (--recursive reads %s)", used ? ", " : "",
                 sources->skipped_folders, sources->skipped_folders == 1 ? "" : "s",
                 sources->skipped_folders == 1 ? "it" : "them");
}

/* ---- Folders ----------------------------------------------------------------------------------------------------- */

typedef enum entry_kind { ENTRY_OTHER, ENTRY_PICTURE, ENTRY_VIDEO, ENTRY_FOLDER, ENTRY_LINK } entry_kind;

typedef struct entry {
    const char *name;
    char *path;
    entry_kind kind;
} entry;

/* The extension decides, except for animations. */
static entry_kind kind_of(const char *path) {
    struct stat about = {0};
    /* Links to folders are not followed: they may lead back to a parent. */
    if (lstat(path, &about) == 0 && S_ISLNK(about.st_mode) && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return ENTRY_LINK;
    if (S_ISDIR(about.st_mode))
        return ENTRY_FOLDER;
    if (lp_source_is_video_name(path))
        return ENTRY_VIDEO;
    if (!lp_source_is_picture_name(path))
        return ENTRY_OTHER;
    static const char *const moving[] = {".gif", ".png", ".apng"};
    int animated = 0;
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
        if (!strcasecmp(strrchr(path, '.'), moving[i]))
            (void)lp_input_is_picture(path, &animated);
    return animated ? ENTRY_VIDEO : ENTRY_PICTURE;
}

static int set_folder(lp_source *source, const place *at) {
    if (source && *at->inside)
        source->folder = strdup(at->inside);
    return source && (!*at->inside || source->folder);
}

static lightpose_status add_tree(lp_sources *sources, const place *at, lightpose_error *error);

static lightpose_status add_below(lp_sources *sources, const place *at, const char *path, const char *name,
                                  lightpose_error *error) {
    char *inside = NULL;
    if (!sources->recursive || at->depth == MAX_DEPTH) {
        sources->skipped_folders++;
        return LIGHTPOSE_OK;
    }
    if (asprintf(&inside, "%s%s%s", at->inside, *at->inside ? "/" : "", name) < 0)
        return no_memory(error);
    const place below = {path, inside, at->depth + 1};
    const lightpose_status status = add_tree(sources, &below, error);
    free(inside);
    return status;
}

/* Adds one entry. The pictures of a folder are one stream, source number *pictures (-1: none yet). */
static lightpose_status add_entry(lp_sources *sources, const place *at, const entry *e, int *pictures,
                                  lightpose_error *error) {
    int ok = 1;
    switch (e->kind) {
    case ENTRY_FOLDER:
        return add_below(sources, at, e->path, e->name, error);
    case ENTRY_LINK:
        sources->skipped_folders++;
        break;
    case ENTRY_VIDEO:
        ok = set_folder(lp_sources_append(sources, LP_SOURCE_VIDEO, e->path, lp_source_name(e->path, 0)), at);
        break;
    case ENTRY_PICTURE:
        if (*pictures < 0) {
            ok = set_folder(lp_sources_append(sources, LP_SOURCE_PICTURES, at->path, name_of_folder(at->path)), at);
            *pictures = sources->count - 1;
        }
        ok = ok && lp_source_add_picture(&sources->items[*pictures], e->path);
        break;
    case ENTRY_OTHER:
        pass_over(sources, e->name);
        break;
    }
    return ok ? LIGHTPOSE_OK : no_memory(error);
}

static lightpose_status add_entries(lp_sources *sources, const place *at, const entry *entries, int count,
                                    lightpose_error *error) {
    static const entry_kind order[] = {ENTRY_PICTURE, ENTRY_VIDEO, ENTRY_FOLDER, ENTRY_LINK, ENTRY_OTHER};
    lightpose_status status = LIGHTPOSE_OK;
    int pictures = -1;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (int i = 0; i < count && status == LIGHTPOSE_OK; i++)
            if (entries[i].kind == order[k])
                status = add_entry(sources, at, &entries[i], &pictures, error);
    return status;
}

static lightpose_status add_tree(lp_sources *sources, const place *at, lightpose_error *error) {
    struct dirent **found = NULL;
    const int count = scandir(at->path, &found, is_visible, by_number);
    if (count < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", at->path, strerror(errno));
    const char *const between = at->path[strlen(at->path) - 1] == '/' ? "" : "/";
    entry *const entries = calloc((size_t)count + 1, sizeof *entries);
    int known = 0;
    for (; entries && known < count; known++) {
        entry *const e = &entries[known];
        e->name = found[known]->d_name;
        if (asprintf(&e->path, "%s%s%s", at->path, between, e->name) < 0)
            break;
        e->kind = kind_of(e->path);
    }
    const lightpose_status status =
        entries && known == count ? add_entries(sources, at, entries, count, error) : no_memory(error);
    for (int i = 0; i < known; i++)
        free(entries[i].path);
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(entries);
    free(found);
    return status;
}

lightpose_status lp_sources_add_folder(lp_sources *sources, const char *folder, lightpose_error *error) {
    const place at = {folder, "", 0};
    const int before = sources->count;
    lightpose_status status = add_tree(sources, &at, error);
    if (status == LIGHTPOSE_OK && sources->count == before)
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: the folder holds no picture and no video%s", folder,
                         sources->skipped_folders ? "; --recursive also reads the folders in it" : "");
    return status;
}

/* ---- Patterns ---------------------------------------------------------------------------------------------------- */

static int paths_by_number(const void *a, const void *b) {
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

lightpose_status lp_sources_add_pattern(lp_sources *sources, const char *pattern, lightpose_error *error) {
    glob_t found;
    const int code = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (code == GLOB_NOMATCH)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: no file matches", pattern);
    if (code)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", pattern,
                       code == GLOB_NOSPACE ? "out of memory" : strerror(errno));
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, paths_by_number);
    lightpose_status status = LIGHTPOSE_OK;
    for (size_t i = 0; i < found.gl_pathc && status == LIGHTPOSE_OK; i++)
        status = lp_sources_add_file(sources, found.gl_pathv[i], error);
    globfree(&found);
    return status;
}
