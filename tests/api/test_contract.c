/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The contract that the header states: each function fails with the errors that it lists and no others, clears the
 * error on entry, and refuses reserved fields. Arguments one by one: test_arguments.c. */

#include "check.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "made_model.h"

/* ---- Lists of errors --------------------------------------------------------------------------------------------- */

static const char *const status_words[] = {"OK",    "ARGUMENT",    "MEMORY",     "FILE",  "WEIGHTS", "IMAGE",
                                           "LIMIT", "UNSUPPORTED", "NOT_FINITE", "STATE", "ENGINE"};

enum { STATUSES = sizeof status_words / sizeof *status_words };

static lightpose_error failure;
static lightpose_result *spare;
static lightpose_context *context, *decoding; /* with a model, and without */
static lightpose_result *result;
static lightpose_tracker *tracker;
static lightpose_calibrator *calibrator;
static lightpose_settings settings;
static lightpose_image image;
static float zeros[LIGHTPOSE_PAFS];

/* Each brings one failure about. */
typedef lightpose_status trigger(void);

static lightpose_status fail_memory(lightpose_status (*call)(void)) {
    lp_mem_fail_at(1);
    const lightpose_status status = call();
    lp_mem_fail_at(0);
    return status;
}

#define CALL(name, expression)                                                                                         \
    static lightpose_status name(void) {                                                                               \
        return expression;                                                                                             \
    }
#define NO_MEMORY(name, expression)                                                                                    \
    CALL(name##_call, expression)                                                                                      \
    CALL(name, fail_memory(name##_call))

static lightpose_model *some_model;
static lightpose_context *some_context;
static lightpose_calibrator *some_calibrator;
static lightpose_tracker *some_tracker;
static lightpose_governor *some_governor;
static lightpose_result *some_result;

static const char *source(void) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/README.md", getenv("LIGHTPOSE_SOURCE"));
    return path;
}

CALL(model_argument, lightpose_model_create(NULL, "x", &failure))
CALL(model_file, lightpose_model_create(&some_model, "/nonexistent/weights", &failure))
CALL(model_weights, lightpose_model_create(&some_model, source(), &failure))
NO_MEMORY(model_memory, lightpose_model_create(&some_model, source(), &failure))
CALL(bytes_argument, lightpose_model_create_from_memory(&some_model, NULL, 3, &failure))
CALL(bytes_weights, lightpose_model_create_from_memory(&some_model, "not weights", 11, &failure))
NO_MEMORY(bytes_memory, lightpose_model_create_from_memory(&some_model, "not weights", 11, &failure))
CALL(precision_argument, lightpose_precision_parse(&settings.precision, "fp8", &failure))
CALL(decoder_argument, lightpose_decoder_parse(&settings.decoder, "best", &failure))
CALL(format_argument, lightpose_format_parse(&image.format, "p010", &failure))
CALL(set_argument, lightpose_settings_set(&settings, "height", "tall", &failure))
CALL(get_argument, lightpose_settings_get(&settings, "hight", &(double){0}, &failure))
CALL(crop_argument, lightpose_image_crop(&image, &(int){0}, &(int){0}, MADE_WIDTH + 1, 1, &failure))
CALL(crop_image,
     lightpose_image_crop(&(lightpose_image){.format = (lightpose_format)99}, &(int){0}, &(int){0}, 1, 1, &failure))
CALL(result_argument, lightpose_result_create(NULL, &failure))
NO_MEMORY(result_memory, lightpose_result_create(&some_result, &failure))
CALL(assign_argument, lightpose_result_assign(result, NULL, 1, &failure))
static lightpose_pose many[64];
NO_MEMORY(assign_memory, lightpose_result_assign(spare, many, 64, &failure))

static lightpose_status create_with(int height, lightpose_precision precision) {
    lightpose_settings changed = settings;
    changed.height = height;
    changed.precision = precision;
    return lightpose_context_create(&some_context, made_model, &changed, &failure);
}
CALL(context_argument, create_with(0, LIGHTPOSE_PRECISION_F32))
CALL(context_limit, create_with(2056, LIGHTPOSE_PRECISION_F32))
CALL(context_unsupported, create_with(256, LIGHTPOSE_PRECISION_INT8))
NO_MEMORY(context_memory, create_with(256, LIGHTPOSE_PRECISION_F32))
CALL(prepare_argument, lightpose_context_prepare(NULL, 1, 1, &failure))
CALL(prepare_image, lightpose_context_prepare(context, 0, 1, &failure))
CALL(prepare_limit, lightpose_context_prepare(context, 1 << 20, 1, &failure))
CALL(prepare_state, lightpose_context_prepare(decoding, 64, 64, &failure))
NO_MEMORY(prepare_memory, lightpose_context_prepare(context, 640, 640, &failure))
static lightpose_status infer_sized(int width, lightpose_format format) {
    lightpose_image other = image;
    other.width = width;
    other.format = format;
    other.strides[0] = 3 * (ptrdiff_t)width;
    return lightpose_context_infer(context, &other, result, &failure);
}
CALL(infer_argument, lightpose_context_infer(context, NULL, result, &failure))
CALL(infer_image, infer_sized(MADE_WIDTH, (lightpose_format)99))
CALL(infer_limit, infer_sized(1 << 20, LIGHTPOSE_BGR24))
CALL(infer_state, lightpose_context_infer(decoding, &image, result, &failure))
NO_MEMORY(infer_memory, infer_sized(MADE_WIDTH / 3, LIGHTPOSE_BGR24))
CALL(maps_argument, lightpose_context_get_maps(context, NULL, &failure))
CALL(maps_state, lightpose_context_get_maps(decoding, &(lightpose_maps){0}, &failure))
NO_MEMORY(maps_memory_now, lightpose_context_get_maps(context, &(lightpose_maps){0}, &failure))
static lightpose_status maps_memory(void) {
    assert_ok(lightpose_context_infer(context, &image, result, error));
    return maps_memory_now();
}
static lightpose_status decode_with(int width, float value) {
    const lightpose_maps maps = {.width = width, .height = 1, .heatmaps = zeros, .pafs = zeros};
    zeros[3] = value;
    return lightpose_context_decode(decoding, &maps, result, &failure);
}
CALL(decode_argument, decode_with(0, 0))
CALL(decode_limit, decode_with(5000, 0))
CALL(decode_not_finite, decode_with(1, NAN))
NO_MEMORY(decode_memory, decode_with(1, 0))
static lightpose_status calibrate_with(int height) {
    lightpose_settings changed = settings;
    changed.height = height;
    return lightpose_calibrator_create(&some_calibrator, made_model, &changed, &failure);
}
CALL(calibrator_argument, calibrate_with(0))
CALL(calibrator_limit, calibrate_with(2056))
NO_MEMORY(calibrator_memory, calibrate_with(256))
static lightpose_status add_sized(int width, lightpose_format format) {
    lightpose_image other = image;
    other.width = width;
    other.format = format;
    other.strides[0] = 3 * (ptrdiff_t)width;
    return lightpose_calibrator_add(calibrator, &other, &failure);
}
CALL(add_argument, lightpose_calibrator_add(calibrator, NULL, &failure))
CALL(add_image, add_sized(MADE_WIDTH, (lightpose_format)99))
CALL(add_limit, add_sized(1 << 20, LIGHTPOSE_BGR24))
NO_MEMORY(add_memory, add_sized(MADE_WIDTH, LIGHTPOSE_BGR24))
static const char *text;
CALL(ranges_argument, lightpose_calibrator_get_ranges(calibrator, (lightpose_calibration)9, 0, &text, &failure))
CALL(ranges_state, lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_MINMAX, 0, &text, &failure))
NO_MEMORY(ranges_memory_now,
          lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_MINMAX, 0, &text, &failure))
static lightpose_status ranges_memory(void) {
    assert_ok(lightpose_calibrator_add(calibrator, &image, error));
    return ranges_memory_now();
}
static lightpose_status track_with(int confirm) {
    lightpose_tracker_settings tracking;
    lightpose_tracker_settings_init(&tracking);
    tracking.confirm_frames = confirm;
    return lightpose_tracker_create(&some_tracker, &tracking, &failure);
}
CALL(tracker_argument, track_with(0))
NO_MEMORY(tracker_memory, track_with(2))
CALL(update_argument, lightpose_tracker_update(tracker, NAN, result, &failure))
NO_MEMORY(update_memory_now, lightpose_tracker_update(tracker, 0, result, &failure))
static lightpose_status update_memory(void) {
    assert_ok(lightpose_result_assign(result, many, 64, error));
    return update_memory_now();
}
CALL(restore_argument, lightpose_tracker_restore(&some_tracker, "nothing", 7, &failure))
static lightpose_status restore_saved(void) {
    static char bytes[1 << 16];
    const size_t size = lightpose_tracker_save(tracker, bytes, sizeof bytes);
    return lightpose_tracker_restore(&some_tracker, bytes, size, &failure);
}
CALL(restore_memory, fail_memory(restore_saved))
CALL(governor_argument, lightpose_governor_create(&some_governor, NULL, 0, &failure))
NO_MEMORY(governor_memory, lightpose_governor_create(&some_governor, NULL, 0.05, &failure))
CALL(level_argument, lightpose_governor_get_settings(NULL, 0, &settings, &failure))
CALL(draw_argument, lightpose_canvas_draw(NULL, result, NULL, &failure))
CALL(draw_image, lightpose_canvas_draw(&(lightpose_canvas){0}, result, NULL, &failure))

/* In the order of the states that they need. `call` NULL: brought about elsewhere, or by a broken engine alone. */
static const struct failing {
    const char *function;
    lightpose_status status;
    trigger *call;
} failing[] = {
    {"lightpose_model_create", LIGHTPOSE_ERROR_ARGUMENT, model_argument},
    {"lightpose_model_create", LIGHTPOSE_ERROR_FILE, model_file},
    {"lightpose_model_create", LIGHTPOSE_ERROR_WEIGHTS, model_weights},
    {"lightpose_model_create", LIGHTPOSE_ERROR_MEMORY, model_memory},
    {"lightpose_model_create_from_memory", LIGHTPOSE_ERROR_ARGUMENT, bytes_argument},
    {"lightpose_model_create_from_memory", LIGHTPOSE_ERROR_WEIGHTS, bytes_weights},
    {"lightpose_model_create_from_memory", LIGHTPOSE_ERROR_MEMORY, bytes_memory},
    {"lightpose_precision_parse", LIGHTPOSE_ERROR_ARGUMENT, precision_argument},
    {"lightpose_decoder_parse", LIGHTPOSE_ERROR_ARGUMENT, decoder_argument},
    {"lightpose_format_parse", LIGHTPOSE_ERROR_ARGUMENT, format_argument},
    {"lightpose_settings_set", LIGHTPOSE_ERROR_ARGUMENT, set_argument},
    {"lightpose_settings_get", LIGHTPOSE_ERROR_ARGUMENT, get_argument},
    {"lightpose_image_crop", LIGHTPOSE_ERROR_ARGUMENT, crop_argument},
    {"lightpose_image_crop", LIGHTPOSE_ERROR_IMAGE, crop_image},
    {"lightpose_result_create", LIGHTPOSE_ERROR_ARGUMENT, result_argument},
    {"lightpose_result_create", LIGHTPOSE_ERROR_MEMORY, result_memory},
    {"lightpose_result_assign", LIGHTPOSE_ERROR_ARGUMENT, assign_argument},
    {"lightpose_result_assign", LIGHTPOSE_ERROR_MEMORY, assign_memory},
    {"lightpose_context_create", LIGHTPOSE_ERROR_ARGUMENT, context_argument},
    {"lightpose_context_create", LIGHTPOSE_ERROR_LIMIT, context_limit},
    {"lightpose_context_create", LIGHTPOSE_ERROR_UNSUPPORTED, context_unsupported},
    {"lightpose_context_create", LIGHTPOSE_ERROR_MEMORY, context_memory},
    {"lightpose_context_create", LIGHTPOSE_ERROR_ENGINE, NULL},
    {"lightpose_context_prepare", LIGHTPOSE_ERROR_ARGUMENT, prepare_argument},
    {"lightpose_context_prepare", LIGHTPOSE_ERROR_IMAGE, prepare_image},
    {"lightpose_context_prepare", LIGHTPOSE_ERROR_LIMIT, prepare_limit},
    {"lightpose_context_prepare", LIGHTPOSE_ERROR_STATE, prepare_state},
    {"lightpose_context_prepare", LIGHTPOSE_ERROR_MEMORY, prepare_memory},
    {"lightpose_context_prepare", LIGHTPOSE_ERROR_ENGINE, NULL},
    {"lightpose_context_infer", LIGHTPOSE_ERROR_ARGUMENT, infer_argument},
    {"lightpose_context_infer", LIGHTPOSE_ERROR_IMAGE, infer_image},
    {"lightpose_context_infer", LIGHTPOSE_ERROR_LIMIT, infer_limit},
    {"lightpose_context_infer", LIGHTPOSE_ERROR_STATE, infer_state},
    {"lightpose_context_infer", LIGHTPOSE_ERROR_MEMORY, infer_memory},
    {"lightpose_context_infer", LIGHTPOSE_ERROR_ENGINE, NULL},
    {"lightpose_context_get_maps", LIGHTPOSE_ERROR_ARGUMENT, maps_argument},
    {"lightpose_context_get_maps", LIGHTPOSE_ERROR_STATE, maps_state},
    {"lightpose_context_get_maps", LIGHTPOSE_ERROR_MEMORY, maps_memory},
    {"lightpose_context_decode", LIGHTPOSE_ERROR_ARGUMENT, decode_argument},
    {"lightpose_context_decode", LIGHTPOSE_ERROR_LIMIT, decode_limit},
    {"lightpose_context_decode", LIGHTPOSE_ERROR_NOT_FINITE, decode_not_finite},
    {"lightpose_context_decode", LIGHTPOSE_ERROR_MEMORY, decode_memory},
    {"lightpose_calibrator_create", LIGHTPOSE_ERROR_ARGUMENT, calibrator_argument},
    {"lightpose_calibrator_create", LIGHTPOSE_ERROR_LIMIT, calibrator_limit},
    {"lightpose_calibrator_create", LIGHTPOSE_ERROR_MEMORY, calibrator_memory},
    {"lightpose_calibrator_create", LIGHTPOSE_ERROR_ENGINE, NULL},
    {"lightpose_calibrator_get_ranges", LIGHTPOSE_ERROR_ARGUMENT, ranges_argument},
    {"lightpose_calibrator_get_ranges", LIGHTPOSE_ERROR_STATE, ranges_state},
    {"lightpose_calibrator_add", LIGHTPOSE_ERROR_ARGUMENT, add_argument},
    {"lightpose_calibrator_add", LIGHTPOSE_ERROR_IMAGE, add_image},
    {"lightpose_calibrator_add", LIGHTPOSE_ERROR_LIMIT, add_limit},
    {"lightpose_calibrator_add", LIGHTPOSE_ERROR_MEMORY, add_memory},
    {"lightpose_calibrator_add", LIGHTPOSE_ERROR_WEIGHTS, NULL}, /* test_calibrate.c */
    {"lightpose_calibrator_add", LIGHTPOSE_ERROR_ENGINE, NULL},
    {"lightpose_calibrator_get_ranges", LIGHTPOSE_ERROR_MEMORY, ranges_memory},
    {"lightpose_governor_create", LIGHTPOSE_ERROR_ARGUMENT, governor_argument},
    {"lightpose_governor_create", LIGHTPOSE_ERROR_MEMORY, governor_memory},
    {"lightpose_governor_get_settings", LIGHTPOSE_ERROR_ARGUMENT, level_argument},
    {"lightpose_tracker_create", LIGHTPOSE_ERROR_ARGUMENT, tracker_argument},
    {"lightpose_tracker_create", LIGHTPOSE_ERROR_MEMORY, tracker_memory},
    {"lightpose_tracker_update", LIGHTPOSE_ERROR_ARGUMENT, update_argument},
    {"lightpose_tracker_update", LIGHTPOSE_ERROR_MEMORY, update_memory},
    {"lightpose_tracker_restore", LIGHTPOSE_ERROR_ARGUMENT, restore_argument},
    {"lightpose_tracker_restore", LIGHTPOSE_ERROR_MEMORY, restore_memory},
    {"lightpose_canvas_draw", LIGHTPOSE_ERROR_ARGUMENT, draw_argument},
    {"lightpose_canvas_draw", LIGHTPOSE_ERROR_IMAGE, draw_image},
    {"lightpose_canvas_draw", LIGHTPOSE_ERROR_MEMORY, NULL},      /* OpenCV's */
    {"lightpose_canvas_draw", LIGHTPOSE_ERROR_UNSUPPORTED, NULL}, /* a build without drawing */
    {"lightpose_canvas_draw", LIGHTPOSE_ERROR_ENGINE, NULL},
};

enum { FAILING = sizeof failing / sizeof *failing };

static int is_without_drawing(void) {
    lightpose_system system;
    lightpose_system_get(&system);
    return strcmp(system.drawing, "none") == 0;
}

static void every_error_comes_about_and_is_cleared_before(void **state) {
    (void)state;
    for (int i = 0; i < FAILING; i++) {
        if (!failing[i].call || (failing[i].call == draw_image && is_without_drawing()))
            continue;
        failure = (lightpose_error){.status = LIGHTPOSE_ERROR_ENGINE, .text = "of an earlier call"};
        const lightpose_status status = failing[i].call();
        if (status != failing[i].status || failure.status != status || strstr(failure.text, "earlier") ||
            !*failure.text)
            fail_msg("%s: %s instead of %s (\"%s\")", failing[i].function, lightpose_status_get_name(status),
                     status_words[failing[i].status], failure.text);
    }
    failure = (lightpose_error){.status = LIGHTPOSE_ERROR_ENGINE, .text = "of an earlier call"};
    assert_int_equal(lightpose_context_infer(context, &image, result, &failure), LIGHTPOSE_OK);
    assert_int_equal(failure.status, LIGHTPOSE_OK);
    assert_string_equal(failure.text, "");
}

static char *read_header(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/include/lightpose/lightpose.h", getenv("LIGHTPOSE_SOURCE"));
    FILE *const file = fopen(path, "rb");
    char *const header = calloc(1, 1 << 18);

    assert_non_null(file);
    assert_non_null(header);
    assert_true(fread(header, 1, (1 << 18) - 1, file) > 1000);
    fclose(file);
    return header;
}

/* The statuses that the comment before `declaration` lists, as bits. */
static unsigned listed_before(const char *header, const char *declaration) {
    const char *start = declaration;
    unsigned bits = 0;

    while (start > header && strncmp(start, "/*", 2) != 0)
        start--;
    const char *const end = strstr(start, "*/"), *at = strstr(start, "Errors:");
    if (!at || at > end)
        return 0;
    while (at < end) {
        size_t length = 0;
        while (isupper((unsigned char)at[length]) || at[length] == '_')
            length++;
        for (int s = 1; s < STATUSES && length; s++)
            if (strlen(status_words[s]) == length && memcmp(at, status_words[s], length) == 0)
                bits |= 1u << s;
        at += length ? length : 1;
    }
    return bits;
}

static void the_header_lists_exactly_these(void **state) {
    char *const header = read_header();
    int functions = 0;

    (void)state;
    for (const char *at = header; (at = strstr(at, "\nLIGHTPOSE_API LIGHTPOSE_NODISCARD")); at++) {
        const char *const open = strchr(at, '('), *const close = strchr(at, ';');
        const char *name = open;
        char text_of[128] = "";
        unsigned known = 0;
        while (isalnum((unsigned char)name[-1]) || name[-1] == '_')
            name--;
        snprintf(text_of, sizeof text_of, "%.*s", (int)(open - name), name);
        const char *const with_error = strstr(at, "lightpose_error *error");
        if (!with_error || with_error > close)
            continue;
        for (int i = 0; i < FAILING; i++)
            known |= strcmp(failing[i].function, text_of) == 0 ? 1u << failing[i].status : 0;
        const unsigned listed = listed_before(header, at);
        for (int s = 1; s < STATUSES; s++)
            if ((listed ^ known) & (1u << s))
                fail_msg("%s: the header %s %s, the code %s", text_of, listed & (1u << s) ? "lists" : "omits",
                         status_words[s], known & (1u << s) ? "gives it" : "does not give it");
        functions++;
    }
    free(header);
    assert_int_equal(functions, 24);
}

/* ---- Structures -------------------------------------------------------------------------------------------------- */

static void reserved_fields_are_refused(void **state) {
    lightpose_image picture = image;
    lightpose_settings changed = settings;
    lightpose_tracker_settings tracking;
    lightpose_draw_settings drawing;
    lightpose_maps maps = {.width = 1, .height = 1, .heatmaps = zeros, .pafs = zeros, .reserved = {0, 1}};
    lightpose_canvas canvas = {.pixels = &made_pixels[0][0][0],
                               .stride = 3 * MADE_WIDTH,
                               .width = MADE_WIDTH,
                               .height = MADE_HEIGHT,
                               .format = LIGHTPOSE_BGR24};
    lightpose_pose pose = {.reserved = {7}};

    (void)state;
    zeros[3] = 0;
    picture.reserved[1] = 5;
    assert_fails(lightpose_context_infer(context, &picture, result, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "image->reserved[1] is 5");
    assert_fails(lightpose_calibrator_add(calibrator, &picture, error), LIGHTPOSE_ERROR_ARGUMENT, "reserved[1]");
    assert_fails(lightpose_image_crop(&picture, &(int){0}, &(int){0}, 1, 1, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "reserved[1]");
    assert_fails(lightpose_context_decode(decoding, &maps, result, error), LIGHTPOSE_ERROR_ARGUMENT, "reserved[1]");
    assert_fails(lightpose_result_assign(result, &pose, 1, error), LIGHTPOSE_ERROR_ARGUMENT, "reserved[0] is 7");
    changed.reserved[12] = 1;
    assert_fails(lightpose_context_create(&some_context, NULL, &changed, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "reserved[12]");
    lightpose_tracker_settings_init(&tracking);
    tracking.reserved[3] = 1;
    assert_fails(lightpose_tracker_create(&some_tracker, &tracking, error), LIGHTPOSE_ERROR_ARGUMENT, "reserved[3]");
    lightpose_draw_settings_init(&drawing);
    drawing.reserved[0] = 1;
    if (!is_without_drawing())
        assert_fails(lightpose_canvas_draw(&canvas, result, &drawing, error), LIGHTPOSE_ERROR_ARGUMENT, "reserved[0]");
    canvas.reserved[1] = 1;
    assert_fails(lightpose_canvas_draw(&canvas, result, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "reserved[1]");
}

static void zeroed_settings_are_refused_with_the_remedy(void **state) {
    lightpose_settings zero = {0};
    const size_t sides_end = offsetof(lightpose_settings, max_image_side) + sizeof zero.max_image_side;

    (void)state;
    assert_fails(lightpose_context_create(&some_context, NULL, &zero, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "lightpose_settings_init");
    /* What lies between the fields is anything. */
    memset((char *)&zero + sides_end, 0xA5, offsetof(lightpose_settings, max_image_pixels) - sides_end);
    assert_fails(lightpose_context_create(&some_context, NULL, &zero, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "lightpose_settings_init");
}

static int open_all(void **state) {
    if (made_model_load(state))
        return -1;
    settings = made_settings();
    image = made_picture();
    context = made_context(&settings);
    result = made_result();
    return lightpose_context_create(&decoding, NULL, &settings, NULL) ||
           lightpose_tracker_create(&tracker, NULL, NULL) || lightpose_result_create(&spare, NULL) ||
           lightpose_calibrator_create(&calibrator, made_model, &settings, NULL);
}

static int close_all(void **state) {
    lightpose_context_destroy(&context);
    lightpose_context_destroy(&decoding);
    lightpose_result_destroy(&result);
    lightpose_result_destroy(&spare);
    lightpose_tracker_destroy(&tracker);
    lightpose_calibrator_destroy(&calibrator);
    return made_model_release(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_comes_about_and_is_cleared_before),
        cmocka_unit_test(the_header_lists_exactly_these),
        cmocka_unit_test(reserved_fields_are_refused),
        cmocka_unit_test(zeroed_settings_are_refused_with_the_remedy),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
