/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "machine.h"

typedef struct worker {
    const measure_options *options;
    const frames *input;
    atomic_int *ready, *go, *failed; /* workers that are warm; 1: start; 1: give up */
    int64_t frames, first_ns, last_ns;
    lightpose_error error;
} worker;

/* Warm before the start, then frames in turn for the same span as all others. */
static void *work(void *argument) {
    worker *const self = argument;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;

    lightpose_status status =
        lightpose_context_open(&context, self->options->model, &self->options->settings, &self->error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_result_create(&result, &self->error);
    for (int i = 0; status == LIGHTPOSE_OK && i < self->input->count; i++)
        status = lightpose_infer(context, &self->input->images[i], result, &self->error);
    if (status != LIGHTPOSE_OK)
        atomic_store(self->failed, 1);
    atomic_fetch_add(self->ready, 1);
    while (!atomic_load(self->go))
        usleep(200);
    self->first_ns = lp_now_ns();
    const int64_t end = self->first_ns + (int64_t)(self->options->seconds * 1e9);
    while (!atomic_load(self->failed) && lp_now_ns() < end) {
        const int64_t next = self->frames % self->input->count;
        if (lightpose_infer(context, &self->input->images[next], result, &self->error) != LIGHTPOSE_OK) {
            atomic_store(self->failed, 1);
            break;
        }
        self->frames++;
    }
    self->last_ns = lp_now_ns();
    lightpose_result_destroy(&result);
    lightpose_context_close(&context);
    return NULL;
}

/* Runs all workers to their end; they start to count when all are warm. */
static void run_workers(worker *workers, pthread_t *threads, int contexts) {
    int started = 0;

    while (started < contexts && pthread_create(&threads[started], NULL, work, &workers[started]) == 0)
        started++;
    if (started < contexts)
        atomic_store(workers->failed, 1);
    while (atomic_load(workers->ready) < started)
        usleep(200);
    atomic_store(workers->go, 1);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static json_t *throughput_json(const worker *workers, int contexts, int threads, const machine_load *before) {
    const machine_load after = machine_load_now();
    json_t *const causes = json_array();
    double fps = 0;
    int64_t all = 0;

    for (int i = 0; i < contexts; i++) {
        fps += (double)workers[i].frames * 1e9 / (double)(workers[i].last_ns - workers[i].first_ns);
        all += workers[i].frames;
    }
    machine_causes(causes, before, &after, threads, contexts);
    return json_pack("{s:i, s:i, s:f, s:I, s:o}", "contexts", contexts, "threads", threads, "fps", fps, "frames",
                     (json_int_t)all, "slower_because", causes);
}

json_t *measure_throughput(const measure_options *options, const frames *input, int contexts, lightpose_error *error) {
    worker *const workers = calloc((size_t)contexts, sizeof *workers);
    pthread_t *const threads = calloc((size_t)contexts, sizeof *threads);
    atomic_int ready = 0, go = 0, failed = 0;
    json_t *json = NULL;

    if (workers && threads) {
        for (int i = 0; i < contexts; i++)
            workers[i] = (worker){.options = options, .input = input, .ready = &ready, .go = &go, .failed = &failed};
        const machine_load before = machine_load_now();
        run_workers(workers, threads, contexts);
        if (!atomic_load(&failed))
            json = throughput_json(workers, contexts, options->settings.threads, &before);
        for (int i = 0; i < contexts; i++)
            if (workers[i].error.status != LIGHTPOSE_OK)
                *error = workers[i].error;
    }
    if (!json && error->status == LIGHTPOSE_OK)
        *error = (lightpose_error){LIGHTPOSE_ERROR_MEMORY, "no memory or no thread for the workers"};
    free(workers);
    free(threads);
    return json;
}
