// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

// OpenCV's DNN module as an engine for peers/run.py, with the protocol of ort.mjs.
// usage: peer-opencv-dnn MODEL.onnx THREADS HEIGHT WIDTH

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

namespace {

int serve(const char *model, int threads, int height, int width) {
    cv::setNumThreads(threads);
    cv::dnn::Net net = cv::dnn::readNetFromONNX(model);
    const int shape[] = {1, 3, height, width};
    cv::Mat input(4, shape, CV_32F);
    for (int i = 0; i < 3 * height * width; i++)
        input.ptr<float>()[i] = static_cast<float>(i * 7919 % 255);
    std::vector<cv::Mat> outputs;

    std::puts("ready");
    std::fflush(stdout);
    for (int runs = 0; std::scanf("%d", &runs) == 1;) {
        for (int i = 0; i < runs; i++) {
            const auto start = std::chrono::steady_clock::now();
            net.setInput(input);
            net.forward(outputs, net.getUnconnectedOutLayersNames());
            const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
            std::printf("%s%.4f", i ? " " : "", time.count());
        }
        std::puts("");
        std::fflush(stdout);
    }
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: peer-opencv-dnn MODEL.onnx THREADS HEIGHT WIDTH\n");
        return 2;
    }
    try {
        return serve(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]));
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "peer-opencv-dnn: %s\n", failure.what());
        return 1;
    }
}
