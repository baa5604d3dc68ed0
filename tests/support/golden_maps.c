/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "golden_maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"

/* Maps of "000000000139.jpg" are in 000000000139.*.npy, those of "openpose_street.avi#100" in video_0100.*.npy. */
static void file_stem(char *stem, size_t size, const char *name) {
    const char *const frame = strchr(name, '#');

    if (frame)
        snprintf(stem, size, "video_%04d", atoi(frame + 1));
    else
        snprintf(stem, size, "%.*s", (int)strcspn(name, "."), name);
}

static int read_maps(const char *stem, const char *kind, size_t channels, lp_map_view *view, int *width, int *height) {
    char name[128], path[4096];
    npy array;

    snprintf(name, sizeof name, "golden/maps/%s.%s.npy", stem, kind);
    if (!shared_path(path, sizeof path, name) || npy_read(&array, path, "<f4") || array.dimensions != 3 ||
        array.shape[0] != channels) {
        fprintf(stderr, "%s: not the maps wanted\n", name);
        return -1;
    }
    *height = (int)array.shape[1];
    *width = (int)array.shape[2];
    *view = (lp_map_view){.data = array.data, .channel_stride = (ptrdiff_t)*width * *height, .cell_stride = 1};
    return 0;
}

static int read_entry(golden_maps *entry, const char *name, const json_t *row) {
    char stem[64];
    int width, height;

    snprintf(entry->name, sizeof entry->name, "%s", name);
    file_stem(stem, sizeof stem, name);
    if (read_maps(stem, "heatmaps", LIGHTPOSE_HEATMAPS, &entry->maps.heatmaps, &width, &height) ||
        read_maps(stem, "pafs", LIGHTPOSE_PAFS, &entry->maps.pafs, &entry->maps.width, &entry->maps.height) ||
        width != entry->maps.width || height != entry->maps.height)
        return -1;
    entry->scale = json_number_value(json_object_get(row, "scale"));
    entry->pad_left = json_number_value(json_object_get(row, "pad_left"));
    entry->pad_top = json_number_value(json_object_get(row, "pad_top"));
    entry->persons = json_incref(json_object_get(row, "persons"));
    return entry->persons && entry->scale > 0 ? 0 : -1;
}

int golden_maps_read(golden_maps **list) {
    char path[4096];
    json_error_t error;
    const char *name;
    json_t *row;
    int count = 0, bad = 0;

    *list = NULL;
    if (!shared_path(path, sizeof path, "golden/persons.json"))
        return 0;
    json_t *const all = json_load_file(path, 0, &error);
    if (!all) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        return -1;
    }
    *list = calloc(json_object_size(all) + 1, sizeof **list);
    json_object_foreach(all, name, row) {
        if (*list && !bad && json_is_true(json_object_get(row, "maps")))
            bad = read_entry(&(*list)[count++], name, row);
    }
    json_decref(all);
    if (*list && !bad)
        return count;
    golden_maps_free(*list, count);
    return -1;
}

void golden_maps_free(golden_maps *list, int count) {
    for (int i = 0; i < count; i++) {
        free((void *)list[i].maps.heatmaps.data);
        free((void *)list[i].maps.pafs.data);
        json_decref(list[i].persons);
    }
    free(list);
}
