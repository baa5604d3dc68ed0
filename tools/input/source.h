/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the inputs on a command line are: pictures, folders, patterns, videos, cameras, addresses, standard input. */

#ifndef LP_TOOLS_INPUT_SOURCE_H
#define LP_TOOLS_INPUT_SOURCE_H

#include <stdatomic.h>
#include <stddef.h>

#include <lightpose/lightpose.h>

#include "input/range.h"

typedef enum lp_source_kind {
    LP_SOURCE_PICTURES, /* one stream of still pictures */
    LP_SOURCE_VIDEO,    /* a file, a pipe, or an address; may turn out to be a picture */
    LP_SOURCE_STDIN,    /* raw frames, Y4M, or any container that can be read without seeking */
    LP_SOURCE_CAMERA,   /* a Video4Linux device */
    LP_SOURCE_LIVE      /* an address that never ends: RTSP and its like */
} lp_source_kind;

/* One stream. */
typedef struct lp_source {
    lp_source_kind kind;
    char *text;      /* as the user gave it, an address without its secrets (address.h): for messages and results */
    char *url;       /* the path or address to open */
    char *reopen;    /* the same for FFmpeg ("file:PATH"), where it can be opened a second time; else NULL */
    char *name;      /* what its results are called after */
    char *folder;    /* of a recursive folder: where in it, "a/b"; else NULL */
    char **pictures; /* paths, of LP_SOURCE_PICTURES */
    char **stems;    /* what the files of each picture's own are called after; of lp_sources_name_apart */
    int count, capacity;
    int loose;   /* pictures named one by one, so that more of them may join */
    int address; /* `url` has a scheme; else it is a path, whatever it looks like */
    int once;    /* it can be read once, from its beginning to its end: standard input, a pipe */
    int live;    /* of a video or standard input: without end, whatever its kind */
    int clipped; /* `range` is all that is read of it, whatever the run's */
    lp_input_range range;
} lp_source;

/* Files of a folder that are neither pictures nor videos by their endings, for a word about them. */
typedef struct lp_passed {
    char ending[12]; /* ".txt"; "" of those without */
    int count;
} lp_passed;

enum { LP_PASSED_ENDINGS = 16 };

typedef struct lp_sources {
    lp_source *items;
    int count, capacity;
    int renamed, renamed_pictures; /* streams and pictures that lp_sources_name_apart gave other names */
    lp_passed passed[LP_PASSED_ENDINGS];
    int skipped, skipped_folders; /* files and folders in folders that were passed over */

    /* Set before anything is added. */
    int recursive;          /* folders in folders too */
    int live;               /* 1: addresses, pipes and standard input are live; -1: none but cameras; 0: as they seem */
    const atomic_int *stop; /* not 0: end soon; may be NULL */
} lp_sources;

/* Adds what `text` names: a picture, a folder (its pictures are one stream, then each of its videos), a pattern with
 * * ? [, a video, a pipe, "-", "camera", "camera:N", /dev/videoN, or an address with "://". Pictures named one after
 * the other join into one stream. Content decides what a file is; in a folder its ending does. A file that exists is a
 * file, whatever its name looks like.
 * A file that does not exist fails when its turn comes to be read.
 * Errors: FILE, ARGUMENT (a pattern or folder that holds nothing), MEMORY; nothing is added then. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add(lp_sources *sources, const char *text, lightpose_error *error);

/* Takes "RANGE@INPUT" apart: the range, and where in `text` the input begins; NULL after an error: ARGUMENT. */
const char *lp_source_read_clip(const char *text, lp_input_range *range, lightpose_error *error);

/* The same for "RANGE@INPUT": of each input that this names only the range is read (range.h). What stands before the
 * first @ is the range, so that any name may follow. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add_clip(lp_sources *sources, const char *text, lightpose_error *error);

/* Adds what each line of a file names, or after "--clip " a range of it; "-" is standard input. Empty lines, lines that
 * begin with #, and a byte order mark say nothing. On failure the readable lines are added. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add_list(lp_sources *sources, const char *path, lightpose_error *error);

/* What was passed over, in a sentence: "2 .txt files, 1 folder (--recursive reads it)"; "" where nothing was. */
void lp_sources_tell_passed(const lp_sources *sources, char *text, size_t size);

/* Gives streams of the same name names of their own, "clip", "clip_2", in their order, and pictures too; a name that
 * some input bears is not given to another. Call it once, when all are added. Returns 0 for lack of memory. */
int lp_sources_name_apart(lp_sources *sources);

/* ---- For folder.c ------------------------------------------------------------------------------------------------ */

/* A new source at the end, `name` its own from then on; NULL for lack of memory. */
lp_source *lp_sources_append(lp_sources *sources, lp_source_kind kind, const char *text, char *name);

/* One more picture of LP_SOURCE_PICTURES; 0 for lack of memory. */
int lp_source_add_picture(lp_source *source, const char *path);

lightpose_status lp_sources_add_file(lp_sources *sources, const char *path, lightpose_error *error);
lightpose_status lp_sources_add_folder(lp_sources *sources, const char *folder, lightpose_error *error);
lightpose_status lp_sources_add_pattern(lp_sources *sources, const char *pattern, lightpose_error *error);

/* By the ending of a path alone. */
int lp_source_is_picture_name(const char *path);
int lp_source_is_video_name(const char *path);

/* "clip.x" of "a/clip.x.mp4"; with `whole` "clip.x.mp4". Freed with free(). */
char *lp_source_name(const char *path, int whole);

/* The base name of a path without its extension. Freed with free(); NULL for lack of memory. */
char *lp_source_stem(const char *path);

void lp_sources_free(lp_sources *sources);

/* Whether the source delivers frames at its own pace, and drops them where nobody takes them. */
int lp_source_is_live(const lp_source *source);

#endif
