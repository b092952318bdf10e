"""Planes by 2-D transforms of large tiles: overlap-save with the lanes of a vector within one tile.

A tile has N1 × N2 points and gives (N1 - P + 1) × (N2 - Q + 1) outputs, or all of an axis that fits it. One that the
second-level cache holds is the cheapest for a large plane; a small plane, or a large filter, wants a single tile. Every
item's bytes depend on that item, the taps and the points alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import _kernels
from .._shapes import Axis
from . import _transform_tables as tables

Array = np.ndarray[Any, Any]


class Taps(NamedTuple):
    """Taps made ready for tiles of a size: their spectrum, in the layout of the SIMD level that made it."""

    spectrum: Array
    points: tuple[int, int]
    shape: tuple[int, int]
    dtype: np.dtype[Any]  # of the data


def lengths(least: int) -> list[int]:
    """Return the lengths from `least` to twice that which a tile may have on both its axes, ascending."""
    least = max(least, 8)
    found, n = [], tables.good_length(-(-least // 2))
    while n <= least:  # the points of a row of 2 n reals
        found.append(2 * n)
        n = tables.good_length(n + 1)
    return found


def prepare(w: Array, points: tuple[int, int], dtype: Any, workers: int = 1) -> Taps:
    """Return taps w (P, Q) of y[i, j] = sum x[i + p, j + q] w[p, q], ready for tiles of `points` of such data."""
    dtype = np.dtype(dtype)
    (n1, n2), (p, q) = points, w.shape
    if not (1 <= p <= n1 and 1 <= q <= n2):
        raise ValueError(f"tiles: {p} × {q} taps need at least as many points, got {n1} × {n2}")
    pairs = dtype.kind == "c"
    if w.dtype.kind == "c" and not pairs:
        raise ValueError(f"tiles: complex taps need complex data, got {dtype}")
    m2 = _row_points(n2, pairs)
    real = tables.real_of(dtype)
    taps = np.array(w, dtype, order="C")
    taps[:, 1:] *= -1j if pairs else -1  # v^-q = v^(N2 - q) / v^N2
    step = _kernels.tilefft.lanes(real.itemsize)
    spectrum = np.empty((-(-n1 // step), m2, 2, step), real)
    _kernels.tilefft.spectrum(taps.view(real), *_twiddles(n1, m2, real), spectrum, p, q, n1, m2, pairs, workers)
    return Taps(spectrum, (n1, n2), (p, q), dtype)


def least(axis: Axis, zeros: bool) -> int:
    """Return how many points the whole of an axis needs as one tile; `zeros`: absent samples are zeros."""
    under = axis.out + axis.taps - 1
    if not zeros:
        return under
    # Outputs at the end may see the zeros before the data instead of those behind it: they lie in one tile.
    before = max(0, -axis.first)
    return max(axis.out, axis.taps, under - before, min(under, axis.data - axis.first))


def block(axis: Axis, points: int, zeros: bool) -> int:
    """Return how many outputs of an axis a tile gives: all of them, where it can."""
    return max(1, axis.out if points >= least(axis, zeros) else points - axis.taps + 1)


def count(points: tuple[int, int], rows: Axis, cols: Axis, zeros: bool) -> tuple[int, int]:
    """Return how many tiles lie down and across the outputs of one plane."""
    down, across = (block(axis, n, zeros) for axis, n in zip((rows, cols), points))
    return -(-rows.out // down), -(-cols.out // across)


def planes(
    x: Array,
    taps: Taps,
    y: Array,
    x_at: Array | None,
    y_at: Array | None,
    rows: Axis,
    cols: Axis,
    x_pitch: int,
    x_step: int,
    y_pitch: int,
    y_step: int,
    boundary: int,
    fill: complex,
    workers: int,
    tiles: Array | None = None,
) -> None:
    """Fill y[n, i, j] = sum_p sum_q x[n, i + rows.first + p, j + cols.first + q] w[p, q].

    x and y are C-contiguous, of the dtype of the taps' data or viewed as its reals. Offsets of planes, pitches (from
    row to row) and steps (from column to column) count reals. Of the tiles, numbered plane by plane and row by row, all
    are computed, or those listed in `tiles` (indices of type intp).
    """
    real, pairs = tables.real_of(taps.dtype), taps.dtype.kind == "c"
    n1, m2 = taps.points[0], _row_points(taps.points[1], pairs)
    value = complex(fill)
    zeros = boundary == 0 and value == 0
    b1, b2 = block(rows, n1, zeros), block(cols, taps.points[1], zeros)
    _kernels.tilefft.tiles(
        x.view(real), taps.spectrum, *_twiddles(n1, m2, real), y.view(real), x_at, y_at, rows.data, cols.data,
        x_pitch, x_step, rows.out, cols.out, y_pitch, y_step, rows.first, cols.first, *taps.shape, n1, m2, b1, b2,
        pairs, boundary, value.real, value.imag, tiles, workers,
    )  # fmt: skip


def _row_points(n2: int, pairs: bool) -> int:
    """Return how many complex points a row of a tile is."""
    if not pairs and n2 % 2:
        raise ValueError(f"tiles: a row of reals needs an even number of points, got {n2}")
    return n2 if pairs else n2 // 2


def _twiddles(n1: int, m2: int, real: np.dtype[Any]) -> tuple[Array, Array]:
    down = tables.twiddles(n1, 1, real) if n1 > 1 else np.zeros(0, real)  # a single row is not transformed
    return down, tables.twiddles(m2, 1j, real)
