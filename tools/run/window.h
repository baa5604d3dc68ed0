/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A window that shows the results of a run live. */

#ifndef LP_TOOLS_RUN_WINDOW_H
#define LP_TOOLS_RUN_WINDOW_H

#include <lightpose/lightpose.h>

typedef struct lp_window lp_window;

/* Use it only on the thread that opened it. Errors: UNSUPPORTED if this build has no window, ENGINE if there is no
 * screen, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_window_open(lp_window **window, const char *title, lightpose_error *error);
void lp_window_close(lp_window **window);

LIGHTPOSE_NODISCARD lightpose_status lp_window_show(lp_window *window, const lightpose_image *picture,
                                                    const lightpose_result *result,
                                                    const lightpose_draw_settings *settings, lightpose_error *error);

/* Handles the window's events. Returns whether the user has closed it or pressed Q or Escape. */
int lp_window_is_closed(lp_window *window);

/* Waits for a key or for the window to be closed; for a single picture. NULL does nothing. */
void lp_window_wait(lp_window *window);

#endif
