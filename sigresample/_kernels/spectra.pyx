"""Long real transforms out of L short ones that run side by side, and the spectra in between.

    join   X[k] = c · sum_j  w^(j k) · R_j[k mod M],        w = exp(-2 pi i / n),   n = L M
    split  z_j[k] = w^(-j k) · sum_r  Y[k + r M] · exp(2 pi i j r / L)

R_j is the transform of samples j, j + L, j + 2 L, …; z_j that of the outputs at the same places. Of real signals
one half of each spectrum is there: R_j[M - k] is R_j[k] conjugated, and so is X[n - k]. For 0 <= k <= M/2 the L
values of `join` are therefore the bins k + r M below the middle and, conjugated, the bins s M - k.

How it runs. Blocks of k in separate real and imaginary arrays that stay in the cache: twiddles, each one product
of two tabulated roots; a butterfly of L points, as passes over whole arrays; a SIMD lane is a k.

Contract (held by _transforms.py): L is 2, 4 or 8; 1 <= bins <= n/2 + 1; nothing overlaps.
"""
cimport numpy as cnp
from cython.parallel cimport prange

from ._types cimport real

cdef extern from "_simd.h" nogil:
    double sigr_madd(double a, double w, double x)      # in the precision of a

cnp.import_array()

cdef enum:
    BLOCK = 128     # values of k; a table of roots steps by so many
    MOST = 8        # L

cdef struct Job:
    Py_ssize_t L, M, bins, rows, half, blocks    # half = M // 2 + 1
    double scale


cdef inline void _times(real* re, real* im, real c, real s, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    cdef real a, b
    for i in range(count):
        a, b = re[i], im[i]
        re[i] = sigr_madd(c * a, -s, b)
        im[i] = sigr_madd(c * b, s, a)


cdef void _butterfly(real* re, real* im, Py_ssize_t L, const real* roots, int sign, Py_ssize_t count) noexcept nogil:
    """L points, each an array: natural order in, bits reversed out. roots: exp(-2 pi i j / L) as pairs."""
    cdef Py_ssize_t span = L // 2, start, node, j, i
    cdef real a, b, c, d
    cdef real* r0
    cdef real* i0
    cdef real* r1
    cdef real* i1
    while span:
        for node in range(L // (2 * span)):
            start = 2 * span * node
            for j in range(span):
                r0, i0 = re + (start + j) * BLOCK, im + (start + j) * BLOCK
                r1, i1 = r0 + span * BLOCK, i0 + span * BLOCK
                for i in range(count):
                    a, b, c, d = r0[i], i0[i], r1[i], i1[i]
                    r0[i], i0[i] = a + c, b + d
                    r1[i], i1[i] = a - c, b - d
                if j:
                    _times(r1, i1, roots[2 * j * (L // (2 * span))], sign * roots[2 * j * (L // (2 * span)) + 1], count)
        span //= 2


cdef inline Py_ssize_t _reversed(Py_ssize_t j, Py_ssize_t L) noexcept nogil:
    cdef Py_ssize_t r = 0
    while L > 1:
        r = 2 * r + (j & 1)
        j >>= 1
        L >>= 1
    return r


cdef inline void _root(const real* coarse, const real* fine, Py_ssize_t i, int sign, real* c, real* s) noexcept nogil:
    c[0] = sigr_madd(coarse[0] * fine[2 * i], -coarse[1], fine[2 * i + 1])
    s[0] = sign * sigr_madd(coarse[0] * fine[2 * i + 1], coarse[1], fine[2 * i])


cdef void _join(const Job* job, Py_ssize_t task, const real* R, real* X, const real* coarse, const real* fine,
                const real* roots) noexcept nogil:
    cdef Py_ssize_t row = task // job.blocks, block = task % job.blocks, first = block * BLOCK, L = job.L, M = job.M
    cdef Py_ssize_t count = min(BLOCK, job.half - first), j, i, r, n, stop
    cdef real re[MOST * BLOCK]
    cdef real im[MOST * BLOCK]
    cdef real c, s, a, b, scale = <real>job.scale
    cdef const real* x
    cdef real* to
    cdef real* here
    cdef real* there
    for j in range(L):
        x = R + 2 * ((row * L + j) * job.half + first)
        for i in range(count):
            _root(coarse + 2 * (j * job.blocks + block), fine + 2 * j * BLOCK, i, 1, &c, &s)
            c, s = c * scale, s * scale
            a, b = x[2 * i], x[2 * i + 1]
            re[j * BLOCK + i] = sigr_madd(c * a, -s, b)
            im[j * BLOCK + i] = sigr_madd(c * b, s, a)
    _butterfly(re, im, L, roots, 1, count)
    to = X + 2 * row * job.bins
    for j in range(L):
        r = _reversed(j, L)
        here, there = re + j * BLOCK, im + j * BLOCK
        if r < L // 2:      # bins first + r M, upwards
            n = first + r * M
            stop = min(count, job.bins - n)
            for i in range(stop):
                to[2 * (n + i)] = here[i]
                to[2 * (n + i) + 1] = there[i]
        else:               # their mirror images, downwards
            n = (L - r) * M - first
            for i in range(max(<Py_ssize_t>0, n - job.bins + 1), count):
                to[2 * (n - i)] = here[i]
                to[2 * (n - i) + 1] = -there[i]


cdef void _split(const Job* job, Py_ssize_t task, const real* Y, real* Z, const real* coarse, const real* fine,
                 const real* roots) noexcept nogil:
    cdef Py_ssize_t row = task // job.blocks, block = task % job.blocks, first = block * BLOCK, L = job.L, M = job.M
    cdef Py_ssize_t count = min(BLOCK, job.half - first), j, i, r, n, stop
    cdef real re[MOST * BLOCK]
    cdef real im[MOST * BLOCK]
    cdef real c, s, a, b
    cdef const real* y = Y + 2 * row * job.bins
    cdef real* to
    cdef real* here
    cdef real* there
    for r in range(L):
        here, there = re + r * BLOCK, im + r * BLOCK
        if r < L // 2:
            n = first + r * M
            stop = max(<Py_ssize_t>0, min(count, job.bins - n))
            for i in range(stop):
                here[i] = y[2 * (n + i)]
                there[i] = y[2 * (n + i) + 1]
            for i in range(stop, count):    # beyond the bins given there is nothing
                here[i] = there[i] = 0
        else:
            n = (L - r) * M - first
            stop = max(<Py_ssize_t>0, min(count, n - job.bins + 1))
            for i in range(stop):
                here[i] = there[i] = 0
            for i in range(stop, count):
                here[i] = y[2 * (n - i)]
                there[i] = -y[2 * (n - i) + 1]
    _butterfly(re, im, L, roots, -1, count)
    for j in range(L):
        r = _reversed(j, L)
        to = Z + 2 * ((row * L + r) * job.half + first)
        for i in range(count):
            _root(coarse + 2 * (r * job.blocks + block), fine + 2 * r * BLOCK, i, -1, &c, &s)
            a, b = re[j * BLOCK + i], im[j * BLOCK + i]
            to[2 * i] = sigr_madd(c * a, -s, b)
            to[2 * i + 1] = sigr_madd(c * b, s, a)


cdef void _run(const Job* job, const real* given, real* made, const real* coarse, const real* fine, const real* roots,
               bint joins, int workers) noexcept nogil:
    cdef Py_ssize_t task
    if workers == 1:
        for task in range(job.rows * job.blocks):
            if joins:
                _join(job, task, given, made, coarse, fine, roots)
            else:
                _split(job, task, given, made, coarse, fine, roots)
    else:
        for task in prange(job.rows * job.blocks, schedule="static", num_threads=workers):
            if joins:
                _join(job, task, given, made, coarse, fine, roots)
            else:
                _split(job, task, given, made, coarse, fine, roots)


cdef object _dispatch(Job* job, cnp.ndarray given, cnp.ndarray made, cnp.ndarray coarse, cnp.ndarray fine,
                      cnp.ndarray roots, bint joins, int workers):
    job.half = job.M // 2 + 1
    job.blocks = (job.half + BLOCK - 1) // BLOCK
    with nogil:
        if cnp.PyArray_TYPE(given) == cnp.NPY_CFLOAT:
            _run(job, <const float*>cnp.PyArray_DATA(given), <float*>cnp.PyArray_DATA(made),
                 <const float*>cnp.PyArray_DATA(coarse), <const float*>cnp.PyArray_DATA(fine),
                 <const float*>cnp.PyArray_DATA(roots), joins, workers)
        else:
            _run(job, <const double*>cnp.PyArray_DATA(given), <double*>cnp.PyArray_DATA(made),
                 <const double*>cnp.PyArray_DATA(coarse), <const double*>cnp.PyArray_DATA(fine),
                 <const double*>cnp.PyArray_DATA(roots), joins, workers)


def join(cnp.ndarray R not None, cnp.ndarray X not None, cnp.ndarray coarse not None, cnp.ndarray fine not None,
         cnp.ndarray roots not None, Py_ssize_t M, double scale, int workers):
    """Make rows of bins out of the rows of L half spectra of M points each, (rows, L, M // 2 + 1), times `scale`."""
    cdef Job job
    job.rows, job.L, job.M = cnp.PyArray_DIM(R, 0), cnp.PyArray_DIM(R, 1), M
    job.bins, job.scale = cnp.PyArray_DIM(X, 1), scale
    _dispatch(&job, R, X, coarse, fine, roots, True, workers)


def split(cnp.ndarray Y not None, cnp.ndarray Z not None, cnp.ndarray coarse not None, cnp.ndarray fine not None,
          cnp.ndarray roots not None, Py_ssize_t M, int workers):
    """The way back, from rows of bins, zeros beyond the last, into (rows, L, M // 2 + 1)."""
    cdef Job job
    job.rows, job.L, job.M = cnp.PyArray_DIM(Z, 0), cnp.PyArray_DIM(Z, 1), M
    job.bins, job.scale = cnp.PyArray_DIM(Y, 1), 1
    _dispatch(&job, Y, Z, coarse, fine, roots, False, workers)


cdef void _weigh(real* X, const real* polynomial, Py_ssize_t terms, Py_ssize_t bins, Py_ssize_t first,
                 Py_ssize_t rows, double step) noexcept nogil:
    cdef Py_ssize_t block, start, count, i, k, row
    cdef real weights[BLOCK]
    cdef real at[BLOCK]
    cdef double u
    cdef real* x
    for block in range((bins + BLOCK - 1) // BLOCK):
        start = block * BLOCK
        count = min(BLOCK, bins - start)
        for i in range(BLOCK):
            u = <double>(first + start + i) * step
            at[i] = <real>(u * u)
            weights[i] = polynomial[0]
        for k in range(1, terms):
            for i in range(BLOCK):
                weights[i] = sigr_madd(polynomial[k], weights[i], at[i])
        for row in range(rows):
            x = X + 2 * (row * bins + start)
            for i in range(count):
                x[2 * i] = x[2 * i] * weights[i]
                x[2 * i + 1] = x[2 * i + 1] * weights[i]


def weigh(cnp.ndarray X not None, cnp.ndarray polynomial not None, Py_ssize_t first, double step):
    """Multiply bin k of every row, counted from `first`, by a polynomial in (k · step)², highest power first."""
    cdef Py_ssize_t rows = cnp.PyArray_DIM(X, 0), bins = cnp.PyArray_DIM(X, 1)
    cdef Py_ssize_t terms = cnp.PyArray_DIM(polynomial, 0)
    with nogil:
        if cnp.PyArray_TYPE(X) == cnp.NPY_CFLOAT:
            _weigh(<float*>cnp.PyArray_DATA(X), <const float*>cnp.PyArray_DATA(polynomial), terms, bins, first, rows,
                   step)
        else:
            _weigh(<double*>cnp.PyArray_DATA(X), <const double*>cnp.PyArray_DATA(polynomial), terms, bins, first, rows,
                   step)
