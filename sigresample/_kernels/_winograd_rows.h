/* Four streams of a row taken apart and put together again, in vectors of one SIMD level.
 *
 * PART: L tiles side by side read six samples each, four apart: to[j][k] = x[4 k + j] for j < 6. It reads x[0 … 4 L + 3].
 * JOIN: the way back for four: to[4 k + j] = z[j][k].
 * HALVE: every other sample of a row, n of them.
 * COPY: n samples, too few for the price of a call to memcpy.
 */
#ifndef SIGRESAMPLE_WINOGRAD_ROWS_H
#define SIGRESAMPLE_WINOGRAD_ROWS_H

#include "_simd.h"

#if VEC_BYTES > 0

/* Positions in two vectors, one after the other: every other one; one of each in turn. */
#define SIGR_ODD_1(i) (i)
#define SIGR_ODD_2(i) SIGR_ODD_1(i), SIGR_ODD_1((i) + 2)
#define SIGR_ODD_4(i) SIGR_ODD_2(i), SIGR_ODD_2((i) + 4)
#define SIGR_ODD_8(i) SIGR_ODD_4(i), SIGR_ODD_4((i) + 8)
#define SIGR_ODD_16(i) SIGR_ODD_8(i), SIGR_ODD_8((i) + 16)
#define SIGR_ZIP_2(i, n) (i), (i) + (n)
#define SIGR_ZIP_4(i, n) SIGR_ZIP_2(i, n), SIGR_ZIP_2((i) + 1, n)
#define SIGR_ZIP_8(i, n) SIGR_ZIP_4(i, n), SIGR_ZIP_4((i) + 2, n)
#define SIGR_ZIP_16(i, n) SIGR_ZIP_8(i, n), SIGR_ZIP_8((i) + 4, n)

#if defined(__clang__)
#define SIGR_TAKE(vindex, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SIGR_TAKE(vindex, a, b, ...) __builtin_shuffle(a, b, (vindex){__VA_ARGS__})
#endif

#define SIGR_INTERLEAVE(real, vreal, vindex, L, OTHERS, ZIPPED)                                     \
    static inline vreal sigr_even_##real(vreal a, vreal b) { return SIGR_TAKE(vindex, a, b, OTHERS(0)); } \
    static inline vreal sigr_odd_##real(vreal a, vreal b) { return SIGR_TAKE(vindex, a, b, OTHERS(1)); }  \
    static inline vreal sigr_low_##real(vreal a, vreal b) { return SIGR_TAKE(vindex, a, b, ZIPPED(0, L)); } \
    static inline vreal sigr_high_##real(vreal a, vreal b) { return SIGR_TAKE(vindex, a, b, ZIPPED((L) / 2, L)); } \
    static inline void sigr_part_##real(const real *x, real *to, intptr_t pitch)                    \
    {                                                                                               \
        const vreal *v = (const vreal *)x, *w = (const vreal *)(x + 4);                             \
        const vreal e0 = sigr_even_##real(v[0], v[1]), e1 = sigr_even_##real(v[2], v[3]);           \
        const vreal o0 = sigr_odd_##real(v[0], v[1]), o1 = sigr_odd_##real(v[2], v[3]);             \
        const vreal e2 = sigr_even_##real(w[0], w[1]), e3 = sigr_even_##real(w[2], w[3]);           \
        const vreal o2 = sigr_odd_##real(w[0], w[1]), o3 = sigr_odd_##real(w[2], w[3]);             \
        *(vreal *)to = sigr_even_##real(e0, e1);                                                    \
        *(vreal *)(to + pitch) = sigr_even_##real(o0, o1);                                          \
        *(vreal *)(to + 2 * pitch) = sigr_odd_##real(e0, e1);                                       \
        *(vreal *)(to + 3 * pitch) = sigr_odd_##real(o0, o1);                                       \
        *(vreal *)(to + 4 * pitch) = sigr_even_##real(e2, e3);                                      \
        *(vreal *)(to + 5 * pitch) = sigr_even_##real(o2, o3);                                      \
    }                                                                                               \
    static inline void sigr_join_##real(const real *z, intptr_t pitch, real *to)                    \
    {                                                                                               \
        const vreal z0 = *(const vreal *)z, z1 = *(const vreal *)(z + pitch);                       \
        const vreal z2 = *(const vreal *)(z + 2 * pitch), z3 = *(const vreal *)(z + 3 * pitch);     \
        const vreal a = sigr_low_##real(z0, z2), b = sigr_high_##real(z0, z2);                      \
        const vreal c = sigr_low_##real(z1, z3), d = sigr_high_##real(z1, z3);                      \
        vreal *v = (vreal *)to;                                                                     \
        v[0] = sigr_low_##real(a, c);                                                               \
        v[1] = sigr_high_##real(a, c);                                                              \
        v[2] = sigr_low_##real(b, d);                                                               \
        v[3] = sigr_high_##real(b, d);                                                              \
    }                                                                                               \
    static inline void sigr_halve_##real(const real *x, real *to, intptr_t n)                       \
    {                                                                                               \
        intptr_t k = 0;                                                                             \
        for (; k + (L) < n; k += (L))                                                               \
            *(vreal *)(to + k) = sigr_even_##real(*(const vreal *)(x + 2 * k), *(const vreal *)(x + 2 * k + (L))); \
        for (; k < n; k++) to[k] = x[2 * k];                                                        \
    }                                                                                               \
    static inline void sigr_copy_##real(const real *x, real *to, intptr_t n)                        \
    {                                                                                               \
        intptr_t k = 0;                                                                             \
        for (; k < n; k += (L)) {                                                                   \
            vreal v;                                                                                \
            if (k + (L) > n && n < (L)) break;                                                      \
            if (k + (L) > n) k = n - (L);                                                           \
            v = *(const vreal *)(x + k);                                                            \
            KEEP(v); /* or the compiler calls memcpy after all */                                   \
            *(vreal *)(to + k) = v;                                                                 \
        }                                                                                           \
        for (; k < n; k++) {                                                                        \
            real one = x[k];                                                                        \
            KEEP(one);                                                                              \
            to[k] = one;                                                                            \
        }                                                                                           \
    }

#if VEC_BYTES == 64
SIGR_INTERLEAVE(float, vfloat, vuint32, 16, SIGR_ODD_16, SIGR_ZIP_16)
SIGR_INTERLEAVE(double, vdouble, vuint64, 8, SIGR_ODD_8, SIGR_ZIP_8)
#elif VEC_BYTES == 32
SIGR_INTERLEAVE(float, vfloat, vuint32, 8, SIGR_ODD_8, SIGR_ZIP_8)
SIGR_INTERLEAVE(double, vdouble, vuint64, 4, SIGR_ODD_4, SIGR_ZIP_4)
#else
SIGR_INTERLEAVE(float, vfloat, vuint32, 4, SIGR_ODD_4, SIGR_ZIP_4)
SIGR_INTERLEAVE(double, vdouble, vuint64, 2, SIGR_ODD_2, SIGR_ZIP_2)
#endif

#else

/* One lane: a tile at a time. */
#define SIGR_INTERLEAVE(real)                                                          \
    static inline void sigr_part_##real(const real *x, real *to, intptr_t pitch)       \
    {                                                                                  \
        for (int j = 0; j < 6; j++) to[j * pitch] = x[j];                              \
    }                                                                                  \
    static inline void sigr_join_##real(const real *z, intptr_t pitch, real *to)       \
    {                                                                                  \
        for (int j = 0; j < 4; j++) to[j] = z[j * pitch];                              \
    }                                                                                  \
    static inline void sigr_halve_##real(const real *x, real *to, intptr_t n)          \
    {                                                                                  \
        for (intptr_t k = 0; k < n; k++) to[k] = x[2 * k];                             \
    }                                                                                  \
    static inline void sigr_copy_##real(const real *x, real *to, intptr_t n)           \
    {                                                                                  \
        for (intptr_t k = 0; k < n; k++) to[k] = x[k];                                 \
    }
SIGR_INTERLEAVE(float)
SIGR_INTERLEAVE(double)

#endif

#define SIGR_OF(real, name) _Generic((real), float: sigr_##name##_float, double: sigr_##name##_double)
#define PART(x, to, pitch) SIGR_OF(*(to), part)(x, to, pitch)
#define JOIN(z, pitch, to) SIGR_OF(*(to), join)(z, pitch, to)
#define HALVE(x, to, n) SIGR_OF(*(to), halve)(x, to, n)
#define COPY(x, to, n) SIGR_OF(*(to), copy)(x, to, n)

#endif
