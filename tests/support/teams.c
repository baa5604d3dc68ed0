/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "teams.h"

typedef struct call {
    lp_team *team;
    lp_plan *plan;
    lp_maps *maps;
    lp_preprocess *preprocess;
    const lightpose_image *image;
    const lp_geometry *geometry;
    const lp_net_input *input;
    lp_decoder *decoder;
    const lp_maps *found;
    lp_people *people;
    lightpose_error *error;
    lightpose_status status;
} call;

static void body(void *argument) {
    call *const c = argument;

    if (c->plan)
        c->status = lp_plan_run(c->plan, c->team, c->maps, c->error);
    else if (c->decoder)
        c->status = lp_decoder_run(c->decoder, c->found, c->team, c->people, c->error);
    else
        c->status = lp_preprocess_run(c->preprocess, c->image, c->geometry, c->team, c->input, c->error);
}

static lightpose_status run(call *c, int threads) {
    LP_TRY(lp_team_create(&c->team, threads, c->error));
    lp_team_run(c->team, body, c);
    lp_team_destroy(&c->team);
    return c->status;
}

lightpose_status run_plan(lp_plan *plan, int threads, lp_maps *maps, lightpose_error *error) {
    call c = {.plan = plan, .maps = maps, .error = error};

    return run(&c, threads);
}

lightpose_status run_preprocess(lp_preprocess *preprocess, const lightpose_image *image, const lp_geometry *geometry,
                                int threads, const lp_net_input *input, lightpose_error *error) {
    call c = {.preprocess = preprocess, .image = image, .geometry = geometry, .input = input, .error = error};

    return run(&c, threads);
}

lightpose_status run_decoder(lp_decoder *decoder, const lp_maps *maps, int threads, lp_people *people,
                             lightpose_error *error) {
    call c = {.decoder = decoder, .found = maps, .people = people, .error = error};

    return run(&c, threads);
}
