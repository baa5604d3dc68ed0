/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A preload library that makes the network hang, from the HANG_AT-th frame on. */

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <dlfcn.h>

#include <lightpose/lightpose.h>

#pragma GCC visibility push(default)

lightpose_status lightpose_context_infer(lightpose_context *context, const lightpose_image *image,
                                         lightpose_result *result, lightpose_error *error) {
    static atomic_int count;
    const char *const at = getenv("HANG_AT");
    lightpose_status (*infer)(lightpose_context *, const lightpose_image *, lightpose_result *, lightpose_error *);
    *(void **)&infer = dlsym(RTLD_NEXT, "lightpose_context_infer");
    while (at && atomic_fetch_add(&count, 1) + 1 >= atoi(at))
        pause();
    return infer(context, image, result, error);
}

#pragma GCC visibility pop
