/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/decode.h"

#include <stdatomic.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/time.h"
#include "decode/decoder.h"

lightpose_decoder lp_decoder_resolve(lightpose_decoder decoder) {
    return decoder == LIGHTPOSE_DECODER_DEFAULT ? LIGHTPOSE_DECODER_REFINED : decoder;
}

static int is_refined(const lp_decoder *decoder) {
    return decoder->settings.decoder == LIGHTPOSE_DECODER_REFINED;
}

/* Resolves the settings whose default depends on the decoder: to the published values, or to those of README.md. */
static void resolve(lightpose_settings *settings) {
    settings->decoder = lp_decoder_resolve(settings->decoder);
    const int refined = settings->decoder == LIGHTPOSE_DECODER_REFINED;

    if (settings->limb_threshold < 0)
        settings->limb_threshold = refined ? 0.1f : 0.05f;
    if (settings->min_keypoints == 0)
        settings->min_keypoints = refined ? 2 : 3;
    if (settings->min_score < 0)
        settings->min_score = refined ? 0.1f : 0.2f;
}

lightpose_status lp_decoder_create(lp_decoder **decoder, const lightpose_settings *settings, lightpose_error *error) {
    *decoder = lp_calloc(1, sizeof **decoder);
    if (!*decoder)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a decoder");
    (*decoder)->settings = *settings;
    resolve(&(*decoder)->settings);
    (*decoder)->features = lp_cpu_features();
    lp_upsample_init(&(*decoder)->upsample, settings->upsample);
    lp_field_init(&(*decoder)->field, &(*decoder)->upsample, (*decoder)->features);
    (*decoder)->limb_rule = lp_limb_rule_make(&(*decoder)->settings);
    return LIGHTPOSE_OK;
}

void lp_decoder_destroy(lp_decoder **decoder) {
    lp_decoder *const old = *decoder;

    if (!old)
        return;
    for (size_t i = 0; i < old->scans_capacity; i++)
        lp_scan_free((lp_scan *)old->scans + i);
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        lp_peaks_free(&old->peaks[type]);
    for (int limb = 0; limb < LIGHTPOSE_LIMBS; limb++)
        lp_links_free(&old->links[limb]);
    lp_planes_free(&old->planes);
    lp_field_free(&old->field);
    lp_groups_free(&old->groups);
    lp_instances_free(&old->instances);
    lp_free(old->scans);
    lp_free(old->order);
    lp_free(old->persons);
    lp_free(old);
    *decoder = NULL;
}

/* Allocates everything whose size depends only on the maps and the threads. */
static lightpose_status reserve(lp_decoder *decoder, const lp_maps *maps, int threads, lightpose_error *error) {
    const size_t had = decoder->scans_capacity;

    if (lp_grow(&decoder->scans, &decoder->scans_capacity, (size_t)threads, sizeof(lp_scan)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a decoder's %d threads", threads);
    lp_scan *const scans = decoder->scans;
    for (size_t i = had; i < decoder->scans_capacity; i++)
        lp_scan_init(&scans[i], &decoder->upsample, decoder->features);
    LP_TRY(lp_planes_reserve(&decoder->planes, maps, error));
    LP_TRY(lp_field_reserve(&decoder->field, maps, error));
    for (int i = 0; i < threads; i++)
        LP_TRY(lp_scan_reserve(&scans[i], &decoder->planes, error));
    return LIGHTPOSE_OK;
}

static int find_peaks(lp_decoder *decoder, lp_scan *scan, int type) {
    if (is_refined(decoder))
        return lp_peaks_find_refined(&decoder->peaks[type], &decoder->planes, type, &decoder->upsample,
                                     decoder->settings.peak_threshold, decoder->settings.peak_radius);
    return lp_peaks_find_reference(&decoder->peaks[type], scan, &decoder->planes, type,
                                   decoder->settings.peak_threshold, decoder->settings.peak_radius);
}

static int find_links(lp_decoder *decoder, int limb) {
    const lp_limb *const ends = &lp_skeleton_limbs[limb];
    return lp_links_find(&decoder->links[limb], &decoder->field, limb, &decoder->limb_rule, &decoder->peaks[ends->from],
                         &decoder->peaks[ends->to]);
}

typedef struct search {
    lp_decoder *decoder;
    const lp_maps *maps;
    atomic_int failed;
} search;

static void copy_rows(void *job, int begin, int end, int thread) {
    const search *const s = job;
    (void)thread;

    for (int y = begin; y < end; y++) {
        lp_planes_copy_row(&s->decoder->planes, s->maps, y);
        lp_field_copy_row(&s->decoder->field, s->maps, y);
    }
}

static void search_types(void *job, int begin, int end, int thread) {
    search *const s = job;

    for (int type = begin; type < end; type++)
        if (find_peaks(s->decoder, (lp_scan *)s->decoder->scans + thread, type))
            atomic_store(&s->failed, 1);
}

static void search_limbs(void *job, int begin, int end, int thread) {
    search *const s = job;
    (void)thread;

    for (int limb = begin; limb < end; limb++)
        if (find_links(s->decoder, limb))
            atomic_store(&s->failed, 1);
}

/* Finds peaks, then links. The result for a type or limb does not depend on other threads. */
static int find_all(lp_decoder *decoder, const lp_maps *maps, lp_team *team, int64_t *peaks_done) {
    search s = {.decoder = decoder, .maps = maps};

    lp_team_share(team, maps->height, copy_rows, &s);
    lp_team_share(team, LIGHTPOSE_KEYPOINTS, search_types, &s);
    *peaks_done = lp_now_ns();
    lp_team_share(team, LIGHTPOSE_LIMBS, search_limbs, &s);
    return s.failed;
}

lightpose_status lp_decoder_run(lp_decoder *decoder, const lp_maps *maps, lp_team *team, lp_people *people,
                                lightpose_error *error) {
    const int64_t start = lp_now_ns();
    int64_t peaks_done = start;

    *people = (lp_people){0};
    LP_TRY(reserve(decoder, maps, lp_team_size(team), error));
    if (find_all(decoder, maps, team, &peaks_done))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the peaks and limbs of maps of %d x %d cells",
                       maps->width, maps->height);
    LP_TRY(is_refined(decoder) ? lp_persons_make_refined(decoder, team, error)
                               : lp_persons_make_reference(decoder, error));
    people->half_pixel = is_refined(decoder);
    people->persons = decoder->persons;
    people->count = decoder->person_count;
    people->peaks_ns = peaks_done - start;
    people->group_ns = lp_now_ns() - peaks_done;
    return LIGHTPOSE_OK;
}
