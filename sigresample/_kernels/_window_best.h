/* Rows of maxima with where they are, of one type; _window_rows.h includes this once for each.
 *
 * Given: T the type, V its vector, U an unsigned integer of its size, W its vector, MASK what comparisons of vectors
 * give, NAME(f) a name of its own for f, LANE(f) that of a lane's, LEAST the value that none is less than. A later sample wins where it is larger, or NaN: so the first of equals
 * stays, and the last NaN.
 */

#define L ((intptr_t)(sizeof(V) / sizeof(T)))
#define AT(p) (*(const V *)(p))
#define PLACE(p) (*(const W *)(p))

/* best[j], place[j] = the largest of from[at[t] + j], t < taps, and its column column[j] + t · step; `first` is the
 * column where nothing wins over LEAST. Whole vectors are written. */
SIGR_INLINE void NAME(across_of)(const T *from, const intptr_t *at, intptr_t taps, intptr_t step, const U *column,
                                 const U *first, intptr_t n, T *best, U *place)
{
    const V least = LANE(all)(LEAST);
    for (intptr_t j = 0; j < n; j += L) {
        V a = least;
        W w = PLACE(first + j), now = PLACE(column + j);
        for (intptr_t t = 0; t < taps; t++) {
            const V v = AT(from + at[t] + j);
            const MASK m = LANE(beats)(a, v);
            a = LANE(take)(m, a, v);
            w = LANE(note)(m, w, now);
            now = now + LANE(all_at)((U)step);
        }
        *(V *)(best + j) = a;
        *(W *)(place + j) = w;
    }
}

static void NAME(across)(const char *from, const intptr_t *at, intptr_t taps, intptr_t step, const char *column,
                         const char *first, intptr_t n, char *best, char *place)
{
    if (taps == 3 && step == 1)
        NAME(across_of)((const T *)from, at, 3, 1, (const U *)column, (const U *)first, n, (T *)best, (U *)place);
    else
        NAME(across_of)((const T *)from, at, taps, step, (const U *)column, (const U *)first, n, (T *)best, (U *)place);
}

/* The same of windows from low[j] to high[j] - 1, of which none is empty. */
static void NAME(ragged_across)(const char *from_, const int64_t *bounds, intptr_t n, char *best, char *place)
{
    const T *from = (const T *)from_;
    for (intptr_t j = 0; j < n; j++) {
        intptr_t where = bounds[2 * j];
        T a = from[where];
        for (intptr_t i = where + 1; i < bounds[2 * j + 1]; i++)
            if ((from[i] > a) | (from[i] != from[i])) a = from[where = i];
        ((T *)best)[j] = a;
        ((U *)place)[j] = (U)where;
    }
}

/* The largest of some rows, and where it is in the plane: rows[p] begin at bases[p] there. */
static void NAME(down)(const char *const *rows, const char *const *places, const int64_t *bases, intptr_t count,
                       intptr_t n, char *to_, int64_t *indices)
{
    T *to = (T *)to_;
    for (intptr_t j = 0; j < n; j += L) {
        if (j + L > n && n >= L) j = n - L;
        V a = AT((const T *)rows[0] + j);
        W w = PLACE((const U *)places[0] + j) + LANE(all_at)((U)bases[0]);
        for (intptr_t p = 1; p < count; p++) {
            const V v = AT((const T *)rows[p] + j);
            const MASK m = LANE(beats)(a, v);
            a = LANE(take)(m, a, v);
            w = LANE(note)(m, w, PLACE((const U *)places[p] + j) + LANE(all_at)((U)bases[p]));
        }
        U wide[sizeof(V) / sizeof(T)];
        memcpy(wide, &w, sizeof w);
        if (n >= L) {
            *(V *)(to + j) = a;
            for (intptr_t i = 0; i < L; i++) indices[j + i] = wide[i];
        } else {
            memcpy(to, &a, n * sizeof(T));
            for (intptr_t i = 0; i < n; i++) indices[i] = wide[i];
        }
    }
}

static const sigr_best NAME(rows) = {NAME(across), NAME(ragged_across), NAME(down)};

#undef L
#undef AT
#undef PLACE
