"""How large the taps of a filter are, and where the large ones lie (channelfft.pyx)."""
from libc.math cimport fabs

from ._types cimport real

cdef enum:
    LANES = 16              # of the widest level: sums are added up side by side


cdef inline bint _large(const real* w, Py_ssize_t n, Py_ssize_t run, Py_ssize_t pitch, real least) noexcept nogil:
    """Whether one of n runs of reals, `pitch` apart, holds one of that magnitude."""
    cdef Py_ssize_t i, k
    for i in range(n):
        for k in range(run):
            if fabs(w[i * pitch + k]) >= least:
                return True
    return False


cdef inline void sizes_of(const real* w, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t unit, double share,
                          double* to) noexcept nogil:
    cdef Py_ssize_t n = P * Q * unit, whole = n // LANES * LANES, k = 0, i, pitch = Q * unit
    cdef real top = 0, size, inverse
    cdef real part[LANES]
    for i in range(LANES):
        part[i] = 0
    while k < whole:
        for i in range(LANES):
            size = <real>fabs(w[k + i])
            part[i] = size if size > part[i] else part[i]
        k += LANES
    for k in range(whole, n):
        part[0] = max(part[0], <real>fabs(w[k]))
    for i in range(LANES):
        top = max(top, part[i])
        part[i] = 0
    to[0], to[1], to[2], to[3], to[4], to[5] = top, 0, 0, P, 0, Q
    if not top > 0:
        return
    inverse = 1 / top
    k = 0
    while k < whole:
        for i in range(LANES):
            size = w[k + i] * inverse
            part[i] += size * size
        k += LANES
    for k in range(whole, n):
        size = w[k] * inverse
        part[0] += size * size
    for i in range(LANES):
        to[1] += part[i]
    size = <real>(top * share)
    while to[2] < P and not _large(w + <Py_ssize_t>to[2] * pitch, 1, pitch, 0, size):
        to[2] += 1
    while to[3] > to[2] and not _large(w + <Py_ssize_t>(to[3] - 1) * pitch, 1, pitch, 0, size):
        to[3] -= 1
    while to[4] < Q and not _large(w + <Py_ssize_t>to[4] * unit, P, unit, pitch, size):
        to[4] += 1
    while to[5] > to[4] and not _large(w + <Py_ssize_t>(to[5] - 1) * unit, P, unit, pitch, size):
        to[5] -= 1
