/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder alone, on heatmaps and part affinity fields that come from elsewhere: another engine, another training of
 * the network, a file. Here they are made by hand: one arm, from the shoulder to the elbow to the wrist. No weights are
 * needed.
 * New here: a context without a model, lightpose_maps.
 * usage: own_maps */

#include <lightpose/lightpose.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 24, HEIGHT = 16, CELLS = WIDTH * HEIGHT };

/* A round bump of height 1 where the keypoint is, in cells. */
static void put_keypoint(float *heatmaps, int keypoint, float x, float y) {
    for (int v = 0; v < HEIGHT; v++)
        for (int u = 0; u < WIDTH; u++) {
            const float distance = ((float)u - x) * ((float)u - x) + ((float)v - y) * ((float)v - y);
            heatmaps[keypoint * CELLS + v * WIDTH + u] = 1 / (1 + distance);
        }
}

/* A field that points to the right along row y. It has two maps, for the x and the y of its vectors. */
static void put_limb(float *pafs, int channel, int y) {
    for (int v = y - 1; v <= y + 1; v++)
        for (int u = 0; u < WIDTH; u++)
            pafs[channel * CELLS + v * WIDTH + u] = 1;
}

int main(void) {
    static float heatmaps[LIGHTPOSE_HEATMAPS * CELLS], pafs[LIGHTPOSE_PAFS * CELLS];
    lightpose_error error = {0};
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    /* Scale 0 and no padding: coordinates are in network pixels, 8 per cell. */
    const lightpose_maps maps = {.width = WIDTH, .height = HEIGHT, .heatmaps = heatmaps, .pafs = pafs};

    /* Off the centres of cells, because a bump with two equal maxima has no peak. */
    put_keypoint(heatmaps, 2, 4.2f, 8.1f);  /* right shoulder */
    put_keypoint(heatmaps, 3, 11.2f, 8.1f); /* right elbow */
    put_keypoint(heatmaps, 4, 18.2f, 8.1f); /* right wrist */
    put_limb(pafs, 14, 8);                  /* shoulder to elbow: channels 14 and 15 */
    put_limb(pafs, 16, 8);                  /* elbow to wrist: channels 16 and 17 */

    if (lightpose_context_create(&context, NULL, NULL, &error) == LIGHTPOSE_OK &&
        lightpose_result_create(&result, &error) == LIGHTPOSE_OK &&
        lightpose_context_decode(context, &maps, result, &error) == LIGHTPOSE_OK) {
        for (int i = 0; i < lightpose_result_get_count(result); i++) {
            const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
            for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
                if (pose->keypoints[k].state == LIGHTPOSE_DETECTED)
                    printf("%s at %.1f, %.1f\n", lightpose_keypoint_get_name(k), pose->keypoints[k].x,
                           pose->keypoints[k].y);
        }
    }
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    if (error.status != LIGHTPOSE_OK)
        fprintf(stderr, "own_maps: %s\n", error.text);
    return error.status == LIGHTPOSE_OK ? 0 : 1;
}
