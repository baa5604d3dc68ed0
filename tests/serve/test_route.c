/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Who gets what: routes, tokens, names of this machine; and the figures as text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serve/route.h"

#define TOKEN "abcdefghijklmnopqrstuvwx"

static const char *const names[] = {"door", "the yard", "a&b"};
static const lp_policy open_policy = {.names = names, .count = 3}, closed_policy = {TOKEN, names, 3};

static lp_route ask(const lp_policy *policy, lp_request request) {
    lp_route route;
    request.method = request.method ? request.method : "GET";
    lp_route_request(policy, &request, &route);
    return route;
}

static lp_route get(const char *target) {
    return ask(&open_policy, (lp_request){.target = target, .host = "localhost:8710"});
}

static void test_pages(void **state) {
    static const struct {
        const char *target;
        lp_content content;
        int source, plain;
    } pages[] = {
        {"/", LP_CONTENT_PAGE, -1, 0},
        {"/?source=door", LP_CONTENT_PAGE, -1, 0},
        {"/live.mjpg", LP_CONTENT_VIDEO, 0, 0},
        {"/live.mjpg?plain=1", LP_CONTENT_VIDEO, 0, 1},
        {"/live.mjpg?source=the%20yard&plain=0", LP_CONTENT_VIDEO, 1, 0},
        {"/live%2emjpg?source=a%26b&t=1", LP_CONTENT_VIDEO, 2, 0},
        {"/snapshot.jpg?plain=true&source=door", LP_CONTENT_SNAPSHOT, 0, 1},
        {"/poses", LP_CONTENT_LINES, -1, 0},
        {"/poses?events=1&source=door", LP_CONTENT_EVENTS, 0, 0},
        {"/metrics", LP_CONTENT_METRICS, -1, 0},
        {"/status?", LP_CONTENT_STATUS, -1, 0},
        {"/healthz", LP_CONTENT_HEALTH, -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const lp_route route = get(pages[i].target);
        assert_int_equal(route.status, 200);
        assert_int_equal(route.content, pages[i].content);
        assert_int_equal(route.source, pages[i].source);
        assert_int_equal(route.plain, pages[i].plain);
    }
    assert_int_equal(ask(&open_policy, (lp_request){.target = "/poses", .accept = "text/event-stream"}).content,
                     LP_CONTENT_EVENTS);
}

static void test_refused(void **state) {
    static const struct {
        const char *target;
        int status;
    } bad[] = {
        {"", 400},
        {"live.mjpg", 400},
        {"http://localhost/", 400},
        {"*", 400},
        {"/%", 400},
        {"/%4", 400},
        {"/%zz", 400},
        {"/%00", 400},
        {"/live.mjpg%0d%0aSet-Cookie:x", 400},
        {"/live.mjpg?source=%0a", 400},
        {"/../../etc/passwd", 404},
        {"/%2e%2e/%2e%2e/etc/passwd", 404},
        {"//", 404},
        {"/live.mjpg/", 404},
        {"/LIVE.MJPG", 404},
        {"/live.mjpg?source=none", 404},
        {"/poses?source=", 404},
    };
    char long_one[LP_TARGET_SIZE + 1];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const lp_route route = get(bad[i].target);
        assert_int_equal(route.content, LP_CONTENT_REFUSAL);
        assert_int_equal(route.status, bad[i].status);
        assert_true(*route.reason);
    }
    memset(long_one, 'a', sizeof long_one);
    long_one[0] = '/';
    long_one[LP_TARGET_SIZE] = 0;
    assert_int_equal(get(long_one).status, 414);
    long_one[LP_TARGET_SIZE - 1] = 0;
    assert_int_equal(get(long_one).status, 404);
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "HEADS", ""};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        assert_int_equal(ask(&open_policy, (lp_request){.method = methods[i], .target = "/"}).status, 405);
    assert_int_equal(ask(&open_policy, (lp_request){.method = "HEAD", .target = "/"}).status, 200);
}

static void test_hosts(void **state) {
    static const char *const own[] = {"localhost", "LOCALHOST:80", "127.0.0.1",      "127.0.0.1:8710",
                                      "[::1]",     "[::1]:8710",   "127.0.1.1:8710", "127.255.0.2"};
    static const char *const others[] = {"evil.example",
                                         "localhost.evil.example",
                                         "127.0.0.1.evil.example",
                                         "evil:localhost",
                                         "localhost:80:evil",
                                         "[::1]evil",
                                         "[::1",
                                         "[",
                                         "",
                                         "192.168.1.2",
                                         "localhost:x",
                                         "0.0.0.0",
                                         "127.1",
                                         "127.0.0.1.",
                                         "126.0.0.1",
                                         "128.0.0.1"};
    (void)state;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_int_equal(ask(&open_policy, (lp_request){.target = "/", .host = own[i]}).status, 200);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(ask(&open_policy, (lp_request){.target = "/", .host = others[i]}).status, 421);
        /* A token says who asks, whatever the name. */
        assert_int_equal(
            ask(&closed_policy, (lp_request){.target = "/", .host = others[i], .authorization = "Bearer " TOKEN})
                .status,
            200);
    }
}

static void test_tokens(void **state) {
    static const lp_request good[] = {
        {.target = "/status", .authorization = "Bearer " TOKEN},
        {.target = "/status", .authorization = "bearer   " TOKEN},
        {.target = "/status", .cookie = LP_TOKEN_COOKIE "=" TOKEN},
        {.target = "/status", .cookie = "a=b; " LP_TOKEN_COOKIE "=" TOKEN "; c=d"},
        {.target = "/status?token=" TOKEN},
        {.target = "/live.mjpg?plain=1&token=" TOKEN},
    };
    static const lp_request bad[] = {
        {.target = "/status"},
        {.target = "/status", .authorization = ""},
        {.target = "/status", .authorization = "Bearer"},
        {.target = "/status", .authorization = "Bearer "},
        {.target = "/status", .authorization = TOKEN},
        {.target = "/status", .authorization = "Basic " TOKEN},
        {.target = "/status", .authorization = "Bearer " TOKEN "x"},
        {.target = "/status", .authorization = "Bearer abcdefghijklmnopqrstuvw"},
        {.target = "/status", .authorization = "Bearer abcdefghijklmnopqrstuvwX"},
        {.target = "/status", .cookie = LP_TOKEN_COOKIE "="},
        {.target = "/status", .cookie = LP_TOKEN_COOKIE "=" TOKEN "x"},
        {.target = "/status", .cookie = "x" LP_TOKEN_COOKIE "=" TOKEN},
        {.target = "/status?token="},
        {.target = "/status?token=%41" TOKEN},
        {.target = "/status?tokens=" TOKEN},
        {.target = "/live.mjpg?source=none"}, /* names are told to nobody */
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(ask(&closed_policy, good[i]).status, 200);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ask(&closed_policy, bad[i]).status, 401);
    const lp_route health = ask(&closed_policy, (lp_request){.target = "/healthz"});
    assert_int_equal(health.content, LP_CONTENT_HEALTH);
    assert_false(health.known);
    const lp_route entry = ask(&closed_policy, (lp_request){.target = "/?token=" TOKEN});
    assert_int_equal(entry.content, LP_CONTENT_ENTRY);
    assert_int_equal(entry.status, 303);
    assert_int_equal(ask(&closed_policy, (lp_request){.target = "/", .cookie = LP_TOKEN_COOKIE "=" TOKEN}).content,
                     LP_CONTENT_PAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
