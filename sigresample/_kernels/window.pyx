"""Windows over planes: the largest sample, where it is, the sum or the mean; and values put back where they came from.

    y[n, i] = max or sum over t of x[n, first + stride * i + dilation * t],   t < taps, absent samples left out

along each of three axes (depth, rows, columns); irregular windows have the bounds of each output instead. How it runs:
the rows of samples under an output row are joined, lanes side by side, into one line; then lines along the columns,
split by the stride, so that every tap is one vector further on. Large windows are put together from parts: `tall` ones
from the end of a block of rows and the beginning of the next, wide ones as _window_across.pxd says. Nothing is ever
subtracted: a NaN, an infinity or a loud sample stays within its windows. Maxima with indices go the other way, first
along each row, then over the rows that are kept, so that of equal samples the first in the plane is found.

Contract (held by the route): the plan fits the arrays, y overlaps nothing, indices lie within the plane. The nogil code
never allocates, validates or raises. One thread owns one output. What changes bytes (tiles, blocks, parts) comes with
the plan, which knows neither the workers nor how many planes there are.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.math cimport frexp
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from ._window_best cimport _best
from ._window_hand cimport SLACK, Hand, _close, _emit, _open, _row
from ._window_job cimport (
    SIGR_EACH_OVER, SIGR_OVER, SIGR_TIMES, SIGR_WHOLE, Axis, Job, Plan, _lines, _meeting, _upwards, sigr_best_of,
    sigr_window_of,
)
from ._window_scatter cimport _outside, _scatter_plane

cnp.import_array()


cdef void _rows(const Job* job, Py_ssize_t plane, Py_ssize_t k, Py_ssize_t chunk, Py_ssize_t t) noexcept nogil:
    """Some rows of outputs, each from all of its samples."""
    cdef Hand hand
    cdef Py_ssize_t i, z, r, p, q, slices, many, count, pitch = job.cols.data * job.size
    cdef const char* x
    _open(job, t, &hand)
    slices = _meeting(&job.depth, k, &z)
    for i in range(chunk * job.chunk, min((chunk + 1) * job.chunk, job.rows.out)):
        many = _meeting(&job.rows, i, &r)
        count = 0
        for q in range(slices):
            x = job.x + ((plane * job.depth.data + z + q * job.depth.dilation) * job.rows.data + r) * pitch \
                + hand.tile.low * job.size
            for p in range(many):
                hand.rows[count] = x + p * job.rows.dilation * pitch
                count += 1
        _emit(job, &hand, count, k, i, _row(job, plane, k, i, hand.tile.begin))
    _close(job, &hand)


cdef void _tall(const Job* job, Py_ssize_t plane, Py_ssize_t k, Py_ssize_t chunk, Py_ssize_t t) noexcept nogil:
    """The outputs whose windows begin in one block of rows: its end from there on, the beginning of the next."""
    cdef Hand hand
    cdef const Axis* of = &job.rows
    cdef Py_ssize_t z, j, at, last = (of.out - 1) * of.stride, taps = of.taps, row_bytes = job.room * job.size
    cdef Py_ssize_t begin = chunk % of.dilation + chunk // of.dilation * taps * of.dilation, n, turn = 0
    cdef Py_ssize_t pitch = job.cols.data * job.size
    cdef const char* x
    cdef const char* sofar = NULL
    cdef const char* row
    cdef const char** ends
    cdef char* to
    _open(job, t, &hand)
    n = hand.tile.high - hand.tile.low
    if _meeting(&job.depth, k, &z) == 0:
        x = NULL
    else:
        x = job.x + (plane * job.depth.data + z) * of.data * pitch + hand.tile.low * job.size
    ends = hand.rows + 2
    ends[taps] = NULL
    for j in range(taps - 1, -1, -1):
        at = of.first + begin + j * of.dilation
        ends[j] = ends[j + 1]
        if 0 <= at < of.data and x != NULL:
            row = x + at * pitch
            if ends[j] != NULL:
                hand.rows[0], hand.rows[1] = row, ends[j]
                row = to = hand.store + (j + 2) * row_bytes
                job.window.fold(hand.rows, 2, n, to)
            ends[j] = row
    for j in range(taps):
        at = begin + j * of.dilation
        if at > last:
            break
        if at % of.stride == 0:
            hand.rows[0] = ends[j] if ends[j] != NULL else sofar
            hand.rows[1] = sofar
            _emit(job, &hand, (ends[j] != NULL) + (sofar != NULL), k, at // of.stride,
                  _row(job, plane, k, at // of.stride, hand.tile.begin))
        at += of.first + taps * of.dilation
        if 0 <= at < of.data and x != NULL:
            row = x + at * pitch
            if sofar != NULL:
                hand.rows[0], hand.rows[1] = sofar, row
                row = to = hand.store + turn * row_bytes
                job.window.fold(hand.rows, 2, n, to)
                turn = 1 - turn
            sofar = row
    _close(job, &hand)


cdef inline void _item(const Job* job, Py_ssize_t item) noexcept nogil:
    cdef Py_ssize_t t = item % job.tiles, chunk, k
    item = item // job.tiles
    chunk = item % job.chunks
    item = item // job.chunks
    k = item % job.depth.out
    item = item // job.depth.out
    if job.best:
        _best(job, item, k, chunk, t)
    elif job.plan.tall:
        _tall(job, item, k, chunk, t)
    else:
        _rows(job, item, k, chunk, t)


cdef void _run(const Job* job, int workers) noexcept nogil:
    cdef Py_ssize_t item, items = job.planes * job.depth.out * job.chunks * job.tiles
    # A parallel loop costs 600 ns even with one thread.
    if workers == 1:
        for item in range(items):
            _item(job, item)
    else:
        for item in prange(items, schedule="guided", num_threads=workers):
            _item(job, item)


cdef void _cut(Job* job, int workers) noexcept nogil:
    """Rows of outputs for each item of work: all of a plane, or less where planes are few. No byte depends on it."""
    cdef Py_ssize_t items, span = (job.rows.out - 1) * job.rows.stride + 1
    job.tiles = _upwards(job.cols.out, job.plan.tile)
    if job.plan.tall:
        job.chunk = 0
        job.chunks = min(job.rows.dilation, span) * _upwards(_upwards(span, job.rows.dilation), job.rows.taps)
        return
    items = job.planes * job.depth.out * job.tiles
    job.chunks = 1 if workers == 1 else min(_upwards(4 * workers, max(items, 1)), _upwards(job.rows.out, 4))
    job.chunk = _upwards(job.rows.out, job.chunks)
    job.chunks = _upwards(job.rows.out, job.chunk)


cdef Py_ssize_t _sizes(Job* job) noexcept nogil:
    """What follows from the plan and the type; the bytes of the tables that all workers share are returned."""
    cdef Axis* of = &job.cols
    cdef Py_ssize_t unit = 64 // job.size, many, apart = job.plan.step * of.dilation, kept = 0
    job.room = _upwards(job.plan.span + 2 * apart, unit) * unit + SLACK * unit
    job.parts = job.pitch = 0
    if of.stride > 1 and of.bounds == NULL:
        job.parts = 1 if job.plan.step else min(of.stride, (of.taps - 1) * of.dilation + 1)
        job.pitch = (_upwards(_upwards(job.plan.span, of.stride), unit) + SLACK) * unit
    job.padded = job.parts == 0 or job.plan.step > 0
    job.crossings = job.plan.step if job.plan.step else of.taps
    job.lasts = 0
    if of.bounds:
        job.crossings = 0
    elif job.plan.step:
        many = of.taps // job.plan.step
        job.lasts = (1 if job.plan.length else many) + (of.taps - many * job.plan.step)
    job.straight = (of.taps == 1 and of.stride == 1 and of.first == 0 and of.bounds == NULL and of.out == of.data
                    and job.by.kind == SIGR_WHOLE)
    job.pairs = of.taps == 2 and of.stride == 2 and of.dilation == 1 and of.bounds == NULL
    if job.best:
        job.kept = job.rows.taps if job.rows.bounds else (job.rows.taps - 1) * job.rows.dilation + 1
        kept = _lines(job.depth.taps * job.kept * sizeof(int64_t)) + 2 * job.depth.taps * job.kept * job.room * job.size
    elif job.plan.tall:
        kept = (job.rows.taps + 2) * job.room * job.size
    job.scratch_bytes = _lines((job.depth.taps * job.rows.taps + 2) * 3 * sizeof(void*)) + kept \
        + (job.parts * job.pitch + (8 if job.plan.step else 3) * job.room) * job.size
    return _lines((job.crossings + job.lasts) * sizeof(Py_ssize_t)) + 3 * _lines((of.out + SLACK * unit) * job.size)


cdef void _tables(Job* job, char* memory) noexcept nogil:
    """Where taps begin; the columns of outputs."""
    cdef Axis* of = &job.cols
    cdef Py_ssize_t* at = <Py_ssize_t*>memory
    cdef Py_ssize_t t, many, rest, far, n = 0
    for t in range(job.crossings):
        at[t] = t * of.dilation
        if job.plan.step == 0 and of.stride > 1:
            at[t] = t * of.dilation % of.stride * job.pitch + t * of.dilation // of.stride
    job.at, job.last = at, at + job.crossings
    if job.plan.step and of.bounds == NULL:
        at = at + job.crossings
        many = of.taps // job.plan.step
        rest = of.taps - many * job.plan.step
        for t in range(1 if job.plan.length else many):
            at[n] = t * job.plan.step * of.dilation
            n += 1
        far = job.room if job.plan.length else 0
        if not job.sums and rest:       # a sample may be met twice
            at[n] = (of.taps - job.plan.step) * of.dilation - far
            n += 1
        elif rest:
            far += job.room + job.parts * job.pitch
            for t in range(rest):
                at[n] = (many * job.plan.step + t) * of.dilation - far
                n += 1
        job.lasts = n


cdef void _columns(Job* job, char* column, char* first) noexcept nogil:
    """The column of each output's first tap, maybe outside, and that of its first sample."""
    cdef Axis* of = &job.cols
    cdef Py_ssize_t j, at, seen
    job.column, job.first = column, first
    if of.bounds:
        return
    for j in range(of.out):
        at = of.first + j * of.stride
        seen = at if at >= 0 else at + _upwards(-at, of.dilation) * of.dilation
        if job.size == 4:
            (<int32_t*>column)[j], (<int32_t*>first)[j] = <int32_t>at, <int32_t>seen
        else:
            (<int64_t*>column)[j], (<int64_t*>first)[j] = at, seen


cdef void _counts(Job* job, char* columns, const int64_t* counts, Py_ssize_t step) noexcept nogil:
    """By what the columns are divided, in the type of the sums."""
    cdef Py_ssize_t j
    job.by.columns = columns
    for j in range(job.cols.out):
        if job.size == 4:
            (<float*>columns)[j] = <float>counts[j * step]
        else:
            (<double*>columns)[j] = <double>counts[j * step]


cdef int _describe(Job* job, cnp.ndarray x, cnp.ndarray plan, object bounds) except -1:
    cdef const Py_ssize_t* numbers = <const Py_ssize_t*>cnp.PyArray_DATA(plan)
    cdef int axis
    cdef Axis* of
    for axis in range(3):
        of = &job.axes[axis]
        memcpy(of, numbers + 6 * axis, 6 * sizeof(Py_ssize_t))
        of.bounds = NULL
        if bounds is not None and bounds[axis] is not None:
            of.bounds = <const int64_t*>cnp.PyArray_DATA(<cnp.ndarray?>bounds[axis])
    job.depth, job.rows, job.cols = job.axes[0], job.axes[1], job.axes[2]
    memcpy(&job.plan, numbers + 18, sizeof(Plan))
    job.size = cnp.PyArray_ITEMSIZE(x)
    job.planes = cnp.PyArray_DIM(x, 0)
    job.x = <const char*>cnp.PyArray_DATA(x)
    job.best = NULL
    job.by.kind = SIGR_WHOLE
    return 0


cdef int _kind(cnp.ndarray x) except -1:
    cdef int type_ = cnp.PyArray_TYPE(x)
    if type_ == cnp.NPY_FLOAT or type_ == cnp.NPY_DOUBLE:
        return c"f"
    if cnp.PyTypeNum_ISINTEGER(type_):
        return c"u" if cnp.PyTypeNum_ISUNSIGNED(type_) else c"i"
    raise TypeError(f"window kernel: no such dtype: {x.dtype}")


cdef int _compute(Job* job, object counts, int workers) except -1:
    cdef Py_ssize_t shared = _sizes(job), columns = _lines((job.cols.out + SLACK * (64 // job.size)) * job.size)
    cdef char* memory = <char*>malloc(shared + workers * job.scratch_bytes + 64)
    cdef char* tables
    cdef cnp.ndarray depth, rows, cols
    if memory == NULL:
        raise MemoryError
    tables = <char*>((<size_t>memory + 63) // 64 * 64)
    _tables(job, tables)
    job.scratch = tables + shared
    tables = job.scratch - 3 * columns
    if job.best:
        _columns(job, tables, tables + columns)
    if job.by.kind == SIGR_EACH_OVER:
        depth, rows, cols = counts
        job.depth_counts, job.depth_step = <const int64_t*>cnp.PyArray_DATA(depth), cnp.PyArray_DIM(depth, 0) > 1
        job.row_counts, job.row_step = <const int64_t*>cnp.PyArray_DATA(rows), cnp.PyArray_DIM(rows, 0) > 1
        _counts(job, tables + 2 * columns, <const int64_t*>cnp.PyArray_DATA(cols), cnp.PyArray_DIM(cols, 0) > 1)
    with nogil:
        _cut(job, workers)
        _run(job, workers)
        free(memory)
    return 0


def pool(cnp.ndarray x not None, cnp.ndarray y not None, cnp.ndarray plan not None, bounds, bint sums, double by,
         counts, int workers):
    """Fill y with the largest samples of windows, or with their sums divided by a number or by counts."""
    cdef Job job
    cdef int exponent
    _describe(&job, x, plan, bounds)
    job.window, job.sums = sigr_window_of(_kind(x), job.size, sums), sums
    job.y = <char*>cnp.PyArray_DATA(y)
    if counts is not None:
        job.by.kind = SIGR_EACH_OVER
    elif abs(frexp(by, &exponent)) == 0.5 and abs(exponent) < 100:
        job.by.kind, job.by.by = SIGR_WHOLE if by == 1 else SIGR_TIMES, 1 / by
    else:
        job.by.kind, job.by.by = SIGR_OVER, by
    _compute(&job, counts, workers)


def best(cnp.ndarray x not None, cnp.ndarray y not None, cnp.ndarray indices not None, cnp.ndarray plan not None,
         bounds, int workers):
    """Fill y with the largest samples of windows and indices with their positions in the plane."""
    cdef Job job
    _describe(&job, x, plan, bounds)
    job.window, job.sums = sigr_window_of(_kind(x), job.size, False), False
    job.best = sigr_best_of(_kind(x), job.size)
    job.y, job.indices = <char*>cnp.PyArray_DATA(y), <int64_t*>cnp.PyArray_DATA(indices)
    _compute(&job, None, workers)


def outside(cnp.ndarray indices not None, Py_ssize_t most):
    """Return the first of the positions that is not one of 0 .. most - 1, or -1."""
    cdef const int64_t* at = <const int64_t*>cnp.PyArray_DATA(indices)
    cdef Py_ssize_t found
    with nogil:
        found = _outside(at, cnp.PyArray_SIZE(indices), <size_t>most)
    return found


def unpool(cnp.ndarray x not None, cnp.ndarray indices not None, cnp.ndarray y not None, int workers):
    """Fill planes of y with zeros, and each with its values of x at their positions, in order: the last one stays."""
    cdef Py_ssize_t planes = cnp.PyArray_DIM(x, 0), n = cnp.PyArray_DIM(x, 1), m = cnp.PyArray_DIM(y, 1), plane
    cdef Py_ssize_t size = cnp.PyArray_ITEMSIZE(x)
    cdef const char* values = <const char*>cnp.PyArray_DATA(x)
    cdef const int64_t* at = <const int64_t*>cnp.PyArray_DATA(indices)
    cdef char* to = <char*>cnp.PyArray_DATA(y)
    if size not in (1, 2, 4, 8, 16):
        raise TypeError(f"window kernel: no such dtype: {x.dtype}")
    with nogil:
        if workers == 1:
            for plane in range(planes):
                _scatter_plane(values, at, to, n, m, size, plane)
        else:
            for plane in prange(planes, schedule="static", num_threads=workers):
                _scatter_plane(values, at, to, n, m, size, plane)
