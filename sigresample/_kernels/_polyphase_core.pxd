"""The polyphase filter's inner loops: samples beyond the ends, the register tile (see polyphase.pyx)."""
from ._types cimport real, vdouble, vfloat, vreal

cdef enum:
    SKIPPED = 0             # absent samples are no terms
    SKIPPED_BEFORE = -1     # upfirdn's zeros: no terms while the window ends on a sample; past the last one, all are
    ZEROS = -2              # what both are where all taps are finite: the same sums, and nothing to look up


cdef struct Job:
    Py_ssize_t rows, n_in, n_out, x_step, y_step, width, x_pitch, y_pitch
    Py_ssize_t up, down, taps, first
    int mode, pairs             # pairs: complex taps
    double fill[2]              # what lies outside in mode 1: real and imaginary part, or twice the same
    # the cut into lanes
    Py_ssize_t start, phase     # sample under tap 0 of output 0, and its phase
    Py_ssize_t period_out, period_in, periods
    Py_ssize_t unit, columns    # reals that share a slot; slots in a sample
    Py_ssize_t segments, span   # segments in a row; periods of the longest
    Py_ssize_t slots, per_block, blocks
    Py_ssize_t chunk, depth     # outputs and taps that one pass of the core takes
    Py_ssize_t x_rows, scratch  # rows of xt; bytes of scratch a worker needs
    # groups of consecutive outputs (see _polyphase_few.pxd); no patterns: not this way
    Py_ssize_t patterns, table  # groups after which taps and picks repeat; bytes that these take
    Py_ssize_t group, lead      # outputs in a vector; outputs before the first group
    Py_ssize_t hold             # taps that a pair of vectors of samples serves; 0: each sample is broadcast
    Py_ssize_t inner, outer     # groups whose samples all lie in the data: inner … outer - 1
    Py_ssize_t gap, passes      # groups between the four that run together; passes (4 gaps) in a block


# ---- Beyond the ends of the data ----------------------------------------------------------------------

cdef inline real absent(const real *x, Py_ssize_t i, Py_ssize_t n, Py_ssize_t step, int mode, real fill) noexcept nogil:
    """The sample at i < 0 or i >= n, by scipy.signal.upfirdn's modes (d c b a | a b c d | d c b a is symmetric)."""
    cdef Py_ssize_t p = n - 1, r, k
    cdef real a, b, e
    if mode <= 0:
        return 0
    if mode == 1:
        return fill
    if mode == 2 or mode == 7:              # symmetric, antisymmetric: period 2n
        r = i % (2 * n)
        if r < 0:
            r += 2 * n
        if r < n:
            return x[r * step]
        return x[(2 * n - 1 - r) * step] if mode == 2 else -x[(2 * n - 1 - r) * step]
    if mode == 5:                           # wrap
        r = i % n
        return x[(r + n if r < 0 else r) * step]
    if mode == 6:                           # reflect: period 2(n - 1)
        r = i % (2 * p)
        if r < 0:
            r += 2 * p
        return x[(r if r < n else 2 * p - r) * step]
    a = x[0]
    b = x[p * step]
    e = a if i < 0 else b                   # the end that is nearer, and how far away it is
    k = -i if i < 0 else i - p
    if mode == 3 or (mode == 4 and p == 0):     # edge; one sample has no slope
        return e
    if mode == 4:                           # smooth: the slope of the last two samples
        return e + <real>k * (e - x[(1 if i < 0 else p - 1) * step])
    if mode == 9:                           # line: through the first and the last sample
        return e + <real>(-k if i < 0 else k) * ((b - a) / <real>p)
    # antireflect: turned about the end sample; each further length p starts where the last one ended
    r = (k - 1) % (2 * p) + 1
    if k > p:
        e = e + <real>((k - 1) // p) * ((a - b) if i < 0 else (b - a))
    if r > p:
        return e - (b - x[(r - p if i >= 0 else 2 * p - r) * step]) if i < 0 else e + (x[(r - p) * step] - a)
    return e - (x[r * step] - a) if i < 0 else e - (x[(p - r) * step] - b)


# ---- The core -----------------------------------------------------------------------------------------


cdef inline void core(const vreal *x, vreal *y, const real *taps, Py_ssize_t n, Py_ssize_t phase, const Job *job,
                      Py_ssize_t depth, bint more, vreal zero) noexcept nogil:
    """`depth` taps of n (a multiple of 4) outputs from `phase` on; `more` continues the sums that y holds."""
    cdef Py_ssize_t up = job.up, step = job.down // job.up, rest = job.down % job.up, K = job.taps
    cdef Py_ssize_t m, i, o0, o1, o2, o3, stop, o = 0
    cdef const real *t0
    cdef const real *t1
    cdef const real *t2
    cdef const real *t3
    cdef vreal a00, a01, a10, a11, a20, a21, a30, a31, v0, v1
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for m in range(0, n, 4):
            o0, t0 = o, taps + phase * K
            phase, o = phase + rest, o + step
            if phase >= up:
                phase, o = phase - up, o + 1
            o1, t1 = o, taps + phase * K
            phase, o = phase + rest, o + step
            if phase >= up:
                phase, o = phase - up, o + 1
            o2, t2 = o, taps + phase * K
            phase, o = phase + rest, o + step
            if phase >= up:
                phase, o = phase - up, o + 1
            o3, t3 = o, taps + phase * K
            phase, o = phase + rest, o + step
            if phase >= up:
                phase, o = phase - up, o + 1
            if more:
                a00, a01, a10, a11 = y[2 * m], y[2 * m + 1], y[2 * m + 2], y[2 * m + 3]
                a20, a21, a30, a31 = y[2 * m + 4], y[2 * m + 5], y[2 * m + 6], y[2 * m + 7]
            else:
                a00 = a01 = a10 = a11 = a20 = a21 = a30 = a31 = zero
            stop = o0 + depth
            if o3 < stop:
                # left: rows before the window of output 3
                for i in range(o0, o3):
                    a00 = a00 + t0[i - o0] * x[2 * i]
                    a01 = a01 + t0[i - o0] * x[2 * i + 1]
                for i in range(o1, o3):
                    a10 = a10 + t1[i - o1] * x[2 * i]
                    a11 = a11 + t1[i - o1] * x[2 * i + 1]
                for i in range(o2, o3):
                    a20 = a20 + t2[i - o2] * x[2 * i]
                    a21 = a21 + t2[i - o2] * x[2 * i + 1]
                # centre: rows that all four windows hold
                for i in range(o3, stop):
                    v0 = x[2 * i]
                    v1 = x[2 * i + 1]
                    a00 = a00 + t0[i - o0] * v0
                    a01 = a01 + t0[i - o0] * v1
                    a10 = a10 + t1[i - o1] * v0
                    a11 = a11 + t1[i - o1] * v1
                    a20 = a20 + t2[i - o2] * v0
                    a21 = a21 + t2[i - o2] * v1
                    a30 = a30 + t3[i - o3] * v0
                    a31 = a31 + t3[i - o3] * v1
                # right: rows after the window of output 0
                for i in range(stop, o1 + depth):
                    a10 = a10 + t1[i - o1] * x[2 * i]
                    a11 = a11 + t1[i - o1] * x[2 * i + 1]
                for i in range(stop, o2 + depth):
                    a20 = a20 + t2[i - o2] * x[2 * i]
                    a21 = a21 + t2[i - o2] * x[2 * i + 1]
                for i in range(stop, o3 + depth):
                    a30 = a30 + t3[i - o3] * x[2 * i]
                    a31 = a31 + t3[i - o3] * x[2 * i + 1]
            else:
                # windows too far apart to share a row: four sums side by side
                for i in range(depth):
                    a00 = a00 + t0[i] * x[2 * (o0 + i)]
                    a01 = a01 + t0[i] * x[2 * (o0 + i) + 1]
                    a10 = a10 + t1[i] * x[2 * (o1 + i)]
                    a11 = a11 + t1[i] * x[2 * (o1 + i) + 1]
                    a20 = a20 + t2[i] * x[2 * (o2 + i)]
                    a21 = a21 + t2[i] * x[2 * (o2 + i) + 1]
                    a30 = a30 + t3[i] * x[2 * (o3 + i)]
                    a31 = a31 + t3[i] * x[2 * (o3 + i) + 1]
            y[2 * m], y[2 * m + 1], y[2 * m + 2], y[2 * m + 3] = a00, a01, a10, a11
            y[2 * m + 4], y[2 * m + 5], y[2 * m + 6], y[2 * m + 7] = a20, a21, a30, a31
