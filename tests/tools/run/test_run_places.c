/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where a run writes: what each --output is with which formats and inputs, and under which names. */

#include "check.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media.h"
#include "run/places.h"

static char *folder;

/* A folder to stand in, with a folder "there" and a file "file" in it. */
static int begin(void **state) {
    (void)state;
    folder = media_make_folder();
    return !folder || chdir(folder) < 0 || mkdir("there", 0777) < 0 || media_write("file", "x", 1) < 0;
}

static int end(void **state) {
    (void)state;
    media_remove_tree(folder);
    return 0;
}

/* Operands from words with spaces between. */
static lp_cli_operands operands_of(char *line) {
    lp_cli_operands o = {calloc(16, sizeof(char *)), 0};
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        o.items[o.count++] = word;
    return o;
}

static lp_sources sources_of(const char *line) {
    char text[256];
    lp_sources sources = {0};
    snprintf(text, sizeof text, "%s", line);
    lp_cli_operands inputs = operands_of(text);
    for (int i = 0; i < inputs.count; i++)
        assert_ok(lp_sources_add(&sources, inputs.items[i], error));
    lp_cli_operands_free(&inputs);
    assert_true(lp_sources_name_apart(&sources));
    return sources;
}

/* What is planned, as "writer:path" of a file and "writer@path" of a folder, with p or v where it is for pictures or
 * videos alone; or the message. */
static const char *plan(const char *paths, const char *formats, int draw, const char *inputs) {
    static char said[1024];
    char path_text[256], format_text[256];
    snprintf(path_text, sizeof path_text, "%s", paths);
    snprintf(format_text, sizeof format_text, "%s", formats);
    lp_cli_operands p = operands_of(path_text), f = operands_of(format_text);
    lp_sources sources = sources_of(inputs);
    lp_places places;
    lightpose_error detail = {0};
    *said = 0;
    if (lp_places_plan(&places, &p, &f, draw, &sources, &detail) != LIGHTPOSE_OK) {
        assert_int_equal(detail.status, LIGHTPOSE_ERROR_ARGUMENT);
        assert_int_equal(places.count, 0);
        snprintf(said, sizeof said, "%s", detail.text);
    }
    for (int i = 0; i < places.count; i++) {
        const lp_place *const place = &places.items[i];
        const size_t used = strlen(said);
        snprintf(said + used, sizeof said - used, "%s%s%c%s%s", used ? " " : "", place->writer->name,
                 place->folder ? '@' : ':', place->path,
                 !place->videos     ? " p"
                 : !place->pictures ? " v"
                                    : "");
    }
    lp_places_free(&places);
    lp_sources_free(&sources);
    lp_cli_operands_free(&p);
    lp_cli_operands_free(&f);
    return said;
}

static void places_are_told_apart(void **state) {
    static const struct {
        const char *paths, *formats;
        int draw;
        const char *inputs, *planned; /* ending in "…": a beginning of a message */
    } cases[] = {
        {"out", "", 0, "a.jpg", "openpose@out p jsonl@out v draw@out p video@out v"},
        {"out", "", 1, "a.jpg", "draw@out p video@out v"},
        {"out", "csv", 1, "a.jpg", "csv@out draw@out p video@out v"},
        {"out", "csv coco", 0, "a.mp4 b.mp4", "csv@out coco@out"},
        {"there", "csv", 0, "a.mp4", "csv@there"},
        {"x.jsonl/", "csv", 0, "a.mp4", "csv@x.jsonl/"},
        {"out.v2", "csv", 0, "a.mp4", "csv@out.v2"},
        {"x.jsonl y.csv.gz z.mkv", "", 0, "a.mp4", "jsonl:x.jsonl csv:y.csv.gz video:z.mkv"},
        {"x.jsonl out", "coco", 1, "a.mp4", "jsonl:x.jsonl coco@out draw@out p video@out v"},
        {"r.json", "coco", 0, "a.mp4", "coco:r.json"},
        {"r.json.gz", "dgs", 0, "a.mp4", "dgs:r.json.gz"},
        {"r.txt", "checksum", 0, "a.mp4 b.mp4", "checksum:r.txt"},
        {"file", "csv", 0, "a.mp4", "csv:file"},
        {"/dev/null", "jsonl", 0, "a.mp4", "jsonl:/dev/null"},
        {"-", "", 0, "a.mp4 b.mp4", "jsonl:-"},
        {"-", "csv", 0, "a.mp4", "csv:-"},
        {"o.png", "", 1, "a.jpg", "picture:o.png"},
        {"o.png", "", 0, "a.mp4", "picture:o.png"},
        {"r.coco.json", "", 0, "a1.jpg b2.jpg", "coco:r.coco.json"},
        {"out", "video", 1, "a.mp4", "video@out draw@out p"},
        {"out", "draw", 1, "a.jpg", "draw@out video@out v"},
        {"out/", "csv csv", 0, "a.mp4", "csv@out/"},
        {"x.jsonl", "jsonl", 0, "a.mp4", "jsonl:x.jsonl"},
        {"x.jsonl y.csv", "csv jsonl", 0, "a.mp4", "jsonl:x.jsonl csv:y.csv"},
        {"run.2024 a.b_c x.longending", "csv", 0, "a.mp4", "csv@run.2024 csv@a.b_c csv@x.longending"},
        {"x.ids.csv", "", 0, "a.mp4", "ids:x.ids.csv"},
        {"r.json", "", 0, "a.mp4", "option --output: the ending of r.json fits several formats"},
        {"file", "", 0, "a.mp4", "option --output: the ending of file fits several formats"},
        {"r.json", "coco csv", 0, "a.mp4", "option --output: r.json holds one format, and --json names 2"},
        {"-", "coco csv", 0, "a.mp4", "option --output: standard output holds one format, and --json names 2"},
        {"r.json", "openpose", 0, "a.mp4", "option --output: format openpose writes a file for each frame"},
        {"-", "draw", 0, "a.mp4", "option --output: format draw writes a file for each frame"},
        {"x.avi", "", 0, "a.mp4", "option --output: nothing is written as .avi"},
        {"x.parquet", "", 0, "a.mp4", "option --output: nothing is written as .parquet"},
        {"d/x.npz", "csv", 0, "a.mp4", "option --output: nothing is written as .npz"},
        {"x.svg", "", 0, "a.jpg", "option --output: nothing is written as .svg"},
        {"r.coco.json", "", 0, "a1.jpg b.jpg", "COCO results call pictures by a number below 2^53, and \"b.jpg\""},
        {"r.coco.json", "", 0, "a1.jpg b01.jpg", "COCO results call pictures by number, and two have the number 1"},
        {"out", "coco", 0, "a.jpg", "COCO results call pictures by a number below 2^53, and \"a.jpg\""},
        {"x.jsonl", "coco", 0, "a.mp4", "option --json: nothing is written as coco"},
        {"x.jsonl", "", 1, "a.mp4", "option --draw: nothing is drawn into x.jsonl"},
        {"x.mp4", "", 0, "a.mp4 b.mp4", "option --output: a file of format video holds one input, and 2 are given"},
        {"x.coco.json", "", 0, "a.mp4 b.mp4", "option --output: a file of format coco holds one video, and 2"},
        {"x.png", "", 0, "a.jpg b.jpg", "option --output: a picture holds one input, and 2 are given"},
        {"x.jsonl", "", 0, "camera:0 camera:1", "option --output: live inputs come at the same time"},
        {"out", "xml", 0, "a.mp4", "option --json: \"xml\" is not one of openpose, jsonl"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const planned = plan(cases[i].paths, cases[i].formats, cases[i].draw, cases[i].inputs);
        const int is_message = !strncmp(cases[i].planned, "option", 6) || !strncmp(cases[i].planned, "COCO", 4);
        if (is_message ? strncmp(planned, cases[i].planned, strlen(cases[i].planned))
                       : strcmp(planned, cases[i].planned))
            fail_msg("-o %s --json %s of %s: \"%s\", not \"%s\"", cases[i].paths, cases[i].formats, cases[i].inputs,
                     planned, cases[i].planned);
    }
}

/* The names of all streams, then of the pictures in each. */
static void names_are_kept_apart(void **state) {
    static const struct {
        const char *inputs, *names;
        int renamed, renamed_pictures;
    } cases[] = {
        {"a/clip.mp4 b/other.mp4", "clip other", 0, 0},
        {"a/clip.mp4 b/clip.mp4 c/clip.avi", "clip clip_2 clip_3", 2, 0},
        {"a/clip.mp4 b/clip.mp4 clip_2.mp4", "clip clip_3 clip_2", 1, 0},
        {"clip_2.mp4 clip.mp4 clip.mp4 b/clip_2.mp4", "clip_2 clip clip_3 clip_2_2", 2, 0},
        {"a/x.jpg b/x.jpg x.png y.png", "pictures: x x_2 x_3 y", 0, 2},
        {"x.jpg clip.mp4 b/x.jpg x_2.jpg", "x: x clip pictures: x_3 x_2", 0, 1},
        {"x.jpg x.mp4", "x: x x_2", 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lp_sources sources = sources_of(cases[i].inputs);
        char names[256] = "";
        for (int s = 0; s < sources.count; s++) {
            const lp_source *const source = &sources.items[s];
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s%s", s ? " " : "", source->name,
                     source->kind == LP_SOURCE_PICTURES ? ":" : "");
            for (int j = 0; j < source->count; j++) {
                used = strlen(names);
                snprintf(names + used, sizeof names - used, " %s", source->stems[j]);
            }
        }
        assert_string_equal(names, cases[i].names);
        assert_int_equal(sources.renamed, cases[i].renamed);
        assert_int_equal(sources.renamed_pictures, cases[i].renamed_pictures);
        lp_sources_free(&sources);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_told_apart),
        cmocka_unit_test(names_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
