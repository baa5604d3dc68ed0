/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What fuzz targets share. A target is a file fuzz_NAME.c with libFuzzer's entry point, and calls nothing of a fuzzer
 * itself: clang links it with libFuzzer (scripts/fuzz), any compiler with replay.c, which runs the kept corpus. */

#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs once before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Seed `index` of a target that makes some in its code, because they are too large to keep: malloc'ed bytes, or NULL
 * where there is none of that number. */
uint8_t *fuzz_seed(int index, size_t *size);

/* Ends the program where a promise is broken, in every build. */
#define must(condition) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_broken(const char *file, int line, const char *condition);

/* A call that may fail, but not without a status and a message. Returns whether it succeeded. */
int fuzz_told(lightpose_status status, const lightpose_error *error);

/* ---- Values out of an input -------------------------------------------------------------------------------------- */

typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

/* Behind the end all bytes are 0. */
uint8_t fuzz_byte(fuzz_input *input);
int fuzz_below(fuzz_input *input, int limit);        /* 0 to limit - 1; a byte, or two where the limit needs them */
int64_t fuzz_whole(fuzz_input *input, int64_t most); /* mostly 1 to `most`; else any number, or one near a limit */
float fuzz_float(fuzz_input *input, float most);     /* mostly 0 to `most`; else any number, or one near a limit */

/* The bytes up to the next zero byte, which is skipped, in a block of their own; free(). */
uint8_t *fuzz_part(fuzz_input *input, size_t *size);

/* The same as text, ended by a zero. */
char *fuzz_text(fuzz_input *input);

/* 0 to 8 people: real ones, and hostile ones. The result owns them. */
void fuzz_people(fuzz_input *input, lightpose_result *result);

/* A file in memory with these bytes. Its path is good until the next call for the same `slot`, 0 or 1. */
const char *fuzz_file(int slot, const uint8_t *data, size_t size);

#endif
