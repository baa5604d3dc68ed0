/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "model.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"

enum { PRECISIONS = LIGHTPOSE_PRECISION_INT8 + 1 };

struct lightpose_model {
    atomic_int owners;
    lp_weights *weights;
    pthread_mutex_t lock; /* guards nets: contexts may open at the same time */
    lp_net *nets[PRECISIONS];
};

lightpose_status lp_model_create(lightpose_model **model, lp_weights *weights, lightpose_error *error) {
    lightpose_model *const made = lp_calloc(1, sizeof *made);

    *model = NULL;
    if (!made || pthread_mutex_init(&made->lock, NULL) != 0) {
        lp_free(made);
        lp_weights_destroy(&weights);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a model");
    }
    atomic_init(&made->owners, 1);
    made->weights = weights;
    *model = made;
    return LIGHTPOSE_OK;
}

lightpose_model *lp_model_retain(lightpose_model *model) {
    atomic_fetch_add_explicit(&model->owners, 1, memory_order_relaxed);
    return model;
}

void lp_model_release(lightpose_model *model) {
    /* The last owner must see everything that the others wrote. */
    if (!model || atomic_fetch_sub_explicit(&model->owners, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < PRECISIONS; i++)
        lp_net_destroy(&model->nets[i]);
    lp_weights_destroy(&model->weights);
    pthread_mutex_destroy(&model->lock);
    lp_free(model);
}

const lp_weights *lp_model_weights(const lightpose_model *model) {
    return model->weights;
}

lightpose_status lp_model_net(lightpose_model *model, lightpose_precision precision, lp_net **net,
                              lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    pthread_mutex_lock(&model->lock);
    if (!model->nets[precision])
        status = lp_net_create(&model->nets[precision], model->weights, precision, error);
    *net = model->nets[precision];
    pthread_mutex_unlock(&model->lock);
    return status;
}
