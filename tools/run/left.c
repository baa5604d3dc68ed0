/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/left.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

/* DIR, or DIR/a/b for a stream from subfolder a/b of the input folder. */
static char *folder_of(const lp_place *place, const lp_source *source) {
    const int slash = place->path[strlen(place->path) - 1] == '/';
    char *folder = NULL;
    if (!source->folder)
        return strdup(place->path);
    return asprintf(&folder, "%s%s%s", place->path, slash ? "" : "/", source->folder) < 0 ? NULL : folder;
}

lightpose_status lp_slot_make(lp_slot *slot, const lp_place *place, const lp_source *source, lightpose_error *error) {
    const lp_output_writer *const writer = place->writer;
    int direct = 0, failed = 0;
    *slot = (lp_slot){0};
    if (!writer->suffix && !writer->folder)
        return LIGHTPOSE_OK;
    slot->folder = place->folder ? folder_of(place, source) : NULL;
    if (!place->folder)
        slot->path = strdup(place->path);
    else if (slot->folder)
        slot->path = lp_output_place(writer, slot->folder, source->name);
    if (slot->folder && slot->path && writer->folder) /* DIR/NAME.openpose: the folder of frames holds nothing else */
        failed = asprintf(&slot->base, "%s%s%s.%s", slot->folder,
                          slot->folder[strlen(slot->folder) - 1] == '/' ? "" : "/", source->name, writer->name) < 0;
    else if (slot->path)
        slot->base = lp_output_file_target(slot->path, &direct);
    if (failed)
        slot->base = NULL;
    if (!slot->path || (!slot->base && !direct)) {
        lp_slot_free(slot);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    }
    return LIGHTPOSE_OK;
}

void lp_slot_free(lp_slot *slot) {
    free(slot->folder);
    free(slot->path);
    free(slot->base);
    *slot = (lp_slot){0};
}

static int is_file(const char *path, int64_t least) {
    struct stat about;
    return path && stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size >= least;
}

static int read_meta(lp_left *left, const lp_place *place, const char *base, const char *suffix) {
    char *const path = lp_output_file_beside(base, suffix);
    const int got = path && lp_meta_read(&left->meta, path) && !strcmp(left->meta.format, place->writer->name);
    free(path);
    if (!got)
        lp_meta_free(&left->meta);
    return got;
}

static int is_partial(lp_left *left, const lp_place *place, const char *base) {
    if (!place->writer->resumes || !read_meta(left, place, base, ".partial.meta"))
        return 0;
    char *const file = lp_output_file_beside(base, ".partial");
    const int there = !left->meta.complete && (place->writer->folder || is_file(file, left->meta.bytes));
    free(file);
    if (!there)
        lp_meta_free(&left->meta);
    return there;
}

void lp_left_look(lp_left *left, const lp_place *place, const lp_slot *slot, int resume) {
    *left = (lp_left){.state = LP_LEFT_NOTHING};
    if (!slot->base)
        return;
    if (resume && is_partial(left, place, slot->base)) {
        left->state = LP_LEFT_PARTIAL;
        return;
    }
    const int told = read_meta(left, place, slot->base, ".meta") && left->meta.complete;
    /* Each file of a folder is complete by itself; only the side file says that none is missing. */
    if (place->writer->folder ? told && resume : is_file(slot->base, 0))
        left->state = LP_LEFT_WHOLE;
    else
        lp_meta_free(&left->meta);
}

void lp_left_free(lp_left *left) {
    lp_meta_free(&left->meta);
    *left = (lp_left){.state = LP_LEFT_NOTHING};
}

/* A file that another run writes is locked, and must not be renamed. */
static int is_nobodys(const char *path) {
    const int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    const int free_now = descriptor >= 0 && (flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK);
    if (descriptor >= 0)
        close(descriptor);
    return free_now;
}

int lp_left_set_aside(const char *base) {
    enum { MOST = 10000 };
    char *const partial = lp_output_file_beside(base, ".partial"), *free_name = NULL;
    int done = 0;
    for (int i = 1; is_file(partial, 1) && is_nobodys(partial) && i < MOST && !done; i++) {
        free(free_name);
        if (asprintf(&free_name, "%s.%d", partial, i) < 0)
            free_name = NULL;
        struct stat about;
        done = free_name && stat(free_name, &about) != 0 && rename(partial, free_name) == 0;
    }
    free(free_name);
    free(partial);
    return done;
}

void lp_left_survey(const char *folder, void (*see)(void *opaque, const char *about), void *opaque) {
    enum { MOST = 256 };
    static const char ending[] = ".meta";
    DIR *const listing = opendir(folder);
    int count = 0;
    for (const struct dirent *entry; listing && count < MOST && (entry = readdir(listing));) {
        const size_t size = strlen(entry->d_name);
        char *path = NULL;
        lp_meta meta;
        if (size < sizeof ending || strcmp(entry->d_name + size - (sizeof ending - 1), ending) ||
            asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            continue;
        count++;
        if (lp_meta_read(&meta, path))
            see(opaque, meta.about);
        lp_meta_free(&meta);
        free(path);
    }
    if (listing)
        closedir(listing);
}
