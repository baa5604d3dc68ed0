/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A street with known truth: people who walk, cross, hide behind one another, enter and leave, and the poses that a
 * decoder might find of them: with jitter, missing keypoints, frames in which someone is not found, persons found in
 * two parts, and false detections. The same seed gives the same scene. */

#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include <lightpose/lightpose.h>

enum { SCENE_GHOST = -1, SCENE_PART = -2 };

typedef struct scene_options {
    uint64_t seed;
    int people, frames;
    double fps;
    double jitter;           /* standard deviation, in body heights */
    double dropout;          /* share of keypoints missing */
    double gaps_per_s;       /* of each person */
    int gap_least, gap_most; /* frames */
    double false_detections; /* a frame */
    double parts;            /* share of persons found in two parts */
    double camera;           /* standard deviation of its speed, pixels a second, in x; half of it in y */
    int uneven;              /* 1: frames unevenly spaced in time */
} scene_options;

typedef struct scene_frame {
    double time;
    int count;
    lightpose_pose *poses; /* in order of rank */
    int *truth;            /* of each pose: the person, or SCENE_GHOST, or SCENE_PART for the lesser part of someone */
} scene_frame;

typedef struct scene {
    scene_options options;
    scene_frame *frames;
} scene;

void scene_options_default(scene_options *options, uint64_t seed);
scene *scene_make(const scene_options *options);
void scene_destroy(scene *gone);

/* A person who stands, seen from the front, in body heights from the neck: x to the image's right, y down. */
extern const double scene_stance[LIGHTPOSE_KEYPOINTS][2];

/* A random number that the same state always follows: uniform in 0 to 1, and normal with variance 1. */
double scene_random(uint64_t *state);
double scene_normal(uint64_t *state);

/* What a tracker made of a scene. */
typedef struct scene_score {
    int poses;     /* of persons, parts not counted */
    int switches;  /* a person's id is not the one it had last */
    int fragments; /* ids of each person beyond the first */
    int mixed;     /* ids given to one person after they were another's */
    int without;   /* poses of persons without id */
    int ids;       /* given in all */
    double idf1;   /* share of poses and ids that agree under the best one-to-one match of persons and ids */
} scene_score;

/* Runs a tracker over the scene. Both are the caller's. */
lightpose_status scene_run(const scene *street, lightpose_tracker *tracker, scene_score *score, lightpose_error *error);

#endif
