"""Correlation of planes by way of packed blocks: strides, dilations, leaps and few or many channels.

    y[n, o, start + leap*k + f] = sum_c sum_t  x[n, c, first + stride*k + (offset of tap t under phase f)] * w[o, c, t]

along each of three axes (depth, rows, columns), k the position and f < leap the phase: a convolution has one phase, a
transposed one of stride s has s of them on an axis. What this kernel needs to know comes from a plan
(_routes/depthwise.py): sizes, and for each class of phases (those whose taps read at the same offsets) the offsets.

A worker packs the samples that a block of positions needs into its scratch: every channel and slice, rows and columns
split by the stride, what lies outside filled in by the boundary rule, so that position k + 1 is the next unit to
position k for every tap. The block is then computed as one long row of positions, rows of taps × vectors of
positions in registers (_plane_tiles.h; or by _spans.pxd, where each plane meets one filter), into y itself or into rows
of results in the scratch that are then woven into y: its lines are written once. Where nothing but zeros is to be
filled in, and rows fill vectors, samples are read where they lie (_plane_straight.pxd).

Contract (held by the route): the plan fits the arrays, y overlaps nothing. The nogil code never allocates, validates or
raises. One thread owns one output; taps are added in ascending order (c, then t) into one accumulator, whatever the
block or the number of workers, so that none of them can change a byte. Complex samples are packed as two channels,
re and im, and complex sums are two rows of results.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

from ._plane_job cimport (
    LIGHT, MOST_PLAIN, MOST_ROWS, VEC_BYTES, Class, Edge, Held, Job, Place, Plan, Spot, _class, _upwards,
)
from ._plane_pack cimport _edges, _pack, _spots
from ._plane_straight cimport Straight, _is_straight, _lay_out, _straight_bytes, _straight_item
from ._plane_sums cimport _chunk, _deliver, _plain
from ._plane_taps cimport _pack_group, _packed_size
from ._spans cimport lanes
from ._types cimport thread_number

cnp.import_array()


cdef void _item(const Job* job, Py_ssize_t item, Py_ssize_t shares) noexcept nogil:
    """One block of positions and one share of a group's outputs."""
    cdef const Plan* plan = &job.plan
    cdef char* memory = job.scratch + thread_number() * job.scratch_bytes
    cdef Held* held = <Held*>memory
    cdef Spot* at = <Spot*>(memory + 64)
    cdef char* x = memory + 64 + _upwards(job.vectors * sizeof(Spot), 64) * 64
    cdef char* z = x + _upwards((job.channels * job.plane + plan.slack) * job.size, 64) * 64
    cdef Py_ssize_t share = item % shares, chunk, outputs, n, stride
    cdef Py_ssize_t y_output = plan.depth.whole * plan.rows.whole * plan.cols.whole * plan.parts * job.size
    cdef char* y
    cdef const char* w
    cdef Place here
    item = item // shares
    here.col = item % job.strips * plan.width
    item = item // job.strips
    here.row = item % job.blocks * plan.height
    item = item // job.blocks
    here.k = item % plan.depth.out
    item = item // plan.depth.out
    here.g, here.n = item % plan.groups, item // plan.groups
    here.width = min(plan.width, plan.cols.out - here.col)
    here.height = min(plan.height, plan.rows.out - here.row)
    # Positions whose samples all lie inside, whatever the residue of the stride.
    stride = plan.cols.stride
    here.first = plan.cols.first + here.col * stride
    here.inner = min(plan.pitch, _upwards(-here.first, stride)) if here.first < 0 else 0
    here.outer = here.inner
    if plan.expand > 1:
        here.outer = max(here.inner, min(plan.pitch, plan.cols.data * plan.expand - here.first))
    elif plan.cols.data > here.first:
        here.outer = max(here.inner, min(plan.pitch, (plan.cols.data - here.first) // stride))
    here.pair[0] = here.pair[1] = -1
    if stride * plan.parts == 2:
        for chunk in range(plan.col_splits * plan.parts):
            here.pair[job.col_split[chunk // plan.parts] * plan.parts + chunk % plan.parts] = (
                chunk // plan.parts * job.sub + chunk % plan.parts * job.plane)
    here.edge = <Edge*>(memory + job.scratch_bytes - job.edge_bytes)
    if held.height != here.height or held.width != here.width or held.col != here.col:
        held.spots = _spots(job, &here, at)
        held.edges = 0 if plan.expand > 1 or plan.cols.data == 0 else _edges(job, &here, <Edge*>here.edge)
        held.height, held.width, held.col, held.straight = here.height, here.width, here.col, here.straight
    n, here.straight, here.edges = held.spots, held.straight, held.edges
    if job.size == 4:
        _pack(job, &here, <const uint32_t*>job.x, <uint32_t*>x)
    else:
        _pack(job, &here, <const uint64_t*>job.x, <uint64_t*>x)
    if 0 < plan.P <= MOST_PLAIN and plan.outputs == 1 and here.width >= lanes(job.kind):
        _plain(job, &here, x)
        return
    for chunk in range(job.chunks * share // shares, job.chunks * (share + 1) // shares):
        outputs = min(plan.chunk, plan.outputs - chunk * plan.chunk)
        w = job.packed + (here.g * job.group_packed + chunk * job.chunk_packed) * job.size
        y = job.y + ((here.n * plan.groups + here.g) * plan.outputs + chunk * plan.chunk) * y_output
        _chunk(job, &here, w, x, z, y, at, n, outputs)
        if here.straight:
            continue
        if job.size == 4:
            _deliver(job, &here, <const uint32_t*>z, <uint32_t*>y, outputs)
        else:
            _deliver(job, &here, <const uint64_t*>z, <uint64_t*>y, outputs)


cdef void _run(const Job* job, Py_ssize_t items, Py_ssize_t shares, int workers) noexcept nogil:
    cdef Py_ssize_t item
    # A parallel loop costs 600 ns even with one thread.
    if workers == 1:
        for item in range(items):
            _item(job, item, shares)
    else:
        for item in prange(items, schedule="guided", num_threads=workers):
            _item(job, item, shares)


cdef void _run_straight(const Job* job, const Straight* straight, Py_ssize_t planes, Py_ssize_t shares,
                        int workers) noexcept nogil:
    cdef Py_ssize_t item, items = planes * straight.blocks * shares
    if workers == 1:
        for item in range(items):
            _straight_item(job, straight, item, planes, shares)
    else:
        for item in prange(items, schedule="guided", num_threads=workers):
            _straight_item(job, straight, item, planes, shares)


cdef Py_ssize_t _weave(Job* job) noexcept nogil:
    """The rows of results that make a row of y, if they are neighbours in every block of taps, else 0."""
    cdef const Plan* plan = &job.plan
    cdef Py_ssize_t weave = plan.cols.phases * plan.parts, _k, ph, terms = 0
    cdef const Py_ssize_t* table = job.tables
    cdef Class of
    job.most_taps = 0
    for _k in range(plan.classes):
        table = _class(job, table, &of)
        terms = max(terms, job.channels * of.taps)
        job.most_taps = max(job.most_taps, of.taps)
        for ph in range(of.phases):
            # Phases in their order, those of the columns running fastest.
            if of.phase[ph] % plan.cols.phases != ph % plan.cols.phases:
                weave = 0
    job.light = terms <= LIGHT
    if plan.cols.phases != plan.cols.leap or weave > MOST_ROWS or weave & (weave - 1):
        return 0
    return weave


cdef void _sizes(Job* job) noexcept nogil:
    """What follows from the plan and the type: none of it changes a byte of the result."""
    cdef const Plan* plan = &job.plan
    job.lanes = max(1, VEC_BYTES // job.size)
    job.tap_lanes = job.lanes if plan.expand > 1 else 1
    job.channels = plan.inputs * plan.parts
    job.all_phases = plan.depth.phases * plan.rows.phases * plan.cols.phases
    job.chunks = _upwards(plan.outputs, plan.chunk)
    job.blocks = _upwards(plan.rows.out, plan.height)
    job.strips = _upwards(plan.cols.out, plan.width)
    job.sub = (plan.height + plan.halo) * plan.pitch
    job.plane = plan.slices * plan.row_splits * plan.col_splits * job.sub
    # Vectors go over the end of the last row, and weaving reads whole ones.
    job.z_pitch = plan.height * plan.pitch + 2 * job.lanes
    job.weave = _weave(job)
    job.vectors = plan.height * _upwards(plan.pitch, job.lanes) + 1
    job.chunk_packed = _packed_size(job, plan.chunk)
    job.group_packed = (job.chunks - 1) * job.chunk_packed \
        + _packed_size(job, plan.outputs - (job.chunks - 1) * plan.chunk)
    job.blank_bytes = 64 + _upwards(job.vectors * sizeof(Spot), 64) * 64 \
        + _upwards((job.channels * job.plane + plan.slack) * job.size, 64) * 64
    job.edge_bytes = _upwards(plan.pitch * plan.col_splits * plan.parts * sizeof(Edge), 64) * 64
    job.scratch_bytes = job.blank_bytes + job.edge_bytes \
        + _upwards((plan.chunk * job.all_phases * plan.parts + 1) * job.z_pitch * job.size, 64) * 64


cdef void _pack_all(const Job* job) noexcept nogil:
    cdef Py_ssize_t g
    for g in range(job.plan.groups):
        if job.kind == c"f":
            _pack_group(job, g, <const float*>job.w, <const float*>job.bias, <float*>job.packed)
        elif job.kind == c"d":
            _pack_group(job, g, <const double*>job.w, <const double*>job.bias, <double*>job.packed)
        elif job.kind == c"4":
            _pack_group(job, g, <const uint32_t*>job.w, <const uint32_t*>job.bias, <uint32_t*>job.packed)
        else:
            _pack_group(job, g, <const uint64_t*>job.w, <const uint64_t*>job.bias, <uint64_t*>job.packed)


cdef int _describe(Job* job, cnp.ndarray x, cnp.ndarray plan, bint biased) except -1:
    """Read the plan and the type; the pointers to data are left to the caller."""
    cdef int type_ = cnp.PyArray_TYPE(x)
    job.plan = (<const Plan*>cnp.PyArray_DATA(plan))[0]
    job.row_split = <const Py_ssize_t*>cnp.PyArray_DATA(plan) + sizeof(Plan) // sizeof(Py_ssize_t)
    job.col_split = job.row_split + job.plan.row_splits
    job.tables = job.col_split + job.plan.col_splits
    if type_ == cnp.NPY_FLOAT or type_ == cnp.NPY_CFLOAT:
        job.kind, job.size = c"f", 4
    elif type_ == cnp.NPY_DOUBLE or type_ == cnp.NPY_CDOUBLE:
        job.kind, job.size = c"d", 8
    elif cnp.PyTypeNum_ISINTEGER(type_) and cnp.PyArray_ITEMSIZE(x) >= 4:
        job.kind, job.size = c"0" + cnp.PyArray_ITEMSIZE(x), cnp.PyArray_ITEMSIZE(x)
    else:
        raise TypeError(f"planes kernel: no such dtype: {x.dtype}")
    job.biased = biased
    _sizes(job)
    return 0


cdef inline Py_ssize_t _index_bytes(const Job* job) noexcept nogil:
    return _upwards(job.most_taps * MOST_ROWS * job.tap_lanes * sizeof(Py_ssize_t), 64) * 64


cdef inline Py_ssize_t _all_bytes(const Job* job, int workers) noexcept nogil:
    if _is_straight(job):
        return 64 + _straight_bytes(job)
    return 64 + _index_bytes(job) + _packed_bytes(job) + workers * job.scratch_bytes


cdef inline Py_ssize_t _packed_bytes(const Job* job) noexcept nogil:
    return _upwards(job.plan.groups * job.group_packed * job.size, 64) * 64


cdef inline Py_ssize_t _shares(int workers, Py_ssize_t most, Py_ssize_t blocks) noexcept nogil:
    """Few blocks of many outputs: workers share the outputs, and each reads, or packs, the samples for itself."""
    return 1 if workers == 1 else max(1, min(most, _upwards(2 * workers, max(blocks, 1))))


def memory(cnp.ndarray x not None, cnp.ndarray plan not None, bint biased, int workers):
    """Return how many bytes `planes` needs for its taps and its workers' blocks."""
    cdef Job job
    _describe(&job, x, plan, biased)
    return _all_bytes(&job, workers)


def planes(cnp.ndarray x not None, cnp.ndarray w not None, cnp.ndarray y not None, bias, cnp.ndarray plan not None,
           cnp.ndarray room not None, Py_ssize_t items, int boundary, int workers):
    """Correlate planes of x with the taps w into y by a plan; the bias of each output, if any, is added last."""
    cdef Job job
    cdef Straight straight
    cdef Py_ssize_t blocks, shares, worker
    _describe(&job, x, plan, bias is not None)
    if cnp.PyArray_NBYTES(room) < _all_bytes(&job, workers):
        raise ValueError(
            f"planes kernel: needs {_all_bytes(&job, workers)} bytes, got {cnp.PyArray_NBYTES(room)}")
    job.x, job.w, job.y = <char*>cnp.PyArray_DATA(x), <char*>cnp.PyArray_DATA(w), <char*>cnp.PyArray_DATA(y)
    job.bias = NULL if bias is None else <const char*>cnp.PyArray_DATA(<cnp.ndarray?>bias)
    job.boundary = boundary
    if _is_straight(&job):
        if items == 0:
            return
        with nogil:
            _lay_out(&job, &straight, <char*>((<size_t>cnp.PyArray_DATA(room) + 63) // 64 * 64), items)
            blocks = items * job.plan.groups * straight.blocks
            shares = _shares(workers, job.plan.outputs, blocks)
            _run_straight(&job, &straight, items * job.plan.groups, shares, workers)
        return
    job.index = <Py_ssize_t*>((<size_t>cnp.PyArray_DATA(room) + 63) // 64 * 64)
    job.packed = <char*>job.index + _index_bytes(&job)
    job.scratch = job.packed + _packed_bytes(&job)
    blocks = items * job.plan.groups * job.plan.depth.out * job.blocks * job.strips
    shares = _shares(workers, job.chunks, blocks)
    with nogil:
        for worker in range(workers):
            # No spots yet; and zeros between and behind the rows of samples.
            memset(job.scratch + worker * job.scratch_bytes, 0, job.blank_bytes)
        _pack_all(&job)
        _run(&job, blocks * shares, shares, workers)
