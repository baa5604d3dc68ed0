/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/operators.h"

#include "net/depthwise.h"
#include "net/dnn_operator.h"
#include "net/dot.h"
#include "net/pointwise.h"
#include "net/tiled.h"
#include "net/winograd.h"

static const lp_operator *const operators[] = {&lp_op_depthwise, &lp_op_tiled, &lp_op_winograd,
                                               &lp_op_pointwise, &lp_op_dot,   &lp_op_dnn};

enum { COUNT = sizeof operators / sizeof *operators };
_Static_assert(COUNT <= (int)LP_MAX_OPERATORS, "packed weights are kept by operator");

int lp_operator_choose(const lp_conv_spec *spec, unsigned features) {
    int at = 0;

    while (at < COUNT - 1 && !operators[at]->takes(spec, features))
        at++;
    return at;
}

const lp_operator *lp_operator_at(int index) {
    return operators[index];
}
