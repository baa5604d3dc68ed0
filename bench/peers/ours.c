/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* This library's network as an engine of peers/run.py; the protocol is that of ort.mjs.
 * usage: peer-lightpose WEIGHTS PRECISION THREADS HEIGHT WIDTH */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "base/time.h"
#include "net/plan.h"

static lightpose_precision precision_of(const char *name) {
    return strcmp(name, "int8") == 0   ? LIGHTPOSE_PRECISION_INT8
           : strcmp(name, "bf16") == 0 ? LIGHTPOSE_PRECISION_BF16
                                       : LIGHTPOSE_PRECISION_F32;
}

static lightpose_status serve(lp_plan *plan, lightpose_error *error) {
    lp_maps maps;

    puts("ready");
    fflush(stdout);
    for (int runs; scanf("%d", &runs) == 1;) {
        for (int i = 0; i < runs; i++) {
            const int64_t start = lp_now_ns();
            LP_TRY(lp_plan_run(plan, &maps, error));
            printf("%s%.4f", i ? " " : "", (double)(lp_now_ns() - start) / 1e6);
        }
        puts("");
        fflush(stdout);
    }
    return LIGHTPOSE_OK;
}

int main(int argc, char **argv) {
    lightpose_error error = {0};
    lp_weights *weights = NULL;
    lp_net *net = NULL;
    lp_plan *plan = NULL;
    lightpose_precision precision;

    if (argc != 6) {
        fprintf(stderr, "usage: peer-lightpose WEIGHTS PRECISION THREADS HEIGHT WIDTH\n");
        return 2;
    }
    const lp_plan_options options = {
        .width = atoi(argv[5]), .height = atoi(argv[4]), .threads = atoi(argv[3]), .stages = 2};
    (void)lp_threads_enter(options.threads);
    lightpose_status status = lp_weights_load(&weights, argv[1], &error);
    if (status == LIGHTPOSE_OK)
        status = lp_net_resolve(weights, precision_of(argv[2]), &precision, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_net_create(&net, weights, precision, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_plan_create(&plan, net, &options, &error);
    if (status == LIGHTPOSE_OK)
        status = serve(plan, &error);
    if (status != LIGHTPOSE_OK)
        fprintf(stderr, "peer-lightpose: %s\n", error.text);
    lp_plan_destroy(&plan);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
    return status == LIGHTPOSE_OK ? 0 : 1;
}
