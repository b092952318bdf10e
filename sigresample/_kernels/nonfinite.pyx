"""What infinities make of a correlation: which signs their terms have at every output.

    state[i] |= OR over the marked u of one kind of  table[position of u's term in output i]

A term's class is 1 where it is +inf, 2 where it is -inf, 3 where it is NaN (an infinity times a zero), 0 where there
is none: so the class of a sum is the OR of its terms' classes. Marks are infinite samples, in positions extended by
what lies under some tap (output i meets position i + p through tap p), and the table holds a row for each row of taps,
turned round; or marks are infinite taps, and the table holds the extended samples.

Most outputs are told by few terms: 64 of them, side by side, meet one mark after the other until none of them can
change any more. A block that is not told by `limit` marks is left, flagged LEFT; once more than `most` are left, so
are all that follow.

Contract (held by _nonfinite.py): rows of the state are whole blocks, the table reaches 128 entries beyond what
outputs meet on either side. The nogil code never allocates, validates or raises.
"""
cimport numpy as cnp
from libc.math cimport INFINITY, NAN, fabs, fabsf
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from ._finite cimport bits
from ._types cimport real

cdef extern from "_simd.h" nogil:
    ctypedef uint8_t vuint8

cnp.import_array()

cdef enum:
    BLOCK = 64
    LEFT = 4
    EACH = 4                # marks between two looks at what is still missing

cdef struct Job:
    uint8_t* state
    const uint8_t* table
    Py_ssize_t* at              # the positions of the marks, row by row
    Py_ssize_t* starts          # where those of each stretch of BLOCK positions start
    const Py_ssize_t* outputs   # the row under the first row of taps, for each row of outputs
    const Py_ssize_t* taps      # the rows from that one to the one under each row of taps
    Py_ssize_t output_rows, tap_rows, blocks, stretches, table_pitch, n, limit, most
    uint8_t all             # the classes that the table holds
    bint of_taps            # marks are taps
    bint only_left, scatter


# ---- Before and after ---------------------------------------------------------------------------------

cdef inline void _clean(const bits* x, bits* y, bits exponent, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = x[i] if (x[i] & exponent) != exponent else 0


def clean(cnp.ndarray x not None, cnp.ndarray y not None):
    """Copy an array of reals or complex numbers with zeros for its NaN and infinities; both contiguous, alike."""
    cdef int number = cnp.PyArray_TYPE(x)
    cdef bint single = number == cnp.NPY_FLOAT or number == cnp.NPY_CFLOAT
    cdef Py_ssize_t n = cnp.PyArray_NBYTES(x) // (4 if single else 8)
    cdef const void* source = cnp.PyArray_DATA(x)
    cdef void* target = cnp.PyArray_DATA(y)
    with nogil:
        if single:
            _clean(<const uint32_t*>source, <uint32_t*>target, <uint32_t>0x7F800000, n)
        else:
            _clean(<const uint64_t*>source, <uint64_t*>target, <uint64_t>0x7FF0000000000000, n)


cdef inline void _place(real* y, const uint8_t* state, Py_ssize_t n) noexcept nogil:
    """By selections: with branches, marks at random cost more than a transform."""
    cdef Py_ssize_t i
    cdef real v
    cdef real nan = <real>NAN, up = <real>INFINITY, down = -<real>INFINITY
    for i in range(n):
        v = y[i]
        v = up if state[i] == 1 else v
        v = down if state[i] == 2 else v
        y[i] = nan if state[i] == 3 else v


def place(cnp.ndarray y not None, cnp.ndarray state not None):
    """Write what each class 1, 2 or 3 stands for into y, real, contiguous and as long as the state."""
    cdef bint single = cnp.PyArray_TYPE(y) == cnp.NPY_FLOAT
    cdef Py_ssize_t n = cnp.PyArray_SIZE(state)
    cdef void* target = cnp.PyArray_DATA(y)
    cdef const uint8_t* classes = <const uint8_t*>cnp.PyArray_DATA(state)
    with nogil:
        if single:
            _place(<float*>target, classes, n)
        else:
            _place(<double*>target, classes, n)


cdef inline void _settle(uint8_t* state, const real* signs, const int32_t* terms, Py_ssize_t n,
                         real half) noexcept nogil:
    cdef Py_ssize_t i
    cdef real short
    cdef uint8_t told
    for i in range(n):
        short = <real>terms[i] - fabs(signs[i]) if real is double else <real>terms[i] - fabsf(signs[i])
        told = 1 if signs[i] > 0 else 2
        told = told if short < half else 3
        told = told if terms[i] else 0
        state[i] = (state[i] | (told if state[i] & LEFT else 0)) & 3


def settle(cnp.ndarray state not None, cnp.ndarray signs not None, cnp.ndarray terms not None, double half):
    """Tell what is LEFT: of `terms` (int32) of one sign none are short of the sum of signs, else 2 * half at least."""
    cdef bint single = cnp.PyArray_TYPE(signs) == cnp.NPY_FLOAT
    cdef Py_ssize_t n = cnp.PyArray_SIZE(state)
    cdef uint8_t* classes = <uint8_t*>cnp.PyArray_DATA(state)
    cdef const void* summed = cnp.PyArray_DATA(signs)
    cdef const int32_t* counts = <const int32_t*>cnp.PyArray_DATA(terms)
    with nogil:
        if single:
            _settle(classes, <const float*>summed, counts, n, <float>half)
        else:
            _settle(classes, <const double*>summed, counts, n, half)


# ---- Marks met one after the other --------------------------------------------------------------------

cdef void _list(const uint8_t* marks, Py_ssize_t rows, Py_ssize_t n, Job* job) noexcept nogil:
    """Write down the marked positions of every row and where each stretch of them starts."""
    cdef Py_ssize_t row, stretch, start, k, found = 0
    cdef uint8_t any_
    cdef const uint8_t* m = marks
    for row in range(rows):
        for stretch in range(job.stretches):
            job.starts[row * job.stretches + stretch] = found
            start = stretch * BLOCK
            any_ = 0
            if start + BLOCK <= n:
                for k in range(BLOCK):
                    any_ |= m[start + k]
                if not any_:
                    continue
            for k in range(start, min(start + BLOCK, n)):
                job.at[found] = k
                found += m[k]
        m += n
    job.starts[rows * job.stretches] = found


cdef inline void _add(uint8_t* state, const uint8_t* table) noexcept nogil:
    cdef Py_ssize_t k = 0
    while k < BLOCK:
        (<vuint8*>(state + k))[0] = (<vuint8*>(state + k))[0] | (<const vuint8*>(table + k))[0]
        k += sizeof(vuint8)


cdef inline bint _missing(const uint8_t* state, uint8_t all_) noexcept nogil:
    cdef uint8_t lack = 0
    cdef int k
    for k in range(BLOCK):
        lack |= all_ & ~state[k]
    return lack != 0


cdef inline Py_ssize_t _meet(uint8_t* state, const uint8_t* table, const Job* job, Py_ssize_t begin, Py_ssize_t end,
                             Py_ssize_t limit) noexcept nogil:
    """Add marks begin … end - 1; return how many more may be met, negative once nothing is missing."""
    cdef Py_ssize_t e
    if end - begin > limit:
        end = begin + limit
    for e in range(begin, end):
        _add(state, table + (job.at[e] if job.of_taps else -job.at[e]))
        limit -= 1
        if limit % EACH == 0 and not _missing(state, job.all):
            return -1
    return limit


cdef bint _block(const Job* job, Py_ssize_t row, Py_ssize_t block) noexcept nogil:
    """Tell one block of outputs; return whether it is left instead."""
    cdef uint8_t* state = job.state + (row * job.blocks + block) * BLOCK
    cdef uint8_t held[BLOCK]
    cdef const Py_ssize_t* starts
    cdef const uint8_t* table
    cdef Py_ssize_t t, other, last, end, limit = job.limit
    cdef int k
    memcpy(held, state, BLOCK)
    if job.only_left:
        if not held[0] & LEFT:
            return False
        for k in range(BLOCK):
            held[k] &= 3
    # Full stretches reach all outputs of the block: they come before the one that begins with it.
    for t in range(job.tap_rows):
        if limit < 0:
            break
        other = job.outputs[row] + job.taps[t]
        starts = job.starts + (t if job.of_taps else other) * job.stretches
        table = job.table + (other if job.of_taps else t) * job.table_pitch + block * BLOCK
        if job.of_taps:
            limit = _meet(held, table, job, starts[0], starts[job.stretches], limit)
            continue
        last = min(job.stretches, block + (BLOCK + job.n - 2) // BLOCK + 1)
        if starts[block] == starts[last]:
            continue
        end = starts[last]
        while end > starts[block + 1] and job.at[end - 1] > block * BLOCK + BLOCK + job.n - 2:
            end -= 1
        limit = _meet(held, table, job, starts[block + 1], end, limit)
        if limit >= 0:
            limit = _meet(held, table, job, starts[block], starts[block + 1], limit)
    if limit == 0 and _missing(held, job.all):
        for k in range(BLOCK):
            held[k] |= LEFT
    else:
        limit = -1
    memcpy(state, held, BLOCK)
    return limit == 0


cdef void _scatter(const Job* job, Py_ssize_t row) noexcept nogil:
    """Add each marked sample to the outputs of a row that meet it: where marks are few, sooner done."""
    # Locals: what is written might otherwise be the job's own fields.
    cdef Py_ssize_t width = job.blocks * BLOCK, n = job.n, stretches = job.stretches, t, e, u, start, i, begin, end
    cdef const Py_ssize_t* at = job.at
    cdef const Py_ssize_t* starts
    cdef uint8_t* state = job.state + row * width
    cdef const uint8_t* table
    for t in range(job.tap_rows):
        starts = job.starts + (job.outputs[row] + job.taps[t]) * stretches
        begin, end = starts[0], starts[stretches]
        table = job.table + t * job.table_pitch
        for e in range(begin, end):
            u = at[e]
            start = max(0, u - n + 1)
            while start <= u and start < width:
                i = min(start, width - BLOCK)
                _add(state + i, table + (i - u))
                start += BLOCK


cdef Py_ssize_t _all(const Job* job) noexcept nogil:
    cdef Py_ssize_t row, block, k, left = 0
    for row in range(job.output_rows):
        if job.scatter:
            _scatter(job, row)
            continue
        for block in range(job.blocks):
            left += _block(job, row, block)
            if left > job.most:
                for k in range((row * job.blocks + block) * BLOCK, job.output_rows * job.blocks * BLOCK):
                    job.state[k] |= LEFT
                return left
    return left


def meet(cnp.ndarray state not None, cnp.ndarray marks not None, cnp.ndarray table not None,
         cnp.ndarray at not None, cnp.ndarray starts not None, cnp.ndarray outputs not None,
         cnp.ndarray taps not None, Py_ssize_t origin, Py_ssize_t n, int kinds, bint of_taps, bint only_left,
         bint scatter, Py_ssize_t limit, Py_ssize_t most):
    """OR the classes of the marked terms into the state (rows, blocks * 64); return how many blocks are left.

    marks: bytes 0 and 1 (rows, positions). table: (rows, pitch); its entry `origin` is position 0's for output 0.
    at, starts: intp, room for one more than the marks, and than rows * stretches. n: taps in a row. kinds: the OR of
    the table. only_left: only the blocks flagged LEFT. scatter: go from marks, of samples, to outputs, without limit.
    """
    cdef Job job
    cdef Py_ssize_t rows = cnp.PyArray_DIM(marks, 0), width = cnp.PyArray_DIM(marks, 1), left
    cdef const uint8_t* marked = <const uint8_t*>cnp.PyArray_DATA(marks)
    job.state = <uint8_t*>cnp.PyArray_DATA(state)
    job.table = <const uint8_t*>cnp.PyArray_DATA(table) + origin
    job.at, job.starts = <Py_ssize_t*>cnp.PyArray_DATA(at), <Py_ssize_t*>cnp.PyArray_DATA(starts)
    job.outputs = <const Py_ssize_t*>cnp.PyArray_DATA(outputs)
    job.taps = <const Py_ssize_t*>cnp.PyArray_DATA(taps)
    job.output_rows, job.tap_rows = cnp.PyArray_DIM(outputs, 0), cnp.PyArray_DIM(taps, 0)
    job.blocks = cnp.PyArray_DIM(state, 1) // BLOCK
    job.stretches = (width + BLOCK - 1) // BLOCK
    job.table_pitch = cnp.PyArray_DIM(table, 1)
    job.n, job.limit, job.most, job.all = n, limit, most, <uint8_t>kinds
    job.of_taps, job.only_left, job.scatter = of_taps, only_left, scatter
    with nogil:
        _list(marked, rows, width, &job)
        left = _all(&job)
    return left
