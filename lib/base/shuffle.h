/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LP_SHUFFLE_H
#define LP_SHUFFLE_H

/* Picks elements of the concatenation of vectors `a` and `b`, at the constant places that follow. `index` is a vector
 * type of int with the same number of elements. Each compiler needs its own builtin: gcc before 12 lacks clang's. */
#ifdef __clang__
#define LP_SHUFFLE(index, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define LP_SHUFFLE(index, a, b, ...) __builtin_shuffle(a, b, (index){__VA_ARGS__})
#endif

#endif
