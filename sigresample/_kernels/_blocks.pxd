"""The blocks of rows in and out of the lanes of vectors.

A group is a block in every lane, as points: vector 2j holds the real parts of point j and vector 2j + 1 the imaginary
parts. Of real data, they are sample j and sample j + M of a block; of complex data, the two reals of sample j.
Blocks that lie within a row, all in one piece, are transposed from where they are. Of rows that are columns of an array
in memory, side by side, a vector of lanes is loaded as it lies there. The others go by way of a strip.
"""
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from ._boundary cimport FILL, source
from ._types cimport real, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void PREFETCH(const void* p)
    void sigr_gather(char **streams, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)
    void sigr_scatter(char **streams, int live, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)

cdef enum:
    LANES = 16              # of the widest level
    AHEAD = 16              # rows of a column of vectors

cdef struct Job:
    const Py_ssize_t* x_at
    const Py_ssize_t* y_at
    const Py_ssize_t* blocks    # the blocks to compute, or NULL for all
    const uint8_t* wanted       # the same with parts, as one flag a block
    Py_ssize_t M                # points; a block is 2M reals
    Py_ssize_t rows, data, out, first, hop, x_step, y_step
    Py_ssize_t last             # samples of the last row, the others having `data`
    Py_ssize_t across           # blocks of a row
    Py_ssize_t entries          # input blocks of a row
    Py_ssize_t count            # lanes in all
    Py_ssize_t K
    Py_ssize_t lanes, bundled   # in a vector; how many rows go side by side, lanes at a time
    int unit                    # reals in a sample
    int boundary
    double fill[2]

# Where the samples of a lane begin.
cdef struct Lane:
    Py_ssize_t row, block       # row < 0: there is no such block


cdef inline Lane _lane(const Job* job, Py_ssize_t at) noexcept nogil:
    cdef Lane lane
    lane.row = -1
    lane.block = 0
    if at < job.count:
        if job.blocks:
            at = job.blocks[at]
        elif at < job.bundled * job.entries:
            lane.block = at // job.bundled  # neighbours, whose rows lie in the same pages, one after the other
            lane.row = at - lane.block * job.bundled
            return lane
        lane.row = at // job.entries
        lane.block = at - lane.row * job.entries
    return lane


cdef inline bint _given(const Job* job, Lane b) noexcept nogil:
    """Whether a lane's block of outputs is asked for."""
    return b.row >= 0 and b.block < job.across and not (
        job.wanted and not job.wanted[b.row * job.across + b.block])


cdef inline bint any_given(const Job* job, Py_ssize_t at, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t lane
    for lane in range(at, at + lanes):
        if _given(job, _lane(job, lane)):
            return True
    return False


cdef inline void _fill(const Job* job, const real* x, Py_ssize_t at, Py_ssize_t i, Py_ssize_t end,
                       real* to) noexcept nogil:
    """Samples i … of those from position `at` on, all of them outside."""
    cdef Py_ssize_t from_
    cdef real re = <real>job.fill[0], im = <real>job.fill[1]
    if job.boundary == FILL or job.data == 0:
        if job.unit == 1:
            for i in range(i, end):
                to[i] = re
        else:
            for i in range(i, end):
                to[2 * i], to[2 * i + 1] = re, im
        return
    for i in range(i, end):
        from_ = source(at + i, job.data, job.boundary)
        if job.unit == 1:
            to[i] = x[from_ * job.x_step]
        else:
            to[2 * i], to[2 * i + 1] = x[from_ * job.x_step], x[from_ * job.x_step + 1]


cdef inline void _copy_in(const Job* job, const real* x, Py_ssize_t at, Py_ssize_t n, Py_ssize_t data,
                          real* to) noexcept nogil:
    """n samples from position `at` of a row on, those outside by the boundary."""
    cdef Py_ssize_t lo = min(max(0, -at), n), hi = max(lo, min(n, data - at)), i
    cdef int unit = job.unit
    if unit == job.x_step:
        memcpy(to + lo * unit, x + (at + lo) * unit, (hi - lo) * unit * sizeof(real))
    elif unit == 1:
        for i in range(lo, hi):
            to[i] = x[(at + i) * job.x_step]
    else:
        for i in range(lo, hi):
            to[2 * i], to[2 * i + 1] = x[(at + i) * job.x_step], x[(at + i) * job.x_step + 1]
    _fill(job, x, at, 0, lo, to)
    _fill(job, x, at, hi, n, to)


cdef inline void _load(char** streams, Py_ssize_t skip, Py_ssize_t n, real* to, Py_ssize_t pitch,
                       vreal zero) noexcept nogil:
    """n reals of every stream into rows of lanes, `pitch` vectors apart."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, lane
    cdef char* ends[LANES]
    for lane in range(L):
        ends[lane] = streams[lane] + skip * sizeof(real)
    if VEC_BYTES > 0 and n >= L:
        sigr_gather(ends, <char*>to, pitch * VEC_BYTES, n, sizeof(real) // 4)
    else:
        for i in range(n):
            for lane in range(L):
                to[i * pitch * L + lane] = (<real*>ends[lane])[i]


cdef inline void _unload(char** streams, int live, Py_ssize_t skip, Py_ssize_t n, real* rows, Py_ssize_t pitch,
                         vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, lane
    cdef char* ends[LANES]
    for lane in range(live):
        ends[lane] = streams[lane] + skip * sizeof(real)
    if VEC_BYTES > 0 and n >= L:
        sigr_scatter(ends, live, <char*>rows, pitch * VEC_BYTES, n, sizeof(real) // 4)
    else:
        for i in range(n):
            for lane in range(live):
                (<real*>ends[lane])[i] = rows[i * pitch * L + lane]


cdef inline bint _abreast(const Job* job, Py_ssize_t at, const Py_ssize_t* where, Lane* b) noexcept nogil:
    """Whether all lanes hold the same block of rows that lie side by side in memory; b: the first one."""
    cdef Py_ssize_t lane
    if job.unit == 2 or job.blocks or at >= job.bundled * job.entries:
        return False
    b[0] = _lane(job, at)
    for lane in range(1, job.lanes):
        if where[b.row + lane] != where[b.row] + lane:
            return False
    return True


cdef inline bint _nothing(const Job* job, const Py_ssize_t* first, const Py_ssize_t* data, Py_ssize_t skip,
                          Py_ssize_t n) noexcept nogil:
    """Whether n samples of each lane, from the one `skip` behind its first on, are absent and zeros."""
    cdef Py_ssize_t lane
    if job.boundary != FILL or job.fill[0] != 0 or job.fill[1] != 0:
        return False
    for lane in range(job.lanes):
        if first[lane] + skip < data[lane] and first[lane] + skip + n > 0:
            return False
    return True


cdef inline void gather(const Job* job, const real* x, Py_ssize_t at, real* strips, vreal* re, Py_ssize_t lo,
                        Py_ssize_t hi, vreal zero) noexcept nogil:
    """Points lo … hi - 1 of the blocks of lanes at …, real and imaginary part side by side."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane, i, k, first, half, skip, n = hi - lo
    cdef Py_ssize_t unit = job.unit
    cdef Py_ssize_t firsts[LANES]
    cdef Py_ssize_t data[LANES]
    cdef const real* rows[LANES]
    cdef char* streams[LANES]
    cdef real fill[LANES]
    cdef real* strip
    cdef Lane b
    cdef const real* row
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if at >= job.count:
            for i in range(2 * lo, 2 * hi):
                re[i] = zero
            return
        if _abreast(job, at, job.x_at, &b):
            for lane in range(L):
                fill[lane] = <real>job.fill[0]
            for half in range(2):
                first = b.block * job.hop + job.first + half * job.M
                for i in range(lo, hi):
                    k = source(first + i, job.data, job.boundary)
                    row = x + job.x_at[b.row] + k * job.x_step if k >= 0 else fill
                    PREFETCH(row + AHEAD * job.x_step)
                    re[2 * i + half] = (<const vreal*>row)[0]
            return
        for lane in range(L):
            b = _lane(job, at + lane)
            rows[lane] = x + (job.x_at[b.row] if job.x_at and b.row >= 0 else 0)
            firsts[lane] = b.block * job.hop + job.first
            data[lane] = 0 if b.row < 0 else job.last if b.row == job.rows - 1 else job.data
        for half in range(2 if unit == 1 else 1):
            skip = half * job.M + lo
            if _nothing(job, firsts, data, skip, n):
                for i in range(lo, hi):
                    re[2 * i + half] = zero
                    if unit == 2:
                        re[2 * i + 1] = zero
                continue
            for lane in range(L):
                first = firsts[lane] + skip
                if data[lane] == 0 and lane:
                    streams[lane] = streams[0]  # of a lane without a block, at which nobody will look
                elif job.x_step == unit and first >= 0 and first + n <= data[lane]:
                    streams[lane] = <char*>(rows[lane] + first * unit)
                else:
                    strip = strips + lane * 2 * job.M + skip * unit
                    streams[lane] = <char*>strip
                    _copy_in(job, rows[lane], first, n, data[lane], strip)
            if unit == 1:
                _load(streams, 0, n, <real*>(re + 2 * lo + half), 2, zero)
            else:
                _load(streams, 0, 2 * n, <real*>(re + 2 * lo), 1, zero)


cdef inline void _put(const Job* job, real* to, const real* from_, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if job.y_step == job.unit:
        memcpy(to, from_, n * job.unit * sizeof(real))
    elif job.unit == 1:
        for i in range(n):
            to[i * job.y_step] = from_[i]
    else:
        for i in range(n):
            to[i * job.y_step], to[i * job.y_step + 1] = from_[2 * i], from_[2 * i + 1]


cdef inline void scatter(const Job* job, real* y, Py_ssize_t at, real* strips, vreal* re, Py_ssize_t lo,
                         Py_ssize_t hi, vreal zero) noexcept nogil:
    """What points lo … hi - 1 of the blocks of lanes at … are of outputs, into their rows."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane, i, half, first, last, some
    cdef Py_ssize_t unit = job.unit, kept = job.hop
    cdef char* streams[LANES]
    cdef real* to[LANES]
    cdef Py_ssize_t n[LANES]
    cdef real* row
    cdef Lane b
    cdef int live
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for half in range(2 if unit == 1 else 1):
            first, last = half * job.M + lo, min(half * job.M + hi, kept)
            if first >= last:
                continue
            if _abreast(job, at, job.y_at, &b):
                row = y + job.y_at[b.row] + (b.block * kept + first) * job.y_step
                for i in range(first - half * job.M, min(last, job.out - b.block * kept) - half * job.M):
                    (<vreal*>row)[0] = re[2 * i + half]
                    row += job.y_step
                    PREFETCH(row + AHEAD * job.y_step)
                continue
            live = 0
            for lane in range(L):
                b = _lane(job, at + lane)
                streams[lane], to[lane] = <char*>(strips + lane * 2 * job.M + first * unit), NULL
                if not _given(job, b):
                    continue
                live = <int>lane + 1
                some = min(last, job.out - b.block * kept) - first
                row = y + (job.y_at[b.row] if job.y_at else 0) + (b.block * kept + first) * job.y_step
                if some == last - first and job.y_step == unit:
                    streams[lane] = <char*>row
                else:
                    to[lane], n[lane] = row, max(some, 0)
            if unit == 2:
                _unload(streams, live, 0, 2 * (last - first), <real*>(re + 2 * lo), 1, zero)
            else:
                _unload(streams, live, 0, last - first, <real*>(re + 2 * lo + half), 2, zero)
            for lane in range(live):
                if to[lane] != NULL:
                    _put(job, to[lane], <real*>streams[lane], n[lane])
