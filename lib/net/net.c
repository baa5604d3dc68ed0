/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/net.h"

#include <pthread.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/dnn_operator.h"

/* Arrays of two: [0] for an inner layer, [1] for one that writes an output of the network. */
typedef struct net_layer {
    lp_requantisation requant[2];
    void *weights; /* int8 weights rounded for the requantisation, kept until they are packed */
    void *packed[2][LP_MAX_OPERATORS];
} net_layer;

struct lp_net {
    lp_graph graph;
    pthread_mutex_t mutex; /* guards `layers`; an entry never changes once it is set */
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

/* Whether a plan of this precision would contain oneDNN's reference code, which is a hundred times too slow; bf16 does
 * on CPUs with only some of its instructions. Tests the layers at a usual size, without their weights. */
static lightpose_status has_reference(const lp_weights *weights, lightpose_precision precision, int *found,
                                      lightpose_error *error) {
    lp_layer rows[LP_MAX_LAYERS];
    const int count = lp_arch_layers(lp_weights_variant(weights), rows);
    const lp_element element = precision == LIGHTPOSE_PRECISION_BF16 ? LP_BF16 : LP_U8;
    static const float scales[LP_MAX_CHANNELS];

    *found = 0;
    for (int i = 0; i < count && !*found; i++) {
        const lp_layer *const row = &rows[i];
        const int pad = row->dilation * (row->kernel - 1) / 2;
        const lp_conv_spec spec = {.name = row->name,
                                   .src = element,
                                   .dst = element,
                                   .height = 4,
                                   .width = 56,
                                   .pad = {pad, pad, pad, pad},
                                   .in = row->in == 185 ? LP_CONCAT_CHANNELS : row->in,
                                   .out = row->out,
                                   .kernel = row->kernel,
                                   .stride = row->stride,
                                   .dilation = row->dilation,
                                   .depthwise = row->kind == LP_DEPTHWISE,
                                   .scales = element == LP_U8 ? scales : NULL,
                                   .activation = row->activation,
                                   .gain = 1,
                                   .sum = row->add ? 1 : 0};
        if (row->kind == LP_CONCAT || lp_operator_at(lp_operator_choose(&spec, lp_cpu_features())) != &lp_op_dnn)
            continue;
        LP_TRY(lp_dnn_is_reference(&spec, found, error));
    }
    return LIGHTPOSE_OK;
}

/* The fastest precision that these weights and this CPU support. */
static lightpose_status choose_precision(const lp_weights *weights, lightpose_precision *resolved,
                                         lightpose_error *error) {
    int slow = 0;

    *resolved = LIGHTPOSE_PRECISION_INT8;
    if (check_int8(weights, NULL) == LIGHTPOSE_OK) {
        LP_TRY(has_reference(weights, *resolved, &slow, error));
        if (!slow)
            return LIGHTPOSE_OK;
    }
    *resolved = LIGHTPOSE_PRECISION_BF16;
    if (check_bf16(NULL) == LIGHTPOSE_OK) {
        LP_TRY(has_reference(weights, *resolved, &slow, error));
        if (!slow)
            return LIGHTPOSE_OK;
    }
    *resolved = LIGHTPOSE_PRECISION_F32;
    return LIGHTPOSE_OK;
}

lightpose_status lp_net_resolve(const lp_weights *weights, lightpose_precision wanted, lightpose_precision *resolved,
                                lightpose_error *error) {
    *resolved = wanted;
    switch (wanted) {
    case LIGHTPOSE_PRECISION_AUTO:
        return choose_precision(weights, resolved, error);
    case LIGHTPOSE_PRECISION_F32:
        return LIGHTPOSE_OK;
    case LIGHTPOSE_PRECISION_BF16:
        return check_bf16(error);
    case LIGHTPOSE_PRECISION_INT8:
        return check_int8(weights, error);
    }
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "precision is %d; the range is 0 to %d", (int)wanted,
                   LIGHTPOSE_PRECISION_INT8);
}

static void make_rows(lp_graph *graph) {
    graph->count = lp_arch_layers(lp_weights_variant(graph->weights), graph->rows);
    for (int i = 0; i < graph->count; i++) {
        const lp_layer *const row = &graph->rows[i];
        graph->from[i] = lp_arch_find(graph->rows, graph->count, row->from);
        graph->add[i] = row->add ? lp_arch_find(graph->rows, graph->count, row->add) : -1;
    }
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
    net->graph.weights = weights;
    net->graph.precision = resolved;
    net->graph.features = lp_cpu_features();
    make_rows(&net->graph);
    *out = net;
    return LIGHTPOSE_OK;
}

void lp_net_destroy(lp_net **net) {
    if (!*net)
        return;
    for (int i = 0; i < LP_MAX_LAYERS; i++) {
        net_layer *const layer = &(*net)->layers[i];
        lp_free(layer->weights);
        for (int last = 0; last < 2; last++) {
            lp_requantisation_free(&layer->requant[last]);
            for (int j = 0; j < LP_MAX_OPERATORS; j++)
                if (layer->packed[last][j])
                    lp_op_free_packed(lp_operator_at(j), layer->packed[last][j]);
        }
    }
    pthread_mutex_destroy(&(*net)->mutex);
    lp_free(*net);
    *net = NULL;
}

const lp_graph *lp_net_graph(const lp_net *net) {
    return &net->graph;
}

static lightpose_status locked_requantisation(lp_net *net, int row, int last, lightpose_error *error) {
    net_layer *const layer = &net->layers[row];
    void *weights;

    if (layer->requant[last].bias)
        return LIGHTPOSE_OK;
    LP_TRY(lp_requantisation_create(&net->graph, &net->graph.rows[row], last, &layer->requant[last], &weights, error));
    lp_free(layer->weights);
    layer->weights = weights;
    return LIGHTPOSE_OK;
}

lightpose_status lp_net_requantisation(lp_net *net, int row, int last, const lp_requantisation **requant,
                                       lightpose_error *error) {
    pthread_mutex_lock(&net->mutex);
    const lightpose_status status = locked_requantisation(net, row, last, error);
    pthread_mutex_unlock(&net->mutex);
    *requant = &net->layers[row].requant[last];
    return status;
}

static lightpose_status locked_weights(lp_net *net, int row, void **weights, lightpose_error *error) {
    net_layer *const layer = &net->layers[row];

    *weights = layer->weights;
    layer->weights = NULL;
    return *weights ? LIGHTPOSE_OK : lp_quantise_weights(&net->graph, &net->graph.rows[row], weights, error);
}

static lightpose_status locked_pack(lp_net *net, int row, int operator, const lp_op_layer * layer, void **packed,
                                    lightpose_error *error) {
    void *weights;

    LP_TRY(locked_weights(net, row, &weights, error));
    const lightpose_status status = lp_op_pack(lp_operator_at(operator), packed, layer, weights, error);
    lp_free(weights);
    return status;
}

lightpose_status lp_net_packed(lp_net *net, int row, int last, int operator, const lp_op_layer * layer,
                               const void **packed, lightpose_error *error) {
    net_layer *const kept = &net->layers[row];
    void **const slot = &kept->packed[last][operator];
    lightpose_status status = LIGHTPOSE_OK;

    pthread_mutex_lock(&net->mutex);
    if (!*slot)
        status = locked_pack(net, row, operator, layer, slot, error);
    *packed = *slot;
    lp_free(kept->weights); /* rounded again if another operator needs them */
    kept->weights = NULL;
    pthread_mutex_unlock(&net->mutex);
    return status;
}
