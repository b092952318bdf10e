"""Long filters of upfirdn and resample_poly by transforms, with the meaning of the direct sum.

A block goes direct where a sample under it is NaN or infinite, where its dynamic range would spoil it, or where its
transform overflows: all of it seen in one signal alone. So does every call whose taps are not finite.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from . import _coerce, _dynamic_range, _kernels, _polyphase_shapes
from ._polyphase_shapes import PolyphaseShapes
from ._routes import polyphase_fft
from ._routes.polyphase_fft import Streams
from ._shapes import Axis, Blocks

_Array = np.ndarray[Any, Any]

ROUTE = "overlap-save"
WORTH = 1 << 18  # products of one signal below which no transform is thought of
PIECE = 1 << 20  # samples whose range is looked at in one go
ZEROS = -1  # the direct kernel's number for zeros beyond both ends


def streams(shapes: PolyphaseShapes, dtype: np.dtype[Any], complex_taps: bool) -> Streams | None:
    """Return how transforms would compute a signal with zeros around it, or None where they would not."""
    reals = 2 if dtype.kind == "c" else 1
    if complex_taps and reals == 1:  # the kernel's own affair
        return None
    return polyphase_fft.plan(
        shapes.n_in, shapes.n_out, shapes.up, shapes.down, shapes.taps, shapes.first, dtype.itemsize // reals, reals
    )


def faster(made: Streams, shapes: PolyphaseShapes, dtype: np.dtype[Any], complex_taps: bool) -> bool:
    """Return whether transforms are sooner done than sums, for one signal as if it came alone."""
    reals = 2 if dtype.kind == "c" else 1
    alone = shapes._replace(rows=1, width=1)
    direct = _polyphase_shapes.costs(alone, dtype.itemsize // reals, reals, complex_taps)
    return made.seconds < min(direct.values())


def run(x: _Array, table: _Array, y: _Array, shapes: PolyphaseShapes, by: Streams, workers: int) -> None:
    """Compute C-contiguous x into C-contiguous y."""
    x, y = (a.reshape(shapes.rows, n, shapes.width) for a, n in ((x, shapes.n_in), (y, shapes.n_out)))
    if not _coerce.finite(table):
        _direct(x, table, y, shapes, 0, shapes.n_out, workers)
        return
    largest = 0.0
    spoiled = np.empty((shapes.rows, shapes.width, _count(by)), bool)
    for rows, columns in _pieces(shapes):
        signals = np.ascontiguousarray(np.moveaxis(x[rows, :, columns], 1, 2))
        found, most = _spoiled(signals, table, by, workers)
        if not most < inf:
            bad = ~np.isfinite(signals)
            found, most = _spoiled(np.where(bad, 0, signals), table, by, workers)
            found |= _under(bad, by)
        spoiled[rows, columns] = found
        largest = max(largest, most)
    polyphase_fft.run(x, polyphase_fft.prepare(table, by, x.dtype), by, y, workers)
    # Nothing on the way to a sum is larger than the square of the points, times all taps at the largest sample.
    largest *= float(np.abs(table).sum(dtype=np.float64)) * float(by.points * max(by.U, by.D)) ** 2
    if largest >= _dynamic_range.LARGEST[x.dtype.char] and not _coerce.finite(y):
        spoiled |= _overflown(y, by)
    for row, column in np.argwhere(spoiled.any(axis=-1)):
        for start, stop in _runs(spoiled[row, column]):
            first, last = start * by.U * by.hop, min(stop * by.U * by.hop, shapes.n_out)
            part = np.empty((1, last - first, 1), y.dtype)
            _direct(x[row : row + 1, :, column : column + 1], table, part, shapes, first, last, workers)
            y[row, first:last, column] = part[0, :, 0]


def _pieces(shapes: PolyphaseShapes) -> Iterator[tuple[slice, slice]]:
    """Yield slices of rows and of columns whose samples are few enough to be copied."""
    most = max(1, PIECE // max(1, shapes.n_in))
    columns = min(most, shapes.width)
    rows = max(1, most // columns)
    for row in range(0, shapes.rows, rows):
        for column in range(0, shapes.width, columns):
            yield slice(row, row + rows), slice(column, column + columns)


def _direct(x: _Array, table: _Array, y: _Array, shapes: PolyphaseShapes, first: int, last: int, workers: int) -> None:
    """Compute outputs first … last - 1 of some signals by the sums; y holds these alone."""
    x = np.ascontiguousarray(x)
    reals = x.shape[2] * (2 if x.dtype.kind == "c" else 1)
    n_out = last - first
    _kernels.polyphase.polyphase(
        x, table, y, None, None, shapes.n_in, n_out, reals, reals, reals, shapes.up, shapes.down, shapes.first + first,
        ZEROS, 0.0, workers, 0, len(x), shapes.n_in * reals, n_out * reals,
    )  # fmt: skip


def _spoiled(signals: _Array, table: _Array, by: Streams, workers: int) -> tuple[_Array, float]:
    """Return which blocks of which signals (rows, width) have more dynamic range than the transforms of some filter.

    And the largest magnitude of all; nothing else is good if that is not finite.
    """
    most = 0.0
    worst, signals = _worst(table, by), np.ascontiguousarray(signals)
    filters = [(table[row], late) for row, late in zip(by.rows, by.late, strict=True)]
    for some in ([] if worst is None else [(worst, 0)], filters):
        made = np.zeros((*signals.shape[:-1], _count(by)), bool)
        for s, (w, late) in enumerate(some):
            values = max(1, -(-(by.n_out - s) // by.U))  # of t
            axis = Axis(by.n_in, len(w), (values - 1) * by.D + 1, by.first + late)
            blocks = Blocks((by.points * by.D,), (by.hop * by.D,))
            glance = _dynamic_range.glance(signals, w, (axis,), blocks, 0, 0, workers)
            most = glance.most
            if not most < inf:
                return made, inf
            if not glance.even:
                ratios = _dynamic_range.ratios(signals, w, (axis,), blocks, 0, 0, workers)
                made[..., : ratios.shape[-1]] |= ratios > 1
            if not glance.level:
                for index in np.ndindex(signals.shape[:-1]):
                    for rim in _dynamic_range.rims(signals[index], w, (axis,), blocks):
                        first, last = rim.start // blocks.hop[0], (rim.start + rim.outputs - 1) // blocks.hop[0]
                        made[index][first : last + 1] = True
        if some and not made.any():
            break
    return made, most


def _worst(table: _Array, by: Streams) -> _Array | None:
    """Return one filter that asks for no more range than any of several: what it passes, all of them do.

    Its core is what the cores of all have in common, and its norm, next to its largest tap, the largest of theirs.
    """
    if by.U == 1:
        return None
    start, stop, norm = 0, table.shape[1] + by.late[-1], 0.0
    for row, late in zip(by.rows, by.late, strict=True):
        sizes = np.abs(table[row])
        top = float(sizes.max())
        if not top > 0:
            return None
        core = np.flatnonzero(sizes * _dynamic_range.CORE >= top)
        start, stop = max(start, late + int(core[0])), min(stop, late + int(core[-1]) + 1)
        norm = max(norm, float(np.square(sizes / top, dtype=np.float64).sum()))
    if norm > stop - start:
        return None
    made = np.zeros(table.shape[1] + by.late[-1])
    made[start:stop] = np.sqrt(norm / (stop - start))
    made[[start, stop - 1]] = 1
    return made


def _edges(by: Streams) -> tuple[_Array, _Array]:
    """Return the first sample under each block, and the one after its last."""
    first = by.first + np.arange(_count(by)) * (by.hop * by.D)
    return np.clip(first, 0, by.n_in), np.clip(first + by.points * by.D, 0, by.n_in)


def _count(by: Streams) -> int:
    return -(-by.n_out // (by.U * by.hop))


def _under(bad: _Array, by: Streams) -> _Array:
    """Return which blocks hold a sample that is marked."""
    before = np.zeros((*bad.shape[:-1], bad.shape[-1] + 1), np.intp)
    np.cumsum(bad, axis=-1, out=before[..., 1:])
    first, last = _edges(by)
    return np.asarray(before[..., last] > before[..., first])


def _overflown(y: _Array, by: Streams) -> _Array:
    """Return which blocks of outputs are not all finite."""
    lost = ~np.isfinite(y).all(axis=1)
    made = np.zeros((*lost.shape, _count(by)), bool)
    starts = np.arange(_count(by)) * (by.U * by.hop)
    for row, column in np.argwhere(lost):
        made[row, column] = np.logical_or.reduceat(~np.isfinite(y[row, :, column]), starts)
    return made


def _runs(marks: _Array) -> list[tuple[int, int]]:
    """Return where stretches of marks start and stop."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]])))
    return list(pairwise(edges.tolist()))[::2]
