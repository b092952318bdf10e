"""Overlap-save convolution of rows by many equal short transforms, one block of a row in every SIMD lane.

    y[j] = sum_q  x[first + j + q] * w[q]

Outputs are cut into blocks of `hop`, on a grid anchored at output 0 of each row; a block is the beginning of the
circular correlation of the samples under it, whose end is wrapped round and thrown away. A block of 2M real samples is
the polynomial of M complex coefficients z[n] = x[n] + i·x[n + M] mod (x^M - i), which brings together two halves of one
block and no two blocks; one of complex samples is that polynomial as it stands. _transforms.pxd has the transform. Its
points lie on the unit circle: the taps are taken at the reciprocal, which is the conjugate, of each.

Taps longer than a block come in K parts of `hop` taps. All parts see the same grid of input blocks, so that the values
at one point, along the blocks, are a FIR of K complex taps:

    Y[k][i] = sum_p  X[k][i + p] * H[k][p]

Its lanes are blocks too, its taps scalars in ascending order. Inputs are transformed once and outputs once, a chunk of
blocks at a time; the K - 1 spectra that the next chunk begins with are kept.

Contract (held by the routes): geometry is consistent, y overlaps nothing. Nothing here validates or raises. The bytes
depend on the row, the filter, M and K alone: a lane never sees its neighbours.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint8_t

from ._blocks cimport Job, any_given, gather, scatter
from ._boundary cimport FILL
from ._fir cimport fir1, fir4
from ._phases cimport Phases, phases, vectors
from ._shared cimport AHEAD_ONLY, BACK_ONLY, LEAST, ROUND, shared
from ._transforms cimport circular, forward, inverse
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void PREFETCH(const void* p)

cnp.import_array()

cdef enum:
    POINTS = 32             # in a share of the FIR along the blocks
    MANY = 8                # groups for each worker: from there on, one left over keeps nobody waiting for long

# ---- Taps of one part -----------------------------------------------------------------------------------

cdef void _group(const Job* job, Py_ssize_t group, const real* x, real* y, const real* w, const real* h, char* scratch,
                 vreal zero) noexcept nogil:
    """A block in every lane: gather, convolve, scatter. Real and imaginary part of a point lie side by side."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real)
    cdef vreal* re = <vreal*>scratch
    cdef real* strips = <real*>(re + 2 * job.M)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        gather(job, x, group * L, strips, re, 0, job.M, zero)
        circular(re, re + 1, w, h, job.M, 2, 1, zero)
        scatter(job, y, group * L, strips, re, 0, job.M, zero)


cdef void _whole(const Job* job, const real* x, real* y, const real* w, const real* h, char* scratch,
                 Py_ssize_t scratch_bytes, int workers, vreal zero) noexcept nogil:
    """A group each; those that are left over, on all workers."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), group, groups = (job.count + L - 1) // L, own = groups
    cdef vreal* re = <vreal*>scratch
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if workers == 1:
            for group in range(groups):
                _group(job, group, x, y, w, h, scratch, zero)
            return
        if job.M >= LEAST and groups < MANY * workers:
            own = groups // workers * workers
        if own:
            for group in prange(own, schedule="guided", num_threads=workers):
                _group(job, group, x, y, w, h, scratch + thread_number() * scratch_bytes, zero)
        for group in range(own, groups):
            shared(job, x, y, group * L, <real*>(re + 2 * job.M), re, w, h, ROUND, workers, zero)


# ---- Taps in parts --------------------------------------------------------------------------------------
# The lanes are the input blocks of all rows, one row after the other, each with the K - 1 blocks past its last output.
# A group of them is transformed in a slot of its own; slots are taken in turn, so that what a chunk leaves to the next
# stays where it is.

cdef struct Chunks:
    Py_ssize_t groups, segments     # groups of output blocks in all, and into how many runs of them they are cut
    Py_ssize_t outputs, inputs      # groups in a chunk: of output blocks, and of the input blocks under them
    Py_ssize_t slot                 # vectors from one slot to the next; there are `inputs` of them
    Py_ssize_t some, none           # blocks in front of and from which on there is no sample


cdef inline bint _present(const Chunks* by, Py_ssize_t group, Py_ssize_t L) noexcept nogil:
    """Whether any lane of a group of input blocks holds a sample; if not, its slot is neither filled nor read."""
    return group * L < by.none and (group + 1) * L > by.some


cdef void _ahead(const Job* job, const Chunks* by, const real* x, const real* w, vreal* slots, Py_ssize_t group,
                 real* strips, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real)
    cdef vreal* re = slots + group % by.inputs * by.slot
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if _present(by, group, L):
            gather(job, x, group * L, strips, re, 0, job.M, zero)
            forward(re, re + 1, w, job.M, 2, 1, zero)


cdef void _back(const Job* job, const Chunks* by, real* y, const real* w, vreal* slots, Py_ssize_t group,
                real* strips, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real)
    cdef vreal* re = slots + group % by.inputs * by.slot
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if any_given(job, group * L, L):
            inverse(re, re + 1, w, job.M, 2, 1, zero)
            scatter(job, y, group * L, strips, re, 0, job.M, zero)


cdef void _along(const Job* job, const Chunks* by, vreal* slots, const real* h, Py_ssize_t group,
                 Py_ssize_t outputs, Py_ssize_t share, real* lines, vreal zero) noexcept nogil:
    """The FIR along the blocks, for some of the points: their values side by side first, in a few lines."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), V = by.inputs, k, v, i, j, lo, hi, tile
    cdef Py_ssize_t first = share * POINTS, last = min(job.M, first + POINTS)
    cdef vreal* to = <vreal*>lines
    cdef vreal* from_
    cdef vreal* outs[4]
    cdef const real* line
    cdef const real* taps
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for v in range(V):
            from_ = slots + (group + v) % V * by.slot + 2 * first
            if _present(by, group + v, L):
                for k in range(last - first):
                    to[2 * k * V + v], to[(2 * k + 1) * V + v] = from_[2 * k], from_[2 * k + 1]
                    PREFETCH(from_ + 2 * (k + POINTS))
                    PREFETCH(from_ + 2 * (k + POINTS) + 1)
            else:
                for k in range(2 * (last - first)):
                    to[k * V + v] = zero
        v = 0
        while v < outputs:
            tile = 4 if v + 4 <= outputs else 1
            # Taps that meet no sample under any lane would add nothing.
            lo = max(0, by.some - (group + v + tile) * L + 1)
            hi = max(lo, min(job.K, by.none - (group + v) * L))
            for i in range(tile):
                outs[i] = slots + (group + v + i) % V * by.slot + 2 * first
            line, taps = lines + v * L + lo, h + 2 * first * job.K + lo
            for k in range(0, last - first, 2):
                if tile == 1:
                    fir1(line, V * L, taps, job.K, hi - lo, outs[0] + 2 * k, zero)
                else:
                    for j in range(2):
                        fir4(line + 2 * j * V * L, V * L, taps + 2 * j * job.K, job.K, hi - lo, outs, zero)
                        for i in range(4):
                            outs[i] += 2
                line += 4 * V * L
                taps += 4 * job.K
            v += tile


cdef void _segment(const Job* job, const Chunks* by, Py_ssize_t segment, const real* x, real* y, const real* w,
                   const real* h, vreal* slots, char* scratch, vreal zero) noexcept nogil:
    """A worker's share of the outputs, chunk after chunk."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, outputs
    cdef Py_ssize_t group = by.groups * segment // by.segments, stop = by.groups * (segment + 1) // by.segments
    cdef Py_ssize_t needed = (stop * L + job.K - 2) // L + 1    # groups of input blocks under outputs before `stop`
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for i in range(group, min(group + by.inputs, needed)):
            _ahead(job, by, x, w, slots, i, <real*>scratch, zero)
        while group < stop:
            outputs = min(by.outputs, stop - group)
            for i in range((job.M + POINTS - 1) // POINTS):
                _along(job, by, slots, h, group, outputs, i, <real*>scratch, zero)
            for i in range(group, group + outputs):
                _back(job, by, y, w, slots, i, <real*>scratch, zero)
                if i + by.inputs < needed:  # a slot is filled again while it is in the cache
                    _ahead(job, by, x, w, slots, i + by.inputs, <real*>scratch, zero)
            group += outputs


cdef void _together(const Job* job, const Chunks* by, const real* x, real* y, const real* w, const real* h,
                    vreal* slots, char* scratch, Py_ssize_t own, int workers, vreal zero) noexcept nogil:
    """All outputs, chunk after chunk, each stage of it on all workers."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, outputs, group = 0, done = 0
    cdef Py_ssize_t needed = (by.groups * L + job.K - 2) // L + 1
    cdef real* strips = <real*>scratch
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while group < by.groups:
            outputs = min(by.outputs, by.groups - group)
            for i in range(done, min(group + by.inputs, needed)):
                if _present(by, i, L):
                    shared(job, x, y, i * L, strips, slots + i % by.inputs * by.slot, w, h, AHEAD_ONLY, workers, zero)
            done = min(group + by.inputs, needed)
            for i in prange((job.M + POINTS - 1) // POINTS, schedule="static", num_threads=workers):
                _along(job, by, slots, h, group, outputs, i, <real*>(scratch + thread_number() * own), zero)
            for i in range(group, group + outputs):
                if any_given(job, i * L, L):
                    shared(job, x, y, i * L, strips, slots + i % by.inputs * by.slot, w, h, BACK_ONLY, workers, zero)
            group += outputs


cdef void _parts(const Job* job, const Chunks* by, const real* x, real* y, const real* w, const real* h, char* held,
                 char* scratch, Py_ssize_t own, int workers, vreal zero) noexcept nogil:
    """Where there is enough for each, workers share nothing but the filter: spectra that one wrote and another read
    would cost more than those that both compute."""
    cdef Py_ssize_t segment, slots = by.inputs * by.slot
    cdef int segments = <int>by.segments
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if segments == 1 and workers > 1 and job.M >= LEAST:
            _together(job, by, x, y, w, h, <vreal*>held, scratch, own, workers, zero)
        elif segments == 1:
            _segment(job, by, 0, x, y, w, h, <vreal*>held, scratch, zero)
        else:
            for segment in prange(segments, schedule="static", num_threads=segments):
                _segment(job, by, segment, x, y, w, h, <vreal*>held + segment * slots, scratch + segment * own, zero)


# ---- Entries --------------------------------------------------------------------------------------------

cdef inline void _written(const Job* job, const vreal* re, real* out, Py_ssize_t at, Py_ssize_t first,
                          Py_ssize_t last, vreal zero) noexcept nogil:
    """The values at points first … last - 1, of the conjugates, over M, to where the spectra of parts `at` … stand."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), i, lane
    cdef real scale = <real>1 / job.M, signed
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for i in range(2 * first, 2 * last):
            signed = -scale if i % 2 else scale
            if at + L <= job.count:
                (<vreal*>(out + i * job.K + at))[0] = signed * re[i]
            else:
                for lane in range(job.count - at):
                    out[i * job.K + at + lane] = signed * (<const real*>(re + i))[lane]


cdef void _spectra(const Job* job, const real* x, real* out, const real* w, char* scratch, int workers,
                   vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), at = 0, i, slices = 4 * workers
    cdef vreal* re = <vreal*>scratch
    cdef real* strips = <real*>(re + 2 * job.M)
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while at < job.count:
            if workers > 1 and job.unit == 1 and job.M >= LEAST:
                shared(job, x, <real*>NULL, at, strips, re, w, <const real*>NULL, AHEAD_ONLY, workers, zero)
                for i in prange(slices, schedule="static", num_threads=workers):
                    _written(job, re, out, at, job.M * i // slices, job.M * (i + 1) // slices, zero)
            else:
                gather(job, x, at, strips, re, 0, job.M, zero)
                if job.unit == 2:
                    for i in range(1, 2 * job.M, 2):
                        re[i] = zero - re[i]
                forward(re, re + 1, w, job.M, 2, 1, zero)
                _written(job, re, out, at, 0, job.M, zero)
            at += L


def spectra(cnp.ndarray taps not None, cnp.ndarray twiddles not None, cnp.ndarray out not None, cnp.ndarray at not None,
            int unit, int workers):
    """The values of rows of taps at the conjugates of M points, over M: out is (M, 2, parts).

    at: where the rows begin, in reals, in an array of rows; or in one row, of which each takes what is before the next.
    """
    cdef Job job
    job.M, job.K, job.unit = cnp.PyArray_DIM(out, 0), cnp.PyArray_DIM(out, 2), unit
    job.rows = job.count = job.K
    cdef const Py_ssize_t* begins = <const Py_ssize_t*>cnp.PyArray_DATA(at)
    job.data = job.last = cnp.PyArray_DIM(taps, cnp.PyArray_NDIM(taps) - 1) // unit
    if cnp.PyArray_NDIM(taps) == 1:
        job.last -= begins[job.K - 1] // unit
        job.data = begins[1] // unit if job.K > 1 else job.last
    job.x_at, job.y_at, job.blocks, job.wanted = begins, NULL, NULL, NULL
    job.across = job.entries = 1
    job.lanes, job.bundled = max(VEC_BYTES, <int>cnp.PyArray_ITEMSIZE(out)) // cnp.PyArray_ITEMSIZE(out), 0
    job.first = job.hop = job.out = job.y_step = 0
    job.x_step, job.boundary = unit, FILL
    job.fill[0] = job.fill[1] = 0
    cdef cnp.ndarray memory = _scratch(4 * job.M * max(VEC_BYTES, 8))
    cdef char* place = _aligned(memory)
    with nogil:
        if cnp.PyArray_TYPE(taps) == cnp.NPY_FLOAT:
            _spectra(&job, <const float*>cnp.PyArray_DATA(taps), <float*>cnp.PyArray_DATA(out),
                     <const float*>cnp.PyArray_DATA(twiddles), place, workers, ZERO_FLOAT)
        else:
            _spectra(&job, <const double*>cnp.PyArray_DATA(taps), <double*>cnp.PyArray_DATA(out),
                     <const double*>cnp.PyArray_DATA(twiddles), place, workers, ZERO_DOUBLE)


cdef inline char* _aligned(cnp.ndarray memory):
    return <char*>((<Py_ssize_t>cnp.PyArray_DATA(memory) + 63) // 64 * 64)


cdef cnp.ndarray _scratch(Py_ssize_t size):
    """Memory by NumPy, which asks for huge pages: the spectra of a long filter's blocks are megabytes apart."""
    cdef cnp.npy_intp bytes_ = size + 64
    return cnp.PyArray_EMPTY(1, &bytes_, cnp.NPY_UINT8, 0)


def overlap_save(cnp.ndarray x not None, cnp.ndarray spectrum not None, cnp.ndarray twiddles not None,
                 cnp.ndarray y not None, x_at, y_at, blocks, Py_ssize_t data, Py_ssize_t out, Py_ssize_t first,
                 Py_ssize_t x_step, Py_ssize_t y_step, Py_ssize_t hop, int unit, int boundary,
                 double fill, double fill_imag, Py_ssize_t chunk, int workers):
    """Correlate rows with the taps whose spectra, (M, 2, parts), are given; a sample is `unit` reals.

    x_at and y_at: where the rows begin, in reals. blocks: which to compute; under one part as numbers, else as flags.
    chunk: the blocks that several parts are computed for at a time.
    """
    cdef Job job
    cdef Py_ssize_t vector = max(VEC_BYTES, <int>cnp.PyArray_ITEMSIZE(x)), L = vector // cnp.PyArray_ITEMSIZE(x)
    job.M, job.K = cnp.PyArray_DIM(spectrum, 0), cnp.PyArray_DIM(spectrum, 2)
    job.rows, job.x_at, job.y_at = 1, NULL, NULL
    if x_at is not None:
        job.rows = cnp.PyArray_DIM(<cnp.ndarray?>x_at, 0)
        job.x_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>x_at)
        job.y_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>y_at)
    job.data, job.out, job.first, job.x_step, job.y_step = data, out, first, x_step, y_step
    job.last = data
    job.hop, job.unit, job.boundary = hop, unit, boundary
    job.fill[0], job.fill[1] = fill, fill_imag
    job.across = (out + hop - 1) // hop
    job.entries = job.across + job.K - 1
    job.count = job.rows * job.entries
    job.blocks, job.wanted = NULL, NULL
    if blocks is not None and job.K == 1:
        job.blocks, job.count = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>blocks), cnp.PyArray_DIM(blocks, 0)
    elif blocks is not None:
        job.wanted = <const uint8_t*>cnp.PyArray_DATA(<cnp.ndarray?>blocks)
    cdef Chunks by
    # Past the last row's last output there are but input blocks.
    by.groups = max(0, job.count - (job.K - 1) + L - 1) // L
    by.segments = max(1, min(workers, by.groups))
    if job.M >= LEAST and by.groups < by.segments * MANY:
        by.segments = 1
    by.outputs = min((chunk + L - 1) // L, (by.groups + by.segments - 1) // by.segments)
    by.inputs = (by.outputs * L + job.K - 2) // L + 1
    by.slot = 2 * job.M + 18    # not a power of two: equal points of all slots would meet in one cache set
    by.some, by.none = 0, job.count
    if job.rows == 1 and boundary == FILL and fill == 0 and fill_imag == 0:
        by.some = max(0, (-first - 2 * job.M // unit) // hop)
        by.none = max(0, (data - first + hop - 1) // hop)
    job.lanes, job.bundled = L, 0
    if job.K == 1 and job.x_at and blocks is None and (x_step != unit or y_step != unit):
        job.bundled = job.rows // L * L
    # A worker's scratch: a group's blocks as rows of lanes, and as strips where they are not one piece of x or y.
    cdef Py_ssize_t own = max((2 if job.K > 1 else 4) * job.M, 2 * POINTS * by.inputs) * vector + 64
    cdef cnp.ndarray memory = _scratch(own * workers), slots = _scratch(
        by.segments * by.inputs * by.slot * vector if job.K > 1 else 0)
    cdef char* at = _aligned(memory)
    cdef char* held = _aligned(slots)
    with nogil:
        if cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT:
            _run(&job, &by, <const float*>cnp.PyArray_DATA(x), <float*>cnp.PyArray_DATA(y),
                 <const float*>cnp.PyArray_DATA(twiddles), <const float*>cnp.PyArray_DATA(spectrum),
                 held, at, own, workers, ZERO_FLOAT)
        else:
            _run(&job, &by, <const double*>cnp.PyArray_DATA(x), <double*>cnp.PyArray_DATA(y),
                 <const double*>cnp.PyArray_DATA(twiddles), <const double*>cnp.PyArray_DATA(spectrum),
                 held, at, own, workers, ZERO_DOUBLE)


cdef void _run(const Job* job, const Chunks* by, const real* x, real* y, const real* w, const real* h, char* held,
               char* scratch, Py_ssize_t own, int workers, vreal zero) noexcept nogil:
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if job.K == 1:
            _whole(job, x, y, w, h, scratch, own, workers, zero)
        else:
            _parts(job, by, x, y, w, h, held, scratch, own, workers, zero)


cdef void _all_phases(const Phases* job, const real* x, real* y, const real* w, const real* h, char* scratch,
                      Py_ssize_t own, int workers, vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), group, groups = (job.into.count + L - 1) // L
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if workers == 1:
            for group in range(groups):
                phases(job, group, x, y, w, h, scratch, zero)
        else:
            for group in prange(groups, schedule="guided", num_threads=workers):
                phases(job, group, x, y, w, h, scratch + thread_number() * own, zero)


def polyphase(cnp.ndarray x not None, cnp.ndarray spectrum not None, cnp.ndarray twiddles not None,
              cnp.ndarray y not None, x_at, y_at, Py_ssize_t data, Py_ssize_t out, Py_ssize_t first, Py_ssize_t x_step,
              Py_ssize_t y_step, Py_ssize_t hop, Py_ssize_t U, Py_ssize_t D, int unit, double fill,
              double fill_imag, int workers):
    """Polyphase sums of rows: hop counts values of t, the spectra are (M, 2, U·D); see _phases.pxd."""
    cdef Phases job
    cdef Job* part
    cdef Py_ssize_t vector = max(VEC_BYTES, <int>cnp.PyArray_ITEMSIZE(x)), which
    job.M, job.U, job.D = cnp.PyArray_DIM(spectrum, 0), U, D
    for which in range(2):
        part = &job.into if which == 0 else &job.out
        part.K, part.rows, part.x_at, part.y_at, part.blocks, part.wanted = 1, 1, NULL, NULL, NULL, NULL
        if x_at is not None:
            part.rows = cnp.PyArray_DIM(<cnp.ndarray?>x_at, 0)
            part.x_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray>x_at)
            part.y_at = <const Py_ssize_t*>cnp.PyArray_DATA(<cnp.ndarray?>y_at)
        part.data, part.out, part.first, part.x_step, part.y_step = data, out, first, x_step, y_step
        part.last = data
        part.unit, part.boundary, part.fill[0], part.fill[1] = unit, FILL, fill, fill_imag
        part.M, part.hop = job.M * (U if which else D), hop * (U if which else D)
        part.across = part.entries = (out + U * hop - 1) // (U * hop)
        part.count = part.rows * part.entries
        part.lanes, part.bundled = vector // cnp.PyArray_ITEMSIZE(x), 0
        if part.x_at and x_step != unit:
            part.bundled = part.rows // part.lanes * part.lanes
    cdef Py_ssize_t own = (vectors(&job) + 1) * vector
    cdef cnp.ndarray memory = _scratch(own * workers)
    cdef char* place = _aligned(memory)
    with nogil:
        if cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT:
            _all_phases(&job, <const float*>cnp.PyArray_DATA(x), <float*>cnp.PyArray_DATA(y),
                        <const float*>cnp.PyArray_DATA(twiddles), <const float*>cnp.PyArray_DATA(spectrum), place,
                        own, workers, ZERO_FLOAT)
        else:
            _all_phases(&job, <const double*>cnp.PyArray_DATA(x), <double*>cnp.PyArray_DATA(y),
                        <const double*>cnp.PyArray_DATA(twiddles), <const double*>cnp.PyArray_DATA(spectrum), place,
                        own, workers, ZERO_DOUBLE)
