/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* JSON Lines: an object per frame, one file for a run. Every frame of the range has its line, even if it could not be
 * decoded. Each line can be read without those before it:
 *
 *     {"video":"clip.mp4","frame":7,"time":0.28,"width":640,"height":360,"state":"ok","people":[
 *      {"id":-1,"score":0.81,"rank":210.5,"box":[x,y,width,height],"keypoints":[[x,y,score,state],…]}]}
 *
 * "image" or "camera" replaces "video" for such inputs; "time" is null if unknown. Keypoints are in the order of the
 * set, with states as in lightpose_keypoint_state; missing ones are [0,0,0,0].
 *
 * Optional members: after "time", "utc" (of a live source), "jump" (seconds by which the source's clock leapt) and
 * "reconnected"; after "height", "pixel_aspect"; after "state", "damaged" and, for damaged frames and states other than
 * ok, "reason". With part boxes, "head", "left_hand" and "right_hand" follow the box; null if unknown. */

#include "output/keypoints.h"
#include "output/single.h"
#include "output/writers.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { PIXEL_DECIMALS = 3, TIME_DECIMALS = 6 };

static void add_pixels(lp_text *text, double value) {
    lp_text_decimals(text, value, PIXEL_DECIMALS);
}

static void add_box(lp_text *text, const char *name, const lightpose_box *box) {
    lp_text_add(text, ",\"");
    lp_text_add(text, name);
    lp_text_add(text, "\":");
    if (!box) {
        lp_text_add(text, "null");
        return;
    }
    const float numbers[] = {box->x, box->y, box->width, box->height};
    for (int i = 0; i < 4; i++) {
        lp_text_add(text, i > 0 ? "," : "[");
        add_pixels(text, isfinite(numbers[i]) ? numbers[i] : 0);
    }
    lp_text_add(text, "]");
}

static void add_keypoints(lp_text *text, const lp_output_options *options, const lightpose_pose *pose) {
    const lp_keypoint_set set = lp_keypoints_resolve(options->set, LP_KEYPOINTS_COCO18);
    lightpose_keypoint points[LP_MAX_KEYPOINTS];

    lp_keypoints_take(set, pose, options->completed, points);
    lp_text_add(text, ",\"keypoints\":[");
    for (int i = 0; i < lp_keypoints_count(set); i++) {
        lp_text_add(text, i > 0 ? ",[" : "[");
        add_pixels(text, points[i].x);
        lp_text_add(text, ",");
        add_pixels(text, points[i].y);
        lp_text_add(text, ",");
        lp_text_number(text, points[i].score, 6);
        lp_text_add(text, ",");
        lp_text_integer(text, points[i].state);
        lp_text_add(text, "]");
    }
    lp_text_add(text, "]");
}

static void add_person(lp_text *text, const lp_output_options *options, const lp_output_frame *frame,
                       const lightpose_pose *pose) {
    lp_text_add(text, "{\"id\":");
    lp_text_integer(text, pose->id);
    lp_text_add(text, ",\"score\":");
    lp_text_float(text, isfinite(pose->score) ? pose->score : 0);
    lp_text_add(text, ",\"rank\":");
    lp_text_float(text, isfinite(pose->rank) ? pose->rank : 0);
    add_box(text, "box", &pose->box);
    for (int part = 0; options->part_boxes && part < LP_PARTS; part++) {
        lightpose_box box;
        const int there = lp_part_box((lp_part)part, pose, options->completed, frame->width, frame->height, &box);
        add_box(text, lp_part_name((lp_part)part), there ? &box : NULL);
    }
    add_keypoints(text, options, pose);
    lp_text_add(text, "}");
}

static lightpose_status jsonl_open(void **state, const char *path, const lp_output_options *options,
                                   lightpose_error *error) {
    return lp_single_open(state, sizeof(lp_single), path, options, error);
}

/* Adds the members of the frame's clock beyond its time. */
static void add_clock(lp_text *text, const lp_output_frame *frame) {
    if (frame->utc > 0) {
        const time_t whole = (time_t)frame->utc;
        struct tm day;
        char date[64];
        const size_t used = strftime(date, sizeof date, ",\"utc\":\"%Y-%m-%dT%H:%M:%S", gmtime_r(&whole, &day));
        snprintf(date + used, sizeof date - used, ".%06dZ\"", (int)((frame->utc - (double)whole) * 1e6));
        lp_text_add(text, date);
    }
    if (frame->jump != 0) {
        lp_text_add(text, ",\"jump\":");
        lp_text_decimals(text, frame->jump, TIME_DECIMALS);
    }
    if (frame->reconnected)
        lp_text_add(text, ",\"reconnected\":true");
}

void lp_jsonl_line(lp_text *text, const lp_output_stream *stream, const lp_output_options *options,
                   const lp_output_frame *frame) {
    static const char *const sources[] = {"{\"image\":", "{\"video\":", "{\"camera\":"};

    lp_text_add(text, sources[stream->kind]);
    lp_text_json(text, stream->kind == LP_STREAM_IMAGES ? frame->name : stream->source);
    lp_text_add(text, ",\"frame\":");
    lp_text_integer(text, frame->index);
    lp_text_add(text, ",\"time\":");
    if (isfinite(frame->time))
        lp_text_decimals(text, frame->time, TIME_DECIMALS);
    else
        lp_text_add(text, "null");
    add_clock(text, frame);
    lp_text_add(text, ",\"width\":");
    lp_text_integer(text, frame->width);
    lp_text_add(text, ",\"height\":");
    lp_text_integer(text, frame->height);
    if (frame->pixel_aspect > 0 && frame->pixel_aspect != 1) {
        lp_text_add(text, ",\"pixel_aspect\":");
        lp_text_number(text, frame->pixel_aspect, 6);
    }
    lp_text_add(text, ",\"state\":\"");
    lp_text_add(text, lp_frame_state_name(frame->state));
    lp_text_add(text, frame->damaged ? "\",\"damaged\":true" : "\"");
    if ((frame->state != LP_FRAME_OK || frame->damaged) && frame->reason) {
        lp_text_add(text, ",\"reason\":");
        lp_text_json(text, frame->reason);
    }
    lp_text_add(text, ",\"people\":[");
    for (int i = 0; i < lightpose_result_get_count(frame->result); i++) {
        if (i > 0)
            lp_text_add(text, ",");
        add_person(text, options, frame, lightpose_result_get_pose(frame->result, i));
    }
    lp_text_add(text, "]}\n");
}

static lightpose_status jsonl_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    lp_single *const self = state;
    lp_jsonl_line(&self->text, self->stream, self->options, frame);
    return lp_single_emit(self, error);
}

const lp_output_writer lp_writer_jsonl = {
    .name = "jsonl",
    .summary = "JSON Lines: an object per frame, one file",
    .suffix = ".jsonl",
    .many_streams = 1,
    .open = jsonl_open,
    .begin = lp_single_begin,
    .frame = jsonl_frame,
    .close = lp_single_close,
    .abort = lp_single_abort,
    .resumes = 1,
    .sync = lp_single_sync,
    .restore = lp_single_restore,
};
