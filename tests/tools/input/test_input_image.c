/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Still pictures: every format comes out upright and in the right colours, and what is no whole picture is refused. */

#include "check.h"

#include <stdio.h>

#include <libavutil/crc.h>

#include "input/image.h"
#include "media.h"

static int pixel(const lightpose_image *image, int x, int y, int c) {
    return image->planes[0][y * image->strides[0] + 3 * x + c];
}

typedef struct deviation {
    int worst;
    double mean;
} deviation;

/* How far the picture is from the test picture, or from its gray. */
static deviation compare(const lightpose_image *image, int gray) {
    deviation found = {0};
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = 0; c < 3; c++) {
                int wanted = media_pixel(x, y, c, image->width, image->height);
                if (gray) {
                    const int b = media_pixel(x, y, 0, image->width, image->height),
                              g = media_pixel(x, y, 1, image->width, image->height),
                              r = media_pixel(x, y, 2, image->width, image->height);
                    wanted = (114 * b + 587 * g + 299 * r + 500) / 1000;
                }
                const int difference = abs(pixel(image, x, y, c) - wanted);
                found.worst = difference > found.worst ? difference : found.worst;
                found.mean += difference;
            }
    found.mean /= 3.0 * image->width * image->height;
    return found;
}

static int worst(const lightpose_image *image) {
    return compare(image, 0).worst;
}

/* The bounds of the lossy ones are what quantisation and subsampling leave of this picture; a wrong matrix or range
 * moves corners by 10 and more, exchanged channels by 255. */
static void reads_every_format(void **state) {
    (void)state;
    static const struct {
        const char *encoder, *format, *name;
        int worst;
        double mean;
        int gray;
    } cases[] = {
        {"png", "rgb24", "rgb.png", 0, 0, 0},          {"png", "rgba", "rgba.png", 0, 0, 0},
        {"png", "rgb48be", "rgb48.png", 1, 1, 0},      {"png", "gray", "gray.png", 1, 1, 1},
        {"png", "gray16be", "gray16.png", 2, 1, 1},    {"png", "ya8", "ya8.png", 1, 1, 1},
        {"bmp", "bgr24", "bgr24.bmp", 0, 0, 0},        {"bmp", "bgra", "bgra.bmp", 0, 0, 0},
        {"bmp", "rgb565le", "rgb565.bmp", 12, 2.6, 0}, {"tiff", "rgb24", "rgb.tiff", 0, 0, 0},
        {"tiff", "rgb48le", "rgb48.tiff", 1, 1, 0},    {"tiff", "gray", "gray.tiff", 1, 1, 1},
        {"mjpeg", "yuvj420p", "420.jpg", 12, 2.6, 0},  {"mjpeg", "yuvj422p", "422.jpg", 5, 3, 0},
        {"mjpeg", "yuvj444p", "444.jpg", 12, 2.6, 0},  {"mjpeg", "gray", "gray.jpg", 4, 1, 1},
        {"libwebp", "bgra", "lossless.webp", 0, 0, 0}, {"libwebp", "yuv420p", "lossy.webp", 12, 2.6, 0},
        {"gif", "rgb8", "rgb8.gif", 100, 20, 0},
    };
    lp_input_picture picture = {0};
    int made = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int width = 97, height = 64;
        size_t size = 0;
        uint8_t *const data = media_encode(cases[i].encoder, cases[i].format, width, height, &size);
        if (!data) {
            print_message("# %s: this FFmpeg does not write it\n", cases[i].name);
            continue;
        }
        made++;
        const char *const path = media_in_folder(cases[i].name);
        assert_int_equal(media_write(path, data, size), 0);
        free(data);
        assert_ok(lp_input_picture_read(&picture, path, NULL, error));
        assert_int_equal(picture.image.width, width);
        assert_int_equal(picture.image.height, height);
        assert_int_equal(picture.image.format, LIGHTPOSE_BGR24);
        const deviation found = compare(&picture.image, cases[i].gray);

        if (found.worst > cases[i].worst || found.mean > cases[i].mean)
            fail_msg("%s: off by %d, %.2f in the mean", cases[i].name, found.worst, found.mean);
        assert_int_equal(lp_input_is_picture(path, NULL), 1);
    }
    lp_input_picture_free(&picture);
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

/* A reader that is used again must not remember: FFmpeg's PNG decoder would. */
static void reads_twice_alike(void **state) {
    (void)state;
    size_t size;
    uint8_t *const data = media_encode("png", "rgb24", 120, 90, &size);
    assert_non_null(data);
    const char *const path = media_in_folder("twice.png");
    assert_int_equal(media_write(path, data, size), 0);
    free(data);
    lp_input_picture picture = {0};
    for (int i = 0; i < 3; i++) {
        assert_ok(lp_input_picture_read(&picture, path, NULL, error));
        assert_int_equal(worst(&picture.image), 0);
    }
    lp_input_picture_free(&picture);
}

/* ---- Orientation ------------------------------------------------------------------------------------------------- */

enum { EXIF_BYTES = 26 };

/* A TIFF structure of one entry, the orientation; `big`: most significant byte first. */
static void make_exif(uint8_t *to, int orientation, int big) {
    static const uint8_t little_form[EXIF_BYTES] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0};
    static const uint8_t big_form[EXIF_BYTES] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
    memcpy(to, big ? big_form : little_form, EXIF_BYTES);
    to[big ? 19 : 18] = (uint8_t)orientation;
}

/* Inserts an APP1 segment after a JPEG's start, or an eXIf chunk after a PNG's header. */
static uint8_t *with_exif(const uint8_t *data, size_t *size, int orientation) {
    const int png = data[0] == 0x89;
    uint8_t segment[64];
    size_t length, at = png ? 33 : 2;
    if (png) {
        static const uint8_t head[8] = {0, 0, 0, EXIF_BYTES, 'e', 'X', 'I', 'f'};
        memcpy(segment, head, 8);
        make_exif(segment + 8, orientation, 0);
        const uint32_t sum = ~av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), UINT32_MAX, segment + 4, 4 + EXIF_BYTES);
        for (int i = 0; i < 4; i++)
            segment[8 + EXIF_BYTES + i] = (uint8_t)(sum >> (24 - 8 * i));
        length = 12 + EXIF_BYTES;
    } else {
        static const uint8_t head[10] = {0xff, 0xe1, 0, 8 + EXIF_BYTES, 'E', 'x', 'i', 'f', 0, 0};
        memcpy(segment, head, 10);
        make_exif(segment + 10, orientation, 1);
        length = 10 + EXIF_BYTES;
    }
    uint8_t *const out = malloc(*size + length);
    memcpy(out, data, at);
    memcpy(out + at, segment, length);
    memcpy(out + at + length, data + at, *size - at);
    *size += length;
    return out;
}

/* EXIF 2.32 table of tag 0x0112: which side of the upright picture the stored first row and first column are. */
static void where(int orientation, int x, int y, int width, int height, int *to_x, int *to_y) {
    static const struct {
        char row, column;
    } sides[9] = {{0, 0},     {'t', 'l'}, {'t', 'r'}, {'b', 'r'}, {'b', 'l'},
                  {'l', 't'}, {'r', 't'}, {'r', 'b'}, {'l', 'b'}};
    const char row = sides[orientation].row, column = sides[orientation].column;
    *to_x = row == 'l' ? y : row == 'r' ? height - 1 - y : column == 'l' ? x : width - 1 - x;
    *to_y = row == 't' ? y : row == 'b' ? height - 1 - y : column == 't' ? x : width - 1 - x;
}

static void honours_exif(void **state) {
    (void)state;
    enum { WIDTH = 150, HEIGHT = 83 };
    static const char *const encoders[][2] = {{"png", "rgb24"}, {"mjpeg", "yuvj444p"}};
    lp_input_picture picture = {0};
    for (int e = 0; e < 2; e++) {
        size_t plain_size;
        uint8_t *const plain = media_encode(encoders[e][0], encoders[e][1], WIDTH, HEIGHT, &plain_size);
        assert_non_null(plain);
        for (int orientation = 1; orientation <= 8; orientation++) {
            size_t size = plain_size;
            uint8_t *const data = with_exif(plain, &size, orientation);
            const char *const path = media_in_folder("turned");
            assert_int_equal(media_write(path, data, size), 0);
            free(data);
            assert_ok(lp_input_picture_read(&picture, path, NULL, error));
            assert_int_equal(picture.image.width, orientation > 4 ? HEIGHT : WIDTH);
            assert_int_equal(picture.image.height, orientation > 4 ? WIDTH : HEIGHT);
            for (int y = 0; y < HEIGHT; y++)
                for (int x = 0; x < WIDTH; x++)
                    for (int c = 0; c < 3; c++) {
                        int to_x, to_y;
                        where(orientation, x, y, WIDTH, HEIGHT, &to_x, &to_y);
                        assert_in_range(abs(pixel(&picture.image, to_x, to_y, c) - media_pixel(x, y, c, WIDTH, HEIGHT)),
                                        0, e == 0 ? 0 : 5);
                    }
        }
        free(plain);
    }
    lp_input_picture_free(&picture);
}

/* ---- What is refused --------------------------------------------------------------------------------------------- */

static void refuses_what_is_no_picture(void **state) {
    (void)state;
    lp_input_picture picture = {0};
    assert_fails(lp_input_picture_read(&picture, media_in_folder("absent.jpg"), NULL, error), LIGHTPOSE_ERROR_FILE,
                 "absent.jpg: No such file");
    assert_fails(lp_input_picture_read(&picture, media_in_folder("."), NULL, error), LIGHTPOSE_ERROR_FILE,
                 "not a regular file");
    assert_int_equal(media_write(media_in_folder("empty.jpg"), "", 0), 0);
    assert_fails(lp_input_picture_read(&picture, media_in_folder("empty.jpg"), NULL, error), LIGHTPOSE_ERROR_IMAGE,
                 "empty.jpg: the file is empty");
    assert_int_equal(media_write(media_in_folder("text.jpg"), "hello\n", 6), 0);
    assert_fails(lp_input_picture_read(&picture, media_in_folder("text.jpg"), NULL, error), LIGHTPOSE_ERROR_IMAGE,
                 "text.jpg: not a JPEG");
    assert_int_equal(lp_input_is_picture(media_in_folder("text.jpg"), NULL), 0);
    assert_int_equal(lp_input_is_picture(media_in_folder("absent.jpg"), NULL), -1);
    assert_int_equal(picture.image.width, 0);
    lp_input_picture_free(&picture);
}

/* At no length may the upper part of a picture pass for the whole. */
static void refuses_truncated_files(void **state) {
    (void)state;
    static const char *const encoders[][2] = {{"png", "rgb24"},  {"mjpeg", "yuvj420p"}, {"bmp", "bgr24"},
                                              {"tiff", "rgb24"}, {"gif", "rgb8"},       {"libwebp", "bgra"}};
    lp_input_picture picture = {0};
    int made = 0;
    for (size_t e = 0; e < sizeof encoders / sizeof *encoders; e++) {
        size_t size;
        uint8_t *const data = media_encode(encoders[e][0], encoders[e][1], 200, 150, &size);
        if (!data) {
            print_message("# %s: this FFmpeg does not write it\n", encoders[e][0]);
            continue;
        }
        made++;
        /* A GIF's last byte only says that no more follows, as does FFmpeg's padding after a TIFF's tables. */
        const size_t slack = e == 4 ? 2 : e == 3 ? 64 : 1;
        for (size_t length = 1; length <= size - slack; length += length < 300 ? 1 : size / 97 + 1) {
            const char *const path = media_in_folder("cut");
            assert_int_equal(media_write(path, data, length), 0);
            lightpose_error error = {0};
            const lightpose_status status = lp_input_picture_read(&picture, path, NULL, &error);
            if (status != LIGHTPOSE_ERROR_IMAGE)
                fail_msg("%s cut to %zu of %zu bytes: %s", encoders[e][0], length, size,
                         lightpose_status_get_name(status));
            assert_non_null(strstr(error.text, path));
            assert_int_equal(picture.image.width, 0);
        }
        assert_int_equal(media_write(media_in_folder("whole"), data, size), 0);
        assert_ok(lp_input_picture_read(&picture, media_in_folder("whole"), NULL, error));
        free(data);
    }
    lp_input_picture_free(&picture);
    skip_without(made, "this FFmpeg lacks every encoder of the test");
}

/* A few bytes that announce a huge picture must not cost its memory. */
static void refuses_huge_pictures(void **state) {
    (void)state;
    size_t size;
    uint8_t *const data = media_encode("png", "rgb24", 8, 8, &size);
    assert_non_null(data);
    static const uint8_t sides[4] = {0, 0, 0x9c, 0x40}; /* 40000 */
    memcpy(data + 16, sides, 4);
    memcpy(data + 20, sides, 4);
    const char *path = media_in_folder("huge.png");
    assert_int_equal(media_write(path, data, size), 0);
    lp_input_picture picture = {0};
    assert_fails(lp_input_picture_read(&picture, path, NULL, error), LIGHTPOSE_ERROR_LIMIT,
                 "huge.png: 40000x40000 pixels; the limit is 32768 a side");
    const lp_input_limits wide = {.max_side = 65535};
    assert_fails(lp_input_picture_read(&picture, path, &wide, error), LIGHTPOSE_ERROR_LIMIT,
                 "huge.png: 40000x40000 pixels; the limit is 268435456 pixels");
    free(data);

    uint8_t *const flat = media_encode("png", "rgb24", 20000, 1, &size);
    assert_non_null(flat);
    path = media_in_folder("flat.png");
    assert_int_equal(media_write(path, flat, size), 0);
    free(flat);
    assert_ok(lp_input_picture_read(&picture, path, NULL, error));
    assert_int_equal(picture.image.width, 20000);
    assert_int_equal(worst(&picture.image), 0);
    lp_input_picture_free(&picture);
}

/* JPEG against libjpeg's outcome (which OpenCV reads): FFmpeg's differs by its inverse DCT's rounding alone. */
static void reads_photographs_as_libjpeg_does(void **state) {
    (void)state;
    static const char *const names[] = {"000000000139", "000000002299", "000000012576", "000000397133"};
    const char *const shared = getenv("LIGHTPOSE_SHARED");
    lp_input_picture jpeg = {0}, png = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/coco/images/%s.jpg", shared ? shared : "", names[i]);
        if (lp_input_is_picture(path, NULL) < 0) {
            print_message("# skipped: the shared data folder is absent\n");
            skip();
        }
        assert_ok(lp_input_picture_read(&jpeg, path, NULL, error));
        snprintf(path, sizeof path, "%s/golden/png/%s.png", shared, names[i]);
        assert_ok(lp_input_picture_read(&png, path, NULL, error));
        assert_int_equal(jpeg.image.width, png.image.width);
        assert_int_equal(jpeg.image.height, png.image.height);
        int64_t sum = 0;
        int largest = 0;
        for (int y = 0; y < png.image.height; y++)
            for (int x = 0; x < 3 * png.image.width; x++) {
                const int difference = abs(jpeg.image.planes[0][y * jpeg.image.strides[0] + x] -
                                           png.image.planes[0][y * png.image.strides[0] + x]);
                sum += difference;
                largest = difference > largest ? difference : largest;
            }
        assert_in_range(largest, 0, 3);
        assert_true((double)sum < 0.06 * 3 * png.image.width * png.image.height);
    }
    lp_input_picture_free(&jpeg);
    lp_input_picture_free(&png);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_format),
        cmocka_unit_test(reads_twice_alike),
        cmocka_unit_test(honours_exif),
        cmocka_unit_test(refuses_what_is_no_picture),
        cmocka_unit_test(refuses_truncated_files),
        cmocka_unit_test(refuses_huge_pictures),
        cmocka_unit_test(reads_photographs_as_libjpeg_does),
    };
    return cmocka_run_group_tests(tests, media_open_folder, media_close_folder);
}
