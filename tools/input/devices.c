/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/devices.h"

#include <dlfcn.h>
#include <pthread.h>

#include <libavdevice/version.h>
#include <libavutil/macros.h>

const char lp_devices_library[] = "libavdevice.so." AV_STRINGIFY(LIBAVDEVICE_VERSION_MAJOR);

/* It stays loaded: FFmpeg keeps pointers into it. */
static void load(void) {
    void *const library = dlopen(lp_devices_library, RTLD_LAZY);
    void (*register_all)(void) = NULL;
    if (library)
        *(void **)&register_all = dlsym(library, "avdevice_register_all");
    if (register_all)
        register_all();
}

const AVInputFormat *lp_devices_camera(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return av_find_input_format("video4linux2");
}
