/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Kinds of TIFF that scanners and archives write, and pictures of which something beside the pixels is damaged: the
 * right pixels, or a refusal that says why. */

#include "check.h"

#include <stdio.h>
#include <tiffio.h>

#include "input/image.h"
#include "media.h"

enum { WIDTH = 200, HEIGHT = 150 };

static int worst(const lightpose_image *image) {
    int found = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = 0; c < 3; c++) {
                const int got = image->planes[0][y * image->strides[0] + 3 * x + c];
                const int off = abs(got - media_pixel(x, y, c, image->width, image->height));
                found = off > found ? off : found;
            }
    return found;
}

typedef struct kind {
    const char *name;
    int tile, compression, reversed, planar, photometric, bits;
    int worst;
} kind;

static void fill(uint8_t *row, int y, int x0, int count, const kind *k) {
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 3; c++) {
            const int x = x0 + i < WIDTH ? x0 + i : WIDTH - 1;
            const int value = media_pixel(x, y < HEIGHT ? y : HEIGHT - 1, 2 - c, WIDTH, HEIGHT);
            if (k->bits == 16)
                ((uint16_t *)(void *)row)[3 * i + c] = (uint16_t)(value * 257);
            else
                row[3 * i + c] = (uint8_t)(k->photometric == PHOTOMETRIC_SEPARATED ? 255 - value : value);
        }
}

static void set(TIFF *tiff, const kind *k) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, k->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, k->photometric);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, k->compression);
    TIFFSetField(tiff, TIFFTAG_FILLORDER, k->reversed ? FILLORDER_LSB2MSB : FILLORDER_MSB2LSB);
    if (k->compression == COMPRESSION_JPEG)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (k->compression == COMPRESSION_JPEG)
        TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 97);
}

static void make(const char *path, const kind *k) {
    TIFF *const tiff = TIFFOpen(path, "w");
    uint8_t *const buffer = calloc(1, (size_t)WIDTH * 128 * 6 + 128 * 128 * 6);
    assert_non_null(tiff);
    assert_non_null(buffer);
    set(tiff, k);
    if (k->tile) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, k->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, k->tile);
        for (int y = 0; y < HEIGHT; y += k->tile)
            for (int x = 0; x < WIDTH; x += k->tile) {
                for (int row = 0; row < k->tile; row++)
                    fill(buffer + (size_t)row * (size_t)k->tile * 3 * (size_t)k->bits / 8, y + row, x, k->tile, k);
                assert_true(TIFFWriteTile(tiff, buffer, (uint32_t)x, (uint32_t)y, 0, 0) > 0);
            }
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
        for (int y = 0; y < HEIGHT; y++) {
            fill(buffer, y, 0, WIDTH, k);
            assert_int_equal(TIFFWriteScanline(tiff, buffer, (uint32_t)y, 0), 1);
        }
    }
    TIFFClose(tiff);
    free(buffer);
}

static void reads_kinds_of_tiff(void **state) {
    (void)state;
    static const kind kinds[] = {
        {"strips.tif", 0, COMPRESSION_NONE, 0, 0, PHOTOMETRIC_RGB, 8, 0},
        {"tiles.tif", 64, COMPRESSION_NONE, 0, 0, PHOTOMETRIC_RGB, 8, 0},
        {"lzw_tiles.tif", 128, COMPRESSION_LZW, 0, 0, PHOTOMETRIC_RGB, 8, 0},
        {"deflate.tif", 0, COMPRESSION_ADOBE_DEFLATE, 0, 0, PHOTOMETRIC_RGB, 8, 0},
        {"packbits.tif", 0, COMPRESSION_PACKBITS, 0, 0, PHOTOMETRIC_RGB, 8, 0},
        {"jpeg.tif", 0, COMPRESSION_JPEG, 0, 0, PHOTOMETRIC_YCBCR, 8, 12},
        {"jpeg_tiles.tif", 64, COMPRESSION_JPEG, 0, 0, PHOTOMETRIC_YCBCR, 8, 12},
        {"reversed.tif", 0, COMPRESSION_NONE, 1, 0, PHOTOMETRIC_RGB, 8, 0},
        {"reversed_lzw.tif", 0, COMPRESSION_LZW, 1, 0, PHOTOMETRIC_RGB, 8, 0},
        {"deep.tif", 0, COMPRESSION_NONE, 0, 0, PHOTOMETRIC_RGB, 16, 0},
    };
    lp_input_picture picture = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s", media_in_folder(kinds[i].name));
        make(path, &kinds[i]);
        lightpose_error error = {0};
        if (lp_input_picture_read(&picture, path, NULL, &error) != LIGHTPOSE_OK)
            fail_msg("%s", error.text);
        assert_int_equal(picture.image.width, WIDTH);
        assert_int_equal(picture.image.height, HEIGHT);
        const int off = worst(&picture.image);
        if (off > kinds[i].worst)
            fail_msg("%s: off by %d", kinds[i].name, off);
    }
    lp_input_picture_free(&picture);
}

/* Floating point has no range that a picture could be shown in. */
static void refuses_tiff_by_name(void **state) {
    (void)state;
    const char *const path = media_in_folder("float.tif");
    TIFF *const tiff = TIFFOpen(path, "w");
    float row[WIDTH * 3] = {0};
    set(tiff, &(kind){.compression = COMPRESSION_NONE, .photometric = PHOTOMETRIC_RGB, .bits = 32});
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
    for (int y = 0; y < HEIGHT; y++)
        assert_int_equal(TIFFWriteScanline(tiff, row, (uint32_t)y, 0), 1);
    TIFFClose(tiff);
    lp_input_picture picture = {0};
    assert_fails(lp_input_picture_read(&picture, path, NULL, error), LIGHTPOSE_ERROR_UNSUPPORTED,
                 "float.tif: this kind of TIFF is not supported");
    lp_input_picture_free(&picture);
}

static void refuse_cut(const char *name, const uint8_t *data, size_t size) {
    const char *const path = media_in_folder(name);
    lp_input_picture picture = {0};
    assert_int_equal(media_write(path, data, size), 0);
    assert_fails(lp_input_picture_read(&picture, path, NULL, error), LIGHTPOSE_ERROR_IMAGE, "cut short");
    lp_input_picture_free(&picture);
}

static void read_with_note(const char *name, const uint8_t *data, size_t size, const char *note, int bound) {
    const char *const path = media_in_folder(name);
    lp_input_picture picture = {0};
    lightpose_error error = {0};
    assert_int_equal(media_write(path, data, size), 0);
    if (lp_input_picture_read(&picture, path, NULL, &error) != LIGHTPOSE_OK)
        fail_msg("%s", error.text);
    assert_true(worst(&picture.image) <= bound);
    if (!strstr(picture.note, note))
        fail_msg("%s: the note is \"%s\"", name, picture.note);
    lp_input_picture_free(&picture);
}

/* A picture of which all pixels are there is read, and what is wrong is said. */
static void reads_what_is_whole(void **state) {
    (void)state;
    size_t size;
    uint8_t *const jpeg = media_encode("mjpeg", "yuvj444p", WIDTH, HEIGHT, &size);
    assert_non_null(jpeg);
    read_with_note("whole.jpg", jpeg, size, "", 12);
    read_with_note("no_end.jpg", jpeg, size - 2, "lacks its end marker", 12);
    refuse_cut("cut.jpg", jpeg, size * 9 / 10);
    free(jpeg);
    uint8_t *const png = media_encode("png", "rgb24", WIDTH, HEIGHT, &size);
    assert_non_null(png);
    read_with_note("no_end.png", png, size - 12, "lacks its end marker", 0);
    refuse_cut("cut.png", png, size * 9 / 10);
    /* A colour profile whose checksum is wrong, behind the 33 bytes of signature and head. */
    static const uint8_t profile[] = {0, 0, 0, 9, 'i', 'C', 'C', 'P', 'n', 'a', 'm', 'e', 0, 0, 1, 2, 3, 9, 9, 9, 9};
    uint8_t *const broken = malloc(size + sizeof profile);
    memcpy(broken, png, 33);
    memcpy(broken + 33, profile, sizeof profile);
    memcpy(broken + 33 + sizeof profile, png + 33, size - 33);
    read_with_note("profile.png", broken, size + sizeof profile, "metadata of the PNG", 0);
    free(broken);
    free(png);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_kinds_of_tiff),
        cmocka_unit_test(refuses_tiff_by_name),
        cmocka_unit_test(reads_what_is_whole),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
