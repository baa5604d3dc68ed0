/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Results as inference leaves them, made by hand: every number of every person is different. */

#ifndef TESTS_PEOPLE_H
#define TESTS_PEOPLE_H

#include "check.h"

#include "pose/result.h"

/* `count` people with all keypoints detected and ids -1. */
lightpose_result *people_make(int count);
void people_free(lightpose_result *people);

/* Takes a keypoint away, or makes it a completed one. */
void people_lose(lightpose_result *people, int person, int keypoint);
void people_complete(lightpose_result *people, int person, int keypoint);

#endif
