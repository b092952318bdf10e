"""Whether all numbers of an array are finite."""
from libc.stdint cimport uint32_t, uint64_t

ctypedef fused bits:
    uint32_t
    uint64_t


cdef inline bint _no_full_exponent(const bits* x, bits exponent, Py_ssize_t n) noexcept nogil:
    """An exponent of ones is a NaN's or an infinity's. Integers may be added in any order, so that this vectorises."""
    cdef Py_ssize_t start, k
    cdef bits found
    for start in range(0, n, 4096):
        found = 0
        for k in range(start, min(n, start + 4096)):
            found |= (x[k] & exponent) == exponent
        if found:
            return False
    return True


cdef inline bint all_finite(const void* x, Py_ssize_t n, bint single) noexcept nogil:
    """n contiguous reals, of single or double precision."""
    if single:
        return _no_full_exponent(<const uint32_t*>x, <uint32_t>0x7F800000, n)
    return _no_full_exponent(<const uint64_t*>x, <uint64_t>0x7FF0000000000000, n)
