/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Weights files that are wrong in one place each: every one is refused, and the message names the place. */

#include "check.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/weights.h"
#include "refuse_weights.h"
#include "synthetic.h"

/* ---- The header -------------------------------------------------------------------------------------------------- */

static void lengths_that_cannot_be(void **state) {
    static const unsigned char huge[16] = {255, 255, 255, 255, 255, 255, 255, 255},
                               above[16] = {1, 0, 0, 1}, /* 16 MiB and one byte */
        at[16] = {0, 0, 0, 1}, beyond[16] = {9}, zero[16] = {0};

    (void)state;
    refused(huge, 0, "0 bytes");
    refused(huge, 7, "7 bytes");
    refused(huge, 16, "a header of 18446744073709551615 bytes, the limit is 16777216");
    refused(above, 16, "a header of 16777217 bytes, the limit is 16777216");
    refused(at, 16, "truncated: a header of 16777216 bytes in a file of 16");
    refused(beyond, 16, "truncated: a header of 9 bytes in a file of 16");
    refused(zero, 16, "expected an object");
}

static void headers_that_are_not_as_they_should_be(void **state) {
    char deep[4096];

    (void)state;
    refused_text("{", "expected a string at byte 1");
    refused_text("{} x", "text after the end at byte 3");
    refused_text("[]", "expected an object at byte 0");
    refused_text("17", "expected an object");
    refused_text("{\"__metadata__\":{\"a\":\"\xff\"}}", "not UTF-8 at byte 22");
    refused_text("{\"a\\u0000b\":1}", "a NUL in a string");
    refused_text("{\"__metadata__\":{\"variant\":\"x\",\"variant\":\"y\"}}", "__metadata__: \"variant\" appears twice");
    refused_text("{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ appears twice");
    refused_text("{\"__metadata__\":[]}", "expected an object at byte 16");
    refused_text("{}", "format_version is \"\"");
    memset(deep, '[', sizeof deep);
    deep[sizeof deep - 1] = 0;
    refused_text(deep, "expected an object at byte 0");
}

static void more_than_the_limits(void **state) {
    char name[16];
    parts file = {json_object(), malloc(LP_MAX_TENSORS + 1), LP_MAX_TENSORS + 1};

    (void)state;
    for (int i = 0; i < LP_MAX_TENSORS + 1; i++) {
        snprintf(name, sizeof name, "t%d", i);
        json_object_set_new(file.header, name,
                            json_pack("{s:s,s:[i],s:[i,i]}", "dtype", "I8", "shape", 1, "data_offsets", i, i + 1));
    }
    refused_parts(&file, "tensor \"t1024\": more than 1024 tensors");
    file = take_apart(valid, valid_size);
    for (int i = 0; i < LP_MAX_METADATA; i++) {
        snprintf(name, sizeof name, "m%d", i);
        json_object_set_new(json_object_get(file.header, "__metadata__"), name, json_string(""));
    }
    refused_parts(&file, "more than 64 entries");
}

static void a_name_may_stand_once(void **state) {
    static const char tensor[] = "\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}";
    char text[256];
    size_t size;

    (void)state;
    snprintf(text, sizeof text, "{%s,%s}", tensor, tensor);
    unsigned char *const bytes = with_header(text, strlen(text), (const unsigned char *)"", 1, &size);
    refused(bytes, size, "tensor \"a\": appears twice in the header");
    free(bytes);
    refused_text("{\"a\":{\"dtype\":\"I8\",\"dtype\":\"I8\"}}", "tensor \"a\": a second \"dtype\" in its entry");
}

/* A name from the file reaches the message cut short and without control characters, which a terminal would obey. */
static void names_are_printed_harmlessly(void **state) {
    (void)state;
    refused_text("{\"\\u001b[31m\\n\":{}}", "tensor \"?[31m?\": no dtype");
    refused_text("{\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\":{}}",
                 "01234567...\"");
}

/* ---- Metadata ---------------------------------------------------------------------------------------------------- */

typedef struct value_case {
    const char *key, *value, *words;
} value_case;

static void metadata_that_is_wrong(void **state) {
    static const value_case cases[] = {
        {"format_version", "2", "format_version is \"2\"; this library reads \"1\""},
        {"format_version", "1.0", "format_version"},
        {"variant", "human-pose-estimation-0005", "variant is \"human-pose-estimation-0005\""},
        {"variant", "", "variant is \"\""},
        {"variant", "lightweight-openpose-pytorch", "tensor \"conv4_3_CPM/red.weight\" is not part of variant"},
        {"input_scale", "", "input_scale is \"\""},
        {"input_scale", "0", "input_scale is \"0\""},
        {"input_scale", "-0.5", "input_scale is \"-0.5\""},
        {"input_scale", "0,00390625", "input_scale"},
        {"input_scale", "NaN", "input_scale is \"NaN\""},
        {"input_scale", "1e39", "input_scale is \"1e39\""},
        {"input_scale", "1e999", "input_scale"},
        {"input_scale", "1e-60", "input_scale"},
        {"input_scale", "\"1\"", "input_scale"},
        {"input_scale", "[1]", "input_scale"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parts file = take_apart(valid, valid_size);
        json_object_set_new(json_object_get(file.header, "__metadata__"), cases[i].key, json_string(cases[i].value));
        refused_parts(&file, cases[i].words);
    }
    parts file = take_apart(valid, valid_size);
    json_object_set_new(file.header, "__metadata__", json_array());
    refused_parts(&file, "expected an object at byte 16");
    file = take_apart(valid, valid_size);
    json_object_set_new(json_object_get(file.header, "__metadata__"), "source", json_integer(1));
    refused_parts(&file, "__metadata__: \"source\" is not a string");
    file = take_apart(valid, valid_size);
    json_object_del(file.header, "__metadata__");
    refused_parts(&file, "format_version is \"\"");
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

typedef struct member_case {
    const char *tensor, *member, *json, *words; /* json NULL: the member goes */
} member_case;

static const member_case member_cases[] = {
    {"conv1.weight", "dtype", NULL, "\"conv1.weight\": no dtype"},
    {"conv1.weight", "dtype", "8", "expected a string at byte"},
    {"conv1.weight", "dtype", "\"F64\"", "\"conv1.weight\": dtype \"F64\" is not"},
    {"conv1.weight", "dtype", "\"i8\"", "\"conv1.weight\": dtype \"i8\" is not"},
    {"conv1.weight", "dtype", "\"F32\"", "\"conv1.weight\": 864 bytes of data; its shape and dtype need 3456"},
    {"conv1.weight", "note", "\"\"", "\"conv1.weight\": an unknown \"note\" in its entry"},
    {"conv1.weight", "shape", "864", "expected an array at byte"},
    {"conv1.weight", "shape", "[32,3,3,3,1]", "\"conv1.weight\": 5 dimensions; the limit is 4"},
    {"conv1.weight", "shape", "[32,3,3,-3]", "\"conv1.weight\": dimension 3 is -3; the minimum is 1"},
    {"conv1.weight", "shape", "[0,3,3,3]", "\"conv1.weight\": dimension 0 is 0; the minimum is 1"},
    {"conv1.weight", "shape", "[32.0,3,3,3]", "expected an integer at byte"},
    {"conv1.weight", "shape", "[32,\"3\",3,3]", "expected an integer at byte"},
    {"conv1.weight", "shape", "[4611686018427387904,4,3,3]",
     "\"conv1.weight\": shape [4611686018427387904, 4, 3, 3] exceeds"},
    {"conv1.weight", "shape", "[32,3,3]", "\"conv1.weight\": 864 bytes of data; its shape and dtype need 288"},
    {"conv1.weight", "shape", "[864]", "\"conv1.weight\": shape [864], not [32, 3, 3, 3]"},
    {"conv1.weight", "shape", "[3,32,3,3]", "\"conv1.weight\": shape [3, 32, 3, 3], not [32, 3, 3, 3]"},
    {"conv1.weight", "shape", "[32,1,3,9]", "\"conv1.weight\": shape [32, 1, 3, 9], not [32, 3, 3, 3]"},
    {"conv1.bias", "shape", "[32,1]", "\"conv1.bias\": shape [32, 1], not [32]"},
    {"conv1.bias", "shape", "[]", "\"conv1.bias\": 128 bytes of data; its shape and dtype need 4"},
    {"conv1.scale", "shape", "[4,8]", "\"conv1.scale\": shape [4, 8], not [32]"},
    {"conv1.weight", "data_offsets", NULL, "\"conv1.weight\": no data_offsets"},
    {"conv1.weight", "data_offsets", "{}", "expected an array at byte"},
    {"conv1.weight", "data_offsets", "[0]", "\"conv1.weight\": 1 data_offsets, not 2"},
    {"conv1.weight", "data_offsets", "[0,864,1]", "\"conv1.weight\": 3 data_offsets, not 2"},
    {"conv1.weight", "data_offsets", "[0.0,864.0]", "expected an integer at byte"},
    {"conv1.weight", "data_offsets", "[-864,0]", "\"conv1.weight\": data from byte -864 to 0"},
    {"conv1.weight", "data_offsets", "[864,0]", "\"conv1.weight\": data from byte 864 to 0"},
    {"conv1.weight", "data_offsets", "[0,9223372036854775807]", "\"conv1.weight\": data from byte 0 to 92233720368547"},
    {"conv1.weight", "data_offsets", "[9223372036854774943,9223372036854775807]", "\"conv1.weight\": data from byte"},
    {"conv1.weight", "data_offsets", "[0,863]", "\"conv1.weight\": 863 bytes of data; its shape and dtype need 864"},
    {"conv1.weight", "data_offsets", "[1,865]", "starts at byte 1 of the data, after a hole from 0"},
    {"conv2_1/dw.weight", "data_offsets", "[0,288]", "starts at byte 0 of the data, inside the one"},
    {"conv1.bias", "dtype", "\"BF16\"", "\"conv1.bias\": 128 bytes of data; its shape and dtype need 64"},
};

static void entries_that_are_wrong(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof member_cases / sizeof *member_cases; i++) {
        const member_case *const c = &member_cases[i];
        parts file = take_apart(valid, valid_size);
        json_t *const entry = json_object_get(file.header, c->tensor);
        if (c->json)
            json_object_set_new(entry, c->member, json_loads(c->json, JSON_DECODE_ANY, NULL));
        else
            json_object_del(entry, c->member);
        refused_parts(&file, c->words);
    }
    parts file = take_apart(valid, valid_size);
    json_object_set_new(file.header, "conv1.weight", json_null());
    refused_parts(&file, "expected an object at byte");
}

/* Takes `size` bytes away from, or adds them (zeros) to, the end of the data. */
static void resize(parts *file, ptrdiff_t more) {
    unsigned char *const data = calloc(1, file->size + (size_t)(more > 0 ? more : 0));
    memcpy(data, file->data, more > 0 ? file->size : file->size + (size_t)more);
    free(file->data);
    file->data = data;
    file->size += (size_t)more;
}

static void set_offsets(parts *file, const char *tensor, const char *dtype, int64_t begin, int64_t size) {
    json_t *const entry = json_object_get(file->header, tensor);
    json_object_set_new(entry, "dtype", json_string(dtype));
    json_object_set_new(entry, "data_offsets", json_pack("[I,I]", (json_int_t)begin, (json_int_t)(begin + size)));
}

static void tensors_that_are_missing_or_too_many(void **state) {
    (void)state;
    /* The last tensor of the file, with its data; then the hole that any other leaves. */
    parts file = take_apart(valid, valid_size);
    json_object_del(file.header, "Mconv7_stage2_L2.bias");
    resize(&file, -19 * 4);
    refused_parts(&file,
                  "tensor \"Mconv7_stage2_L2.bias\" is missing; variant \"human-pose-estimation-0001\" needs it");
    file = take_apart(valid, valid_size);
    json_object_del(file.header, "conv3_1/dw.scale");
    refused_parts(&file, "tensor \"conv3_1/dw.bias\": starts at byte");
    file = take_apart(valid, valid_size);
    resize(&file, 1);
    refused_parts(&file, "the tensors end at byte");
    file = take_apart(valid, valid_size);
    resize(&file, -1);
    refused_parts(&file, "\"Mconv7_stage2_L2.bias\": data from byte");

    /* Another name for a tensor makes one missing; one more than all is told as such. */
    file = take_apart(valid, valid_size);
    json_object_set(file.header, "conv1.Weight", json_object_get(file.header, "conv1.weight"));
    json_object_del(file.header, "conv1.weight");
    refused_parts(&file, "tensor \"conv1.weight\" is missing");
    file = take_apart(valid, valid_size);
    json_object_set_new(file.header, "conv1.zero",
                        json_pack("{s:s,s:[i],s:[I,I]}", "dtype", "I8", "shape", 1, "data_offsets",
                                  (json_int_t)file.size, (json_int_t)file.size + 1));
    resize(&file, 1);
    refused_parts(&file, "tensor \"conv1.zero\" is not part of variant \"human-pose-estimation-0001\" with I8 weights");
}

static void types_that_do_not_go_together(void **state) {
    (void)state;
    /* The last layer's tensors can change type without moving others. */
    parts file = take_apart(valid, valid_size);
    const int64_t bias = data_of(&file, "Mconv7_stage2_L2.bias") - file.data;
    resize(&file, -19 * 3);
    set_offsets(&file, "Mconv7_stage2_L2.bias", "I8", bias, 19);
    refused_parts(&file, "tensor \"Mconv7_stage2_L2.bias\": dtype I8; biases are");

    file = take_apart(valid, valid_size);
    const int64_t scale = data_of(&file, "Mconv7_stage2_L2.scale") - file.data;
    resize(&file, -19 * 2);
    set_offsets(&file, "Mconv7_stage2_L2.scale", "F16", scale, 19 * 2);
    set_offsets(&file, "Mconv7_stage2_L2.bias", "F32", scale + 19 * 2, 19 * 4);
    refused_parts(&file, "tensor \"Mconv7_stage2_L2.scale\": dtype F16; scales are F32");

    file = take_apart(valid, valid_size);
    const int64_t weight = data_of(&file, "Mconv7_stage2_L2.weight") - file.data, count = 19 * 128;
    resize(&file, count);
    memset(file.data + weight, 0, file.size - (size_t)weight);
    set_offsets(&file, "Mconv7_stage2_L2.weight", "F16", weight, 2 * count);
    set_offsets(&file, "Mconv7_stage2_L2.scale", "F32", weight + 2 * count, 19 * 4);
    set_offsets(&file, "Mconv7_stage2_L2.bias", "F32", weight + 2 * count + 19 * 4, 19 * 4);
    refused_parts(&file, "tensor \"Mconv7_stage2_L2.weight\": dtype F16, where \"conv1.weight\" has I8");

    /* Scales beside weights that are not int8. */
    size_t size;
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F16, 0, 1, &size);
    file = take_apart(bytes, size);
    json_object_set_new(file.header, "conv1.scale",
                        json_pack("{s:s,s:[i],s:[I,I]}", "dtype", "F32", "shape", 32, "data_offsets",
                                  (json_int_t)file.size, (json_int_t)file.size + 128));
    resize(&file, 128);
    refused_parts(&file,
                  "tensor \"conv1.scale\" is not part of variant \"human-pose-estimation-0001\" with F16 weights");
    free(bytes);
}

static void values_that_are_not_finite(void **state) {
    static const unsigned char patterns[3][2][4] = {{{0, 0, 192, 127}, {0, 0, 128, 255}}, /* F32: NaN, -infinity */
                                                    {{0, 126}, {0, 252}},
                                                    {{192, 127}, {128, 255}}};
    (void)state;
    for (int dtype = LP_DTYPE_F32; dtype <= LP_DTYPE_BF16; dtype++)
        for (int i = 0; i < 4; i++) {
            const size_t width = dtype == LP_DTYPE_F32 ? 4 : 2;
            const char *const tensor = i & 1 ? "conv5_5/sep.weight" : "conv5_5/sep.bias";
            char words[64];
            size_t size;
            unsigned char *const bytes = synthetic_weights(LP_VARIANT_PYTORCH, dtype, 0, 1, &size);
            parts file = take_apart(bytes, size);
            memcpy(data_of(&file, tensor) + 11 * width, patterns[dtype][i / 2], width);
            snprintf(words, sizeof words, "tensor \"%s\": value 11 is not finite", tensor);
            refused_parts(&file, words);
            free(bytes);
        }
}

static void scales_that_are_not_positive(void **state) {
    static const struct {
        float value;
        const char *words;
    } cases[] = {{0, "value 5 is 0; scales are above 0"},
                 {-0.5F, "value 5 is -0.5; scales are above 0"},
                 {2.7e36F, "value 5 is 2.7e+36; scales are above 0, up to 2.65846e+36"},
                 {__builtin_inff(), "value 5 is not finite"},
                 {__builtin_nanf(""), "value 5 is not finite"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parts file = take_apart(valid, valid_size);
        memcpy(data_of(&file, "conv2_1/sep.scale") + 5 * sizeof(float), &cases[i].value, sizeof(float));
        refused_parts(&file, cases[i].words);
    }
}

/* ---- Cut off, and short of memory -------------------------------------------------------------------------------- */

static void a_file_cut_off_anywhere_is_refused(void **state) {
    lp_weights *weights;
    uint64_t length;

    (void)state;
    memcpy(&length, valid, sizeof length);
    const size_t begin = sizeof length + length;
    for (size_t size = 0; size < begin; size++)
        refused(valid, size, size < sizeof length ? "bytes" : "truncated");
    for (size_t size = begin; size < valid_size; size += 4096)
        refused(valid, size, "the file has data for 0 to");
    assert_int_equal(lp_weights_load_memory(&weights, valid, valid_size - 1, NULL), LIGHTPOSE_ERROR_WEIGHTS);

    /* The header alone cut off, its length told so: the JSON ends early. */
    for (uint64_t size = 0; size < length; size += size < 2000 ? 7 : 211) {
        size_t cut_size;
        unsigned char *const cut = with_header((const char *)valid + 8, size, NULL, 0, &cut_size);
        assert_int_equal(lp_weights_load_memory(&weights, cut, cut_size, NULL), LIGHTPOSE_ERROR_WEIGHTS);
        free(cut);
    }
}

static void every_failing_allocation_is_reported(void **state) {
    char path[] = "hostile_XXXXXX"; /* mapped, not copied */
    const int descriptor = mkstemp(path);
    lp_weights *weights;
    int nth = 0;
    lightpose_status status;

    (void)state;
    assert_true(descriptor >= 0 && write(descriptor, valid, valid_size) == (ssize_t)valid_size);
    close(descriptor);
    do {
        lightpose_error error = {0};
        lp_mem_fail_at(++nth);
        status = lp_weights_load(&weights, path, &error);
        lp_mem_fail_at(0);
        if (status != LIGHTPOSE_OK) {
            assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
            assert_int_equal(error.status, LIGHTPOSE_ERROR_MEMORY);
            assert_non_null(strstr(error.text, "no memory"));
            assert_null(weights);
        }
    } while (status != LIGHTPOSE_OK);
    unlink(path);
    lp_weights_destroy(&weights);
    assert_int_equal(nth, 6); /* handle, strings, tensors, scales, ranges; the sixth is never asked for */
    for (int i = 1; i <= 2; i++) {
        lp_mem_fail_at(i);
        assert_fails(lp_weights_load_memory(&weights, valid, valid_size, error), LIGHTPOSE_ERROR_MEMORY, "no memory");
        lp_mem_fail_at(0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_that_cannot_be),
        cmocka_unit_test(headers_that_are_not_as_they_should_be),
        cmocka_unit_test(more_than_the_limits),
        cmocka_unit_test(a_name_may_stand_once),
        cmocka_unit_test(names_are_printed_harmlessly),
        cmocka_unit_test(metadata_that_is_wrong),
        cmocka_unit_test(entries_that_are_wrong),
        cmocka_unit_test(tensors_that_are_missing_or_too_many),
        cmocka_unit_test(types_that_do_not_go_together),
        cmocka_unit_test(values_that_are_not_finite),
        cmocka_unit_test(scales_that_are_not_positive),
        cmocka_unit_test(a_file_cut_off_anywhere_is_refused),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, make_valid, free_valid);
}
