/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A window that shows what is found as it is found. */

#ifndef LP_TOOLS_RUN_WINDOW_H
#define LP_TOOLS_RUN_WINDOW_H

#include <lightpose/lightpose.h>

typedef struct lp_window lp_window;

/* UNSUPPORTED where this build has no window, ENGINE where there is no screen. Use it on the thread that opened it. */
LIGHTPOSE_NODISCARD lightpose_status lp_window_open(lp_window **window, const char *title, lightpose_error *error);
void lp_window_close(lp_window **window);

LIGHTPOSE_NODISCARD lightpose_status lp_window_show(lp_window *window, const lightpose_image *picture,
                                                    const lightpose_result *result,
                                                    const lightpose_draw_settings *settings, lightpose_error *error);

/* Answers the system; whether the user has closed the window or pressed Q or Escape. */
int lp_window_is_closed(lp_window *window);

/* Waits for a key or for the window to be closed: for a picture, after which nothing follows. NULL is fine. */
void lp_window_wait(lp_window *window);

#endif
