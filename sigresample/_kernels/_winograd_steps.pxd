"""The steps of Winograd's F(4×4, 3×3) on vectors: a lane is a tile (of the weights: a filter), never part of a sum.

Points 0, ±A, ±B and infinity with A = 5/8, B = 3/2. Every constant of the transforms of data and of results is exact
in both precisions; errors are half those of the points ±1, ±2. The matrices stand in _winograd_bounds.py.

Each sum is written with one product at a time, and a product that must be rounded by itself is held: then there is
only one way to fuse them, and all levels with FMA agree to the byte.
"""
from ._types cimport KEEP, real, vdouble, vfloat, vreal

cdef enum:
    POINTS = 36             # 6 × 6 samples or products of a tile
    OUTPUTS = 16            # 4 × 4 results
    ROWS = 4                # outputs that share the samples in registers


cdef inline void spread(const real* d, Py_ssize_t step, real* v, Py_ssize_t to, vreal zero) noexcept nogil:
    """Six samples → their values at the six points."""
    cdef real A = 0.625, B = 1.5, AA = 0.390625, BB = 2.25, sum_ = 2.640625, product = 0.87890625
    cdef vreal d0, d1, d2, d3, d4, d5, even, odd
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        d0, d1, d2 = (<const vreal*>d)[0], (<const vreal*>(d + step))[0], (<const vreal*>(d + 2 * step))[0]
        d3, d4 = (<const vreal*>(d + 3 * step))[0], (<const vreal*>(d + 4 * step))[0]
        d5 = (<const vreal*>(d + 5 * step))[0]
        (<vreal*>v)[0] = (d4 - sum_ * d2) + product * d0
        even = d4 - BB * d2
        odd = d3 - BB * d1
        (<vreal*>(v + to))[0] = even + A * odd
        (<vreal*>(v + 2 * to))[0] = even - A * odd
        even = d4 - AA * d2
        odd = d3 - AA * d1
        (<vreal*>(v + 3 * to))[0] = even + B * odd
        (<vreal*>(v + 4 * to))[0] = even - B * odd
        (<vreal*>(v + 5 * to))[0] = (d5 - sum_ * d3) + product * d1


cdef inline void weigh(const real* g, Py_ssize_t step, real* u, Py_ssize_t to, vreal zero) noexcept nogil:
    """Three taps → their values at the six points, over what the points' Lagrange polynomials are there."""
    cdef double A = 0.625, B = 1.5, by_a = 1 / (2 * A * A * (A * A - B * B)), by_b = 1 / (2 * B * B * (B * B - A * A))
    cdef real at_0 = <real>(1 / (A * A * B * B)), a0 = <real>by_a, a1 = <real>(A * by_a), a2 = <real>(A * A * by_a)
    cdef real b0 = <real>by_b, b1 = <real>(B * by_b), b2 = <real>(B * B * by_b)
    cdef vreal g0, g1, g2, even
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        g0, g1, g2 = (<const vreal*>g)[0], (<const vreal*>(g + step))[0], (<const vreal*>(g + 2 * step))[0]
        (<vreal*>u)[0] = at_0 * g0
        even = a0 * g0
        KEEP(even)
        even = even + a2 * g2
        (<vreal*>(u + to))[0] = even + a1 * g1
        (<vreal*>(u + 2 * to))[0] = even - a1 * g1
        even = b0 * g0
        KEEP(even)
        even = even + b2 * g2
        (<vreal*>(u + 3 * to))[0] = even + b1 * g1
        (<vreal*>(u + 4 * to))[0] = even - b1 * g1
        (<vreal*>(u + 5 * to))[0] = g2


cdef inline void gathered(const real* m, Py_ssize_t step, real* y, Py_ssize_t to, vreal zero) noexcept nogil:
    """Six products → four results."""
    cdef real A = 0.625, B = 1.5, AA = 0.390625, BB = 2.25, AAA = 0.244140625, BBB = 3.375
    cdef vreal m0, m1, m2, m3, m4, m5, even_a, odd_a, even_b, odd_b, part
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        m0, m1, m2 = (<const vreal*>m)[0], (<const vreal*>(m + step))[0], (<const vreal*>(m + 2 * step))[0]
        m3, m4 = (<const vreal*>(m + 3 * step))[0], (<const vreal*>(m + 4 * step))[0]
        m5 = (<const vreal*>(m + 5 * step))[0]
        even_a, odd_a, even_b, odd_b = m1 + m2, m1 - m2, m3 + m4, m3 - m4
        (<vreal*>y)[0] = (m0 + even_a) + even_b
        part = A * odd_a
        KEEP(part)
        (<vreal*>(y + to))[0] = part + B * odd_b
        part = AA * even_a
        KEEP(part)
        (<vreal*>(y + 2 * to))[0] = part + BB * even_b
        (<vreal*>(y + 3 * to))[0] = (m5 + AAA * odd_a) + BBB * odd_b


cdef inline void _multiply3(const real* u, const real* v, Py_ssize_t C, Py_ssize_t pitch, real* m,
                            vreal zero) noexcept nogil:
    """Four outputs × three vectors of tiles: m[r, lane] = Σ_c u[c, r] v[c, lane]."""
    cdef Py_ssize_t _c
    cdef vreal a00 = zero, a01 = zero, a02 = zero, a10 = zero, a11 = zero, a12 = zero
    cdef vreal a20 = zero, a21 = zero, a22 = zero, a30 = zero, a31 = zero, a32 = zero, x0, x1, x2
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _c in range(C):
            x0, x1, x2 = (<const vreal*>v)[0], (<const vreal*>v)[1], (<const vreal*>v)[2]
            KEEP(x0)
            KEEP(x1)
            KEEP(x2)
            a00 = a00 + u[0] * x0
            a01 = a01 + u[0] * x1
            a02 = a02 + u[0] * x2
            a10 = a10 + u[1] * x0
            a11 = a11 + u[1] * x1
            a12 = a12 + u[1] * x2
            a20 = a20 + u[2] * x0
            a21 = a21 + u[2] * x1
            a22 = a22 + u[2] * x2
            a30 = a30 + u[3] * x0
            a31 = a31 + u[3] * x1
            a32 = a32 + u[3] * x2
            u += ROWS
            v += pitch
        (<vreal*>m)[0], (<vreal*>m)[1], (<vreal*>m)[2] = a00, a01, a02
        m += pitch
        (<vreal*>m)[0], (<vreal*>m)[1], (<vreal*>m)[2] = a10, a11, a12
        m += pitch
        (<vreal*>m)[0], (<vreal*>m)[1], (<vreal*>m)[2] = a20, a21, a22
        m += pitch
        (<vreal*>m)[0], (<vreal*>m)[1], (<vreal*>m)[2] = a30, a31, a32


cdef inline void _multiply2(const real* u, const real* v, Py_ssize_t C, Py_ssize_t pitch, real* m,
                            vreal zero) noexcept nogil:
    """The same for two vectors."""
    cdef Py_ssize_t _c
    cdef vreal a00 = zero, a01 = zero, a10 = zero, a11 = zero, a20 = zero, a21 = zero, a30 = zero, a31 = zero, x0, x1
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _c in range(C):
            x0, x1 = (<const vreal*>v)[0], (<const vreal*>v)[1]
            KEEP(x0)
            KEEP(x1)
            a00 = a00 + u[0] * x0
            a01 = a01 + u[0] * x1
            a10 = a10 + u[1] * x0
            a11 = a11 + u[1] * x1
            a20 = a20 + u[2] * x0
            a21 = a21 + u[2] * x1
            a30 = a30 + u[3] * x0
            a31 = a31 + u[3] * x1
            u += ROWS
            v += pitch
        (<vreal*>m)[0], (<vreal*>m)[1] = a00, a01
        m += pitch
        (<vreal*>m)[0], (<vreal*>m)[1] = a10, a11
        m += pitch
        (<vreal*>m)[0], (<vreal*>m)[1] = a20, a21
        m += pitch
        (<vreal*>m)[0], (<vreal*>m)[1] = a30, a31


cdef inline void _multiply1(const real* u, const real* v, Py_ssize_t C, Py_ssize_t pitch, real* m,
                            vreal zero) noexcept nogil:
    """The same for one vector."""
    cdef Py_ssize_t _c
    cdef vreal a0 = zero, a1 = zero, a2 = zero, a3 = zero, x
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for _c in range(C):
            x = (<const vreal*>v)[0]
            KEEP(x)
            a0 = a0 + u[0] * x
            a1 = a1 + u[1] * x
            a2 = a2 + u[2] * x
            a3 = a3 + u[3] * x
            u += ROWS
            v += pitch
        (<vreal*>m)[0] = a0
        (<vreal*>(m + pitch))[0] = a1
        (<vreal*>(m + 2 * pitch))[0] = a2
        (<vreal*>(m + 3 * pitch))[0] = a3


cdef inline void multiply(const real* u, const real* v, Py_ssize_t C, Py_ssize_t pitch, real* m,
                          vreal zero) noexcept nogil:
    """Four outputs × `pitch` tiles, a multiple of the lanes."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), at = 0, left
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while at < pitch:
            left = (pitch - at) // L
            if left == 3 or left > 4:
                _multiply3(u, v + at, C, pitch, m + at, zero)
                at += 3 * L
            elif left > 1:
                _multiply2(u, v + at, C, pitch, m + at, zero)
                at += 2 * L
            else:
                _multiply1(u, v + at, C, pitch, m + at, zero)
                at += L
