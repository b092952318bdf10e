"""How loud the stretches of rows are: the largest magnitude in each chunk, the energy of each stretch of chunks.

Contract (held by the caller): `chunk` divides `stretch`; NaN counts as larger than any number.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t

from ._finite cimport bits
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, vdouble, vfloat, vreal

cnp.import_array()

cdef enum:
    SUMS = 16               # partial sums of squares: the lanes of the widest level
    PIECE = 1024
    SPAN = 65536


cdef inline bits _largest(const bits* x, Py_ssize_t n, bits magnitude) noexcept nogil:
    """Magnitudes are ordered as their bits are, and integers may be compared in any order, so that this vectorises."""
    cdef bits most = 0, size
    cdef Py_ssize_t i
    for i in range(n):
        size = x[i] & magnitude
        most = size if size > most else most
    return most


cdef inline double _energy(const real* x, Py_ssize_t n, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), half = L // 2, i = 0, lane
    cdef vreal s0 = zero, s1 = zero, s2 = zero, s3 = zero, v
    cdef real sums[SUMS]
    cdef double total
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while i + 4 * L <= n:
            v = (<const vreal*>(x + i))[0]
            s0 = s0 + v * v
            v = (<const vreal*>(x + i + L))[0]
            s1 = s1 + v * v
            v = (<const vreal*>(x + i + 2 * L))[0]
            s2 = s2 + v * v
            v = (<const vreal*>(x + i + 3 * L))[0]
            s3 = s3 + v * v
            i += 4 * L
        while i + L <= n:
            v = (<const vreal*>(x + i))[0]
            s0 = s0 + v * v
            i += L
        (<vreal*>sums)[0] = (s0 + s1) + (s2 + s3)
        while half:  # two by two: one after the other would wait for each sum
            for lane in range(half):
                sums[lane] += sums[lane + half]
            half //= 2
        total = sums[0]
        while i < n:
            total += <double>x[i] * x[i]
            i += 1
    return total


cdef inline void _chunks(const bits* x, Py_ssize_t count, Py_ssize_t chunk, bits magnitude, bits* most) noexcept nogil:
    cdef bits found, size
    cdef Py_ssize_t k, i
    for k in range(count):
        found = x[k * chunk] & magnitude
        for i in range(1, chunk):
            size = x[k * chunk + i] & magnitude
            found = size if size > found else found
        most[k] = found


cdef inline void _largest_of_chunks(const bits* x, Py_ssize_t n, Py_ssize_t chunk, bits magnitude,
                                    bits* most) noexcept nogil:
    """A chunk of a size known beforehand takes a few shuffles for many chunks at once."""
    cdef Py_ssize_t whole = n // chunk, k
    if chunk == 1:
        _chunks(x, whole, 1, magnitude, most)
    elif chunk == 2:
        _chunks(x, whole, 2, magnitude, most)
    elif chunk == 4:
        _chunks(x, whole, 4, magnitude, most)
    elif chunk == 8:
        _chunks(x, whole, 8, magnitude, most)
    elif chunk == 16:
        _chunks(x, whole, 16, magnitude, most)
    else:
        for k in range(whole):
            most[k] = _largest(x + k * chunk, chunk, magnitude)
    if whole * chunk < n:
        most[whole] = _largest(x + whole * chunk, n - whole * chunk, magnitude)


cdef void _row(const real* x, Py_ssize_t cols, Py_ssize_t chunk, Py_ssize_t stretch, real* most, double* energy,
               vreal zero) noexcept nogil:
    """Piece by piece of a few stretches, while it is in the cache."""
    cdef Py_ssize_t piece = PIECE // stretch * stretch if PIECE > stretch else stretch, start = 0, at, n
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while start < cols:
            n = min(piece, cols - start)
            if real is float:
                _largest_of_chunks(<const uint32_t*>(x + start), n, chunk, <uint32_t>0x7FFFFFFF,
                                   <uint32_t*>(most + start // chunk))
            else:
                _largest_of_chunks(<const uint64_t*>(x + start), n, chunk, <uint64_t>0x7FFFFFFFFFFFFFFF,
                                   <uint64_t*>(most + start // chunk))
            for at in range(0, (n + stretch - 1) // stretch):
                energy[start // stretch + at] = _energy(x + start + at * stretch, min(stretch, n - at * stretch), zero)
            start += piece


cdef void _unit(const real* x, Py_ssize_t unit, Py_ssize_t pieces, Py_ssize_t span, Py_ssize_t cols, Py_ssize_t pitch,
                Py_ssize_t chunk, Py_ssize_t stretch, real* most, double* energy, vreal zero) noexcept nogil:
    cdef Py_ssize_t row = unit // pieces, at = unit % pieces * span
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        _row(x + row * pitch + at, min(span, cols - at), chunk, stretch,
             most + row * ((cols + chunk - 1) // chunk) + at // chunk,
             energy + row * ((cols + stretch - 1) // stretch) + at // stretch, zero)


cdef void _rows(const real* x, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t pitch, Py_ssize_t chunk, Py_ssize_t stretch,
                real* most, double* energy, int workers, vreal zero) noexcept nogil:
    """A worker takes a row, or a span of a long one."""
    cdef Py_ssize_t span = max(SPAN // stretch, 1) * stretch, pieces = (cols + span - 1) // span, unit
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if workers == 1:
            for unit in range(rows * pieces):
                _unit(x, unit, pieces, span, cols, pitch, chunk, stretch, most, energy, zero)
        else:
            for unit in prange(rows * pieces, schedule="static", num_threads=workers):
                _unit(x, unit, pieces, span, cols, pitch, chunk, stretch, most, energy, zero)


def loudness(cnp.ndarray x not None, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t pitch, Py_ssize_t chunk,
             Py_ssize_t stretch, cnp.ndarray most not None, cnp.ndarray energy not None, int workers):
    """Measure rows of reals: `most` gets a number a chunk, `energy`, in double precision, one a stretch."""
    cdef void* data = cnp.PyArray_DATA(x)
    cdef void* to = cnp.PyArray_DATA(most)
    cdef double* sums = <double*>cnp.PyArray_DATA(energy)
    with nogil:
        if cnp.PyArray_ITEMSIZE(most) == 4:
            _rows(<const float*>data, rows, cols, pitch, chunk, stretch, <float*>to, sums, workers, ZERO_FLOAT)
        else:
            _rows(<const double*>data, rows, cols, pitch, chunk, stretch, <double*>to, sums, workers, ZERO_DOUBLE)
