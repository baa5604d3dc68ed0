/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* FFmpeg's devices, loaded when a camera is asked for: the library draws in sixty others, which would double the time
 * that every run takes to start. */

#ifndef LP_TOOLS_INPUT_DEVICES_H
#define LP_TOOLS_INPUT_DEVICES_H

#include <libavformat/avformat.h>

/* The library's file name. */
extern const char lp_devices_library[];

/* The reader of Video4Linux cameras; NULL where there is none. */
const AVInputFormat *lp_devices_camera(void);

#endif
