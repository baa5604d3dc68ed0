/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Memory that faults at the first byte beyond either end, in any build. */

#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guarded {
    uint8_t *data;
    void *mapping;
    size_t mapped;
} guarded;

/* Allocates `size` bytes with a page without access directly after them, or with `at_start` directly before them. */
static inline guarded guarded_alloc(size_t size, int at_start) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (size + page - 1) / page * page;
    guarded g = {.mapped = body + 2 * page};

    g.mapping = mmap(NULL, g.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.mapping == MAP_FAILED || mprotect((uint8_t *)g.mapping + page, body, PROT_READ | PROT_WRITE)) {
        g.mapping = NULL;
        return g;
    }
    g.data = (uint8_t *)g.mapping + page + (at_start ? 0 : body - size);
    return g;
}

static inline void guarded_free(guarded *g) {
    if (g->mapping)
        munmap(g->mapping, g->mapped);
    *g = (guarded){0};
}

#endif
