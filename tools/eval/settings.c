/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(void) {
    lp_cli_error("eval: not enough memory for the settings");
    return LP_CLI_FAILED;
}

/* Takes ownership of `name`. */
static lp_setting *append(lp_settings_list *settings, const lp_cli_model *model, char *name) {
    if (name && settings->count == settings->capacity) {
        const size_t capacity = settings->capacity ? 2 * settings->capacity : 16;
        lp_setting *const list = reallocarray(settings->list, capacity, sizeof *list);
        if (!list) {
            free(name);
            return NULL;
        }
        settings->list = list;
        settings->capacity = capacity;
    }
    if (!name)
        return NULL;
    lp_setting *const setting = &settings->list[settings->count++];
    *setting = (lp_setting){.name = name, .model = *model};
    return setting;
}

static char *describe(const lp_cli_model *model) {
    char *text;
    return asprintf(&text, "height %d, %s, decoder %s", model->settings.height,
                    lightpose_precision_get_name(model->settings.precision),
                    lightpose_decoder_get_name(model->settings.decoder)) < 0
               ? NULL
               : text;
}

int lp_settings_add(lp_settings_list *settings, const lp_cli_model *model, const char *name) {
    return append(settings, model, name ? strdup(name) : describe(model)) ? LP_CLI_GO : no_memory();
}

int lp_settings_add_words(lp_settings_list *settings, const lp_cli_model *base, const char *words) {
    static const lp_cli_command command = {"eval", NULL, "Options of --compare.", NULL};
    lp_setting *const setting = append(settings, base, strdup(words));
    lp_cli_operands none;
    if (!setting)
        return no_memory();
    const int count = lp_cli_split(words, &setting->words);
    if (count < 0) {
        setting->words = NULL;
        return no_memory();
    }
    const lp_cli_group groups[] = {LP_CLI_MODEL_GROUP(&setting->model), {0}};
    return lp_cli_parse(&command, groups, count, setting->words, &none);
}

/* ---- Sweeps ------------------------------------------------------------------------------------------------------ */

enum { MOST_VALUES = 32 };

typedef struct values {
    int list[MOST_VALUES];
    int count;
} values;

/* Reads one value of a list as a value of that option. */
static int read_value(const char *option, const char *text, lp_cli_model *model) {
    static const lp_cli_command command = {"eval", NULL, "A sweep.", NULL};
    char name[64];
    char *words[] = {(char *)"lightpose", name, (char *)text, NULL};
    lp_cli_operands none;
    const lp_cli_group groups[] = {LP_CLI_MODEL_GROUP(model), {0}};
    snprintf(name, sizeof name, "--%s", option);
    return lp_cli_parse(&command, groups, 3, words, &none);
}

/* Reads a list such as "128,256" for option --height; `place` is where that option stores its value in `scratch`. */
static int read_values(values *to, const char *option, const char *text, lp_cli_model *scratch, const void *place) {
    char *const copy = strdup(text);
    char *rest = NULL;
    int code = copy ? LP_CLI_GO : no_memory();
    for (char *word = copy ? strtok_r(copy, ",", &rest) : NULL; word && code == LP_CLI_GO;
         word = strtok_r(NULL, ",", &rest)) {
        code = read_value(option, word, scratch);
        if (code == LP_CLI_GO && to->count == MOST_VALUES)
            code = lp_cli_usage("eval", "option --%ss: more than %d values", option, MOST_VALUES);
        if (code == LP_CLI_GO)
            memcpy(&to->list[to->count++], place, sizeof(int));
    }
    if (code == LP_CLI_GO && to->count == 0)
        code = lp_cli_usage("eval", "option --%ss: no value in \"%s\"", option, text);
    free(copy);
    return code;
}

/* Lists the precisions that a context can be opened with, the fastest first. */
static int probe_precisions(values *to, const lp_cli_model *base) {
    static const lightpose_precision all[] = {LIGHTPOSE_PRECISION_INT8, LIGHTPOSE_PRECISION_BF16,
                                              LIGHTPOSE_PRECISION_F32};
    lightpose_error error = {0};
    lightpose_model *model = NULL;
    lightpose_status status = lightpose_model_create(&model, base->weights, &error);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == LIGHTPOSE_OK; i++) {
        lightpose_settings settings = base->settings;
        lightpose_context *context = NULL;
        lightpose_error refused = {0};
        settings.precision = all[i];
        status = lightpose_context_create(&context, model, &settings, &refused);
        lightpose_context_destroy(&context);
        if (status == LIGHTPOSE_OK)
            to->list[to->count++] = (int)all[i];
        else if (status == LIGHTPOSE_ERROR_UNSUPPORTED)
            status = LIGHTPOSE_OK;
        else
            error = refused;
    }
    lightpose_model_destroy(&model);
    if (status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    return status == LIGHTPOSE_OK ? LP_CLI_GO : LP_CLI_FAILED;
}

/* Lists all decoders except `default`, which is one of the others. */
static int list_decoders(values *to) {
    for (int d = LIGHTPOSE_DECODER_DEFAULT + 1; to->count < MOST_VALUES; d++) {
        if (strcmp(lightpose_decoder_get_name((lightpose_decoder)d), "unknown") == 0)
            break;
        to->list[to->count++] = d;
    }
    return LP_CLI_GO;
}

int lp_settings_add_sweep(lp_settings_list *settings, const lp_cli_model *base, const lp_sweep *sweep) {
    values heights = {0}, precisions = {0}, decoders = {0}, looks = {0};
    lp_cli_model model = *base;
    lightpose_settings *const at = &model.settings;

    int code = read_values(&heights, "height", sweep->heights ? sweep->heights : "128,192,256,320,368,448,512", &model,
                           &at->height);
    if (code == LP_CLI_GO)
        code = sweep->decoders ? read_values(&decoders, "decoder", sweep->decoders, &model, &at->decoder)
                               : list_decoders(&decoders);
    if (code == LP_CLI_GO)
        code = sweep->precisions ? read_values(&precisions, "precision", sweep->precisions, &model, &at->precision)
                                 : probe_precisions(&precisions, base);
    if (code == LP_CLI_GO && sweep->second_looks)
        code = read_values(&looks, "second-look", sweep->second_looks, &model, &at->second_look);
    else
        looks.list[looks.count++] = base->settings.second_look;
    const int count = heights.count * precisions.count * decoders.count * looks.count;
    for (int i = 0; i < count && code == LP_CLI_GO; i++) {
        int at_value = i;
        at->second_look = looks.list[at_value % looks.count];
        at_value /= looks.count;
        at->decoder = (lightpose_decoder)decoders.list[at_value % decoders.count];
        at_value /= decoders.count;
        at->precision = (lightpose_precision)precisions.list[at_value % precisions.count];
        at->height = heights.list[at_value / precisions.count];
        code = lp_settings_add(settings, &model, NULL);
    }
    return code;
}

void lp_settings_free(lp_settings_list *settings) {
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->list[i].name);
        free(settings->list[i].words);
    }
    free(settings->list);
    *settings = (lp_settings_list){0};
}
