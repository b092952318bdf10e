"""Overlap-save of rows, in blocks that stay in the cache, by many equal short transforms side by side.

A filter is prepared once: the values of its taps at the conjugates of the transform's points, over their number. Blocks
are counted from output 0 of each row, row after row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import _kernels
from .._shapes import Axis
from . import _transform_tables as tables

Array = np.ndarray[Any, Any]

DOUBLE = np.dtype(np.float64), np.dtype(np.complex128)
CHUNK_BYTES = 2 << 20  # of the spectra of blocks of a long filter, computed at a time


class Taps(NamedTuple):
    """Prepared taps: their spectra as (transform's points, 2, parts) reals.

    A block of `points` samples gives `hop` outputs; a part of the filter is `part` of its taps. dtype is the data's.
    """

    spectra: Array
    points: int
    hop: int
    part: int
    taps: int
    dtype: np.dtype[Any]


def hop(points: int, taps: int, parts: int) -> int:
    """Return the outputs that one block of `points` samples gives."""
    return points // 2 if parts > 1 else points - taps + 1


def prepare(w: Array, points: int, dtype: Any, *, parts: int = 1, workers: int = 1) -> Taps:
    """Return taps, in the order of y[j] = sum_q x[first + j + q]·w[q], made ready for data of a type.

    With more than one part, a part is points // 2 taps; behind the last tap there are zeros.
    """
    dtype = np.dtype(dtype)
    unit = 1 if dtype.kind == "f" else 2
    # One part is made in double precision and rounded once; of many, that would take as long as the data.
    wider = dtype if parts > 1 else DOUBLE[unit == 2]
    part = points // 2 if parts > 1 else len(w)
    length, real = points * unit // 2, tables.real_of(wider)
    made = np.empty((length, 2, parts), real)
    at = np.arange(parts) * (part * unit)
    taps = np.ascontiguousarray(w, wider).view(real)
    _kernels.blockfft.spectra(taps, tables.twiddles(length, 1j, real), made, at, unit, workers)
    if wider is not dtype:
        made = made.astype(tables.real_of(dtype), copy=False)
    return Taps(made, points, hop(points, len(w), parts), part, len(w), dtype)


def rows(
    x: Array,
    taps: Taps,
    y: Array,
    x_at: Array | None,
    y_at: Array | None,
    axis: Axis,
    x_step: int,
    y_step: int,
    boundary: int,
    fill: complex,
    workers: int,
    blocks: Array | None = None,
) -> None:
    """Correlate the rows of x that begin x_at reals from its start, into those of y; `blocks`: only these outputs.

    x_step and y_step: reals from one sample of a row to the next.
    """
    made, (length, _, parts) = tables.real_of(taps.dtype), taps.spectra.shape
    if blocks is not None and parts > 1:
        flags = np.zeros((1 if x_at is None else len(x_at)) * -(-axis.out // taps.hop), np.uint8)
        flags[blocks] = 1
        blocks = flags
    _kernels.blockfft.overlap_save(
        x.view(made),
        taps.spectra,
        tables.twiddles(length, 1j, made),
        y.view(made),
        x_at,
        y_at,
        blocks,
        axis.data,
        axis.out,
        axis.first,
        x_step,
        y_step,
        taps.hop,
        1 if taps.dtype.kind == "f" else 2,
        boundary,
        fill.real,
        fill.imag,
        _chunk(length, made.itemsize, parts),
        workers,
    )


def _chunk(length: int, itemsize: int, parts: int) -> int:
    """Return how many blocks under a filter in parts to compute at a time.

    Few enough that their spectra stay near; but each time the filter is read, and parts - 1 blocks from before.
    """
    return min(64, max(16, min(parts, 32), CHUNK_BYTES // (2 * length * itemsize)))
