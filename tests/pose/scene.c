/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1280, HEIGHT = 720 };

const double scene_stance[LIGHTPOSE_KEYPOINTS][2] = {{0, -.11},   {0, 0},       {-.12, .01}, {-.15, .18}, {-.16, .34},
                                                     {.12, .01},  {.15, .18},   {.16, .34},  {-.07, .33}, {-.08, .56},
                                                     {-.08, .79}, {.07, .33},   {.08, .56},  {.08, .79},  {-.02, -.13},
                                                     {.02, -.13}, {-.04, -.12}, {.04, -.12}};

/* How far each keypoint swings with the step, forward, and whether with the right leg (1) or against it (-1). */
static const double swing[LIGHTPOSE_KEYPOINTS] = {0,   0,   0, -.03, -.08, 0, .03, .08, 0,
                                                  .06, .14, 0, -.06, -.14, 0, 0,   0,   0};

typedef struct walker {
    double x, y, height, vx, vy; /* neck, pixels */
    double facing;               /* 1 seen from the front, 0 from the side */
    double phase;
    double from, until;               /* seconds in sight */
    int gap;                          /* frames for which it is not found */
    int missing[LIGHTPOSE_KEYPOINTS]; /* frames for which the keypoint is not found */
} walker;

double scene_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

double scene_normal(uint64_t *state) {
    const double radius = sqrt(-2 * log(1 - scene_random(state)));
    return radius * cos(2 * M_PI * scene_random(state));
}

static double between(uint64_t *state, double low, double high) {
    return low + (high - low) * scene_random(state);
}

void scene_options_default(scene_options *options, uint64_t seed) {
    *options = (scene_options){.seed = seed,
                               .people = 10,
                               .frames = 600,
                               .fps = 30,
                               .jitter = 0.008,
                               .dropout = 0.15,
                               .gaps_per_s = 0.3,
                               .gap_least = 1,
                               .gap_most = 15,
                               .false_detections = 0.1,
                               .parts = 0.01};
}

/* Neighbours walk towards each other, so that they cross; every fourth person stands about. */
static walker make_walker(int index, const scene_options *options, uint64_t *state) {
    const double length = options->frames / options->fps;
    const int right = index % 2;
    walker w = {.height = between(state, 90, 280), .phase = between(state, 0, 6.28)};

    w.y = 120 + w.height * between(state, .8, 1.2);
    if (index % 4 == 3) {
        w.x = between(state, 150, WIDTH - 150);
        w.vx = w.height * between(state, -.03, .03);
        w.facing = 1;
        w.until = length;
        return w;
    }
    w.vx = (right ? 1 : -1) * w.height * between(state, .3, .9);
    w.vy = w.height * between(state, -.05, .05);
    w.facing = between(state, .1, .5);
    w.from = between(state, 0, length * .4);
    w.x = right ? between(state, -40, WIDTH * .3) : between(state, WIDTH * .7, WIDTH + 40);
    w.until = w.from + between(state, .3, .6) * length;
    return w;
}

/* A step in time, with small changes of mind; those who come to the edge turn round or leave. */
static void walk(walker *w, double seconds, uint64_t *state) {
    w->vx += w->height * .4 * sqrt(seconds) * scene_normal(state) * .3;
    w->vy += w->height * .1 * sqrt(seconds) * scene_normal(state) * .3;
    w->vy -= .5 * seconds * w->vy;
    w->x += w->vx * seconds;
    w->y += w->vy * seconds;
    w->phase += 2 * M_PI * .9 * seconds * fmin(fabs(w->vx) / (.4 * w->height), 1.3);
    if ((w->x < 40 && w->vx < 0) || (w->x > WIDTH - 40 && w->vx > 0))
        w->vx = -w->vx;
}

typedef struct camera {
    double x, y, vx, vy;
} camera;

/* A hand that sways: its speed wanders, with a memory of half a second. */
static void sway(camera *c, double speed, double seconds, uint64_t *state) {
    const double share = exp(-seconds / 0.5);
    const double kick = speed * sqrt(1 - share * share);
    c->vx = share * c->vx + kick * scene_normal(state);
    c->vy = share * c->vy + kick / 2 * scene_normal(state);
    c->x += c->vx * seconds;
    c->y += c->vy * seconds;
}

static void keypoint_of(const walker *w, int k, double *x, double *y) {
    const double forward = w->vx > 0 ? 1 : -1;
    const double going = fmin(fabs(w->vx) / (.4 * w->height), 1);
    *x = w->x + w->height * (scene_stance[k][0] * (.3 + .7 * w->facing) + forward * going * swing[k] * sin(w->phase));
    *y = w->y + w->height * scene_stance[k][1];
}

/* Whether the point lies on the trunk or legs of someone nearer, whose feet stand lower in the image. */
static const walker *hidden_by(const walker *people, int count, const int *present, const walker *w, double x,
                               double y) {
    for (int i = 0; i < count; i++) {
        const walker *const other = &people[i];
        if (other == w || !present[i] || other->y + .8 * other->height <= w->y + .8 * w->height)
            continue;
        if (fabs(x - other->x) < .11 * other->height && y > other->y - .14 * other->height &&
            y < other->y + .8 * other->height)
            return other;
    }
    return NULL;
}

static void finish(lightpose_pose *pose) {
    double sum = 0;
    float left = 1e9f, top = 1e9f, right = -1e9f, bottom = -1e9f;

    pose->keypoint_count = 0;
    pose->id = -1;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        if (keypoint->state == LIGHTPOSE_MISSING)
            continue;
        pose->keypoint_count++;
        sum += keypoint->score;
        left = fminf(left, keypoint->x);
        right = fmaxf(right, keypoint->x);
        top = fminf(top, keypoint->y);
        bottom = fmaxf(bottom, keypoint->y);
    }
    if (pose->keypoint_count == 0)
        return;
    pose->box = (lightpose_box){left, top, right - left, bottom - top};
    pose->score = (float)(sum / pose->keypoint_count);
    pose->rank = (float)(sum * (pose->keypoint_count - 1));
}

static void put(lightpose_pose *pose, int k, double x, double y, double score) {
    pose->keypoints[k] = (lightpose_keypoint){(float)x, (float)y, (float)score, LIGHTPOSE_DETECTED};
}

static lightpose_pose observe(const scene_options *options, const camera *from, walker *people, const int *present,
                              int index, uint64_t *state) {
    lightpose_pose pose = {0};
    walker *const w = &people[index];
    const double noise = options->jitter * w->height;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        double x, y;
        keypoint_of(w, k, &x, &y);
        const walker *const front = hidden_by(people, options->people, present, w, x, y);
        const double luck = scene_random(state);
        if (w->missing[k] > 0) {
            w->missing[k]--;
            continue;
        }
        if (scene_random(state) < options->dropout / 4)
            w->missing[k] = (int)between(state, 0, 6); /* missing for 3.5 frames on average, with this one */
        if (w->missing[k] > 0 || x < 0 || x >= WIDTH || y < 0 || y >= HEIGHT) /* the street's edge */
            continue;
        if (front && luck < .75)
            continue;
        if (front && luck < .85) /* the decoder joins the other's keypoint */
            keypoint_of(front, k, &x, &y);
        put(&pose, k, x - from->x + noise * scene_normal(state), y - from->y + noise * scene_normal(state),
            between(state, .3, .9) * (front ? .5 : 1));
    }
    finish(&pose);
    return pose;
}

/* A few keypoints of a small person anywhere. */
static lightpose_pose make_false_detection(uint64_t *state) {
    lightpose_pose pose = {0};
    const walker w = {.x = between(state, 50, WIDTH - 50),
                      .y = between(state, 50, HEIGHT - 150),
                      .height = between(state, 60, 200),
                      .facing = between(state, 0, 1)};
    const int first = (int)between(state, 0, LIGHTPOSE_KEYPOINTS - 5);
    const int count = (int)between(state, 3, 6);

    for (int k = first; k < first + count; k++) {
        double x, y;
        keypoint_of(&w, k, &x, &y);
        put(&pose, k, x + 6 * scene_normal(state), y + 6 * scene_normal(state), between(state, .1, .35));
    }
    finish(&pose);
    return pose;
}

static void add(scene_frame *frame, const lightpose_pose *pose, int truth) {
    int place = frame->count++;

    for (; place > 0 && frame->poses[place - 1].rank < pose->rank; place--) {
        frame->poses[place] = frame->poses[place - 1];
        frame->truth[place] = frame->truth[place - 1];
    }
    frame->poses[place] = *pose;
    frame->truth[place] = truth;
}

/* The pose, or its two parts: what is above the hips, and the legs. */
static void add_person(scene_frame *frame, const lightpose_pose *pose, int person, int in_parts) {
    lightpose_pose upper = *pose, lower = *pose;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        (k >= 8 && k <= 13 ? &upper : &lower)->keypoints[k] = (lightpose_keypoint){0};
    finish(&upper);
    finish(&lower);
    if (!in_parts || upper.keypoint_count < 3 || lower.keypoint_count < 3) {
        if (pose->keypoint_count >= 3)
            add(frame, pose, person);
        return;
    }
    const int upper_leads = upper.keypoint_count >= lower.keypoint_count;
    add(frame, &upper, upper_leads ? person : SCENE_PART);
    add(frame, &lower, upper_leads ? SCENE_PART : person);
}

static void make_frame(scene_frame *frame, const scene_options *options, const camera *from, walker *people,
                       double seconds, uint64_t *state) {
    int present[64] = {0};

    frame->poses = calloc((size_t)options->people * 2 + 8, sizeof *frame->poses);
    frame->truth = calloc((size_t)options->people * 2 + 8, sizeof *frame->truth);
    for (int i = 0; i < options->people; i++) {
        walker *const w = &people[i];
        present[i] = frame->time >= w->from && frame->time < w->until;
        if (present[i])
            walk(w, seconds, state);
    }
    for (int i = 0; i < options->people; i++) {
        walker *const w = &people[i];
        if (!present[i])
            continue;
        const lightpose_pose pose = observe(options, from, people, present, i, state);
        const int in_parts = scene_random(state) < options->parts;
        if (w->gap > 0)
            w->gap--;
        else if (scene_random(state) < options->gaps_per_s * seconds)
            w->gap = (int)between(state, options->gap_least, options->gap_most + 1);
        if (w->gap == 0)
            add_person(frame, &pose, i, in_parts);
    }
    for (double chance = options->false_detections; scene_random(state) < chance && chance > 0; chance -= 1) {
        const lightpose_pose pose = make_false_detection(state);
        add(frame, &pose, SCENE_GHOST);
    }
}

scene *scene_make(const scene_options *options) {
    scene *const made = calloc(1, sizeof *made);
    walker *const people = calloc((size_t)options->people, sizeof *people);
    uint64_t state = options->seed * 7919 + 17;
    camera hand = {0};

    made->options = *options;
    made->frames = calloc((size_t)options->frames, sizeof *made->frames);
    for (int i = 0; i < options->people; i++)
        people[i] = make_walker(i, options, &state);
    double time = 0;
    for (int f = 0; f < options->frames; f++) {
        const double seconds = (options->uneven ? between(&state, .3, 1.7) : 1) / options->fps;
        time += seconds;
        made->frames[f].time = time;
        if (options->camera > 0)
            sway(&hand, options->camera, seconds, &state);
        make_frame(&made->frames[f], options, &hand, people, seconds, &state);
    }
    free(people);
    return made;
}

void scene_destroy(scene *gone) {
    if (!gone)
        return;
    for (int f = 0; f < gone->options.frames; f++) {
        free(gone->frames[f].poses);
        free(gone->frames[f].truth);
    }
    free(gone->frames);
    free(gone);
}
