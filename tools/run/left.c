/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/left.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"

static lightpose_status make(lp_slot *slot, const lp_place *place, const char *stream_name, lightpose_error *error) {
    const lp_output_writer *const writer = place->writer;
    int direct = 0, failed = 0;
    *slot = (lp_slot){0};
    if (!writer->suffix && !writer->folder)
        return LIGHTPOSE_OK;
    slot->path = place->folder ? lp_output_place(writer, place->path, stream_name) : strdup(place->path);
    if (slot->path && writer->folder) /* DIR/NAME.openpose: the folder of frames holds nothing else */
        failed = asprintf(&slot->base, "%s%s%s.%s", place->path, place->path[strlen(place->path) - 1] == '/' ? "" : "/",
                          stream_name, writer->name) < 0;
    else if (slot->path)
        slot->base = lp_output_file_target(slot->path, &direct);
    if (failed)
        slot->base = NULL;
    if (!slot->path || (!slot->base && !direct)) {
        lp_slot_free(slot);
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_slot_make(lp_slot *slot, const lp_place *place, const char *inside, const char *stream_name,
                              lightpose_error *error) {
    if (!inside || !place->folder)
        return make(slot, place, stream_name, error);
    lp_place within = *place;
    char *path = NULL;
    *slot = (lp_slot){0};
    if (asprintf(&path, "%s%s%s", place->path, place->path[strlen(place->path) - 1] == '/' ? "" : "/", inside) < 0)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    within.path = path;
    const lightpose_status status = make(slot, &within, stream_name, error);
    free(path);
    return status;
}

void lp_slot_free(lp_slot *slot) {
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
    /* The files of a folder are whole one by one; that they are all there the side file alone tells. */
    if (place->writer->folder ? told && resume : is_file(slot->base, 0))
        left->state = LP_LEFT_WHOLE;
    else
        lp_meta_free(&left->meta);
}

void lp_left_free(lp_left *left) {
    lp_meta_free(&left->meta);
    *left = (lp_left){.state = LP_LEFT_NOTHING};
}
