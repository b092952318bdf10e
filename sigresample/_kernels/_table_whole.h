/* Images of whole numbers in a resize: into units and back, rounded half to even and saturated.
 *
 * A sum of reals lies within `doubt` of the exactly weighted value. Where that leaves open which whole number is
 * nearest (a tie, or as good as one), the value is found again: in double precision, and if that does not tell either,
 * in integers. Weights that are short binary fractions make every sum exact: nothing is in doubt.
 */
#ifndef SIGRESAMPLE_TABLE_WHOLE_H
#define SIGRESAMPLE_TABLE_WHOLE_H

#include "_table_rows.h"

#define SIGR_LOOK 128

struct sigr_whole {
    struct sigr_axis axis[3];       /* depth, rows, columns, in double precision */
    const int64_t *scaled[3];       /* the weights as integers, each axis over its denominator; NULL: not known */
    int64_t over[3];
    double doubt, least;            /* of the sums in units, and of those in double precision */
    int shift;                      /* of sums in integers: the power of two they are over */
    intptr_t C, size;
    int64_t most;
};

#define SIGR_WIDEN(whole, unit)                                                                 \
    static inline void sigr_widen_##whole##_##unit(const whole *x, unit *z, intptr_t n)         \
    {                                                                                           \
        for (intptr_t k = 0; k < n; k++) z[k] = (unit)x[k];                                     \
    }
SIGR_WIDEN(uint8_t, float)
SIGR_WIDEN(uint8_t, double)
SIGR_WIDEN(uint8_t, uint16_t)
SIGR_WIDEN(uint16_t, float)
SIGR_WIDEN(uint16_t, double)

/* Adding and taking away this rounds half to even whatever is small beside it. */
#define SIGR_HALF_EVEN_float 12582912.0f
#define SIGR_HALF_EVEN_double 6755399441055744.0

#if VEC_PICKS
typedef uint8_t sigr_bytes __attribute__((vector_size(VEC_BYTES / 2), aligned(1), may_alias));
#endif

/* Return whether anything is in doubt. */
#define SIGR_ROUND(whole, unit, most)                                                           \
    static inline int sigr_round_##whole##_##unit(const unit *z, whole *y, intptr_t n, unit sure) \
    {                                                                                           \
        int open = 0;                                                                           \
        for (intptr_t k = 0; k < n; k++) {                                                      \
            unit near = (z[k] + SIGR_HALF_EVEN_##unit) - SIGR_HALF_EVEN_##unit;                 \
            const unit off = z[k] - near;                                                       \
            open |= (off > sure) | (off < -sure);                                               \
            near = near < 0 ? 0 : near > most ? most : near;                                    \
            y[k] = (whole)(int32_t)near;                                                        \
        }                                                                                       \
        return open;                                                                            \
    }
SIGR_ROUND(uint8_t, float, 255)
SIGR_ROUND(uint8_t, double, 255)
SIGR_ROUND(uint16_t, float, 65535)
SIGR_ROUND(uint16_t, double, 65535)

/* Sums in 16 bits, over 2**shift: adding half less one, and the bit that will be the last, rounds half to even. */
static inline void sigr_halve_even(const uint16_t *z, uint8_t *y, intptr_t n, int shift)
{
    const uint16_t less = (uint16_t)(shift ? (1 << shift >> 1) - 1 : 0), last = (uint16_t)(shift > 0);
    intptr_t k = 0;
#if VEC_PICKS
    for (; k + VEC_BYTES / 2 <= n; k += VEC_BYTES / 2) {
        const vuint16 v = *(const vuint16 *)(z + k);
        *(sigr_bytes *)(y + k) = __builtin_convertvector((v + less + ((v >> shift) & last)) >> shift, sigr_bytes);
    }
#endif
    for (; k < n; k++)
        y[k] = (uint8_t)((uint16_t)(z[k] + less + (uint16_t)(z[k] >> shift & last)) >> shift);
}

/* Sums across rows that are still whole numbers: up to four at once, added to what is there but for the first. */
#define SIGR_SUM_WHOLE(whole, unit)                                                                 \
    static void sigr_sum_##whole##_##unit(const void *const *from, const void *weights, intptr_t taps, void *to,  \
                                          intptr_t n)                                               \
    {                                                                                               \
        const unit *w = weights;                                                                    \
        unit *restrict y = to;                                                                      \
        memset(y, 0, taps ? 0 : n * sizeof(unit));                                                  \
        for (intptr_t t = 0; t < taps; t += 4) {                                                    \
            const intptr_t left = taps - t;                                                         \
            const whole *a = from[t], *b = from[left > 1 ? t + 1 : t], *c = from[left > 2 ? t + 2 : t];  \
            const whole *d = from[left > 3 ? t + 3 : t];                                            \
            const unit p = w[t], q = left > 1 ? w[t + 1] : 0, r = left > 2 ? w[t + 2] : 0, s = left > 3 ? w[t + 3] : 0; \
            if (t == 0 && left == 1)                                                                \
                for (intptr_t k = 0; k < n; k++) y[k] = (unit)(p * a[k]);                           \
            else if (t == 0 && left == 2)                                                           \
                for (intptr_t k = 0; k < n; k++) y[k] = (unit)(p * a[k] + q * b[k]);                \
            else if (t == 0)                                                                        \
                for (intptr_t k = 0; k < n; k++) y[k] = (unit)(p * a[k] + q * b[k] + r * c[k] + s * d[k]); \
            else                                                                                    \
                for (intptr_t k = 0; k < n; k++)                                                    \
                    y[k] = (unit)(y[k] + p * a[k] + q * b[k] + r * c[k] + s * d[k]);                \
        }                                                                                           \
    }
SIGR_SUM_WHOLE(uint8_t, float)
SIGR_SUM_WHOLE(uint8_t, double)
SIGR_SUM_WHOLE(uint8_t, uint16_t)
SIGR_SUM_WHOLE(uint16_t, float)
SIGR_SUM_WHOLE(uint16_t, double)

static inline void sigr_sum_whole(intptr_t size, intptr_t unit, const void *const *x, const void *w, intptr_t taps,
                                  void *y, intptr_t n)
{
    if (unit == 2) sigr_sum_uint8_t_uint16_t(x, w, taps, y, n);
    else if (size == 1 && unit == 4) sigr_sum_uint8_t_float(x, w, taps, y, n);
    else if (size == 1) sigr_sum_uint8_t_double(x, w, taps, y, n);
    else if (unit == 4) sigr_sum_uint16_t_float(x, w, taps, y, n);
    else sigr_sum_uint16_t_double(x, w, taps, y, n);
}

static inline void sigr_widen(intptr_t size, intptr_t unit, const void *x, void *z, intptr_t n)
{
    if (unit == 2) sigr_widen_uint8_t_uint16_t(x, z, n);
    else if (size == 1 && unit == 4) sigr_widen_uint8_t_float(x, z, n);
    else if (size == 1) sigr_widen_uint8_t_double(x, z, n);
    else if (unit == 4) sigr_widen_uint16_t_float(x, z, n);
    else sigr_widen_uint16_t_double(x, z, n);
}

static inline int64_t sigr_sample(const struct sigr_whole *of, const void *x, intptr_t at)
{
    return of->size == 1 ? ((const uint8_t *)x)[at] : ((const uint16_t *)x)[at];
}

static inline intptr_t sigr_start(const struct sigr_axis *axis, intptr_t i)
{
    return axis->taps ? axis->starts[i] : i;
}

static inline intptr_t sigr_taps(const struct sigr_axis *axis) { return axis->taps ? axis->taps : 1; }

static inline double sigr_weight(const struct sigr_axis *axis, intptr_t i, intptr_t t)
{
    return axis->taps ? axis->weights[i * axis->taps + t] : 1;
}

static inline int64_t sigr_scaled(const struct sigr_whole *of, int axis, intptr_t i, intptr_t t)
{
    return of->axis[axis].taps ? of->scaled[axis][i * of->axis[axis].taps + t] : 1;
}

static inline int64_t sigr_clip(const struct sigr_whole *of, int64_t v) { return v < 0 ? 0 : v > of->most ? of->most : v; }

/* What output (d, i, col) of an item is, from double precision; or −1. */
static int64_t sigr_settle_double(const struct sigr_whole *of, const void *x, const intptr_t *at)
{
    const struct sigr_axis *D = of->axis, *V = D + 1, *H = D + 2;
    const intptr_t d = at[0], i = at[1], j = at[2] / of->C, c = at[2] % of->C;
    double sum = 0, near;
    for (intptr_t p = 0; p < sigr_taps(D); p++) {
        double slice = 0;
        for (intptr_t q = 0; q < sigr_taps(V); q++) {
            const intptr_t row = (sigr_start(D, d) + p) * V->data + sigr_start(V, i) + q;
            const intptr_t first = (row * H->data + sigr_start(H, j)) * of->C + c;
            double line = 0;
            for (intptr_t t = 0; t < sigr_taps(H); t++)
                line += sigr_weight(H, j, t) * (double)sigr_sample(of, x, first + t * of->C);
            slice += sigr_weight(V, i, q) * line;
        }
        sum += sigr_weight(D, d, p) * slice;
    }
    near = (sum + SIGR_HALF_EVEN_double) - SIGR_HALF_EVEN_double;
    if (sum - near > 0.5 - of->least || sum - near < of->least - 0.5) return -1;
    return sigr_clip(of, (int64_t)near);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 sigr_int128;

static int64_t sigr_settle_exact(const struct sigr_whole *of, const void *x, const intptr_t *at)
{
    const struct sigr_axis *D = of->axis, *V = D + 1, *H = D + 2;
    const intptr_t d = at[0], i = at[1], j = at[2] / of->C, c = at[2] % of->C;
    sigr_int128 sum = 0, over = 1, near, rest;
    for (int k = 0; k < 3; k++) {
        if (of->axis[k].taps && !of->scaled[k]) return -1;
        over *= of->axis[k].taps ? of->over[k] : 1;
    }
    for (intptr_t p = 0; p < sigr_taps(D); p++) {
        sigr_int128 slice = 0;
        for (intptr_t q = 0; q < sigr_taps(V); q++) {
            const intptr_t row = (sigr_start(D, d) + p) * V->data + sigr_start(V, i) + q;
            const intptr_t first = (row * H->data + sigr_start(H, j)) * of->C + c;
            int64_t line = 0;
            for (intptr_t t = 0; t < sigr_taps(H); t++)
                line += sigr_scaled(of, 2, j, t) * sigr_sample(of, x, first + t * of->C);
            slice += (sigr_int128)sigr_scaled(of, 1, i, q) * line;
        }
        sum += sigr_scaled(of, 0, d, p) * slice;
    }
    near = sum / over;
    rest = sum - near * over;
    if (rest < 0) near -= 1, rest += over;
    if (2 * rest > over || (2 * rest == over && (near & 1))) near += 1;
    return near < 0 ? 0 : near > of->most ? of->most : (int64_t)near;
}
#else
static int64_t sigr_settle_exact(const struct sigr_whole *of, const void *x, const intptr_t *at)
{
    (void)of, (void)x, (void)at;
    return -1;
}
#endif

static inline int sigr_round(intptr_t size, intptr_t unit, const void *z, void *y, intptr_t n, double sure)
{
    if (size == 1 && unit == 4) return sigr_round_uint8_t_float(z, y, n, (float)sure);
    if (size == 1) return sigr_round_uint8_t_double(z, y, n, sure);
    if (unit == 4) return sigr_round_uint16_t_float(z, y, n, (float)sure);
    return sigr_round_uint16_t_double(z, y, n, sure);
}

/* Round n sums into outputs (d, i, col…) of an item; note in `open`, which holds `many`, what nothing here can tell. */
static void sigr_deliver(const struct sigr_whole *of, intptr_t unit, const void *sums, void *to, intptr_t n,
                         const void *x, const intptr_t *at, intptr_t flat, intptr_t *open, intptr_t *many)
{
    const double sure = 0.5 - of->doubt;
    if (unit == 2) {
        sigr_halve_even(sums, to, n, of->shift);
        return;
    }
    /* A few at a time, as those in doubt are then looked for one by one. */
    for (intptr_t first = 0; first < n; first += SIGR_LOOK) {
        const char *z = (const char *)sums + first * unit;
        char *y = (char *)to + first * of->size;
        const intptr_t some = n - first < SIGR_LOOK ? n - first : SIGR_LOOK;
        if (!sigr_round(of->size, unit, z, y, some, sure)) continue;
        for (intptr_t k = 0; k < some; k++) {
            const double sum = unit == 4 ? ((const float *)z)[k] : ((const double *)z)[k];
            const double near = (sum + SIGR_HALF_EVEN_double) - SIGR_HALF_EVEN_double;
            const intptr_t here[3] = {at[0], at[1], at[2] + first + k};
            int64_t value;
            if (sum - near <= sure && sum - near >= -sure) continue;
            value = sigr_settle_double(of, x, here);
            if (value < 0) value = sigr_settle_exact(of, x, here);
            if (value < 0)
                open[__atomic_fetch_add(many, 1, __ATOMIC_RELAXED)] = flat + first + k;
            else if (of->size == 1)
                ((uint8_t *)y)[k] = (uint8_t)value;
            else
                ((uint16_t *)y)[k] = (uint16_t)value;
        }
    }
}

#endif
