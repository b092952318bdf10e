"""Which sample stands at a position outside an axis.

    fill     f f f f | a b c d | f f f f
    wrap     a b c d | a b c d | a b c d
    symm     d c b a | a b c d | d c b a
    reflect  c d c b | a b c d | c b a b
    edge     a a a a | a b c d | d d d d
"""

cdef enum Boundary:
    FILL = 0
    WRAP = 1
    SYMM = 2
    REFLECT = 3
    EDGE = 4


cdef inline Py_ssize_t source(Py_ssize_t i, Py_ssize_t n, int boundary) noexcept nogil:
    """The index of the sample at position i of an axis of n samples, at any distance; -1 for the fill value."""
    if 0 <= i < n:
        return i
    if boundary == FILL or n == 0:
        return -1
    if boundary == EDGE:
        return 0 if i < 0 else n - 1
    cdef Py_ssize_t period = n if boundary == WRAP else (2 * n if boundary == SYMM else 2 * n - 2)
    if period == 0:
        return 0
    i = i % period
    if i < 0:
        i += period
    if i < n:
        return i
    return period - 1 - i if boundary == SYMM else period - i
