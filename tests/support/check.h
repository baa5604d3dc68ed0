/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Every test program includes this first: cmocka with the headers that it needs, and a few helpers. */

#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lightpose/lightpose.h>

/* The call must fail with status `wanted` and a message that contains `words`. The call's last argument is `error`. */
#define assert_fails(call, wanted, words)                                                                              \
    do {                                                                                                               \
        lightpose_error check_error = {0};                                                                             \
        lightpose_error *const error = &check_error;                                                                   \
        assert_int_equal(call, wanted);                                                                                \
        assert_int_equal(check_error.status, wanted);                                                                  \
        if (!strstr(check_error.text, words))                                                                          \
            fail_msg("the message \"%s\" lacks \"%s\"", check_error.text, words);                                      \
    } while (0)

/* The call must succeed; otherwise its message is printed. The call's last argument is `error`. */
#define assert_ok(call)                                                                                                \
    do {                                                                                                               \
        lightpose_error check_error = {0};                                                                             \
        lightpose_error *const error = &check_error;                                                                   \
        if ((call) != LIGHTPOSE_OK)                                                                                    \
            fail_msg("%s: %s", lightpose_status_get_name(check_error.status), check_error.text);                       \
    } while (0)

/* For tests over cases that this machine may be unable to make: skips a test that could make none. */
static inline void skip_without(int made, const char *what) {
    if (made > 0)
        return;
    print_message("# skipped: %s\n", what);
    skip();
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* The number of rounds of a loop over random or spread cases: a quarter of `all`, or `all` with LIGHTPOSE_TESTS=long,
 * which scripts/deep-check sets. */
static inline int rounds_of(int all) {
    const char *const wish = getenv("LIGHTPOSE_TESTS");
    return wish && strcmp(wish, "long") == 0 ? all : (all + 3) / 4;
}

#endif
