"""Overlap-save in large tiles: correlation of planes with one filter by 2-D transforms whose lanes lie within one tile.

    y[n, i, j] = sum_p sum_q  x[n, i + top + p, j + left + q] * h[p, q]

Outputs are cut into tiles of B1 × B2, on a grid anchored at output (0, 0): B1 = N1 - P + 1, or all rows, where what
wraps round is zeros beyond the data; B2 likewise. The N1 × N2 samples under a tile are a polynomial modulo u^N1 - 1
and, along a row, modulo v^N2 + 1 (real) or v^N2 - i (complex): M2 complex points, which real columns j and j + M2 share
(_transforms.pxd). The taps stand at the negative exponents, so that the B1 × B2 first points of the product are the
outputs that nothing has wrapped into.

    down    a strip of columns, one vector wide, from x: a point is a row's vector pair; transform down the columns
    across  a group of rows, one in a lane: turned from the strips, transformed along the rows, times the spectrum,
            back, and turned into the strips again, in one visit to the cache
    up      a strip: the inverse transform, and what is wanted of it to y

A strip is contiguous, so that no pass strides over a plane and no row is padded against aliasing; strips are only an
odd number of lane groups apart. Strips are loaded a few at a time: what is read of a row of x is then some cache lines.

Contract (held by the routes): geometry is consistent, y overlaps nothing. Nothing here validates or raises. The bytes
depend on the plane, the filter, N1 and N2 alone: a lane never sees its neighbours, and a stage is the same whether its
strips and groups, or whole tiles, are shared out to workers.
"""
cimport numpy as cnp
from cython.parallel cimport prange

from ._tile_maps cimport CONSTANT, FILLED, PAIRS, RUN, STEPS, ZERO, Job, Tile, map_samples, map_taps
from ._transforms cimport circular_columns, forward, inverse
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void PREFETCH(const void* p)
    void sigr_gather(char **streams, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)

cnp.import_array()

cdef enum:
    LANES = 16              # of the widest level
    AHEAD = 40              # points between what is asked for and what is read or written
    LOADED = 1 << 20        # bytes of strips that are loaded, or stored, together


# ---- Down the columns -----------------------------------------------------------------------------------

cdef inline void _vector(const real* row, const Py_ssize_t* at, char kind, Py_ssize_t step, real fill, vreal* to,
                         vreal zero) noexcept nogil:
    cdef Py_ssize_t lane
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if kind == RUN:
            to[0] = (<const vreal*>(row + at[0]))[0]
        elif kind == STEPS:
            row += at[0]
            for lane in range(<Py_ssize_t>(sizeof(vreal) // sizeof(real))):
                (<real*>to)[lane] = row[lane * step]
        elif kind == CONSTANT:
            to[0] = zero + (fill if at[0] == FILLED else <real>0)
        else:
            for lane in range(<Py_ssize_t>(sizeof(vreal) // sizeof(real))):
                (<real*>to)[lane] = row[at[lane]] if at[lane] >= 0 else fill if at[lane] == FILLED else <real>0


cdef inline void _load(const Job* job, const Tile* t, const real* x, vreal* plane, Py_ssize_t first, Py_ssize_t last,
                       vreal zero) noexcept nogil:
    """Strips first … last - 1 of the tile."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, s, lane, _
    cdef real fill = <real>job.fill, fill_im = <real>(job.fill_im if job.pairs else job.fill)
    cdef const Py_ssize_t* im = t.col + job.strips * L
    cdef const real* row
    cdef const real* ahead
    cdef const real* from_
    cdef vreal* z
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for i in range(job.groups * L):
            z = plane + first * job.pitch + 2 * i
            if i >= job.N1 or t.row[i] < 0:
                for _ in range(first, last):
                    z[0] = zero + (fill if i < job.N1 and t.row[i] == FILLED else <real>0)
                    z[1] = zero + (fill_im if i < job.N1 and t.row[i] == FILLED else <real>0)
                    z += job.pitch
                continue
            row = x + t.row[i]
            ahead = x + t.row[min(i + job.ahead, job.N1 - 1)]
            for s in range(first, last):
                PREFETCH(ahead + t.col[s * L])
                PREFETCH(ahead + im[s * L])
                if t.kind[s] == PAIRS:
                    from_ = row + t.col[s * L]
                    for lane in range(L):
                        (<real*>z)[lane] = from_[2 * lane]
                        (<real*>(z + 1))[lane] = from_[2 * lane + 1]
                else:
                    _vector(row, t.col + s * L, t.kind[s], job.x_step, fill, z, zero)
                    _vector(row, im + s * L, t.kind[job.strips + s], job.x_step, fill_im, z + 1, zero)
                z += job.pitch


cdef inline bint _empty(const Job* job, const Tile* t, Py_ssize_t s) noexcept nogil:
    """Whether a strip is all zeros."""
    cdef Py_ssize_t im = job.strips + s
    return (t.kind[s] == CONSTANT and t.kind[im] == CONSTANT
            and (job.fill == 0 and job.fill_im == 0
                 or t.col[s * job.lanes] == ZERO and t.col[im * job.lanes] == ZERO))


cdef void _down(const Job* job, const Tile* t, const real* x, const real* w1, vreal* plane, Py_ssize_t some,
                vreal zero) noexcept nogil:
    cdef Py_ssize_t first = job.strips * some // job.shares, last = job.strips * (some + 1) // job.shares, s
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        _load(job, t, x, plane, first, last, zero)
        if job.N1 > 1:
            for s in range(first, last):
                if not _empty(job, t, s):
                    forward(plane + s * job.pitch, plane + s * job.pitch + 1, w1, job.N1, 2, 1, zero)


# ---- Across the rows ------------------------------------------------------------------------------------

cdef inline void _turn(const vreal* from_, vreal* to, const real* picks, vreal zero) noexcept nogil:
    """L points of L lanes, pairs of vectors both: lanes become points. `picks` is read by no one: it picks the type."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), r
    cdef char* streams[LANES]
    cdef int half
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if VEC_BYTES == 0:
            to[0], to[1] = from_[0], from_[1]
            return
        for half in range(2):
            for r in range(L):
                streams[r] = <char*>(from_ + 2 * r + half)
            sigr_gather(streams, <char*>(to + half), 2 * VEC_BYTES, L, sizeof(real) // 4)


cdef void _across(const Job* job, const Tile* t, vreal* plane, const real* w2, const real* h, Py_ssize_t group,
                  char* rows, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), s, r
    cdef vreal* z = <vreal*>rows
    cdef const vreal* g = <const vreal*>h + group * 2 * job.M2
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for s in range(job.strips):
            for r in range(2 * L):  # the next strip lies far from this one
                PREFETCH(plane + min(s + 1, job.strips - 1) * job.pitch + group * 2 * L + r)
            _turn(plane + s * job.pitch + group * 2 * L, z + 2 * s * L, w2, zero)
        circular_columns(z, z + 1, w2, g, g + 1, job.M2, 2, 1, 2, zero)
        for s in range(t.out_strips):
            _turn(z + 2 * s * L, plane + s * job.pitch + group * 2 * L, w2, zero)


cdef void _spectrum(const Job* job, const vreal* plane, const real* w2, real* h, Py_ssize_t group, char* rows,
                    vreal zero) noexcept nogil:
    """The taps' side of it: the values themselves, over the number of points."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), s, k
    cdef vreal* z = <vreal*>rows
    cdef vreal* g = <vreal*>h + group * 2 * job.M2
    cdef real scale = <real>(1.0 / <double>(job.N1 * job.M2))
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for s in range(job.strips):
            _turn(plane + s * job.pitch + group * 2 * L, z + 2 * s * L, w2, zero)
        forward(z, z + 1, w2, job.M2, 2, 1, zero)
        for k in range(2 * job.M2):
            g[k] = z[k] * scale


# ---- Up again -------------------------------------------------------------------------------------------

cdef inline void _put(const vreal* v, real* to, Py_ssize_t live, Py_ssize_t step) noexcept nogil:
    """The first `live` lanes; none where that is negative."""
    cdef Py_ssize_t lane, L = sizeof(vreal) // sizeof(real)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if live >= L and step == 1:
            (<vreal*>to)[0] = v[0]
        else:
            for lane in range(min(live, L)):
                to[lane * step] = (<const real*>v)[lane]


cdef inline void _store(const Job* job, const Tile* t, const vreal* plane, Py_ssize_t first, Py_ssize_t last, real* y,
                        vreal zero) noexcept nogil:
    """The outputs that strips first … last - 1 hold."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, s, lane, step = job.y_step
    cdef Py_ssize_t here = min(t.live_cols, job.M2), beyond = t.live_cols - job.M2
    cdef const vreal* z
    cdef real* to
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for i in range(t.live_rows):
            for s in range(first, last):
                z = plane + s * job.pitch + 2 * i
                to = y + i * job.y_pitch + s * L * step
                if i + job.ahead < t.live_rows:  # rows below are another tile's, maybe another worker's
                    PREFETCH(to + job.ahead * job.y_pitch)
                    PREFETCH(to + job.ahead * job.y_pitch + job.M2 * step)
                if not job.pairs:
                    _put(z, to, here - s * L, step)
                    _put(z + 1, to + job.M2 * step, min(beyond, job.M2) - s * L, step)
                elif step == 2 and here - s * L >= L:
                    for lane in range(L):
                        to[2 * lane] = (<const real*>z)[lane]
                        to[2 * lane + 1] = (<const real*>(z + 1))[lane]
                else:
                    _put(z, to, here - s * L, step)
                    _put(z + 1, to + 1, here - s * L, step)


cdef void _up(const Job* job, const Tile* t, const real* w1, vreal* plane, Py_ssize_t some, real* y,
              vreal zero) noexcept nogil:
    cdef Py_ssize_t first = t.out_strips * some // job.shares, last = t.out_strips * (some + 1) // job.shares, s
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if job.N1 > 1:
            for s in range(first, last):
                inverse(plane + s * job.pitch, plane + s * job.pitch + 1, w1, job.N1, 2, 1, zero)
        _store(job, t, plane, first, last,
               y + (job.y_at[t.plane] if job.y_at else 0) + t.i * job.y_pitch + t.j * job.y_step, zero)


# ---- Tiles ----------------------------------------------------------------------------------------------

cdef void _tile(const Job* job, Py_ssize_t k, const real* x, real* y, const real* w1, const real* w2, const real* h,
                char* scratch, vreal zero) noexcept nogil:
    """One tile on one worker."""
    cdef Tile t
    cdef Py_ssize_t some
    cdef vreal* plane = <vreal*>scratch
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        map_samples(job, job.tile[k] if job.tile else k, scratch + job.plane_bytes, &t)
        x += job.x_at[t.plane] if job.x_at else 0
        for some in range(job.shares):
            _down(job, &t, x, w1, plane, some, zero)
        for some in range(job.groups):
            _across(job, &t, plane, w2, h, some, scratch + job.plane_bytes + job.maps_bytes, zero)
        for some in range(job.shares):
            _up(job, &t, w1, plane, some, y, zero)


cdef void _shared(const Job* job, Py_ssize_t k, const real* x, real* y, const real* w1, const real* w2, const real* h,
                  char* scratch, int workers, vreal zero) noexcept nogil:
    """One tile on all workers."""
    cdef Tile t
    cdef Py_ssize_t some
    cdef vreal* plane = <vreal*>scratch
    cdef char* rows = scratch + job.plane_bytes + job.maps_bytes
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        map_samples(job, job.tile[k] if job.tile else k, scratch + job.plane_bytes, &t)
        x += job.x_at[t.plane] if job.x_at else 0
        for some in prange(job.shares, schedule="static", num_threads=workers):
            _down(job, &t, x, w1, plane, some, zero)
        for some in prange(job.groups, schedule="dynamic", num_threads=workers):
            _across(job, &t, plane, w2, h, some, rows + thread_number() * job.group_bytes, zero)
        for some in prange(job.shares, schedule="static", num_threads=workers):
            _up(job, &t, w1, plane, some, y, zero)


cdef void _run(const Job* job, const real* x, real* y, const real* w1, const real* w2, const real* h, char* scratch,
               bint split, int workers, vreal zero) noexcept nogil:
    cdef Py_ssize_t k, bytes_ = job.plane_bytes + job.maps_bytes + job.group_bytes
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if workers == 1:
            for k in range(job.tiles):
                _tile(job, k, x, y, w1, w2, h, scratch, zero)
        elif split:
            for k in range(job.tiles):
                _shared(job, k, x, y, w1, w2, h, scratch, workers, zero)
        else:
            # Neighbouring tiles on different workers at the same time would write to the same stretches of rows.
            for k in prange(job.tiles, schedule="static", num_threads=workers):
                _tile(job, k, x, y, w1, w2, h, scratch + thread_number() * bytes_, zero)


cdef void _transform_taps(const Job* job, const real* x, const real* w1, const real* w2, real* h, char* scratch,
                          int workers, vreal zero) noexcept nogil:
    cdef Tile t
    cdef Py_ssize_t some
    cdef vreal* plane = <vreal*>scratch
    cdef char* rows = scratch + job.plane_bytes + job.maps_bytes
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        map_taps(job, scratch + job.plane_bytes, &t)
        if workers == 1:
            for some in range(job.shares):
                _down(job, &t, x, w1, plane, some, zero)
            for some in range(job.groups):
                _spectrum(job, plane, w2, h, some, rows, zero)
        else:
            for some in prange(job.shares, schedule="dynamic", num_threads=workers):
                _down(job, &t, x, w1, plane, some, zero)
            for some in prange(job.groups, schedule="dynamic", num_threads=workers):
                _spectrum(job, plane, w2, h, some, rows + thread_number() * job.group_bytes, zero)


# ---- Calls ----------------------------------------------------------------------------------------------

cdef void _measure(Job* job, Py_ssize_t itemsize, Py_ssize_t N1, Py_ssize_t M2, bint pairs, bint split,
                   int workers) noexcept nogil:
    """The layout of a tile."""
    cdef Py_ssize_t vector = max(<Py_ssize_t>VEC_BYTES, itemsize), wide
    job.N1, job.M2, job.pairs = N1, M2, pairs
    job.lanes = vector // itemsize
    job.strips, job.groups = (M2 + job.lanes - 1) // job.lanes, (N1 + job.lanes - 1) // job.lanes
    job.pitch = 2 * job.lanes * (job.groups | 1)
    wide = max(1, LOADED // (job.pitch * vector))
    job.shares = (job.strips + wide - 1) // wide
    if split:  # equally many for each worker
        job.shares = min(max(2, (job.shares + workers - 1) // workers) * workers, job.strips)
    job.ahead = 1 + AHEAD // ((job.strips + job.shares - 1) // job.shares)
    job.plane_bytes = (job.strips * job.pitch * vector + 63) // 64 * 64
    job.maps_bytes = (N1 + 2 * job.strips * job.lanes) * <Py_ssize_t>sizeof(Py_ssize_t) + 2 * job.strips
    job.maps_bytes = (job.maps_bytes + 63) // 64 * 64
    job.group_bytes = (2 * job.strips * job.lanes * vector + 63) // 64 * 64


cdef cnp.ndarray _scratch(Py_ssize_t size):
    """Memory by NumPy, which asks for huge pages: a plane in small ones takes longer to get than to transform."""
    cdef cnp.npy_intp bytes_ = size + 64
    return cnp.PyArray_EMPTY(1, &bytes_, cnp.NPY_UINT8, 0)


cdef char* _aligned(char* scratch) noexcept nogil:
    return <char*>((<Py_ssize_t>scratch + 63) // 64 * 64)


def lanes(Py_ssize_t itemsize):
    """Return how many reals of a size a vector holds: the spectrum is laid out in groups of so many rows."""
    return max(<Py_ssize_t>VEC_BYTES, itemsize) // itemsize


def spectrum(cnp.ndarray taps not None, cnp.ndarray twiddles1 not None, cnp.ndarray twiddles2 not None,
             cnp.ndarray out not None, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t N1, Py_ssize_t M2, bint pairs,
             int workers):
    """Fill `out`, groups of lanes × M2 pairs of vectors, from P × Q taps, those right of the first times v^N2."""
    cdef Job job
    job.P, job.Q = P, Q
    job.x_step = 1
    job.fill = job.fill_im = 0
    _measure(&job, cnp.PyArray_ITEMSIZE(out), N1, M2, pairs, workers > 1, workers)
    if workers > 1:
        job.shares = job.strips  # most are empty: those that are not lie side by side
    cdef cnp.ndarray memory = _scratch(job.plane_bytes + job.maps_bytes + job.group_bytes * workers)
    cdef char* scratch = <char*>cnp.PyArray_DATA(memory)
    with nogil:
        if cnp.PyArray_TYPE(out) == cnp.NPY_FLOAT:
            _transform_taps(&job, <const float*>cnp.PyArray_DATA(taps), <const float*>cnp.PyArray_DATA(twiddles1),
                            <const float*>cnp.PyArray_DATA(twiddles2), <float*>cnp.PyArray_DATA(out),
                            _aligned(scratch), workers, ZERO_FLOAT)
        else:
            _transform_taps(&job, <const double*>cnp.PyArray_DATA(taps), <const double*>cnp.PyArray_DATA(twiddles1),
                            <const double*>cnp.PyArray_DATA(twiddles2), <double*>cnp.PyArray_DATA(out),
                            _aligned(scratch), workers, ZERO_DOUBLE)


def tiles(cnp.ndarray x not None, cnp.ndarray spectrum not None, cnp.ndarray twiddles1 not None,
          cnp.ndarray twiddles2 not None, cnp.ndarray y not None, x_at, y_at,
          Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t x_pitch, Py_ssize_t x_step,
          Py_ssize_t out_rows, Py_ssize_t out_cols, Py_ssize_t y_pitch, Py_ssize_t y_step,
          Py_ssize_t top, Py_ssize_t left, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t N1, Py_ssize_t M2,
          Py_ssize_t B1, Py_ssize_t B2, bint pairs, int boundary,
          double fill, double fill_im, chosen, int workers):
    """Correlate planes with the taps whose spectrum is given: all tiles of all planes, or the chosen ones."""
    cdef Job job
    cdef bint split
    job.planes = 1
    job.x_at = job.y_at = job.tile = NULL
    if x_at is not None:
        job.planes = cnp.PyArray_DIM(<cnp.ndarray?>x_at, 0)
        job.x_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>x_at)
        job.y_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>y_at)
    job.rows, job.cols, job.x_pitch, job.x_step = rows, cols, x_pitch, x_step
    job.out_rows, job.out_cols, job.y_pitch, job.y_step = out_rows, out_cols, y_pitch, y_step
    job.top, job.left, job.boundary, job.fill, job.fill_im = top, left, boundary, fill, fill_im
    job.P, job.Q, job.B1, job.B2 = P, Q, B1, B2
    job.across = (out_cols + job.B2 - 1) // job.B2
    job.per_plane = (out_rows + job.B1 - 1) // job.B1 * job.across
    job.tiles = job.planes * job.per_plane
    if chosen is not None:
        job.tiles = cnp.PyArray_DIM(<cnp.ndarray?>chosen, 0)
        job.tile = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>chosen)
    # A tile each, unless that leaves a worker idle for long: then all work on one.
    split = workers > 1 and job.tiles < 4 * workers and job.tiles % workers != 0
    _measure(&job, cnp.PyArray_ITEMSIZE(y) // (2 if cnp.PyArray_ISCOMPLEX(y) else 1), N1, M2, pairs, split, workers)
    cdef Py_ssize_t bytes_ = job.plane_bytes + job.maps_bytes + job.group_bytes
    bytes_ = bytes_ + job.group_bytes * (workers - 1) if split else bytes_ * workers
    cdef cnp.ndarray memory = _scratch(bytes_)
    cdef char* scratch = <char*>cnp.PyArray_DATA(memory)
    with nogil:
        if cnp.PyArray_TYPE(y) == cnp.NPY_FLOAT:
            _run(&job, <const float*>cnp.PyArray_DATA(x), <float*>cnp.PyArray_DATA(y),
                 <const float*>cnp.PyArray_DATA(twiddles1), <const float*>cnp.PyArray_DATA(twiddles2),
                 <const float*>cnp.PyArray_DATA(spectrum), _aligned(scratch), split, workers, ZERO_FLOAT)
        else:
            _run(&job, <const double*>cnp.PyArray_DATA(x), <double*>cnp.PyArray_DATA(y),
                 <const double*>cnp.PyArray_DATA(twiddles1), <const double*>cnp.PyArray_DATA(twiddles2),
                 <const double*>cnp.PyArray_DATA(spectrum), _aligned(scratch), split, workers, ZERO_DOUBLE)
