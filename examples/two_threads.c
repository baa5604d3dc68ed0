/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Two workers share one model: the weights are in memory once, and each worker has its own context. One single-threaded
 * context per core processes the most frames per second. New here: retain, threads = 1.
 * usage: two_threads WEIGHTS PICTURE.ppm PICTURE.ppm */

#include <lightpose/lightpose.h>
#include <pthread.h>

#include "ppm.h"

typedef struct worker {
    lightpose_model *model;
    const char *path;
    int people; /* -1 if it failed */
    lightpose_error error;
} worker;

static void *work(void *argument) {
    worker *const self = argument;
    lightpose_settings settings;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_image image;

    self->people = -1;
    lightpose_settings_init(&settings);
    settings.threads = 1; /* for this context; the other worker uses another core */
    if (ppm_read(self->path, &image) != 0)
        return NULL;
    if (lightpose_context_create(&context, self->model, &settings, &self->error) == LIGHTPOSE_OK &&
        lightpose_result_create(&result, &self->error) == LIGHTPOSE_OK &&
        lightpose_context_infer(context, &image, result, &self->error) == LIGHTPOSE_OK)
        self->people = lightpose_result_get_count(result);
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
    lightpose_model_destroy(&self->model); /* this worker's reference */
    ppm_free(&image);
    return NULL;
}

int main(int argc, char **argv) {
    enum { WORKERS = 2 };
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    worker workers[WORKERS] = {{0}};
    pthread_t threads[WORKERS];
    int started = 0, failed = 0;

    if (argc != 2 + WORKERS) {
        fprintf(stderr, "usage: two_threads WEIGHTS PICTURE.ppm PICTURE.ppm\n");
        return 2;
    }
    if (lightpose_model_create(&model, argv[1], &error) != LIGHTPOSE_OK) {
        fprintf(stderr, "two_threads: %s\n", error.text);
        return 1;
    }
    for (; started < WORKERS; started++) {
        workers[started].model = lightpose_model_retain(model);
        workers[started].path = argv[2 + started];
        if (pthread_create(&threads[started], NULL, work, &workers[started]) != 0) {
            lightpose_model_destroy(&workers[started].model);
            fprintf(stderr, "two_threads: no thread\n");
            failed = 1;
            break;
        }
    }
    lightpose_model_destroy(&model); /* the workers have their own references */
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        if (workers[i].people >= 0) {
            printf("%s: %d people\n", workers[i].path, workers[i].people);
        } else {
            fprintf(stderr, "two_threads: %s: %s\n", workers[i].path, workers[i].error.text);
            failed = 1;
        }
    }
    return failed;
}
