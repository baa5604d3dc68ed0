/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/decode.h"
#include "peers/dense.h"
#include "samples.h"

/* The maps of one frame: interleaved, as the network writes them, for our decoder, and planar for the dense one. */
typedef struct frame_maps {
    lp_maps interleaved;
    float *heatmaps, *pafs; /* planar */
    float *owned;           /* interleaved */
} frame_maps;

static int interleave(frame_maps *out, const lightpose_maps *maps) {
    enum { CHANNELS = LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS };
    const size_t cells = (size_t)maps->width * (size_t)maps->height;

    out->heatmaps = malloc(cells * CHANNELS * sizeof(float));
    out->owned = malloc(cells * CHANNELS * sizeof(float));
    if (!out->heatmaps || !out->owned)
        return -1;
    out->pafs = out->heatmaps + cells * LIGHTPOSE_HEATMAPS;
    memcpy(out->heatmaps, maps->heatmaps, cells * LIGHTPOSE_HEATMAPS * sizeof(float));
    memcpy(out->pafs, maps->pafs, cells * LIGHTPOSE_PAFS * sizeof(float));
    for (size_t i = 0; i < cells; i++) {
        for (size_t c = 0; c < LIGHTPOSE_HEATMAPS; c++)
            out->owned[i * LIGHTPOSE_HEATMAPS + c] = maps->heatmaps[c * cells + i];
        for (size_t c = 0; c < LIGHTPOSE_PAFS; c++)
            out->owned[cells * LIGHTPOSE_HEATMAPS + i * LIGHTPOSE_PAFS + c] = maps->pafs[c * cells + i];
    }
    out->interleaved = (lp_maps){.width = maps->width,
                                 .height = maps->height,
                                 .heatmaps = {out->owned, 1, LIGHTPOSE_HEATMAPS},
                                 .pafs = {out->owned + cells * LIGHTPOSE_HEATMAPS, 1, LIGHTPOSE_PAFS}};
    return 0;
}

static lightpose_status maps_of(const measure_options *options, const lightpose_image *image, frame_maps *out,
                                lightpose_error *error) {
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_maps maps;

    lightpose_status status = lightpose_context_create(&context, options->model, &options->settings, error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_result_create(&result, error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_infer(context, image, result, error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_get_maps(context, &maps, error);
    if (status == LIGHTPOSE_OK && interleave(out, &maps) != 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for maps");
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    return status;
}

/* Runs our decoder and the dense one in turn, on one thread. The dense one is slow and runs a third as often. */
static json_t *time_frame(const measure_options *options, const frame_maps *maps, lightpose_error *error) {
    lp_decoder *decoder = NULL;
    samples ours = {0}, dense = {0};
    lp_people people = {0};
    int dense_people = 0;
    json_t *json = NULL;

    lightpose_status status = lp_decoder_create(&decoder, &options->settings, error);
    const int64_t end = lp_now_ns() + (int64_t)(options->seconds * 1e9);
    for (int run = -2; status == LIGHTPOSE_OK && (run < options->min_runs || lp_now_ns() < end); run++) {
        int64_t start = lp_now_ns();
        status = lp_decoder_run(decoder, &maps->interleaved, NULL, &people, error);
        if (run >= 0)
            (void)samples_add(&ours, (double)(lp_now_ns() - start) / 1e6);
        if (run % 3)
            continue;
        start = lp_now_ns();
        dense_people = dense_decode(maps->heatmaps, maps->pafs, maps->interleaved.width, maps->interleaved.height);
        if (run >= 0)
            (void)samples_add(&dense, (double)(lp_now_ns() - start) / 1e6);
    }
    if (status == LIGHTPOSE_OK)
        json = json_pack("{s:i, s:i, s:o, s:o, s:f}", "people", people.count, "dense_people", dense_people, "decoder",
                         samples_json(&ours), "dense", samples_json(&dense), "dense_over_ours",
                         samples_median(&dense) / samples_median(&ours));
    lp_decoder_destroy(&decoder);
    samples_free(&ours);
    samples_free(&dense);
    return json;
}

json_t *measure_decoder(const measure_options *options, const frames *input, lightpose_error *error) {
    json_t *const list = json_array();

    for (int i = 0; i < input->count && error->status == LIGHTPOSE_OK; i++) {
        frame_maps maps = {0};
        if (maps_of(options, &input->images[i], &maps, error) == LIGHTPOSE_OK)
            json_array_append_new(list, time_frame(options, &maps, error));
        free(maps.heatmaps);
        free(maps.owned);
    }
    if (error->status == LIGHTPOSE_OK)
        return list;
    json_decref(list);
    return NULL;
}
