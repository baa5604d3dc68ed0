/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/cpu.h"

#include <stdlib.h>
#include <strings.h>

#include <stddef.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)

static int bit(unsigned word, int index) {
    return (int)(word >> index & 1);
}

/* The register state that the operating system saves. An instruction set whose state is not saved faults, whatever
 * CPUID reports. */
__attribute__((target("xsave"))) static unsigned long long saved_state(void) {
    return (unsigned long long)_xgetbv(0);
}

static unsigned detect(void) {
    unsigned a, b, c, d, features = 0;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !bit(c, 27)) /* OSXSAVE */
        return 0;
    const int fma = bit(c, 12);
    const unsigned long long state = saved_state();
    const int ymm = (state & 0x06) == 0x06, zmm = (state & 0xe6) == 0xe6, tiles = (state & 0x60000) == 0x60000;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return 0;
    if (ymm && fma && bit(b, 5))
        features |= LP_CPU_AVX2;
    if (zmm && bit(b, 16) && bit(b, 17) && bit(b, 30) && bit(b, 31)) {
        features |= LP_CPU_AVX512;
        if (bit(c, 11))
            features |= LP_CPU_AVX512_VNNI;
        if (tiles && bit(d, 24) && bit(d, 25))
            features |= LP_CPU_AMX_INT8;
        if (tiles && bit(d, 24) && bit(d, 22))
            features |= LP_CPU_AMX_BF16;
    }
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) {
        if (features & LP_CPU_AVX2 && bit(a, 4))
            features |= LP_CPU_AVX_VNNI;
        if (features & LP_CPU_AVX512 && bit(a, 5))
            features |= LP_CPU_AVX512_BF16;
    }
    return features;
}

/* ARCH_REQ_XCOMP_PERM (Linux 5.16), which Debian 12's headers do not define, and the number of the tile state. */
unsigned lp_cpu_ask_for_tiles(unsigned features) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    const unsigned tiles = LP_CPU_AMX_INT8 | LP_CPU_AMX_BF16;

    return (features & tiles) && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) != 0 ? features & ~tiles
                                                                                             : features;
}

#else

#if defined(__aarch64__)
static unsigned detect(void) {
    const unsigned long words[] = {getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
    unsigned features = 0;

    if (words[0] & HWCAP_ASIMD)
        features |= LP_CPU_NEON;
    if (features && words[0] & HWCAP_ASIMDDP)
        features |= LP_CPU_DOTPROD;
    if (features & LP_CPU_DOTPROD && words[1] & HWCAP2_I8MM)
        features |= LP_CPU_I8MM;
    return features;
}
#else
static unsigned detect(void) {
    return 0;
}
#endif

unsigned lp_cpu_ask_for_tiles(unsigned features) {
    return features;
}

#endif

/* oneDNN's names for its limits and the features that each allows, and two names of our own for arm64. An unknown name
 * allows all, as in oneDNN. */
static unsigned allowed(void) {
    static const struct {
        const char *name;
        unsigned features;
    } limits[] = {
        {"SSE41", 0},
        {"AVX", 0},
        {"AVX2", LP_CPU_AVX2},
        {"AVX2_VNNI", LP_CPU_AVX2 | LP_CPU_AVX_VNNI},
        {"AVX2_VNNI_2", LP_CPU_AVX2 | LP_CPU_AVX_VNNI},
        {"AVX512_CORE", LP_CPU_AVX2 | LP_CPU_AVX512},
        {"AVX512_CORE_VNNI", LP_CPU_AVX2 | LP_CPU_AVX_VNNI | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI},
        {"AVX512_CORE_BF16", LP_CPU_AVX2 | LP_CPU_AVX_VNNI | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI | LP_CPU_AVX512_BF16},
        {"NEON", LP_CPU_NEON},
        {"NEON_DOTPROD", LP_CPU_NEON | LP_CPU_DOTPROD},
    };
    const char *limit = getenv("ONEDNN_MAX_CPU_ISA");
    if (!limit || !*limit)
        limit = getenv("DNNL_MAX_CPU_ISA");
    for (size_t i = 0; limit && i < sizeof limits / sizeof *limits; i++)
        if (strcasecmp(limit, limits[i].name) == 0)
            return limits[i].features;
    return ~0u;
}

unsigned lp_cpu_features(void) {
    return lp_cpu_ask_for_tiles(detect() & allowed());
}

const char *lp_cpu_describe(void) {
    const unsigned features = lp_cpu_features();

    if (features & LP_CPU_AMX_INT8)
        return "AVX-512, VNNI, bf16, AMX";
    if (features & LP_CPU_AVX512_BF16)
        return "AVX-512, VNNI, bf16";
    if (features & LP_CPU_AVX512_VNNI)
        return "AVX-512, VNNI";
    if (features & LP_CPU_AVX512)
        return "AVX-512";
    if (features & LP_CPU_AVX_VNNI)
        return "AVX2, VNNI";
    if (features & LP_CPU_AVX2)
        return "AVX2";
    if (features & LP_CPU_I8MM)
        return "NEON, DOTPROD, I8MM";
    if (features & LP_CPU_DOTPROD)
        return "NEON, DOTPROD";
    if (features & LP_CPU_NEON)
        return "NEON";
    return "baseline";
}
