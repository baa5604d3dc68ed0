/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Activation ranges that are wrong in one place each: every one is refused, and the message names the tensor. */

#include "check.h"

#include "refuse_weights.h"

typedef struct range_case {
    const char *tensor, *json, *words; /* json NULL: the range goes */
} range_case;

static void set_ranges(parts *file, const char *text) {
    json_object_set_new(json_object_get(file->header, "__metadata__"), "activation_ranges", json_string(text));
}

static json_t *get_ranges(const parts *file) {
    const json_t *const metadata = json_object_get(file->header, "__metadata__");
    return json_loads(json_string_value(json_object_get(metadata, "activation_ranges")), 0, NULL);
}

/* The valid ranges with one replaced by `json`, or without it. */
static void refused_range(const char *tensor, const char *json, const char *words) {
    parts file = take_apart(valid, valid_size);
    json_t *const ranges = get_ranges(&file);
    if (json)
        json_object_set_new(ranges, tensor, json_loads(json, JSON_DECODE_ANY, NULL));
    else
        json_object_del(ranges, tensor);
    char *const text = json_dumps(ranges, JSON_COMPACT);
    set_ranges(&file, text);
    free(text);
    json_decref(ranges);
    refused_parts(&file, words);
}

static void single_ranges_that_are_wrong(void **state) {
    static const range_case cases[] = {
        {"conv1", NULL, "range of \"conv1\": missing"},
        {"data", NULL, "range of \"data\": missing"},
        {"Mconv3_stage2_L1/res", NULL, "range of \"Mconv3_stage2_L1/res\": missing"},
        {"conv5_5_CPM_L1", NULL, "range of \"conv5_5_CPM_L1\": missing"},
        {"concat_stage2", "[0,1]", "range of \"concat_stage2\": the network has no such tensor"},
        {"conv9", "[0,1]", "range of \"conv9\": the network has no such tensor"},
        {"data", "[0,0]", "range of \"data\": low 0 is 0, not below high, 0"},
        {"data", "[1,0]", "range of \"data\": low 0 is 1, not below high, 0"},
        {"data", "[1,1.00000001]", "range of \"data\": low 0 is 1, not below high, 1"},
        {"data", "[0,1e39]", "range of \"data\": high 0 is 1e+39, which is no float32"},
        {"data", "[0]", "range of \"data\": not two numbers"},
        {"data", "[0,1,2]", "range of \"data\": more than two ends"},
        {"data", "[0,null]", "activation_ranges: expected a number at byte"},
        {"data", "[\"0\",1]", "activation_ranges: expected a number at byte"},
        {"data", "{}", "activation_ranges: expected an array at byte"},
        {"data", "[0,[1,1,1]]", "range of \"data\": not two numbers"},
        {"data", "[[0,0,0],[1,1]]", "range of \"data\": 2 high ends for 3 channels"},
        {"data", "[[0],[1]]", "range of \"data\": 1 low ends for 3 channels"},
        {"data", "[[],[]]", "range of \"data\": 0 low ends for 3 channels"},
        {"data", "[[0,0,0],[1,true,1]]", "activation_ranges: expected a number at byte"},
        {"data", "[[0,0,0,0],[1,1,1,1]]", "range of \"data\": more low ends than its 3 channels"},
        {"data", "[[0,0,3],[1,1,2]]", "range of \"data\": low 2 is 3, not below high, 2"},
        {"Mconv7_stage2_L1", "[1,0]", "range of \"Mconv7_stage2_L1\": low 0 is 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused_range(cases[i].tensor, cases[i].json, cases[i].words);
}

static void tables_that_are_wrong(void **state) {
    static const range_case texts[] = {{NULL, "[]", "activation_ranges: expected an object at byte 0"},
                                       {NULL, "{", "activation_ranges: expected a string at byte 1"},
                                       {NULL, "NaN", "activation_ranges: expected an object at byte 0"},
                                       {NULL, "{}", "range of \"data\": missing"},
                                       {NULL, "{\"data\":[0,1],\"data\":[0,1]}", "range of \"data\": twice"},
                                       {NULL, "{\"data\":[0,NaN]}", "activation_ranges: expected a number at byte 11"}};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        parts file = take_apart(valid, valid_size);
        set_ranges(&file, texts[i].json);
        refused_parts(&file, texts[i].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_ranges_that_are_wrong),
        cmocka_unit_test(tables_that_are_wrong),
    };
    return cmocka_run_group_tests(tests, make_valid, free_valid);
}
