/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* This library's network as an engine for peers/run.py, with the protocol and files of ort.mjs.
 * usage: peer-lightpose WEIGHTS PRECISION THREADS HEIGHT WIDTH [IMAGE MAPS] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/team.h"
#include "base/time.h"
#include "net/plan.h"

static lightpose_precision precision_of(const char *name) {
    return strcmp(name, "int8") == 0   ? LIGHTPOSE_PRECISION_INT8
           : strcmp(name, "bf16") == 0 ? LIGHTPOSE_PRECISION_BF16
                                       : LIGHTPOSE_PRECISION_F32;
}

typedef struct timing {
    lp_plan *plan;
    lp_team *team;
    int runs;
    lightpose_error *error;
    lightpose_status status;
} timing;

/* All runs share one OpenMP region, as all layers of a frame do. */
static void time_runs(void *argument) {
    timing *const t = argument;
    lp_maps maps;

    for (int i = 0; i < t->runs && t->status == LIGHTPOSE_OK; i++) {
        const int64_t start = lp_now_ns();
        t->status = lp_plan_run(t->plan, t->team, &maps, t->error);
        printf("%s%.4f", i ? " " : "", (double)(lp_now_ns() - start) / 1e6);
    }
}

static lightpose_status serve(lp_plan *plan, lp_team *team, lightpose_error *error) {
    timing t = {.plan = plan, .team = team, .error = error};

    puts("ready");
    fflush(stdout);
    while (scanf("%d", &t.runs) == 1) {
        lp_team_run(team, time_runs, &t);
        if (t.status != LIGHTPOSE_OK)
            return t.status;
        puts("");
        fflush(stdout);
    }
    return LIGHTPOSE_OK;
}

static int read_file(const char *path, void *data, size_t size) {
    FILE *const file = fopen(path, "rb");
    const int whole = file && fread(data, 1, size, file) == size;

    if (file)
        fclose(file);
    return whole;
}

static int write_maps(const char *path, const lightpose_maps *maps) {
    const size_t cells = (size_t)maps->width * (size_t)maps->height;
    FILE *const file = fopen(path, "wb");
    int whole =
        file && fwrite(maps->heatmaps, sizeof(float), cells * LIGHTPOSE_HEATMAPS, file) == cells * LIGHTPOSE_HEATMAPS;

    whole = whole && fwrite(maps->pafs, sizeof(float), cells * LIGHTPOSE_PAFS, file) == cells * LIGHTPOSE_PAFS;
    return (file ? fclose(file) : -1) == 0 && whole;
}

/* The maps of an image of the network's size, which preprocessing does not resize. */
static lightpose_status compute_maps(const char *weights, const lightpose_settings *settings, int width,
                                     const char *image_path, const char *maps_path, lightpose_error *error) {
    const size_t bytes = (size_t)width * (size_t)settings->height * 3;
    uint8_t *const pixels = malloc(bytes);
    const lightpose_image image = {.planes = {pixels},
                                   .strides = {width * 3},
                                   .width = width,
                                   .height = settings->height,
                                   .format = LIGHTPOSE_BGR24};
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_maps maps;

    if (!pixels || !read_file(image_path, pixels, bytes))
        (void)lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: it does not hold %zu bytes", image_path, bytes);
    else if (lightpose_model_create(&model, weights, error) == LIGHTPOSE_OK &&
             lightpose_context_create(&context, model, settings, error) == LIGHTPOSE_OK &&
             lightpose_result_create(&result, error) == LIGHTPOSE_OK &&
             lightpose_context_infer(context, &image, result, error) == LIGHTPOSE_OK &&
             lightpose_context_get_maps(context, &maps, error) == LIGHTPOSE_OK && !write_maps(maps_path, &maps))
        (void)lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: it cannot be written", maps_path);
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    lightpose_model_destroy(&model);
    free(pixels);
    return error->status;
}

static int run_image(char **argv) {
    lightpose_error error = {0};
    lightpose_settings settings;

    lightpose_settings_init(&settings);
    settings.precision = precision_of(argv[2]);
    settings.threads = atoi(argv[3]);
    settings.height = atoi(argv[4]);
    if (compute_maps(argv[1], &settings, atoi(argv[5]), argv[6], argv[7], &error) == LIGHTPOSE_OK)
        return 0;
    fprintf(stderr, "peer-lightpose: %s\n", error.text);
    return 1;
}

int main(int argc, char **argv) {
    lightpose_error error = {0};
    lp_weights *weights = NULL;
    lp_net *net = NULL;
    lp_plan *plan = NULL;
    lp_team *team = NULL;
    lightpose_precision precision;

    if (argc != 6 && argc != 8) {
        fprintf(stderr, "usage: peer-lightpose WEIGHTS PRECISION THREADS HEIGHT WIDTH [IMAGE MAPS]\n");
        return 2;
    }
    if (argc == 8)
        return run_image(argv);
    const lp_plan_options options = {
        .width = atoi(argv[5]), .height = atoi(argv[4]), .threads = atoi(argv[3]), .stages = 2};
    lightpose_status status = lp_team_create(&team, options.threads, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_weights_load(&weights, argv[1], &error);
    if (status == LIGHTPOSE_OK)
        status = lp_net_resolve(weights, precision_of(argv[2]), &precision, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_net_create(&net, weights, precision, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_plan_create(&plan, net, &options, &error);
    if (status == LIGHTPOSE_OK)
        status = serve(plan, team, &error);
    if (status != LIGHTPOSE_OK)
        fprintf(stderr, "peer-lightpose: %s\n", error.text);
    lp_plan_destroy(&plan);
    lp_team_destroy(&team);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
    return status == LIGHTPOSE_OK ? 0 : 1;
}
