/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `reference` on small maps at upsampling 1, where a cell is a pixel and a value is what it is: what the
 * tests of the rules that no photograph pins share. */

#ifndef TESTS_REFERENCE_RULES_H
#define TESTS_REFERENCE_RULES_H

#include "decoding.h"

enum { WIDTH = 40, HEIGHT = 30 };

int reference_begin(void **state); /* a test's set-up; decoding_end is its tear-down */

void peak(int type, int x, int y, float value);

/* The field `strength` long, towards (x1, y1), at every point that the limb from (x0, y0) reads. */
void field(int limb, int x0, int y0, int x1, int y1, float strength);

/* A neck at x0 and a right shoulder at x1, and the field between them. */
void arm(int x0, int x1, int y, float strength);

/* Of limb `limb`: how many links decode() finds, and which. */
int link_count(int limb);
lp_link link_at(int limb, int i);

#define RULE(name) cmocka_unit_test_setup_teardown(name, reference_begin, decoding_end)

#endif
