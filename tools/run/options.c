/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/options.h"

#include "serve/server.h"

static const char *const format_names[] = {"openpose", "jsonl", "coco", "dgs",  "csv",   "ids",
                                           "checksum", "lpb",   "null", "draw", "video", NULL};
static const char *const set_names[] = {"default", "coco18", "body25", NULL};
static const char *const rotations[] = {"0", "90", "180", "270", NULL};
static const char *const flips[] = {"none", "x", "y", NULL};
static const char *const orders[] = {"rank", "x", NULL};
static const char *const assignments[] = {"default", "reference", NULL};
static const char *const choices[] = {"rank", "size", "score", "centre", NULL};

const char *const lp_run_picture_formats[] = {"source", "jpg", "png", NULL};

#define AT(what, field) LP_CLI_AT(what, lp_run_options, field)

const lp_cli_option lp_run_result_options[] = {
    {"output", 'o', "PLACE",
     "a folder; a file, in the format of its ending or of --json; or - for standard output; may be repeated",
     AT(TEXTS, places), .aside = 1},
    {"json", 0, "FORMAT", "openpose, jsonl, coco, dgs, csv, ids, checksum, lpb, null, draw or video; may be repeated",
     AT(TEXTS, formats), .choices = format_names, .aside = 1},
    {"keypoint-set", 0, "NAME", "coco18, or body25 (the default for openpose and dgs)", AT(CHOICE, set),
     .choices = set_names},
    {"keypoint-scale", 0, "N",
     "unit of coordinates, as in OpenPose: 0 pixels, 1 network, 2 output, 3 from 0 to 1, 4 from -1 to 1",
     AT(INT, scale), .max = 4},
    {"completed", 0, NULL, "also write keypoints that the decoder completed", AT(FLAG, completed)},
    {"part-boxes", 0, NULL, "also write boxes of heads and hands (jsonl, csv)", AT(FLAG, part_boxes)},
    {"no-clobber", 'n', NULL, "replace nothing: skip outputs that exist", AT(FLAG, no_clobber), .aside = 1},
    {"meta", 0, NULL, "write NAME.meta beside each result: which run wrote it (--no-meta: do not)", AT(FLAG, meta),
     .aside = 1},
    {"quiet", 'q', NULL, "print errors only", AT(FLAG, quiet), .aside = 1},
    {0}};

static const lp_cli_option drawing_options[] = {
    {"draw", 0, NULL, "write annotated pictures and videos", AT(FLAG, draw), .aside = 1},
    {"picture-format", 0, "NAME", "format of annotated pictures: source, jpg or png", AT(CHOICE, picture_format),
     .choices = lp_run_picture_formats},
    {"quality", 0, "N", "quality of annotated pictures and videos, 1 to 100", AT(INT, quality), .min = 1, .max = 100},
    {"boxes", 0, NULL, "draw a box around each person", AT(FLAG, boxes)},
    {"scores", 0, NULL, "draw scores and IDs (the default with --track)", AT(FLAG, scores)},
    {"opacity", 0, "X", "opacity of the drawing, 0 to 1", AT(NUMBER, opacity), .max = 1},
    {"show", 0, NULL, "show the result in a window; Q closes it", AT(FLAG, show), .aside = 1},
    {"resume", 0, NULL, "continue an interrupted run: skip complete results, append to NAME.partial", AT(FLAG, resume),
     .aside = 1},
    {"segment", 0, "TIME",
     "cut results at multiples of 10m, 1h, 1d ... of UTC, into files NAME-20261128T120000Z.jsonl; also at SIGHUP (hup: "
     "only then)",
     AT(TEXT, segment), .aside = 1},
    {"keep-disk", 0, "SIZE", "with --segment: remove the oldest segments above this size in all (50G, 800M)",
     AT(TEXT, keep_disk), .aside = 1},
    {"report", 0, "FILE", "write the outcome of each input as JSON Lines; - is standard output", AT(TEXT, report),
     .aside = 1},
    {0}};

static const lp_cli_option serve_options[] = {
    {"serve", 0, "ADDRESS", "serve the live picture, poses and figures over HTTP: HOST:PORT, or a port of 127.0.0.1",
     AT(TEXT, serve), .aside = 1},
    {"token-file", 0, "FILE", "let in only who has the token in FILE; needed beyond 127.0.0.1", AT(TEXT, token_file),
     .aside = 1},
    {"viewers", 0, "N", "at most N viewers of pictures and poses at a time (64)", AT(INT, viewers), .min = 1,
     .max = 10000, .aside = 1},
    {"healthy", 0, "SECONDS", "/healthz fails for a source without a frame for this long (10)", AT(INT, healthy),
     .min = 1, .max = 86400, .aside = 1},
    {0}};

static const lp_cli_option input_options[] = {
    {"list", 0, "FILE", "read inputs from FILE, one per line; may be repeated", AT(TEXTS, lists), .aside = 1},
    {"clip", 0, "RANGE@INPUT",
     "read only this range of an input: 0:01:30..0:02:00@a.mp4, 100..199@a.mp4, 90s..@a.mp4; may be repeated",
     AT(TEXTS, clips), .aside = 1},
    {"first", 0, "N", "first frame, counted from 0, or a time since the first frame (0:01:30, 90s)", AT(TEXT, first)},
    {"last", 0, "N", "last frame, or a time", AT(TEXT, last)},
    {"step", 0, "N", "every Nth frame", AT(INT64, step), .min = 1, .max = 9e15},
    {"fps", 0, "N",
     "at most N frames a second, evenly by their times; others are not decoded where the codec allows it (max: all)",
     AT(TEXT, fps)},
    {"latency", 0, "TIME",
     "hold the time from a frame to its result (50ms): second look, height and stages go down and up in steps",
     AT(TEXT, latency)},
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
    {"reconnect", 0, "SECONDS", "how long to wait for a live source that is absent or lost (30), or forever",
     AT(TEXT, reconnect), .aside = 1},
    {"live", 0, NULL,
     "treat addresses, pipes and standard input as live: drop stale frames (--no-live: treat none as live; by default "
     "it depends on the source)",
     AT(FLAG, live)},
    {"recursive", 0, NULL, "also read subfolders; -o DIR gets the same tree", AT(FLAG, recursive), .aside = 1},
    {"follow", 0, "N",
     "search one frame in N of a video as a whole, the others only near known people: faster with few people; "
     "newcomers are found up to N - 1 frames late",
     AT(INT, model.settings.follow), .max = 1000},
    {"keep-damaged", 0, NULL, "also search damaged frames, as far as they can be decoded, and mark them",
     AT(FLAG, keep_damaged)},
    {0}};

const lp_cli_option lp_run_people_options[] = {
    {"track", 0, NULL, "assign persistent IDs and smooth keypoints", AT(FLAG, track)},
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

/* `run` has this one among the options of the network. */
const lp_cli_option lp_run_number_options[] = {{"max-people", 0, "N", "keep the N best people of a frame (0: all)",
                                                AT(INT, model.settings.max_people), .max = 1e6},
                                               {0}};

void lp_run_options_init(lp_run_options *o) {
    lightpose_draw_settings draw;
    lightpose_tracker_settings track;
    lightpose_tracker_settings_init(&track);
    lightpose_draw_settings_init(&draw);
    *o = (lp_run_options){.video = -1,
                          .step = 1,
                          .meta = 1,
                          .live = -1,
                          .viewers = LP_SERVE_VIEWERS,
                          .healthy = LP_SERVE_HEALTHY,
                          .smooth = track.smooth,
                          .keep_seconds = track.keep_seconds,
                          .boxes = draw.boxes,
                          .scores = -1,
                          .opacity = draw.opacity};
    lightpose_settings_init(&o->model.settings);
}

void lp_run_options_free(lp_run_options *o) {
    lp_cli_operands_free(&o->places);
    lp_cli_operands_free(&o->formats);
    lp_cli_operands_free(&o->lists);
    lp_cli_operands_free(&o->clips);
    lp_cli_operands_free(&o->ids);
}

void lp_run_options_groups(lp_run_options *o, lp_cli_group groups[LP_RUN_GROUPS]) {
    const lp_cli_group all[LP_RUN_GROUPS] = {{"Output", lp_run_result_options, o},
                                             {"Drawing, resuming, report", drawing_options, o},
                                             {"Serving", serve_options, o},
                                             {"Input", input_options, o},
                                             {"People", lp_run_people_options, o},
                                             LP_CLI_MODEL_GROUP(&o->model),
                                             {0}};
    for (int i = 0; i < LP_RUN_GROUPS; i++)
        groups[i] = all[i];
}
