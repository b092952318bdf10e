"""What a call of the channels kernel is cut into, and how a slab of it reads its samples.

A slab is a block of outputs: some items × some rows × some columns of one plane of outputs, for all channels of a
group. Its pixels are numbered row after row. The samples under it come into a worker's scratch by channels, a few at
a time, so that they are contiguous, every number of a complex sample in its own place, and the boundary is part of
the data:

    window    the samples that the slab's windows cover, one after the other: a pixel begins at base[pixel], and tap k
              of it lies off[k] further, the same for all pixels
    columns   one row of samples for each tap, a sample for each pixel: where a window would hold many samples that
              no tap meets

Bytes do not depend on which: both serve the same sums in the same order.
"""
from libc.stdint cimport intptr_t
from libc.string cimport memcpy

from ._boundary cimport FILL, source

cdef extern from "_channel_tiles.h" nogil:
    int SIGR_TILE_VECTORS
    void sigr_copy_row(char* to, const char* src, intptr_t bytes)
    void sigr_copy_between(char* to, intptr_t before, const char* src, intptr_t bytes, intptr_t behind)
    void sigr_zero_row(char* to, intptr_t bytes)
    void sigr_copy(char* to, intptr_t to_step, const char* src, intptr_t step, intptr_t n, intptr_t size)
    void sigr_lanes_channels(char kind, int V, const void* x, const intptr_t* base, intptr_t n, const intptr_t* off,
                             const void* w, intptr_t K, void* out, int add, const void* bias)
    void sigr_lanes_pixels(char kind, int V, const void* x, const intptr_t* off, const void* w, intptr_t w_pitch,
                           intptr_t n, intptr_t K, void* out, intptr_t pitch, int add, const void* bias)

cdef struct Axis:
    Py_ssize_t data, taps, out, first, stride, dilation, start, leap
    Py_ssize_t whole            # length of y

cdef struct Job:
    const char* x
    const char* w
    const char* bias
    char* y
    Axis a[3]                   # planes, rows, columns
    char kind                   # f, d: floats; 4, 8: integers of so many bytes
    Py_ssize_t size, parts      # bytes of a real; reals in a number: 2 where it is complex
    Py_ssize_t items, groups, C, O, T, K    # K = C T terms of a sum, each of `parts` products of reals
    int boundary
    bint by_pixel               # lanes are pixels, not channels
    bint windows                # samples as windows, not as columns
    bint dense                  # one tap meets every sample; a plane is one row
    bint placed                 # samples are read where they are, as far as they fill vectors
    bint packed                 # all weights are packed before the sums
    Py_ssize_t L, registers     # lanes of a vector of whole numbers, and the vectors of the machine that it takes
    Py_ssize_t tile             # vectors of channels in a tile
    Py_ssize_t vectors          # vectors of channels
    Py_ssize_t slab_items, slab_rows, slab_cols
    Py_ssize_t many_items, many_rows, many_cols     # how many slabs
    Py_ssize_t block            # terms of a block: those of whole channels in windows
    Py_ssize_t share, shares    # vectors of channels, or channels where lanes are pixels, of one piece of work
    # In reals: from one to the next row, channel, item of a window; pixel places in a slab.
    Py_ssize_t row_pitch, channel_pitch, item_pitch, window_rows, pixels
    # The scratch of all, then of each worker.
    char* scratch
    const char* panels          # packed weights
    const intptr_t* off
    Py_ssize_t worker_bytes, samples_at, sums_at, weights_at, base_at, bias_at, rows_at

cdef struct Slab:
    Py_ssize_t n0, items, d, i0, rows, j0, cols, pixels
    char* samples
    char* sums
    char* weights
    char* bias
    char* rows_at
    intptr_t* base


# A row of samples start + i·stride, i < n: those from `lead` to `stop` lie inside the data.
cdef struct Span:
    Py_ssize_t start, stride, n, lead, stop


cdef inline Span _span(const Job* job, Py_ssize_t start, Py_ssize_t stride, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t data = job.a[2].data, lead, stop
    lead = min((stride - 1 - start) // stride, n) if start < 0 else 0
    stop = max(lead, min(n, (data - start + stride - 1) // stride)) if start < data else lead
    return Span(start, stride, n, lead, stop)


cdef inline void _samples(const Job* job, char* to, const char* row, const Span* s, Py_ssize_t apart) noexcept nogil:
    """Copy the samples of a span from a row (NULL: zeros); by the boundary where they lie outside it.

    The two numbers of a complex sample go to places `apart` reals apart.
    """
    cdef Py_ssize_t size = job.size, parts = job.parts, part, i, at
    for part in range(parts):
        if row == NULL:
            sigr_zero_row(to, s.n * size)
        else:
            if parts * s.stride == 1:
                sigr_copy_row(to + s.lead * size, row + (s.start + s.lead) * size, (s.stop - s.lead) * size)
            elif s.stop > s.lead:
                sigr_copy(to + s.lead * size, 1, row + ((s.start + s.lead * s.stride) * parts + part) * size,
                          parts * s.stride, s.stop - s.lead, size)
            if job.boundary == FILL:
                sigr_zero_row(to, s.lead * size)
                sigr_zero_row(to + s.stop * size, (s.n - s.stop) * size)
            else:
                i = 0 if s.lead else s.stop
                while i < s.n:
                    at = source(s.start + i * s.stride, job.a[2].data, job.boundary)
                    if at < 0:
                        sigr_zero_row(to + i * size, size)
                    else:
                        memcpy(to + i * size, row + (at * parts + part) * size, size)
                    i += 1
                    if i == s.lead:
                        i = s.stop
        to += apart * size


cdef inline const char* _row(const Job* job, Py_ssize_t plane, Py_ssize_t d, Py_ssize_t i) noexcept nogil:
    """Row (d, i) of a plane of samples, by the boundary; NULL for a row of zeros."""
    cdef Py_ssize_t at0 = source(d, job.a[0].data, job.boundary), at1 = source(i, job.a[1].data, job.boundary)
    if at0 < 0 or at1 < 0:
        return NULL
    return job.x + ((plane * job.a[0].data + at0) * job.a[1].data + at1) * job.a[2].data * job.parts * job.size


cdef inline bint _met(const Axis* a, Py_ssize_t h, Py_ssize_t n) noexcept nogil:
    """Whether a tap of the first n outputs meets position h of their windows."""
    cdef Py_ssize_t p, i
    for p in range(a.taps):
        i = h - p * a.dilation
        if 0 <= i < n * a.stride and i % a.stride == 0:
            return True
    return False


cdef inline void fill_windows(const Job* job, const Slab* s, Py_ssize_t g, Py_ssize_t c0, Py_ssize_t c1) noexcept nogil:
    """Bring the windows of channels c0 … c1 − 1 into scratch."""
    cdef const Axis* a0 = &job.a[0]
    cdef const Axis* a1 = &job.a[1]
    cdef const Axis* a2 = &job.a[2]
    cdef Py_ssize_t rows = (s.rows - 1) * a1.stride + (a1.taps - 1) * a1.dilation + 1
    cdef Py_ssize_t cols = (s.cols - 1) * a2.stride + (a2.taps - 1) * a2.dilation + 1
    cdef Py_ssize_t d0 = s.d * a0.stride + a0.first, i0 = s.i0 * a1.stride + a1.first
    cdef Py_ssize_t n, c, d, h, plane
    cdef Span span = _span(job, s.j0 * a2.stride + a2.first, 1, cols)
    cdef Py_ssize_t x_pitch = a2.data * job.size, to_pitch = job.row_pitch * job.size
    cdef Py_ssize_t first = (span.start + span.lead) * job.size, within = (span.stop - span.lead) * job.size
    cdef Py_ssize_t behind = (cols - span.stop) * job.size
    cdef bint plain = job.parts == 1 and job.boundary == FILL
    cdef const char* row
    cdef bint gaps = a1.dilation > s.rows * a1.stride or a1.stride > (a1.taps - 1) * a1.dilation + 1
    cdef char* to
    for n in range(s.items):
        for c in range(c0, c1):
            plane = ((s.n0 + n) * job.groups + g) * job.C + c
            to = s.samples + (n * job.item_pitch + (c - c0) * job.parts * job.channel_pitch) * job.size
            for d in range(a0.taps):
                row = _row(job, plane, d0 + d * a0.dilation, 0)
                for h in range(rows):
                    if gaps and not _met(a1, h, s.rows):
                        continue
                    if plain and row and 0 <= i0 + h < a1.data:
                        sigr_copy_between(to + h * to_pitch, span.lead * job.size, row + (i0 + h) * x_pitch + first,
                                          within, behind)
                    else:
                        _samples(job, to + h * to_pitch, _row(job, plane, d0 + d * a0.dilation, i0 + h), &span,
                                 job.channel_pitch)
                to += job.window_rows * to_pitch


cdef inline void fill_columns(const Job* job, const Slab* s, Py_ssize_t g, Py_ssize_t k0, Py_ssize_t k1) noexcept nogil:
    """Bring the samples under taps k0 … k1 − 1 into scratch."""
    cdef const Axis* a0 = &job.a[0]
    cdef const Axis* a1 = &job.a[1]
    cdef const Axis* a2 = &job.a[2]
    cdef Py_ssize_t k, c, d, p, q, n, i, h, at, plane
    cdef char* to = s.samples
    cdef const char* row
    cdef Span span
    cdef bint whole
    for k in range(k0, k1):
        c, at = k // job.T, k % job.T
        q = at % a2.taps
        at //= a2.taps
        p, d = at % a1.taps, at // a1.taps
        span = _span(job, s.j0 * a2.stride + a2.first + q * a2.dilation, a2.stride, s.cols)
        d = s.d * a0.stride + a0.first + d * a0.dilation
        h = s.i0 * a1.stride + a1.first + p * a1.dilation
        # Whole rows one behind the other are one row.
        whole = (job.parts == a1.stride == a2.stride == 1 and span.start == span.lead == 0 and span.stop == a2.data
                 and s.cols == a2.data and 0 <= h and h + s.rows <= a1.data)
        at = 0
        for n in range(s.items):
            plane = ((s.n0 + n) * job.groups + g) * job.C + c
            i = 0
            row = _row(job, plane, d, h) if whole else NULL
            if row:
                sigr_copy_row(to + at * job.size, row, s.rows * s.cols * job.size)
                i = s.rows
            while i < s.rows:
                _samples(job, to + (at + i * s.cols) * job.size, _row(job, plane, d, h + i * a1.stride), &span,
                         job.pixels)
                i += 1
            at += s.rows * s.cols
        to += job.parts * job.pixels * job.size


cdef inline void fill_base(const Job* job, const Slab* s) noexcept nogil:
    """Where the window, or the column, of each pixel begins."""
    cdef Py_ssize_t n, i, j, at = 0
    for n in range(s.items):
        for i in range(s.rows):
            for j in range(s.cols):
                s.base[at] = at if not job.windows else (
                    n * job.item_pitch + i * job.a[1].stride * job.row_pitch + j * job.a[2].stride)
                at += 1


cdef inline void fill_off(const Job* job, intptr_t* off) noexcept nogil:
    """How far from its pixel's beginning each real under the terms of a block lies; after them the same in x itself."""
    cdef Py_ssize_t k, at, part, c, d, p, q
    for k in range(job.block):
        c, at = k // job.T, k % job.T
        q = at % job.a[2].taps
        at //= job.a[2].taps
        p, d = at % job.a[1].taps, at // job.a[1].taps
        for part in range(job.parts):
            if job.windows:
                off[0] = ((c * job.parts + part) * job.channel_pitch + d * job.window_rows * job.row_pitch
                          + p * job.a[1].dilation * job.row_pitch + q * job.a[2].dilation)
            else:
                off[0] = (k * job.parts + part) * job.pixels
            off += 1
    if job.placed:
        for k in range(job.block):
            off[k] = k * job.a[2].data
