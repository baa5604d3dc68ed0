/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The exported functions of drawing: validate and call inward. */

#include "api.h"
#include "image/opencv_bridge.h"
#include "pose/draw.h"

void lightpose_draw_settings_init(lightpose_draw_settings *settings) {
    if (settings)
        lp_draw_settings_default(settings);
}

lightpose_status lightpose_canvas_draw(const lightpose_canvas *canvas, const lightpose_result *result,
                                       const lightpose_draw_settings *settings, lightpose_error *error) {
    lightpose_draw_settings defaults;

    ENTER(error);
    NEED(canvas, error);
    NEED(result, error);
    NEED_RESERVED(canvas, error);
    if (!lp_cv_version())
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                       "this library was built without drawing (-Ddrawing=disabled)");
    if (!settings) {
        lp_draw_settings_default(&defaults);
        settings = &defaults;
    }
    NEED_RESERVED(settings, error);
    return lp_draw(canvas, result, settings, error);
}
