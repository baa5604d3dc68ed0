/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A command line, its words separated by lines: it is parsed into values within their limits, or refused. The words are
 * also read as what options hold: ranges, clips, addresses, settings. Nothing is opened. */

#include "fuzz.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_range.h"
#include "cli_values.h"
#include "input/address.h"
#include "input/source.h"
#include "settings.h"

enum { MOST_WORDS = 64, SLOTS = 3 };

struct options {
    lp_cli_model model;
    int flag, whole, choice, several[SLOTS];
    int64_t wide;
    float number;
    const char *text, *first, *last;
    lp_cli_operands texts, words;
};

static const char *const choices[] = {"left", "right", "middle", NULL};

static const lp_cli_option own[] = {
    {"flag", 'f', NULL, "a flag", LP_CLI_AT(FLAG, struct options, flag)},
    {"whole", 'n', "N", "a whole number", LP_CLI_AT(INT, struct options, whole), .min = -5, .max = 18},
    {"several", 0, "N", "some", LP_CLI_AT(INTS, struct options, several), .min = 1, .max = 99, .slots = SLOTS},
    {"wide", 'l', "N", "a wide one", LP_CLI_AT(INT64, struct options, wide), .min = 0, .max = 9e15},
    {"number", 'x', "X", "a number", LP_CLI_AT(NUMBER, struct options, number), .min = 0, .max = 1},
    {"text", 'o', "TEXT", "a text", LP_CLI_AT(TEXT, struct options, text)},
    {"choice", 'c', "NAME", "a choice", LP_CLI_AT(CHOICE, struct options, choice), .choices = choices},
    {"texts", 't', "TEXT", "texts", LP_CLI_AT(TEXTS, struct options, texts)},
    {"words", 'w', "NAME", "choices", LP_CLI_AT(TEXTS, struct options, words), .choices = choices},
    {"first", 0, "END", "the first", LP_CLI_AT(TEXT, struct options, first)},
    {"last", 0, "END", "the last", LP_CLI_AT(TEXT, struct options, last)},
    {0}};

static const lp_cli_command command = {"fuzz", "WORD...", "is fuzzed", "    lightpose fuzz  nothing\n"};

static void check(const struct options *o, const lp_cli_group *groups) {
    lightpose_error error = {0};

    must(o->flag == 0 || o->flag == 1);
    must(o->whole >= -5 && o->whole <= 18 && o->wide >= 0 && o->number >= 0 && o->number <= 1);
    must(o->choice >= 0 && o->choice < 3);
    for (int i = 0; i < SLOTS; i++)
        must(o->several[i] >= 0 && o->several[i] <= 99);
    must(!o->text || *o->text);
    if (!fuzz_told(lp_settings_check(&o->model.settings, &error), &error))       /* what the options let through, */
        must(o->model.settings.upsample == 3 || o->model.settings.upsample > 4); /* but for the powers of two */
    json_t *const values = lp_cli_values(groups);
    must(values != NULL);
    json_decref(values);
}

/* Messages and help go nowhere. */
static void keep_quiet(int quiet) {
    static FILE *nowhere, *out, *err;
    if (!nowhere) {
        nowhere = fopen("/dev/null", "we");
        out = stdout;
        err = stderr;
    }
    stdout = quiet ? nowhere : out;
    stderr = quiet ? nowhere : err;
}

static void parse(int argc, char **argv) {
    struct options o = {.choice = 0};
    const lp_cli_group groups[] = {{"Options", own, &o}, LP_CLI_MODEL_GROUP(&o.model), {0}};
    lp_cli_operands operands;
    lp_input_range range;

    lightpose_settings_init(&o.model.settings);
    keep_quiet(1);
    const int code = lp_cli_parse(&command, groups, argc, argv, &operands);
    keep_quiet(0);
    must(code == LP_CLI_GO || code == LP_CLI_USAGE || code == LP_CLI_OK);
    if (code == LP_CLI_GO) {
        check(&o, groups);
        keep_quiet(1);
        (void)lp_cli_range("fuzz", o.first, o.last, &range);
    }
    keep_quiet(0);
    lp_cli_operands_free(&operands);
    lp_cli_operands_free(&o.texts);
    lp_cli_operands_free(&o.words);
}

/* A setting takes a word, or says why not and stays as it was. */
static void set(const char *name, const char *value) {
    lightpose_settings settings, before;
    lightpose_error error = {0};
    double number;

    lightpose_settings_init(&settings);
    before = settings;
    if (fuzz_told(lightpose_settings_set(&settings, name, value, &error), &error))
        must(fuzz_told(lightpose_settings_get(&settings, name, &number, &error), &error));
    else
        must(memcmp(&before, &settings, sizeof before) == 0);
}

static void read_word(const char *word) {
    lp_input_range range;
    lightpose_error error = {0};
    const char *const input = lp_source_read_clip(word, &range, &error);

    must(input ? input > word && input <= word + strlen(word) : *error.text != 0);
    if (lp_address_is(word)) {
        char *const masked = lp_address_masked(word), *const name = lp_address_name(word);
        must(masked && name);
        (void)(lp_address_is_http(word) + lp_address_is_stream(word));
        free(masked);
        free(name);
    }
    char *const stem = lp_source_stem(word);
    must(stem && *stem && !strchr(stem, '/'));
    free(stem);
    (void)lp_source_is_picture_name(word);
    (void)lp_source_is_video_name(word);
    for (int i = 0; i < lightpose_setting_get_count(); i++) {
        lightpose_setting setting;
        must(lightpose_setting_get_info(i, &setting) == LIGHTPOSE_OK);
        set(setting.name, word);
    }
    set(word, "1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    char *words[MOST_WORDS + 2];
    char **split;
    int count = 1;

    char *const text = fuzz_text(&input);
    const int more = lp_cli_split(text, &split);
    must(more >= 1);
    parse(more, split);
    free(split);
    words[0] = strdup("lightpose");
    for (const char *at = text; *at && count <= MOST_WORDS; count++) {
        const size_t length = strcspn(at, "\n");
        words[count] = strndup(at, length);
        at += length + (at[length] != 0);
    }
    words[count] = NULL;
    parse(count, words);
    for (int i = 1; i < count; i++)
        read_word(words[i]);
    for (int i = 0; i < count; i++)
        free(words[i]);
    free(text);
    return 0;
}
