/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Inside a decoder: the scratch that decode.c fills and the decoders by name finish. */

#ifndef LP_DECODE_DECODER_H
#define LP_DECODE_DECODER_H

#include "decode/decode.h"
#include "decode/draft.h"

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
    lp_drafts drafts; /* of `refined` */
    void *scans;      /* of lp_scan, one for each thread */
    size_t scans_capacity;
    void *order; /* of lp_ranked: the groups, by `reference` */
    size_t order_capacity;
    void *persons; /* of lp_person */
    size_t persons_capacity;
    int person_count;
};

/* Peaks and links into persons, by name. */
lightpose_status lp_reference_finish(lp_decoder *decoder, lightpose_error *error);
lightpose_status lp_refined_finish(lp_decoder *decoder, int threads, lightpose_error *error);

#endif
