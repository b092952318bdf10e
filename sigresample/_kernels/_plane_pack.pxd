"""Samples of a block of positions, packed for the plane kernel, and where the block's vectors begin."""
from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from ._boundary cimport source
from ._plane_job cimport (
    Axis, Edge, Job, Place, Plan, Spot, _upwards, sigr_copy_uint32_t, sigr_copy_uint64_t, sigr_split_uint32_t,
    sigr_split_uint64_t, sigr_weave_uint32_t, sigr_weave_uint64_t, unit,
)


cdef inline Py_ssize_t _edges(const Job* job, const Place* at, Edge* to) noexcept nogil:
    """List the positions of a packed row of which some lie outside; they are the same in all rows."""
    cdef Py_ssize_t b, part, k, column, n = 0
    for b in range(job.plan.col_splits):
        for part in range(job.plan.parts):
            for k in range(job.plan.pitch):
                if at.inner <= k < at.outer:
                    continue
                column = source(
                    at.first + job.col_split[b] + k * job.plan.cols.stride, job.plan.cols.data, job.boundary)
                to[n].to = b * job.sub + part * job.plane + k
                to[n].at = column * job.plan.parts + part if column >= 0 else -1
                n += 1
    return n


cdef inline void _pack_row(const Job* job, const Place* at, const unit* row, unit* to) noexcept nogil:
    """Split one row of samples into pitch positions for each residue and part."""
    cdef Py_ssize_t parts = job.plan.parts, step = job.plan.cols.stride * parts
    cdef Py_ssize_t k0 = at.inner, n = at.outer - k0, k, b, part, e
    cdef const unit* x
    cdef unit* here
    for e in range(at.edges):
        to[at.edge[e].to] = row[at.edge[e].at] if at.edge[e].at >= 0 else 0
    row += at.first * parts + k0 * step
    to += k0
    if step == 1:
        if unit is uint32_t:
            sigr_copy_uint32_t(to, row, n)
        else:
            sigr_copy_uint64_t(to, row, n)
        return
    if step == 2:
        if unit is uint32_t:
            sigr_split_uint32_t(row, to + at.pair[0] if at.pair[0] >= 0 else NULL,
                                to + at.pair[1] if at.pair[1] >= 0 else NULL, n)
        else:
            sigr_split_uint64_t(row, to + at.pair[0] if at.pair[0] >= 0 else NULL,
                                to + at.pair[1] if at.pair[1] >= 0 else NULL, n)
        return
    for b in range(job.plan.col_splits):
        for part in range(parts):
            here = to + b * job.sub + part * job.plane
            x = row + job.col_split[b] * parts + part
            for k in range(n):
                here[k] = x[k * step]


cdef inline void _expand_row(const Job* job, const Place* at, const unit* row, unit* to) noexcept nogil:
    """Each sample of a row to `expand` positions, zeros where there is none."""
    cdef Py_ssize_t times = job.plan.expand, L = job.lanes, k
    # Samples that whole vectors reach within the row.
    cdef Py_ssize_t begin = (at.first + at.inner) // times, stop = _upwards(at.first + at.outer, times)
    cdef Py_ssize_t whole = (stop - begin) // L * L
    cdef Py_ssize_t base = begin * times - at.first
    for k in range(at.inner):
        to[k] = 0
    if unit is uint32_t:
        sigr_weave_uint32_t(row + begin, 0, times, whole, to + base, at.inner - base, at.outer - base)
    else:
        sigr_weave_uint64_t(row + begin, 0, times, whole, to + base, at.inner - base, at.outer - base)
    for k in range(max(at.inner, base + whole * times), at.outer):
        to[k] = row[(at.first + k) // times]
    for k in range(at.outer, job.plan.pitch):
        to[k] = 0


cdef inline void _blank(const Job* job, unit* to) noexcept nogil:
    cdef Py_ssize_t b, part
    for b in range(job.plan.col_splits):
        for part in range(job.plan.parts):
            memset(to + b * job.sub + part * job.plane, 0, job.plan.pitch * sizeof(unit))


cdef inline void _pack(const Job* job, const Place* at, const unit* x, unit* to) noexcept nogil:
    """Pack all samples that a block reads: [channel][slice][row residue][column residue][row][position]."""
    cdef const Plan* plan = &job.plan
    cdef Py_ssize_t c, j, a, i, z, r, rows = at.height + plan.halo
    cdef Py_ssize_t row_units = plan.cols.data * plan.parts, x_plane = plan.rows.data * row_units
    cdef Py_ssize_t top = plan.rows.first + at.row * plan.rows.stride
    # Whole rows, none of them outside: one run of samples.
    cdef bint run = plan.parts == plan.expand == plan.rows.stride == plan.cols.stride == 1 and at.inner == 0 \
        and at.outer == plan.pitch == plan.cols.data and top >= 0 and top + rows <= plan.rows.data
    cdef const unit* slice_
    cdef unit* here
    x += (at.n * plan.groups + at.g) * plan.inputs * plan.depth.data * x_plane
    for c in range(plan.inputs):
        for j in range(plan.slices):
            z = source(plan.depth.first + at.k * plan.depth.stride + j * plan.step, plan.depth.data, job.boundary)
            slice_ = x + (c * plan.depth.data + z) * x_plane
            for a in range(plan.row_splits):
                here = to + (c * plan.parts) * job.plane + (j * plan.row_splits + a) * plan.col_splits * job.sub
                if run and z >= 0:
                    memcpy(here, slice_ + top * row_units, rows * row_units * sizeof(unit))
                    continue
                for i in range(rows):
                    r = source(top + i * plan.rows.stride + job.row_split[a], plan.rows.data, job.boundary)
                    if z < 0 or r < 0 or plan.cols.data == 0:
                        _blank(job, here)
                    elif plan.expand > 1:
                        _expand_row(job, at, slice_ + r * row_units, here)
                    else:
                        _pack_row(job, at, slice_ + r * row_units, here)
                    here += plan.pitch


cdef inline Py_ssize_t _spots(const Job* job, Place* at, Spot* to) noexcept nogil:
    """Where the vectors of a block begin: anew in each row, or one after the other, across the ends of rows.

    Only vectors that keep to one row can go straight into y. That saves a pass over the results, which counts where
    there is little to compute.
    """
    cdef const Axis* rows = &job.plan.rows
    cdef Py_ssize_t L = job.lanes, pitch = job.plan.pitch, each = _upwards(at.width, L), i, v, k
    cdef Py_ssize_t flat = _upwards((at.height - 1) * pitch + at.width, L), weave = job.weave
    cdef Py_ssize_t first = (job.plan.cols.start + job.plan.cols.leap * at.col) * job.plan.parts
    cdef Py_ssize_t y_row = job.plan.cols.whole * job.plan.parts
    cdef Spot* spot
    at.straight = weave > 0 and (job.light or job.plan.expand > 1 or flat >= at.height * each)
    if not at.straight and (at.width < L or flat < at.height * each):
        for v in range(flat):
            to[v].at = v * L
        return flat
    for i in range(at.height):
        for v in range(each):
            spot = to + i * each + v
            k = v * L
            if at.width > L and (at.width - L) % job.plan.expand == 0:
                k = min(k, at.width - L)
            spot.at = i * pitch + k
            if at.straight:
                spot.row = rows.leap * i
                spot.y = spot.row * y_row + weave * k
                spot.from_ = max(0, -(first + weave * k))
                spot.to = min(weave * min(L, at.width - k), y_row - first - weave * k)
    return at.height * each
