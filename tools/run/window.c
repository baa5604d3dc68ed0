/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/window.h"

#include "fail.h"

#if LP_HAVE_WINDOW

#include <stdlib.h>
#include <string.h>

#include <SDL.h>

#include "output/canvas.h"

struct lp_window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    int width, height; /* of the texture */
    int closed;
    lp_canvas canvas;
};

static lightpose_status fail(const char *what, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "the window: %s: %s", what, SDL_GetError());
}

lightpose_status lp_window_open(lp_window **window, const char *title, lightpose_error *error) {
    *window = NULL;
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* the run handles Ctrl-C itself */
    if (SDL_Init(SDL_INIT_VIDEO) < 0)
        return fail("no screen", error);
    /* Without a screen SDL may choose a driver that shows nothing. Refuse it unless the user asked for it. */
    const char *const driver = SDL_GetCurrentVideoDriver();
    if (!getenv("SDL_VIDEODRIVER") && driver && (!strcmp(driver, "offscreen") || !strcmp(driver, "dummy"))) {
        SDL_Quit();
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "the window: there is no screen");
    }
    lp_window *w = calloc(1, sizeof *w);
    if (!w) {
        SDL_Quit();
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a window");
    }
    w->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, 960, 540,
                                 SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    w->renderer = w->window ? SDL_CreateRenderer(w->window, -1, 0) : NULL;
    if (!w->renderer) {
        const lightpose_status status = fail("it cannot be opened", error);
        lp_window_close(&w);
        return status;
    }
    *window = w;
    return LIGHTPOSE_OK;
}

void lp_window_close(lp_window **window) {
    lp_window *const w = *window;
    if (!w)
        return;
    if (w->texture)
        SDL_DestroyTexture(w->texture);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->window)
        SDL_DestroyWindow(w->window);
    lp_canvas_free(&w->canvas);
    free(w);
    SDL_Quit();
    *window = NULL;
}

/* Sizes the window to the picture, but at most to the screen. The texture is scaled to the window, with its aspect
 * ratio kept. */
static lightpose_status fit(lp_window *w, int width, int height, lightpose_error *error) {
    if (w->texture && w->width == width && w->height == height)
        return LIGHTPOSE_OK;
    SDL_Rect screen = {0, 0, 1280, 720};
    SDL_GetDisplayUsableBounds(0, &screen);
    double scale = 1;
    if (width > screen.w)
        scale = (double)screen.w / width;
    if (height * scale > screen.h)
        scale = (double)screen.h / height;
    if (w->texture)
        SDL_DestroyTexture(w->texture);
    w->texture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_BGR24, SDL_TEXTUREACCESS_STREAMING, width, height);
    if (!w->texture)
        return fail("the picture is too large for it", error);
    w->width = width;
    w->height = height;
    SDL_SetWindowSize(w->window, (int)(width * scale), (int)(height * scale));
    SDL_RenderSetLogicalSize(w->renderer, width, height);
    return LIGHTPOSE_OK;
}

lightpose_status lp_window_show(lp_window *w, const lightpose_image *picture, const lightpose_result *result,
                                const lightpose_draw_settings *settings, lightpose_error *error) {
    lightpose_status status = lp_canvas_draw(&w->canvas, picture, result, settings, error);
    if (status == LIGHTPOSE_OK)
        status = fit(w, picture->width, picture->height, error);
    if (status != LIGHTPOSE_OK)
        return status;
    if (SDL_UpdateTexture(w->texture, NULL, w->canvas.view.pixels, (int)w->canvas.view.stride) < 0)
        return fail("the picture", error);
    SDL_RenderClear(w->renderer);
    SDL_RenderCopy(w->renderer, w->texture, NULL, NULL);
    SDL_RenderPresent(w->renderer);
    return LIGHTPOSE_OK;
}

int lp_window_is_closed(lp_window *w) {
    SDL_Event event;
    while (SDL_PollEvent(&event))
        w->closed |=
            event.type == SDL_QUIT ||
            (event.type == SDL_KEYDOWN && (event.key.keysym.sym == SDLK_q || event.key.keysym.sym == SDLK_ESCAPE));
    return w->closed;
}

void lp_window_wait(lp_window *w) {
    SDL_Event event;
    while (w && !w->closed && SDL_WaitEvent(&event))
        w->closed |= event.type == SDL_QUIT || event.type == SDL_KEYDOWN;
}

#else

void lp_window_wait(lp_window *window) {
    (void)window;
}

lightpose_status lp_window_open(lp_window **window, const char *title, lightpose_error *error) {
    (void)title;
    *window = NULL;
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this build has no window (meson option \"window\", SDL2)");
}

void lp_window_close(lp_window **window) {
    *window = NULL;
}

lightpose_status lp_window_show(lp_window *window, const lightpose_image *picture, const lightpose_result *result,
                                const lightpose_draw_settings *settings, lightpose_error *error) {
    (void)window, (void)picture, (void)result, (void)settings;
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this build has no window");
}

int lp_window_is_closed(lp_window *window) {
    (void)window;
    return 0;
}

#endif
