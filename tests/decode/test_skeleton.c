/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What decode/maps.h and decode/grouping.h build on. */

#include "check.h"

#include "decode/skeleton.h"

/* Every limb's channels are an even one and the next, every channel has one limb, and every keypoint is the second end
 * of one limb among 0 to 16, which comes before those of which it is the first. */
static void the_skeleton_is_a_tree_with_helpers(void **state) {
    int channel_used[LIGHTPOSE_PAFS] = {0}, reached[LIGHTPOSE_KEYPOINTS] = {0};

    (void)state;
    reached[1] = 1; /* the neck */
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++) {
        const lp_limb *const limb = &lp_skeleton_limbs[l];
        assert_int_equal(limb->paf_x % 2, 0);
        assert_int_equal(limb->paf_y, limb->paf_x + 1);
        assert_false(channel_used[limb->paf_x]++);
        if (l >= LP_FIRST_HELPER_LIMB)
            continue;
        assert_true(reached[limb->from]);
        assert_false(reached[limb->to]++);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_skeleton_is_a_tree_with_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
