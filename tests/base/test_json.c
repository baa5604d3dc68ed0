/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The reader of JSON against Jansson: on random texts, and on those with a few bytes changed, both accept the
 * same and read the same. */

#include "check.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"

static uint32_t seed;

static unsigned chance(unsigned below) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % below;
}

/* ---- A tree, read with the reader under test --------------------------------------------------------------------- */

static json_t *read_value(lp_json *json);

static json_t *read_members(lp_json *json, char bracket) {
    json_t *const tree = bracket == '{' ? json_object() : json_array();
    int count = 0;

    lp_json_enter(json, bracket);
    while (lp_json_next(json, bracket, &count)) {
        char key[256];
        if (bracket == '{' && !lp_json_key(json, key, sizeof key))
            break;
        json_t *const value = read_value(json);
        if (!value)
            break;
        if (bracket == '{')
            json_object_set_new(tree, key, value);
        else
            json_array_append_new(tree, value);
    }
    return tree;
}

static json_t *read_value(lp_json *json) {
    char text[256];
    int64_t whole;
    double number;
    const char next = lp_json_peek(json);

    if (next == '{' || next == '[')
        return read_members(json, next);
    if (next == '"') {
        if (!lp_json_string(json, text, sizeof text))
            return NULL;
        json_t *const string = json_string(text);
        assert_non_null(string); /* Jansson takes UTF-8 alone */
        return string;
    }
    lp_json attempt = *json;
    if (lp_json_whole(&attempt, &whole)) {
        *json = attempt;
        return json_integer(whole);
    }
    if (strcmp(attempt.problem, "an integer beyond 64 bits") == 0) { /* Jansson refuses it as a number too */
        json->problem = attempt.problem;
        return NULL;
    }
    return lp_json_real(json, &number) ? json_real(number) : NULL;
}

/* NULL where the text is refused. */
static json_t *read_text(const char *text, size_t length) {
    lp_json json;
    lp_json_start(&json, text, length);
    json_t *const tree = read_value(&json);
    if (lp_json_finish(&json))
        return tree;
    assert_non_null(json.problem);
    assert_true(json.at >= json.begin && json.at <= json.end);
    json_decref(tree);
    return NULL;
}

static void check_text(const char *text, size_t length) {
    /* A block of exactly this length: a byte read beyond it is seen by the sanitizer. */
    char *const exact = malloc(length ? length : 1);
    memcpy(exact, text, length);
    json_t *const ours = read_text(exact, length);
    json_t *const theirs = json_loadb(exact, length, JSON_DECODE_ANY, NULL);
    if (!ours != !theirs || (ours && !json_equal(ours, theirs)))
        fail_msg("%s by this reader, %s by Jansson: %.*s", ours ? "read" : "refused", theirs ? "read" : "refused",
                 (int)length, text);
    json_decref(ours);
    json_decref(theirs);
    free(exact);
}

/* ---- Random texts ----------------------------------------------------------------------------------------------- */

typedef struct text {
    char bytes[4096];
    size_t length;
} text;

static void add(text *to, const char *bytes) {
    for (; *bytes && to->length < sizeof to->bytes; bytes++)
        to->bytes[to->length++] = *bytes;
}

static void add_space(text *to) {
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t\r"};
    add(to, spaces[chance(6)]);
}

static void add_string(text *to) {
    static const char *const pieces[] = {"a",        "conv1/dw",
                                         "\\n",      "\\\"",
                                         "\\\\",     "\\/",
                                         "\\u00e9",  "\\u4eba",
                                         "\\b\\f",   "\\ud83d\\ude00",
                                         "\xc3\xa9", "\xe4\xba\xba",
                                         "\\t",      "\xf0\x9f\x98\x80",
                                         "\\uFFFF",  " ",
                                         ""};
    add(to, "\"");
    for (unsigned n = chance(4); n > 0; n--)
        add(to, pieces[chance(sizeof pieces / sizeof *pieces)]);
    add(to, "\"");
}

static void add_number(text *to) {
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "7",
                                          "-12",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "0.5",
                                          "-1.25e3",
                                          "1E-7",
                                          "1e+2",
                                          "0.1",
                                          "3.4028235e38",
                                          "5e-324",
                                          "123456789.123456789"};
    add(to, numbers[chance(sizeof numbers / sizeof *numbers)]);
}

static void add_value(text *to, int depth) {
    const unsigned kind = chance(depth > 4 ? 2 : 4);

    add_space(to);
    if (kind == 0)
        add_string(to);
    else if (kind == 1)
        add_number(to);
    else {
        add(to, kind == 2 ? "{" : "[");
        for (unsigned n = chance(4), i = 0; i < n; i++) {
            add(to, i ? "," : "");
            add_space(to);
            if (kind == 2) {
                add_string(to);
                add_space(to);
                add(to, ":");
            }
            add_value(to, depth + 1);
        }
        add(to, kind == 2 ? "}" : "]");
    }
    add_space(to);
}

static void whole_texts_read_the_same(void **state) {
    (void)state;
    seed = 1;
    for (int i = 0; i < 20000; i++) {
        text made = {.length = 0};
        add_value(&made, 0);
        check_text(made.bytes, made.length);
    }
}

static void changed_texts_read_the_same(void **state) {
    static const char bytes[] = "{}[],:\"\\u0019.eE+- \n\x01\x7f\x80\xbf\xc0\xc3\xe0\xed\xf0\xf4\xf5\xff"
                                "adDtn/b";

    (void)state;
    seed = 2;
    for (int i = 0; i < 100000; i++) {
        text made = {.length = 0};
        add_value(&made, 2);
        for (unsigned n = 1 + chance(3); n > 0 && made.length > 0; n--) {
            const unsigned at = chance((unsigned)made.length);
            if (chance(4) == 0) { /* one byte less */
                memmove(made.bytes + at, made.bytes + at + 1, made.length - at - 1);
                made.length--;
            } else {
                made.bytes[at] = bytes[chance(sizeof bytes - 1)];
            }
        }
        check_text(made.bytes, made.length);
    }
}

/* Each place where a text can end. */
static void cut_texts_are_refused(void **state) {
    static const char whole[] = "{\"a\\u00e9\\ud83d\\ude00\xc3\xa9\": [1, -2.5e+3, \"\\n\"], \"b\": {}}";

    (void)state;
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        char *const exact = malloc(length ? length : 1);
        memcpy(exact, whole, length);
        assert_null(read_text(exact, length));
        free(exact);
    }
    check_text(whole, sizeof whole - 1);
}

/* ---- What the grammar allows and refuses, one by one ------------------------------------------------------------- */

static void the_grammar_is_kept(void **state) {
    static const char *const texts[] = {"",
                                        "01",
                                        "-",
                                        "1.",
                                        ".5",
                                        "1e",
                                        "1e+",
                                        "+1",
                                        "0x10",
                                        "1 2",
                                        "[1,]",
                                        "[,1]",
                                        "{\"a\"}",
                                        "{\"a\":1,}",
                                        "{1:2}",
                                        "[1 2]",
                                        "\"",
                                        "\"\\\"",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "\"\x1f\"",
                                        "\"\x7f\"",
                                        "[\"\"]",
                                        "\"\\ud800\"",
                                        "\"\\ud800\\u0041\"",
                                        "\"\\udc00\"",
                                        "\"\\ud800\\\"",
                                        "\"\xc0\x80\"",
                                        "\"\xed\xa0\x80\"",
                                        "\"\xf4\x90\x80\x80\"",
                                        "\"\xe0\x80\x80\"",
                                        "\"\xf8\x88\x80\x80\x80\"",
                                        "\"\xc3\"",
                                        "\"\x80\"",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "1e309",
                                        "-1e309",
                                        "[[[[[]]]]]",
                                        "}",
                                        "\"\\u0000\"",
                                        "1e-999",
                                        "\xef\xbb\xbf{}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(texts[i], strlen(texts[i]));
    assert_null(read_text("1\0", 2)); /* Jansson takes the NUL for the end */
    check_text("\"a\0b\"", 5);
}

static void a_string_must_fit_its_room(void **state) {
    char out[6];
    lp_json json;

    (void)state;
    lp_json_start(&json, "\"12345\"", 7);
    assert_int_equal(lp_json_string(&json, out, sizeof out), 1);
    assert_string_equal(out, "12345");
    lp_json_start(&json, "\"123456\"", 8);
    assert_int_equal(lp_json_string(&json, out, sizeof out), 0);
    assert_string_equal(json.problem, "a string that is too long");
    lp_json_start(&json, "\"\"", 2);
    assert_int_equal(lp_json_string(&json, out, 0), 0);
}

/* A hundred and more digits are a number too, but not one that a weights file needs. */
static void a_number_must_fit_its_room(void **state) {
    char digits[200];
    double value;
    lp_json json;

    (void)state;
    memset(digits, '1', sizeof digits);
    lp_json_start(&json, digits, 127);
    assert_int_equal(lp_json_real(&json, &value), 1);
    lp_json_start(&json, digits, 128);
    assert_int_equal(lp_json_real(&json, &value), 0);
    assert_string_equal(json.problem, "a number with too many digits");
}

static void a_problem_stays(void **state) {
    lp_json json;
    double value;
    int64_t whole;
    int count = 0;
    char out[8];

    (void)state;
    lp_json_start(&json, "[1,{}]", 6);
    assert_int_equal(lp_json_enter(&json, '{'), 0);
    assert_string_equal(json.problem, "expected an object");
    assert_int_equal(lp_json_enter(&json, '['), 0);
    assert_int_equal(lp_json_next(&json, '[', &count), 0);
    assert_int_equal(lp_json_real(&json, &value), 0);
    assert_int_equal(lp_json_whole(&json, &whole), 0);
    assert_int_equal(lp_json_string(&json, out, sizeof out), 0);
    assert_int_equal(lp_json_finish(&json), 0);
    assert_string_equal(json.problem, "expected an object");
    assert_int_equal(json.at - json.begin, 0);
}

/* In a locale whose decimal point is a comma numbers still read by JSON's. */
static void the_locale_does_not_matter(void **state) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    const char *set = NULL;
    double value;
    lp_json json;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]);
    if (!set) {
        print_message("# no locale with a decimal comma is installed\n");
        skip();
    }
    assert_string_equal(localeconv()->decimal_point, ",");
    lp_json_start(&json, "-2.5e1", 6);
    assert_int_equal(lp_json_real(&json, &value), 1);
    setlocale(LC_NUMERIC, "C");
    assert_true(value == -25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_texts_read_the_same),
        cmocka_unit_test(changed_texts_read_the_same),
        cmocka_unit_test(cut_texts_are_refused),
        cmocka_unit_test(the_grammar_is_kept),
        cmocka_unit_test(a_string_must_fit_its_room),
        cmocka_unit_test(a_number_must_fit_its_room),
        cmocka_unit_test(a_problem_stays),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
