/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What every test program includes first: cmocka with its own includes, and a few helpers. */

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

/* A call that must fail with `status`, saying something about `words`. */
#define assert_fails(call, wanted, words)                                                                              \
    do {                                                                                                               \
        lightpose_error check_error = {0};                                                                             \
        lightpose_error *const error = &check_error;                                                                   \
        assert_int_equal(call, wanted);                                                                                \
        assert_int_equal(check_error.status, wanted);                                                                  \
        if (!strstr(check_error.text, words))                                                                          \
            fail_msg("the message \"%s\" lacks \"%s\"", check_error.text, words);                                      \
    } while (0)

/* A call that must succeed; prints the detail where it does not. */
#define assert_ok(call)                                                                                                \
    do {                                                                                                               \
        lightpose_error check_error = {0};                                                                             \
        lightpose_error *const error = &check_error;                                                                   \
        if ((call) != LIGHTPOSE_OK)                                                                                    \
            fail_msg("%s: %s", lightpose_status_get_name(check_error.status), check_error.text);                       \
    } while (0)

/* For tests over cases that this machine may be unable to make: a test of none of them is skipped and says so. */
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

/* How often a loop over random or spread cases runs: a quarter of `all`, and with LIGHTPOSE_TESTS=long, which
 * scripts/deep-check sets, all. */
static inline int rounds_of(int all) {
    const char *const wish = getenv("LIGHTPOSE_TESTS");
    return wish && strcmp(wish, "long") == 0 ? all : (all + 3) / 4;
}

#endif
