/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the CPU can do, as far as choices of this library depend on it. */

#ifndef LP_BASE_CPU_H
#define LP_BASE_CPU_H

enum lp_cpu_feature {
    LP_CPU_AVX2 = 1 << 0, /* with FMA */
    LP_CPU_AVX_VNNI = 1 << 1,
    LP_CPU_AVX512 = 1 << 2, /* F, BW, DQ, VL */
    LP_CPU_AVX512_VNNI = 1 << 3,
    LP_CPU_AVX512_BF16 = 1 << 4,
    LP_CPU_AMX_INT8 = 1 << 5,
    LP_CPU_AMX_BF16 = 1 << 6,
    LP_CPU_NEON = 1 << 7,
    LP_CPU_DOTPROD = 1 << 8, /* dot products of bytes of one kind, both signed or both unsigned */
    LP_CPU_I8MM = 1 << 9     /* and of unsigned by signed ones */
};

/* The features of this CPU that the operating system enables, less those that ONEDNN_MAX_CPU_ISA (or
 * DNNL_MAX_CPU_ISA) forbids, so that one variable limits oneDNN and this library alike. */
unsigned lp_cpu_features(void);

/* `features` less AMX where the operating system refuses this process its registers, which it must be asked for: with
 * them every thread that uses tiles has 8 KiB more to save. lp_cpu_features asks. */
unsigned lp_cpu_ask_for_tiles(unsigned features);

static inline int lp_cpu_has_all(unsigned features, unsigned needed) {
    return (features & needed) == needed;
}

/* AVX2 or more, but no VNNI: the CPUs on which our own kernels multiply bytes in 1x1 layers and in the first one. */
static inline int lp_cpu_lacks_vnni(unsigned features) {
    return (features & LP_CPU_AVX2) && !(features & (LP_CPU_AVX_VNNI | LP_CPU_AVX512_VNNI));
}

/* The widest of them in words: "AVX-512, VNNI, bf16", "AVX2", "NEON, DOTPROD", …, or "baseline". Static storage. */
const char *lp_cpu_describe(void);

#endif
