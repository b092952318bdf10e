"""The direct sum: one kernel call over all planes, or one a tap of the axes outside the planes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from .. import _kernels
from .._shapes import Axis, Planes
from .borders import fold

Array = np.ndarray[Any, Any]

# Single rows with at least this many taps go through the polyphase kernel, which keeps more of a long
# row of taps in registers. Both kernels add the taps in the same order: the bytes are the same.
MANY_TAPS = 24


def run(x: Array, w: Array, y: Array, cut: Planes, boundary: int, fill: Any, workers: int, *, polyphase: bool) -> None:
    """Fill y[i] = sum_p x[first + i + p] * w[p]; x and w are C-contiguous, y too, of the type of x.

    `polyphase` says to sum single rows in that kernel: to it an absent sample is never a term, where here
    a NaN or infinite tap makes it one.
    """
    if x.dtype.kind == "c":
        # Complex planes are real ones with two reals a column.
        x, y = x.view(x.real.dtype), y.view(y.real.dtype)
    if cut.order is not None:
        w = np.ascontiguousarray(w.transpose(cut.order))
    taps = w.reshape(cut.blocks, cut.rows.taps, cut.cols.taps)
    if not cut.outer:
        if polyphase:
            _polyphase(x, taps[0], y, _rows(cut, None, None), cut, workers)
        else:
            _correlate(x, taps[0], y, None, None, cut, boundary, fill, False, workers)
        return
    # A plane of a filter bank's result meets one tap of the outer axes, and is written once.
    once = all(axis.taps == 1 or (axis.data == 1 and not boundary) for axis in cut.outer)
    if not once:
        y[...] = 0
    for block, (x_at, y_at) in enumerate(plane_starts(cut, boundary)):
        if len(x_at) and polyphase:
            _polyphase(x, taps[block], y, _rows(cut, x_at, y_at), cut, workers)
        elif len(x_at):
            _correlate(x, taps[block], y, x_at, y_at, cut, boundary, fill, not once, workers)


def many(cut: Planes) -> bool:
    """Return whether the sums are single rows of many taps."""
    return cut.blocks == 1 and cut.rows.taps == 1 and cut.cols.taps >= MANY_TAPS


def _correlate(
    x: Array,
    h: Array,
    y: Array,
    x_at: Array | None,
    y_at: Array | None,
    cut: Planes,
    boundary: int,
    fill: Any,
    add: bool,
    workers: int,
) -> None:
    rows, cols = cut.rows, cut.cols
    _kernels.correlate.correlate(
        x, h, y, x_at, y_at, rows.data, cols.data, cut.x_pitch, rows.out, cols.out, cut.y_pitch,
        rows.first, cols.first, cut.group, boundary, fill, add, workers,
    )  # fmt: skip


def _polyphase(x: Array, h: Array, y: Array, at: tuple[Array | None, Array | None], cut: Planes, workers: int) -> None:
    cols = cut.cols
    _kernels.polyphase.polyphase(
        x, h, y, *at, cols.data, cols.out, cut.group, cut.group, cut.group, 1, 1, cols.first + cols.taps - 1,
        0, 0, workers,
    )  # fmt: skip


def _rows(cut: Planes, x_at: Array | None, y_at: Array | None) -> tuple[Array | None, Array | None]:
    """Return where every row of every plane starts: to the polyphase kernel each is one of its own."""
    if cut.rows.data == 1:
        return x_at, y_at
    x_rows = np.arange(cut.rows.data, dtype=np.intp) * cut.x_pitch
    y_rows = np.arange(cut.rows.out, dtype=np.intp) * cut.y_pitch
    if x_at is None or y_at is None:
        return x_rows, y_rows
    return np.add.outer(x_at, x_rows).ravel(), np.add.outer(y_at, y_rows).ravel()


def plane_starts(cut: Planes, boundary: int = 0) -> Iterator[tuple[Array, Array]]:
    """Yield, for each tap of the outer axes in C order, where the planes that it meets start in x and in y.

    Planes outside the data are others by the boundary, or left out: they would add zeros.
    """
    axes = [list(_meeting(axis, boundary)) for axis in cut.outer]
    for met in product(*axes):
        x_at = y_at = np.zeros(1, np.intp)
        for (samples, outputs), x_stride, y_stride in zip(met, cut.x_strides, cut.y_strides, strict=True):
            x_at = np.add.outer(x_at, samples * x_stride).ravel()
            y_at = np.add.outer(y_at, outputs * y_stride).ravel()
        yield x_at, y_at


def _meeting(axis: Axis, boundary: int) -> Iterator[tuple[Array, Array]]:
    """Yield for each tap the samples that it meets, and for which outputs."""
    for p in range(axis.taps):
        sample = axis.first + p
        if boundary and axis.taps > 1:
            outputs = np.arange(axis.out, dtype=np.intp)
            yield fold(outputs + sample, axis.data, boundary), outputs
        else:
            outputs = np.arange(max(0, -sample), min(axis.out, axis.data - sample), dtype=np.intp)
            yield outputs + sample, outputs
