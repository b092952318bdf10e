"""How a polyphase job is cut into lanes, passes and blocks (see polyphase.pyx): arithmetic on integers alone.

No choice made here can change a byte of the result.
"""
from ._polyphase_core cimport Job

cdef enum:
    SCRATCH = 256 * 1024    # bytes of xt and yt together: half of a small second-level cache
    ALIGN = 64
    PLAIN_OPS = 16384       # multiply-adds in a block of the plain loop
    GROUP_OPS = 65536       # and in one of groups of consecutive outputs
    GAP = 1000              # groups between those that run together, about; no multiple of 64, where addresses collide
    MEMORY = 8 << 20        # bytes of samples and outputs that no cache holds
    TABLE = 256 * 1024      # bytes of taps laid out for groups, at most

cdef extern from "_simd.h" nogil:
    int VEC_PICKS


cdef inline bint layout_groups(Job *job, Py_ssize_t itemsize, Py_ssize_t lanes, int workers) noexcept nogil:
    """Cut rows into groups of consecutive outputs; False where this job or this machine cannot have them."""
    cdef Py_ssize_t a, b, reach, ahead, far
    if not VEC_PICKS or job.width > 2 or job.pairs or job.x_step != job.width or job.y_step != job.width:
        return False
    job.group = lanes // job.width
    far = job.group * job.down
    if job.down == 1 and job.width == 1 and job.up % lanes == 0:
        job.hold, reach = 0, job.taps
        job.lead = (lanes - job.phase % lanes) % lanes      # so that all windows of a group are on the same samples
    else:
        job.hold = 2 * job.group - (job.up - 1 + far - job.down) // job.up
        if job.hold < 2:
            return False
        job.lead, reach = 0, (job.taps - 1) // job.hold * job.hold + 2 * job.group
    a, b = job.up, far
    while b:
        a, b = b, a % b
    job.patterns = job.up // a
    job.table = ((job.patterns * (job.taps + 1) + 1) * lanes * itemsize + ALIGN - 1) // ALIGN * ALIGN
    # Group g starts on sample start + (ahead + g·far) // up: not before sample 0, and its reach ends in the data.
    ahead = job.phase + job.lead * job.down
    a = -job.start * job.up - ahead
    job.inner = (a + far - 1) // far if a > 0 else 0
    b = (job.n_in - reach - job.start + 1) * job.up - ahead
    job.outer = min((b + far - 1) // far if b > 0 else 0, max(0, job.n_out - job.lead) // job.group)
    # Far apart, for the prefetchers: each of the four reads and writes a stream of its own. Where there are several
    # workers, several passes for each.
    a = (job.outer - job.inner) // (4 if workers == 1 else 16 * workers)
    job.gap = job.patterns * max(1, min(GAP, a) // job.patterns)
    job.passes = max(1, GROUP_OPS // (4 * job.gap * lanes * job.taps))
    return job.table <= TABLE and job.inner < job.outer


cdef inline Py_ssize_t passes_of(const Job *job) noexcept nogil:
    """Passes in a row."""
    return (job.outer - job.inner + 4 * job.gap - 1) // (4 * job.gap)


cdef inline double group_cycles(const Job *job, Py_ssize_t lanes) noexcept nogil:
    """What the groups of a job take, on the scale of layout()."""
    cdef Py_ssize_t n = job.outer - job.inner
    cdef double whole = n // (4 * job.gap) * 4 * job.gap + 4 * min(job.gap, n % (4 * job.gap))
    cdef double vector = 5.5 + job.taps
    if job.hold:
        vector = 5.5 + 1.3 * job.taps + 1.2 * ((job.taps + job.hold - 1) // job.hold)
    return (600 + 3.0 * job.patterns * lanes * job.taps + job.rows * whole * vector
            + <double>job.rows * (job.n_out - n * job.group) * job.width * (job.taps * 1.5 + 10))


cdef inline void layout(Job *job, Py_ssize_t itemsize, Py_ssize_t lanes, int workers, int path) noexcept nogil:
    """Fill in the cut; blocks == 0 means the plain loop. `path`: 0 chooses, 1 plain, 2 lanes, 3 groups where
    the job can have them."""
    cdef Py_ssize_t g = job.up, b = job.down, cells, most, limit, trial, segments, span, rounds
    cdef double cost, best, n4, fetched, plain
    job.start = (job.first * job.down) // job.up - (job.taps - 1)
    job.phase = (job.first * job.down) % job.up
    while b:
        g, b = b, g % b
    job.period_out = job.up // g
    job.period_in = job.down // g
    job.periods = (job.n_out + job.period_out - 1) // job.period_out
    # A unit is never wider than a vector, but holds a complex pair even where a vector is one real.
    most = max(lanes, 2)
    job.unit = most if job.width >= most else job.width & -job.width
    job.columns = (job.width + job.unit - 1) // job.unit
    job.per_block = 2 * lanes // job.unit
    # Outputs and taps of a pass: what the scratch holds.
    limit = SCRATCH // (2 * lanes * itemsize)
    job.depth = min(job.taps, limit // 3)
    job.chunk = max(4, <Py_ssize_t>((limit - job.depth) / ((1.0 + job.pairs) + <double>job.down / job.up))) & ~3
    # Segments: as many periods as a pass takes, then as many segments as fill the blocks of all workers evenly.
    cells = job.rows * job.columns
    span = max(1, min(job.periods, job.chunk // job.period_out))
    job.segments = (job.periods + span - 1) // span
    job.blocks = (cells * job.segments + job.per_block - 1) // job.per_block
    best = -1
    for trial in range(job.blocks, job.blocks + (2 * workers + 2 if job.blocks < 8 * workers else 1)):
        segments = max(1, min(job.periods, trial * job.per_block // cells))
        span = (job.periods + segments - 1) // segments
        rounds = (cells * segments + job.per_block - 1) // job.per_block
        rounds = (rounds + workers - 1) // workers
        cost = rounds * (<double>span * job.period_out + 16)
        if best < 0 or cost < best:
            best, job.segments, job.span = cost, segments, span
    job.slots = cells * job.segments
    job.blocks = (job.slots + job.per_block - 1) // job.per_block
    job.chunk = min(job.chunk, (job.span * job.period_out + 3) & ~3)
    job.x_rows = (job.up - 1 + (job.chunk - 1) * job.down) // job.up + job.depth
    job.scratch = (job.x_rows + job.chunk * (1 + job.pairs)) * 2 * lanes * itemsize
    job.scratch = (job.scratch + 2 * ALIGN - 1) // ALIGN * ALIGN
    # Lanes against the plain loop, in cycles. A row of lanes fetched costs a few times a multiply-add; at the ends
    # of the data lanes are fetched one by one.
    n4 = (job.span * job.period_out + 3) & ~3
    fetched = n4 * job.down / job.up * ((job.taps + job.depth - 1) // job.depth) + job.taps
    cost = 1200 + job.blocks * (800 + (1 + job.pairs) * n4 * job.taps * 2 + (n4 + fetched) * 12)
    cost += 2 * min(job.blocks, cells) * <double>min(job.taps, fetched) * lanes * 3
    plain = <double>job.rows * job.n_out * job.width * (job.taps * 1.1 + 8) * (1 + job.pairs)
    if path == 1 or (path == 0 and (cost > plain or job.x_rows > 2 * limit)):
        job.chunk = min(job.n_out, max(1, PLAIN_OPS // (job.taps * job.width)))
        job.blocks = 0
        job.scratch = 0
        cost = plain
    elif itemsize == 4:
        cost += job.blocks * (n4 + fetched) * 3     # its tiles are larger: another step of the transpose
    elif job.rows * (job.n_in + job.n_out) * job.width > MEMORY // 8:
        cost += job.blocks * (n4 + fetched) * 6     # many short streams from memory, where groups read a few long ones
    if path == 1 or path == 2 or not layout_groups(job, itemsize, lanes, workers) or (
            path == 0 and group_cycles(job, lanes) >= cost):
        job.patterns = 0
    else:
        job.blocks = job.rows * ((passes_of(job) + job.passes - 1) // job.passes)
        job.chunk, job.depth, job.scratch = job.passes * 4 * job.gap * job.group, job.taps, 0
