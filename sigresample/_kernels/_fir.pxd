"""Complex FIR filters along the lanes: scalar taps in ascending order into one accumulator, whatever the tile.

    y[i] = sum_p  x[i + p] * h[p]          real parts at x and h, imaginary ones `width` and K reals further
"""
from ._types cimport KEEP, real, vdouble, vfloat, vreal


cdef inline void fir1(const real* x, Py_ssize_t width, const real* h, Py_ssize_t K, Py_ssize_t n, vreal* y,
                      vreal zero) noexcept nogil:
    """One vector of outputs at two points, to hide the latency of a sum: a tap is one step further along the lanes."""
    cdef Py_ssize_t p
    cdef const real* xi = x + width
    cdef const real* hi = h + K
    cdef vreal r0 = zero, i0 = zero, r1 = zero, i1 = zero, a, b
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for p in range(n):
            a, b = (<const vreal*>(x + p))[0], (<const vreal*>(xi + p))[0]
            KEEP(a)
            KEEP(b)
            r0 = r0 + h[p] * a
            i0 = i0 + h[p] * b
            r0 = r0 - hi[p] * b
            i0 = i0 + hi[p] * a
            a, b = (<const vreal*>(x + 2 * width + p))[0], (<const vreal*>(xi + 2 * width + p))[0]
            KEEP(a)
            KEEP(b)
            r1 = r1 + h[2 * K + p] * a
            i1 = i1 + h[2 * K + p] * b
            r1 = r1 - hi[2 * K + p] * b
            i1 = i1 + hi[2 * K + p] * a
        y[0], y[1], y[2], y[3] = r0, i0, r1, i1


cdef inline void fir4(const real* x, Py_ssize_t width, const real* h, Py_ssize_t K, Py_ssize_t n, vreal** y,
                      vreal zero) noexcept nogil:
    """Four vectors at one point, which share each tap."""
    cdef Py_ssize_t p
    cdef const real* xi = x + width
    cdef const real* hi = h + K
    cdef vreal r0 = zero, i0 = zero, r1 = zero, i1 = zero, r2 = zero, i2 = zero, r3 = zero, i3 = zero, a, b
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for p in range(n):
            a, b = (<const vreal*>(x + p))[0], (<const vreal*>(xi + p))[0]
            KEEP(a)
            KEEP(b)
            r0 = r0 + h[p] * a
            i0 = i0 + h[p] * b
            r0 = r0 - hi[p] * b
            i0 = i0 + hi[p] * a
            a, b = (<const vreal*>(x + p))[1], (<const vreal*>(xi + p))[1]
            KEEP(a)
            KEEP(b)
            r1 = r1 + h[p] * a
            i1 = i1 + h[p] * b
            r1 = r1 - hi[p] * b
            i1 = i1 + hi[p] * a
            a, b = (<const vreal*>(x + p))[2], (<const vreal*>(xi + p))[2]
            KEEP(a)
            KEEP(b)
            r2 = r2 + h[p] * a
            i2 = i2 + h[p] * b
            r2 = r2 - hi[p] * b
            i2 = i2 + hi[p] * a
            a, b = (<const vreal*>(x + p))[3], (<const vreal*>(xi + p))[3]
            KEEP(a)
            KEEP(b)
            r3 = r3 + h[p] * a
            i3 = i3 + h[p] * b
            r3 = r3 - hi[p] * b
            i3 = i3 + hi[p] * a
        y[0][0], y[0][1], y[1][0], y[1][1] = r0, i0, r1, i1
        y[2][0], y[2][1], y[3][0], y[3][1] = r2, i2, r3, i3
