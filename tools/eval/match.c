/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* COCO's matching, for one image, one range of areas and one OKS threshold:
 *
 * - Detections choose in order of score. Each takes the untaken label with the highest OKS, if that is at least the
 *   threshold; of equal OKS the later label. Crowds may be taken any number of times.
 * - Labels that count come first, ignored ones (crowds, persons without keypoints, areas outside the range) after them,
 *   each group in the order of the file. A detection with a match that counts does not look at ignored labels, even if
 *   one of them fits better.
 * - A detection that took an ignored label is ignored, neither right nor wrong. So is one that took none and whose own
 *   area lies outside the range.
 * - COCO's tools lower a threshold of 1 to 1 - 1e-10; it is not one of the ten.
 */

#include "eval/match.h"

#include "eval/json_file.h"
#include "eval/oks.h"

#include <stdlib.h>
#include <string.h>

const lp_area_range lp_area_all = {0, 1e10}, lp_area_medium = {32 * 32, 96 * 96}, lp_area_large = {96 * 96, 1e10};

double lp_oks_threshold(int index) {
    /* Rounds as numpy.linspace(0.5, 0.95, 10): a comparison with OKS may depend on the last bit. */
    return index == LP_OKS_THRESHOLDS - 1 ? 0.95 : index * ((0.95 - 0.5) / (LP_OKS_THRESHOLDS - 1)) + 0.5;
}

static int is_outside(double area, lp_area_range range) {
    return area < range.low || area > range.high;
}

/* The labels of one image, those that count first. */
typedef struct candidates {
    const lp_label **labels;
    uint8_t *taken;
    double *oks; /* [detection][label] */
    size_t count, counting;
} candidates;

static void order_labels(candidates *all, const lp_labels *labels, const lp_labelled_image *image,
                         lp_area_range range) {
    all->count = 0;
    for (int ignored = 0; ignored < 2; ignored++) {
        for (size_t i = 0; i < image->labels; i++) {
            const lp_label *const label = &labels->labels[image->first + i];
            if ((!label->counts || is_outside(label->area, range)) == ignored)
                all->labels[all->count++] = label;
        }
        if (!ignored)
            all->counting = all->count;
    }
}

static ptrdiff_t best_label(const candidates *all, const double *oks, double threshold) {
    ptrdiff_t best = -1;
    for (size_t i = 0; i < all->count; i++) {
        if (all->taken[i] && !all->labels[i]->crowd)
            continue;
        if (best >= 0 && (size_t)best < all->counting && i >= all->counting)
            break;
        if (oks[i] >= threshold) {
            threshold = oks[i];
            best = (ptrdiff_t)i;
        }
    }
    return best;
}

static void match_image(lp_match *list, size_t count, candidates *all, lp_area_range range) {
    for (size_t d = 0; d < count; d++)
        for (size_t i = 0; i < all->count; i++)
            all->oks[d * all->count + i] = lp_oks(all->labels[i], list[d].detection);
    for (int t = 0; t < LP_OKS_THRESHOLDS; t++) {
        memset(all->taken, 0, all->count);
        for (size_t d = 0; d < count; d++) {
            const ptrdiff_t best = best_label(all, all->oks + d * all->count, lp_oks_threshold(t));
            const unsigned bit = 1u << t;
            if (best >= 0) {
                all->taken[best] = 1;
                list[d].verdict.matched |= bit;
                list[d].label[t] = all->labels[best];
            }
            if (best >= 0 ? (size_t)best >= all->counting : is_outside(list[d].detection->area, range))
                list[d].verdict.ignored |= bit;
        }
    }
}

/* Best score first. Equal scores keep the order of the detections: by image, then as in the image. */
static int by_score(const void *a, const void *b) {
    const lp_detection *const left = ((const lp_match *)a)->detection, *const right = ((const lp_match *)b)->detection;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return (left > right) - (left < right);
}

static size_t most_labels(const lp_labels *labels) {
    size_t most = 1;
    for (size_t i = 0; i < labels->image_count; i++)
        if (labels->images[i].labels > most)
            most = labels->images[i].labels;
    return most;
}

lightpose_status lp_matches_make(lp_matches *matches, const lp_labels *labels, const lp_detections *detections,
                                 lp_area_range range, lightpose_error *error) {
    const size_t most = most_labels(labels);
    candidates all = {.labels = calloc(most, sizeof *all.labels),
                      .taken = calloc(most, 1),
                      .oks = calloc(most, LP_COCO_MAX_DETECTIONS * sizeof *all.oks)};

    *matches = (lp_matches){.list = calloc(detections->count + 1, sizeof *matches->list),
                            .verdicts = calloc(detections->count + 1, sizeof *matches->verdicts),
                            .count = detections->count,
                            .persons = calloc(labels->image_count + 1, sizeof *matches->persons),
                            .image_count = labels->image_count};
    const int ready = all.labels && all.taken && all.oks && matches->list && matches->verdicts && matches->persons;
    for (size_t i = 0; ready && i < labels->image_count; i++) {
        const size_t first = detections->first[i], count = detections->first[i + 1] - first;
        for (size_t d = first; d < first + count; d++)
            matches->list[d] = (lp_match){.detection = &detections->list[d], .verdict.image = (uint32_t)i};
        order_labels(&all, labels, &labels->images[i], range);
        matches->persons[i] = (unsigned)all.counting;
        match_image(matches->list + first, count, &all, range);
    }
    free(all.labels);
    free(all.taken);
    free(all.oks);
    if (!ready) {
        lp_matches_free(matches);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory to match %zu detections", detections->count);
    }
    qsort(matches->list, matches->count, sizeof *matches->list, by_score);
    for (size_t i = 0; i < matches->count; i++)
        matches->verdicts[i] = matches->list[i].verdict;
    return LIGHTPOSE_OK;
}

void lp_matches_free(lp_matches *matches) {
    free(matches->list);
    free(matches->verdicts);
    free(matches->persons);
    memset(matches, 0, sizeof *matches);
}
