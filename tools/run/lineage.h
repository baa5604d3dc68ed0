/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Whether the inputs of a run are those of an earlier one. */

#ifndef LP_TOOLS_RUN_LINEAGE_H
#define LP_TOOLS_RUN_LINEAGE_H

#include <stdint.h>

#include "input/source.h"

/* A hash over sources `first` to `last`: their kinds, names as given, ranges of --clip, paths of pictures and sizes of
 * files. */
uint64_t lp_lineage(const lp_sources *sources, int first, int last);

#endif
