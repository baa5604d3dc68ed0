/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/net.h"

#include <pthread.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"

/* Different sizes may want different orders in memory; in practice one or two. */
enum { MAX_ORDERS = 8 };

typedef struct net_layer {
    lp_numbers numbers[2]; /* of an inner layer, and of one that writes an output */
    void *weights;         /* that int8 made the numbers of, until they are packed */
    lp_packed *packed[MAX_ORDERS];
    lp_winograd_weights *winograd;
    lp_pointwise_weights *pointwise;
} net_layer;

struct lp_net {
    lp_scheme scheme;
    pthread_mutex_t mutex; /* over `layers`: what is there once does not change */
    net_layer layers[LP_MAX_LAYERS];
};

static lightpose_status check_bf16(lightpose_error *error) {
    if (lp_cpu_features() & (LP_CPU_AVX512_BF16 | LP_CPU_AMX_BF16))
        return LIGHTPOSE_OK;
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                   "precision bf16 needs a CPU with AVX-512 BF16 or AMX BF16; this one has %s", lp_cpu_describe());
}

static lightpose_status check_int8(const lp_weights *weights, lightpose_error *error) {
    if (lp_weights_has_ranges(weights))
        return LIGHTPOSE_OK;
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                   "precision int8 needs weights with activation_ranges; these carry none");
}

lightpose_status lp_net_resolve(const lp_weights *weights, lightpose_precision wanted, lightpose_precision *resolved,
                                lightpose_error *error) {
    *resolved = wanted;
    switch (wanted) {
    case LIGHTPOSE_PRECISION_AUTO:
        *resolved = check_int8(weights, NULL) == LIGHTPOSE_OK ? LIGHTPOSE_PRECISION_INT8
                    : check_bf16(NULL) == LIGHTPOSE_OK        ? LIGHTPOSE_PRECISION_BF16
                                                              : LIGHTPOSE_PRECISION_F32;
        return LIGHTPOSE_OK;
    case LIGHTPOSE_PRECISION_F32:
        return LIGHTPOSE_OK;
    case LIGHTPOSE_PRECISION_BF16:
        return check_bf16(error);
    case LIGHTPOSE_PRECISION_INT8:
        return check_int8(weights, error);
    }
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "precision is %d; known are 0 to %d", (int)wanted,
                   LIGHTPOSE_PRECISION_INT8);
}

lightpose_status lp_net_create(lp_net **out, const lp_weights *weights, lightpose_precision resolved,
                               lightpose_error *error) {
    lp_net *const net = lp_calloc(1, sizeof *net);

    *out = NULL;
    if (!net)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the network");
    if (pthread_mutex_init(&net->mutex, NULL) != 0) {
        lp_free(net);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the network's lock");
    }
    net->scheme.weights = weights;
    net->scheme.precision = resolved;
    net->scheme.features = lp_cpu_features();
    net->scheme.count = lp_arch_layers(lp_weights_variant(weights), net->scheme.rows);
    *out = net;
    return LIGHTPOSE_OK;
}

void lp_net_destroy(lp_net **net) {
    if (!*net)
        return;
    for (int i = 0; i < LP_MAX_LAYERS; i++) {
        net_layer *const layer = &(*net)->layers[i];
        lp_numbers_free(&layer->numbers[0]);
        lp_numbers_free(&layer->numbers[1]);
        lp_free(layer->weights);
        for (int j = 0; j < MAX_ORDERS; j++)
            lp_packed_destroy(&layer->packed[j]);
        lp_winograd_weights_destroy(&layer->winograd);
        lp_pointwise_weights_destroy(&layer->pointwise);
    }
    pthread_mutex_destroy(&(*net)->mutex);
    lp_free(*net);
    *net = NULL;
}

const lp_scheme *lp_net_scheme(const lp_net *net) {
    return &net->scheme;
}

static lightpose_status locked_numbers(lp_net *net, int row, int last, lightpose_error *error) {
    net_layer *const layer = &net->layers[row];
    void *weights;

    if (layer->numbers[last].bias)
        return LIGHTPOSE_OK;
    LP_TRY(lp_quantise_numbers(&net->scheme, &net->scheme.rows[row], last, &layer->numbers[last], &weights, error));
    lp_free(layer->weights);
    layer->weights = weights;
    return LIGHTPOSE_OK;
}

lightpose_status lp_net_numbers(lp_net *net, int row, int last, const lp_numbers **numbers, lightpose_error *error) {
    pthread_mutex_lock(&net->mutex);
    const lightpose_status status = locked_numbers(net, row, last, error);
    pthread_mutex_unlock(&net->mutex);
    *numbers = &net->layers[row].numbers[last];
    return status;
}

static lightpose_status locked_weights(lp_net *net, int row, void **weights, lightpose_error *error) {
    net_layer *const layer = &net->layers[row];

    *weights = layer->weights;
    layer->weights = NULL;
    return *weights ? LIGHTPOSE_OK : lp_quantise_weights(&net->scheme, &net->scheme.rows[row], weights, error);
}

/* For callers that do not hold the lock; within, locked_weights. */
lightpose_status lp_net_weights(lp_net *net, int row, void **weights, lightpose_error *error) {
    pthread_mutex_lock(&net->mutex);
    const lightpose_status status = locked_weights(net, row, weights, error);
    pthread_mutex_unlock(&net->mutex);
    return status;
}

/* They were packed before the numbers were made for another kind of output. */
static void drop_weights(lp_net *net, int row) {
    lp_free(net->layers[row].weights);
    net->layers[row].weights = NULL;
}

static lightpose_status pack(lp_net *net, int row, lp_dnn *dnn, const lp_conv *conv, lp_packed **packed,
                             lightpose_error *error) {
    void *weights;

    LP_TRY(locked_weights(net, row, &weights, error));
    const lightpose_status status = lp_pack(packed, dnn, conv, weights, error);
    lp_free(weights);
    return status;
}

lightpose_status lp_net_packed(lp_net *net, int row, lp_dnn *dnn, const lp_conv *conv, const lp_packed **packed,
                               lightpose_error *error) {
    lp_packed **const orders = net->layers[row].packed;
    lightpose_status status = LIGHTPOSE_OK;
    int at = 0;

    pthread_mutex_lock(&net->mutex);
    while (at < MAX_ORDERS && orders[at] && !lp_packed_fits(orders[at], conv))
        at++;
    if (at == MAX_ORDERS)
        status = lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "layer %s wants its weights in more than %d orders",
                         net->scheme.rows[row].name, MAX_ORDERS);
    else if (!orders[at])
        status = pack(net, row, dnn, conv, &orders[at], error);
    *packed = status == LIGHTPOSE_OK ? orders[at] : NULL;
    drop_weights(net, row);
    pthread_mutex_unlock(&net->mutex);
    return status;
}

/* int8 weights as the numbers they stand for, in units of the output. */
static lightpose_status float_weights(lp_net *net, int row, const lp_conv_spec *spec, float **weights,
                                      lightpose_error *error) {
    const size_t each = (size_t)(spec->in * spec->kernel * spec->kernel);
    void *stored;

    LP_TRY(locked_weights(net, row, &stored, error));
    *weights = stored;
    if (!spec->scales)
        return LIGHTPOSE_OK;
    *weights = lp_calloc((size_t)spec->out * each, sizeof **weights);
    for (size_t i = 0; *weights && i < (size_t)spec->out * each; i++)
        (*weights)[i] = (float)((const int8_t *)stored)[i] * spec->scales[i / each];
    lp_free(stored);
    return *weights ? LIGHTPOSE_OK
                    : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s", spec->name);
}

static lightpose_status pack_winograd(lp_net *net, int row, const lp_conv_spec *spec, uint8_t outside,
                                      lp_winograd_weights **packed, lightpose_error *error) {
    float *weights;

    LP_TRY(float_weights(net, row, spec, &weights, error));
    const lightpose_status status = lp_winograd_pack(packed, spec, weights, outside, net->scheme.features, error);
    lp_free(weights);
    return status;
}

lightpose_status lp_net_winograd(lp_net *net, int row, const lp_conv_spec *spec, uint8_t outside,
                                 const lp_winograd_weights **packed, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    pthread_mutex_lock(&net->mutex);
    if (!net->layers[row].winograd)
        status = pack_winograd(net, row, spec, outside, &net->layers[row].winograd, error);
    *packed = net->layers[row].winograd;
    drop_weights(net, row);
    pthread_mutex_unlock(&net->mutex);
    return status;
}

static lightpose_status pack_pointwise(lp_net *net, int row, const lp_conv_spec *spec, lp_pointwise_weights **packed,
                                       lightpose_error *error) {
    void *weights;

    LP_TRY(locked_weights(net, row, &weights, error));
    const lightpose_status status = lp_pointwise_pack(packed, spec, weights, net->scheme.features, error);
    lp_free(weights);
    return status;
}

lightpose_status lp_net_pointwise(lp_net *net, int row, const lp_conv_spec *spec, const lp_pointwise_weights **packed,
                                  lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    pthread_mutex_lock(&net->mutex);
    if (!net->layers[row].pointwise)
        status = pack_pointwise(net, row, spec, &net->layers[row].pointwise, error);
    *packed = net->layers[row].pointwise;
    drop_weights(net, row);
    pthread_mutex_unlock(&net->mutex);
    return status;
}
