// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

// lightpose.hpp: every class does its work, moves, and throws what the C function says.

#include <lightpose/lightpose.hpp>

#include <cstdio>
#include <cstring>
#include <type_traits>
#include <vector>

static_assert(!std::is_copy_constructible<lightpose::model>::value, "one owner");
static_assert(!std::is_copy_assignable<lightpose::context>::value, "one owner");
static_assert(std::is_nothrow_move_constructible<lightpose::result>::value, "moves");

namespace {

int failures = 0;

void expect(bool holds, const char *what) {
    if (!holds) {
        std::fprintf(stderr, "not so: %s\n", what);
        failures++;
    }
}

void errors_are_thrown() {
    try {
        const lightpose::model missing("/nonexistent/weights");
        expect(false, "a missing file throws");
    } catch (const lightpose::error &e) {
        expect(e.status() == LIGHTPOSE_ERROR_FILE, "the status is the C function's");
        expect(std::strstr(e.what(), "/nonexistent/weights") != nullptr, "so is the text");
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    errors_are_thrown();
    lightpose::model model(argv[1]);
    expect(model.info().parameters > 0, "the model knows its parameters");
    lightpose_settings settings = lightpose::settings();
    settings.threads = 1;
    settings.peak_threshold = 0.001f;
    settings.min_keypoints = 1;
    settings.min_score = 0;
    lightpose::context first(model, settings);
    lightpose_model *const released = model.release();
    expect(model.get() == nullptr, "a released handle is empty");
    lightpose::model owner = std::move(model);
    lightpose_model *last = released;
    lightpose_model_destroy(&last); // the context holds the model
    lightpose::context context = std::move(first);
    expect(first.get() == nullptr && context.get() != nullptr, "a move leaves the source empty");

    std::vector<uint8_t> pixels(64 * 48 * 3);
    for (size_t i = 0; i < pixels.size(); i++)
        pixels[i] = static_cast<uint8_t>(i * 2654435761u >> 7);
    lightpose_image image{};
    image.planes[0] = pixels.data();
    image.strides[0] = 64 * 3;
    image.width = 64;
    image.height = 48;
    image.format = LIGHTPOSE_RGB24;
    context.prepare(64, 48);
    lightpose::result result, again;
    expect(result.empty() && result.begin() == result.end(), "an empty result is an empty range");
    context.infer(image, result);
    context.decode(context.maps(), again);
    expect(again.size() == result.size(), "the context decodes its own maps");
    int count = 0;
    for (const lightpose_pose &pose : result)
        count += pose.keypoint_count > 0;
    expect(count == result.size(), "a range over all poses");
    lightpose::tracker tracker;
    tracker.update(0, result);
    tracker.reset();
    if (!result.empty())
        expect(result[0].id == 0, "the tracker counts from 0");
    expect(context.stats().frames == 2, "two frames");
    lightpose::governor governor(0.05, settings);
    expect(governor.size() > 1 && governor[0].height == settings.height && governor[1].height < settings.height,
           "the governor's levels are settings");
    governor.update(0, 0.06);
    lightpose::governor moved = std::move(governor);
    expect(moved.update(0.04, 0.06) > 0, "two late frames step down");
    try {
        moved[moved.size()];
        expect(false, "a level that is not there throws");
    } catch (const lightpose::error &e) {
        expect(e.status() == LIGHTPOSE_ERROR_ARGUMENT, "a level that is not there is an argument's error");
    }
    lightpose_canvas canvas{};
    canvas.pixels = pixels.data();
    canvas.stride = 64 * 3;
    canvas.width = 64;
    canvas.height = 48;
    canvas.format = LIGHTPOSE_RGB24;
    try {
        lightpose::draw(canvas, result);
    } catch (const lightpose::error &e) {
        expect(e.status() == LIGHTPOSE_ERROR_UNSUPPORTED, "drawing fails only in a build without it");
    }
    return failures != 0;
}
