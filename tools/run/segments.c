/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/segments.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAMP = 16, STAMP_ROOM = 64 }; /* "20261128T120000Z" */

double lp_segment_utc(const lp_segment_options *options) {
    struct timespec now;
    if (options->utc)
        return options->utc();
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int64_t lp_segment_number(const lp_segment_options *options, double utc) {
    return isfinite(options->seconds) ? (int64_t)floor(utc / options->seconds) : 0;
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static int exists(const char *path, const char *more) {
    char *name = NULL;
    struct stat about;
    const int found = asprintf(&name, "%s%s", path, more) < 0 || lstat(name, &about) == 0;
    free(name);
    return found;
}

static void stamp_of(double utc, char stamp[STAMP_ROOM]) {
    const time_t whole = (time_t)floor(utc);
    struct tm day;
    strftime(stamp, STAMP_ROOM, "%Y%m%dT%H%M%SZ", gmtime_r(&whole, &day));
}

char *lp_segment_name(const char *path, const char *suffix, double utc) {
    char stamp[STAMP_ROOM], *name = NULL;
    stamp_of(utc, stamp);
    for (int again = 1; !name; again++) {
        char number[16] = "";
        if (again > 1)
            snprintf(number, sizeof number, "-%d", again);
        if (asprintf(&name, "%.*s-%s%s%s", (int)(suffix - path), path, stamp, number, suffix) < 0)
            return NULL;
        if (exists(name, "") || exists(name, ".partial")) {
            free(name);
            name = NULL;
        }
    }
    return name;
}

static int ends_in(const char *text, size_t size, const char *ending) {
    const size_t tail = strlen(ending);
    return size > tail && !strncasecmp(text + size - tail, ending, tail);
}

const char *lp_segment_suffix(const char *path, const char *writer_suffix) {
    const size_t size = strlen(path);
    if (writer_suffix && ends_in(path, size, writer_suffix))
        return path + size - strlen(writer_suffix);
    const char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
    const char *at = path + size - (ends_in(path, size, ".gz") ? 3 : 0);
    for (const char *c = at; c > name + 1; c--)
        if (c[-1] == '.')
            return c - 1;
    return at;
}

/* The stamp in the name of a segment of this output, "NAME-STAMP[-N]SUFFIX" followed by `more`; NULL if it is not one.
 * *again gets N. */
static const char *stamp_in(const char *name, const char *base, size_t base_size, const char *suffix, const char *more,
                            long *again) {
    const char *const stamp = name + base_size + 1;
    if (strlen(name) < base_size + 1 + STAMP || strncmp(name, base, base_size) != 0 || name[base_size] != '-')
        return NULL;
    for (int i = 0; i < STAMP; i++)
        if (i == 8 ? stamp[i] != 'T' : i == STAMP - 1 ? stamp[i] != 'Z' : !isdigit((unsigned char)stamp[i]))
            return NULL;
    const char *rest = stamp + STAMP;
    *again = 1;
    if (*rest == '-' && isdigit((unsigned char)rest[1])) {
        char *end;
        *again = strtol(rest + 1, &end, 10);
        rest = end;
    }
    const size_t tail = strlen(suffix);
    return strncmp(rest, suffix, tail) == 0 && !strcmp(rest + tail, more) ? stamp : NULL;
}

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

typedef struct segment {
    char *path;
    char stamp[STAMP + 1];
    long again;
    int whole;
    int future; /* its time is later than now */
    double bytes;
} segment;

typedef struct listing {
    segment *items;
    size_t count;
} listing;

static double bytes_of(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0 && S_ISREG(about.st_mode) ? (double)about.st_size : -1;
}

static char *meta_of(const char *path) {
    char *meta = NULL;
    return asprintf(&meta, "%s.meta", path) < 0 ? NULL : meta;
}

static void add_segment(listing *list, const char *folder, const char *name, const char *stamp, long again, int whole) {
    segment found = {.again = again, .whole = whole};
    segment *const grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (grown)
        list->items = grown;
    if (!grown || asprintf(&found.path, "%s/%s", folder, name) < 0)
        return;
    found.bytes = bytes_of(found.path);
    if (found.bytes < 0) { /* links and folders are never segments */
        free(found.path);
        return;
    }
    char *const meta = meta_of(found.path);
    found.bytes += meta ? fmax(bytes_of(meta), 0) : 0;
    free(meta);
    memcpy(found.stamp, stamp, STAMP);
    list->items[list->count++] = found;
}

static void list_segments(listing *list, const char *path, const char *suffix) {
    const char *const slash = strrchr(path, '/'), *const base = slash ? slash + 1 : path;
    char *const folder = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : strdup(".");
    DIR *const entries = folder ? opendir(folder) : NULL;
    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        long again;
        const char *stamp = stamp_in(entry->d_name, base, (size_t)(suffix - base), suffix, "", &again);
        const int whole = stamp != NULL;
        if (!stamp)
            stamp = stamp_in(entry->d_name, base, (size_t)(suffix - base), suffix, ".partial", &again);
        if (stamp)
            add_segment(list, folder, entry->d_name, stamp, again, whole);
    }
    if (entries)
        closedir(entries);
    free(folder);
}

static void free_listing(listing *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].path);
    free(list->items);
}

/* ---- Partial segments -------------------------------------------------------------------------------------------- */

/* The number of bytes up to and including the last line break. */
static off_t whole_lines(int descriptor, off_t size) {
    char block[4096];
    while (size > 0) {
        const off_t at = size > (off_t)sizeof block ? size - (off_t)sizeof block : 0;
        const ssize_t got = pread(descriptor, block, (size_t)(size - at), at);
        if (got <= 0)
            return -1;
        const char *const found = memrchr(block, '\n', (size_t)got);
        if (found)
            return at + (found - block) + 1;
        size = at;
    }
    return 0;
}

/* Opens and locks a partial segment that no run has locked. Returns a descriptor, or -1. */
static int take_partial(const char *partial) {
    const int descriptor = open(partial, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static void remove_with_meta(const char *path) {
    char *const meta = meta_of(path);
    unlink(path);
    if (meta)
        unlink(meta);
    free(meta);
}

/* Renames "X.partial" to "X" unless a run has locked it. */
static void finish(const char *partial, lp_segment_rest rest) {
    const int descriptor = take_partial(partial);
    char *const whole = strndup(partial, strlen(partial) - strlen(".partial"));
    struct stat about;
    if (descriptor >= 0 && whole && fstat(descriptor, &about) == 0) {
        const off_t size = rest == LP_SEGMENT_REST_LINES ? whole_lines(descriptor, about.st_size) : about.st_size;
        const int named = size > 0 && ftruncate(descriptor, size) == 0 &&
                          renameat2(AT_FDCWD, partial, AT_FDCWD, whole, RENAME_NOREPLACE) == 0;
        if (named || size == 0)
            remove_with_meta(partial);
    }
    if (descriptor >= 0)
        close(descriptor);
    free(whole);
}

/* ---- The outputs ------------------------------------------------------------------------------------------------- */

static const lp_segmented *find(const lp_segments *s, const char *path) {
    for (int i = 0; i < s->count; i++)
        if (!strcmp(s->items[i].path, path))
            return &s->items[i];
    return NULL;
}

lightpose_status lp_segments_add(lp_segments *s, const char *path, const char *suffix, lp_segment_rest rest,
                                 lightpose_error *error) {
    if (find(s, path))
        return LIGHTPOSE_OK;
    lp_segmented *const items = realloc(s->items, ((size_t)s->count + 1) * sizeof *items);
    if (items)
        s->items = items;
    char *const copy = items ? strdup(path) : NULL;
    if (!copy)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of segments");
    s->items[s->count++] = (lp_segmented){copy, copy + (suffix - path), rest};
    return LIGHTPOSE_OK;
}

void lp_segments_free(lp_segments *s) {
    for (int i = 0; i < s->count; i++)
        free(s->items[i].path);
    free(s->items);
    *s = (lp_segments){0};
}

void lp_segments_finish(const lp_segments *s, const char *path) {
    const lp_segmented *const item = find(s, path);
    listing left = {0};
    if (item && item->rest != LP_SEGMENT_REST_NONE)
        list_segments(&left, item->path, item->suffix);
    for (size_t i = 0; i < left.count; i++)
        if (!left.items[i].whole)
            finish(left.items[i].path, item->rest);
    free_listing(&left);
}

static int compare_age(const void *a, const void *b) {
    const segment *const x = a, *const y = b;
    const int order = strcmp(x->stamp, y->stamp);
    return x->future != y->future ? y->future - x->future
           : order                ? order
           : x->again != y->again ? (x->again > y->again) - (x->again < y->again)
                                  : strcmp(x->path, y->path);
}

/* Returns whether it was removed. */
static int remove_segment(const segment *which) {
    const int descriptor = which->whole ? -1 : take_partial(which->path);
    if (!which->whole && descriptor < 0)
        return 0;
    remove_with_meta(which->path);
    if (descriptor >= 0)
        close(descriptor);
    return bytes_of(which->path) < 0;
}

int lp_segments_sweep(const lp_segments *s) {
    char now[STAMP_ROOM];
    listing all = {0};
    double bytes = 0;
    int removed = 0;
    if (s->options.keep_bytes <= 0)
        return 0;
    for (int i = 0; i < s->count; i++)
        list_segments(&all, s->items[i].path, s->items[i].suffix);
    stamp_of(lp_segment_utc(&s->options), now);
    for (size_t i = 0; i < all.count; i++) {
        bytes += all.items[i].bytes;
        all.items[i].future = strcmp(all.items[i].stamp, now) > 0;
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, compare_age);
    for (size_t i = 0; i < all.count && bytes > s->options.keep_bytes; i++) {
        if (!remove_segment(&all.items[i]))
            continue;
        bytes -= all.items[i].bytes;
        removed++;
    }
    free_listing(&all);
    return removed;
}
