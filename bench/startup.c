/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/status.h"
#include "base/time.h"

enum { WIDTH = 1280, HEIGHT = 720 }; /* 16 : 9, which makes the network input 256 x 456 at height 256 */

typedef struct startup {
    lightpose_model *model;
    lightpose_context *first, *second;
    lightpose_result *result;
    uint8_t *pixels;
} startup;

/* KiB of this process that are not backed by a file. */
static double anonymous(void) {
    char line[256];
    double kib = 0;
    FILE *const file = fopen("/proc/self/smaps_rollup", "r");

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %lf", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static double ms_since(int64_t start) {
    return (double)(lp_now_ns() - start) / 1e6;
}

/* Opens a context and runs its first frame. */
static lightpose_status open_context(const startup *s, lightpose_context **context, const lightpose_settings *settings,
                                     const lightpose_image *image, double *ms, lightpose_error *error) {
    const int64_t start = lp_now_ns();

    LP_TRY(lightpose_context_create(context, s->model, settings, error));
    LP_TRY(lightpose_context_infer(*context, image, s->result, error));
    *ms = ms_since(start);
    return LIGHTPOSE_OK;
}

static lightpose_status frame(const startup *s, const lightpose_image *image, double *ms, lightpose_error *error) {
    const int64_t start = lp_now_ns();

    LP_TRY(lightpose_context_infer(s->first, image, s->result, error));
    *ms = ms_since(start);
    return LIGHTPOSE_OK;
}

static lightpose_status measure(startup *s, const char *weights, const lightpose_settings *settings, json_t *json,
                                lightpose_error *error) {
    const lightpose_image wide = {
        .planes = {s->pixels}, .strides = {WIDTH * 3}, .width = WIDTH, .height = HEIGHT, .format = LIGHTPOSE_BGR24};
    lightpose_image upright = wide;
    double first, second, warm, other, other_again;

    upright.width = HEIGHT;
    upright.height = WIDTH;
    upright.strides[0] = HEIGHT * 3;
    const double before = anonymous();
    const int64_t start = lp_now_ns();
    LP_TRY(lightpose_model_create(&s->model, weights, error));
    const double load = ms_since(start);
    LP_TRY(lightpose_result_create(&s->result, error));
    LP_TRY(open_context(s, &s->first, settings, &wide, &first, error));
    LP_TRY(frame(s, &wide, &warm, error));
    const double with_first = anonymous();
    LP_TRY(open_context(s, &s->second, settings, &wide, &second, error));
    const double with_second = anonymous();
    LP_TRY(frame(s, &upright, &other, error));
    LP_TRY(frame(s, &upright, &other_again, error));
    const double with_other = anonymous();
    json_object_update_new(json, json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "load_ms", load,
                                           "first_context_ms", first, "second_context_ms", second, "other_size_ms",
                                           other, "frame_ms", warm, "other_size_frame_ms", other_again, "anonymous_mib",
                                           (with_first - before) / 1024, "second_context_mib",
                                           (with_second - with_first) / 1024, "other_size_mib",
                                           (with_other - with_second) / 1024, "process_mib", with_first / 1024));
    return LIGHTPOSE_OK;
}

/* Runs in the child: writes the report or the error as a line of JSON. */
static int child(const char *weights, const lightpose_settings *settings, FILE *to) {
    startup s = {.pixels = calloc((size_t)WIDTH * HEIGHT, 3)};
    lightpose_error error = {0};
    json_t *const json = json_object();

    if (s.pixels)
        memset(s.pixels, 90, (size_t)WIDTH * HEIGHT * 3);
    if (!s.pixels || measure(&s, weights, settings, json, &error) != LIGHTPOSE_OK)
        json_object_update_new(json, json_pack("{s:i, s:s}", "status", (int)error.status, "error", error.text));
    json_dumpf(json, to, JSON_COMPACT);
    fclose(to);
    return 0;
}

json_t *measure_startup(const char *weights, const lightpose_settings *settings, lightpose_error *error) {
    int ends[2];
    json_error_t bad;

    if (pipe(ends) != 0)
        return NULL;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(child(weights, settings, fdopen(ends[1], "w")));
    }
    close(ends[1]);
    FILE *const from = fdopen(ends[0], "r");
    json_t *const json = pid < 0 || !from ? NULL : json_loadf(from, 0, &bad);
    if (from)
        fclose(from);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    const char *const text = json_string_value(json_object_get(json, "error"));
    if (!json || text) {
        const int status = (int)json_integer_value(json_object_get(json, "status"));
        (void)lp_fail(error, status ? (lightpose_status)status : LIGHTPOSE_ERROR_MEMORY, "%s",
                      text && *text ? text : "no process could be started to measure the start");
        json_decref(json);
        return NULL;
    }
    return json;
}
