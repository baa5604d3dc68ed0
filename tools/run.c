/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose run`: people in pictures, videos and cameras. */

#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_range.h"
#include "cli_values.h"
#include "fail.h"
#include "output/guard.h"
#include "run/provenance.h"
#include "run/session.h"
#include "run/signals.h"
#include "which_weights.h"

static const lp_cli_command command = {
    "run", "INPUT...",
    "Finds the people in each INPUT and their keypoints. INPUT is a picture, a folder, a pattern in quotes, a video,\n"
    "a camera (camera, camera:1, /dev/video0), an address (rtsp://..., http://...), a pipe, or - for frames on "
    "standard input.\n"
    "Without --output it prints one line per input, or the format that --json names. An output folder receives the\n"
    "annotated picture and OpenPose JSON of each picture, and the annotated video and JSON Lines of each video.\n"
    "The options --json and --draw choose other outputs.",
    "    lightpose run street.jpg                          people and time\n"
    "    lightpose run *.jpg -o out                        annotated pictures and OpenPose JSON in out/\n"
    "    lightpose run clip.mp4 -o clip.jsonl --track      one JSON line per frame, with IDs\n"
    "    lightpose run clip.mp4 -o out --json openpose     one file per frame, exactly as OpenPose writes it\n"
    "    lightpose run camera -o -                         JSON Lines on standard output, live\n"
    "    lightpose run long.mkv --first 9000 --last 9999 -o part.jsonl\n"
    "    ffmpeg -i any -f yuv4mpegpipe - | lightpose run - -o any.csv\n"};

struct run_options {
    lp_cli_model model;
    lp_cli_operands places, formats, lists, clips, ids;
    int draw, set, scale, completed, part_boxes, no_clobber, resume, meta, quality, picture_format;
    const char *report;
    const char *first, *last;
    int64_t step;
    int video;
    int rotate, flip, reconnect, live, recursive, keep_damaged;
    const char *roi, *raw, *rate, *size;
    int track, expect_people, order, smooth, assignment;
    float keep_seconds;
    int by;
    float min_size, min_pose_score;
    int boxes, scores;
    float opacity;
    int show, quiet;
};

static const char *const format_names[] = {"openpose", "jsonl", "coco", "dgs",   "csv", "ids",
                                           "checksum", "null",  "draw", "video", NULL};
static const char *const set_names[] = {"default", "coco18", "body25", NULL};
static const char *const rotations[] = {"0", "90", "180", "270", NULL};
static const char *const flips[] = {"none", "x", "y", NULL};
static const char *const orders[] = {"rank", "x", NULL};
static const char *const assignments[] = {"default", "reference", NULL};
static const char *const choices[] = {"rank", "size", "score", "centre", NULL};
static const char *const picture_formats[] = {"source", "jpg", "png", NULL};

#define AT(what, field) LP_CLI_AT(what, struct run_options, field)

static const lp_cli_option output_options[] = {
    {"output", 'o', "PLACE",
     "a folder; a file, in the format of its ending or of --json; or - for standard output; may be repeated",
     AT(TEXTS, places), .aside = 1},
    {"json", 0, "FORMAT", "openpose, jsonl, coco, dgs, csv, ids, checksum, null, draw or video; may be repeated",
     AT(TEXTS, formats), .choices = format_names, .aside = 1},
    {"draw", 0, NULL, "write annotated pictures and videos", AT(FLAG, draw), .aside = 1},
    {"keypoint-set", 0, "NAME", "coco18, or body25 (the default for openpose and dgs)", AT(CHOICE, set),
     .choices = set_names},
    {"keypoint-scale", 0, "N",
     "unit of coordinates, as in OpenPose: 0 pixels, 1 network, 2 output, 3 from 0 to 1, 4 from -1 to 1",
     AT(INT, scale), .max = 4},
    {"completed", 0, NULL, "also write keypoints that the decoder completed", AT(FLAG, completed)},
    {"part-boxes", 0, NULL, "also write boxes of heads and hands (jsonl, csv)", AT(FLAG, part_boxes)},
    {"no-clobber", 'n', NULL, "replace nothing: skip outputs that exist", AT(FLAG, no_clobber), .aside = 1},
    {"resume", 0, NULL, "continue an interrupted run: skip complete results, append to NAME.partial", AT(FLAG, resume),
     .aside = 1},
    {"report", 0, "FILE", "write the outcome of each input as JSON Lines; - is standard output", AT(TEXT, report),
     .aside = 1},
    {"meta", 0, NULL, "write NAME.meta beside each result: which run wrote it (--no-meta: do not)", AT(FLAG, meta),
     .aside = 1},
    {"picture-format", 0, "NAME", "format of annotated pictures: source, jpg or png", AT(CHOICE, picture_format),
     .choices = picture_formats},
    {"quality", 0, "N", "quality of annotated pictures and videos, 1 to 100", AT(INT, quality), .min = 1, .max = 100},
    {"boxes", 0, NULL, "draw a box around each person", AT(FLAG, boxes)},
    {"scores", 0, NULL, "draw scores and IDs (the default with --track)", AT(FLAG, scores)},
    {"opacity", 0, "X", "opacity of the drawing, 0 to 1", AT(NUMBER, opacity), .max = 1},
    {"show", 0, NULL, "show the result in a window; Q closes it", AT(FLAG, show), .aside = 1},
    {"quiet", 'q', NULL, "print errors only", AT(FLAG, quiet), .aside = 1},
    {0}};

static const lp_cli_option input_options[] = {
    {"list", 0, "FILE", "read inputs from FILE, one per line; may be repeated", AT(TEXTS, lists), .aside = 1},
    {"clip", 0, "RANGE@INPUT",
     "read only this range of an input: 0:01:30..0:02:00@a.mp4, 100..199@a.mp4, 90s..@a.mp4; may be repeated",
     AT(TEXTS, clips), .aside = 1},
    {"first", 0, "N", "first frame, counted from 0, or a time since the first frame (0:01:30, 90s)", AT(TEXT, first)},
    {"last", 0, "N", "last frame, or a time", AT(TEXT, last)},
    {"step", 0, "N", "every Nth frame", AT(INT64, step), .min = 1, .max = 9e15},
    {"stream", 0, "N", "video stream of a file, counted from 0 (default: the one with the largest picture)",
     AT(INT, video), .max = 999},
    {"rotate", 0, "DEGREES", "turn clockwise by 90, 180 or 270, in addition to the file's orientation",
     AT(CHOICE, rotate), .choices = rotations},
    {"flip", 0, "AXIS", "mirror: x swaps left and right, y swaps top and bottom", AT(CHOICE, flip), .choices = flips},
    {"roi", 0, "X,Y,W,H", "search only this box of the upright picture", AT(TEXT, roi)},
    {"raw", 0, "WxH:FORMAT", "standard input is raw frames: bgr24, rgb24, bgra, gray, nv12, yuv420p, ...",
     AT(TEXT, raw)},
    {"rate", 0, "FPS", "frame rate of raw frames (25) and cameras", AT(TEXT, rate)},
    {"size", 0, "WxH", "frame size of cameras", AT(TEXT, size)},
    {"reconnect", 0, "SECONDS", "how long to wait for a live source that is absent or lost (30)", AT(INT, reconnect),
     .max = 86400, .aside = 1},
    {"live", 0, NULL,
     "treat addresses, pipes and standard input as live: drop stale frames (--no-live: treat none as live; by default "
     "it depends on the source)",
     AT(FLAG, live)},
    {"recursive", 0, NULL, "also read subfolders; -o DIR gets the same tree", AT(FLAG, recursive), .aside = 1},
    {"keep-damaged", 0, NULL, "also search damaged frames, as far as they can be decoded, and mark them",
     AT(FLAG, keep_damaged)},
    {0}};

static const lp_cli_option people_options[] = {
    {"track", 0, NULL, "assign persistent IDs and smooth keypoints", AT(FLAG, track)},
    {"follow", 0, "N",
     "search one frame in N of a video as a whole, the others only near known people: faster with few people; "
     "newcomers are found up to N - 1 frames late",
     AT(INT, model.settings.follow), .max = 1000},
    {"smooth", 0, NULL, "with --track: smooth keypoints (default; --no-smooth: do not)", AT(FLAG, smooth)},
    {"keep", 0, "SECONDS", "with --track: keep the ID of a person who is out of sight for this long (1.5)",
     AT(NUMBER, keep_seconds), .max = 3600},
    {"expect-people", 0, "N", "with --track: N people in fixed slots", AT(INT, expect_people), .max = 64},
    {"order", 0, "NAME", "with --track: order of people: rank, or x for left to right", AT(CHOICE, order),
     .choices = orders},
    {"tracker", 0, "NAME", "default, or reference: the tracker of the published demo", AT(CHOICE, assignment),
     .choices = assignments},
    {"people-by", 0, "NAME", "which people --max-people keeps: rank, size, score or centre", AT(CHOICE, by),
     .choices = choices},
    {"id", 0, "N", "with --track: only this person; may be repeated", AT(TEXTS, ids)},
    {"min-size", 0, "PIXELS", "only people whose box is at least this high", AT(NUMBER, min_size), .max = 1e6},
    {"min-confidence", 0, "X", "only people whose score is at least X, 0 to 1", AT(NUMBER, min_pose_score), .max = 1},
    {0}};

/* ---- What options mean ------------------------------------------------------------------------------------------- */

static int read_roi(const struct run_options *o, lp_roi *roi) {
    char rest;
    if (!o->roi)
        return LP_CLI_GO;
    if (sscanf(o->roi, "%d,%d,%d,%d%c", &roi->x, &roi->y, &roi->width, &roi->height, &rest) != 4 || roi->x < 0 ||
        roi->y < 0 || roi->width < 1 || roi->height < 1 || roi->x > 1 << 20 || roi->y > 1 << 20 ||
        roi->width > 1 << 20 || roi->height > 1 << 20)
        return lp_cli_usage(command.name, "option --roi: \"%s\" is not X,Y,WIDTH,HEIGHT in pixels", o->roi);
    return LP_CLI_GO;
}

static int read_raw(struct run_options *o, lp_input_options *input) {
    static char format[32];
    char rest;
    if (o->raw &&
        (sscanf(o->raw, "%dx%d:%31[a-z0-9]%c", &input->raw_width, &input->raw_height, format, &rest) != 3 ||
         input->raw_width < 1 || input->raw_height < 1 || input->raw_width > 32768 || input->raw_height > 32768))
        return lp_cli_usage(command.name, "option --raw: \"%s\" is not WIDTHxHEIGHT:FORMAT, as in 1280x720:nv12",
                            o->raw);
    input->raw_format = o->raw ? format : NULL;
    input->rate = o->rate;
    input->size = o->size;
    return LP_CLI_GO;
}

static int read_ids(const struct run_options *o, int64_t **ids) {
    *ids = calloc((size_t)o->ids.count + 1, sizeof **ids);
    for (int i = 0; *ids && i < o->ids.count; i++) {
        char *end;
        errno = 0;
        (*ids)[i] = strtoll(o->ids.items[i], &end, 10);
        if (*end || errno || (*ids)[i] < 0)
            return lp_cli_usage(command.name, "option --id: \"%s\" is not a whole number from 0", o->ids.items[i]);
    }
    return *ids ? LP_CLI_GO : LP_CLI_FAILED;
}

static int check(const struct run_options *o, const lp_cli_operands *inputs) {
    if (!inputs->count && !o->lists.count && !o->clips.count)
        return lp_cli_usage(command.name, "no input");
    for (int i = 0; i < o->clips.count; i++) {
        lightpose_error error = {0};
        lp_input_range range;
        if (!lp_source_read_clip(o->clips.items[i], &range, &error))
            return lp_cli_usage(command.name, "option --clip: %s", error.text);
    }
    if (o->draw && !o->places.count)
        return lp_cli_usage(command.name, "option --draw needs --output");
    return LP_CLI_GO;
}

/* From the thread that reads a source. */
static void tell_of_source(void *opaque, const char *text) {
    (void)opaque;
    lp_cli_error("%s", text);
}

/* Options that would do nothing: what they are for is not written, or not there. */
static int check_outputs(const struct run_options *o, const lp_targets *targets) {
    lightpose_tracker_settings track;
    lightpose_draw_settings draw;
    lightpose_tracker_settings_init(&track);
    lightpose_draw_settings_init(&draw);
    const int openpose = targets && (lp_targets_have(targets, "openpose") || lp_targets_have(targets, "dgs"));
    const int lines = targets && (lp_targets_have(targets, "jsonl") || lp_targets_have(targets, "csv"));
    const int pictures = targets && lp_targets_have(targets, NULL), drawn = pictures || o->show;
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
        {o->boxes != draw.boxes, drawn, "boxes", "annotated pictures or videos, or --show"},
        {o->scores > 0, drawn, "scores", "annotated pictures or videos, or --show"},
        {o->opacity != draw.opacity, drawn, "opacity", "annotated pictures or videos, or --show"},
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
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && !options[i].useful)
            return lp_cli_usage(command.name, "option --%s needs %s", options[i].name, options[i].needs);
    if (o->scale && lines && !o->quiet)
        lp_cli_error("option --keypoint-scale holds for openpose and dgs; other formats are in pixels of the source");
    return LP_CLI_GO;
}

/* Likewise of inputs. */
static int check_inputs(const struct run_options *o, const lp_sources *sources) {
    int cameras = 0, standard = 0, videos = 0;
    for (int i = 0; i < sources->count; i++) {
        cameras += sources->items[i].kind == LP_SOURCE_CAMERA;
        standard += sources->items[i].kind == LP_SOURCE_STDIN;
        videos += sources->items[i].kind != LP_SOURCE_PICTURES && sources->items[i].kind != LP_SOURCE_CAMERA;
    }
    if (o->video >= 0 && (!videos || o->raw))
        return lp_cli_usage(command.name, "option --stream needs a file or stream with videos in it");
    if (o->raw && !standard)
        return lp_cli_usage(command.name, "option --raw needs - as input");
    if (o->size && !cameras)
        return lp_cli_usage(command.name, "option --size needs a camera; what a stream or file sends has its own");
    if (o->rate && !cameras && !o->raw)
        return lp_cli_usage(command.name,
                            "option --rate needs a camera or --raw; what a stream or file sends has its own");
    return LP_CLI_GO;
}

static void set_engine(const struct run_options *o, const lp_sources *sources, lp_engine_options *engine) {
    static const int flip_exif[] = {1, 2, 4};
    lightpose_system system;
    lightpose_system_get(&system);
    const int threads = o->model.settings.threads ? o->model.settings.threads : system.threads;
    engine->sources = sources;
    engine->settings = o->model.settings;
    if (o->by != LP_CHOOSE_RANK || o->track) /* people are chosen once they have been followed */
        engine->settings.max_people = 0;
    int live = 0, pictures = 0, others = 0;
    for (int i = 0; i < sources->count; i++) {
        live |= lp_source_is_live(&sources->items[i]);
        pictures += sources->items[i].count;
        others += sources->items[i].kind != LP_SOURCE_PICTURES;
    }
    /* Latency: one context with all threads. Throughput: contexts of one thread each; too few pictures for that are
     * a matter of latency too. */
    const int followed = others && o->model.settings.follow > 1; /* a frame needs the one before */
    const int together = live || followed || (!others && pictures < threads);
    engine->workers = together ? 1 : threads;
    engine->settings.threads = together ? threads : 1;
    engine->input.turn =
        lp_input_orient_then(lp_input_orient_rotate(90 * o->rotate), lp_input_orient_exif(flip_exif[o->flip]));
    engine->input.video = o->video;
    engine->input.step = o->step;
    engine->input.threads = threads < 4 ? 1 : threads < 32 ? threads / 4 + 1 : 9;
    engine->input.reconnect = o->reconnect;
    engine->input.keep_damaged = o->keep_damaged;
    engine->input.stop = &lp_stop_requested;
    if (!o->quiet)
        engine->input.tell = tell_of_source;
    engine->want_geometry = o->scale == LP_SCALE_NET;
}

static void set_output(const struct run_options *o, lp_output_guard *guard, lp_output_options *output) {
    lp_output_options_default(output);
    output->set = (lp_keypoint_set)o->set;
    output->scale = (lp_keypoint_scale)o->scale;
    output->completed = o->completed;
    output->part_boxes = o->part_boxes;
    output->guard = guard;
    output->no_meta = !o->meta;
    output->picture_format = o->picture_format ? picture_formats[o->picture_format] : NULL;
    output->quality = o->quality;
    output->draw.boxes = o->boxes;
    output->draw.scores = o->scores < 0 ? o->track : o->scores;
    output->draw.opacity = o->opacity;
    output->draw.completed = o->completed;
}

static void set_tracker(const struct run_options *o, lightpose_tracker_settings *track) {
    lightpose_tracker_settings_init(track);
    track->assignment = (lightpose_assignment)o->assignment;
    track->order = (lightpose_order)o->order;
    track->expect_people = o->expect_people;
    track->smooth = o->smooth;
    track->keep_seconds = o->keep_seconds;
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */

/* Lists what the operands and lists name. What cannot be had is told; the rest goes on. */
static int gather(const struct run_options *o, const lp_cli_operands *inputs, lp_sources *sources) {
    int code = LP_CLI_OK;
    sources->recursive = o->recursive;
    sources->live = o->live < 0 ? 0 : o->live ? 1 : -1;
    sources->stop = &lp_stop_requested;
    const struct {
        const lp_cli_operands *given;
        lightpose_status (*add)(lp_sources *sources, const char *text, lightpose_error *error);
    } kinds[] = {{inputs, lp_sources_add}, {&o->clips, lp_sources_add_clip}, {&o->lists, lp_sources_add_list}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int i = 0; i < kinds[k].given->count; i++) {
            lightpose_error error = {0};
            if (kinds[k].add(sources, kinds[k].given->items[i], &error) == LIGHTPOSE_OK)
                continue;
            lp_cli_error("%s", error.text);
            code = LP_CLI_FAILED;
        }
    if (!lp_sources_name_apart(sources)) {
        lp_cli_error("no memory for the list of inputs");
        code = LP_CLI_FAILED;
    }
    return code;
}

/* Says what folders hold that is no input. */
static void tell_passed(const struct run_options *o, const lp_sources *sources) {
    char passed[512];
    lp_sources_tell_passed(sources, passed, sizeof passed);
    if (*passed && !o->quiet)
        lp_cli_error("passed over in folders: %s", passed);
}

/* Says that results have other names than their inputs, where that is so. */
static void tell_names(const struct run_options *o, const lp_sources *sources, const lp_targets *targets) {
    const int count = (lp_targets_use_names(targets, 0) ? sources->renamed : 0) +
                      (lp_targets_use_names(targets, 1) ? sources->renamed_pictures : 0);
    if (count && !o->quiet)
        lp_cli_error("%d input%s the name of an earlier one: results are called NAME_2, NAME_3, ... in that order",
                     count, count == 1 ? " has" : "s have");
}

/* No output may replace what is read. */
static lightpose_status protect(const struct run_options *o, const lp_sources *sources, lp_output_guard **guard,
                                lightpose_error *error) {
    lightpose_status status = lp_output_guard_create(guard, o->no_clobber, error);
    for (int i = 0; i < sources->count && status == LIGHTPOSE_OK; i++) {
        const lp_source *const source = &sources->items[i];
        if (source->kind == LP_SOURCE_VIDEO)
            status = lp_output_guard_input(*guard, source->text, error);
        for (int j = 0; j < source->count && status == LIGHTPOSE_OK; j++)
            status = lp_output_guard_input(*guard, source->pictures[j], error);
    }
    return status;
}

/* What a run holds that it has to give back. */
typedef struct run_parts {
    lp_output_guard *guard;
    lp_output_options output;
    lightpose_tracker_settings track;
    lp_targets *targets;
    lp_provenance provenance;
    lp_prospect *prospects;
    lp_source_start *starts;
    lp_ledger *ledger;
    lp_window *window;
    lp_report report;
    int to_stdout;
} run_parts;

static void tell_failed_output(void *opaque, const char *text) {
    lp_report_error(opaque, "%s", text);
}

static void tell_note(void *opaque, const char *text) {
    lp_report_note(opaque, "%s", text);
}

static lightpose_status open_report(const struct run_options *o, run_parts *r, lightpose_error *error) {
    struct stat existing;
    if (!o->report)
        return LIGHTPOSE_OK;
    if (stat(o->report, &existing) == 0 && lp_output_guard_is_input(r->guard, &existing))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "option --report: %s is an input of this run", o->report);
    return lp_ledger_open(&r->ledger, o->report, error);
}

/* What earlier runs left to do of each source. */
static lightpose_status look(const struct run_options *o, run_parts *r, lp_engine_options *engine,
                             lightpose_error *error) {
    const int count = engine->sources->count;
    lightpose_status status = LIGHTPOSE_OK;
    int whole = 0;
    r->prospects = calloc((size_t)count + 1, sizeof *r->prospects);
    r->starts = calloc((size_t)count + 1, sizeof *r->starts);
    if (!r->prospects || !r->starts)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d inputs", count);
    for (int i = 0; i < count && status == LIGHTPOSE_OK; i++) {
        lp_prospect *const p = &r->prospects[i];
        if (o->resume && lp_source_is_live(&engine->sources->items[i]))
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "option --resume: %s is live, and what it sent meanwhile is gone",
                           engine->sources->items[i].text);
        status = lp_targets_look(r->targets, i, lp_provenance_differs, &r->provenance, p, error);
        /* The last frame that is there is read once more, so that an input that has no other is no error. */
        r->starts[i] = (lp_source_start){.skip = p->whole, .first = p->next > 0 ? p->next - 1 : -1, .have = p->have};
        whole += p->whole;
        if (p->have_count && !p->whole && status == LIGHTPOSE_OK)
            lp_report_note(&r->report, "%s: results of %d of %d pictures are there already, and passed over",
                           engine->sources->items[i].text, p->have_count, engine->sources->items[i].count);
    }
    engine->starts = r->starts;
    if (whole && status == LIGHTPOSE_OK)
        lp_report_note(&r->report, "%d of %d input%s: results are there already, and passed over", whole, count,
                       count == 1 ? "" : "s");
    if (r->provenance.root)
        lp_targets_survey(r->targets, lp_provenance_see, &r->provenance);
    if (*r->provenance.mixed && status == LIGHTPOSE_OK)
        lp_report_error(&r->report,
                        "warning: results beside those of this run were made with another instruction set (%s): last "
                        "digits may differ between the two",
                        r->provenance.mixed);
    return status;
}

static lightpose_status prepare(const struct run_options *o, const lp_cli_operands *places, const lp_cli_group *groups,
                                run_parts *r, lp_engine_options *engine, lightpose_error *error) {
    lightpose_status status = lightpose_model_create(&engine->model, o->model.weights, error);
    if (status == LIGHTPOSE_OK && !o->quiet)
        lp_tell_weights(engine->model, o->model.weights);
    if (status == LIGHTPOSE_OK && o->show)
        status = lp_window_open(&r->window, engine->sources->items[0].name, error);
    if (status == LIGHTPOSE_OK)
        status = open_report(o, r, error);
    if (status != LIGHTPOSE_OK || !r->targets)
        return status;
    if (places->count > r->to_stdout) {
        status = lp_provenance_make(&r->provenance, engine->model, o->model.weights, &engine->settings,
                                    lp_cli_values(groups), error);
        r->output.about = r->provenance.about;
    }
    return status == LIGHTPOSE_OK ? look(o, r, engine, error) : status;
}

static int run_session(const struct run_options *o, const run_parts *r, const lp_engine_options *engine,
                       const int64_t *ids) {
    const lp_session_options session = {
        .engine = engine,
        .targets = r->targets,
        .prospects = r->prospects,
        .ledger = r->ledger,
        .track = o->track ? &r->track : NULL,
        .choice = {o->model.settings.max_people, (lp_choose_by)o->by, o->ids.count ? ids : NULL, o->ids.count,
                   o->min_size, o->min_pose_score},
        .report = (lp_report *)(uintptr_t)&r->report,
        .window = r->window,
        .draw = r->output.draw,
        .stop = &lp_stop_requested,
    };
    const int code = lp_session_run(&session);
    if (r->window && !atomic_load(&lp_stop_requested) &&
        engine->sources->items[engine->sources->count - 1].kind == LP_SOURCE_PICTURES)
        lp_window_wait(r->window);
    return code;
}

static void free_parts(run_parts *r, int count) {
    lp_window_close(&r->window);
    lp_targets_free(&r->targets);
    for (int i = 0; r->prospects && i < count; i++)
        lp_prospect_free(&r->prospects[i]);
    free(r->prospects);
    free(r->starts);
    lp_provenance_free(&r->provenance);
    lp_ledger_close(&r->ledger);
    lp_output_guard_destroy(&r->guard);
}

/* Plans the outputs. Returns LP_CLI_GO, or an exit code after a message. */
static int plan(const struct run_options *o, const lp_cli_operands *places, const lp_sources *sources, run_parts *r) {
    lightpose_error error = {0};
    lightpose_status status = protect(o, sources, &r->guard, &error);
    if (status != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
        return LP_CLI_FAILED;
    }
    set_output(o, r->guard, &r->output);
    set_tracker(o, &r->track);
    r->output.note = tell_note;
    r->output.note_opaque = &r->report;
    for (int i = 0; i < places->count; i++)
        r->to_stdout += !strcmp(places->items[i], "-");
    lp_report_start(&r->report, o->quiet, r->to_stdout || (o->report && !strcmp(o->report, "-")) ? NULL : stdout);
    const lp_targets_options options = {.places = places,
                                        .formats = &o->formats,
                                        .draw = o->draw,
                                        .sources = sources,
                                        .output = &r->output,
                                        .resume = o->resume,
                                        .no_clobber = o->no_clobber,
                                        .in_order = o->track,
                                        .tell = tell_failed_output,
                                        .tell_opaque = &r->report};
    if (places->count)
        status = lp_targets_plan(&r->targets, &options, &error);
    if (status == LIGHTPOSE_ERROR_ARGUMENT)
        return lp_cli_usage(command.name, "%s", error.text);
    if (status == LIGHTPOSE_OK)
        return check_outputs(o, r->targets);
    lp_cli_error("%s", error.text);
    return LP_CLI_FAILED;
}

static int run(const struct run_options *o, const lp_cli_group *groups, lp_engine_options *engine,
               const lp_sources *sources, const int64_t *ids) {
    lightpose_error error = {0};
    run_parts r = {0};
    /* A format without a place goes to standard output. */
    const char *dash[] = {"-"};
    const lp_cli_operands to_dash = {dash, 1};
    const lp_cli_operands *const places = o->formats.count && !o->places.count ? &to_dash : &o->places;
    int code = plan(o, places, sources, &r);
    if (code == LP_CLI_GO) {
        if (r.targets)
            tell_names(o, sources, r.targets);
        if (prepare(o, places, groups, &r, engine, &error) == LIGHTPOSE_OK)
            code = run_session(o, &r, engine, ids);
        else
            code = (lp_cli_error("%s", error.text), LP_CLI_FAILED);
        if (lp_signals_caught() && r.targets && places->count > r.to_stdout && !lp_source_is_live(&sources->items[0]))
            lp_report_note(&r.report,
                           "stopped: results that are not whole are called NAME.partial; --resume goes on with them");
    }
    free_parts(&r, sources->count);
    lightpose_model_destroy(&engine->model);
    return code;
}

int cmd_run(int argc, char **argv) {
    lightpose_draw_settings draw;
    lightpose_tracker_settings track;
    lightpose_tracker_settings_init(&track);
    lightpose_draw_settings_init(&draw);
    struct run_options o = {.video = -1,
                            .step = 1,
                            .reconnect = 30,
                            .meta = 1,
                            .live = -1,
                            .smooth = track.smooth,
                            .keep_seconds = track.keep_seconds,
                            .boxes = draw.boxes,
                            .scores = -1,
                            .opacity = draw.opacity};
    lightpose_settings_init(&o.model.settings);
    const lp_cli_group groups[] = {{"Output", output_options, &o},
                                   {"Input", input_options, &o},
                                   {"People", people_options, &o},
                                   LP_CLI_MODEL_GROUP(&o.model),
                                   {0}};
    lp_cli_operands inputs;
    lp_sources sources = {0};
    lp_engine_options engine = {0};
    int64_t *ids = NULL;
    int code = lp_cli_parse(&command, groups, argc, argv, &inputs);
    if (code == LP_CLI_GO) {
        lp_input_options_default(&engine.input);
        code = check(&o, &inputs);
        if (code == LP_CLI_GO)
            code = lp_cli_range(command.name, o.first, o.last, &engine.input.range);
        if (code == LP_CLI_GO)
            code = read_roi(&o, &engine.roi);
        if (code == LP_CLI_GO)
            code = read_raw(&o, &engine.input);
        if (code == LP_CLI_GO)
            code = read_ids(&o, &ids);
        if (code == LP_CLI_GO) {
            lp_signals_catch();
            const int gathered = gather(&o, &inputs, &sources);
            set_engine(&o, &sources, &engine);
            code = check_inputs(&o, &sources);
            if (code == LP_CLI_GO) {
                tell_passed(&o, &sources);
                code = sources.count ? run(&o, groups, &engine, &sources, ids) : LP_CLI_FAILED;
            }
            code = code == LP_CLI_OK ? gathered : code;
        }
        /* A file stopped before its end is work undone; a camera ends no other way. */
        if (lp_signals_caught() && code == LP_CLI_OK && !lp_source_is_live(&sources.items[0]))
            code = 128 + lp_signals_caught();
    }
    free(ids);
    lp_sources_free(&sources);
    lp_cli_operands_free(&inputs);
    lp_cli_operands_free(&o.places);
    lp_cli_operands_free(&o.formats);
    lp_cli_operands_free(&o.lists);
    lp_cli_operands_free(&o.clips);
    lp_cli_operands_free(&o.ids);
    return code;
}
