/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decoding.h"

lp_maps maps;
lightpose_settings settings;
lp_decoder *decoder;

void decoding_begin(int width, int height, lightpose_decoder which) {
    maps = made_maps(width, height, MADE_INTERLEAVED);
    lightpose_settings_init(&settings);
    settings.decoder = which;
}

int decoding_end(void **state) {
    (void)state;
    lp_decoder_destroy(&decoder);
    made_free(&maps);
    return 0;
}

lp_people decode(void) {
    lp_people people;

    lp_decoder_destroy(&decoder);
    assert_ok(lp_decoder_create(&decoder, &settings, error));
    assert_ok(lp_decoder_run(decoder, &maps, NULL, &people, error));
    return people;
}
