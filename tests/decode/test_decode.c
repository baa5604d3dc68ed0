/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `reference` against the reference implementation on real maps: every person of the 17 golden ones. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "decode/decode.h"
#include "golden_maps.h"
#include "teams.h"

static lp_people decode(lp_decoder *decoder, const lp_maps *maps, int threads) {
    lp_people people;

    assert_ok(run_decoder(decoder, maps, threads, &people, error));
    return people;
}

static lp_decoder *open_reference(void) {
    lightpose_settings settings;
    lp_decoder *decoder;

    lightpose_settings_init(&settings);
    settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    assert_ok(lp_decoder_create(&decoder, &settings, error));
    return decoder;
}

/* The golden persons stand in the order of grouping, ours in order of rank. */
static int by_rank(const void *a, const void *b) {
    const json_t *const persons[2] = {*(json_t *const *)a, *(json_t *const *)b};
    double rank[2];

    for (int i = 0; i < 2; i++)
        rank[i] = json_number_value(json_object_get(persons[i], "score")) *
                  ((double)json_integer_value(json_object_get(persons[i], "count")) - 1);
    return rank[0] < rank[1] ? 1 : -1;
}

static double item(const json_t *array, size_t index) {
    return json_number_value(json_array_get(array, index));
}

static void check_person(const golden_maps *golden, const json_t *wanted, const lp_person *person) {
    const json_t *const keypoints = json_object_get(wanted, "keypoints");
    int found = 0;

    assert_int_equal(person->count, json_integer_value(json_object_get(wanted, "count")));
    assert_float_equal(person->sum, json_number_value(json_object_get(wanted, "score")), 1e-4);
    assert_float_equal(person->rank, person->sum * (person->count - 1), 1e-3);
    assert_float_equal(person->score, person->sum / (2 * person->count - 1), 1e-6);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const json_t *const keypoint = json_array_get(keypoints, (size_t)k);
        assert_int_equal(person->state[k], json_is_null(keypoint) ? LIGHTPOSE_MISSING : LIGHTPOSE_DETECTED);
        if (json_is_null(keypoint))
            continue;
        assert_float_equal((person->x[k] * 2 - golden->pad_left) / golden->scale, item(keypoint, 0), 1e-3);
        assert_float_equal((person->y[k] * 2 - golden->pad_top) / golden->scale, item(keypoint, 1), 1e-3);
        assert_float_equal(person->keypoint_score[k], item(keypoint, 2), 1e-4);
        found++;
    }
    assert_true(found >= person->count);
}

static int check_entry(lp_decoder *decoder, const golden_maps *golden, int threads) {
    const json_t *wanted[256];
    const size_t count = json_array_size(golden->persons);
    const lp_people people = decode(decoder, &golden->maps, threads);

    assert_true(count < 256);
    for (size_t i = 0; i < count; i++)
        wanted[i] = json_array_get(golden->persons, i);
    qsort(wanted, count, sizeof *wanted, by_rank);
    if (people.count != (int)count)
        fail_msg("%s: %d persons, not %zu", golden->name, people.count, count);
    for (size_t i = 0; i < count; i++)
        check_person(golden, wanted[i], &people.persons[i]);
    assert_int_equal(people.half_pixel, 0);
    return people.count;
}

static void every_golden_person_is_found(void **state) {
    golden_maps *list;
    const int count = golden_maps_read(&list);

    (void)state;
    assert_true(count >= 0);
    if (count == 0) {
        print_message("# the shared golden data is not there\n");
        skip();
    }
    assert_int_equal(count, 17);
    for (int threads = 1; threads <= 3; threads++) {
        lp_decoder *decoder = open_reference();
        int persons = 0;
        for (int i = 0; i < count; i++)
            persons += check_entry(decoder, &list[i], threads);
        assert_int_equal(persons, 105);
        lp_decoder_destroy(&decoder);
        assert_null(decoder);
    }
    golden_maps_free(list, count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_person_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
