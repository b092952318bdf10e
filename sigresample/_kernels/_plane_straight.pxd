"""Planes under one filter each that are read where they lie: no strides, dilated columns at most, zeros outside.

Nothing is packed. A row of samples is a pointer, and outside the plane to zeros. Vectors at the ends of rows of outputs
reach into the rows before and behind, whose samples a mask clears. The first and the last row of all have no such
neighbours and are read from copies between zeros.
"""
from libc.string cimport memcpy, memset

from ._plane_job cimport MOST_PLAIN, Job, Plan, _upwards

cdef extern from "_plane_strips.h" nogil:
    ctypedef struct Strip "struct sigr_strip":
        Py_ssize_t P, Q, step, out, inner, outer
        const void* masks
    void sigr_strip(char kind, const Strip* of, const void** rows, const void* h, const void* bias, void* y,
                    Py_ssize_t pitch)
    Py_ssize_t sigr_masks(Py_ssize_t size, const Strip* of, Py_ssize_t first, Py_ssize_t data, void* masks)

cdef enum:
    TILE = 4                # rows of outputs in a strip
    BLOCK_TILES = 8         # strips that one worker computes at a time

cdef struct Straight:
    Strip strip
    const char* zeros       # three rows, from the sample under output 0 on: of zeros, and the copies
    const char* first
    const char* last
    Py_ssize_t tiles, blocks


cdef inline bint _is_straight(const Job* job) noexcept nogil:
    """Whether such planes fill vectors; the rest the route has seen to."""
    return job.plan.straight and job.plan.cols.out >= job.lanes


cdef inline Py_ssize_t _reach(const Job* job) noexcept nogil:
    """How many samples of a row its outputs read."""
    return job.plan.cols.out + (job.plan.Q - 1) * job.plan.across


cdef inline void _strip_of(const Job* job, Strip* strip) noexcept nogil:
    cdef const Plan* plan = &job.plan
    strip.P, strip.Q, strip.step, strip.out = plan.P, plan.Q, plan.across, plan.cols.out
    strip.inner = max(0, -plan.cols.first)
    strip.outer = min(plan.cols.out, plan.cols.data - plan.cols.first - (plan.Q - 1) * plan.across)


cdef inline Py_ssize_t _straight_bytes(const Job* job) noexcept nogil:
    """Bytes of the masks and the three rows."""
    cdef Strip strip
    _strip_of(job, &strip)
    return _upwards(sigr_masks(job.size, &strip, job.plan.cols.first, job.plan.cols.data, NULL) * job.size, 64) * 64 \
        + 3 * _upwards(_reach(job) * job.size, 64) * 64


cdef inline void _lay_out(const Job* job, Straight* straight, char* room, Py_ssize_t items) noexcept nogil:
    """Make the masks and the three rows."""
    cdef const Plan* plan = &job.plan
    cdef Py_ssize_t row = _upwards(_reach(job) * job.size, 64) * 64, width = plan.cols.data * job.size
    cdef Py_ssize_t lead = max(0, -plan.cols.first), skip = max(0, plan.cols.first)
    cdef Py_ssize_t n = max(0, min(plan.cols.data - skip, _reach(job) - lead)) * job.size
    cdef const char* last = job.x + (items * plan.groups * plan.rows.data - 1) * width
    _strip_of(job, &straight.strip)
    straight.tiles = plan.rows.out // TILE
    straight.blocks = _upwards(straight.tiles, BLOCK_TILES)
    memset(room, 0, 3 * row)
    straight.zeros, straight.first, straight.last = room, room + row, room + 2 * row
    memcpy(room + row + lead * job.size, job.x + skip * job.size, n)
    memcpy(room + 2 * row + lead * job.size, last + skip * job.size, n)
    sigr_masks(job.size, &straight.strip, plan.cols.first, plan.cols.data, room + 3 * row)
    straight.strip.masks = room + 3 * row


cdef inline void _straight_item(const Job* job, const Straight* straight, Py_ssize_t item, Py_ssize_t many,
                                Py_ssize_t shares) noexcept nogil:
    """One block of rows of one plane, and one share of the outputs over it."""
    cdef const Plan* plan = &job.plan
    cdef Py_ssize_t share = item % shares, block = item // shares % straight.blocks
    cdef Py_ssize_t plane = item // shares // straight.blocks, g = plane % plan.groups
    cdef Py_ssize_t width = plan.cols.data * job.size, y_row = plan.cols.whole * job.size, i, o, p, r
    cdef Py_ssize_t begin = straight.tiles * block // straight.blocks * TILE
    cdef Py_ssize_t end = straight.tiles * (block + 1) // straight.blocks * TILE
    cdef Py_ssize_t o0 = plan.outputs * share // shares, o1 = plan.outputs * (share + 1) // shares
    cdef Py_ssize_t most = many * plan.rows.data - 1
    cdef const char* x = job.x + plane * plan.rows.data * width
    cdef const void* rows[MOST_PLAIN + TILE]
    cdef const char* bias = NULL
    cdef char* y
    if block == straight.blocks - 1:
        end = plan.rows.out     # no multiple of four, perhaps: the last strip then steps back over this block's rows
    while begin < end:
        i = min(begin, end - TILE)
        for p in range(plan.P + TILE - 1):
            r = plan.rows.first + i + p
            if not 0 <= r < plan.rows.data:
                rows[p] = straight.zeros
            elif plane == 0 and r == 0:
                rows[p] = straight.first
            elif plane * plan.rows.data + r == most:
                rows[p] = straight.last
            else:
                rows[p] = x + r * width + plan.cols.first * job.size
        y = job.y + (((plane * plan.outputs + o0) * plan.rows.whole + plan.rows.start + i) * plan.cols.whole
                     + plan.cols.start) * job.size
        for o in range(g * plan.outputs + o0, g * plan.outputs + o1):
            if job.biased:
                bias = job.bias + o * job.size
            sigr_strip(job.kind, &straight.strip, rows, job.w + o * plan.P * plan.Q * job.size, bias, y,
                       plan.cols.whole)
            y += plan.rows.whole * y_row
        begin += TILE
