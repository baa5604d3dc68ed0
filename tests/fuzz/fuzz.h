/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a fuzz target has: libFuzzer's entry, and for the replay, which needs no fuzzer, a corpus made by its own code.
 */

#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Seed `index`: malloc'ed bytes, or NULL where there is none of that number. */
uint8_t *fuzz_seed(int index, size_t *size);

/* How many bytes from the front a change is worth most in. */
size_t fuzz_reach(const uint8_t *data, size_t size);

#endif
