/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LIGHTPOSE_VERSION_H
#define LIGHTPOSE_VERSION_H

/* The version of these headers. MAJOR is the API and the soname: it changes when a program has to be changed or
 * recompiled. meson.build reads the three numbers from here. */
#define LIGHTPOSE_VERSION_MAJOR 0
#define LIGHTPOSE_VERSION_MINOR 1
#define LIGHTPOSE_VERSION_PATCH 0

/* One number to compare: 1.2.3 is 10203. lightpose_version_number() gives the library's own, at run time. */
#define LIGHTPOSE_VERSION_NUMBER                                                                                       \
    (LIGHTPOSE_VERSION_MAJOR * 10000 + LIGHTPOSE_VERSION_MINOR * 100 + LIGHTPOSE_VERSION_PATCH)

#endif
