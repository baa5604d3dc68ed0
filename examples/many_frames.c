/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One context and one result for every frame: after the first frame nothing is allocated. Prints a line per frame
 * with the time of each stage. New here: settings, prepare, stats.
 * usage: many_frames WEIGHTS FRAME.ppm... */

#include <lightpose/lightpose.h>

#include "ppm.h"

static double ms(int64_t nanoseconds) {
    return (double)nanoseconds / 1e6;
}

static lightpose_status run_frame(lightpose_context *context, const char *path, lightpose_result *result,
                                  lightpose_error *error) {
    lightpose_image image;
    lightpose_stats stats;

    if (ppm_read(path, &image) != 0)
        return LIGHTPOSE_OK; /* one bad file does not end the run; it has been reported */
    const lightpose_status status = lightpose_context_infer(context, &image, result, error);
    ppm_free(&image);
    if (status != LIGHTPOSE_OK)
        return status;
    lightpose_context_get_stats(context, &stats);
    printf("%s: %d people, %.2f ms: preprocess %.2f, network %.2f, peaks %.2f, grouping %.2f\n", path,
           lightpose_result_get_count(result), ms(stats.total_ns), ms(stats.preprocess_ns), ms(stats.network_ns),
           ms(stats.peaks_ns), ms(stats.group_ns));
    return LIGHTPOSE_OK;
}

int main(int argc, char **argv) {
    lightpose_error error = {0};
    lightpose_settings settings;
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;

    if (argc < 3) {
        fprintf(stderr, "usage: many_frames WEIGHTS FRAME.ppm...\n");
        return 2;
    }

    /* Always start from the defaults: later versions may add settings whose default is not zero. */
    lightpose_settings_init(&settings);
    settings.height = 256;

    lightpose_status status = lightpose_model_create(&model, argv[1], &error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_create(&context, model, &settings, &error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_result_create(&result, &error);
    /* Builds the plan for the frames' size, so that the first frame is as fast as the second. */
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_prepare(context, 640, 480, &error);
    for (int i = 2; status == LIGHTPOSE_OK && i < argc; i++)
        status = run_frame(context, argv[i], result, &error);

    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    lightpose_model_destroy(&model);
    if (status != LIGHTPOSE_OK)
        fprintf(stderr, "many_frames: %s: %s\n", lightpose_status_get_name(status), error.text);
    return status == LIGHTPOSE_OK ? 0 : 1;
}
