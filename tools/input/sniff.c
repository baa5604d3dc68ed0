/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/sniff.h"

#include <string.h>

/* Bytes of a file; reads past the end give 0. */
typedef struct bytes {
    const uint8_t *data;
    size_t size;
    int big; /* most significant byte first */
} bytes;

static unsigned at(const bytes *b, size_t offset, int count) {
    unsigned value = 0;
    if (offset > b->size || (size_t)count > b->size - offset)
        return 0;
    for (int i = 0; i < count; i++)
        value |= (unsigned)b->data[offset + (size_t)i] << 8 * (b->big ? count - 1 - i : i);
    return value;
}

static int has(const bytes *b, size_t offset, const char *text) {
    const size_t length = strlen(text);
    return offset <= b->size && length <= b->size - offset && !memcmp(b->data + offset, text, length);
}

/* One 12-byte entry of a TIFF directory: tag, type, count, and the value or its offset. */
typedef struct tiff_entry {
    unsigned tag, type, count;
    size_t value;
} tiff_entry;

/* Element `index` of an entry of SHORT or LONG. */
static unsigned tiff_value(const bytes *b, const tiff_entry *entry, unsigned index) {
    const unsigned size = entry->type == 3 ? 2 : 4;
    const size_t start = (uint64_t)entry->count * size <= 4 ? entry->value : at(b, entry->value, 4);
    return at(b, start + (size_t)index * size, (int)size);
}

/* Whether every strip or tile lies within the file. */
static int tiff_is_whole(const bytes *b, const tiff_entry *offsets, const tiff_entry *counts) {
    if (!offsets->count || offsets->count != counts->count || offsets->count > b->size)
        return 0;
    for (unsigned i = 0; i < offsets->count; i++) {
        const uint64_t start = tiff_value(b, offsets, i), length = tiff_value(b, counts, i);
        if (start == 0 || start + length > b->size)
            return 0;
    }
    return 1;
}

/* A TIFF structure (TIFF 6.0 section 2), which EXIF also uses: byte order, 42, the offset of the first directory. Fills
 * in the orientation and, for a file, the size and whether it is complete. */
static void read_tiff(lp_input_sniffed *found, const uint8_t *data, size_t size, int is_file) {
    const bytes b = {data, size, size > 0 && data[0] == 'M'};
    if (size < 8 || (!has(&b, 0, "II") && !has(&b, 0, "MM")) || at(&b, 2, 2) != 42)
        return;
    const size_t directory = at(&b, 4, 4);
    const unsigned entries = at(&b, directory, 2);
    tiff_entry offsets = {0}, counts = {0};
    for (unsigned i = 0; i < entries; i++) {
        const size_t start = directory + 2 + (size_t)i * 12;
        if (start > size) /* a file may have many directories that claim 65535 entries each */
            break;
        const tiff_entry entry = {at(&b, start, 2), at(&b, start + 2, 2), at(&b, start + 4, 4), start + 8};
        const unsigned value = tiff_value(&b, &entry, 0);
        if (entry.tag == 0x0112 && value >= 1 && value <= 8)
            found->orientation = (int)value;
        else if (is_file && entry.tag == 0x0100)
            found->width = value;
        else if (is_file && entry.tag == 0x0101)
            found->height = value;
        else if (entry.tag == 0x0111 || entry.tag == 0x0144)
            offsets = entry;
        else if (entry.tag == 0x0117 || entry.tag == 0x0145)
            counts = entry;
    }
    if (is_file)
        found->whole = tiff_is_whole(&b, &offsets, &counts);
}

/* Markers (ITU-T T.81 annex B): FF, code and, for most, a length. Scan data runs to the next FF that is neither
 * stuffed (FF 00) nor a restart (FF D0 to D7). */
static void sniff_jpeg(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 1};
    size_t offset = 2;
    found->whole = 0;
    while (offset + 2 <= size) {
        if (data[offset] != 0xff || data[offset + 1] == 0 || (data[offset + 1] & 0xf8) == 0xd0) {
            const uint8_t *const next = memchr(data + offset + 1, 0xff, size - offset - 1); /* within a scan */
            if (!next)
                return;
            offset = (size_t)(next - data);
            continue;
        }
        const unsigned code = data[offset + 1];
        if (code == 0xff) { /* fill byte */
            offset++;
            continue;
        }
        if (code == 0xd9) {
            found->whole = found->width > 0;
            found->length = offset + 2;
            return;
        }
        const size_t length = at(&b, offset + 2, 2);
        if (code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc) {
            found->height = at(&b, offset + 5, 2);
            found->width = at(&b, offset + 7, 2);
        } else if (code == 0xe1 && has(&b, offset + 4, "Exif") && length > 8 && offset + 2 + length <= size) {
            read_tiff(found, data + offset + 10, length - 8, 0);
        } else if (code == 0xe2 && has(&b, offset + 4, "MPF")) {
            found->several = 1;
        }
        offset += 2 + (length < 2 ? 2 : length);
    }
}

/* Chunks (PNG section 5.3): length, name, data, checksum. */
static void sniff_png(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 1};
    found->whole = 0;
    found->width = at(&b, 16, 4);
    found->height = at(&b, 20, 4);
    for (size_t offset = 8; offset + 12 <= size;) {
        const size_t length = at(&b, offset, 4);
        if (has(&b, offset + 4, "IEND")) {
            found->whole = 1;
            found->length = offset + 12;
            return;
        }
        if (length > size - offset - 12)
            return;
        if (has(&b, offset + 4, "eXIf"))
            read_tiff(found, data + offset + 8, length, 0);
        if (has(&b, offset + 4, "acTL"))
            found->animated = at(&b, offset + 8, 4) > 1;
        offset += 12 + length;
    }
}

/* RIFF chunks; the size is that of VP8X's canvas, else that in the frame header of VP8 or VP8L. */
static void sniff_webp(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 0};
    found->length = (size_t)at(&b, 4, 4) + 8;
    found->whole = found->length <= size;
    for (size_t offset = 12; offset + 8 <= size;) {
        const size_t length = at(&b, offset + 4, 4);
        if (has(&b, offset, "VP8X")) {
            found->animated = at(&b, offset + 8, 1) >> 1 & 1;
            found->width = at(&b, offset + 12, 3) + 1;
            found->height = at(&b, offset + 15, 3) + 1;
        } else if (has(&b, offset, "VP8 ") && !found->width) {
            found->width = at(&b, offset + 14, 2) & 0x3fff;
            found->height = at(&b, offset + 16, 2) & 0x3fff;
        } else if (has(&b, offset, "VP8L") && !found->width) {
            const unsigned packed = at(&b, offset + 9, 4);
            found->width = (packed & 0x3fff) + 1;
            found->height = (packed >> 14 & 0x3fff) + 1;
        } else if (has(&b, offset, "EXIF") && length <= size - offset - 8) {
            /* Some writers keep JPEG's six-byte prefix. */
            const size_t skip = has(&b, offset + 8, "Exif") ? 6 : 0;
            if (length > skip)
                read_tiff(found, data + offset + 8 + skip, length - skip, 0);
        }
        if (length > size - offset - 8)
            return;
        offset += 8 + length + (length & 1);
    }
}

static void sniff_bmp(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 0};
    const unsigned header = at(&b, 14, 4), pixels = at(&b, 10, 4);
    if (header == 12) {
        found->width = at(&b, 18, 2);
        found->height = at(&b, 20, 2);
    } else {
        const int32_t width = (int32_t)at(&b, 18, 4), height = (int32_t)at(&b, 22, 4);
        found->width = width < 0 ? 0 : width;
        found->height = height < 0 ? -(int64_t)height : height; /* negative: the top row comes first */
    }
    /* The stored file size is often wrong; for uncompressed pixels their size follows from the header. */
    const unsigned depth = at(&b, header == 12 ? 24 : 28, 2), compression = header == 12 ? 0 : at(&b, 30, 4);
    if ((compression == 0 || compression == 3) && found->width > 0 && found->width < 1 << 20) {
        const uint64_t row = ((uint64_t)found->width * depth + 31) / 32 * 4;
        found->whole = pixels <= size && (row == 0 || (uint64_t)found->height <= (size - pixels) / row);
    }
}

/* Blocks (GIF89a): extensions, images and the trailer. One complete image is enough. */
static void sniff_gif(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 0};
    int images = 0;
    found->width = at(&b, 6, 2);
    found->height = at(&b, 8, 2);
    found->whole = 0;
    size_t offset = 13 + (at(&b, 10, 1) & 0x80 ? (size_t)3 << ((at(&b, 10, 1) & 7) + 1) : 0);
    while (offset < size && (data[offset] == 0x21 || data[offset] == 0x2c)) {
        const int image = data[offset] == 0x2c;
        if (image) {
            const unsigned flags = at(&b, offset + 9, 1);
            offset += 11 + (flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0);
        } else {
            offset += 2;
        }
        while (offset < size && data[offset])
            offset += 1 + (size_t)data[offset];
        if (offset >= size)
            break;
        offset++;
        images += image;
    }
    found->whole = images > 0;
    found->animated = images > 1;
}

/* Boxes (ISO/IEC 14496-12): looks at the brands in the first. */
static int is_heif(const bytes *b) {
    static const char *const brands[] = {"heic", "heix", "heim", "heis", "avif", "mif1", "mif2"};
    const size_t end = b->size < at(b, 0, 4) ? b->size : at(b, 0, 4);
    if (!has(b, 4, "ftyp") || has(b, 8, "avis") || has(b, 8, "hevc") || has(b, 8, "msf1"))
        return 0;
    for (size_t offset = 8; offset + 4 <= end; offset += offset == 8 ? 8 : 4)
        for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
            if (has(b, offset, brands[i]))
                return 1;
    return 0;
}

static unsigned decimal(const bytes *b, size_t *offset) {
    unsigned value = 0;
    while (*offset < b->size && strchr(" \t\r\n#", b->data[*offset])) {
        const int comment = b->data[(*offset)++] == '#';
        while (comment && *offset < b->size && b->data[*offset] != '\n')
            ++*offset;
    }
    for (; *offset < b->size && b->data[*offset] >= '0' && b->data[*offset] <= '9' && value < 1 << 24; ++*offset)
        value = 10 * value + b->data[*offset] - '0';
    return value;
}

/* "P6 WIDTH HEIGHT 255 ", then pixels. The header of PAM (P7) is not read. */
static void sniff_pnm(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 1};
    size_t offset = 2;
    if (data[1] == '7')
        return;
    found->width = decimal(&b, &offset);
    found->height = decimal(&b, &offset);
    if (data[1] < '4')
        return;
    const unsigned most = data[1] == '4' ? 1 : decimal(&b, &offset);
    const size_t row = data[1] == '4'   ? ((size_t)found->width + 7) / 8
                       : data[1] == '5' ? (size_t)found->width * (most > 255 ? 2 : 1)
                                        : (size_t)found->width * (most > 255 ? 6 : 3);
    found->length = found->width && found->height ? offset + 1 + row * (size_t)found->height : 0;
    found->whole = found->length && found->length <= size;
}

static void sniff_bmff(lp_input_sniffed *found, const bytes *b) {
    static const char jxl_box[] = "\0\0\0\x0cJXL \r\n\x87\n", jp2_box[] = "\0\0\0\x0cjP  \r\n\x87\n";
    if (b->size >= 12 && !memcmp(b->data, jxl_box, 12))
        found->kind = LP_PICTURE_JXL;
    else if (b->size >= 12 && !memcmp(b->data, jp2_box, 12))
        found->kind = LP_PICTURE_JP2;
    else if (b->size >= 12 && is_heif(b))
        found->kind = LP_PICTURE_HEIF;
}

int lp_input_sniff_next(const lp_input_sniffed *found, const uint8_t *data, size_t size) {
    size_t at = found->length;
    if (!at || found->several)
        return 0;
    while (at < size && at < found->length + LP_SNIFF_BEHIND && strchr("\r\n", data[at]))
        at++; /* strchr finds NUL as well, which is padding too */
    lp_input_sniffed next = {0};
    if (at < size)
        lp_input_sniff(&next, data + at, size - at);
    return next.kind == found->kind && (!next.width || !found->width || next.width == found->width);
}

void lp_input_sniff(lp_input_sniffed *found, const uint8_t *data, size_t size) {
    const bytes b = {data, size, 0};
    *found = (lp_input_sniffed){.orientation = 1, .whole = 1};
    if (size >= 4 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff) {
        found->kind = LP_PICTURE_JPEG;
        sniff_jpeg(found, data, size);
    } else if (has(&b, 0, "\x89PNG\r\n\x1a\n")) {
        found->kind = LP_PICTURE_PNG;
        sniff_png(found, data, size);
    } else if (has(&b, 0, "RIFF") && has(&b, 8, "WEBP")) {
        found->kind = LP_PICTURE_WEBP;
        sniff_webp(found, data, size);
    } else if (has(&b, 0, "BM") && size >= 26 && at(&b, 14, 4) >= 12 && at(&b, 14, 4) <= 256) {
        found->kind = LP_PICTURE_BMP;
        sniff_bmp(found, data, size);
    } else if (has(&b, 0, "GIF87a") || has(&b, 0, "GIF89a")) {
        found->kind = LP_PICTURE_GIF;
        sniff_gif(found, data, size);
    } else if ((has(&b, 0, "II") && at(&b, 2, 2) == 42) || (has(&b, 0, "MM") && at(&b, 2, 2) == 42 << 8)) {
        found->kind = LP_PICTURE_TIFF;
        read_tiff(found, data, size, 1);
    } else if (size >= 2 && data[0] == 0xff && data[1] == 0x0a) {
        found->kind = LP_PICTURE_JXL;
    } else if (size >= 4 && !memcmp(data, "\xff\x4f\xff\x51", 4)) {
        found->kind = LP_PICTURE_JP2;
    } else if (size >= 8 && data[0] == 'P' && data[1] >= '1' && data[1] <= '7' && strchr(" \t\r\n", data[2])) {
        found->kind = LP_PICTURE_PNM;
        sniff_pnm(found, data, size);
    } else {
        const bytes boxes = {data, size, 1};
        sniff_bmff(found, &boxes);
    }
}

const char *lp_input_picture_kind_name(lp_input_picture_kind kind) {
    static const char *const names[] = {"file", "JPEG", "PNG",     "WebP",      "BMP", "TIFF",
                                        "GIF",  "HEIF", "JPEG XL", "JPEG 2000", "PNM"};
    return names[(unsigned)kind < LP_PICTURE_KINDS ? kind : 0];
}
