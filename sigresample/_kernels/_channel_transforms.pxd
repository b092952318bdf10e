"""Transforms of a bundle of planes, a plane a lane; the way to spectra and back, a point a lane (channelfft.pyx)."""
from ._channel_planes cimport Job, Scratch
from ._transforms cimport pass_over as one_pass, radix
from ._types cimport real, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void sigr_gather(char **streams, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)
    void sigr_scatter(char **streams, int live, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)

cdef enum:
    LANES = 16              # of the widest level
    ABREAST = 4             # rows or columns transformed together


cdef inline void _points(const Job* job, Py_ssize_t part, char* points, char* beyond, char** streams) noexcept nogil:
    """Where the points of a run lie; those of no point, beyond the last, in `beyond`."""
    cdef Py_ssize_t at = part * job.lanes, k, i = at // job.M2, j = at % job.M2, size = max(VEC_BYTES, 1)
    for k in range(job.lanes):
        streams[k] = beyond if i >= job.N1 else points + (i * job.pitch + 2 * j) * size
        j += 1
        if j == job.M2:
            i, j = i + 1, 0


cdef inline void to_spectra(const Job* job, Scratch* s, vreal* spectra, Py_ssize_t plane, Py_ssize_t planes,
                            const real* picks, vreal zero) noexcept nogil:
    """The points of a bundle to the spectra of its planes. `picks` is read by no one: it picks the type."""
    cdef Py_ssize_t part, r, at
    cdef char* streams[LANES]
    cdef char* to
    cdef const vreal* z = <const vreal*>s.points
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for part in range(job.parts):
            if VEC_BYTES == 0:
                at = part // job.M2 * job.pitch + 2 * (part % job.M2)
                spectra[2 * (part * planes + plane)] = z[at]
                spectra[2 * (part * planes + plane) + 1] = z[at + 1]
                continue
            _points(job, part, s.points, s.zeros, streams)
            to = <char*>(spectra + 2 * (part * planes + plane))
            sigr_gather(streams, to, 2 * VEC_BYTES, job.lanes, sizeof(real) // 4)
            for r in range(job.lanes):
                streams[r] += VEC_BYTES if streams[r] != s.zeros else 0
            sigr_gather(streams, to + VEC_BYTES, 2 * VEC_BYTES, job.lanes, sizeof(real) // 4)


cdef inline void from_spectra(const Job* job, Scratch* s, vreal* spectra, Py_ssize_t plane, Py_ssize_t planes,
                              const real* picks, vreal zero) noexcept nogil:
    cdef Py_ssize_t part, r, at, live
    cdef char* streams[LANES]
    cdef char* from_
    cdef vreal* z = <vreal*>s.points
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for part in range(job.parts):
            if VEC_BYTES == 0:
                at = part // job.M2 * job.pitch + 2 * (part % job.M2)
                z[at] = spectra[2 * (part * planes + plane)]
                z[at + 1] = spectra[2 * (part * planes + plane) + 1]
                continue
            _points(job, part, s.points, NULL, streams)
            live = min(job.lanes, job.N1 * job.M2 - part * job.lanes)
            from_ = <char*>(spectra + 2 * (part * planes + plane))
            sigr_scatter(streams, <int>live, from_, 2 * VEC_BYTES, job.lanes, sizeof(real) // 4)
            for r in range(live):
                streams[r] += VEC_BYTES
            sigr_scatter(streams, <int>live, from_ + VEC_BYTES, 2 * VEC_BYTES, job.lanes, sizeof(real) // 4)


cdef inline void _transform(vreal* re, vreal* im, const real* w, Py_ssize_t n, Py_ssize_t pitch, Py_ssize_t run,
                            Py_ssize_t step, bint back, vreal zero) noexcept nogil:
    """_transforms.pxd's `forward` or `inverse` of `run` sets of points, `step` vectors apart, in each other's shade.

    A short node has few butterflies to one load of its twiddles: there it takes those of all sets.
    """
    cdef Py_ssize_t r = radix(n), m = n // r, k
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if back and m > 1:
            for k in range(r):
                _transform(re + k * m * pitch, im + k * m * pitch, w + 2 * (r - 1 + k * (m - 1)), m, pitch, run, step,
                           True, zero)
        if m >= run:
            for k in range(run):
                one_pass(re + k * step, im + k * step, w, r, back, m * pitch, m, pitch, zero)
        else:
            for k in range(m):
                one_pass(re + k * pitch, im + k * pitch, w, r, back, m * pitch, run, step, zero)
        if not back and m > 1:
            for k in range(r):
                _transform(re + k * m * pitch, im + k * m * pitch, w + 2 * (r - 1 + k * (m - 1)), m, pitch, run, step,
                           False, zero)


cdef inline void columns(const Job* job, Scratch* s, const real* w1, bint back, vreal zero) noexcept nogil:
    cdef Py_ssize_t j = 0
    cdef vreal* z = <vreal*>s.points
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if job.N1 == 1:
            return
        while j < job.M2:
            _transform(z + 2 * j, z + 2 * j + 1, w1, job.N1, job.pitch, min(<Py_ssize_t>ABREAST, job.M2 - j), 2, back,
                       zero)
            j += ABREAST


cdef inline void rows(const Job* job, Scratch* s, Py_ssize_t first, Py_ssize_t last, const real* w2, bint back,
                      vreal zero) noexcept nogil:
    """Rows first … last - 1."""
    cdef vreal* z = <vreal*>s.points + first * job.pitch
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while first < last:
            _transform(z, z + 1, w2, job.M2, 2, min(<Py_ssize_t>ABREAST, last - first), job.pitch, back, zero)
            first += ABREAST
            z += ABREAST * job.pitch
