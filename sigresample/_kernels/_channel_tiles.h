/* Sums over channels and taps in registers, for the four types that the channels kernel computes in. */
#ifndef SIGRESAMPLE_CHANNEL_TILES_H
#define SIGRESAMPLE_CHANNEL_TILES_H

#include "_simd.h"

#if defined(__GNUC__)
#define SIGR_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define SIGR_ALWAYS_INLINE inline
#endif

/* A tile of 6 × 4 vectors needs 32 registers. */
#if VEC_BYTES == 64 || (VEC_BYTES > 0 && defined(__aarch64__))
#define SIGR_TILE_VECTORS 4
#else
#define SIGR_TILE_VECTORS 2
#endif

#define SIGR_LANES ((intptr_t)(sizeof(VREAL) / sizeof(REAL)))

#define REAL float
#define VREAL vfloat
#define TILED(name) sigr_##name##_f
#include "_channel_tile.h"
#undef REAL
#undef VREAL
#undef TILED

#define REAL double
#define VREAL vdouble
#define TILED(name) sigr_##name##_d
#include "_channel_tile.h"
#undef REAL
#undef VREAL
#undef TILED

#define REAL uint32_t
#define VREAL vuint32
#define TILED(name) sigr_##name##_4
#include "_channel_tile.h"
#undef REAL
#undef VREAL
#undef TILED

#define REAL uint64_t
#define VREAL vuint64
#define TILED(name) sigr_##name##_8
#include "_channel_tile.h"
#undef REAL
#undef VREAL
#undef TILED

/* `kind` as in the kernels: f, d, or the bytes of an integer. */
static void sigr_lanes_channels(char kind, int V, const void *x, const intptr_t *base, intptr_t n,
                                const intptr_t *off, const void *w, intptr_t K, void *out, int add, const void *bias)
{
    switch (kind) {
    case 'f': sigr_lanes_channels_f(V, x, base, n, off, w, K, out, add, bias); break;
    case 'd': sigr_lanes_channels_d(V, x, base, n, off, w, K, out, add, bias); break;
    case '4': sigr_lanes_channels_4(V, x, base, n, off, w, K, out, add, bias); break;
    case '8': sigr_lanes_channels_8(V, x, base, n, off, w, K, out, add, bias); break;
    }
}

static void sigr_lanes_pixels(char kind, int V, const void *x, const intptr_t *off, const void *w, intptr_t w_pitch,
                              intptr_t n, intptr_t K, void *out, intptr_t pitch, int add, const void *bias)
{
    switch (kind) {
    case 'f': sigr_lanes_pixels_f(V, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
    case 'd': sigr_lanes_pixels_d(V, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
    case '4': sigr_lanes_pixels_4(V, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
    case '8': sigr_lanes_pixels_8(V, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
    }
}

/* Copy a short row, most of them of a few vectors: a call costs as much as the copy. */
static inline void sigr_copy_row(char *to, const char *from, intptr_t bytes)
{
#if VEC_BYTES > 0
    if (bytes >= VEC_BYTES) {
        /* The last vector overlaps the one before it. */
        for (intptr_t i = 0; i < bytes - VEC_BYTES; i += VEC_BYTES) *(vuint8 *)(to + i) = *(const vuint8 *)(from + i);
        *(vuint8 *)(to + bytes - VEC_BYTES) = *(const vuint8 *)(from + bytes - VEC_BYTES);
        return;
    }
#endif
#define SIGR_ENDS(n)                                            \
    if (bytes >= (n)) {                                         \
        char front[n], back[n];                                 \
        memcpy(front, from, n);                                 \
        memcpy(back, from + bytes - (n), n);                    \
        memcpy(to, front, n);                                   \
        memcpy(to + bytes - (n), back, n);                      \
        return;                                                 \
    }
    if (bytes > 64) {
        memcpy(to, from, bytes);
        return;
    }
    SIGR_ENDS(32) SIGR_ENDS(16) SIGR_ENDS(8) SIGR_ENDS(4)
#undef SIGR_ENDS
}

static inline void sigr_zero_row(char *to, intptr_t bytes)
{
    static const char zeros[64];
    if (bytes <= 64) sigr_copy_row(to, zeros, bytes);
    else memset(to, 0, bytes);
}

/* A row between zeros. */
static inline void sigr_copy_between(char *to, intptr_t before, const char *from, intptr_t bytes, intptr_t behind)
{
    sigr_copy_row(to + before, from, bytes);
    for (intptr_t i = 0; i < before; i += 4) memset(to + i, 0, 4);
    for (intptr_t i = before + bytes; i < before + bytes + behind; i += 4) memset(to + i, 0, 4);
}

/* Copy n units of 4, 8 or 16 bytes; from one to the next, `to_step` and `step` units apart. */
#define SIGR_COPY(size, to_step, step)                                                     \
    for (intptr_t i = 0; i < n; i++) memcpy(to + i * (to_step) * (size), from + i * (step) * (size), size)
static inline void sigr_copy(char *to, intptr_t to_step, const char *from, intptr_t step, intptr_t n, intptr_t size)
{
    if (size == 4 && to_step == 1 && step == 2) SIGR_COPY(4, 1, 2);
    else if (size == 4) SIGR_COPY(4, to_step, step);
    else if (size == 8) SIGR_COPY(8, to_step, step);
    else SIGR_COPY(16, to_step, step);
}

#endif
