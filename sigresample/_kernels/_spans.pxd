"""The inner loops of dense correlation: n output reals of up to four rows.

    out[r][at + j] (+)= sum_p sum_q  rows[r + p][start + j + q*step] * h[p, q]      j = 0 … n - 1

A lane is an output. Floats: accumulators of 4 rows × 3 vectors stay in registers and each vector of samples, once
loaded, feeds every row that it belongs to. They have names because an array of them depends on the compiler's
unrolling. Rows of samples outside v0 … v1 − 1 do not exist: their taps are left out.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from ._types cimport KEEP, ZERO_DOUBLE, ZERO_FLOAT, real, vdouble, vfloat, vreal

cdef struct Taps:
    const char* h
    const char* h_imag
    Py_ssize_t P, Q, step
    char kind               # f, d: floats; 1, 2, 4, 8: integers of so many bytes

# Signed integers are computed as unsigned ones of their width: the same bytes, and overflow is defined.
ctypedef fused integer:
    uint8_t
    uint16_t
    uint32_t
    uint64_t


cdef inline Py_ssize_t lanes(char kind) noexcept nogil:
    """Reals that a span must be a multiple of (or exceed, where it may step back)."""
    if kind == c"f":
        return sizeof(vfloat) // sizeof(float)
    if kind == c"d":
        return sizeof(vdouble) // sizeof(double)
    return 1


cdef inline void _into1(const real* x, const real* w, Py_ssize_t Q, Py_ssize_t step,
                        vreal* a0, vreal* a1, vreal* a2) noexcept nogil:
    """Add one row of samples, under one row of taps, to the three vectors of one output row."""
    cdef Py_ssize_t q
    cdef vreal x0, x1, x2
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for q in range(Q):
            x0, x1, x2 = (<const vreal*>x)[0], (<const vreal*>x)[1], (<const vreal*>x)[2]
            KEEP(x0)
            KEEP(x1)
            KEEP(x2)
            a0[0] = a0[0] + w[q] * x0
            a1[0] = a1[0] + w[q] * x1
            a2[0] = a2[0] + w[q] * x2
            x += step


cdef inline void _into2(const real* x, const real* w, Py_ssize_t Q, Py_ssize_t step,
                        vreal* a0, vreal* a1, vreal* a2, vreal* b0, vreal* b1, vreal* b2) noexcept nogil:
    """The same for two output rows: the lower one, b, is under the taps one row up."""
    cdef Py_ssize_t q
    cdef vreal x0, x1, x2
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for q in range(Q):
            x0, x1, x2 = (<const vreal*>x)[0], (<const vreal*>x)[1], (<const vreal*>x)[2]
            KEEP(x0)
            KEEP(x1)
            KEEP(x2)
            a0[0] = a0[0] + w[q] * x0
            a1[0] = a1[0] + w[q] * x1
            a2[0] = a2[0] + w[q] * x2
            b0[0] = b0[0] + w[q - Q] * x0
            b1[0] = b1[0] + w[q - Q] * x1
            b2[0] = b2[0] + w[q - Q] * x2
            x += step


cdef inline void _into3(const real* x, const real* w, Py_ssize_t Q, Py_ssize_t step, vreal* a0, vreal* a1, vreal* a2,
                        vreal* b0, vreal* b1, vreal* b2, vreal* c0, vreal* c1, vreal* c2) noexcept nogil:
    """The same for three output rows."""
    cdef Py_ssize_t q
    cdef vreal x0, x1, x2
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for q in range(Q):
            x0, x1, x2 = (<const vreal*>x)[0], (<const vreal*>x)[1], (<const vreal*>x)[2]
            KEEP(x0)
            KEEP(x1)
            KEEP(x2)
            a0[0] = a0[0] + w[q] * x0
            a1[0] = a1[0] + w[q] * x1
            a2[0] = a2[0] + w[q] * x2
            b0[0] = b0[0] + w[q - Q] * x0
            b1[0] = b1[0] + w[q - Q] * x1
            b2[0] = b2[0] + w[q - Q] * x2
            c0[0] = c0[0] + w[q - 2 * Q] * x0
            c1[0] = c1[0] + w[q - 2 * Q] * x1
            c2[0] = c2[0] + w[q - 2 * Q] * x2
            x += step


cdef inline vreal _row1(char** rows, Py_ssize_t lo, Py_ssize_t hi, const real* w, Py_ssize_t Q, Py_ssize_t step,
                        Py_ssize_t at, vreal a) noexcept nogil:
    """The same for one vector."""
    cdef Py_ssize_t p, q
    cdef const real* x
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for p in range(lo, hi):
            x = <const real*>rows[p] + at
            for q in range(Q):
                a = a + w[q] * (<const vreal*>x)[0]
                x += step
            w += Q
    return a


cdef inline void _tile4x3(const Taps* taps, char** rows, Py_ssize_t v0, Py_ssize_t v1, Py_ssize_t at, char** out,
                          Py_ssize_t to, bint add, const real* h, vreal zero) noexcept nogil:
    cdef Py_ssize_t P = taps.P, Q = taps.Q, step = taps.step, p, q, lo, hi
    cdef bint inner
    cdef const real* x
    cdef const real* w
    cdef vreal* y0
    cdef vreal* y1
    cdef vreal* y2
    cdef vreal* y3
    cdef vreal a00 = zero, a01 = zero, a02 = zero, a10 = zero, a11 = zero, a12 = zero
    cdef vreal a20 = zero, a21 = zero, a22 = zero, a30 = zero, a31 = zero, a32 = zero, x0, x1, x2
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        y0 = <vreal*>(<real*>out[0] + to)
        y1 = <vreal*>(<real*>out[1] + to)
        y2 = <vreal*>(<real*>out[2] + to)
        y3 = <vreal*>(<real*>out[3] + to)
        if add:
            a00, a01, a02 = y0[0], y0[1], y0[2]
            a10, a11, a12 = y1[0], y1[1], y1[2]
            a20, a21, a22 = y2[0], y2[1], y2[2]
            a30, a31, a32 = y3[0], y3[1], y3[2]
        # An inner tile of a filter of three rows or more: rows of samples that belong to one, two, three, four, three …
        # output rows follow each other, and no branch is to be guessed.
        inner = v0 == 0 and v1 == P + 3 and P > 2
        if inner:
            _into1(<const real*>rows[0] + at, h, Q, step, &a00, &a01, &a02)
            _into2(<const real*>rows[1] + at, h + Q, Q, step, &a00, &a01, &a02, &a10, &a11, &a12)
            _into3(<const real*>rows[2] + at, h + 2 * Q, Q, step, &a00, &a01, &a02, &a10, &a11, &a12, &a20, &a21, &a22)
            v0, v1 = 3, P
        for p in range(v0, v1):
            # This row of samples belongs to output rows lo … hi; w is what row lo has for it.
            lo, hi = max(0, p - P + 1), min(3, p)
            x = <const real*>rows[p] + at
            w = h + (p - lo) * Q
            if hi - lo == 3:
                for q in range(Q):
                    x0, x1, x2 = (<const vreal*>x)[0], (<const vreal*>x)[1], (<const vreal*>x)[2]
                    KEEP(x0)
                    KEEP(x1)
                    KEEP(x2)
                    a00 = a00 + w[q] * x0
                    a01 = a01 + w[q] * x1
                    a02 = a02 + w[q] * x2
                    a10 = a10 + w[q - Q] * x0
                    a11 = a11 + w[q - Q] * x1
                    a12 = a12 + w[q - Q] * x2
                    a20 = a20 + w[q - 2 * Q] * x0
                    a21 = a21 + w[q - 2 * Q] * x1
                    a22 = a22 + w[q - 2 * Q] * x2
                    a30 = a30 + w[q - 3 * Q] * x0
                    a31 = a31 + w[q - 3 * Q] * x1
                    a32 = a32 + w[q - 3 * Q] * x2
                    x += step
            elif hi - lo == 2:
                if lo == 0:
                    _into3(x, w, Q, step, &a00, &a01, &a02, &a10, &a11, &a12, &a20, &a21, &a22)
                else:
                    _into3(x, w, Q, step, &a10, &a11, &a12, &a20, &a21, &a22, &a30, &a31, &a32)
            elif hi - lo == 1:
                if lo == 0:
                    _into2(x, w, Q, step, &a00, &a01, &a02, &a10, &a11, &a12)
                elif lo == 1:
                    _into2(x, w, Q, step, &a10, &a11, &a12, &a20, &a21, &a22)
                else:
                    _into2(x, w, Q, step, &a20, &a21, &a22, &a30, &a31, &a32)
            elif lo == 0:
                _into1(x, w, Q, step, &a00, &a01, &a02)
            elif lo == 1:
                _into1(x, w, Q, step, &a10, &a11, &a12)
            elif lo == 2:
                _into1(x, w, Q, step, &a20, &a21, &a22)
            else:
                _into1(x, w, Q, step, &a30, &a31, &a32)
        if inner:
            w = h + (P - 1) * Q
            _into3(<const real*>rows[P] + at, w, Q, step, &a10, &a11, &a12, &a20, &a21, &a22, &a30, &a31, &a32)
            _into2(<const real*>rows[P + 1] + at, w, Q, step, &a20, &a21, &a22, &a30, &a31, &a32)
            _into1(<const real*>rows[P + 2] + at, w, Q, step, &a30, &a31, &a32)
        y0[0], y0[1], y0[2] = a00, a01, a02
        y1[0], y1[1], y1[2] = a10, a11, a12
        y2[0], y2[1], y2[2] = a20, a21, a22
        y3[0], y3[1], y3[2] = a30, a31, a32


cdef inline void _tile4x1(const Taps* taps, char** rows, Py_ssize_t v0, Py_ssize_t v1, Py_ssize_t at, char** out,
                          Py_ssize_t to, bint add, const real* h, vreal zero) noexcept nogil:
    cdef Py_ssize_t P = taps.P, Q = taps.Q, step = taps.step, p, q
    cdef Py_ssize_t m0 = max(3, v0), m1 = max(m0, min(P, v1))
    cdef const real* x
    cdef const real* w
    cdef vreal a0 = zero, a1 = zero, a2 = zero, a3 = zero, x0
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if add:
            a0 = (<vreal*>(<real*>out[0] + to))[0]
            a1 = (<vreal*>(<real*>out[1] + to))[0]
            a2 = (<vreal*>(<real*>out[2] + to))[0]
            a3 = (<vreal*>(<real*>out[3] + to))[0]
        a0 = _row1(rows, v0, min(m0, P), h + v0 * Q, Q, step, at, a0)
        a1 = _row1(rows, max(1, v0), min(m0, 1 + P), h + (max(1, v0) - 1) * Q, Q, step, at, a1)
        a2 = _row1(rows, max(2, v0), min(m0, 2 + P), h + (max(2, v0) - 2) * Q, Q, step, at, a2)
        a3 = _row1(rows, max(3, v0), min(m0, 3 + P), h + (max(3, v0) - 3) * Q, Q, step, at, a3)
        for p in range(m0, m1):
            x = <const real*>rows[p] + at
            w = h + p * Q
            for q in range(Q):
                x0 = (<const vreal*>x)[0]
                KEEP(x0)
                a0 = a0 + w[q] * x0
                a1 = a1 + w[q - Q] * x0
                a2 = a2 + w[q - 2 * Q] * x0
                a3 = a3 + w[q - 3 * Q] * x0
                x += step
        a0 = _row1(rows, m1, min(v1, P), h + m1 * Q, Q, step, at, a0)
        a1 = _row1(rows, m1, min(v1, 1 + P), h + (m1 - 1) * Q, Q, step, at, a1)
        a2 = _row1(rows, m1, min(v1, 2 + P), h + (m1 - 2) * Q, Q, step, at, a2)
        a3 = _row1(rows, m1, min(v1, 3 + P), h + (m1 - 3) * Q, Q, step, at, a3)
        (<vreal*>(<real*>out[0] + to))[0] = a0
        (<vreal*>(<real*>out[1] + to))[0] = a1
        (<vreal*>(<real*>out[2] + to))[0] = a2
        (<vreal*>(<real*>out[3] + to))[0] = a3


cdef inline void _tile1x4(const Taps* taps, char** rows, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t at, real* y,
                          bint add, const real* w, vreal zero) noexcept nogil:
    """One row: four vectors, or there would be too few sums under way to fill the adders."""
    cdef Py_ssize_t p, q
    cdef const real* x
    cdef vreal a0 = zero, a1 = zero, a2 = zero, a3 = zero
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if add:
            a0, a1, a2, a3 = (<vreal*>y)[0], (<vreal*>y)[1], (<vreal*>y)[2], (<vreal*>y)[3]
        for p in range(lo, hi):
            x = <const real*>rows[p] + at
            for q in range(taps.Q):
                a0 = a0 + w[q] * (<const vreal*>x)[0]
                a1 = a1 + w[q] * (<const vreal*>x)[1]
                a2 = a2 + w[q] * (<const vreal*>x)[2]
                a3 = a3 + w[q] * (<const vreal*>x)[3]
                x += taps.step
            w += taps.Q
        (<vreal*>y)[0], (<vreal*>y)[1], (<vreal*>y)[2], (<vreal*>y)[3] = a0, a1, a2, a3


cdef inline void _span_row(const Taps* taps, char** rows, Py_ssize_t v0, Py_ssize_t v1, Py_ssize_t start, Py_ssize_t n,
                           real* y, bint add, const real* h, vreal zero) noexcept nogil:
    """One output row: rows[0] is under its first row of taps."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), j = 0
    cdef Py_ssize_t lo = max(0, v0), hi = min(taps.P, v1)
    cdef vreal a
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        h = h + lo * taps.Q
        while j < n:
            if j + 4 * L <= n:
                _tile1x4(taps, rows, lo, hi, start + j, y + j, add, h, zero)
                j += 4 * L
                continue
            if n >= 4 * L and not add:
                _tile1x4(taps, rows, lo, hi, start + n - 4 * L, y + n - 4 * L, add, h, zero)
                break
            j = min(j, n - L)
            a = (<vreal*>(y + j))[0] if add else zero
            (<vreal*>(y + j))[0] = _row1(rows, lo, hi, h, taps.Q, taps.step, start + j, a)
            j += L


cdef inline void _span_real(const Taps* taps, char** rows, Py_ssize_t v0, Py_ssize_t v1, Py_ssize_t start, Py_ssize_t n,
                            int n_rows, char** out, Py_ssize_t at, bint add, const real* h, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), j = 0
    cdef int r
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n_rows < 4:
            for r in range(n_rows):
                _span_row(taps, rows + r, v0 - r, v1 - r, start, n, <real*>out[r] + at, add, h, zero)
            return
        while j < n:
            if j + 3 * L <= n:
                _tile4x3(taps, rows, v0, v1, start + j, out, at + j, add, h, zero)
                j += 3 * L
                continue
            if n >= 3 * L and not add:
                # Steps back over results already there: the same bytes once more.
                _tile4x3(taps, rows, v0, v1, start + n - 3 * L, out, at + n - 3 * L, add, h, zero)
                return
            j = min(j, n - L)
            _tile4x1(taps, rows, v0, v1, start + j, out, at + j, add, h, zero)
            j += L


cdef inline void _span_integer(const Taps* taps, char** rows, Py_ssize_t v0, Py_ssize_t v1, Py_ssize_t start,
                               Py_ssize_t n, integer* y, bint add, const integer* h) noexcept nogil:
    """One output row of integers, modulo 2^bits: plain loops over columns, which the compiler vectorises."""
    cdef Py_ssize_t p, q, j, block, width
    cdef const integer* x
    cdef integer w
    cdef integer* to
    for block in range(0, n, 512):
        width = min(512, n - block)
        to = y + block
        if not add:
            memset(to, 0, width * sizeof(integer))
        for p in range(max(0, v0), min(taps.P, v1)):
            for q in range(taps.Q):
                x = <const integer*>rows[p] + start + block + q * taps.step
                w = h[p * taps.Q + q]
                for j in range(width):
                    # 1u keeps 16-bit products out of signed overflow.
                    to[j] = <integer>(to[j] + 1u * w * x[j])


cdef inline void span(const Taps* taps, char** rows, Py_ssize_t v0, Py_ssize_t v1, Py_ssize_t start, Py_ssize_t n,
                      int n_rows, char** out, Py_ssize_t at, bint add) noexcept nogil:
    """n output reals of n_rows ≤ 4 rows; n is a multiple of lanes(kind), or at least that where add is false."""
    cdef int r
    if taps.kind == c"f":
        _span_real(taps, rows, v0, v1, start, n, n_rows, out, at, add, <const float*>taps.h, ZERO_FLOAT)
    elif taps.kind == c"d":
        _span_real(taps, rows, v0, v1, start, n, n_rows, out, at, add, <const double*>taps.h, ZERO_DOUBLE)
    else:
        for r in range(n_rows):
            if taps.kind == c"1":
                _span_integer(
                    taps, rows + r, v0 - r, v1 - r, start, n, <uint8_t*>out[r] + at, add, <const uint8_t*>taps.h)
            elif taps.kind == c"2":
                _span_integer(
                    taps, rows + r, v0 - r, v1 - r, start, n, <uint16_t*>out[r] + at, add, <const uint16_t*>taps.h)
            elif taps.kind == c"4":
                _span_integer(
                    taps, rows + r, v0 - r, v1 - r, start, n, <uint32_t*>out[r] + at, add, <const uint32_t*>taps.h)
            else:
                _span_integer(
                    taps, rows + r, v0 - r, v1 - r, start, n, <uint64_t*>out[r] + at, add, <const uint64_t*>taps.h)


cdef inline void _combine_real(real* y, const real* a, const real* b, Py_ssize_t n, bint add) noexcept nogil:
    cdef Py_ssize_t k
    cdef real re, im
    for k in range(0, n, 2):
        re = a[k] - b[k + 1]
        im = a[k + 1] + b[k]
        if add:
            re = y[k] + re
            im = y[k + 1] + im
        y[k] = re
        y[k + 1] = im


cdef inline void combine(char kind, char* y, const char* a, const char* b, Py_ssize_t n, bint add) noexcept nogil:
    """y (+)= a + i·b over n reals: pairs of real and imaginary parts."""
    if kind == c"f":
        _combine_real(<float*>y, <const float*>a, <const float*>b, n, add)
    else:
        _combine_real(<double*>y, <const double*>a, <const double*>b, n, add)
