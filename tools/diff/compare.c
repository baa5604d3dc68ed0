/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "diff/compare.h"

#include "output/file.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* ---- Ids --------------------------------------------------------------------------------------------------------- */

/* The last partner of each id: a tree per direction. */
typedef struct link {
    int64_t id, partner;
} link;

typedef struct ids {
    void *of_a, *of_b;
    const char *source; /* the name of the last frame, which names its video up to the last underscore */
    size_t source_size;
} ids;

static int by_id(const void *x, const void *y) {
    const int64_t a = ((const link *)x)->id, b = ((const link *)y)->id;
    return (a > b) - (a < b);
}

/* Returns 1 if `id` had another partner before, 0 if not, -1 if out of memory. */
static int relink(void **tree, int64_t id, int64_t partner) {
    link *const new = malloc(sizeof *new);
    if (!new)
        return -1;
    *new = (link){id, partner};
    link **const node = tsearch(new, tree, by_id);
    if (!node || *node == new) {
        if (!node)
            free(new);
        return node ? 0 : -1;
    }
    free(new);
    const int changed = (*node)->partner != partner;
    (*node)->partner = partner;
    return changed;
}

static void forget(ids *links) {
    tdestroy(links->of_a, free);
    tdestroy(links->of_b, free);
    links->of_a = links->of_b = NULL;
}

/* Forgets the partners at the start of another video: ids are unique only within one. */
static void enter_source(ids *links, const lp_diff_frame *frame) {
    const char *const name = frame->name ? frame->name : "";
    const char *const underscore = strrchr(name, '_');
    const size_t size = underscore ? (size_t)(underscore - name) : 0;
    if (links->source && (size != links->source_size || memcmp(name, links->source, size) != 0))
        forget(links);
    links->source = name;
    links->source_size = size;
}

/* ---- Keypoints --------------------------------------------------------------------------------------------------- */

static int keep_distance(lp_diff_report *report, int k, double distance) {
    const size_t count = report->keypoints[k].both;
    if (count == report->rooms[k]) {
        const size_t room = count ? count * 2 : 1024;
        float *const bigger = reallocarray(report->distances[k], room, sizeof *bigger);
        if (!bigger)
            return 0;
        report->distances[k] = bigger;
        report->rooms[k] = room;
    }
    report->distances[k][count] = (float)distance;
    report->keypoints[k].both++;
    return 1;
}

static void worse(lp_diff_worst *worst, double value, const lp_diff_frame *frame, size_t person, int k) {
    if (!worst->frame || value > worst->value)
        *worst = (lp_diff_worst){value, frame, person, k};
}

/* Returns 0 if out of memory. */
static int compare_people(lp_diff_report *report, const lp_diff_person *a, const lp_diff_person *b,
                          const lp_diff_frame *frame, size_t person, double tolerance) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const int in_a = (report->compared & a->present) >> k & 1;
        const int in_b = (report->compared & b->present) >> k & 1;
        report->keypoints[k].only_a += in_a && !in_b;
        report->keypoints[k].only_b += in_b && !in_a;
        if (!in_a || !in_b)
            continue;
        const double distance = hypot((double)a->x[k] - b->x[k], (double)a->y[k] - b->y[k]);
        if (!keep_distance(report, k, distance))
            return 0;
        report->beyond += distance > tolerance;
        worse(&report->distance, distance, frame, person, k);
        if (!isnan(a->score[k]) && !isnan(b->score[k]))
            worse(&report->score, fabs((double)a->score[k] - b->score[k]), frame, person, k);
    }
    return 1;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* NULL if there are none: `people` may be NULL then. */
static const lp_diff_person *people_of(const lp_diff_results *results, const lp_diff_frame *frame) {
    return frame->count ? results->people + frame->first : NULL;
}

static lightpose_status compare_frames(lp_diff_report *report, ids *links, const lp_diff_results *a,
                                       const lp_diff_frame *fa, const lp_diff_results *b, const lp_diff_frame *fb,
                                       double tolerance, lightpose_error *error) {
    const lp_diff_person *const pa = people_of(a, fa), *const pb = people_of(b, fb);
    const size_t fewer = fa->count < fb->count ? fa->count : fb->count;
    lp_diff_pair *const pairs = calloc(fewer + 1, sizeof *pairs);
    int failed = !pairs;

    const int count = failed ? -1 : lp_diff_match(pa, fa->count, pb, fb->count, report->compared, pairs);
    failed |= count < 0;
    enter_source(links, fa->name ? fa : fb);
    for (int i = 0; !failed && i < count; i++) {
        const lp_diff_person *const x = &pa[pairs[i].a], *const y = &pb[pairs[i].b];
        failed |= !compare_people(report, x, y, fa, pairs[i].a, tolerance);
        if (x->id < 0 || y->id < 0)
            continue;
        const int changed_b = relink(&links->of_a, x->id, y->id), changed_a = relink(&links->of_b, y->id, x->id);
        failed |= changed_a < 0 || changed_b < 0;
        report->id_changes_b += changed_b > 0;
        report->id_changes_a += changed_a > 0;
    }
    free(pairs);
    if (failed)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to compare \"%s\" and \"%s\"", a->path, b->path);
    report->states += fa->ok != fb->ok && !a->silent && !b->silent;
    report->frames.both++;
    report->people.both += (size_t)count;
    report->people.only_a += fa->count - (size_t)count;
    report->people.only_b += fb->count - (size_t)count;
    return LIGHTPOSE_OK;
}

static void print_name(FILE *to, const lp_diff_frame *frame) {
    if (frame->name)
        fprintf(to, "%s:", frame->name);
    else
        fprintf(to, "%lld:", (long long)frame->number);
}

/* Prints what differs in a frame, from the reports before and after it. Returns whether anything differs. */
static int list_frame(const lp_diff_options *options, const lp_diff_report *before, const lp_diff_report *now,
                      const lp_diff_frame *frame) {
    size_t only_a = 0, only_b = 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        only_a += now->keypoints[k].only_a - before->keypoints[k].only_a;
        only_b += now->keypoints[k].only_b - before->keypoints[k].only_b;
    }
    const struct {
        size_t count;
        const char *what;
    } lines[] = {
        {now->frames.only_a - before->frames.only_a, "frame only in A"},
        {now->frames.only_b - before->frames.only_b, "frame only in B"},
        {now->states - before->states, "decoded in only one file"},
        {now->people.only_a - before->people.only_a, "people only in A"},
        {now->people.only_b - before->people.only_b, "people only in B"},
        {only_a, "keypoints only in A"},
        {only_b, "keypoints only in B"},
        {now->beyond - before->beyond, "keypoints apart"},
        {now->id_changes_a - before->id_changes_a, "id changes in A"},
        {now->id_changes_b - before->id_changes_b, "id changes in B"},
    };
    int any = 0;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].count > 0) {
            if (!any++)
                print_name(options->to, frame);
            fprintf(options->to, "%s %zu %s", any > 1 ? "," : "", lines[i].count, lines[i].what);
        }
    if (any)
        fputs("\n", options->to);
    return any > 0;
}

static int ascending(const void *x, const void *y) {
    const float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

lightpose_status lp_diff_compare(lp_diff_report *report, const lp_diff_results *a, const lp_diff_results *b,
                                 const lp_diff_options *options, lightpose_error *error) {
    static const lp_diff_frame nobody = {.ok = 1, .number = -1}; /* replaces frames that the format leaves out */
    ids links = {0};
    lp_diff_row *rows;
    size_t count;
    int listed = 0;

    *report = (lp_diff_report){.compared = a->carried & b->carried};
    lightpose_status status = lp_diff_align(a, b, &rows, &count, error);
    for (size_t i = 0; status == LIGHTPOSE_OK && i < count; i++) {
        const lp_diff_frame *fa = rows[i].a >= 0 ? &a->frames[rows[i].a] : a->silent ? &nobody : NULL;
        const lp_diff_frame *fb = rows[i].b >= 0 ? &b->frames[rows[i].b] : b->silent ? &nobody : NULL;
        const lp_diff_report before = *report;
        report->frames.only_a += !fb;
        report->frames.only_b += !fa;
        if (fa && fb)
            status = compare_frames(report, &links, a, fa, b, fb, options->tolerance, error);
        if (status == LIGHTPOSE_OK && listed < options->list)
            listed += list_frame(options, &before, report, rows[i].a >= 0 ? fa : fb);
    }
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        if (report->keypoints[k].both > 0)
            qsort(report->distances[k], report->keypoints[k].both, sizeof(float), ascending);
    forget(&links);
    free(rows);
    return status;
}

void lp_diff_report_free(lp_diff_report *report) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        free(report->distances[k]);
    *report = (lp_diff_report){0};
}

int lp_diff_differs(const lp_diff_report *report) {
    size_t keypoints = 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        keypoints += report->keypoints[k].only_a + report->keypoints[k].only_b;
    return (report->frames.only_a | report->frames.only_b | report->states | report->people.only_a |
            report->people.only_b | keypoints | report->beyond | report->id_changes_a | report->id_changes_b) != 0;
}

double lp_diff_percentile(const float *values, size_t count, double share) {
    if (count == 0)
        return 0;
    const double rank = ceil(share * (double)count);
    return values[rank < 1 ? 0 : (size_t)rank - 1];
}
