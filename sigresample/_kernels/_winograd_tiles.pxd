"""Tiles of 4 × 4 outputs, d apart along each axis, and the 6 × 6 samples under them: where they lie, there and back.

A run of tiles side by side is taken from a row, or put there, by vectors; where it leaves the row at an end, from a
strip filled by the boundary rule. A store may cover lanes behind the run: they are filled afterwards, or belong to no
tile. So rows of samples and of results are a vector longer than a block.
"""
from libc.string cimport memset

from ._boundary cimport source
from ._types cimport real, vdouble, vfloat, vreal

cdef extern from "_winograd_rows.h" nogil:
    void PART(...)
    void JOIN(...)
    void HALVE(...)
    void COPY(...)

cdef enum:
    STRIP = 320             # bytes of four vectors and four samples, in whole lines; six strips

# Where a tile's samples and outputs lie, in reals.
cdef struct Tile:
    Py_ssize_t x, y         # its item; its first output in channel 0
    Py_ssize_t rows[6]      # from the start of a plane; −1: zeros
    Py_ssize_t cols[6]      # from the start of a row
    Py_ssize_t live_rows, live_cols
    Py_ssize_t left         # where its first column would be if the row had no ends
    Py_ssize_t low, high    # of the columns from that one on, which lie within the row
    Py_ssize_t run          # so many tiles from this one on lie side by side

# Tiles of all items: a row of tiles has one first row of outputs.
cdef struct Grid:
    const Py_ssize_t* starts0   # the first outputs of tiles along each axis
    const Py_ssize_t* starts1
    Py_ssize_t tiles0, tiles1
    Py_ssize_t rows, cols, whole_rows, whole_cols, first0, first1, out0, out1, at0, at1, d0, d1
    Py_ssize_t parts        # reals from one sample to the next
    Py_ssize_t x_item, y_item
    int boundary


cdef inline Py_ssize_t _axis(Py_ssize_t start, Py_ssize_t first, Py_ssize_t n, Py_ssize_t d, Py_ssize_t out,
                             int boundary, Py_ssize_t pitch, Py_ssize_t* at) noexcept nogil:
    """Where a tile's six samples along an axis lie, those that its outputs need; how many outputs it has."""
    cdef Py_ssize_t k, found, live = min(4, (out - start + d - 1) // d)
    for k in range(6):
        found = source(first + start + k * d, n, boundary) if k < live + 2 else -1
        at[k] = found * pitch if found >= 0 else -1
    return live


cdef inline void place(const Grid* grid, Tile* tiles, Py_ssize_t first, Py_ssize_t n) noexcept nogil:
    """Find tiles first … first + n − 1, counted over items, rows of tiles and columns of tiles."""
    cdef Py_ssize_t lane, i, j, item, number, at, d1 = grid.d1
    cdef bint beside
    cdef Tile* t
    for lane in range(n - 1, -1, -1):
        t = tiles + lane
        number = first + lane
        item = number // grid.tiles1 // grid.tiles0
        i, j = grid.starts0[number // grid.tiles1 % grid.tiles0], grid.starts1[number % grid.tiles1]
        t.x = item * grid.x_item
        t.y = item * grid.y_item + ((grid.at0 + i) * grid.whole_cols + grid.at1 + j) * grid.parts
        t.live_rows = _axis(i, grid.first0, grid.rows, grid.d0, grid.out0, grid.boundary, grid.cols * grid.parts,
                            t.rows)
        t.live_cols = _axis(j, grid.first1, grid.cols, d1, grid.out1, grid.boundary, grid.parts, t.cols)
        at = grid.first1 + j
        t.left = at * grid.parts
        t.low = (d1 - 1 - at) // d1 if at < 0 else 0
        t.high = (grid.cols - at + d1 - 1) // d1 if at < grid.cols else 0
        beside = lane + 1 < n and (number + 1) % grid.tiles1 and grid.starts1[(number + 1) % grid.tiles1] == j + 4 * d1
        t.run = 1 + t[1].run if beside else 1


cdef inline real _outside(const Tile* t, const real* row, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """The sample by the boundary rule m columns from the first of n tiles."""
    cdef Py_ssize_t tile = min(m // 4, n - 1), at = t[tile].cols[m - 4 * tile]
    return row[at] if at >= 0 else 0


cdef inline void _fill(const Tile* t, const real* row, Py_ssize_t low, Py_ssize_t high, Py_ssize_t need, Py_ssize_t n,
                       Py_ssize_t step, real* strip) noexcept nogil:
    """The columns of n tiles one after the other: low … high − 1 lie in the row, and behind `need` are zeros."""
    cdef Py_ssize_t m
    cdef const real* inside = row + t.left
    for m in range(low):
        strip[m] = _outside(t, row, m, n)
    if step == 1:
        COPY(inside + low, strip + low, high - low)
    elif step == 2:
        HALVE(inside + 2 * low, strip + low, high - low)
    else:
        for m in range(low, high):
            strip[m] = inside[m * step]
    for m in range(high, need):
        strip[m] = _outside(t, row, m, n)
    for m in range(need, 4 * n + 2):
        strip[m] = 0


cdef inline void samples(const Grid* grid, const Tile* tiles, Py_ssize_t live, const real* x, const real* end,
                         real* strips, real* to, Py_ssize_t pitch, vreal zero) noexcept nogil:
    """One channel's samples under all tiles of a block, [36][tiles]; x ends at `end`."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane = 0, k, n, need, low, high, step = grid.d1 * grid.parts
    cdef const Tile* t
    cdef const real* rows[6]
    cdef real* strip
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while lane < live:
            t = tiles + lane
            n = min(t.run, L)
            need = 4 * n - 2 + t[n - 1].live_cols
            low = min(t.low, need)
            high = max(low, min(t.high, need))
            for k in range(6):
                rows[k] = x + t.x + t.rows[k] + t.left
                if t.rows[k] >= 0 and low == 0 and high == 4 * n + 2 and step == 1 and end - rows[k] >= 4 * L + 4:
                    continue
                strip = strips + k * STRIP // sizeof(real)
                rows[k] = strip
                if t.rows[k] >= 0:
                    _fill(t, x + t.x + t.rows[k], low, high, need, n, step, strip)
                else:
                    memset(strip, 0, (4 * n + 2) * sizeof(real))
            for k in range(6):
                PART(rows[k], to + 6 * k * pitch + lane, pitch)
            lane += n


cdef inline void results(const Grid* grid, const Tile* tiles, Py_ssize_t live, const real* z, Py_ssize_t pitch,
                         real* strip, real* y, vreal zero) noexcept nogil:
    """One channel's results of a block, [16][tiles], to their places."""
    cdef Py_ssize_t L = sizeof(vreal) // sizeof(real), lane = 0, k, q, n
    cdef Py_ssize_t down = grid.d0 * grid.whole_cols * grid.parts, step = grid.d1 * grid.parts
    cdef const Tile* t
    cdef const real* one
    cdef real* to
    if (real is float and vreal is vfloat) or (real is double and vreal is vdouble):
        while lane < live:
            t = tiles + lane
            n = min(t.run, L) if step == 1 else 0
            if n and t[n - 1].live_cols < 4:
                n -= 1
            to = y + t.y
            for k in range(t.live_rows):
                one = z + 4 * k * pitch + lane
                if n:
                    JOIN(one, pitch, strip)
                    COPY(strip, to, 4 * n)
                elif t.live_cols == 4:
                    to[0] = one[0]
                    to[step] = one[pitch]
                    to[2 * step] = one[2 * pitch]
                    to[3 * step] = one[3 * pitch]
                else:
                    for q in range(t.live_cols):
                        to[q * step] = one[q * pitch]
                to += down
            lane += max(n, 1)
