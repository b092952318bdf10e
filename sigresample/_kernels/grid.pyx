"""Images sampled off their grid, for grid_sample, affine_grid and deform_conv2d; and pixels shuffled into channels.

    sample     y[n, c, i] = sum_r rows[r] · sum_k across[k] · x[n, c, p + r, q + k]    by p, q and weights of pixel i
    columns    the same for every tap of a deformed kernel, each a row of a matrix whose columns are pixels
    affine     y[n, i, k] = sum_j theta[n, k, j] · (position of pixel i along axis j), and 1 for the last j
    shuffle    y[b, h r + i, w r + j] = x[b, i r + j, h, w]; or back, from y to x

Pixels go in blocks. What a block reads is worked out once (_grid_tile.h) and then read from every channel. Samples
outside of the image do not exist here: their weights are zero, or have been added to those of the samples that stand
for them, so that a pixel always reads a whole square of samples inside.

Contract (held by the routes): all arrays are C-contiguous, y overlaps nothing, an image holds at least 2 samples along
each axis for linear sampling and 4 for cubic (zeros are put behind shorter ones, whose own size is given apart). The
nogil code never allocates, validates or raises. One thread owns one output; no number of workers, blocks or lanes can
change a byte.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport int32_t, intptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from ._types cimport real, thread_number

cdef extern from "_grid_tiles.h" nogil:
    const Py_ssize_t GRID_BLOCK
    ctypedef struct grid_image:
        intptr_t axes
        intptr_t size[3]
        intptr_t step[3]
        intptr_t offset[4]
        int mode, padding, align
    ctypedef struct grid_plan_float:
        intptr_t at[1]
        int32_t keep[1]
        int whole
    ctypedef struct grid_plan_double:
        intptr_t at[1]
        int32_t keep[1]
        int whole
    Py_ssize_t grid_place_float(grid_plan_float*, const float*, Py_ssize_t, const grid_image*) noexcept
    Py_ssize_t grid_place_double(grid_plan_double*, const double*, Py_ssize_t, const grid_image*) noexcept
    Py_ssize_t grid_displace_float(
        grid_plan_float*, const float*, const float*, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t,
        const Py_ssize_t*, const Py_ssize_t*, const grid_image*) noexcept
    Py_ssize_t grid_displace_double(
        grid_plan_double*, const double*, const double*, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t,
        const Py_ssize_t*, const Py_ssize_t*, const grid_image*) noexcept
    void grid_sample_float(const float*, const grid_image*, const grid_plan_float*, float*, Py_ssize_t) noexcept
    void grid_sample_double(const double*, const grid_image*, const grid_plan_double*, double*, Py_ssize_t) noexcept
    void grid_nearest(const char*, const intptr_t*, const int32_t*, int, char*, Py_ssize_t, int) noexcept

cdef extern from "_shuffle.h" nogil:
    void sigr_weave_rows(const char*, char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, int) noexcept
    void sigr_part_rows(const char*, char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, int) noexcept

cnp.import_array()

cdef struct Job:
    grid_image image
    char* x
    char* y
    const char* grid
    char* scratch
    Py_ssize_t scratch_bytes    # of one worker: a plan, and behind it a block of results
    Py_ssize_t items, channels, samples, pixels, blocks    # samples: of an image; blocks: of pixels
    Py_ssize_t size                                        # bytes of a sample
    bint nearest
    # Of a deformed kernel: its offsets and mask, and where the columns of pixels first … first + pixels − 1 go.
    const char* mask
    Py_ssize_t groups, taps_cols, taps, first, cols, whole
    Py_ssize_t from_[2]
    Py_ssize_t step[2]
    Py_ssize_t dilation[2]


cdef void _sample_block(const Job* job, Py_ssize_t item, real* kind) noexcept nogil:
    """One block of pixels of one item, in all channels; `kind` picks the type of the positions."""
    cdef char* scratch = job.scratch + thread_number() * job.scratch_bytes
    cdef grid_plan_float* single = <grid_plan_float*>scratch
    cdef grid_plan_double* double_ = <grid_plan_double*>scratch
    cdef Py_ssize_t n = item // job.blocks, start = item % job.blocks * GRID_BLOCK, m, _c
    cdef Py_ssize_t count = min(GRID_BLOCK, job.pixels - start)
    cdef const real* grid = <const real*>job.grid + (n * job.pixels + start) * job.image.axes
    cdef const char* x = job.x + n * job.channels * job.samples * job.size
    cdef char* y = job.y + (n * job.channels * job.pixels + start) * job.size
    cdef char* to
    if real is float:
        m = grid_place_float(single, grid, count, &job.image)
    else:
        m = grid_place_double(double_, grid, count, &job.image)
    for _c in range(job.channels):
        if job.nearest:
            if real is float:
                grid_nearest(x, single.at, single.keep, single.whole, y, count, <int>job.size)
            else:
                grid_nearest(x, double_.at, double_.keep, double_.whole, y, count, <int>job.size)
        else:
            # Whole vectors are written: at the end of a plane elsewhere first.
            to = y if m == count else scratch + job.scratch_bytes - GRID_BLOCK * job.size
            if real is float:
                grid_sample_float(<const float*>x, &job.image, single, <float*>to, m)
            else:
                grid_sample_double(<const double*>x, &job.image, double_, <double*>to, m)
            if to != y:
                memcpy(y, to, count * job.size)
        x += job.samples * job.size
        y += job.pixels * job.size


cdef void _sample(const Job* job, int workers, real* kind) noexcept nogil:
    cdef Py_ssize_t item
    # A parallel loop costs 600 ns even with one thread.
    if workers == 1:
        for item in range(job.items * job.blocks):
            _sample_block(job, item, kind)
    else:
        for item in prange(job.items * job.blocks, schedule="static", num_threads=workers):
            _sample_block(job, item, kind)


cdef void _column_block(const Job* job, Py_ssize_t item, real* kind) noexcept nogil:
    """One block of pixels under one tap, in the channels of one group of offsets."""
    cdef char* scratch = job.scratch + thread_number() * job.scratch_bytes
    cdef grid_plan_float* single = <grid_plan_float*>scratch
    cdef grid_plan_double* double_ = <grid_plan_double*>scratch
    cdef Py_ssize_t block = item % job.blocks, tap = item // job.blocks % job.taps, _c, m
    cdef Py_ssize_t group = item // job.blocks // job.taps, channels = job.channels // job.groups
    cdef Py_ssize_t start = block * GRID_BLOCK, count = min(GRID_BLOCK, job.pixels - start)
    cdef Py_ssize_t[2] from_
    cdef const real* down = <const real*>job.grid + (group * job.taps + tap) * 2 * job.whole
    cdef const real* across = down + job.whole
    cdef const real* mask = NULL
    cdef const char* x = job.x + group * channels * job.samples * job.size
    cdef char* y = job.y + ((group * channels * job.taps + tap) * job.pixels + start) * job.size
    cdef char* to
    if job.mask != NULL:
        mask = <const real*>job.mask + (group * job.taps + tap) * job.whole
    from_[0] = job.from_[0] + tap % job.taps_cols * job.dilation[0]
    from_[1] = job.from_[1] + tap // job.taps_cols * job.dilation[1]
    if real is float:
        m = grid_displace_float(
            single, across, down, mask, count, job.first + start, job.cols, from_, job.step, &job.image)
    else:
        m = grid_displace_double(
            double_, across, down, mask, count, job.first + start, job.cols, from_, job.step, &job.image)
    for _c in range(channels):
        to = y if m == count else scratch + job.scratch_bytes - GRID_BLOCK * job.size
        if real is float:
            grid_sample_float(<const float*>x, &job.image, single, <float*>to, m)
        else:
            grid_sample_double(<const double*>x, &job.image, double_, <double*>to, m)
        if to != y:
            memcpy(y, to, count * job.size)
        x += job.samples * job.size
        y += job.taps * job.pixels * job.size


cdef void _columns(const Job* job, int workers, real* kind) noexcept nogil:
    cdef Py_ssize_t item, items = job.groups * job.taps * job.blocks
    if workers == 1:
        for item in range(items):
            _column_block(job, item, kind)
    else:
        for item in prange(items, schedule="static", num_threads=workers):
            _column_block(job, item, kind)


cdef int _describe(Job* job, cnp.ndarray x, tuple sizes, int mode, int padding, bint align) except -1:
    """Read an image (…, C, D, H, W) or (…, C, H, W), and the sizes of which it may hold more, the last axis first."""
    cdef Py_ssize_t axis, step = 1, rank = cnp.PyArray_NDIM(x)
    job.image.axes = len(sizes)
    job.image.mode, job.image.padding, job.image.align = mode, padding, align
    job.nearest = mode == 0
    job.size = cnp.PyArray_ITEMSIZE(x)
    for axis in range(job.image.axes):
        job.image.size[axis] = sizes[axis]
        job.image.step[axis] = step
        step *= cnp.PyArray_DIM(x, <int>(rank - 1 - axis))
    job.samples = step
    for axis in range(4):
        if mode == 4:
            job.image.offset[axis] = axis * job.image.step[1]
        else:
            job.image.offset[axis] = axis % 2 * job.image.step[1]
            if job.image.axes == 3:
                job.image.offset[axis] += axis // 2 * job.image.step[2]
    job.x = <char*>cnp.PyArray_DATA(x)
    return 0


cdef int _launch(Job* job, bint columns, int type_, int workers) except -1:
    """Find memory for the workers, and run."""
    cdef float single
    cdef double double_
    job.scratch_bytes = (<Py_ssize_t>sizeof(grid_plan_double) + 63) // 64 * 64 + GRID_BLOCK * <Py_ssize_t>sizeof(double)
    cdef char* memory = <char*>malloc(workers * job.scratch_bytes + 64)
    if memory == NULL:
        raise MemoryError
    job.scratch = <char*>((<size_t>memory + 63) // 64 * 64)
    job.blocks = (job.pixels + GRID_BLOCK - 1) // GRID_BLOCK
    with nogil:
        if columns and type_ == cnp.NPY_FLOAT:
            _columns(job, workers, &single)
        elif columns:
            _columns(job, workers, &double_)
        elif type_ == cnp.NPY_FLOAT:
            _sample(job, workers, &single)
        else:
            _sample(job, workers, &double_)
        free(memory)
    return 0


def sample(cnp.ndarray x not None, cnp.ndarray grid not None, cnp.ndarray y not None, tuple sizes, int mode,
           int padding, bint align, int workers):
    """Sample images x (N, C, …) of `sizes` at a grid (N, pixels, axes) into y (N, C, pixels).

    `mode` is the number of samples read along an axis, 2 or 4, in the type of the grid; or 0, and x and y hold units of
    1, 2, 4, 8 or 16 bytes that are copied from the nearest sample.
    """
    cdef Job job
    cdef int type_ = cnp.PyArray_TYPE(grid)
    if type_ != cnp.NPY_FLOAT and type_ != cnp.NPY_DOUBLE or mode and cnp.PyArray_TYPE(x) != type_:
        raise TypeError(f"grid kernel: no such dtypes: {x.dtype}, {grid.dtype}")
    _describe(&job, x, sizes, mode, padding, align)
    job.grid, job.y = <const char*>cnp.PyArray_DATA(grid), <char*>cnp.PyArray_DATA(y)
    job.items, job.channels = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    job.pixels = cnp.PyArray_DIM(grid, 1)
    _launch(&job, False, type_, workers)


def columns(cnp.ndarray x not None, cnp.ndarray offset not None, mask, cnp.ndarray y not None, tuple sizes,
            tuple kernel, tuple starts, tuple steps, tuple dilation, Py_ssize_t groups, Py_ssize_t first, int workers):
    """Sample an image x (C, H, W) under the taps of a deformed kernel into the columns y (C · taps, pixels).

    Offsets are (groups, taps, 2, rows, cols), a mask (groups, taps, rows, cols); y takes pixels from `first` on. The
    pairs of integers are given for rows, then columns.
    """
    cdef Job job
    cdef int type_ = cnp.PyArray_TYPE(x), axis
    if type_ != cnp.NPY_FLOAT and type_ != cnp.NPY_DOUBLE:
        raise TypeError(f"grid kernel: no such dtype: {x.dtype}")
    _describe(&job, x, sizes, 2, 0, False)
    job.grid, job.y = <const char*>cnp.PyArray_DATA(offset), <char*>cnp.PyArray_DATA(y)
    job.mask = NULL if mask is None else <const char*>cnp.PyArray_DATA(<cnp.ndarray?>mask)
    job.channels, job.groups, job.first = cnp.PyArray_DIM(x, 0), groups, first
    job.pixels, job.cols = cnp.PyArray_DIM(y, 1), cnp.PyArray_DIM(offset, 4)
    job.whole = cnp.PyArray_DIM(offset, 3) * job.cols
    job.taps_cols = kernel[1]
    job.taps = <Py_ssize_t>kernel[0] * job.taps_cols
    for axis in range(2):
        job.from_[axis], job.step[axis], job.dilation[axis] = starts[1 - axis], steps[1 - axis], dilation[1 - axis]
    _launch(&job, True, type_, workers)


# ── affine grids ───────────────────────────────────────────────────────────────────────────────


cdef inline real _position(Py_ssize_t i, Py_ssize_t n, bint align, real kind) noexcept nogil:
    """Where pixel i of n lies, with the outermost pixels' middles or their outer edges at -1 and 1; rounded once."""
    if align:
        return (<real>(2 * i - n + 1)) / (<real>(n - 1)) if n > 1 else 0
    return (<real>(2 * i + 1 - n)) / (<real>n)


cdef void _affine_rows(const real* theta, real* y, Py_ssize_t row, const Py_ssize_t* size, int axes,
                       bint align) noexcept nogil:
    """One row of pixels; sizes from the last axis to the first."""
    cdef Py_ssize_t col, h = row % size[1], d = row // size[1] % size[2]
    cdef const real* of = theta + row // size[1] // size[2] * axes * (axes + 1)
    cdef real* to = y + row * size[0] * axes
    cdef real across, down = _position(h, size[1], align, <real>0), deep = 0
    cdef int k
    if axes == 3:
        deep = _position(d, size[2], align, <real>0)
    for col in range(size[0]):
        across = _position(col, size[0], align, <real>0)
        for k in range(axes):
            to[k] = of[0] * across + of[1] * down + of[axes]
            if axes == 3:
                to[k] = (of[0] * across + of[1] * down + of[2] * deep) + of[3]
            of += axes + 1
        of -= axes * (axes + 1)
        to += axes


cdef void _affine(const real* theta, real* y, Py_ssize_t rows, const Py_ssize_t* size, int axes, bint align,
                  int workers) noexcept nogil:
    cdef Py_ssize_t row
    if workers == 1:
        for row in range(rows):
            _affine_rows(theta, y, row, size, axes, align)
    else:
        for row in prange(rows, schedule="static", num_threads=workers):
            _affine_rows(theta, y, row, size, axes, align)


def affine(cnp.ndarray theta not None, cnp.ndarray y not None, tuple sizes, bint align, int workers):
    """Fill y (N, …, axes) with positions of pixels, the last axis first, after the maps theta (N, axes, axes + 1)."""
    cdef Py_ssize_t[3] size
    cdef int axes = <int>len(sizes), axis
    cdef Py_ssize_t rows = cnp.PyArray_DIM(theta, 0)
    size[2] = 1
    for axis in range(axes):
        size[axis] = sizes[axis]
        if axis:
            rows *= size[axis]
    with nogil:
        if cnp.PyArray_TYPE(theta) == cnp.NPY_FLOAT:
            _affine(<const float*>cnp.PyArray_DATA(theta), <float*>cnp.PyArray_DATA(y), rows, size, axes, align,
                    workers)
        else:
            _affine(<const double*>cnp.PyArray_DATA(theta), <double*>cnp.PyArray_DATA(y), rows, size, axes, align,
                    workers)


# ── pixels and channels ────────────────────────────────────────────────────────────────────────


cdef void _shuffle_row(const char* x, char* y, Py_ssize_t row, Py_ssize_t r, Py_ssize_t height, Py_ssize_t width,
                       int size, bint back) noexcept nogil:
    """One row of the larger image, which is woven from r rows of as many channels, or is taken apart into them."""
    cdef Py_ssize_t i = row % r, h = row // r % height, b = row // r // height
    cdef Py_ssize_t large = row * width * r * size, small = (((b * r + i) * r) * height + h) * width * size
    if back:
        sigr_part_rows(x + large, y + small, width, r, height * width, size)
    else:
        sigr_weave_rows(x + small, y + large, width, r, height * width, size)


def shuffle(cnp.ndarray x not None, cnp.ndarray y not None, Py_ssize_t blocks, Py_ssize_t r, Py_ssize_t height,
            Py_ssize_t width, bint back, int workers):
    """Bring `blocks` stacks of r·r channels of height × width into images r times as high and wide, or back."""
    cdef const char* from_ = <const char*>cnp.PyArray_DATA(x)
    cdef char* to = <char*>cnp.PyArray_DATA(y)
    cdef Py_ssize_t row, rows = blocks * height * r
    cdef int size = <int>cnp.PyArray_ITEMSIZE(x)
    with nogil:
        if workers == 1:
            for row in range(rows):
                _shuffle_row(from_, to, row, r, height, width, size, back)
        else:
            for row in prange(rows, schedule="static", num_threads=workers):
                _shuffle_row(from_, to, row, r, height, width, size, back)
