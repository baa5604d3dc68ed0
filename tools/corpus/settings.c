/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/settings.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_values.h"
#include "fail.h"
#include "output/text.h"

/* Copies the options of a group that `wanted` accepts. */
static int take(const lp_cli_group *group, int (*wanted)(const lp_cli_option *option), lp_cli_option *to, int most) {
    int count = 0;
    for (const lp_cli_option *o = group->options; o->name && count < most - 1; o++)
        if (wanted(o))
            to[count++] = *o;
    to[count] = (lp_cli_option){0};
    return count;
}

static int is_of_network(const lp_cli_option *option) {
    return !option->aside && strcmp(option->name, "max-people") != 0;
}

static int is_of_input(const lp_cli_option *option) {
    static const char *const names[] = {"stream", "rotate", "flip", "roi", "keep-damaged"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(option->name, names[i]))
            return 1;
    return 0;
}

void lp_corpus_settings_init(lp_corpus_settings *s) {
    lp_cli_group groups[LP_RUN_GROUPS];
    *s = (lp_corpus_settings){0};
    lp_run_options_init(&s->run);
    lp_run_options_groups(&s->run, groups);
    for (const lp_cli_group *g = groups; g->title; g++)
        if (!strcmp(g->title, "Input"))
            (void)take(g, is_of_input, s->input, sizeof s->input / sizeof *s->input);
    const lp_cli_group model = LP_CLI_MODEL_GROUP(&s->run.model);
    (void)take(&model, is_of_network, s->network, sizeof s->network / sizeof *s->network);
    s->groups[0] = (lp_cli_group){model.title, s->network, &s->run.model};
    s->groups[1] = (lp_cli_group){"Input", s->input, &s->run};
}

void lp_corpus_settings_free(lp_corpus_settings *s) {
    lp_run_options_free(&s->run);
    free(s->words);
    s->words = NULL;
}

/* Adds an option and its value. */
static void add_word(lp_text *text, const char *name, const json_t *value) {
    const json_t *item;
    size_t i;
    if (json_is_array(value)) {
        json_array_foreach(value, i, item) add_word(text, name, item);
        return;
    }
    if (json_is_integer(value) && json_integer_value(value) < 0 && !strcmp(name, "stream"))
        return; /* not given */
    lp_text_add(text, text->size ? " --" : "--");
    lp_text_add(text, json_is_false(value) ? "no-" : "");
    lp_text_add(text, name);
    if (json_is_boolean(value))
        return;
    lp_text_add(text, " ");
    if (json_is_integer(value))
        lp_text_integer(text, json_integer_value(value));
    else if (json_is_real(value))
        lp_text_number(text, json_real_value(value), 9);
    else
        for (const char *c = json_string_value(value); c && *c; c++)
            if (*c != ' ') /* "0, 0, 640, 360" must become one word */
                lp_text_bytes(text, c, 1);
}

char *lp_corpus_settings_text(const lp_corpus_settings *s) {
    json_t *const values = lp_cli_values(s->groups);
    lp_text text = {0};
    const char *name;
    json_t *value;
    json_object_foreach(values, name, value) add_word(&text, name, value);
    json_decref(values);
    char *const copy = values && !text.failed ? strndup(text.data ? text.data : "", text.size) : NULL;
    lp_text_free(&text);
    return copy;
}

lightpose_status lp_corpus_settings_read(lp_corpus_settings *s, const char *text, lightpose_error *error) {
    static const lp_cli_command command = {"corpus", NULL, "", NULL};
    lp_cli_operands none = {0};
    free(s->words);
    const int count = lp_cli_split(text, &s->words);
    if (count < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the settings of a corpus");
    if (lp_cli_parse(&command, s->groups, count, s->words, &none) != LP_CLI_GO)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "lightpose %s cannot read the settings of the corpus: %s",
                       lightpose_version(), text);
    lp_cli_operands_free(&none);
    return LIGHTPOSE_OK;
}

static void value_text(const json_t *value, char text[64]) {
    char *const dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    snprintf(text, 64, "%s", dumped ? dumped : "not given");
    free(dumped);
}

int lp_corpus_settings_differ(const lp_corpus_settings *theirs, const lp_corpus_settings *ours, char text[256]) {
    json_t *const a = lp_cli_values(theirs->groups), *const b = lp_cli_values(ours->groups);
    json_t *const both[] = {a, b};
    int differ = 0;
    const char *name;
    json_t *value;
    char there[64], here[64];
    for (int i = 0; i < 2; i++)
        json_object_foreach(both[i], name, value) {
            const json_t *const x = json_object_get(a, name), *const y = json_object_get(b, name);
            if (differ || (x && y && json_equal(x, y)))
                continue;
            value_text(x, there);
            value_text(y, here);
            snprintf(text, 256, "--%s is %s there and %s here", name, there, here);
            differ = 1;
        }
    json_decref(a);
    json_decref(b);
    return differ;
}

int lp_corpus_settings_engine(const char *command, const lp_corpus_settings *s, const lp_sources *sources,
                              lp_engine_options *engine) {
    const int code = lp_run_options_read(command, &s->run, engine);
    if (code != LP_CLI_GO)
        return code;
    lp_run_options_set_engine(&s->run, sources, engine);
    engine->settings.max_people = 0;
    engine->want_geometry = 1;
    return LP_CLI_GO;
}
