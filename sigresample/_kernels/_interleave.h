/* Splitting a row into every other sample, and weaving rows into one: units of 4 or 8 bytes, whatever they mean.
 *
 *     split   a0 b0 a1 b1 …  →  a0 a1 …, b0 b1 …
 *     weave   a0 a1 …, b0 b1 …  →  a0 b0 a1 b1 …        (2, 4, 8 or 16 rows by shuffles, others unit by unit)
 */
#ifndef SIGRESAMPLE_INTERLEAVE_H
#define SIGRESAMPLE_INTERLEAVE_H

#include "_simd.h"

/* Bytes that are asked for ahead, where rows are too short for the hardware to foresee. */
#define AHEAD 1024


#if VEC_BYTES == 64
#define SIGR_LANES8(F) F(0, 8), F(1, 8), F(2, 8), F(3, 8), F(4, 8), F(5, 8), F(6, 8), F(7, 8)
#define SIGR_LANES4(F) F(0, 16), F(1, 16), F(2, 16), F(3, 16), F(4, 16), F(5, 16), F(6, 16), F(7, 16), \
    F(8, 16), F(9, 16), F(10, 16), F(11, 16), F(12, 16), F(13, 16), F(14, 16), F(15, 16)
#elif VEC_BYTES == 32
#define SIGR_LANES8(F) F(0, 4), F(1, 4), F(2, 4), F(3, 4)
#define SIGR_LANES4(F) F(0, 8), F(1, 8), F(2, 8), F(3, 8), F(4, 8), F(5, 8), F(6, 8), F(7, 8)
#else
#define SIGR_LANES8(F) F(0, 2), F(1, 2)
#define SIGR_LANES4(F) F(0, 4), F(1, 4), F(2, 4), F(3, 4)
#endif

/* Which of the 2 L units of two vectors, one after the other, come to position i. */
#define SIGR_LOW(i, L) ((i) / 2 + ((i) & 1) * (L))
#define SIGR_HIGH(i, L) ((i) / 2 + ((i) & 1) * (L) + (L) / 2)
#define SIGR_EVENS(i, L) (2 * (i))
#define SIGR_ODDS(i, L) (2 * (i) + 1)

#if VEC_BYTES > 0
#if defined(__clang__)
#define SIGR_MIX(mask, a, b, lanes, F) __builtin_shufflevector(a, b, lanes(F))
#else
#define SIGR_MIX(mask, a, b, lanes, F) __builtin_shuffle(a, b, (mask){lanes(F)})
#endif

/* Weaving the first half of a list of vectors with its second half, once for each time that `rows` can be halved,
 * brings unit k of row r from r·L + k to k·rows + r. */
#define SIGR_WEAVE_ROWS(vector, mask, lanes, rows, v)                                     \
    for (int step = 1; step < (rows); step *= 2) {                                        \
        vector woven[rows];                                                               \
        for (int r = 0; r < (rows) / 2; r++) {                                            \
            woven[2 * r] = SIGR_MIX(mask, v[r], v[r + (rows) / 2], lanes, SIGR_LOW);      \
            woven[2 * r + 1] = SIGR_MIX(mask, v[r], v[r + (rows) / 2], lanes, SIGR_HIGH); \
        }                                                                                 \
        for (int r = 0; r < (rows); r++) v[r] = woven[r];                                 \
    }

/* `rows` rows of n units, `pitch` apart, into units lo … hi − 1 of their weave, which begins at y. Whole vectors are
 * read, so that a row must be readable up to the next whole vector. */
#define SIGR_WEAVE(unit, vector, lanes, rows)                                                                   \
    static inline void sigr_weave_##unit##_##rows(const unit *z, intptr_t pitch, intptr_t n, unit *y,           \
                                                  intptr_t lo, intptr_t hi)                                     \
    {                                                                                                           \
        enum { L = VEC_BYTES / sizeof(unit) };                                                                  \
        for (intptr_t k = 0; k < n; k += L) {                                                                   \
            const intptr_t at = k * (rows);                                                                     \
            vector v[rows];                                                                                     \
            for (int r = 0; r < (rows); r++) v[r] = *(const vector *)(z + r * pitch + k);                       \
            SIGR_WEAVE_ROWS(vector, vector, lanes, rows, v)                                                           \
            if (at >= lo && at + (rows) * L <= hi) {                                                            \
                for (int r = 0; r < (rows); r++) *(vector *)(y + at + r * L) = v[r];                            \
            } else {                                                                                            \
                unit part[(rows) * L];                                                                          \
                const intptr_t from = at > lo ? at : lo, to = at + (rows) * L < hi ? at + (rows) * L : hi;      \
                for (int r = 0; r < (rows); r++) *(vector *)(part + r * L) = v[r];                              \
                if (to > from) memcpy(y + from, part + (from - at), (to - from) * sizeof(unit));                \
            }                                                                                                   \
        }                                                                                                       \
    }

#define SIGR_SPLIT(unit, vector, lanes)                                                                         \
    static inline intptr_t sigr_split_vectors_##unit(const unit *x, unit *a, unit *b, intptr_t n)               \
    {                                                                                                           \
        enum { L = VEC_BYTES / sizeof(unit) };                                                                  \
        intptr_t k = 0;                                                                                         \
        for (; k + L <= n; k += L) {                                                                            \
            const vector u = *(const vector *)(x + 2 * k), v = *(const vector *)(x + 2 * k + L);                \
            PREFETCH((const char *)(x + 2 * k) + AHEAD);                                                        \
            PREFETCH((const char *)(x + 2 * k) + AHEAD + 64);                                                   \
            if (a) *(vector *)(a + k) = SIGR_MIX(vector, u, v, lanes, SIGR_EVENS);                              \
            if (b) *(vector *)(b + k) = SIGR_MIX(vector, u, v, lanes, SIGR_ODDS);                               \
            /* The last vector steps back over results already there. */                                        \
            if (k + L < n && k + 2 * L > n) k = n - 2 * L;                                                      \
        }                                                                                                       \
        return k;                                                                                               \
    }

/* Short rows, which a call would cost as much as the copy. */
#define SIGR_COPY(unit, vector)                                                                                 \
    static inline void sigr_copy_##unit(unit *to, const unit *x, intptr_t n)                                    \
    {                                                                                                           \
        enum { L = VEC_BYTES / sizeof(unit) };                                                                  \
        intptr_t k = 0;                                                                                         \
        if (n < L) {                                                                                            \
            for (; k < n; k++) to[k] = x[k];                                                                    \
            return;                                                                                             \
        }                                                                                                       \
        for (; k + L <= n; k += L) *(vector *)(to + k) = *(const vector *)(x + k);                              \
        *(vector *)(to + n - L) = *(const vector *)(x + n - L);                                                 \
    }

#define SIGR_WEAVES(unit, vector, lanes) \
    SIGR_COPY(unit, vector)              \
    SIGR_WEAVE(unit, vector, lanes, 2)   \
    SIGR_WEAVE(unit, vector, lanes, 4)   \
    SIGR_WEAVE(unit, vector, lanes, 8)   \
    SIGR_WEAVE(unit, vector, lanes, 16)  \
    SIGR_SPLIT(unit, vector, lanes)

SIGR_WEAVES(uint32_t, vuint32, SIGR_LANES4)
SIGR_WEAVES(uint64_t, vuint64, SIGR_LANES8)

#define SIGR_WEAVE_CASES(unit)                                         \
    switch (rows) {                                                    \
    case 2: sigr_weave_##unit##_2(z, pitch, n, y, lo, hi); return;     \
    case 4: sigr_weave_##unit##_4(z, pitch, n, y, lo, hi); return;     \
    case 8: sigr_weave_##unit##_8(z, pitch, n, y, lo, hi); return;     \
    case 16: sigr_weave_##unit##_16(z, pitch, n, y, lo, hi); return;   \
    default: break;                                                    \
    }
#else
static inline void sigr_copy_uint32_t(uint32_t *to, const uint32_t *x, intptr_t n) { memcpy(to, x, n * 4); }
static inline void sigr_copy_uint64_t(uint64_t *to, const uint64_t *x, intptr_t n) { memcpy(to, x, n * 8); }
static inline intptr_t sigr_split_vectors_uint32_t(const uint32_t *x, uint32_t *a, uint32_t *b, intptr_t n)
{
    (void)x, (void)a, (void)b, (void)n;
    return 0;
}
static inline intptr_t sigr_split_vectors_uint64_t(const uint64_t *x, uint64_t *a, uint64_t *b, intptr_t n)
{
    (void)x, (void)a, (void)b, (void)n;
    return 0;
}
#define SIGR_WEAVE_CASES(unit)
#endif

/* weave: unit k of row r → y[k·rows + r], as far as that lies within lo … hi − 1.
 * split: a[k] = x[2 k], b[k] = x[2 k + 1], either of them only where there is one.
 * copy: to[k] = x[k]. */
#define SIGR_ANY(unit)                                                                                          \
    static inline void sigr_weave_##unit(const unit *z, intptr_t pitch, intptr_t rows, intptr_t n, unit *y,     \
                                         intptr_t lo, intptr_t hi)                                              \
    {                                                                                                           \
        if (hi > rows * n) hi = rows * n;                                                                       \
        if (lo >= hi) return;                                                                                   \
        if (rows == 1) {                                                                                        \
            memcpy(y + lo, z + lo, (hi - lo) * sizeof(unit));                                                   \
            return;                                                                                             \
        }                                                                                                       \
        SIGR_WEAVE_CASES(unit)                                                                                  \
        for (intptr_t r = 0; r < rows; r++) {                                                                   \
            const intptr_t from = lo > r ? (lo - r + rows - 1) / rows : 0;                                      \
            for (intptr_t k = from; k * rows + r < hi; k++) y[k * rows + r] = z[r * pitch + k];                 \
        }                                                                                                       \
    }                                                                                                           \
    static inline void sigr_split_##unit(const unit *x, unit *a, unit *b, intptr_t n)                           \
    {                                                                                                           \
        for (intptr_t k = sigr_split_vectors_##unit(x, a, b, n); k < n; k++) {                                  \
            if (a) a[k] = x[2 * k];                                                                             \
            if (b) b[k] = x[2 * k + 1];                                                                         \
        }                                                                                                       \
    }

SIGR_ANY(uint32_t)
SIGR_ANY(uint64_t)

#endif
