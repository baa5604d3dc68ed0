/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The evaluator against a plain implementation of the rules, on random worlds; its weights, breakdown and comparison.
 */

#include "eval_world.h"

#include <stdlib.h>

#include "eval/breakdown.h"
#include "eval/compare.h"
#include "eval/oks.h"

/* ---- Against the plain rules ------------------------------------------------------------------------------------- */

static uint64_t random_state;

static unsigned below(unsigned limit) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % limit;
}

/* Precision at recall r is the best precision at any place with at least that recall; no envelope, no sums kept. */
static double plain_precision(const int *verdicts, size_t count, int persons) {
    double sum = 0;
    for (int r = 0; r <= 100; r++) {
        double best = 0;
        for (size_t last = 0; last < count; last++) {
            int right = 0, wrong = 0;
            for (size_t i = 0; i <= last; i++) {
                right += verdicts[i] == 1;
                wrong += verdicts[i] == 0;
            }
            if (right + wrong && (double)right / persons >= r * 0.01)
                best = fmax(best, (double)right / (right + wrong));
        }
        sum += best;
    }
    return sum / 101;
}

/* The label of one kind (that counts, or ignored) that detection `d` takes, or -1. */
static int plain_choice(const world *w, const lp_labelled_image *image, const lp_detection *d, const int *taken,
                        const int *counts, int kind, double threshold) {
    int best = -1;
    for (size_t i = image->first; i < image->first + image->labels; i++) {
        const lp_label *const label = &w->list[i];
        if (counts[i] != kind || (taken[i] && !label->crowd) || lp_oks(label, d) < threshold)
            continue;
        if (best < 0 || lp_oks(label, d) >= lp_oks(&w->list[best], d))
            best = (int)i;
    }
    return best;
}

/* 1 right, 0 wrong, -1 ignored, for each detection of the image in its order. */
static void plain_match(const world *w, size_t image, lp_area_range range, double threshold, int *verdicts) {
    int taken[MOST_LABELS] = {0}, counts[MOST_LABELS] = {0};
    const lp_labelled_image *const at = &w->images[image];
    for (size_t i = at->first; i < at->first + at->labels; i++)
        counts[i] = w->list[i].counts && w->list[i].area >= range.low && w->list[i].area <= range.high;
    for (size_t d = w->detections.first[image]; d < w->detections.first[image + 1]; d++) {
        const lp_detection *const detection = &w->detections.list[d];
        int choice = plain_choice(w, at, detection, taken, counts, 1, threshold);
        if (choice < 0)
            choice = plain_choice(w, at, detection, taken, counts, 0, threshold);
        if (choice >= 0) {
            taken[choice] = 1;
            verdicts[d] = counts[choice] ? 1 : -1;
        } else {
            verdicts[d] = detection->area >= range.low && detection->area <= range.high ? 0 : -1;
        }
    }
}

static void plain_figures(const world *w, lp_area_range range, double threshold, double *ap, double *ar) {
    int verdicts[MOST_IMAGES * LP_COCO_MAX_DETECTIONS] = {0}, sorted[MOST_IMAGES * LP_COCO_MAX_DETECTIONS];
    const size_t count = w->detections.count;
    int persons = 0, right = 0;

    for (size_t image = 0; image < w->labels.image_count; image++)
        plain_match(w, image, range, threshold, verdicts);
    for (size_t d = 0; d < count; d++) { /* its place: how many go before it */
        size_t place = 0;
        for (size_t o = 0; o < count; o++) {
            const double theirs = w->detections.list[o].score, ours = w->detections.list[d].score;
            place += theirs > ours || (theirs == ours && o < d);
        }
        sorted[place] = verdicts[d];
        right += verdicts[d] == 1;
    }
    for (size_t i = 0; i < w->labels.label_count; i++)
        persons += w->list[i].counts && w->list[i].area >= range.low && w->list[i].area <= range.high;
    *ap = persons ? plain_precision(sorted, count, persons) : -1;
    *ar = persons ? (double)right / persons : -1;
}

/* A few places and sizes only, so that detections meet labels, labels overlap and scores are equal. */
static void random_world(world *w) {
    static const double sides[] = {20, 32, 50, 96, 150};
    begin(w, 1 + below(6));
    for (size_t image = 0; image < w->labels.image_count; image++)
        for (unsigned n = below(5); n-- > 0;) {
            lp_label *const label = person(w, image, 20 * below(4), 20 * below(4), sides[below(5)]);
            const unsigned kind = below(8);
            for (int k = 0; k < LP_COCO17_KEYPOINTS && kind > 4; k++)
                if (below(2) && label->labelled_count > 1) {
                    label->labelled[k] = 0;
                    label->labelled_count--;
                }
            if (kind < 2)
                without_keypoints(label, (int)kind);
        }
    for (unsigned n = below(40); n-- > 0;)
        found(w, below((unsigned)w->labels.image_count), 20 * below(4) + below(8), 20 * below(4) + below(8),
              sides[below(5)] + below(6), 0.25 * below(5));
}

static void agrees_with_the_plain_rules(void **state) {
    (void)state;
    int ignored = 0, matched = 0;
    random_state = 20180;
    for (int round = 0; round < 400; round++) {
        const lp_area_range *const ranges[] = {&lp_area_all, &lp_area_medium, &lp_area_large};
        world w;
        random_world(&w);
        evaluate(&w);
        for (int r = 0; r < 3; r++) {
            const lp_matches *const matches = r == 0   ? &w.evaluation.all
                                              : r == 1 ? &w.evaluation.medium
                                                       : &w.evaluation.large;
            lp_curve curve;
            lp_curve_compute(matches, NULL, &curve);
            for (int t = 0; t < LP_OKS_THRESHOLDS; t++) {
                double ap, ar;
                plain_figures(&w, *ranges[r], 0.5 + 0.05 * t, &ap, &ar);
                assert_near(curve.precision[t], ap);
                assert_near(curve.recall[t], ar);
            }
            for (size_t i = 0; i < matches->count; i++) {
                ignored += matches->verdicts[i].ignored & 1;
                matched += matches->verdicts[i].matched & 1;
            }
        }
        end(&w);
    }
    assert_true(ignored > 1000 && matched > 1000); /* the worlds are not all alike */
}

/* An image that counts w times gives what w copies of the image give. */
static void weights_are_copies(void **state) {
    (void)state;
    random_state = 7;
    for (int round = 0; round < 200; round++) {
        world w, copies;
        unsigned weights[MOST_IMAGES], total = 0;
        random_world(&w);
        begin(&copies, 0);
        evaluate(&w);
        for (size_t i = 0; i < w.labels.image_count; i++) {
            weights[i] = below(4);
            for (unsigned n = 0; n < weights[i]; n++, total++) {
                copies.images[total] =
                    (lp_labelled_image){.first = copies.labels.label_count, .labels = w.images[i].labels};
                for (size_t l = 0; l < w.images[i].labels; l++)
                    copies.list[copies.labels.label_count++] = w.list[w.images[i].first + l];
                for (size_t d = w.detections.first[i]; d < w.detections.first[i + 1]; d++) {
                    double keypoints[3 * LP_COCO17_KEYPOINTS];
                    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
                        keypoints[3 * k] = w.detections.list[d].x[k];
                        keypoints[3 * k + 1] = w.detections.list[d].y[k];
                        keypoints[3 * k + 2] = 1;
                    }
                    /* Scores are made unequal: how equal ones of copies interleave is not defined. */
                    assert_int_equal(lp_detections_add(&copies.detections, total, keypoints,
                                                       w.detections.list[d].score - 1e-6 * (double)d, NULL),
                                     LIGHTPOSE_OK);
                }
            }
        }
        for (size_t d = 0; d < w.detections.count; d++)
            w.detections.list[d].score -= 1e-6 * (double)d;
        copies.labels.image_count = total;
        evaluate(&copies);
        lp_evaluation_figures(&w.evaluation, weights, w.figures);
        for (int f = 0; f < LP_FIGURES; f++)
            assert_near(w.figures[f], copies.figures[f]);
        end(&copies);
        end(&w);
    }
}

/* ---- Breakdown and comparison ------------------------------------------------------------------------------------ */

static void breaks_down(void **state) {
    (void)state;
    world w;
    lp_breakdown b;
    double keypoints[3 * LP_COCO17_KEYPOINTS];
    begin(&w, 3);
    lp_label *const label = person(&w, 0, 10, 10, 50);
    label->labelled[4] = 0; /* 16 labelled */
    label->labelled_count = label->keypoints = 16;
    person(&w, 1, 10, 10, 200);
    person(&w, 1, 400, 10, 80);
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        keypoints[3 * k] = label->x[k] + (k == 5 ? 40 : 0); /* left shoulder: far off */
        keypoints[3 * k + 1] = label->y[k];
        keypoints[3 * k + 2] = k != 9; /* left wrist: not found */
    }
    assert_int_equal(lp_detections_add(&w.detections, 0, keypoints, 0.5, NULL), LIGHTPOSE_OK);
    found(&w, 1, 10, 10, 200, 0.6);
    evaluate(&w);
    assert_int_equal(lp_breakdown_make(&b, &w.labels, &w.detections, &w.evaluation, NULL), LIGHTPOSE_OK);

    assert_int_equal(b.persons, 3);
    assert_int_equal(b.persons_found, 2);
    assert_int_equal(b.keypoints[0].labelled, 3);
    assert_int_equal(b.keypoints[0].person_found, 2);
    assert_int_equal(b.keypoints[0].found, 2);
    assert_int_equal(b.keypoints[0].right, 2);
    assert_near(b.keypoints[0].similarity, 1);
    assert_int_equal(b.keypoints[4].labelled, 2);
    assert_int_equal(b.keypoints[4].person_found, 1);
    assert_int_equal(b.keypoints[5].found, 2);
    assert_int_equal(b.keypoints[5].right, 1);
    assert_near(b.keypoints[5].similarity, (1 + exp(-1600 / (2 * 2500 * 0.158 * 0.158))) / 2);
    assert_int_equal(b.keypoints[9].person_found, 2);
    assert_int_equal(b.keypoints[9].found, 1);

    assert_string_equal(b.sizes[1].name, "32-64 px");
    assert_int_equal(b.sizes[1].persons, 1);
    assert_near(b.sizes[1].ap50, 1);
    assert_int_equal(b.sizes[2].persons, 1); /* 80 x 80, not found */
    assert_near(b.sizes[2].ar, 0);
    assert_near(b.sizes[4].ap, 1);
    assert_near(b.sizes[0].ap, -1);
    assert_string_equal(b.crowds[0].name, "1");
    assert_int_equal(b.crowds[0].images, 1);
    assert_near(b.crowds[0].ap50, 1);
    assert_int_equal(b.crowds[1].images, 1);
    assert_int_equal(b.crowds[1].persons, 2);
    assert_near(b.crowds[1].ap50, 51.0 / 101);
    assert_near(b.crowds[2].ap, -1);
    end(&w);
}

/* One person in each of 60 images; A finds `a` of them, B others. */
static void sixty(world *w, int from, int to) {
    begin(w, 60);
    for (size_t i = 0; i < 60; i++)
        person(w, i, 10, 10, 50);
    for (int i = from; i < to; i++)
        found(w, (size_t)i, 10, 10, 50, 0.5);
    evaluate(w);
}

static void compares(void **state) {
    (void)state;
    world a, b;
    lp_comparison c, again, other;

    sixty(&a, 0, 30);
    sixty(&b, 0, 30);
    assert_int_equal(lp_compare(&c, &a.labels, &a.evaluation, &a.evaluation, 200, 1, NULL), LIGHTPOSE_OK);
    assert_near(c.figures[LP_AP].low, 0);
    assert_near(c.figures[LP_AP].high, 0);
    assert_near(c.figures[LP_AP].p, 1);
    assert_int_equal(c.both, 30);
    assert_int_equal(c.neither, 30);
    end(&b);

    /* B finds 18 more: each draw's difference in recall is a binomial share, n = 60, p = 0.3. */
    sixty(&b, 0, 48);
    b.labels.labels = a.labels.labels; /* the same labels, for the count of people */
    for (size_t i = 0; i < b.evaluation.all.count; i++)
        b.evaluation.all.list[i].label[0] = &a.list[b.evaluation.all.list[i].label[0] - b.list];
    assert_int_equal(lp_compare(&c, &a.labels, &a.evaluation, &b.evaluation, 4000, 1, NULL), LIGHTPOSE_OK);
    assert_near(c.figures[LP_AR].b - c.figures[LP_AR].a, 0.3);
    assert_near(c.figures[LP_AR].low, 11.0 / 60);  /* at most 10: 1.4 %, at most 11: 3.0 % */
    assert_near(c.figures[LP_AR].high, 25.0 / 60); /* at most 24: 96.2 %, at most 25: 98.0 % */
    assert_true(c.figures[LP_AR].p < 0.001);
    assert_near(c.figures[LP_AP_LARGE].a, -1);
    assert_int_equal(c.both, 30);
    assert_int_equal(c.only_a, 0);
    assert_int_equal(c.only_b, 18);
    assert_int_equal(c.neither, 12);

    assert_int_equal(lp_compare(&again, &a.labels, &a.evaluation, &b.evaluation, 4000, 1, NULL), LIGHTPOSE_OK);
    assert_memory_equal(&again, &c, sizeof c);
    assert_int_equal(lp_compare(&other, &a.labels, &a.evaluation, &b.evaluation, 4000, 2, NULL), LIGHTPOSE_OK);
    assert_true(other.figures[LP_AP].low != c.figures[LP_AP].low);
    end(&a);
    end(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_plain_rules),
        cmocka_unit_test(weights_are_copies),
        cmocka_unit_test(breaks_down),
        cmocka_unit_test(compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
