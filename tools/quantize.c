/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose quantize`: measures ranges for int8 on pictures. */

#include "cli.h"
#include "cli_range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "input/input.h"
#include "output/file.h"
#include "quantize/weights_file.h"
#include "run/work.h"
#include "which_weights.h"

/* With fewer frames than FEW_FRAMES, activations of other pictures are likely to exceed the ranges. */
enum { FEW_FRAMES = 16, TOLD_FAILURES = 3 };

static const lp_cli_command command = {
    "quantize", "[INPUT...]",
    "Writes weights that can run in int8. It runs the network in f32 on pictures and videos and measures the range of\n"
    "each activation. Use at least a few dozen pictures like those you will process. Some should show people: without\n"
    "them the ranges of activations that respond to people are too small.",
    "    lightpose quantize --images pictures -o my-int8.safetensors\n"
    "    lightpose quantize --weights fp32.safetensors --images pictures clip.mp4 --step 10 -o int8.safetensors\n"
    "    lightpose quantize --images pictures --ranges ranges.json      only the ranges, for weights/convert.py\n"};

typedef struct quantize_options {
    lp_cli_model model;
    lp_cli_operands images, lists;
    const char *output, *ranges;
    int method, quiet, no_clobber;
    float percentile;
    const char *first, *last;
    int64_t step;
} quantize_options;

static const char *const methods[] = {"default", "minmax", "percentile", "mse", NULL};

#define AT(what, field) LP_CLI_AT(what, quantize_options, field)

static const lp_cli_option input_options[] = {
    {"images", 'i', "PLACE", "a picture, a folder, a pattern in quotes or a video; may be repeated, or given as INPUT",
     AT(TEXTS, images)},
    {"list", 0, "FILE", "read inputs from FILE, one per line; may be repeated", AT(TEXTS, lists)},
    {"first", 0, "N", "first frame of each input, counted from 0, or a time (0:01:30, 90s)", AT(TEXT, first)},
    {"last", 0, "N", "last frame, or a time", AT(TEXT, last)},
    {"step", 0, "N", "every Nth frame", AT(INT64, step), .min = 1, .max = 9e15},
    {0}};

static const lp_cli_option output_options[] = {
    {"output", 'o', "FILE", "the new weights file", AT(TEXT, output)},
    {"ranges", 0, "FILE", "also write the ranges as JSON (-: to standard output)", AT(TEXT, ranges)},
    {"no-clobber", 'n', NULL, "refuse to replace a file", AT(FLAG, no_clobber)},
    {"quiet", 'q', NULL, "print errors only", AT(FLAG, quiet)},
    {0}};

static const lp_cli_option range_options[] = {
    {"method", 0, "NAME",
     "how to choose a range: minmax, all values; percentile, a share of them; mse, the range with the least squared "
     "error (default)",
     AT(CHOICE, method), .choices = methods},
    {"percentile", 0, "X", "the share of --method percentile, above 50 and at most 100 (99.99)", AT(NUMBER, percentile),
     .min = 50.001, .max = 100},
    {0}};

static const lp_cli_option network_options[] = {
    {"weights", 'w', "FILE", "weights file (default: $LIGHTPOSE_WEIGHTS, else the installed one)",
     AT(TEXT, model.weights)},
    {"height", 0, "N", "network input height (256)", AT(INT, model.settings.height), .min = 1, .max = 2048},
    {"extra-height", 0, "N", "also measure at this height; may be given 3 times",
     AT(INTS, model.settings.extra_heights), .min = 1, .max = 2048, .slots = 3},
    {"mirrored", 0, NULL, "also measure on the mirrored pictures", AT(FLAG, model.settings.flip)},
    {"threads", 't', "N", "number of threads (0: all CPUs that this process may use)", AT(INT, model.settings.threads),
     .max = 1024},
    {0}};

/* ---- Measuring --------------------------------------------------------------------------------------------------- */

typedef struct measuring {
    const quantize_options *options;
    lightpose_calibrator *calibrator;
    lp_input_options input;
    lp_input_picture picture;
    int64_t frames, start, last_shown;
    int failed, on_screen;
} measuring;

static void wipe(measuring *m) {
    if (m->on_screen)
        fprintf(stderr, "\r%*s\r", m->on_screen, "");
    m->on_screen = 0;
}

static void show_progress(measuring *m, const char *name) {
    const int64_t now = lp_work_now();

    if (m->options->quiet || !isatty(STDERR_FILENO) || now - m->last_shown < INT64_C(200000000))
        return;
    m->last_shown = now;
    wipe(m);
    m->on_screen = fprintf(stderr, "%.60s: %" PRId64 " frames, %.1f a second", name, m->frames,
                           1e9 * (double)m->frames / (double)(now - m->start));
    fflush(stderr);
}

static void tell(measuring *m, const char *name, const char *text) {
    wipe(m);
    if (strstr(text, name))
        lp_cli_error("%s", text);
    else
        lp_cli_error("%s: %s", name, text);
    m->failed = 1;
}

static lightpose_status add_frame(measuring *m, const lp_input_frame *frame, lightpose_error *error) {
    if (frame->state != LP_INPUT_OK)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "frame %" PRId64 ": %s", frame->index, frame->reason);
    if (!frame->path)
        return lightpose_calibrator_add(m->calibrator, &frame->image, error);
    const lightpose_status status = lp_input_picture_read(&m->picture, frame->path, NULL, error);
    return status == LIGHTPOSE_OK ? lightpose_calibrator_add(m->calibrator, &m->picture.image, error) : status;
}

/* Reports and skips frames that cannot be read. Fails only with errors that every frame would have. */
static lightpose_status add_source(measuring *m, const lp_source *source, lightpose_error *error) {
    lightpose_error ended = {0};
    lp_input *input = NULL;
    lp_input_frame frame = {0};
    int told = 0, fatal = 0;

    int got = lp_input_open(&input, source, &m->input, &ended) == LIGHTPOSE_OK ? 1 : -1;
    while (got > 0 && !fatal && (got = lp_input_next(input, &frame, &ended)) > 0) {
        lightpose_error own = {0};
        const lightpose_status status = add_frame(m, &frame, &own);
        m->frames += status == LIGHTPOSE_OK;
        fatal = status == LIGHTPOSE_ERROR_WEIGHTS || status == LIGHTPOSE_ERROR_ENGINE;
        if (fatal)
            lp_fail(error, status, "%s", own.text);
        else if (status != LIGHTPOSE_OK && (frame.path || told++ < TOLD_FAILURES))
            tell(m, frame.path ? frame.path : source->text, own.text);
        m->failed |= status != LIGHTPOSE_OK;
        show_progress(m, source->name);
    }
    if (got < 0)
        tell(m, source->text, ended.text);
    lp_input_frame_release(&frame);
    lp_input_close(&input);
    return fatal ? error->status : LIGHTPOSE_OK;
}

static lightpose_status measure(measuring *m, const lp_sources *sources, lightpose_error *error) {
    m->start = lp_work_now();
    for (int i = 0; i < sources->count; i++)
        LP_TRY(add_source(m, &sources->items[i], error));
    wipe(m);
    if (m->frames == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "no picture could be read, so there are no ranges to write");
    if (m->frames < FEW_FRAMES && !m->options->quiet)
        lp_cli_error("only %" PRId64 " picture%s: larger activations of other pictures will be cut off; "
                     "use %d or more",
                     m->frames, m->frames == 1 ? "" : "s", FEW_FRAMES);
    return LIGHTPOSE_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* Output files, opened before the work so that one that cannot be written fails at once. */
typedef struct outputs {
    lp_output_guard *guard;
    lp_output_file *weights, *ranges;
} outputs;

static lightpose_status protect(outputs *out, const lp_sources *sources, const char *weights, int no_clobber,
                                lightpose_error *error) {
    LP_TRY(lp_output_guard_create(&out->guard, no_clobber, error));
    LP_TRY(lp_output_guard_input(out->guard, weights, error));
    for (int i = 0; i < sources->count; i++) {
        const lp_source *const source = &sources->items[i];
        if (source->kind == LP_SOURCE_VIDEO)
            LP_TRY(lp_output_guard_input(out->guard, source->text, error));
        for (int j = 0; j < source->count; j++)
            LP_TRY(lp_output_guard_input(out->guard, source->pictures[j], error));
    }
    return LIGHTPOSE_OK;
}

static lightpose_status open_output(lp_output_file **file, const char *path, lp_output_guard *guard,
                                    lightpose_error *error) {
    if (!path)
        return LIGHTPOSE_OK;
    LP_TRY(lp_output_guard_claim(guard, path, error));
    return lp_output_file_open(file, path, guard, error);
}

static lightpose_status write_ranges(lp_output_file *file, const char *text, lightpose_error *error) {
    LP_TRY(lp_output_file_write(file, text, strlen(text), error));
    return lp_output_file_write(file, "\n", 1, error);
}

/* Makes the bytes of the new file and checks that the library loads them. */
static lightpose_status make_weights(lp_weights_file *file, const char *ranges, const char *origin,
                                     lightpose_error *error) {
    lightpose_model *model = NULL;

    LP_TRY(lp_weights_file_set_ranges(file, ranges, origin, error));
    const lightpose_status status = lightpose_model_create_from_memory(&model, file->bytes, file->size, error);
    lightpose_model_destroy(&model);
    return status;
}

static lightpose_status write_all(outputs *out, const char *path, const char *ranges, const char *origin,
                                  lightpose_error *error) {
    lp_weights_file file = {0};
    lightpose_status status = LIGHTPOSE_OK;

    if (out->weights) {
        status = lp_weights_file_read(&file, path, error);
        if (status == LIGHTPOSE_OK)
            status = make_weights(&file, ranges, origin, error);
        if (status == LIGHTPOSE_OK)
            status = lp_output_file_write(out->weights, file.bytes, file.size, error);
        lp_weights_file_free(&file);
    }
    if (status == LIGHTPOSE_OK && out->ranges)
        status = write_ranges(out->ranges, ranges, error);
    if (status == LIGHTPOSE_OK && out->weights)
        status = lp_output_file_commit(&out->weights, error);
    if (status == LIGHTPOSE_OK && out->ranges)
        status = lp_output_file_commit(&out->ranges, error);
    return status;
}

/* ---- The command ------------------------------------------------------------------------------------------------- */

static const char *method_name(const quantize_options *o) {
    return methods[o->method != LIGHTPOSE_CALIBRATION_DEFAULT ? o->method : LIGHTPOSE_CALIBRATION_MSE];
}

static lightpose_status quantize(measuring *m, outputs *out, lightpose_model **model, const lp_sources *sources,
                                 lightpose_error *error) {
    const quantize_options *const o = m->options;
    const char *const path = lp_which_weights(o->model.weights), *ranges;
    char origin[160], percent[32] = "";

    LP_TRY(protect(out, sources, path, o->no_clobber, error));
    LP_TRY(open_output(&out->weights, o->output, out->guard, error));
    LP_TRY(open_output(&out->ranges, o->ranges, out->guard, error));
    LP_TRY(lightpose_model_create(model, path, error));
    if (!o->quiet)
        lp_tell_weights(*model, o->model.weights);
    LP_TRY(lightpose_calibrator_create(&m->calibrator, *model, &o->model.settings, error));
    LP_TRY(measure(m, sources, error));
    LP_TRY(lightpose_calibrator_get_ranges(m->calibrator, (lightpose_calibration)o->method, (double)o->percentile,
                                           &ranges, error));
    if (o->method == LIGHTPOSE_CALIBRATION_PERCENTILE)
        snprintf(percent, sizeof percent, " %g", o->percentile > 0 ? (double)o->percentile : 99.99);
    snprintf(origin, sizeof origin, "lightpose %s quantize: %s%s of %" PRId64 " pictures at height %d",
             lightpose_version(), method_name(o), percent, m->frames, o->model.settings.height);
    LP_TRY(write_all(out, path, ranges, origin, error));
    if (!o->quiet && (!o->ranges || strcmp(o->ranges, "-") != 0))
        printf("%s: ranges for int8, %s%s of %" PRId64 " picture%s, in %.1f s\n", o->output ? o->output : o->ranges,
               method_name(o), percent, m->frames, m->frames == 1 ? "" : "s",
               1e-9 * (double)(lp_work_now() - m->start));
    return LIGHTPOSE_OK;
}

static int gather(const quantize_options *o, const lp_cli_operands *inputs, lp_sources *sources) {
    const lp_cli_operands *const places[] = {&o->images, inputs, &o->lists};
    int code = LP_CLI_OK;

    for (int p = 0; p < 3; p++)
        for (int i = 0; i < places[p]->count; i++) {
            lightpose_error error = {0};
            const char *const text = places[p]->items[i];
            if ((p < 2 ? lp_sources_add(sources, text, &error) : lp_sources_add_list(sources, text, &error)) ==
                LIGHTPOSE_OK)
                continue;
            lp_cli_error("%s", error.text);
            code = LP_CLI_FAILED;
        }
    return code;
}

static int check(const quantize_options *o, const lp_cli_operands *inputs) {
    if (!o->images.count && !inputs->count && !o->lists.count)
        return lp_cli_usage(command.name, "no input: --images PLACE names pictures to measure on");
    if (!o->output && !o->ranges)
        return lp_cli_usage(command.name, "no output: -o FILE names the weights file to write");
    if (o->percentile > 0 && o->method != LIGHTPOSE_CALIBRATION_PERCENTILE)
        return lp_cli_usage(command.name, "option --percentile needs --method percentile");
    return LP_CLI_GO;
}

static int work(const quantize_options *o, const lp_cli_operands *inputs) {
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lp_sources sources = {0};
    measuring m = {.options = o};
    outputs out = {0};

    lp_input_options_default(&m.input);
    m.input.step = o->step;
    int code = lp_cli_range(command.name, o->first, o->last, &m.input.range);
    if (code != LP_CLI_GO)
        return code;
    code = gather(o, inputs, &sources);
    if (!sources.count) {
        code = LP_CLI_FAILED;
    } else if (quantize(&m, &out, &model, &sources, &error) != LIGHTPOSE_OK) {
        wipe(&m);
        lp_cli_error("%s", error.text);
        code = LP_CLI_FAILED;
    }
    lp_output_file_abort(&out.weights);
    lp_output_file_abort(&out.ranges);
    lp_output_guard_destroy(&out.guard);
    lightpose_calibrator_destroy(&m.calibrator);
    lightpose_model_destroy(&model);
    lp_input_picture_free(&m.picture);
    lp_sources_free(&sources);
    return m.failed ? LP_CLI_FAILED : code;
}

int cmd_quantize(int argc, char **argv) {
    quantize_options o = {.step = 1};
    lightpose_settings_init(&o.model.settings);
    const lp_cli_group groups[] = {{"Input", input_options, &o},
                                   {"Output", output_options, &o},
                                   {"Ranges", range_options, &o},
                                   {"Network", network_options, &o},
                                   {0}};
    lp_cli_operands inputs;
    int code = lp_cli_parse(&command, groups, argc, argv, &inputs);

    if (code == LP_CLI_GO) {
        code = check(&o, &inputs);
        if (code == LP_CLI_GO)
            code = work(&o, &inputs);
        lp_cli_operands_free(&inputs);
    }
    lp_cli_operands_free(&o.images);
    lp_cli_operands_free(&o.lists);
    return code;
}
