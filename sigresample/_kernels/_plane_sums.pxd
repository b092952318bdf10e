"""The sums of a block of positions, and their way into y."""
from libc.stdint cimport uint32_t, uint64_t

from ._plane_job cimport (
    MOST_PLAIN, Axis, Block, Class, Job, Place, Plan, Spot, _block_rows, _class, number, sigr_block_double,
    sigr_block_float, sigr_block_uint32_t, sigr_block_uint64_t, sigr_weave_uint32_t, sigr_weave_uint64_t, unit,
)
from ._spans cimport Taps, span


cdef inline void _aim(const Job* job, const Place* at, Py_ssize_t row, Py_ssize_t rows, Py_ssize_t number_of,
                      const Class* of, char* y, Block* block) noexcept nogil:
    """Where the rows of y begin that the rows of a block of taps are woven into; a spare one is no row of y."""
    cdef const Plan* plan = &job.plan
    cdef Py_ssize_t y_row = plan.cols.whole * plan.parts, g, o, phase, plane
    for g in range(rows // block.weave):
        block.row[g] = -1 - plan.rows.leap * plan.rows.out
        block.y[g] = y
        if row + g * block.weave >= number_of:
            continue
        o = (row + g * block.weave) // plan.parts // of.phases
        phase = of.phase[(row + g * block.weave) // plan.parts % of.phases] // plan.cols.phases
        plane = plan.depth.start + plan.depth.leap * at.k + phase // plan.rows.phases
        if not 0 <= plane < plan.depth.whole:
            continue
        block.row[g] = plan.rows.start + plan.rows.leap * at.row + phase % plan.rows.phases
        block.y[g] = y + (((o * plan.depth.whole + plane) * plan.rows.whole + block.row[g]) * y_row
                          + (plan.cols.start + plan.cols.leap * at.col) * plan.parts) * job.size


cdef inline void _chunk(const Job* job, const Place* place, const char* w, const char* x, char* z, char* y,
                        const Spot* at, Py_ssize_t n, Py_ssize_t outputs) noexcept nogil:
    """All rows of results of so many outputs, into y or as [output][phase][part][position] into z."""
    cdef Py_ssize_t parts = job.plan.parts, number_of, done, _k, row, r
    cdef Py_ssize_t spare = job.plan.chunk * job.all_phases * parts     # the row that nobody reads
    cdef int rows
    cdef const Py_ssize_t* table = job.tables
    cdef Class of
    cdef Block block
    block.inputs, block.plane = job.channels, job.plane
    block.wide = job.plan.expand > 1
    block.weave, block.rows = job.weave if place.straight else 0, job.plan.rows.whole
    for _k in range(job.plan.classes):
        table = _class(job, table, &of)
        number_of = outputs * of.phases * parts
        block.taps, block.off = of.taps, of.off
        done = 0
        while done < number_of:
            rows = _block_rows(number_of - done)
            block.w = w
            w += rows * job.channels * of.taps * job.tap_lanes * job.size
            block.bias = NULL
            if job.biased:
                block.bias = w
                w += rows * job.size
            if place.straight:
                _aim(job, place, done, rows, number_of, &of, y, &block)
            for r in range(0 if place.straight else rows):
                row = done + r
                if row < number_of:
                    row = (row // parts // of.phases * job.all_phases + of.phase[row // parts % of.phases]) * parts \
                        + row % parts
                else:
                    row = spare
                block.z[r] = z + row * job.z_pitch * job.size
            if job.kind == c"f":
                sigr_block_float(&block, rows, x, at, n)
            elif job.kind == c"d":
                sigr_block_double(&block, rows, x, at, n)
            elif job.kind == c"4":
                sigr_block_uint32_t(&block, rows, x, at, n)
            else:
                sigr_block_uint64_t(&block, rows, x, at, n)
            done += rows


cdef inline void _deliver_row(const Job* job, const Place* at, const unit* z, unit* y) noexcept nogil:
    """Weave the column phases and parts of one row of results into a row of y, as far as they lie in it."""
    cdef const Axis* axis = &job.plan.cols
    cdef Py_ssize_t parts = job.plan.parts, first = axis.start + axis.leap * at.col, k, part
    if axis.phases == axis.leap:
        if unit is uint32_t:
            sigr_weave_uint32_t(z, job.z_pitch, axis.leap * parts, at.width, y + first * parts,
                                max(0, -first) * parts, (axis.whole - first) * parts)
        else:
            sigr_weave_uint64_t(z, job.z_pitch, axis.leap * parts, at.width, y + first * parts,
                                max(0, -first) * parts, (axis.whole - first) * parts)
    else:
        for part in range(parts):
            for k in range(at.width):
                y[(first + axis.leap * k) * parts + part] = z[part * job.z_pitch + k]


cdef inline void _deliver(const Job* job, const Place* at, const unit* z, unit* y, Py_ssize_t outputs) noexcept nogil:
    """Bring a chunk's rows of results into y, which begins at the chunk's first output."""
    cdef const Plan* plan = &job.plan
    cdef Py_ssize_t o, f, h, i, plane, row, y_row = plan.cols.whole * plan.parts
    cdef const unit* from_
    for o in range(outputs):
        for f in range(plan.depth.phases):
            plane = plan.depth.start + plan.depth.leap * at.k + f
            if not 0 <= plane < plan.depth.whole:
                continue
            for i in range(at.height):
                for h in range(plan.rows.phases):
                    row = plan.rows.start + plan.rows.leap * (at.row + i) + h
                    if not 0 <= row < plan.rows.whole:
                        continue
                    from_ = z + (((o * plan.depth.phases + f) * plan.rows.phases + h) * plan.cols.phases
                                 * plan.parts) * job.z_pitch + i * plan.pitch
                    _deliver_row(job, at, from_, y + ((o * plan.depth.whole + plane) * plan.rows.whole + row) * y_row)


cdef inline void _raise(number* y, number bias, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        y[j] = y[j] + bias


cdef inline void _plain(const Job* job, const Place* at, const char* x) noexcept nogil:
    """A block of a plane under one filter: four rows of results at a time, which share what they read."""
    cdef const Plan* plan = &job.plan
    cdef Taps taps
    cdef char* rows[MOST_PLAIN + 3]
    cdef char* out[4]
    cdef const char* bias = job.bias + at.g * job.size if job.biased else NULL
    cdef Py_ssize_t i = 0, p, L = job.lanes, n = at.width, main
    cdef int r, n_rows
    cdef char* y = job.y + (((at.n * plan.groups + at.g) * plan.rows.whole + plan.rows.start + at.row)
                            * plan.cols.whole + plan.cols.start + at.col) * job.size
    taps.h, taps.h_imag, taps.kind = job.w + at.g * plan.w_group * job.size, NULL, job.kind
    taps.P, taps.Q, taps.step = plan.P, plan.Q, plan.across
    # Tiles of three vectors, and the last vector alone, if no more than one is left.
    main = n // (3 * L) * (3 * L)
    if n - main > L or main == 0:
        main = n
    while i < at.height:
        n_rows = <int>min(4, at.height - i)
        for p in range(plan.P + n_rows - 1):
            rows[p] = <char*>x + (i + p) * plan.pitch * job.size
        for r in range(n_rows):
            out[r] = y + (i + r) * plan.cols.whole * job.size
        span(&taps, rows, 0, plan.P + n_rows - 1, 0, main, n_rows, out, 0, False)
        if main < n:
            span(&taps, rows, 0, plan.P + n_rows - 1, n - L, L, n_rows, out, n - L, False)
        for r in range(n_rows if bias else 0):
            if job.kind == c"f":
                _raise(<float*>out[r], (<const float*>bias)[0], n)
            elif job.kind == c"d":
                _raise(<double*>out[r], (<const double*>bias)[0], n)
            elif job.kind == c"4":
                _raise(<uint32_t*>out[r], (<const uint32_t*>bias)[0], n)
            else:
                _raise(<uint64_t*>out[r], (<const uint64_t*>bias)[0], n)
        i += 4
