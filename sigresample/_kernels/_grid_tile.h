/* Positions, weights and sums of one real type: REAL, VREAL, VMASK, MATH and GRID(name) are set by _grid_tiles.h.
 *
 * Loops over a block's pixels are plain ones that the compiler turns into vectors. No product is followed by a sum in
 * the loops that make positions, and APART keeps one loop from being merged with the next: no product and sum are fused
 * there, so that every level, and NumPy, finds the same positions. `m` is the number of pixels rounded up to whole
 * vectors.
 */

/* What a block of pixels reads: the index of its first sample, weights of the samples in a row and of the rows. */
typedef struct {
    intptr_t at[GRID_BLOCK];
    int32_t keep[GRID_BLOCK];       /* all ones, or zeros for a pixel that is 0 */
    REAL across[GRID_ROWS][GRID_BLOCK], rows[GRID_ROWS][GRID_BLOCK];
    /* While it is made: positions, places, what is no number, weights along one axis. */
    REAL t[GRID_BLOCK], p[GRID_BLOCK], bad[GRID_BLOCK], work[GRID_ROWS][GRID_BLOCK], depth[2][GRID_BLOCK];
    int whole;      /* no pixel is 0; behind the arrays, which are aligned */
} GRID(plan);

static const REAL GRID(zeros)[GRID_BLOCK];

/* From -1 … 1 over the image to samples: 0 is the middle of the first one. */
static void GRID(unnormalize)(REAL *restrict t, intptr_t m, intptr_t n, int align)
{
    const REAL scale = (REAL)(align ? n - 1 : n) / 2;
    for (intptr_t i = 0; i < m; i++) t[i] = (t[i] + 1) * scale;
    if (align) return;
    APART;
    for (intptr_t i = 0; i < m; i++) t[i] = t[i] - (REAL)0.5;
}

/* Bring positions back into the image; a NaN to its first sample. */
static void GRID(inside)(REAL *restrict t, REAL *restrict work, intptr_t m, intptr_t n, int padding, int align)
{
    const REAL last = (REAL)(n - 1);
    if (padding == GRID_REFLECTION) {
        const REAL low = align ? 0 : (REAL)-0.5, period = (REAL)(2 * (align ? n - 1 : n));
        for (intptr_t i = 0; i < m; i++) {
            t[i] = t[i] - low < 0 ? low - t[i] : t[i] - low;
            work[i] = MATH(trunc)(t[i] / period) * period;
        }
        APART;
        for (intptr_t i = 0; i < m; i++) {
            const REAL past = t[i] - work[i], back = period - past;
            t[i] = (past < back ? past : back) + low;
        }
    }
    for (intptr_t i = 0; i < m; i++) {
        const REAL from = t[i] > 0 ? t[i] : 0;
        t[i] = from < last ? from : last;
    }
}

/* Leave nothing that an integer cannot hold, and note what was no finite number by a NaN, which the weights along this
 * axis and the next ones then are. `before` holds the notes of the axes before. */
static void GRID(bounded)(REAL *restrict t, const REAL *before, REAL *bad, intptr_t m, intptr_t n, int infinite)
{
    const REAL most = (REAL)(n + 1);
    for (intptr_t i = 0; i < m; i++) {
        const REAL x = t[i];
        bad[i] = before[i] + (infinite ? (x != x ? x : 0) : x - x);
        t[i] = x > -2 ? x : -2;
        t[i] = t[i] < most ? t[i] : most;
    }
}

/* Weights of two neighbours: at p and p + 1, where both lie in the image even if one of the two meant does not. */
static void GRID(linear)(const REAL *restrict t, const REAL *restrict bad, REAL *restrict p, REAL *restrict w0,
                         REAL *restrict w1, intptr_t m, intptr_t n)
{
    const REAL most = n > 2 ? (REAL)(n - 2) : 0;
    for (intptr_t i = 0; i < m; i++) {
        const REAL at = MATH(floor)(t[i]), share = t[i] - at, rest = 1 - share;
        const REAL from = at > 0 ? at : 0, first = from < most ? from : most, off = at - first;
        const REAL left = off == 0 ? rest : off == -1 ? share : 0;
        const REAL right = off == 0 ? share : off == 1 ? rest : 0;
        p[i] = first;
        w0[i] = left + bad[i];
        w1[i] = right + bad[i];
    }
}

/* Which sample stands at a whole number i. */
SIGR_INLINE REAL GRID(folded)(REAL i, REAL n, REAL period, const int padding, const int align)
{
    if (padding == GRID_REFLECTION) {
        const REAL round = i - period * MATH(floor)(i / period);    /* of a period of 0 a NaN, and then 0 */
        const REAL turned = align ? period - round : period - 1 - round;
        i = round < n ? round : turned;
    }
    const REAL from = i > 0 ? i : 0;
    return from < n - 1 ? from : n - 1;
}

/* Weights of four neighbours by Keys' cubic, a = -0.75, in terms of the distances f and g to the two in the middle: each
 * is exact to a few units, and 0 where it should be. Where some of the four lie outside, their weights are added where
 * the samples that stand for them lie. */
SIGR_INLINE void GRID(cubic)(GRID(plan) *plan, REAL (*w)[GRID_BLOCK], const REAL *before, intptr_t m, intptr_t n,
                             const int padding, const int align)
{
    const REAL a = (REAL)-0.75, size = (REAL)n, most = n > 4 ? (REAL)(n - 4) : 0;
    const REAL period = (REAL)(2 * (align ? n - 1 : n));
    REAL *restrict t = plan->t, *restrict p = plan->p, *none = plan->bad;
    REAL *restrict v0 = plan->work[0], *restrict v1 = plan->work[1];
    REAL *restrict v2 = plan->work[2], *restrict v3 = plan->work[3];
    REAL *restrict w0 = w[0], *restrict w1 = w[1], *restrict w2 = w[2], *restrict w3 = w[3];
    for (intptr_t i = 0; i < m; i++) {
        const REAL at = MATH(floor)(t[i]), f = t[i] - at, g = 1 - f, bad = before[i] + (t[i] - t[i]);
        v0[i] = a * f * (g * g) + bad;
        v1[i] = g * (g * ((2 * a + 3) - (a + 2) * g) - a) + bad;
        v2[i] = f * (f * ((2 * a + 3) - (a + 2) * f) - a) + bad;
        v3[i] = a * g * (f * f) + bad;
        none[i] = bad;
        t[i] = at;
    }
    if (padding == GRID_REFLECTION) {
        /* So far outside that all positions are whole numbers, and the next one may be more than a sample away: the
         * sample that stands there has all the weight. */
        const REAL far = (REAL)(sizeof(REAL) == 4 ? 8388608.0 : 4503599627370496.0);
        for (intptr_t i = 0; i < m; i++) p[i] = MATH(floor)(t[i] / period) * period;
        APART;
        for (intptr_t i = 0; i < m; i++) {
            const REAL past = t[i] - p[i], back = align ? period - past : period - 1 - past;
            const REAL stands = past < size ? past : back, from = stands > 0 ? stands : 0;
            t[i] = -far < t[i] && t[i] < far ? t[i] : from < size - 1 ? from : size - 1;
        }
    }
    for (intptr_t i = 0; i < m; i++) {
        REAL least = t[i] - 1;
        if (padding == GRID_REFLECTION) {
            const REAL q0 = GRID(folded)(t[i] - 1, size, period, padding, align);
            const REAL q1 = GRID(folded)(t[i], size, period, padding, align);
            const REAL q2 = GRID(folded)(t[i] + 1, size, period, padding, align);
            const REAL q3 = GRID(folded)(t[i] + 2, size, period, padding, align);
            const REAL l0 = q0 < q1 ? q0 : q1, l1 = q2 < q3 ? q2 : q3;
            least = l0 < l1 ? l0 : l1;
        }
        const REAL from = least > 0 ? least : 0;
        p[i] = from < most ? from : most;
    }
    for (intptr_t i = 0; i < m; i++) {
        REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (int k = 0; k < 4; k++) {
            const REAL value = k == 0 ? v0[i] : k == 1 ? v1[i] : k == 2 ? v2[i] : v3[i];
            const REAL at = t[i] + (REAL)(k - 1), q = GRID(folded)(at, size, period, padding, align), off = q - p[i];
            const REAL nan = value - value;     /* which goes to all */
            const REAL v = padding == GRID_ZEROS && q != at ? nan : value;
            s0 = s0 + (off == 0 ? v : nan);
            s1 = s1 + (off == 1 ? v : nan);
            s2 = s2 + (off == 2 ? v : nan);
            s3 = s3 + (off == 3 ? v : nan);
        }
        w0[i] = s0, w1[i] = s1, w2[i] = s2, w3[i] = s3;
    }
}

static void GRID(cubics)(GRID(plan) *plan, REAL (*w)[GRID_BLOCK], const REAL *before, intptr_t m, intptr_t n,
                         int padding, int align)
{
    if (padding == GRID_ZEROS) GRID(cubic)(plan, w, before, m, n, GRID_ZEROS, 0);
    else if (padding == GRID_BORDER) GRID(cubic)(plan, w, before, m, n, GRID_BORDER, 0);
    else if (align) GRID(cubic)(plan, w, before, m, n, GRID_REFLECTION, 1);
    else GRID(cubic)(plan, w, before, m, n, GRID_REFLECTION, 0);
}

/* The sample nearest to a position, of two equally near ones the even one; `before`: what to keep so far. */
static void GRID(whole)(const REAL *restrict t, REAL *restrict p, const int32_t *before, int32_t *keep, intptr_t m,
                        intptr_t n)
{
    const REAL last = (REAL)(n - 1);
    for (intptr_t i = 0; i < m; i++) {
        const REAL at = MATH(rint)(t[i]);
        const REAL from = at > 0 ? at : 0;
        p[i] = from < last ? from : last;
        keep[i] = before[i] & -(int32_t)(p[i] == at);
    }
}

/* Add a place along an axis to the index: last · step at most, whatever rounding made of it. */
static void GRID(index)(const REAL *restrict p, intptr_t *restrict at, intptr_t m, intptr_t last, intptr_t step)
{
    const int32_t most = (int32_t)last;
    if (step == 1) {    /* the first axis */
        for (intptr_t i = 0; i < m; i++) at[i] = p[i] < (REAL)most ? (int32_t)p[i] : most;
        return;
    }
    for (intptr_t i = 0; i < m; i++) at[i] += (p[i] < (REAL)most ? (int32_t)p[i] : most) * step;
}

/* Weights of two samples along an axis, and the index of the first. */
static void GRID(along)(GRID(plan) *plan, const REAL *bad, REAL (*w)[GRID_BLOCK], intptr_t m, intptr_t n, intptr_t step)
{
    GRID(linear)(plan->t, bad, plan->p, w[0], w[1], m, n);
    GRID(index)(plan->p, plan->at, m, n > 2 ? n - 2 : 0, step);
}

/* The nearest samples of images, for which there are zeros outside: both axes at once, in two loops. */
static void GRID(nearest)(GRID(plan) *plan, const REAL *grid, intptr_t n, const grid_image *image)
{
    const int align = image->align;
    const intptr_t width = image->size[0], height = image->size[1], step = image->step[1];
    const REAL across = (REAL)(align ? width - 1 : width) / 2, down = (REAL)(align ? height - 1 : height) / 2;
    const REAL half = align ? 0 : (REAL)0.5, right = (REAL)(width - 1), bottom = (REAL)(height - 1);
    const int32_t col_most = (int32_t)(width - 1), row_most = (int32_t)(height - 1);
    REAL *restrict x = plan->t, *restrict y = plan->p;
    for (intptr_t i = 0; i < n; i++) {
        x[i] = (grid[2 * i] + 1) * across;
        y[i] = (grid[2 * i + 1] + 1) * down;
    }
    APART;
    int32_t kept = -1;
    for (intptr_t i = 0; i < n; i++) {
        const REAL col = MATH(rint)(x[i] - half), row = MATH(rint)(y[i] - half);
        const REAL from_left = col > 0 ? col : 0, from_top = row > 0 ? row : 0;
        const REAL p = from_left < right ? from_left : right, q = from_top < bottom ? from_top : bottom;
        const int32_t keep = -(int32_t)(p == col) & -(int32_t)(q == row);
        const int32_t j = p < (REAL)col_most ? (int32_t)p : col_most, k = q < (REAL)row_most ? (int32_t)q : row_most;
        plan->keep[i] = keep;
        kept &= keep;
        plan->at[i] = k * step + j;
    }
    plan->whole = kept;
}

/* Make the plan of n pixels from their grid, x, y(, z) of one pixel after the other; return the pixels it is made for:
 * whole vectors. */
static intptr_t GRID(place)(GRID(plan) *plan, const REAL *grid, intptr_t n, const grid_image *image)
{
    const intptr_t m = (n + 15) / 16 * 16, axes = image->axes;
    const int padding = image->padding, align = image->align;
    if (image->mode == GRID_NEAREST && axes == 2 && padding == GRID_ZEROS) {
        GRID(nearest)(plan, grid, n, image);
        return m;
    }
    for (intptr_t axis = 0; axis < axes; axis++) {
        const intptr_t size = image->size[axis], step = image->step[axis];
        const REAL *before = axis && (padding == GRID_ZEROS || image->mode == GRID_CUBIC) ? plan->bad : GRID(zeros);
        REAL (*w)[GRID_BLOCK] = axis == 0 ? plan->across : axis == 1 ? plan->rows : plan->depth;
        if (axes == 2)
            for (intptr_t i = 0; i < n; i++) plan->t[i] = grid[2 * i + axis];
        else
            for (intptr_t i = 0; i < n; i++) plan->t[i] = grid[3 * i + axis];
        for (intptr_t i = n; i < m; i++) plan->t[i] = 0;
        GRID(unnormalize)(plan->t, m, size, align);
        if (image->mode == GRID_CUBIC) {
            GRID(cubics)(plan, w, before, m, size, padding, align);
            GRID(index)(plan->p, plan->at, m, size > 4 ? size - 4 : 0, step);
            continue;
        }
        if (padding != GRID_ZEROS) GRID(inside)(plan->t, plan->work[0], m, size, padding, align);
        else if (image->mode == GRID_LINEAR) GRID(bounded)(plan->t, before, plan->bad, m, size, 0);
        if (image->mode == GRID_LINEAR) {
            GRID(along)(plan, padding == GRID_ZEROS ? plan->bad : GRID(zeros), w, m, size, step);
        } else {
            GRID(whole)(plan->t, plan->p, axis ? plan->keep : grid_ones, plan->keep, m, size);
            GRID(index)(plan->p, plan->at, m, size - 1, step);
        }
    }
    if (axes == 3 && image->mode == GRID_LINEAR) {
        for (intptr_t i = 0; i < m; i++) {
            const REAL upper = plan->rows[0][i], lower = plan->rows[1][i];
            for (int k = 0; k < 2; k++) {
                plan->rows[2 * k][i] = plan->depth[k][i] * upper;
                plan->rows[2 * k + 1][i] = plan->depth[k][i] * lower;
            }
        }
    }
    int32_t kept = -1;
    if (image->mode == GRID_NEAREST)
        for (intptr_t i = 0; i < n; i++) kept &= plan->keep[i];
    plan->whole = kept;
    return m;
}

/* The same for one tap of a deformed kernel: pixel `first` + i of rows of `cols` is read at (row · step + from + its
 * offset) along each axis, weighted by its mask, if there is one. What lies outside counts as 0, however far it is. */
static intptr_t GRID(displace)(GRID(plan) *plan, const REAL *across, const REAL *down, const REAL *mask, intptr_t n,
                               intptr_t first, intptr_t cols, const intptr_t from[2], const intptr_t step[2],
                               const grid_image *image)
{
    const intptr_t m = (n + 15) / 16 * 16;
    for (int axis = 0; axis < 2; axis++) {
        intptr_t row = first / cols, col = first % cols;
        for (intptr_t i = 0; i < n; i++) {
            plan->t[i] = (REAL)((axis ? row : col) * step[axis] + from[axis]) + (axis ? down : across)[first + i];
            if (++col == cols) row++, col = 0;
        }
        for (intptr_t i = n; i < m; i++) plan->t[i] = 0;
        GRID(bounded)(plan->t, axis ? plan->bad : GRID(zeros), plan->bad, m, image->size[axis], 1);
        GRID(along)(plan, plan->bad, axis ? plan->rows : plan->across, m, image->size[axis], image->step[axis]);
    }
    if (mask)
        for (int r = 0; r < 2; r++)
            for (intptr_t i = 0; i < n; i++) plan->rows[r][i] *= mask[first + i];
    return m;
}

#if VEC_BYTES > 0
#define GRID_LANES (VEC_BYTES / (intptr_t)sizeof(REAL))
#else
#define GRID_LANES 1
#endif

/* y[i] = sum_r rows[r][i] · sum_k across[k][i] · x[at[i] + offset[r] + k] of a block of pixels, R rows and K samples in
 * each being constants in every call. `careful`: the sums that are NaN once more, without what has no weight. */
SIGR_INLINE int GRID(sums)(const int R, const int K, const int careful, const REAL *x, const intptr_t *offset,
                           const GRID(plan) *plan, REAL *y, intptr_t m)
{
    VMASK spoilt = {0};
    for (intptr_t i = 0; i < m; i += GRID_LANES) {
        VREAL sum = {0}, s[GRID_ROWS];
        for (int r = 0; r < R; r++) {
            VREAL row = {0};
            if (K == 2) GRID(pair)(x + offset[r], plan->at + i, s);
            else GRID(four)(x + offset[r], plan->at + i, s);
            for (int k = 0; k < K; k++) {
                const VREAL w = *(const VREAL *)(plan->across[k] + i), v = careful ? GRID_WHERE(VMASK, w, s[k]) : s[k];
                row = row + w * v;
            }
            const VREAL w = *(const VREAL *)(plan->rows[r] + i), v = careful ? GRID_WHERE(VMASK, w, row) : row;
            sum = sum + w * v;
        }
        VREAL *to = (VREAL *)(y + i);
        if (careful) {
            *to = GRID_CHOOSE(VMASK, *to, sum);
        } else {
            *to = sum;
            spoilt |= (VMASK)(sum != sum);
        }
    }
    uint32_t words[sizeof spoilt / 4], any = 0;
    memcpy(words, &spoilt, sizeof spoilt);
    for (size_t k = 0; k < sizeof spoilt / 4; k++) any |= words[k];
    return any != 0;
}

/* A sample whose weight is 0 must not show, be it a NaN: looked after where a sum has become one. */
#define GRID_SUMS(R, K)                                                                                       if (GRID(sums)(R, K, 0, x, image->offset, plan, y, m)) GRID(sums)(R, K, 1, x, image->offset, plan, y, m)
static void GRID(sample)(const REAL *x, const grid_image *image, const GRID(plan) *plan, REAL *y, intptr_t m)
{
    if (image->mode == GRID_CUBIC) {
        GRID_SUMS(4, 4);
    } else if (image->axes == 3) {
        GRID_SUMS(4, 2);
    } else {
        GRID_SUMS(2, 2);
    }
}
#undef GRID_SUMS
#undef GRID_LANES
