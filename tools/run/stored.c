/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/stored.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "run/follower.h"
#include "run/report.h"

struct lp_stored {
    const char *command;
    const lp_run_options *options;
    lp_sources sources;
    lp_output_stream *streams; /* of each source, without their strings */
    int capacity;
    char **abouts; /* which run each is from; NULL: unknown */
    char *about;   /* which run all are from; NULL: unknown */
    int64_t *ids;
    lp_output_guard *guard;
    lp_output_options output;
    lightpose_tracker_settings track;
    lp_choice choice;
    lp_targets *targets;
    int failed, is_quiet;

    /* Of the stream being written. */
    lp_target_stream *out;
    int number;
    lp_follower follower;
    lp_chooser chooser;
    lightpose_result *result; /* a copy to change */
    lightpose_pose *poses;
    int pose_capacity;
    int64_t frames, people;
};

lp_stored *lp_stored_create(const char *command, const lp_run_options *options) {
    lp_stored *const stored = calloc(1, sizeof *stored);
    if (!stored)
        return NULL;
    stored->command = command;
    stored->options = options;
    return stored;
}

void lp_stored_destroy(lp_stored **stored) {
    lp_stored *const s = *stored;
    if (!s)
        return;
    lp_follower_close(&s->follower);
    lp_chooser_free(&s->chooser);
    lightpose_result_destroy(&s->result);
    lp_targets_free(&s->targets);
    lp_output_guard_destroy(&s->guard);
    lp_sources_free(&s->sources);
    for (int i = 0; i < s->capacity; i++)
        free(s->abouts[i]);
    free(s->abouts);
    free(s->streams);
    free(s->poses);
    free(s->about);
    free(s->ids);
    free(s);
    *stored = NULL;
}

static void tell(void *opaque, const char *text) {
    ((lp_stored *)opaque)->failed = 1;
    lp_cli_error("%s", text);
}

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

lightpose_status lp_stored_tell(lp_stored *s, int number, const char *about, lightpose_error *error) {
    char **const to = number < 0 ? &s->about : &s->abouts[number];
    free(*to);
    *to = about ? strdup(about) : NULL;
    return *to ? LIGHTPOSE_OK : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the description of a run");
}

static int grow(lp_stored *s) {
    const int capacity = 2 * s->sources.count;
    lp_output_stream *const streams = realloc(s->streams, (size_t)capacity * sizeof *streams);
    if (!streams)
        return 0;
    s->streams = streams;
    char **const abouts = realloc(s->abouts, (size_t)capacity * sizeof *abouts);
    if (!abouts)
        return 0;
    s->abouts = abouts;
    memset(abouts + s->capacity, 0, (size_t)(capacity - s->capacity) * sizeof *abouts);
    s->capacity = capacity;
    return 1;
}

lightpose_status lp_stored_add(lp_stored *s, const lp_output_stream *stream, const char *about,
                               lightpose_error *error) {
    const lp_source_kind kind = stream->kind == LP_STREAM_IMAGES ? LP_SOURCE_PICTURES : LP_SOURCE_VIDEO;
    const lp_source *const source = lp_sources_append(&s->sources, kind, stream->source, strdup(stream->name));

    if (!source || (s->sources.count > s->capacity && !grow(s)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of streams");
    s->streams[s->sources.count - 1] = *stream;
    return about ? lp_stored_tell(s, s->sources.count - 1, about, error) : LIGHTPOSE_OK;
}

lightpose_status lp_stored_add_picture(lp_stored *s, const char *name, lightpose_error *error) {
    return lp_source_add_picture(&s->sources.items[s->sources.count - 1], name)
               ? LIGHTPOSE_OK
               : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of pictures");
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

/* The description beside a file of all streams: the run they are from, if it is the same. */
static const char *common_about(const lp_stored *s) {
    if (s->about)
        return s->about;
    for (int i = 0; i < s->sources.count; i++)
        if (!s->abouts[i] || strcmp(s->abouts[i], s->abouts[0]) != 0)
            return NULL;
    return s->sources.count ? s->abouts[0] : NULL;
}

static lightpose_status plan(lp_stored *s, const lp_cli_operands *files, const lp_cli_operands *places,
                             const lp_cli_operands *formats, lightpose_error *error) {
    const lp_run_options *const o = s->options;
    if (!lp_sources_name_apart(&s->sources))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of streams");
    LP_TRY(lightpose_result_create(&s->result, error));
    LP_TRY(lp_output_guard_create(&s->guard, o->no_clobber, error));
    for (int i = 0; i < files->count; i++)
        LP_TRY(lp_output_guard_input(s->guard, files->items[i], error));
    lp_run_options_set_output(o, s->guard, &s->output);
    lp_run_options_set_tracker(o, &s->track);
    s->output.about = common_about(s);
    s->choice = (lp_choice){o->model.settings.max_people,
                            (lp_choose_by)o->by,
                            o->ids.count ? s->ids : NULL,
                            o->ids.count,
                            o->min_size,
                            o->min_pose_score};
    const lp_targets_options targets = {.places = places,
                                        .formats = formats,
                                        .sources = &s->sources,
                                        .output = &s->output,
                                        .no_clobber = o->no_clobber,
                                        .in_order = 1,
                                        .tell = tell,
                                        .tell_opaque = s};
    LP_TRY(lp_targets_plan(&s->targets, &targets, error));
    return lp_targets_have(s->targets, NULL)
               ? lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                         "stored results have no pictures to draw on: use `lightpose run` on the video itself")
               : LIGHTPOSE_OK;
}

int lp_stored_open(lp_stored *s, const lp_cli_operands *files) {
    static const char *dash[] = {"-"}, *lines[] = {"jsonl"};
    const lp_cli_operands to_dash = {dash, 1}, as_lines = {lines, 1};
    const lp_run_options *const o = s->options;
    const lp_cli_operands *const places = o->places.count ? &o->places : &to_dash;
    lightpose_error error = {0};
    int has_ending = 1;

    const int code = lp_run_options_ids(s->command, o, &s->ids);
    if (code != LP_CLI_GO)
        return code;
    s->is_quiet = o->quiet;
    for (int i = 0; i < places->count; i++) {
        has_ending &= lp_output_by_path(places->items[i]) != NULL;
        s->is_quiet |= !strcmp(places->items[i], "-");
    }
    const lightpose_status status =
        plan(s, files, places, o->formats.count || has_ending ? &o->formats : &as_lines, &error);
    if (status == LIGHTPOSE_ERROR_ARGUMENT)
        return lp_cli_usage(s->command, "%s", error.text);
    if (status == LIGHTPOSE_OK)
        return lp_run_options_check_outputs(s->command, o, s->targets);
    lp_cli_error("%s", error.text);
    return LP_CLI_FAILED;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

lightpose_status lp_stored_begin(lp_stored *s, int number, lightpose_error *error) {
    const lp_source *const source = &s->sources.items[number];
    lp_output_stream stream = s->streams[number];
    stream.name = source->name;
    stream.source = source->text;
    stream.number = number;
    stream.about = s->abouts[number];
    s->number = number;
    s->frames = s->people = 0;
    if (s->options->track)
        LP_TRY(lp_follower_open(&s->follower, &s->track, NULL, 0, error));
    return lp_targets_begin(&s->out, s->targets, &stream, error);
}

static lightpose_status copy_result(lp_stored *s, const lightpose_result *from, lightpose_error *error) {
    const int count = lightpose_result_get_count(from);
    if (count > s->pose_capacity) {
        lightpose_pose *const bigger = realloc(s->poses, 2 * (size_t)count * sizeof *bigger);
        if (!bigger)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d people", count);
        s->poses = bigger;
        s->pose_capacity = 2 * count;
    }
    for (int i = 0; i < count; i++)
        s->poses[i] = *lightpose_result_get_pose(from, i);
    return lightpose_result_assign(s->result, s->poses, count, error);
}

/* Tracks and chooses people. */
static lightpose_status refine(lp_stored *s, const lp_output_frame *frame, lightpose_error *error) {
    const double time = lp_follower_time(frame->index, frame->time, s->streams[s->number].fps);
    LP_TRY(copy_result(s, frame->result, error));
    if (s->follower.tracker)
        LP_TRY(lp_follower_update(&s->follower, &s->chooser, time, frame->width, frame->height, s->result, error));
    return lp_chooser_choose(&s->chooser, s->result, &s->choice, frame->width, frame->height, error);
}

lightpose_status lp_stored_frame(lp_stored *s, const lp_output_frame *frame, lightpose_error *error) {
    lp_output_frame own = *frame;
    if (frame->state == LP_FRAME_OK) {
        LP_TRY(refine(s, frame, error));
        own.result = s->result;
        s->people += lightpose_result_get_count(s->result);
    }
    lp_targets_frame(s->out, &own);
    s->frames++;
    return LIGHTPOSE_OK;
}

void lp_stored_end(lp_stored *s, int interrupted) {
    char frames[32], people[32];
    if (s->out && lp_targets_end(&s->out, interrupted, NULL, 0) > 0)
        s->failed = 1;
    lp_follower_close(&s->follower);
    if (!s->is_quiet && !interrupted)
        printf("%s: %s, %s\n", s->sources.items[s->number].text, lp_report_count(s->frames, "frame", "frames", frames),
               lp_report_count(s->people, "person", "people", people));
}

int lp_stored_close(lp_stored *s, int interrupted) {
    lp_targets_finish(s->targets, interrupted);
    if (lp_targets_closed(s->targets) && !lp_targets_live(s->targets))
        return LP_CLI_CLOSED;
    return interrupted || s->failed || lp_targets_failed(s->targets) ? LP_CLI_FAILED : LP_CLI_OK;
}
