/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/work.h"

#include <math.h>
#include <time.h>

#include "fail.h"

int64_t lp_work_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int lp_work_crop(lightpose_image *image, lp_roi *roi) {
    if (roi->x >= image->width || roi->y >= image->height)
        return 0;
    const int right = roi->x + roi->width < image->width ? roi->x + roi->width : image->width;
    const int bottom = roi->y + roi->height < image->height ? roi->y + roi->height : image->height;
    if (lightpose_image_crop(image, &roi->x, &roi->y, right - roi->x, bottom - roi->y, NULL) != LIGHTPOSE_OK)
        return 0;
    roi->width = image->width;
    roi->height = image->height;
    return 1;
}

static lightpose_status read_image(lp_job *job, const lp_engine_options *options) {
    const lp_input_limits limits = {options->settings.max_image_side, options->settings.max_image_pixels};
    if (job->frame.state != LP_INPUT_OK)
        return lp_fail(&job->error, LIGHTPOSE_ERROR_IMAGE, "%s", job->frame.reason);
    if (!job->frame.path) {
        job->image = job->frame.image;
        return LIGHTPOSE_OK;
    }
    const int64_t start = lp_work_now();
    const lightpose_status status =
        job->frame.bytes
            ? lp_input_picture_read_memory(&job->picture, job->frame.path, job->frame.bytes, job->frame.size, &limits,
                                           options->input.turn, &job->error)
            : lp_input_picture_read_turned(&job->picture, job->frame.path, &limits, options->input.turn, &job->error);
    job->image = job->picture.image;
    job->read_ns = lp_work_now() - start;
    return status;
}

void lp_work(lp_job *job, lightpose_context *context, const lp_engine_options *options) {
    const int64_t start = lp_work_now();
    lightpose_maps maps;
    job->image = (lightpose_image){0};
    job->stats = (lightpose_stats){0};
    job->net_scale = 0;
    lightpose_status status = read_image(job, options);
    lightpose_image part = job->image;
    job->pixel_aspect = part.pixel_aspect > 0 ? part.pixel_aspect : 1;
    job->roi = (lp_roi){0, 0, part.width, part.height};
    if (status == LIGHTPOSE_OK && options->roi.width) {
        job->roi = options->roi;
        if (!lp_work_crop(&part, &job->roi))
            status = lp_fail(&job->error, LIGHTPOSE_ERROR_ARGUMENT,
                             "the region of interest at %d,%d lies outside the picture of %dx%d", options->roi.x,
                             options->roi.y, job->image.width, job->image.height);
    }
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_infer(context, &part, job->result, &job->error);
    if (status == LIGHTPOSE_OK)
        lightpose_context_get_stats(context, &job->stats);
    if (status == LIGHTPOSE_OK && options->want_geometry &&
        lightpose_context_get_maps(context, &maps, &job->error) == LIGHTPOSE_OK) {
        job->net_scale = maps.scale;
        job->net_pad_x = maps.pad_x - (float)job->roi.x * maps.scale * maps.pixel_aspect;
        job->net_pad_y = maps.pad_y - (float)job->roi.y * maps.scale;
    }
    job->total_ns = lp_work_now() - start;
}

void lp_work_get_output(const lp_job *job, const lp_source *source, lp_output_frame *frame) {
    const int ok = job->error.status == LIGHTPOSE_OK;
    *frame = (lp_output_frame){
        .index = job->frame.index,
        .time = job->frame.time,
        .name = job->frame.path,
        .stem = source->count     ? source->stems[job->frame.index]
                : job->frame.path ? source->name
                                  : NULL,
        .width = job->image.width,
        .height = job->image.height,
        .state = ok ? LP_FRAME_OK : LP_FRAME_UNDECODABLE,
        .reason = !ok                  ? job->error.text
                  : job->frame.damaged ? job->frame.reason
                                       : NULL,
        .damaged = ok && job->frame.damaged,
        .jump = job->frame.jump,
        .utc = isfinite(job->frame.utc) ? job->frame.utc : 0,
        .reconnected = job->frame.reconnected,
        .pixel_aspect = job->pixel_aspect,
        .result = ok ? job->result : NULL,
        .net_scale = job->net_scale,
        .net_pad_x = job->net_pad_x,
        .net_pad_y = job->net_pad_y,
        .picture = ok ? &job->image : NULL,
    };
}
