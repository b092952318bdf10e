"""Maxima with where they are: along each row of samples first, then over the rows, which are kept for the next."""
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from ._window_hand cimport Hand, _open
from ._window_job cimport Job, Tile, _lines, _meeting


cdef inline void _best_row(const Job* job, Hand* hand, const char* x, char* to, char* places) noexcept nogil:
    """The maxima along one row of samples and their columns."""
    cdef const Tile* here = &hand.tile
    cdef const char* line = hand.line[0]
    x += here.low * job.size
    if job.cols.bounds:
        job.best.ragged_across(x - here.low * job.size, job.cols.bounds + 2 * here.begin, here.outs, to, places)
        return
    if job.cols.stride > 1:
        job.window.split(x, here.high - here.low, here.left, job.cols.stride, job.parts, job.pitch, hand.work)
        line = hand.work
    else:
        memcpy(hand.line[0] + here.left * job.size, x, (here.high - here.low) * job.size)
    job.best.across(line, job.at, job.crossings, job.cols.dilation, job.column + here.begin * job.size,
                    job.first + here.begin * job.size, here.outs, to, places)


cdef inline void _best(const Job* job, Py_ssize_t plane, Py_ssize_t k, Py_ssize_t chunk, Py_ssize_t t) noexcept nogil:
    """Some rows of maxima with their indices; a row's own maxima are kept for the next rows of outputs."""
    cdef Hand hand
    cdef Py_ssize_t i, z, r, p, q, slices, many, count, slot, at, pitch = job.cols.data * job.size, j
    cdef Py_ssize_t row_bytes = job.room * job.size, most = job.depth.taps * job.rows.taps
    cdef const char** places
    cdef int64_t* bases
    cdef int64_t* held
    cdef char* store
    _open(job, t, &hand)
    places = hand.rows + most + 2
    bases = <int64_t*>(places + most + 2)
    held = <int64_t*>hand.store
    store = hand.store + _lines(job.depth.taps * job.kept * sizeof(int64_t))
    for slot in range(job.depth.taps * job.kept):
        held[slot] = -1
    slices = _meeting(&job.depth, k, &z)
    for i in range(chunk * job.chunk, min((chunk + 1) * job.chunk, job.rows.out)):
        many = _meeting(&job.rows, i, &r)
        count = 0
        for q in range(slices):
            for p in range(many):
                at = r + p * job.rows.dilation
                slot = q * job.kept + at % job.kept
                hand.rows[count] = store + 2 * slot * row_bytes
                places[count] = hand.rows[count] + row_bytes
                at += (z + q * job.depth.dilation) * job.rows.data
                bases[count] = at * job.cols.data
                if held[slot] != at:
                    held[slot] = at
                    _best_row(job, &hand, job.x + (plane * job.depth.data * job.rows.data + at) * pitch,
                              <char*>hand.rows[count], <char*>places[count])
                count += 1
        j = ((plane * job.depth.out + k) * job.rows.out + i) * job.cols.out + hand.tile.begin
        job.best.down(hand.rows, places, bases, count, hand.tile.outs, job.y + j * job.size, job.indices + j)
