"""What the table kernel (table.pyx) knows of a call, and the C it is made of."""
from libc.stdint cimport int64_t

cdef extern from "_table_rows.h" nogil:
    int VEC_BYTES
    enum:
        SIGR_LANES, SIGR_ROWS
    ctypedef struct Axis "struct sigr_axis":
        Py_ssize_t data, out, taps      # no taps: it stays as it is
        const Py_ssize_t* starts
        const double* weights
    ctypedef struct Across "struct sigr_across":
        Axis axis
        Py_ssize_t C, lanes, size, step, blocks, wide, made, bytes, later
        int mode
    void sigr_across_plan(Across* of)
    void sigr_across_fill(Across* of, char* room)
    void sigr_across_rows(const Across* of, const void* const* x, void* const* y, int rows, char* room)
    void sigr_across_copy(const Across* of, const char* x, char* y, Py_ssize_t soon)
    void sigr_sum_rows(Py_ssize_t size, const void* const* x, const void* w, Py_ssize_t taps, void* y, Py_ssize_t n,
                       Py_ssize_t soon)
    int sigr_put(Py_ssize_t size, void* w, Py_ssize_t k, double weight)

cdef extern from "_table_whole.h" nogil:
    ctypedef struct Whole "struct sigr_whole":
        Axis axis[3]
        const int64_t* scaled[3]
        int64_t over[3]
        double doubt, least
        int shift
        Py_ssize_t C, size
        int64_t most
    void sigr_widen(Py_ssize_t size, Py_ssize_t unit, const void* x, void* z, Py_ssize_t n)
    void sigr_sum_whole(Py_ssize_t size, Py_ssize_t unit, const void* const* x, const void* w, Py_ssize_t taps, void* y,
                        Py_ssize_t n)
    void sigr_deliver(const Whole* of, Py_ssize_t unit, const void* z, void* y, Py_ssize_t n, const void* x,
                      const Py_ssize_t* at, Py_ssize_t flat, Py_ssize_t* open, Py_ssize_t* many)

cdef enum:
    SOON = 6144     # bytes of outputs: a row or two of usual images, which leaves memory its time
    HELD = 1 << 20  # bytes of outputs that a cache may still hold from before
    STRIP = 2048    # units of a row summed before they are rounded: they stay in the first cache

# Where things lie in a worker's scratch, in bytes.
cdef struct Places:
    Py_ssize_t lines, deep          # pointers to the rows of a sum: of rows, of slices
    Py_ssize_t line_weights, deep_weights
    Py_ssize_t across               # of _table_rows.h
    Py_ssize_t slices               # rows of slices, widened
    Py_ssize_t sources              # rows of one slice as units, where x does not hold them so
    Py_ssize_t middle               # rows after the first pass
    Py_ssize_t made                 # rows after the second, to be rounded
    Py_ssize_t all

cdef struct Job:
    const char* x
    char* y
    char* table
    char* scratch
    Py_ssize_t* open                # outputs that nothing here can round
    Py_ssize_t* many
    Axis depth, rows
    Across cols
    Py_ssize_t soon                 # bytes from an output to the one whose line is asked for; 0: for none
    Whole whole
    Py_ssize_t items, size, unit    # bytes of a sample, and of what is computed in
    Py_ssize_t x_row, y_row         # samples in a row
    Py_ssize_t x_pitch, y_pitch     # bytes between rows in the scratch
    Py_ssize_t group, ring          # rows resized together; rows held of the middle
    Py_ssize_t blocks, height       # blocks of outputs in a slice, and rows in each
    bint ahead                      # columns before rows
    bint straight                   # samples are units
    Places at
