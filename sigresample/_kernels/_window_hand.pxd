"""What a worker has in its scratch, and how rows of samples become a row of outputs there."""
from ._types cimport thread_number
from ._window_across cimport _across
from ._window_job cimport SIGR_EACH_OVER, Job, Tile, _lines, _tile, sigr_divisor


cdef enum:
    SLACK = 4       # vectors behind a line that may be read

# What a worker has in its scratch, one after the other.
cdef struct Hand:
    const char** rows
    char* neutral
    char* line[2]
    char* work
    char* store     # tall: ends of a block; with indices: rows that are kept
    Tile tile
    sigr_divisor by
    # The line that waits, where it goes: what was just written cannot be read at other places for a while.
    char* waiting
    char* to
    sigr_divisor waiting_by


cdef inline void _open(const Job* job, Py_ssize_t t, Hand* hand) noexcept nogil:
    cdef char* memory = job.scratch + thread_number() * job.scratch_bytes
    cdef Py_ssize_t room = job.room * job.size
    hand.rows = <const char**>memory
    hand.neutral = memory + _lines((job.depth.taps * job.rows.taps + 2) * 3 * sizeof(void*))
    hand.line[0] = hand.neutral + room
    hand.line[1] = hand.line[0] + room
    hand.work = hand.line[1] + room
    hand.waiting = NULL
    hand.store = hand.work + job.parts * job.pitch * job.size + (5 * room if job.plan.step else 0)
    hand.by = job.by
    _tile(job, t, &hand.tile)
    if job.by.kind == SIGR_EACH_OVER:
        hand.by.columns = job.by.columns + hand.tile.begin * job.size
    job.window.fill(hand.neutral, job.room)
    job.window.fill(hand.line[0], 2 * job.room)
    job.window.fill(hand.work, job.parts * job.pitch)


cdef inline void _close(const Job* job, Hand* hand) noexcept nogil:
    """Finish the line that waits."""
    if hand.waiting:
        _across(job, &hand.tile, hand.waiting, hand.work, &hand.waiting_by, hand.to)
        hand.waiting = NULL


cdef inline void _emit(const Job* job, Hand* hand, Py_ssize_t count, Py_ssize_t k, Py_ssize_t i,
                       char* y) noexcept nogil:
    """Join some rows into one of outputs: that of depth k and row i."""
    cdef const Tile* here = &hand.tile
    cdef char* line
    if hand.by.kind == SIGR_EACH_OVER:
        hand.by.row = <double>(job.depth_counts[k * job.depth_step] * job.row_counts[i * job.row_step])
    if count == 0:
        hand.rows[0] = hand.neutral
        count = 1
    if job.straight:
        job.window.fold(hand.rows, count, here.outs, y)
    elif job.pairs and here.high - here.low == 2 * here.outs and here.outs >= job.window.lanes:
        job.window.pairs(hand.rows, count, here.outs, y, &hand.by)
    else:
        # Large windows are told how far their line lies from their parts.
        line = hand.line[1 if job.plan.step or hand.waiting == hand.line[0] else 0]
        if here.high > here.low:
            job.window.fold(hand.rows, count, here.high - here.low, line + here.left * job.size * job.padded)
        _close(job, hand)
        hand.waiting, hand.to, hand.waiting_by = line, y, hand.by
        if job.plan.step:
            _close(job, hand)


cdef inline char* _row(const Job* job, Py_ssize_t plane, Py_ssize_t k, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    return job.y + (((plane * job.depth.out + k) * job.rows.out + i) * job.cols.out + j) * job.size
