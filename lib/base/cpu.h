/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The CPU features on which this library's choices depend. */

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
    LP_CPU_DOTPROD = 1 << 8, /* dot products of bytes, both signed or both unsigned */
    LP_CPU_I8MM = 1 << 9     /* and of unsigned by signed bytes */
};

/* The features of this CPU that the operating system enables, without those that ONEDNN_MAX_CPU_ISA (or
 * DNNL_MAX_CPU_ISA) excludes. So one variable limits both oneDNN and this library. */
unsigned lp_cpu_features(void);

/* Asks the operating system for permission to use AMX's registers, and returns `features`, without AMX if it refuses. A
 * process must ask because each thread that uses tiles has 8 KiB more state to save. lp_cpu_features calls this. */
unsigned lp_cpu_ask_for_tiles(unsigned features);

static inline int lp_cpu_has_all(unsigned features, unsigned needed) {
    return (features & needed) == needed;
}

/* AVX2 or more, but no VNNI: on these CPUs pointwise.h runs 1x1 layers of bytes and the first layer. */
static inline int lp_cpu_lacks_vnni(unsigned features) {
    return (features & LP_CPU_AVX2) && !(features & (LP_CPU_AVX_VNNI | LP_CPU_AVX512_VNNI));
}

/* The most advanced features in words: "AVX-512, VNNI, bf16", "AVX2", "NEON, DOTPROD", …, or "baseline". Static
 * storage. */
const char *lp_cpu_describe(void);

#endif
