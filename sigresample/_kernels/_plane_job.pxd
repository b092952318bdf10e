"""What the plane kernel (planes.pyx) knows of a call: its plan, its classes of phases, its places."""
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "_interleave.h" nogil:
    void sigr_weave_uint32_t(const uint32_t* z, Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t n, uint32_t* y,
                             Py_ssize_t lo, Py_ssize_t hi)
    void sigr_weave_uint64_t(const uint64_t* z, Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t n, uint64_t* y,
                             Py_ssize_t lo, Py_ssize_t hi)
    void sigr_copy_uint32_t(uint32_t* to, const uint32_t* x, Py_ssize_t n)
    void sigr_copy_uint64_t(uint64_t* to, const uint64_t* x, Py_ssize_t n)
    void sigr_split_uint32_t(const uint32_t* x, uint32_t* a, uint32_t* b, Py_ssize_t n)
    void sigr_split_uint64_t(const uint64_t* x, uint64_t* a, uint64_t* b, Py_ssize_t n)

cdef extern from "_plane_tiles.h" nogil:
    int VEC_BYTES
    int MOST_ROWS
    ctypedef struct Spot "struct sigr_spot":
        Py_ssize_t at, row, y, from_ "from", to
    ctypedef struct Block "struct sigr_block":
        Py_ssize_t inputs, plane, taps
        const Py_ssize_t* off
        const void* w
        const void* bias
        Py_ssize_t wide
        void* z[8]
        Py_ssize_t weave, rows
        void* y[8]
        Py_ssize_t row[8]
    void sigr_block_float(const Block* of, int rows, const void* x, const Spot* at, Py_ssize_t n)
    void sigr_block_double(const Block* of, int rows, const void* x, const Spot* at, Py_ssize_t n)
    void sigr_block_uint32_t(const Block* of, int rows, const void* x, const Spot* at, Py_ssize_t n)
    void sigr_block_uint64_t(const Block* of, int rows, const void* x, const Spot* at, Py_ssize_t n)

cdef enum:
    MOST_PLAIN = 32         # rows of a filter
    LIGHT = 64              # products in a sum up to which a pass over the results is worth sparing

# Units that are only moved.
ctypedef fused unit:
    uint32_t
    uint64_t

ctypedef fused number:
    float
    double
    uint32_t
    uint64_t

# One axis of a plan.
cdef struct Axis:
    Py_ssize_t data, whole      # samples of x, outputs of y
    Py_ssize_t out              # positions k
    Py_ssize_t first, stride    # of position 0's first tap; from position to position
    Py_ssize_t phases, start, leap

# A plan, as the route lays it out: these numbers, then the tables.
cdef struct Plan:
    Py_ssize_t groups, inputs, outputs
    Py_ssize_t parts            # reals in a sample: 2 for complex data
    Axis depth, rows, cols
    Py_ssize_t slices, step     # along the depth, what one position reads, and how far apart
    Py_ssize_t row_splits, col_splits   # residues of the stride that some tap reads, and their table
    Py_ssize_t height, width    # positions of a block
    Py_ssize_t halo             # rows that a block reads beyond its own
    Py_ssize_t pitch            # from row to row of a packed block
    Py_ssize_t slack            # units that may be read behind the last row
    Py_ssize_t w_group, w_output, w_input   # how the taps lie, in samples
    Py_ssize_t expand           # positions along a row that share a sample, their taps being those of one phase each
    Py_ssize_t P, Q, across     # one filter a plane, its rows beside each other: rows, columns and their distance; or 0
    Py_ssize_t straight         # whether the planes can be read where they lie, if their rows fill vectors
    Py_ssize_t chunk            # outputs (channels) computed before they are written
    Py_ssize_t classes

# Phases whose taps read at the same offsets.
cdef struct Class:
    Py_ssize_t phases, taps
    const Py_ssize_t* phase     # which
    const Py_ssize_t* off       # taps
    const Py_ssize_t* w_at      # phases × expand × taps: where in w

cdef struct Job:
    Plan plan
    const Py_ssize_t* row_split
    const Py_ssize_t* col_split
    const Py_ssize_t* tables    # of the first class
    const char* x
    const char* w
    const char* bias
    char* y
    char* packed                # the taps of all groups, by chunk, class and block of rows
    char* scratch
    char kind
    Py_ssize_t size, lanes      # bytes of a real, reals in a vector
    Py_ssize_t channels         # inputs × parts
    Py_ssize_t all_phases
    Py_ssize_t chunks, blocks, strips   # along outputs, rows and columns
    Py_ssize_t group_packed, chunk_packed   # packed reals of a group, and of a whole chunk with its biases
    Py_ssize_t sub, plane, z_pitch, vectors
    Py_ssize_t weave            # rows of results that make a row of y, if blocks of taps hold them together; or 0
    Py_ssize_t most_taps, tap_lanes
    bint light                  # little to compute for a result
    Py_ssize_t* index           # the taps of one block
    Py_ssize_t scratch_bytes, edge_bytes
    Py_ssize_t blank_bytes      # at its beginning, to be zeros before the first block
    int boundary
    bint biased

# A packed position that no whole vector of samples fills: where it is, and its sample in the row, or −1 for zero.
cdef struct Edge:
    Py_ssize_t to, at

# Which block the spots and edges in a worker's scratch were made for.
cdef struct Held:
    Py_ssize_t height, width, col, spots, edges
    bint straight

# A block of positions.
cdef struct Place:
    Py_ssize_t n, g, k          # item, group, position along the depth
    Py_ssize_t row, height, col, width
    Py_ssize_t first, inner, outer      # sample under position 0; positions inner … outer − 1 lie inside the data
    Py_ssize_t edges
    const Edge* edge
    Py_ssize_t pair[2]          # where every other real goes, or −1
    bint straight               # finished tiles go straight into y


cdef inline Py_ssize_t _upwards(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return (a + b - 1) // b


cdef inline const Py_ssize_t* _class(const Job* job, const Py_ssize_t* table, Class* of) noexcept nogil:
    """Read a class from the tables; return where the next one begins."""
    of.phases, of.taps = table[0], table[1]
    of.phase = table + 2
    of.off = of.phase + of.phases
    of.w_at = of.off + of.taps
    return of.w_at + of.phases * job.plan.expand * of.taps


cdef inline int _block_rows(Py_ssize_t left) noexcept nogil:
    """How many of the rows of taps that are left go into one block: 3 and 7 with a row of zeros."""
    if left >= 7 and MOST_ROWS == 8:
        return 8
    return 4 if left >= 3 else <int>left
