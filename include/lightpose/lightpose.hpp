// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

// C++17 handles for liblightpose: move-only owners of the C handles, and exceptions for errors. Everything else is in
// lightpose.h, whose rules apply. A handle converts to the C pointer, so every C function can be called with it.
//
//     const lightpose::model model("weights.safetensors");
//     lightpose::context context(model);
//     lightpose::result result;
//     context.infer(image, result);
//     for (const lightpose_pose &pose : result)
//         std::printf("%.2f\n", pose.score);

#ifndef LIGHTPOSE_LIGHTPOSE_HPP
#define LIGHTPOSE_LIGHTPOSE_HPP

#include <lightpose/lightpose.h>

#include <stdexcept>
#include <utility>

namespace lightpose {

// Thrown for every status but LIGHTPOSE_OK; what() is the text of lightpose_error.
class error : public std::runtime_error {
  public:
    explicit error(const lightpose_error &detail)
        : std::runtime_error(detail.text[0] ? detail.text : lightpose_status_get_name(detail.status)),
          status_(detail.status) {}
    lightpose_status status() const noexcept {
        return status_;
    }

  private:
    lightpose_status status_;
};

// Calls `function(arguments..., &error)` and throws if it fails.
template <typename Function, typename... Arguments> void call(Function function, Arguments... arguments) {
    lightpose_error detail{};
    if (function(arguments..., &detail) != LIGHTPOSE_OK)
        throw error(detail);
}

// Owns a T and destroys it with Destroy.
template <typename T, void (*Destroy)(T **)> class handle {
  public:
    handle() = default;
    explicit handle(T *owned) noexcept : owned_(owned) {}
    handle(handle &&other) noexcept : owned_(other.release()) {}
    handle &operator=(handle &&other) noexcept {
        if (this != &other) {
            Destroy(&owned_);
            owned_ = other.release();
        }
        return *this;
    }
    handle(const handle &) = delete;
    handle &operator=(const handle &) = delete;
    ~handle() {
        Destroy(&owned_);
    }
    operator T *() const noexcept {
        return owned_;
    }
    T *get() const noexcept {
        return owned_;
    }
    // Passes the ownership to the caller.
    T *release() noexcept {
        return std::exchange(owned_, nullptr);
    }

  protected:
    T *owned_ = nullptr;
};

class model : public handle<lightpose_model, lightpose_model_destroy> {
  public:
    // nullptr: $LIGHTPOSE_WEIGHTS, otherwise the installed default.
    explicit model(const char *path = nullptr) {
        call(lightpose_model_create, &owned_, path);
    }
    model(const void *data, size_t size) {
        call(lightpose_model_create_from_memory, &owned_, data, size);
    }
    lightpose_model_info info() const {
        lightpose_model_info info;
        lightpose_model_get_info(owned_, &info);
        return info;
    }
};

// A range of poses.
class result : public handle<lightpose_result, lightpose_result_destroy> {
  public:
    result() {
        call(lightpose_result_create, &owned_);
    }
    int size() const noexcept {
        return lightpose_result_get_count(owned_);
    }
    bool empty() const noexcept {
        return size() == 0;
    }
    const lightpose_pose &operator[](int index) const noexcept {
        return *lightpose_result_get_pose(owned_, index);
    }
    const lightpose_pose *begin() const noexcept {
        return lightpose_result_get_pose(owned_, 0);
    }
    const lightpose_pose *end() const noexcept {
        return empty() ? nullptr : begin() + size();
    }
};

// The defaults, to be changed field by field.
inline lightpose_settings settings() {
    lightpose_settings settings;
    lightpose_settings_init(&settings);
    return settings;
}

class context : public handle<lightpose_context, lightpose_context_destroy> {
  public:
    explicit context(lightpose_model *model) {
        call(lightpose_context_create, &owned_, model, static_cast<const lightpose_settings *>(nullptr));
    }
    context(lightpose_model *model, const lightpose_settings &settings) {
        call(lightpose_context_create, &owned_, model, &settings);
    }
    void prepare(int width, int height) {
        call(lightpose_context_prepare, owned_, width, height);
    }
    void infer(const lightpose_image &image, lightpose_result *result) {
        call(lightpose_context_infer, owned_, &image, result);
    }
    void decode(const lightpose_maps &maps, lightpose_result *result) {
        call(lightpose_context_decode, owned_, &maps, result);
    }
    lightpose_maps maps() {
        lightpose_maps maps;
        call(lightpose_context_get_maps, owned_, &maps);
        return maps;
    }
    lightpose_stats stats() const {
        lightpose_stats stats;
        lightpose_context_get_stats(owned_, &stats);
        return stats;
    }
};

class tracker : public handle<lightpose_tracker, lightpose_tracker_destroy> {
  public:
    tracker() {
        call(lightpose_tracker_create, &owned_, static_cast<const lightpose_tracker_settings *>(nullptr));
    }
    explicit tracker(const lightpose_tracker_settings &settings) {
        call(lightpose_tracker_create, &owned_, &settings);
    }
    void update(double time_seconds, lightpose_result *result) {
        call(lightpose_tracker_update, owned_, time_seconds, result);
    }
    void reset() noexcept {
        lightpose_tracker_reset(owned_);
    }
};

class governor : public handle<lightpose_governor, lightpose_governor_destroy> {
  public:
    explicit governor(double target_seconds) {
        call(lightpose_governor_create, &owned_, static_cast<const lightpose_settings *>(nullptr), target_seconds);
    }
    governor(double target_seconds, const lightpose_settings &settings) {
        call(lightpose_governor_create, &owned_, &settings, target_seconds);
    }
    // The number of levels.
    int size() const noexcept {
        return lightpose_governor_get_count(owned_);
    }
    lightpose_settings operator[](int level) const {
        lightpose_settings settings;
        call(lightpose_governor_get_settings, static_cast<const lightpose_governor *>(owned_), level, &settings);
        return settings;
    }
    // Returns the level of the next frame.
    int update(double time_seconds, double latency_seconds) noexcept {
        return lightpose_governor_update(owned_, time_seconds, latency_seconds);
    }
};

inline void draw(const lightpose_canvas &canvas, const lightpose_result *result) {
    call(lightpose_canvas_draw, &canvas, result, static_cast<const lightpose_draw_settings *>(nullptr));
}

inline void draw(const lightpose_canvas &canvas, const lightpose_result *result,
                 const lightpose_draw_settings &settings) {
    call(lightpose_canvas_draw, &canvas, result, &settings);
}

} // namespace lightpose

#endif
