/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus export`: the results of whole videos, as `run` would have written them. */

#include <inttypes.h>
#include <stdlib.h>

#include "cli_values.h"
#include "corpus/account.h"
#include "corpus/frames.h"
#include "corpus/session.h"
#include "corpus/settings.h"
#include "fail.h"
#include "run/signals.h"
#include "run/stored.h"

typedef struct export_options {
    lp_corpus_options corpus;
    lp_corpus_track track;
    lp_run_options run;
} export_options;

static const lp_cli_command command = {
    "corpus export", "[VIDEO...]",
    "Writes the results of the given videos, or of all, in any format of `run` that needs no pictures: the files that\n"
    "`run` would have written, byte for byte. Frames go from the database to the files one by one, so that memory "
    "does\n"
    "not grow. People are tracked here, over the whole video. Videos that are not complete are left out and named, "
    "and\n"
    "the exit status is 1.",
    "    lightpose corpus export -o out                         a JSON Lines file per video\n"
    "    lightpose corpus export -o out --json openpose         a folder per video\n"
    "    lightpose corpus export film.mp4 --track -o film.csv\n"
    "    lightpose corpus export --film 1413451 -o 1413451.dgs.json.gz    all its cameras\n"};

/* The videos to write. */
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

typedef struct exporting {
    const export_options *options;
    lp_corpus *corpus;
    lp_stored *stored;
    json_t *values; /* settings and options */
    json_t *made;   /* account of all videos */
    list list;
    int incomplete, mixed; /* number of videos left out; made with several instruction sets */
} exporting;

/* ---- Which videos ------------------------------------------------------------------------------------------------ */

/* Describes the run that made the results of a video. */
static lightpose_status describe(exporting *e, int64_t video, char **about, lightpose_error *error) {
    char sets[128];
    json_t *account;
    *about = NULL;
    LP_TRY(lp_account_take(&account, e->corpus, video, error));
    e->mixed += lp_account_values(account, "instruction_set", sets, sizeof sets) > 1;
    lightpose_status status = lp_account_add(e->made, account, error);
    if (status == LIGHTPOSE_OK && !(*about = lp_account_about(account, e->corpus, e->values)))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the description of a video");
    json_decref(account);
    return status;
}

/* Adds a video if all its frames are stored; otherwise reports and counts it as incomplete. */
static lightpose_status add_video(exporting *e, const lp_corpus_video *video, int64_t there, lightpose_error *error) {
    lp_output_stream stream;
    if (there < video->frames) {
        lp_cli_error("%s is left out: %" PRId64 " of its %" PRId64 " frames are stored", video->source, there,
                     video->frames);
        e->incomplete++;
        return LIGHTPOSE_OK;
    }
    lp_corpus_stream(video, &stream);
    LP_TRY(append(&e->list, video, error));
    return lp_stored_add(e->stored, &stream, NULL, error);
}

/* Adds the videos of this id (0: any), film and camera. */
static lightpose_status add_videos(exporting *e, int64_t id, lightpose_error *error) {
    const lp_corpus_track *const track = &e->options->track;
    lp_db_rows *rows;
    int got;
    LP_TRY(lp_db_select(e->corpus->db, &rows,
                        "SELECT " LP_CORPUS_VIDEO_COLUMNS
                        ", (SELECT COALESCE(SUM(r.next - r.first), 0) FROM lp_range r WHERE r.video = v.id) "
                        "FROM lp_video v WHERE ($1 = 0 OR v.id = $1) AND ($2 = '' OR v.film = $2) "
                        "AND ($3 = '' OR v.camera = $3) ORDER BY v.id",
                        LP_DB_VALUES(lp_db_integer(id), lp_db_text(track->film ? track->film : ""),
                                     lp_db_text(track->camera ? track->camera : "")),
                        error));
    lightpose_status status = LIGHTPOSE_OK;
    while (status == LIGHTPOSE_OK && (got = lp_db_next(rows, error)) != 0) {
        lp_corpus_video video;
        if (got < 0) {
            status = LIGHTPOSE_ERROR_FILE;
            break;
        }
        lp_corpus_read_video(rows, 0, &video);
        status = add_video(e, &video, lp_db_get_integer(rows, LP_CORPUS_VIDEO_COUNT), error);
    }
    lp_db_rows_close(&rows);
    return status;
}

static lightpose_status choose(exporting *e, const lp_cli_operands *videos, lightpose_error *error) {
    if (videos->count == 0)
        LP_TRY(add_videos(e, 0, error));
    for (int i = 0; i < videos->count; i++) {
        int64_t id;
        LP_TRY(lp_corpus_find_video(e->corpus, videos->items[i], &id, error));
        LP_TRY(add_videos(e, id, error));
    }
    for (int i = 0; i < e->list.count; i++) {
        char *about;
        lightpose_status status = describe(e, e->list.items[i].id, &about, error);
        if (status == LIGHTPOSE_OK)
            status = lp_stored_tell(e->stored, i, about, error);
        free(about);
        LP_TRY(status);
    }
    char *const about = lp_account_about(e->made, e->corpus, e->values);
    const lightpose_status status = lp_stored_tell(e->stored, -1, about, error);
    free(about);
    return status;
}

static void warn_of_sets(const exporting *e) {
    char sets[128];
    if (lp_account_values(e->made, "instruction_set", sets, sizeof sets) < 2)
        return;
    lp_cli_error(
        "warning: the results were made with several instruction sets, %s, %d of %d videos with more than one: last "
        "digits differ between them. NAME.meta lists the frames of each",
        sets, e->mixed, e->list.count);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* A signal interrupts the stream; the function returns LIGHTPOSE_OK then. */
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
static int export(exporting *e, const lp_cli_operands *videos) {
    static const lp_cli_operands no_files;
    const lp_corpus_track *const track = &e->options->track;
    lp_stored *const stored = e->stored;
    const list *const l = &e->list;
    lightpose_error error = {0};
    lightpose_status status = choose(e, videos, &error);
    int code = LP_CLI_GO;
    if (status == LIGHTPOSE_OK && l->count) {
        warn_of_sets(e);
        code = lp_stored_open(stored, &no_files);
    }
    for (int i = 0; i < l->count && code == LP_CLI_GO && status == LIGHTPOSE_OK && !lp_signals_caught(); i++)
        status = write_video(stored, i, e->corpus, &l->items[i], &error);
    if (status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    if (code == LP_CLI_GO)
        code = l->count ? lp_stored_close(stored, status != LIGHTPOSE_OK || lp_signals_caught()) : LP_CLI_FAILED;
    if (!l->count && !e->incomplete && status == LIGHTPOSE_OK)
        lp_cli_error(track->film || track->camera ? "the corpus in %s has no video of that film or camera"
                                                  : "the corpus in %s has no videos: `lightpose corpus add` adds them",
                     lp_db_name(e->corpus->db));
    return code == LP_CLI_OK && e->incomplete ? LP_CLI_FAILED : code;
}

/* Collects the settings of the corpus and the options of the export, as `run` does with its own. */
static lightpose_status take_values(exporting *e, const lp_cli_group *groups, lightpose_error *error) {
    lp_corpus_settings settings;
    lp_corpus_settings_init(&settings);
    lightpose_status status = lp_corpus_settings_read(&settings, e->corpus->settings, error);
    if (status == LIGHTPOSE_OK) {
        json_t *const own = lp_cli_values(groups);
        e->values = lp_cli_values(settings.groups);
        e->made = json_array();
        if (!own || !e->values || !e->made || json_object_update(e->values, own) != 0)
            status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the options");
        json_decref(own);
    }
    lp_corpus_settings_free(&settings);
    return status;
}

int lp_corpus_export(int argc, char **argv) {
    export_options o = {0};
    exporting e = {.options = &o};
    lp_corpus corpus;
    lp_cli_operands videos;
    lightpose_error error = {0};
    lp_db *db;
    lp_corpus_options_init(&o.corpus);
    lp_run_options_init(&o.run);
    const lp_cli_group groups[] = {{"Output", lp_run_result_options, &o.run},
                                   {"People", lp_run_people_options, &o.run},
                                   {"Number of people", lp_run_number_options, &o.run},
                                   LP_CORPUS_TRACK_GROUP(&o.track),
                                   LP_CORPUS_GROUP(&o.corpus),
                                   {0}};
    int code = lp_cli_parse(&command, groups, argc, argv, &videos);
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = lp_corpus_begin(&corpus, &db, &o.corpus);
    }
    if (code == LP_CLI_GO) {
        e.corpus = &corpus;
        e.stored = lp_stored_create(command.name, &o.run);
        if (!e.stored)
            (void)lp_fail(&error, LIGHTPOSE_ERROR_MEMORY, "no memory to export");
        code = e.stored && take_values(&e, groups, &error) == LIGHTPOSE_OK
                   ? export(&e, &videos)
                   : (lp_cli_error("%s", error.text), LP_CLI_FAILED);
        lp_stored_destroy(&e.stored);
        json_decref(e.values);
        json_decref(e.made);
        free(e.list.items);
        lp_corpus_free(&corpus);
        lp_db_close(&db);
    }
    lp_cli_operands_free(&videos);
    lp_run_options_free(&o.run);
    return code;
}
