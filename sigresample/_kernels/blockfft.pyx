"""Overlap-save convolution by many equal short FFTs, one in every SIMD lane; of rows, or of planes.

    y[n, i, j] = sum_p sum_q  x[n, i + top + p, j + left + q] * h[p, q]

Outputs are cut into blocks of B1 × B2 = (N1 - P + 1) × (N2 - Q + 1), on a grid anchored at output (0, 0). A block is
the valid part of the circular convolution of the N1 × N2 samples under it. A lane carries two neighbouring blocks of
one plane, 2k and 2k + 1 in row-major order: the filter is real, so they ride as real and imaginary part and need no
untangling. A loud block would ruin its quiet partner: each is first scaled by an exact power of two to a norm of about
one, and back after. The last block of an odd number rides with zeros.

A convolution needs no ordered spectrum. The forward transform is decimation in frequency, the filter's spectrum stands
in the order in which it leaves the results, and the inverse is decimation in time from that order: no bit reversal.
The recursion (a pass of radix 4, then each quarter on its own) keeps short transforms in the first-level cache; at its
bottom the last forward pass, the product and the first inverse pass are one.

Contract (held by the routes): geometry is consistent, y overlaps nothing. Nothing here validates or raises. The bytes
depend on the plane, the filter, N1 and N2 alone: a lane never sees its neighbours.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.math cimport frexp, ldexp
from libc.stdlib cimport free, malloc

from ._boundary cimport source
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void sigr_gather(char **streams, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)
    void sigr_scatter(char **streams, int live, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)

cnp.import_array()

cdef enum:
    LANES = 16              # of the widest level


# ---- Transforms -----------------------------------------------------------------------------------------
# A point is a run of vectors: one of a row's transform, a whole row of a plane's transform down its columns.

cdef inline void _forward(vreal* re, vreal* im, const real* w, Py_ssize_t m, Py_ssize_t run) noexcept nogil:
    """Radix 4, decimation in frequency, of four quarters of m points; w: cos and sin of j, 2j, 3j turns / 4m."""
    cdef Py_ssize_t j, r, s = m * run
    cdef vreal ar, ai, br, bi, cr, ci, dr, di, sr, si, tr, ti, ur, ui, vr, vi
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(m):
            for r in range(j * run, (j + 1) * run):
                ar, ai = re[r], im[r]
                br, bi = re[r + s], im[r + s]
                cr, ci = re[r + 2 * s], im[r + 2 * s]
                dr, di = re[r + 3 * s], im[r + 3 * s]
                sr, si = ar + cr, ai + ci
                tr, ti = ar - cr, ai - ci
                ur, ui = br + dr, bi + di
                vr, vi = br - dr, bi - di
                re[r], im[r] = sr + ur, si + ui
                ar, ai = tr + vi, ti - vr
                br, bi = sr - ur, si - ui
                cr, ci = tr - vi, ti + vr
                re[r + s] = w[0] * ar - w[1] * ai
                im[r + s] = w[0] * ai + w[1] * ar
                re[r + 2 * s] = w[2] * br - w[3] * bi
                im[r + 2 * s] = w[2] * bi + w[3] * br
                re[r + 3 * s] = w[4] * cr - w[5] * ci
                im[r + 3 * s] = w[4] * ci + w[5] * cr
            w += 6


cdef inline void _inverse(vreal* re, vreal* im, const real* w, Py_ssize_t m, Py_ssize_t run) noexcept nogil:
    """The way back: conjugate twiddles, then the conjugate butterfly."""
    cdef Py_ssize_t j, r, s = m * run
    cdef vreal ar, ai, br, bi, cr, ci, dr, di, sr, si, tr, ti, ur, ui, vr, vi
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(m):
            for r in range(j * run, (j + 1) * run):
                ar, ai = re[r], im[r]
                br, bi = re[r + s], im[r + s]
                cr, ci = re[r + 2 * s], im[r + 2 * s]
                dr, di = re[r + 3 * s], im[r + 3 * s]
                ur = w[0] * br + w[1] * bi
                ui = w[0] * bi - w[1] * br
                sr = w[2] * cr + w[3] * ci
                si = w[2] * ci - w[3] * cr
                vr = w[4] * dr + w[5] * di
                vi = w[4] * di - w[5] * dr
                tr, ti = ar - sr, ai - si
                sr, si = ar + sr, ai + si
                br, bi = ur + vr, ui + vi
                cr, ci = ur - vr, ui - vi
                re[r], im[r] = sr + br, si + bi
                re[r + 2 * s], im[r + 2 * s] = sr - br, si - bi
                re[r + s], im[r + s] = tr - ci, ti + cr
                re[r + 3 * s], im[r + 3 * s] = tr + ci, ti - cr
            w += 6


cdef inline void _halves(vreal* re, vreal* im, const real* w, Py_ssize_t m, Py_ssize_t run) noexcept nogil:
    """Radix 2, decimation in frequency: the one pass more of lengths that are twice a power of four."""
    cdef Py_ssize_t j, r, s = m * run
    cdef vreal ar, ai, br, bi
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(m):
            for r in range(j * run, (j + 1) * run):
                ar, ai = re[r], im[r]
                br, bi = re[r + s], im[r + s]
                re[r], im[r] = ar + br, ai + bi
                ar, ai = ar - br, ai - bi
                re[r + s] = w[0] * ar - w[1] * ai
                im[r + s] = w[0] * ai + w[1] * ar
            w += 2


cdef inline void _joined(vreal* re, vreal* im, const real* w, Py_ssize_t m, Py_ssize_t run) noexcept nogil:
    """The way back."""
    cdef Py_ssize_t j, r, s = m * run
    cdef vreal ar, ai, br, bi
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for j in range(m):
            for r in range(j * run, (j + 1) * run):
                ar, ai = re[r], im[r]
                br = w[0] * re[r + s] + w[1] * im[r + s]
                bi = w[0] * im[r + s] - w[1] * re[r + s]
                re[r], im[r] = ar + br, ai + bi
                re[r + s], im[r + s] = ar - br, ai - bi
            w += 2


cdef inline void _centre(vreal* re, vreal* im, const real* h, Py_ssize_t run) noexcept nogil:
    """Four points: the last forward pass, the product with the spectrum, the first inverse pass."""
    cdef Py_ssize_t r, s = run
    cdef const real* h1 = h + 2 * run
    cdef const real* h2 = h + 4 * run
    cdef const real* h3 = h + 6 * run
    cdef vreal ar, ai, br, bi, cr, ci, dr, di, sr, si, tr, ti, ur, ui, vr, vi
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for r in range(run):
            ar, ai = re[r], im[r]
            br, bi = re[r + s], im[r + s]
            cr, ci = re[r + 2 * s], im[r + 2 * s]
            dr, di = re[r + 3 * s], im[r + 3 * s]
            sr, si = ar + cr, ai + ci
            tr, ti = ar - cr, ai - ci
            ur, ui = br + dr, bi + di
            vr, vi = br - dr, bi - di
            ar, ai = sr + ur, si + ui
            cr, ci = sr - ur, si - ui
            br, bi = tr + vi, ti - vr
            dr, di = tr - vi, ti + vr
            sr = h[2 * r] * ar - h[2 * r + 1] * ai
            si = h[2 * r] * ai + h[2 * r + 1] * ar
            ur = h1[2 * r] * br - h1[2 * r + 1] * bi
            ui = h1[2 * r] * bi + h1[2 * r + 1] * br
            tr = h2[2 * r] * cr - h2[2 * r + 1] * ci
            ti = h2[2 * r] * ci + h2[2 * r + 1] * cr
            vr = h3[2 * r] * dr - h3[2 * r + 1] * di
            vi = h3[2 * r] * di + h3[2 * r + 1] * dr
            ar, ai = sr + tr, si + ti
            cr, ci = sr - tr, si - ti
            br, bi = ur + vr, ui + vi
            dr, di = ur - vr, ui - vi
            re[r], im[r] = ar + br, ai + bi
            re[r + 2 * s], im[r + 2 * s] = ar - br, ai - bi
            re[r + s], im[r + s] = cr - di, ci + dr
            re[r + 3 * s], im[r + 3 * s] = cr + di, ci - dr


cdef void _circular(vreal* re, vreal* im, const real* w, const real* h, Py_ssize_t n, Py_ssize_t run,
                    vreal zero) noexcept nogil:
    """Convolve n points with their part of the filter's spectrum; w: the twiddles of all lengths, the longest first."""
    cdef Py_ssize_t m = n // 4, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n == 4:
            _centre(re, im, h, run)
        elif n == 8:
            _halves(re, im, w, 4, run)
            _centre(re, im, h, run)
            _centre(re + 4 * run, im + 4 * run, h + 8 * run, run)
            _joined(re, im, w, 4, run)
        else:
            _forward(re, im, w, m, run)
            for k in range(4):
                _circular(re + k * m * run, im + k * m * run, w + 6 * m, h + 2 * k * m * run, m, run, zero)
            _inverse(re, im, w, m, run)


cdef void _ahead(vreal* re, vreal* im, const real* w, Py_ssize_t n, vreal zero) noexcept nogil:
    """The forward transform of a row alone, down to single points."""
    cdef Py_ssize_t m = n // 4, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n == 8:
            _halves(re, im, w, 4, 1)
            _forward(re, im, w + 8, 1, 1)
            _forward(re + 4, im + 4, w + 8, 1, 1)
        else:
            _forward(re, im, w, m, 1)
            if n > 4:
                for k in range(4):
                    _ahead(re + k * m, im + k * m, w + 6 * m, m, zero)


cdef void _back(vreal* re, vreal* im, const real* w, Py_ssize_t n, vreal zero) noexcept nogil:
    """The inverse transform of a row alone."""
    cdef Py_ssize_t m = n // 4, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n == 8:
            _inverse(re, im, w + 8, 1, 1)
            _inverse(re + 4, im + 4, w + 8, 1, 1)
            _joined(re, im, w, 4, 1)
        else:
            if n > 4:
                for k in range(4):
                    _back(re + k * m, im + k * m, w + 6 * m, m, zero)
            _inverse(re, im, w, m, 1)


# ---- Blocks ---------------------------------------------------------------------------------------------

cdef struct Job:
    const Py_ssize_t* x_at
    const Py_ssize_t* y_at
    Py_ssize_t planes, rows, cols, x_pitch, out_rows, out_cols, y_pitch, top, left
    Py_ssize_t N1, N2, P, Q, B1, B2
    Py_ssize_t across, blocks, pairs    # blocks in a row of blocks; blocks and lanes of a plane
    int boundary
    double fill

cdef struct Block:
    Py_ssize_t plane, i, j      # its first output; i < 0: there is no such block


cdef inline Block _block(const Job* job, Py_ssize_t pair, int half) noexcept nogil:
    cdef Block b
    cdef Py_ssize_t k = pair % job.pairs * 2 + half
    b.plane = pair // job.pairs
    b.i = k // job.across * job.B1 if k < job.blocks else -1
    b.j = k % job.across * job.B2
    return b


cdef void _gather(const Job* job, const real* x, Py_ssize_t first_lane, Py_ssize_t live, int half, real* to,
                  vreal zero) noexcept nogil:
    """The samples under one block a lane, as N1 · N2 rows of lanes."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane, p, q, row, col, at
    cdef char* streams[LANES]
    cdef bint inside = VEC_BYTES > 0 and job.N2 >= L    # the transposes take no less
    cdef Block b[LANES]
    cdef const real* plane
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for lane in range(L):
            b[lane] = _block(job, first_lane + min(lane, live - 1), half)
            inside = inside and b[lane].i >= 0 and (
                b[lane].i + job.top >= 0 and b[lane].i + job.top + job.N1 <= job.rows
                and b[lane].j + job.left >= 0 and b[lane].j + job.left + job.N2 <= job.cols)
        for p in range(job.N1):
            if inside:
                for lane in range(L):
                    at = job.x_at[b[lane].plane] if job.x_at else 0
                    streams[lane] = <char*>(x + at + (b[lane].i + job.top + p) * job.x_pitch + b[lane].j + job.left)
                sigr_gather(streams, <char*>(to + p * job.N2 * L), VEC_BYTES, job.N2, sizeof(real) // 4)
                continue
            for lane in range(L):
                plane = x + (job.x_at[b[lane].plane] if job.x_at else 0)
                row = source(b[lane].i + job.top + p, job.rows, job.boundary) if b[lane].i >= 0 else -1
                for q in range(job.N2):
                    col = source(b[lane].j + job.left + q, job.cols, job.boundary)
                    if b[lane].i < 0:
                        to[(p * job.N2 + q) * L + lane] = 0
                    elif row < 0 or col < 0:
                        to[(p * job.N2 + q) * L + lane] = <real>job.fill
                    else:
                        to[(p * job.N2 + q) * L + lane] = plane[row * job.x_pitch + col]


cdef void _scatter(const Job* job, real* y, Py_ssize_t first_lane, Py_ssize_t live, int half, real* rows,
                   vreal zero) noexcept nogil:
    """The valid B1 × B2 points of every lane's block into its plane."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane, i, j, n
    cdef char* streams[LANES]
    cdef bint whole = VEC_BYTES > 0 and job.B2 >= L
    cdef Block b[LANES]
    cdef real* from_
    cdef real* to
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for lane in range(live):
            b[lane] = _block(job, first_lane + lane, half)
            whole = (whole and b[lane].i >= 0
                     and b[lane].i + job.B1 <= job.out_rows and b[lane].j + job.B2 <= job.out_cols)
        for i in range(job.B1):
            from_ = rows + ((job.P - 1 + i) * job.N2 + job.Q - 1) * L
            for lane in range(live):
                streams[lane] = <char*>(
                    y + (job.y_at[b[lane].plane] if job.y_at else 0) + (b[lane].i + i) * job.y_pitch + b[lane].j)
            if whole:
                sigr_scatter(streams, <int>live, <char*>from_, VEC_BYTES, job.B2, sizeof(real) // 4)
                continue
            for lane in range(live):
                if b[lane].i < 0 or b[lane].i + i >= job.out_rows:
                    continue
                to = <real*>streams[lane]
                n = min(job.B2, job.out_cols - b[lane].j)
                for j in range(n):
                    to[j] = from_[j * L + lane]


cdef void _scales(const vreal* x, Py_ssize_t n, real* down, real* up, vreal zero) noexcept nogil:
    """For each lane the power of two that brings its norm to about one, and the way back."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, lane
    cdef vreal s0 = zero, s1 = zero, s2 = zero, s3 = zero
    cdef real sums[LANES]
    cdef int e, most = 60 if real is float else 500
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for i in range(0, n, 4):
            s0 = s0 + x[i] * x[i]
            s1 = s1 + x[i + 1] * x[i + 1]
            s2 = s2 + x[i + 2] * x[i + 2]
            s3 = s3 + x[i + 3] * x[i + 3]
        (<vreal*>sums)[0] = (s0 + s1) + (s2 + s3)
        for lane in range(L):
            e = 0
            if sums[lane] > 0 and sums[lane] - sums[lane] == 0:
                frexp(<double>sums[lane], &e)
            e = min(max(e // 2, -most), most)
            down[lane] = <real>ldexp(1, -e)
            up[lane] = <real>ldexp(1, e)


cdef void _multiply(vreal* x, Py_ssize_t n, const real* by, vreal zero) noexcept nogil:
    cdef Py_ssize_t i
    cdef vreal f
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        f = (<const vreal*>by)[0]
        for i in range(n):
            x[i] = x[i] * f


cdef void _group(const Job* job, Py_ssize_t group, const real* x, real* y, const real* w1, const real* w2,
                 const real* h, char* scratch, vreal zero) noexcept nogil:
    """A lane each: gather, scale, transform, scale back, scatter."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), n = job.N1 * job.N2, p
    cdef Py_ssize_t live = min(L, job.planes * job.pairs - group * L)
    cdef vreal* re = <vreal*>scratch
    cdef vreal* im = re + n
    cdef real down[2 * LANES]
    cdef real up[2 * LANES]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        _gather(job, x, group * L, live, 0, <real*>re, zero)
        _gather(job, x, group * L, live, 1, <real*>im, zero)
        _scales(re, n, down, up, zero)
        _scales(im, n, down + LANES, up + LANES, zero)
        _multiply(re, n, down, zero)
        _multiply(im, n, down + LANES, zero)
        if job.N1 == 1:
            _circular(re, im, w2, h, job.N2, 1, zero)
        else:
            for p in range(job.N1):
                _ahead(re + p * job.N2, im + p * job.N2, w2, job.N2, zero)
            _circular(re, im, w1, h, job.N1, job.N2, zero)
            for p in range(job.P - 1, job.N1):
                _back(re + p * job.N2, im + p * job.N2, w2, job.N2, zero)
        _multiply(re, n, up, zero)
        _multiply(im, n, up + LANES, zero)
        _scatter(job, y, group * L, live, 0, <real*>re, zero)
        _scatter(job, y, group * L, live, 1, <real*>im, zero)


cdef void _run(const Job* job, const real* x, real* y, const real* w1, const real* w2, const real* h, char* scratch,
               Py_ssize_t scratch_bytes, int workers, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), group
    cdef Py_ssize_t groups = (job.planes * job.pairs + L - 1) // L
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if workers == 1:
            for group in range(groups):
                _group(job, group, x, y, w1, w2, h, scratch, zero)
        else:
            for group in prange(groups, schedule="dynamic", num_threads=workers):
                _group(job, group, x, y, w1, w2, h, scratch + thread_number() * scratch_bytes, zero)


def overlap_save(cnp.ndarray x not None, cnp.ndarray spectrum not None, cnp.ndarray twiddles1 not None,
                 cnp.ndarray twiddles2 not None, cnp.ndarray y not None, x_at, y_at,
                 Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t x_pitch,
                 Py_ssize_t out_rows, Py_ssize_t out_cols, Py_ssize_t y_pitch, Py_ssize_t top, Py_ssize_t left,
                 Py_ssize_t P, Py_ssize_t Q, int boundary, double fill, int workers):
    """Correlate planes with the real taps whose spectrum, N1 × N2 pairs of reals in our order, is given."""
    cdef Job job
    job.N1, job.N2 = cnp.PyArray_DIM(spectrum, 0), cnp.PyArray_DIM(spectrum, 1) // 2
    job.planes = 1
    job.x_at = job.y_at = NULL
    if x_at is not None:
        job.planes = cnp.PyArray_DIM(<cnp.ndarray?>x_at, 0)
        job.x_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>x_at)
        job.y_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>y_at)
    job.rows, job.cols, job.x_pitch = rows, cols, x_pitch
    job.out_rows, job.out_cols, job.y_pitch = out_rows, out_cols, y_pitch
    job.top, job.left, job.boundary, job.fill = top, left, boundary, fill
    job.P, job.Q, job.B1, job.B2 = P, Q, job.N1 - P + 1, job.N2 - Q + 1
    job.across = (out_cols + job.B2 - 1) // job.B2
    job.blocks = (out_rows + job.B1 - 1) // job.B1 * job.across
    job.pairs = (job.blocks + 1) // 2
    cdef Py_ssize_t bytes_ = 2 * job.N1 * job.N2 * max(VEC_BYTES, <int>cnp.PyArray_ITEMSIZE(x)) + 64
    cdef char* scratch = <char*>malloc(bytes_ * workers + 64)
    if scratch == NULL:
        raise MemoryError
    cdef char* aligned = <char*>((<Py_ssize_t>scratch + 63) // 64 * 64)
    with nogil:
        if cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT:
            _run(&job, <const float*>cnp.PyArray_DATA(x), <float*>cnp.PyArray_DATA(y),
                 <const float*>cnp.PyArray_DATA(twiddles1), <const float*>cnp.PyArray_DATA(twiddles2),
                 <const float*>cnp.PyArray_DATA(spectrum), aligned, bytes_, workers, ZERO_FLOAT)
        else:
            _run(&job, <const double*>cnp.PyArray_DATA(x), <double*>cnp.PyArray_DATA(y),
                 <const double*>cnp.PyArray_DATA(twiddles1), <const double*>cnp.PyArray_DATA(twiddles2),
                 <const double*>cnp.PyArray_DATA(spectrum), aligned, bytes_, workers, ZERO_DOUBLE)
        free(scratch)
