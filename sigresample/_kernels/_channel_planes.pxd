"""Planes of a convolution over channels in and out of the lanes of vectors, each lane a plane of its own.

A block is a run of tiles × a run of groups, of whose outputs all are taken, or one group × a run of its outputs. Its
planes are numbered

    data        tile · inputs + channel             channels of all groups of the block
    filters     output · inputs of a group + channel
    results     tile · outputs + output

and a bundle is as many of one kind as a vector has lanes. Its samples become complex points (_transforms.pxd): row by
row, `pitch` vectors apart, the real part of a point and then its imaginary part. Of real data a row's points are its
columns j and j + M2; of complex data they are its samples.
"""
from libc.string cimport memcpy, memset

from ._boundary cimport FILL, source
from ._types cimport real, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void sigr_gather(char **streams, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)
    void sigr_scatter(char **streams, int live, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)

cdef enum:
    LANES = 16              # of the widest level

cdef struct Job:
    Py_ssize_t N1, M2, P, Q, B1, B2
    Py_ssize_t unit                                   # reals in a sample
    Py_ssize_t lanes, pitch, wide                     # wide: reals of a row, or lanes where those are more
    Py_ssize_t parts                                  # runs of as many points as there are lanes
    const Py_ssize_t* item
    Py_ssize_t groups, inputs, outputs
    Py_ssize_t rows, cols, top, left, out_rows, out_cols
    Py_ssize_t y_rows, y_cols, y_top, y_left          # y's planes, and where in them output (0, 0) lies
    int boundary
    Py_ssize_t across, per_item, all_tiles            # all: of all items
    Py_ssize_t block_tiles, block_groups, block_outputs
    # The block.
    Py_ssize_t tile, tiles, group, live_groups, output, live_outputs   # of each group
    Py_ssize_t x_planes, w_planes, y_planes           # of the spectra of a run of points, with those of no lane

# Where a lane's plane begins, in reals, and its tile in that; of how many outputs. Of data also how many samples of a
# row the tile needs, and from which to which of these the row has them; `near`: it can be read where it lies.
cdef struct Lane:
    Py_ssize_t at, i, j, live_rows, live_cols, needed, lo, hi
    bint near

# The scratch of one worker.
cdef struct Scratch:
    char* points            # N1 rows
    char* row               # `wide` vectors, or all taps of a bundle
    char* strips            # lanes × wide reals
    char* zeros             # wide reals


cdef inline Py_ssize_t planes_of_data(const Job* job) noexcept nogil:
    return job.live_groups * job.inputs


cdef inline Py_ssize_t planes_of_results(const Job* job) noexcept nogil:
    return job.live_groups * job.live_outputs


cdef inline void _tile(const Job* job, Py_ssize_t number, Lane* lane) noexcept nogil:
    cdef Py_ssize_t k = number % job.per_item
    lane.i, lane.j = k // job.across * job.B1, k % job.across * job.B2
    lane.live_rows, lane.live_cols = min(job.B1, job.out_rows - lane.i), min(job.B2, job.out_cols - lane.j)


cdef inline Py_ssize_t find_data(const Job* job, Py_ssize_t plane, Lane* lane) noexcept nogil:
    """The lanes of a bundle that begins with this plane; returns how many are live."""
    cdef Py_ssize_t of = planes_of_data(job), count = min(job.lanes, job.tiles * of - plane), k, number, first
    for k in range(count):
        number = job.tile + (plane + k) // of
        _tile(job, number, lane + k)
        lane[k].at = job.item[number // job.per_item] * job.groups * job.inputs
        lane[k].at += job.group * job.inputs + (plane + k) % of
        lane[k].at *= job.rows * job.cols * job.unit
        first = lane[k].j + job.left
        lane[k].needed = min(lane[k].live_cols + job.Q - 1, job.M2 if job.unit == 2 else 2 * job.M2)
        lane[k].lo = min(max(0, -first), lane[k].needed)
        lane[k].hi = max(lane[k].lo, min(lane[k].needed, job.cols - first))
        lane[k].near = lane[k].hi - lane[k].lo == lane[k].needed and lane[k].needed * job.unit == job.wide
    return count


cdef inline Py_ssize_t find_results(const Job* job, Py_ssize_t plane, Lane* lane, Py_ssize_t* channel) noexcept nogil:
    cdef Py_ssize_t of = planes_of_results(job), count = min(job.lanes, job.tiles * of - plane), k, number
    for k in range(count):
        number = job.tile + (plane + k) // of
        _tile(job, number, lane + k)
        channel[k] = job.group * job.outputs + job.output + (plane + k) % of
        lane[k].at = job.item[number // job.per_item] * job.groups * job.outputs + channel[k]
        lane[k].at = lane[k].at * job.y_rows * job.y_cols + (job.y_top + lane[k].i) * job.y_cols
        lane[k].at = (lane[k].at + job.y_left + lane[k].j) * job.unit
    return count


# ---- In -------------------------------------------------------------------------------------------------

cdef inline void _transpose(char** streams, Py_ssize_t n, real* to, Py_ssize_t pitch, vreal zero) noexcept nogil:
    """n reals, at least as many as there are lanes, of every stream into rows of lanes, `pitch` vectors apart."""
    cdef Py_ssize_t i
    if VEC_BYTES > 0:
        sigr_gather(streams, <char*>to, pitch * VEC_BYTES, n, sizeof(real) // 4)
    else:
        for i in range(n):
            to[i * pitch] = (<const real*>streams[0])[i]


cdef inline void _copy(const real* from_, Py_ssize_t n, real* to, vreal zero) noexcept nogil:
    """n reals, too few to call for help."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), k = 0
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while k + L <= n:
            (<vreal*>(to + k))[0] = (<const vreal*>(from_ + k))[0]
            k += L
        if k and k < n:  # the last vector overlaps the one before
            (<vreal*>(to + n - L))[0] = (<const vreal*>(from_ + n - L))[0]
        elif k < n:
            for k in range(n):
                to[k] = from_[k]


cdef inline void _beyond(const Job* job, const real* row, const Lane* lane, real* to) noexcept nogil:
    """The samples that a tile needs beyond the ends of a row."""
    cdef Py_ssize_t unit = job.unit, j, k, from_
    for j in range(lane.needed):
        if lane.lo <= j < lane.hi:
            continue
        from_ = source(lane.j + job.left + j, job.cols, job.boundary)
        for k in range(unit):
            to[j * unit + k] = row[from_ * unit + k] if from_ >= 0 else 0


cdef inline void _as_points(const Job* job, char** streams, Scratch* s, vreal* z, const real* picks,
                            vreal zero) noexcept nogil:
    """A row of every lane as M2 points. `picks` is read by no one: it picks the type."""
    cdef Py_ssize_t j, M = job.M2
    cdef vreal* row = <vreal*>s.row
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if job.unit == 2 and 2 * M >= job.lanes:
            _transpose(streams, 2 * M, <real*>z, 1, zero)
            return
        _transpose(streams, job.wide, <real*>row, 1, zero)
        if job.unit == 2:
            for j in range(2 * M):
                z[j] = row[j]
        else:
            for j in range(M):
                z[2 * j], z[2 * j + 1] = row[j], row[j + M]


cdef inline bint load_row(const Job* job, const real* x, const Lane* lane, Py_ssize_t count, Py_ssize_t i, Scratch* s,
                          vreal* z, vreal zero) noexcept nogil:
    """Row i of the tile of every lane, ascending; False where all are zeros, and nothing is loaded."""
    cdef Py_ssize_t k, at, unit = job.unit
    cdef char* streams[LANES]
    cdef const real* row
    cdef real* strip = <real*>s.strips
    cdef bint any_ = False
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if i == 0:
            memset(strip, 0, job.lanes * job.wide * sizeof(real))  # no row writes where absent samples are
        for k in range(job.lanes):
            streams[k] = s.zeros
            if k >= count or i >= lane[k].live_rows + job.P - 1 or job.cols == 0:
                continue
            at = lane[k].i + job.top + i
            if not 0 <= at < job.rows:
                at = source(at, job.rows, job.boundary)
                if at < 0:
                    continue
            any_ = True
            row = x + lane[k].at + at * job.cols * unit
            at = lane[k].j + job.left
            if lane[k].near:
                streams[k] = <char*>(row + at * unit)
                continue
            streams[k] = <char*>(strip + k * job.wide)
            _copy(row + (at + lane[k].lo) * unit, (lane[k].hi - lane[k].lo) * unit,
                  strip + k * job.wide + lane[k].lo * unit, zero)
            if job.boundary != FILL:
                _beyond(job, row, lane + k, strip + k * job.wide)
        if any_:
            _as_points(job, streams, s, z, x, zero)
    return any_


cdef inline void load_taps(const Job* job, const real* w, Py_ssize_t plane, Scratch* s, vreal zero) noexcept nogil:
    """The filters of a bundle, over the number of points: tap (p, q) at (-p mod N1, -q mod M2), in P rows.

    A tap that wraps round a row comes back times 1 / c: negated in real rows, times -i in complex ones.
    """
    cdef Py_ssize_t taps = job.P * job.Q * job.unit, count = job.live_groups * job.live_outputs * job.inputs - plane
    cdef Py_ssize_t k, p, q, j, M = job.M2
    cdef char* streams[LANES]
    cdef vreal* z
    cdef vreal* tap = <vreal*>s.row
    cdef real scale = <real>(1.0 / <double>(job.N1 * M))
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for k in range(job.lanes):
            streams[k] = <char*>(w + (plane + min(k, count - 1)) * taps)
            if taps < job.lanes:
                memcpy(s.strips + k * job.wide * <Py_ssize_t>sizeof(real), streams[k], taps * sizeof(real))
                streams[k] = s.strips + k * job.wide * <Py_ssize_t>sizeof(real)
        _transpose(streams, max(taps, job.lanes), <real*>tap, 1, zero)
        for p in range(job.P):
            z = <vreal*>s.points + (job.N1 - p if p else 0) * job.pitch
            for j in range(2 * M):
                z[j] = zero
            for q in range(job.Q):
                j = (M if job.unit == 2 else 2 * M) - q if q else 0
                if job.unit == 2 and q:
                    z[2 * j], z[2 * j + 1] = scale * tap[1], -scale * tap[0]
                elif job.unit == 2:
                    z[0], z[1] = scale * tap[0], scale * tap[1]
                elif j < M:
                    z[2 * j] = -scale * tap[0] if q else scale * tap[0]
                else:
                    z[2 * (j - M) + 1] = -scale * tap[0]
                tap += job.unit


# ---- Out ------------------------------------------------------------------------------------------------

cdef inline void store_row(const Job* job, real* y, const Lane* lane, Py_ssize_t count, Py_ssize_t i, Scratch* s,
                           const vreal* z, const real* bias, vreal zero) noexcept nogil:
    """Row i of the outputs of every lane that has it; bias: a sample for each lane, or NULL."""
    cdef Py_ssize_t L = job.lanes, M = job.M2, unit = job.unit, k, j, n = min(job.B2, job.out_cols) * unit
    cdef char* streams[LANES]
    cdef vreal* row = <vreal*>s.row
    cdef vreal b0 = zero, b1 = zero
    cdef real* to
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if unit == 2:
            for j in range(n):
                row[j] = z[j]
        else:
            for j in range(n):
                row[j] = z[2 * j] if j < M else z[2 * (j - M) + 1]
        if bias != NULL:
            b0 = (<const vreal*>bias)[0]
            b1 = (<const vreal*>(bias + (L if unit == 2 else 0)))[0]
            for j in range(n):
                row[j] = row[j] + (b1 if j & 1 else b0)
        for k in range(count):
            to = y + lane[k].at + i * job.y_cols * unit
            if i < lane[k].live_rows and lane[k].live_cols * unit == n >= L:
                streams[k] = <char*>to
            else:
                streams[k] = s.strips + k * job.wide * <Py_ssize_t>sizeof(real)
        if VEC_BYTES > 0:
            sigr_scatter(streams, <int>count, <char*>row, VEC_BYTES, max(n, L), sizeof(real) // 4)
        else:
            for j in range(n):
                (<real*>streams[0])[j] = (<real*>row)[j]
        for k in range(count):
            if i < lane[k].live_rows and streams[k] == s.strips + k * job.wide * <Py_ssize_t>sizeof(real):
                _copy(<real*>streams[k], lane[k].live_cols * unit, y + lane[k].at + i * job.y_cols * unit, zero)
