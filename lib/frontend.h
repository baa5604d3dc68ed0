/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The front end: from an image to the network's maps. The pipeline decodes the maps; the calibrator measures the
 * network's tensors. */

#ifndef LP_FRONTEND_H
#define LP_FRONTEND_H

#include "image/preprocess.h"
#include "model.h"

/* Plans are kept for the most recent image sizes. A video needs one size, a folder of photos a few: portrait,
 * landscape, square. Each size needs a plan for every network height. */
enum { LP_SIZES_KEPT = 4, LP_MAX_HEIGHTS = 4, LP_MAX_PLANS = LP_SIZES_KEPT * LP_MAX_HEIGHTS };

typedef struct lp_plan_cache {
    struct lp_plan_slot {
        lp_plan *plan;
        int width, height;
        int64_t used; /* when it was last used, by a counter; the smallest is replaced first */
    } slots[LP_MAX_PLANS];
    int count; /* slots in use */
    int64_t clock;
} lp_plan_cache;

typedef struct lp_frontend {
    lp_team *team;
    lp_net *net; /* the model's; NULL without a model */
    lp_preprocess *preprocess;
    lp_plan_options options;     /* of every plan; the size follows from the image */
    int heights[LP_MAX_HEIGHTS]; /* largest first: its grid is the one on which maps are averaged */
    int height_count;
    int64_t preprocess_ns, network_ns; /* of all runs; the owner may set them to 0 */
} lp_frontend;

/* `settings` have passed lp_settings_check. Without a model (NULL) it has only the team. MEMORY, ENGINE. */
lightpose_status lp_frontend_create(lp_frontend *frontend, lightpose_model *model, lightpose_precision resolved,
                                    const lightpose_settings *settings, lightpose_error *error);
void lp_frontend_free(lp_frontend *frontend);

/* The plan for the network size of `geometry`, from the cache or a new one. A new plan may replace the least recently
 * used one, whose maps are then invalid. */
lightpose_status lp_frontend_find_plan(const lp_frontend *frontend, lp_plan_cache *cache, const lp_geometry *geometry,
                                       lp_plan **plan, lightpose_error *error);
void lp_plan_cache_free(lp_plan_cache *cache);

/* Preprocesses `image`, mirrored left to right if `mirrored` is set, and runs the network; `maps` are valid until the
 * plan's next run. A mirrored run preprocesses the image again, because a run overwrites its input with other tensors;
 * that takes a hundredth of the run's time. */
lightpose_status lp_frontend_run(lp_frontend *frontend, lp_plan *plan, const lightpose_image *image,
                                 const lp_geometry *geometry, int mirrored, lp_maps *maps, lightpose_error *error);

#endif
