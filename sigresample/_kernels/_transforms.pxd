"""Complex transforms of n vectors: the values of a polynomial z of degree n - 1 at the n roots of x^n = c.

    node (n, c), radix r, n = r·m, b = c^(1/r):    z mod (x^n - c)  →  r polynomials mod (x^m - b·w^k),  w = exp(2πi/r)
    child k:    z'[k·m + j] = sum_q z[j + q·m] b^q w^(q·k)                 j = 0 … m - 1,  q = 0 … r - 1

The r - 1 twiddles b^q are the same for a whole node, which keeps them in registers. A product of two polynomials mod
(x^n - c) is the product of their values at each point, and the way back is the mirror image; it returns n times the
polynomial. No order of the points is better than the one in which the tree leaves them, so that nothing is reversed.
c = 1 gives the cyclic convolution. c = i gives the one of 2n reals whose wrapped part comes back negated, by
z[j] = x[j] + i·x[j + n]: two halves of one real block ride together, and need no untangling.

Each node finishes before the next one begins, so that short transforms stay in the first-level cache. Radices: 3 and 5
first, then 4, and one 2 of eight points where there is one to be taken (_transform_tables.py makes the twiddles in the
same order: a node's, then those of each of its children). n is 4·2^a·{1, 3, 5, 9, 15}.

A point is a run of vectors, at re + i·pitch and im + i·pitch: one vector of a row's transform, a whole row of a plane's
transform down its columns.
"""
from ._types cimport KEEP, real, vdouble, vfloat, vreal


cdef inline Py_ssize_t radix(Py_ssize_t n) noexcept nogil:
    """The radix of the first pass over n points."""
    if n & (n - 1):
        return 3 if n % 3 == 0 else 5
    return 2 if n == 8 else 4


# ---- Butterflies: of the points that are held in registers ----------------------------------------------

cdef inline void _turn(vreal* ar, vreal* ai, real wr, real wi) noexcept nogil:
    cdef vreal t
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        t = wr * ar[0] - wi * ai[0]
        ai[0] = wr * ai[0] + wi * ar[0]
        ar[0] = t


cdef inline void _four(vreal* ar, vreal* ai, vreal* br, vreal* bi, vreal* cr, vreal* ci, vreal* dr, vreal* di,
                       vreal zero) noexcept nogil:
    """Four values at 1, i, -1, -i."""
    cdef vreal sr = ar[0] + cr[0], si = ai[0] + ci[0], tr = ar[0] - cr[0], ti = ai[0] - ci[0]
    cdef vreal ur = br[0] + dr[0], ui = bi[0] + di[0], vr = br[0] - dr[0], vi = bi[0] - di[0]
    ar[0], ai[0] = sr + ur, si + ui
    br[0], bi[0] = tr - vi, ti + vr
    cr[0], ci[0] = sr - ur, si - ui
    dr[0], di[0] = tr + vi, ti - vr


cdef inline void _split4(const vreal* re, const vreal* im, const real* w, Py_ssize_t s, vreal* ar, vreal* ai,
                         vreal* br, vreal* bi, vreal* cr, vreal* ci, vreal* dr, vreal* di, vreal zero) noexcept nogil:
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        ar[0], ai[0] = re[0], im[0]
        br[0], bi[0] = re[s], im[s]
        cr[0], ci[0] = re[2 * s], im[2 * s]
        dr[0], di[0] = re[3 * s], im[3 * s]
        KEEP(ar[0])
        KEEP(ai[0])
        KEEP(br[0])
        KEEP(bi[0])
        KEEP(cr[0])
        KEEP(ci[0])
        KEEP(dr[0])
        KEEP(di[0])
        _turn(br, bi, w[0], w[1])
        _turn(cr, ci, w[2], w[3])
        _turn(dr, di, w[4], w[5])
        _four(ar, ai, br, bi, cr, ci, dr, di, zero)


cdef inline void _join4(vreal* re, vreal* im, const real* w, Py_ssize_t s, vreal* ar, vreal* ai,
                        vreal* br, vreal* bi, vreal* cr, vreal* ci, vreal* dr, vreal* di, vreal zero) noexcept nogil:
    """The way back; four points at 1, -i, -1, i are those at 1, i, -1, -i with the second and fourth exchanged."""
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        _four(ar, ai, br, bi, cr, ci, dr, di, zero)
        _turn(dr, di, w[0], -w[1])
        _turn(cr, ci, w[2], -w[3])
        _turn(br, bi, w[4], -w[5])
        re[0], im[0] = ar[0], ai[0]
        re[s], im[s] = dr[0], di[0]
        re[2 * s], im[2 * s] = cr[0], ci[0]
        re[3 * s], im[3 * s] = br[0], bi[0]


cdef inline void _three(vreal* ar, vreal* ai, vreal* br, vreal* bi, vreal* cr, vreal* ci, real h,
                        vreal zero) noexcept nogil:
    """Three values at the cube roots of one; h = sin(2π/3), or its negative for the conjugate roots."""
    cdef vreal sr, si, tr, ti, dr, di
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        sr, si = br[0] + cr[0], bi[0] + ci[0]
        dr, di = br[0] - cr[0], bi[0] - ci[0]
        tr, ti = ar[0] - <real>0.5 * sr, ai[0] - <real>0.5 * si
        ar[0], ai[0] = ar[0] + sr, ai[0] + si
        br[0], bi[0] = tr - h * di, ti + h * dr
        cr[0], ci[0] = tr + h * di, ti - h * dr


cdef inline void _five(vreal* ar, vreal* ai, vreal* br, vreal* bi, vreal* cr, vreal* ci, vreal* dr, vreal* di,
                       vreal* er, vreal* ei, real s1, real s2, vreal zero) noexcept nogil:
    """Five values at the fifth roots of one; s1, s2: the sines of one and two fifths, negated for the conjugates."""
    cdef real c1 = <real>0.30901699437494742410, c2 = <real>-0.80901699437494742410
    cdef vreal pr, pi, qr, qi, ur, ui, vr, vi, tr, ti, sr, si, xr, xi, yr, yi
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        pr, pi = br[0] + er[0], bi[0] + ei[0]
        qr, qi = br[0] - er[0], bi[0] - ei[0]
        ur, ui = cr[0] + dr[0], ci[0] + di[0]
        vr, vi = cr[0] - dr[0], ci[0] - di[0]
        tr, ti = ar[0] + c1 * pr + c2 * ur, ai[0] + c1 * pi + c2 * ui
        sr, si = ar[0] + c2 * pr + c1 * ur, ai[0] + c2 * pi + c1 * ui
        xr, xi = s1 * qr + s2 * vr, s1 * qi + s2 * vi
        yr, yi = s2 * qr - s1 * vr, s2 * qi - s1 * vi
        ar[0], ai[0] = ar[0] + (pr + ur), ai[0] + (pi + ui)
        br[0], bi[0] = tr - xi, ti + xr
        er[0], ei[0] = tr + xi, ti - xr
        cr[0], ci[0] = sr - yi, si + yr
        dr[0], di[0] = sr + yi, si - yr


# ---- Passes: `count` butterflies whose points are `step` vectors apart, all under one node's twiddles ------

cdef inline void _forward4(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t j, _
    cdef vreal ar, ai, br, bi, cr, ci, dr, di
    cdef real v[6]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(6):
            v[j] = w[j]     # which no store to re may be thought to change
        for _ in range(count):
            _split4(re, im, v, s, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)
            re[0], im[0] = ar, ai
            re[s], im[s] = br, bi
            re[2 * s], im[2 * s] = cr, ci
            re[3 * s], im[3 * s] = dr, di
            re += step
            im += step


cdef inline void _inverse4(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t j, _
    cdef vreal ar, ai, br, bi, cr, ci, dr, di
    cdef real v[6]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(6):
            v[j] = w[j]
        for _ in range(count):
            ar, ai = re[0], im[0]
            br, bi = re[s], im[s]
            cr, ci = re[2 * s], im[2 * s]
            dr, di = re[3 * s], im[3 * s]
            KEEP(ar)
            KEEP(ai)
            KEEP(br)
            KEEP(bi)
            KEEP(cr)
            KEEP(ci)
            KEEP(dr)
            KEEP(di)
            _join4(re, im, v, s, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)
            re += step
            im += step


cdef inline void _forward2(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t _
    cdef vreal ar, ai, br, bi
    cdef real wr = w[0], wi = w[1]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _ in range(count):
            ar, ai, br, bi = re[0], im[0], re[s], im[s]
            _turn(&br, &bi, wr, wi)
            re[0], im[0] = ar + br, ai + bi
            re[s], im[s] = ar - br, ai - bi
            re += step
            im += step


cdef inline void _inverse2(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t _
    cdef vreal ar, ai, br, bi
    cdef real wr = w[0], wi = w[1]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _ in range(count):
            ar, ai = re[0] + re[s], im[0] + im[s]
            br, bi = re[0] - re[s], im[0] - im[s]
            _turn(&br, &bi, wr, -wi)
            re[0], im[0], re[s], im[s] = ar, ai, br, bi
            re += step
            im += step


cdef inline void _forward3(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t _
    cdef vreal ar, ai, br, bi, cr, ci
    cdef real w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], h = <real>0.86602540378443864676
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _ in range(count):
            ar, ai, br, bi, cr, ci = re[0], im[0], re[s], im[s], re[2 * s], im[2 * s]
            KEEP(ar)
            KEEP(ai)
            KEEP(br)
            KEEP(bi)
            KEEP(cr)
            KEEP(ci)
            _turn(&br, &bi, w0, w1)
            _turn(&cr, &ci, w2, w3)
            _three(&ar, &ai, &br, &bi, &cr, &ci, h, zero)
            re[0], im[0], re[s], im[s], re[2 * s], im[2 * s] = ar, ai, br, bi, cr, ci
            re += step
            im += step


cdef inline void _inverse3(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t _
    cdef vreal ar, ai, br, bi, cr, ci
    cdef real w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], h = <real>-0.86602540378443864676
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _ in range(count):
            ar, ai, br, bi, cr, ci = re[0], im[0], re[s], im[s], re[2 * s], im[2 * s]
            KEEP(ar)
            KEEP(ai)
            KEEP(br)
            KEEP(bi)
            KEEP(cr)
            KEEP(ci)
            _three(&ar, &ai, &br, &bi, &cr, &ci, h, zero)
            _turn(&br, &bi, w0, -w1)
            _turn(&cr, &ci, w2, -w3)
            re[0], im[0], re[s], im[s], re[2 * s], im[2 * s] = ar, ai, br, bi, cr, ci
            re += step
            im += step


cdef inline void _forward5(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t j, _
    cdef vreal ar, ai, br, bi, cr, ci, dr, di, er, ei
    cdef real s1 = <real>0.95105651629515357212, s2 = <real>0.58778525229247312917
    cdef real v[8]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(8):
            v[j] = w[j]
        for _ in range(count):
            ar, ai, br, bi, cr, ci = re[0], im[0], re[s], im[s], re[2 * s], im[2 * s]
            dr, di, er, ei = re[3 * s], im[3 * s], re[4 * s], im[4 * s]
            _turn(&br, &bi, v[0], v[1])
            _turn(&cr, &ci, v[2], v[3])
            _turn(&dr, &di, v[4], v[5])
            _turn(&er, &ei, v[6], v[7])
            _five(&ar, &ai, &br, &bi, &cr, &ci, &dr, &di, &er, &ei, s1, s2, zero)
            re[0], im[0], re[s], im[s], re[2 * s], im[2 * s] = ar, ai, br, bi, cr, ci
            re[3 * s], im[3 * s], re[4 * s], im[4 * s] = dr, di, er, ei
            re += step
            im += step


cdef inline void _inverse5(vreal* re, vreal* im, const real* w, Py_ssize_t s, Py_ssize_t count, Py_ssize_t step,
                           vreal zero) noexcept nogil:
    cdef Py_ssize_t j, _
    cdef vreal ar, ai, br, bi, cr, ci, dr, di, er, ei
    cdef real s1 = <real>-0.95105651629515357212, s2 = <real>-0.58778525229247312917
    cdef real v[8]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(8):
            v[j] = w[j]
        for _ in range(count):
            ar, ai, br, bi, cr, ci = re[0], im[0], re[s], im[s], re[2 * s], im[2 * s]
            dr, di, er, ei = re[3 * s], im[3 * s], re[4 * s], im[4 * s]
            _five(&ar, &ai, &br, &bi, &cr, &ci, &dr, &di, &er, &ei, s1, s2, zero)
            _turn(&br, &bi, v[0], -v[1])
            _turn(&cr, &ci, v[2], -v[3])
            _turn(&dr, &di, v[4], -v[5])
            _turn(&er, &ei, v[6], -v[7])
            re[0], im[0], re[s], im[s], re[2 * s], im[2 * s] = ar, ai, br, bi, cr, ci
            re[3 * s], im[3 * s], re[4 * s], im[4 * s] = dr, di, er, ei
            re += step
            im += step


cdef inline void pass_over(vreal* re, vreal* im, const real* w, Py_ssize_t r, bint back, Py_ssize_t s,
                           Py_ssize_t count, Py_ssize_t step, vreal zero) noexcept nogil:
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if r == 4:
            if back:
                _inverse4(re, im, w, s, count, step, zero)
            else:
                _forward4(re, im, w, s, count, step, zero)
        elif r == 2:
            if back:
                _inverse2(re, im, w, s, count, step, zero)
            else:
                _forward2(re, im, w, s, count, step, zero)
        elif r == 3:
            if back:
                _inverse3(re, im, w, s, count, step, zero)
            else:
                _forward3(re, im, w, s, count, step, zero)
        else:
            if back:
                _inverse5(re, im, w, s, count, step, zero)
            else:
                _forward5(re, im, w, s, count, step, zero)


cdef inline void _node(vreal* re, vreal* im, const real* w, Py_ssize_t r, bint back, Py_ssize_t m, Py_ssize_t pitch,
                       Py_ssize_t run, vreal zero) noexcept nogil:
    """One pass over a node of r·m points."""
    cdef Py_ssize_t j
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if run == 1:
            pass_over(re, im, w, r, back, m * pitch, m, pitch, zero)
        elif run == pitch:
            pass_over(re, im, w, r, back, m * pitch, m * run, 1, zero)
        else:
            for j in range(m):
                pass_over(re + j * pitch, im + j * pitch, w, r, back, m * pitch, run, 1, zero)


# ---- Transforms -----------------------------------------------------------------------------------------

cdef inline void forward(vreal* re, vreal* im, const real* w, Py_ssize_t n, Py_ssize_t pitch, Py_ssize_t run,
                         vreal zero) noexcept nogil:
    """The values at the n points; w: the twiddles of the tree below."""
    cdef Py_ssize_t r = radix(n), m = n // r, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        _node(re, im, w, r, False, m, pitch, run, zero)
        if m > 1:
            w += 2 * (r - 1)
            for k in range(r):
                forward(re + k * m * pitch, im + k * m * pitch, w + k * 2 * (m - 1), m, pitch, run, zero)


cdef inline void inverse(vreal* re, vreal* im, const real* w, Py_ssize_t n, Py_ssize_t pitch, Py_ssize_t run,
                         vreal zero) noexcept nogil:
    """n times the polynomial that has these values."""
    cdef Py_ssize_t r = radix(n), m = n // r, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if m > 1:
            for k in range(r):
                inverse(re + k * m * pitch, im + k * m * pitch, w + 2 * (r - 1 + k * (m - 1)), m, pitch, run, zero)
        _node(re, im, w, r, True, m, pitch, run, zero)


cdef inline void _centre(vreal* re, vreal* im, const real* w, const real* h, Py_ssize_t pitch, Py_ssize_t run,
                         vreal zero) noexcept nogil:
    """Four points, down to their values, times the spectrum, and back."""
    cdef Py_ssize_t r
    cdef vreal ar, ai, br, bi, cr, ci, dr, di
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for r in range(run):
            _split4(re + r, im + r, w, pitch, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)
            _turn(&ar, &ai, h[0], h[1])
            _turn(&br, &bi, h[2], h[3])
            _turn(&cr, &ci, h[4], h[5])
            _turn(&dr, &di, h[6], h[7])
            _join4(re + r, im + r, w, pitch, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)


cdef inline void circular(vreal* re, vreal* im, const real* w, const real* h, Py_ssize_t n, Py_ssize_t pitch,
                          Py_ssize_t run, vreal zero) noexcept nogil:
    """The product mod (x^n - c) with the polynomial whose values, over n, are the pairs h: one a point, for all lanes.

    A node goes down, through all of its children, and back before its neighbour begins.
    """
    cdef Py_ssize_t r, m, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n == 4:
            _centre(re, im, w, h, pitch, run, zero)
            return
        r = radix(n)
        m = n // r
        _node(re, im, w, r, False, m, pitch, run, zero)
        for k in range(r):
            circular(re + k * m * pitch, im + k * m * pitch, w + 2 * (r - 1 + k * (m - 1)), h + 2 * k * m, m, pitch,
                     run, zero)
        _node(re, im, w, r, True, m, pitch, run, zero)


cdef inline void _centre_of_columns(vreal* re, vreal* im, const real* w, const vreal* hr, const vreal* hi,
                                    Py_ssize_t pitch, Py_ssize_t run, Py_ssize_t h_pitch, vreal zero) noexcept nogil:
    cdef Py_ssize_t r
    cdef vreal ar, ai, br, bi, cr, ci, dr, di
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for r in range(run):
            _split4(re + r, im + r, w, pitch, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)
            _times(&ar, &ai, hr[r], hi[r])
            _times(&br, &bi, hr[r + h_pitch], hi[r + h_pitch])
            _times(&cr, &ci, hr[r + 2 * h_pitch], hi[r + 2 * h_pitch])
            _times(&dr, &di, hr[r + 3 * h_pitch], hi[r + 3 * h_pitch])
            _join4(re + r, im + r, w, pitch, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)


cdef inline void _times(vreal* ar, vreal* ai, vreal hr, vreal hi) noexcept nogil:
    cdef vreal t = hr * ar[0] - hi * ai[0]
    ai[0] = hr * ai[0] + hi * ar[0]
    ar[0] = t


cdef inline void circular_columns(vreal* re, vreal* im, const real* w, const vreal* hr, const vreal* hi, Py_ssize_t n,
                                  Py_ssize_t pitch, Py_ssize_t run, Py_ssize_t h_pitch, vreal zero) noexcept nogil:
    """The same where every lane of every run has a spectrum of its own: `run` vectors a point, h_pitch apart."""
    cdef Py_ssize_t r, m, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n == 4:
            _centre_of_columns(re, im, w, hr, hi, pitch, run, h_pitch, zero)
            return
        r = radix(n)
        m = n // r
        _node(re, im, w, r, False, m, pitch, run, zero)
        for k in range(r):
            circular_columns(re + k * m * pitch, im + k * m * pitch, w + 2 * (r - 1 + k * (m - 1)),
                             hr + k * m * h_pitch, hi + k * m * h_pitch, m, pitch, run, h_pitch, zero)
        _node(re, im, w, r, True, m, pitch, run, zero)
