"""The products of spectra at a run of points, one point a lane: Y[tile, o] = sum_c X[tile, c] W[o, c] (channelfft.pyx).

c ascends, into one accumulator, whatever outputs and tiles are computed together.
"""
from ._channel_planes cimport Job, planes_of_data, planes_of_results
from ._types cimport vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES

cdef enum:
    SUMMED = 32             # channels whose products are added before the next outputs' turn


cdef inline void _times(vreal* re, vreal* im, vreal xr, vreal xi, vreal wr, vreal wi) noexcept nogil:
    re[0] = re[0] + xr * wr
    im[0] = im[0] + xr * wi
    re[0] = re[0] - xi * wi
    im[0] = im[0] + xi * wr


cdef inline void _sums(const vreal* x, Py_ssize_t x_next, const vreal* w, Py_ssize_t w_next, Py_ssize_t n, vreal* y,
                       Py_ssize_t y_next, int R, int T, bint first, vreal zero) noexcept nogil:
    """n products more of R outputs of T tiles: `next`, vectors from tile to tile or from output to output."""
    cdef Py_ssize_t c
    cdef vreal r00 = zero, i00 = zero, r10 = zero, i10 = zero, r20 = zero, i20 = zero, r30 = zero, i30 = zero
    cdef vreal r01 = zero, i01 = zero, r11 = zero, i11 = zero, r21 = zero, i21 = zero, r31 = zero, i31 = zero
    cdef vreal xr, xi, ur = zero, ui = zero, wr, wi
    if not first:
        r00, i00 = y[0], y[1]
        if R > 1:
            r10, i10 = y[2], y[3]
        if R > 2:
            r20, i20, r30, i30 = y[4], y[5], y[6], y[7]
        if T > 1:
            r01, i01 = y[y_next], y[y_next + 1]
            if R > 1:
                r11, i11 = y[y_next + 2], y[y_next + 3]
            if R > 2:
                r21, i21, r31, i31 = y[y_next + 4], y[y_next + 5], y[y_next + 6], y[y_next + 7]
    for c in range(n):
        xr, xi = x[2 * c], x[2 * c + 1]
        if T > 1:
            ur, ui = x[x_next + 2 * c], x[x_next + 2 * c + 1]
        wr, wi = w[2 * c], w[2 * c + 1]
        _times(&r00, &i00, xr, xi, wr, wi)
        if T > 1:
            _times(&r01, &i01, ur, ui, wr, wi)
        if R > 1:
            wr, wi = w[w_next + 2 * c], w[w_next + 2 * c + 1]
            _times(&r10, &i10, xr, xi, wr, wi)
            if T > 1:
                _times(&r11, &i11, ur, ui, wr, wi)
        if R > 2:
            wr, wi = w[2 * w_next + 2 * c], w[2 * w_next + 2 * c + 1]
            _times(&r20, &i20, xr, xi, wr, wi)
            if T > 1:
                _times(&r21, &i21, ur, ui, wr, wi)
            wr, wi = w[3 * w_next + 2 * c], w[3 * w_next + 2 * c + 1]
            _times(&r30, &i30, xr, xi, wr, wi)
            if T > 1:
                _times(&r31, &i31, ur, ui, wr, wi)
    y[0], y[1] = r00, i00
    if R > 1:
        y[2], y[3] = r10, i10
    if R > 2:
        y[4], y[5], y[6], y[7] = r20, i20, r30, i30
    if T > 1:
        y[y_next], y[y_next + 1] = r01, i01
        if R > 1:
            y[y_next + 2], y[y_next + 3] = r11, i11
        if R > 2:
            y[y_next + 4], y[y_next + 5], y[y_next + 6], y[y_next + 7] = r21, i21, r31, i31


cdef inline void _outputs(const Job* job, const vreal* x, const vreal* w, vreal* y, Py_ssize_t n, int R, bint first,
                          vreal zero) noexcept nogil:
    """R outputs of all tiles."""
    cdef Py_ssize_t x_next = 2 * planes_of_data(job), w_next = 2 * job.inputs, y_next = 2 * planes_of_results(job)
    cdef Py_ssize_t t = 0
    while t + 2 <= job.tiles:
        if R == 4:
            _sums(x, x_next, w, w_next, n, y, y_next, 4, 2, first, zero)
        elif R == 2:
            _sums(x, x_next, w, w_next, n, y, y_next, 2, 2, first, zero)
        else:
            _sums(x, x_next, w, w_next, n, y, y_next, 1, 2, first, zero)
        x += 2 * x_next
        y += 2 * y_next
        t += 2
    if t < job.tiles:
        if R == 4:
            _sums(x, x_next, w, w_next, n, y, y_next, 4, 1, first, zero)
        elif R == 2:
            _sums(x, x_next, w, w_next, n, y, y_next, 2, 1, first, zero)
        else:
            _sums(x, x_next, w, w_next, n, y, y_next, 1, 1, first, zero)


cdef inline void products(const Job* job, const vreal* x, const vreal* w, vreal* y, Py_ssize_t part,
                          vreal zero) noexcept nogil:
    """A run of points."""
    cdef Py_ssize_t g, o, c, n
    cdef int most = 4 if VEC_BYTES == 64 else 2, R  # accumulators fill half of the registers
    x += part * 2 * job.x_planes
    w += part * 2 * job.w_planes
    y += part * 2 * job.y_planes
    for g in range(job.live_groups):
        c = 0
        while c < job.inputs:
            n, o = min(<Py_ssize_t>SUMMED, job.inputs - c), 0
            while o < job.live_outputs:
                R = most if o + most <= job.live_outputs else 2 if o + 2 <= job.live_outputs else 1
                _outputs(job, x + 2 * (g * job.inputs + c), w + 2 * ((g * job.live_outputs + o) * job.inputs + c),
                         y + 2 * (g * job.live_outputs + o), n, R, c == 0, zero)
                o += R
            c += SUMMED
