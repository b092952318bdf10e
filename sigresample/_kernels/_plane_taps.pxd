"""Taps as the plane kernel reads them: by class of phases, block of rows, channel, tap and row."""
from libc.string cimport memcpy

from ._plane_job cimport Class, Job, _block_rows, _class, number


cdef inline void _gather_taps(const number* w, Py_ssize_t w_input, Py_ssize_t inputs, const Py_ssize_t* index,
                              Py_ssize_t n, number* to) noexcept nogil:
    """to[c, j] = w[c*w_input + index[j]], which are often neighbours."""
    cdef Py_ssize_t _c, j
    cdef bint run = True
    for j in range(n):
        run = run and index[j] == index[0] + j
    for _c in range(inputs):
        if run and n > 0:
            memcpy(to, w + index[0], n * sizeof(number))
        else:
            for j in range(n):
                to[j] = w[index[j]]
        w += w_input
        to += n


cdef inline void _gather_complex(const number* w, Py_ssize_t w_input, Py_ssize_t inputs, const Py_ssize_t* index,
                                 Py_ssize_t taps, int rows, number* to) noexcept nogil:
    """The same for complex taps: for samples' re and im each, and rows of re and im in turn.

    (a + ib)(c + id) = ac − bd + i (ad + bc).
    """
    cdef Py_ssize_t _c, part, j
    for _c in range(inputs):
        for part in range(2):
            for j in range(taps * rows):
                if j % rows % 2 == part:
                    to[j] = w[2 * index[j]]
                else:
                    to[j] = w[2 * index[j] + 1] if part == 0 else -w[2 * index[j] + 1]
            to += taps * rows
        w += 2 * w_input


cdef inline Py_ssize_t _pack_taps(const Job* job, const number* w, const number* bias, Py_ssize_t outputs,
                                  number* to) noexcept nogil:
    """Pack the taps of one chunk: by class, block of rows, channel, tap and row; then the block's biases.

    A row is an output (a channel), a phase and a part. Return how many reals that took.
    """
    cdef Py_ssize_t parts = job.plan.parts, expand = job.plan.expand, number_of, done, _k, row, o, ph, t, r, j, each
    cdef Py_ssize_t L = job.lanes if expand > 1 else 1
    cdef int rows
    cdef const Py_ssize_t* table = job.tables
    cdef number* start = to
    cdef Class of
    for _k in range(job.plan.classes):
        table = _class(job, table, &of)
        number_of = outputs * of.phases * parts
        done = 0
        while done < number_of:
            rows = _block_rows(number_of - done)
            for r in range(rows):
                # What a spare row computes nobody reads: it takes the taps of one that counts.
                row = min(done + r, number_of - 1)
                o, ph = row // parts // of.phases, row // parts % of.phases
                for t in range(of.taps):
                    for j in range(L):
                        each = (ph * expand + j % expand) * of.taps + t
                        job.index[(t * rows + r) * L + j] = o * job.plan.w_output + of.w_at[each]
                if bias != NULL:
                    to[rows * job.channels * of.taps * L + r] = bias[o * parts + row % parts]
            if parts == 1:
                _gather_taps(w, job.plan.w_input, job.plan.inputs, job.index, of.taps * rows * L, to)
            else:
                _gather_complex(w, job.plan.w_input, job.plan.inputs, job.index, of.taps, rows, to)
            to += rows * job.channels * of.taps * L
            if bias != NULL:
                to += rows
            done += rows
    return to - start


cdef inline void _pack_group(const Job* job, Py_ssize_t g, const number* w, const number* bias,
                             number* to) noexcept nogil:
    cdef Py_ssize_t parts = job.plan.parts, o = 0
    w += g * job.plan.w_group * parts
    to += g * job.group_packed
    while o < job.plan.outputs:
        to += _pack_taps(job, w + o * job.plan.w_output * parts,
                         bias + (g * job.plan.outputs + o) * parts if bias != NULL else NULL,
                         min(job.plan.chunk, job.plan.outputs - o), to)
        o += job.plan.chunk


cdef inline Py_ssize_t _packed_size(const Job* job, Py_ssize_t outputs) noexcept nogil:
    """Reals that _pack_taps makes of so many outputs."""
    cdef Py_ssize_t _k, left, made = 0
    cdef int rows
    cdef const Py_ssize_t* table = job.tables
    cdef Class of
    for _k in range(job.plan.classes):
        table = _class(job, table, &of)
        left = outputs * of.phases * job.plan.parts
        while left > 0:
            rows = _block_rows(left)
            made += rows * (job.channels * of.taps * job.tap_lanes + job.biased)
            left -= rows
    return made
