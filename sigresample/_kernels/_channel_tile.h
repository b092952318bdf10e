/* Sums over channels and taps in registers, for one type: REAL, VREAL, TILED(name) are set by _channel_tiles.h.
 *
 *     out[r][v] (+)= sum_k  single[r][k] * vector[k][v]        r < R <= 6,  v < V <= 4
 *
 * A single number meets every vector, a vector every single number; a lane of a vector is an output. Where the lanes
 * are channels, the singles are samples of R pixels, at streams[r] + off[k], and the vectors are packed weights, one
 * after the other. Where the lanes are pixels, the singles are the weights of R channels, streams[r] + k, and the
 * vectors are samples, at v + off[k]. R, V and `pixels` are constants in every call, so that each shape is a function
 * of its own. Accumulators have names, because an array of them depends on the compiler's unrolling.
 */
#define SIGR_BEGIN(r)                                                                       \
    const REAL *s##r = streams[R > r ? r : 0];                                              \
    VREAL *y##r = (VREAL *)(out + (R > r ? r : 0) * pitch);                                 \
    VREAL a##r##0 = zero, a##r##1 = zero, a##r##2 = zero, a##r##3 = zero;                   \
    if (R > r && add) {                                                                     \
        a##r##0 = y##r[0];                                                                  \
        if (V > 1) a##r##1 = y##r[1];                                                       \
        if (V > 2) a##r##2 = y##r[2];                                                       \
        if (V > 3) a##r##3 = y##r[3];                                                       \
    }
#define SIGR_ADD(r)                                                                         \
    if (R > r) {                                                                            \
        const REAL w = s##r[at];                                                            \
        a##r##0 = a##r##0 + w * x0;                                                         \
        if (V > 1) a##r##1 = a##r##1 + w * x1;                                              \
        if (V > 2) a##r##2 = a##r##2 + w * x2;                                              \
        if (V > 3) a##r##3 = a##r##3 + w * x3;                                              \
    }
/* The bias is added to the finished sum: of each lane, or of each row. */
#define SIGR_END(r)                                                                         \
    if (R > r) {                                                                            \
        if (bias) {                                                                         \
            const VREAL *b = (const VREAL *)bias;                                           \
            a##r##0 = pixels ? a##r##0 + bias[r] : a##r##0 + b[0];                          \
            if (V > 1) a##r##1 = pixels ? a##r##1 + bias[r] : a##r##1 + b[1];               \
            if (V > 2) a##r##2 = pixels ? a##r##2 + bias[r] : a##r##2 + b[2];               \
            if (V > 3) a##r##3 = pixels ? a##r##3 + bias[r] : a##r##3 + b[3];               \
        }                                                                                   \
        y##r[0] = a##r##0;                                                                  \
        if (V > 1) y##r[1] = a##r##1;                                                       \
        if (V > 2) y##r[2] = a##r##2;                                                       \
        if (V > 3) y##r[3] = a##r##3;                                                       \
    }

static SIGR_ALWAYS_INLINE void TILED(tile)(const int R, const int V, const int pixels, const REAL *const *streams,
                                           const intptr_t *off, const REAL *v, intptr_t K, REAL *out, intptr_t pitch,
                                           int add, const REAL *bias)
{
    const VREAL zero = {0};
    SIGR_BEGIN(0) SIGR_BEGIN(1) SIGR_BEGIN(2) SIGR_BEGIN(3) SIGR_BEGIN(4) SIGR_BEGIN(5)
    for (intptr_t k = 0; k < K; k++) {
        const intptr_t at = pixels ? k : off[k];
        const VREAL *from = (const VREAL *)(pixels ? v + off[k] : v);
        VREAL x0 = from[0], x1 = zero, x2 = zero, x3 = zero;
        if (V > 1) x1 = from[1];
        if (V > 2) x2 = from[2];
        if (V > 3) x3 = from[3];
        if (R > 1) {
            KEEP(x0);
            if (V > 1) KEEP(x1);
            if (V > 2) KEEP(x2);
            if (V > 3) KEEP(x3);
        }
        SIGR_ADD(0) SIGR_ADD(1) SIGR_ADD(2) SIGR_ADD(3) SIGR_ADD(4) SIGR_ADD(5)
        v += pixels ? 0 : V * SIGR_LANES;
    }
    SIGR_END(0) SIGR_END(1) SIGR_END(2) SIGR_END(3) SIGR_END(4) SIGR_END(5)
}

#undef SIGR_BEGIN
#undef SIGR_ADD
#undef SIGR_END

/* Lanes are channels: the sums of n pixels, V vectors of channels each, into rows of V vectors. */
#define SIGR_TILES(R)                                                                       \
    for (; i + R <= n; i += R) {                                                            \
        const REAL *streams[R];                                                             \
        for (int r = 0; r < R; r++) streams[r] = x + base[i + r];                           \
        TILED(tile)(R, V, 0, streams, off, w, K, out + i * V * SIGR_LANES, V * SIGR_LANES, add, bias); \
    }
static SIGR_ALWAYS_INLINE void TILED(pixels_by)(const int V, const REAL *x, const intptr_t *base, intptr_t n,
                                                const intptr_t *off, const REAL *w, intptr_t K, REAL *out, int add,
                                                const REAL *bias)
{
    intptr_t i = 0;
    SIGR_TILES(6) SIGR_TILES(4) SIGR_TILES(2) SIGR_TILES(1)
}
#undef SIGR_TILES

/* Lanes are pixels: the sums of n channels, V vectors of pixels each, into rows `pitch` apart. */
#define SIGR_TILES(R)                                                                       \
    for (; i + R <= n; i += R) {                                                            \
        const REAL *streams[R];                                                             \
        for (int r = 0; r < R; r++) streams[r] = w + (i + r) * w_pitch;                     \
        TILED(tile)(R, V, 1, streams, off, x, K, out + i * pitch, pitch, add, bias ? bias + i : bias); \
    }
static SIGR_ALWAYS_INLINE void TILED(channels_by)(const int V, const REAL *x, const intptr_t *off, const REAL *w,
                                                  intptr_t w_pitch, intptr_t n, intptr_t K, REAL *out,
                                                  intptr_t pitch, int add, const REAL *bias)
{
    intptr_t i = 0;
    SIGR_TILES(6) SIGR_TILES(4) SIGR_TILES(2) SIGR_TILES(1)
}
#undef SIGR_TILES

static void TILED(lanes_channels)(int V, const void *x, const intptr_t *base, intptr_t n, const intptr_t *off,
                                  const void *w, intptr_t K, void *out, int add, const void *bias)
{
    switch (V) {
    case 1: TILED(pixels_by)(1, x, base, n, off, w, K, out, add, bias); break;
    case 2: TILED(pixels_by)(2, x, base, n, off, w, K, out, add, bias); break;
#if SIGR_TILE_VECTORS == 4
    case 3: TILED(pixels_by)(3, x, base, n, off, w, K, out, add, bias); break;
    case 4: TILED(pixels_by)(4, x, base, n, off, w, K, out, add, bias); break;
#endif
    }
}

static void TILED(lanes_pixels)(int V, const void *x, const intptr_t *off, const void *w, intptr_t w_pitch,
                                intptr_t n, intptr_t K, void *out, intptr_t pitch, int add, const void *bias)
{
    switch (V) {
    case 1: TILED(channels_by)(1, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
    case 2: TILED(channels_by)(2, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
#if SIGR_TILE_VECTORS == 4
    case 3: TILED(channels_by)(3, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
    case 4: TILED(channels_by)(4, x, off, w, w_pitch, n, K, out, pitch, add, bias); break;
#endif
    }
}
