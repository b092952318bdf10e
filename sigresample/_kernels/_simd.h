/* Vectors of one SIMD level, by the vector extension of GCC and Clang; one lane where there is none.
 *
 * VEC_BYTES comes from meson.build: 64 for AVX-512, 32 for AVX2, 16 for SSE4 and NEON, 0 for scalar.
 * A vector type is aligned as its element and may alias it, so that any address can be loaded.
 * Cython sees each type as its element type: what it writes as a + w * b the C compiler reads as vectors.
 */
#ifndef SIGRESAMPLE_SIMD_H
#define SIGRESAMPLE_SIMD_H

#include <stdint.h>
#include <string.h>

#if VEC_BYTES > 0
#define SIGR_VECTOR(element, name) \
    typedef element name __attribute__((vector_size(VEC_BYTES), aligned(sizeof(element)), may_alias))
#else
#define SIGR_VECTOR(element, name) typedef element name
#endif

SIGR_VECTOR(float, vfloat);
SIGR_VECTOR(double, vdouble);
SIGR_VECTOR(uint8_t, vuint8);
SIGR_VECTOR(uint32_t, vuint32);
SIGR_VECTOR(uint64_t, vuint64);

/* A literal 0 is no vector: a fused function is given its zero, which also picks the pair of types. */
#define ZERO_FLOAT ((vfloat){0})
#define ZERO_DOUBLE ((vdouble){0})

/* Hold a loaded vector in its register: GCC would rather read it again as the memory operand of every multiply-add,
 * and an unaligned 64-byte read costs two accesses. */
#if VEC_BYTES > 0 && defined(__x86_64__) && defined(__AVX512F__)
#define KEEP(v) __asm__("" : "+v"(v))
#elif VEC_BYTES > 0 && defined(__x86_64__)
#define KEEP(v) __asm__("" : "+x"(v))
#elif VEC_BYTES > 0 && defined(__aarch64__)
#define KEEP(v) __asm__("" : "+w"(v))
#else
#define KEEP(v) ((void)0)
#endif

/* Ask for a cache line that the hardware would not foresee: at the next page, or at the end of a short run. */
#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

/* a += w·x with the lanes of x picked from two vectors by a vector of positions: one instruction where VEC_PICKS, far
 * too many to be worth it elsewhere. */
#if VEC_BYTES == 64 && defined(__AVX512F__) && !defined(__clang__)
#define VEC_PICKS 1
#define ADD_PICKED(a, w, u, v, at) ((a) = (a) + (w) * __builtin_shuffle(u, v, at))
#else
#define VEC_PICKS 0
#define ADD_PICKED(a, w, u, v, at) ((void)(u), (void)(v), (void)(at))
#endif

/* a + w·x of one real, rounded as the vectors round it. Written as a sum, a loop over scalars may be turned into
 * vector products followed by ordered additions, and lose the fused rounding. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define sigr_madd(a, w, x) _Generic((a), float: __builtin_fmaf, double: __builtin_fma)(w, x, a)
#else
#define sigr_madd(a, w, x) ((a) + (w) * (x))
#endif

/* ---- Transposes of small tiles of units ------------------------------------------------------------
 *
 * A unit is 4, 8, 16, … bytes that travel together (a sample, a complex or stereo pair); `words` counts
 * its 32-bit words. P = WORDS / words units fill a vector, and a tile is P rows of P units. A step of the
 * transpose swaps the odd blocks of s words in one row with the even blocks of another:
 *     a0 a1 a2 a3        a0 b0 a2 b2
 *     b0 b1 b2 b3   →    a1 b1 a3 b3     (s = one unit; the next steps take 2 s, 4 s, …)
 */
#if VEC_BYTES > 0

#define WORDS (VEC_BYTES / 4)

#if VEC_BYTES == 64
#define SIGR_EACH(F, s) F(0, s), F(1, s), F(2, s), F(3, s), F(4, s), F(5, s), F(6, s), F(7, s), \
    F(8, s), F(9, s), F(10, s), F(11, s), F(12, s), F(13, s), F(14, s), F(15, s)
#elif VEC_BYTES == 32
#define SIGR_EACH(F, s) F(0, s), F(1, s), F(2, s), F(3, s), F(4, s), F(5, s), F(6, s), F(7, s)
#else
#define SIGR_EACH(F, s) F(0, s), F(1, s), F(2, s), F(3, s)
#endif
#define SIGR_EVEN(i, s) (((i) & (s)) ? (i) - (s) + WORDS : (i))
#define SIGR_ODD(i, s) (((i) & (s)) ? (i) + WORDS : (i) + (s))

#if defined(__clang__)
#define SIGR_PICK(a, b, part, s) __builtin_shufflevector(a, b, SIGR_EACH(part, s))
#else
#define SIGR_PICK(a, b, part, s) __builtin_shuffle(a, b, (vuint32){SIGR_EACH(part, s)})
#endif

/* s stays a constant in every call, so that each step is one or two shuffles. */
#define SIGR_STEP(v, p, words, s)                                   \
    if ((s) >= (words) && (s) < WORDS) {                            \
        for (int r = 0; r < (p); r++) {                             \
            if (!(r & ((s) / (words)))) {                           \
                const vuint32 a = v[r], b = v[r + (s) / (words)];   \
                v[r] = SIGR_PICK(a, b, SIGR_EVEN, (s) % WORDS);     \
                v[r + (s) / (words)] = SIGR_PICK(a, b, SIGR_ODD, (s) % WORDS); \
            }                                                       \
        }                                                           \
    }
#define SIGR_TRANSPOSE(v, p, words) \
    SIGR_STEP(v, p, words, 1) SIGR_STEP(v, p, words, 2) SIGR_STEP(v, p, words, 4) SIGR_STEP(v, p, words, 8)

/* gather: unit i of each of the P streams → row i of `rows`, for n >= P units. scatter: the way back, into
 * the first `live` streams. The last tile overlaps the one before it instead of falling to single units. */
#define SIGR_TRANSPOSERS(words)                                                                   \
    static inline void sigr_gather_##words(char **streams, char *rows, intptr_t pitch, intptr_t n) \
    {                                                                                             \
        enum { P = WORDS / (words) };                                                             \
        for (intptr_t i = 0; i < n; i += P) {                                                     \
            vuint32 v[P];                                                                         \
            if (i > n - P) i = n - P;                                                             \
            for (int r = 0; r < P; r++) v[r] = *(const vuint32 *)(streams[r] + i * 4 * (words));  \
            SIGR_TRANSPOSE(v, P, words)                                                           \
            for (int r = 0; r < P; r++) *(vuint32 *)(rows + (i + r) * pitch) = v[r];              \
        }                                                                                         \
    }                                                                                             \
    static inline void sigr_scatter_##words(char **streams, int live, char *rows, intptr_t pitch, intptr_t n) \
    {                                                                                             \
        enum { P = WORDS / (words) };                                                             \
        for (intptr_t i = 0; i < n; i += P) {                                                     \
            vuint32 v[P];                                                                         \
            if (i > n - P) i = n - P;                                                             \
            for (int r = 0; r < P; r++) v[r] = *(const vuint32 *)(rows + (i + r) * pitch);        \
            SIGR_TRANSPOSE(v, P, words)                                                           \
            for (int r = 0; r < P; r++)                                                           \
                if (r < live) *(vuint32 *)(streams[r] + i * 4 * (words)) = v[r];                  \
        }                                                                                         \
    }

SIGR_TRANSPOSERS(1)
SIGR_TRANSPOSERS(2)
SIGR_TRANSPOSERS(4)
#if VEC_BYTES >= 32
SIGR_TRANSPOSERS(8)
#endif
#if VEC_BYTES >= 64
SIGR_TRANSPOSERS(16)
#endif

static inline void sigr_gather(char **streams, char *rows, intptr_t pitch, intptr_t n, intptr_t words)
{
    switch (words) {
    case 1: sigr_gather_1(streams, rows, pitch, n); break;
    case 2: sigr_gather_2(streams, rows, pitch, n); break;
    case 4: sigr_gather_4(streams, rows, pitch, n); break;
#if VEC_BYTES >= 32
    case 8: sigr_gather_8(streams, rows, pitch, n); break;
#endif
#if VEC_BYTES >= 64
    case 16: sigr_gather_16(streams, rows, pitch, n); break;
#endif
    }
}

static inline void sigr_scatter(char **streams, int live, char *rows, intptr_t pitch, intptr_t n, intptr_t words)
{
    switch (words) {
    case 1: sigr_scatter_1(streams, live, rows, pitch, n); break;
    case 2: sigr_scatter_2(streams, live, rows, pitch, n); break;
    case 4: sigr_scatter_4(streams, live, rows, pitch, n); break;
#if VEC_BYTES >= 32
    case 8: sigr_scatter_8(streams, live, rows, pitch, n); break;
#endif
#if VEC_BYTES >= 64
    case 16: sigr_scatter_16(streams, live, rows, pitch, n); break;
#endif
    }
}

#else
/* One lane: nothing to transpose; the kernels copy unit by unit and never come here. */
static inline void sigr_gather(char **streams, char *rows, intptr_t pitch, intptr_t n, intptr_t words)
{
    (void)streams, (void)rows, (void)pitch, (void)n, (void)words;
}
static inline void sigr_scatter(char **streams, int live, char *rows, intptr_t pitch, intptr_t n, intptr_t words)
{
    (void)streams, (void)live, (void)rows, (void)pitch, (void)n, (void)words;
}
#endif

#endif
