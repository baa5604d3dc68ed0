/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compiles the file KERNEL for vectors of 4 floats and, where the compiler can, of 8 for CPUs with AVX2; HAVE_WIDE says
 * so. In KERNEL, LANES is the number and NAMED(x) the name x_4 or x_8. To be included once in a .c file. */

#define LANES    4
#define NAMED(x) x##_4
#include KERNEL
#undef LANES
#undef NAMED

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define LANES    8
#define NAMED(x) x##_8
#include KERNEL
#undef LANES
#undef NAMED
#pragma GCC pop_options
#define HAVE_WIDE 1
#endif
