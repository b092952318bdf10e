"""Polyphase FIR filter: upsample by `up`, filter, keep every `down`-th output, in one pass.

    y[n, m, c] = sum_{j=0}^{K-1}  taps[t mod up, j] * x[n, t div up - (K-1) + j, c],     t = (m + first) * down

Row φ of `taps` holds h[φ + k·up] with k descending, so that j ascends with time.

How it runs. A period is the U outputs (from D samples) after which the phases repeat. The outputs of a row are cut into
segments of whole periods, and a SIMD lane is one real of one segment: all lanes of a block then walk through the same
phases, and a tap is one broadcast for all of them.

    x  ──gather──►  xt[i][lane]  ──core──►  yt[m][lane]  ──scatter──►  y

The gather turns strided samples into rows of lanes (transposes of small tiles, in registers); the core is a banded
matrix product in register tiles of 4 outputs × 2 vectors; the scatter undoes the transpose. Long segments go in chunks
of outputs, long filters in depths of taps, so that xt and yt stay in the cache.

With few taps an output, moving the data that way costs more than the sums. Then a vector holds consecutive outputs,
reads x and writes y as they lie, and each of its lanes picks its sample (_polyphase_few.pxd; AVX-512 alone does that
fast enough).

Every output is one accumulator to which the taps are added in ascending order, by these two as by the plain loop that
serves small jobs: the bytes depend neither on the path nor on the cut nor on the workers.

Contract (held by resampling.py): geometry agrees with the arrays, x and y do not overlap, n_in >= 1 where a mode looks
at samples, >= 2 for the two reflections about a sample. Nothing here validates.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc

from ._finite cimport all_finite
from ._polyphase_core cimport SKIPPED, SKIPPED_BEFORE, ZEROS, Job, absent, core
from ._polyphase_cut cimport ALIGN, layout
from ._polyphase_few cimport group_block, tabulate
from ._polyphase_plain cimport plain
from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal

cdef extern from "_simd.h" nogil:
    int VEC_BYTES
    void sigr_gather(char **streams, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)
    void sigr_scatter(char **streams, int live, char *rows, Py_ssize_t pitch, Py_ssize_t n, Py_ssize_t words)

cnp.import_array()

cdef enum:
    SLOTS = 32              # lanes in two vectors of the widest level


cdef struct Slots:
    char *x[SLOTS]              # sample 0 of the row, at the slot's first column
    char *y[SLOTS]              # first output of the segment
    Py_ssize_t base[SLOTS]      # sample under tap 0 of that output
    Py_ssize_t count[SLOTS]     # outputs of the segment
    Py_ssize_t skip[SLOTS]      # leading reals that the slot before owns: the last column may overlap it
    Py_ssize_t live


# ---- Gather and scatter -------------------------------------------------------------------------------

cdef void _find_slots(const Job *job, Py_ssize_t block, const real *x, real *y, const Py_ssize_t *x_at,
                      const Py_ssize_t *y_at, Slots *s) noexcept nogil:
    """Which row, segment and columns each slot of a block holds. Slots past the last one repeat it, unscattered."""
    cdef Py_ssize_t k, slot, c, n, segment, first, length
    cdef Py_ssize_t even = job.periods // job.segments, odd = job.periods % job.segments
    s.live = min(job.per_block, job.slots - block * job.per_block)
    for k in range(job.per_block):
        slot = block * job.per_block + min(k, s.live - 1)
        c = min(slot % job.columns * job.unit, job.width - job.unit)
        s.skip[k] = slot % job.columns * job.unit - c
        slot = slot // job.columns
        segment = slot % job.segments
        n = slot // job.segments
        first = segment * even + min(segment, odd)
        length = even + (segment < odd)
        s.x[k] = <char *>(x + (x_at[n] if x_at != NULL else n * job.x_pitch) + c)
        s.y[k] = <char *>(y + (y_at[n] if y_at != NULL else n * job.y_pitch) + c + first * job.period_out * job.y_step)
        s.base[k] = job.start + first * job.period_in
        s.count[k] = min(length * job.period_out, job.n_out - first * job.period_out)


cdef void _fetch(const real *x, real *to, Py_ssize_t base, Py_ssize_t low, Py_ssize_t high, Py_ssize_t pitch,
                 const Job *job) noexcept nogil:
    """Rows low..high of one slot, sample by sample, at the ends of the data."""
    cdef Py_ssize_t i, e
    cdef Py_ssize_t first = max(low, min(high, -base)), last = max(first, min(high, job.n_in - base))
    for e in range(job.unit):
        for i in range(low, first):
            to[i * pitch + e] = absent(x + e, base + i, job.n_in, job.x_step, job.mode, <real>job.fill[e & 1])
        for i in range(first, last):
            to[i * pitch + e] = x[(base + i) * job.x_step + e]
        for i in range(last, high):
            to[i * pitch + e] = absent(x + e, base + i, job.n_in, job.x_step, job.mode, <real>job.fill[e & 1])


cdef void _gather(Slots *s, real *xt, Py_ssize_t shift, Py_ssize_t rows, const Job *job, vreal zero) noexcept nogil:
    """Rows shift..shift+rows of every slot, counted from its base, as rows 0..rows of xt."""
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real), pitch = 2 * lanes, unit = job.unit
    cdef Py_ssize_t group = max(1, lanes // unit), part, lane, i, k, e, low, high, some_low, some_high
    cdef char *streams[SLOTS]
    cdef const real *x
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for part in range(job.per_block // group):      # a vector of lanes
            lane = part * group
            # low..high: rows whose samples all slots of this vector have; some_…: at least one has them
            low, high, some_low, some_high = 0, rows, rows, 0
            for k in range(lane, lane + group):
                i = -(s.base[k] + shift)
                low, some_low = max(low, i), min(some_low, i)
                i += job.n_in
                high, some_high = min(high, i), max(some_high, i)
            high = max(high, 0)
            low = min(low, high)
            some_low, some_high = max(0, min(some_low, low)), min(rows, max(some_high, high))
            if job.mode > 0:
                some_low, some_high = 0, rows
            for i in range(0, some_low):
                for e in range(group * unit // lanes):
                    (<vreal *>(xt + i * pitch + lane * unit))[e] = zero
            for i in range(some_high, rows):
                for e in range(group * unit // lanes):
                    (<vreal *>(xt + i * pitch + lane * unit))[e] = zero
            for k in range(lane, lane + group):
                x = <const real *>s.x[k]
                _fetch(x, xt + k * unit, s.base[k] + shift, some_low, low, pitch, job)
                _fetch(x, xt + k * unit, s.base[k] + shift, high, some_high, pitch, job)
                streams[k] = s.x[k] + (s.base[k] + shift + low) * job.x_step * <Py_ssize_t>sizeof(real)
            if low == high:
                continue
            if VEC_BYTES > 0 and job.x_step == unit and high - low >= group:
                sigr_gather(&streams[lane], <char *>(xt + low * pitch + lane * unit), pitch * sizeof(real), high - low,
                            unit * sizeof(real) // 4)
            elif unit == lanes:
                for i in range(high - low):
                    (<vreal *>(xt + (low + i) * pitch + lane * unit))[0] = (
                        <const vreal *>(<const real *>streams[lane] + i * job.x_step))[0]
            elif unit == 1:
                for i in range(high - low):
                    for k in range(lane, lane + group):
                        xt[(low + i) * pitch + k] = (<const real *>streams[k])[i * job.x_step]
            else:
                for i in range(high - low):
                    for k in range(lane, lane + group):
                        for e in range(unit):
                            xt[(low + i) * pitch + k * unit + e] = (<const real *>streams[k])[i * job.x_step + e]


cdef void _scatter(Slots *s, real *yt, Py_ssize_t shift, Py_ssize_t n, const Job *job, vreal zero) noexcept nogil:
    """Rows 0..n of yt as outputs shift..shift+n of every slot's segment, as far as the segment goes."""
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real), pitch = 2 * lanes, unit = job.unit
    cdef Py_ssize_t group = max(1, lanes // unit), part, lane, i, k, e, live, whole
    cdef char *streams[SLOTS]
    cdef real *y
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for part in range(job.per_block // group):
            lane = part * group
            live = min(group, s.live - lane)
            if live <= 0:
                break
            whole = n
            for k in range(lane, lane + group):
                streams[k] = s.y[k] + shift * job.y_step * <Py_ssize_t>sizeof(real)
                whole = min(whole, s.count[k] - shift)
            if VEC_BYTES == 0 or job.y_step != unit or whole < group:
                whole = 0
            else:
                sigr_scatter(&streams[lane], <int>live, <char *>(yt + lane * unit), pitch * sizeof(real), whole,
                             unit * sizeof(real) // 4)
            for k in range(lane, lane + live):
                y = <real *>streams[k]
                if unit == lanes and s.skip[k] == 0:
                    for i in range(whole, min(n, s.count[k] - shift)):
                        (<vreal *>(y + i * job.y_step))[0] = (<vreal *>(yt + i * pitch + k * unit))[0]
                else:
                    for i in range(whole, min(n, s.count[k] - shift)):
                        for e in range(s.skip[k], unit):
                            y[i * job.y_step + e] = yt[i * pitch + k * unit + e]


cdef void _combine(real *a, const real *b, Py_ssize_t n) noexcept nogil:
    """a + i·b for n reals of complex pairs: a and b are the data filtered by the taps' real and imaginary parts."""
    cdef Py_ssize_t i
    cdef real re, im
    for i in range(0, n, 2):
        re = a[i] - b[i + 1]
        im = a[i + 1] + b[i]
        a[i], a[i + 1] = re, im


cdef void _block(const Job *job, Py_ssize_t block, const real *x, const real *taps, const real *taps_im, real *y,
                 const Py_ssize_t *x_at, const Py_ssize_t *y_at, char *scratch, vreal zero) noexcept nogil:
    cdef Slots s
    cdef Py_ssize_t lanes = sizeof(vreal) // sizeof(real)
    cdef Py_ssize_t total = job.span * job.period_out, phase = job.phase, offset = 0, m = 0, j, n, d, rows
    cdef real *xt
    cdef real *yt
    cdef real *yt_im
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        xt = <real *>(scratch + thread_number() * job.scratch)
        yt = xt + job.x_rows * 2 * lanes
        yt_im = yt + job.chunk * 2 * lanes
        _find_slots(job, block, x, y, x_at, y_at, &s)
        while m < total:
            n = (min(job.chunk, total - m) + 3) & ~3        # whole tiles: outputs too many are not scattered
            rows = (phase + (n - 1) * job.down) // job.up
            j = 0
            while j < job.taps:
                d = min(job.depth, job.taps - j)
                _gather(&s, xt, offset + j, rows + d, job, zero)
                core(<const vreal *>xt, <vreal *>yt, taps + j, n, phase, job, d, j > 0, zero)
                if job.pairs:
                    core(<const vreal *>xt, <vreal *>yt_im, taps_im + j, n, phase, job, d, j > 0, zero)
                j += d
            if job.pairs:
                _combine(yt, yt_im, n * 2 * lanes)
            _scatter(&s, yt, m, min(n, total - m), job, zero)
            m += job.chunk
            phase += job.chunk * job.down
            offset += phase // job.up
            phase = phase % job.up


# ---- One output at a time, and the ends ---------------------------------------------------------------

cdef void _plain_block(const Job *job, Py_ssize_t block, const real *x, const real *taps, const real *taps_im, real *y,
                       const Py_ssize_t *x_at, const Py_ssize_t *y_at) noexcept nogil:
    cdef Py_ssize_t per_row = (job.n_out + job.chunk - 1) // job.chunk
    cdef Py_ssize_t n = block // per_row, low = block % per_row * job.chunk
    plain(job, x + (x_at[n] if x_at != NULL else n * job.x_pitch), taps, taps_im,
          y + (y_at[n] if y_at != NULL else n * job.y_pitch), low, min(job.n_out, low + job.chunk))


cdef void _redo_ends(const Job *job, Py_ssize_t n, const real *x, const real *taps, const real *taps_im, real *y,
                     const Py_ssize_t *x_at, const Py_ssize_t *y_at) noexcept nogil:
    """The outputs of row n that reach beyond the data, once more, without the terms that are absent."""
    cdef Py_ssize_t up = job.up, down = job.down
    # the window starts before sample 0 while start + (phase + m·down) // up < 0, and ends after the last from there on
    cdef Py_ssize_t left = max(0, (-job.start * up - job.phase + down - 1) // down) if job.start < 0 else 0
    cdef Py_ssize_t right = ((job.n_in - job.taps + 1 - job.start) * up - job.phase + down - 1)
    right = max(left, right // down) if right > 0 else left
    x += x_at[n] if x_at != NULL else n * job.x_pitch
    y += y_at[n] if y_at != NULL else n * job.y_pitch
    plain(job, x, taps, taps_im, y, 0, min(left, job.n_out))
    plain(job, x, taps, taps_im, y, min(right, job.n_out), job.n_out)


# ---- All blocks of a job ------------------------------------------------------------------------------

cdef void _run(Job *job, const real *x, const real *taps, const real *taps_im, real *y, const Py_ssize_t *x_at,
               const Py_ssize_t *y_at, char *scratch, int workers, vreal zero) noexcept nogil:
    cdef int given = job.mode
    cdef Py_ssize_t b, blocks
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        if (given == SKIPPED or given == SKIPPED_BEFORE) and job.blocks:
            job.mode = ZEROS    # lanes multiply absent samples; the ends are then done again
        blocks = job.blocks if job.blocks else job.rows * ((job.n_out + job.chunk - 1) // job.chunk)
        # a parallel loop costs 600 ns even with one thread
        if job.blocks and workers == 1:
            for b in range(blocks):
                _block(job, b, x, taps, taps_im, y, x_at, y_at, scratch, zero)
        elif job.blocks:
            for b in prange(blocks, num_threads=workers, schedule="guided"):
                _block(job, b, x, taps, taps_im, y, x_at, y_at, scratch, zero)
        elif workers == 1:
            for b in range(blocks):
                _plain_block(job, b, x, taps, taps_im, y, x_at, y_at)
        else:
            for b in prange(blocks, num_threads=workers, schedule="guided"):
                _plain_block(job, b, x, taps, taps_im, y, x_at, y_at)
        if given != job.mode:
            job.mode = given
            for b in range(job.rows):
                _redo_ends(job, b, x, taps, taps_im, y, x_at, y_at)


cdef void _run_groups(Job *job, const real *x, const real *taps, real *y, const Py_ssize_t *x_at,
                      const Py_ssize_t *y_at, char *table, int workers, vreal zero) noexcept nogil:
    cdef Py_ssize_t b
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        tabulate(job, taps, table, sizeof(vreal) // sizeof(real))
        if workers == 1:
            for b in range(job.blocks):
                group_block(job, b, x, taps, y, x_at, y_at, table, zero)
        else:
            for b in prange(job.blocks, num_threads=workers, schedule="guided"):
                group_block(job, b, x, taps, y, x_at, y_at, table, zero)


# ---- The two entries ----------------------------------------------------------------------------------

cdef void _split(const real *pairs, real *re, real *im, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        re[i], im[i] = pairs[2 * i], pairs[2 * i + 1]


cdef void _call(Job *job, cnp.ndarray x, cnp.ndarray taps, cnp.ndarray y, const Py_ssize_t *x_at,
                const Py_ssize_t *y_at, char *scratch, char *split, int workers, real sample, vreal zero):
    cdef const real *h = <const real *>cnp.PyArray_DATA(taps)
    cdef const real *h_im = NULL
    cdef Py_ssize_t n = job.up * job.taps
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        with nogil:
            if job.mode <= 0 and all_finite(h, n * (1 + job.pairs), sizeof(real) == 4):
                job.mode = ZEROS
            if job.pairs:
                _split(h, <real *>split, <real *>split + n, n)
                h, h_im = <const real *>split, <const real *>split + n
            if job.patterns:
                _run_groups(job, <const real *>cnp.PyArray_DATA(x), h, <real *>cnp.PyArray_DATA(y), x_at, y_at, scratch,
                            workers, zero)
            else:
                _run(job, <const real *>cnp.PyArray_DATA(x), h, h_im, <real *>cnp.PyArray_DATA(y), x_at, y_at, scratch,
                     workers, zero)


def polyphase(cnp.ndarray x not None, cnp.ndarray taps not None, cnp.ndarray y not None, cnp.ndarray x_at,
              cnp.ndarray y_at, Py_ssize_t n_in, Py_ssize_t n_out, Py_ssize_t x_step, Py_ssize_t y_step,
              Py_ssize_t width, Py_ssize_t up, Py_ssize_t down, Py_ssize_t first, int mode, cval, int workers,
              int path=0, Py_ssize_t rows=1, Py_ssize_t x_pitch=0, Py_ssize_t y_pitch=0):
    """Filter every row of x into y (see the formula above).

    x, y: their data pointers are the base, their layout is told by the integers. taps: C-contiguous (up, K), of the
    real type of x and y, or complex over real views of complex data. x_at, y_at: offset of each row in reals, or None
    for `rows` rows that lie a pitch apart. x_step, y_step: reals from a sample to the next; width: contiguous reals
    in a sample. mode: 0 absent samples are no term, 1 cval, 2 symmetric, 3 edge, 4 smooth, 5 wrap, 6 reflect,
    7 antisymmetric, 8 antireflect, 9 line; -1 as scipy.signal.upfirdn: 0 while the window ends on a sample, then
    zeros. A complex cval fills (real, imaginary) pairs. path: 0 chooses, 1 one output at a time, 2 lanes, 3 groups of
    consecutive outputs where the job can have them.
    """
    cdef Job job
    cdef int kind = cnp.PyArray_TYPE(taps)
    cdef bint single = kind == cnp.NPY_FLOAT or kind == cnp.NPY_CFLOAT
    cdef Py_ssize_t itemsize = 4 if single else 8, working
    cdef char *scratch = NULL
    cdef char *split = NULL
    cdef const Py_ssize_t *xs = NULL
    cdef const Py_ssize_t *ys = NULL
    job.rows, job.x_pitch, job.y_pitch = rows, x_pitch, y_pitch
    if x_at is not None:
        xs = <const Py_ssize_t *>cnp.PyArray_DATA(x_at)
        job.rows = cnp.PyArray_DIM(x_at, 0)
    if y_at is not None:
        ys = <const Py_ssize_t *>cnp.PyArray_DATA(y_at)
        job.rows = cnp.PyArray_DIM(y_at, 0)
    job.n_in, job.n_out, job.x_step, job.y_step, job.width = n_in, n_out, x_step, y_step, width
    job.up, job.down, job.first, job.taps = up, down, first, cnp.PyArray_DIM(taps, 1)
    job.mode = mode
    job.pairs = kind == cnp.NPY_CFLOAT or kind == cnp.NPY_CDOUBLE
    job.fill[0] = job.fill[1] = 0
    if mode == 1:
        job.fill[0] = cval.real
        job.fill[1] = cval.imag if isinstance(cval, complex) else cval.real
    if job.rows == 0 or n_out <= 0 or width == 0:
        return
    layout(&job, itemsize, max(1, VEC_BYTES // itemsize), workers, path)
    working = job.table if job.patterns else job.scratch * workers
    try:
        if working:
            scratch = <char *>malloc(working + ALIGN)
        if job.pairs:
            split = <char *>malloc(2 * up * job.taps * itemsize)
        if (working and scratch == NULL) or (job.pairs and split == NULL):
            raise MemoryError("polyphase: no memory for the working arrays")
        if single:
            _call(&job, x, taps, y, xs, ys, _aligned(scratch), split, workers, <float>0, ZERO_FLOAT)
        else:
            _call(&job, x, taps, y, xs, ys, _aligned(scratch), split, workers, <double>0, ZERO_DOUBLE)
    finally:
        free(scratch)
        free(split)


cdef inline char *_aligned(char *p) noexcept:
    return p + (-<uintptr_t>p & (ALIGN - 1))


def cut(Py_ssize_t rows, Py_ssize_t n_in, Py_ssize_t n_out, Py_ssize_t width, Py_ssize_t up, Py_ssize_t down,
        Py_ssize_t taps, Py_ssize_t itemsize, bint pairs, int workers):
    """How polyphase() would cut a job: blocks (0 where it runs one output at a time), segments of a row, outputs and
    taps of a pass, bytes that each worker needs. patterns > 0: groups of consecutive outputs with so many patterns of
    taps, in one table of `bytes` that all workers read; segments are blocks of a row then."""
    cdef Job job
    job.rows, job.n_in, job.n_out, job.width = rows, n_in, n_out, width
    job.up, job.down, job.first, job.taps, job.pairs = up, down, 0, taps, pairs
    job.x_step = job.y_step = width
    job.patterns = job.table = 0
    job.blocks = job.segments = job.chunk = job.depth = job.scratch = 0
    if rows > 0 and n_out > 0 and width > 0:
        layout(&job, itemsize, max(1, VEC_BYTES // itemsize), workers, 0)
    if job.patterns:
        job.segments, job.scratch = job.blocks // rows, job.table
    return dict(blocks=job.blocks, segments=job.segments, outputs=job.chunk, taps=job.depth, bytes=job.scratch,
                patterns=job.patterns)
