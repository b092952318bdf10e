"""Winograd's F(4×4, 3×3): correlation of channels with 3 × 3 taps, dilated too, in a quarter of the products.

    y[n, o, i, j] = bias[o] + sum_c sum_p sum_q  x[n, c, first0 + i + p·d0, first1 + j + q·d1] * w[o, c, p, q]

A tile is 4 × 4 outputs, d apart along each axis, and the 6 × 6 samples under them: dilation d makes d·d interleaved
images of which each is an ordinary one. With three transforms of a tile (_winograd_steps.pxd),

    Y = gathered( sum_c  weigh(w[o, c]) ⊙ spread(X[c]) )

Contract (held by the route): geometry is consistent, y overlaps nothing. The nogil code never allocates, validates
or raises. A lane is a tile; channels are added in ascending order into one accumulator. So neither blocks, workers nor
what else is in the batch can change a byte. A sample that none of a tile's outputs needs is taken as zero.

Work is cut into spans of tiles, of any items of the batch, of one group at a time. The blocks of a span are spread for
all channels into V [36][C][tiles]. Then, for some outputs at a time, weights are turned into U [O / 4][36][C][4] and
blocks multiplied with them to M [36][outputs][tiles], which are gathered. So weights are turned once for each span, and
never held all. Memory: at most 4 MiB or, if that is more, 36 C vectors for V of a span, 1 MiB for where its tiles lie;
for each worker 0.5 MiB or, if that is more, 36 × 8 C reals for U, 0.2 MiB for M, and less than 40 KiB beside.

Complex data is real data with two channels a channel; `parts` reals lie between the samples of one.
"""
cimport numpy as cnp
from cython.parallel cimport prange
from libc.stdint cimport uint8_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from ._types cimport ZERO_DOUBLE, ZERO_FLOAT, real, thread_number, vdouble, vfloat, vreal
from ._winograd_steps cimport OUTPUTS, POINTS, ROWS, gathered, multiply, spread, weigh
from ._winograd_tiles cimport STRIP, Grid, Tile, place, results, samples

cnp.import_array()

cdef enum:
    MOST_TILES = 48         # of a block
    SPREAD_BYTES = 4194304  # V of a span
    PLACES_BYTES = 1048576  # where its tiles lie
    U_BYTES = 524288        # U of some outputs
    PRODUCT_BYTES = 196608  # M of those
    LINE = 64

cdef struct Job:
    const char* x
    const char* w
    const char* bias
    char* y
    uint8_t* odd            # whether a tile has results that are not finite
    Grid grid
    char* scratch
    Tile* tiles
    char* v
    Py_ssize_t scratch_bytes, size, lanes, items, groups, inputs, outputs
    Py_ssize_t vectors      # of tiles, of all items
    Py_ssize_t span, spans  # vectors of the longest; how many
    Py_ssize_t most         # vectors of the largest block
    Py_ssize_t at_once, parts   # outputs at a time; how many times
    Py_ssize_t padded_C, u_pitch, v_block

# What is at work: some vectors of tiles of a group, in blocks.
cdef struct Span:
    Py_ssize_t group, first, vectors, blocks

cdef struct Block:
    Tile* tiles
    Py_ssize_t first, live, lanes   # its first tile; how many there are; with those that are none
    Py_ssize_t pitch        # of samples and results
    Py_ssize_t v_pitch, m_pitch
    char* v

# The scratch of one worker, in this order.
cdef struct Scratch:
    char* strips
    char* half              # 36 vectors
    char* samples           # [36][tiles]
    char* results           # [16][tiles]
    char* u
    char* m


cdef inline Py_ssize_t _over(Py_ssize_t n, Py_ssize_t by) noexcept nogil:
    return (n + by - 1) // by


cdef inline Py_ssize_t _rounded(Py_ssize_t n, Py_ssize_t to) noexcept nogil:
    return _over(n, to) * to


cdef inline Py_ssize_t _apart(Py_ssize_t reals, Py_ssize_t size) noexcept nogil:
    """A pitch of an odd number of cache lines: 36 streams a power of two apart would share one set of the cache."""
    return (_over(reals * size, LINE) | 1) * LINE // size


cdef inline Py_ssize_t _channel(const Job* job, Py_ssize_t c, Py_ssize_t plane) noexcept nogil:
    """Where channel c, a part of a complex one perhaps, begins within an item."""
    return c // job.grid.parts * plane * job.grid.parts + c % job.grid.parts


# ── weights ────────────────────────────────────────────────────────────────────────────────────


cdef void _weights(const Job* job, Py_ssize_t g, Py_ssize_t o0, const real* w, real* u, vreal zero) noexcept nogil:
    """Four outputs of a group, [36][C][4]; a lane is a filter."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), n = job.padded_C * ROWS, at, lane, c, o, k
    cdef const real* taps
    cdef real g_[9 * 16]    # at most 16 lanes
    cdef real half[18 * 16]
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        at = 0
        while at < n:
            for lane in range(L):
                c, o = (at + lane) // ROWS, o0 + (at + lane) % ROWS
                if c < job.inputs and o < job.outputs:
                    taps = w + ((g * job.outputs + o) * job.inputs + c) * 9
                    for k in range(9):
                        g_[k * L + lane] = taps[k]
                else:
                    for k in range(9):
                        g_[k * L + lane] = 0
            for k in range(3):
                weigh(g_ + k * L, 3 * L, half + k * L, 3 * L, zero)
            for k in range(6):
                weigh(half + 3 * k * L, L, u + 6 * k * job.u_pitch + at, job.u_pitch, zero)
            at += L


# ── a block of tiles ───────────────────────────────────────────────────────────────────────────


cdef void _spread_all(const Job* job, const Scratch* s, const Block* b, Py_ssize_t g, const real* x,
                      vreal zero) noexcept nogil:
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), c, lane, k, plane = job.grid.rows * job.grid.cols
    cdef const real* end = x + job.items * job.grid.x_item
    cdef real* d = <real*>s.samples
    cdef real* half = <real*>s.half
    cdef real* v
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        place(&job.grid, b.tiles, b.first, b.live)
        # Lanes without a tile.
        memset(d, 0, POINTS * b.pitch * sizeof(real))
        memset(s.strips, 0, 6 * STRIP)
        for c in range(job.inputs):
            samples(&job.grid, b.tiles, b.live, x + _channel(job, g * job.inputs + c, plane), end, <real*>s.strips, d,
                    b.pitch, zero)
            v = <real*>b.v + c * b.lanes
            lane = 0
            while lane < b.lanes:
                for k in range(6):
                    spread(d + k * b.pitch + lane, 6 * b.pitch, half + k * L, 6 * L, zero)
                for k in range(6):
                    spread(half + 6 * k * L, L, v + 6 * k * b.v_pitch + lane, b.v_pitch, zero)
                lane += L


cdef void _gather_one(const Job* job, const Scratch* s, const Block* b, const real* m, real bias, real* y,
                      vreal zero) noexcept nogil:
    """One output channel of a block; what is not finite times zero is a NaN."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane, k, i
    cdef real* half = <real*>s.half
    cdef real* z = <real*>s.results
    cdef real nothing = 0
    cdef real found[16]
    cdef vreal seen, one
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        lane = 0
        while lane < b.lanes:
            for k in range(6):
                gathered(m + k * b.m_pitch + lane, 6 * b.m_pitch, half + k * L, 6 * L, zero)
            for k in range(4):
                gathered(half + 6 * k * L, L, z + 4 * k * b.pitch + lane, b.pitch, zero)
            seen = zero
            for k in range(OUTPUTS):
                one = (<vreal*>(z + k * b.pitch + lane))[0]
                if job.bias:
                    one = one + bias
                    (<vreal*>(z + k * b.pitch + lane))[0] = one
                seen = seen + nothing * one
            (<vreal*>found)[0] = seen
            for i in range(min(L, b.live - lane)):
                if found[i] != 0:
                    job.odd[b.first + lane + i] = 1
            lane += L
        results(&job.grid, b.tiles, b.live, z, b.pitch, <real*>s.strips, y, zero)


cdef void _outputs(const Job* job, const Scratch* s, const Block* b, Py_ssize_t g, Py_ssize_t o0, Py_ssize_t o1,
                   real* y, vreal zero) noexcept nogil:
    """Outputs o0 … o1 − 1 of a block, whose weights are in U."""
    cdef Py_ssize_t plane = job.grid.whole_rows * job.grid.whole_cols, panel, k, o
    cdef const real* bias = <const real*>job.bias
    cdef real* m = <real*>s.m
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        for k in range(POINTS):
            for panel in range(_over(o1 - o0, ROWS)):
                multiply(<const real*>s.u + (panel * POINTS + k) * job.u_pitch, <const real*>b.v + k * b.v_pitch,
                         job.inputs, b.lanes, m + k * b.m_pitch + panel * ROWS * b.lanes, zero)
        for o in range(o0, o1):
            _gather_one(job, s, b, m + (o - o0) * b.lanes, bias[g * job.outputs + o] if bias else 0,
                        y + _channel(job, g * job.outputs + o, plane), zero)


# ── a span ─────────────────────────────────────────────────────────────────────────────────────


cdef inline Py_ssize_t _blocks(Py_ssize_t vectors, Py_ssize_t most, int workers) noexcept nogil:
    """Every worker gets as many as the next."""
    return min(vectors, _over(_over(vectors, most), workers) * workers)


cdef inline void _block(const Job* job, const Span* span, Py_ssize_t index, Block* b) noexcept nogil:
    cdef Py_ssize_t v0 = index * span.vectors // span.blocks, v1 = (index + 1) * span.vectors // span.blocks
    b.tiles = job.tiles + v0 * job.lanes
    b.first, b.lanes = (span.first + v0) * job.lanes, (v1 - v0) * job.lanes
    b.live = min(b.lanes, job.items * job.grid.tiles0 * job.grid.tiles1 - b.first)
    b.pitch = b.lanes + job.lanes
    b.v_pitch, b.m_pitch = _apart(job.inputs * b.lanes, job.size), _apart(job.at_once * b.lanes, job.size)
    b.v = job.v + index * job.v_block


cdef inline Scratch _scratch(const Job* job) noexcept nogil:
    cdef Scratch s
    s.strips = job.scratch + thread_number() * job.scratch_bytes
    s.half = s.strips + 6 * STRIP
    s.samples = s.half + POINTS * LINE
    s.results = s.samples + POINTS * (job.most + 1) * job.lanes * job.size
    s.u = s.results + OUTPUTS * (job.most + 1) * job.lanes * job.size
    s.m = s.u + job.at_once // ROWS * POINTS * job.u_pitch * job.size
    return s


cdef void _spread_item(const Job* job, const Span* span, Py_ssize_t item) noexcept nogil:
    cdef Scratch s = _scratch(job)
    cdef Block b
    _block(job, span, item, &b)
    if job.size == sizeof(float):
        _spread_all(job, &s, &b, span.group, <const float*>job.x, ZERO_FLOAT)
    else:
        _spread_all(job, &s, &b, span.group, <const double*>job.x, ZERO_DOUBLE)


cdef void _output_item(const Job* job, const Span* span, Py_ssize_t item) noexcept nogil:
    cdef Scratch s = _scratch(job)
    cdef Block b
    cdef Py_ssize_t o0 = item * job.at_once, o1 = min(o0 + job.at_once, job.outputs), panel, k, g = span.group
    for panel in range(_over(o1 - o0, ROWS)):
        k = panel * POINTS * job.u_pitch
        if job.size == sizeof(float):
            _weights(job, g, o0 + panel * ROWS, <const float*>job.w, <float*>s.u + k, ZERO_FLOAT)
        else:
            _weights(job, g, o0 + panel * ROWS, <const double*>job.w, <double*>s.u + k, ZERO_DOUBLE)
    for k in range(span.blocks):
        _block(job, span, k, &b)
        if job.size == sizeof(float):
            _outputs(job, &s, &b, g, o0, o1, <float*>job.y, ZERO_FLOAT)
        else:
            _outputs(job, &s, &b, g, o0, o1, <double*>job.y, ZERO_DOUBLE)


cdef void _run(const Job* job, int workers) noexcept nogil:
    cdef Py_ssize_t item, index
    cdef Span span
    for index in range(job.groups * job.spans):
        span.group, span.first = index // job.spans, index % job.spans * job.vectors // job.spans
        span.vectors = (index % job.spans + 1) * job.vectors // job.spans - span.first
        span.blocks = _blocks(span.vectors, job.most, workers)
        # A parallel loop costs 600 ns even with one thread.
        if workers == 1:
            for item in range(span.blocks):
                _spread_item(job, &span, item)
            for item in range(job.parts):
                _output_item(job, &span, item)
        else:
            for item in prange(span.blocks, schedule="dynamic", num_threads=workers):
                _spread_item(job, &span, item)
            for item in prange(job.parts, schedule="dynamic", num_threads=workers):
                _output_item(job, &span, item)


cdef void _plan(Job* job, int workers) noexcept nogil:
    """Fix the sizes of spans, blocks and scratch; none of them changes a byte of the result."""
    cdef Py_ssize_t L = job.lanes, panels = _over(job.outputs, ROWS), held
    job.vectors = _over(job.items * job.grid.tiles0 * job.grid.tiles1, L)
    job.padded_C = _over(job.inputs * ROWS, L) * L // ROWS if L > ROWS else job.inputs
    job.u_pitch = _apart(job.padded_C * ROWS, job.size)
    held = max(1, min(SPREAD_BYTES // (POINTS * max(job.inputs, 1) * job.size), PLACES_BYTES // sizeof(Tile)) // L)
    job.spans = _over(job.vectors, held)
    job.span = _over(job.vectors, job.spans)
    job.most = _over(job.span, _blocks(job.span, min(max(1, MOST_TILES // L), held), workers))
    job.v_block = POINTS * _apart(job.inputs * job.most * L, job.size) * job.size
    job.at_once = min(U_BYTES // (POINTS * job.u_pitch * job.size),
                      PRODUCT_BYTES // (POINTS * job.most * L * job.size * ROWS))
    job.at_once = min(max(2, job.at_once), panels)
    # Of equal parts none is left small, and every worker gets as many as the next.
    job.parts = min(panels, _over(_over(panels, job.at_once), workers) * workers)
    job.at_once = _over(panels, job.parts) * ROWS
    job.parts = _over(job.outputs, job.at_once)
    job.scratch_bytes = _rounded(
        job.size * ((POINTS + OUTPUTS) * (job.most + 1) * L + job.at_once // ROWS * POINTS * job.u_pitch
                    + POINTS * _apart(job.at_once * job.most * L, job.size)) + POINTS * LINE + 6 * STRIP, LINE)


def lanes(int size):
    """Return how many reals of so many bytes a vector holds."""
    return sizeof(vfloat) // sizeof(float) if size == sizeof(float) else sizeof(vdouble) // sizeof(double)


def winograd(cnp.ndarray x not None, cnp.ndarray w not None, cnp.ndarray y not None, bias,
             cnp.ndarray odd not None, cnp.ndarray starts0 not None, cnp.ndarray starts1 not None,
             Py_ssize_t items, Py_ssize_t groups, Py_ssize_t inputs, Py_ssize_t outputs, Py_ssize_t parts,
             Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t whole_rows, Py_ssize_t whole_cols,
             Py_ssize_t first0, Py_ssize_t first1, Py_ssize_t out0, Py_ssize_t out1, Py_ssize_t at0, Py_ssize_t at1,
             Py_ssize_t d0, Py_ssize_t d1, int boundary, int workers):
    """Correlate; inputs and outputs are real channels of a group, odd[item, row of tiles, column] is set where a result
    is no finite number."""
    cdef Job job
    cdef char* memory
    cdef Py_ssize_t tiles, spread_
    if cnp.PyArray_TYPE(x) != cnp.NPY_FLOAT and cnp.PyArray_TYPE(x) != cnp.NPY_DOUBLE:
        raise TypeError(f"winograd kernel: no such dtype: {x.dtype}")
    job.x, job.w = <const char*>cnp.PyArray_DATA(x), <const char*>cnp.PyArray_DATA(w)
    job.y, job.odd = <char*>cnp.PyArray_DATA(y), <uint8_t*>cnp.PyArray_DATA(odd)
    job.bias = NULL
    if bias is not None:
        job.bias = <const char*>cnp.PyArray_DATA(<cnp.ndarray?>bias)
    job.size, job.lanes = cnp.PyArray_ITEMSIZE(x), lanes(cnp.PyArray_ITEMSIZE(x))
    job.items, job.groups, job.inputs, job.outputs = items, groups, inputs, outputs
    job.grid.starts0 = <const Py_ssize_t*>cnp.PyArray_DATA(starts0)
    job.grid.starts1 = <const Py_ssize_t*>cnp.PyArray_DATA(starts1)
    job.grid.tiles0, job.grid.tiles1 = cnp.PyArray_DIM(starts0, 0), cnp.PyArray_DIM(starts1, 0)
    job.grid.rows, job.grid.cols, job.grid.whole_rows, job.grid.whole_cols = rows, cols, whole_rows, whole_cols
    job.grid.first0, job.grid.first1, job.grid.out0, job.grid.out1 = first0, first1, out0, out1
    job.grid.at0, job.grid.at1, job.grid.d0, job.grid.d1 = at0, at1, d0, d1
    job.grid.parts, job.grid.boundary = parts, boundary
    job.grid.x_item, job.grid.y_item = groups * inputs * rows * cols, groups * outputs * whole_rows * whole_cols
    if items * job.grid.tiles0 * job.grid.tiles1 == 0 or groups * outputs == 0:
        return
    _plan(&job, workers)
    tiles = _rounded(job.span * job.lanes * sizeof(Tile), LINE)
    spread_ = _blocks(job.span, job.most, workers) * job.v_block
    memory = <char*>malloc(tiles + spread_ + workers * job.scratch_bytes + LINE)
    if memory == NULL:
        raise MemoryError
    job.tiles = <Tile*>_rounded(<Py_ssize_t><uintptr_t>memory, LINE)
    job.v = <char*>job.tiles + tiles
    job.scratch = job.v + spread_
    with nogil:
        _run(&job, workers)
        free(memory)
