/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the inputs on a command line are: pictures, folders, patterns, videos, cameras, addresses, standard input. */

#ifndef LP_TOOLS_INPUT_SOURCE_H
#define LP_TOOLS_INPUT_SOURCE_H

#include <lightpose/lightpose.h>

typedef enum lp_source_kind {
    LP_SOURCE_PICTURES, /* one stream of still pictures */
    LP_SOURCE_VIDEO,    /* a file, or an address that is one */
    LP_SOURCE_STDIN,    /* raw frames, Y4M, or any container that can be read without seeking */
    LP_SOURCE_CAMERA,   /* a Video4Linux device */
    LP_SOURCE_LIVE      /* an address that never ends: RTSP and its like */
} lp_source_kind;

/* One stream. */
typedef struct lp_source {
    lp_source_kind kind;
    char *text;      /* as the user gave it; the path or address to open */
    char *name;      /* what its results are called after */
    char **pictures; /* paths, of LP_SOURCE_PICTURES */
    char **stems;    /* what the files of each picture's own are called after; of lp_sources_name_apart */
    int count, capacity;
    int loose; /* pictures named one by one, so that more of them may join */
} lp_source;

typedef struct lp_sources {
    lp_source *items;
    int count, capacity;
    int renamed, renamed_pictures; /* streams and pictures that lp_sources_name_apart gave other names */
    int skipped;                   /* files in folders that are neither pictures nor videos */
} lp_sources;

/* Adds what `text` names: a picture, a folder (its pictures are one stream, then each of its videos), a pattern with
 * * ? [, a video, "-", "camera", "camera:N", /dev/videoN, or an address with "://". Pictures named one after the other
 * join into one stream. Content decides what a file is; in a folder its ending does.
 * A file that does not exist fails when its turn comes to be read.
 * Errors: FILE, ARGUMENT (a pattern or folder that holds nothing), MEMORY; nothing is added then. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add(lp_sources *sources, const char *text, lightpose_error *error);

/* Adds what each line of a file names; "-" is standard input. On failure the lines that can be had are added. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add_list(lp_sources *sources, const char *path, lightpose_error *error);

/* Gives streams of the same name names of their own, "clip", "clip_2", in their order, and pictures too; a name that
 * some input bears is not given to another. Call it once, when all are added. Returns 0 for lack of memory. */
int lp_sources_name_apart(lp_sources *sources);

/* The base name of a path without its extension. Freed with free(); NULL for lack of memory. */
char *lp_source_stem(const char *path);

void lp_sources_free(lp_sources *sources);

/* Whether the source delivers frames at its own pace, and drops them where nobody takes them. */
int lp_source_is_live(const lp_source *source);

#endif
