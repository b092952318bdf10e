"""The polyphase filter one output at a time: small jobs, ends, and phases too many for lanes (see polyphase.pyx)."""
from ._polyphase_core cimport SKIPPED, SKIPPED_BEFORE, Job, absent
from ._types cimport real

cdef extern from "_simd.h" nogil:
    double sigr_madd(double a, double w, double x)      # in the precision of a


cdef inline real one_sum(const real *x, const real *taps, Py_ssize_t at, const Job *job, real fill) noexcept nogil:
    """One output whose first tap lies on sample `at` of x."""
    cdef Py_ssize_t j, K = job.taps, low = min(K, max(0, -at)), high = max(low, min(K, job.n_in - at))
    cdef real a = 0
    cdef bint counted = not (job.mode == SKIPPED or (job.mode == SKIPPED_BEFORE and at + K <= job.n_in))
    if counted:
        for j in range(0, low):
            a = sigr_madd(a, taps[j], absent(x, at + j, job.n_in, job.x_step, job.mode, fill))
    for j in range(low, high):
        a = sigr_madd(a, taps[j], x[(at + j) * job.x_step])
    if counted:
        for j in range(high, K):
            a = sigr_madd(a, taps[j], absent(x, at + j, job.n_in, job.x_step, job.mode, fill))
    return a


cdef inline void four_sums(const real *x, const real *taps, const Py_ssize_t *at, const Py_ssize_t *phase,
                           const Job *job, real *y) noexcept nogil:
    """Four outputs within the data, side by side: one alone would wait for every multiply-add."""
    cdef Py_ssize_t j, K = job.taps, step = job.x_step
    cdef const real *t0 = taps + phase[0] * K
    cdef const real *t1 = taps + phase[1] * K
    cdef const real *t2 = taps + phase[2] * K
    cdef const real *t3 = taps + phase[3] * K
    cdef const real *x0 = x + at[0] * step
    cdef const real *x1 = x + at[1] * step
    cdef const real *x2 = x + at[2] * step
    cdef const real *x3 = x + at[3] * step
    cdef real a0 = 0, a1 = 0, a2 = 0, a3 = 0
    for j in range(K):
        a0 = sigr_madd(a0, t0[j], x0[j * step])
        a1 = sigr_madd(a1, t1[j], x1[j * step])
        a2 = sigr_madd(a2, t2[j], x2[j * step])
        a3 = sigr_madd(a3, t3[j], x3[j * step])
    y[0], y[job.y_step], y[2 * job.y_step], y[3 * job.y_step] = a0, a1, a2, a3


cdef inline void plain(const Job *job, const real *x, const real *taps, const real *taps_im, real *y, Py_ssize_t low,
                       Py_ssize_t high) noexcept nogil:
    """Outputs low..high of one row."""
    cdef Py_ssize_t t = job.phase + low * job.down
    cdef Py_ssize_t step = job.down // job.up, rest = job.down % job.up, m = low, c, k, many
    cdef Py_ssize_t at[5]
    cdef Py_ssize_t phase[5]
    cdef real a, b
    at[0], phase[0] = job.start + t // job.up, t % job.up
    while m < high:
        many = min(4, high - m)
        for k in range(many):
            at[k + 1], phase[k + 1] = at[k] + step, phase[k] + rest
            if phase[k + 1] >= job.up:
                phase[k + 1] -= job.up
                at[k + 1] += 1
        if many == 4 and not job.pairs and at[0] >= 0 and at[3] + job.taps <= job.n_in:
            for c in range(job.width):
                four_sums(x + c, taps, at, phase, job, y + m * job.y_step + c)
        else:
            for k in range(many):
                for c in range(job.width):
                    a = one_sum(x + c, taps + phase[k] * job.taps, at[k], job, <real>job.fill[c & 1])
                    if job.pairs:       # the real part takes the imaginary neighbour, and the other way round
                        b = one_sum(x + (c ^ 1), taps_im + phase[k] * job.taps, at[k], job,
                                    <real>job.fill[(c & 1) ^ 1])
                        a = a + b if c & 1 else a - b
                    y[(m + k) * job.y_step + c] = a
        at[0], phase[0] = at[many], phase[many]
        m += many
