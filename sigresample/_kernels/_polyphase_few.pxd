"""The polyphase filter with consecutive outputs in the lanes of a vector, for few taps an output (see polyphase.pyx).

    y[m + l] = sum_j  w_j[l] * x[base + d[l] + j],     d[l] = (first sample of output m + l) - base

A group is the outputs m … m + G-1 of one vector. Its taps w and its distances d repeat after `patterns` groups: they
are tabulated once a call, and four groups, a gap of whole periods apart, share every vector of taps that is read (and
are four sums under way at once).
"""
from libc.stdint cimport uint32_t, uint64_t

from ._polyphase_core cimport Job
from ._polyphase_cut cimport passes_of
from ._polyphase_plain cimport plain
from ._types cimport KEEP, real, vdouble, vfloat, vindex, vreal, vuint32, vuint64

cdef extern from "_simd.h" nogil:
    # a += w * (the 2 L reals of u and v)[at], lane by lane
    void ADD_PICKED(...)


cdef inline void tabulate(const Job *job, const real *taps, char *table, Py_ssize_t lanes) noexcept nogil:
    """Fill the table: K vectors of taps for each pattern, then the picks of each, then their step to the next tap."""
    cdef Py_ssize_t p, j, lane, t, at, K = job.taps
    cdef real *w = <real *>table
    cdef char *picks = table + job.patterns * K * lanes * <Py_ssize_t>sizeof(real)
    for p in range(job.patterns):
        for lane in range(lanes):
            t = (job.phase + (job.lead + p * job.group) * job.down) % job.up + lane // job.width * job.down
            for j in range(K):
                w[(p * K + j) * lanes + lane] = taps[t % job.up * K + j]
            at = t // job.up * job.width + lane % job.width
            if real is float:
                (<uint32_t *>picks)[p * lanes + lane] = <uint32_t>at
            else:
                (<uint64_t *>picks)[p * lanes + lane] = <uint64_t>at
    for lane in range(lanes):
        if real is float:
            (<uint32_t *>picks)[job.patterns * lanes + lane] = <uint32_t>job.width
        else:
            (<uint64_t *>picks)[job.patterns * lanes + lane] = <uint64_t>job.width


cdef inline void spread(const real *x0, real *y0, Py_ssize_t x_gap, Py_ssize_t y_gap, Py_ssize_t last, const vreal *w,
                        Py_ssize_t K, vreal zero) noexcept nogil:
    """Four groups, a gap apart, each with all its windows on the same samples: a sample is one broadcast.

    Groups after the `last` (0 … 3) repeat it: that happens once a row, and saves a second loop.
    """
    cdef Py_ssize_t j
    cdef const real *x1 = x0 + min(1, last) * x_gap
    cdef const real *x2 = x0 + min(2, last) * x_gap
    cdef const real *x3 = x0 + min(3, last) * x_gap
    cdef vreal a0, a1, a2, a3, t
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        a0 = a1 = a2 = a3 = zero
        for j in range(K):
            t = w[j]
            KEEP(t)
            a0 = a0 + t * x0[j]
            a1 = a1 + t * x1[j]
            a2 = a2 + t * x2[j]
            a3 = a3 + t * x3[j]
        (<vreal *>y0)[0] = a0
        (<vreal *>(y0 + min(1, last) * y_gap))[0] = a1
        (<vreal *>(y0 + min(2, last) * y_gap))[0] = a2
        (<vreal *>(y0 + min(3, last) * y_gap))[0] = a3


cdef inline void pick(const real *x0, real *y0, Py_ssize_t x_gap, Py_ssize_t y_gap, Py_ssize_t last, const vreal *w,
                      Py_ssize_t K, vindex first, vindex step, Py_ssize_t hold, Py_ssize_t width,
                      vreal zero) noexcept nogil:
    """Four groups, a gap apart: two vectors of samples serve `hold` taps, of which each lane picks its own.

    A pick from registers costs what an unaligned read of a vector does, and serves every ratio.
    """
    cdef Py_ssize_t j, low, high, lanes = sizeof(vreal) // sizeof(real)
    cdef const real *x1 = x0 + min(1, last) * x_gap
    cdef const real *x2 = x0 + min(2, last) * x_gap
    cdef const real *x3 = x0 + min(3, last) * x_gap
    cdef vreal a0, a1, a2, a3, t, u0, u1, u2, u3, v0, v1, v2, v3
    cdef vindex at
    if ((real is float and vreal is vfloat and vindex is vuint32)
            or (real is double and vreal is vdouble and vindex is vuint64)):
        a0 = a1 = a2 = a3 = zero
        low = 0
        while low < K:
            high = min(K, low + hold)
            u0, v0 = (<const vreal *>(x0 + low * width))[0], (<const vreal *>(x0 + low * width + lanes))[0]
            u1, v1 = (<const vreal *>(x1 + low * width))[0], (<const vreal *>(x1 + low * width + lanes))[0]
            u2, v2 = (<const vreal *>(x2 + low * width))[0], (<const vreal *>(x2 + low * width + lanes))[0]
            u3, v3 = (<const vreal *>(x3 + low * width))[0], (<const vreal *>(x3 + low * width + lanes))[0]
            at = first
            for j in range(low, high):
                t = w[j]
                KEEP(t)
                ADD_PICKED(a0, t, u0, v0, at)
                ADD_PICKED(a1, t, u1, v1, at)
                ADD_PICKED(a2, t, u2, v2, at)
                ADD_PICKED(a3, t, u3, v3, at)
                at = at + step
            low = high
        (<vreal *>y0)[0] = a0
        (<vreal *>(y0 + min(1, last) * y_gap))[0] = a1
        (<vreal *>(y0 + min(2, last) * y_gap))[0] = a2
        (<vreal *>(y0 + min(3, last) * y_gap))[0] = a3


cdef inline void groups(const Job *job, const real *x, real *y, const vreal *w, Py_ssize_t first, Py_ssize_t n,
                        const vindex *picks, vreal zero) noexcept nogil:
    """One pass: groups first … first + n - 1, at most four gaps of them."""
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real), K = job.taps, i, last = 3
    cdef Py_ssize_t p = first % job.patterns
    cdef Py_ssize_t t = job.phase + (job.lead + first * job.group) * job.down
    cdef Py_ssize_t at = job.start + t // job.up, phase = t % job.up
    cdef Py_ssize_t step = job.group * job.down // job.up, rest = job.group * job.down % job.up
    cdef Py_ssize_t x_gap = job.gap * job.group * job.down // job.up * job.width, y_gap = job.gap * lanes
    if ((real is float and vreal is vfloat and vindex is vuint32)
            or (real is double and vreal is vdouble and vindex is vuint64)):
        x += at * job.width
        y += (job.lead + first * job.group) * job.width
        for i in range(min(n, job.gap)):
            if n < 4 * job.gap:
                last = (n - 1 - i) // job.gap
            if job.hold:
                pick(x, y, x_gap, y_gap, last, w + p * K, K, picks[p], picks[job.patterns], job.hold, job.width, zero)
            else:
                spread(x, y, x_gap, y_gap, last, w + p * K, K, zero)
            x += step * job.width
            phase += rest
            if phase >= job.up:
                phase -= job.up
                x += job.width
            y += lanes
            p += 1
            if p == job.patterns:
                p = 0


cdef inline void group_block(const Job *job, Py_ssize_t block, const real *x, const real *taps, real *y,
                             const Py_ssize_t *x_at, const Py_ssize_t *y_at, const char *table,
                             vreal zero) noexcept nogil:
    """Some passes of one row; the first block also takes the outputs before the first group, the last one the rest."""
    cdef Py_ssize_t whole = passes_of(job), per_row = (whole + job.passes - 1) // job.passes, i, first, n
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real)
    cdef const char *picks = table + job.patterns * job.taps * lanes * <Py_ssize_t>sizeof(real)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        n = block // per_row
        block = block % per_row
        x += x_at[n] if x_at != NULL else n * job.x_pitch
        y += y_at[n] if y_at != NULL else n * job.y_pitch
        if block == 0:
            plain(job, x, taps, NULL, y, 0, job.lead + job.inner * job.group)
        for i in range(block * job.passes, min(whole, (block + 1) * job.passes)):
            first = job.inner + i * 4 * job.gap
            n = min(4 * job.gap, job.outer - first)
            if real is float:
                groups(job, x, y, <const vreal *>table, first, n, <const vuint32 *>picks, zero)
            else:
                groups(job, x, y, <const vreal *>table, first, n, <const vuint64 *>picks, zero)
        if block == per_row - 1:
            plain(job, x, taps, NULL, y, job.lead + job.outer * job.group, job.n_out)
