/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Finds the people in one picture and prints where their keypoints are.
 * usage: one_image WEIGHTS PICTURE.ppm */

#include <lightpose/lightpose.h>

#include "ppm.h"

static void print_pose(int number, const lightpose_pose *pose) {
    printf("person %d: score %.2f, box %.0f x %.0f at %.0f, %.0f\n", number, pose->score, pose->box.width,
           pose->box.height, pose->box.x, pose->box.y);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        if (keypoint->state == LIGHTPOSE_DETECTED)
            printf("  %-14s %7.1f %7.1f  %.2f\n", lightpose_keypoint_get_name(k), keypoint->x, keypoint->y,
                   keypoint->score);
    }
}

int main(int argc, char **argv) {
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_image image;

    if (argc != 3) {
        fprintf(stderr, "usage: one_image WEIGHTS PICTURE.ppm\n");
        return 2;
    }
    if (ppm_read(argv[2], &image) != 0)
        return 1;

    /* Each call runs only if all calls before it succeeded, so `error` holds the first failure. */
    if (lightpose_model_create(&model, argv[1], &error) == LIGHTPOSE_OK &&
        lightpose_context_create(&context, model, NULL, &error) == LIGHTPOSE_OK &&
        lightpose_result_create(&result, &error) == LIGHTPOSE_OK &&
        lightpose_context_infer(context, &image, result, &error) == LIGHTPOSE_OK) {
        printf("%d people\n", lightpose_result_get_count(result));
        for (int i = 0; i < lightpose_result_get_count(result); i++)
            print_pose(i, lightpose_result_get_pose(result, i));
    }

    /* NULL handles may be destroyed, so success and failure share this code. */
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    lightpose_model_destroy(&model);
    ppm_free(&image);
    if (error.status != LIGHTPOSE_OK)
        fprintf(stderr, "one_image: %s\n", error.text);
    return error.status == LIGHTPOSE_OK ? 0 : 1;
}
