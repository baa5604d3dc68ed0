/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Depthwise kernels on the dot-product instruction: in plain C of each width against plain loops, and each that this
 * CPU has against plain C, byte for byte; so is NEON's without that instruction. */

#include "check.h"

#include <math.h>

#include "base/cpu.h"
#include "conv_sample.h"
#include "net/depthwise_kernel.h"

static const lp_dw_kernel *const kernels[] = {&lp_dw_dot_model_128, &lp_dw_dot_model_256,
                                              &lp_dw_dot_model_512,
#if defined(__x86_64__)
                                              &lp_dw_avx_vnni,      &lp_dw_avx512_vnni_256,
                                              &lp_dw_avx512_vnni
#elif defined(__aarch64__)
                                              &lp_dw_neon,          &lp_dw_neon_dotprod,
                                              &lp_dw_neon_i8mm
#endif
};
enum { KERNELS = sizeof kernels / sizeof *kernels, MOST_BLOCK = 64, MOST_WIDTH = 24, GUARD = 64 };

/* One row of the output, from three of the source, of which some may lie outside. */
typedef struct sample {
    int channels, source_width, width, stride, dilation, elu, inside[3];
    guarded rows[3], outside;
    int8_t weights[MOST_BLOCK][9];
    float scale[MOST_BLOCK], bias[MOST_BLOCK], gain[MOST_BLOCK], shift;
} sample;

static guarded some_bytes(int count) {
    const guarded g = guarded_alloc((size_t)count, conv_chance(2));

    assert_non_null(g.data);
    for (int i = 0; i < count; i++)
        g.data[i] = (uint8_t)(conv_chance(6) ? conv_chance(256) : 255);
    return g;
}

static void make_sample(sample *s, int channels) {
    *s = (sample){.channels = channels,
                  .stride = 1 + conv_chance(2),
                  .width = 1 + conv_chance(MOST_WIDTH),
                  .elu = conv_chance(2),
                  .shift = (float)conv_chance(129)};
    s->dilation = s->stride == 2 ? 1 : 1 + conv_chance(3);
    s->source_width = s->width * s->stride;
    for (int r = 0; r < 3; r++) {
        s->inside[r] = conv_chance(4) != 0;
        s->rows[r] = some_bytes(s->source_width * channels);
    }
    s->outside = some_bytes(channels);
    for (int c = 0; c < channels; c++) {
        s->scale[c] = (s->elu ? 0.0001F : 0.003F) * (float)(1 + conv_chance(100)) / 50;
        s->bias[c] = s->elu ? (float)(conv_chance(100) - 50) / 20 : (float)(conv_chance(400) - 70);
        s->gain[c] = (float)(10 + conv_chance(40));
        for (int tap = 0; tap < 9; tap++)
            s->weights[c][tap] = (int8_t)(conv_chance(8) ? conv_chance(256) - 128 : conv_chance(2) ? 127 : -128);
    }
}

static void free_sample(sample *s) {
    for (int r = 0; r < 3; r++)
        guarded_free(&s->rows[r]);
    guarded_free(&s->outside);
}

static double exact(const sample *s, int x, int c) {
    int sum = 0;

    for (int tap = 0; tap < 9; tap++) {
        const int from = x * s->stride + (tap % 3 - 1) * s->dilation, r = tap / 3;
        const int inside = s->inside[r] && from >= 0 && from < s->source_width;
        sum += s->weights[c][tap] * (inside ? s->rows[r].data[from * s->channels + c] : s->outside.data[c]);
    }
    double value = (double)sum * s->scale[c] + s->bias[c];
    if (s->elu)
        value = (value > 0 ? value : expm1(value)) * s->gain[c] + s->shift;
    return fmin(fmax(value, 0), 255);
}

static void run(const sample *s, const lp_dw_kernel *kernel, uint8_t *target) {
    _Alignas(64) int16_t words[12 * MOST_BLOCK] = {0}; /* or bytes */
    int32_t start[MOST_BLOCK] = {0};
    int8_t *const weights = (int8_t *)words;
    _Alignas(64) float scale[MOST_BLOCK] = {0}, bias[MOST_BLOCK] = {0}, gain[MOST_BLOCK] = {0};
    lp_dw_row row = {.outside = s->outside.data,
                     .target = target,
                     .target_step = s->channels,
                     .source_width = s->source_width,
                     .width = s->width,
                     .stride = s->stride,
                     .dilation = s->dilation,
                     .channels = s->channels,
                     .weights = weights,
                     .scale = scale,
                     .bias = bias,
                     .gain = gain,
                     .start = start,
                     .shift = s->shift,
                     .elu = s->elu};

    for (int c = 0; c < s->channels; c++) {
        int at_weight, at_float = 0, sum = 0;
        for (int tap = 0; tap < 9; tap++) {
            kernel->place(c, tap, &at_weight, &at_float);
            if (kernel->weight_bytes == 2)
                words[at_weight] = s->weights[c][tap];
            else
                weights[at_weight] = s->weights[c][tap];
            sum += s->weights[c][tap];
        }
        start[at_float] = kernel->offset * sum;
        scale[at_float] = s->scale[c];
        bias[at_float] = s->bias[c];
        gain[at_float] = s->gain[c];
    }
    for (int r = 0; r < 3; r++) {
        row.rows[r] = s->inside[r] ? s->rows[r].data : s->outside.data;
        row.steps[r] = s->inside[r] ? s->channels : 0;
    }
    kernel->run(&row);
}

static void check(const sample *s) {
    const size_t size = (size_t)(s->width * s->channels);
    uint8_t first[MOST_WIDTH * MOST_BLOCK], target[MOST_WIDTH * MOST_BLOCK + 2 * GUARD];
    int compared = 0;

    for (int k = 0; k < KERNELS; k++) {
        if (kernels[k]->block < s->channels || (lp_cpu_features() & kernels[k]->features) != kernels[k]->features)
            continue;
        memset(target, 0x5A, sizeof target);
        run(s, kernels[k], target + GUARD);
        for (size_t i = 0; i < GUARD; i++)
            if (target[i] != 0x5A || target[GUARD + size + i] != 0x5A)
                fail_msg("%s writes outside its target", kernels[k]->name);
        for (int i = 0; i < (int)size && !compared; i++) {
            const double want = exact(s, i / s->channels, i % s->channels);
            if (!(fabs(target[GUARD + i] - want) <= 0.5 + 2e-4))
                fail_msg("%s, %d channels, stride %d, dilation %d, elu %d, channel %d, x %d: %d for %g",
                         kernels[k]->name, s->channels, s->stride, s->dilation, s->elu, i % s->channels,
                         i / s->channels, target[GUARD + i], want);
        }
        if (compared && memcmp(first, target + GUARD, size) != 0)
            fail_msg("%s differs from plain C", kernels[k]->name);
        memcpy(first, target + GUARD, size);
        compared = 1;
    }
    assert_true(compared);
}

/* Whole blocks of each width, and parts. */
static void kernels_equal_plain_loops(void **unused) {
    static const int whole[] = {8, 16, 32, 64};
    (void)unused;

    for (int i = 0; i < 600; i++) {
        sample s;
        make_sample(&s, i % 3 ? whole[i % 4] : 1 + conv_chance(MOST_BLOCK));
        check(&s);
        free_sample(&s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),
};

int main(void) {
    return cmocka_run_group_tests_name("depthwise_dot", tests, NULL, NULL);
}
