/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The steps that int8 gives the channels of a tensor (net/balance.h), against the error of rounding itself. */

#include "check.h"

#include <math.h>

#include "base/mem.h"
#include "net/balance.h"
#include "net/net.h"
#include "net/plan.h"
#include "synthetic.h"

enum { CELLS = 300, CHANNELS = 128, OUTPUTS = 512 };

static lp_weights *weights;
static lp_net *net;

static int set_up(void **state) {
    size_t size;
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 0, 5, &size);

    (void)state;
    assert_non_null(bytes);
    assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
    free(bytes);
    assert_ok(lp_net_create(&net, weights, LIGHTPOSE_PRECISION_F32, error));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
    return 0;
}

/* Values after ReLU; each channel reaches ratio times as far as the one before it, in turns of sixteen. */
static void fill(float *values, double ratio) {
    uint32_t state = 1;

    for (int i = 0; i < CELLS * CHANNELS; i++) {
        state = state * 1664525u + 1013904223u;
        const double value = (double)(state >> 8) / (1 << 24) - 0.5;
        values[i] = value > 0 ? (float)(value * pow(ratio, i % CHANNELS % 16)) : 0;
    }
}

static lp_histogram histogram_of(const float *values, float *most) {
    const lp_tensor_view view = {.data = values,
                                 .row_stride = CELLS * CHANNELS,
                                 .cell_stride = CHANNELS,
                                 .channels = CHANNELS,
                                 .height = 1,
                                 .width = CELLS};
    lp_histogram histogram;

    assert_ok(lp_histogram_create(&histogram, "tensor", CHANNELS, error));
    assert_true(lp_histogram_add(&histogram, &view));
    for (int c = 0; c < CHANNELS; c++)
        most[c] = histogram.high[c];
    return histogram;
}

/* The mean squared error of a 1x1 layer's outputs, relative to their size, when values and weights are rounded. */
static double rounding_error(const float *values, const float *w, const float *high) {
    double error = 0, size = 0;

    for (int o = 0; o < OUTPUTS; o++) {
        double grid = 0;
        for (int c = 0; c < CHANNELS; c++) {
            const double step = fabs((double)w[o * CHANNELS + c]) * high[c] / 255 / 127;
            grid = step > grid ? step : grid;
        }
        for (int i = 0; i < CELLS; i += 7) {
            double right = 0, found = 0;
            for (int c = 0; c < CHANNELS; c++) {
                const double step = (double)high[c] / 255, value = (double)values[i * CHANNELS + c];
                const double weight = (double)w[o * CHANNELS + c];
                right += weight * value;
                found += round(weight * step / grid) * grid * fmin(255, round(value / step));
            }
            error += (found - right) * (found - right);
            size += right * right;
        }
    }
    return error / size;
}

static void balanced_steps_err_less_than_equal_or_full_ones(void **state) {
    static const char tensor[] = "conv5_3_CPM_L1"; /* both heads of the initial stage read it */
    static float values[CELLS * CHANNELS], w[OUTPUTS * CHANNELS];
    float most[CHANNELS], low[LP_MAX_CHANNELS], high[LP_MAX_CHANNELS], same[CHANNELS], greatest = 0;

    (void)state;
    fill(values, 1.6);
    lp_histogram histogram = histogram_of(values, most);
    const lp_graph *const graph = lp_net_graph(net);
    for (int i = 0; i < graph->count; i++)
        if (strcmp(graph->rows[i].name, "conv5_4_CPM_L1") == 0)
            lp_weights_read_weight(weights, &graph->rows[i], w);
    for (int c = 0; c < CHANNELS; c++)
        greatest = fmaxf(greatest, most[c]);
    for (int c = 0; c < CHANNELS; c++)
        same[c] = greatest;
    assert_int_equal(lp_balance(graph, tensor, &histogram, most, greatest, low, high), CHANNELS);
    for (int c = 0; c < CHANNELS; c++) {
        assert_true(low[c] == 0);
        assert_true(high[c] >= most[c] * 0.9999f && high[c] <= greatest * 1.0001f);
    }
    const double balanced = rounding_error(values, w, high), equal = rounding_error(values, w, same),
                 full = rounding_error(values, w, most);
    if (!(balanced < 0.8 * equal && balanced < 0.8 * full))
        fail_msg("balanced steps err by %g, equal ones by %g, full ones by %g", balanced, equal, full);
    lp_histogram_free(&histogram);
}

static void a_tensor_that_nobody_reads_as_bytes_keeps_one_range(void **state) {
    static float values[CELLS * CHANNELS];
    float most[CHANNELS], low[LP_MAX_CHANNELS], high[LP_MAX_CHANNELS];

    (void)state;
    fill(values, 1.2);
    lp_histogram histogram = histogram_of(values, most);
    assert_int_equal(lp_balance(lp_net_graph(net), "Mconv1_stage2_L1/3x3/2", &histogram, most, 3, low, high), 1);
    assert_true(low[0] == 0 && high[0] == 3);
    lp_histogram_free(&histogram);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_steps_err_less_than_equal_or_full_ones),
        cmocka_unit_test(a_tensor_that_nobody_reads_as_bytes_keeps_one_range),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
