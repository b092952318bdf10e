"""A group of blocks on all workers, where there are fewer groups than would keep them busy.

    the pass over all M points     shared out by points, with the samples in, or the outputs out
    its r children                 one at a time, as a worker alone would do all

Where the workers cannot have equally many children, these are shared out likewise:

    the passes of its r children   by child and by points
    their children                 one at a time

Equal shares are in one piece, and the same each time: what a worker left in its cache is what it finds there. A point
goes through what it goes through on one worker, so that no byte changes.
"""
from cython.parallel cimport prange

from ._blocks cimport Job, gather, scatter
from ._transforms cimport circular, forward, inverse, pass_over, radix
from ._types cimport real, vdouble, vfloat, vreal

cdef enum:
    LEAST = 4096            # points: below, the workers would wait for each other longer than they work
    SLICES = 4              # for each worker

cdef enum Way:
    AHEAD_ONLY              # samples to values
    ROUND                   # samples to outputs
    BACK_ONLY               # values to outputs


cdef inline void _top(const Job* job, const real* x, real* y, Py_ssize_t at, real* strips, vreal* re, const real* w,
                      bint back, Py_ssize_t slice_, Py_ssize_t slices, vreal zero) noexcept nogil:
    cdef Py_ssize_t r = radix(job.M), m = job.M // r, lo = m * slice_ // slices, hi = m * (slice_ + 1) // slices, q
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if not back:
            for q in range(r):
                gather(job, x, at, strips, re, q * m + lo, q * m + hi, zero)
        pass_over(re + 2 * lo, re + 2 * lo + 1, w, r, back, 2 * m, hi - lo, 2, zero)
        if back:
            for q in range(r):
                scatter(job, y, at, strips, re, q * m + lo, q * m + hi, zero)


cdef inline void _child(Py_ssize_t M, vreal* re, const real* w, bint back, Py_ssize_t task, Py_ssize_t slices,
                        vreal zero) noexcept nogil:
    cdef Py_ssize_t r = radix(M), m = M // r, k = task // slices, slice_ = task % slices, s = radix(m), n = m // s
    cdef Py_ssize_t lo = n * slice_ // slices, hi = n * (slice_ + 1) // slices
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        re += 2 * (k * m + lo)
        pass_over(re, re + 1, w + 2 * (r - 1 + k * (m - 1)), s, back, 2 * n, hi - lo, 2, zero)


cdef inline void _below(Py_ssize_t M, vreal* re, const real* w, const real* h, Way way, Py_ssize_t s, Py_ssize_t task,
                        vreal zero) noexcept nogil:
    """A child of the top, where s is 1; or one of its s children."""
    cdef Py_ssize_t r = radix(M), m = M // r, n = m // s, k = task // s, i = task % s
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        re += 2 * (k * m + i * n)
        w += 2 * (r - 1 + k * (m - 1))
        if s > 1:
            w += 2 * (s - 1 + i * (n - 1))
        if way == ROUND:
            circular(re, re + 1, w, h + 2 * (k * m + i * n), n, 2, 1, zero)
        elif way == AHEAD_ONLY:
            forward(re, re + 1, w, n, 2, 1, zero)
        else:
            inverse(re, re + 1, w, n, 2, 1, zero)


cdef inline void shared(const Job* job, const real* x, real* y, Py_ssize_t at, real* strips, vreal* re, const real* w,
                        const real* h, Way way, int workers, vreal zero) noexcept nogil:
    """The group of lanes at …: samples, values, outputs. M is LEAST at least; h matters in a ROUND alone."""
    cdef Py_ssize_t slices = SLICES * workers, r = radix(job.M), s = 1, task
    if r % workers:
        s = radix(job.M // r)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if way != BACK_ONLY:
            for task in prange(slices, schedule="static", num_threads=workers):
                _top(job, x, y, at, strips, re, w, False, task, slices, zero)
            if s > 1:
                for task in prange(r * slices, schedule="dynamic", num_threads=workers):
                    _child(job.M, re, w, False, task, slices, zero)
        if s > 1:
            for task in prange(r * s, schedule="dynamic", num_threads=workers):
                _below(job.M, re, w, h, way, s, task, zero)
        else:
            for task in prange(r, schedule="static", num_threads=workers):
                _below(job.M, re, w, h, way, 1, task, zero)
        if way != AHEAD_ONLY:
            if s > 1:
                for task in prange(r * slices, schedule="dynamic", num_threads=workers):
                    _child(job.M, re, w, True, task, slices, zero)
            for task in prange(slices, schedule="static", num_threads=workers):
                _top(job, x, y, at, strips, re, w, True, task, slices, zero)
