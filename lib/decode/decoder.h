/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The inside of a decoder: the scratch that decode.c fills and that persons.c turns into persons. */

#ifndef LP_DECODE_DECODER_H
#define LP_DECODE_DECODER_H

#include "decode/decode.h"
#include "base/sort.h"
#include "decode/grouping.h"

struct lp_decoder {
    lightpose_settings settings;
    unsigned features; /* base/cpu.h */
    lp_upsample upsample;
    lp_limb_rule limb_rule;
    lp_planes planes;
    lp_field field;
    lp_peaks peaks[LIGHTPOSE_KEYPOINTS];
    lp_links links[LIGHTPOSE_LIMBS];
    lp_groups groups;
    lp_instances instances; /* of `refined` */
    void *scans;            /* of lp_scan, one for each thread */
    size_t scans_capacity;
    void *order; /* of lp_ranked: the groups, by `reference` */
    size_t order_capacity;
    void *persons; /* of lp_person */
    size_t persons_capacity;
    int person_count;
};

/* From peaks and links to persons (persons.c). */
lightpose_status lp_persons_make_reference(lp_decoder *decoder, lightpose_error *error);
lightpose_status lp_persons_make_refined(lp_decoder *decoder, lp_team *team, lightpose_error *error);

#endif
