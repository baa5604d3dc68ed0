/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Numbers and strings in text formats. */

#include "scratch.h"

#include "output/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static lp_text text;

/* What one call adds, as a string. */
#define ADDED(call) (lp_text_clear(&text), (call), lp_text_bytes(&text, "", 1), assert_false(text.failed), text.data)

static const struct {
    double value;
    const char *six, *three; /* significant digits, decimals */
} numbers[] = {
    {0, "0", "0"},
    {-0.0, "0", "0"},
    {1, "1", "1"},
    {100, "100", "100"},
    {-100.5, "-100.5", "-100.5"},
    {582.3494, "582.349", "582.349"},
    {999999, "999999", "999999"},
    {999999.5, "1e+06", "999999.5"},
    {1234567, "1.23457e+06", "1234567"},
    {0.0001, "0.0001", "0"},
    {0.00012345678, "0.000123457", "0"},
    {0.00001, "1e-05", "0"},
    {-0.0004, "-0.0004", "0"},
    {-0.0006, "-0.0006", "-0.001"},
    {0.8459180, "0.845918", "0.846"},
    {32768.125, "32768.1", "32768.125"},
    {0.1 + 0.2, "0.3", "0.3"},
    {1e30, "1e+30", "1000000000000000019884624838656"},
    {FLT_MAX, "3.40282e+38", "340282346638528859811704183484516925440"},
};

static void check_numbers(void) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_string_equal(ADDED(lp_text_number(&text, numbers[i].value, 6)), numbers[i].six);
        assert_string_equal(ADDED(lp_text_decimals(&text, numbers[i].value, 3)), numbers[i].three);
    }
    assert_string_equal(ADDED(lp_text_decimals(&text, 1500.75, 0)), "1501");
    assert_string_equal(ADDED(lp_text_decimals(&text, 1500, 0)), "1500");
    assert_string_equal(ADDED(lp_text_float(&text, 0.1f)), "0.1");
    assert_string_equal(ADDED(lp_text_float(&text, 16777217.0f)), "16777216");
    assert_string_equal(ADDED(lp_text_float(&text, 1.00000012f)), "1.0000001");
    assert_string_equal(ADDED(lp_text_float(&text, FLT_MIN)), "1.1754944e-38");
    assert_string_equal(ADDED(lp_text_integer(&text, INT64_MIN)), "-9223372036854775808");
    assert_string_equal(ADDED(lp_text_integer(&text, 1234567)), "1234567");
}

static void numbers_are_written(void **state) {
    (void)state;
    check_numbers();
}

static void numbers_ignore_the_locale(void **state) {
    (void)state;
    scratch_comma_locale();
    check_numbers();
}

static int plain_locale(void **state) {
    (void)state;
    scratch_plain_locale();
    return 0;
}

/* The short way of writing ordinary numbers gives what printf gives, for any of them. */
static void numbers_are_printfs(void **state) {
    uint64_t random = 7;
    char wanted[400];

    (void)state;
    for (int i = 0; i < 400000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double value = (double)(int64_t)random / 9223372036854775808.0 * pow(10, (double)(i % 14) - 6);
        if (i % 3)
            value = (float)value;
        if (i % 3 == 2)
            value = round(value * 4000) / 4000 + 0.0; /* many ties: 0.0005 and such; no -0 */
        const int digits = i % 5 ? 6 : 1 + i / 5 % 9, decimals = i % 5 ? 3 : i / 5 % 10;
        snprintf(wanted, sizeof wanted, "%.*g", digits, value);
        assert_string_equal(ADDED(lp_text_number(&text, value, digits)), wanted);
        snprintf(wanted, sizeof wanted, "%.*f", decimals, value);
        if (strchr(wanted, '.')) {
            while (wanted[strlen(wanted) - 1] == '0')
                wanted[strlen(wanted) - 1] = '\0';
            if (wanted[strlen(wanted) - 1] == '.')
                wanted[strlen(wanted) - 1] = '\0';
        }
        assert_string_equal(ADDED(lp_text_decimals(&text, value, decimals)), strcmp(wanted, "-0") ? wanted : "0");
    }
}

/* Every float reads back as itself, and no shorter form does. */
static void floats_survive(void **state) {
    uint64_t random = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint32_t bits = (uint32_t)(random >> 32);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        const char *const written = ADDED(lp_text_float(&text, value));
        assert_true(strtof(written, NULL) == value);
        assert_true(strlen(written) <= 15);
    }
}

static void strings_for_json(void **state) {
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"", "\"\""},
        {"clip.mp4", "\"clip.mp4\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"tab\tline\nbell\x07", "\"tab\\u0009line\\u000abell\\u0007\""},
        {"Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "\"Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"latin \xfc.jpg", "\"latin \xef\xbf\xbd.jpg\""},
        {"cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},
        {"over \xc0\xaf", "\"over \xef\xbf\xbd\xef\xbf\xbd\""},
        {"surrogate \xed\xa0\x80", "\"surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"beyond \xf4\x90\x80\x80", "\"beyond \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\x7f/", "\"\x7f/\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ADDED(lp_text_json(&text, cases[i].from)), cases[i].to);
    assert_string_equal(ADDED(lp_text_json_part(&text, "Gr\xc3\xbc", 3)), "\"Gr\xef\xbf\xbd\"");
}

static void strings_for_csv(void **state) {
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"", ""},
        {"clip.mp4", "clip.mp4"},
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"\r", "\"\r\""},
        {" before", "\" before\""},
        {"after ", "\"after \""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ADDED(lp_text_csv(&text, cases[i].from)), cases[i].to);
}

static void grows(void **state) {
    lp_text grown = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        lp_text_integer(&grown, i % 10);
    assert_int_equal(grown.size, 100000);
    for (size_t i = 0; i < grown.size; i++)
        assert_int_equal(grown.data[i], '0' + i % 10);
    assert_ok(lp_text_check(&grown, error));
    lp_text_bytes(&grown, "", SIZE_MAX - grown.size); /* no machine has as much */
    assert_fails(lp_text_check(&grown, error), LIGHTPOSE_ERROR_MEMORY, "no memory");
    lp_text_free(&grown);
}

static int release(void **state) {
    (void)state;
    lp_text_free(&text);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written),
        cmocka_unit_test_teardown(numbers_ignore_the_locale, plain_locale),
        cmocka_unit_test(numbers_are_printfs),
        cmocka_unit_test(floats_survive),
        cmocka_unit_test(strings_for_json),
        cmocka_unit_test(strings_for_csv),
        cmocka_unit_test(grows),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
