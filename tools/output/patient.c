/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/patient.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

static int descriptor_of(const void *cookie) {
    return (int)(intptr_t)cookie;
}

static ssize_t patient_read(void *cookie, char *to, size_t size) {
    ssize_t got;

    do
        got = read(descriptor_of(cookie), to, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Writes all bytes: stdio takes fewer for an error. */
static ssize_t patient_write(void *cookie, const char *from, size_t size) {
    size_t done = 0;

    while (done < size) {
        const ssize_t part = write(descriptor_of(cookie), from + done, size - done);
        if (part < 0 && errno != EINTR)
            break;
        done += part > 0 ? (size_t)part : 0;
    }
    return (ssize_t)done;
}

static int patient_seek(void *cookie, off64_t *offset, int whence) {
    const off64_t at = lseek64(descriptor_of(cookie), *offset, whence);

    if (at < 0)
        return -1;
    *offset = at;
    return 0;
}

/* Linux closes the descriptor in any case. */
static int patient_close(void *cookie) {
    return close(descriptor_of(cookie)) == 0 || errno == EINTR ? 0 : -1;
}

FILE *lp_patient_open(int descriptor, const char *mode) {
    const cookie_io_functions_t calls = {patient_read, patient_write, patient_seek, patient_close};

    return fopencookie((void *)(intptr_t)descriptor, mode, calls);
}
