/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Names for results, so that no two inputs of a run share one. The first of a name keeps it. Each later one gets _2,
 * _3,
 * ..., the first that neither is some input's own nor has been given away. */

#include "input/source.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct names {
    void *own;  /* a tsearch tree of those that inputs bear, and of those given */
    void *used; /* of those that are taken so far */
} names;

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Puts a copy of the text into the tree. Returns 1 for a new one, 0 for one that was there, -1 without memory. */
static int put(void **tree, const char *text) {
    char *const copy = strdup(text);
    char **const node = copy ? tsearch(copy, tree, by_text) : NULL;
    if (!node || *node != copy)
        free(copy);
    return node ? *node == copy : -1;
}

/* The same for a name in a folder (NULL: none), in which it has to be apart. */
static int put_in(void **tree, const char *folder, const char *name) {
    char *key = NULL;
    if (asprintf(&key, "%s/%s", folder ? folder : "", name) < 0)
        return -1;
    const int is_new = put(tree, key);
    free(key);
    return is_new;
}

/* Replaces a name that is taken. Returns 1 where it did, 0 where the name was free, -1 without memory. */
static int give(names *n, const char *folder, char **name) {
    const int is_new = put_in(&n->used, folder, *name);
    if (is_new)
        return is_new < 0 ? -1 : 0;
    for (int number = 2;; number++) {
        char *other;
        if (asprintf(&other, "%s_%d", *name, number) < 0)
            return -1;
        const int free_name = put_in(&n->own, folder, other);
        if (free_name > 0) {
            free(*name);
            *name = other;
            return put_in(&n->used, folder, other) < 0 ? -1 : 1;
        }
        free(other);
        if (free_name < 0)
            return -1;
    }
}

/* Pictures are called after their files. */
static int name_pictures(lp_source *source) {
    source->stems = calloc((size_t)source->count + 1, sizeof *source->stems);
    int ok = source->stems != NULL;
    for (int i = 0; i < source->count && ok; i++) {
        source->stems[i] = lp_source_stem(source->pictures[i]);
        ok = source->stems[i] != NULL;
    }
    return ok;
}

/* Lists the names of all streams, or of all pictures; with `renamed` gives them out, and counts those replaced. */
static int each(lp_sources *sources, int pictures, names *n, int *renamed) {
    int ok = 1;
    for (int i = 0; i < sources->count && ok; i++) {
        lp_source *const source = &sources->items[i];
        char **const list = pictures ? source->stems : &source->name;
        for (int j = 0; j < (pictures ? source->count : 1) && ok; j++) {
            const int done = renamed ? give(n, source->folder, &list[j]) : put_in(&n->own, source->folder, list[j]);
            ok = done >= 0;
            if (renamed && done > 0)
                ++*renamed;
        }
    }
    return ok;
}

int lp_sources_name_apart(lp_sources *sources) {
    int ok = 1;
    for (int i = 0; i < sources->count && ok; i++)
        ok = name_pictures(&sources->items[i]);
    for (int pictures = 0; pictures < 2 && ok; pictures++) {
        names n = {0};
        ok = each(sources, pictures, &n, NULL) &&
             each(sources, pictures, &n, pictures ? &sources->renamed_pictures : &sources->renamed);
        tdestroy(n.own, free);
        tdestroy(n.used, free);
    }
    return ok;
}
