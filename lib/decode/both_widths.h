/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compiles the file KERNEL for vectors of 4 floats and, if the compiler can, for vectors of 8 on CPUs with AVX2; then
 * HAVE_WIDE is defined. In KERNEL, LANES is the number and NAMED(x) is x_4 or x_8. Include it once in a .c file. */

#define LANES    4
#define NAMED(x) x##_4
#include KERNEL
#undef LANES
#undef NAMED

#if defined(__x86_64__) && defined(__GNUC__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define LANES    8
#define NAMED(x) x##_8
#include KERNEL
#undef LANES
#undef NAMED
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#define HAVE_WIDE 1
#endif
