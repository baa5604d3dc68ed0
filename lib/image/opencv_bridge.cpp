/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

extern "C" {
#include "image/opencv_bridge.h"
}

#include <new>
#include <opencv2/imgproc.hpp>

namespace {

constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
constexpr int shift = 6; /* fractional bits of a coordinate */

/* Runs `call` and turns exceptions into a status. */
template <typename Call> lightpose_status guard(const char *what, lightpose_error *error, Call call) {
    try {
        call();
        return LIGHTPOSE_OK;
    } catch (const cv::Exception &exception) {
        return lp_fail(error, exception.code == cv::Error::StsNoMem ? LIGHTPOSE_ERROR_MEMORY : LIGHTPOSE_ERROR_ENGINE,
                       "%s: OpenCV reports %s", what, exception.err.c_str());
    } catch (const std::bad_alloc &) {
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: OpenCV has no memory", what);
    } catch (...) {
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "%s: OpenCV failed", what);
    }
}

cv::Mat matrix(const lp_mask *mask) {
    return cv::Mat(mask->height, mask->width, CV_8UC1, mask->data);
}

} // namespace

const char *lp_cv_version(void) {
    return "OpenCV " CV_VERSION;
}

lightpose_status lp_cv_polygon(const lp_mask *mask, const lp_point *points, int count, lightpose_error *error) {
    return guard("drawing a shape", error, [&] {
        cv::Point fixed[LP_POLYGON_POINTS];
        for (int i = 0; i < count; i++)
            fixed[i] = cv::Point(cvRound(points[i].x * (1 << shift)), cvRound(points[i].y * (1 << shift)));
        cv::Mat image = matrix(mask);
        cv::fillConvexPoly(image, fixed, count, cv::Scalar(255), cv::LINE_AA, shift);
    });
}

lightpose_status lp_cv_text_size(const char *text, double scale, int thickness, lp_text_size *size,
                                 lightpose_error *error) {
    return guard("measuring text", error, [&] {
        int descent = 0;
        const cv::Size box = cv::getTextSize(text, font, scale, thickness, &descent);
        *size = {box.width, box.height, descent};
    });
}

lightpose_status lp_cv_text(const lp_mask *mask, const char *text, int x, int baseline, double scale, int thickness,
                            lightpose_error *error) {
    return guard("drawing text", error, [&] {
        cv::Mat image = matrix(mask);
        cv::putText(image, text, cv::Point(x, baseline), font, scale, cv::Scalar(255), thickness, cv::LINE_AA);
    });
}
