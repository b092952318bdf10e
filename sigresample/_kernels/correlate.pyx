"""Dense correlation of planes with one filter, or each with its own.

    y[n, i, j] = sum_p sum_q  x[n, i + top + p, j + left + q] * h[p, q]  (+ bias[n mod biases])

A column is a group of `group` consecutive reals: 1 for plain data, 2 for complex data, more where trailing batch axes
were merged. The next column lies `group` reals further, so that all groups share one loop over reals. Samples outside
a plane come from the boundary rule.

Contract (held by the routes): geometry is consistent, y overlaps nothing. The nogil code never allocates, validates
or raises. One thread owns one output; taps are added in ascending order into one accumulator, whatever the tile, the
edge or the number of workers, so that none of them can change a byte.

Work is cut into items: four output rows × one chunk of columns. An item makes a table of pointers to its P + 3 input
rows (a row outside the plane is another row, a row of the fill value, or no row at all) and goes over its columns as
left | centre | right: the centre reads x itself, the edges read a small gathered strip.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from ._boundary cimport FILL, source
from ._finite cimport all_finite
from ._spans cimport Taps, combine, lanes, span
from ._types cimport thread_number

import numpy as np

cnp.import_array()

ctypedef fused any_real:
    float
    double
    uint32_t
    uint64_t

cdef enum:
    TILE_ROWS = 4
    CHUNK_BYTES = 16384     # columns of an item: its P + 3 rows stay in the second-level cache
    COMPLEX_CHUNK_BYTES = 4096   # under complex taps an item's result is kept twice, in the first-level cache
    STRIP_BYTES = 2048      # edge columns gathered at a time

cdef struct Job:
    Taps taps               # separable: the column u as P × 1
    Taps across             # separable: the row v as 1 × Q
    bint separable, add, clip
    char* x
    char* y
    const Py_ssize_t* x_at
    const Py_ssize_t* y_at
    const Py_ssize_t* h_at  # where each plane's own taps begin, or NULL
    const char* bias        # what is added to the sums of plane n: number n mod biases, `group` reals each; or NULL
    Py_ssize_t biases
    const char* fill        # two reals, for even and odd positions in a group
    const char* fill_row    # a row of the fill value
    char* scratch
    Py_ssize_t scratch_bytes    # of one worker
    Py_ssize_t size         # bytes of a real
    Py_ssize_t planes, P, Q, rows, cols, x_pitch, out_rows, out_cols, y_pitch, top, left, group
    Py_ssize_t row_tiles, chunks, chunk   # chunk, strip, strip_width, held: in reals
    Py_ssize_t strip, strip_width, held
    int boundary

# The scratch of one worker, in this order.
cdef struct Scratch:
    char** rows             # P + 3 input rows
    char** strip_rows       # P + 3 rows of the strip
    char* strip
    char* out               # four rows of a strip's result
    char* held              # separable: four rows after the column pass; complex taps: both halves of the result


cdef inline void _gather(const Job* job, char* to, const char* row, Py_ssize_t start, Py_ssize_t n,
                         Py_ssize_t width) noexcept nogil:
    """Copy reals start … start + n − 1 of a row, by the boundary rule where they lie outside it; zeros up to width."""
    cdef Py_ssize_t size = job.size, group = job.group, done, column, within, run, at
    # The part inside the row, which is all but a few reals.
    cdef Py_ssize_t lead = min(max(0, -start), n), stop = max(lead, min(n, job.cols * group - start))
    memcpy(to + lead * size, row + (start + lead) * size, (stop - lead) * size)
    if job.clip:
        memset(to, 0, lead * size)
        memset(to + stop * size, 0, (width - stop) * size)
        return
    memset(to + n * size, 0, (width - n) * size)
    done = 0
    while done < n:
        if done == lead < stop:
            done = stop
            continue
        column = (start + done) // group
        within = (start + done) % group
        if within < 0:
            within += group
            column -= 1
        run = min((lead if done < lead else n) - done, group - within)
        at = source(column, job.cols, job.boundary)
        if at >= 0:
            memcpy(to + done * size, row + (at * group + within) * size, run * size)
        else:
            for at in range(run):
                memcpy(to + (done + at) * size, job.fill + ((within + at) & 1) * size, size)
        done += run


cdef void _strip(const Job* job, const Taps* taps, Scratch* s, Py_ssize_t v0, Py_ssize_t v1, int n_rows,
                 Py_ssize_t start, Py_ssize_t n, char** out, bint add) noexcept nogil:
    """Edge columns: gather the samples of n output reals, correlate them at full vectors, keep n."""
    cdef Py_ssize_t size = job.size, L = lanes(taps.kind), done = 0, m, padded, width, p
    cdef Py_ssize_t halo = (taps.Q - 1) * job.group
    cdef char* result[4]
    cdef int r
    for r in range(n_rows):
        result[r] = s.out + r * job.strip * size
    while done < n:
        m = min(n - done, job.strip)
        padded = (m + L - 1) // L * L
        width = padded + halo
        for p in range(v0, v1):
            s.strip_rows[p] = s.strip + p * job.strip_width * size
            _gather(job, s.strip_rows[p], s.rows[p], start + done, m + halo, width)
        if add:
            for r in range(n_rows):
                memset(result[r] + m * size, 0, (padded - m) * size)
                memcpy(result[r], out[r] + done * size, m * size)
        span(taps, s.strip_rows, v0, v1, 0, padded, n_rows, result, 0, add)
        for r in range(n_rows):
            memcpy(out[r] + done * size, result[r], m * size)
        done += m


cdef void _cover(const Job* job, const Taps* taps, Scratch* s, Py_ssize_t v0, Py_ssize_t v1, int n_rows,
                 Py_ssize_t left, Py_ssize_t r0, Py_ssize_t r1, char** out, bint add) noexcept nogil:
    """Output reals r0 … r1 − 1 of n_rows rows, whose windows begin `left` reals from them; out holds real r0 first."""
    cdef Py_ssize_t size = job.size, L = lanes(taps.kind), c0, c1, rest
    cdef char* part[4]
    cdef int r
    # The centre: every sample of the window lies inside the row.
    c0 = min(max(r0, -left), r1)
    c1 = max(min(r1, job.cols * job.group - left - (taps.Q - 1) * job.group), c0)
    # Whole vectors only, unless the last one can step back over results already there.
    rest = (c1 - c0) % L
    if rest and (add or c1 - c0 < L or c1 < r1):
        c1 -= rest
    # left
    if c0 > r0:
        _strip(job, taps, s, v0, v1, n_rows, r0 + left, c0 - r0, out, add)
    # centre
    if c1 > c0:
        span(taps, s.rows, v0, v1, c0 + left, c1 - c0, n_rows, out, c0 - r0, add)
    # right
    if r1 > c1:
        for r in range(n_rows):
            part[r] = out[r] + (c1 - r0) * size
        _strip(job, taps, s, v0, v1, n_rows, c1 + left, r1 - c1, part, add)


cdef void _complex(const Job* job, Scratch* s, Py_ssize_t v0, Py_ssize_t v1, int n_rows,
                   Py_ssize_t r0, Py_ssize_t r1, char** out) noexcept nogil:
    """Complex taps: one pass with their real parts, one with their imaginary parts, then a + ib."""
    cdef Taps taps = job.taps
    cdef char* real[4]
    cdef char* imag[4]
    cdef Py_ssize_t pitch = job.held * job.size
    cdef int r
    for r in range(n_rows):
        real[r] = s.held + r * pitch
        imag[r] = s.held + (TILE_ROWS + r) * pitch
    _cover(job, &taps, s, v0, v1, n_rows, job.left * job.group, r0, r1, real, False)
    taps.h = taps.h_imag
    _cover(job, &taps, s, v0, v1, n_rows, job.left * job.group, r0, r1, imag, False)
    for r in range(n_rows):
        combine(taps.kind, out[r], real[r], imag[r], r1 - r0, job.add)


cdef void _separable(const Job* job, Scratch* s, Py_ssize_t v0, Py_ssize_t v1, int n_rows,
                     Py_ssize_t r0, Py_ssize_t r1, char** out) noexcept nogil:
    """Columns first into four held rows, with the halo that the pass across them needs."""
    cdef Py_ssize_t size = job.size, L = lanes(job.taps.kind), halo = (job.Q - 1) * job.group
    cdef Py_ssize_t n = r1 - r0, whole = n // L * L
    cdef char* held[4]
    cdef char* result[4]
    cdef int r
    for r in range(n_rows):
        held[r] = s.held + r * job.held * size
        result[r] = s.out + r * job.strip * size
    _cover(job, &job.taps, s, v0, v1, n_rows, job.left * job.group, r0, r1 + halo, held, False)
    if whole:
        span(&job.across, held, 0, n_rows, 0, whole, n_rows, out, 0, False)
    if n > whole:
        for r in range(n_rows):
            memset(held[r] + (n + halo) * size, 0, (whole + L - n) * size)
        span(&job.across, held, 0, n_rows, whole, L, n_rows, result, 0, False)
        for r in range(n_rows):
            memcpy(out[r] + whole * size, result[r], (n - whole) * size)


cdef inline void _raise(any_real* y, const any_real* bias, Py_ssize_t group, Py_ssize_t n) noexcept nogil:
    """Add a bias to n reals, whole groups of them."""
    cdef Py_ssize_t j
    cdef any_real re = bias[0], im
    if group == 1:
        for j in range(n):
            y[j] = y[j] + re
    else:
        im = bias[1]
        for j in range(0, n, 2):
            y[j] = y[j] + re
            y[j + 1] = y[j + 1] + im


cdef void _add_bias(const Job* job, Py_ssize_t plane, char** out, int n_rows, Py_ssize_t n) noexcept nogil:
    """Add the plane's bias to n reals of up to four rows whose sums are finished."""
    cdef const char* bias = job.bias + plane % job.biases * job.group * job.size
    cdef int r
    for r in range(n_rows):
        if job.taps.kind == c"f":
            _raise(<float*>out[r], <const float*>bias, job.group, n)
        elif job.taps.kind == c"d":
            _raise(<double*>out[r], <const double*>bias, job.group, n)
        elif job.taps.kind == c"4":
            _raise(<uint32_t*>out[r], <const uint32_t*>bias, job.group, n)
        else:
            _raise(<uint64_t*>out[r], <const uint64_t*>bias, job.group, n)


cdef void _item(const Job* job, Py_ssize_t item) noexcept nogil:
    """Four output rows × one chunk of columns of one plane."""
    cdef Py_ssize_t chunk = item % job.chunks, tile = item // job.chunks % job.row_tiles
    cdef Py_ssize_t plane = item // job.chunks // job.row_tiles
    cdef Py_ssize_t i0 = tile * TILE_ROWS, r0 = chunk * job.chunk, r1 = min(r0 + job.chunk, job.out_cols * job.group)
    cdef int n_rows = min(TILE_ROWS, job.out_rows - i0), r
    cdef Py_ssize_t n_sources = job.P + n_rows - 1, v0 = 0, v1 = n_sources, p, at
    cdef Scratch s
    cdef Job own
    cdef char* memory = job.scratch + thread_number() * job.scratch_bytes
    cdef char* x = job.x + (job.x_at[plane] if job.x_at else 0) * job.size
    cdef char* y = job.y + (job.y_at[plane] if job.y_at else 0) * job.size
    cdef char* out[4]
    if job.h_at:
        own = job[0]
        own.taps.h += job.h_at[plane] * job.size
        if own.taps.h_imag:
            own.taps.h_imag += job.h_at[plane] * job.size
        job = &own
    s.rows = <char**>memory
    s.strip_rows = s.rows + job.P + TILE_ROWS
    s.out = <char*>(s.strip_rows + job.P + TILE_ROWS)
    s.held = s.out + TILE_ROWS * job.strip * job.size
    s.strip = s.held + 2 * TILE_ROWS * job.held * job.size
    if job.clip:
        # Rows outside the plane add nothing: leave them out, taps and all.
        v0 = min(max(0, -(i0 + job.top)), n_sources)
        v1 = max(min(n_sources, job.rows - i0 - job.top), v0)
    for p in range(v0, v1):
        at = source(i0 + job.top + p, job.rows, job.boundary)
        s.rows[p] = x + at * job.x_pitch * job.size if at >= 0 else <char*>job.fill_row
    for r in range(n_rows):
        out[r] = y + ((i0 + r) * job.y_pitch + r0) * job.size
    if job.separable:
        _separable(job, &s, v0, v1, n_rows, r0, r1, out)
    elif job.taps.h_imag:
        _complex(job, &s, v0, v1, n_rows, r0, r1, out)
    else:
        _cover(job, &job.taps, &s, v0, v1, n_rows, job.left * job.group, r0, r1, out, job.add)
    if job.bias:
        _add_bias(job, plane, out, n_rows, r1 - r0)


cdef void _run(const Job* job, int workers) noexcept nogil:
    cdef Py_ssize_t item, items = job.planes * job.row_tiles * job.chunks
    # A parallel loop costs 600 ns even with one thread.
    if workers == 1:
        for item in range(items):
            _item(job, item)
    else:
        # In long stretches, that shrink: two workers in neighbouring rows would both clear the same fresh huge page.
        for item in prange(items, schedule="guided", num_threads=workers):
            _item(job, item)


cdef inline Py_ssize_t _rounded(Py_ssize_t n, Py_ssize_t to) noexcept nogil:
    return (n + to - 1) // to * to


cdef void _plan(Job* job) noexcept nogil:
    """Fix the sizes of items and scratch; none of them changes a byte of the result."""
    cdef Py_ssize_t L = 64 // job.size, reals = job.out_cols * job.group, halo = (job.Q - 1) * job.group
    cdef Py_ssize_t bytes_ = COMPLEX_CHUNK_BYTES if job.taps.h_imag else CHUNK_BYTES
    job.chunk = max(1, min(reals, bytes_ // job.size))
    if job.separable or job.taps.h_imag:
        # Complex pairs must not be cut in two.
        job.chunk = _rounded(job.chunk, 2)
        job.held = _rounded(job.chunk + (halo if job.separable else 0), L) + L
    else:
        job.held = 0
    job.chunks = _rounded(reals, job.chunk) // job.chunk
    job.row_tiles = _rounded(job.out_rows, TILE_ROWS) // TILE_ROWS
    job.strip = min(_rounded(reals + (halo if job.separable else 0), L), STRIP_BYTES // job.size)
    job.strip_width = job.strip + (0 if job.separable else halo)
    job.scratch_bytes = _rounded(
        2 * (job.P + TILE_ROWS) * sizeof(char*)
        + job.size * (TILE_ROWS * job.strip + 2 * TILE_ROWS * job.held + (job.P + TILE_ROWS) * job.strip_width), 64)


cdef bint _finite(const Taps* taps, Py_ssize_t n) noexcept nogil:
    if taps.kind != c"f" and taps.kind != c"d":
        return True
    return all_finite(taps.h, n, taps.kind == c"f")


cdef int _taps(Taps* taps, cnp.ndarray h, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t group) except -1:
    """Describe taps of any dtype the kernels know: floats by their character, integers by their width."""
    cdef int number = cnp.PyArray_TYPE(h)
    taps.h = <const char*>cnp.PyArray_DATA(h)
    taps.h_imag = NULL
    taps.P, taps.Q, taps.step = P, Q, group
    if number == cnp.NPY_FLOAT:
        taps.kind = c"f"
    elif number == cnp.NPY_DOUBLE:
        taps.kind = c"d"
    elif cnp.PyTypeNum_ISINTEGER(number):
        taps.kind = c"0" + cnp.PyArray_ITEMSIZE(h)
    else:
        raise TypeError(f"correlate kernel: no such dtype: {h.dtype}")
    return 0


cdef _execute(Job* job, fill, bint finite, int workers):
    """Prepare the fill row and the scratch, run, free."""
    cdef char zero[16]
    cdef cnp.ndarray values
    cdef char* fill_row = NULL
    cdef Py_ssize_t j, reals = job.cols * job.group
    memset(zero, 0, 16)
    job.fill = zero
    job.clip = job.boundary == FILL and finite
    if job.boundary == FILL and fill != 0:
        dtype = np.dtype("fd"[job.taps.kind == c"d"]) if job.taps.kind >= c"a" else np.dtype(f"u{job.size}")
        values = np.array([fill.real, fill.imag if isinstance(fill, complex) else fill]).astype(dtype)
        job.fill = <const char*>cnp.PyArray_DATA(values)
        job.clip = False
    _plan(job)
    job.scratch = <char*>malloc(job.scratch_bytes * workers)
    if job.boundary == FILL and not job.clip:
        fill_row = <char*>malloc(max(reals, 1) * job.size)
    if job.scratch == NULL or (job.boundary == FILL and not job.clip and fill_row == NULL):
        free(job.scratch)
        free(fill_row)
        raise MemoryError
    job.fill_row = fill_row
    with nogil:
        if fill_row:
            for j in range(reals):
                memcpy(fill_row + j * job.size, job.fill + (j % job.group & 1) * job.size, job.size)
        _run(job, workers)
        free(job.scratch)
        free(fill_row)


cdef void _geometry(Job* job, cnp.ndarray x, cnp.ndarray y, x_at, y_at, Py_ssize_t rows, Py_ssize_t cols,
                    Py_ssize_t x_pitch, Py_ssize_t out_rows, Py_ssize_t out_cols, Py_ssize_t y_pitch,
                    Py_ssize_t top, Py_ssize_t left, Py_ssize_t group, int boundary):
    job.x, job.y = <char*>cnp.PyArray_DATA(x), <char*>cnp.PyArray_DATA(y)
    job.size = cnp.PyArray_ITEMSIZE(x)
    job.planes = 1
    job.x_at = job.y_at = job.h_at = NULL
    job.bias = NULL
    if x_at is not None:
        job.planes = cnp.PyArray_DIM(<cnp.ndarray?>x_at, 0)
        job.x_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>x_at)
    if y_at is not None:
        job.planes = cnp.PyArray_DIM(<cnp.ndarray?>y_at, 0)
        job.y_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>y_at)
    job.rows, job.cols, job.x_pitch = rows, cols, x_pitch
    job.out_rows, job.out_cols, job.y_pitch = out_rows, out_cols, y_pitch
    job.top, job.left, job.group, job.boundary = top, left, group, boundary


def finite(cnp.ndarray x not None):
    """Return whether every number in a contiguous float or complex array in native byte order is finite."""
    cdef int number = cnp.PyArray_TYPE(x)
    cdef bint single = number == cnp.NPY_FLOAT or number == cnp.NPY_CFLOAT
    cdef Py_ssize_t n = cnp.PyArray_NBYTES(x) // (4 if single else 8)
    cdef const void* data = cnp.PyArray_DATA(x)
    cdef bint result
    if n < 1024:    # sooner done than the GIL is given back
        return all_finite(data, n, single)
    with nogil:
        result = all_finite(data, n, single)
    return result


def correlate(cnp.ndarray x not None, cnp.ndarray h not None, cnp.ndarray y not None, x_at, y_at,
              Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t x_pitch, Py_ssize_t out_rows, Py_ssize_t out_cols,
              Py_ssize_t y_pitch, Py_ssize_t top, Py_ssize_t left, Py_ssize_t group, int boundary, fill,
              bint add, int workers, h_at=None, bias=None):
    """Correlate planes of x with the taps h (P, Q), or each with its own of h (n, P, Q), into planes of y.

    The biases, of the taps' type, are those of the first planes, and again of the next; 8 and 16 bits have none.
    """
    cdef Job job
    cdef int last = cnp.PyArray_NDIM(h) - 1
    cdef Py_ssize_t P = cnp.PyArray_DIM(h, last - 1), Q = cnp.PyArray_DIM(h, last)
    cdef cnp.ndarray real = h, imag = None
    if cnp.PyArray_ISCOMPLEX(h):
        real, imag = np.ascontiguousarray(h.real), np.ascontiguousarray(h.imag)
    _taps(&job.taps, real, P, Q, group)
    cdef bint finite = _finite(&job.taps, cnp.PyArray_SIZE(h))
    if imag is not None:
        job.taps.h_imag = <const char*>cnp.PyArray_DATA(imag)
        job.across = job.taps
        job.across.h = job.taps.h_imag
        finite = finite and _finite(&job.across, cnp.PyArray_SIZE(h))
    job.P, job.Q, job.separable, job.add = P, Q, False, add
    _geometry(&job, x, y, x_at, y_at, rows, cols, x_pitch, out_rows, out_cols, y_pitch, top, left, group, boundary)
    if h_at is not None:
        job.h_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>h_at)
    if bias is not None:
        job.bias = <const char*>cnp.PyArray_DATA(<cnp.ndarray?>bias)
        job.biases = cnp.PyArray_SIZE(<cnp.ndarray>bias)
    _execute(&job, fill, finite, workers)


def separable(cnp.ndarray x not None, cnp.ndarray u not None, cnp.ndarray v not None, cnp.ndarray y not None,
              x_at, y_at, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t x_pitch, Py_ssize_t out_rows,
              Py_ssize_t out_cols, Py_ssize_t y_pitch, Py_ssize_t top, Py_ssize_t left, Py_ssize_t group,
              int boundary, fill, int workers):
    """Correlate planes of x with the rank-1 taps u[p] * v[q], columns first."""
    cdef Job job
    cdef Py_ssize_t P = cnp.PyArray_DIM(u, 0), Q = cnp.PyArray_DIM(v, 0)
    _taps(&job.taps, u, P, 1, group)
    _taps(&job.across, v, 1, Q, group)
    job.P, job.Q, job.separable, job.add = P, Q, True, False
    _geometry(&job, x, y, x_at, y_at, rows, cols, x_pitch, out_rows, out_cols, y_pitch, top, left, group, boundary)
    _execute(&job, fill, _finite(&job.taps, P) and _finite(&job.across, Q), workers)
