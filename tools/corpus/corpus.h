/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A corpus in a database: videos, the ranges that they are split into, and results of frames, in blocks.
 *
 *     lp_corpus      one row: the settings, which never change
 *     lp_video       one row per video
 *     lp_range       frames [first, last) of a video; `next` is the first that is not stored yet
 *     lp_attempt     who worked on a range, with what, from when to when, and how it ended
 *     lp_block       stored frames (docs/blocks.md); blocks of a video do not overlap
 *     lp_progress    frames stored in each minute of each range
 *
 * A frame counts as stored once the transaction that stores its block and advances `next` is committed. */

#ifndef LP_TOOLS_CORPUS_CORPUS_H
#define LP_TOOLS_CORPUS_CORPUS_H

#include "corpus/db.h"

/* The version of the tables: databases with another number are refused. */
enum { LP_CORPUS_SCHEMA = 2 };

typedef struct lp_corpus {
    lp_db *db;
    const char *name;           /* given by the user */
    const char *settings;       /* options of the network, the decoder and the input, as on a command line */
    const char *weights;        /* the file's name, without its folder */
    const char *weights_sha256; /* of the file */
    const char *precision;      /* of the network, "auto" resolved */
    const char *version;        /* of the command that made it */
    double created;             /* seconds since 1970 */
    int64_t range_frames;       /* frames per range, for videos added from now on */
    int max_attempts;           /* attempts without a stored frame after which a range fails for good */
    char *memory[6];
} lp_corpus;

/* Makes a corpus of the fields from `name` to `max_attempts`, all at once. Errors: FILE; ARGUMENT where the database
 * holds one. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_create(lp_db *db, const lp_corpus *corpus, lightpose_error *error);

/* Reads the corpus of a database, which it keeps. Errors: FILE (no corpus, several, another schema), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_open(lp_corpus *corpus, lp_db *db, lightpose_error *error);
void lp_corpus_free(lp_corpus *corpus); /* not the database */

/* ---- Videos ------------------------------------------------------------------------------------------------------ */

typedef struct lp_corpus_video {
    int64_t id;         /* from 1 */
    const char *path;   /* absolute, without links */
    const char *source; /* as the user gave it */
    const char *name;   /* results are named after it; unique */
    const char *film;   /* what it shows; several cameras may have recorded it */
    const char *camera; /* "": unknown */
    int64_t size, mtime_ns;
    const char *sha256;
    int width, height; /* these and the following are as in lp_input_about */
    int64_t frames;    /* counted by decoding */
    double fps;
    int rate_num, rate_den;
    int time_base_num, time_base_den; /* of the container, seconds per tick */
} lp_corpus_video;

/* Adds a video and its ranges. *id is its number. If its name is taken it gets another. Errors: ARGUMENT if the corpus
 * has a video of this path or content already (names it), FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_add(lp_corpus *corpus, const lp_corpus_video *video, int64_t *id,
                                                   lightpose_error *error);

/* Finds the video of this path; *id is 0 if there is none. Errors: FILE; ARGUMENT for a path that the database cannot
 * store: PostgreSQL stores only UTF-8. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_find(lp_corpus *corpus, const char *path, int64_t *id,
                                                    lightpose_error *error);

/* The columns of lp_video in the order of lp_corpus_video, for SELECTs, and the function that reads such a row. Strings
 * are valid until the next row. */
#define LP_CORPUS_VIDEO_COLUMNS                                                                                        \
    "v.id, v.path, v.source, v.name, v.film, v.camera, v.size, v.mtime_ns, v.sha256, v.width, v.height, v.frames, "    \
    "v.fps, v.rate_num, v.rate_den, v.time_base_num, v.time_base_den"
enum { LP_CORPUS_VIDEO_COUNT = 17 };
void lp_corpus_read_video(lp_db_rows *rows, int column, lp_corpus_video *video);

/* Copies the strings of a video to memory[], each of which the caller frees, also after a failure. Errors: MEMORY. */
enum { LP_CORPUS_VIDEO_TEXTS = 6 };
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_keep_video(lp_corpus_video *video, char *memory[LP_CORPUS_VIDEO_TEXTS],
                                                          lightpose_error *error);

/* Reads the video with this id; its strings are copied as by lp_corpus_keep_video. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_get_video(lp_corpus *corpus, int64_t id, lp_corpus_video *video,
                                                         char *memory[LP_CORPUS_VIDEO_TEXTS], lightpose_error *error);

#endif
