// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

// A C++17 program that uses the library as its users would: handles in unique_ptr, errors as values.

#include <cstdio>
#include <memory>
#include <vector>

#include <lightpose/lightpose.h>

namespace {

struct closer {
    void operator()(lightpose_model *model) const {
        lightpose_model_destroy(&model);
    }
    void operator()(lightpose_context *context) const {
        lightpose_context_destroy(&context);
    }
    void operator()(lightpose_result *result) const {
        lightpose_result_destroy(&result);
    }
};

template <typename T> using handle = std::unique_ptr<T, closer>;

} // namespace

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    lightpose_error error{};
    lightpose_model *model = nullptr;
    lightpose_context *context = nullptr;
    lightpose_result *result = nullptr;

    lightpose_status status = lightpose_model_create(&model, argv[1], &error);
    const handle<lightpose_model> model_owner(model);
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_create(&context, model, nullptr, &error);
    const handle<lightpose_context> context_owner(context);
    if (status == LIGHTPOSE_OK)
        status = lightpose_result_create(&result, &error);
    const handle<lightpose_result> result_owner(result);

    const std::vector<uint8_t> pixels(64 * 48 * 3, 128);
    lightpose_image image{};
    image.planes[0] = pixels.data();
    image.strides[0] = 64 * 3;
    image.width = 64;
    image.height = 48;
    image.format = LIGHTPOSE_RGB24;
    if (status == LIGHTPOSE_OK)
        status = lightpose_context_infer(context, &image, result, &error);
    if (status != LIGHTPOSE_OK) {
        std::fprintf(stderr, "%s: %s\n", lightpose_status_get_name(status), error.text);
        return 1;
    }
    std::printf("people: %d\n", lightpose_result_get_count(result));
    return 0;
}
