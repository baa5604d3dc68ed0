/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LP_SHUFFLE_H
#define LP_SHUFFLE_H

/* The elements of vectors `a` and `b`, as if one followed the other, at the constant places that follow; `index` is a
 * vector of int of as many elements. Each compiler has its own builtin: gcc before 12 lacks clang's. */
#ifdef __clang__
#define LP_SHUFFLE(index, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define LP_SHUFFLE(index, a, b, ...) __builtin_shuffle(a, b, (index){__VA_ARGS__})
#endif

#endif
