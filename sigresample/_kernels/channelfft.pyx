"""Correlation over channels by 2-D transforms of tiles, for large filters: overlap-save whose lanes are planes.

    y[n, g·O + o, i, j] = b[g·O + o] + sum_c sum_p sum_q  x[n, g·C + c, i + top + p, j + left + q] * w[g·O + o, c, p, q]

Outputs are cut into tiles of B1 × B2, on a grid anchored at output (0, 0): B1 = N1 - P + 1, or all rows, where what
wraps round is zeros beyond the data; B2 likewise. The N1 × N2 samples under a tile are a polynomial modulo u^N1 - 1
and, along a row, modulo v^N2 + 1 (real) or v^N2 - i (complex): N1 × M2 complex points (_transforms.pxd), at which

    Y[tile, o] = sum_c X[tile, c] W[o, c]                                c ascending, into one accumulator

Transforms take a plane a lane (_channel_planes.pxd), products a point a lane; the spectra in between lie as

    [run of points][plane][re, im][point of the run]

so that the product of a run is one small matrix product whose numbers are pairs of vectors. Each filter's spectrum,
once loaded, serves two tiles, and stays near for all the tiles of a block.

A block is a run of tiles, of any items, × a run of outputs: no byte of a result depends on it, as no lane sees another.
Workers wait for each other as seldom as may be. What a task is, which one of them does alone:

    GROUPS      some groups, all tiles: everything is its own
    OUTPUTS     some outputs of a group, all tiles: the data's spectra are made before, by all together
    TILES       some tiles: the filters' spectra are made before, for as many outputs as is allowed

Contract (held by the route): geometry is consistent, y overlaps nothing. The nogil code neither validates nor raises.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from ._channel_planes cimport (Job, Lane, Scratch, find_data, find_results, load_row, load_taps, planes_of_data,
                               planes_of_results, store_row)
from ._channel_products cimport products
from ._channel_transforms cimport ABREAST, columns, from_spectra, rows, to_spectra
from ._filter_sizes cimport sizes_of
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES

cnp.import_array()

cdef enum:
    LANES = 16              # of the widest level


# ---- Transforms -----------------------------------------------------------------------------------------

cdef void _filters(const Job* job, const real* w, const real* w1, const real* w2, vreal* spectra, Py_ssize_t bundle,
                   Scratch s, vreal zero) noexcept nogil:
    """The spectra of a bundle of filters."""
    cdef Py_ssize_t i, j
    cdef vreal* z = <vreal*>s.points
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        load_taps(job, w, bundle * job.lanes, &s, zero)
        for i in range(1, job.N1 - job.P + 1):
            for j in range(2 * job.M2):
                z[i * job.pitch + j] = zero
        rows(job, &s, 0, 1, w2, False, zero)
        rows(job, &s, job.N1 - job.P + 1, job.N1, w2, False, zero)
        columns(job, &s, w1, False, zero)
        to_spectra(job, &s, spectra, bundle * job.lanes, job.w_planes, w, zero)


cdef void _data(const Job* job, const real* x, const real* w1, const real* w2, vreal* spectra, Py_ssize_t bundle,
                Scratch s, vreal zero) noexcept nogil:
    cdef Lane lane[LANES]
    cdef Py_ssize_t count = find_data(job, bundle * job.lanes, lane), i, j, first = 0
    cdef vreal* z = <vreal*>s.points
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for i in range(job.N1):
            if load_row(job, x, lane, count, i, &s, z + i * job.pitch, zero):
                if i + 1 == job.N1 or i + 1 - first == ABREAST:
                    rows(job, &s, first, i + 1, w2, False, zero)
                    first = i + 1
                continue
            rows(job, &s, first, i, w2, False, zero)
            first = i + 1
            for j in range(2 * job.M2):
                z[i * job.pitch + j] = zero
        columns(job, &s, w1, False, zero)
        to_spectra(job, &s, spectra, bundle * job.lanes, job.x_planes, x, zero)


cdef void _results(const Job* job, real* y, const real* bias, const real* w1, const real* w2, vreal* spectra,
                   Py_ssize_t bundle, Scratch s, vreal zero) noexcept nogil:
    cdef Lane lane[LANES]
    cdef Py_ssize_t channel[LANES]
    cdef real add[2 * LANES]
    cdef Py_ssize_t count = find_results(job, bundle * job.lanes, lane, channel), i, k, live = 0
    cdef vreal* z = <vreal*>s.points
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for k in range(count):
            live = max(live, lane[k].live_rows)
        memset(add, 0, sizeof(add))
        if bias != NULL:
            for k in range(count):
                for i in range(job.unit):
                    add[i * job.lanes + k] = bias[channel[k] * job.unit + i]
        from_spectra(job, &s, spectra, bundle * job.lanes, job.y_planes, bias, zero)
        columns(job, &s, w1, True, zero)
        for i in range(live):
            if i % ABREAST == 0:
                rows(job, &s, i, min(i + ABREAST, live), w2, True, zero)
            store_row(job, y, lane, count, i, &s, z + i * job.pitch, add if bias != NULL else NULL, zero)


# ---- Blocks ---------------------------------------------------------------------------------------------

# Of one call: its arrays, the spectra, and the scratch of its workers. From one worker's to the next's are so many
# bytes, none where they have one in common.
cdef struct Call:
    const void* x
    const void* w
    const void* bias
    const void* w1
    const void* w2
    void* y
    char* x_spectra
    char* w_spectra
    char* y_spectra
    char* scratch
    Py_ssize_t x_next, w_next, y_next, scratch_next
    int workers

cdef enum Mode:             # as the route numbers them
    GROUPS
    OUTPUTS
    TILES

# A stage of a block, and what its steps are.
cdef enum Stage:
    FILTERS                 # bundles of planes
    DATA
    PRODUCTS                # runs of points
    RESULTS


cdef Scratch _scratch(const Job* job, const Call* call, int worker, Py_ssize_t size) noexcept nogil:
    cdef Scratch s
    s.points = call.scratch + worker * call.scratch_next
    s.row = s.points + job.N1 * job.pitch * job.lanes * size
    s.strips = s.row + max(job.wide, max(job.P * job.Q * job.unit, job.lanes)) * job.lanes * size
    s.zeros = s.strips + job.lanes * job.wide * size
    return s


cdef void _step(const Job* job, const Call* call, Stage stage, Py_ssize_t k, int worker, const real* picks,
                vreal zero) noexcept nogil:
    cdef const real* w1 = <const real*>call.w1
    cdef const real* w2 = <const real*>call.w2
    cdef const real* w
    cdef vreal* of_x = <vreal*>(call.x_spectra + worker * call.x_next)
    cdef vreal* of_w = <vreal*>(call.w_spectra + worker * call.w_next)
    cdef vreal* of_y = <vreal*>(call.y_spectra + worker * call.y_next)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if stage == FILTERS:
            w = <const real*>call.w + (job.group * job.outputs + job.output) * job.inputs * job.P * job.Q * job.unit
            _filters(job, w, w1, w2, of_w, k, _scratch(job, call, worker, sizeof(real)), zero)
        elif stage == DATA:
            _data(job, <const real*>call.x, w1, w2, of_x, k, _scratch(job, call, worker, sizeof(real)), zero)
        elif stage == PRODUCTS:
            products(job, of_x, of_w, of_y, k, zero)
        else:
            _results(job, <real*>call.y, <const real*>call.bias, w1, w2, of_y, k,
                     _scratch(job, call, worker, sizeof(real)), zero)


cdef void _stage(const Job* job, const Call* call, Stage stage, int workers, int worker, const real* picks,
                 vreal zero) noexcept nogil:
    """On all workers, or by this one alone."""
    cdef Py_ssize_t k, n = job.parts
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if stage == FILTERS:
            n = job.live_groups * job.live_outputs * job.inputs
        elif stage != PRODUCTS:
            n = job.tiles * (planes_of_data(job) if stage == DATA else planes_of_results(job))
        if stage != PRODUCTS:
            n = (n + job.lanes - 1) // job.lanes
        if workers == 1:
            for k in range(n):
                _step(job, call, stage, k, worker, picks, zero)
        else:
            for k in prange(n, schedule="dynamic", num_threads=workers):
                _step(job, call, stage, k, thread_number(), picks, zero)


cdef inline Py_ssize_t _whole(const Job* job, Py_ssize_t planes) noexcept nogil:
    """Planes with those that fill the last bundle; bundles are odd in number, lest all runs meet in the cache."""
    return ((planes + job.lanes - 1) // job.lanes | 1) * job.lanes


cdef inline void _enter(Job* job, Py_ssize_t group, Py_ssize_t output, Py_ssize_t tile) noexcept nogil:
    """Begin the block that begins with these."""
    job.group, job.output, job.tile = group, output, tile
    job.live_groups = min(job.block_groups, job.groups - group)
    job.live_outputs = min(job.block_outputs, job.outputs - output)
    job.tiles = min(job.block_tiles, job.all_tiles - tile)
    job.x_planes = _whole(job, job.tiles * planes_of_data(job))
    job.w_planes = _whole(job, planes_of_results(job) * job.inputs)
    job.y_planes = _whole(job, job.tiles * planes_of_results(job))


cdef void _task(const Job* shared, const Call* call, Mode mode, Py_ssize_t k, int worker, const real* picks,
                vreal zero) noexcept nogil:
    cdef Job job = shared[0]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if mode == GROUPS:
            _enter(&job, k * job.block_groups, 0, 0)
        elif mode == OUTPUTS:
            _enter(&job, job.group, k * job.block_outputs, 0)
        else:
            _enter(&job, job.group, job.output, k * job.block_tiles)
        if mode != TILES:
            _stage(&job, call, FILTERS, 1, worker, picks, zero)
        if mode != OUTPUTS:
            _stage(&job, call, DATA, 1, worker, picks, zero)
        _stage(&job, call, PRODUCTS, 1, worker, picks, zero)
        _stage(&job, call, RESULTS, 1, worker, picks, zero)


cdef void _tasks(const Job* job, const Call* call, Mode mode, Py_ssize_t n, const real* picks,
                 vreal zero) noexcept nogil:
    cdef Py_ssize_t k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if call.workers == 1:
            for k in range(n):  # in a parallel region of the caller's this thread may have any number
                _task(job, call, mode, k, 0, picks, zero)
        else:
            for k in prange(n, schedule="dynamic", num_threads=call.workers):
                _task(job, call, mode, k, thread_number(), picks, zero)


cdef void _run(Job* job, const Call* call, Mode mode, const real* picks, vreal zero) noexcept nogil:
    cdef Py_ssize_t group = 0, output
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if mode == GROUPS:
            _tasks(job, call, mode, (job.groups + job.block_groups - 1) // job.block_groups, picks, zero)
            return
        while group < job.groups:
            if mode == OUTPUTS:
                _enter(job, group, 0, 0)
                _stage(job, call, DATA, call.workers, 0, picks, zero)
                _tasks(job, call, mode, (job.outputs + job.block_outputs - 1) // job.block_outputs, picks, zero)
            else:
                output = 0
                while output < job.outputs:
                    _enter(job, group, output, 0)
                    _stage(job, call, FILTERS, call.workers, 0, picks, zero)
                    _tasks(job, call, mode, (job.all_tiles + job.block_tiles - 1) // job.block_tiles, picks, zero)
                    output += job.block_outputs
            group += job.block_groups


cdef Py_ssize_t _spectrum_bytes(const Job* job, Py_ssize_t planes, Py_ssize_t size) noexcept nogil:
    return (_whole(job, planes) * job.parts * 2 * job.lanes * size + 63) // 64 * 64


def sizes(cnp.ndarray w not None, Py_ssize_t P, Py_ssize_t Q, bint pairs, double share, cnp.ndarray out not None):
    """Fill a row of `out` for each P × Q filter of w: its largest real, its energy in units of that one's square,
    and from which row to which, and from which column to which, there are reals of at least that share of it."""
    cdef Py_ssize_t k, unit = 2 if pairs else 1, size = cnp.PyArray_ITEMSIZE(w) // unit, taps = P * Q * unit
    cdef void* data = cnp.PyArray_DATA(w)
    cdef double* to = <double*>cnp.PyArray_DATA(out)
    with nogil:
        for k in range(cnp.PyArray_DIM(out, 0)):
            if size == 4:
                sizes_of(<const float*>data + k * taps, P, Q, unit, share, to + 6 * k)
            else:
                sizes_of(<const double*>data + k * taps, P, Q, unit, share, to + 6 * k)


def correlate(cnp.ndarray x not None, cnp.ndarray w not None, cnp.ndarray y not None, bias,
              cnp.ndarray twiddles1 not None, cnp.ndarray twiddles2 not None, cnp.ndarray items not None,
              Py_ssize_t groups, Py_ssize_t inputs, Py_ssize_t outputs, tuple planes, tuple out,
              tuple first, tuple whole, tuple start, tuple taps, tuple points, tuple block, bint pairs, int boundary,
              int mode, Py_ssize_t block_tiles, Py_ssize_t block_groups, Py_ssize_t block_outputs, int workers):
    """Correlate the listed items: pairs are (rows, columns); points are N1 and M2, block is B1 and B2."""
    cdef Job job
    cdef Call call
    cdef Py_ssize_t size = cnp.PyArray_ITEMSIZE(y) // (2 if pairs else 1), most, of_x, of_w, of_y
    job.rows, job.cols = planes
    job.out_rows, job.out_cols = out
    job.top, job.left = first
    job.y_rows, job.y_cols = whole
    job.y_top, job.y_left = start
    job.P, job.Q = taps
    job.N1, job.M2 = points
    job.B1, job.B2 = block
    job.unit, job.boundary = 2 if pairs else 1, boundary
    job.groups, job.inputs, job.outputs = groups, inputs, outputs
    job.lanes = max(<Py_ssize_t>VEC_BYTES, size) // size
    job.pitch = 2 * job.M2 + 2      # an odd number of points: those of a column spread over the cache
    job.wide = max(2 * job.M2, job.lanes)
    job.parts = (job.N1 * job.M2 + job.lanes - 1) // job.lanes
    job.item = <const Py_ssize_t*>cnp.PyArray_DATA(items)
    job.across = (job.out_cols + job.B2 - 1) // job.B2
    job.per_item = (job.out_rows + job.B1 - 1) // job.B1 * job.across
    job.all_tiles = cnp.PyArray_DIM(items, 0) * job.per_item
    job.block_tiles = min(block_tiles, job.all_tiles) if mode == TILES else job.all_tiles
    job.block_groups, job.block_outputs = block_groups, block_outputs
    call.x, call.w, call.y = cnp.PyArray_DATA(x), cnp.PyArray_DATA(w), cnp.PyArray_DATA(y)
    call.bias = NULL if bias is None else cnp.PyArray_DATA(<cnp.ndarray?>bias)
    call.w1, call.w2 = cnp.PyArray_DATA(twiddles1), cnp.PyArray_DATA(twiddles2)
    call.workers = workers
    most = max(job.wide, max(job.P * job.Q * job.unit, job.lanes))
    call.scratch_next = (job.N1 * job.pitch + most) * job.lanes * size + (job.lanes + 1) * max(
        job.wide, job.lanes) * size
    call.scratch_next = (call.scratch_next + 127) // 64 * 64
    of_x = _spectrum_bytes(&job, job.block_tiles * block_groups * inputs, size)
    of_w = _spectrum_bytes(&job, block_groups * block_outputs * inputs, size)
    of_y = _spectrum_bytes(&job, job.block_tiles * block_groups * block_outputs, size)
    call.x_next = of_x if mode != OUTPUTS else 0
    call.w_next = of_w if mode != TILES else 0
    call.y_next = of_y
    cdef char* memory = <char*>malloc(of_x + of_w + of_y + (workers - 1) * (call.x_next + call.w_next + call.y_next)
                                      + call.scratch_next * workers + 64)
    if memory == NULL:
        raise MemoryError
    call.w_spectra = <char*>((<Py_ssize_t>memory + 63) // 64 * 64)
    call.x_spectra = call.w_spectra + of_w + (workers - 1) * call.w_next
    call.y_spectra = call.x_spectra + of_x + (workers - 1) * call.x_next
    call.scratch = call.y_spectra + of_y + (workers - 1) * call.y_next
    with nogil:
        memset(call.scratch, 0, call.scratch_next * workers)
        if size == 4:
            _run(&job, &call, <Mode>mode, <const float*>call.x, ZERO_FLOAT)
        else:
            _run(&job, &call, <Mode>mode, <const double*>call.x, ZERO_DOUBLE)
        free(memory)
