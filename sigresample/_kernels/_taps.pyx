"""Taps of one phase of a transposed convolution, brought into the order of a correlation.

    to[g O + o, c, t] = w[g C + c, o, at[t]]

The same on every SIMD level: nothing is computed. Contract (held by _channel_call.py): w has its taps side by side,
`to` is C-contiguous, of the same type, and `at` lies within the taps.
"""
cimport numpy as cnp
from libc.stdint cimport uint32_t, uint64_t

cnp.import_array()

cdef enum:
    RUN = 16  # outputs whose taps are read in one stretch

ctypedef fused word:
    uint32_t
    uint64_t


cdef void _order(const char* w, Py_ssize_t apart, Py_ssize_t behind, word* to, const Py_ssize_t* at, Py_ssize_t inputs,
                 Py_ssize_t outputs, Py_ssize_t count, Py_ssize_t words) noexcept nogil:
    cdef Py_ssize_t low = 0, o, c, t, i
    cdef const word* taps
    cdef word* into
    while low < outputs:
        for c in range(inputs):
            for o in range(low, min(low + RUN, outputs)):
                taps = <const word*>(w + c * apart + o * behind)
                into = to + (o * inputs + c) * count * words
                for t in range(count):
                    for i in range(words):
                        into[t * words + i] = taps[at[t] * words + i]
        low += RUN


def order(cnp.ndarray w not None, cnp.ndarray to not None, cnp.ndarray at not None, Py_ssize_t groups):
    """Fill `to` (groups * O, C, T) from w (groups * C, O, taps)."""
    cdef Py_ssize_t inputs = cnp.PyArray_DIM(to, 1), outputs = cnp.PyArray_DIM(to, 0) // groups
    cdef Py_ssize_t count = cnp.PyArray_DIM(at, 0), size = cnp.PyArray_ITEMSIZE(w)
    cdef Py_ssize_t apart = cnp.PyArray_STRIDE(w, 0), behind = cnp.PyArray_STRIDE(w, 1)
    cdef const char* data = cnp.PyArray_BYTES(w)
    cdef char* into = cnp.PyArray_BYTES(to)
    cdef const Py_ssize_t* taps = <const Py_ssize_t*>cnp.PyArray_DATA(at)
    with nogil:
        for _ in range(groups):
            if size == 4:
                _order(data, apart, behind, <uint32_t*>into, taps, inputs, outputs, count, 1)
            else:
                _order(data, apart, behind, <uint64_t*>into, taps, inputs, outputs, count, size // 8)
            data += inputs * apart
            into += outputs * inputs * count * size
