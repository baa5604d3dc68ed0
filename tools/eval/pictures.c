/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/pictures.h"

#include "eval/json_file.h"
#include "eval/yuv.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static lightpose_status add(lp_pictures *pictures, const char *folder, const char *name, lightpose_error *error) {
    if (pictures->count == pictures->capacity) {
        const size_t capacity = pictures->capacity ? 2 * pictures->capacity : 256;
        lp_picture *const list = reallocarray(pictures->list, capacity, sizeof *list);
        if (!list)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu pictures", capacity);
        pictures->list = list;
        pictures->capacity = capacity;
    }
    lp_picture *const picture = &pictures->list[pictures->count];
    memset(picture, 0, sizeof *picture);
    if (asprintf(&picture->path, "%s/%s", folder, name) < 0) {
        picture->path = NULL;
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for the path of %s", name);
    }
    pictures->count++;
    return LIGHTPOSE_OK;
}

lightpose_status lp_pictures_from_labels(lp_pictures *pictures, const lp_labels *labels, const char *folder,
                                         lightpose_error *error) {
    size_t missing = 0, first = 0;
    int reason = 0;

    pictures->budget = (int64_t)LP_PICTURES_BUDGET_MB << 20;
    for (size_t i = 0; i < labels->image_count; i++) {
        LP_TRY(add(pictures, folder, labels->images[i].file_name, error));
        pictures->list[i].width = labels->images[i].width;
        pictures->list[i].height = labels->images[i].height;
        if (access(pictures->list[i].path, R_OK) != 0 && missing++ == 0) {
            reason = errno;
            first = i;
        }
    }
    pictures->labelled = pictures->count;
    if (missing)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE,
                       "%s: %s (%zu of the %zu images that the labels list cannot be read)", pictures->list[first].path,
                       strerror(reason), missing, labels->image_count);
    return LIGHTPOSE_OK;
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

lightpose_status lp_pictures_add_folder(lp_pictures *pictures, const char *folder, lightpose_error *error) {
    struct dirent **names;
    const size_t before = pictures->count;
    lightpose_status status = LIGHTPOSE_OK;

    const int count = scandir(folder, &names, visible, alphasort);
    if (count < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (status == LIGHTPOSE_OK)
            status = add(pictures, folder, names[i]->d_name, error);
        if (status == LIGHTPOSE_OK && lp_input_is_picture(pictures->list[pictures->count - 1].path, NULL) != 1)
            free(pictures->list[--pictures->count].path);
        free(names[i]);
    }
    free(names);
    if (status == LIGHTPOSE_OK && pictures->count == before)
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: no picture in this folder", folder);
    return status;
}

/* Copies the picture if the budget has room for it. */
static void keep(lp_pictures *pictures, lp_picture *picture, const lightpose_image *image) {
    const size_t row = 3 * (size_t)image->width;
    const int64_t bytes = (int64_t)row * image->height;
    if (atomic_fetch_sub(&pictures->budget, bytes) >= bytes)
        picture->pixels = malloc((size_t)bytes);
    if (!picture->pixels) {
        atomic_fetch_add(&pictures->budget, bytes);
        return;
    }
    for (int y = 0; y < image->height; y++)
        memcpy(picture->pixels + (size_t)y * row, image->planes[0] + y * image->strides[0], row);
    picture->image = *image;
    picture->image.planes[0] = picture->pixels;
    picture->image.strides[0] = (ptrdiff_t)row;
}

lightpose_status lp_pictures_read(lp_pictures *pictures, size_t index, lp_input_picture *reader, lightpose_image *image,
                                  lightpose_error *error) {
    lp_picture *const picture = &pictures->list[index];
    if (picture->pixels) {
        *image = picture->image;
        return LIGHTPOSE_OK;
    }
    LP_TRY(lp_input_picture_read(reader, picture->path, NULL, error));
    *image = reader->image;
    if (picture->width && picture->height && (image->width != picture->width || image->height != picture->height))
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: is %d x %d, but the labels say %d x %d", picture->path,
                       image->width, image->height, picture->width, picture->height);
    if (pictures->format == LIGHTPOSE_NV12 || pictures->format == LIGHTPOSE_I420) {
        LP_TRY(lp_yuv_from_bgr(&reader->image, pictures->format, &picture->image, &picture->pixels, error));
        *image = picture->image;
    } else {
        keep(pictures, picture, image);
    }
    return LIGHTPOSE_OK;
}

void lp_pictures_free(lp_pictures *pictures) {
    for (size_t i = 0; i < pictures->count; i++) {
        free(pictures->list[i].path);
        free(pictures->list[i].pixels);
    }
    free(pictures->list);
    memset(pictures, 0, sizeof *pictures);
}
