/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reports what tracked people do: cross a line, enter or leave a zone, fall. Reads the JSON Lines of `lightpose run
 * --track -o -` or of `lightpose serve`, and prints an event per line: seconds, id, event.
 * usage: zones X1,Y1,X2,Y2 <LINES       the line from (X1, Y1) to (X2, Y2), and the zone with these two corners
 * as in: curl -sN http://127.0.0.1:8710/poses | zones 100,50,540,430
 * A sketch to start from, not a reliable alarm: it uses only boxes and ankles. */

#include <math.h>
#include <stdio.h>

#include <jansson.h>

enum { MOST = 64, RIGHT_ANKLE = 10, LEFT_ANKLE = 13 };
static const double forget_seconds = 10, lying_seconds = 1;

typedef struct person {
    json_int_t id;
    double x, y, seen;
    int inside, upright_once, fallen;
    double lying_since; /* negative: not lying */
} person;

static person people[MOST];

/* The person with this id. A new person replaces the one who was not seen for the longest time. */
static person *find(json_int_t id, double now, int *is_new) {
    person *oldest = &people[0];
    for (int i = 0; i < MOST; i++) {
        if (people[i].seen > 0 && people[i].id == id && now - people[i].seen < forget_seconds) {
            *is_new = 0;
            return &people[i];
        }
        if (people[i].seen < oldest->seen)
            oldest = &people[i];
    }
    *is_new = 1;
    *oldest = (person){.id = id, .lying_since = -1};
    return oldest;
}

static double number(json_t *list, size_t index) {
    return json_number_value(json_array_get(list, index));
}

/* Where a person stands: the mean of the detected ankles, otherwise the middle of the box's lower edge. */
static void stand(json_t *pose, double *x, double *y) {
    json_t *const box = json_object_get(pose, "box"), *const points = json_object_get(pose, "keypoints");
    const size_t ankles[] = {RIGHT_ANKLE, LEFT_ANKLE};
    int found = 0;
    *x = *y = 0;
    for (int i = 0; i < 2; i++) {
        json_t *const ankle = json_array_get(points, ankles[i]);
        if (number(ankle, 3) == 1) { /* LIGHTPOSE_DETECTED */
            *x += number(ankle, 0);
            *y += number(ankle, 1);
            found++;
        }
    }
    *x = found ? *x / found : number(box, 0) + number(box, 2) / 2;
    *y = found ? *y / found : number(box, 1) + number(box, 3);
}

/* Above 0 on one side of the line through two points, below 0 on the other. */
static double side(const double a[2], const double b[2], double x, double y) {
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
}

static void follow(json_t *pose, double now, const double line[4]) {
    const json_int_t id = json_integer_value(json_object_get(pose, "id"));
    json_t *const box = json_object_get(pose, "box");
    double x, y;
    int is_new;
    if (id < 0) /* no id yet */
        return;
    stand(pose, &x, &y);
    person *const p = find(id, now, &is_new);
    const int inside = (x - line[0]) * (x - line[2]) <= 0 && (y - line[1]) * (y - line[3]) <= 0;
    if (!is_new) {
        const double *const a = line, *const b = line + 2, from[2] = {p->x, p->y}, to[2] = {x, y};
        const double before = side(a, b, p->x, p->y), after = side(a, b, x, y);
        if ((before < 0) != (after < 0) && side(from, to, a[0], a[1]) * side(from, to, b[0], b[1]) < 0)
            printf("%.2f %lld crossed the line, to the %s\n", now, (long long)id, after > 0 ? "right" : "left");
    }
    if (inside != p->inside)
        printf("%.2f %lld %s the zone\n", now, (long long)id, inside ? "entered" : "left");
    /* Fallen: was upright, and has been wider than high for a while. */
    const int lying = number(box, 2) > 1.3 * number(box, 3);
    p->upright_once |= number(box, 3) > 1.3 * number(box, 2);
    p->lying_since = !lying ? -1 : p->lying_since < 0 ? now : p->lying_since;
    if (!lying)
        p->fallen = 0;
    else if (p->upright_once && !p->fallen && now - p->lying_since >= lying_seconds) {
        p->fallen = 1;
        printf("%.2f %lld lies\n", now, (long long)id);
    }
    p->x = x, p->y = y, p->inside = inside, p->seen = fmax(now, 1e-9);
}

int main(int argc, char **argv) {
    double line[4];
    json_error_t error;
    if (argc != 2 || sscanf(argv[1], "%lf,%lf,%lf,%lf", &line[0], &line[1], &line[2], &line[3]) != 4) {
        fprintf(stderr, "usage: zones X1,Y1,X2,Y2 <LINES\n");
        return 2;
    }
    for (json_t *frame; (frame = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error)); json_decref(frame)) {
        json_t *const list = json_object_get(frame, "people");
        for (size_t i = 0; i < json_array_size(list); i++)
            follow(json_array_get(list, i), json_number_value(json_object_get(frame, "time")), line);
        fflush(stdout);
    }
    if (feof(stdin))
        return 0;
    fprintf(stderr, "zones: byte %d: %s\n", error.position, error.text);
    return 1;
}
