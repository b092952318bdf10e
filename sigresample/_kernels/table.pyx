"""Resizing by tables: each axis says which samples an output sees, and with what weights.

    y[i] = sum_t weights[i, t] * x[starts[i] + t]

along depth, rows and columns of each item: one plane (D, H, W), or an image (H, W, C) whose C channels stay together.
Two passes over each slice: along the rows of samples that a few outputs need, then across them; or first across, then
along. Which comes first is the route's choice, from shapes. What lies between is a few rows, in cache. With depth, rows
of several slices are summed as they are read. Copies (nearest samples) are a pass of their own.

Reals are computed as they come. Images of whole numbers become units: float or double, whose sums are then rounded half
to even (_table_whole.h says how that is exact), or 16-bit integers where weights are multiples of a power of two.

Contract (held by the route): y overlaps nothing. The nogil code never allocates, validates or raises. A worker owns
whole rows of outputs. A lane is an output; the terms of one sum are added in ascending order, and a term whose weight
is zero is no term: not the level, the way, nor the number of workers can change a byte, and a NaN under a zero weight
does not spread.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from ._table_job cimport (
    HELD, SIGR_LANES, SIGR_ROWS, SOON, STRIP, VEC_BYTES, Axis, Job, Places, sigr_across_copy, sigr_across_fill,
    sigr_across_plan, sigr_across_rows, sigr_deliver, sigr_put, sigr_sum_rows, sigr_sum_whole, sigr_widen,
)
from ._types cimport thread_number

cnp.import_array()


cdef inline Py_ssize_t _upwards(Py_ssize_t n, Py_ssize_t d) noexcept nogil:
    return (n + d - 1) // d


# ---- one slice ---------------------------------------------------------------------------------------------------

cdef const char* _source(const Job* job, char* me, const char* x, Py_ssize_t d, Py_ssize_t r, char* to) noexcept nogil:
    """Row r of slice d of an item, in units: where x holds it, or put into `to`."""
    cdef const Axis* depth = &job.depth
    cdef Py_ssize_t row = job.x_row * job.size, slice_ = job.rows.data * row, t, terms = 0
    cdef const void** deep = <const void**>(me + job.at.deep)
    cdef char* weights = me + job.at.deep_weights
    x += r * row
    if depth.taps == 0:
        x += d * slice_
        if job.straight:
            return x
        sigr_widen(job.size, job.unit, x, to, job.x_row)
        return to
    x += depth.starts[d] * slice_
    for t in range(depth.taps):
        if not sigr_put(job.unit, weights, terms, depth.weights[d * depth.taps + t]):
            continue
        deep[terms] = x + t * slice_
        if not job.straight:
            deep[terms] = me + job.at.slices + terms * job.x_pitch
            sigr_widen(job.size, job.unit, x + t * slice_, <void*>deep[terms], job.x_row)
        terms += 1
    sigr_sum_rows(job.unit, deep, weights, terms, to, job.x_row, 0)
    return to


cdef void _deliver(const Job* job, Py_ssize_t item, Py_ssize_t d, Py_ssize_t i, Py_ssize_t first, const char* z,
                   Py_ssize_t n) noexcept nogil:
    """Round n sums into row i of slice d of y."""
    cdef Py_ssize_t flat = ((item * job.depth.out + d) * job.rows.out + i) * job.y_row + first
    cdef Py_ssize_t at[3]
    at[0], at[1], at[2] = d, i, first
    sigr_deliver(&job.whole, job.unit, z, job.y + flat * job.size, n,
                 job.x + item * job.depth.data * job.rows.data * job.x_row * job.size, at, flat, job.open, job.many)


cdef void _sum(const Job* job, char* me, Py_ssize_t item, Py_ssize_t d, Py_ssize_t i, const void** lines,
               Py_ssize_t terms) noexcept nogil:
    """Output row i: the sum of whole rows, which is the last pass."""
    cdef char* weights = me + job.at.line_weights
    cdef char* y = job.y + ((item * job.depth.out + d) * job.rows.out + i) * job.y_row * job.size
    cdef Py_ssize_t strip, first, n, t
    if job.straight:
        sigr_sum_rows(job.unit, lines, weights, terms, y, job.y_row, job.soon)
        return
    for strip in range(_upwards(job.y_row, STRIP)):
        first = strip * STRIP
        n = min(<Py_ssize_t>STRIP, job.y_row - first)
        sigr_sum_rows(job.unit, lines, weights, terms, me + job.at.made, n, 0)
        _deliver(job, item, d, i, first, me + job.at.made, n)
        for t in range(terms):
            lines[t] = <const char*>lines[t] + n * job.unit


cdef void _along(const Job* job, char* me, Py_ssize_t item, Py_ssize_t d, Py_ssize_t i, const void** x,
                 int rows) noexcept nogil:
    """Output rows from i on: sums along rows, which is the last pass."""
    cdef void* to[16]
    cdef char* y = job.y + ((item * job.depth.out + d) * job.rows.out + i) * job.y_row * job.size
    cdef int r
    for r in range(rows):
        to[r] = y + r * job.y_row * job.size if job.straight else me + job.at.made + r * job.y_pitch
    if job.cols.axis.taps:
        sigr_across_rows(&job.cols, x, to, rows, me + job.at.across)
    for r in range(rows):
        if job.cols.axis.taps == 0:
            if job.straight:
                memcpy(to[r], x[r], job.y_row * job.size)
            else:
                _deliver(job, item, d, i + r, 0, <const char*>x[r], job.y_row)
        elif not job.straight:
            _deliver(job, item, d, i + r, 0, <const char*>to[r], job.y_row)


cdef void _columns_first(const Job* job, char* me, Py_ssize_t item, Py_ssize_t d, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    """Output rows lo … hi − 1: rows of samples are resized, a few at a time, then summed."""
    cdef const Axis* rows = &job.rows
    cdef const char* x = job.x + item * job.depth.data * rows.data * job.x_row * job.size
    cdef char* middle = me + job.at.middle
    cdef const void** lines = <const void**>(me + job.at.lines)
    cdef const void* given[16]
    cdef void* to[16]
    cdef Py_ssize_t done = 0, end = rows.starts[hi - 1] + rows.taps, i, s, t, wanted, terms
    cdef int n
    for i in range(lo, hi):
        s = rows.starts[i]
        done = max(done, s)
        if done < s + rows.taps:
            # As many rows ahead as there is room for: those from s on are still wanted.
            wanted = min(end, max(s + rows.taps, min(done + job.group, s + job.ring)))
            while done < wanted:
                n = <int>min(job.group, wanted - done)
                for t in range(n):
                    given[t] = _source(job, me, x, d, done + t, me + job.at.sources + t * job.x_pitch)
                    to[t] = middle + (done + t) % job.ring * job.y_pitch
                sigr_across_rows(&job.cols, given, to, n, me + job.at.across)
                done += n
        terms = 0
        for t in range(rows.taps):
            if sigr_put(job.unit, me + job.at.line_weights, terms, rows.weights[i * rows.taps + t]):
                lines[terms] = middle + (s + t) % job.ring * job.y_pitch
                terms += 1
        _sum(job, me, item, d, i, lines, terms)


cdef void _rows_first(const Job* job, char* me, Py_ssize_t item, Py_ssize_t d, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    """Output rows lo … hi − 1: rows of samples are summed, then a few of these sums resized."""
    cdef const Axis* rows = &job.rows
    cdef const char* x = job.x + item * job.depth.data * rows.data * job.x_row * job.size
    cdef const void** lines = <const void**>(me + job.at.lines)
    cdef const void* given[16]
    cdef Py_ssize_t done = 0, held = max(rows.taps, job.group), i, s, t, q, terms
    # Rows that need no more than to be summed are read where they lie.
    cdef bint there = job.depth.taps == 0 and (job.straight or job.cols.axis.taps != 0)
    cdef char* to
    cdef int n = 0
    for i in range(lo, hi):
        if rows.taps == 0:
            given[n] = _source(job, me, x, d, i, me + job.at.sources + n * job.x_pitch)
        else:
            s = rows.starts[i]
            if not there:
                for q in range(max(done, s), s + rows.taps):
                    _source(job, me, x, d, q, me + job.at.sources + q % held * job.x_pitch)
                done = s + rows.taps
            terms = 0
            for t in range(rows.taps):
                if not sigr_put(job.unit, me + job.at.line_weights, terms, rows.weights[i * rows.taps + t]):
                    continue
                if there:
                    lines[terms] = x + (d * rows.data + s + t) * job.x_row * job.size
                else:
                    lines[terms] = me + job.at.sources + (s + t) % held * job.x_pitch
                terms += 1
            if job.cols.axis.taps == 0:
                _sum(job, me, item, d, i, lines, terms)
                continue
            to = me + job.at.middle + n * job.x_pitch
            if there and not job.straight:
                sigr_sum_whole(job.size, job.unit, lines, me + job.at.line_weights, terms, to, job.x_row)
            else:
                sigr_sum_rows(job.unit, lines, me + job.at.line_weights, terms, to, job.x_row, 0)
            given[n] = to
        n += 1
        if n == job.group or i == hi - 1:
            _along(job, me, item, d, i + 1 - n, given, n)
            n = 0


# ---- all of them -------------------------------------------------------------------------------------------------

cdef void _task(const Job* job, Py_ssize_t task) noexcept nogil:
    cdef char* me = job.scratch + thread_number() * job.at.all
    cdef Py_ssize_t block = task % job.blocks, d = task // job.blocks % job.depth.out
    cdef Py_ssize_t item = task // job.blocks // job.depth.out
    cdef Py_ssize_t lo = block * job.height, hi = min(job.rows.out, lo + job.height)
    if job.ahead and job.rows.taps and job.cols.axis.taps:
        _columns_first(job, me, item, d, lo, hi)
    else:
        _rows_first(job, me, item, d, lo, hi)


cdef void _run(const Job* job, int workers) noexcept nogil:
    cdef Py_ssize_t tasks = job.items * job.depth.out * job.blocks, task
    # A parallel loop costs 600 ns even with one thread.
    if workers == 1:
        for task in range(tasks):
            _task(job, task)
    else:
        for task in prange(tasks, schedule="guided", num_threads=workers):
            _task(job, task)


cdef void _copy_task(const Job* job, Py_ssize_t task, bint whole_rows) noexcept nogil:
    cdef Py_ssize_t block = task % job.blocks, d = task // job.blocks % job.depth.out
    cdef Py_ssize_t item = task // job.blocks // job.depth.out, i, r, before = -1
    cdef Py_ssize_t x_row = job.x_row * job.size, y_row = job.y_row * job.size
    cdef const char* x = job.x + (item * job.depth.data + job.depth.starts[d]) * job.rows.data * x_row
    cdef char* y = job.y + ((item * job.depth.out + d) * job.rows.out + block * job.height) * y_row
    for i in range(block * job.height, min(job.rows.out, (block + 1) * job.height)):
        r = job.rows.starts[i]
        if r == before:
            memcpy(y, y - y_row, y_row)
        elif whole_rows:
            memcpy(y, x + r * x_row, y_row)
        else:
            sigr_across_copy(&job.cols, x + r * x_row, y, job.soon)
        before = r
        y += y_row


cdef void _copy_all(const Job* job, bint whole_rows, int workers) noexcept nogil:
    cdef Py_ssize_t tasks = job.items * job.depth.out * job.blocks, task
    if workers == 1:
        for task in range(tasks):
            _copy_task(job, task, whole_rows)
    else:
        for task in prange(tasks, schedule="guided", num_threads=workers):
            _copy_task(job, task, whole_rows)


# ---- reading a call ----------------------------------------------------------------------------------------------

cdef int _axis(Axis* axis, tuple given, bint copied) except -1:
    """Read one axis: no starts where it stays as it is. What it would read outside the data is an error."""
    cdef cnp.ndarray at, w
    cdef Py_ssize_t data, out, i
    data, out, starts, weights = given
    axis.data, axis.out, axis.taps = data, out, 0
    axis.starts, axis.weights = NULL, NULL
    if starts is None:
        if data != out:
            raise ValueError(f"table kernel: {data} samples do not stay {out}")
        return 0
    at = starts
    if at.ndim != 1 or at.shape[0] != out or cnp.PyArray_TYPE(at) != cnp.NPY_INTP or not at.flags.c_contiguous:
        raise ValueError("table kernel: starts must be one row of intp")
    axis.taps = 1
    if not copied:
        w = weights
        if w.ndim != 2 or w.shape[0] != out or cnp.PyArray_TYPE(w) != cnp.NPY_DOUBLE or not w.flags.c_contiguous:
            raise ValueError("table kernel: weights must be rows of float64, one for each output")
        axis.taps = w.shape[1]
        axis.weights = <const double*>cnp.PyArray_DATA(w)
    axis.starts = <const Py_ssize_t*>cnp.PyArray_DATA(at)
    for i in range(out):
        if axis.starts[i] < (axis.starts[i - 1] if i and not copied else 0) or axis.starts[i] > data - axis.taps:
            raise ValueError(f"table kernel: output {i} starts at {axis.starts[i]} of {data}, taps {axis.taps}")
    return 0


cdef int _describe(Job* job, tuple axes, Py_ssize_t items, Py_ssize_t C, Py_ssize_t size, Py_ssize_t unit, bint ahead,
                   bint copied) except -1:
    """Read the axes, (data, out, starts, weights) each, and lay out the table and a worker's scratch."""
    cdef Places* at = &job.at
    cdef Py_ssize_t end = 0, sources, middle
    _axis(&job.depth, axes[0], copied)
    _axis(&job.rows, axes[1], copied)
    _axis(&job.cols.axis, axes[2], copied)
    job.items, job.size, job.unit, job.ahead = items, size, unit, ahead
    job.x_row, job.y_row = job.cols.axis.data * C, job.cols.axis.out * C
    job.straight = size == unit
    job.cols.C, job.cols.size, job.cols.lanes = C, unit, max(1, VEC_BYTES // unit)
    job.cols.mode, job.cols.bytes, job.cols.wide, job.cols.made, job.cols.later = SIGR_LANES, 0, 0, 0, 0
    job.soon = SOON if items * job.depth.out * job.rows.out * job.y_row * size > HELD else 0
    if job.cols.axis.taps:
        sigr_across_plan(&job.cols)
    if copied:
        if job.cols.mode == SIGR_LANES:
            job.cols.bytes = 0
        return 0
    # Rows resized together: lanes, or as many as share what is loaded of the table.
    job.group = job.cols.lanes if job.cols.mode == SIGR_LANES and job.cols.axis.taps else SIGR_ROWS
    job.ring = job.rows.taps + job.group
    if ahead and job.straight and job.depth.taps == 0:
        job.cols.later = job.group * job.x_row * size
    # A line more than rows need: rows a power of two apart would fight for the same lines of the cache.
    job.x_pitch = _upwards(job.x_row * unit, 64) * 64 + 64
    job.y_pitch = _upwards(job.y_row * unit, 64) * 64 + 64
    sources = 0 if job.straight and job.depth.taps == 0 else max(job.rows.taps, job.group)
    middle = job.ring * job.y_pitch if ahead else job.group * job.x_pitch
    at.lines, end = end, end + _upwards(job.rows.taps * sizeof(void*), 64) * 64
    at.deep, end = end, end + _upwards(job.depth.taps * sizeof(void*), 64) * 64
    at.line_weights, end = end, end + _upwards(job.rows.taps * unit + 1, 64) * 64
    at.deep_weights, end = end, end + _upwards(job.depth.taps * unit + 1, 64) * 64
    at.across, end = end, end + (job.cols.wide + job.cols.made) * max(VEC_BYTES, 1)
    at.across, end = at.across, _upwards(end, 64) * 64
    at.slices, end = end, end + (0 if job.straight else job.depth.taps * job.x_pitch)
    at.sources, end = end, end + sources * job.x_pitch
    at.middle, end = end, end + middle
    at.made, end = end, end + (0 if job.straight else max(job.group * job.y_pitch, STRIP * unit))
    at.all = end + 64
    return 0


cdef inline Py_ssize_t _table_bytes(const Job* job) noexcept nogil:
    return _upwards(job.cols.bytes, 64) * 64


cdef int _place(Job* job, cnp.ndarray room, Py_ssize_t wanted, int workers) except -1:
    """Fill the table, and cut the outputs into blocks: as few as keep all workers busy."""
    cdef Py_ssize_t all_ = job.items * job.depth.out, most
    if cnp.PyArray_NBYTES(room) < wanted:
        raise ValueError(f"table kernel: needs {wanted} bytes, got {cnp.PyArray_NBYTES(room)}")
    job.table = <char*>((<size_t>cnp.PyArray_DATA(room) + 63) // 64 * 64)
    job.scratch = job.table + _table_bytes(job)
    if job.cols.bytes:
        sigr_across_fill(&job.cols, job.table)
    # Blocks of a slice each resize the rows that they share again.
    most = _upwards(job.rows.out, max(16, 4 * job.rows.taps))
    job.blocks = 1 if workers == 1 else max(1, min(most, _upwards(4 * workers, max(all_, 1))))
    # As many for each worker: of nine alike, one of two would have five.
    while workers > 1 and job.blocks < most and all_ * job.blocks % workers:
        job.blocks += 1
    job.height = _upwards(job.rows.out, job.blocks)
    job.blocks = _upwards(job.rows.out, job.height)
    return 0


def memory(tuple axes, Py_ssize_t channels, Py_ssize_t size, Py_ssize_t unit, bint ahead, int workers):
    """Return how many bytes `resize` needs beside the arrays; 0 where it cannot compute in this unit."""
    cdef Job job
    _describe(&job, axes, 1, channels, size, unit, ahead, False)
    if unit == 2 and job.cols.axis.taps and job.cols.mode == SIGR_LANES:
        return 0
    return 64 + _table_bytes(&job) + workers * job.at.all


def resize(cnp.ndarray x not None, cnp.ndarray y not None, tuple axes, Py_ssize_t items, Py_ssize_t channels,
           Py_ssize_t unit, bint ahead, cnp.ndarray room not None, exact, int workers):
    """Resize x into y; of whole numbers, return how many outputs are left to be rounded, listed in exact's last array.

    `exact`: None for reals; else (doubt, least, shift, most, double weights, scaled weights, denominators, list).
    """
    cdef Job job
    cdef Py_ssize_t many = 0, k
    _describe(&job, axes, items, channels, cnp.PyArray_ITEMSIZE(x), unit, ahead, False)
    job.x, job.y = <const char*>cnp.PyArray_DATA(x), <char*>cnp.PyArray_DATA(y)
    job.open, job.many = NULL, &many
    if (cnp.PyArray_SIZE(x) != items * job.depth.data * job.rows.data * job.x_row
            or cnp.PyArray_SIZE(y) != items * job.depth.out * job.rows.out * job.y_row):
        raise ValueError("table kernel: the axes are not those of the arrays")
    if exact is not None:
        job.whole.doubt, job.whole.least, job.whole.shift, job.whole.most = exact[:4]
        job.whole.C, job.whole.size = channels, job.size
        for k in range(3):
            _axis(&job.whole.axis[k], (*axes[k][:3], exact[4][k]), False)
            job.whole.scaled[k] = NULL
            if exact[5][k] is not None:
                job.whole.scaled[k] = <const int64_t*>cnp.PyArray_DATA(<cnp.ndarray?>exact[5][k])
            job.whole.over[k] = exact[6][k]
        job.open = <Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>exact[7])
    _place(&job, room, 64 + _table_bytes(&job) + workers * job.at.all, workers)
    with nogil:
        _run(&job, workers)
    return many


def copy_memory(tuple axes, Py_ssize_t channels, Py_ssize_t size):
    """Return how many bytes `copy` needs beside the arrays."""
    cdef Job job
    _describe(&job, axes, 1, channels, size, size, False, True)
    return 64 + _table_bytes(&job)


def copy(cnp.ndarray x not None, cnp.ndarray y not None, tuple axes, Py_ssize_t items, Py_ssize_t channels,
         Py_ssize_t size, bint whole_rows, cnp.ndarray room not None, int workers):
    """Copy to each output the sample at its starts; channels and size say how many units of which bytes a pixel has."""
    cdef Job job
    _describe(&job, axes, items, channels, size, size, False, True)
    job.x, job.y = <const char*>cnp.PyArray_DATA(x), <char*>cnp.PyArray_DATA(y)
    if (cnp.PyArray_NBYTES(x) != items * job.depth.data * job.rows.data * job.x_row * size
            or cnp.PyArray_NBYTES(y) != items * job.depth.out * job.rows.out * job.y_row * size):
        raise ValueError("table kernel: the axes are not those of the arrays")
    _place(&job, room, 64 + _table_bytes(&job), workers)
    with nogil:
        _copy_all(&job, whole_rows, workers)
