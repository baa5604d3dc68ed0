/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A table: a row per person, with three columns per keypoint (four with completed ones). A frame without people has a
 * row in which the columns of the person are empty; those of missing keypoints are empty, too. The size of the frame's
 * picture comes last, since it may change. */

#include "output/keypoints.h"
#include "output/single.h"
#include "output/writers.h"

#include <math.h>

enum { PIXEL_DECIMALS = 3, TIME_DECIMALS = 6, PERSON_COLUMNS = 8, BOX_COLUMNS = 4 };

static lp_keypoint_set set_of(const lp_single *self) {
    return lp_keypoints_resolve(self->options->set, LP_KEYPOINTS_COCO18);
}

static lightpose_status csv_open(void **state, const char *path, const lp_output_options *options,
                                 lightpose_error *error) {
    static const char *const parts[] = {"_x", "_y", "_score", "_state"};
    static const char *const box_parts[] = {"_x", "_y", "_width", "_height"};
    const lightpose_status status = lp_single_open(state, sizeof(lp_single), path, options, error);
    if (status != LIGHTPOSE_OK)
        return status;
    lp_single *const self = *state;
    lp_text_add(&self->text, "source,frame,time,state,person,id,score,rank,box_x,box_y,box_width,box_height");
    for (int part = 0; options->part_boxes && part < LP_PARTS; part++)
        for (int i = 0; i < BOX_COLUMNS; i++) {
            lp_text_add(&self->text, ",");
            lp_text_add(&self->text, lp_part_name((lp_part)part));
            lp_text_add(&self->text, box_parts[i]);
        }
    for (int i = 0; i < lp_keypoints_count(set_of(self)); i++)
        for (int part = 0; part < 3 + !!options->completed; part++) {
            lp_text_add(&self->text, ",");
            lp_text_add(&self->text, lp_keypoints_name(set_of(self), i));
            lp_text_add(&self->text, parts[part]);
        }
    lp_text_add(&self->text, ",width,height\n");
    return LIGHTPOSE_OK;
}

static void add_pixels(lp_text *text, float value) {
    lp_text_add(text, ",");
    lp_text_decimals(text, isfinite(value) ? value : 0, PIXEL_DECIMALS);
}

static void add_score(lp_text *text, float value) {
    lp_text_add(text, ",");
    lp_text_float(text, isfinite(value) ? value : 0);
}

static void add_box(lp_text *text, const lightpose_box *box) {
    add_pixels(text, box->x);
    add_pixels(text, box->y);
    add_pixels(text, box->width);
    add_pixels(text, box->height);
}

/* A part without a box has empty cells. */
static void add_parts(lp_text *text, const lp_output_options *options, const lp_output_frame *frame,
                      const lightpose_pose *pose) {
    for (int part = 0; options->part_boxes && part < LP_PARTS; part++) {
        lightpose_box box;
        if (lp_part_box((lp_part)part, pose, options->completed, frame->width, frame->height, &box))
            add_box(text, &box);
        else
            lp_text_add(text, ",,,,");
    }
}

static void add_person(lp_text *text, const lp_output_options *options, const lp_output_frame *frame, int person,
                       const lightpose_pose *pose) {
    const lp_keypoint_set set = lp_keypoints_resolve(options->set, LP_KEYPOINTS_COCO18);
    lightpose_keypoint points[LP_MAX_KEYPOINTS];

    lp_keypoints_take(set, pose, options->completed, points);
    lp_text_add(text, ",");
    lp_text_integer(text, person);
    lp_text_add(text, ",");
    lp_text_integer(text, pose->id);
    add_score(text, pose->score);
    add_score(text, pose->rank);
    add_box(text, &pose->box);
    add_parts(text, options, frame, pose);
    for (int i = 0; i < lp_keypoints_count(set); i++) {
        if (points[i].state == LIGHTPOSE_MISSING) {
            lp_text_add(text, ",,,");
        } else {
            add_pixels(text, points[i].x);
            add_pixels(text, points[i].y);
            lp_text_add(text, ",");
            lp_text_number(text, points[i].score, 6);
        }
        if (options->completed) {
            lp_text_add(text, ",");
            lp_text_integer(text, points[i].state);
        }
    }
}

static void add_nobody(lp_text *text, const lp_output_options *options, lp_keypoint_set set) {
    const int columns = PERSON_COLUMNS + (options->part_boxes ? LP_PARTS * BOX_COLUMNS : 0) +
                        lp_keypoints_count(set) * (3 + !!options->completed);
    for (int i = 0; i < columns; i++)
        lp_text_add(text, ",");
}

static lightpose_status csv_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    lp_single *const self = state;
    lp_text *const text = &self->text;
    const int count = lightpose_result_get_count(frame->result);

    for (int i = 0; i < (count > 0 ? count : 1); i++) {
        lp_text_csv(text, self->stream->kind == LP_STREAM_IMAGES ? frame->name : self->stream->source);
        lp_text_add(text, ",");
        lp_text_integer(text, frame->index);
        lp_text_add(text, ",");
        if (isfinite(frame->time))
            lp_text_decimals(text, frame->time, TIME_DECIMALS);
        lp_text_add(text, ",");
        lp_text_add(text, lp_frame_state_name(frame->state));
        if (count > 0)
            add_person(text, self->options, frame, i, lightpose_result_get_pose(frame->result, i));
        else
            add_nobody(text, self->options, set_of(self));
        lp_text_add(text, ",");
        lp_text_integer(text, frame->width);
        lp_text_add(text, ",");
        lp_text_integer(text, frame->height);
        lp_text_add(text, "\n");
    }
    return lp_single_emit(self, error);
}

const lp_output_writer lp_writer_csv = {
    .name = "csv",
    .summary = "a table with a row per person, one file",
    .suffix = ".csv",
    .many_streams = 1,
    .open = csv_open,
    .begin = lp_single_begin,
    .frame = csv_frame,
    .close = lp_single_close,
    .abort = lp_single_abort,
    .resumes = 1,
    .sync = lp_single_sync,
    .restore = lp_single_restore,
};
