/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "oracle.h"

#include <cstring>
#include <opencv2/imgproc.hpp>

extern "C" int oracle_resize(const uint8_t *image, int width, int height, int channels, double factor, uint8_t *out,
                             int out_width, int out_height) {
    try {
        const cv::Mat source(height, width, CV_8UC(channels), const_cast<uint8_t *>(image));
        cv::Mat result;
        cv::resize(source, result, cv::Size(), factor, factor, cv::INTER_LINEAR);
        if (result.cols != out_width || result.rows != out_height)
            return -1;
        for (int y = 0; y < out_height; y++)
            std::memcpy(out + static_cast<size_t>(y) * out_width * channels, result.ptr(y),
                        static_cast<size_t>(out_width) * channels);
        return 0;
    } catch (...) {
        return -1;
    }
}

extern "C" int oracle_cubic(const float *map, int width, int height, int factor, float *out) {
    try {
        const cv::Mat source(height, width, CV_32F, const_cast<float *>(map));
        cv::Mat result(height * factor, width * factor, CV_32F, out);
        cv::resize(source, result, cv::Size(), factor, factor, cv::INTER_CUBIC);
        return result.ptr<float>() == out ? 0 : -1;
    } catch (...) {
        return -1;
    }
}
