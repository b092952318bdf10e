/* Sampling images at positions off their grid: loads of neighbouring samples, and the tiles of both real types.
 *
 * A lane is an output pixel. Where its samples lie is one index; the samples themselves, two or four that lie side by
 * side, come by one load of 8 or 16 bytes each, and what the lanes have loaded is then transposed in registers: an
 * instruction that gathers lane by lane would fetch each sample by itself.
 */
#ifndef SIGRESAMPLE_GRID_TILES_H
#define SIGRESAMPLE_GRID_TILES_H

#include <math.h>
#include <stdlib.h>
#include "_simd.h"

#if VEC_BYTES > 16
#include <immintrin.h>
#endif

#define SIGR_INLINE static inline __attribute__((always_inline))
#define APART __asm__ volatile("" ::: "memory")
#define GRID_BLOCK 512  /* pixels whose positions and weights are held: many, so that a channel is not read in bits */
#define GRID_ROWS 4     /* most rows of samples under a pixel, and most samples in a row */

enum { GRID_ZEROS, GRID_BORDER, GRID_REFLECTION };
enum { GRID_NEAREST = 0, GRID_LINEAR = 2, GRID_CUBIC = 4 };     /* samples along an axis, but for the first */

/* One image and how it is read, its axes from the last to the first. */
typedef struct {
    intptr_t axes, size[3], step[3];    /* steps in samples */
    intptr_t offset[GRID_ROWS];         /* from the first sample under a pixel to each row of them */
    int mode, padding, align;
} grid_image;

#if VEC_BYTES > 0
typedef float sigr_quad __attribute__((vector_size(16), aligned(4), may_alias));

/* 16 bytes from each of VEC_BYTES / 16 addresses, `step` indices apart, side by side. */
#if VEC_BYTES == 64
#define GRID_UNITS(p, at, step)                                                                                     \
    ((vfloat)_mm512_insertf32x8(                                                                                    \
        _mm512_castps256_ps512(_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps((const float *)((p) + (at)[0]))), \
                                                    _mm_loadu_ps((const float *)((p) + (at)[step])), 1)),           \
        _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps((const float *)((p) + (at)[2 * (step)]))),         \
                             _mm_loadu_ps((const float *)((p) + (at)[3 * (step)])), 1), 1))
#elif VEC_BYTES == 32
#define GRID_UNITS(p, at, step)                                                                       \
    ((vfloat)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps((const float *)((p) + (at)[0]))), \
                                  _mm_loadu_ps((const float *)((p) + (at)[step])), 1))
#else
#define GRID_UNITS(p, at, step) (*(const sigr_quad *)((p) + (at)[0]))
#endif

/* Shuffles inside each 16 bytes of two vectors: four of the eight words, in every group of 16 bytes alike. */
#if VEC_BYTES == 64
#define GRID_GROUPS(F, a, b, c, d) F(0, a), F(0, b), F(0, c), F(0, d), F(4, a), F(4, b), F(4, c), F(4, d), \
    F(8, a), F(8, b), F(8, c), F(8, d), F(12, a), F(12, b), F(12, c), F(12, d)
#elif VEC_BYTES == 32
#define GRID_GROUPS(F, a, b, c, d) F(0, a), F(0, b), F(0, c), F(0, d), F(4, a), F(4, b), F(4, c), F(4, d)
#else
#define GRID_GROUPS(F, a, b, c, d) F(0, a), F(0, b), F(0, c), F(0, d)
#endif
#define GRID_WORD(group, i) ((group) + ((i) & 3) + ((i) > 3 ? VEC_BYTES / 4 : 0))
#if defined(__clang__)
#define GRID_PICK(u, v, a, b, c, d) __builtin_shufflevector(u, v, GRID_GROUPS(GRID_WORD, a, b, c, d))
#else
#define GRID_PICK(u, v, a, b, c, d) __builtin_shuffle(u, v, (vuint32){GRID_GROUPS(GRID_WORD, a, b, c, d)})
#endif

SIGR_INLINE uint64_t grid_8(const float *p)
{
    uint64_t two;
    memcpy(&two, p, 8);
    return two;
}

/* Two neighbours of every lane: pixels 0 1 4 5 … in one vector, 2 3 6 7 … in the other, then taken apart. */
SIGR_INLINE void grid_pair_float(const float *p, const intptr_t *at, vfloat *s)
{
#define E(k) grid_8(p + at[k])
#if VEC_BYTES == 64
    const vuint64 u = {E(0), E(1), E(4), E(5), E(8), E(9), E(12), E(13)};
    const vuint64 v = {E(2), E(3), E(6), E(7), E(10), E(11), E(14), E(15)};
#elif VEC_BYTES == 32
    const vuint64 u = {E(0), E(1), E(4), E(5)}, v = {E(2), E(3), E(6), E(7)};
#else
    const vuint64 u = {E(0), E(1)}, v = {E(2), E(3)};
#endif
#undef E
    s[0] = GRID_PICK((vfloat)u, (vfloat)v, 0, 2, 4, 6);
    s[1] = GRID_PICK((vfloat)u, (vfloat)v, 1, 3, 5, 7);
}

/* Four neighbours: pixels k, k + 4, … in vector k; each 16 bytes of the four are then transposed. */
SIGR_INLINE void grid_four_float(const float *p, const intptr_t *at, vfloat *s)
{
    const vfloat a = GRID_UNITS(p, at, 4), b = GRID_UNITS(p, at + 1, 4);
    const vfloat c = GRID_UNITS(p, at + 2, 4), d = GRID_UNITS(p, at + 3, 4);
    const vfloat ab = GRID_PICK(a, b, 0, 4, 1, 5), cd = GRID_PICK(c, d, 0, 4, 1, 5);
    const vfloat AB = GRID_PICK(a, b, 2, 6, 3, 7), CD = GRID_PICK(c, d, 2, 6, 3, 7);
    s[0] = GRID_PICK(ab, cd, 0, 1, 4, 5);
    s[1] = GRID_PICK(ab, cd, 2, 3, 6, 7);
    s[2] = GRID_PICK(AB, CD, 0, 1, 4, 5);
    s[3] = GRID_PICK(AB, CD, 2, 3, 6, 7);
}

SIGR_INLINE void grid_pair_double(const double *p, const intptr_t *at, vdouble *s)
{
    const vfloat a = GRID_UNITS(p, at, 2), b = GRID_UNITS(p, at + 1, 2);
    s[0] = (vdouble)GRID_PICK(a, b, 0, 1, 4, 5);
    s[1] = (vdouble)GRID_PICK(a, b, 2, 3, 6, 7);
}

SIGR_INLINE void grid_four_double(const double *p, const intptr_t *at, vdouble *s)
{
    grid_pair_double(p, at, s);
    grid_pair_double(p + 2, at, s + 2);
}

/* Lanes that are nowhere zero, and the values there. */
#define GRID_WHERE(mask, w, v) ((__typeof__(v))((mask)(v) & (mask)((w) != 0)))
#define GRID_CHOOSE(mask, a, b) ((__typeof__(a))(((mask)(a) & ~(mask)((a) != (a))) | ((mask)(b) & (mask)((a) != (a)))))
#else

#define GRID_NEIGHBOURS(name, real, count)                                              \
    SIGR_INLINE void name(const real *p, const intptr_t *at, real *s)                   \
    {                                                                                   \
        for (int k = 0; k < (count); k++) s[k] = p[at[0] + k];                          \
    }
GRID_NEIGHBOURS(grid_pair_float, float, 2)
GRID_NEIGHBOURS(grid_four_float, float, 4)
GRID_NEIGHBOURS(grid_pair_double, double, 2)
GRID_NEIGHBOURS(grid_four_double, double, 4)
#define GRID_WHERE(mask, w, v) ((w) != 0 ? (v) : 0)
#define GRID_CHOOSE(mask, a, b) ((a) != (a) ? (b) : (a))
#endif

#define GRID_32 -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, \
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
#define GRID_128 GRID_32, GRID_32, GRID_32, GRID_32
static const int32_t grid_ones[GRID_BLOCK] = {GRID_128, GRID_128, GRID_128, GRID_128};

#define REAL float
#define VREAL vfloat
#define VMASK vuint32
#define MATH(name) name##f
#define GRID(name) grid_##name##_float
#include "_grid_tile.h"
#undef REAL
#undef VREAL
#undef VMASK
#undef MATH
#undef GRID

#define REAL double
#define VREAL vdouble
#define VMASK vuint64
#define MATH(name) name
#define GRID(name) grid_##name##_double
#include "_grid_tile.h"
#undef REAL
#undef VREAL
#undef VMASK
#undef MATH
#undef GRID

/* Copies of single samples, of any size: y[i] = x[at[i]], and where not all are to be kept zeros where `keep` is 0. */
#define GRID_COPY(unit)                                                                        \
    if (whole)                                                                                 \
        _Pragma("GCC unroll 8")                                                                \
        for (intptr_t i = 0; i < n; i++) ((unit *)y)[i] = ((const unit *)x)[at[i]];            \
    else                                                                                       \
        for (intptr_t i = 0; i < n; i++) ((unit *)y)[i] = ((const unit *)x)[at[i]] & (unit)(int64_t)keep[i]
static inline void grid_nearest(const char *restrict x, const intptr_t *restrict at, const int32_t *restrict keep,
                                int whole, char *restrict y, intptr_t n, int size)
{
    switch (size) {
    case 1: GRID_COPY(uint8_t); break;
    case 2: GRID_COPY(uint16_t); break;
    case 4: GRID_COPY(uint32_t); break;
    case 8: GRID_COPY(uint64_t); break;
    default:
        for (intptr_t i = 0; i < n; i++)
            for (int k = 0; k < 2; k++)
                ((uint64_t *)y)[2 * i + k] = ((const uint64_t *)x)[2 * at[i] + k] & (uint64_t)(int64_t)keep[i];
    }
}

#endif
