"""How loud samples are: at a glance, or the largest magnitude in each chunk and the energy of each stretch of chunks.

Contract (held by the caller): `chunk` divides `stretch`; NaN counts as larger than any number.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from ._finite cimport bits
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal

cnp.import_array()

cdef enum:
    SUMS = 16               # partial sums of squares: the lanes of the widest level
    PIECE = 1024
    SPAN = 65536
    FOUND = 64              # chunks looked at together
    TALL = 8                # rows whose largest is taken column by column, without a look along the row
    SLOT = 8                # numbers from one worker's findings to the next's: no two share a cache line


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


# ---- At a glance ----------------------------------------------------------------------------------------

cdef inline void _of_chunks(const bits* x, Py_ssize_t n, Py_ssize_t chunk, bits magnitude, bits* found) noexcept nogil:
    """The largest of each chunk meet in found[0], the largest, and found[1], the smallest."""
    cdef bits most[FOUND]
    cdef bits size
    cdef Py_ssize_t start = 0, piece = FOUND * chunk, some, i
    while start < n:
        some = min(piece, n - start)
        _largest_of_chunks(x + start, some, chunk, magnitude, most)
        for i in range((some + chunk - 1) // chunk):
            size = most[i]
            found[0] = size if size > found[0] else found[0]
            found[1] = size if size < found[1] else found[1]
        start += piece


cdef inline void _of_rows(const bits* x, Py_ssize_t tall, Py_ssize_t n, Py_ssize_t pitch, Py_ssize_t chunk,
                          bits magnitude, bits* found) noexcept nogil:
    """The largest of each of n columns, or chunks of columns, of `tall` rows meet in found[0] and found[1]."""
    cdef bits largest[PIECE]
    cdef bits size, most = found[0], least = found[1]
    cdef Py_ssize_t i, r
    for i in range(n):
        largest[i] = x[i] & magnitude
    for r in range(1, tall):
        for i in range(n):
            size = x[r * pitch + i] & magnitude
            largest[i] = size if size > largest[i] else largest[i]
    if chunk > 1:
        _of_chunks(largest, n, chunk, magnitude, found)
        return
    for i in range(n):
        most = largest[i] if largest[i] > most else most
        least = largest[i] if largest[i] < least else least
    found[0], found[1] = most, least


cdef void _part(const bits* x, Py_ssize_t part, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t tall, Py_ssize_t chunk,
                bits magnitude, bits* found) noexcept nogil:
    """Part number `part`: `tall` rows of a plane, or as much of one row as a worker takes."""
    cdef Py_ssize_t each, plane, start, span, piece
    if tall >= TALL:
        each = (rows + tall - 1) // tall
        plane, start = part // each, part % each * tall
        x += (plane * rows + start) * cols
        # Columns of whole height need no look along the rows; of those that are cut off a few may all be quiet.
        if start + tall <= rows:
            chunk = 1
        tall = min(tall, rows - start)
        piece = PIECE // chunk * chunk if chunk < PIECE else PIECE
        start = 0
        while start < cols:
            _of_rows(x + start, tall, min(piece, cols - start), cols, chunk, magnitude, found)
            start += piece
    else:
        span = max(SPAN // chunk, 1) * chunk
        each = (cols + span - 1) // span
        start = part % each * span
        _of_chunks(x + part // each * cols + start, min(span, cols - start), chunk, magnitude, found)


cdef void _parts(const bits* x, Py_ssize_t planes, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t tall, Py_ssize_t chunk,
                 bits magnitude, bits* found, int workers) noexcept nogil:
    cdef Py_ssize_t part, span = max(SPAN // chunk, 1) * chunk, k
    cdef Py_ssize_t parts = planes * ((rows + tall - 1) // tall if tall >= TALL
                                      else rows * ((cols + span - 1) // span))
    for k in range(workers):
        found[k * SLOT], found[k * SLOT + 1] = 0, magnitude
    if workers == 1:
        for part in range(parts):
            _part(x, part, rows, cols, tall, chunk, magnitude, found)
        return
    for part in prange(parts, schedule="static", num_threads=workers):
        _part(x, part, rows, cols, tall, chunk, magnitude, found + thread_number() * SLOT)
    for k in range(1, workers):
        found[0], found[1] = max(found[0], found[k * SLOT]), min(found[1], found[k * SLOT + 1])


cdef inline double _number(const bits* value) noexcept nogil:
    cdef float single
    cdef double double_
    if bits is uint32_t:
        memcpy(&single, value, 4)
        return single
    else:
        memcpy(&double_, value, 8)
        return double_


def glance(cnp.ndarray x not None, Py_ssize_t planes, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t tall,
           Py_ssize_t chunk, int workers):
    """Return the largest magnitude of all, and one that no tall × chunk samples, whole or cut off, stay below.

    x: contiguous reals, not none.
    """
    cdef bint single = cnp.PyArray_ITEMSIZE(x) == (8 if cnp.PyArray_ISCOMPLEX(x) else 4)
    cdef const void* data = cnp.PyArray_DATA(x)
    cdef cnp.npy_intp slots = SLOT * workers
    cdef cnp.ndarray memory = cnp.PyArray_EMPTY(1, &slots, cnp.NPY_UINT64, 0)
    cdef uint32_t* found4 = <uint32_t*>cnp.PyArray_DATA(memory)
    cdef uint64_t* found8 = <uint64_t*>cnp.PyArray_DATA(memory)
    with nogil:
        if single:
            _parts(<const uint32_t*>data, planes, rows, cols, tall, chunk, <uint32_t>0x7FFFFFFF, found4, workers)
        else:
            _parts(<const uint64_t*>data, planes, rows, cols, tall, chunk, <uint64_t>0x7FFFFFFFFFFFFFFF, found8,
                   workers)
    if single:
        return _number(found4), _number(found4 + 1)
    return _number(found8), _number(found8 + 1)


# ---- Of taps --------------------------------------------------------------------------------------------

cdef double _squares(const real* w, Py_ssize_t n, double scale) noexcept nogil:
    """The sum of the squares of w / scale, in eight partial sums, each of every eighth."""
    cdef double sums[8]
    cdef double one
    cdef Py_ssize_t i, k
    for k in range(8):
        sums[k] = 0
    for i in range(0, n - 7, 8):
        for k in range(8):
            if real is float:   # no square of those leaves the range of a double
                one = w[i + k]
            else:
                one = w[i + k] / scale
            sums[k] += one * one
    for i in range(n // 8 * 8, n):
        if real is float:
            one = w[i]
        else:
            one = w[i] / scale
        sums[0] += one * one
    one = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    if real is float:
        return one / (scale * scale)
    return one


cdef double _all_squares(const real* w, Py_ssize_t n, double scale, double* sums, int workers) noexcept nogil:
    """The same, span by span, whoever sums them."""
    cdef Py_ssize_t spans = (n + SPAN - 1) // SPAN, k
    cdef double total = 0
    if workers == 1 or spans == 1:
        for k in range(spans):
            sums[k] = _squares(w + k * SPAN, min(<Py_ssize_t>SPAN, n - k * SPAN), scale)
    else:
        for k in prange(spans, schedule="static", num_threads=workers):
            sums[k] = _squares(w + k * SPAN, min(<Py_ssize_t>SPAN, n - k * SPAN), scale)
    for k in range(spans):
        total = total + sums[k]
    return total


cdef void _hull(const real* w, Py_ssize_t rows, Py_ssize_t cols, double least, Py_ssize_t* hull) noexcept nogil:
    """The rows and columns, from and to, between which all taps of at least a magnitude lie."""
    cdef Py_ssize_t i, j
    cdef const real* row
    hull[0], hull[1], hull[2], hull[3] = rows, 0, cols, 0
    for i in range(rows):
        row = w + i * cols
        j = 0
        while j < hull[2] and -least < row[j] < least:
            j += 1
        if j < hull[2]:
            hull[2] = j
        j = cols
        while j > hull[3] and -least < row[j - 1] < least:
            j -= 1
        if j > hull[3]:
            hull[3] = j
        # Between the outermost of the rows before there may be some of this one.
        j = hull[2]
        while j < hull[3] and -least < row[j] < least:
            j += 1
        if j < hull[3]:
            hull[0] = min(hull[0], i)
            hull[1] = i + 1


cdef double _core(const real* w, Py_ssize_t rows, Py_ssize_t cols, double top, double share,
                  Py_ssize_t* hull, double* sums, int workers) noexcept nogil:
    _hull(w, rows, cols, top / share, hull)
    return _all_squares(w, rows * cols, top, sums, workers)


def taps(cnp.ndarray w not None, Py_ssize_t rows, Py_ssize_t cols, double share, int workers):
    """Return of finite, contiguous taps the largest magnitude, the sum of the squares of the taps over it, and the rows
    and columns, from and to, that hold all of at least its `share`-th part: the core."""
    cdef double top, squares = 0
    cdef Py_ssize_t hull[4]
    cdef Py_ssize_t n = rows * cols
    cdef cnp.npy_intp spans = (n + SPAN - 1) // SPAN
    cdef cnp.ndarray memory = cnp.PyArray_EMPTY(1, &spans, cnp.NPY_DOUBLE, 0)
    cdef double* sums = <double*>cnp.PyArray_DATA(memory)
    cdef uint32_t most4 = 0
    cdef uint64_t most8 = 0
    cdef const void* data = cnp.PyArray_DATA(w)
    cdef bint single = cnp.PyArray_TYPE(w) == cnp.NPY_FLOAT
    hull[0] = hull[1] = hull[2] = hull[3] = 0
    with nogil:
        if single:
            most4 = _largest(<const uint32_t*>data, n, <uint32_t>0x7FFFFFFF)
            top = _number(&most4)
        else:
            most8 = _largest(<const uint64_t*>data, n, <uint64_t>0x7FFFFFFFFFFFFFFF)
            top = _number(&most8)
        if top > 0:
            if single:
                squares = _core(<const float*>data, rows, cols, top, share, hull, sums, workers)
            else:
                squares = _core(<const double*>data, rows, cols, top, share, hull, sums, workers)
    return top, squares, ((hull[0], hull[1]), (hull[2], hull[3]))
