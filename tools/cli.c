/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "cli.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_help.h"

/* The library's names, ended by NULL; lp_cli_parse fills them. */
static const char *precisions[LIGHTPOSE_PRECISION_INT8 + 2], *decoders[LIGHTPOSE_DECODER_REFINED + 2];

#define SETTING(what, field) LP_CLI_AT(what, lp_cli_model, settings.field), .setting = #field

const lp_cli_option lp_cli_model_options[] = {
    {"weights", 'w', "FILE", "weights file (default: $LIGHTPOSE_WEIGHTS, else the installed one)",
     LP_CLI_AT(TEXT, lp_cli_model, weights), .aside = 1},
    {"height", 0, "N", "network input height (256); more finds smaller people and takes more time",
     SETTING(INT, height), .min = 1, .max = 2048},
    {"precision", 0, "NAME", "auto, f32, bf16 or int8 (auto: int8 where the weights allow it)",
     SETTING(CHOICE, precision), .choices = precisions},
    {"decoder", 0, "NAME", "refined (the default), or reference: equal to the published PyTorch code",
     SETTING(CHOICE, decoder), .choices = decoders},
    {"threads", 't', "N", "number of threads (0: all CPUs that this process may use)", SETTING(INT, threads),
     .aside = 1},
    {"stages", 0, "N", "stages of the network, 1 or 2 (2)", SETTING(INT, stages)},
    {"extra-height", 0, "N",
     "another network height; the maps of all heights are averaged: more accurate, slower; may be given 3 times",
     SETTING(INTS, extra_heights), .min = 1, .max = 2048, .slots = 3},
    {"second-look", 0, "N", "search up to N parts of the picture again, enlarged, around people that are small",
     SETTING(INT, second_look)},
    {"tiles", 0, "N", "also search N x N tiles of the picture: for crowds of small people; takes N x N times as long",
     SETTING(INT, tiles)},
    {"average-mirrored", 0, NULL, "average with the maps of the mirrored picture: more accurate, takes twice as long",
     SETTING(FLAG, flip)},
    {"upsample", 0, "N", "factor of the maps' upsampling: 1, 2, 4 or 8 (4)", SETTING(INT, upsample)},
    {"peak-threshold", 0, "X", "the smallest heatmap value of a keypoint (0.1)", SETTING(NUMBER, peak_threshold)},
    {"peak-radius", 0, "X", "a peak suppresses others closer than this, in upsampled cells (6)",
     SETTING(NUMBER, peak_radius)},
    {"limb-samples", 0, "N", "points at which a limb is tested (10)", SETTING(INT, limb_samples)},
    {"limb-threshold", 0, "X", "a point supports its limb above this (-1: 0.1, with the decoder reference 0.05)",
     SETTING(NUMBER, limb_threshold)},
    {"limb-ratio", 0, "X", "more than this share of the points must support a limb (0.8)", SETTING(NUMBER, limb_ratio)},
    {"min-keypoints", 0, "N", "people with fewer keypoints are dropped (0: 2, with the decoder reference 3)",
     SETTING(INT, min_keypoints)},
    {"min-score", 0, "X", "people with a smaller score are dropped (-1: 0.1, with the decoder reference 0.2)",
     SETTING(NUMBER, min_score)},
    {"complete", 0, NULL, "complete missing keypoints, for --completed (default; --no-complete: do not)",
     SETTING(FLAG, complete)},
    {"max-people", 0, "N", "at most the N best people of a frame (0: all)", SETTING(INT, max_people)},
    {0}};

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

static void say(const char *name, const char *hint, const char *format, va_list args) {
    char line[2048];
    size_t used = name ? (size_t)snprintf(line, sizeof line, "%s%s: ", lp_cli_prefix(name), name)
                       : (size_t)snprintf(line, sizeof line, "lightpose: ");
    const int text = vsnprintf(line + used, sizeof line - used - 1, format, args);
    used += text < 0 ? 0 : (size_t)text;
    if (used > sizeof line - 2)
        used = sizeof line - 2;
    for (size_t i = 0; i < used; i++) /* file names may hold control characters, which a terminal would interpret */
        if (lp_cli_is_control(line[i]) && line[i] != '\n' && line[i] != '\t')
            line[i] = '?';
    line[used++] = '\n';
    line[used] = 0;
    fputs(line, stderr);
    if (hint)
        fprintf(stderr, "Try `%s%s --help`.\n", lp_cli_prefix(hint), hint);
}

void lp_cli_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(NULL, NULL, format, args);
    va_end(args);
}

int lp_cli_usage(const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(name, name, format, args);
    va_end(args);
    return LP_CLI_USAGE;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static bool read_integer(const char *value, const lp_cli_option *option, int64_t *to) {
    char *end;
    errno = 0;
    const long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno || (double)number < option->min || (double)number > option->max)
        return false;
    *to = number;
    return true;
}

static int bad_value(const lp_cli_command *command, const lp_cli_option *option, const char *value) {
    char limits[256] = "";
    if (option->choices && *value) {
        size_t used = 0;
        for (int i = 0; option->choices[i] && used < sizeof limits; i++) {
            const char *const between = i == 0 ? "" : option->choices[i + 1] ? ", " : " or ";
            used += (size_t)snprintf(limits + used, sizeof limits - used, "%s%s", between, option->choices[i]);
        }
        return lp_cli_usage(command->name, "option --%s: \"%s\" is not %s", option->name, value, limits);
    }
    if (option->kind == LP_CLI_TEXT || option->kind == LP_CLI_TEXTS)
        return lp_cli_usage(command->name, "option --%s: the value is empty", option->name);
    if (option->kind == LP_CLI_NUMBER)
        return lp_cli_usage(command->name, "option --%s: \"%s\" is not a number from %.7g to %.7g", option->name, value,
                            option->min, option->max);
    int64_t whole;
    if (option->kind == LP_CLI_INTS && read_integer(value, option, &whole))
        return lp_cli_usage(command->name, "option --%s: %s is one too many; the limit is %d", option->name, value,
                            option->slots);
    return lp_cli_usage(command->name, "option --%s: \"%s\" is not a whole number from %.0f to %.0f", option->name,
                        value, option->min, option->max);
}

/* strtod follows the locale's decimal sign; an option does not. */
static bool read_number(const char *value, const lp_cli_option *option, float *to) {
    const locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!c)
        return false;
    char *end;
    const double number = strtod_l(value, &end, c);
    freelocale(c);
    if (end == value || *end || !(number >= option->min && number <= option->max))
        return false;
    *to = (float)number;
    return true;
}

static bool read_choice(const char *value, const lp_cli_option *option, int *to) {
    for (int i = 0; option->choices[i]; i++)
        if (!strcmp(value, option->choices[i])) {
            *to = i;
            return true;
        }
    return false;
}

static bool append(lp_cli_operands *operands, const char *item) {
    const char **const items = realloc(operands->items, ((size_t)operands->count + 1) * sizeof *items);
    if (!items)
        return false;
    items[operands->count++] = item;
    operands->items = items;
    return true;
}

void lp_cli_operands_free(lp_cli_operands *operands) {
    free(operands->items);
    operands->items = NULL;
    operands->count = 0;
}

static bool store(const lp_cli_option *option, void *base, const char *value) {
    void *const to = (char *)base + option->offset;
    int64_t whole = 0;
    int choice;
    switch (option->kind) {
    case LP_CLI_FLAG:
        *(int *)to = 1;
        return true;
    case LP_CLI_INT:
        if (!read_integer(value, option, &whole))
            return false;
        *(int *)to = (int)whole;
        return true;
    case LP_CLI_INTS:
        for (int i = 0; i < option->slots && read_integer(value, option, &whole); i++)
            if (((int *)to)[i] == 0) {
                ((int *)to)[i] = (int)whole;
                return true;
            }
        return false;
    case LP_CLI_INT64:
        return read_integer(value, option, to);
    case LP_CLI_NUMBER:
        return read_number(value, option, to);
    case LP_CLI_CHOICE:
        return read_choice(value, option, to);
    case LP_CLI_TEXT:
        *(const char **)to = value;
        return *value != 0;
    case LP_CLI_TEXTS:
        return *value && (!option->choices || read_choice(value, option, &choice)) && append(to, value);
    }
    return false;
}

static lp_cli_option with_limits(const lp_cli_option *option) {
    lp_cli_option full = *option;
    lightpose_setting setting;

    for (int i = 0; full.setting && full.max == 0 && lightpose_setting_get_info(i, &setting) == LIGHTPOSE_OK; i++)
        if (!strcmp(setting.name, full.setting)) {
            full.min = setting.low;
            full.max = setting.high;
        }
    return full;
}

static int take_value(const lp_cli_command *command, const lp_cli_option *option, void *base, const char *value) {
    const lp_cli_option full = with_limits(option);
    return store(&full, base, value) ? LP_CLI_GO : bad_value(command, &full, value);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

/* Finds an option by its long name (`length` characters of `name`) or, if `length` is 0, by its letter. */
static const lp_cli_option *find(const lp_cli_group *groups, const char *name, size_t length, char letter,
                                 void **base) {
    for (; groups->title; groups++)
        for (const lp_cli_option *o = groups->options; o->name; o++)
            if (length ? strlen(o->name) == length && !memcmp(o->name, name, length) : letter && o->letter == letter) {
                *base = groups->base;
                return o;
            }
    return NULL;
}

/* Levenshtein distance, for "did you mean". */
static int distance(const char *a, size_t length, const char *b) {
    int row[64];
    const size_t other = strlen(b);
    if (other >= sizeof row / sizeof *row)
        return 1000;
    for (size_t j = 0; j <= other; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= length; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= other; j++) {
            const int replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            const int inserted = row[j - 1] + 1, removed = row[j] + 1;
            row[j] = replaced < inserted ? replaced : inserted;
            row[j] = row[j] < removed ? row[j] : removed;
        }
    }
    return row[other];
}

static int unknown(const lp_cli_command *command, const lp_cli_group *groups, const char *name, size_t length) {
    const char *nearest = NULL;
    int best = length < 4 ? 2 : 3; /* do not suggest "roi" for "foo" */
    for (; groups->title; groups++)
        for (const lp_cli_option *o = groups->options; o->name; o++)
            if (distance(name, length, o->name) < best) {
                best = distance(name, length, o->name);
                nearest = o->name;
            }
    if (nearest)
        return lp_cli_usage(command->name, "unknown option --%.*s; did you mean --%s?", (int)length, name, nearest);
    return lp_cli_usage(command->name, "unknown option --%.*s", (int)length, name);
}

/* Reads the option at argv[*at]; its value may be the next word. */
static int read_long(const lp_cli_command *command, const lp_cli_group *groups, int argc, char **argv, int *at) {
    const char *const name = argv[*at] + 2;
    const size_t length = strcspn(name, "=");
    const char *const equals = name[length] ? name + length + 1 : NULL;
    void *base = NULL;
    const lp_cli_option *option = length ? find(groups, name, length, 0, &base) : NULL;
    if (!option && length > 3 && !strncmp(name, "no-", 3)) {
        option = find(groups, name + 3, length - 3, 0, &base);
        if (option && option->kind == LP_CLI_FLAG && !equals) {
            *(int *)((char *)base + option->offset) = 0;
            return LP_CLI_GO;
        }
        option = NULL;
    }
    if (!option)
        return unknown(command, groups, name, length);
    if (option->kind == LP_CLI_FLAG) {
        if (equals)
            return lp_cli_usage(command->name, "option --%s takes no value (\"%s\" given)", option->name, equals);
        store(option, base, NULL);
        return LP_CLI_GO;
    }
    if (!equals && *at + 1 >= argc)
        return lp_cli_usage(command->name, "option --%s needs a value (%s)", option->name, option->argument);
    const char *const value = equals ? equals : argv[++*at];
    return take_value(command, option, base, value);
}

/* "-x", "-xVALUE", "-x VALUE", or several flags in one word. */
static int read_short(const lp_cli_command *command, const lp_cli_group *groups, int argc, char **argv, int *at) {
    for (const char *c = argv[*at] + 1; *c; c++) {
        void *base = NULL;
        const lp_cli_option *const option = find(groups, NULL, 0, *c, &base);
        if (!option)
            return lp_cli_usage(command->name, "unknown option -%c", *c);
        if (option->kind == LP_CLI_FLAG) {
            store(option, base, NULL);
            continue;
        }
        if (!c[1] && *at + 1 >= argc)
            return lp_cli_usage(command->name, "option -%c (--%s) needs a value (%s)", *c, option->name,
                                option->argument);
        const char *const value = c[1] ? c + 1 : argv[++*at];
        return take_value(command, option, base, value);
    }
    return LP_CLI_GO;
}

static int read_word(const lp_cli_command *command, const lp_cli_group *groups, int argc, char **argv, int *at,
                     lp_cli_operands *operands) {
    const char *const word = argv[*at];
    if (word[0] == '-' && word[1] == '-')
        return read_long(command, groups, argc, argv, at);
    if (word[0] == '-' && word[1])
        return read_short(command, groups, argc, argv, at);
    if (!command->operands)
        return lp_cli_usage(command->name, "unexpected argument \"%s\": only options are accepted", word);
    if (!append(operands, word)) {
        lp_cli_error("out of memory");
        return LP_CLI_FAILED;
    }
    return LP_CLI_GO;
}

int lp_cli_parse(const lp_cli_command *command, const lp_cli_group *groups, int argc, char **argv,
                 lp_cli_operands *operands) {
    *operands = (lp_cli_operands){0};
    for (int i = 0; i <= LIGHTPOSE_PRECISION_INT8; i++)
        precisions[i] = lightpose_precision_get_name((lightpose_precision)i);
    for (int i = 0; i <= LIGHTPOSE_DECODER_REFINED; i++)
        decoders[i] = lightpose_decoder_get_name((lightpose_decoder)i);
    int code = LP_CLI_GO;
    bool options = true;
    for (int i = 1; i < argc && code == LP_CLI_GO; i++) {
        if (options && !strcmp(argv[i], "--")) {
            options = false;
        } else if (options && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
            lp_cli_help(command, groups);
            code = LP_CLI_OK;
        } else if (options && !strcmp(argv[i], "--list-options")) {
            lp_cli_complete(groups);
            code = LP_CLI_OK;
        } else if (options) {
            code = read_word(command, groups, argc, argv, &i, operands);
        } else if (!append(operands, argv[i])) {
            lp_cli_error("out of memory");
            code = LP_CLI_FAILED;
        }
    }
    if (code != LP_CLI_GO)
        lp_cli_operands_free(operands);
    return code;
}

int lp_cli_split(const char *text, char ***argv) {
    static const char program[] = "lightpose";
    /* At most one word for every two characters, the program's name and the final NULL. */
    const size_t length = strlen(text), words = length / 2 + 3;
    char **const list = malloc(words * sizeof *list + sizeof program + length + 1);
    if (!list)
        return -1;
    char *at = memcpy(list + words, program, sizeof program);
    list[0] = at;
    at = memcpy(at + sizeof program, text, length + 1);
    int count = 1;
    char *rest = NULL;
    for (char *word = strtok_r(at, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
        list[count++] = word;
    list[count] = NULL;
    *argv = list;
    return count;
}
