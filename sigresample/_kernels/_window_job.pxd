"""What a call of the window kernel needs to know, and how its axes are cut."""
from libc.stdint cimport int64_t

cdef extern from "_window_rows.h" nogil:
    enum:
        SIGR_WHOLE
        SIGR_TIMES
        SIGR_OVER
        SIGR_EACH_OVER
    ctypedef struct sigr_divisor:
        int kind
        double by
        double row
        const char* columns
    ctypedef struct sigr_window:
        void (*fill)(char* to, Py_ssize_t n) noexcept nogil
        void (*fold)(const char* const* rows, Py_ssize_t count, Py_ssize_t n, char* to) noexcept nogil
        void (*pairs)(const char* const* rows, Py_ssize_t count, Py_ssize_t n, char* to,
                      const sigr_divisor* by) noexcept nogil
        void (*cross)(const char* x, const Py_ssize_t* at, Py_ssize_t taps, Py_ssize_t n, char* to,
                      const sigr_divisor* by) noexcept nogil
        void (*grow)(const char* x, Py_ssize_t step, Py_ssize_t n, char* to) noexcept nogil
        void (*chain)(const char* x, char* after, char* before, Py_ssize_t step, Py_ssize_t length, Py_ssize_t n,
                      char* to) noexcept nogil
        void (*ragged)(const char* x, const int64_t* bounds, Py_ssize_t n, char* to,
                       const sigr_divisor* by) noexcept nogil
        void (*split)(const char* x, Py_ssize_t n, Py_ssize_t left, Py_ssize_t stride, Py_ssize_t parts,
                      Py_ssize_t pitch, char* to) noexcept nogil
        Py_ssize_t lanes
    ctypedef struct sigr_best:
        void (*across)(const char* x, const Py_ssize_t* at, Py_ssize_t taps, Py_ssize_t step, const char* column,
                       const char* first, Py_ssize_t n, char* best, char* place) noexcept nogil
        void (*ragged_across)(const char* x, const int64_t* bounds, Py_ssize_t n, char* best,
                              char* place) noexcept nogil
        void (*down)(const char* const* rows, const char* const* places, const int64_t* bases, Py_ssize_t count,
                     Py_ssize_t n, char* to, int64_t* indices) noexcept nogil
    const sigr_window* sigr_window_of(int kind, Py_ssize_t size, int sums)
    const sigr_best* sigr_best_of(int kind, Py_ssize_t size)

cdef struct Axis:
    Py_ssize_t data, out, taps, first, stride, dilation
    const int64_t* bounds       # of irregular windows: the first sample of each and the one behind its last

# As the route lays it out (_routes/windows.py).
cdef struct Plan:
    Py_ssize_t tile             # outputs along the columns that are computed at a time
    Py_ssize_t span             # columns under a tile, at most
    Py_ssize_t tall             # along the rows: whether windows are put together from parts of blocks
    Py_ssize_t step             # along the columns: samples of the windows that larger ones are put together from, or 0
    Py_ssize_t length           # and how many of these are chained, or 0
    Py_ssize_t grown            # whether these are put together from smaller ones themselves

cdef struct Job:
    const sigr_window* window
    const sigr_best* best
    const char* x
    char* y
    int64_t* indices
    Py_ssize_t size, planes, tiles, chunk, chunks
    Axis axes[3]
    Axis depth, rows, cols      # these
    Plan plan
    bint sums
    # How a row of columns becomes one of outputs: without any step, two at a time, or by taps of so many parts.
    bint straight, pairs, padded
    Py_ssize_t parts, pitch, room
    const Py_ssize_t* at        # where taps begin in a row of columns that is split
    Py_ssize_t crossings
    const Py_ssize_t* last      # where the parts of a large window begin
    Py_ssize_t lasts
    sigr_divisor by
    const int64_t* depth_counts
    const int64_t* row_counts
    Py_ssize_t depth_step, row_step
    # Maxima with indices: the rows that are kept, the column of each output's first tap, of its first sample.
    Py_ssize_t kept
    const char* column
    const char* first
    char* scratch
    Py_ssize_t scratch_bytes


cdef struct Tile:
    Py_ssize_t begin, outs      # outputs
    Py_ssize_t low, high        # columns of the data
    Py_ssize_t left, span       # what is absent in front; all columns from there on


cdef inline Py_ssize_t _upwards(Py_ssize_t n, Py_ssize_t step) noexcept nogil:
    return (n + step - 1) // step


cdef inline Py_ssize_t _lines(Py_ssize_t bytes_) noexcept nogil:
    """Bytes in whole cache lines."""
    return (bytes_ + 63) // 64 * 64


cdef inline Py_ssize_t _meeting(const Axis* of, Py_ssize_t i, Py_ssize_t* samples) noexcept nogil:
    """The samples of output i along an axis, one step apart: how many, and the first."""
    cdef Py_ssize_t first, skipped = 0, end
    if of.bounds:
        samples[0] = of.bounds[2 * i]
        return max(of.bounds[2 * i + 1] - of.bounds[2 * i], 0)
    first = of.first + i * of.stride
    if first < 0:
        skipped = _upwards(-first, of.dilation)
    end = of.taps if first < of.data else 0
    if first + (of.taps - 1) * of.dilation >= of.data and first < of.data:
        end = _upwards(of.data - first, of.dilation)
    samples[0] = first + skipped * of.dilation
    return max(end - skipped, 0)


cdef inline void _tile(const Job* job, Py_ssize_t t, Tile* here) noexcept nogil:
    cdef const Axis* of = &job.cols
    cdef Py_ssize_t j, first
    here.begin = t * job.plan.tile
    here.outs = min(job.plan.tile, of.out - here.begin)
    if of.bounds:
        here.low, here.high = of.data, 0
        for j in range(here.begin, here.begin + here.outs):
            if of.bounds[2 * j] < of.bounds[2 * j + 1]:
                here.low = min(here.low, of.bounds[2 * j])
                here.high = max(here.high, of.bounds[2 * j + 1])
        here.low = min(here.low, here.high)
        here.left, here.span = 0, here.high - here.low
        return
    first = of.first + here.begin * of.stride
    here.span = (here.outs - 1) * of.stride + (of.taps - 1) * of.dilation + 1
    here.low = min(max(first, 0), of.data)
    here.high = max(min(first + here.span, of.data), here.low)
    here.left = min(here.low - first, here.span)
