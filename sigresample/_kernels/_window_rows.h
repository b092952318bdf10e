/* Rows of windows by type and operation:
 *
 *     fill      to[j] = what changes nothing
 *     fold      to[j] = rows[0][j] ∘ rows[1][j] ∘ …
 *     pairs     to[j] = (rows[0][2 j] ∘ rows[1][2 j] ∘ …) ∘ (rows[0][2 j + 1] ∘ …), divided
 *     cross     to[j] = from[at[0] + j] ∘ from[at[1] + j] ∘ …, divided
 *     grow      windows of a few samples side by side, from smaller ones
 *     chain     windows of many samples, a step apart
 *     ragged    to[j] = from[low[j]] ∘ … ∘ from[high[j] - 1], divided
 *     split     every so many samples to a row of their own
 *     across, ragged_across, down    maxima along a row and over rows, with where they are
 */
#ifndef SIGRESAMPLE_WINDOW_ROWS_H
#define SIGRESAMPLE_WINDOW_ROWS_H

#include "_window_lanes.h"

#if defined(__GNUC__)
#define SIGR_INLINE static inline __attribute__((always_inline))
#else
#define SIGR_INLINE static inline
#endif

/* What a sum is divided by: nothing, a power of two (by the product with its inverse, which is the same), a number,
 * or a number for each column times one for the row. */
enum { SIGR_WHOLE, SIGR_TIMES, SIGR_OVER, SIGR_EACH_OVER };
typedef struct {
    int kind;
    double by, row;
    const char *columns;
} sigr_divisor;

typedef struct {
    void (*fill)(char *to, intptr_t n);
    void (*fold)(const char *const *rows, intptr_t count, intptr_t n, char *to);
    void (*pairs)(const char *const *rows, intptr_t count, intptr_t n, char *to, const sigr_divisor *by);
    void (*cross)(const char *from, const intptr_t *at, intptr_t taps, intptr_t n, char *to, const sigr_divisor *by);
    void (*grow)(const char *x, intptr_t step, intptr_t n, char *to);
    void (*chain)(const char *x, char *after, char *before, intptr_t step, intptr_t length, intptr_t n, char *to);
    void (*ragged)(const char *from, const int64_t *bounds, intptr_t n, char *to, const sigr_divisor *by);
    void (*split)(const char *from, intptr_t n, intptr_t left, intptr_t stride, intptr_t parts, intptr_t pitch,
                  char *to);
    intptr_t lanes;
} sigr_window;

typedef struct {
    void (*across)(const char *from, const intptr_t *at, intptr_t taps, intptr_t step, const char *column,
                   const char *first, intptr_t n, char *best, char *place);
    void (*ragged_across)(const char *from, const int64_t *bounds, intptr_t n, char *best, char *place);
    void (*down)(const char *const *rows, const char *const *places, const int64_t *bases, intptr_t count, intptr_t n,
                 char *to, int64_t *indices);
} sigr_best;

/* What is done to a result at last: nothing, or a division. */
#define SIGR_AS_IT_IS(v, by, kind, j) ((void)(by), (void)(kind), (void)(j), (v))
#define SIGR_ONE_AS_IT_IS(v, by, j) ((void)(by), (void)(j), (v))

#define SIGR_DIVIDES(T, V, type)                                                                       \
    SIGR_INLINE V sigr_divided_##type(V total, const sigr_divisor *by, int kind, intptr_t j)           \
    {                                                                                                  \
        switch (kind) {                                                                                \
        case SIGR_TIMES: return total * (T)by->by;                                                     \
        case SIGR_OVER: return total / (T)by->by;                                                      \
        case SIGR_EACH_OVER: return total / (*(const V *)((const T *)by->columns + j) * (T)by->row);   \
        default: return total;                                                                         \
        }                                                                                              \
    }                                                                                                  \
    SIGR_INLINE T sigr_divided_one_##type(T total, const sigr_divisor *by, intptr_t j)                 \
    {                                                                                                  \
        switch (by->kind) {                                                                            \
        case SIGR_TIMES: return total * (T)by->by;                                                     \
        case SIGR_OVER: return total / (T)by->by;                                                      \
        case SIGR_EACH_OVER: return total / (((const T *)by->columns)[j] * (T)by->row);                \
        default: return total;                                                                         \
        }                                                                                              \
    }
SIGR_DIVIDES(float, wfloat32, float32)
SIGR_DIVIDES(double, wfloat64, float64)

/* The lanes of a vector of which two reach over what larger windows are put together from, 0 where they do not. */
#if VEC_BYTES == 64
#define SIGR_REACHES_32 16
#define SIGR_REACHES_64 8
#elif VEC_BYTES == 32
#define SIGR_REACHES_32 8
#define SIGR_REACHES_64 0
#else
#define SIGR_REACHES_32 0
#define SIGR_REACHES_64 0
#endif
#define SIGR_REACHES_16 0
#define SIGR_REACHES_8 0

#define SIGR_GLUED(a, b) SIGR_GLUED_(a, b)
#define SIGR_GLUED_(a, b) a##b
#define SIGR_NAMED(op, f, type) SIGR_NAMED_(op, f, type)
#define SIGR_NAMED_(op, f, type) sigr_##op##_##f##_##type
#define SIGR_LANED(f, type) SIGR_LANED_(f, type)
#define SIGR_LANED_(f, type) sigr_##f##_##type

#define TYPE int8
#define BITS 8
#define T int8_t
#define LEAST INT8_MIN
#include "_window_type.h"

#define TYPE uint8
#define BITS 8
#define T uint8_t
#define LEAST 0
#include "_window_type.h"

#define TYPE int16
#define BITS 16
#define T int16_t
#define LEAST INT16_MIN
#include "_window_type.h"

#define TYPE uint16
#define BITS 16
#define T uint16_t
#define LEAST 0
#include "_window_type.h"

#define TYPE int32
#define BITS 32
#define T int32_t
#define LEAST INT32_MIN
#include "_window_type.h"

#define TYPE uint32
#define BITS 32
#define T uint32_t
#define LEAST 0
#include "_window_type.h"

#define TYPE int64
#define BITS 64
#define T int64_t
#define LEAST INT64_MIN
#include "_window_type.h"

#define TYPE uint64
#define BITS 64
#define T uint64_t
#define LEAST 0
#define SUMS 1
#include "_window_type.h"

#define TYPE float32
#define BITS 32
#define T float
#define LEAST (-INFINITY)
#define SUMS 1
#define DIVIDES 1
#include "_window_type.h"

#define TYPE float64
#define BITS 64
#define T double
#define LEAST (-INFINITY)
#define SUMS 1
#define DIVIDES 1
#include "_window_type.h"

/* By NumPy's kind of the type and its size; a sum of integers is one modulo 2^64. */
static const sigr_window *sigr_window_of(int kind, intptr_t size, int sums)
{
    if (sums) return kind == 'f' ? size == 4 ? &sigr_sum_rows_float32 : &sigr_sum_rows_float64 : &sigr_sum_rows_uint64;
    switch (kind) {
    case 'f': return size == 4 ? &sigr_max_rows_float32 : &sigr_max_rows_float64;
    case 'i':
        return size == 1 ? &sigr_max_rows_int8 : size == 2 ? &sigr_max_rows_int16
             : size == 4 ? &sigr_max_rows_int32 : &sigr_max_rows_int64;
    default:
        return size == 1 ? &sigr_max_rows_uint8 : size == 2 ? &sigr_max_rows_uint16
             : size == 4 ? &sigr_max_rows_uint32 : &sigr_max_rows_uint64;
    }
}

static const sigr_best *sigr_best_of(int kind, intptr_t size)
{
    switch (kind) {
    case 'f': return size == 4 ? &sigr_best_rows_float32 : &sigr_best_rows_float64;
    case 'i': return size == 4 ? &sigr_best_rows_int32 : &sigr_best_rows_int64;
    default: return size == 4 ? &sigr_best_rows_uint32 : &sigr_best_rows_uint64;
    }
}

#endif
