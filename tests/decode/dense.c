/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode/skeleton.h"

enum { TYPES = LIGHTPOSE_KEYPOINTS };

/* ---- Upsampling */

static void weights_at(int pixel, int factor, int *cell, float *w) {
    const float position = (float)(((double)pixel + 0.5) * (1.0 / factor) - 0.5);
    const float a = -0.75f, x = position - floorf(position);

    *cell = (int)floorf(position);
    w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
    w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
    w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
    w[3] = 1.f - w[0] - w[1] - w[2];
}

static int inside(int value, int size) {
    return value < 0 ? 0 : value >= size ? size - 1 : value;
}

void dense_upsample(const float *map, int width, int height, int factor, float *out) {
    for (int y = 0; y < height * factor; y++) {
        float wy[4], wx[4], rows[4];
        int cy, cx;
        weights_at(y, factor, &cy, wy);
        for (int x = 0; x < width * factor; x++) {
            weights_at(x, factor, &cx, wx);
            for (int r = 0; r < 4; r++) {
                const float *const row = map + (size_t)inside(cy - 1 + r, height) * (size_t)width;
                rows[r] = row[inside(cx - 1, width)] * wx[0];
                for (int t = 1; t < 4; t++)
                    rows[r] += row[inside(cx - 1 + t, width)] * wx[t];
            }
            *out++ = rows[0] * wy[0] + (rows[1] * wy[1] + (rows[2] * wy[2] + rows[3] * wy[3]));
        }
    }
}

/* ---- Everything upsampled */

typedef struct dense {
    int width, height; /* upsampled */
    float *heatmaps, *pafs;
} dense;

static float *upsample_all(const lp_maps *maps, const lp_map_view *view, int channels, int factor) {
    const size_t cells = (size_t)maps->width * (size_t)maps->height, area = cells * (size_t)(factor * factor);
    float *const plane = malloc(cells * sizeof *plane), *const all = malloc((size_t)channels * area * sizeof *all);

    for (int c = 0; c < channels; c++) {
        for (size_t i = 0; i < cells; i++)
            plane[i] = view->data[c * view->channel_stride + (ptrdiff_t)i * view->cell_stride];
        dense_upsample(plane, maps->width, maps->height, factor, all + (size_t)c * area);
    }
    free(plane);
    return all;
}

/* ---- Peaks */

typedef struct point {
    int x, y;
    float score;
} point;

typedef struct points {
    point *list;
    int count;
} points;

static int compare_points(const void *a, const void *b) {
    const point *const p = a, *const q = b;
    return p->x != q->x ? (p->x < q->x ? -1 : 1) : p->y < q->y ? -1 : p->y > q->y;
}

static float above_threshold(const dense *maps, const float *map, int x, int y, float threshold) {
    if (x < 0 || y < 0 || x >= maps->width || y >= maps->height)
        return 0;
    const float value = map[(size_t)y * (size_t)maps->width + (size_t)x];
    return value < threshold ? 0 : value;
}

static points find_points(const dense *maps, int type, float threshold, float radius) {
    const float *const map = maps->heatmaps + (size_t)type * (size_t)maps->width * (size_t)maps->height;
    points found = {.list = malloc((size_t)maps->width * (size_t)maps->height * sizeof(point))};
    int kept = 0;

    for (int y = 0; y < maps->height; y++)
        for (int x = 0; x < maps->width; x++) {
            const float v = above_threshold(maps, map, x, y, threshold);
            if (v > above_threshold(maps, map, x - 1, y, threshold) &&
                v > above_threshold(maps, map, x + 1, y, threshold) &&
                v > above_threshold(maps, map, x, y - 1, threshold) &&
                v > above_threshold(maps, map, x, y + 1, threshold))
                found.list[found.count++] = (point){x, y, v};
        }
    qsort(found.list, (size_t)found.count, sizeof(point), compare_points);
    unsigned char *const gone = calloc((size_t)found.count + 1, 1);
    for (int i = 0; i < found.count; i++) {
        if (gone[i])
            continue;
        for (int j = i + 1; j < found.count; j++)
            if (hypot(found.list[j].x - found.list[i].x, found.list[j].y - found.list[i].y) < (double)radius)
                gone[j] = 1;
        found.list[kept++] = found.list[i];
    }
    free(gone);
    found.count = kept;
    return found;
}

/* ---- Links */

typedef struct pair {
    int a, b;
    double score;
} pair;

typedef struct pairs {
    pair *list;
    int count;
} pairs;

static int compare_pairs(const void *a, const void *b) {
    const pair *const p = a, *const q = b;
    if (p->score != q->score)
        return p->score > q->score ? -1 : 1;
    return p->a != q->a ? p->a - q->a : p->b - q->b;
}

/* NumPy's order of adding up to 32 floats. */
static float add_up(const float *v, int n) {
    float r[8], sum = 0;
    int i = 0;

    if (n >= 8) {
        for (int j = 0; j < 8; j++)
            r[j] = v[j];
        for (i = 8; i < n - n % 8; i++)
            r[i % 8] += v[i];
        sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    }
    for (; i < n; i++)
        sum += v[i];
    return sum;
}

static double pair_score(const dense *maps, const lp_limb *limb, const point *a, const point *b,
                         const lightpose_settings *settings) {
    const size_t area = (size_t)maps->width * (size_t)maps->height;
    const float *const px = maps->pafs + (size_t)limb->paf_x * area, *const py =
                                                                         maps->pafs + (size_t)limb->paf_y * area;
    const float dx = (float)(b->x - a->x), dy = (float)(b->y - a->y);
    const float norm = sqrtf(dx * dx + dy * dy) + 1e-6f;
    const float step = (float)(1.0 / (settings->limb_samples - 1));
    float kept[32];
    int valid = 0;

    for (int k = 0; k < settings->limb_samples; k++) {
        const int x = (int)rintf(step * dx * (float)k + (float)a->x),
                  y = (int)rintf(step * dy * (float)k + (float)a->y);
        const size_t at = (size_t)y * (size_t)maps->width + (size_t)x;
        const float score = dx / norm * px[at] + dy / norm * py[at];
        const int good = score > settings->limb_threshold;
        kept[k] = good ? score : 0;
        valid += good;
    }
    if (!((float)valid / (float)settings->limb_samples > settings->limb_ratio))
        return 0;
    return (double)add_up(kept, settings->limb_samples) / (valid + 1e-6);
}

static pairs find_pairs(const dense *maps, const lp_limb *limb, const points *from, const points *to,
                        const lightpose_settings *settings) {
    pairs found = {.list = malloc(((size_t)from->count * (size_t)to->count + 1) * sizeof(pair))};
    int kept = 0;

    for (int a = 0; a < from->count; a++)
        for (int b = 0; b < to->count; b++) {
            const double score = pair_score(maps, limb, &from->list[a], &to->list[b], settings);
            if (score > 0)
                found.list[found.count++] = (pair){a, b, score};
        }
    qsort(found.list, (size_t)found.count, sizeof(pair), compare_pairs);
    for (int i = 0; i < found.count; i++) {
        int taken = 0;
        for (int j = 0; j < kept; j++)
            taken |= found.list[j].a == found.list[i].a || found.list[j].b == found.list[i].b;
        if (!taken)
            found.list[kept++] = found.list[i];
    }
    found.count = kept;
    return found;
}

/* ---- Persons */

typedef struct entry {
    int part[TYPES], count;
    double sum;
} entry;

typedef struct entries {
    entry *list;
    int count;
} entries;

static void open_entry(entries *all, const lp_limb *limb, const pair *link, const points *peaks) {
    entry *const added = &all->list[all->count++];

    for (int t = 0; t < TYPES; t++)
        added->part[t] = -1;
    added->part[limb->from] = link->a;
    added->part[limb->to] = link->b;
    added->count = 2;
    added->sum = (double)peaks[limb->from].list[link->a].score + (double)peaks[limb->to].list[link->b].score;
    added->sum += link->score;
}

static void add_link(entries *all, int l, const pair *link, const points *peaks) {
    const lp_limb *const limb = &lp_skeleton_limbs[l];
    int matches = 0;

    for (int j = 0; j < all->count && l > 0; j++) {
        entry *const e = &all->list[j];
        if (l >= 17) {
            if (e->part[limb->from] == link->a && e->part[limb->to] == -1)
                e->part[limb->to] = link->b;
            else if (e->part[limb->to] == link->b && e->part[limb->from] == -1)
                e->part[limb->from] = link->a;
        } else if (e->part[limb->from] == link->a) {
            e->part[limb->to] = link->b;
            e->count++;
            e->sum += (double)peaks[limb->to].list[link->b].score + link->score;
            matches++;
        }
    }
    if (l < 17 && matches == 0)
        open_entry(all, limb, link, peaks);
}

static lp_person person_of(const entry *e, const points *peaks) {
    lp_person person = {.sum = e->sum, .count = e->count};

    for (int t = 0; t < TYPES; t++) {
        if (e->part[t] < 0)
            continue;
        person.x[t] = (float)peaks[t].list[e->part[t]].x;
        person.y[t] = (float)peaks[t].list[e->part[t]].y;
        person.keypoint_score[t] = peaks[t].list[e->part[t]].score;
        person.state[t] = LIGHTPOSE_DETECTED;
    }
    person.score = (float)fmin(1, e->sum / (2 * e->count - 1));
    person.rank = (float)(e->sum * (e->count - 1));
    return person;
}

/* Drops, then repeatedly takes the first of the highest rank. */
static dense_people select_persons(entries *all, const points *peaks, const lightpose_settings *settings) {
    dense_people people = {.persons = calloc((size_t)all->count + 1, sizeof(lp_person))};

    for (;;) {
        entry *best = NULL;
        for (int i = 0; i < all->count; i++) {
            entry *const e = &all->list[i];
            if (e->count >= settings->min_keypoints && (float)(e->sum / e->count) >= settings->min_score &&
                (!best || e->sum * (e->count - 1) > best->sum * (best->count - 1)))
                best = e;
        }
        if (!best || (settings->max_people > 0 && people.count == settings->max_people))
            return people;
        people.persons[people.count++] = person_of(best, peaks);
        best->count = 0; /* taken */
    }
}

dense_people dense_decode(const lp_maps *maps, const lightpose_settings *settings) {
    const int factor = settings->upsample;
    dense all = {.width = maps->width * factor, .height = maps->height * factor};
    points peaks[TYPES];
    pairs links[LIGHTPOSE_LIMBS];
    entries persons = {0};
    size_t total = 0;

    all.heatmaps = upsample_all(maps, &maps->heatmaps, LIGHTPOSE_HEATMAPS, factor);
    all.pafs = upsample_all(maps, &maps->pafs, LIGHTPOSE_PAFS, factor);
    for (int t = 0; t < TYPES; t++)
        peaks[t] = find_points(&all, t, settings->peak_threshold, settings->peak_radius);
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++) {
        const lp_limb *const limb = &lp_skeleton_limbs[l];
        links[l] = find_pairs(&all, limb, &peaks[limb->from], &peaks[limb->to], settings);
        total += (size_t)links[l].count;
    }
    persons.list = malloc((total + 1) * sizeof(entry));
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++)
        for (int i = 0; i < links[l].count; i++)
            add_link(&persons, l, &links[l].list[i], peaks);
    const dense_people people = select_persons(&persons, peaks, settings);
    for (int t = 0; t < TYPES; t++)
        free(peaks[t].list);
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++)
        free(links[l].list);
    free(persons.list);
    free(all.heatmaps);
    free(all.pafs);
    return people;
}
