/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Every function of the header with every one of its arguments wrong in turn: a row for each argument, with and without
 * a lightpose_error. The header is read, so that no function and no argument is forgotten. */

#include "check.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "made_model.h"

static lightpose_error told, *failure; /* NULL in the second round */
static lightpose_model *model;
static lightpose_context *context, *made;
static lightpose_result *result, *made_empty;
static lightpose_calibrator *calibrator, *made_calibrator;
static lightpose_tracker *tracker, *made_tracker;
static lightpose_governor *governor, *made_governor;
static lightpose_settings settings, zeroed;
static lightpose_tracker_settings tracking;
static lightpose_image image;
static lightpose_maps maps, cleared;
static lightpose_precision precision;
static lightpose_decoder decoder;
static lightpose_format format;
static lightpose_setting setting;
static float zeros[LIGHTPOSE_PAFS];
static const char *text;
static double number;
static int x, y;
static char bytes[1 << 16];

static const lightpose_image *changed_image(int width, lightpose_format of) {
    static lightpose_image changed;
    changed = image;
    changed.width = width;
    changed.format = of;
    return &changed;
}

static const lightpose_maps *changed_maps(int width, const float *heatmaps) {
    static lightpose_maps changed;
    changed = maps;
    changed.width = width;
    changed.heatmaps = heatmaps;
    return &changed;
}

static const lightpose_tracker_settings *changed_tracking(void) {
    static lightpose_tracker_settings changed;
    changed = tracking;
    changed.min_similarity = 2;
    return &changed;
}

static const lightpose_draw_settings *changed_drawing(void) {
    static lightpose_draw_settings changed;
    lightpose_draw_settings_init(&changed);
    changed.opacity = 2;
    return &changed;
}

static const lightpose_canvas *canvas(void) {
    static lightpose_canvas whole;
    whole = (lightpose_canvas){.pixels = &made_pixels[0][0][0],
                               .stride = 3 * MADE_WIDTH,
                               .width = MADE_WIDTH,
                               .height = MADE_HEIGHT,
                               .format = LIGHTPOSE_BGR24};
    return &whole;
}

/* What a call without a status shows: OK where it did as the header says of a wrong argument. */
static lightpose_status holds(int condition) {
    return condition ? LIGHTPOSE_OK : LIGHTPOSE_ERROR_STATE;
}

#define WRONG(function, argument, expression)                                                                          \
    static lightpose_status function##__##argument(void) {                                                             \
        return expression;                                                                                             \
    }
/* A call that returns nothing and leaves the program alive. */
#define IGNORED(function, argument, call)                                                                              \
    static lightpose_status function##__##argument(void) {                                                             \
        call;                                                                                                          \
        return LIGHTPOSE_OK;                                                                                           \
    }

WRONG(status_get_name, status, holds(!strcmp(lightpose_status_get_name((lightpose_status)99), "unknown")))
IGNORED(system_get, system, lightpose_system_get(NULL))
WRONG(type_get_size, name, holds(lightpose_type_get_size(NULL) == 0 && lightpose_type_get_size("int") == 0))
WRONG(precision_get_name, precision, holds(!strcmp(lightpose_precision_get_name((lightpose_precision)9), "unknown")))
WRONG(precision_parse, precision, lightpose_precision_parse(NULL, "f32", failure))
WRONG(precision_parse, name, lightpose_precision_parse(&precision, NULL, failure))
WRONG(decoder_get_name, decoder, holds(!strcmp(lightpose_decoder_get_name((lightpose_decoder)-1), "unknown")))
WRONG(decoder_parse, decoder, lightpose_decoder_parse(NULL, "refined", failure))
WRONG(decoder_parse, name, lightpose_decoder_parse(&decoder, NULL, failure))
WRONG(format_get_name, format, holds(!strcmp(lightpose_format_get_name((lightpose_format)0), "unknown")))
WRONG(format_parse, format, lightpose_format_parse(NULL, "nv12", failure))
WRONG(format_parse, name, lightpose_format_parse(&format, NULL, failure))
IGNORED(settings_init, settings, lightpose_settings_init(NULL))
WRONG(setting_get_info, index, lightpose_setting_get_info(lightpose_setting_get_count(), &setting))
WRONG(setting_get_info, setting, lightpose_setting_get_info(0, NULL))
WRONG(settings_set, settings, lightpose_settings_set(NULL, "height", "256", failure))
WRONG(settings_set, name, lightpose_settings_set(&settings, NULL, "256", failure))
WRONG(settings_set, value, lightpose_settings_set(&settings, "height", NULL, failure))
WRONG(settings_get, settings, lightpose_settings_get(NULL, "height", &number, failure))
WRONG(settings_get, name, lightpose_settings_get(&settings, NULL, &number, failure))
WRONG(settings_get, value, lightpose_settings_get(&settings, "height", NULL, failure))
WRONG(image_crop, image, lightpose_image_crop(NULL, &x, &y, 1, 1, failure))
WRONG(image_crop, x, lightpose_image_crop(&image, NULL, &y, 1, 1, failure))
WRONG(image_crop, y, lightpose_image_crop(&image, &x, NULL, 1, 1, failure))
WRONG(image_crop, width, lightpose_image_crop(&image, &x, &y, 0, 1, failure))
WRONG(image_crop, height, lightpose_image_crop(&image, &x, &y, 1, INT32_MAX, failure))
WRONG(model_create, model, lightpose_model_create(NULL, "weights", failure))
WRONG(model_create, path, lightpose_model_create(&model, "/nonexistent/weights", failure))
WRONG(model_create_from_memory, model, lightpose_model_create_from_memory(NULL, bytes, sizeof bytes, failure))
WRONG(model_create_from_memory, data, lightpose_model_create_from_memory(&model, NULL, 1, failure))
WRONG(model_create_from_memory, size, lightpose_model_create_from_memory(&model, bytes, 0, failure))
WRONG(model_retain, model, holds(lightpose_model_retain(NULL) == NULL))
IGNORED(model_destroy, model, (lightpose_model_destroy(NULL), lightpose_model_destroy(&model)))
IGNORED(model_get_info, info, lightpose_model_get_info(made_model, NULL))
static lightpose_status model_get_info__model(void) {
    lightpose_model_info info;
    lightpose_model_get_info(NULL, &info);
    return holds(!*info.variant && !*info.source && !*info.licence && !*info.accuracy && !*info.checksum &&
                 !*info.dtype && info.parameters == 0);
}
WRONG(keypoint_get_name, keypoint, holds(!lightpose_keypoint_get_name(-1) && !lightpose_keypoint_get_name(18)))
WRONG(limb_get_keypoints, limb, lightpose_limb_get_keypoints(LIGHTPOSE_LIMBS, &x, &y))
WRONG(limb_get_keypoints, from, lightpose_limb_get_keypoints(0, NULL, &y))
WRONG(limb_get_keypoints, to, lightpose_limb_get_keypoints(0, &x, NULL))
WRONG(result_create, result, lightpose_result_create(NULL, failure))
IGNORED(result_destroy, result, (lightpose_result_destroy(NULL), lightpose_result_destroy(&made_empty)))
WRONG(result_get_count, result, holds(lightpose_result_get_count(NULL) == 0))
WRONG(result_get_pose, result, holds(!lightpose_result_get_pose(NULL, 0)))
WRONG(result_get_pose, index, holds(!lightpose_result_get_pose(result, -1) && !lightpose_result_get_pose(result, 9999)))
WRONG(result_assign, result, lightpose_result_assign(NULL, NULL, 0, failure))
WRONG(result_assign, poses, lightpose_result_assign(result, NULL, 1, failure))
WRONG(result_assign, count, lightpose_result_assign(result, NULL, -1, failure))
WRONG(context_create, context, lightpose_context_create(NULL, made_model, &settings, failure))
WRONG(context_create, settings, lightpose_context_create(&made, made_model, &zeroed, failure))
static lightpose_status context_create__model(void) { /* without one it only decodes */
    const lightpose_status status = lightpose_context_create(&made, NULL, &settings, failure);
    const lightpose_status infers = lightpose_context_infer(made, &image, result, failure);
    lightpose_context_destroy(&made);
    return status == LIGHTPOSE_OK ? infers : status;
}
IGNORED(context_destroy, context, (lightpose_context_destroy(NULL), lightpose_context_destroy(&made)))
WRONG(context_prepare, context, lightpose_context_prepare(NULL, 8, 8, failure))
WRONG(context_prepare, width, lightpose_context_prepare(context, 0, 8, failure))
WRONG(context_prepare, height, lightpose_context_prepare(context, 8, -8, failure))
WRONG(context_infer, context, lightpose_context_infer(NULL, &image, result, failure))
WRONG(context_infer, image, lightpose_context_infer(context, NULL, result, failure))
WRONG(context_infer, result, lightpose_context_infer(context, &image, NULL, failure))
IGNORED(context_restart, context, lightpose_context_restart(NULL))
WRONG(context_get_maps, context, lightpose_context_get_maps(NULL, &cleared, failure))
WRONG(context_get_maps, maps, lightpose_context_get_maps(context, NULL, failure))
WRONG(context_decode, context, lightpose_context_decode(NULL, &maps, result, failure))
WRONG(context_decode, maps, lightpose_context_decode(context, changed_maps(1, NULL), result, failure))
WRONG(context_decode, result, lightpose_context_decode(context, &maps, NULL, failure))
IGNORED(context_get_stats, stats, lightpose_context_get_stats(context, NULL))
static lightpose_status context_get_stats__context(void) {
    lightpose_stats stats = {.frames = 7};
    lightpose_context_get_stats(NULL, &stats);
    return holds(stats.frames == 0);
}
WRONG(calibrator_create, calibrator, lightpose_calibrator_create(NULL, made_model, &settings, failure))
WRONG(calibrator_create, model, lightpose_calibrator_create(&made_calibrator, NULL, &settings, failure))
WRONG(calibrator_create, settings, lightpose_calibrator_create(&made_calibrator, made_model, &zeroed, failure))
IGNORED(calibrator_destroy, calibrator,
        (lightpose_calibrator_destroy(NULL), lightpose_calibrator_destroy(&made_calibrator)))
WRONG(calibrator_add, calibrator, lightpose_calibrator_add(NULL, &image, failure))
WRONG(calibrator_add, image, lightpose_calibrator_add(calibrator, NULL, failure))
WRONG(calibrator_get_ranges, calibrator, lightpose_calibrator_get_ranges(NULL, 0, 0, &text, failure))
WRONG(calibrator_get_ranges, method,
      lightpose_calibrator_get_ranges(calibrator, (lightpose_calibration)4, 0, &text, failure))
WRONG(calibrator_get_ranges, share,
      lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_PERCENTILE, NAN, &text, failure))
WRONG(calibrator_get_ranges, text, lightpose_calibrator_get_ranges(calibrator, 0, 0, NULL, failure))
IGNORED(tracker_settings_init, settings, lightpose_tracker_settings_init(NULL))
WRONG(tracker_create, tracker, lightpose_tracker_create(NULL, NULL, failure))
WRONG(tracker_create, settings, lightpose_tracker_create(&made_tracker, changed_tracking(), failure))
IGNORED(tracker_destroy, tracker, (lightpose_tracker_destroy(NULL), lightpose_tracker_destroy(&made_tracker)))
IGNORED(tracker_reset, tracker, lightpose_tracker_reset(NULL))
WRONG(tracker_update, tracker, lightpose_tracker_update(NULL, 0, result, failure))
WRONG(tracker_update, time_seconds, lightpose_tracker_update(tracker, INFINITY, result, failure))
WRONG(tracker_update, result, lightpose_tracker_update(tracker, 0, NULL, failure))
WRONG(tracker_save, tracker, holds(lightpose_tracker_save(NULL, bytes, sizeof bytes) == 0))
WRONG(tracker_save, bytes, holds(lightpose_tracker_save(tracker, NULL, sizeof bytes) > 0))
static lightpose_status tracker_save__capacity(void) {
    bytes[0] = bytes[1] = 77;
    return holds(lightpose_tracker_save(tracker, bytes, 1) > 1 && bytes[0] == 77 && bytes[1] == 77);
}
WRONG(tracker_restore, tracker, lightpose_tracker_restore(NULL, bytes, sizeof bytes, failure))
WRONG(tracker_restore, bytes, lightpose_tracker_restore(&made_tracker, NULL, sizeof bytes, failure))
static lightpose_status tracker_restore__size(void) {
    const size_t size = lightpose_tracker_save(tracker, bytes, sizeof bytes);
    return lightpose_tracker_restore(&made_tracker, bytes, size - 1, failure);
}
WRONG(governor_create, governor, lightpose_governor_create(NULL, NULL, 0.05, failure))
WRONG(governor_create, settings, lightpose_governor_create(&made_governor, &zeroed, 0.05, failure))
WRONG(governor_create, target_seconds, lightpose_governor_create(&made_governor, NULL, NAN, failure))
IGNORED(governor_destroy, governor, (lightpose_governor_destroy(NULL), lightpose_governor_destroy(&made_governor)))
WRONG(governor_get_count, governor, holds(lightpose_governor_get_count(NULL) == 0))
WRONG(governor_get_settings, governor, lightpose_governor_get_settings(NULL, 0, &settings, failure))
WRONG(governor_get_settings, level, lightpose_governor_get_settings(governor, 99, &settings, failure))
WRONG(governor_get_settings, settings, lightpose_governor_get_settings(governor, 0, NULL, failure))
WRONG(governor_update, governor, holds(lightpose_governor_update(NULL, 0, 1) == 0))
WRONG(governor_update, time_seconds, holds(lightpose_governor_update(governor, NAN, 9) == 0))
WRONG(governor_update, latency_seconds, holds(lightpose_governor_update(governor, 0, -1) == 0))
IGNORED(draw_settings_init, settings, lightpose_draw_settings_init(NULL))
WRONG(canvas_draw, canvas, lightpose_canvas_draw(NULL, result, NULL, failure))
WRONG(canvas_draw, result, lightpose_canvas_draw(canvas(), NULL, NULL, failure))
WRONG(canvas_draw, settings, lightpose_canvas_draw(canvas(), result, changed_drawing(), failure))

#define ROW(function, argument, status)                                                                                \
    { #function, #argument, LIGHTPOSE_##status, function##__##argument }
static const struct row {
    const char *function, *argument;
    lightpose_status status;
    lightpose_status (*call)(void);
} rows[] = {
    ROW(status_get_name, status, OK),
    ROW(system_get, system, OK),
    ROW(type_get_size, name, OK),
    ROW(precision_get_name, precision, OK),
    ROW(precision_parse, precision, ERROR_ARGUMENT),
    ROW(precision_parse, name, ERROR_ARGUMENT),
    ROW(decoder_get_name, decoder, OK),
    ROW(decoder_parse, decoder, ERROR_ARGUMENT),
    ROW(decoder_parse, name, ERROR_ARGUMENT),
    ROW(format_get_name, format, OK),
    ROW(format_parse, format, ERROR_ARGUMENT),
    ROW(format_parse, name, ERROR_ARGUMENT),
    ROW(settings_init, settings, OK),
    ROW(setting_get_info, index, ERROR_ARGUMENT),
    ROW(setting_get_info, setting, ERROR_ARGUMENT),
    ROW(settings_set, settings, ERROR_ARGUMENT),
    ROW(settings_set, name, ERROR_ARGUMENT),
    ROW(settings_set, value, ERROR_ARGUMENT),
    ROW(settings_get, settings, ERROR_ARGUMENT),
    ROW(settings_get, name, ERROR_ARGUMENT),
    ROW(settings_get, value, ERROR_ARGUMENT),
    ROW(image_crop, image, ERROR_ARGUMENT),
    ROW(image_crop, x, ERROR_ARGUMENT),
    ROW(image_crop, y, ERROR_ARGUMENT),
    ROW(image_crop, width, ERROR_ARGUMENT),
    ROW(image_crop, height, ERROR_ARGUMENT),
    ROW(model_create, model, ERROR_ARGUMENT),
    ROW(model_create, path, ERROR_FILE),
    ROW(model_create_from_memory, model, ERROR_ARGUMENT),
    ROW(model_create_from_memory, data, ERROR_ARGUMENT),
    ROW(model_create_from_memory, size, ERROR_WEIGHTS),
    ROW(model_retain, model, OK),
    ROW(model_destroy, model, OK),
    ROW(model_get_info, model, OK),
    ROW(model_get_info, info, OK),
    ROW(keypoint_get_name, keypoint, OK),
    ROW(limb_get_keypoints, limb, ERROR_ARGUMENT),
    ROW(limb_get_keypoints, from, ERROR_ARGUMENT),
    ROW(limb_get_keypoints, to, ERROR_ARGUMENT),
    ROW(result_create, result, ERROR_ARGUMENT),
    ROW(result_destroy, result, OK),
    ROW(result_get_count, result, OK),
    ROW(result_get_pose, result, OK),
    ROW(result_get_pose, index, OK),
    ROW(result_assign, result, ERROR_ARGUMENT),
    ROW(result_assign, poses, ERROR_ARGUMENT),
    ROW(result_assign, count, ERROR_ARGUMENT),
    ROW(context_create, context, ERROR_ARGUMENT),
    ROW(context_create, model, ERROR_STATE),
    ROW(context_create, settings, ERROR_ARGUMENT),
    ROW(context_destroy, context, OK),
    ROW(context_prepare, context, ERROR_ARGUMENT),
    ROW(context_prepare, width, ERROR_IMAGE),
    ROW(context_prepare, height, ERROR_IMAGE),
    ROW(context_infer, context, ERROR_ARGUMENT),
    ROW(context_infer, image, ERROR_ARGUMENT),
    ROW(context_infer, result, ERROR_ARGUMENT),
    ROW(context_restart, context, OK),
    ROW(context_get_maps, context, ERROR_ARGUMENT),
    ROW(context_get_maps, maps, ERROR_ARGUMENT),
    ROW(context_decode, context, ERROR_ARGUMENT),
    ROW(context_decode, maps, ERROR_ARGUMENT),
    ROW(context_decode, result, ERROR_ARGUMENT),
    ROW(context_get_stats, context, OK),
    ROW(context_get_stats, stats, OK),
    ROW(calibrator_create, calibrator, ERROR_ARGUMENT),
    ROW(calibrator_create, model, ERROR_ARGUMENT),
    ROW(calibrator_create, settings, ERROR_ARGUMENT),
    ROW(calibrator_destroy, calibrator, OK),
    ROW(calibrator_add, calibrator, ERROR_ARGUMENT),
    ROW(calibrator_add, image, ERROR_ARGUMENT),
    ROW(calibrator_get_ranges, calibrator, ERROR_ARGUMENT),
    ROW(calibrator_get_ranges, method, ERROR_ARGUMENT),
    ROW(calibrator_get_ranges, share, ERROR_ARGUMENT),
    ROW(calibrator_get_ranges, text, ERROR_ARGUMENT),
    ROW(tracker_settings_init, settings, OK),
    ROW(tracker_create, tracker, ERROR_ARGUMENT),
    ROW(tracker_create, settings, ERROR_ARGUMENT),
    ROW(tracker_destroy, tracker, OK),
    ROW(tracker_reset, tracker, OK),
    ROW(tracker_update, tracker, ERROR_ARGUMENT),
    ROW(tracker_update, time_seconds, ERROR_ARGUMENT),
    ROW(tracker_update, result, ERROR_ARGUMENT),
    ROW(tracker_save, tracker, OK),
    ROW(tracker_save, bytes, OK),
    ROW(tracker_save, capacity, OK),
    ROW(tracker_restore, tracker, ERROR_ARGUMENT),
    ROW(tracker_restore, bytes, ERROR_ARGUMENT),
    ROW(tracker_restore, size, ERROR_ARGUMENT),
    ROW(governor_create, governor, ERROR_ARGUMENT),
    ROW(governor_create, settings, ERROR_ARGUMENT),
    ROW(governor_create, target_seconds, ERROR_ARGUMENT),
    ROW(governor_destroy, governor, OK),
    ROW(governor_get_count, governor, OK),
    ROW(governor_get_settings, governor, ERROR_ARGUMENT),
    ROW(governor_get_settings, level, ERROR_ARGUMENT),
    ROW(governor_get_settings, settings, ERROR_ARGUMENT),
    ROW(governor_update, governor, OK),
    ROW(governor_update, time_seconds, OK),
    ROW(governor_update, latency_seconds, OK),
    ROW(draw_settings_init, settings, OK),
    ROW(canvas_draw, canvas, ERROR_ARGUMENT),
    ROW(canvas_draw, result, ERROR_ARGUMENT),
    ROW(canvas_draw, settings, ERROR_ARGUMENT),
};

enum { ROWS = sizeof rows / sizeof *rows };

static int has_drawing(void) {
    lightpose_system system;
    lightpose_system_get(&system);
    return strcmp(system.drawing, "none") != 0;
}

static void assert_nothing_was_made(const struct row *row) {
    if (model || made || made_empty || made_calibrator || made_tracker || made_governor)
        fail_msg("%s, %s: a handle after a failure", row->function, row->argument);
}

static void each_wrong_argument_gives_its_status(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++)
        for (const struct row *row = rows; row < rows + ROWS; row++) {
            if (row->call == canvas_draw__settings && !has_drawing())
                continue;
            told = (lightpose_error){0};
            failure = round == 0 ? &told : NULL;
            const lightpose_status status = row->call();
            if (status != row->status)
                fail_msg("%s, %s: %s instead of %s (\"%s\")", row->function, row->argument,
                         lightpose_status_get_name(status), lightpose_status_get_name(row->status), told.text);
            if (told.status != LIGHTPOSE_OK && !*told.text)
                fail_msg("%s, %s: no text", row->function, row->argument);
            assert_nothing_was_made(row);
        }
}

/* Calls go on as if the wrong ones had not been. */
static void right_arguments_work_afterwards(void **state) {
    (void)state;
    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_ok(lightpose_tracker_update(tracker, 0, result, error));
    assert_ok(lightpose_context_decode(context, changed_maps(1, zeros), result, error));
    assert_ok(lightpose_context_infer(context, changed_image(MADE_WIDTH - 1, LIGHTPOSE_BGR24), result, error));
}

static int has_row(const char *function, const char *argument) {
    for (const struct row *row = rows; row < rows + ROWS; row++)
        if (!strcmp(row->function, function) && !strcmp(row->argument, argument))
            return 1;
    return 0;
}

/* The last word before `end`. */
static void word_before(const char *end, char *word, size_t size) {
    while (!isalnum((unsigned char)end[-1]))
        end--;
    const char *start = end;
    while (isalnum((unsigned char)start[-1]) || start[-1] == '_')
        start--;
    snprintf(word, size, "%.*s", (int)(end - start), start);
}

/* Arguments of the declaration whose parameters start at `open`; each needs a row, but for the error. */
static int check_declaration(const char *function, const char *open) {
    const char *const close = strchr(open, ')');
    int found = 0;

    for (const char *start = open; start < close;) {
        const char *end = start + 1;
        char argument[64];
        while (end < close && *end != ',')
            end++;
        word_before(end, argument, sizeof argument);
        if (strcmp(argument, "error") != 0 && strcmp(argument, "void") != 0) {
            if (!has_row(function, argument))
                fail_msg("lightpose_%s: no row for the argument %s", function, argument);
            found++;
        }
        start = end;
    }
    return found;
}

static void every_argument_of_the_header_has_a_row(void **state) {
    static char header[1 << 18];
    char path[4096];
    int found = 0;

    (void)state;
    snprintf(path, sizeof path, "%s/include/lightpose/lightpose.h", getenv("LIGHTPOSE_SOURCE"));
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(fread(header, 1, sizeof header - 1, file) > 1000);
    fclose(file);
    for (const char *at = header; (at = strstr(at, "\nLIGHTPOSE_API ")); at++) {
        char function[128];
        const char *const open = strchr(at, '(');
        word_before(open, function, sizeof function);
        assert_memory_equal(function, "lightpose_", 10);
        found += check_declaration(function + 10, open);
    }
    assert_int_equal(found, ROWS); /* and no row without an argument */
}

static int open_all(void **state) {
    if (made_model_load(state))
        return -1;
    settings = made_settings();
    image = made_picture();
    context = made_context(&settings);
    result = made_result();
    maps = (lightpose_maps){.width = 1, .height = 1, .heatmaps = zeros, .pafs = zeros};
    lightpose_tracker_settings_init(&tracking);
    return lightpose_tracker_create(&tracker, NULL, NULL) || lightpose_governor_create(&governor, NULL, 0.05, NULL) ||
           lightpose_calibrator_create(&calibrator, made_model, &settings, NULL) ||
           lightpose_calibrator_add(calibrator, &image, NULL);
}

static int close_all(void **state) {
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
    lightpose_tracker_destroy(&tracker);
    lightpose_governor_destroy(&governor);
    lightpose_calibrator_destroy(&calibrator);
    return made_model_release(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_argument_gives_its_status),
        cmocka_unit_test(right_arguments_work_afterwards),
        cmocka_unit_test(every_argument_of_the_header_has_a_row),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
