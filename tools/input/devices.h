/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* FFmpeg's devices, loaded only for cameras: the library loads sixty others, which would double the start-up time of
 * every run. */

#ifndef LP_TOOLS_INPUT_DEVICES_H
#define LP_TOOLS_INPUT_DEVICES_H

#include <libavformat/avformat.h>

/* The library's file name. */
extern const char lp_devices_library[];

/* The demuxer of Video4Linux cameras; NULL if there is none. */
const AVInputFormat *lp_devices_camera(void);

#endif
