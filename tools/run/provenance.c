/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/provenance.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fail.h"
#include "hash.h"
#include "which_weights.h"

lightpose_status lp_provenance_find_precision(lightpose_model *model, const lightpose_settings *settings,
                                              const char **name, lightpose_error *error) {
    lightpose_context *context = NULL;
    lightpose_stats stats;
    const lightpose_status status = lightpose_context_create(&context, model, settings, error);
    if (status != LIGHTPOSE_OK)
        return status;
    lightpose_context_get_stats(context, &stats);
    *name = lightpose_precision_get_name(stats.precision);
    lightpose_context_destroy(&context);
    return LIGHTPOSE_OK;
}

lightpose_status lp_provenance_make(lp_provenance *p, lightpose_model *model, const char *weights,
                                    const lightpose_settings *settings, json_t *options, lightpose_error *error) {
    const char *const path = lp_which_weights(weights), *const slash = strrchr(path, '/'), *precision = NULL;
    lightpose_system system;
    lightpose_model_info info;
    char sha[LP_HASH_TEXT] = "";
    *p = (lp_provenance){0};
    lightpose_system_get(&system);
    lightpose_model_get_info(model, &info);
    lightpose_status status = lp_hash_file(path, sha, NULL, NULL, error);
    if (status == LIGHTPOSE_OK)
        status = lp_provenance_find_precision(model, settings, &precision, error);
    if (status != LIGHTPOSE_OK) {
        json_decref(options);
        return status;
    }
    p->root = json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:o}", "lightpose", lightpose_version(), "weights",
                        "file", slash ? slash + 1 : path, "variant", info.variant, "sha256", sha, "precision",
                        precision, "instruction_set", system.cpu, "engine", system.engine, "options", options);
    char *const whole = p->root ? json_dumps(p->root, JSON_COMPACT) : NULL;
    if (!whole) {
        lp_provenance_free(p);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the description of a run");
    }
    whole[strlen(whole) - 1] = '\0'; /* without the braces */
    p->about = strdup(whole + 1);
    free(whole);
    if (p->about)
        return LIGHTPOSE_OK;
    lp_provenance_free(p);
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the description of a run");
}

void lp_provenance_free(lp_provenance *p) {
    json_decref(p->root);
    free(p->about);
    *p = (lp_provenance){0};
}

static void value_text(const json_t *value, char text[64]) {
    char *const dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    snprintf(text, 64, "%s", dumped ? dumped : "nothing");
    free(dumped);
}

/* Describes the first member that differs. */
static int tell_difference(const json_t *theirs, const json_t *ours, const char *before, char text[256]) {
    const json_t *const both[] = {ours, theirs};
    const char *name;
    json_t *value;
    char there[64], here[64];
    for (int i = 0; i < 2; i++)
        json_object_foreach((json_t *)(uintptr_t)both[i], name, value) {
            const json_t *const a = json_object_get(theirs, name), *const b = json_object_get(ours, name);
            if (a && b && json_equal(a, b))
                continue;
            value_text(a, there);
            value_text(b, here);
            snprintf(text, 256, "%s%s was %s there and is %s now", before, name, there, here);
            return 1;
        }
    return 0;
}

void lp_provenance_get_set(const char *about, char text[128]) {
    json_t *const run = json_loads(about, 0, NULL);
    const char *const set = json_string_value(json_object_get(run, "instruction_set"));
    snprintf(text, 128, "%s", set ? set : "");
    json_decref(run);
}

void lp_provenance_see(void *opaque, const char *about) {
    lp_provenance *const p = opaque;
    char set[128];
    lp_provenance_get_set(about, set);
    if (*set && strcmp(set, json_string_value(json_object_get(p->root, "instruction_set"))))
        memcpy(p->mixed, set, sizeof p->mixed);
}

int lp_provenance_differs(void *opaque, const char *about, char text[256]) {
    static const char *const plain[] = {"lightpose", "precision"};
    lp_provenance *const p = opaque;
    json_t *const theirs = json_loads(about, 0, NULL);
    int differs = 0;
    if (!theirs || !json_object_get(theirs, "options")) { /* nothing is known of that run */
        json_decref(theirs);
        return 0;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain && !differs; i++) {
        const json_t *const a = json_object_get(theirs, plain[i]), *const b = json_object_get(p->root, plain[i]);
        char there[64], here[64];
        differs = !a || !json_equal(a, b);
        value_text(a, there);
        value_text(b, here);
        if (differs)
            snprintf(text, 256, "%s was %s there and is %s now", i ? plain[i] : "the version", there, here);
    }
    const json_t *const a = json_object_get(json_object_get(theirs, "weights"), "sha256");
    if (!differs && (!a || !json_equal(a, json_object_get(json_object_get(p->root, "weights"), "sha256")))) {
        differs = 1;
        snprintf(text, 256, "its weights were different");
    }
    if (!differs)
        differs = tell_difference(json_object_get(theirs, "options"), json_object_get(p->root, "options"), "--", text);
    lp_provenance_see(p, about);
    json_decref(theirs);
    return differs;
}
