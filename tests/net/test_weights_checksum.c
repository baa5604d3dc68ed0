/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The checksum of a weights file: a file that carries one is refused where a byte of it differs. */

#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/weights.h"
#include "refuse_weights.h"
#include "synthetic.h"

enum { LENGTH_BYTES = 8 };

/* Each byte takes a millisecond, under a sanitizer five: the header's are spread, unless all are wished. */
static size_t header_step(void) {
    return rounds_of(4) == 4 ? 1 : 13;
}

/* ---- The definition, a bit at a time ----------------------------------------------------------------------------- */

static uint32_t add_bytes(uint32_t sum, const void *data, size_t size) {
    const unsigned char *const bytes = data;

    sum = ~sum;
    for (size_t i = 0; i < size; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320U : 0);
    }
    return ~sum;
}

static int by_key(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void define(char text[32], const parts *file) {
    const json_t *const metadata = json_object_get(file->header, "__metadata__");
    const char *keys[64], *key;
    size_t count = 0;
    json_t *value;
    uint32_t sum = add_bytes(0, file->data, file->size);

    json_object_foreach((json_t *)metadata, key, value) keys[count++] = key;
    qsort(keys, count, sizeof *keys, by_key);
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i], "checksum") != 0) {
            const char *const words = json_string_value(json_object_get(metadata, keys[i]));
            sum = add_bytes(sum, keys[i], strlen(keys[i]) + 1);
            sum = add_bytes(sum, words, strlen(words) + 1);
        }
    snprintf(text, 32, "crc32:%08x", (unsigned)sum);
}

static void set(const parts *file, const char *key, const char *value) {
    json_object_set_new(json_object_get(file->header, "__metadata__"), key, json_string(value));
}

/* A valid file that carries its checksum; free(). */
static unsigned char *made(char text[32], size_t *size) {
    unsigned char *const plain = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_I8, 1, 1, size);
    parts file = take_apart(plain, *size);
    set(&file, "source", "\xc3\xa4 \"quoted\"\n"); /* what counts is the text, not how JSON escapes it */
    set(&file, "zz", "");
    define(text, &file);
    set(&file, "checksum", text);
    free(plain);
    unsigned char *const bytes = put_together(&file, size);
    free_parts(&file);
    return bytes;
}

static void a_file_says_and_keeps_its_checksum(void **state) {
    char text[32];
    size_t size;
    unsigned char *const bytes = made(text, &size);
    lp_weights *weights;

    (void)state;
    assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
    assert_string_equal(lp_weights_metadata(weights, "checksum"), text);
    lp_weights_destroy(&weights);

    /* Another writer may order and escape the header as it likes. */
    parts file = take_apart(bytes, size);
    char *const sorted = json_dumps(file.header, JSON_SORT_KEYS | JSON_INDENT(3) | JSON_ENSURE_ASCII);
    size_t other_size;
    unsigned char *const other = with_header(sorted, strlen(sorted), file.data, file.size, &other_size);
    assert_ok(lp_weights_load_memory(&weights, other, other_size, error));
    lp_weights_destroy(&weights);
    free(other);
    free(sorted);
    free_parts(&file);
    free(bytes);
}

static void a_wrong_or_unknown_checksum_is_refused(void **state) {
    char text[32], words[128];
    size_t size;
    unsigned char *const bytes = made(text, &size);

    (void)state;
    parts file = take_apart(bytes, size);
    set(&file, "checksum", "crc32:0123abcd");
    snprintf(words, sizeof words, "damaged: the checksum should be crc32:0123abcd and is %s; copy, fetch or", text);
    refused_parts(&file, words);
    file = take_apart(bytes, size);
    set(&file, "checksum", "sha256:00");
    refused_parts(&file, "checksum is \"sha256:00\"; this library knows \"crc32:\" and eight");
    file = take_apart(bytes, size);
    set(&file, "checksum", "crc32:");
    refused_parts(&file, "damaged");
    file = take_apart(bytes, size);
    set(&file, "checksum", "");
    refused_parts(&file, "checksum is \"\"");
    free(bytes);
}

/* ---- Bytes that differ ------------------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A file on disk, which loading maps: a copy of four megabytes for each flip would take most of the time. */
typedef struct disk_file {
    char path[32];
    int descriptor;
    unsigned char *bytes;
    size_t size, begin; /* of the data */
    char checksum[32];
} disk_file;

static void put_on_disk(disk_file *file) {
    uint64_t length;

    file->bytes = made(file->checksum, &file->size);
    memcpy(&length, file->bytes, sizeof length);
    file->begin = LENGTH_BYTES + (size_t)length;
    strcpy(file->path, "checksum_XXXXXX");
    file->descriptor = mkstemp(file->path);
    assert_true(file->descriptor >= 0);
    assert_int_equal(write(file->descriptor, file->bytes, file->size), file->size);
}

static void remove_from_disk(disk_file *file) {
    close(file->descriptor);
    unlink(file->path);
    free(file->bytes);
}

/* The status of the file with the byte at `at` changed in the bits of `mask`. */
static lightpose_status flipped(disk_file *file, size_t at, unsigned mask, lightpose_error *error) {
    const unsigned char wrong = (unsigned char)(file->bytes[at] ^ mask);
    lp_weights *weights;

    assert_int_equal(pwrite(file->descriptor, &wrong, 1, (off_t)at), 1);
    *error = (lightpose_error){0};
    const lightpose_status status = lp_weights_load(&weights, file->path, error);
    assert_int_equal(pwrite(file->descriptor, &file->bytes[at], 1, (off_t)at), 1);
    if (status == LIGHTPOSE_OK)
        lp_weights_destroy(&weights);
    else
        assert_null(weights);
    return status;
}

static void assert_refused(disk_file *file, size_t at, unsigned mask, const char *words) {
    lightpose_error error;
    const lightpose_status status = flipped(file, at, mask, &error);

    if (status != LIGHTPOSE_ERROR_WEIGHTS || !strstr(error.text, file->path) || !strstr(error.text, words))
        fail_msg("byte %zu with bits %#x: status %d, \"%s\"", at, mask, status, error.text);
}

static void a_thousand_bytes_of_tensors_are_noticed(void **state) {
    disk_file file;
    uint32_t random = 1;

    (void)state;
    put_on_disk(&file);
    for (int i = 0; i < rounds_of(1000); i++) {
        const size_t at = file.begin + next_random(&random) % (file.size - file.begin);
        assert_refused(&file, at, 1 + next_random(&random) % 255, file.checksum);
    }
    assert_refused(&file, file.begin, 1, "damaged");
    assert_refused(&file, file.size - 1, 128, "damaged");
    remove_from_disk(&file);
}

/* The ranges too, but for the name of the checksum itself, whose loss makes a file without one. */
static void every_byte_of_the_header_is_noticed(void **state) {
    disk_file file;
    uint32_t random = 2;
    lightpose_error error;

    (void)state;
    put_on_disk(&file);
    const unsigned char *const key = memmem(file.bytes, file.begin, "\"checksum\"", 10);
    assert_non_null(key);
    const size_t name = (size_t)(key - file.bytes) + 1;
    for (size_t at = 0; at < file.begin; at += header_step()) {
        const unsigned mask = 1U << next_random(&random) % 8;
        if (at < name || at >= name + 8)
            assert_refused(&file, at, mask, "");
        else
            assert_true(flipped(&file, at, mask, &error) == LIGHTPOSE_OK || *error.text);
    }
    remove_from_disk(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_says_and_keeps_its_checksum),
        cmocka_unit_test(a_wrong_or_unknown_checksum_is_refused),
        cmocka_unit_test(a_thousand_bytes_of_tensors_are_noticed),
        cmocka_unit_test(every_byte_of_the_header_is_noticed),
    };
    return cmocka_run_group_tests(tests, make_valid, free_valid);
}
