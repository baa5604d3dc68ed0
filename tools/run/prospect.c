/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What is left to do of each source after an earlier run. */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "output/text.h"
#include "run/lineage.h"
#include "run/targets_inside.h"

int lp_left_has_all(const lp_left *left, int source, int shared) {
    return left->state == LP_LEFT_WHOLE ||
           (shared && left->state == LP_LEFT_PARTIAL &&
            (left->meta.number > source || (left->meta.number == source && left->meta.ended)));
}

static lightpose_status check_left(const lp_targets *t, const lp_left *left, const char *base, int source, int shared,
                                   int (*differs)(void *opaque, const char *about, char text[256]), void *opaque,
                                   lightpose_error *error) {
    char text[256];
    if (!t->options.resume || !left->meta.about)
        return LIGHTPOSE_OK;
    const lp_sources *const sources = t->options.sources;
    const int number = shared ? left->meta.number : source;
    if (left->state == LP_LEFT_PARTIAL &&
        (number >= sources->count || left->meta.lineage != lp_lineage(sources, shared ? 0 : source, number)))
        return lp_fail(
            error, LIGHTPOSE_ERROR_ARGUMENT,
            "option --resume: \"%s.partial\" comes from other inputs, or they have changed since; start over "
            "without --resume",
            base);
    if (differs && differs(opaque, left->meta.about, text))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "option --resume: \"%s%s\" was written by another kind of run: %s; start over without --resume",
                       base, left->state == LP_LEFT_PARTIAL ? ".partial" : "", text);
    return LIGHTPOSE_OK;
}

/* Moves the start of the source back to where an output with `left` needs it. */
static lightpose_status merge(lp_prospect *p, const lp_left *left, int source, int shared, lightpose_error *error) {
    if (lp_left_has_all(left, source, shared))
        return LIGHTPOSE_OK;
    const int goes_on = left->state == LP_LEFT_PARTIAL && (!shared || left->meta.number == source);
    const int64_t next = goes_on ? left->meta.next : 0;
    if (!p->whole && next >= p->next)
        return LIGHTPOSE_OK;
    p->whole = 0;
    p->next = next;
    p->frames = goes_on ? left->meta.frames : 0;
    p->people = goes_on ? left->meta.people : 0;
    free(p->tracker);
    p->tracker = NULL;
    p->tracker_size = goes_on ? left->meta.tracker_size : 0;
    if (!p->tracker_size)
        return LIGHTPOSE_OK;
    p->tracker = malloc(p->tracker_size);
    if (!p->tracker)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a tracker");
    memcpy(p->tracker, left->meta.tracker, p->tracker_size);
    return LIGHTPOSE_OK;
}

/* Whether a picture's own file exists. */
static int has_picture(const lp_targets *t, const lp_place *place, const lp_target *which, const lp_source *source,
                       int index, lp_text *path) {
    struct stat about;
    const lp_output_frame picture = {.index = index, .name = source->pictures[index], .stem = source->stems[index]};
    if (!place->folder || !place->writer->picture_path)
        return 0;
    lp_text_clear(path);
    place->writer->picture_path(path, which->slot.path, t->options.output, &picture);
    return lp_text_check(path, NULL) == LIGHTPOSE_OK && stat(path->data, &about) == 0;
}

/* Clears p->have for the pictures of a list that an output lacks. */
static void note_pictures(const lp_targets *t, const lp_place *place, const lp_target *which, int number,
                          lp_prospect *p) {
    const lp_source *const source = &t->options.sources->items[number];
    lp_text path = {0};
    if (!p->have || lp_left_has_all(&which->left, number, !place->folder))
        return;
    for (int i = 0; i < source->count; i++)
        p->have[i] = p->have[i] && has_picture(t, place, which, source, i, &path);
    lp_text_free(&path);
}

void lp_prospect_free(lp_prospect *prospect) {
    free(prospect->tracker);
    free(prospect->have);
    *prospect = (lp_prospect){0};
}

lightpose_status lp_targets_look(const lp_targets *t, int source,
                                 int (*differs)(void *opaque, const char *about, char text[256]), void *opaque,
                                 lp_prospect *prospect, lightpose_error *error) {
    const lp_source *const from = &t->options.sources->items[source];
    lightpose_status status = LIGHTPOSE_OK;
    int outputs = 0;

    *prospect = (lp_prospect){.whole = 1};
    if (!t->options.resume && !t->options.no_clobber) {
        prospect->whole = 0;
        return LIGHTPOSE_OK;
    }
    if (t->options.no_clobber && !t->options.in_order && from->count) {
        prospect->have = malloc((size_t)from->count);
        if (!prospect->have)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d pictures", from->count);
        memset(prospect->have, 1, (size_t)from->count);
    }
    for (int i = 0; i < t->places.count && status == LIGHTPOSE_OK; i++) {
        const lp_place *const place = lp_place_at(t, i);
        if (!lp_place_is_for(place, lp_stream_kind_of(from)))
            continue;
        lp_target own = {0};
        outputs++;
        if (place->folder)
            status = lp_slot_make(&own.slot, place, from, error);
        if (place->folder && status == LIGHTPOSE_OK)
            lp_left_look(&own.left, place, &own.slot, t->options.resume);
        const lp_target *const which = place->folder ? &own : &t->shared[i];
        if (status == LIGHTPOSE_OK)
            status = check_left(t, &which->left, which->slot.base, source, !place->folder, differs, opaque, error);
        if (status == LIGHTPOSE_OK)
            status = merge(prospect, &which->left, source, !place->folder, error);
        if (status == LIGHTPOSE_OK)
            note_pictures(t, place, which, source, prospect);
        lp_target_free(&own);
    }
    for (int i = 0; prospect->have && i < from->count; i++)
        prospect->have_count += outputs && prospect->have[i];
    prospect->whole &= outputs > 0;
    prospect->whole |= from->count && prospect->have_count == from->count;
    return status;
}

void lp_targets_survey(const lp_targets *t, void (*see)(void *opaque, const char *about), void *opaque) {
    for (int i = 0; i < t->places.count; i++) {
        int seen = 0; /* each folder once, however many formats it has */
        for (int j = 0; j < i; j++)
            seen |= lp_place_at(t, j)->folder && !strcmp(lp_place_at(t, j)->path, lp_place_at(t, i)->path);
        if (lp_place_at(t, i)->folder && !seen)
            lp_left_survey(lp_place_at(t, i)->path, see, opaque);
    }
}
