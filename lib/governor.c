/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Settings that hold a latency: a ladder of increasingly cheaper settings, and a state machine that moves on it. It has
 * no clock and no threads, and depends only on the reported times.
 *
 * It steps down when two of the last RECENT frames were late, by as many levels as their lateness requires; one late
 * frame may be chance. It steps up by one level when that level would have been in time for all frames but one of a
 * stable stretch. A step up that proves wrong doubles the stretch before the next one. */

#include <math.h>

#include "api.h"
#include "base/mem.h"
#include "settings.h"

enum { LEVELS = 12, RECENT = 5, LEAST_HEIGHT = 112 };

/* A level is chosen if its expected latency is at most this share of the target. */
#define ROOM_DOWN 0.8
#define ROOM_UP   0.85

#define STABLE_SECONDS 2.0
#define STABLE_MOST    64.0

struct lightpose_governor {
    lightpose_settings levels[LEVELS];
    double costs[LEVELS]; /* in any unit */
    int count, level;
    double target, stable; /* seconds */
    double since;          /* start of the stretch; NAN: it starts with the next frame */
    double worst, second;  /* latencies of the stretch */
    double risen;          /* time of the last step up; NAN: it has proved right, or there was none */
    double late[RECENT];   /* latencies of the last frames; 0 for those in time */
    int frames;
};

/* ---- The ladder -------------------------------------------------------------------------------------------------- */

/* The number of network pixels, reduced if there is only one stage. */
static double cost_of(const lightpose_settings *s) {
    double pixels = (double)s->height * s->height;
    for (int i = 0; i < 3; i++)
        pixels += (double)s->extra_heights[i] * s->extra_heights[i];
    if (s->flip)
        pixels *= 2;
    if (s->tiles > 1)
        pixels += (double)s->tiles * s->tiles * s->height * s->height;
    pixels += 0.5 * 256 * 256 * s->second_look; /* half, because there are seldom so many parts */
    return pixels * (s->stages == 1 ? 0.75 : 1);
}

static void add(lightpose_governor *g, const lightpose_settings *settings) {
    if (g->count == LEVELS)
        return;
    g->levels[g->count] = *settings;
    g->costs[g->count++] = cost_of(settings);
}

static void build(lightpose_governor *g, const lightpose_settings *full) {
    lightpose_settings s = *full;
    add(g, &s);
    if (s.tiles > 1 || s.flip || s.extra_heights[0] || s.extra_heights[1] || s.extra_heights[2]) {
        s.tiles = s.flip = s.extra_heights[0] = s.extra_heights[1] = s.extra_heights[2] = 0;
        add(g, &s);
    }
    if (s.second_look > 3) {
        s.second_look = s.second_look / 4;
        add(g, &s);
    }
    if (s.second_look > 0) {
        s.second_look = 0;
        add(g, &s);
    }
    while (g->count < LEVELS - 1) {
        const int height = (int)(s.height * 0.87) / 8 * 8;
        if (height < LEAST_HEIGHT)
            break;
        s.height = height;
        add(g, &s);
    }
    if (s.stages == 2) {
        s.stages = 1;
        add(g, &s);
    }
}

/* ---- The interface ----------------------------------------------------------------------------------------------- */

lightpose_status lightpose_governor_create(lightpose_governor **governor, const lightpose_settings *settings,
                                           double target_seconds, lightpose_error *error) {
    lightpose_settings defaults;

    ENTER(error);
    NEED(governor, error);
    *governor = NULL;
    lightpose_settings_init(&defaults);
    const lightpose_settings *const full = settings ? settings : &defaults;
    NEED_RESERVED(full, error);
    LP_TRY(lp_settings_check(full, error));
    if (!(target_seconds >= 0.001 && target_seconds <= 60))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "target_seconds is %g; the range is 0.001 to 60",
                       target_seconds);
    lightpose_governor *const g = lp_calloc(1, sizeof *g);
    if (!g)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a governor");
    build(g, full);
    g->target = target_seconds;
    g->stable = STABLE_SECONDS;
    g->since = g->risen = NAN;
    *governor = g;
    return LIGHTPOSE_OK;
}

void lightpose_governor_destroy(lightpose_governor **governor) {
    if (!governor || !*governor)
        return;
    lp_free(*governor);
    *governor = NULL;
}

int lightpose_governor_get_count(const lightpose_governor *governor) {
    return governor ? governor->count : 0;
}

lightpose_status lightpose_governor_get_settings(const lightpose_governor *governor, int level,
                                                 lightpose_settings *settings, lightpose_error *error) {
    ENTER(error);
    NEED(governor, error);
    NEED(settings, error);
    if (level < 0 || level >= governor->count)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "level is %d; the range is 0 to %d", level,
                       governor->count - 1);
    *settings = governor->levels[level];
    return LIGHTPOSE_OK;
}

/* ---- The machine ------------------------------------------------------------------------------------------------- */

static void move_to(lightpose_governor *g, int level) {
    g->level = level;
    g->since = NAN;
    for (int i = 0; i < RECENT; i++)
        g->late[i] = 0;
}

/* The smallest latency of the late frames, so that one extreme does not decide; 0 if fewer than two were late. */
static double lateness(const lightpose_governor *g) {
    double least = 0;
    int count = 0;
    for (int i = 0; i < RECENT; i++)
        if (g->late[i] > 0) {
            least = count++ ? fmin(least, g->late[i]) : g->late[i];
        }
    return count > 1 ? least : 0;
}

static void step_down(lightpose_governor *g, double time, double late) {
    int level = g->level + 1;
    while (level < g->count - 1 && late * g->costs[level] / g->costs[g->level] > ROOM_DOWN * g->target)
        level++;
    if (time - g->risen < 2 * g->stable) /* false for NAN */
        g->stable = fmin(2 * g->stable, STABLE_MOST);
    g->risen = NAN;
    move_to(g, level);
}

static void watch(lightpose_governor *g, double time, double latency) {
    if (isnan(g->since) || time < g->since) {
        g->since = time;
        g->worst = g->second = 0;
    }
    if (latency > g->worst) {
        g->second = g->worst;
        g->worst = latency;
    } else if (latency > g->second) {
        g->second = latency;
    }
    if (time - g->risen >= 2 * g->stable) {
        g->risen = NAN;
        g->stable = STABLE_SECONDS;
    }
    if (g->level == 0 || time - g->since < g->stable)
        return;
    if (g->second * g->costs[g->level - 1] / g->costs[g->level] <= ROOM_UP * g->target) {
        move_to(g, g->level - 1);
        g->risen = time;
    } else {
        g->since = NAN;
    }
}

int lightpose_governor_update(lightpose_governor *g, double time_seconds, double latency_seconds) {
    if (!g)
        return 0;
    if (!isfinite(time_seconds) || !(latency_seconds >= 0))
        return g->level;
    g->late[g->frames % RECENT] = latency_seconds > g->target ? latency_seconds : 0;
    g->frames = (g->frames + 1) % RECENT;
    const double late = lateness(g);
    if (late > 0 && g->level < g->count - 1)
        step_down(g, time_seconds, late);
    else
        watch(g, time_seconds, latency_seconds);
    return g->level;
}
