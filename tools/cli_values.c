/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "cli_values.h"

#include <jansson.h>
#include <math.h>

static json_t *integers(const int *values, int count) {
    json_t *const array = json_array();
    for (int i = 0; array && i < count; i++)
        if (values[i])
            json_array_append_new(array, json_integer(values[i]));
    return array;
}

static json_t *texts(const lp_cli_operands *operands) {
    json_t *const array = json_array();
    for (int i = 0; array && i < operands->count; i++)
        json_array_append_new(array, json_string(operands->items[i]));
    return array;
}

static json_t *value_of(const lp_cli_option *option, const void *at) {
    switch (option->kind) {
    case LP_CLI_FLAG:
        return json_boolean(*(const int *)at);
    case LP_CLI_INT:
        return json_integer(*(const int *)at);
    case LP_CLI_INTS:
        return integers(at, option->slots);
    case LP_CLI_INT64:
        return json_integer(*(const int64_t *)at);
    case LP_CLI_NUMBER:
        return json_real(nearbyint((double)*(const float *)at * 1e6) / 1e6); /* 0.8, not 0.80000001 */
    case LP_CLI_TEXT:
        return json_string(*(const char *const *)at);
    case LP_CLI_CHOICE:
        return json_string(option->choices[*(const int *)at]);
    case LP_CLI_TEXTS:
        return texts(at);
    }
    return NULL;
}

json_t *lp_cli_values(const lp_cli_group *groups) {
    json_t *const object = json_object();
    for (; object && groups->title; groups++)
        for (const lp_cli_option *o = groups->options; o->name; o++) {
            const void *const at = (const char *)groups->base + o->offset;
            if (!o->aside && (o->kind != LP_CLI_TEXT || *(const char *const *)at))
                json_object_set_new(object, o->name, value_of(o, at)); /* fails for a NULL (out of memory) */
        }
    return object;
}
