/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/found.h"

#include "eval/json_file.h"
#include "output/keypoints.h"

#include <stdlib.h>
#include <string.h>

lightpose_status lp_found_take(lp_found *found, const lightpose_result *result, lightpose_error *error) {
    const int count = lightpose_result_get_count(result);
    free(found->keypoints);
    free(found->ranks);
    found->count = 0;
    found->keypoints = calloc((size_t)count + 1, sizeof *found->keypoints);
    found->ranks = calloc((size_t)count + 1, sizeof *found->ranks);
    if (!found->keypoints || !found->ranks)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %d people", count);
    for (int i = 0; i < count; i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
        lightpose_keypoint points[LP_MAX_KEYPOINTS];
        lp_keypoints_take(LP_KEYPOINTS_COCO18, pose, 1, points);
        double *const to = found->keypoints[found->count];
        int there = 0;
        for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
            const lightpose_keypoint *const point = &points[lp_coco17_source[k]];
            to[3 * k] = (double)point->x;
            to[3 * k + 1] = (double)point->y;
            to[3 * k + 2] = point->state != LIGHTPOSE_MISSING;
            there += point->state != LIGHTPOSE_MISSING;
        }
        found->ranks[found->count] = (double)pose->rank;
        found->count += there > 0; /* a neck alone is no person, as in results of format coco: COCO has no neck */
    }
    return LIGHTPOSE_OK;
}

/* Processor time of a part of a call. The library measures parts in wall time, of which only the proportions hold on a
 * busy machine. */
static int64_t share_of(const lp_measured *call, int64_t part_ns) {
    const double whole = call->stats.total_ns > 0 ? (double)call->stats.total_ns : 1;
    return (int64_t)((double)call->cpu_ns * ((double)part_ns / whole));
}

void lp_found_time(lp_found *found, const lp_measured *network, const lp_measured *decoder, int pass) {
    const int64_t decoding = share_of(network, network->stats.peaks_ns + network->stats.group_ns);
    const int64_t decode = decoder ? decoder->cpu_ns : decoding;
    const int64_t total = network->cpu_ns - decoding + decode;
    if (pass > 0 && total >= found->total_ns)
        return;
    found->total_ns = total;
    found->network_ns = share_of(network, network->stats.network_ns);
    found->decode_ns = decode;
}

static lightpose_status add_found(lp_detections *detections, size_t image, const lp_found *found,
                                  lightpose_error *error) {
    for (int i = 0; i < found->count; i++)
        LP_TRY(lp_detections_add(detections, image, found->keypoints[i], found->ranks[i], error));
    return LIGHTPOSE_OK;
}

static lightpose_status detections_of(lp_detections *detections, const lp_found *found, size_t images,
                                      lightpose_error *error) {
    for (size_t i = 0; i < images; i++)
        LP_TRY(add_found(detections, i, &found[i], error));
    return lp_detections_sort(detections, images, error);
}

/* Evaluates the pictures without people, alone and as additional images of the labels. */
static lightpose_status look_at_negatives(lp_outcome *outcome, const lp_found *found, const lp_pictures *pictures,
                                          const lp_labels *labels, lightpose_error *error) {
    lp_negatives *const negatives = &outcome->negatives;
    lp_detections detections = {0};
    lp_matches matches = {0};
    lp_curve curve;
    lp_labels more = *labels;

    negatives->images = (int)(pictures->count - pictures->labelled);
    for (size_t i = pictures->labelled; i < pictures->count; i++) {
        negatives->images_with += found[i].count > 0;
        negatives->persons += found[i].count;
        for (int p = 0; p < found[i].count; p++)
            if (!negatives->worst || found[i].ranks[p] > negatives->best_rank) {
                negatives->best_rank = found[i].ranks[p];
                negatives->worst = pictures->list[i].path;
            }
    }
    more.images = calloc(pictures->count + 1, sizeof *more.images);
    if (!more.images)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu images", pictures->count);
    memcpy(more.images, labels->images, labels->image_count * sizeof *more.images);
    more.image_count = pictures->count;
    lightpose_status status = detections_of(&detections, found, pictures->count, error);
    if (status == LIGHTPOSE_OK)
        status = lp_matches_make(&matches, &more, &detections, lp_area_all, error);
    if (status == LIGHTPOSE_OK) {
        lp_curve_compute(&matches, NULL, &curve);
        negatives->ap = lp_curve_mean(curve.precision);
    }
    lp_matches_free(&matches);
    lp_detections_free(&detections);
    free(more.images);
    return status;
}

lightpose_status lp_found_conclude(const lp_found *found, const lp_pictures *pictures, const lp_labels *labels,
                                   lp_outcome *outcome, lightpose_error *error) {
    LP_TRY(detections_of(&outcome->detections, found, pictures->labelled, error));
    LP_TRY(lp_outcome_evaluate(outcome, labels, error));
    return pictures->count > pictures->labelled ? look_at_negatives(outcome, found, pictures, labels, error)
                                                : LIGHTPOSE_OK;
}

void lp_found_timing(const lp_found *found, size_t count, int workers, lp_timing *timing) {
    const double scale = 1e-6 / (double)(count ? count : 1) / workers;
    for (size_t i = 0; i < count; i++) {
        timing->image_ms += scale * (double)found[i].total_ns;
        timing->network_ms += scale * (double)found[i].network_ns;
        timing->decode_ms += scale * (double)found[i].decode_ns;
    }
    timing->workers = workers;
    timing->images = (int)count;
}

void lp_found_free(lp_found *found, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(found[i].keypoints);
        free(found[i].ranks);
    }
    free(found);
}
