/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Prints the keypoints of every frame of an .lpb file, as docs/blocks.md describes it. Needs only zlib. It trusts the
 * file: a reader of untrusted files must check every read from a column against the column's end.
 * New here: results that were stored.
 * usage: read_blocks FILE.lpb */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FRAMES, TIMES, EXTRAS, PEOPLE, STATES, X, Y, SCORES, RANKS, BOXES, COLUMNS, KEYPOINTS = 18 };

typedef struct person {
    int state[KEYPOINTS];
    int32_t code[KEYPOINTS][3]; /* x, y, score */
} person;

static uint32_t number(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t varint(const uint8_t **at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        const uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
}

static int64_t zigzag(const uint8_t **at) {
    const uint64_t value = varint(at);
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

static double value_of(int32_t code, int steps, int exact) {
    const int32_t bits = code < 0 ? code ^ INT32_MAX : code;
    float value;
    memcpy(&value, &bits, sizeof value);
    return exact ? value : (double)code / steps;
}

/* Reads the next person from the columns. `before` has the people of the previous frame. */
static void read_person(person *p, const person *before, const uint8_t **columns) {
    static const person nobody;
    const uint64_t reference = varint(&columns[PEOPLE]);
    const person *const other = reference ? &before[reference - 1] : &nobody;
    int32_t near[3] = {0}, moved[3] = {0};
    uint64_t states = number(columns[STATES]) | (uint64_t)columns[STATES][4] << 32;

    columns[STATES] += 5;
    zigzag(&columns[PEOPLE]); /* the id */
    for (int k = 0; k < KEYPOINTS; k++, states >>= 2) {
        p->state[k] = (int)(states & 3) ^ other->state[k];
        for (int i = 0; i < 3 && p->state[k]; i++) {
            const int64_t expected = other->state[k] ? (int64_t)other->code[k][i] + moved[i] : near[i];
            near[i] = p->code[k][i] = (int32_t)(uint32_t)(uint64_t)(expected + zigzag(&columns[X + i]));
        }
        for (int i = 0; i < 2 && p->state[k] && other->state[k]; i++)
            moved[i] = (int32_t)((uint32_t)p->code[k][i] - (uint32_t)other->code[k][i]);
    }
}

static void print_block(const uint8_t *head, const uint8_t *raw) {
    const uint8_t *columns[COLUMNS], *at = raw + 4 * COLUMNS;
    const int exact = head[7], frames = (int)number(head + 8), people = (int)number(head + 12);
    person *now = calloc((size_t)people + 1, sizeof *now), *before = calloc((size_t)people + 1, sizeof *before);
    int64_t index = (int64_t)(number(head + 16) | (uint64_t)number(head + 20) << 32) - 1;

    for (int c = 0; c < COLUMNS; at += number(raw + 4 * c++))
        columns[c] = at;
    for (int f = 0; f < frames && now && before; f++) {
        varint(&columns[FRAMES]); /* the flags */
        index += 1 + zigzag(&columns[FRAMES]);
        const int count = (int)varint(&columns[PEOPLE]);
        printf("frame %lld, people %d\n", (long long)index, count);
        for (int i = 0; i < count; i++) {
            read_person(&now[i], before, columns);
            for (int k = 0; k < KEYPOINTS; k++)
                if (now[i].state[k])
                    printf("%d %d %.9g %.9g %.9g\n", i, k, value_of(now[i].code[k][0], 16, exact),
                           value_of(now[i].code[k][1], 16, exact), value_of(now[i].code[k][2], 256, exact));
        }
        person *const swap = now;
        now = before;
        before = swap;
    }
    free(now);
    free(before);
}

/* Reads the payload after `head` and prints the block's frames. Returns 0 if the block is not complete. */
static int read_block(FILE *file, const uint8_t *head) {
    uLongf size = number(head + 28);
    const size_t packed = number(head + 24);
    uint8_t *const payload = malloc(packed), *const raw = malloc(size);
    const int whole = payload && raw && fread(payload, 1, packed, file) == packed &&
                      crc32(0, payload, (uInt)packed) == number(head + 32) &&
                      (head[6] == 0 || uncompress(raw, &size, payload, (uLong)packed) == Z_OK);
    if (whole)
        print_block(head, head[6] ? raw : payload);
    free(payload);
    free(raw);
    return whole;
}

int main(int argc, char **argv) {
    FILE *const file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    uint8_t head[40];
    int whole = file != NULL;

    while (whole && fread(head, 1, 16, file) == 16) {
        if (!memcmp(head, "LPBS", 4)) /* a description of the stream, in JSON */
            whole = fseek(file, (long)number(head + 8), SEEK_CUR) == 0;
        else
            whole = !memcmp(head, "LPBK", 4) && fread(head + 16, 1, 24, file) == 24 && read_block(file, head);
    }
    if (file)
        fclose(file);
    if (!whole)
        fprintf(stderr, argc == 2 ? "read_blocks: %s: not a complete .lpb file\n" : "usage: read_blocks FILE.lpb\n",
                argc == 2 ? argv[1] : "");
    return whole ? 0 : 1;
}
