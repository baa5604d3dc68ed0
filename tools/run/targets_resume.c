/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Outputs that continue what an earlier run left. */

#include "fail.h"
#include "run/lineage.h"
#include "run/targets_inside.h"

static lightpose_status resume_target(lp_targets *t, int index, lp_target *which, const lp_output_stream *stream,
                                      lightpose_error *error) {
    const lightpose_status status =
        lp_output_resume(&which->out, lp_place_at(t, index)->writer, which->slot.path, which->slot.base,
                         t->options.output, &which->left.meta, stream, error);
    if (status == LIGHTPOSE_OK)
        lp_left_free(&which->left);
    return status;
}

lightpose_status lp_targets_resume_shared(lp_targets *t, int index, const lp_output_stream *current,
                                          lightpose_error *error) {
    lp_target *const which = &t->shared[index];
    const int number = which->left.meta.number;
    const lp_output_stream *stream = current;
    if (!current || current->number != number) {
        const lp_source *const source = &t->options.sources->items[number];
        const lp_output_stream about = {.kind = lp_stream_kind_of(source),
                                        .name = source->name,
                                        .source = source->text,
                                        .number = number,
                                        .lineage = lp_lineage(t->options.sources, 0, number)};
        stream = lp_targets_keep_stream(t, &about);
    }
    return stream ? resume_target(t, index, which, stream, error)
                  : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
}

void lp_targets_resume(lp_target_stream *s) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = lp_target_of(s, i);
        lightpose_error error = {0};
        if (!s->takes[i] || which->left.state != LP_LEFT_PARTIAL)
            continue;
        const int folder = lp_place_at(t, i)->folder, at_this = folder || which->left.meta.number == s->about->number;
        const lightpose_status status = folder ? resume_target(t, i, which, s->about, &error)
                                               : lp_targets_resume_shared(t, i, s->about_shared, &error);
        s->begun[i] = at_this;
        if (status != LIGHTPOSE_OK)
            lp_target_fail(t, s, i, which, &error);
    }
}
