/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One frame from the model to its release, for valgrind (scripts/deep-check). usage: frame f32|int8 */

#include "check.h"

#include <stdio.h>

#include "synthetic.h"

int main(int argc, char **argv) {
    enum { WIDTH = 96, HEIGHT = 64 };
    static uint8_t pixels[HEIGHT][WIDTH][3];
    const lightpose_image image = {.planes = {pixels[0][0]},
                                   .strides = {sizeof pixels[0]},
                                   .width = WIDTH,
                                   .height = HEIGHT,
                                   .format = LIGHTPOSE_BGR24};
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_tracker *tracker = NULL;
    lightpose_settings settings;
    size_t size;

    for (size_t i = 0; i < sizeof pixels; i++)
        ((uint8_t *)pixels)[i] = (uint8_t)((i * 2654435761U) >> 24);
    lightpose_settings_init(&settings);
    settings.height = HEIGHT;
    settings.threads = 1;
    settings.peak_threshold = 0.001f; /* made-up weights give weak maps */
    settings.limb_threshold = settings.limb_ratio = settings.min_score = 0;
    settings.min_keypoints = 1;
    void *const weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 7, &size);
    if (!weights || argc != 2 || lightpose_precision_parse(&settings.precision, argv[1], &error) ||
        lightpose_model_create_from_memory(&model, weights, size, &error) ||
        lightpose_context_create(&context, model, &settings, &error) || lightpose_result_create(&result, &error) ||
        lightpose_tracker_create(&tracker, NULL, &error) || lightpose_context_infer(context, &image, result, &error) ||
        lightpose_tracker_update(tracker, 0, result, &error)) {
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
    return people == 0;
}
