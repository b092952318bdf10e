"""Correlation over channels, of one to three axes.

    y[n, g O + o, i…] = bias[g O + o] + sum_c sum_p…  x[n, g C + c, (first + i stride + p dilation)…] w[g O + o, c, p…]

and output i lies at start + i leap in y. A sum is one accumulator: its terms are added in the order of c, then of the
taps, and the bias last. Of a complex product the two terms of the real part, and those of the imaginary part, are two
terms that follow each other. Samples outside the data come from the boundary rule; padded zeros are terms too.

Contract (held by the route): shapes agree, arrays are C-contiguous, aligned, native, of one type, y overlaps nothing.
The nogil code never allocates, validates or raises. One thread owns one output.

Work is cut into pieces: one slab of outputs (_channel_job.pxd) for a share of the channels of one group. For each block
of terms its samples come into scratch, and tiles of pixels × channels (_channel_tile.h) add their products to sums
that are kept there. Two ways to lay a tile, of the same bytes:

    lanes are channels   weights are packed, channels side by side; sums are turned round on the way to y
    lanes are pixels     weights are read where they are; for few channels, and taps of one sample
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport intptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from ._channel_job cimport (
    SIGR_TILE_VECTORS, Axis, Job, Slab, fill_base, fill_columns, fill_off, fill_windows, sigr_copy, sigr_lanes_channels,
    sigr_lanes_pixels,
)
from ._channel_plan cimport TILE_ROWS, ceil_div, pieces, plan, scratch
from ._types cimport real, thread_number

cnp.import_array()

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void sigr_gather(char** streams, char* rows, intptr_t pitch, intptr_t n, intptr_t words)
    void sigr_scatter(char** streams, int live, char* rows, intptr_t pitch, intptr_t n, intptr_t words)

cdef enum:
    MOST_UNITS = 16             # numbers of 4 bytes in the longest vector


# ---- Lanes are channels ------------------------------------------------------------------------------

cdef void _pack(const Job* job, char* to, Py_ssize_t g, Py_ssize_t v0, Py_ssize_t V, Py_ssize_t k0,
                Py_ssize_t k1) noexcept nogil:
    """Pack the weights of V vectors of channels: a row of them for every term (two where complex)."""
    cdef char* streams[MOST_UNITS]
    cdef Py_ssize_t unit = job.size * job.parts, per = job.L // job.parts, pitch = V * job.L * job.size
    cdef Py_ssize_t step = pitch * job.parts, v, u, o, k, _k
    for v in range(V):
        for u in range(per):
            # A lane without a channel repeats the last one; nobody reads its sum.
            o = min((v0 + v) * per + u, job.O - 1)
            streams[u] = <char*>job.w + ((g * job.O + o) * job.K + k0) * unit
        if VEC_BYTES > 0 and k1 - k0 >= per > 1:
            sigr_gather(streams, to, step, k1 - k0, unit // 4)
        else:
            for u in range(per):
                for k in range(k1 - k0):
                    memcpy(to + k * step + u * unit, streams[u] + k * unit, unit)
        to += job.L * job.size
    if job.parts == 2:
        to -= V * job.L * job.size
        for _k in range(k1 - k0):
            if job.kind == c"f":
                _turn[float](<float*>to, <float*>(to + pitch), V * job.L)
            else:
                _turn[double](<double*>to, <double*>(to + pitch), V * job.L)
            to += step


cdef inline void _turn(const real* w, real* to, Py_ssize_t n) noexcept nogil:
    """Weights that the imaginary part of a sample meets: i w, so that (−Im w, Re w) add to (Re y, Im y)."""
    cdef Py_ssize_t i
    for i in range(0, n, 2):
        to[i] = -w[i + 1]
        to[i + 1] = w[i]


cdef inline char* _place(const Job* job, const Slab* s, Py_ssize_t n, Py_ssize_t channel, Py_ssize_t i) noexcept nogil:
    """Where row i of a slab's outputs begins in y."""
    cdef const Axis* a0 = &job.a[0]
    cdef const Axis* a1 = &job.a[1]
    cdef const Axis* a2 = &job.a[2]
    cdef Py_ssize_t at = (s.n0 + n) * job.groups * job.O + channel
    at = at * a0.whole + a0.start + s.d * a0.leap
    at = at * a1.whole + a1.start + (s.i0 + i) * a1.leap
    at = at * a2.whole + a2.start + s.j0 * a2.leap
    return job.y + at * job.parts * job.size


cdef inline Py_ssize_t _run_rows(const Job* job, const Slab* s) noexcept nogil:
    """How many rows of a slab lie in y one behind the other, without gaps."""
    return s.rows if s.cols == job.a[2].whole and (s.rows == 1 or job.a[1].leap == 1) else 1


cdef void _deliver_turned(const Job* job, const Slab* s, Py_ssize_t g, Py_ssize_t v0, Py_ssize_t V,
                          char* sums) noexcept nogil:
    """Write finished sums, a row of V vectors of channels for each pixel, to y."""
    cdef char* streams[MOST_UNITS]
    cdef Py_ssize_t unit = job.size * job.parts, per = job.L // job.parts, pitch = V * job.L * job.size
    cdef Py_ssize_t together = _run_rows(job, s), run = together * s.cols, n, i, v, u, o, live
    cdef Py_ssize_t plane = job.a[0].whole * job.a[1].whole * job.a[2].whole * unit, leap = job.a[2].leap
    cdef bint turn = VEC_BYTES > 0 and run >= per > 1
    cdef char* first
    cdef char* row
    for n in range(s.items):
        i = 0
        while i < s.rows:
            for v in range(V):
                o = (v0 + v) * per
                live = min(per, job.O - o)
                first = _place(job, s, n, g * job.O + o, i)
                row = sums + ((n * s.rows + i) * s.cols * V + v) * job.L * job.size
                if turn:
                    for u in range(per):
                        streams[u] = first + u * plane if leap == 1 else s.rows_at + u * run * unit
                    sigr_scatter(streams, <int>live, row, pitch, run, unit // 4)
                    if leap > 1:
                        for u in range(live):
                            sigr_copy(first + u * plane, leap, streams[u], 1, run, unit)
                else:
                    for u in range(live):
                        sigr_copy(first + u * plane, leap, row + u * unit, pitch // unit, run, unit)
            i += together


cdef void _by_channel(const Job* job, const Slab* s, Py_ssize_t g, Py_ssize_t v0, Py_ssize_t v1) noexcept nogil:
    """The sums of one slab for vectors v0 … v1 − 1 of channels."""
    cdef Py_ssize_t k0 = 0, k1, v, V, o, per = job.L // job.parts, vector = job.L * job.size
    cdef bint last, once = job.block >= job.K
    cdef const char* weights
    cdef char* sums
    while True:
        k1 = min(k0 + job.block, job.K)
        last = k1 == job.K
        if job.windows:
            fill_windows(job, s, g, k0 // job.T, k1 // job.T)
        else:
            fill_columns(job, s, g, k0, k1)
        v = v0
        while v < v1:
            V = min(job.tile, v1 - v)
            if job.packed:
                weights = job.panels + ((g * job.vectors + v) * job.K + V * k0) * job.parts * vector
            else:
                _pack(job, s.weights, g, v, V, k0, k1)
                weights = s.weights
            if last and job.bias:
                memset(s.bias, 0, V * vector)
                o = min(V * per, job.O - v * per)
                memcpy(s.bias, job.bias + (g * job.O + v * per) * job.parts * job.size, o * job.parts * job.size)
            sums = s.sums if once else s.sums + (v - v0) * s.pixels * vector
            sigr_lanes_channels(job.kind, <int>(V * job.registers), s.samples, s.base, s.pixels, job.off, weights,
                                (k1 - k0) * job.parts, sums, k0 > 0, s.bias if last and job.bias else NULL)
            if last:
                _deliver_turned(job, s, g, v, V, sums)
            v += V
        if last:
            break
        k0 = k1


# ---- Lanes are pixels --------------------------------------------------------------------------------

cdef void _deliver(const Job* job, const Slab* s, Py_ssize_t channel, const char* sums, Py_ssize_t from_row,
                   Py_ssize_t from_item) noexcept nogil:
    """Write the finished sums of one channel to y."""
    cdef Py_ssize_t n, i
    for n in range(s.items):
        for i in range(s.rows):
            if job.a[2].leap == 1:
                memcpy(_place(job, s, n, channel, i), sums + (n * from_item + i * from_row) * job.size,
                       s.cols * job.size)
            else:
                sigr_copy(_place(job, s, n, channel, i), job.a[2].leap,
                          sums + (n * from_item + i * from_row) * job.size, 1, s.cols, job.size)


cdef void _by_pixel(const Job* job, const Slab* s, Py_ssize_t g, Py_ssize_t o0, Py_ssize_t o1) noexcept nogil:
    """The sums of one slab for channels o0 … o1 − 1. Lanes between two rows of a window hold what nobody reads."""
    cdef Py_ssize_t k0 = 0, k1, t, V, o, n, L = job.L, size = job.size
    cdef Py_ssize_t row = job.row_pitch if job.windows else s.cols
    cdef Py_ssize_t item = job.item_pitch if job.windows else s.rows * s.cols
    cdef Py_ssize_t reach = (s.items - 1) * item + (s.rows - 1) * row + s.cols, pitch = job.pixels
    cdef bint last, straight, placed
    cdef char* sums = s.sums
    cdef const char* samples = s.samples
    cdef const intptr_t* off = job.off
    # Sums go straight to y where vectors fill it without gaps or anything left over; samples stay where they are.
    straight = s.items == 1 and row == s.cols and reach % L == 0 and job.a[2].leap == 1 and _run_rows(job, s) == s.rows
    placed = straight and job.placed
    if straight:
        sums = _place(job, s, 0, g * job.O + o0, 0)
        pitch = job.a[0].whole * job.a[1].whole * job.a[2].whole
    if placed:
        off += job.block
    while True:
        k1 = min(k0 + job.block, job.K)
        last = k1 == job.K
        if placed:
            samples = job.x + (((s.n0 * job.groups + g) * job.C + k0) * job.a[2].data + s.j0) * size
        elif job.windows:
            fill_windows(job, s, g, k0 // job.T, k1 // job.T)
        else:
            fill_columns(job, s, g, k0, k1)
        o = o0
        while o < o1:
            n = min(TILE_ROWS, o1 - o)
            t = 0
            while t < reach:
                V = min(SIGR_TILE_VECTORS, ceil_div(reach - t, L))
                sigr_lanes_pixels(job.kind, <int>V, samples + t * size, off,
                                  job.w + ((g * job.O + o) * job.K + k0) * size, job.K, n, k1 - k0,
                                  sums + ((o - o0) * pitch + t) * size, pitch, k0 > 0,
                                  job.bias + (g * job.O + o) * size if last and job.bias else NULL)
                t += V * L
            o += n
        if last:
            break
        k0 = k1
    if not straight:
        for o in range(o0, o1):
            _deliver(job, s, g * job.O + o, sums + (o - o0) * pitch * size, row, item)


# ---- Pieces ------------------------------------------------------------------------------------------

cdef void _piece(const Job* job, Py_ssize_t piece) noexcept nogil:
    cdef char* memory = job.scratch + thread_number() * job.worker_bytes
    cdef Py_ssize_t share, g, left
    cdef Slab s
    s.j0 = piece % job.many_cols * job.slab_cols
    piece //= job.many_cols
    s.i0 = piece % job.many_rows * job.slab_rows
    piece //= job.many_rows
    s.d = piece % job.a[0].out
    piece //= job.a[0].out
    s.n0 = piece % job.many_items * job.slab_items
    piece //= job.many_items
    share, g = piece % job.shares * job.share, piece // job.shares
    s.cols = min(job.slab_cols, job.a[2].out - s.j0)
    s.rows = min(job.slab_rows, job.a[1].out - s.i0)
    s.items = min(job.slab_items, job.items - s.n0)
    s.pixels = s.items * s.rows * s.cols
    s.samples, s.sums, s.weights = memory + job.samples_at, memory + job.sums_at, memory + job.weights_at
    s.base, s.bias, s.rows_at = <intptr_t*>(memory + job.base_at), memory + job.bias_at, memory + job.rows_at
    if job.by_pixel:
        if job.placed and s.cols % job.L and s.cols > job.L:
            # What fills vectors is read in place, the rest from scratch, beyond which nothing is read.
            left = s.cols % job.L
            s.cols -= left
            _by_pixel(job, &s, g, share, min(share + job.share, job.O))
            s.j0, s.cols = s.j0 + s.cols, left
        _by_pixel(job, &s, g, share, min(share + job.share, job.O))
    else:
        fill_base(job, &s)
        _by_channel(job, &s, g, share, min(share + job.share, job.vectors))


cdef void _pack_tile(const Job* job, Py_ssize_t tile) noexcept nogil:
    cdef Py_ssize_t tiles = ceil_div(job.vectors, job.tile), g = tile // tiles
    cdef Py_ssize_t v = tile % tiles * job.tile
    _pack(job, <char*>job.panels + (g * job.vectors + v) * job.K * job.parts * job.L * job.size, g, v,
          min(job.tile, job.vectors - v), 0, job.K)


cdef void _run(const Job* job, int workers) noexcept nogil:
    cdef Py_ssize_t piece, tiles = job.groups * ceil_div(job.vectors, job.tile) if job.packed else 0
    cdef Py_ssize_t n_pieces = pieces(job)
    # A parallel loop costs 600 ns even with one thread.
    if workers == 1:
        for piece in range(tiles):
            _pack_tile(job, piece)
        for piece in range(n_pieces):
            _piece(job, piece)
    else:
        for piece in prange(tiles, schedule="static", num_threads=workers):
            _pack_tile(job, piece)
        for piece in prange(n_pieces, schedule="guided", num_threads=workers):
            _piece(job, piece)


# ---- The call -----------------------------------------------------------------------------------------

cdef int _describe(Job* job, cnp.ndarray x, cnp.ndarray w, cnp.ndarray y, of, bias) except -1:
    cdef int number = cnp.PyArray_TYPE(x), i
    cdef Axis* a
    job.dense = True
    job.parts = 2 if cnp.PyTypeNum_ISCOMPLEX(number) else 1
    job.size = cnp.PyArray_ITEMSIZE(x) // job.parts
    if cnp.PyTypeNum_ISINTEGER(number) and job.size in (4, 8):
        job.kind = c"0" + <char>job.size
    elif number in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE, cnp.NPY_CFLOAT, cnp.NPY_CDOUBLE):
        job.kind = c"f" if job.size == 4 else c"d"
    else:
        raise TypeError(f"channels kernel: no such dtype: {x.dtype}")
    job.x, job.w = <const char*>cnp.PyArray_DATA(x), <const char*>cnp.PyArray_DATA(w)
    job.y = <char*>cnp.PyArray_DATA(y)
    job.bias = <const char*>cnp.PyArray_DATA(<cnp.ndarray?>bias) if bias is not None else NULL
    job.items, job.groups, job.C, job.O, axes = of
    for i in range(3):
        job.a[i] = Axis(1, 1, 1, 0, 1, 1, 0, 1, 1)
    i = 3 - len(axes)
    for axis in axes:
        a = &job.a[i]
        a.data, a.taps, a.out, a.first, a.stride, a.dilation, a.start, a.leap = axis
        a.whole = cnp.PyArray_DIM(y, cnp.PyArray_NDIM(y) - 3 + i)
        job.dense = job.dense and a.taps == 1 and a.stride == 1 and a.first == 0 and a.data == a.out == a.whole
        i += 1
    job.T = job.a[0].taps * job.a[1].taps * job.a[2].taps
    job.K = job.C * job.T
    if job.dense:
        # One tap that meets every sample: a plane is one row.
        a = &job.a[2]
        a.data = a.out = a.whole = job.a[0].out * job.a[1].out * a.out
        job.a[0] = job.a[1] = Axis(1, 1, 1, 0, 1, 1, 0, 1, 1)
    return 0


def channels(cnp.ndarray x not None, cnp.ndarray w not None, cnp.ndarray y not None, of, int boundary, bias,
             int workers):
    """Correlate x (N, G C, …) with w (G O, C, …) into y (N, G O, …), as `of` says, and add bias (G O,)."""
    cdef Job job
    cdef char* memory
    _describe(&job, x, w, y, of, bias)
    job.boundary = boundary
    if 0 in (job.items, job.groups, job.O, job.a[0].out, job.a[1].out, job.a[2].out):
        return
    plan(&job, workers)
    memory = scratch(&job, workers)
    if memory == NULL:
        raise MemoryError
    with nogil:
        fill_off(&job, <intptr_t*>job.off)
        _run(&job, workers)
        free(memory)
