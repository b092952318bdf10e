"""Overlap-save of polyphase sums: D phases of the samples in, U phases of the outputs out.

    y[U·t + s] = sum_r  x[first + D·t + r] * w_s[r]  =  sum_d sum_p  x[first + D·(t + p) + d] * w_s[D·p + d]

Each phase of the samples is transformed once and each phase of the outputs once; between them are U·D spectra:

    Y_s[k] = sum_d  X_d[k] * H_sd[k]

A block of N values of t lies under D·N samples in one piece and gives U·hop outputs in one piece. Its phases come and
go interleaved, and are transformed one by one where they lie close.
"""
from ._blocks cimport Job, gather, scatter
from ._transforms cimport _join4, _node, _turn, circular, forward, radix
from ._types cimport real, vdouble, vfloat, vreal

cdef struct Phases:
    Job into                # the samples as blocks of D·M points
    Job out                 # the outputs as blocks of U·M points
    Py_ssize_t M, U, D


cdef inline Py_ssize_t vectors(const Phases* job) noexcept nogil:
    """What a group needs in scratch."""
    cdef Py_ssize_t most = max(job.U, job.D)
    return 2 * job.M * (2 * most + job.D + 1) + 2


cdef inline void _pick(const vreal* from_, Py_ssize_t step, vreal* to, Py_ssize_t to_step, Py_ssize_t n) noexcept nogil:
    """n points, each `step` points after the last."""
    cdef Py_ssize_t i
    for i in range(n):
        to[2 * i * to_step], to[2 * i * to_step + 1] = from_[2 * i * step], from_[2 * i * step + 1]


cdef inline void _add(const vreal* x, real hr, real hi, vreal* r, vreal* i) noexcept nogil:
    cdef vreal a, b
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        a, b = x[0], x[1]
        r[0] = r[0] + hr * a
        i[0] = i[0] + hr * b
        r[0] = r[0] - hi * b
        i[0] = i[0] + hi * a


cdef inline void _mixed(const Phases* job, const vreal* X, const real* h, vreal* Y, const real* w, Py_ssize_t n,
                        vreal zero) noexcept nogil:
    """The inverse transform of one phase of the outputs, its values made where they are first needed.

    h: its first pair of spectra at the first of n points.
    """
    cdef Py_ssize_t r, m, k, _, pairs = job.U * job.D
    cdef vreal ar, ai, br, bi, cr, ci, dr, di
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if n == 4:
            if job.D == 1:
                ar, ai, br, bi, cr, ci, dr, di = X[0], X[1], X[2], X[3], X[4], X[5], X[6], X[7]
                _turn(&ar, &ai, h[0], h[pairs])
                _turn(&br, &bi, h[2 * pairs], h[3 * pairs])
                _turn(&cr, &ci, h[4 * pairs], h[5 * pairs])
                _turn(&dr, &di, h[6 * pairs], h[7 * pairs])
            else:
                ar, ai, br, bi, cr, ci, dr, di = zero, zero, zero, zero, zero, zero, zero, zero
                for _ in range(job.D):
                    _add(X, h[0], h[pairs], &ar, &ai)
                    _add(X + 2, h[2 * pairs], h[3 * pairs], &br, &bi)
                    _add(X + 4, h[4 * pairs], h[5 * pairs], &cr, &ci)
                    _add(X + 6, h[6 * pairs], h[7 * pairs], &dr, &di)
                    X += 2 * job.M
                    h += 1
            _join4(Y, Y + 1, w, 2, &ar, &ai, &br, &bi, &cr, &ci, &dr, &di, zero)
            return
        r = radix(n)
        m = n // r
        for k in range(r):
            _mixed(job, X + 2 * k * m, h + 2 * k * m * pairs, Y + 2 * k * m, w + 2 * (r - 1 + k * (m - 1)), m, zero)
        _node(Y, Y + 1, w, r, True, m, 2, 1, zero)


cdef inline void phases(const Phases* job, Py_ssize_t group, const real* x, real* y, const real* w, const real* h,
                        char* scratch, vreal zero) noexcept nogil:
    """A block in every lane, from x to y."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), M = job.M, d, s, most = max(job.U, job.D)
    cdef vreal* X = <vreal*>scratch
    cdef vreal* Y = X + 2 * M * job.D
    cdef vreal* woven = Y + 2 * M + 2   # not a multiple of a page from the others
    cdef real* strips = <real*>(woven + 2 * M * most)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        gather(&job.into, x, group * L, strips, X if job.D == 1 else woven, 0, job.into.M, zero)
        for d in range(job.D):
            if job.D > 1:
                _pick(woven + 2 * d, job.D, X + 2 * M * d, 1, M)
            if most > 1:
                forward(X + 2 * M * d, X + 2 * M * d + 1, w, M, 2, 1, zero)
        if most == 1:
            circular(X, X + 1, w, h, M, 2, 1, zero)
            Y = X
        for s in range(job.U if most > 1 else 0):
            _mixed(job, X, h + s * job.D, Y, w, M, zero)
            if job.U > 1:
                _pick(Y, 1, woven + 2 * s, job.U, M)
        scatter(&job.out, y, group * L, strips, Y if job.U == 1 else woven, 0, job.out.M, zero)
