/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The file: 8 bytes with the length of the header, little-endian; the header, a JSON object of one entry per tensor
 * and of __metadata__; the data. */

#include "net/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_map.h"
#include "base/json.h"
#include "base/mem.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors are little-endian and read in place");

enum { LENGTH_BYTES = 8, MEMBER_ROOM = 16 /* "data_offsets" */, DTYPE_ROOM = 64 };

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I8", 1}};

const char *lp_dtype_name(lp_dtype dtype) {
    return dtypes[dtype].name;
}

const char *lp_quote(char text[LP_QUOTED], const char *name) {
    size_t n = 0;

    for (; n < LP_QUOTED - 4 && name[n]; n++)
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

/* ---- Reading the header ------------------------------------------------------------------------------------------ */

typedef struct reader {
    lp_safetensors *file;
    lp_json json;
    char *next; /* free room in file->strings, which is as long as the header: unescaping makes nothing longer */
    const unsigned char *data;
    size_t size; /* of the data */
    int seen_metadata;
    lightpose_error *error;
} reader;

static lightpose_status not_json(reader *r) {
    return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "the header is malformed: %s at byte %td",
                   r->json.problem ? r->json.problem : "not JSON", r->json.at - r->json.begin);
}

static size_t room(const reader *r) {
    return (size_t)(r->json.end - r->json.begin) - (size_t)(r->next - r->file->strings);
}

/* Reads a string that lives as long as the file. */
static const char *keep(reader *r, int (*read)(lp_json *, char *, size_t)) {
    char *const text = r->next;
    if (!read(&r->json, text, room(r)))
        return NULL;
    r->next += strlen(text) + 1;
    return text;
}

/* The contents of a tensor's entry, not checked yet. */
typedef struct entry {
    char dtype[DTYPE_ROOM];
    int rank, offset_count;
    int64_t shape[LP_MAX_RANK], offsets[2];
    unsigned seen; /* a bit per member */
} entry;

/* Reads up to `limit` integers. *count: how many there are, even if more than the limit. */
static int read_numbers(lp_json *json, int64_t *numbers, int limit, int *count) {
    int64_t further;

    *count = 0;
    for (lp_json_enter(json, '['); lp_json_next(json, '[', count);)
        if (!lp_json_whole(json, *count <= limit ? &numbers[*count - 1] : &further))
            return 0;
    return !json->problem;
}

static lightpose_status read_entry(reader *r, entry *found, const char *quoted) {
    static const char *const members[] = {"dtype", "shape", "data_offsets"};
    char member[MEMBER_ROOM];
    int count = 0;

    lp_json_enter(&r->json, '{');
    while (lp_json_next(&r->json, '{', &count)) {
        if (!lp_json_key(&r->json, member, sizeof member))
            return not_json(r);
        unsigned index = 0;
        while (index < 3 && strcmp(member, members[index]) != 0)
            index++;
        if (index == 3 || found->seen & 1u << index)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": %s \"%s\" in its entry", quoted,
                           index == 3 ? "an unknown" : "a second", member);
        found->seen |= 1u << index;
        if (index == 0)
            lp_json_string(&r->json, found->dtype, sizeof found->dtype);
        else if (index == 1)
            read_numbers(&r->json, found->shape, LP_MAX_RANK, &found->rank);
        else
            read_numbers(&r->json, found->offsets, 2, &found->offset_count);
    }
    if (r->json.problem)
        return not_json(r);
    for (unsigned i = 0; i < 3; i++)
        if (!(found->seen & 1u << i))
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": no %s", quoted, members[i]);
    return LIGHTPOSE_OK;
}

/* Checks type and shape, and that the size in bytes fits size_t. */
static lightpose_status check_shape(reader *r, lp_tensor *tensor, const entry *found, const char *quoted) {
    char value[LP_QUOTED];
    size_t type = 0;

    while (type < sizeof dtypes / sizeof *dtypes && strcmp(found->dtype, dtypes[type].name) != 0)
        type++;
    if (type == sizeof dtypes / sizeof *dtypes)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": dtype \"%s\" is not F32, F16, BF16 or I8",
                       quoted, lp_quote(value, found->dtype));
    if (found->rank > LP_MAX_RANK)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": %d dimensions; the limit is %d", quoted,
                       found->rank, LP_MAX_RANK);
    size_t bytes = dtypes[type].size;
    for (int i = 0; i < found->rank; i++) {
        if (found->shape[i] < 1)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": dimension %d is %lld; the minimum is 1",
                           quoted, i, (long long)found->shape[i]);
        if (__builtin_mul_overflow(bytes, (uint64_t)found->shape[i], &bytes))
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": shape %s exceeds the address space",
                           quoted, lp_shape_text(value, found->shape, found->rank));
        tensor->shape[i] = found->shape[i];
    }
    tensor->dtype = (lp_dtype)type;
    tensor->rank = found->rank;
    tensor->count = bytes / dtypes[type].size;
    return LIGHTPOSE_OK;
}

static lightpose_status check_offsets(reader *r, lp_tensor *tensor, const entry *found, const char *quoted) {
    const int64_t begin = found->offsets[0], end = found->offsets[1];
    const size_t bytes = tensor->count * dtypes[tensor->dtype].size;

    if (found->offset_count != 2)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": %d data_offsets, not 2", quoted,
                       found->offset_count);
    if (begin < 0 || end < begin || (uint64_t)end > r->size)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS,
                       "tensor \"%s\": data from byte %lld to %lld; the file has data for 0 to %zu", quoted,
                       (long long)begin, (long long)end, r->size);
    if ((uint64_t)(end - begin) != bytes)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS,
                       "tensor \"%s\": %lld bytes of data; its shape and dtype need %zu", quoted,
                       (long long)(end - begin), bytes);
    tensor->data = r->data + begin;
    return LIGHTPOSE_OK;
}

static lightpose_status read_tensor(reader *r, const char *name) {
    lp_safetensors *const file = r->file;
    char quoted[LP_QUOTED];
    entry found = {.rank = 0};

    lp_quote(quoted, name);
    if (file->count == LP_MAX_TENSORS)
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": more than %d tensors", quoted,
                       LP_MAX_TENSORS);
    if (lp_safetensors_find(file, name))
        return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "tensor \"%s\": appears twice in the header", quoted);
    LP_TRY(read_entry(r, &found, quoted));
    lp_tensor *const tensor = &file->tensors[file->count];
    tensor->name = name;
    LP_TRY(check_shape(r, tensor, &found, quoted));
    LP_TRY(check_offsets(r, tensor, &found, quoted));
    file->count++;
    return LIGHTPOSE_OK;
}

static lightpose_status read_metadata(reader *r) {
    lp_safetensors *const file = r->file;
    char quoted[LP_QUOTED];
    int count = 0;

    lp_json_enter(&r->json, '{');
    while (lp_json_next(&r->json, '{', &count)) {
        const char *const key = keep(r, lp_json_key);
        if (key && lp_safetensors_metadata(file, key))
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "__metadata__: \"%s\" appears twice",
                           lp_quote(quoted, key));
        if (key && file->metadata_count == LP_MAX_METADATA)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "__metadata__: \"%s\": more than %d entries",
                           lp_quote(quoted, key), LP_MAX_METADATA);
        if (key && lp_json_peek(&r->json) != '"')
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "__metadata__: \"%s\" is not a string",
                           lp_quote(quoted, key));
        const char *const value = key ? keep(r, lp_json_string) : NULL;
        if (!value)
            return not_json(r);
        file->metadata[file->metadata_count].key = key;
        file->metadata[file->metadata_count++].value = value;
    }
    return r->json.problem ? not_json(r) : LIGHTPOSE_OK;
}

static lightpose_status read_header(reader *r) {
    int count = 0;

    lp_json_enter(&r->json, '{');
    while (lp_json_next(&r->json, '{', &count)) {
        const char *const name = keep(r, lp_json_key);
        if (!name)
            return not_json(r);
        if (strcmp(name, "__metadata__") != 0)
            LP_TRY(read_tensor(r, name));
        else if (r->seen_metadata++)
            return lp_fail(r->error, LIGHTPOSE_ERROR_WEIGHTS, "__metadata__ appears twice in the header");
        else
            LP_TRY(read_metadata(r));
    }
    lp_json_finish(&r->json);
    return r->json.problem ? not_json(r) : LIGHTPOSE_OK;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static int by_data(const void *a, const void *b) {
    const lp_tensor *const x = a, *const y = b;
    return (x->data > y->data) - (x->data < y->data);
}

/* Each byte of the data must belong to exactly one tensor. No tensor is empty, so their order is unique. */
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

static lightpose_status parse(lp_safetensors *file, lightpose_error *error) {
    uint64_t length;

    if (file->size < LENGTH_BYTES)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "%zu bytes; the length of the header alone takes %d", file->size,
                       LENGTH_BYTES);
    memcpy(&length, file->bytes, sizeof length);
    if (length > LP_MAX_HEADER)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS,
                       "a header of %llu bytes, the limit is %d: not a safetensors file", (unsigned long long)length,
                       LP_MAX_HEADER);
    if (length > file->size - LENGTH_BYTES)
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "truncated: a header of %llu bytes in a file of %zu",
                       (unsigned long long)length, file->size);
    file->strings = lp_calloc(length, 1);
    file->tensors = lp_calloc(LP_MAX_TENSORS, sizeof *file->tensors);
    if (!file->strings || !file->tensors)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a header of %llu bytes",
                       (unsigned long long)length);

    const unsigned char *const data = file->bytes + LENGTH_BYTES + length;
    reader r = {file, {0}, file->strings, data, file->size - LENGTH_BYTES - (size_t)length, 0, error};
    lp_json_start(&r.json, (const char *)file->bytes + LENGTH_BYTES, (size_t)length);
    LP_TRY(read_header(&r));
    return check_cover(file, data, error);
}

lightpose_status lp_safetensors_open(lp_safetensors *file, const char *path, lightpose_error *error) {
    LP_TRY(lp_map_file(&file->bytes, &file->size, path, error));
    file->mapped = 1;
    const lightpose_status status = parse(file, error);
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
    lp_free(file->strings);
    lp_free(file->tensors);
    if (file->mapped)
        lp_unmap_file(file->bytes, file->size);
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

const char *lp_safetensors_metadata(const lp_safetensors *file, const char *key) {
    for (int i = 0; i < file->metadata_count; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}

void lp_safetensors_checksum(const lp_safetensors *file, char text[LP_CHECKSUM_ROOM]) {
    const unsigned char *const end = file->bytes + file->size, *const data = file->count ? file->tensors[0].data : end;

    lp_checksum(text, data, (size_t)(end - data), file->metadata, file->metadata_count);
}
