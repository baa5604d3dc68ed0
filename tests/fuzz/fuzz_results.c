/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Two result files, a zero byte between them, as `lightpose diff` reads them: each is refused with a message, or they
 * can be compared. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "diff/compare.h"

static void check(const lp_diff_results *results) {
    for (size_t i = 0; i < results->frame_count; i++) {
        const lp_diff_frame *const frame = &results->frames[i];
        must(frame->first <= results->people_count && frame->count <= results->people_count - frame->first);
        must(frame->number >= -1);
    }
}

static void compare(const lp_diff_results *a, const lp_diff_results *b) {
    static FILE *nowhere;
    lp_diff_report report;
    lightpose_error error = {0};

    if (!nowhere)
        nowhere = fopen("/dev/null", "we");
    const lp_diff_options options = {.tolerance = 0.5, .list = 10, .to = nowhere};
    if (fuzz_told(lp_diff_compare(&report, a, b, &options, &error), &error))
        must(a != b || !lp_diff_differs(&report));
    lp_diff_report_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lp_diff_results a, b;
    lightpose_error error = {0};
    size_t part;

    uint8_t *const first = fuzz_part(&input, &part);
    if (fuzz_told(lp_diff_read(&a, fuzz_file(0, first, part), &error), &error)) {
        check(&a);
        compare(&a, &a);
        if (fuzz_told(lp_diff_read(&b, fuzz_file(1, input.at, input.left), &error), &error)) {
            check(&b);
            compare(&a, &b);
        }
        lp_diff_free(&b);
    }
    lp_diff_free(&a);
    free(first);
    return 0;
}
