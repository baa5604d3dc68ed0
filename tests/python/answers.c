/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the C interface finds in raw pixels on standard input, every float exactly (%a), for the tests of lightpose.py.
 * Prints a line for each pose; writes heatmaps, then part affinity fields to MAPS.
 * usage: answers WEIGHTS WIDTH HEIGHT FORMAT MAPS   (planes one after the other, rows without padding) */

#include <lightpose/lightpose.h>

#include <stdio.h>
#include <stdlib.h>

static uint8_t pixels[1 << 23];

static void describe(lightpose_image *image) {
    const ptrdiff_t width = image->width, half = (image->width + 1) / 2, half_rows = (image->height + 1) / 2;

    image->planes[0] = pixels;
    image->planes[1] = pixels + width * image->height;
    image->planes[2] = image->planes[1] + half * half_rows;
    image->strides[0] = width;
    image->strides[1] = image->strides[2] = half;
    if (image->format == LIGHTPOSE_NV12)
        image->strides[1] = 2 * half;
    else if (image->format == LIGHTPOSE_BGR24 || image->format == LIGHTPOSE_RGB24)
        image->strides[0] = 3 * width;
    else if (image->format == LIGHTPOSE_BGRA || image->format == LIGHTPOSE_RGBA)
        image->strides[0] = 4 * width;
}

static void print_pose(const lightpose_pose *pose) {
    printf("%a %a %a %a %a %a %d", pose->score, pose->rank, pose->box.x, pose->box.y, pose->box.width, pose->box.height,
           pose->keypoint_count);
    for (int i = 0; i < LIGHTPOSE_KEYPOINTS; i++)
        printf(" %a %a %a %d", pose->keypoints[i].x, pose->keypoints[i].y, pose->keypoints[i].score,
               pose->keypoints[i].state);
    printf("\n");
}

int main(int argc, char **argv) {
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_image image = {0};
    lightpose_maps maps = {0};

    if (argc != 6 || fread(pixels, 1, sizeof pixels, stdin) == sizeof pixels)
        return 2;
    image.width = atoi(argv[2]);
    image.height = atoi(argv[3]);
    if (lightpose_format_parse(&image.format, argv[4], &error) == LIGHTPOSE_OK)
        describe(&image);
    if (error.status == LIGHTPOSE_OK && lightpose_model_create(&model, argv[1], &error) == LIGHTPOSE_OK &&
        lightpose_context_create(&context, model, NULL, &error) == LIGHTPOSE_OK &&
        lightpose_result_create(&result, &error) == LIGHTPOSE_OK &&
        lightpose_context_infer(context, &image, result, &error) == LIGHTPOSE_OK &&
        lightpose_context_get_maps(context, &maps, &error) == LIGHTPOSE_OK) {
        const size_t cells = (size_t)maps.width * (size_t)maps.height;
        FILE *const file = fopen(argv[5], "wb");
        if (!file || fwrite(maps.heatmaps, sizeof(float), LIGHTPOSE_HEATMAPS * cells, file) == 0 ||
            fwrite(maps.pafs, sizeof(float), LIGHTPOSE_PAFS * cells, file) == 0 || fclose(file) != 0)
            return 3;
        for (int i = 0; i < lightpose_result_get_count(result); i++)
            print_pose(lightpose_result_get_pose(result, i));
    }
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    lightpose_model_destroy(&model);
    if (error.status != LIGHTPOSE_OK)
        fprintf(stderr, "answers: %s\n", error.text);
    return error.status == LIGHTPOSE_OK ? 0 : 1;
}
