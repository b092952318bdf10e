"""Sizes of a call of the channels kernel: how its lanes are laid, slabs, blocks of terms, shares, scratch.

None of them changes a byte of the result: they may depend on the workers and on the batch.
"""
from libc.stdint cimport intptr_t
from libc.stdlib cimport malloc

from ._channel_job cimport SIGR_TILE_VECTORS, Job

cdef extern from "_simd.h" nogil:
    int VEC_BYTES

cdef enum:
    BLOCK_BYTES = 98304         # packed weights of a block and a tile's channels: a good part of the second-level cache
    SAMPLE_BYTES = 262144       # samples of a slab and block
    SUM_BYTES = 786432          # sums of a slab and share, of all workers
    PACKED_BYTES = 786432       # weights packed once for the call, up to here
    TILE_ROWS = 6               # pixels, or channels where lanes are pixels, of a tile
    FEW_SUMS = 32               # channels below which the samples of 1 × 1 taps are not worth a copy
    PIXELS = 800                # of a slab
    COLUMN_BYTES = 2560         # of a row of samples of one tap
    MANY_TAPS = 4096            # of windows, a block of which holds whole channels
    FEW_PIXELS = 64             # columns of a window are not cut below this


cdef inline Py_ssize_t parts_of(Py_ssize_t n, Py_ssize_t most) noexcept nogil:
    """Length of the parts of n, all but the last equal and none above `most`, with as little left over as may be."""
    cdef Py_ssize_t parts = (n + most - 1) // most
    return (n + parts - 1) // parts if parts else 1


cdef inline Py_ssize_t ceil_div(Py_ssize_t n, Py_ssize_t by) noexcept nogil:
    return (n + by - 1) // by


cdef inline void _cut(Job* job, Py_ssize_t pixels) noexcept nogil:
    """Cut the outputs into slabs of about so many pixels: whole rows, and whole items, where they are short."""
    cdef Py_ssize_t cols = job.a[2].out, rows = job.a[1].out
    job.slab_cols = parts_of(cols, pixels)
    if job.by_pixel and job.slab_cols < cols:
        job.slab_cols = ceil_div(job.slab_cols, job.L) * job.L
    job.slab_rows = job.slab_items = 1
    if job.slab_cols == cols:
        job.slab_rows = parts_of(rows, max(1, pixels // cols))
        if job.slab_rows == rows and job.a[0].out == 1 and not job.placed:
            job.slab_items = parts_of(job.items, max(1, pixels // (rows * cols)))
    job.many_cols, job.many_rows = ceil_div(cols, job.slab_cols), ceil_div(rows, job.slab_rows)
    job.many_items = ceil_div(job.items, job.slab_items)


cdef inline void _measure_window(Job* job) noexcept nogil:
    cdef Py_ssize_t line = 64 // job.size
    job.row_pitch = (job.slab_cols - 1) * job.a[2].stride + (job.a[2].taps - 1) * job.a[2].dilation + 1
    job.window_rows = (job.slab_rows - 1) * job.a[1].stride + (job.a[1].taps - 1) * job.a[1].dilation + 1
    job.channel_pitch = job.a[0].taps * job.window_rows * job.row_pitch
    if job.channel_pitch % (4096 // job.size) < line:
        # Channels that lie a multiple of a page apart would meet in the same few places of the cache.
        job.channel_pitch += line


cdef inline bint _windows(Job* job, Py_ssize_t terms, Py_ssize_t pixels) noexcept nogil:
    """Choose slabs whose windows fit into the scratch; return whether windows are the way to read the samples."""
    cdef double reach, bytes_
    cdef Py_ssize_t channels
    if job.T == 1 or job.T > (MANY_TAPS if job.by_pixel else MANY_TAPS // 4):
        return False
    if job.by_pixel and max(job.a[1].stride, job.a[2].stride) > 1:
        return False
    while True:
        _cut(job, pixels)
        channels = max(1, min(job.C, terms // job.T))
        # Geometry may be huge: in floats it overflows nothing.
        reach = (<double>job.a[1].taps - 1) * job.a[1].dilation + (<double>job.slab_rows - 1) * job.a[1].stride + 1
        bytes_ = (<double>job.a[2].taps - 1) * job.a[2].dilation + (<double>job.slab_cols - 1) * job.a[2].stride + 1
        bytes_ *= reach * job.a[0].taps * job.slab_items * job.parts * job.size
        if bytes_ * channels > SAMPLE_BYTES and channels > 1:
            channels = max(1, min(channels, <Py_ssize_t>(SAMPLE_BYTES / bytes_)))
        if bytes_ * channels <= SAMPLE_BYTES:
            break
        if pixels <= FEW_PIXELS:
            return False
        pixels //= 2
    if bytes_ > <double>job.T * job.slab_items * job.slab_rows * job.slab_cols * job.parts * job.size:
        return False
    job.block = parts_of(job.C, channels) * job.T
    _measure_window(job)
    job.item_pitch = job.block // job.T * job.parts * job.channel_pitch
    return True


cdef inline double _filled(Py_ssize_t n, Py_ssize_t L) noexcept nogil:
    return <double>n / (ceil_div(n, L) * L) if n else 1.0


cdef inline void _choose_lanes(Job* job) noexcept nogil:
    """Lanes are what fills vectors better; nothing but time depends on it."""
    cdef Py_ssize_t cols = job.a[2].out, rows = job.a[1].out
    cdef double channels = _filled(job.O * job.parts, job.L), pixels
    if job.parts == 2:
        job.by_pixel = False
        return
    if job.T == 1 or max(job.a[1].stride, job.a[2].stride) > 1:
        # Columns of samples: one for each of few sums costs more than it saves.
        pixels = _filled(min(rows * cols, PIXELS), job.L) / (1 + (2.0 if job.T == 1 else 24.0) / job.O)
        if job.T == 1:
            pixels *= 1.05      # no sums to turn round
    else:
        pixels = <double>cols / (cols + (job.a[2].taps - 1) * job.a[2].dilation)
        pixels = pixels * _filled(min(rows * cols, PIXELS), job.L) * 0.95
    job.by_pixel = pixels > channels


cdef inline Py_ssize_t pieces(const Job* job) noexcept nogil:
    return job.groups * job.shares * job.many_items * job.a[0].out * job.many_rows * job.many_cols


cdef inline void _plan_slabs(Job* job, Py_ssize_t pixels, Py_ssize_t sum_bytes) noexcept nogil:
    """Cut the outputs into slabs of up to so many pixels, the terms into blocks, the channels into shares."""
    cdef Py_ssize_t row = min(job.tile, job.vectors) * job.L * job.size * job.parts
    cdef Py_ssize_t terms = max(8, BLOCK_BYTES // row), channels, sums
    if not job.by_pixel and not job.packed:
        # Long rows of weights are read faster.
        terms *= 2
    job.windows = _windows(job, terms, pixels)
    if not job.windows:
        pixels = min(pixels, max(job.L, COLUMN_BYTES // job.size))
        _cut(job, pixels)
        job.block = parts_of(job.K, min(terms, max(8, SAMPLE_BYTES // (pixels * job.size * job.parts))))
        job.row_pitch = job.channel_pitch = job.item_pitch = job.window_rows = 0
    job.pixels = job.slab_items * job.slab_rows * job.slab_cols
    if job.by_pixel and job.windows:
        job.pixels = (job.slab_items - 1) * job.item_pitch + (job.slab_rows - 1) * job.row_pitch + job.slab_cols
    if job.by_pixel:
        job.pixels = ceil_div(job.pixels, job.L) * job.L
        channels, job.share = job.O, max(TILE_ROWS, sum_bytes // (job.pixels * job.size))
    else:
        channels = job.share = job.vectors
        if job.block < job.K:
            sums = sum_bytes // (job.pixels * job.L * job.size)
            job.share = max(job.tile, sums // job.tile * job.tile)
    job.share = min(job.share, channels)
    job.shares = ceil_div(channels, job.share)


cdef inline void plan(Job* job, int workers) noexcept nogil:
    """Fix all sizes; none of them changes a byte of the result."""
    cdef Py_ssize_t lanes = max(1, VEC_BYTES // job.size), pixels = PIXELS, step
    cdef Py_ssize_t sum_bytes = max(SUM_BYTES // workers, 131072)
    # Where a register holds but half a complex number, two make a vector.
    job.L = max(lanes, job.parts)
    job.registers = job.L // lanes
    job.tile = SIGR_TILE_VECTORS // job.registers
    job.vectors = ceil_div(job.O * job.parts, job.L)
    _choose_lanes(job)
    job.placed = job.by_pixel and job.dense and job.O < FEW_SUMS and job.a[2].out >= 4 * job.L
    job.packed = (not job.by_pixel and
                  <double>job.groups * job.vectors * job.K * job.parts * job.L * job.size <= PACKED_BYTES)
    if not job.by_pixel and not job.packed:
        pixels *= 2
    _plan_slabs(job, pixels, sum_bytes)
    # Enough pieces that no worker waits long for the last: fewer channels in each, or fewer pixels, unless every
    # piece would pack its weights again.
    step = TILE_ROWS if job.by_pixel else job.tile
    while workers > 1 and pieces(job) < 6 * workers:
        if job.share > step:
            job.share = ceil_div(job.share, 2 * step) * step
            job.shares = ceil_div(job.O if job.by_pixel else job.vectors, job.share)
        elif pixels > FEW_PIXELS and (job.packed or job.by_pixel):
            pixels //= 2
            _plan_slabs(job, pixels, sum_bytes)
        else:
            break


cdef inline char* scratch(Job* job, int workers) noexcept nogil:
    """Lay out and get the memory of a call; NULL if there is none."""
    cdef Py_ssize_t vector = job.L * job.size, tile = SIGR_TILE_VECTORS * max(VEC_BYTES, job.size)
    cdef Py_ssize_t at = 0, shared, width
    cdef char* memory
    cdef char* start
    if job.windows:
        width = job.slab_items * job.item_pitch * job.size + tile
    else:
        width = job.block * job.parts * job.pixels * job.size + tile
    job.samples_at = at
    at = ceil_div(at + width, 64) * 64
    job.sums_at = at
    if job.by_pixel:
        at += job.share * job.pixels * job.size + tile
    else:
        at += job.pixels * vector * (job.share if job.block < job.K else min(job.share, job.tile))
    job.weights_at = at = ceil_div(at, 64) * 64
    if not job.by_pixel:
        if not job.packed:
            at += job.block * job.parts * tile
        job.bias_at = at = ceil_div(at, 64) * 64
        job.base_at = at = ceil_div(at + tile, 64) * 64
        job.rows_at = at = at + job.pixels * sizeof(intptr_t)
        if job.a[2].leap > 1:
            at += job.pixels * vector
    job.worker_bytes = ceil_div(at, 64) * 64
    shared = ceil_div(2 * job.block * job.parts * sizeof(intptr_t), 64) * 64
    if job.packed:
        shared += ceil_div(job.groups * job.vectors * job.K * job.parts * vector, 64) * 64
    memory = <char*>malloc(shared + job.worker_bytes * workers + 64)
    if memory == NULL:
        return NULL
    start = memory + (64 - <size_t>memory % 64)
    job.off = <const intptr_t*>start
    job.panels = start + ceil_div(2 * job.block * job.parts * sizeof(intptr_t), 64) * 64
    job.scratch = start + shared
    return memory
