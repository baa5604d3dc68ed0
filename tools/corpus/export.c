/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus export`: the results of whole videos, as `run` would have written them. */

#include <inttypes.h>
#include <stdlib.h>

#include "corpus/frames.h"
#include "corpus/session.h"
#include "fail.h"
#include "output/text.h"
#include "run/signals.h"
#include "run/stored.h"

typedef struct export_options {
    lp_corpus_options corpus;
    lp_run_options run;
} export_options;

static const lp_cli_command command = {
    "corpus export", "[VIDEO...]",
    "Writes the results of the videos named, or of all, in any format of `run` that needs no pictures: the files that\n"
    "`run` would have written, byte for byte. Frames go from the database to the files one by one, so that memory "
    "does\n"
    "not grow. People are tracked here, over the whole video. Videos that are not complete are left out and named, "
    "and\n"
    "the exit status is 1.",
    "    lightpose corpus export -o out                         a JSON Lines file per video\n"
    "    lightpose corpus export -o out --json openpose         a folder per video\n"
    "    lightpose corpus export film.mp4 --track -o film.csv\n"};

/* Videos to write. */
typedef struct list {
    struct entry {
        int64_t id, frames;
    } * items;
    int count, capacity;
} list;

static lightpose_status append(list *l, const lp_corpus_video *video, lightpose_error *error) {
    if (l->count == l->capacity) {
        const int capacity = l->capacity ? 2 * l->capacity : 64;
        struct entry *const bigger = realloc(l->items, (size_t)capacity * sizeof *bigger);
        if (!bigger)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of videos");
        l->items = bigger;
        l->capacity = capacity;
    }
    l->items[l->count++] = (struct entry){video->id, video->frames};
    return LIGHTPOSE_OK;
}

/* Which run the results are of, as members of a JSON object. */
static void describe(lp_text *about, const lp_corpus *corpus) {
    const struct {
        const char *name, *value;
    } members[] = {{"\"lightpose\":", corpus->version},          {",\"corpus\":", corpus->name},
                   {",\"weights\":{\"file\":", corpus->weights}, {",\"sha256\":", corpus->weights_sha256},
                   {"},\"precision\":", corpus->precision},      {",\"settings\":", corpus->settings}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        lp_text_add(about, members[i].name);
        lp_text_json(about, members[i].value);
    }
}

/* ---- Which videos ------------------------------------------------------------------------------------------------ */

/* Adds a video if all of its frames are stored; else says what is missing and counts it. */
static lightpose_status add_video(lp_stored *stored, list *l, const lp_corpus_video *video, int64_t there,
                                  const char *about, int *incomplete, lightpose_error *error) {
    lp_output_stream stream;
    if (there < video->frames) {
        lp_cli_error("%s is left out: %" PRId64 " of its %" PRId64 " frames are stored", video->source, there,
                     video->frames);
        ++*incomplete;
        return LIGHTPOSE_OK;
    }
    lp_corpus_stream(video, &stream);
    LP_TRY(append(l, video, error));
    return lp_stored_add(stored, &stream, about, error);
}

/* The videos of a SELECT with the id $1; 0: all. */
static lightpose_status add_videos(lp_stored *stored, list *l, lp_corpus *corpus, int64_t id, const char *about,
                                   int *incomplete, lightpose_error *error) {
    lp_db_rows *rows;
    int got;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT " LP_CORPUS_VIDEO_COLUMNS
                        ", (SELECT COALESCE(SUM(r.next - r.first), 0) FROM lp_range r WHERE r.video = v.id) "
                        "FROM lp_video v WHERE v.id = $1 OR $2 = 0 ORDER BY v.id",
                        LP_DB_VALUES(lp_db_integer(id), lp_db_integer(id)), error));
    lightpose_status status = LIGHTPOSE_OK;
    while (status == LIGHTPOSE_OK && (got = lp_db_next(rows, error)) != 0) {
        lp_corpus_video video;
        if (got < 0) {
            status = LIGHTPOSE_ERROR_FILE;
            break;
        }
        lp_corpus_read_video(rows, 0, &video);
        status = add_video(stored, l, &video, lp_db_get_integer(rows, LP_CORPUS_VIDEO_COUNT), about, incomplete, error);
    }
    lp_db_rows_close(&rows);
    return status;
}

static lightpose_status choose(lp_stored *stored, list *l, lp_corpus *corpus, const lp_cli_operands *videos,
                               const char *about, int *incomplete, lightpose_error *error) {
    if (videos->count == 0)
        return add_videos(stored, l, corpus, 0, about, incomplete, error);
    for (int i = 0; i < videos->count; i++) {
        int64_t id;
        LP_TRY(lp_corpus_find_video(corpus, videos->items[i], &id, error));
        LP_TRY(add_videos(stored, l, corpus, id, about, incomplete, error));
    }
    return LIGHTPOSE_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* Returns LIGHTPOSE_OK with the stream interrupted where a signal came. */
static lightpose_status write_video(lp_stored *stored, int number, lp_corpus *corpus, const struct entry *video,
                                    lightpose_error *error) {
    lp_corpus_frames *frames;
    lp_output_frame frame;
    int got = 1;
    LP_TRY(lp_stored_begin(stored, number, error));
    lightpose_status status = lp_corpus_frames_open(&frames, corpus, video->id, 0, video->frames, error);
    while (status == LIGHTPOSE_OK && !lp_signals_caught() && (got = lp_corpus_frames_next(frames, &frame, error)) > 0)
        status = lp_stored_frame(stored, &frame, error);
    lp_corpus_frames_close(&frames);
    if (got < 0)
        status = error->status;
    lp_stored_end(stored, got != 0 || status != LIGHTPOSE_OK);
    return status;
}

/* Returns an exit code. */
static int export(lp_stored *stored, lp_corpus *corpus, const lp_cli_operands *videos) {
    static const lp_cli_operands no_files;
    lightpose_error error = {0};
    lp_text about = {0};
    list l = {0};
    int incomplete = 0;
    describe(&about, corpus);
    lp_text_bytes(&about, "", 1);
    lightpose_status status = lp_text_check(&about, &error);
    if (status == LIGHTPOSE_OK)
        status = choose(stored, &l, corpus, videos, about.data, &incomplete, &error);
    int code = LP_CLI_GO;
    if (status == LIGHTPOSE_OK && l.count)
        code = lp_stored_open(stored, &no_files);
    for (int i = 0; i < l.count && code == LP_CLI_GO && status == LIGHTPOSE_OK && !lp_signals_caught(); i++)
        status = write_video(stored, i, corpus, &l.items[i], &error);
    if (status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    if (code == LP_CLI_GO)
        code = l.count ? lp_stored_close(stored, status != LIGHTPOSE_OK || lp_signals_caught()) : LP_CLI_FAILED;
    if (!l.count && !incomplete && status == LIGHTPOSE_OK)
        lp_cli_error("the corpus in %s has no videos: `lightpose corpus add` adds them", lp_db_name(corpus->db));
    lp_text_free(&about);
    free(l.items);
    return code == LP_CLI_OK && incomplete ? LP_CLI_FAILED : code;
}

int lp_corpus_export(int argc, char **argv) {
    export_options o;
    lp_corpus corpus;
    lp_cli_operands videos;
    lp_db *db;
    lp_corpus_options_init(&o.corpus);
    lp_run_options_init(&o.run);
    const lp_cli_group groups[] = {{"Output", lp_run_result_options, &o.run},
                                   {"People", lp_run_people_options, &o.run},
                                   {"Number of people", lp_run_number_options, &o.run},
                                   LP_CORPUS_GROUP(&o.corpus),
                                   {0}};
    int code = lp_cli_parse(&command, groups, argc, argv, &videos);
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = lp_corpus_begin(&corpus, &db, &o.corpus);
        lp_stored *stored = code == LP_CLI_GO ? lp_stored_create(command.name, &o.run) : NULL;
        if (stored)
            code = export(stored, &corpus, &videos);
        else if (code == LP_CLI_GO)
            code = (lp_cli_error("no memory to export"), LP_CLI_FAILED);
        lp_stored_destroy(&stored);
        lp_corpus_free(&corpus);
        lp_db_close(&db);
    }
    lp_cli_operands_free(&videos);
    lp_run_options_free(&o.run);
    return code;
}
