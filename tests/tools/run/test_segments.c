/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Results in segments, on clocks of the test's own: names, cuts, the budget, what is left of a killed run, and disks
 * that are full for a while. */

#include "check.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/guard.h"
#include "run/segments.h"
#include "run/targets.h"
#include "run/work.h"
#include "scratch.h"

/* ---- Two clocks -------------------------------------------------------------------------------------------------- */

static double wall;      /* seconds since 1970 */
static int64_t going_ns; /* the clock that nobody sets */

static double tell_wall(void) {
    return wall;
}

int64_t __wrap_lp_work_now(void);
int64_t __wrap_lp_work_now(void) {
    return going_ns;
}

/* 2026-11-28 12:00:00 UTC. */
#define NOON 1795867200.0

static void let_pass(double seconds) {
    wall += seconds;
    going_ns += (int64_t)(seconds * 1e9);
}

/* ---- A folder ---------------------------------------------------------------------------------------------------- */

static const char *folder;

static int begin(void **state) {
    (void)state;
    folder = scratch_folder();
    signal(SIGXFSZ, SIG_IGN);
    wall = NOON;
    going_ns = 1000000000;
    return 0;
}

static int end(void **state) {
    (void)state;
    scratch_remove(folder);
    return 0;
}

static const char *in(const char *name) {
    return scratch_path(folder, name);
}

static int is_there(const char *name) {
    struct stat about;
    return lstat(in(name), &about) == 0;
}

static void put(const char *name, size_t bytes) {
    char *const text = calloc(bytes + 1, 1);
    memset(text, 'x', bytes);
    scratch_write(in(name), text);
    free(text);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static void expect_name(double utc, const char *wanted) {
    const char *const path = in("door.jsonl");
    char *const name = lp_segment_name(path, lp_segment_suffix(path, ".jsonl"), utc);
    assert_string_equal(name, in(wanted));
    free(name);
}

static void names_tell_the_time(void **state) {
    (void)state;
    expect_name(NOON, "door-20261128T120000Z.jsonl");
    expect_name(NOON + 0.999, "door-20261128T120000Z.jsonl");
    expect_name(1798761599.9, "door-20261231T235959Z.jsonl");
    expect_name(1798761600, "door-20270101T000000Z.jsonl");
    expect_name(1483228799, "door-20161231T235959Z.jsonl"); /* 23:59:60 followed, which is the next second again */
    expect_name(1483228800, "door-20170101T000000Z.jsonl");
    expect_name(1709164800, "door-20240229T000000Z.jsonl");
    expect_name(0, "door-19700101T000000Z.jsonl");
}

/* The same second again: what is there is never written over. */
static void names_do_not_collide(void **state) {
    (void)state;
    put("door-20261128T120000Z.jsonl", 1);
    expect_name(NOON, "door-20261128T120000Z-2.jsonl");
    put("door-20261128T120000Z-2.jsonl.partial", 1);
    expect_name(NOON, "door-20261128T120000Z-3.jsonl");
    assert_int_equal(symlink("nowhere", in("door-20261128T120000Z-3.jsonl")), 0);
    expect_name(NOON, "door-20261128T120000Z-4.jsonl");
}

static void finds_the_suffix(void **state) {
    (void)state;
    static const struct {
        const char *path, *writer, *wanted;
    } cases[] = {
        {"a.b/door.jsonl", ".jsonl", ".jsonl"},
        {"door.csv.gz", ".csv", ".csv.gz"},
        {"door.ids.csv", ".ids.csv", ".ids.csv"},
        {"a.b/door", ".jsonl", ""},
        {"door.MKV", ".mp4", ".MKV"},
        {"a/.door", ".jsonl", ""},
        {"door.gz", ".jsonl", ".gz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(lp_segment_suffix(cases[i].path, cases[i].writer), cases[i].wanted);
}

static void numbers_change_at_borders(void **state) {
    (void)state;
    const lp_segment_options hour = {.seconds = 3600}, hangups = {.seconds = INFINITY};
    assert_int_equal(lp_segment_number(&hour, NOON + 3599.999), lp_segment_number(&hour, NOON));
    assert_int_equal(lp_segment_number(&hour, NOON + 3600), lp_segment_number(&hour, NOON) + 1);
    assert_int_equal(lp_segment_number(&hour, NOON - 0.001), lp_segment_number(&hour, NOON) - 1);
    assert_int_equal(lp_segment_number(&hangups, NOON), lp_segment_number(&hangups, 0));
}

/* ---- The budget -------------------------------------------------------------------------------------------------- */

static void add(lp_segments *s, const char *name, const char *writer_suffix, lp_segment_rest rest) {
    const char *const path = in(name);
    assert_ok(lp_segments_add(s, path, lp_segment_suffix(path, writer_suffix), rest, error));
}

static void the_oldest_go(void **state) {
    (void)state;
    static const char *const foreign[] = {
        "door.jsonl",
        "doors-20200101T000000Z.jsonl",
        "door-20200101T000000Z.csv",
        "door-20200101T000000Z.jsonl.old",
        "door-2020T0101.jsonl",
        "door-20200101T000000Z-x.jsonl",
        "door-20200101T00000xZ.jsonl",
        "door-20200101T000000.jsonl",
        "taken",
        "door-20200101T000000Z-2x.jsonl",
    };
    lp_segments s = {.options = {.seconds = 3600, .keep_bytes = 450, .utc = tell_wall}};
    add(&s, "door.jsonl", ".jsonl", LP_SEGMENT_REST_LINES);
    add(&s, "door.mkv", ".mp4", LP_SEGMENT_REST_ALL);
    add(&s, "door.jsonl", ".jsonl", LP_SEGMENT_REST_LINES); /* once more counts once */
    assert_int_equal(s.count, 2);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        put(foreign[i], 100);
    mkdir(in("door-20190101T000000Z.jsonl"), 0777);
    assert_int_equal(symlink("taken", in("door-20190102T000000Z.jsonl")), 0);
    put("door-20261128T100000Z.jsonl", 100);
    put("door-20261128T100000Z.jsonl.meta", 50); /* side files count, and go with theirs */
    put("door-20261128T100000Z-2.jsonl", 100);
    put("door-20261128T100000Z-10.jsonl", 100);
    put("door-20261128T103000Z.mkv", 100);
    put("door-20261128T110000Z.jsonl", 100);
    put("door-20261128T113000Z.mkv.partial", 100);
    const int held = open(in("door-20261128T113000Z.mkv.partial"), O_RDONLY);
    assert_int_equal(flock(held, LOCK_EX), 0);

    assert_int_equal(lp_segments_sweep(&s), 2); /* of 650 bytes 450 stay */
    assert_true(!is_there("door-20261128T100000Z.jsonl") && !is_there("door-20261128T100000Z.jsonl.meta"));
    assert_true(!is_there("door-20261128T100000Z-2.jsonl") && is_there("door-20261128T100000Z-10.jsonl"));
    assert_int_equal(lp_segments_sweep(&s), 0);
    s.options.keep_bytes = 299;
    assert_int_equal(lp_segments_sweep(&s), 2);
    assert_true(!is_there("door-20261128T103000Z.mkv") && is_there("door-20261128T110000Z.jsonl"));
    /* What is being written counts and stays, also where it is too large by itself. */
    s.options.keep_bytes = 1;
    assert_int_equal(lp_segments_sweep(&s), 1);
    assert_true(is_there("door-20261128T113000Z.mkv.partial"));
    /* What nobody writes any more does not. */
    close(held);
    assert_int_equal(lp_segments_sweep(&s), 1);
    assert_false(is_there("door-20261128T113000Z.mkv.partial"));
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (!is_there(foreign[i]))
            fail_msg("%s is gone", foreign[i]);
    assert_true(is_there("door-20190101T000000Z.jsonl") && is_there("door-20190102T000000Z.jsonl"));
    s.options.keep_bytes = 0;
    put("door-20261128T100000Z.jsonl", 100);
    assert_int_equal(lp_segments_sweep(&s), 0);
    lp_segments_free(&s);
}

/* A clock that was years ahead has been set right: what it has named does not outlive all that comes after. */
static void segments_of_the_future_go_first(void **state) {
    (void)state;
    lp_segments s = {.options = {.seconds = 3600, .keep_bytes = 250, .utc = tell_wall}};
    add(&s, "door.jsonl", ".jsonl", LP_SEGMENT_REST_LINES);
    put("door-20261128T110000Z.jsonl", 100);
    put("door-20261128T120000Z.jsonl", 100);
    put("door-20400101T000000Z.jsonl", 100);
    put("door-20400101T010000Z.jsonl", 100);
    assert_int_equal(lp_segments_sweep(&s), 2);
    assert_true(is_there("door-20261128T110000Z.jsonl") && is_there("door-20261128T120000Z.jsonl"));
    /* A clock that begins in 1970 after the power failed takes no more than the room that it needs, oldest first. */
    wall = 100;
    put("door-19700101T000000Z.jsonl", 100);
    assert_int_equal(lp_segments_sweep(&s), 1);
    assert_true(is_there("door-20261128T120000Z.jsonl") && is_there("door-19700101T000000Z.jsonl"));
    lp_segments_free(&s);
}

/* ---- What is left ------------------------------------------------------------------------------------------------ */

static void finishes_what_is_left(void **state) {
    (void)state;
    lp_segments s = {.options = {.seconds = 3600, .utc = tell_wall}};
    add(&s, "door.jsonl", ".jsonl", LP_SEGMENT_REST_LINES);
    add(&s, "door.mkv", ".mp4", LP_SEGMENT_REST_ALL);
    add(&s, "door.jsonl.gz", ".jsonl", LP_SEGMENT_REST_NONE);
    char *const long_line = calloc(10001, 1);
    memset(long_line, 'x', 10000);
    memcpy(long_line, "one\ntwo\n", 8);
    scratch_write(in("door-20261128T100000Z.jsonl.partial"), "one\ntwo\nthr");
    scratch_write(in("door-20261128T100000Z.jsonl.partial.meta"), "{}");
    scratch_write(in("door-20261128T101000Z.jsonl.partial"), "no line");
    scratch_write(in("door-20261128T101000Z.jsonl.partial.meta"), "{}");
    scratch_write(in("door-20261128T102000Z.jsonl.partial"), long_line);
    scratch_write(in("door-20261128T103000Z.jsonl.partial"), "taken\n");
    scratch_write(in("door-20261128T103000Z.jsonl"), "before\n");
    scratch_write(in("door-20261128T104000Z.jsonl.partial"), "held\nby");
    scratch_write(in("door-20261128T100000Z.mkv.partial"), "video");
    scratch_write(in("door-20261128T101000Z.mkv.partial"), "");
    scratch_write(in("door-20261128T100000Z.jsonl.gz.partial"), "gzip");
    scratch_write(in("other-20261128T100000Z.jsonl.partial"), "o\np");
    const int held = open(in("door-20261128T104000Z.jsonl.partial"), O_RDONLY);
    assert_int_equal(flock(held, LOCK_EX), 0);
    lp_segments_finish(&s, in("door.jsonl"));
    lp_segments_finish(&s, in("door.mkv"));
    lp_segments_finish(&s, in("door.jsonl.gz"));
    lp_segments_finish(&s, in("none.jsonl"));
    scratch_expect(in("door-20261128T100000Z.jsonl"), "one\ntwo\n");
    scratch_expect(in("door-20261128T102000Z.jsonl"), "one\ntwo\n");
    scratch_expect(in("door-20261128T103000Z.jsonl"), "before\n");
    scratch_expect(in("door-20261128T103000Z.jsonl.partial"), "taken\n");
    scratch_expect(in("door-20261128T104000Z.jsonl.partial"), "held\nby");
    scratch_expect(in("door-20261128T100000Z.mkv"), "video");
    scratch_expect(in("door-20261128T100000Z.jsonl.gz.partial"), "gzip");
    scratch_expect(in("other-20261128T100000Z.jsonl.partial"), "o\np");
    assert_int_equal(scratch_entries(folder), 8);
    close(held);
    free(long_line);
    lp_segments_free(&s);
}

/* ---- A run's outputs --------------------------------------------------------------------------------------------- */

typedef struct writing {
    char path[4096];
    const char *paths[1];
    lp_cli_operands places, formats;
    lp_targets *targets;
    lp_target_stream *stream;
    lp_sources sources;
    lp_output_options output;
    lightpose_result *nobody;
    int64_t next;
    int told;
} writing;

static void count_told(void *opaque, const char *text) {
    (void)text;
    ++*(int *)opaque;
}

static atomic_int cuts;

/* A camera whose lines go to `path`, cut every 10 s. */
static void open_writing(writing *w, const char *path, double keep_bytes) {
    static const char *jsonl[] = {"jsonl"};
    *w = (writing){.paths = {w->path}, .places = {w->paths, 1}, .formats = {jsonl, path[strlen(path) - 1] == '/'}};
    snprintf(w->path, sizeof w->path, "%s", path);
    assert_ok(lp_sources_add(&w->sources, "-", error));
    assert_true(lp_sources_name_apart(&w->sources));
    lp_output_options_default(&w->output);
    w->output.no_meta = w->output.growing = 1;
    assert_ok(lightpose_result_create(&w->nobody, error));
    const lp_targets_options options = {.places = &w->places,
                                        .formats = &w->formats,
                                        .sources = &w->sources,
                                        .output = &w->output,
                                        .segments = {10, keep_bytes, tell_wall, &cuts},
                                        .tell = count_told,
                                        .tell_opaque = &w->told};
    assert_ok(lp_targets_plan(&w->targets, &options, error));
    const lp_output_stream about = {.kind = LP_STREAM_CAMERA, .name = "door", .source = "-"};
    assert_ok(lp_targets_begin(&w->stream, w->targets, &about, error));
}

static void write_frame(writing *w) {
    const lp_output_frame frame = {
        .index = w->next++, .time = (double)going_ns * 1e-9, .width = 8, .height = 8, .utc = wall, .result = w->nobody};
    lp_targets_frame(w->stream, &frame);
    lp_targets_checkpoint(w->stream, NULL, 0);
}

static void close_writing(writing *w) {
    lp_targets_end(&w->stream, 0, NULL, 0);
    lp_targets_finish(w->targets, 0);
    lp_targets_free(&w->targets);
    lp_sources_free(&w->sources);
    lightpose_result_destroy(&w->nobody);
}

/* The numbers of a file's frames: "0 1 2"; "none" where it is not there. */
static const char *frames_in(const char *name) {
    static char numbers[256];
    char *const text = scratch_read(in(name), &(size_t){0});
    snprintf(numbers, sizeof numbers, "%s", text ? "" : "none");
    for (const char *at = text; at && (at = strstr(at, "\"frame\":")); at++)
        snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%s%d", *numbers ? " " : "",
                 atoi(at + 8));
    free(text);
    return numbers;
}

static void cuts_at_borders_and_when_told(void **state) {
    (void)state;
    writing w;
    open_writing(&w, in("door.jsonl"), 0);
    let_pass(3);
    for (int i = 0; i < 4; i++, let_pass(3)) /* at 3, 6, 9 and 12 s */
        write_frame(&w);
    assert_string_equal(frames_in("door-20261128T120003Z.jsonl"), "0 1 2");
    atomic_fetch_add(&cuts, 7); /* many at once are one */
    write_frame(&w);            /* at 15 s */
    assert_string_equal(frames_in("door-20261128T120012Z.jsonl"), "3");
    /* A border passes while no frame comes: what there is becomes whole nevertheless. */
    let_pass(60);
    lp_targets_checkpoint(w.stream, NULL, 0);
    assert_string_equal(frames_in("door-20261128T120015Z.jsonl"), "4");
    write_frame(&w);
    assert_string_equal(frames_in("door-20261128T120115Z.jsonl.partial"), "5");
    close_writing(&w);
    assert_string_equal(frames_in("door-20261128T120115Z.jsonl"), "5");
    assert_int_equal(scratch_entries(folder), 4);
    assert_int_equal(w.told, 0);
}

/* The clock is set back by 10 s, twice, and forth by a day. */
static void the_clock_is_set(void **state) {
    (void)state;
    writing w;
    open_writing(&w, in("door.jsonl"), 0);
    for (int i = 0; i < 3; i++) {
        wall = NOON + 10;
        write_frame(&w);
        wall = NOON;
        write_frame(&w);
    }
    wall = NOON + 86400;
    write_frame(&w);
    close_writing(&w);
    assert_string_equal(frames_in("door-20261128T120010Z.jsonl"), "0");
    assert_string_equal(frames_in("door-20261128T120000Z.jsonl"), "1");
    assert_string_equal(frames_in("door-20261128T120010Z-2.jsonl"), "2");
    assert_string_equal(frames_in("door-20261128T120000Z-2.jsonl"), "3");
    assert_string_equal(frames_in("door-20261128T120010Z-3.jsonl"), "4");
    assert_string_equal(frames_in("door-20261129T120000Z.jsonl"), "6");
    assert_int_equal(scratch_entries(folder), 7);
}

static void limit_files(rlim_t bytes) {
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Full in the middle of a segment, still full when it tries again, and free again. Lines up to the last that could be
 * written are in a complete segment; attempts leave nothing. */
static void the_disk_is_full_for_a_while(void **state) {
    (void)state;
    writing w;
    open_writing(&w, in("door.jsonl"), 0);
    write_frame(&w); /* 0 */
    let_pass(1);
    limit_files(150);
    write_frame(&w); /* 1 */
    assert_int_equal(w.told, 1);
    assert_string_equal(frames_in("door-20261128T120000Z.jsonl"), "0");
    assert_int_equal(scratch_entries(folder), 1);
    limit_files(20);
    for (int i = 0; i < 5; i++) { /* 2 to 6: 5 s; two attempts */
        let_pass(4);
        write_frame(&w);
    }
    assert_int_equal(w.told, 2);
    assert_int_equal(scratch_entries(folder), 1);
    limit_files(RLIM_INFINITY);
    let_pass(10);
    write_frame(&w); /* 7 */
    write_frame(&w); /* 8 */
    assert_true(lp_targets_live(w.targets) && lp_targets_failed(w.targets));
    close_writing(&w);
    assert_string_equal(frames_in("door-20261128T120031Z.jsonl"), "7 8");
    assert_int_equal(scratch_entries(folder), 2);
}

/* The folder goes, and comes again: what was written while it was there is there. */
static void the_folder_goes(void **state) {
    (void)state;
    writing w;
    mkdir(in("sub"), 0777);
    open_writing(&w, in("sub/door.jsonl"), 0);
    write_frame(&w); /* 0 */
    assert_int_equal(rename(in("sub"), in("gone")), 0);
    let_pass(2);
    write_frame(&w); /* 1: into the file where it is now */
    let_pass(9);
    write_frame(&w); /* 2: its end fails, and there is nothing to begin another in */
    assert_int_equal(w.told, 1);
    let_pass(10);
    write_frame(&w); /* 3 */
    assert_int_equal(w.told, 2);
    mkdir(in("sub"), 0777);
    let_pass(10);
    write_frame(&w); /* 4 */
    close_writing(&w);
    assert_string_equal(frames_in("gone/door-20261128T120000Z.jsonl.partial"), "0 1");
    assert_string_equal(frames_in("sub/door-20261128T120031Z.jsonl"), "4");
    assert_int_equal(w.told, 2);
}

/* As before, but in a folder that the run makes, in the middle of a long segment. */
static void the_folder_is_made_again(void **state) {
    (void)state;
    writing w;
    open_writing(&w, in("sub/"), 0);
    write_frame(&w);
    assert_int_equal(rename(in("sub"), in("gone")), 0);
    for (int i = 0; i < 3; i++) {
        let_pass(4);
        wall = NOON + 5; /* no border */
        write_frame(&w);
    }
    assert_true(is_there("sub"));
    close_writing(&w);
    assert_int_equal(w.told, 1);
}

/* What could not be opened from the first is a mistake, and is told as of any output. */
static void the_first_must_open(void **state) {
    (void)state;
    writing w;
    open_writing(&w, in("none/door.jsonl"), 0);
    write_frame(&w);
    assert_int_equal(w.told, 1);
    assert_false(lp_targets_live(w.targets));
    let_pass(100);
    write_frame(&w);
    assert_int_equal(w.told, 1);
    close_writing(&w);
}

static void two_runs_share_a_name(void **state) {
    (void)state;
    writing a, b;
    open_writing(&a, in("door.jsonl"), 0);
    write_frame(&a);
    open_writing(&b, in("door.jsonl"), 1); /* its budget is met by nothing: what the other is writing stays */
    for (int i = 0; i < 4; i++, let_pass(10)) {
        write_frame(&a);
        write_frame(&b);
    }
    close_writing(&a);
    assert_int_equal(a.told, 0);
    close_writing(&b);
    assert_int_equal(b.told, 0);
    assert_string_equal(frames_in("door-20261128T120030Z.jsonl"), "4");
    assert_string_equal(frames_in("door-20261128T120030Z-2.jsonl"), "3");
}

static void keeps_to_a_budget_that_is_too_small(void **state) {
    (void)state;
    writing w;
    open_writing(&w, in("door.jsonl"), 1);
    for (int i = 0; i < 50; i++, let_pass(10)) {
        write_frame(&w);
        assert_int_equal(scratch_entries(folder), 1);
    }
    close_writing(&w);
    assert_int_equal(w.told, 0);
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(names_tell_the_time),
        in_a_folder(names_do_not_collide),
        in_a_folder(finds_the_suffix),
        in_a_folder(numbers_change_at_borders),
        in_a_folder(the_oldest_go),
        in_a_folder(segments_of_the_future_go_first),
        in_a_folder(finishes_what_is_left),
        in_a_folder(cuts_at_borders_and_when_told),
        in_a_folder(the_clock_is_set),
        in_a_folder(the_disk_is_full_for_a_while),
        in_a_folder(the_folder_goes),
        in_a_folder(the_folder_is_made_again),
        in_a_folder(the_first_must_open),
        in_a_folder(two_runs_share_a_name),
        in_a_folder(keeps_to_a_budget_that_is_too_small),
    };
    return cmocka_run_group_tests_name("segments", tests, NULL, NULL);
}
