/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Settings: defaults and ranges, in one table. */

#ifndef LP_SETTINGS_H
#define LP_SETTINGS_H

#include "base/status.h"

/* ARGUMENT, naming the first setting that is out of its range, its value and the range. */
lightpose_status lp_settings_check(const lightpose_settings *settings, lightpose_error *error);

#endif
