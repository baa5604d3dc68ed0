/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Films and cameras by the names of files. */

#include "check.h"

#include "corpus/naming.h"

static void films_and_cameras_come_from_paths(void **state) {
    static const struct {
        const char *pattern, *path, *film, *camera; /* film NULL: it does not fit */
    } cases[] = {
        {"{film}/{camera}.mp4", "/archive/1413451/a1.mp4", "1413451", "a1"},
        {"{camera}/{film}.*", "/archive/a1/1413451.part.mkv", "1413451.part", "a1"},
        {"{film}_{camera}.mp4", "/x_y_z.mp4", "x_y", "z"},
        {"{camera}_{film}.mp4", "/x_y_z.mp4", "z", "x_y"},
        {"x_*_{camera}.mp4", "/a/x_y_z.mp4", "", "z"},
        {"{film}_y_*", "/a/x_y_", "x", ""},
        {"*/{film}.mp4", "/a/b.mp4", "b", ""},
        {"/{film}.mp4", "/b.mp4", "b", ""},
        {"{film} {camera}.mp4", "/\xc3\xa4\n\"' c\xff.mp4", "\xc3\xa4_\"'", "c\xff"},
        {"{film}.mp4", "/.mp4", NULL, NULL},
        {"{film}.mp4", "/a.mp4.", NULL, NULL},
        {"{film}/{camera}.mp4", "/a.mp4", NULL, NULL},
        {"/{film}.mp4", "/a/b.mp4", NULL, NULL},
        {"b/{film}.mp4", "/ab/c.mp4", NULL, NULL},
        {"{film}-{camera}", "/a/b/-c", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lp_naming naming;
        assert_ok(lp_naming_check(cases[i].pattern, error));
        if (!cases[i].film) {
            assert_fails(lp_naming_match(&naming, cases[i].pattern, cases[i].path, error), LIGHTPOSE_ERROR_ARGUMENT,
                         cases[i].pattern);
            continue;
        }
        assert_ok(lp_naming_match(&naming, cases[i].pattern, cases[i].path, error));
        assert_string_equal(naming.film, cases[i].film);
        assert_string_equal(naming.camera, cases[i].camera);
    }
}

/* A name that is longer than what is kept of it is not cut: two films would become one. */
static void long_names_do_not_fit(void **state) {
    char path[600] = "/";
    lp_naming naming;
    (void)state;
    memset(path + 1, 'x', 300);
    assert_fails(lp_naming_match(&naming, "{film}", path, error), LIGHTPOSE_ERROR_ARGUMENT, "does not end like");
    path[LP_NAMING_TEXT] = '\0'; /* one byte fewer than there is room for, with the zero */
    assert_ok(lp_naming_match(&naming, "{film}", path, error));
    assert_int_equal(strlen(naming.film), LP_NAMING_TEXT - 1);
}

static void wrong_patterns_are_told(void **state) {
    (void)state;
    assert_fails(lp_naming_check("*.mp4", error), LIGHTPOSE_ERROR_ARGUMENT, "neither {film} nor {camera}");
    assert_fails(lp_naming_check("{film}/{film}", error), LIGHTPOSE_ERROR_ARGUMENT, "has {film} twice");
    assert_fails(lp_naming_check("{film}{camera}", error), LIGHTPOSE_ERROR_ARGUMENT, "put a character between");
    assert_fails(lp_naming_check("*{film}", error), LIGHTPOSE_ERROR_ARGUMENT, "put a character between");
    assert_fails(lp_naming_check("{film}/{cam}", error), LIGHTPOSE_ERROR_ARGUMENT, "a \"{\" of neither");
    assert_fails(lp_naming_check("{film}/*-*-*-*-*", error), LIGHTPOSE_ERROR_ARGUMENT, "the limit is 4");
    assert_ok(lp_naming_check("*/{film}_{camera}.*", error));
    assert_fails(lp_naming_check_camera("a/b", error), LIGHTPOSE_ERROR_ARGUMENT, "neither slashes");
    assert_fails(lp_naming_check_camera("a\nb", error), LIGHTPOSE_ERROR_ARGUMENT, "control characters");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(films_and_cameras_come_from_paths),
                                       cmocka_unit_test(long_names_do_not_fit),
                                       cmocka_unit_test(wrong_patterns_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
