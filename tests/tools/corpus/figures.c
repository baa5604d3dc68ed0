/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Fills a new corpus with 1000 videos of 100 ranges each, and times claims and the status.
 *
 *     figures DATABASE
 *
 * Prints "claim MEDIAN P95 MOST" and "status MEDIAN P95 MOST" in milliseconds, and "claimants N RATE": claims a second
 * of 64 claimants at once (8 with SQLite). */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/census.h"
#include "fail.h"
#include "measure.h"

enum { VIDEOS = 1000, RANGES = 100, CLAIMS = 400, LOOKS = 20, CROWD = 64, SMALL_CROWD = 8, CROWD_SECONDS = 5 };

static lightpose_status fill(lp_corpus *corpus, lightpose_error *error) {
    for (int i = 0; i < VIDEOS; i++) {
        char path[32], sha256[32];
        int64_t id;
        snprintf(path, sizeof path, "/films/%04d.mp4", i);
        snprintf(sha256, sizeof sha256, "%d", i);
        const lp_corpus_video video = {.path = path,
                                       .source = path,
                                       .name = path + 7,
                                       .sha256 = sha256,
                                       .frames = INT64_C(100000) * RANGES,
                                       .fps = 25};
        LP_TRY(lp_corpus_add(corpus, &video, &id, error));
    }
    return LIGHTPOSE_OK;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, double *times, int count) {
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%s %.2f %.2f %.2f\n", what, 1e3 * times[count / 2], 1e3 * times[count * 95 / 100], 1e3 * times[count - 1]);
}

/* Each claim is followed by a block that is stored, and most by the range's end, as in life. */
static lightpose_status time_claims(lp_corpus *corpus, lightpose_error *error) {
    static double times[CLAIMS];
    for (int i = 0; i < CLAIMS; i++) {
        lp_queue_claim claim;
        int held;
        const double start = now();
        LP_TRY(lp_queue_claim_next(corpus, &worker, &claim, error));
        times[i] = now() - start;
        const lp_queue_block block = {"-", 1, i % 4 ? (int)(claim.last - claim.next) : 250, 500};
        const lightpose_status status = lp_queue_store(corpus, &worker, &claim, &block, &held, error);
        lp_queue_claim_free(&claim);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    print_times("claim", times, CLAIMS);
    return LIGHTPOSE_OK;
}

static lightpose_status time_status(lp_corpus *corpus, lightpose_error *error) {
    static double times[LOOKS];
    for (int i = 0; i < LOOKS; i++) {
        lp_census census;
        const double start = now();
        LP_TRY(lp_census_take(corpus, &census, error));
        times[i] = now() - start;
    }
    print_times("status", times, LOOKS);
    return LIGHTPOSE_OK;
}

/* ---- Many at once ------------------------------------------------------------------------------------------------ */

typedef struct claimant {
    pthread_t thread;
    const char *address;
    double until;
    int claims;
    lightpose_error error;
} claimant;

static void *claim_until(void *opaque) {
    claimant *const c = opaque;
    const lp_db_options options = {.patience = 60};
    lp_corpus corpus = {0};
    lp_db *db = NULL;
    if (lp_db_open(&db, c->address, &options, &c->error) == LIGHTPOSE_OK &&
        lp_corpus_open(&corpus, db, &c->error) == LIGHTPOSE_OK)
        while (now() < c->until && c->error.status == LIGHTPOSE_OK) {
            lp_queue_claim claim;
            if (lp_queue_claim_next(&corpus, &worker, &claim, &c->error) == LIGHTPOSE_OK && claim.id)
                c->claims++;
            lp_queue_claim_free(&claim);
        }
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return NULL;
}

static lightpose_status time_crowd(const char *address, lightpose_error *error) {
    static claimant crowd[CROWD];
    const int count = lp_db_is_server(address) ? CROWD : SMALL_CROWD;
    const double start = now();
    int started = 0, claims = 0;
    for (; started < count; started++) {
        crowd[started] = (claimant){.address = address, .until = start + CROWD_SECONDS};
        if (pthread_create(&crowd[started].thread, NULL, claim_until, &crowd[started]) != 0)
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(crowd[i].thread, NULL);
        claims += crowd[i].claims;
        if (crowd[i].error.status != LIGHTPOSE_OK)
            lp_fail(error, crowd[i].error.status, "%s", crowd[i].error.text);
    }
    printf("claimants %d %.0f\n", started, claims / (now() - start));
    return error->status;
}

int main(int argc, char **argv) {
    static const lp_corpus made = {.name = "figures",
                                   .settings = "--height 256",
                                   .weights = "-",
                                   .weights_sha256 = "-",
                                   .precision = "f32",
                                   .version = "-",
                                   .range_frames = 100000,
                                   .max_attempts = 5};
    const lp_db_options options = {.create = 1, .patience = 60};
    lp_corpus corpus = {0};
    lightpose_error error = {0};
    lp_db *db = NULL;
    const int good = argc == 2 && lp_db_open(&db, argv[1], &options, &error) == LIGHTPOSE_OK &&
                     lp_corpus_create(db, &made, &error) == LIGHTPOSE_OK &&
                     lp_corpus_open(&corpus, db, &error) == LIGHTPOSE_OK && fill(&corpus, &error) == LIGHTPOSE_OK &&
                     time_claims(&corpus, &error) == LIGHTPOSE_OK && time_status(&corpus, &error) == LIGHTPOSE_OK &&
                     time_crowd(argv[1], &error) == LIGHTPOSE_OK;
    if (!good)
        fprintf(stderr, "figures: %s\n", error.text);
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return !good;
}
