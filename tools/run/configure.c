/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the options of `lightpose run` mean. */

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli_amount.h"
#include "cli_range.h"
#include "run/choose.h"
#include "run/options.h"
#include "run/repeat.h"
#include "run/signals.h"
#include "serve/server.h"

static int read_roi(const char *command, const lp_run_options *o, lp_roi *roi) {
    char rest;
    if (!o->roi)
        return LP_CLI_GO;
    if (sscanf(o->roi, "%d,%d,%d,%d%c", &roi->x, &roi->y, &roi->width, &roi->height, &rest) != 4 || roi->x < 0 ||
        roi->y < 0 || roi->width < 1 || roi->height < 1 || roi->x > 1 << 20 || roi->y > 1 << 20 ||
        roi->width > 1 << 20 || roi->height > 1 << 20)
        return lp_cli_usage(command, "option --roi: \"%s\" is not X,Y,WIDTH,HEIGHT in pixels", o->roi);
    return LP_CLI_GO;
}

static int read_raw(const char *command, const lp_run_options *o, lp_input_options *input) {
    static char format[32];
    char rest;
    if (o->raw &&
        (sscanf(o->raw, "%dx%d:%31[a-z0-9]%c", &input->raw_width, &input->raw_height, format, &rest) != 3 ||
         input->raw_width < 1 || input->raw_height < 1 || input->raw_width > 32768 || input->raw_height > 32768))
        return lp_cli_usage(command, "option --raw: \"%s\" is not WIDTHxHEIGHT:FORMAT, as in 1280x720:nv12", o->raw);
    input->raw_format = o->raw ? format : NULL;
    input->rate = o->rate;
    input->size = o->size;
    return LP_CLI_GO;
}

static int read_fps(const char *command, const lp_run_options *o, lp_input_options *input) {
    enum { MOST = 1000 };
    input->fps = 0;
    if (!o->fps || !strcmp(o->fps, "max"))
        return LP_CLI_GO;
    if (!lp_cli_read_number(o->fps, &input->fps) || input->fps < 0.001 || input->fps > MOST)
        return lp_cli_usage(command, "option --fps: \"%s\" is neither max nor a number from 0.001 to %d", o->fps, MOST);
    if (o->step > 1)
        return lp_cli_usage(command, "options --fps and --step both choose frames; give one of them");
    return LP_CLI_GO;
}

static int read_reconnect(const char *command, const lp_run_options *o, int *seconds) {
    enum { MOST = 86400 };
    double number = 30;
    if (o->reconnect && !strcmp(o->reconnect, "forever")) {
        *seconds = INT_MAX;
        return LP_CLI_GO;
    }
    if (o->reconnect && (!lp_cli_read_number(o->reconnect, &number) || number > MOST || floor(number) < number))
        return lp_cli_usage(command,
                            "option --reconnect: \"%s\" is neither forever nor a whole number of seconds from 0 to %d",
                            o->reconnect, MOST);
    *seconds = (int)number;
    return LP_CLI_GO;
}

int lp_run_options_segments(const char *command, const lp_run_options *o, lp_segment_options *segments) {
    *segments = (lp_segment_options){.cuts = &lp_cuts_requested};
    if (o->keep_disk && (!lp_cli_read_bytes(o->keep_disk, &segments->keep_bytes) || segments->keep_bytes < 1))
        return lp_cli_usage(command, "option --keep-disk: \"%s\" is not a size, as in 800M or 50G", o->keep_disk);
    if (o->keep_disk && !o->segment)
        return lp_cli_usage(command, "option --keep-disk needs --segment: it removes whole segments");
    if (o->segment && !strcmp(o->segment, "hup"))
        segments->seconds = INFINITY;
    else if (o->segment && (!lp_cli_read_duration(o->segment, &segments->seconds) || segments->seconds < 1 ||
                            segments->seconds > 366 * 86400.0))
        return lp_cli_usage(
            command, "option --segment: \"%s\" is neither hup nor a time from 1s to 366d, as in 10m or 1h", o->segment);
    if (o->segment && (o->resume || o->no_clobber))
        return lp_cli_usage(command, "option --segment begins new files: it does not go with --%s",
                            o->resume ? "resume" : "no-clobber");
    return LP_CLI_GO;
}

int lp_run_options_read(const char *command, const lp_run_options *o, lp_engine_options *engine) {
    lp_input_options_default(&engine->input);
    int code = lp_cli_range(command, o->first, o->last, &engine->input.range);
    if (code == LP_CLI_GO)
        code = read_roi(command, o, &engine->roi);
    if (code == LP_CLI_GO && o->latency &&
        (!lp_cli_read_duration(o->latency, &engine->latency) || engine->latency < 0.001 || engine->latency > 60))
        return lp_cli_usage(command, "option --latency: \"%s\" is not a time from 1ms to 60s", o->latency);
    if (code == LP_CLI_GO)
        code = read_fps(command, o, &engine->input);
    if (code == LP_CLI_GO)
        code = read_reconnect(command, o, &engine->input.reconnect);
    return code == LP_CLI_GO ? read_raw(command, o, &engine->input) : code;
}

int lp_run_options_ids(const char *command, const lp_run_options *o, int64_t **ids) {
    *ids = calloc((size_t)o->ids.count + 1, sizeof **ids);
    for (int i = 0; *ids && i < o->ids.count; i++) {
        char *end;
        errno = 0;
        (*ids)[i] = strtoll(o->ids.items[i], &end, 10);
        if (*end || errno || (*ids)[i] < 0)
            return lp_cli_usage(command, "option --id: \"%s\" is not a whole number from 0", o->ids.items[i]);
    }
    return *ids ? LP_CLI_GO : LP_CLI_FAILED;
}

int lp_run_options_check(const char *command, const lp_run_options *o, const lp_cli_operands *inputs) {
    if (!inputs->count && !o->lists.count && !o->clips.count)
        return lp_cli_usage(command, "no input");
    for (int i = 0; i < o->clips.count; i++) {
        lightpose_error error = {0};
        lp_input_range range;
        if (!lp_source_read_clip(o->clips.items[i], &range, &error))
            return lp_cli_usage(command, "option --clip: %s", error.text);
    }
    if (o->draw && !o->places.count)
        return lp_cli_usage(command, "option --draw needs --output");
    if (!o->serve && (o->token_file || o->viewers != LP_SERVE_VIEWERS || o->healthy != LP_SERVE_HEALTHY))
        return lp_cli_usage(command, "option --%s needs --serve",
                            o->token_file                    ? "token-file"
                            : o->viewers != LP_SERVE_VIEWERS ? "viewers"
                                                             : "healthy");
    lightpose_error error = {0};
    if (o->serve && lp_server_check(o->serve, o->token_file, &error) != LIGHTPOSE_OK)
        return lp_cli_usage(command, "option --serve: %s", error.text);
    return LP_CLI_GO;
}

/* Called on the thread that reads a source. */
static void tell_of_source(void *opaque, const char *text) {
    char more[LP_REPEAT_MORE];
    (void)opaque;
    if (lp_repeat_now(text, more))
        lp_cli_error("%s%s", text, more);
}

/* Refuses options without effect: what they act on is not written or not in use. */
int lp_run_options_check_outputs(const char *command, const lp_run_options *o, const lp_targets *targets) {
    lightpose_tracker_settings track;
    lightpose_draw_settings draw;
    lightpose_tracker_settings_init(&track);
    lightpose_draw_settings_init(&draw);
    const int openpose = targets && (lp_targets_have(targets, "openpose") || lp_targets_have(targets, "dgs"));
    const int lines = o->serve || (targets && (lp_targets_have(targets, "jsonl") || lp_targets_have(targets, "csv")));
    const int pictures = o->serve || (targets && lp_targets_have(targets, NULL)), drawn = pictures || o->show;
    const struct {
        int given, useful;
        const char *name, *needs;
    } options[] = {
        {o->scale != 0, openpose, "keypoint-scale", "openpose or dgs as output"},
        {o->set != 0, openpose || lines, "keypoint-set", "openpose, dgs, jsonl or csv as output"},
        {o->part_boxes, lines, "part-boxes", "jsonl or csv as output"},
        {o->completed, openpose || lines || drawn, "completed", "an output that can leave guesses out"},
        {o->completed, o->model.settings.complete, "completed", "guesses, which --no-complete leaves out"},
        {o->completed, o->model.settings.decoder != LIGHTPOSE_DECODER_REFERENCE, "completed",
         "the decoder refined; reference guesses nothing"},
        {o->picture_format != 0, targets && lp_targets_have(targets, "draw"), "picture-format",
         "annotated pictures in a folder"},
        {o->quality != 0, pictures, "quality", "annotated pictures or videos"},
        {o->boxes != draw.boxes, drawn, "boxes", "annotated pictures or videos, --show or --serve"},
        {o->scores > 0, drawn, "scores", "annotated pictures or videos, --show or --serve"},
        {o->opacity != draw.opacity, drawn, "opacity", "annotated pictures or videos, --show or --serve"},
        {targets && lp_targets_have(targets, "ids"), o->track, "json ids", "--track"},
        {o->ids.count, o->track, "id", "--track"},
        {o->expect_people, o->track, "expect-people", "--track"},
        {o->order, o->track, "order", "--track"},
        {o->keep_seconds != track.keep_seconds, o->track, "keep", "--track"},
        {o->assignment, o->track, "tracker", "--track"},
        {o->smooth != track.smooth, o->track, "no-smooth", "--track"},
        {o->by, o->model.settings.max_people, "people-by", "--max-people"},
        {o->resume, targets != NULL, "resume", "--output"},
        {o->resume, o->model.settings.follow < 2, "resume",
         "a run without --follow, whose frames depend on those before"},
        {o->no_clobber, targets != NULL, "no-clobber", "--output"},
        {o->segment != NULL, targets != NULL, "segment", "--output"},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && !options[i].useful)
            return lp_cli_usage(command, "option --%s needs %s", options[i].name, options[i].needs);
    if (o->scale && lines && !o->quiet)
        lp_cli_error(
            "option --keypoint-scale applies only to openpose and dgs; other formats are in pixels of the source");
    return LP_CLI_GO;
}

/* The same for options of inputs. */
int lp_run_options_check_inputs(const char *command, const lp_run_options *o, const lp_sources *sources) {
    int cameras = 0, standard = 0, videos = 0;
    for (int i = 0; i < sources->count; i++) {
        cameras += sources->items[i].kind == LP_SOURCE_CAMERA;
        standard += sources->items[i].kind == LP_SOURCE_STDIN;
        videos += sources->items[i].kind != LP_SOURCE_PICTURES && sources->items[i].kind != LP_SOURCE_CAMERA;
    }
    if (o->video >= 0 && (!videos || o->raw))
        return lp_cli_usage(command, "option --stream needs a file or stream with videos in it");
    if (o->fps && !videos && !cameras)
        return lp_cli_usage(command, "option --fps needs a video or camera; pictures have no times");
    if (o->raw && !standard)
        return lp_cli_usage(command, "option --raw needs - as input");
    if (o->size && !cameras)
        return lp_cli_usage(command, "option --size needs a camera; what a stream or file sends has its own");
    if (o->rate && !cameras && !o->raw)
        return lp_cli_usage(command, "option --rate needs a camera or --raw; what a stream or file sends has its own");
    return LP_CLI_GO;
}

void lp_run_options_set_engine(const lp_run_options *o, const lp_sources *sources, lp_engine_options *engine) {
    static const int flip_exif[] = {1, 2, 4};
    lightpose_system system;
    lightpose_system_get(&system);
    const int threads = o->model.settings.threads ? o->model.settings.threads : system.threads;
    engine->sources = sources;
    engine->settings = o->model.settings;
    if (o->by != LP_CHOOSE_RANK || o->track) /* people are chosen after tracking */
        engine->settings.max_people = 0;
    int live = 0, pictures = 0, others = 0;
    for (int i = 0; i < sources->count; i++) {
        live |= lp_source_is_live(&sources->items[i]);
        pictures += sources->items[i].count;
        others += sources->items[i].kind != LP_SOURCE_PICTURES;
    }
    /* For latency, one context with all threads; for throughput, contexts of one thread each. Fewer pictures than
     * threads would leave threads idle, so they get the one context too. */
    const int followed = others && o->model.settings.follow > 1; /* a frame needs the one before */
    const int together = live || followed || engine->latency > 0 || (!others && pictures < threads);
    engine->workers = together ? 1 : threads;
    engine->settings.threads = together ? threads : 1;
    engine->input.turn =
        lp_input_orient_then(lp_input_orient_rotate(90 * o->rotate), lp_input_orient_exif(flip_exif[o->flip]));
    engine->input.video = o->video;
    engine->input.step = o->step;
    engine->input.threads = threads < 4 ? 1 : threads < 32 ? threads / 4 + 1 : 9;
    engine->input.keep_damaged = o->keep_damaged;
    engine->input.wait.stop = &lp_stop_requested;
    if (!o->quiet)
        engine->input.tell = tell_of_source;
    engine->want_geometry = o->scale == LP_SCALE_NET;
}

void lp_run_options_set_output(const lp_run_options *o, lp_output_guard *guard, lp_output_options *output) {
    lp_output_options_default(output);
    output->set = (lp_keypoint_set)o->set;
    output->scale = (lp_keypoint_scale)o->scale;
    output->completed = o->completed;
    output->part_boxes = o->part_boxes;
    output->guard = guard;
    output->no_meta = !o->meta;
    output->growing = o->segment != NULL;
    output->picture_format = o->picture_format ? lp_run_picture_formats[o->picture_format] : NULL;
    output->quality = o->quality;
    output->draw.boxes = o->boxes;
    output->draw.scores = o->scores < 0 ? o->track : o->scores;
    output->draw.opacity = o->opacity;
    output->draw.completed = o->completed;
}

void lp_run_options_set_tracker(const lp_run_options *o, lightpose_tracker_settings *track) {
    lightpose_tracker_settings_init(track);
    track->assignment = (lightpose_assignment)o->assignment;
    track->order = (lightpose_order)o->order;
    track->expect_people = o->expect_people;
    track->smooth = o->smooth;
    track->keep_seconds = o->keep_seconds;
}
