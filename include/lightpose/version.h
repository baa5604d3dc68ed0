/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LIGHTPOSE_VERSION_H
#define LIGHTPOSE_VERSION_H

/* The version of the interface, apart from the release. It is the soname (liblightpose.so.1) and goes up when a program
 * has to be changed or recompiled. meson.build reads it, and the three numbers of the release, from here. */
#define LIGHTPOSE_API_VERSION 1

/* The release. */
#define LIGHTPOSE_VERSION_MAJOR 0
#define LIGHTPOSE_VERSION_MINOR 1
#define LIGHTPOSE_VERSION_PATCH 0

/* One number to compare: 1.2.3 is 10203. lightpose_version_number() gives the library's own, at run time. */
#define LIGHTPOSE_VERSION_NUMBER                                                                                       \
    (LIGHTPOSE_VERSION_MAJOR * 10000 + LIGHTPOSE_VERSION_MINOR * 100 + LIGHTPOSE_VERSION_PATCH)

#endif
