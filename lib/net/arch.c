/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/arch.h"

#include <string.h>

enum { OMZ = 1 << LP_VARIANT_OMZ, PYTORCH = 1 << LP_VARIANT_PYTORCH, BOTH = OMZ | PYTORCH };

typedef struct arch_row {
    int variants;
    lp_layer layer;
} arch_row;

/* clang-format off */

/* A dense convolution of stride 1 and dilation 1. */
#define CONV(variants, name, in, out, kernel, activation, from) \
    {variants, {name, LP_CONV, in, out, kernel, 1, 1, activation, from, NULL, NULL}}

#define DEPTHWISE(name, channels, stride, dilation, activation, from) \
    {BOTH, {name, LP_DEPTHWISE, channels, channels, 3, stride, dilation, activation, from, NULL, NULL}}

/* Backbone: 3x3 per channel, then 1x1 across channels. */
#define SEPARABLE(name, in, out, stride, dilation, from) \
    DEPTHWISE(name "/dw", in, stride, dilation, LP_RELU, from), \
    CONV(BOTH, name "/sep", in, out, 1, LP_RELU, name "/dw")

/* Refinement: 1x1, then two 3x3, the second dilated. Their output is added to that of the 1x1. */
#define REFINEMENT(name, in, from) \
    CONV(BOTH, name "/sq", in, 128, 1, LP_RELU, from), \
    CONV(BOTH, name "/3x3", 128, 128, 3, LP_RELU, name "/sq"), \
    {BOTH, {name "/3x3/2", LP_CONV, 128, 128, 3, 1, 2, LP_RELU, name "/3x3", name "/sq", name "/res"}}

static const arch_row table[] = {
    /* MobileNet v1 to conv5_5 with an output stride of 8: conv4_2 does not stride, conv5_1 is dilated instead. */
    {BOTH, {"conv1", LP_CONV, 3, 32, 3, 2, 1, LP_RELU, "data", NULL, NULL}},
    SEPARABLE("conv2_1",  32,  64, 1, 1, "conv1"),
    SEPARABLE("conv2_2",  64, 128, 2, 1, "conv2_1/sep"),
    SEPARABLE("conv3_1", 128, 128, 1, 1, "conv2_2/sep"),
    SEPARABLE("conv3_2", 128, 256, 2, 1, "conv3_1/sep"),
    SEPARABLE("conv4_1", 256, 256, 1, 1, "conv3_2/sep"),
    SEPARABLE("conv4_2", 256, 512, 1, 1, "conv4_1/sep"),
    SEPARABLE("conv5_1", 512, 512, 1, 2, "conv4_2/sep"),
    SEPARABLE("conv5_2", 512, 512, 1, 1, "conv5_1/sep"),
    SEPARABLE("conv5_3", 512, 512, 1, 1, "conv5_2/sep"),
    SEPARABLE("conv5_4", 512, 512, 1, 1, "conv5_3/sep"),
    SEPARABLE("conv5_5", 512, 512, 1, 1, "conv5_4/sep"),

    /* The features that both stages share: align to 128 channels, a residual trunk of three separable layers, a 3x3. */
    CONV(OMZ,     "conv4_3_CPM/al",  512, 128, 1, LP_ELU,  "conv5_5/sep"),
    CONV(PYTORCH, "conv4_3_CPM/al",  512, 128, 1, LP_RELU, "conv5_5/sep"),
    CONV(OMZ,     "conv4_3_CPM/red", 128, 128, 1, LP_ELU,  "conv4_3_CPM/al"),
    {OMZ,     {"conv4_3_CPM/dw1", LP_DEPTHWISE, 128, 128, 3, 1, 1, LP_ELU, "conv4_3_CPM/red", NULL, NULL}},
    {PYTORCH, {"conv4_3_CPM/dw1", LP_DEPTHWISE, 128, 128, 3, 1, 1, LP_ELU, "conv4_3_CPM/al",  NULL, NULL}},
    CONV(BOTH, "conv4_3_CPM/dw1/1x1", 128, 128, 1, LP_ELU, "conv4_3_CPM/dw1"),
    DEPTHWISE("conv4_3_CPM/dw2", 128, 1, 1, LP_ELU, "conv4_3_CPM/dw1/1x1"),
    CONV(BOTH, "conv4_3_CPM/dw2/1x1", 128, 128, 1, LP_ELU, "conv4_3_CPM/dw2"),
    DEPTHWISE("conv4_3_CPM/dw3", 128, 1, 1, LP_ELU, "conv4_3_CPM/dw2/1x1"),
    {BOTH, {"conv4_3_CPM/inc", LP_CONV, 128, 128, 1, 1, 1, LP_ELU, "conv4_3_CPM/dw3",
            "conv4_3_CPM/al", "conv4_3_CPM/res"}},
    CONV(BOTH, "conv4_4_CPM", 128, 128, 3, LP_RELU, "conv4_3_CPM/res"),

    /* Initial stage: three 3x3, then two heads. L1 are the part affinity fields, L2 the heatmaps. */
    CONV(BOTH, "conv5_1_CPM_L1", 128, 128, 3, LP_RELU,   "conv4_4_CPM"),
    CONV(BOTH, "conv5_2_CPM_L1", 128, 128, 3, LP_RELU,   "conv5_1_CPM_L1"),
    CONV(BOTH, "conv5_3_CPM_L1", 128, 128, 3, LP_RELU,   "conv5_2_CPM_L1"),
    CONV(BOTH, "conv5_4_CPM_L1", 128, 512, 1, LP_RELU,   "conv5_3_CPM_L1"),
    CONV(BOTH, "conv5_5_CPM_L1", 512,  38, 1, LP_LINEAR, "conv5_4_CPM_L1"),
    CONV(BOTH, "conv5_4_CPM_L2", 128, 512, 1, LP_RELU,   "conv5_3_CPM_L1"),
    CONV(BOTH, "conv5_5_CPM_L2", 512,  19, 1, LP_LINEAR, "conv5_4_CPM_L2"),

    /* Refinement stage, on the initial stage's maps and the features: five residual blocks, then two heads. */
    {BOTH, {"concat_stage2", LP_CONCAT, 185, 185, 1, 1, 1, LP_LINEAR, "conv5_5_CPM_L1", NULL, NULL}},
    REFINEMENT("Mconv1_stage2_L1", 185, "concat_stage2"),
    REFINEMENT("Mconv2_stage2_L1", 128, "Mconv1_stage2_L1/res"),
    REFINEMENT("Mconv3_stage2_L1", 128, "Mconv2_stage2_L1/res"),
    REFINEMENT("Mconv4_stage2_L1", 128, "Mconv3_stage2_L1/res"),
    REFINEMENT("Mconv5_stage2_L1", 128, "Mconv4_stage2_L1/res"),
    CONV(BOTH, "Mconv6_stage2_L1", 128, 128, 1, LP_RELU,   "Mconv5_stage2_L1/res"),
    CONV(BOTH, "Mconv7_stage2_L1", 128,  38, 1, LP_LINEAR, "Mconv6_stage2_L1"),
    CONV(BOTH, "Mconv6_stage2_L2", 128, 128, 1, LP_RELU,   "Mconv5_stage2_L1/res"),
    CONV(BOTH, "Mconv7_stage2_L2", 128,  19, 1, LP_LINEAR, "Mconv6_stage2_L2"),
};
/* clang-format on */

const char *const lp_arch_concat_inputs[LP_CONCAT_INPUTS] = {"conv5_5_CPM_L1", "conv5_5_CPM_L2", "conv4_4_CPM"};

static const char *const variant_names[] = {"human-pose-estimation-0001", "lightweight-openpose-pytorch"};

int lp_arch_find(const lp_layer *rows, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0 || (rows[i].sum && strcmp(rows[i].sum, name) == 0))
            return i;
    return -1;
}

int lp_arch_layers(lp_variant variant, lp_layer *rows) {
    int count = 0;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].variants & 1 << variant)
            rows[count++] = table[i].layer;
    return count;
}

const char *lp_arch_heatmaps(int stage) {
    return stage == 1 ? "conv5_5_CPM_L2" : "Mconv7_stage2_L2";
}

const char *lp_arch_pafs(int stage) {
    return stage == 1 ? "conv5_5_CPM_L1" : "Mconv7_stage2_L1";
}

const char *lp_variant_name(lp_variant variant) {
    return variant_names[variant];
}

int lp_variant_from_name(const char *name) {
    for (int i = 0; i < 2; i++)
        if (strcmp(name, variant_names[i]) == 0)
            return i;
    return -1;
}
