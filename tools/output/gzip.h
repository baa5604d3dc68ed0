/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Writes gzip files. They hold no name and no time, so that equal text makes equal files. */

#ifndef LP_TOOLS_OUTPUT_GZIP_H
#define LP_TOOLS_OUTPUT_GZIP_H

#include "output/file.h"

typedef struct lp_gzip lp_gzip;

typedef enum lp_gzip_what {
    LP_GZIP_MORE,  /* more follows */
    LP_GZIP_FLUSH, /* make everything so far readable */
    LP_GZIP_END
} lp_gzip_what;

lp_gzip *lp_gzip_open(void);        /* NULL for lack of memory */
void lp_gzip_close(lp_gzip **gzip); /* NULL is fine */

LIGHTPOSE_NODISCARD lightpose_status lp_gzip_write(lp_gzip *gzip, const char *data, size_t size, lp_gzip_what what,
                                                   lp_output_file *to, lightpose_error *error);

#endif
