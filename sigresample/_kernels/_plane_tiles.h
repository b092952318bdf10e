/* The innermost loops of planes.pyx: R rows of taps × V vectors of positions, all sums in registers.
 *
 *     sum_r[lane] = sum_c sum_t  x[c·plane + at_v + lane + off_t] * w[c, t, r]   (+ bias_r)
 *
 * A lane is an output. Taps are one number for all lanes, or (WIDE) a vector of them. Accumulators have names, made by the preprocessor, because an array of them depends on the
 * compiler's unrolling. A finished tile goes into rows of results, or, `weave` rows at a time, straight into y.
 */
#ifndef SIGRESAMPLE_PLANE_TILES_H
#define SIGRESAMPLE_PLANE_TILES_H

#include "_interleave.h"

/* Where a vector of positions stands: in the packed block and the rows of results; in y, for which woven units
 * from … to − 1 of it are results. */
struct sigr_spot {
    intptr_t at;
    intptr_t row, y;
    intptr_t from, to;
};

/* What the rows of a block of taps share. */
struct sigr_block {
    intptr_t inputs, plane; /* channels of x, and units from one to the next */
    intptr_t taps;
    const intptr_t *off; /* where each tap reads, from the position of its output on */
    const void *w;
    const void *bias; /* R units, or NULL */
    intptr_t wide;    /* whether each lane has taps of its own */
    void *z[8];       /* rows of results */
    intptr_t weave;   /* rows that make one row of y: 1, 2, 4 or 8; 0 where results go to z */
    intptr_t rows;    /* of y */
    void *y[8];       /* of each row woven: where position 0 stands, and which row of y that is */
    intptr_t row[8];
};

#define SIGR_ROWS_1(M) M(0)
#define SIGR_ROWS_2(M) M(0) M(1)
#define SIGR_ROWS_4(M) SIGR_ROWS_2(M) M(2) M(3)
#define SIGR_ROWS_8(M) SIGR_ROWS_4(M) M(4) M(5) M(6) M(7)

#define SIGR_START_1(r) sigr_vector a##r##0 = {0};
#define SIGR_START_3(r) SIGR_START_1(r) sigr_vector a##r##1 = {0}, a##r##2 = {0};
#define SIGR_START_6(r) SIGR_START_3(r) sigr_vector a##r##3 = {0}, a##r##4 = {0}, a##r##5 = {0};
#define SIGR_ADD_NARROW_1(r) a##r##0 = a##r##0 + w[r] * v0;
#define SIGR_ADD_NARROW_3(r) SIGR_ADD_NARROW_1(r) a##r##1 = a##r##1 + w[r] * v1; a##r##2 = a##r##2 + w[r] * v2;
#define SIGR_ADD_NARROW_6(r) SIGR_ADD_NARROW_3(r)                    \
    a##r##3 = a##r##3 + w[r] * v3; a##r##4 = a##r##4 + w[r] * v4; a##r##5 = a##r##5 + w[r] * v5;
#define SIGR_ADD_WIDE_1(r) a##r##0 = a##r##0 + ((const sigr_vector *)w)[r] * v0;
#define SIGR_ADD_WIDE_3(r) {                                         \
        sigr_vector own = ((const sigr_vector *)w)[r];               \
        KEEP(own);                                                   \
        a##r##0 = a##r##0 + own * v0;                                \
        a##r##1 = a##r##1 + own * v1;                                \
        a##r##2 = a##r##2 + own * v2;                                \
    }
#define SIGR_ADD_WIDE_6(r) {                                         \
        sigr_vector own = ((const sigr_vector *)w)[r];               \
        KEEP(own);                                                   \
        a##r##0 = a##r##0 + own * v0;                                \
        a##r##1 = a##r##1 + own * v1;                                \
        a##r##2 = a##r##2 + own * v2;                                \
        a##r##3 = a##r##3 + own * v3;                                \
        a##r##4 = a##r##4 + own * v4;                                \
        a##r##5 = a##r##5 + own * v5;                                \
    }
#define SIGR_STEP_NARROW 1
#define SIGR_STEP_WIDE (sizeof(sigr_vector) / sizeof(sigr_unit))
#define SIGR_BIAS_1(r) a##r##0 = a##r##0 + bias[r];
#define SIGR_BIAS_3(r) SIGR_BIAS_1(r) a##r##1 = a##r##1 + bias[r]; a##r##2 = a##r##2 + bias[r];
#define SIGR_BIAS_6(r) SIGR_BIAS_3(r)                                \
    a##r##3 = a##r##3 + bias[r]; a##r##4 = a##r##4 + bias[r]; a##r##5 = a##r##5 + bias[r];
#define SIGR_STORE_1(r) *(sigr_vector *)((sigr_unit *)of->z[r] + at[0].at) = a##r##0;
#define SIGR_STORE_3(r) SIGR_STORE_1(r)                              \
    *(sigr_vector *)((sigr_unit *)of->z[r] + at[1].at) = a##r##1;    \
    *(sigr_vector *)((sigr_unit *)of->z[r] + at[2].at) = a##r##2;

#define SIGR_STORE_6(r) SIGR_STORE_3(r)                              \
    *(sigr_vector *)((sigr_unit *)of->z[r] + at[3].at) = a##r##3;    \
    *(sigr_vector *)((sigr_unit *)of->z[r] + at[4].at) = a##r##4;    \
    *(sigr_vector *)((sigr_unit *)of->z[r] + at[5].at) = a##r##5;

#define SIGR_LOAD_1 sigr_vector v0 = *(const sigr_vector *)(x0 + off); KEEP(v0);
#define SIGR_LOAD_3 SIGR_LOAD_1                                      \
    sigr_vector v1 = *(const sigr_vector *)(x1 + off); KEEP(v1);     \
    sigr_vector v2 = *(const sigr_vector *)(x2 + off); KEEP(v2);
#define SIGR_LOAD_6 SIGR_LOAD_3                                      \
    sigr_vector v3 = *(const sigr_vector *)(x3 + off); KEEP(v3);     \
    sigr_vector v4 = *(const sigr_vector *)(x4 + off); KEEP(v4);     \
    sigr_vector v5 = *(const sigr_vector *)(x5 + off); KEEP(v5);
#define SIGR_FROM_1 const sigr_unit *x0 = x + at[0].at;
#define SIGR_FROM_3 SIGR_FROM_1 const sigr_unit *x1 = x + at[1].at, *x2 = x + at[2].at;
#define SIGR_FROM_6 SIGR_FROM_3 const sigr_unit *x3 = x + at[3].at, *x4 = x + at[4].at, *x5 = x + at[5].at;
#define SIGR_NEXT_1 x0 += of->plane;
#define SIGR_NEXT_3 SIGR_NEXT_1 x1 += of->plane; x2 += of->plane;
#define SIGR_NEXT_6 SIGR_NEXT_3 x3 += of->plane; x4 += of->plane; x5 += of->plane;

/* Rows p, q, … of vector v, woven, as row g of y. */
#define SIGR_OUT1(g, p, v) { sigr_vector u[1] = {a##p##v}; SIGR_EMIT(1, g, v) }
#define SIGR_OUT2(g, p, q, v) { sigr_vector u[2] = {a##p##v, a##q##v}; SIGR_EMIT(2, g, v) }
#define SIGR_OUT4(g, p, q, r, s, v) { sigr_vector u[4] = {a##p##v, a##q##v, a##r##v, a##s##v}; SIGR_EMIT(4, g, v) }
#define SIGR_OUT8(v) { sigr_vector u[8] = {a0##v, a1##v, a2##v, a3##v, a4##v, a5##v, a6##v, a7##v}; SIGR_EMIT(8, 0, v) }

#define SIGR_OUT1_1(v) SIGR_OUT1(0, 0, v)
#define SIGR_OUT1_2(v) SIGR_OUT1_1(v) SIGR_OUT1(1, 1, v)
#define SIGR_OUT1_4(v) SIGR_OUT1_2(v) SIGR_OUT1(2, 2, v) SIGR_OUT1(3, 3, v)
#define SIGR_OUT1_8(v) SIGR_OUT1_4(v) SIGR_OUT1(4, 4, v) SIGR_OUT1(5, 5, v) SIGR_OUT1(6, 6, v) SIGR_OUT1(7, 7, v)
#define SIGR_OUT2_1(v)
#define SIGR_OUT2_2(v) SIGR_OUT2(0, 0, 1, v)
#define SIGR_OUT2_4(v) SIGR_OUT2_2(v) SIGR_OUT2(1, 2, 3, v)
#define SIGR_OUT2_8(v) SIGR_OUT2_4(v) SIGR_OUT2(2, 4, 5, v) SIGR_OUT2(3, 6, 7, v)
#define SIGR_OUT4_1(v)
#define SIGR_OUT4_2(v)
#define SIGR_OUT4_4(v) SIGR_OUT4(0, 0, 1, 2, 3, v)
#define SIGR_OUT4_8(v) SIGR_OUT4_4(v) SIGR_OUT4(1, 4, 5, 6, 7, v)
#define SIGR_OUT8_1(v)
#define SIGR_OUT8_2(v)
#define SIGR_OUT8_4(v)
#define SIGR_OUT8_8(v) SIGR_OUT8(v)
#define SIGR_EACH_1(M) M(0)
#define SIGR_EACH_3(M) M(0) M(1) M(2)
#define SIGR_EACH_6(M) SIGR_EACH_3(M) M(3) M(4) M(5)

/* u: `count` vectors of neighbouring rows. */
#if VEC_BYTES > 0
#define SIGR_WOVEN(count) SIGR_WEAVE_ROWS(sigr_vector, SIGR_VECTOR_MASK, SIGR_VECTOR_LANES, count, u)
#else
#define SIGR_WOVEN(count)
#endif
#define SIGR_EMIT(count, g, v)                                                                                \
    if ((uintptr_t)(at[v].row + of->row[g]) < (uintptr_t)of->rows) {                                          \
        sigr_unit *y = (sigr_unit *)of->y[g] + at[v].y;                                                       \
        SIGR_WOVEN(count)                                                                                     \
        if (at[v].to - at[v].from == (intptr_t)((count) * sizeof(sigr_vector) / sizeof(sigr_unit))) {         \
            memcpy(y, u, sizeof(u));                                                                          \
        } else if (at[v].to > at[v].from) {                                                                   \
            sigr_vector part[count];                                                                          \
            memcpy(part, u, sizeof(u));                                                                       \
            memcpy(y + at[v].from, (sigr_unit *)part + at[v].from, (at[v].to - at[v].from) * sizeof(sigr_unit)); \
        }                                                                                                     \
    }

#define SIGR_TILE(unit, vector, R, V, WIDTH)                                                                       \
    static inline void sigr_tile_##unit##_##R##x##V##_##WIDTH(const struct sigr_block *of, const unit *x,    \
                                                            const struct sigr_spot *at)                               \
    {                                                                                                         \
        typedef unit sigr_unit;                                                                               \
        typedef vector sigr_vector;                                                                           \
        const unit *w = of->w, *bias = of->bias;                                                              \
        const intptr_t taps = of->taps;                                                                       \
        SIGR_FROM_##V                                                                                         \
        SIGR_ROWS_##R(SIGR_START_##V)                                                                         \
        for (intptr_t c = of->inputs; c > 0; c--) {                                                           \
            for (intptr_t t = 0; t < taps; t++) {                                                             \
                const intptr_t off = of->off[t];                                                              \
                SIGR_LOAD_##V                                                                                 \
                SIGR_ROWS_##R(SIGR_ADD_##WIDTH##_##V)                                                         \
                w += R * SIGR_STEP_##WIDTH;                                                                   \
            }                                                                                                 \
            SIGR_NEXT_##V                                                                                     \
        }                                                                                                     \
        if (bias) {                                                                                           \
            SIGR_ROWS_##R(SIGR_BIAS_##V)                                                                      \
        }                                                                                                     \
        switch (of->weave) {                                                                                  \
        case 0: SIGR_ROWS_##R(SIGR_STORE_##V) break;                                                          \
        case 1: SIGR_EACH_##V(SIGR_OUT1_##R) break;                                                           \
        case 2: SIGR_EACH_##V(SIGR_OUT2_##R) break;                                                           \
        case 4: SIGR_EACH_##V(SIGR_OUT4_##R) break;                                                           \
        default: SIGR_EACH_##V(SIGR_OUT8_##R) break;                                                          \
        }                                                                                                     \
    }

/* All n positions of a block of R rows: where there are few, of more vectors at a time. */
#define SIGR_MOST_1(unit, vector, WIDTH) SIGR_TILE(unit, vector, 1, 6, WIDTH)
#define SIGR_MOST_2(unit, vector, WIDTH) SIGR_TILE(unit, vector, 2, 6, WIDTH)
#define SIGR_MOST_4(unit, vector, WIDTH)
#define SIGR_MOST_8(unit, vector, WIDTH)
#define SIGR_MANY_1(unit, WIDTH) for (; v + 6 <= n; v += 6) sigr_tile_##unit##_1x6_##WIDTH(of, x, at + v);
#define SIGR_MANY_2(unit, WIDTH) for (; v + 6 <= n; v += 6) sigr_tile_##unit##_2x6_##WIDTH(of, x, at + v);
#define SIGR_MANY_4(unit, WIDTH)
#define SIGR_MANY_8(unit, WIDTH)
#define SIGR_BLOCK(unit, vector, R, WIDTH)                                                                    \
    SIGR_MOST_##R(unit, vector, WIDTH)                                                                        \
    SIGR_TILE(unit, vector, R, 3, WIDTH)                                                                      \
    SIGR_TILE(unit, vector, R, 1, WIDTH)                                                                      \
    static inline void sigr_block_##unit##_##R##_##WIDTH(const struct sigr_block *of, const unit *x,          \
                                                         const struct sigr_spot *at, intptr_t n)              \
    {                                                                                                         \
        intptr_t v = 0;                                                                                       \
        SIGR_MANY_##R(unit, WIDTH)                                                                            \
        for (; v + 3 <= n; v += 3) sigr_tile_##unit##_##R##x3_##WIDTH(of, x, at + v);                         \
        for (; v < n; v++) sigr_tile_##unit##_##R##x1_##WIDTH(of, x, at + v);                                 \
    }

#define SIGR_BLOCKS_OF(unit, vector, WIDTH)                                                                   \
    SIGR_BLOCK(unit, vector, 1, WIDTH)                                                                        \
    SIGR_BLOCK(unit, vector, 2, WIDTH)                                                                        \
    SIGR_BLOCK(unit, vector, 4, WIDTH)                                                                        \
    SIGR_BLOCK(unit, vector, 8, WIDTH)                                                                        \
    static inline void sigr_block_##unit##_##WIDTH(const struct sigr_block *of, int rows, const void *x,      \
                                                   const struct sigr_spot *at, intptr_t n)                    \
    {                                                                                                         \
        switch (rows) {                                                                                       \
        case 1: sigr_block_##unit##_1_##WIDTH(of, x, at, n); break;                                           \
        case 2: sigr_block_##unit##_2_##WIDTH(of, x, at, n); break;                                           \
        case 4: sigr_block_##unit##_4_##WIDTH(of, x, at, n); break;                                           \
        default: sigr_block_##unit##_8_##WIDTH(of, x, at, n); break;                                          \
        }                                                                                                     \
    }

#define SIGR_BLOCKS(unit, vector)                                                                             \
    SIGR_BLOCKS_OF(unit, vector, NARROW)                                                                      \
    SIGR_BLOCKS_OF(unit, vector, WIDE)                                                                        \
    static inline void sigr_block_##unit(const struct sigr_block *of, int rows, const void *x,                \
                                         const struct sigr_spot *at, intptr_t n)                              \
    {                                                                                                         \
        if (of->wide) {                                                                                       \
            sigr_block_##unit##_WIDE(of, rows, x, at, n);                                                     \
        } else {                                                                                              \
            sigr_block_##unit##_NARROW(of, rows, x, at, n);                                                   \
        }                                                                                                     \
    }

#define SIGR_VECTOR_MASK vuint32
#define SIGR_VECTOR_LANES SIGR_LANES4
SIGR_BLOCKS(float, vfloat)
SIGR_BLOCKS(uint32_t, vuint32)
#undef SIGR_VECTOR_MASK
#undef SIGR_VECTOR_LANES
#define SIGR_VECTOR_MASK vuint64
#define SIGR_VECTOR_LANES SIGR_LANES8
SIGR_BLOCKS(double, vdouble)
SIGR_BLOCKS(uint64_t, vuint64)
#undef SIGR_VECTOR_MASK
#undef SIGR_VECTOR_LANES

/* Sums of 8 × 3 vectors need the 32 registers of AVX-512; elsewhere 4 × 3 fill the 16. */
#if VEC_BYTES == 64
#define MOST_ROWS 8
#else
#define MOST_ROWS 4
#endif

#endif
