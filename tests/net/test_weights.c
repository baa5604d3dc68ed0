/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "check.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edit_weights.h"
#include "net/weights.h"
#include "synthetic.h"

/* ---- Values of a type -------------------------------------------------------------------------------------------- */

/* By the definition: sign, 5 bits of exponent with bias 15, 10 of mantissa. */
static double half_by_definition(unsigned bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value;

    if (exponent == 31)
        value = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(mantissa, -24);
    else
        value = ldexp(1024 + mantissa, exponent - 25);
    return bits >> 15 ? -value : value;
}

static void every_half_reads_as_its_value(void **state) {
    static unsigned char bytes[2 * 65536 + 1];
    static float values[65536];
    lp_tensor tensor = {"x", LP_DTYPE_F16, 1, {65536}, bytes + 1, 65536}; /* misaligned, as a file may have it */

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        bytes[1 + 2 * i] = (unsigned char)(i & 255);
        bytes[2 + 2 * i] = (unsigned char)(i >> 8);
    }
    lp_tensor_read(&tensor, values);
    for (unsigned i = 0; i < 65536; i++) {
        const double expected = half_by_definition(i);
        if (isnan(expected))
            assert_true(isnan(values[i]));
        else
            assert_true((double)values[i] == expected && !signbit(values[i]) == !(i >> 15));
    }
}

static void every_bfloat_reads_as_the_upper_half_of_a_float(void **state) {
    static unsigned char bytes[2 * 65536 + 1];
    static float values[65536];
    lp_tensor tensor = {"x", LP_DTYPE_BF16, 1, {65536}, bytes + 1, 65536};

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        bytes[1 + 2 * i] = (unsigned char)(i & 255);
        bytes[2 + 2 * i] = (unsigned char)(i >> 8);
    }
    lp_tensor_read(&tensor, values);
    for (unsigned i = 0; i < 65536; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        assert_int_equal(bits, i << 16);
    }
}

/* Every 16-bit pattern, as F16 and BF16, and each as the upper half of an F32: found exactly where it is not finite. */
static void values_that_are_not_finite_are_found(void **state) {
    unsigned char bytes[5 * 4 + 1] = {0};

    (void)state;
    for (unsigned i = 0; i < 65536; i++)
        for (int dtype = LP_DTYPE_F32; dtype <= LP_DTYPE_BF16; dtype++) {
            const size_t size = dtype == LP_DTYPE_F32 ? 4 : 2;
            unsigned char *const third = bytes + 1 + 2 * size;
            const lp_tensor tensor = {"x", dtype, 1, {5}, bytes + 1, 5};
            const lp_tensor one = {"x", dtype, 1, {1}, third, 1};
            float value;
            memset(bytes, 0, sizeof bytes);
            third[size - 2] = (unsigned char)(i & 255);
            third[size - 1] = (unsigned char)(i >> 8);
            lp_tensor_read(&one, &value);
            assert_int_equal(lp_tensor_first_not_finite(&tensor), isfinite(value) ? -1 : 2);
        }
}

/* ---- Whole files ------------------------------------------------------------------------------------------------- */

static void every_variant_and_type_loads(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++)
        for (int dtype = LP_DTYPE_F32; dtype <= LP_DTYPE_I8; dtype++)
            for (int ranges = 0; ranges < 2; ranges++) {
                size_t size;
                unsigned char *const bytes = synthetic_weights(variant, dtype, ranges, 7, &size);
                lp_weights *weights;
                assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
                free(bytes); /* the memory was copied */
                assert_int_equal(lp_weights_variant(weights), variant);
                assert_string_equal(lp_weights_dtype(weights), lp_dtype_name(dtype));
                assert_int_equal(lp_weights_has_ranges(weights), ranges);
                assert_int_equal(lp_weights_parameters(weights), variant == LP_VARIANT_OMZ ? 4099058 : 4082546);
                assert_true(lp_weights_input_scale(weights) == 1 / 256.0F);
                assert_string_equal(lp_weights_metadata(weights, "source"), "synthetic, seed 7");
                assert_string_equal(lp_weights_metadata(weights, "no such key"), "");
                lp_weights_destroy(&weights);
                assert_null(weights);
                lp_weights_destroy(&weights);
            }
}

static size_t weight_count(const lp_layer *layer) {
    return (size_t)layer->out * (size_t)(layer->kind == LP_DEPTHWISE ? 1 : layer->in) *
           (size_t)(layer->kernel * layer->kernel);
}

/* What the readers give against the bytes at the offsets in the header, read here anew. */
static void check_layer(const lp_weights *weights, const lp_layer *layer, const parts *file) {
    char name[64];
    const size_t count = weight_count(layer), per_channel = count / (size_t)layer->out;
    float *const values = malloc(count * sizeof *values), *const bias = malloc((size_t)layer->out * sizeof *bias);
    const float *scales;

    snprintf(name, sizeof name, "%s.weight", layer->name);
    const unsigned char *const stored = data_of(file, name);
    lp_weights_read_weight(weights, layer, values);
    const int8_t *const int8 = lp_weights_int8(weights, layer, &scales);
    if (strcmp(lp_weights_dtype(weights), "I8") == 0) {
        assert_memory_equal(int8, stored, count);
        snprintf(name, sizeof name, "%s.scale", layer->name);
        assert_memory_equal(scales, data_of(file, name), (size_t)layer->out * sizeof *scales);
        for (size_t i = 0; i < count; i++)
            assert_true(values[i] == (float)(int8_t)stored[i] * scales[i / per_channel]);
    } else {
        assert_null(int8);
        assert_null(scales);
        assert_memory_equal(values, stored, count * sizeof *values);
    }
    snprintf(name, sizeof name, "%s.bias", layer->name);
    lp_weights_read_bias(weights, layer, bias);
    assert_memory_equal(bias, data_of(file, name), (size_t)layer->out * sizeof *bias);
    free(values);
    free(bias);
}

static void every_layer_reads_its_own_values(void **state) {
    lp_layer layers[LP_MAX_LAYERS];

    (void)state;
    for (int variant = 0; variant < 2; variant++)
        for (int dtype = LP_DTYPE_F32; dtype <= LP_DTYPE_I8; dtype += LP_DTYPE_I8) {
            size_t size;
            unsigned char *const bytes = synthetic_weights(variant, dtype, 0, 3, &size);
            parts file = take_apart(bytes, size);
            lp_weights *weights;
            assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
            const int count = lp_arch_layers(variant, layers);
            for (int i = 0; i < count; i++)
                if (layers[i].kind != LP_CONCAT)
                    check_layer(weights, &layers[i], &file);
            lp_weights_destroy(&weights);
            free_parts(&file);
            free(bytes);
        }
}

static void ranges_are_per_tensor_or_per_channel(void **state) {
    size_t size;
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_I8, 1, 3, &size);
    lp_weights *weights;
    lp_range range = {0};

    (void)state;
    assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
    assert_int_equal(lp_weights_range(weights, "data", &range), 1);
    assert_int_equal(range.count, 1);
    assert_true(range.low[0] == -0.5F && range.high[0] == 127 / 256.0F);
    assert_int_equal(lp_weights_range(weights, "conv4_3_CPM/red", &range), 1); /* a depthwise layer reads it */
    assert_int_equal(range.count, 128);
    for (int i = 0; i < 128; i++)
        assert_true(range.low[i] == -(1 + i % 4 * 0.25F) && range.high[i] == 4 + i % 4);
    assert_int_equal(lp_weights_range(weights, "conv4_3_CPM/res", &range), 1);
    assert_true(range.count == 1 && range.low[0] == -2 && range.high[0] == 8);
    assert_int_equal(lp_weights_range(weights, "concat_stage2", &range), 0);
    assert_int_equal(lp_weights_range(weights, "Mconv7_stage2_L1", &range), 0);
    assert_int_equal(lp_weights_range(weights, "no such tensor", &range), 0);
    lp_weights_destroy(&weights);
    free(bytes);
}

/* Biases in another float type than the weights, and tensors in another order, with scales that are not aligned. */
static void order_and_alignment_are_free(void **state) {
    static const char weight[] = "conv5_5_CPM_L2.weight", scale[] = "conv5_5_CPM_L2.scale";
    size_t size, edited_size;
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_I8, 0, 3, &size);
    parts file = take_apart(bytes, size);
    const size_t weights_count = 19 * 512, scales_size = 19 * sizeof(float);
    json_t *const offsets[] = {json_object_get(json_object_get(file.header, weight), "data_offsets"),
                               json_object_get(json_object_get(file.header, scale), "data_offsets")};
    const int64_t begin = json_integer_value(json_array_get(offsets[0], 0));
    unsigned char moved[19 * 512 + 19 * 4];
    const lp_layer layer = {.name = "conv5_5_CPM_L2", .in = 512, .out = 19, .kernel = 1};
    lp_weights *weights;
    const float *scales;

    (void)state;
    /* The scales before the weights, and a tensor of one odd byte less in front is not possible; so the whole file one
     * byte off does it: a header of an odd length. */
    memcpy(moved, data_of(&file, scale), scales_size);
    memcpy(moved + scales_size, data_of(&file, weight), weights_count);
    memcpy(file.data + begin, moved, sizeof moved);
    json_array_set_new(offsets[1], 0, json_integer(begin));
    json_array_set_new(offsets[1], 1, json_integer(begin + (int64_t)scales_size));
    json_array_set_new(offsets[0], 0, json_integer(begin + (int64_t)scales_size));
    json_array_set_new(offsets[0], 1, json_integer(begin + (int64_t)sizeof moved));
    char *const text = json_dumps(file.header, JSON_COMPACT);
    char padded[1 << 16];
    const size_t length = (size_t)snprintf(padded, sizeof padded, "%s%s", text, strlen(text) % 2 ? "" : " ");
    unsigned char *const edited = with_header(padded, length, file.data, file.size, &edited_size);
    assert_int_equal(length % 2, 1);
    assert_ok(lp_weights_load_memory(&weights, edited, edited_size, error));
    const int8_t *const int8 = lp_weights_int8(weights, &layer, &scales);
    assert_memory_equal(int8, moved + scales_size, weights_count);
    assert_memory_equal(scales, moved, scales_size);
    assert_int_equal((uintptr_t)scales % sizeof(float), 0);
    lp_weights_destroy(&weights);
    free(text);
    free(edited);
    free(bytes);
    free_parts(&file);
}

/* ---- The description --------------------------------------------------------------------------------------------- */

static char *read_readme(void) {
    char path[4096];
    const char *const source = getenv("LIGHTPOSE_SOURCE");

    assert_non_null(source);
    snprintf(path, sizeof path, "%s/weights/README.md", source);
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    char *const text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

/* weights/README.md describes each layer as the table here has it; tests/weights holds the converter's to it too. */
static void the_description_has_every_layer(void **state) {
    static const char *const graphs[] = {"omz", "pytorch"}, *const activations[] = {"linear", "relu", "elu"};
    lp_layer layers[LP_MAX_LAYERS];
    char *const text = read_readme();

    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        const int count = lp_arch_layers(variant, layers);
        for (int i = 0; i < count; i++) {
            const lp_layer *const layer = &layers[i];
            char sum[128] = "-", row[256], both[280], alone[280];
            if (layer->kind == LP_CONCAT)
                continue;
            if (layer->sum)
                snprintf(sum, sizeof sum, "`%s` = `%s`", layer->add, layer->sum);
            snprintf(row, sizeof row, "\n| `%s` | [%d, %d, %d, %d] | %d | %d | `%s` | %s | %s |", layer->name,
                     layer->out, layer->kind == LP_DEPTHWISE ? 1 : layer->in, layer->kernel, layer->kernel,
                     layer->stride, layer->dilation, layer->from, activations[layer->activation], sum);
            snprintf(both, sizeof both, "%s both |\n", row);
            snprintf(alone, sizeof alone, "%s %s |\n", row, graphs[variant]);
            if (!strstr(text, both) == !strstr(text, alone))
                fail_msg("weights/README.md lacks%s", row);
        }
    }
    assert_non_null(strstr(text, "joins `conv5_5_CPM_L1` (38 pafs), `conv5_5_CPM_L2` (19 heatmaps) and `conv4_4_CPM` "
                                 "(128 features)"));
    assert_string_equal(lp_arch_concat_inputs[0], "conv5_5_CPM_L1");
    assert_string_equal(lp_arch_concat_inputs[1], "conv5_5_CPM_L2");
    assert_string_equal(lp_arch_concat_inputs[2], "conv4_4_CPM");
    free(text);
}

/* ---- Files on disk ----------------------------------------------------------------------------------------------- */

static void a_file_loads_as_its_bytes_do(void **state) {
    char path[] = "weights_XXXXXX";
    lp_layer layers[LP_MAX_LAYERS];
    size_t size;
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_PYTORCH, LP_DTYPE_F32, 0, 5, &size);
    parts file = take_apart(bytes, size);
    const int descriptor = mkstemp(path);
    lp_weights *weights;

    (void)state;
    assert_true(descriptor >= 0 && write(descriptor, bytes, size) == (ssize_t)size);
    close(descriptor);
    assert_ok(lp_weights_load(&weights, path, error));
    unlink(path); /* the mapping outlives the name */
    const int count = lp_arch_layers(LP_VARIANT_PYTORCH, layers);
    for (int i = 0; i < count; i++)
        if (layers[i].kind != LP_CONCAT)
            check_layer(weights, &layers[i], &file);
    lp_weights_destroy(&weights);
    free_parts(&file);
    free(bytes);
}

static void what_is_no_file_is_refused_by_its_path(void **state) {
    char folder[] = "weights_XXXXXX", pipe[64], empty[64];
    lp_weights *weights;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    snprintf(empty, sizeof empty, "%s/empty", folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    close(open(empty, O_CREAT | O_WRONLY, 0600));

    assert_fails(lp_weights_load(&weights, "no/such/file", error), LIGHTPOSE_ERROR_FILE, "no/such/file: No such file");
    assert_null(weights);
    assert_fails(lp_weights_load(&weights, "", error), LIGHTPOSE_ERROR_FILE, "No such file");
    assert_fails(lp_weights_load(&weights, folder, error), LIGHTPOSE_ERROR_FILE, "a directory");
    assert_fails(lp_weights_load(&weights, pipe, error), LIGHTPOSE_ERROR_FILE, "a device or pipe");
    assert_fails(lp_weights_load(&weights, "/dev/null", error), LIGHTPOSE_ERROR_FILE, "/dev/null: a device or pipe");
    assert_fails(lp_weights_load(&weights, empty, error), LIGHTPOSE_ERROR_FILE, "/empty: empty");
    assert_null(weights);
    unlink(pipe);
    unlink(empty);
    rmdir(folder);
}

/* A path longer than the text of an error keeps its end, where the name is, and leaves the reason room. */
static void a_long_path_leaves_room_for_the_reason(void **state) {
    char path[600], folder[] = "weights_XXXXXX";
    lp_weights *weights;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%0500d", folder, 7);
    for (char *c = path + strlen(folder) + 1; *c; c += 2)
        *c = c == path + strlen(folder) + 1 ? '.' : '/';
    assert_fails(lp_weights_load(&weights, path, error), LIGHTPOSE_ERROR_FILE, "No such file");
    memset(path, '/', sizeof path);
    snprintf(path + 590, 10, "/x");
    assert_fails(lp_weights_load(&weights, path, error), LIGHTPOSE_ERROR_FILE, "/x: No such file");
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_reads_as_its_value),
        cmocka_unit_test(every_bfloat_reads_as_the_upper_half_of_a_float),
        cmocka_unit_test(values_that_are_not_finite_are_found),
        cmocka_unit_test(every_variant_and_type_loads),
        cmocka_unit_test(every_layer_reads_its_own_values),
        cmocka_unit_test(ranges_are_per_tensor_or_per_channel),
        cmocka_unit_test(order_and_alignment_are_free),
        cmocka_unit_test(the_description_has_every_layer),
        cmocka_unit_test(a_file_loads_as_its_bytes_do),
        cmocka_unit_test(what_is_no_file_is_refused_by_its_path),
        cmocka_unit_test(a_long_path_leaves_room_for_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
