/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The option tables: what is accepted, where it goes, and what is refused with which words. */

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "settings.h"

struct values {
    lp_cli_model model;
    int flag;
    int64_t big;
    const char *text;
    int word;
    lp_cli_operands many;
};

static const char *const words[] = {"red", "green", NULL};

static const lp_cli_option table[] = {
    {"flag", 'f', NULL, "a flag", LP_CLI_AT(FLAG, struct values, flag)},
    {"big", 'b', "N", "a number", LP_CLI_AT(INT64, struct values, big), .min = -5, .max = 9e15},
    {"text", 'o', "DIR", "a text", LP_CLI_AT(TEXT, struct values, text)},
    {"word", 0, "NAME", "a word", LP_CLI_AT(CHOICE, struct values, word), .choices = words},
    {"many", 0, "X", "texts", LP_CLI_AT(TEXTS, struct values, many)},
    {0}};

static const lp_cli_command takes_operands = {"test", "INPUT...", "A test.", "    lightpose test x\n"};
static const lp_cli_command takes_none = {"test", NULL, "A test.", NULL};

static char said[4096];

/* Parses the words of `line`; what goes to stderr and stdout lies in `said`. */
static int parse(const lp_cli_command *command, const char *line, struct values *values, lp_cli_operands *operands,
                 char ***argv) {
    *values = (struct values){0};
    lightpose_settings_init(&values->model.settings);
    const lp_cli_group groups[] = {{"Options", table, values}, LP_CLI_MODEL_GROUP(&values->model), {0}};
    const int argc = lp_cli_split(line, argv);
    assert_true(argc >= 1);
    FILE *const to = tmpfile();
    assert_non_null(to);
    fflush(NULL);
    const int out = dup(1), err = dup(2);
    dup2(fileno(to), 1);
    dup2(fileno(to), 2);
    const int code = lp_cli_parse(command, groups, argc, *argv, operands);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    rewind(to);
    said[fread(said, 1, sizeof said - 1, to)] = 0;
    fclose(to);
    return code;
}

static void reads_every_kind(void **state) {
    (void)state;
    struct values v;
    lp_cli_operands o;
    char **argv;
    assert_int_equal(parse(&takes_operands,
                           "a --height 368 --extra-height 512 --extra-height=256 -f b --big=-3 -oDIR --word green "
                           "--many x --many=y --limb-threshold 0.25 "
                           "- -- --flag -z",
                           &v, &o, &argv),
                     LP_CLI_GO);
    assert_string_equal(said, "");
    assert_int_equal(v.model.settings.height, 368);
    assert_int_equal(v.model.settings.extra_heights[0], 512);
    assert_int_equal(v.model.settings.extra_heights[1], 256);
    assert_int_equal(v.model.settings.extra_heights[2], 0);
    assert_int_equal(v.flag, 1);
    assert_true(v.big == -3);
    assert_string_equal(v.text, "DIR");
    assert_int_equal(v.word, 1);
    assert_true(v.model.settings.limb_threshold == 0.25f);
    assert_int_equal(v.many.count, 2);
    assert_string_equal(v.many.items[1], "y");
    const char *const expected[] = {"a", "b", "-", "--flag", "-z"};
    assert_int_equal(o.count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(o.items[i], expected[i]);
    lp_cli_operands_free(&o);
    lp_cli_operands_free(&v.many);
    free(argv);
    assert_int_equal(parse(&takes_operands, "--flag --no-flag -b 7 -fo out", &v, &o, &argv), LP_CLI_GO);
    assert_int_equal(v.flag, 1);
    assert_true(v.big == 7);
    assert_string_equal(v.text, "out");
    lp_cli_operands_free(&o);
    free(argv);
    assert_int_equal(parse(&takes_operands, "--flag --no-flag", &v, &o, &argv), LP_CLI_GO);
    assert_int_equal(v.flag, 0);
    free(argv);
}

static void refuses(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"--hieght 3", "unknown option --hieght; did you mean --height?"},
        {"--fop", "unknown option --fop"},
        {"--zzzzzzzz", "unknown option --zzzzzzzz\n"},
        {"-z", "unknown option -z"},
        {"--=3", "unknown option --"},
        {"--height", "option --height needs a value (N)"},
        {"-b", "option -b (--big) needs a value (N)"},
        {"--height 0", "option --height: \"0\" is not a whole number from 1 to 2048"},
        {"--height 2049", "option --height: \"2049\" is not a whole number from 1 to 2048"},
        {"--height 25x", "\"25x\" is not a whole number"},
        {"--height=", "\"\" is not a whole number"},
        {"--height 99999999999999999999", "is not a whole number"},
        {"--big 9000000000000001", "is not a whole number from -5 to 9000000000000000"},
        {"--peak-threshold nan", "\"nan\" is not a number from 0 to 1000000"},
        {"--peak-threshold 0,5", "\"0,5\" is not a number from 0 to 1000000"},
        {"--peak-threshold 1e7", "\"1e7\" is not a number from 0 to 1000000"},
        {"--precision int4", "option --precision: \"int4\" is not auto, f32, bf16 or int8"},
        {"--word blue", "option --word: \"blue\" is not red or green"},
        {"--extra-height 0", "option --extra-height: \"0\" is not a whole number from 1 to 2048"},
        {"--extra-height 1 --extra-height 2 --extra-height 3 --extra-height 4",
         "option --extra-height: 4 is one too many; the limit is 3"},
        {"--flag=1", "option --flag takes no value (\"1\" given)"},
        {"--no-flag=1", "unknown option --no-flag"},
        {"--no-height", "unknown option --no-height"},
        {"--text=", "option --text: the value is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct values v;
        lp_cli_operands o;
        char **argv;
        assert_int_equal(parse(&takes_operands, cases[i].line, &v, &o, &argv), LP_CLI_USAGE);
        if (!strstr(said, cases[i].says))
            fail_msg("%s: said \"%s\", not \"%s\"", cases[i].line, said, cases[i].says);
        assert_non_null(strstr(said, "Try `lightpose test --help`."));
        assert_null(o.items);
        free(argv);
    }
    struct values v;
    lp_cli_operands o;
    char **argv;
    assert_int_equal(parse(&takes_none, "x", &v, &o, &argv), LP_CLI_USAGE);
    assert_non_null(strstr(said, "unexpected argument \"x\""));
    free(argv);
}

static void helps(void **state) {
    (void)state;
    struct values v;
    lp_cli_operands o;
    char **argv;
    assert_int_equal(parse(&takes_operands, "a --help --nonsense", &v, &o, &argv), LP_CLI_OK);
    assert_non_null(strstr(said, "Usage: lightpose test [options] INPUT..."));
    assert_non_null(strstr(said, "  -f, --flag              a flag\n"));
    assert_non_null(strstr(said, "      --word NAME         a word\n"));
    assert_non_null(strstr(said, "Examples:\n    lightpose test x\n"));
    free(argv);
}

/* A comma-decimal locale must not change what an option means. */
static void numbers_ignore_the_locale(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE.utf8")) {
        print_message("# skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    struct values v;
    lp_cli_operands o;
    char **argv;
    const int code = parse(&takes_operands, "--peak-threshold 0.25", &v, &o, &argv);
    setlocale(LC_ALL, "C");
    assert_int_equal(code, LP_CLI_GO);
    assert_true(v.model.settings.peak_threshold == 0.25f);
    free(argv);
}

/* What an option takes the library takes, and nothing more. */
static void ranges_are_the_librarys(void **state) {
    int compared = 0;

    (void)state;
    for (const lp_cli_option *o = lp_cli_model_options; o->name; o++) {
        lightpose_setting setting = {0};
        for (int i = 0; o->setting && lightpose_setting_get_info(i, &setting) == LIGHTPOSE_OK; i++)
            if (!strcmp(setting.name, o->setting))
                break;
        if (!o->setting || strcmp(setting.name, o->setting) || (o->kind != LP_CLI_INT && o->kind != LP_CLI_NUMBER))
            continue;
        const double high = o->max > 0 ? o->max : setting.high;
        const double steps[] = {setting.low, high, setting.low - 1, high * 1.01 + 1};
        for (int i = 0; i < 4; i++) {
            struct values v;
            lp_cli_operands operands;
            char **argv, line[128];
            snprintf(line, sizeof line, o->kind == LP_CLI_INT ? "--%s=%.0f" : "--%s=%.9g", o->name, steps[i]);
            const int code = parse(&takes_operands, line, &v, &operands, &argv);
            if (code != (i < 2 ? LP_CLI_GO : LP_CLI_USAGE))
                fail_msg("%s: exit code %d", line, code);
            lightpose_error detail = {0};
            if (i < 2 && lp_settings_check(&v.model.settings, &detail) != LIGHTPOSE_OK)
                fail_msg("%s: the library says \"%s\"", line, detail.text);
            free(argv);
            compared++;
        }
    }
    assert_int_equal(compared, 4 * 14);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_the_librarys),
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(refuses),
        cmocka_unit_test(helps),
        cmocka_unit_test(numbers_ignore_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
