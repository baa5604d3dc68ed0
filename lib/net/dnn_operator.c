/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/dnn_operator.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "image/element.h"
#include "net/dnn.h"

/* Bands depend only on the layer's shape, so that results cannot depend on the number of threads. FLOAT_MACS, MACS:
 * with fewer multiply-accumulates in a band, of floats or of narrower elements, the engine's overhead per call (2
 * microseconds) becomes significant. MOST_BANDS: enough parts for threads of unequal speed. */
enum { FLOAT_MACS = 1000000, MACS = 4000000, MOST_BANDS = 16, MAX_ORDERS = 8 };

/* The weights in each memory order that a shape needs: in practice one or two. */
typedef struct dnn_weights {
    lp_dnn *dnn;
    pthread_mutex_t mutex; /* guards `orders`; an entry never changes once it is set */
    lp_packed *orders[MAX_ORDERS];
} dnn_weights;

/* The shape of a band. Most bands of a layer have the same shape. */
typedef struct variant {
    int src_rows, pad_top, pad_bottom;
    lp_conv *conv;
} variant;

typedef struct band {
    int first, rows;         /* of the output */
    int src_first, src_rows; /* of the source, without padding */
    int pad_top, pad_bottom; /* rows outside */
    int variant;
    lp_conv_call *call;
} band;

typedef struct dnn_layer {
    lp_dnn *dnn; /* that of the weights */
    variant variants[MOST_BANDS];
    band bands[MOST_BANDS];
    int variant_count, band_count;
    size_t src_row, dst_row; /* bytes */
    int left, right;         /* cells of border, if the engine's padding byte does not represent 0 */
    size_t cell;
    uint8_t zero;
    int has_border;
    int sum;   /* 1: the engine adds to its target, which must hold the added tensor */
    int apart; /* 1: floats are added after the engine's run */
    size_t border_bytes, apart_bytes, scratch_bytes; /* of a thread's scratch, one after another */
} dnn_layer;

static int takes(const lp_conv_spec *spec, unsigned features) {
    (void)spec;
    (void)features;
    return 1;
}

/* ---- Bands ------------------------------------------------------------------------------------------------------- */

static int count_bands(const lp_conv_spec *spec) {
    const int height = lp_conv_out_height(spec), per_channel = spec->depthwise ? 1 : spec->in;
    const int64_t macs =
        (int64_t)height * lp_conv_out_width(spec) * spec->out * spec->kernel * spec->kernel * per_channel;
    const int64_t count = macs / (spec->src == LP_F32 ? FLOAT_MACS : MACS);
    const int most = height < MOST_BANDS ? height : MOST_BANDS;

    return count < 1 ? 1 : count > most ? most : (int)count;
}

static void cut_bands(dnn_layer *layer, const lp_conv_spec *spec) {
    const int height = lp_conv_out_height(spec), reach = spec->dilation * (spec->kernel - 1);
    const int count = count_bands(spec), rows = (height + count - 1) / count;

    for (int first = 0; first < height; first += rows) {
        band *const b = &layer->bands[layer->band_count++];
        b->first = first;
        b->rows = height - first < rows ? height - first : rows;
        const int top = first * spec->stride - spec->pad[0], bottom = top + (b->rows - 1) * spec->stride + reach + 1;
        b->src_first = top < 0 ? 0 : top;
        b->src_rows = (bottom < spec->height ? bottom : spec->height) - b->src_first;
        b->pad_top = top < 0 ? -top : 0;
        b->pad_bottom = bottom > spec->height ? bottom - spec->height : 0;
    }
}

/* The specification of a band for the engine. */
static lp_conv_spec band_spec(const dnn_layer *layer, const lp_conv_spec *spec, const band *b) {
    lp_conv_spec own = *spec;

    own.height = b->src_rows;
    own.pad[0] = b->pad_top;
    own.pad[2] = b->pad_bottom;
    if (layer->has_border) {
        own.height += b->pad_top + b->pad_bottom;
        own.width += spec->pad[1] + spec->pad[3];
        memset(own.pad, 0, sizeof own.pad);
    }
    if (layer->apart)
        own.sum = 0;
    return own;
}

static int is_outside_read(const lp_conv_spec *spec) {
    return spec->pad[0] > 0 || spec->pad[1] > 0 || spec->pad[2] > 0 || spec->pad[3] > 0;
}

static lightpose_status create_variant(dnn_layer *layer, const lp_conv_spec *spec, variant *v, const band *b,
                                       lightpose_error *error) {
    lp_conv_spec own = band_spec(layer, spec, b);

    *v = (variant){.src_rows = b->src_rows, .pad_top = b->pad_top, .pad_bottom = b->pad_bottom};
    LP_TRY(lp_conv_create(&v->conv, layer->dnn, &own, error));
    if (own.sum != 0 && own.dst == LP_F32 && lp_conv_sum_is_slow(v->conv) && layer->variant_count == 0) {
        lp_conv_destroy(&v->conv);
        layer->apart = 1;
        own.sum = 0;
        LP_TRY(lp_conv_create(&v->conv, layer->dnn, &own, error));
    }
    layer->variant_count++;
    return LIGHTPOSE_OK;
}

static lightpose_status find_variant(dnn_layer *layer, const lp_conv_spec *spec, band *b, lightpose_error *error) {
    for (b->variant = 0; b->variant < layer->variant_count; b->variant++) {
        const variant *const v = &layer->variants[b->variant];
        const int same_padding = v->pad_top == b->pad_top && v->pad_bottom == b->pad_bottom;
        const int same_border =
            layer->has_border && v->src_rows + v->pad_top + v->pad_bottom == b->src_rows + b->pad_top + b->pad_bottom;
        if ((v->src_rows == b->src_rows && same_padding) || same_border)
            return LIGHTPOSE_OK;
    }
    return create_variant(layer, spec, &layer->variants[b->variant], b, error);
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

static void clear_packed(void *packed) {
    dnn_weights *const weights = packed;

    if (!weights->dnn)
        return;
    for (int i = 0; i < MAX_ORDERS; i++)
        lp_packed_destroy(&weights->orders[i]);
    lp_dnn_destroy(&weights->dnn);
    pthread_mutex_destroy(&weights->mutex);
}

/* In the order of the layer's first band. */
static lightpose_status pack_first(dnn_weights *made, const lp_op_layer *layer, const void *weights,
                                   lightpose_error *error) {
    dnn_layer cut = {.dnn = made->dnn, .has_border = layer->zero != 0 && is_outside_read(layer->spec)};

    cut_bands(&cut, layer->spec);
    LP_TRY(find_variant(&cut, layer->spec, &cut.bands[cut.band_count / 2], error));
    const lightpose_status status = lp_pack(&made->orders[0], made->dnn, cut.variants[0].conv, weights, error);
    lp_conv_destroy(&cut.variants[0].conv);
    return status;
}

static lightpose_status pack(void *packed, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    dnn_weights *const made = packed;

    LP_TRY(lp_dnn_create(&made->dnn, error));
    if (pthread_mutex_init(&made->mutex, NULL) != 0) {
        lp_dnn_destroy(&made->dnn);
        return LIGHTPOSE_ERROR_MEMORY;
    }
    return pack_first(made, layer, weights, error);
}

static lightpose_status find_order(dnn_weights *weights, const lp_conv *conv, const char *name, const lp_packed **order,
                                   lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    int at = 0;

    pthread_mutex_lock(&weights->mutex);
    while (at < MAX_ORDERS && weights->orders[at] && !lp_packed_fits(weights->orders[at], conv))
        at++;
    if (at == MAX_ORDERS)
        status = lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "layer %s needs its weights in more than %d memory orders",
                         name, MAX_ORDERS);
    else if (!weights->orders[at])
        status = lp_repack(&weights->orders[at], weights->dnn, conv, weights->orders[0], error);
    *order = status == LIGHTPOSE_OK ? weights->orders[at] : NULL;
    pthread_mutex_unlock(&weights->mutex);
    return status;
}

/* ---- Layer ------------------------------------------------------------------------------------------------------- */

static void clear(void *data) {
    dnn_layer *const layer = data;

    for (int i = 0; i < layer->band_count; i++)
        lp_conv_call_destroy(&layer->bands[i].call);
    for (int i = 0; i < layer->variant_count; i++)
        lp_conv_destroy(&layer->variants[i].conv);
}

/* The engine's name for the code that runs. Reports reference code if any band uses it, because that is a defect. */
static const char *kernel_name(const dnn_layer *layer) {
    for (int i = 0; i < layer->variant_count; i++)
        if (lp_conv_is_reference(layer->variants[i].conv))
            return lp_conv_implementation(layer->variants[i].conv);
    return lp_conv_implementation(layer->variants[0].conv);
}

static lightpose_status fill(dnn_layer *made, const lp_op_layer *layer, dnn_weights *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    const lp_packed *order;

    cut_bands(made, spec);
    for (int i = 0; i < made->band_count; i++) {
        const int before = made->variant_count;
        LP_TRY(find_variant(made, spec, &made->bands[i], error));
        lp_conv *const conv = made->variants[made->bands[i].variant].conv;
        if (made->variant_count > before) {
            LP_TRY(find_order(weights, conv, spec->name, &order, error));
            LP_TRY(lp_conv_bind(conv, made->dnn, order, layer->bias, error));
        }
        LP_TRY(lp_conv_call_create(&made->bands[i].call, made->dnn, conv, error));
        const size_t rows = (size_t)(made->bands[i].src_rows + made->bands[i].pad_top + made->bands[i].pad_bottom);
        const size_t border = lp_align(rows * (size_t)(made->left + spec->width + made->right) * made->cell);
        const size_t scratch = lp_align(lp_conv_scratch_size(conv));
        if (made->has_border && border > made->border_bytes)
            made->border_bytes = border;
        if (scratch > made->scratch_bytes)
            made->scratch_bytes = scratch;
    }
    if (made->apart)
        made->apart_bytes = lp_align((size_t)made->bands[0].rows * made->dst_row);
    made->sum = spec->sum != 0 && !made->apart;
    return LIGHTPOSE_OK;
}

static lightpose_status create(lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                               lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    dnn_weights *const weights = (dnn_weights *)packed; /* orders are added under the lock */
    dnn_layer *const own = made->data;

    own->dnn = weights->dnn;
    own->cell = (size_t)spec->in * lp_element_size(spec->src);
    own->src_row = (size_t)spec->width * own->cell;
    own->dst_row = (size_t)lp_conv_out_width(spec) * (size_t)spec->out * lp_element_size(spec->dst);
    own->zero = layer->zero;
    own->has_border = layer->zero != 0 && is_outside_read(spec);
    own->left = spec->pad[1];
    own->right = spec->pad[3];
    LP_TRY(fill(own, layer, weights, error));
    made->kernel = kernel_name(own);
    made->units = own->band_count;
    made->scratch_bytes = own->border_bytes + own->apart_bytes + own->scratch_bytes;
    return LIGHTPOSE_OK;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

/* Copies the band's source rows and surrounds them with a border of bytes that represent 0. */
static const void *add_border(const dnn_layer *layer, const band *b, const uint8_t *src, uint8_t *to) {
    const size_t left = (size_t)layer->left * layer->cell, right = (size_t)layer->right * layer->cell;
    const size_t row = left + layer->src_row + right;
    uint8_t *at = to;

    memset(at, layer->zero, (size_t)b->pad_top * row);
    at += (size_t)b->pad_top * row;
    for (int y = 0; y < b->src_rows; y++, src += layer->src_row, at += row) {
        memset(at, layer->zero, left);
        memcpy(at + left, src, layer->src_row);
        memset(at + left + layer->src_row, layer->zero, right);
    }
    memset(at, layer->zero, (size_t)b->pad_bottom * row);
    return to;
}

static void add_floats(float *to, const float *from, size_t count) {
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

static lightpose_status run_band(const dnn_layer *layer, const band *b, const lp_op_tensors *tensors, char *scratch) {
    const size_t at = (size_t)b->first * layer->dst_row, bytes = (size_t)b->rows * layer->dst_row;
    const uint8_t *const src = (const uint8_t *)tensors->src + (size_t)b->src_first * layer->src_row;
    uint8_t *const dst = (uint8_t *)tensors->dst + at;
    const void *added = layer->sum || layer->apart ? (const uint8_t *)tensors->added + at : NULL;
    const void *const from = layer->has_border ? add_border(layer, b, src, (uint8_t *)scratch) : src;

    if (layer->sum && added != dst)
        memcpy(dst, added, bytes);
    if (layer->apart && added == dst) /* saved, because the engine overwrites it */
        added = memcpy(scratch + layer->border_bytes, added, bytes);
    LP_TRY(lp_conv_call_run(b->call, layer->variants[b->variant].conv, from, dst,
                            scratch + layer->border_bytes + layer->apart_bytes));
    if (layer->apart)
        add_floats((float *)(void *)dst, added, bytes / sizeof(float));
    return LIGHTPOSE_OK;
}

static lightpose_status run(const void *instance, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const dnn_layer *const layer = instance;

    for (int i = begin; i < end; i++)
        LP_TRY(run_band(layer, &layer->bands[i], tensors, scratch));
    return LIGHTPOSE_OK;
}

lightpose_status lp_dnn_is_reference(const lp_conv_spec *spec, int *is_reference, lightpose_error *error) {
    lp_dnn *dnn;
    lp_conv *conv;

    LP_TRY(lp_dnn_create(&dnn, error));
    const lightpose_status status = lp_conv_create(&conv, dnn, spec, error);
    *is_reference = status == LIGHTPOSE_OK && lp_conv_is_reference(conv);
    lp_conv_destroy(&conv);
    lp_dnn_destroy(&dnn);
    return status;
}

const lp_operator lp_op_dnn = {.name = "oneDNN",
                               .packed_size = sizeof(dnn_weights),
                               .data_size = sizeof(dnn_layer),
                               .takes = takes,
                               .pack = pack,
                               .clear_packed = clear_packed,
                               .create = create,
                               .clear = clear,
                               .run = run};
