/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "reference_rules.h"

#include <math.h>

int reference_begin(void **state) {
    (void)state;
    decoding_begin(WIDTH, HEIGHT, LIGHTPOSE_DECODER_REFERENCE);
    settings.upsample = 1;
    return 0;
}

void peak(int type, int x, int y, float value) {
    *made_heat(&maps, type, x, y) = value;
}

void field(int limb, int x0, int y0, int x1, int y1, float strength) {
    const float length = hypotf((float)(x1 - x0), (float)(y1 - y0));

    for (int k = 0; k < settings.limb_samples; k++) {
        const float part = (float)k / (float)(settings.limb_samples - 1);
        const int x = (int)rintf((float)x0 + part * (float)(x1 - x0)),
                  y = (int)rintf((float)y0 + part * (float)(y1 - y0));
        *made_paf(&maps, lp_skeleton_limbs[limb].paf_x, x, y) = strength * (float)(x1 - x0) / length;
        *made_paf(&maps, lp_skeleton_limbs[limb].paf_y, x, y) = strength * (float)(y1 - y0) / length;
    }
}

void arm(int x0, int x1, int y, float strength) {
    peak(NECK, x0, y, 0.5f);
    peak(R_SHOULDER, x1, y, 0.5f);
    field(NECK_R_SHOULDER, x0, y, x1, y, strength);
}

int link_count(int limb) {
    decode();
    return decoder->links[limb].count;
}

lp_link link_at(int limb, int i) {
    return ((const lp_link *)decoder->links[limb].data)[i];
}
