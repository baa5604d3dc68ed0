/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Settings are run in groups that share a network (weights, height, precision, stages). For each group, workers take
 * pictures from a common list, ordered by aspect ratio so that neighbours share a plan. A worker runs the network once
 * for a picture and then each decoder of the group on its maps. Results are stored by setting and picture, so that the
 * outcome does not depend on the workers' timing. */

#include "eval/run.h"

#include "eval/found.h"
#include "eval/json_file.h"
#include "which_weights.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct group {
    const lp_setting *settings;
    size_t *members; /* positions in `settings`; the first one runs the network */
    size_t count;
    lightpose_model *model;
    lp_pictures *pictures;
    const size_t *order;
    lp_found *found; /* [member][picture] */
    int workers, pass, passes, progress;
    int precision;      /* with auto resolved */
    atomic_size_t next; /* place in `order` */
    atomic_int failed;
    pthread_mutex_t lock; /* of error, precision and decoders */
    int *decoders;        /* per member, with `default` resolved */
    lightpose_error *error;
} group;

typedef struct worker {
    group *group;
    lightpose_context **contexts; /* per member */
    lightpose_result *result;
    lp_input_picture reader;
    pthread_t thread;
    int started;
} worker;

/* ---- One picture ------------------------------------------------------------------------------------------------- */

static int64_t cpu_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void measure(lp_measured *call, const lightpose_context *context, int64_t began) {
    call->cpu_ns = cpu_now() - began;
    lightpose_context_get_stats(context, &call->stats);
}

static lightpose_status look_at(worker *w, size_t picture, lightpose_error *error) {
    group *const g = w->group;
    lightpose_image image;
    lightpose_maps maps;
    lp_measured network, decoder;

    LP_TRY(lp_pictures_read(g->pictures, picture, &w->reader, &image, error));
    LP_TRY(lightpose_context_prepare(w->contexts[0], image.width, image.height, error));
    int64_t began = cpu_now();
    LP_TRY(lightpose_context_infer(w->contexts[0], &image, w->result, error));
    measure(&network, w->contexts[0], began);
    LP_TRY(lp_found_take(&g->found[picture], w->result, error));
    lp_found_time(&g->found[picture], &network, NULL, g->pass);
    if (g->count == 1)
        return LIGHTPOSE_OK;
    LP_TRY(lightpose_context_get_maps(w->contexts[0], &maps, error));
    for (size_t m = 1; m < g->count; m++) {
        lp_found *const found = &g->found[m * g->pictures->count + picture];
        began = cpu_now();
        LP_TRY(lightpose_context_decode(w->contexts[m], &maps, w->result, error));
        measure(&decoder, w->contexts[m], began);
        LP_TRY(lp_found_take(found, w->result, error));
        lp_found_time(found, &network, &decoder, g->pass);
    }
    return LIGHTPOSE_OK;
}

/* ---- Workers ----------------------------------------------------------------------------------------------------- */

static lightpose_status open_contexts(worker *w, lightpose_error *error) {
    group *const g = w->group;
    for (size_t m = 0; m < g->count; m++) {
        const lp_setting *const setting = &g->settings[g->members[m]];
        lightpose_settings settings = setting->model.settings;
        settings.threads = 1;
        LP_TRY(lightpose_context_create(&w->contexts[m], m == 0 ? g->model : NULL, &settings, error));
        lightpose_stats stats;
        lightpose_context_get_stats(w->contexts[m], &stats);
        pthread_mutex_lock(&g->lock);
        g->decoders[m] = (int)stats.decoder;
        if (m == 0)
            g->precision = (int)stats.precision;
        pthread_mutex_unlock(&g->lock);
    }
    return lightpose_result_create(&w->result, error);
}

static void tell_progress(const group *g, size_t done) {
    if (!g->progress)
        return;
    if (g->passes > 1)
        fprintf(stderr, "\r%s: pass %d of %d, picture %zu of %zu ", g->settings[g->members[0]].name, g->pass + 1,
                g->passes, done, g->pictures->count);
    else
        fprintf(stderr, "\r%s: picture %zu of %zu ", g->settings[g->members[0]].name, done, g->pictures->count);
}

static void *work(void *argument) {
    worker *const w = argument;
    group *const g = w->group;
    lightpose_error error = {0};
    lightpose_status status = w->result ? LIGHTPOSE_OK : open_contexts(w, &error);

    while (status == LIGHTPOSE_OK && !atomic_load(&g->failed)) {
        const size_t at = atomic_fetch_add(&g->next, 1);
        if (at >= g->pictures->count)
            break;
        status = look_at(w, g->order[at], &error);
        if (status != LIGHTPOSE_OK && !strstr(error.text, g->pictures->list[g->order[at]].path)) {
            lightpose_error named = {0};
            status = lp_fail(&named, status, "%s: %s", g->pictures->list[g->order[at]].path, error.text);
            error = named;
        }
        tell_progress(g, at + 1);
    }
    if (status != LIGHTPOSE_OK && !atomic_exchange(&g->failed, 1)) {
        pthread_mutex_lock(&g->lock);
        lp_fail(g->error, status, "%s", error.text);
        pthread_mutex_unlock(&g->lock);
    }
    return NULL;
}

/* Processes every picture once. The calling thread is the first worker. */
static void run_pass(group *g, worker *workers) {
    atomic_store(&g->next, 0);
    for (int i = 1; i < g->workers; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    for (int i = 1; i < g->workers; i++)
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
}

static lightpose_status run_workers(group *g, lightpose_error *error) {
    worker *const workers = calloc((size_t)g->workers, sizeof *workers);
    lightpose_context **const contexts = calloc((size_t)g->workers * g->count, sizeof *contexts);
    const int ready = workers && contexts;

    for (int i = 0; ready && i < g->workers; i++)
        workers[i] = (worker){.group = g, .contexts = contexts + (size_t)i * g->count};
    for (g->pass = 0; ready && g->pass < g->passes && !atomic_load(&g->failed); g->pass++)
        run_pass(g, workers);
    if (g->progress)
        fputs("\r\033[K", stderr);
    for (int i = 0; ready && i < g->workers; i++) {
        for (size_t m = 0; m < g->count; m++)
            lightpose_context_destroy(&workers[i].contexts[m]);
        lightpose_result_destroy(&workers[i].result);
        lp_input_picture_free(&workers[i].reader);
    }
    free(workers);
    free(contexts);
    if (!ready)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %d workers", g->workers);
    return atomic_load(&g->failed) ? error->status : LIGHTPOSE_OK;
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

static int same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int same_settings(const lightpose_settings *a, const lightpose_settings *b) {
    for (int i = 0; i < lightpose_setting_get_count(); i++) {
        lightpose_setting setting;
        double of_a, of_b;
        if (lightpose_setting_get_info(i, &setting) != LIGHTPOSE_OK ||
            lightpose_settings_get(a, setting.name, &of_a, NULL) != LIGHTPOSE_OK ||
            lightpose_settings_get(b, setting.name, &of_b, NULL) != LIGHTPOSE_OK || of_a != of_b)
            return 0;
    }
    return 1;
}

/* Whether two settings differ only in what the decoder reads. Settings not named here count as the network's, which
 * costs time but is never wrong. */
static int same_network(const lp_cli_model *a, const lp_cli_model *b) {
    const lightpose_settings *const from = &a->settings;
    lightpose_settings with = b->settings;
    if (from->second_look || from->tiles) /* people do not come from one set of maps */
        return same_text(a->weights, b->weights) && same_settings(&with, from);
    with.threads = from->threads;
    with.decoder = from->decoder;
    with.upsample = from->upsample;
    with.peak_threshold = from->peak_threshold;
    with.peak_radius = from->peak_radius;
    with.limb_samples = from->limb_samples;
    with.limb_threshold = from->limb_threshold;
    with.limb_ratio = from->limb_ratio;
    with.min_keypoints = from->min_keypoints;
    with.min_score = from->min_score;
    with.complete = from->complete;
    with.max_people = from->max_people;
    return same_text(a->weights, b->weights) && same_settings(&with, from);
}

static lightpose_status run_group(group *g, const lp_labels *labels, lp_outcome *outcomes, lightpose_error *error) {
    const size_t pictures = g->pictures->count;
    g->found = calloc(g->count * pictures + 1, sizeof *g->found);
    g->decoders = calloc(g->count, sizeof *g->decoders);
    lightpose_status status = g->found && g->decoders ? run_workers(g, error)
                                                      : lp_fail(error, LIGHTPOSE_ERROR_MEMORY,
                                                                "not enough memory for %zu settings", g->count);
    for (size_t m = 0; m < g->count && status == LIGHTPOSE_OK; m++) {
        const lp_setting *const setting = &g->settings[g->members[m]];
        lp_outcome *const outcome = &outcomes[g->members[m]];
        const lp_found *const found = g->found + m * pictures;
        outcome->name = setting->name;
        outcome->timing = (lp_timing){.height = setting->model.settings.height,
                                      .precision = g->precision,
                                      .decoder = g->decoders[m],
                                      .second_look = setting->model.settings.second_look};
        lp_found_timing(found, pictures, g->workers, &outcome->timing);
        status = lp_found_conclude(found, g->pictures, labels, outcome, error);
    }
    if (g->found)
        lp_found_free(g->found, g->count * pictures);
    free(g->decoders);
    g->found = NULL;
    g->decoders = NULL;
    return status;
}

/* The number of threads in the settings, with 0 resolved by the library. */
static lightpose_status count_workers(const lp_setting *setting, lightpose_model *model, int *workers,
                                      lightpose_error *error) {
    lightpose_context *context;
    lightpose_stats stats;
    LP_TRY(lightpose_context_create(&context, model, &setting->model.settings, error));
    lightpose_context_get_stats(context, &stats);
    lightpose_context_destroy(&context);
    *workers = stats.threads;
    return LIGHTPOSE_OK;
}

/* Runs the groups one after another. A model stays loaded while the weights are the same. */
static lightpose_status run_groups(group *g, size_t count, uint8_t *done, const lp_labels *labels, lp_outcome *outcomes,
                                   lightpose_error *error) {
    const char *loaded = NULL;
    for (size_t first = 0; first < count; first++) {
        const lp_cli_model *const wanted = &g->settings[first].model;
        if (done[first])
            continue;
        if (!g->model || !same_text(loaded, wanted->weights)) {
            lightpose_model_destroy(&g->model);
            LP_TRY(lightpose_model_create(&g->model, wanted->weights, error));
            lp_tell_weights(g->model, wanted->weights);
            loaded = wanted->weights;
        }
        if (!g->workers)
            LP_TRY(count_workers(&g->settings[first], g->model, &g->workers, error));
        g->count = 0;
        for (size_t i = first; i < count; i++)
            if (!done[i] && same_network(wanted, &g->settings[i].model)) {
                g->members[g->count++] = i;
                done[i] = 1;
            }
        LP_TRY(run_group(g, labels, outcomes, error));
    }
    return LIGHTPOSE_OK;
}

typedef struct placed {
    double aspect;
    size_t picture;
} placed;

static int by_aspect(const void *a, const void *b) {
    const placed *const left = a, *const right = b;
    if (left->aspect != right->aspect)
        return left->aspect < right->aspect ? -1 : 1;
    return (left->picture > right->picture) - (left->picture < right->picture);
}

/* Pictures of unknown size come last. */
static void order_pictures(const lp_pictures *pictures, placed *places, size_t *order) {
    for (size_t i = 0; i < pictures->count; i++) {
        const lp_picture *const picture = &pictures->list[i];
        const int known = picture->width > 0 && picture->height > 0;
        places[i] = (placed){known ? (double)picture->width / picture->height : 1e9, i};
    }
    qsort(places, pictures->count, sizeof *places, by_aspect);
    for (size_t i = 0; i < pictures->count; i++)
        order[i] = places[i].picture;
}

lightpose_status lp_settings_run(const lp_setting *settings, size_t count, lp_pictures *pictures,
                                 const lp_labels *labels, int passes, int progress, lp_outcome *outcomes,
                                 lightpose_error *error) {
    placed *const places = calloc(pictures->count + 1, sizeof *places);
    size_t *const order = calloc(pictures->count + 1, sizeof *order);
    size_t *const members = calloc(count + 1, sizeof *members);
    uint8_t *const done = calloc(count + 1, 1);
    lightpose_status status;

    if (places && order && members && done) {
        group g = {.settings = settings,
                   .members = members,
                   .pictures = pictures,
                   .order = order,
                   .passes = passes,
                   .progress = progress,
                   .error = error};
        order_pictures(pictures, places, order);
        pthread_mutex_init(&g.lock, NULL);
        status = run_groups(&g, count, done, labels, outcomes, error);
        pthread_mutex_destroy(&g.lock);
        lightpose_model_destroy(&g.model);
    } else {
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu pictures", pictures->count);
    }
    free(places);
    free(order);
    free(members);
    free(done);
    return status;
}
