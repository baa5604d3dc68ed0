/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Unique names for the results of a run. The first input with a name keeps it. Each later one gets the first of NAME_2,
 * NAME_3, ... that is neither the own name of an input nor already given. */

#include "input/source.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct names {
    void *own;  /* tsearch tree: the own names of inputs, and the names given */
    void *used; /* tsearch tree: the names taken so far */
} names;

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Puts a copy of the text into the tree. Returns 1 if it is new, 0 if it was there, -1 if out of memory. */
static int put(void **tree, const char *text) {
    char *const copy = strdup(text);
    char **const node = copy ? tsearch(copy, tree, by_text) : NULL;
    if (!node || *node != copy)
        free(copy);
    return node ? *node == copy : -1;
}

/* The same for a name in a folder (NULL: none), in which it must be unique. */
static int put_in(void **tree, const char *folder, const char *name) {
    char *key = NULL;
    if (asprintf(&key, "%s/%s", folder ? folder : "", name) < 0)
        return -1;
    const int is_new = put(tree, key);
    free(key);
    return is_new;
}

/* Replaces a name that is taken. Returns 1 if it did, 0 if the name was free, -1 if out of memory. */
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

/* Pictures are named after their files. */
static int name_pictures(lp_source *source) {
    source->stems = calloc((size_t)source->count + 1, sizeof *source->stems);
    int ok = source->stems != NULL;
    for (int i = 0; i < source->count && ok; i++) {
        source->stems[i] = lp_source_stem(source->pictures[i]);
        ok = source->stems[i] != NULL;
    }
    return ok;
}

/* Without `renamed`, collects the own names of all streams or of all pictures. With it, makes the names unique and
 * counts those replaced. */
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
