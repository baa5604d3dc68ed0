/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Whole trackers on streets with known truth (scene.h), the default assignment against the reference's, several seeds.
 *
 * What is promised: at most 0.3 of the reference's switches and fragments. What is tested is 0.06, near what the code
 * does, so that a broken part of it shows. */

#include "check.h"

#include "scene.h"

#include "pose/result.h"

enum { SEEDS = 5 };

typedef struct street {
    const char *name;
    scene_options options;
    double least_idf1;
} street;

static const street streets[] = {
    /* Gaps alone, and otherwise perfect poses. */
    {"gaps",
     {.people = 14, .frames = 500, .fps = 30, .jitter = .005, .gaps_per_s = .6, .gap_least = 1, .gap_most = 15},
     .90},
    {"mixed",
     {.people = 10,
      .frames = 500,
      .fps = 30,
      .jitter = .008,
      .dropout = .15,
      .gaps_per_s = .3,
      .gap_least = 1,
      .gap_most = 15,
      .false_detections = .1,
      .parts = .01},
     .95},
    {"crowd",
     {.people = 24,
      .frames = 400,
      .fps = 30,
      .jitter = .008,
      .dropout = .25,
      .gaps_per_s = .3,
      .gap_least = 1,
      .gap_most = 15,
      .false_detections = .2,
      .parts = .02},
     .85},
    {"slow",
     {.people = 10,
      .frames = 200,
      .fps = 10,
      .jitter = .012,
      .dropout = .25,
      .gaps_per_s = .3,
      .gap_least = 1,
      .gap_most = 5,
      .false_detections = .2,
      .parts = .02},
     .90},
    {"uneven",
     {.people = 12,
      .frames = 600,
      .fps = 50,
      .jitter = .01,
      .dropout = .25,
      .gaps_per_s = .3,
      .gap_least = 1,
      .gap_most = 15,
      .false_detections = .2,
      .parts = .02,
      .uneven = 1},
     .93},
    {"poor",
     {.people = 16,
      .frames = 400,
      .fps = 25,
      .jitter = .02,
      .dropout = .4,
      .gaps_per_s = 1,
      .gap_least = 1,
      .gap_most = 15,
      .false_detections = .5,
      .parts = .05,
      .uneven = 1},
     .75},
    {"hand-held",
     {.people = 14,
      .frames = 500,
      .fps = 30,
      .jitter = .01,
      .dropout = .2,
      .gaps_per_s = .3,
      .gap_least = 1,
      .gap_most = 15,
      .false_detections = .1,
      .parts = .02,
      .camera = 120},
     .88},
};

static void add(scene_score *sum, const scene_score *score) {
    sum->poses += score->poses;
    sum->switches += score->switches;
    sum->fragments += score->fragments;
    sum->mixed += score->mixed;
    sum->without += score->without;
    sum->ids += score->ids;
    sum->idf1 += score->idf1 / SEEDS;
}

static void print(const char *name, const char *assignment, const scene_score *s) {
    print_message("# %-9s %-9s %5d poses: %4d switches, %4d fragments, %3d mixed, %4d without id, %4d ids, IDF1 %.3f\n",
                  name, assignment, s->poses, s->switches, s->fragments, s->mixed, s->without, s->ids, s->idf1);
}

static void run(const scene *made, lightpose_assignment assignment, scene_score *score) {
    lightpose_tracker_settings settings;
    lightpose_tracker *tracker;

    lightpose_tracker_settings_init(&settings);
    settings.assignment = assignment;
    assert_int_equal(lightpose_tracker_create(&tracker, &settings, NULL), LIGHTPOSE_OK);
    assert_int_equal(scene_run(made, tracker, score, NULL), LIGHTPOSE_OK);
    lightpose_tracker_destroy(&tracker);
}

static void keeps_ids_where_the_reference_loses_them(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof streets / sizeof *streets; i++) {
        scene_score ours = {0}, reference = {0};
        for (int seed = 1; seed <= SEEDS; seed++) {
            scene_options options = streets[i].options;
            scene_score score;
            options.seed = (uint64_t)seed;
            scene *const made = scene_make(&options);
            run(made, LIGHTPOSE_ASSIGNMENT_DEFAULT, &score);
            add(&ours, &score);
            run(made, LIGHTPOSE_ASSIGNMENT_REFERENCE, &score);
            add(&reference, &score);
            scene_destroy(made);
        }
        print(streets[i].name, "default", &ours);
        print(streets[i].name, "reference", &reference);
        assert_true(reference.poses > 5000 && reference.switches > 100);
        assert_true(ours.switches + ours.fragments <= .06 * (reference.switches + reference.fragments));
        assert_true(ours.mixed <= .002 * ours.poses);
        assert_true(ours.without <= .05 * ours.poses);
        assert_true(ours.ids <= .2 * reference.ids);
        assert_true(ours.idf1 >= streets[i].least_idf1);
    }
}

/* One person alone, away from all others' paths, never changes id, whatever is missing and for up to 15 frames. */
static void one_person_keeps_one_id(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= (uint64_t)rounds_of(40); seed++) {
        scene_options options;
        scene_score score;
        scene_options_default(&options, seed);
        options.people = 1;
        options.frames = 300;
        options.gaps_per_s = 2;
        options.dropout = 0.3;
        options.false_detections = 0;
        scene *const made = scene_make(&options);
        run(made, LIGHTPOSE_ASSIGNMENT_DEFAULT, &score);
        scene_destroy(made);
        assert_int_equal(score.switches, 0);
        assert_int_equal(score.ids, 1);
    }
}

/* The same stream twice: every byte of the results is the same. */
static void the_same_stream_gives_the_same_result(void **state) {
    (void)state;
    scene_options options;
    lightpose_tracker *trackers[2];

    scene_options_default(&options, 9);
    options.people = 20;
    options.frames = 200;
    scene *const made = scene_make(&options);
    for (int i = 0; i < 2; i++)
        assert_int_equal(lightpose_tracker_create(&trackers[i], NULL, NULL), LIGHTPOSE_OK);
    for (int f = 0; f < options.frames; f++) {
        const scene_frame *const frame = &made->frames[f];
        lightpose_pose poses[2][128];
        assert_true(frame->count <= 128);
        for (int i = 0; i < 2; i++) {
            lightpose_result result = {.poses = poses[i], .count = (size_t)frame->count, .capacity = 128};
            memcpy(poses[i], frame->poses, (size_t)frame->count * sizeof *poses[i]);
            assert_int_equal(lightpose_tracker_update(trackers[i], frame->time, &result, NULL), LIGHTPOSE_OK);
        }
        assert_memory_equal(poses[0], poses[1], (size_t)frame->count * sizeof *poses[0]);
    }
    for (int i = 0; i < 2; i++)
        lightpose_tracker_destroy(&trackers[i]);
    scene_destroy(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_ids_where_the_reference_loses_them),
        cmocka_unit_test(one_person_keeps_one_id),
        cmocka_unit_test(the_same_stream_gives_the_same_result),
    };
    return cmocka_run_group_tests_name("track_scene", tests, NULL, NULL);
}
