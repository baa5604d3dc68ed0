/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One list of people from two looks. */

#include "check.h"

#include "base/mem.h"
#include "look/merge.h"
#include "someone.h"

enum { FEW = 8 };

static const lp_scene scene = {1000, 1000, 0.25, 1};

static lightpose_pose ranked(float x, float y, float rank) {
    lightpose_pose pose = someone((double)x, (double)y, 100);
    pose.rank = rank;
    return pose;
}

/* The list of `first` and what the one crop saw that the first of them gets. */
static int merge(const lightpose_pose *first, int count, const lightpose_pose *seen, int seen_count, int most,
                 lightpose_pose *out) {
    lp_crops crops = {0};
    lp_merge merge = {0};
    lightpose_result found = {0}, again = {0};

    assert_ok(lp_result_assign(&found, first, (size_t)count, error));
    assert_ok(lp_crops_choose(&crops, &scene, found.poses, count, 1, error));
    assert_int_equal(crops.count, 1);
    assert_ok(lp_merge_begin(&merge, &found, error));
    assert_ok(lp_result_assign(&again, seen, (size_t)seen_count, error));
    assert_ok(lp_merge_add(&merge, &crops, 0, &scene, &again, error));
    assert_ok(lp_merge_end(&merge, most, &found, error));
    const int n = (int)found.count;
    for (int i = 0; i < n && i < FEW; i++)
        out[i] = found.poses[i];
    lp_crops_free(&crops);
    lp_merge_free(&merge);
    lp_free(found.poses);
    lp_free(again.poses);
    return n;
}

static void the_same_pose_again_changes_nothing(void **state) {
    const lightpose_pose first = ranked(400, 400, 3);
    lightpose_pose out[FEW];

    (void)state;
    assert_int_equal(merge(&first, 1, &first, 1, 0, out), 1);
    assert_memory_equal(out[0].keypoints, first.keypoints, sizeof first.keypoints);
    assert_true(out[0].rank == first.rank && out[0].score == first.score);
    assert_memory_equal(&out[0].box, &first.box, sizeof first.box);
}

static void a_person_takes_the_pose_of_the_crop_and_keeps_what_it_misses(void **state) {
    const lightpose_pose first = ranked(400, 400, 3);
    lightpose_pose seen = ranked(402, 401, 90), out[FEW];

    (void)state;
    seen.score = 0.75f;
    seen.keypoints[4] = (lightpose_keypoint){0};
    seen.keypoint_count--;
    assert_int_equal(merge(&first, 1, &seen, 1, 0, out), 1);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        assert_true(out[0].keypoints[k].x == (k == 4 ? first : seen).keypoints[k].x);
    assert_int_equal(out[0].keypoint_count, LIGHTPOSE_KEYPOINTS);
    assert_true(out[0].rank == 4.5f && out[0].score == 0.75f);
}

static void a_person_found_twice_is_reported_once(void **state) {
    const lightpose_pose first[] = {ranked(400, 400, 3), ranked(401, 401, 2), ranked(700, 400, 1)};
    const lightpose_pose seen[] = {ranked(400, 401, 5), ranked(399, 400, 4)};
    lightpose_pose out[FEW];

    (void)state;
    assert_int_equal(merge(first, 3, seen, 2, 0, out), 2);
    assert_true(out[0].box.x < 410 && out[1].box.x > 690);
}

static void someone_new_is_added_at_the_rank_of_the_first_look(void **state) {
    const lightpose_pose first = ranked(400, 400, 3);
    const lightpose_pose seen[] = {ranked(400, 400, 9), ranked(600, 420, 8)};
    lightpose_pose out[FEW];

    (void)state;
    assert_int_equal(merge(&first, 1, seen, 2, 0, out), 2);
    assert_true(out[0].rank == 3);
    assert_true(out[1].box.x == seen[1].box.x && out[1].rank < 8);
    assert_int_equal(merge(&first, 1, seen, 2, 1, out), 1);
    assert_true(out[0].rank == 3);
}

static void who_is_not_seen_again_stays(void **state) {
    const lightpose_pose first = ranked(400, 400, 3);
    lightpose_pose out[FEW];

    (void)state;
    assert_int_equal(merge(&first, 1, NULL, 0, 0, out), 1);
    assert_memory_equal(out[0].keypoints, first.keypoints, sizeof first.keypoints);
    assert_true(out[0].rank == 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_pose_again_changes_nothing),
        cmocka_unit_test(a_person_takes_the_pose_of_the_crop_and_keeps_what_it_misses),
        cmocka_unit_test(a_person_found_twice_is_reported_once),
        cmocka_unit_test(someone_new_is_added_at_the_rank_of_the_first_look),
        cmocka_unit_test(who_is_not_seen_again_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
