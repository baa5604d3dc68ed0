/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "output/patient.h"
#include "output/text.h"

struct lp_ledger {
    FILE *file;
    char *path;
    lp_text text;
};

static lightpose_status fail(const char *path, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the report \"%s\": cannot write: %s", path, strerror(errno));
}

static FILE *open_stream(const char *path) {
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *const stream = descriptor < 0 ? NULL : lp_patient_open(descriptor, "w");

    if (!stream && descriptor >= 0)
        close(descriptor);
    return stream;
}

static void release(lp_ledger **ledger) {
    lp_text_free(&(*ledger)->text);
    free((*ledger)->path);
    free(*ledger);
    *ledger = NULL;
}

lightpose_status lp_ledger_open(lp_ledger **ledger, const char *path, lightpose_error *error) {
    lp_ledger *const l = calloc(1, sizeof *l);
    lightpose_status status = LIGHTPOSE_OK;

    *ledger = l;
    if (!l || !(l->path = strdup(path)))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the report");
    else if (!(l->file = strcmp(path, "-") ? open_stream(path) : stdout))
        status = fail(path, error);
    if (l && status != LIGHTPOSE_OK)
        release(ledger);
    return status;
}

static void add_number(lp_text *text, const char *name, int64_t value) {
    lp_text_add(text, ",\"");
    lp_text_add(text, name);
    lp_text_add(text, "\":");
    lp_text_integer(text, value);
}

lightpose_status lp_ledger_add(lp_ledger *ledger, const lp_entry *entry, lightpose_error *error) {
    static const char *const states[] = {"pending", "partial", "done", "failed"};
    if (!ledger)
        return LIGHTPOSE_OK;
    lp_text *const text = &ledger->text;
    lp_text_clear(text);
    lp_text_add(text, "{\"input\":");
    lp_text_json(text, entry->input);
    lp_text_add(text, ",\"state\":\"");
    lp_text_add(text, states[entry->state]);
    lp_text_add(text, "\"");
    add_number(text, "frames", entry->frames);
    add_number(text, "people", entry->people);
    add_number(text, "undecodable", entry->undecodable);
    lp_text_add(text, ",\"reason\":");
    if (entry->reason)
        lp_text_json(text, entry->reason);
    else
        lp_text_add(text, "null");
    lp_text_add(text, ",\"seconds\":");
    lp_text_decimals(text, entry->seconds, 3);
    lp_text_add(text, "}\n");
    const lightpose_status status = lp_text_check(text, error);
    if (status == LIGHTPOSE_OK &&
        (fwrite(text->data, 1, text->size, ledger->file) != text->size || fflush(ledger->file) != 0))
        return fail(ledger->path, error);
    return status;
}

lightpose_status lp_ledger_close(lp_ledger **ledger, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    if (!*ledger)
        return status;
    if ((*ledger)->file != stdout && fclose((*ledger)->file) != 0)
        status = fail((*ledger)->path, error);
    release(ledger);
    return status;
}
