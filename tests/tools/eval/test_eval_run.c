/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The evaluator's runs of the library: on random weights and pictures, with labels made of what the library
 * finds when it is called directly; and on the shared data folder's images. */

#include "eval_world.h"

#include <stdio.h>
#include <unistd.h>

#include "eval/run.h"
#include "media.h"
#include "synthetic.h"

enum { PICTURES = 7 };

static const int sizes[PICTURES][2] = {{160, 120}, {120, 160}, {96, 96}, {160, 120}, {200, 100}, {64, 48}, {161, 119}};

static char *folder, weights[512];
static lp_labels labels;

/* docs/algorithm.md 1, the other way round than the table in use: where each of the network's 18 goes. */
static const int target[LIGHTPOSE_KEYPOINTS] = {0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3};

static lp_label label_of(const lightpose_pose *pose, int64_t id) {
    lp_label label = {.id = id, .counts = 1};
    label.box[0] = (double)pose->box.x;
    label.box[1] = (double)pose->box.y;
    label.box[2] = (double)pose->box.width;
    label.box[3] = (double)pose->box.height;
    label.area = 100 + label.box[2] * label.box[3];
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (target[k] < 0 || pose->keypoints[k].state == LIGHTPOSE_MISSING)
            continue;
        label.x[target[k]] = (double)pose->keypoints[k].x;
        label.y[target[k]] = (double)pose->keypoints[k].y;
        label.labelled[target[k]] = 1;
        label.labelled_count++;
    }
    label.keypoints = label.labelled_count;
    return label;
}

/* Writes picture `i` and labels whom the library finds in it. */
static void make_picture(int i, lightpose_context *context) {
    const int width = sizes[i][0], height = sizes[i][1];
    lp_labelled_image *const at = &labels.images[i];
    lp_input_picture picture = {0};
    lightpose_result *result;
    char path[600];
    size_t size;

    *at = (lp_labelled_image){.id = i + 1, .width = width, .height = height, .first = labels.label_count};
    assert_true(asprintf(&at->file_name, "%d.png", i) > 0);
    snprintf(path, sizeof path, "%s/%s", folder, at->file_name);
    uint8_t *const bytes = media_encode("png", "rgb24", width, height, &size);
    assert_non_null(bytes);
    assert_int_equal(media_write(path, bytes, size), 0);
    free(bytes);

    assert_ok(lp_input_picture_read(&picture, path, NULL, error));
    assert_ok(lightpose_result_create(&result, error));
    assert_ok(lightpose_context_infer(context, &picture.image, result, error));
    for (int p = 0; p < lightpose_result_get_count(result); p++, at->labels++) {
        const int64_t id = (int64_t)++labels.label_count;
        labels.labels[id - 1] = label_of(lightpose_result_get_pose(result, p), id);
    }
    lightpose_result_destroy(&result);
    lp_input_picture_free(&picture);
}

static lp_cli_model base_model(void) {
    lp_cli_model model = {.weights = weights};
    lightpose_settings_init(&model.settings);
    model.settings.height = 96;
    model.settings.precision = LIGHTPOSE_PRECISION_F32;
    model.settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    model.settings.threads = 1;
    return model;
}

static int set_up(void **state) {
    size_t size;
    lightpose_model *model;
    lightpose_context *context;
    const lp_cli_model base = base_model();

    (void)state;
    folder = media_make_folder();
    assert_non_null(folder);
    snprintf(weights, sizeof weights, "%s/weights", folder);
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 1, &size);
    assert_non_null(bytes);
    assert_int_equal(media_write(weights, bytes, size), 0);
    free(bytes);
    labels.images = calloc(PICTURES, sizeof *labels.images);
    labels.labels = calloc(1000, sizeof *labels.labels);
    labels.image_count = PICTURES;
    labels.category = 1;
    assert_ok(lightpose_model_create(&model, weights, error));
    assert_ok(lightpose_context_create(&context, model, &base.settings, error));
    for (int i = 0; i < PICTURES; i++)
        make_picture(i, context);
    lightpose_context_destroy(&context);
    lightpose_model_destroy(&model);
    assert_true(labels.label_count > 2 * PICTURES); /* chance has made people enough for what follows */
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    lp_labels_free(&labels);
    media_remove_tree(folder);
    return 0;
}

static void run(const lp_setting *settings, size_t count, int passes, lp_outcome *outcomes) {
    lp_pictures pictures = {0};
    memset(outcomes, 0, count * sizeof *outcomes);
    assert_ok(lp_pictures_from_labels(&pictures, &labels, folder, error));
    assert_ok(lp_settings_run(settings, count, &pictures, &labels, passes, 0, outcomes, error));
    lp_pictures_free(&pictures);
}

static void finds_what_the_library_finds(void **state) {
    const lp_setting setting = {.name = (char *)"base", .model = base_model()};
    lp_outcome outcome;

    (void)state;
    run(&setting, 1, 1, &outcome);
    assert_string_equal(outcome.name, "base");
    assert_near(outcome.figures[LP_AP], 1);
    assert_near(outcome.figures[LP_AR], 1);
    assert_int_equal(outcome.detections.count, labels.label_count);
    assert_int_equal(outcome.breakdown.persons_found, (int)labels.label_count);
    assert_int_equal(outcome.timing.workers, 1);
    assert_int_equal(outcome.timing.images, PICTURES);
    assert_int_equal(outcome.timing.precision, LIGHTPOSE_PRECISION_F32);
    assert_int_equal(outcome.timing.decoder, LIGHTPOSE_DECODER_REFERENCE);
    assert_int_equal(outcome.timing.height, 96);
    assert_true(outcome.timing.network_ms > 0 && outcome.timing.decode_ms > 0);
    assert_true(outcome.timing.image_ms > outcome.timing.network_ms + outcome.timing.decode_ms);
    lp_outcome_free(&outcome);
}

static void workers_and_passes_make_no_difference(void **state) {
    lp_setting setting = {.name = (char *)"base", .model = base_model()};
    lp_outcome one, four;

    (void)state;
    run(&setting, 1, 1, &one);
    setting.model.settings.threads = 4;
    run(&setting, 1, 2, &four);
    assert_int_equal(four.timing.workers, 4);
    assert_int_equal(four.detections.count, one.detections.count);
    assert_memory_equal(four.detections.list, one.detections.list, one.detections.count * sizeof *one.detections.list);
    lp_outcome_free(&one);
    lp_outcome_free(&four);
}

/* Four settings, two networks: what a decoder finds on maps it shares is what it finds on its own. */
static void settings_that_share_maps_find_the_same(void **state) {
    lp_setting settings[4];
    lp_outcome together[4], alone;

    (void)state;
    for (int i = 0; i < 4; i++)
        settings[i] = (lp_setting){.name = (char *)"x", .model = base_model()};
    settings[1].model.settings.peak_radius = 2;
    settings[2].model.settings.height = 128;
    settings[3].model.settings.min_keypoints = 6;
    settings[3].model.settings.upsample = 8;
    run(settings, 4, 1, together);
    for (int i = 0; i < 4; i++) {
        run(&settings[i], 1, 1, &alone);
        assert_int_equal(together[i].detections.count, alone.detections.count);
        for (size_t d = 0; d < alone.detections.count; d++) {
            assert_near(together[i].detections.list[d].score, alone.detections.list[d].score);
            for (int k = 0; k < LP_COCO17_KEYPOINTS; k++)
                near_at(together[i].detections.list[d].x[k], alone.detections.list[d].x[k], 1e-3, "x", __FILE__,
                        __LINE__);
        }
        assert_int_equal(together[i].timing.height, i == 2 ? 128 : 96);
        lp_outcome_free(&alone);
    }
    assert_true(together[1].detections.count != together[0].detections.count);
    assert_true(together[2].figures[LP_AP] < 0.9);
    for (int i = 0; i < 4; i++)
        lp_outcome_free(&together[i]);
}

/* The same pictures as if nobody were in them: everyone found is wrong, in the folder and among the labelled. */
static void counts_who_is_found_where_nobody_is(void **state) {
    const lp_setting setting = {.name = (char *)"base", .model = base_model()};
    lp_pictures pictures = {0};
    lp_outcome outcome = {0};
    int with = 0;

    (void)state;
    for (int i = 0; i < PICTURES; i++)
        with += labels.images[i].labels > 0;
    assert_ok(lp_pictures_from_labels(&pictures, &labels, folder, error));
    assert_ok(lp_pictures_add_folder(&pictures, folder, error)); /* leaves out the weights: no picture */
    assert_int_equal(pictures.count, 2 * PICTURES);
    assert_ok(lp_settings_run(&setting, 1, &pictures, &labels, 1, 0, &outcome, error));
    assert_int_equal(outcome.negatives.images, PICTURES);
    assert_int_equal(outcome.negatives.images_with, with);
    assert_int_equal(outcome.negatives.persons, (int)labels.label_count);
    assert_non_null(outcome.negatives.worst);
    assert_near(outcome.negatives.best_rank, outcome.evaluation.all.list[0].detection->score);
    assert_near(outcome.figures[LP_AP], 1);
    near_at(outcome.negatives.ap, 0.5, 0.06, "AP with negatives", __FILE__, __LINE__); /* one wrong for each right */
    lp_outcome_free(&outcome);
    lp_pictures_free(&pictures);
}

/* A budget for two and a half pictures: the rest is decoded again for the second network, with the same outcome. */
static void keeps_no_more_pictures_than_the_budget(void **state) {
    lp_setting settings[2] = {{.name = (char *)"a", .model = base_model()},
                              {.name = (char *)"b", .model = base_model()}};
    lp_pictures pictures = {0};
    lp_outcome outcomes[2] = {0};
    int64_t kept = 0;
    const int64_t budget = 160 * 120 * 3 * 5 / 2;

    (void)state;
    settings[1].model.settings.height = 88;
    assert_ok(lp_pictures_from_labels(&pictures, &labels, folder, error));
    pictures.budget = budget;
    assert_ok(lp_settings_run(settings, 2, &pictures, &labels, 1, 0, outcomes, error));
    for (int i = 0; i < PICTURES; i++)
        kept += pictures.list[i].pixels ? 3 * sizes[i][0] * sizes[i][1] : 0;
    assert_true(kept > 0 && kept <= budget);
    assert_int_equal(pictures.budget, budget - kept);
    assert_near(outcomes[0].figures[LP_AP], 1);
    lp_outcome_free(&outcomes[0]);
    lp_outcome_free(&outcomes[1]);
    lp_pictures_free(&pictures);
}

static void names_the_picture_that_fails(void **state) {
    const lp_setting setting = {.name = (char *)"base", .model = base_model()};
    lp_labelled_image *const image = &labels.images[3];
    lp_pictures pictures = {0};
    lp_outcome outcome = {0};
    char *const name = image->file_name;
    char path[600];

    (void)state;
    image->file_name = (char *)"gone.png";
    assert_fails(lp_pictures_from_labels(&pictures, &labels, folder, error), LIGHTPOSE_ERROR_FILE,
                 "gone.png: No such file or directory (1 of the 7 images that the labels list cannot be read)");
    lp_pictures_free(&pictures);

    image->file_name = name;
    image->width = 161;
    assert_ok(lp_pictures_from_labels(&pictures, &labels, folder, error));
    assert_fails(lp_settings_run(&setting, 1, &pictures, &labels, 1, 0, &outcome, error), LIGHTPOSE_ERROR_IMAGE,
                 "3.png: is 160 x 120, but the labels say 161 x 120");
    lp_pictures_free(&pictures);
    image->width = 160;

    image->file_name = (char *)"weights"; /* there, and no picture */
    assert_ok(lp_pictures_from_labels(&pictures, &labels, folder, error));
    snprintf(path, sizeof path, "%s/weights", folder);
    assert_fails(lp_settings_run(&setting, 1, &pictures, &labels, 1, 0, &outcome, error), LIGHTPOSE_ERROR_IMAGE, path);
    lp_pictures_free(&pictures);
    image->file_name = name;

    assert_fails(lp_pictures_add_folder(&pictures, "/nonexistent", error), LIGHTPOSE_ERROR_FILE,
                 "/nonexistent: No such file or directory");
    lp_pictures_free(&pictures);
}

static void names_the_weights_and_settings_that_fail(void **state) {
    lp_setting setting = {.name = (char *)"base", .model = base_model()};
    lp_pictures pictures = {0};
    lp_outcome outcome = {0};

    (void)state;
    assert_ok(lp_pictures_from_labels(&pictures, &labels, folder, error));
    setting.model.weights = "/nonexistent/weights";
    assert_fails(lp_settings_run(&setting, 1, &pictures, &labels, 1, 0, &outcome, error), LIGHTPOSE_ERROR_FILE,
                 "/nonexistent/weights");
    setting.model.weights = weights;
    setting.model.settings.upsample = 3;
    assert_fails(lp_settings_run(&setting, 1, &pictures, &labels, 1, 0, &outcome, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "upsample");
    lp_pictures_free(&pictures);
}

/* The whole path on real weights and images. The reference simulates int8; equivalent roundings scatter AP by 0.0025,
 * and FFmpeg's JPEG, which differs by a grey level here and there, by as much again. */
static void real_images_give_the_reference_accuracy(void **state) {
    const char *const shared = getenv("LIGHTPOSE_SHARED"), *const real = getenv("LIGHTPOSE_WEIGHTS");
    lp_setting setting = {.name = (char *)"reference", .model = base_model()};
    lp_labels real_labels;
    lp_pictures pictures = {0};
    lp_outcome outcome = {0};
    char path[4096];

    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("# skipped: minutes under a sanitizer, which has seen the same code on the pictures above\n");
    skip();
#endif
    snprintf(path, sizeof path, "%s/coco/person_keypoints.json", shared ? shared : "");
    if (!shared || access(path, R_OK) != 0 || !real || access(real, R_OK) != 0) {
        print_message("# skipped: no shared data folder, or no weights (weights/get makes them)\n");
        skip();
    }
    assert_ok(lp_labels_load(&real_labels, path, error));
    snprintf(path, sizeof path, "%s/coco/images", shared);
    assert_ok(lp_pictures_from_labels(&pictures, &real_labels, path, error));
    snprintf(path, sizeof path, "%s/coco/negatives", shared);
    assert_ok(lp_pictures_add_folder(&pictures, path, error));
    setting.model.weights = real;
    setting.model.settings.height = 256;
    setting.model.settings.threads = 0;
    setting.model.settings.precision = LIGHTPOSE_PRECISION_INT8;
    assert_ok(lp_settings_run(&setting, 1, &pictures, &real_labels, 1, 0, &outcome, error));
    near_at(outcome.figures[LP_AP], 0.2976, 0.006, "AP", __FILE__, __LINE__);
    assert_int_equal(outcome.negatives.images, 30);
    assert_true(outcome.negatives.persons >= 3 && outcome.negatives.persons <= 5); /* 4 in the reference */
    lp_outcome_free(&outcome);
    lp_pictures_free(&pictures);
    lp_labels_free(&real_labels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_library_finds),
        cmocka_unit_test(workers_and_passes_make_no_difference),
        cmocka_unit_test(settings_that_share_maps_find_the_same),
        cmocka_unit_test(counts_who_is_found_where_nobody_is),
        cmocka_unit_test(keeps_no_more_pictures_than_the_budget),
        cmocka_unit_test(names_the_picture_that_fails),
        cmocka_unit_test(names_the_weights_and_settings_that_fail),
        cmocka_unit_test(real_images_give_the_reference_accuracy),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
