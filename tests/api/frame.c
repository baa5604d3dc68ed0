/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Frames from the model to its release, for valgrind (scripts/deep-check) and for counts of instructions
 * (bench/instructions). usage: frame f32|int8 [FRAMES [WIDTH HEIGHT]]: one of 96 x 64 */

#include "check.h"

#include <stdio.h>

#include "synthetic.h"

int main(int argc, char **argv) {
    const int frames = argc > 2 ? atoi(argv[2]) : 1;
    const int width = argc > 4 ? atoi(argv[3]) : 96, height = argc > 4 ? atoi(argv[4]) : 64;
    const size_t bytes = (size_t)(3 * width * height);
    uint8_t *const pixels = calloc(bytes, 1);
    const lightpose_image image = {.planes = {pixels},
                                   .strides = {3 * (ptrdiff_t)width},
                                   .width = width,
                                   .height = height,
                                   .format = LIGHTPOSE_BGR24};
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_tracker *tracker = NULL;
    lightpose_settings settings;
    size_t size;

    for (size_t i = 0; pixels && i < bytes; i++)
        pixels[i] = (uint8_t)((i * 2654435761U) >> 24);
    lightpose_settings_init(&settings);
    settings.height = height;
    settings.threads = 1;
    settings.peak_threshold = 0.001f; /* made-up weights give weak maps */
    settings.limb_threshold = settings.limb_ratio = settings.min_score = 0;
    settings.min_keypoints = 1;
    void *const weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 7, &size);
    if (!pixels || !weights || argc < 2 || lightpose_precision_parse(&settings.precision, argv[1], &error) ||
        lightpose_model_create_from_memory(&model, weights, size, &error) ||
        lightpose_context_create(&context, model, &settings, &error) || lightpose_result_create(&result, &error) ||
        lightpose_tracker_create(&tracker, NULL, &error) || lightpose_context_infer(context, &image, result, &error) ||
        lightpose_tracker_update(tracker, 0, result, &error)) {
        fprintf(stderr, "frame: %s\n", error.text);
        return 1;
    }
    for (int i = 1; i < frames; i++)
        if (lightpose_context_infer(context, &image, result, &error)) {
            fprintf(stderr, "frame: %s\n", error.text);
            return 1;
        }
    printf("%s: %d people\n", argv[1], lightpose_result_get_count(result));
    const int people = lightpose_result_get_count(result);
    lightpose_tracker_destroy(&tracker);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
    lightpose_model_destroy(&model);
    free(weights);
    free(pixels);
    return people == 0;
}
