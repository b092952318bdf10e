/* One filter over rows that are read where they lie, for one type: REAL, VREAL, VMASK, ROWS_OF(name) are set by
 * _plane_strips.h.
 *
 *     y[r·pitch + at + lane] = sum_p sum_q  rows[r + p][at + lane + q·step] * h[p·Q + q]  (+ bias)       r < 4
 *
 * A lane is an output. Each vector of samples, once loaded, feeds every row it belongs to; the sums of 4 rows × V vectors
 * stay in registers, and have names, because an array of them depends on the compiler's unrolling. Where P and Q are
 * constants in the call, everything is unrolled, and few taps stay in registers as well.
 */
#define SIGR_EACH_ROW(M) M(0) M(1) M(2) M(3)
#define SIGR_START(r) VREAL a##r##0 = zero, a##r##1 = zero, a##r##2 = zero;
#define SIGR_ADD(r)                                                                         \
    {                                                                                       \
        const REAL t = h[under + q - r * Q];                                                \
        a##r##0 = a##r##0 + t * x0;                                                         \
        if (V > 1) a##r##1 = a##r##1 + t * x1;                                              \
        if (V > 2) a##r##2 = a##r##2 + t * x2;                                              \
    }
/* The row of samples that row r of outputs has under its taps p − r. */
#define SIGR_SWEEP(p, ADD)                                                                  \
    {                                                                                       \
        const REAL *x = (const REAL *)rows[p] + at;                                         \
        const intptr_t under = (p) * Q;                                                     \
        for (intptr_t q = 0; q < Q; q++) {                                                  \
            VREAL x0 = *(const VREAL *)x, x1 = zero, x2 = zero;                             \
            if (V > 1) x1 = *(const VREAL *)(x + SIGR_LANES);                               \
            if (V > 2) x2 = *(const VREAL *)(x + 2 * SIGR_LANES);                           \
            if (masked == 0 && q < until) x0 = SIGR_MASKED(x0, mask + q * SIGR_LANES);      \
            if (masked == 1 && q >= until) x1 = SIGR_MASKED(x1, mask + q * SIGR_LANES);     \
            if (masked == 2 && q >= until) x2 = SIGR_MASKED(x2, mask + q * SIGR_LANES);     \
            KEEP(x0);                                                                       \
            if (V > 1) KEEP(x1);                                                            \
            if (V > 2) KEEP(x2);                                                            \
            ADD                                                                             \
            x += step;                                                                      \
        }                                                                                   \
    }
/* The bias is added to the finished sum. */
#define SIGR_END(r)                                                                         \
    if (bias) {                                                                             \
        a##r##0 = a##r##0 + *bias;                                                          \
        if (V > 1) a##r##1 = a##r##1 + *bias;                                               \
        if (V > 2) a##r##2 = a##r##2 + *bias;                                               \
    }                                                                                       \
    *(VREAL *)(y + r * pitch) = a##r##0;                                                    \
    if (V > 1) *(VREAL *)(y + r * pitch + SIGR_LANES) = a##r##1;                            \
    if (V > 2) *(VREAL *)(y + r * pitch + 2 * SIGR_LANES) = a##r##2;

/* For P >= 3. `masked`: the vector of which `mask` says what to keep under the columns of taps before `until` if it is
 * the first, from there on if it is another; −1: none. */
static SIGR_ALWAYS_INLINE void ROWS_OF(tile)(const int V, const int masked, const intptr_t P, const intptr_t Q,
                                             const intptr_t until, const intptr_t step, const void *const *rows,
                                             intptr_t at, const REAL *h, const MASK *mask, const REAL *bias, REAL *y,
                                             intptr_t pitch)
{
    const VREAL zero = {0};
    SIGR_EACH_ROW(SIGR_START)
    SIGR_SWEEP(0, SIGR_ADD(0))
    SIGR_SWEEP(1, SIGR_ADD(0) SIGR_ADD(1))
    SIGR_SWEEP(2, SIGR_ADD(0) SIGR_ADD(1) SIGR_ADD(2))
    for (intptr_t p = 3; p < P; p++) SIGR_SWEEP(p, SIGR_ADD(0) SIGR_ADD(1) SIGR_ADD(2) SIGR_ADD(3))
    SIGR_SWEEP(P, SIGR_ADD(1) SIGR_ADD(2) SIGR_ADD(3))
    SIGR_SWEEP(P + 1, SIGR_ADD(2) SIGR_ADD(3))
    SIGR_SWEEP(P + 2, SIGR_ADD(3))
    SIGR_EACH_ROW(SIGR_END)
}

/* Four rows of outputs in tiles of V vectors. Only the first vector and the last reach out of the row, under no more
 * than `most` columns of taps. */
static SIGR_ALWAYS_INLINE void ROWS_OF(strip)(const int V, const intptr_t P, const intptr_t Q, const intptr_t most,
                                              const struct sigr_strip *of, const void *const *rows, const REAL *h,
                                              const REAL *bias, REAL *y, intptr_t pitch)
{
    const intptr_t L = SIGR_LANES, step = of->step, end = of->out - V * L;
    const MASK *mask = of->masks;
    intptr_t c = V * L;
    ROWS_OF(tile)(V, 0, P, Q, most, step, rows, 0, h, mask, bias, y, pitch);
    for (; c + V * L <= end; c += V * L) ROWS_OF(tile)(V, -1, P, Q, 0, step, rows, c, h, mask, bias, y + c, pitch);
    /* What these have too much, the last tile has once more: the same bytes. */
    for (; V > 2 && c + L < end; c += 2 * L) ROWS_OF(tile)(2, -1, P, Q, 0, step, rows, c, h, mask, bias, y + c, pitch);
    for (; c < end; c += L) ROWS_OF(tile)(1, -1, P, Q, 0, step, rows, c, h, mask, bias, y + c, pitch);
    ROWS_OF(tile)(V, V - 1, P, Q, Q - most, step, rows, end, h, mask + Q * L, bias, y + end, pitch);
}

/* The same where more than two vectors reach out of the row, or it has few: vector by vector. */
static void ROWS_OF(strip_few)(const struct sigr_strip *of, const void *const *rows, const REAL *h, const REAL *bias,
                               REAL *y, intptr_t pitch)
{
    const intptr_t L = SIGR_LANES, step = of->step, P = of->P, Q = of->Q;
    const MASK *mask = (const MASK *)of->masks + 2 * Q * L;
    for (intptr_t c = 0; c < of->out; c += L) {
        if (c >= of->inner && c + L <= of->outer) {
            ROWS_OF(tile)(1, -1, P, Q, 0, step, rows, c, h, mask, bias, y + c, pitch);
            continue;
        }
        /* The last vector steps back over results already there: the same bytes once more. */
        if (c > of->out - L) c = of->out - L;
        ROWS_OF(tile)(1, 0, P, Q, Q, step, rows, c, h, mask, bias, y + c, pitch);
        mask += Q * L;
    }
}

#define SIGR_STRIP(name, V, P, Q, most)                                                                              \
    static void ROWS_OF(name)(const struct sigr_strip *of, const void *const *rows, const REAL *h, const REAL *bias, \
                              REAL *y, intptr_t pitch)                                                               \
    {                                                                                                                \
        ROWS_OF(strip)(V, P, Q, most, of, rows, h, bias, y, pitch);                                                  \
    }
SIGR_STRIP(strip_2, 2, of->P, of->Q, of->Q)
SIGR_STRIP(strip_3, 3, of->P, of->Q, of->Q)
#if SIGR_FLOATS
SIGR_STRIP(strip_3x3, 2, 3, 3, 1)
SIGR_STRIP(strip_5x5, 2, 5, 5, 2)
#endif

static inline void ROWS_OF(strip_of)(const struct sigr_strip *of, const void *const *rows, const void *h,
                                     const void *bias, void *y, intptr_t pitch)
{
    const intptr_t before = of->inner, behind = of->out - of->outer, vectors = of->out / SIGR_LANES;
    if (before > SIGR_LANES || behind > SIGR_LANES || vectors < 3) ROWS_OF(strip_few)(of, rows, h, bias, y, pitch);
#if SIGR_FLOATS
    else if (of->P == 3 && of->Q == 3 && before <= of->step && behind <= of->step)
        ROWS_OF(strip_3x3)(of, rows, h, bias, y, pitch);
    else if (of->P == 5 && of->Q == 5 && before <= 2 * of->step && behind <= 2 * of->step)
        ROWS_OF(strip_5x5)(of, rows, h, bias, y, pitch);
#endif
    else if (vectors == 3) ROWS_OF(strip_2)(of, rows, h, bias, y, pitch);
    else ROWS_OF(strip_3)(of, rows, h, bias, y, pitch);
}

/* What is kept of the samples under each column of taps of the vector at output c; samples 0 … data − 1 are a row's, of
 * which output 0 reads sample `first` under its first column. */
static inline void ROWS_OF(mask_at)(const struct sigr_strip *of, intptr_t first, intptr_t data, intptr_t c, MASK *to)
{
    const intptr_t L = SIGR_LANES;
    for (intptr_t i = 0; i < of->Q * L; i++) {
        const intptr_t at = first + c + i / L * of->step + i % L;
        to[i] = 0 <= at && at < data ? (MASK)-1 : 0;
    }
}

/* The masks of a strip: of its first vector, of its last, and of all that reach out of the row in the order of
 * strip_few. Return how many reals they are; `masks` may be NULL. */
static inline intptr_t ROWS_OF(masks_of)(const struct sigr_strip *of, intptr_t first, intptr_t data, void *masks)
{
    const intptr_t L = SIGR_LANES, each = of->Q * L;
    MASK *to = masks;
    intptr_t n = 2 * each;
    if (to) ROWS_OF(mask_at)(of, first, data, 0, to);
    if (to) ROWS_OF(mask_at)(of, first, data, of->out - L, to + each);
    for (intptr_t c = 0; c < of->out; c += L) {
        if (c >= of->inner && c + L <= of->outer) continue;
        if (c > of->out - L) c = of->out - L;
        if (to) ROWS_OF(mask_at)(of, first, data, c, to + n);
        n += each;
    }
    return n;
}

#undef SIGR_EACH_ROW
#undef SIGR_START
#undef SIGR_ADD
#undef SIGR_SWEEP
#undef SIGR_END
#undef SIGR_STRIP
