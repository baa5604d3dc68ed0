/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors are little-endian and read in place");

enum { LENGTH_BYTES = 8 };

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I8", 1}};

const char *lp_dtype_name(lp_dtype dtype) {
    return dtypes[dtype].name;
}

const char *lp_quote(char text[LP_QUOTED], const char *name) {
    size_t n = 0;

    for (; name[n] && n < LP_QUOTED - 4; n++)
        text[n] = name[n] >= ' ' && name[n] <= '~' ? name[n] : '?';
    memcpy(text + n, name[n] ? "..." : "", name[n] ? 4 : 1);
    return text;
}

const char *lp_shape_text(char text[LP_QUOTED], const int64_t *shape, int rank) {
    size_t n = (size_t)snprintf(text, LP_QUOTED, "[");

    for (int i = 0; i < rank && n < LP_QUOTED; i++)
        n += (size_t)snprintf(text + n, LP_QUOTED - n, i ? ", %lld" : "%lld", (long long)shape[i]);
    if (n < LP_QUOTED)
        snprintf(text + n, LP_QUOTED - n, "]");
    return text;
}

/* ---- One entry of the header ------------------------------------------------------------------------------------- */

static lightpose_status read_dtype(lp_tensor *tensor, const json_t *entry, const char *quoted, lightpose_error *error) {
    const char *const text = json_string_value(json_object_get(entry, "dtype"));
    char value[LP_QUOTED];

    if (!text)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": no dtype", quoted);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(text, dtypes[i].name) == 0) {
            tensor->dtype = (lp_dtype)i;
            return LIGHTPOSE_OK;
        }
    return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": dtype \"%s\" is none of F32, F16, BF16, I8", quoted,
                   lp_quote(value, text));
}

/* Sets rank, shape and the number of elements, whose bytes fit size_t. */
static lightpose_status read_shape(lp_tensor *tensor, const json_t *entry, const char *quoted, lightpose_error *error) {
    const json_t *const shape = json_object_get(entry, "shape");
    size_t bytes = dtypes[tensor->dtype].size;

    if (!json_is_array(shape))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": no shape", quoted);
    if (json_array_size(shape) > LP_MAX_RANK)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": %zu dimensions; the limit is %d", quoted,
                       json_array_size(shape), LP_MAX_RANK);
    tensor->rank = (int)json_array_size(shape);
    for (int i = 0; i < tensor->rank; i++) {
        const json_t *const value = json_array_get(shape, (size_t)i);
        const int64_t length = json_integer_value(value);
        if (!json_is_integer(value) || length < 1)
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                           "tensor \"%s\": dimension %d of its shape is no whole number above 0", quoted, i);
        if (__builtin_mul_overflow(bytes, (uint64_t)length, &bytes))
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": its shape has more bytes than memory",
                           quoted);
        tensor->shape[i] = length;
    }
    tensor->count = bytes / dtypes[tensor->dtype].size;
    return LIGHTPOSE_OK;
}

static lightpose_status read_offsets(lp_tensor *tensor, const json_t *entry, const unsigned char *data, size_t size,
                                     const char *quoted, lightpose_error *error) {
    const json_t *const offsets = json_object_get(entry, "data_offsets");
    const json_t *const first = json_array_get(offsets, 0), *const last = json_array_get(offsets, 1);
    const size_t bytes = tensor->count * dtypes[tensor->dtype].size;

    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": data_offsets are not two whole numbers", quoted);
    const int64_t begin = json_integer_value(first), end = json_integer_value(last);
    if (begin < 0 || end < begin || (uint64_t)end > size)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "tensor \"%s\": data from byte %lld to %lld; the file has data for 0 to %zu", quoted,
                       (long long)begin, (long long)end, size);
    if ((uint64_t)(end - begin) != bytes)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "tensor \"%s\": %lld bytes of data; its shape and dtype need %zu", quoted,
                       (long long)(end - begin), bytes);
    tensor->data = data + begin;
    return LIGHTPOSE_OK;
}

static lightpose_status read_tensor(lp_tensor *tensor, const char *name, const json_t *entry, const unsigned char *data,
                                    size_t size, lightpose_error *error) {
    char quoted[LP_QUOTED];

    tensor->name = name;
    lp_quote(quoted, name);
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "tensor \"%s\": its entry is not an object of dtype, shape and data_offsets", quoted);
    LP_TRY(read_dtype(tensor, entry, quoted, error));
    LP_TRY(read_shape(tensor, entry, quoted, error));
    return read_offsets(tensor, entry, data, size, quoted, error);
}

/* ---- The header -------------------------------------------------------------------------------------------------- */

static int by_data(const void *a, const void *b) {
    const lp_tensor *const x = a, *const y = b;
    return (x->data > y->data) - (x->data < y->data);
}

/* The tensors must fill the data, each byte belonging to one. None is empty, so their order is unique. */
static lightpose_status check_cover(lp_safetensors *file, const unsigned char *data, lightpose_error *error) {
    const unsigned char *next = data, *const end = file->bytes + file->size;
    char name[LP_QUOTED];

    qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, by_data);
    for (int i = 0; i < file->count; i++) {
        const lp_tensor *const tensor = &file->tensors[i];
        if (tensor->data != next)
            return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": starts at byte %td of the data, %s %td",
                           lp_quote(name, tensor->name), tensor->data - data,
                           tensor->data < next ? "inside the one that ends at" : "after a hole from", next - data);
        next += tensor->count * dtypes[tensor->dtype].size;
    }
    if (next != end)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "the tensors end at byte %td of the data, which has %td",
                       next - data, end - data);
    return LIGHTPOSE_OK;
}

static lightpose_status read_metadata(lp_safetensors *file, const json_t *metadata, lightpose_error *error) {
    const char *key;
    json_t *value;
    char quoted[LP_QUOTED];

    if (!json_is_object(metadata))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "__metadata__ is not an object");
    json_object_foreach((json_t *)metadata, key, value) if (!json_is_string(value)) return lp_fail(
        error, LIGHTPOSE_ERROR_WEIGHTS, "__metadata__: \"%s\" is not a string", lp_quote(quoted, key));
    file->metadata = metadata;
    return LIGHTPOSE_OK;
}

static lightpose_status read_entries(lp_safetensors *file, const unsigned char *data, lightpose_error *error) {
    const size_t entries = json_object_size(file->header);
    const char *key;
    json_t *value;

    if (entries > LP_MAX_TENSORS)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "the header names %zu tensors; the limit is %d", entries,
                       LP_MAX_TENSORS);
    file->tensors = lp_calloc(entries, sizeof *file->tensors);
    if (!file->tensors)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %zu tensors", entries);
    json_object_foreach(file->header, key, value) {
        if (strcmp(key, "__metadata__") == 0)
            LP_TRY(read_metadata(file, value, error));
        else
            LP_TRY(read_tensor(&file->tensors[file->count++], key, value, data,
                               (size_t)(file->bytes + file->size - data), error));
    }
    return check_cover(file, data, error);
}

static lightpose_status parse(lp_safetensors *file, lightpose_error *error) {
    uint64_t length;
    json_error_t detail;
    char quoted[LP_QUOTED];

    if (file->size < LENGTH_BYTES)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "%zu bytes; a weights file has a header length of %d alone",
                       file->size, LENGTH_BYTES);
    memcpy(&length, file->bytes, sizeof length);
    if (length > LP_MAX_HEADER)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "a header of %llu bytes, the limit is %d: not a safetensors file", (unsigned long long)length,
                       LP_MAX_HEADER);
    if (length > file->size - LENGTH_BYTES)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "cut off: a header of %llu bytes in a file of %zu",
                       (unsigned long long)length, file->size);
    file->header = json_loadb((const char *)file->bytes + LENGTH_BYTES, length, JSON_REJECT_DUPLICATES, &detail);
    if (!file->header && json_error_code(&detail) == json_error_out_of_memory)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a header of %llu bytes",
                       (unsigned long long)length);
    if (!file->header)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "the header is not JSON: %s at its byte %d",
                       lp_quote(quoted, detail.text), detail.position);
    if (!json_is_object(file->header))
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "the header is not a JSON object");
    return read_entries(file, file->bytes + LENGTH_BYTES + length, error);
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static lightpose_status map_file(lp_safetensors *file, int descriptor, const char *path, lightpose_error *error) {
    struct stat info;

    if (fstat(descriptor, &info) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s, not a file", path,
                       S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe");
    if (info.st_size == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: empty", path);
    void *const bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: cannot be mapped: %s", path, strerror(errno));
    file->bytes = bytes;
    file->size = (size_t)info.st_size;
    file->mapped = 1;
    return LIGHTPOSE_OK;
}

lightpose_status lp_safetensors_open(lp_safetensors *file, const char *path, lightpose_error *error) {
    /* Not blocking: a pipe without a writer must not hang the program. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (descriptor < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    lightpose_status status = map_file(file, descriptor, path, error);
    close(descriptor);
    if (status == LIGHTPOSE_OK)
        status = parse(file, error);
    if (status != LIGHTPOSE_OK)
        lp_safetensors_close(file);
    return status;
}

lightpose_status lp_safetensors_open_memory(lp_safetensors *file, const void *data, size_t size,
                                            lightpose_error *error) {
    file->bytes = lp_calloc(size, 1);
    if (!file->bytes)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %zu bytes of weights", size);
    if (size)
        memcpy(file->bytes, data, size);
    file->size = size;
    const lightpose_status status = parse(file, error);
    if (status != LIGHTPOSE_OK)
        lp_safetensors_close(file);
    return status;
}

void lp_safetensors_close(lp_safetensors *file) {
    json_decref(file->header);
    lp_free(file->tensors);
    if (file->mapped)
        munmap(file->bytes, file->size);
    else
        lp_free(file->bytes);
    *file = (lp_safetensors){0};
}

const lp_tensor *lp_safetensors_find(const lp_safetensors *file, const char *name) {
    for (int i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}
