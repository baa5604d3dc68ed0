/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "which_weights.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

const char *lp_which_weights(const char *named) {
    lightpose_system system;

    lightpose_system_get(&system);
    return named ? named : system.default_weights;
}

void lp_tell_weights(const lightpose_model *model, const char *named) {
    static atomic_flag told = ATOMIC_FLAG_INIT;
    const char *const path = lp_which_weights(named), *const slash = strrchr(path, '/');
    const char *const file = slash ? slash + 1 : path;
    const int ours = strcmp(file, LP_DEFAULT_WEIGHTS) == 0;
    lightpose_model_info about;

    if (named || (!ours && strcmp(file, LP_PUBLISHED_WEIGHTS) != 0) || atomic_flag_test_and_set(&told))
        return;
    lightpose_model_get_info(model, &about);
    fprintf(stderr, "weights: %s", ours ? "default" : about.variant);
    if (*about.accuracy)
        fprintf(stderr, " (%s)", about.accuracy);
    fputs(ours ? "; " LP_GET_WEIGHTS " fetches more accurate ones\n" : "\n", stderr);
}
