/* Rows of a resize: sums across rows, sums along rows, what they know of a table, and which way is cheapest.
 *
 *     across   y[k] = sum_t w[t] * row[t][k]
 *     along    y[j*C + c] = sum_t w[j, t] * x[(starts[j] + t)*C + c]
 *
 * Along a row, lanes are neighbouring outputs, and each tap picks their samples from two vectors of the row, or lanes
 * are rows, and the samples are transposed before and after. Terms are the same, in the same order: so are the bytes.
 */
#ifndef SIGRESAMPLE_TABLE_ROWS_H
#define SIGRESAMPLE_TABLE_ROWS_H

#include <stdint.h>
#include <string.h>
#include "_simd.h"

#define SIGR_ALWAYS inline __attribute__((always_inline))
#define SIGR_FEW 4
#define SIGR_ROWS 4         /* that share what is loaded of a table */
#define SIGR_BYTES 32768    /* of transposed samples or outputs at a time */
#define SIGR_UP(n) (((intptr_t)(n) + 63) / 64 * 64)

SIGR_VECTOR(uint16_t, vuint16);

/* Ask for a line that is read or written `ahead` bytes from here. Rows are short runs, and a store waits for its line:
 * the hardware alone is late where images are not in the cache. What lies beyond an array is asked for in vain. */
static SIGR_ALWAYS void sigr_soon(const void *p, intptr_t ahead)
{
    PREFETCH((const void *)((uintptr_t)p + (uintptr_t)ahead));
}

/* One axis; no taps: it stays as it is. */
struct sigr_axis {
    intptr_t data, out, taps;
    const intptr_t *starts;
    const double *weights;
};

/* How rows are resized: by rows as lanes; by picks from one vector, from two, from two that move on with each tap. */
enum { SIGR_LANES, SIGR_ONE, SIGR_TWO, SIGR_MOVING };

/* A vector of outputs: where it begins, how many of its lanes to store, where its samples' vectors
 * begin, and whether lanes are masked or left out. */
struct sigr_block {
    intptr_t first, live, at, second, odd;
};

struct sigr_across {
    struct sigr_axis axis;
    intptr_t C, lanes, size, step, blocks, wide, made, bytes;
    intptr_t later; /* bytes from a row to the one that is resized next in its place; 0: asks for nothing ahead */
    int mode;
    struct sigr_block *block;
    void *at, *mask, *w;
    intptr_t *begin, *far;
};

/* The first and last sample that tap 0 reads for `live` outputs from `first` on. */
static inline void sigr_span(const struct sigr_across *of, intptr_t first, intptr_t live, intptr_t *low, intptr_t *high)
{
    const intptr_t *s = of->axis.starts, C = of->C, last = first + live - 1, i = first / C, j = last / C;
    *low = s[i] * C + first % C;
    *high = s[j] * C + last % C;
    if (j > i) {
        if (s[i + 1] * C < *low) *low = s[i + 1] * C;
        if (s[j - 1] * C + C - 1 > *high) *high = s[j - 1] * C + C - 1;
    }
}

/* The end of the outputs from j on that are transposed together. */
static inline intptr_t sigr_together(const struct sigr_across *of, intptr_t j)
{
    const intptr_t *s = of->axis.starts, most = SIGR_BYTES / 64 / of->C;
    intptr_t end = j + 1;
    while (end < of->axis.out && end - j < most && s[end] + of->axis.taps - s[j] <= most) end++;
    return end;
}

/* Choose the way with the fewest instructions for an output: which it is changes no byte. */
static inline void sigr_across_plan(struct sigr_across *of)
{
    const intptr_t n = of->axis.out * of->C, row = of->axis.data * of->C, taps = of->axis.taps, lanes = of->lanes;
    const intptr_t steps[4] = {lanes, lanes - lanes % of->C, lanes * 3 / 4, lanes / 2};
    double best = (4.0 * row / n + 5 + 1.5 * taps) / lanes;
    of->mode = SIGR_LANES;
    of->wide = of->made = 0;
    if (of->size == 2) best = 1e300;
    for (int i = 0; VEC_PICKS && of->size > 1 && row >= lanes && i < 4; i++) {
        const intptr_t step = steps[i];
        intptr_t widest = 0;
        if (step <= 0) continue;
        for (intptr_t first = 0; first < n; first += step) {
            intptr_t low, high;
            sigr_span(of, first, n - first < step ? n - first : step, &low, &high);
            if (high - low >= widest) widest = high - low + 1;
            if (widest > 2 * lanes) break;
        }
        const intptr_t all = widest + (taps - 1) * of->C;
        const int moves = widest <= 2 * lanes && row >= lanes + (taps - 1) * of->C;
        const int mode = all <= lanes ? SIGR_ONE : all <= 2 * lanes ? SIGR_TWO : moves ? SIGR_MOVING : SIGR_LANES;
        const double cost = (mode == SIGR_ONE ? 2.0 * taps + 2 : mode == SIGR_TWO ? 2.5 * taps + 3 : 5.0 * taps + 1);
        if (mode == SIGR_LANES || cost / step >= best) continue;
        best = cost / step;
        of->mode = mode, of->step = step;
    }
    if (of->mode != SIGR_LANES) {
        of->blocks = (n + of->step - 1) / of->step;
        of->bytes = SIGR_UP(of->blocks * sizeof(struct sigr_block))
            + of->blocks * ((of->mode == SIGR_MOVING ? 1 : taps) + 2 * taps) * 64;
        return;
    }
    for (intptr_t j = 0, end; j < of->axis.out; j = end) {
        end = sigr_together(of, j);
        const intptr_t samples = (of->axis.starts[end - 1] + taps - of->axis.starts[j]) * of->C;
        if (samples > of->wide) of->wide = samples;
        if ((end - j) * of->C > of->made) of->made = (end - j) * of->C;
    }
    of->bytes = SIGR_UP((of->axis.out + 1) * sizeof(intptr_t))
        + SIGR_UP(of->axis.out * taps * sizeof(intptr_t)) + SIGR_UP((of->axis.out * taps + 1) * of->size);
}

#define UNIT float
#define VECTOR vfloat
#define PLACE uint32_t
#define PLACES vuint32
#define WORDS_OF 1
#define ZERO_OF ZERO_FLOAT
#define MINUS_ZERO -0.0f
#define ADD(a, w, x) sigr_madd(a, w, x)
#define NAME(f) sigr_table_##f##_float
#include "_table_unit.h"

#define UNIT double
#define VECTOR vdouble
#define PLACE uint64_t
#define PLACES vuint64
#define WORDS_OF 2
#define ZERO_OF ZERO_DOUBLE
#define MINUS_ZERO -0.0
#define ADD(a, w, x) sigr_madd(a, w, x)
#define NAME(f) sigr_table_##f##_double
#include "_table_unit.h"

#define UNIT uint16_t
#define VECTOR vuint16
#define PLACE uint16_t
#define PLACES vuint16
#define WORDS_OF 0
#define ZERO_OF ((vuint16){0})
#define MINUS_ZERO 0
#define ADD(a, w, x) (uint16_t)((a) + (w) * (x))
#define NAME(f) sigr_table_##f##_uint16
#include "_table_unit.h"

static inline void sigr_sum_rows(intptr_t size, const void *const *x, const void *w, intptr_t taps, void *y, intptr_t n,
                                 intptr_t soon)
{
    if (size == 4) sigr_table_sum_rows_float(x, w, taps, y, n, soon);
    else if (size == 8) sigr_table_sum_rows_double(x, w, taps, y, n, soon);
    else sigr_table_sum_rows_uint16(x, w, taps, y, n, soon);
}

/* Put a weight into a list of units; return whether it is a term of the sum. */
static inline int sigr_put(intptr_t size, void *w, intptr_t k, double weight)
{
    if (size == 4) return (((float *)w)[k] = (float)weight) != 0;
    if (size == 8) return (((double *)w)[k] = weight) != 0;
    return (((uint16_t *)w)[k] = (uint16_t)weight) != 0;
}

/* `bytes` of room hold the table as the loops read it. */
static inline void sigr_across_fill(struct sigr_across *of, char *room)
{
    if (of->mode == SIGR_LANES) {
        if (of->size == 4) sigr_table_fill_terms_float(of, room);
        else if (of->size == 8) sigr_table_fill_terms_double(of, room);
        else sigr_table_fill_terms_uint16(of, room);
    } else {
        if (of->size == 4) sigr_table_fill_picks_float(of, room);
        else if (of->size == 8) sigr_table_fill_picks_double(of, room);
        else sigr_table_fill_picks_uint16(of, room);
    }
}

/* Resize up to 16 rows; room for wide + made vectors. */
static inline void sigr_across_rows(const struct sigr_across *of, const void *const *x, void *const *y, int rows,
                                    char *room)
{
    if (of->mode == SIGR_LANES) {
        if (of->size == 4) sigr_table_by_rows_float(of, x, y, rows, room);
        else if (of->size == 8) sigr_table_by_rows_double(of, x, y, rows, room);
        else sigr_table_by_rows_uint16(of, x, y, rows, room);
    } else {
        if (of->size == 4) sigr_table_picked_float(of, x, y, rows);
        else if (of->size == 8) sigr_table_picked_double(of, x, y, rows);
        else sigr_table_picked_uint16(of, x, y, rows);
    }
}

/* Copy one row's samples; units of 2, 4 or 8 bytes by picks, anything pixel by pixel. */
static inline void sigr_across_copy(const struct sigr_across *of, const char *x, char *y, intptr_t soon)
{
    const intptr_t *s = of->axis.starts, out = of->axis.out, pixel = of->C * of->size;
    if (of->mode != SIGR_LANES) {
        if (of->size == 4) sigr_table_copied_float(of, x, y, soon);
        else if (of->size == 8) sigr_table_copied_double(of, x, y, soon);
        else sigr_table_copied_uint16(of, x, y, soon);
        return;
    }
    switch (pixel) {
    case 1: for (intptr_t j = 0; j < out; j++) y[j] = x[s[j]]; return;
    case 2: for (intptr_t j = 0; j < out; j++) memcpy(y + 2 * j, x + 2 * s[j], 2); return;
    case 3: for (intptr_t j = 0; j < out; j++) memcpy(y + 3 * j, x + 3 * s[j], 3); return;
    case 4: for (intptr_t j = 0; j < out; j++) memcpy(y + 4 * j, x + 4 * s[j], 4); return;
    case 8: for (intptr_t j = 0; j < out; j++) memcpy(y + 8 * j, x + 8 * s[j], 8); return;
    case 16: for (intptr_t j = 0; j < out; j++) memcpy(y + 16 * j, x + 16 * s[j], 16); return;
    default: for (intptr_t j = 0; j < out; j++) memcpy(y + pixel * j, x + pixel * s[j], pixel);
    }
}

#endif
