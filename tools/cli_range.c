/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "cli_range.h"

#include "cli.h"

int lp_cli_range(const char *name, const char *first, const char *last, lp_input_range *range) {
    static const char wrong[] = "option --%s: \"%s\" is neither a frame number nor a time such as 0:01:30.5 or 90.5s";
    *range = lp_input_range_all;
    if (first && !lp_input_range_read_first(range, first))
        return lp_cli_usage(name, wrong, "first", first);
    if (last && !lp_input_range_read_last(range, last))
        return lp_cli_usage(name, wrong, "last", last);
    if (first && last && lp_input_range_is_empty(range))
        return lp_cli_usage(name, "option --last: %s%s comes before --first %s", range->to < 0 ? "frame " : "", last,
                            first);
    return LP_CLI_GO;
}
