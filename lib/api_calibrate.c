/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The exported functions of the calibrator: validate and call inward. */

#include "api.h"
#include "calibrate.h"
#include "image/view.h"
#include "settings.h"

/* The most accurate method on the labelled images (weights/README.md). */
static const lightpose_calibration default_method = LIGHTPOSE_CALIBRATION_MSE;
static const double default_share = 99.99;

lightpose_status lightpose_calibrator_create(lightpose_calibrator **calibrator, lightpose_model *model,
                                             const lightpose_settings *settings, lightpose_error *error) {
    lightpose_settings defaults;

    ENTER(error);
    NEED(calibrator, error);
    *calibrator = NULL;
    NEED(model, error);
    if (!settings) {
        lightpose_settings_init(&defaults);
        settings = &defaults;
    }
    LP_TRY(lp_settings_check(settings, error));
    return lp_calibrator_create(calibrator, model, settings, error);
}

void lightpose_calibrator_destroy(lightpose_calibrator **calibrator) {
    if (!calibrator)
        return;
    lp_calibrator_destroy(*calibrator);
    *calibrator = NULL;
}

lightpose_status lightpose_calibrator_add(lightpose_calibrator *calibrator, const lightpose_image *image,
                                          lightpose_error *error) {
    ENTER(error);
    NEED(calibrator, error);
    NEED(image, error);
    NEED_RESERVED(image, error);
    LP_TRY(lp_view_check(image, lp_calibrator_settings(calibrator), error));
    return lp_calibrator_run(calibrator, image, error);
}

lightpose_status lightpose_calibrator_get_ranges(lightpose_calibrator *calibrator, lightpose_calibration method,
                                                 double share, const char **text, lightpose_error *error) {
    ENTER(error);
    NEED(text, error);
    *text = NULL;
    NEED(calibrator, error);
    if ((int)method < LIGHTPOSE_CALIBRATION_DEFAULT || method > LIGHTPOSE_CALIBRATION_MSE)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "range method is %d; the range is 0 to %d", (int)method,
                       LIGHTPOSE_CALIBRATION_MSE);
    if (share != 0 && !(share > 50 && share <= 100))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "share is %g percent; it is above 50 and at most 100, or 0",
                       share);
    const lp_range_rule rule = {.method = method == LIGHTPOSE_CALIBRATION_DEFAULT ? default_method : method,
                                .share = share != 0 ? share : default_share};
    return lp_calibrator_text(calibrator, &rule, text, error);
}
