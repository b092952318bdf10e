/* Rows under one filter, for the four types that the plane kernel computes in. */
#ifndef SIGRESAMPLE_PLANE_STRIPS_H
#define SIGRESAMPLE_PLANE_STRIPS_H

#include "_simd.h"

#ifndef SIGR_ALWAYS_INLINE
#if defined(__GNUC__)
#define SIGR_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define SIGR_ALWAYS_INLINE inline
#endif
#endif

/* What strips of four rows of outputs share. */
struct sigr_strip {
    intptr_t P, Q, step;   /* the filter, and how far apart its columns of taps read */
    intptr_t out;          /* outputs in a row, a vector of them at least */
    intptr_t inner, outer; /* outputs inner … outer − 1 read nothing outside the row */
    const void *masks;
};

#if VEC_BYTES > 0
#define SIGR_MASKED(x, m) ((VREAL)((VMASK)(x) & *(const VMASK *)(m)))
#else
#define SIGR_MASKED(x, m) (*(m) ? (x) : 0)
#endif
#define SIGR_LANES ((intptr_t)(sizeof(VREAL) / sizeof(REAL)))

#define MASK uint32_t
#define VMASK vuint32
#define REAL float
#define VREAL vfloat
#define SIGR_FLOATS 1
#define ROWS_OF(name) sigr_##name##_float
#include "_plane_rows.h"
#undef REAL
#undef VREAL
#undef SIGR_FLOATS
#undef ROWS_OF

#define REAL uint32_t
#define VREAL vuint32
#define SIGR_FLOATS 0
#define ROWS_OF(name) sigr_##name##_uint32_t
#include "_plane_rows.h"
#undef REAL
#undef VREAL
#undef SIGR_FLOATS
#undef ROWS_OF
#undef MASK
#undef VMASK

#define MASK uint64_t
#define VMASK vuint64
#define REAL double
#define VREAL vdouble
#define SIGR_FLOATS 1
#define ROWS_OF(name) sigr_##name##_double
#include "_plane_rows.h"
#undef REAL
#undef VREAL
#undef SIGR_FLOATS
#undef ROWS_OF

#define REAL uint64_t
#define VREAL vuint64
#define SIGR_FLOATS 0
#define ROWS_OF(name) sigr_##name##_uint64_t
#include "_plane_rows.h"
#undef REAL
#undef VREAL
#undef SIGR_FLOATS
#undef ROWS_OF
#undef MASK
#undef VMASK
#undef SIGR_LANES

/* `kind` as in the kernels: f, d, or the bytes of an integer. */
static inline void sigr_strip(char kind, const struct sigr_strip *of, const void *const *rows, const void *h,
                              const void *bias, void *y, intptr_t pitch)
{
    switch (kind) {
    case 'f': sigr_strip_of_float(of, rows, h, bias, y, pitch); break;
    case 'd': sigr_strip_of_double(of, rows, h, bias, y, pitch); break;
    case '4': sigr_strip_of_uint32_t(of, rows, h, bias, y, pitch); break;
    default: sigr_strip_of_uint64_t(of, rows, h, bias, y, pitch); break;
    }
}

/* Masks of reals of so many bytes. */
static inline intptr_t sigr_masks(intptr_t size, const struct sigr_strip *of, intptr_t first, intptr_t data, void *masks)
{
    return size == 4 ? sigr_masks_of_uint32_t(of, first, data, masks) : sigr_masks_of_uint64_t(of, first, data, masks);
}

#endif
