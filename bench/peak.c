/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "peak.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/time.h"

/* An instruction, in a loop of independent accumulators. */
typedef struct peak_loop {
    lightpose_precision precision;
    const char *instruction;
    unsigned needs; /* features of the CPU */
    double macs;    /* of one call of run() */
    void (*run)(void);
} peak_loop;

/* The accumulators hide the latency of the instruction: 4 to 5 cycles on 2 ports for vectors, 52 cycles at one
 * instruction every 16 for tiles. ROUNDS make a call of 2 to 10 ms. */
enum { VECTORS = 12, VECTOR_ROUNDS = 2000000, TILES = 6, TILE_ROUNDS = 100000 };

#if defined(__x86_64__)
#include <immintrin.h>

#define UNROLL _Pragma("GCC unroll 12")

enum { TILE_FEATURES = LP_CPU_AMX_INT8 | LP_CPU_AMX_BF16 };

/* A step is one operation of one accumulator. The empty asm statements keep the compiler from computing a result before
 * the loop. */
#define STEP(name, isa, type) __attribute__((target(isa), always_inline)) static inline type name(type sum, type factor)

STEP(fma_512, "avx512f", __m512) {
    return _mm512_fmadd_ps(sum, factor, factor);
}

STEP(fma_256, "avx2,fma", __m256) {
    return _mm256_fmadd_ps(sum, factor, factor);
}

STEP(bf16_512, "avx512f,avx512bf16", __m512) {
    return _mm512_dpbf16_ps(sum, (__m512bh)factor, (__m512bh)factor);
}

STEP(vnni_512, "avx512f,avx512vnni", __m512i) {
    return _mm512_dpbusd_epi32(sum, factor, factor);
}

/* The same instruction in its two encodings of 256 bits: VEX on CPUs with AVX-VNNI, EVEX on those with AVX-512. */
STEP(vnni_256_vex, "avx2,avxvnni", __m256i) {
    return _mm256_dpbusd_avx_epi32(sum, factor, factor);
}

STEP(vnni_256_evex, "avx512f,avx512vl,avx512vnni", __m256i) {
    return _mm256_dpbusd_epi32(sum, factor, factor);
}

/* Without VNNI, bytes take three instructions: add products in pairs to 16 bits, add those in pairs to 32, and
 * accumulate. */
STEP(pairs_512, "avx512f,avx512bw", __m512i) {
    const __m512i pairs = _mm512_maddubs_epi16(factor, factor);
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

STEP(pairs_256, "avx2", __m256i) {
    const __m256i pairs = _mm256_maddubs_epi16(factor, factor);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* The loop around a step. `registers`: x (0 to 15) or v (also 16 to 31, AVX-512 alone). The empty asm statements keep
 * the compiler from computing a result before the loop, and from dropping it. */
#define VECTOR_LOOP(name, isa, type, registers, step)                                                                  \
    __attribute__((target(isa))) static void name(void) {                                                              \
        type sum[VECTORS], factor;                                                                                     \
        memset(&factor, 0x3f, sizeof factor); /* 0.75 as a float, 63 as a byte */                                      \
        UNROLL for (int i = 0; i < VECTORS; i++) sum[i] = (type){0};                                                   \
        for (int round = 0; round < VECTOR_ROUNDS; round++) {                                                          \
            UNROLL for (int i = 0; i < VECTORS; i++) {                                                                 \
                __asm__ volatile("" : "+" registers(factor));                                                          \
                sum[i] = step(sum[i], factor);                                                                         \
            }                                                                                                          \
        }                                                                                                              \
        UNROLL for (int i = 0; i < VECTORS; i++) __asm__ volatile("" : : registers(sum[i]));                           \
    }

VECTOR_LOOP(run_fma_512, "avx512f", __m512, "v", fma_512)
VECTOR_LOOP(run_fma_256, "avx2,fma", __m256, "x", fma_256)
VECTOR_LOOP(run_bf16_512, "avx512f,avx512bf16", __m512, "v", bf16_512)
VECTOR_LOOP(run_vnni_512, "avx512f,avx512vnni", __m512i, "v", vnni_512)
VECTOR_LOOP(run_vnni_256_vex, "avx2,avxvnni", __m256i, "x", vnni_256_vex)
VECTOR_LOOP(run_vnni_256_evex, "avx512f,avx512vl,avx512vnni", __m256i, "v", vnni_256_evex)
VECTOR_LOOP(run_pairs_512, "avx512f,avx512bw", __m512i, "v", pairs_512)
VECTOR_LOOP(run_pairs_256, "avx2", __m256i, "x", pairs_256)

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* What ldtilecfg reads: eight tiles of 16 rows of 64 bytes. */
typedef struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

_Static_assert(sizeof(tile_config) == 64, "the layout that ldtilecfg expects");

/* Tiles 0 to 5 accumulate; 6 and 7 are the factors. */
#define TILE_LOOP(name, isa, multiply, one, element)                                                                   \
    __attribute__((target("amx-tile," isa))) static void name(void) {                                                  \
        tile_config config = {.palette = 1};                                                                           \
        element ones[1024 / sizeof(element)];                                                                          \
        for (int i = 0; i < 8; i++) {                                                                                  \
            config.row_bytes[i] = 64;                                                                                  \
            config.rows[i] = 16;                                                                                       \
        }                                                                                                              \
        for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)                                                        \
            ones[i] = one;                                                                                             \
        __asm__ volatile("" : "+m"(config), "+m"(ones)); /* the intrinsics do not say that they read all of them */    \
        _tile_loadconfig(&config);                                                                                     \
        _tile_loadd(6, ones, 64);                                                                                      \
        _tile_loadd(7, ones, 64);                                                                                      \
        _tile_zero(0);                                                                                                 \
        _tile_zero(1);                                                                                                 \
        _tile_zero(2);                                                                                                 \
        _tile_zero(3);                                                                                                 \
        _tile_zero(4);                                                                                                 \
        _tile_zero(5);                                                                                                 \
        for (int round = 0; round < TILE_ROUNDS; round++) {                                                            \
            multiply(0, 6, 7);                                                                                         \
            multiply(1, 6, 7);                                                                                         \
            multiply(2, 6, 7);                                                                                         \
            multiply(3, 6, 7);                                                                                         \
            multiply(4, 6, 7);                                                                                         \
            multiply(5, 6, 7);                                                                                         \
        }                                                                                                              \
        _tile_release();                                                                                               \
    }

TILE_LOOP(run_tiles_int8, "amx-int8", _tile_dpbusd, 1, uint8_t)
TILE_LOOP(run_tiles_bf16, "amx-bf16", _tile_dpbf16ps, 0x3f80, uint16_t)

int peak_request_tiles(void) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */

    return lp_cpu_features() & TILE_FEATURES && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

#define VECTOR(lanes) (1.0 * (lanes)*VECTORS * VECTOR_ROUNDS)
#define TILE(depth)   (16.0 * 16 * (depth)*TILES * TILE_ROUNDS)

/* In each precision, the fastest first. */
static const peak_loop loops[] = {
    {LIGHTPOSE_PRECISION_INT8, "AMX tdpbusd", LP_CPU_AMX_INT8, TILE(64), run_tiles_int8},
    {LIGHTPOSE_PRECISION_INT8, "AVX-512 vpdpbusd", LP_CPU_AVX512_VNNI, VECTOR(64), run_vnni_512},
    {LIGHTPOSE_PRECISION_INT8, "AVX-VNNI vpdpbusd", LP_CPU_AVX_VNNI, VECTOR(32), run_vnni_256_vex},
    {LIGHTPOSE_PRECISION_INT8, "AVX-512 vpdpbusd, 256 bits", LP_CPU_AVX512_VNNI, VECTOR(32), run_vnni_256_evex},
    {LIGHTPOSE_PRECISION_INT8, "AVX-512 vpmaddubsw", LP_CPU_AVX512, VECTOR(64), run_pairs_512},
    {LIGHTPOSE_PRECISION_INT8, "AVX2 vpmaddubsw", LP_CPU_AVX2, VECTOR(32), run_pairs_256},
    {LIGHTPOSE_PRECISION_BF16, "AMX tdpbf16ps", LP_CPU_AMX_BF16, TILE(32), run_tiles_bf16},
    {LIGHTPOSE_PRECISION_BF16, "AVX-512 vdpbf16ps", LP_CPU_AVX512_BF16, VECTOR(32), run_bf16_512},
    {LIGHTPOSE_PRECISION_F32, "AVX-512 vfmadd", LP_CPU_AVX512, VECTOR(16), run_fma_512},
    {LIGHTPOSE_PRECISION_F32, "AVX2 vfmadd", LP_CPU_AVX2, VECTOR(8), run_fma_256},
    {0},
};

#else

enum { TILE_FEATURES = 0 };

static const peak_loop loops[] = {{0}};

int peak_request_tiles(void) {
    return 0;
}

#endif

/* ---- Choosing and measuring -------------------------------------------------------------------------------------- */

static int can_run(const peak_loop *loop, unsigned features, int tiles) {
    return loop->needs & features && (tiles || !(loop->needs & TILE_FEATURES));
}

static const peak_loop *choose(lightpose_precision precision, unsigned features, int tiles) {
    for (const peak_loop *loop = loops; loop->run; loop++)
        if (loop->precision == precision && can_run(loop, features, tiles))
            return loop;
    return NULL;
}

const char *peak_instruction(lightpose_precision precision, unsigned features, int tiles) {
    const peak_loop *const loop = choose(precision, features, tiles);
    return loop ? loop->instruction : NULL;
}

/* The best of a few trials, all threads at once: clocks settle, and other programs come and go. */
static double measure(const peak_loop *loop, int threads) {
    double best = 0;

    for (int trial = 0; trial < 5; trial++) {
        const int64_t start = lp_now_ns();
#pragma omp parallel num_threads(threads)
        loop->run();
        const double rate = loop->macs * threads / (double)(lp_now_ns() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

double peak_measure(lightpose_precision precision, int threads) {
    const peak_loop *const loop = choose(precision, lp_cpu_features(), peak_request_tiles());
    return loop ? measure(loop, threads) : 0;
}

json_t *peak_all(int threads) {
    static const char *const names[] = {"auto", "f32", "bf16", "int8"};
    const int tiles = peak_request_tiles();
    json_t *const list = json_array();

    for (const peak_loop *loop = loops; loop->run; loop++)
        if (can_run(loop, lp_cpu_features(), tiles))
            json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:f}", "precision", names[loop->precision],
                                                  "instruction", loop->instruction, "threads", threads, "gmac_per_s",
                                                  measure(loop, threads)));
    return list;
}
