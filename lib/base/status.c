/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts the middle out of a message that is too long: most end with the reason, after a name that may be long. */
static void shorten(char *to, size_t size, const char *text) {
    static const char dots[] = " ... ";
    const size_t length = strlen(text), tail = size / 2;
    size_t head = size - tail - sizeof dots, from = length - tail;
    while (head > 0 && ((unsigned char)text[head] & 0xc0) == 0x80) /* not inside a UTF-8 character */
        head--;
    while (from < length && ((unsigned char)text[from] & 0xc0) == 0x80)
        from++;
    memcpy(to, text, head);
    memcpy(to + head, dots, sizeof dots - 1);
    memcpy(to + head + sizeof dots - 1, text + from, length - from + 1);
}

lightpose_status(lp_fail)(lightpose_error *error, lightpose_status status, const char *format, ...) {
    if (error && error->status == LIGHTPOSE_OK) {
        va_list args;
        error->status = status;
        va_start(args, format);
        char text[9000]; /* two paths */
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        if (strlen(text) < sizeof error->text)
            memcpy(error->text, text, strlen(text) + 1);
        else
            shorten(error->text, sizeof error->text, text);
    }
    return status;
}
