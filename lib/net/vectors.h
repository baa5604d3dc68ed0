/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Vectors of LANES 32-bit values; the including file defines LANES. */

#ifndef LP_NET_VECTORS_H
#define LP_NET_VECTORS_H

#include <stdint.h>
#include <string.h>

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif

typedef int32_t sums __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));

INLINE floats load_floats(const float *from) {
    floats v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store_floats(float *to, floats v) {
    memcpy(to, &v, sizeof v);
}

INLINE sums load_sums(const void *from) {
    sums v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store_sums(int32_t *to, sums v) {
    memcpy(to, &v, sizeof v);
}

#endif
