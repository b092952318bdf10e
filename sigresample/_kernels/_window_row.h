/* Rows of windows of one type and one operation ∘; _window_rows.h includes this once for each.
 *
 * Given: T the type, V its vector, NAME(f) a name of its own for f, LANE(f) that of a lane's, JOIN(a, b) = a ∘ b of
 * vectors and ONE(a, b) of scalars, NEUTRAL with a ∘ NEUTRAL = a, END(v, by, kind, j) and END_ONE(v, by, j) what is
 * done to results at column j at last.
 *
 * A row is written to its end and no further: its last vector begins earlier and writes some results again, which is
 * why no function here may write over what it reads. Rows shorter than a vector go one by one.
 */

#define L ((intptr_t)(sizeof(V) / sizeof(T)))
#define AT(p) (*(const V *)(p))

static void NAME(fill)(char *to_, intptr_t n)
{
    T *to = (T *)to_;
    for (intptr_t j = 0; j < n; j++) to[j] = NEUTRAL;
}

/* n >= L; of few rows, so that all their addresses stay in registers. */
SIGR_INLINE void NAME(fold_few)(const T *const *rows, int count, intptr_t n, T *to)
{
    const T *x = rows[0], *y = rows[count > 1 ? 1 : 0], *z = rows[count > 2 ? 2 : 0];
    for (intptr_t j = 0; j < n; j += L) {
        if (j + L > n) j = n - L;
        V a = AT(x + j);
        if (count > 1) a = JOIN(a, AT(y + j));
        if (count > 2) a = JOIN(a, AT(z + j));
        *(V *)(to + j) = a;
    }
}

static void NAME(fold)(const char *const *rows_, intptr_t count, intptr_t n, char *to_)
{
    const T *const *rows = (const T *const *)rows_;
    T *to = (T *)to_;
    intptr_t j = 0;
    if (n < L) {
        for (; j < n; j++) {
            T a = rows[0][j];
            for (intptr_t p = 1; p < count; p++) a = ONE(a, rows[p][j]);
            to[j] = a;
        }
        return;
    }
    switch (count) {
    case 1: NAME(fold_few)(rows, 1, n, to); return;
    case 2: NAME(fold_few)(rows, 2, n, to); return;
    case 3: NAME(fold_few)(rows, 3, n, to); return;
    }
    for (; j < n; j += 4 * L) {
        if (j + 4 * L > n) {
            if (n < 4 * L) break;
            j = n - 4 * L;
        }
        const T *x = rows[0] + j;
        V a = AT(x), b = AT(x + L), c = AT(x + 2 * L), d = AT(x + 3 * L);
        for (intptr_t p = 1; p < count; p++) {
            x = rows[p] + j;
            a = JOIN(a, AT(x));
            b = JOIN(b, AT(x + L));
            c = JOIN(c, AT(x + 2 * L));
            d = JOIN(d, AT(x + 3 * L));
        }
        *(V *)(to + j) = a;
        *(V *)(to + j + L) = b;
        *(V *)(to + j + 2 * L) = c;
        *(V *)(to + j + 3 * L) = d;
    }
    for (; j < n; j += L) {
        if (j + L > n) j = n - L;
        V a = AT(rows[0] + j);
        for (intptr_t p = 1; p < count; p++) a = JOIN(a, AT(rows[p] + j));
        *(V *)(to + j) = a;
    }
}

SIGR_INLINE void NAME(pairs_of)(const T *const *rows, intptr_t count, intptr_t n, T *to, const sigr_divisor *by,
                                int kind)
{
    for (intptr_t j = 0; j < n; j += L) {
        if (j + L > n) j = n - L;
        V a = AT(rows[0] + 2 * j), b = AT(rows[0] + 2 * j + L);
        for (intptr_t p = 1; p < count; p++) {
            a = JOIN(a, AT(rows[p] + 2 * j));
            b = JOIN(b, AT(rows[p] + 2 * j + L));
        }
        a = JOIN(LANE(evens)(a, b), LANE(odds)(a, b));
        *(V *)(to + j) = END(a, by, kind, j);
    }
}

static void NAME(pairs)(const char *const *rows_, intptr_t count, intptr_t n, char *to, const sigr_divisor *by)
{
    const T *const *rows = (const T *const *)rows_;
    if (count == 2 && by->kind == SIGR_WHOLE) NAME(pairs_of)(rows, 2, n, (T *)to, by, SIGR_WHOLE);
    else if (count == 2 && by->kind == SIGR_TIMES) NAME(pairs_of)(rows, 2, n, (T *)to, by, SIGR_TIMES);
    else NAME(pairs_of)(rows, count, n, (T *)to, by, by->kind);
}

SIGR_INLINE V NAME(joined)(const T *from, const intptr_t *at, intptr_t taps)
{
    V a = AT(from + at[0]);
    for (intptr_t t = 1; t < taps; t++) a = JOIN(a, AT(from + at[t]));
    return a;
}

SIGR_INLINE void NAME(cross_of)(const T *from, const intptr_t *at, intptr_t taps, intptr_t n, T *to,
                                const sigr_divisor *by, int kind)
{
    intptr_t j = 0;
    if (n < L) {
        const V a = END(NAME(joined)(from, at, taps), by, kind, 0);
        memcpy(to, &a, n * sizeof(T));
        return;
    }
    for (; taps > 3 && j + 4 * L <= n; j += 4 * L) {
        const T *x = from + at[0] + j;
        V a = AT(x), b = AT(x + L), c = AT(x + 2 * L), d = AT(x + 3 * L);
        for (intptr_t t = 1; t < taps; t++) {
            x = from + at[t] + j;
            a = JOIN(a, AT(x));
            b = JOIN(b, AT(x + L));
            c = JOIN(c, AT(x + 2 * L));
            d = JOIN(d, AT(x + 3 * L));
        }
        *(V *)(to + j) = END(a, by, kind, j);
        *(V *)(to + j + L) = END(b, by, kind, j + L);
        *(V *)(to + j + 2 * L) = END(c, by, kind, j + 2 * L);
        *(V *)(to + j + 3 * L) = END(d, by, kind, j + 3 * L);
    }
    for (; j < n; j += L) {
        if (j + L > n) j = n - L;
        *(V *)(to + j) = END(NAME(joined)(from + j, at, taps), by, kind, j);
    }
}

static void NAME(cross)(const char *from_, const intptr_t *at, intptr_t taps, intptr_t n, char *to_,
                        const sigr_divisor *by)
{
    const T *from = (const T *)from_;
    T *to = (T *)to_;
    const intptr_t few[3] = {at[0], at[taps > 1 ? 1 : 0], at[taps > 2 ? 2 : 0]};
    if (taps == 2) NAME(cross_of)(from, few, 2, n, to, by, by->kind);
    else if (taps == 3 && by->kind == SIGR_OVER) NAME(cross_of)(from, few, 3, n, to, by, SIGR_OVER);
    else if (taps == 3) NAME(cross_of)(from, few, 3, n, to, by, by->kind);
    else NAME(cross_of)(from, at, taps, n, to, by, by->kind);
}

/* Windows of `step` samples side by side, of 4, 5, 8, 15 or 16, from smaller ones:
 *
 *     2 = 1 + 1,  4 = 2 + 2,  5 = 4 + 1,  8 = 4 + 4,  15 = 5 + 5 + 5,  16 = 8 + 8
 *
 * in this order at every level. All in one pass where a few vectors reach far enough, and one pass each elsewhere. */
#if REACHES
#define AFTER(a, b, s) SIGR_EVERY_OTHER(SIGR_GLUED(wint, BITS), a, b, SIGR_GLUED(SIGR_RUN_, REACHES)(s))
SIGR_INLINE void NAME(grow_to)(const T *x, int step, intptr_t n, T *to)
{
    intptr_t j = (n + L - 1) / L * L + 2 * L;
    V one = AT(x + j), two = one, four = one, five = one, farther = one, eight = one;
    /* The first results are of samples that are not there yet: these go beyond the end. */
    for (j -= L; j >= 0; j -= L) {
        const V a = AT(x + j), b = JOIN(a, AFTER(a, one, 1)), c = JOIN(b, AFTER(b, two, 2));
        V made = c;
        if (step % 5 == 0) {
            const V d = made = JOIN(c, AFTER(a, one, 4));
            if (step == 15) {
#if REACHES == 8
                const V far = AFTER(five, farther, 2);
#else
                const V far = AFTER(d, five, 10);
#endif
                made = JOIN(JOIN(d, AFTER(d, five, 5)), far);
                farther = five;
                five = d;
            }
        } else if (step > 4) {
            const V d = made = JOIN(c, AFTER(c, four, 4));
            if (step == 16) {
                made = JOIN(d, AFTER(d, eight, 8));
                eight = d;
            }
        }
        one = a;
        two = b;
        four = c;
        if (j < n) *(V *)(to + j) = made;
    }
}
#undef AFTER
#else
SIGR_INLINE void NAME(grow_by)(const T *from, const T *other, intptr_t s, intptr_t n, T *to)
{
    for (intptr_t j = 0; j < n; j += L) *(V *)(to + j) = JOIN(AT(from + j), AT(other + j + s));
}

SIGR_INLINE void NAME(grow_to)(const T *x, int step, intptr_t n, T *to)
{
    NAME(grow_by)(x, x, 1, n + step - 2, to);
    NAME(grow_by)(to, to, 2, n + step - 4, to);
    if (step % 5 == 0) NAME(grow_by)(to, x, 4, n + step - 5, to);
    else if (step > 4) NAME(grow_by)(to, to, 4, n + step - 8, to);
    if (step == 16) NAME(grow_by)(to, to, 8, n, to);
    if (step == 15)
        for (intptr_t j = 0; j < n; j += L)
            *(V *)(to + j) = JOIN(JOIN(AT(to + j), AT(to + j + 5)), AT(to + j + 10));
}
#endif

static void NAME(grow)(const char *x_, intptr_t step, intptr_t n, char *to_)
{
    const T *x = (const T *)x_;
    T *to = (T *)to_;
    switch (step) {
    case 4: NAME(grow_to)(x, 4, n, to); return;
    case 5: NAME(grow_to)(x, 5, n, to); return;
    case 8: NAME(grow_to)(x, 8, n, to); return;
    case 15: NAME(grow_to)(x, 15, n, to); return;
    case 16: NAME(grow_to)(x, 16, n, to); return;
    }
}

/* Windows of `length` samples, each a step of `step` >= L from the next: the axis is cut into blocks of a window's
 * length, so that a window is the end of a block and the beginning of the next. `after` has what follows in the block
 * with its own sample, `before` what precedes in it; they and x hold n + length · step samples and a vector. */
static void NAME(chain)(const char *x_, char *after_, char *before_, intptr_t step, intptr_t length, intptr_t n,
                        char *to_)
{
    const T *x = (const T *)x_;
    T *after = (T *)after_, *before = (T *)before_, *to = (T *)to_;
    const intptr_t groups = (n + step - 1) / step;
    for (intptr_t g = groups + length - 1; g >= 0; g--) {
        const intptr_t place = g % length;
        for (intptr_t j = g * step; j < (g + 1) * step; j += L) {
            V a = AT(x + j);
            if (place < length - 1 && g < groups + length - 1) a = JOIN(a, AT(after + j + step));
            *(V *)(after + j) = a;
        }
    }
    for (intptr_t g = 1; g < groups + length; g++) {
        const intptr_t place = g % length;
        if (!place) continue;
        for (intptr_t j = g * step; j < (g + 1) * step; j += L) {
            V a = AT(x + j - step);
            if (place > 1) a = JOIN(AT(before + j - step), a);
            *(V *)(before + j) = a;
        }
    }
    for (intptr_t g = 0; g < groups; g++)
        for (intptr_t j = g * step; j < (g + 1) * step; j += L) {
            V a = AT(after + j);
            if (g % length) a = JOIN(a, AT(before + j + length * step));
            *(V *)(to + j) = a;
        }
}

/* Windows from low[j] to high[j] - 1; where there are none, NEUTRAL. */
static void NAME(ragged)(const char *from_, const int64_t *bounds, intptr_t n, char *to_, const sigr_divisor *by)
{
    const T *from = (const T *)from_;
    T *to = (T *)to_;
    for (intptr_t j = 0; j < n; j++) {
        const intptr_t low = bounds[2 * j], high = bounds[2 * j + 1];
        T a = low < high ? from[low] : NEUTRAL;
        for (intptr_t i = low + 1; i < high; i++) a = ONE(a, from[i]);
        to[j] = END_ONE(a, by, j);
    }
}

/* Sample i of n → column c = left + i → to[c % stride · pitch + c / stride], where that is one of `parts` rows. */
static void NAME(split)(const char *from_, intptr_t n, intptr_t left, intptr_t stride, intptr_t parts, intptr_t pitch,
                        char *to_)
{
    const T *from = (const T *)from_;
    T *to = (T *)to_;
    if (stride == 2) {
        T *even = to + (left & 1) * pitch + left / 2, *odd = to + (~left & 1) * pitch + (left + 1) / 2;
        const intptr_t pairs = n / 2;
        if (parts < 2) (left & 1) ? (even = NULL) : (odd = NULL);
        intptr_t k = 0;
        for (; pairs >= L && k < pairs; k += L) {
            if (k + L > pairs) k = pairs - L;
            const V a = AT(from + 2 * k), b = AT(from + 2 * k + L);
            if (even) *(V *)(even + k) = LANE(evens)(a, b);
            if (odd) *(V *)(odd + k) = LANE(odds)(a, b);
        }
        for (k = pairs >= L ? pairs : 0; 2 * k < n; k++) {
            if (even) even[k] = from[2 * k];
            if (odd && 2 * k + 1 < n) odd[k] = from[2 * k + 1];
        }
        return;
    }
    for (intptr_t r = 0; r < parts; r++) {
        const intptr_t begin = left > r ? (left - r + stride - 1) / stride : 0;
        T *part = to + r * pitch;
        for (intptr_t k = begin; k * stride + r < left + n; k++) part[k] = from[k * stride + r - left];
    }
}

static const sigr_window NAME(rows) = {
    NAME(fill), NAME(fold), NAME(pairs), NAME(cross), NAME(grow), NAME(chain), NAME(ragged), NAME(split), L,
};

#undef L
#undef AT
