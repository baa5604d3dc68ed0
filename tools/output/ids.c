/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A table of tracked people: a row per id of each input, with the frames in which the person was seen and means over
 * them. */

#include "output/single.h"
#include "output/writers.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIXEL_DECIMALS = 3, TIME_DECIMALS = 6 };

typedef struct person {
    int64_t id, frames, first_frame, last_frame, keypoints;
    double first_time, last_time;      /* NAN where unknown */
    double score, x, y, width, height; /* sums */
} person;

typedef struct ids {
    lp_single single;
    person *people; /* of the current stream, by id */
    size_t count, capacity;
} ids;

/* Finds or adds the row of an id; NULL if out of memory. Searches from the end: new ids are mostly the largest. */
static person *find(ids *self, int64_t id) {
    size_t place = self->count;
    while (place > 0 && self->people[place - 1].id > id)
        place--;
    if (place > 0 && self->people[place - 1].id == id)
        return &self->people[place - 1];
    if (self->count == self->capacity) {
        const size_t capacity = self->capacity ? 2 * self->capacity : 64;
        person *const grown = realloc(self->people, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        self->people = grown;
        self->capacity = capacity;
    }
    memmove(&self->people[place + 1], &self->people[place], (self->count - place) * sizeof *self->people);
    self->people[place] = (person){.id = id, .frames = 0};
    self->count++;
    return &self->people[place];
}

static double finite_or_zero(float value) {
    return isfinite(value) ? (double)value : 0;
}

static void see(person *p, const lp_output_frame *frame, const lightpose_pose *pose) {
    if (p->frames++ == 0) {
        p->first_frame = frame->index;
        p->first_time = frame->time;
    }
    p->last_frame = frame->index;
    p->last_time = frame->time;
    p->keypoints += pose->keypoint_count;
    p->score += finite_or_zero(pose->score);
    p->x += finite_or_zero(pose->box.x);
    p->y += finite_or_zero(pose->box.y);
    p->width += finite_or_zero(pose->box.width);
    p->height += finite_or_zero(pose->box.height);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void add_time(lp_text *text, double time) {
    lp_text_add(text, ",");
    if (isfinite(time))
        lp_text_decimals(text, time, TIME_DECIMALS);
}

static void add_row(ids *self, const person *p) {
    lp_text *const text = &self->single.text;
    const double each = 1.0 / (double)p->frames;
    const int64_t whole[] = {p->id, p->frames, p->first_frame, p->last_frame};
    const double means[] = {p->x * each, p->y * each, p->width * each, p->height * each};
    lp_text_csv(text, self->single.stream->source);
    for (int i = 0; i < 4; i++) {
        lp_text_add(text, ",");
        lp_text_integer(text, whole[i]);
    }
    add_time(text, p->first_time);
    add_time(text, p->last_time);
    lp_text_add(text, ",");
    lp_text_number(text, p->score * each, 6);
    lp_text_add(text, ",");
    lp_text_number(text, (double)p->keypoints * each, 6);
    for (int i = 0; i < 4; i++) {
        lp_text_add(text, ",");
        lp_text_decimals(text, means[i], PIXEL_DECIMALS);
    }
    lp_text_add(text, "\n");
}

static lightpose_status end_stream(ids *self, lightpose_error *error) {
    for (size_t i = 0; i < self->count; i++)
        add_row(self, &self->people[i]);
    self->count = 0;
    return lp_single_emit(&self->single, error);
}

/* ---- The writer -------------------------------------------------------------------------------------------------- */

static lightpose_status ids_open(void **state, const char *path, const lp_output_options *options,
                                 lightpose_error *error) {
    const lightpose_status status = lp_single_open(state, sizeof(ids), path, options, error);
    if (status == LIGHTPOSE_OK)
        lp_text_add(&((ids *)*state)->single.text,
                    "source,id,frames,first_frame,last_frame,first_time,last_time,mean_score,mean_keypoints,mean_box_x,"
                    "mean_box_y,mean_box_width,mean_box_height\n");
    return status;
}

static lightpose_status ids_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    const lightpose_status status = end_stream(state, error);
    return status == LIGHTPOSE_OK ? lp_single_begin(state, stream, error) : status;
}

/* Skips people without an id, and entries of people who are not seen in the frame. */
static lightpose_status ids_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    for (int i = 0; i < lightpose_result_get_count(frame->result); i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(frame->result, i);
        if (pose->id < 0 || pose->keypoint_count == 0)
            continue;
        person *const found = find(state, pose->id);
        if (!found)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the table of ids");
        see(found, frame, pose);
    }
    return LIGHTPOSE_OK;
}

static lightpose_status ids_close(void **state, lightpose_error *error) {
    ids *const self = *state;
    lightpose_error detail = {0};
    const lightpose_status status = end_stream(self, &detail);
    free(self->people);
    self->people = NULL;
    if (status == LIGHTPOSE_OK)
        return lp_single_close(state, error);
    lp_single_abort(state);
    return lp_fail(error, detail.status, "%s", detail.text);
}

static void ids_abort(void **state) {
    free(((ids *)*state)->people);
    lp_single_abort(state);
}

/* As bytes: the sums must be restored bit for bit. */
static void ids_save(const void *state, lp_text *to) {
    const ids *const self = state;
    lp_text_bytes(to, (const char *)self->people, self->count * sizeof *self->people);
}

static lightpose_status ids_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                    lightpose_error *error) {
    ids *const self = state;
    const size_t count = size / sizeof *self->people;
    if (size % sizeof *self->people)
        return lp_fail_restore(error, "ids");
    self->people = count ? malloc(size) : NULL;
    if (count && !self->people)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the table of ids");
    if (count)
        memcpy(self->people, saved, size);
    self->count = self->capacity = count;
    return lp_single_restore(state, stream, saved, size, error);
}

const lp_output_writer lp_writer_ids = {
    .name = "ids",
    .summary = "a table with a row per tracked person, one file",
    .suffix = ".ids.csv",
    .many_streams = 1,
    .open = ids_open,
    .begin = ids_begin,
    .frame = ids_frame,
    .close = ids_close,
    .abort = ids_abort,
    .resumes = 1,
    .sync = lp_single_sync,
    .save = ids_save,
    .restore = ids_restore,
};
