/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The inputs on a command line: pictures, folders, patterns, videos, cameras, addresses, standard input. */

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
    LP_SOURCE_LIVE      /* an endless address, such as RTSP */
} lp_source_kind;

/* One stream. */
typedef struct lp_source {
    lp_source_kind kind;
    char *text;      /* as the user gave it, an address without its secrets (address.h): for messages and results */
    char *url;       /* the path or address to open */
    char *reopen;    /* the same for FFmpeg ("file:PATH"), if it can be opened a second time; else NULL */
    char *name;      /* the base name of its results */
    char *folder;    /* its path inside a recursive folder, "a/b"; else NULL */
    char **pictures; /* paths, of LP_SOURCE_PICTURES */
    char **stems;    /* base names for the files of each picture; lp_sources_name_apart sets them */
    int count, capacity;
    int loose;   /* pictures named one by one, which the next picture joins */
    int address; /* `url` has a scheme; else it is a path, whatever it looks like */
    int once;    /* it can be read only once, from its beginning to its end: standard input, a pipe */
    int live;    /* a video or standard input that is endless, whatever its kind */
    int clipped; /* `range` replaces the range of the run */
    lp_input_range range;
} lp_source;

/* Counts files of a folder whose extension is that of neither a picture nor a video, for a message. */
typedef struct lp_passed {
    char ending[12]; /* ".txt"; "": without extension */
    int count;
} lp_passed;

enum { LP_PASSED_ENDINGS = 16 };

typedef struct lp_sources {
    lp_source *items;
    int count, capacity;
    int renamed, renamed_pictures; /* streams and pictures that lp_sources_name_apart gave other names */
    lp_passed passed[LP_PASSED_ENDINGS];
    int skipped, skipped_folders; /* files and folders in folders that were skipped */

    /* Set before anything is added. */
    int recursive; /* 1: also read folders in folders */
    int live;      /* 1: addresses, pipes and standard input are live; -1: only cameras are; 0: by their kind */
    const atomic_int *stop; /* not 0: stop soon; may be NULL */
} lp_sources;

/* Adds what `text` names: a picture, a folder (its pictures are one stream, then each of its videos), a pattern with
 * * ? [, a video, a pipe, "-", "camera", "camera:N", /dev/videoN, or an address with "://". Pictures named one after
 * the other join into one stream. The content decides what a file is; in a folder, the extension does. A name that
 * exists as a file is that file, whatever it looks like. A file that does not exist fails when it is read.
 * Errors: FILE, ARGUMENT (a pattern or folder that holds nothing), MEMORY; nothing is added then. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add(lp_sources *sources, const char *text, lightpose_error *error);

/* Splits "RANGE@INPUT" into *range and the start of INPUT in `text`, which it returns. NULL on error: ARGUMENT. */
const char *lp_source_read_clip(const char *text, lp_input_range *range, lightpose_error *error);

/* As lp_sources_add for "RANGE@INPUT": only the range of each input is read (range.h). The range ends at the first @,
 * so that INPUT may contain others. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add_clip(lp_sources *sources, const char *text, lightpose_error *error);

/* Adds what each line of a file names, or after "--clip " a range of it; "-" is standard input. Ignores empty lines,
 * lines that begin with #, and a byte order mark. On failure, all valid lines are added. */
LIGHTPOSE_NODISCARD lightpose_status lp_sources_add_list(lp_sources *sources, const char *path, lightpose_error *error);

/* Lists what was skipped: "2 .txt files, 1 folder (--recursive reads it)"; "" for nothing. */
void lp_sources_tell_passed(const lp_sources *sources, char *text, size_t size);

/* Makes the names of streams unique, in their order: "clip", "clip_2"; likewise those of pictures. The own name of an
 * input is not given to another. Call it once, after all inputs are added. Returns 0 if out of memory. */
int lp_sources_name_apart(lp_sources *sources);

/* ---- For folder.c ------------------------------------------------------------------------------------------------ */

/* Appends a source, which takes ownership of `name`, also on failure. NULL if out of memory. */
lp_source *lp_sources_append(lp_sources *sources, lp_source_kind kind, const char *text, char *name);

/* Adds a picture to a source of LP_SOURCE_PICTURES. Returns 0 if out of memory. */
int lp_source_add_picture(lp_source *source, const char *path);

lightpose_status lp_sources_add_file(lp_sources *sources, const char *path, lightpose_error *error);
lightpose_status lp_sources_add_folder(lp_sources *sources, const char *folder, lightpose_error *error);
lightpose_status lp_sources_add_pattern(lp_sources *sources, const char *pattern, lightpose_error *error);

/* By the extension of a path alone. */
int lp_source_is_picture_name(const char *path);
int lp_source_is_video_name(const char *path);

/* "clip.x" of "a/clip.x.mp4"; with `whole` "clip.x.mp4". Freed with free(). */
char *lp_source_name(const char *path, int whole);

/* The base name of a path without its extension. Freed with free(); NULL for lack of memory. */
char *lp_source_stem(const char *path);

void lp_sources_free(lp_sources *sources);

/* Whether the source delivers frames at its own pace, and drops those that are not taken in time. */
int lp_source_is_live(const lp_source *source);

#endif
