/* The loops of a resize over one unit; _table_rows.h includes this once for each, with
 *     UNIT, VECTOR     what is computed in, and a vector of it
 *     PLACE, PLACES    an unsigned integer of its size: which lane, and a vector of them
 *     WORDS_OF         its 32-bit words, 0 where nothing transposes it
 *     NAME(f)          a function's name for this unit
 * A sum begins with +0 and gets a term only where a weight is not zero: masked or left out are then the same bytes.
 */
#define LANES ((intptr_t)sizeof(VECTOR) / (intptr_t)sizeof(UNIT))

/* ---- Across rows: y = sum of w[t] * row[t] ---------------------------------------------------------- */

#define SUM_AT(k)                                                                           \
    {                                                                                       \
        VECTOR sum = ZERO_OF;                                                               \
        if (soon) sigr_soon(y + (k), soon);                                                 \
        for (int t = 0; t < taps; t++) sum = sum + each[t] * *(const VECTOR *)(x[t] + (k)); \
        *(VECTOR *)(y + (k)) = sum;                                                         \
    }

static SIGR_ALWAYS void NAME(few)(const void *const *from, const UNIT *w, const int taps, UNIT *y, intptr_t n,
                             intptr_t soon)
{
    const UNIT *x[SIGR_FEW];
    UNIT each[SIGR_FEW];
    intptr_t k = 0;
    for (int t = 0; t < taps; t++) x[t] = from[t], each[t] = w[t];
    if (n >= LANES) {
        /* The first and the last vector lap over the others, which are stored at whole lines. */
        const intptr_t whole = (intptr_t)(-(uintptr_t)y % sizeof(VECTOR) / sizeof(UNIT));
        SUM_AT(0)
        for (k = whole ? whole : LANES; k + LANES <= n; k += LANES) SUM_AT(k)
        if (k < n) SUM_AT(n - LANES)
        return;
    }
    for (; k < n; k++) {
        UNIT sum = 0;
        for (int t = 0; t < taps; t++) sum = ADD(sum, each[t], x[t][k]);
        y[k] = sum;
    }
}

/* `many` vectors side by side, so that their sums do not wait for each other. */
static SIGR_ALWAYS void NAME(wide)(const void *const *from, const UNIT *w, intptr_t taps, UNIT *y, intptr_t k,
                                   const int many)
{
    VECTOR sum[8];
    for (int i = 0; i < many; i++) sum[i] = ZERO_OF;
    for (intptr_t t = 0; t < taps; t++) {
        const UNIT *x = (const UNIT *)from[t] + k;
        const UNIT each = w[t];
        for (int i = 0; i < many; i++) sum[i] = sum[i] + each * *(const VECTOR *)(x + i * LANES);
    }
    for (int i = 0; i < many; i++) *(VECTOR *)(y + k + i * LANES) = sum[i];
}

static void NAME(sum_rows)(const void *const *x, const void *weights, intptr_t taps, void *to, intptr_t n,
                           intptr_t soon)
{
    const UNIT *w = weights;
    UNIT *y = to;
    intptr_t k = 0;
    switch (taps) {
    case 0: memset(y, 0, n * sizeof(UNIT)); return;
    case 1: NAME(few)(x, w, 1, y, n, soon); return;
    case 2: NAME(few)(x, w, 2, y, n, soon); return;
    case 3: NAME(few)(x, w, 3, y, n, soon); return;
    case 4: NAME(few)(x, w, 4, y, n, soon); return;
    }
    for (; k + 8 * LANES <= n; k += 8 * LANES) NAME(wide)(x, w, taps, y, k, 8);
    for (; k + LANES <= n; k += LANES) NAME(wide)(x, w, taps, y, k, 1);
    if (k < n && n >= LANES) {
        NAME(wide)(x, w, taps, y, n - LANES, 1);
        return;
    }
    for (; k < n; k++) {
        UNIT sum = 0;
        for (intptr_t t = 0; t < taps; t++) sum = ADD(sum, w[t], ((const UNIT *)x[t])[k]);
        y[k] = sum;
    }
}

/* ---- Along rows, by picking lanes -------------------------------------------------------------------- */

#if VEC_PICKS
static void NAME(fill_picks)(struct sigr_across *of, char *room)
{
    const intptr_t n = of->axis.out * of->C, taps = of->axis.taps, from = of->mode == SIGR_MOVING ? 1 : taps;
    const intptr_t row = of->axis.data * of->C;
    const intptr_t limit = row - LANES - (of->mode == SIGR_MOVING ? (taps - 1) * of->C : 0);
    const double *weights = of->axis.weights;
    struct sigr_block *block = of->block = (struct sigr_block *)room;
    PLACE *at, *mask;
    UNIT *w;
    room += SIGR_UP(of->blocks * sizeof(struct sigr_block));
    of->at = at = (PLACE *)room, room += of->blocks * from * sizeof(VECTOR);
    of->w = w = (UNIT *)room, room += of->blocks * taps * sizeof(VECTOR);
    of->mask = mask = (PLACE *)room;
    for (intptr_t first = 0; first < n; first += of->step, block++) {
        const intptr_t live = n - first < of->step ? n - first : of->step;
        intptr_t low, high, j = first / of->C, c = first % of->C;
        sigr_span(of, first, live, &low, &high);
        block->first = first;
        block->live = first + LANES <= n ? LANES : live;
        block->at = low < limit ? low : limit;
        block->second = block->at + LANES < limit ? block->at + LANES : limit;
        block->odd = block->live < LANES;
        for (intptr_t l = 0; l < LANES; l++) {
            for (intptr_t t = 0; t < from; t++) {
                const intptr_t sample = l < live ? (of->axis.starts[j] + t) * of->C + c : block->at;
                const intptr_t apart = sample - block->at;
                at[t * LANES + l] = (PLACE)(apart < LANES ? apart : LANES + sample - block->second);
            }
            for (intptr_t t = 0; weights && t < taps; t++) {
                const UNIT each = l < live ? (UNIT)weights[j * taps + t] : 0;
                w[t * LANES + l] = each == 0 ? MINUS_ZERO : each;
                mask[t * LANES + l] = each == 0 ? 0 : (PLACE)-1;
                block->odd |= each == 0 && l < live;
            }
            if (++c == of->C) c = 0, j++;
        }
        at += from * LANES, w += taps * LANES, mask += taps * LANES;
    }
}

/* One vector of outputs of some rows. `odd`: some weight is zero, or not all lanes are to be stored. */
static SIGR_ALWAYS void NAME(pick)(const struct sigr_block *block, const PLACE *at, const UNIT *w, const PLACE *mask,
                                   const void *const *from, void *const *to, intptr_t C, intptr_t later,
                                   const int taps, const int rows, const int mode, const int odd)
{
    VECTOR u[SIGR_ROWS], v[SIGR_ROWS], sum[SIGR_ROWS];
    for (int r = 0; r < rows; r++) {
        sum[r] = ZERO_OF;
        if (mode == SIGR_MOVING) continue;
        u[r] = *(const VECTOR *)((const UNIT *)from[r] + block->at);
        if (later) sigr_soon((const UNIT *)from[r] + block->at, later);
        if (mode == SIGR_TWO) v[r] = *(const VECTOR *)((const UNIT *)from[r] + block->second);
    }
    for (int t = 0; t < taps; t++) {
        const PLACES lanes = *(const PLACES *)(at + (mode == SIGR_MOVING ? 0 : t * LANES));
        const VECTOR each = *(const VECTOR *)(w + t * LANES);
        for (int r = 0; r < rows; r++) {
            VECTOR x;
            if (mode == SIGR_MOVING) {
                u[r] = *(const VECTOR *)((const UNIT *)from[r] + block->at + t * C);
                v[r] = *(const VECTOR *)((const UNIT *)from[r] + block->second + t * C);
            }
            x = mode == SIGR_ONE ? __builtin_shuffle(u[r], lanes) : __builtin_shuffle(u[r], v[r], lanes);
            if (odd) x = (VECTOR)((PLACES)x & *(const PLACES *)(mask + t * LANES));
            sum[r] = sum[r] + each * x;
        }
    }
    if (!odd || block->live == LANES) {
        for (int r = 0; r < rows; r++) *(VECTOR *)((UNIT *)to[r] + block->first) = sum[r];
        return;
    }
    for (int r = 0; r < rows; r++) {
        const VECTOR part = sum[r];
        memcpy((UNIT *)to[r] + block->first, &part, block->live * sizeof(UNIT));
    }
}

static SIGR_ALWAYS void NAME(pick_rows)(const struct sigr_across *of, const void *const *x, void *const *y,
                                        const int taps, const int rows, const int mode)
{
    const struct sigr_block *block = of->block, *const end = block + of->blocks;
    const PLACE *at = of->at, *mask = of->mask;
    const UNIT *w = of->w;
    const intptr_t C = of->C, later = of->later;
    /* Copies of the pointers: what is stored could otherwise have changed them. */
    const void *from[SIGR_ROWS];
    void *to[SIGR_ROWS];
    for (int r = 0; r < rows; r++) from[r] = x[r], to[r] = y[r];
    for (; block < end; block++) {
        if (block->odd)
            NAME(pick)(block, at, w, mask, from, to, C, later, taps, rows, mode, 1);
        else
            NAME(pick)(block, at, w, mask, from, to, C, later, taps, rows, mode, 0);
        at += (mode == SIGR_MOVING ? 1 : taps) * LANES, w += taps * LANES, mask += taps * LANES;
    }
}

static SIGR_ALWAYS void NAME(pick_taps)(const struct sigr_across *of, const void *const *x, void *const *y,
                                        const int rows, const int mode)
{
    switch (of->axis.taps) {
    case 2: NAME(pick_rows)(of, x, y, 2, rows, mode); return;
    case 4: NAME(pick_rows)(of, x, y, 4, rows, mode); return;
    default: NAME(pick_rows)(of, x, y, (int)of->axis.taps, rows, mode);
    }
}

static void NAME(picked)(const struct sigr_across *of, const void *const *x, void *const *y, int rows)
{
    for (; rows > 0; rows -= SIGR_ROWS, x += SIGR_ROWS, y += SIGR_ROWS) {
        const int whole = rows >= SIGR_ROWS, several = whole ? 1 : rows;
        for (int r = 0; r < several; r++) {
            switch (of->mode + (whole ? 8 : 0)) {
            case SIGR_ONE: NAME(pick_taps)(of, x + r, y + r, 1, SIGR_ONE); break;
            case SIGR_TWO: NAME(pick_taps)(of, x + r, y + r, 1, SIGR_TWO); break;
            case SIGR_MOVING: NAME(pick_taps)(of, x + r, y + r, 1, SIGR_MOVING); break;
            case SIGR_ONE + 8: NAME(pick_taps)(of, x, y, SIGR_ROWS, SIGR_ONE); break;
            case SIGR_TWO + 8: NAME(pick_taps)(of, x, y, SIGR_ROWS, SIGR_TWO); break;
            default: NAME(pick_taps)(of, x, y, SIGR_ROWS, SIGR_MOVING);
            }
        }
    }
}

static void NAME(copied)(const struct sigr_across *of, const char *x, char *y, intptr_t soon)
{
    const PLACE *at = of->at;
    for (const struct sigr_block *block = of->block; block < of->block + of->blocks; block++, at += LANES) {
        const VECTOR u = *(const VECTOR *)((const UNIT *)x + block->at);
        const VECTOR v = *(const VECTOR *)((const UNIT *)x + block->second);
        const VECTOR made = __builtin_shuffle(u, v, *(const PLACES *)at);
        if (soon) sigr_soon((const UNIT *)y + block->first, soon);
        if (block->live == LANES)
            *(VECTOR *)((UNIT *)y + block->first) = made;
        else
            memcpy((UNIT *)y + block->first, &made, block->live * sizeof(UNIT));
    }
}
#else
static void NAME(copied)(const struct sigr_across *of, const char *x, char *y, intptr_t soon)
{
    (void)of, (void)x, (void)y, (void)soon;
}
static void NAME(fill_picks)(struct sigr_across *of, char *room) { (void)of, (void)room; }
static void NAME(picked)(const struct sigr_across *of, const void *const *x, void *const *y, int rows)
{
    (void)of, (void)x, (void)y, (void)rows;
}
#endif

/* ---- Along rows, a lane being a row -------------------------------------------------------------------- */

/* The terms of each output: how far from its block's first sample, in samples, and the weight. */
static void NAME(fill_terms)(struct sigr_across *of, char *room)
{
    const intptr_t out = of->axis.out, taps = of->axis.taps;
    intptr_t k = 0, j = 0;
    UNIT *w;
    of->begin = (intptr_t *)room, room += SIGR_UP((out + 1) * sizeof(intptr_t));
    of->far = (intptr_t *)room, room += SIGR_UP(out * taps * sizeof(intptr_t));
    of->w = w = (UNIT *)room;
    while (j < out) {
        const intptr_t end = sigr_together(of, j), first = of->axis.starts[j];
        for (; j < end; j++) {
            of->begin[j] = k;
            for (intptr_t t = 0; t < taps; t++) {
                w[k] = (UNIT)of->axis.weights[j * taps + t];
                of->far[k] = (of->axis.starts[j] - first + t) * of->C;
                k += w[k] != 0;
            }
        }
    }
    of->begin[out] = k;
}

static void NAME(by_rows)(const struct sigr_across *of, const void *const *x, void *const *y, int rows, char *room)
{
    const intptr_t C = of->C;
    const UNIT *w = of->w;
    for (intptr_t j = 0, end; j < of->axis.out; j = end) {
        const intptr_t first = of->axis.starts[j] * C;
        end = sigr_together(of, j);
#if VEC_BYTES > 0 && WORDS_OF > 0
        const intptr_t samples = (of->axis.starts[end - 1] + of->axis.taps) * C - first, made = (end - j) * C;
        VECTOR *in = (VECTOR *)room, *out = in + of->wide;
        char *line[LANES];
        for (int r = 0; r < LANES; r++) line[r] = (char *)((const UNIT *)x[r < rows ? r : rows - 1] + first);
        if (samples >= LANES)
            sigr_gather(line, (char *)in, VEC_BYTES, samples, WORDS_OF);
        else
            for (intptr_t k = 0; k < samples; k++)
                for (int r = 0; r < LANES; r++) ((UNIT *)(in + k))[r] = ((const UNIT *)line[r])[k];
        for (intptr_t i = j; i < end; i++) {
            for (intptr_t c = 0; c < C; c++) {
                VECTOR sum = ZERO_OF;
                for (intptr_t k = of->begin[i]; k < of->begin[i + 1]; k++) sum = sum + w[k] * in[of->far[k] + c];
                out[(i - j) * C + c] = sum;
            }
        }
        for (int r = 0; r < LANES; r++) line[r] = (char *)((UNIT *)y[r < rows ? r : rows - 1] + j * C);
        if (made >= LANES)
            sigr_scatter(line, rows, (char *)out, VEC_BYTES, made, WORDS_OF);
        else
            for (intptr_t k = 0; k < made; k++)
                for (int r = 0; r < rows; r++) ((UNIT *)line[r])[k] = ((const UNIT *)(out + k))[r];
#else
        (void)room;
        for (int r = 0; r < rows; r++) {
            for (intptr_t i = j; i < end; i++) {
                for (intptr_t c = 0; c < C; c++) {
                    UNIT sum = 0;
                    for (intptr_t k = of->begin[i]; k < of->begin[i + 1]; k++)
                        sum = ADD(sum, w[k], ((const UNIT *)x[r])[first + of->far[k] + c]);
                    ((UNIT *)y[r])[i * C + c] = sum;
                }
            }
        }
#endif
    }
}

#undef SUM_AT
#undef LANES
#undef UNIT
#undef VECTOR
#undef PLACE
#undef PLACES
#undef WORDS_OF
#undef ZERO_OF
#undef MINUS_ZERO
#undef ADD
#undef NAME
