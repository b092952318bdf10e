"""Where the samples of a tile stand in a plane (see tilefft.pyx).

A tile is mapped once: an offset for each of its rows and columns, whatever lies beyond the edges, and for each vector
of columns the kind of copy that fills it. What moves samples then asks no more questions about boundaries.
"""
from ._boundary cimport source

# What stands at a place of a tile instead of a sample.
cdef enum:
    FILLED = -1
    ZERO = -2

# What a vector of a row is made of.
cdef enum Kind:
    RUN                     # neighbours in memory
    PAIRS                   # complex neighbours: re here, im in the vector beside it
    STEPS                   # x_step apart
    CONSTANT                # no sample
    MIXED

cdef struct Job:
    Py_ssize_t N1, M2, P, Q, B1, B2
    Py_ssize_t lanes, strips, groups, pitch           # pitch: vectors from strip to strip
    Py_ssize_t shares, ahead                          # of the strips, loaded together; rows that are asked for ahead
    bint pairs                                        # complex data
    Py_ssize_t planes, per_plane, across, tiles
    const Py_ssize_t* tile
    const Py_ssize_t* x_at
    const Py_ssize_t* y_at
    Py_ssize_t rows, cols, x_pitch, x_step, out_rows, out_cols, y_pitch, y_step, top, left
    int boundary
    double fill, fill_im
    Py_ssize_t plane_bytes, maps_bytes, group_bytes   # of scratch: a tile, its maps, a group of rows


# One tile: where it lies, and where the samples of its rows and columns are.
cdef struct Tile:
    Py_ssize_t plane, i, j, live_rows, live_cols, out_strips
    Py_ssize_t* row         # N1: offset in x of the row's first sample
    Py_ssize_t* col         # twice `strips` vectors: offset in a row of re, then of im
    char* kind              # of each of those vectors


cdef inline void _place(const Job* job, char* maps, Tile* t) noexcept nogil:
    t.row = <Py_ssize_t*>maps
    t.col = t.row + job.N1
    t.kind = <char*>(t.col + 2 * job.strips * job.lanes)


cdef inline void _kinds(const Job* job, Tile* t) noexcept nogil:
    cdef Py_ssize_t v, lane, half = job.strips
    cdef const Py_ssize_t* at
    cdef bint run, same, two, steps
    for v in range(2 * half):
        at = t.col + v * job.lanes
        run = steps = at[0] >= 0
        same, two = at[0] < 0, v < half and at[0] >= 0
        for lane in range(job.lanes):
            run = run and at[lane] == at[0] + lane
            steps = steps and at[lane] == at[0] + lane * job.x_step
            same = same and at[lane] == at[0]
            two = two and at[lane] == at[0] + 2 * lane and at[half * job.lanes + lane] == at[lane] + 1
        two = two and job.pairs
        t.kind[v] = <char>(PAIRS if two else RUN if run else STEPS if steps else CONSTANT if same else MIXED)


cdef inline void map_samples(const Job* job, Py_ssize_t number, char* maps, Tile* t) noexcept nogil:
    """Which samples tile `number` needs; the others of its N1 × N2 are taken as zeros."""
    cdef Py_ssize_t k = number % job.per_plane, i, j, at, half = job.strips * job.lanes
    _place(job, maps, t)
    t.plane, t.i, t.j = number // job.per_plane, k // job.across * job.B1, k % job.across * job.B2
    t.live_rows, t.live_cols = min(job.B1, job.out_rows - t.i), min(job.B2, job.out_cols - t.j)
    t.out_strips = (min(t.live_cols, job.M2) + job.lanes - 1) // job.lanes
    for i in range(job.N1):
        t.row[i] = ZERO
        if i < t.live_rows + job.P - 1:
            at = source(t.i + job.top + i, job.rows, job.boundary)
            t.row[i] = at * job.x_pitch if at >= 0 else FILLED
    for j in range(2 * half):
        t.col[j] = ZERO
    for j in range(min(t.live_cols + job.Q - 1, job.M2 if job.pairs else 2 * job.M2)):
        at = source(t.j + job.left + j, job.cols, job.boundary)
        at = at * job.x_step if at >= 0 else FILLED
        if job.pairs:
            t.col[j] = at
            t.col[half + j] = at + 1 if at >= 0 else FILLED
        else:
            t.col[j if j < job.M2 else half + j - job.M2] = at
    _kinds(job, t)


cdef inline void map_taps(const Job* job, char* maps, Tile* t) noexcept nogil:
    """Tap (p, q) stands at (-p mod N1, -q mod N2); rows of Q taps."""
    cdef Py_ssize_t p, q, j, half = job.strips * job.lanes, wide = 2 if job.pairs else 1
    _place(job, maps, t)
    t.plane = t.i = t.j = t.live_rows = t.live_cols = t.out_strips = 0
    for p in range(job.N1):
        t.row[p] = ZERO
    for p in range(job.P):
        t.row[job.N1 - p if p else 0] = p * job.Q * wide
    for j in range(2 * half):
        t.col[j] = ZERO
    for q in range(job.Q):
        j = (job.M2 if job.pairs else 2 * job.M2) - q if q else 0
        if job.pairs:
            t.col[j] = 2 * q
            t.col[half + j] = 2 * q + 1
        else:
            t.col[j if j < job.M2 else half + j - job.M2] = q
    _kinds(job, t)
