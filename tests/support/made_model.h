/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A model of random weights and a picture for it, for tests of the public API without data files. */

#ifndef TESTS_MADE_MODEL_H
#define TESTS_MADE_MODEL_H

#include "check.h"

enum { MADE_WIDTH = 96, MADE_HEIGHT = 64 };

extern uint8_t made_pixels[MADE_HEIGHT][MADE_WIDTH][3];
extern lightpose_model *made_model;

/* Set-up and tear-down of a group of tests. */
int made_model_load(void **state);
int made_model_release(void **state);

lightpose_image made_picture(void);     /* of made_pixels */
lightpose_settings made_settings(void); /* one thread, f32, and thresholds so low that noise yields people */
lightpose_context *made_context(const lightpose_settings *settings);
lightpose_result *made_result(void);

/* Asserts the same people, keypoint by keypoint, bit for bit. */
void assert_same_people(const lightpose_result *a, const lightpose_result *b);

#endif
