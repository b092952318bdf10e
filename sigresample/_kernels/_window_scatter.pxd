"""Values put back where they came from: numbers of any type, by their size."""
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memset


cdef inline Py_ssize_t _outside(const int64_t* at, Py_ssize_t n, size_t most) noexcept nogil:
    cdef Py_ssize_t i, begin
    cdef bint bad
    for begin in range(0, n, 1024):
        bad = False
        for i in range(begin, min(begin + 1024, n)):
            bad |= <size_t>at[i] >= most
        if bad:
            for i in range(begin, n):
                if <size_t>at[i] >= most:
                    return i
    return -1


ctypedef fused unit:
    char
    short
    uint32_t
    int64_t
    double complex


cdef inline void _scatter(const unit* x, const int64_t* indices, unit* y, Py_ssize_t n, Py_ssize_t m) noexcept nogil:
    cdef Py_ssize_t i
    memset(y, 0, m * sizeof(unit))
    for i in range(n):
        y[indices[i]] = x[i]


cdef inline void _scatter_plane(const char* x, const int64_t* indices, char* y, Py_ssize_t n, Py_ssize_t m,
                                Py_ssize_t size, Py_ssize_t plane) noexcept nogil:
    indices += plane * n
    x += plane * n * size
    y += plane * m * size
    if size == 1:
        _scatter(x, indices, y, n, m)
    elif size == 2:
        _scatter(<const short*>x, indices, <short*>y, n, m)
    elif size == 4:
        _scatter(<const uint32_t*>x, indices, <uint32_t*>y, n, m)
    elif size == 8:
        _scatter(<const int64_t*>x, indices, <int64_t*>y, n, m)
    else:
        _scatter(<const double complex*>x, indices, <double complex*>y, n, m)
