/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Label and results files: what is read, what is refused with which words, and the reference figures of the shared data
 * folder. */

#include "eval_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void written(char *path, const char *text) {
    strcpy(path, "/tmp/lightpose-eval-XXXXXX");
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

#define SEVENTEEN                                                                                                      \
    "1,2,2, 3,4,2, 5,6,1, 0,0,0, 0,0,0, 7,8,2, 1,2,2, 1,2,2, 1,2,2, 1,2,2, 1,2,2, 1,2,2, 1,2,2, 1,2,2, "               \
    "1,2,2, 1,2,2, 1,2,2"
#define IMAGE "{\"id\":7,\"file_name\":\"a.jpg\",\"width\":64,\"height\":48}"
#define LABEL(id, image)                                                                                               \
    "{\"id\":" id ",\"image_id\":" image ",\"category_id\":1,\"iscrowd\":0,\"num_keypoints\":15,"                      \
    "\"area\":100.5,\"bbox\":[1,2,3,4],\"keypoints\":[" SEVENTEEN "]}"
#define LABELS(images, annotations) "{\"images\":[" images "],\"annotations\":[" annotations "]}"

static void reads_labels(void **state) {
    (void)state;
    char path[64];
    lp_labels labels;
    lightpose_error error = {0};
    written(path, LABELS("{\"id\":9,\"file_name\":\"b.jpg\"}, " IMAGE,
                         LABEL("3", "9") "," LABEL("4", "7") "," LABEL("1", "9")));
    assert_int_equal(lp_labels_load(&labels, path, &error), LIGHTPOSE_OK);
    assert_int_equal(labels.image_count, 2);
    assert_int_equal(labels.images[0].id, 7);
    assert_int_equal(labels.images[0].width, 64);
    assert_int_equal(labels.images[1].width, 0);
    assert_string_equal(labels.images[1].file_name, "b.jpg");
    assert_int_equal(labels.label_count, 3);
    assert_int_equal(labels.images[1].labels, 2);
    assert_int_equal(labels.labels[labels.images[1].first].id, 3); /* as in the file, not by id */
    assert_int_equal(labels.labels[labels.images[1].first + 1].id, 1);
    assert_int_equal(labels.labels[0].labelled_count, 15);
    assert_int_equal(labels.labels[0].labelled[3], 0);
    assert_near(labels.labels[0].x[5], 7);
    assert_near(labels.labels[0].y[5], 8);
    assert_near(labels.labels[0].box[3], 4);
    assert_near(labels.labels[0].area, 100.5);
    lp_labels_free(&labels);
    remove(path);
}

static void names_what_is_wrong_with_labels(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", ":1:0: '[' or '{' expected near end of file"},
        {"{\"images\":[", "]' expected near end of file"},
        {"[1,2]", "no array \"images\" at the top; is it a COCO label file?"},
        {"{\"images\":[]}", "no array \"annotations\" at the top"},
        {LABELS(IMAGE "," IMAGE, ""), "image id 7 occurs twice (a.jpg and a.jpg)"},
        {LABELS("{\"id\":7}", ""), "images[0].file_name is missing"},
        {LABELS("{\"id\":\"7\",\"file_name\":\"a\"}", ""), "images[0].id is a string; wanted an integer"},
        {LABELS("5", ""), "images[0] is an integer; wanted an object"},
        {LABELS(IMAGE, LABEL("3", "8")), "annotations[0] is of image 8, which is not listed"},
        {LABELS(IMAGE, LABEL("3", "7") "," LABEL("3", "7")), "annotation id 3 occurs twice"},
        {LABELS(IMAGE, "{\"id\":1,\"image_id\":7,\"keypoints\":[1,2]}"),
         "annotations[0].keypoints has 2 numbers; wanted 51"},
        {LABELS(IMAGE, "{\"id\":1,\"image_id\":7,\"keypoints\":[" SEVENTEEN "],\"bbox\":[1,2,3,null]}"),
         "annotations[0].bbox [3] is null; wanted a number"},
        {LABELS(IMAGE, "{\"id\":1,\"image_id\":7,\"keypoints\":[" SEVENTEEN "],\"bbox\":[1,2,3,4],\"area\":-1}"),
         "annotations[0].area is -1; wanted at least 0"},
        {"{\"categories\":[{\"id\":1,\"name\":\"cat\"},{\"id\":2,\"name\":\"dog\"}],\"images\":[],\"annotations\":[]}",
         "none of its 2 categories is named \"person\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64];
        lp_labels labels;
        lightpose_error error = {0};
        written(path, cases[i].text);
        assert_int_equal(lp_labels_load(&labels, path, &error), LIGHTPOSE_ERROR_FILE);
        if (!strstr(error.text, cases[i].says) || !strstr(error.text, path))
            fail_msg("said \"%s\", not \"%s\"", error.text, cases[i].says);
        assert_null(labels.images);
        remove(path);
    }
    lp_labels labels;
    lightpose_error error = {0};
    assert_int_equal(lp_labels_load(&labels, "/nonexistent/x.json", &error), LIGHTPOSE_ERROR_FILE);
    assert_string_equal(error.text, "/nonexistent/x.json: No such file or directory");
    error = (lightpose_error){0};
    assert_int_equal(lp_labels_load(&labels, "/", &error), LIGHTPOSE_ERROR_FILE);
    assert_string_equal(error.text, "/: Is a directory");
}

#define RESULT(image, score)                                                                                           \
    "{\"image_id\":" image ",\"category_id\":1,\"keypoints\":[" SEVENTEEN "],\"score\":" score "}"

static void names_what_is_wrong_with_results(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{}", "no array at the top; is it a COCO results file?"},
        {"[" RESULT("7", "NaN") "]", "near 'NaN' (JSON has no such number)"},
        {"[" RESULT("7", "1e999") "]", "real number overflow"},
        {"[" RESULT("7", "\"1\"") "]", "[0].score is a string; wanted a number"},
        {"[" RESULT("7", "1") "," RESULT("8", "1") "]", "[1].image_id is 8, an image that the labels do not list"},
        {"[{\"image_id\":\"a.jpg\"}]", "[0].image_id is a string; wanted an integer"},
        {"[{\"image_id\":7,\"category_id\":3}]", "[0].category_id is 3; wanted 1, a person"},
        {"[{\"image_id\":7,\"keypoints\":[1,2,3]}]", "[0].keypoints has 3 numbers; wanted 51"},
        {"[{\"image_id\":7,\"keypoints\":[" SEVENTEEN "]}]", "[0].score is missing"},
    };
    char labels_path[64];
    lp_labels labels;
    written(labels_path, LABELS(IMAGE, LABEL("3", "7")));
    assert_int_equal(lp_labels_load(&labels, labels_path, NULL), LIGHTPOSE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64];
        lp_detections detections;
        lightpose_error error = {0};
        written(path, cases[i].text);
        assert_int_equal(lp_detections_load(&detections, &labels, path, &error), LIGHTPOSE_ERROR_FILE);
        if (!strstr(error.text, cases[i].says) || !strstr(error.text, path))
            fail_msg("said \"%s\", not \"%s\"", error.text, cases[i].says);
        assert_null(detections.list);
        remove(path);
    }
    lp_labels_free(&labels);
    remove(labels_path);
}

/* COCO's tools take the area from the boxes where the first detection has one. */
static void boxes_of_results_give_the_area(void **state) {
    (void)state;
    char path[64];
    lp_detections detections;
    lp_labels labels = {.images = &(lp_labelled_image){.id = 7}, .image_count = 1, .category = 1};
    written(path, "[{\"image_id\":7,\"keypoints\":[" SEVENTEEN "],\"score\":1,\"bbox\":[0,0,30,20]}]");
    assert_int_equal(lp_detections_load(&detections, &labels, path, NULL), LIGHTPOSE_OK);
    assert_near(detections.list[0].area, 600);
    lp_detections_free(&detections);
    remove(path);
    written(path, "[" RESULT("7", "2") "]");
    assert_int_equal(lp_detections_load(&detections, &labels, path, NULL), LIGHTPOSE_OK);
    assert_near(detections.list[0].area, 7 * 8);
    assert_int_equal(detections.list[0].found[2], 1);
    assert_int_equal(detections.list[0].found[3], 0);
    lp_detections_free(&detections);
    remove(path);
}

/* Every number that was a float comes back as it was. */
static void saved_detections_read_the_same(void **state) {
    (void)state;
    char path[64];
    const lp_labels labels = {.images = (lp_labelled_image[]){{.id = 5}, {.id = 7}}, .image_count = 2, .category = 3};
    lp_detections detections = {0}, again;
    double keypoints[3 * LP_COCO17_KEYPOINTS];
    uint32_t random = 1;
    written(path, "");
    for (int d = 0; d < 30; d++) {
        for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
            for (int i = 0; i < 2; i++)
                keypoints[3 * k + i] = (double)((float)(random = random * 1664525 + 1013904223) / 3e6f - 20);
            keypoints[3 * k + 2] = random >> 31;
        }
        assert_ok(lp_detections_add(&detections, (size_t)d / 15, keypoints, (double)((float)random * 1e-9f), error));
    }
    assert_ok(lp_detections_sort(&detections, 2, error));
    assert_ok(lp_detections_save(&detections, &labels, path, error));
    assert_ok(lp_detections_load(&again, &labels, path, error));
    assert_int_equal(again.count, 30);
    for (size_t d = 0; d < 30; d++)
        for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
            assert_int_equal(again.list[d].image, detections.list[d].image);
            assert_true((float)again.list[d].score == (float)detections.list[d].score);
            assert_true((float)again.list[d].x[k] == (float)detections.list[d].x[k]);
            assert_true((float)again.list[d].y[k] == (float)detections.list[d].y[k]);
            assert_int_equal(again.list[d].found[k], detections.list[d].found[k]);
        }
    lp_detections_free(&again);
    lp_detections_free(&detections);
    assert_fails(lp_detections_save(&detections, &labels, "/nonexistent/x.json", error), LIGHTPOSE_ERROR_FILE,
                 "/nonexistent/x.json");
    remove(path);
}

/* The README of the shared data folder: AP, APM and APL of three sets of detections. */
static void reference_figures(void **state) {
    (void)state;
    static const struct {
        const char *file;
        double ap, medium, large;
    } cases[] = {{"results_reference_368_full.json", 0.4263, 0.4192, 0.4520},
                 {"results_reference_368_x4.json", 0.3855, 0.3600, 0.4366},
                 {"results_reference_256_x4.json", 0.2983, 0.2099, 0.4169}};
    const char *const shared = getenv("LIGHTPOSE_SHARED");
    char path[4096];
    lp_labels labels;
    snprintf(path, sizeof path, "%s/coco/person_keypoints.json", shared ? shared : "");
    if (!shared || access(path, R_OK) != 0) {
        print_message("# skipped: no shared data folder\n");
        skip();
    }
    assert_int_equal(lp_labels_load(&labels, path, NULL), LIGHTPOSE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lp_detections detections;
        lp_evaluation evaluation;
        double figures[LP_FIGURES];
        snprintf(path, sizeof path, "%s/coco/%s", shared, cases[i].file);
        assert_int_equal(lp_detections_load(&detections, &labels, path, NULL), LIGHTPOSE_OK);
        assert_int_equal(lp_evaluation_make(&evaluation, &labels, &detections, NULL), LIGHTPOSE_OK);
        lp_evaluation_figures(&evaluation, NULL, figures);
        near_at(figures[LP_AP], cases[i].ap, 0.00005, "AP", __FILE__, __LINE__);
        near_at(figures[LP_AP_MEDIUM], cases[i].medium, 0.00005, "APM", __FILE__, __LINE__);
        near_at(figures[LP_AP_LARGE], cases[i].large, 0.00005, "APL", __FILE__, __LINE__);
        lp_evaluation_free(&evaluation);
        lp_detections_free(&detections);
    }
    lp_labels_free(&labels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_labels),
        cmocka_unit_test(names_what_is_wrong_with_labels),
        cmocka_unit_test(names_what_is_wrong_with_results),
        cmocka_unit_test(boxes_of_results_give_the_area),
        cmocka_unit_test(saved_detections_read_the_same),
        cmocka_unit_test(reference_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
