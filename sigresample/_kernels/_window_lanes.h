/* Lanes of windows: vectors of ten types at one SIMD level, the larger of two, every other one.
 *
 * A NaN wins a maximum and stays: v is taken over `best` where it is larger, or NaN. GCC turns masks into blends only
 * where they are used once; what is used most says so itself.
 */
#ifndef SIGRESAMPLE_WINDOW_LANES_H
#define SIGRESAMPLE_WINDOW_LANES_H

#include <math.h>

#include "_simd.h"

#if defined(__x86_64__) && VEC_BYTES > 16
#include <immintrin.h>
#endif

SIGR_VECTOR(int8_t, wint8);
SIGR_VECTOR(uint8_t, wuint8);
SIGR_VECTOR(int16_t, wint16);
SIGR_VECTOR(uint16_t, wuint16);
SIGR_VECTOR(int32_t, wint32);
SIGR_VECTOR(uint32_t, wuint32);
SIGR_VECTOR(int64_t, wint64);
SIGR_VECTOR(uint64_t, wuint64);
SIGR_VECTOR(float, wfloat32);
SIGR_VECTOR(double, wfloat64);

#if VEC_BYTES > 0

#define SIGR_ALTERNATE_2(i) (i), (i) + 2
#define SIGR_ALTERNATE_4(i) SIGR_ALTERNATE_2(i), SIGR_ALTERNATE_2((i) + 4)
#define SIGR_ALTERNATE_8(i) SIGR_ALTERNATE_4(i), SIGR_ALTERNATE_4((i) + 8)
#define SIGR_ALTERNATE_16(i) SIGR_ALTERNATE_8(i), SIGR_ALTERNATE_8((i) + 16)
#define SIGR_ALTERNATE_32(i) SIGR_ALTERNATE_16(i), SIGR_ALTERNATE_16((i) + 32)
#define SIGR_ALTERNATE_64(i) SIGR_ALTERNATE_32(i), SIGR_ALTERNATE_32((i) + 64)
#if VEC_BYTES == 64
#define SIGR_ALTERNATE(bits) SIGR_ALTERNATE_OF_64_##bits
#elif VEC_BYTES == 32
#define SIGR_ALTERNATE(bits) SIGR_ALTERNATE_OF_32_##bits
#else
#define SIGR_ALTERNATE(bits) SIGR_ALTERNATE_OF_16_##bits
#endif
#define SIGR_ALTERNATE_OF_64_8 SIGR_ALTERNATE_64
#define SIGR_ALTERNATE_OF_64_16 SIGR_ALTERNATE_32
#define SIGR_ALTERNATE_OF_64_32 SIGR_ALTERNATE_16
#define SIGR_ALTERNATE_OF_64_64 SIGR_ALTERNATE_8
#define SIGR_ALTERNATE_OF_32_8 SIGR_ALTERNATE_32
#define SIGR_ALTERNATE_OF_32_16 SIGR_ALTERNATE_16
#define SIGR_ALTERNATE_OF_32_32 SIGR_ALTERNATE_8
#define SIGR_ALTERNATE_OF_32_64 SIGR_ALTERNATE_4
#define SIGR_ALTERNATE_OF_16_8 SIGR_ALTERNATE_16
#define SIGR_ALTERNATE_OF_16_16 SIGR_ALTERNATE_8
#define SIGR_ALTERNATE_OF_16_32 SIGR_ALTERNATE_4
#define SIGR_ALTERNATE_OF_16_64 SIGR_ALTERNATE_2

#define SIGR_RUN_2(i) (i), (i) + 1
#define SIGR_RUN_4(i) SIGR_RUN_2(i), SIGR_RUN_2((i) + 2)
#define SIGR_RUN_8(i) SIGR_RUN_4(i), SIGR_RUN_4((i) + 4)
#define SIGR_RUN_16(i) SIGR_RUN_8(i), SIGR_RUN_8((i) + 8)

#if defined(__clang__)
#define SIGR_EVERY_OTHER(M, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SIGR_EVERY_OTHER(M, a, b, ...) __builtin_shuffle(a, b, (M){__VA_ARGS__})
#endif

/* What follows from a comparison: where v beats the best so far; that one there, else the best; of two positions. */
#define SIGR_MASKS(name, bits)                                                                                        \
    static inline wint##bits sigr_beats_##name(w##name best, w##name v)                                               \
    {                                                                                                                 \
        return (wint##bits)(v > best) | (wint##bits)(v != v);                                                         \
    }                                                                                                                 \
    static inline w##name sigr_take_##name(wint##bits m, w##name best, w##name v)                                     \
    {                                                                                                                 \
        return (w##name)((m & (wint##bits)v) | (~m & (wint##bits)best));                                              \
    }                                                                                                                 \
    static inline wuint##bits sigr_note_##name(wint##bits m, wuint##bits at, wuint##bits now)                         \
    {                                                                                                                 \
        return (wuint##bits)((m & (wint##bits)now) | (~m & (wint##bits)at));                                          \
    }
#if VEC_BYTES == 64 && defined(__AVX512F__)
#define SIGR_MASK_32 __mmask16
#define SIGR_MASK_64 __mmask8
#define SIGR_WIDE_MASKS(name, bits, BEATS)                                                                            \
    static inline SIGR_MASK_##bits sigr_beats_##name(w##name best, w##name v) { return BEATS; }                       \
    static inline w##name sigr_take_##name(SIGR_MASK_##bits m, w##name best, w##name v)                               \
    {                                                                                                                 \
        return (w##name)_mm512_mask_mov_epi##bits((__m512i)best, m, (__m512i)v);                                      \
    }                                                                                                                 \
    static inline wuint##bits sigr_note_##name(SIGR_MASK_##bits m, wuint##bits at, wuint##bits now)                   \
    {                                                                                                                 \
        return (wuint##bits)_mm512_mask_mov_epi##bits((__m512i)at, m, (__m512i)now);                                  \
    }
SIGR_WIDE_MASKS(int32, 32, _mm512_cmpgt_epi32_mask((__m512i)v, (__m512i)best))
SIGR_WIDE_MASKS(uint32, 32, _mm512_cmpgt_epu32_mask((__m512i)v, (__m512i)best))
SIGR_WIDE_MASKS(int64, 64, _mm512_cmpgt_epi64_mask((__m512i)v, (__m512i)best))
SIGR_WIDE_MASKS(uint64, 64, _mm512_cmpgt_epu64_mask((__m512i)v, (__m512i)best))
SIGR_WIDE_MASKS(float32, 32, _mm512_cmp_ps_mask((__m512)v, (__m512)best, _CMP_GT_OQ)
                             | _mm512_cmp_ps_mask((__m512)v, (__m512)v, _CMP_UNORD_Q))
SIGR_WIDE_MASKS(float64, 64, _mm512_cmp_pd_mask((__m512d)v, (__m512d)best, _CMP_GT_OQ)
                             | _mm512_cmp_pd_mask((__m512d)v, (__m512d)v, _CMP_UNORD_Q))
#else
#define SIGR_MASK_32 wint32
#define SIGR_MASK_64 wint64
SIGR_MASKS(int32, 32)
SIGR_MASKS(uint32, 32)
SIGR_MASKS(int64, 64)
SIGR_MASKS(uint64, 64)
SIGR_MASKS(float32, 32)
SIGR_MASKS(float64, 64)
#endif
SIGR_MASKS(int8, 8)
SIGR_MASKS(uint8, 8)
SIGR_MASKS(int16, 16)
SIGR_MASKS(uint16, 16)

#define SIGR_WINDOW_LANES(T, name, bits)                                                                              \
    static inline w##name sigr_all_##name(T v) { return (w##name){0} + v; }                                           \
    static inline wuint##bits sigr_all_at_##name(uint##bits##_t v) { return (wuint##bits){0} + v; }                   \
    static inline w##name sigr_evens_##name(w##name a, w##name b)                                                     \
    {                                                                                                                 \
        return SIGR_EVERY_OTHER(wint##bits, a, b, SIGR_ALTERNATE(bits)(0));                                           \
    }                                                                                                                 \
    static inline w##name sigr_odds_##name(w##name a, w##name b)                                                      \
    {                                                                                                                 \
        return SIGR_EVERY_OTHER(wint##bits, a, b, SIGR_ALTERNATE(bits)(1));                                           \
    }

#else

#define SIGR_MASK_32 int
#define SIGR_MASK_64 int

/* One lane: two neighbours are an even one and an odd one. */
#define SIGR_WINDOW_LANES(T, name, bits)                                                                              \
    static inline int sigr_beats_##name(T best, T v) { return (v > best) | (v != v); }                                \
    static inline T sigr_take_##name(int m, T best, T v) { return m ? v : best; }                                     \
    static inline uint##bits##_t sigr_note_##name(int m, uint##bits##_t at, uint##bits##_t now)                       \
    {                                                                                                                 \
        return m ? now : at;                                                                                          \
    }                                                                                                                 \
    static inline T sigr_all_##name(T v) { return v; }                                                                \
    static inline uint##bits##_t sigr_all_at_##name(uint##bits##_t v) { return v; }                                   \
    static inline T sigr_evens_##name(T a, T b) { return (void)b, a; }                                                \
    static inline T sigr_odds_##name(T a, T b) { return (void)a, b; }

#endif

SIGR_WINDOW_LANES(int8_t, int8, 8)
SIGR_WINDOW_LANES(uint8_t, uint8, 8)
SIGR_WINDOW_LANES(int16_t, int16, 16)
SIGR_WINDOW_LANES(uint16_t, uint16, 16)
SIGR_WINDOW_LANES(int32_t, int32, 32)
SIGR_WINDOW_LANES(uint32_t, uint32, 32)
SIGR_WINDOW_LANES(int64_t, int64, 64)
SIGR_WINDOW_LANES(uint64_t, uint64, 64)
SIGR_WINDOW_LANES(float, float32, 32)
SIGR_WINDOW_LANES(double, float64, 64)

/* The larger, by the mask; for the types of most images by one instruction more than a maximum, which gives the second
 * of two where one is NaN. */
#define SIGR_LARGER(name)                                                 \
    static inline w##name sigr_larger_##name(w##name best, w##name v)     \
    {                                                                     \
        return sigr_take_##name(sigr_beats_##name(best, v), best, v);     \
    }
SIGR_LARGER(int8)
SIGR_LARGER(uint8)
SIGR_LARGER(int16)
SIGR_LARGER(uint16)
SIGR_LARGER(int32)
SIGR_LARGER(uint32)
SIGR_LARGER(int64)
SIGR_LARGER(uint64)
#if VEC_BYTES == 64 && defined(__AVX512F__)
static inline wfloat32 sigr_larger_float32(wfloat32 best, wfloat32 v)
{
    const __m512 a = (__m512)v;
    return (wfloat32)_mm512_mask_mov_ps(_mm512_max_ps(a, (__m512)best), _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), a);
}
static inline wfloat64 sigr_larger_float64(wfloat64 best, wfloat64 v)
{
    const __m512d a = (__m512d)v;
    return (wfloat64)_mm512_mask_mov_pd(_mm512_max_pd(a, (__m512d)best), _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q), a);
}
#elif VEC_BYTES == 32 && defined(__AVX2__)
static inline wfloat32 sigr_larger_float32(wfloat32 best, wfloat32 v)
{
    const __m256 a = (__m256)v;
    return (wfloat32)_mm256_blendv_ps(_mm256_max_ps(a, (__m256)best), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
static inline wfloat64 sigr_larger_float64(wfloat64 best, wfloat64 v)
{
    const __m256d a = (__m256d)v;
    return (wfloat64)_mm256_blendv_pd(_mm256_max_pd(a, (__m256d)best), a, _mm256_cmp_pd(a, a, _CMP_UNORD_Q));
}
#else
SIGR_LARGER(float32)
SIGR_LARGER(float64)
#endif


#endif
