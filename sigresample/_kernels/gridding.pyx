"""Interpolation of periodic signals by a short smooth window: what makes a transform of any length a good one.

    y[m] = sum_{j=0}^{T-1}  x[(q - T/2 + 1 + j) mod n_in] · φ(s · (q + r / n_out - (q - T/2 + 1 + j)))
    m · n_in = q · n_out + r

φ is even and given piece by piece: for the pair of taps j and T-1-j, and z = 2 r / n_out - 1 in [-1, 1),

    φ(s · ((T-1)/2 - j ± z/2)) = even_j(z²) ± z · odd_j(z²)

How it runs. Outputs go in blocks. For a block the weights of up to 8 pairs come first, a SIMD lane being an output;
then every output adds its taps from the outermost pair inwards. Where a vector can pick its lanes from two, consecutive
outputs do so together, as long as their samples lie within two vectors; the sums are the same. Blocks that reach over
an end of the signal read a copy of their samples. Bytes depend neither on the workers nor on the number of rows.

Contract (held by _gridded.py): T is even, n_in and n_out are at least 1, n_in · n_out < 2^62.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from ._types cimport (
    ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vindex, vreal, vuint32, vuint64
)

cdef extern from "_simd.h" nogil:
    int VEC_PICKS
    # a += w * (the 2 L reals of u and v)[at], lane by lane
    void ADD_PICKED(...)
    double sigr_madd(double a, double w, double x)      # in the precision of a

cnp.import_array()

cdef enum:
    BLOCK = 64      # outputs
    PAIRS = 8       # pairs of taps whose weights are held

cdef struct Job:
    Py_ssize_t n_in, n_out, rows, unit, taps, terms
    Py_ssize_t span     # samples under a block, at most


cdef void _weights(const real* coefficients, Py_ssize_t terms, Py_ssize_t pairs, const real* z, real* weights,
                   vreal zero) noexcept nogil:
    """Of each pair: the weights of its left tap for all outputs of the block, then of its right tap."""
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real), p, i, k, v
    cdef const real* c
    cdef vreal at, square, even, odd
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for p in range(pairs):
            c = coefficients + p * 2 * terms
            for v in range(BLOCK // lanes):
                i = v * lanes
                at = (<const vreal*>(z + i))[0]
                square = at * at
                even = zero + c[0]
                odd = zero + c[1]
                for k in range(1, terms):
                    even = c[2 * k] + even * square
                    odd = c[2 * k + 1] + odd * square
                (<vreal*>(weights + 2 * p * BLOCK + i))[0] = even + at * odd
                (<vreal*>(weights + (2 * p + 1) * BLOCK + i))[0] = even - at * odd


cdef inline void _add(const real* x, real* y, const Py_ssize_t* at, Py_ssize_t count, const real* weights,
                      Py_ssize_t left, Py_ssize_t right, Py_ssize_t pairs, Py_ssize_t unit,
                      bint first) noexcept nogil:
    """Add some pairs of taps to every output: those from `left` on rightwards, from `right` on leftwards."""
    cdef Py_ssize_t i, e, p
    cdef const real* here
    cdef real total
    for i in range(count):
        for e in range(unit):
            here = x + at[i] * unit + e
            total = 0 if first else y[i * unit + e]
            for p in range(pairs):
                total = sigr_madd(total, weights[2 * p * BLOCK + i], here[(left + p) * unit])
                total = sigr_madd(total, weights[(2 * p + 1) * BLOCK + i], here[(right - p) * unit])
            y[i * unit + e] = total


cdef inline void _add_picked(const real* x, real* y, const Py_ssize_t* at, Py_ssize_t count, const real* weights,
                             Py_ssize_t left, Py_ssize_t right, Py_ssize_t pairs, bint first, const vindex* picks,
                             vreal zero) noexcept nogil:
    """The same, a vector of outputs at a time: it reads up to two vectors past its last tap."""
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real), v, i, p
    cdef const real* here
    cdef vreal total, low, high
    cdef vindex where
    if ((real is float and vreal is vfloat and vindex is vuint32)
            or (real is double and vreal is vdouble and vindex is vuint64)):
        for v in range((count + lanes - 1) // lanes):
            i = v * lanes
            if i + lanes > count or at[i + lanes - 1] - at[i] >= 2 * lanes:
                _add(x, y + i, at + i, min(lanes, count - i), weights + i, left, right, pairs, 1, first)
                continue
            where = picks[v]
            here = x + at[i] + left
            total = zero if first else (<const vreal*>(y + i))[0]
            for p in range(pairs):
                low, high = (<const vreal*>(here + p))[0], (<const vreal*>(here + p + lanes))[0]
                ADD_PICKED(total, (<const vreal*>(weights + 2 * p * BLOCK + i))[0], low, high, where)
                low = (<const vreal*>(here + right - left - p))[0]
                high = (<const vreal*>(here + right - left - p + lanes))[0]
                ADD_PICKED(total, (<const vreal*>(weights + (2 * p + 1) * BLOCK + i))[0], low, high, where)
            (<vreal*>(y + i))[0] = total


cdef inline void _add_real(const real* x, real* y, const Py_ssize_t* at, Py_ssize_t count, const real* weights,
                           Py_ssize_t left, Py_ssize_t right, Py_ssize_t pairs, bint first, const char* picks,
                           vreal zero) noexcept nogil:
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if not VEC_PICKS:
            _add(x, y, at, count, weights, left, right, pairs, 1, first)
        elif real is float:
            _add_picked(x, y, at, count, weights, left, right, pairs, first, <const vuint32*>picks, zero)
        else:
            _add_picked(x, y, at, count, weights, left, right, pairs, first, <const vuint64*>picks, zero)


cdef inline void _find_picks(const Py_ssize_t* at, char* picks, Py_ssize_t lanes, real zero) noexcept nogil:
    """How far each output of a vector lies from its first."""
    cdef Py_ssize_t i
    for i in range(BLOCK):
        if real is float:
            (<uint32_t*>picks)[i] = <uint32_t>(at[i] - at[i // lanes * lanes])
        else:
            (<uint64_t*>picks)[i] = <uint64_t>(at[i] - at[i // lanes * lanes])


cdef void _block(const Job* job, Py_ssize_t block, const real* x, real* y, const real* coefficients, char* scratch,
                 vreal zero) noexcept nogil:
    cdef Py_ssize_t m = block * BLOCK, count = min(BLOCK, job.n_out - m), i, row, p, pairs, low, length, part
    cdef Py_ssize_t q = m * job.n_in // job.n_out, r = m * job.n_in % job.n_out
    cdef Py_ssize_t whole = job.n_in // job.n_out, rest = job.n_in % job.n_out
    cdef Py_ssize_t at[BLOCK]
    cdef real* z = <real*>scratch
    cdef real* weights = z + BLOCK
    cdef char* picks = <char*>(weights + 2 * PAIRS * BLOCK)
    cdef real* copy = weights + (2 * PAIRS + 1) * BLOCK
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real)
    cdef real* to
    cdef const real* source
    cdef bint inside
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        low = q - job.taps // 2 + 1
        for i in range(BLOCK):      # lanes past the last output weigh something too, for nobody
            at[i] = q - job.taps // 2 + 1 - low
            z[i] = <real>(2.0 * <double>r / <double>job.n_out - 1.0)
            if i + 1 < count:
                q += whole
                r += rest
                if r >= job.n_out:
                    r -= job.n_out
                    q += 1
        length = at[count - 1] + job.taps
        inside = low >= 0 and low + length + 2 * lanes <= job.n_in
        _find_picks(at, picks, lanes, <real>0)
        for part in range((job.taps // 2 + PAIRS - 1) // PAIRS):
            p = part * PAIRS
            pairs = min(PAIRS, job.taps // 2 - p)
            _weights(coefficients + p * 2 * job.terms, job.terms, pairs, z, weights, zero)
            for row in range(job.rows):
                source = x + row * job.n_in * job.unit
                if inside:
                    source += low * job.unit
                else:
                    _wrapped(source, copy, low, length, job)
                    source = copy
                to = y + (row * job.n_out + m) * job.unit
                # Constants, so that the loops over pairs unroll.
                if pairs == 8 and job.unit == 1:
                    _add_real(source, to, at, count, weights, p, job.taps - 1 - p, 8, p == 0, picks, zero)
                elif pairs == 4 and job.unit == 1:
                    _add_real(source, to, at, count, weights, p, job.taps - 1 - p, 4, p == 0, picks, zero)
                elif pairs == 2 and job.unit == 1:
                    _add_real(source, to, at, count, weights, p, job.taps - 1 - p, 2, p == 0, picks, zero)
                else:
                    _add(source, to, at, count, weights, p, job.taps - 1 - p, pairs, job.unit, p == 0)


cdef void _wrapped(const real* x, real* to, Py_ssize_t low, Py_ssize_t length, const Job* job) noexcept nogil:
    """Copy samples low .. low + length of the periodic signal."""
    cdef Py_ssize_t i, e, at = low % job.n_in
    if at < 0:
        at += job.n_in
    for i in range(length):
        for e in range(job.unit):
            to[i * job.unit + e] = x[at * job.unit + e]
        at += 1
        if at == job.n_in:
            at = 0


cdef void _run(const Job* job, const real* x, real* y, const real* coefficients, char* scratch, Py_ssize_t bytes_,
               int workers, vreal zero) noexcept nogil:
    cdef Py_ssize_t block, blocks = (job.n_out + BLOCK - 1) // BLOCK
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if workers == 1:
            for block in range(blocks):
                _block(job, block, x, y, coefficients, scratch, zero)
        else:
            for block in prange(blocks, schedule="static", num_threads=workers):
                _block(job, block, x, y, coefficients, scratch + thread_number() * bytes_, zero)


def interpolate(cnp.ndarray x not None, cnp.ndarray y not None, cnp.ndarray coefficients not None,
                Py_ssize_t rows, Py_ssize_t n_in, Py_ssize_t n_out, Py_ssize_t unit, int workers):
    """Interpolate rows of n_in samples of `unit` reals at n_out positions; coefficients: (T/2, terms, 2)."""
    cdef Job job
    job.rows, job.n_in, job.n_out, job.unit = rows, n_in, n_out, unit
    job.taps, job.terms = 2 * cnp.PyArray_DIM(coefficients, 0), cnp.PyArray_DIM(coefficients, 1)
    job.span = BLOCK * (n_in // n_out + 1) + job.taps + 1
    cdef Py_ssize_t copied = (job.span + 2 * 64 // sizeof(float)) * unit
    cdef Py_ssize_t bytes_ = ((2 + 2 * PAIRS) * BLOCK + copied) * cnp.PyArray_ITEMSIZE(x) + 64
    bytes_ = (bytes_ + 63) // 64 * 64
    cdef char* scratch = <char*>malloc(bytes_ * workers + 64)
    if scratch == NULL:
        raise MemoryError
    cdef char* aligned = <char*>((<Py_ssize_t>scratch + 63) // 64 * 64)
    with nogil:
        if cnp.PyArray_TYPE(coefficients) == cnp.NPY_FLOAT:
            _run(&job, <const float*>cnp.PyArray_DATA(x), <float*>cnp.PyArray_DATA(y),
                 <const float*>cnp.PyArray_DATA(coefficients), aligned, bytes_, workers, ZERO_FLOAT)
        else:
            _run(&job, <const double*>cnp.PyArray_DATA(x), <double*>cnp.PyArray_DATA(y),
                 <const double*>cnp.PyArray_DATA(coefficients), aligned, bytes_, workers, ZERO_DOUBLE)
        free(scratch)
