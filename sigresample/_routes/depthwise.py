"""Convolutions of planes: one or few input channels in a group, and transposed convolutions.

Planes of long rows that meet one filter each, sample by sample, under another boundary than zeros, go through the
dense kernel; all else through the plane kernel. Both add taps in ascending order into one accumulator: their bytes are
the same.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import _kernels
from .._channel_shapes import Along, Correlation, Spread
from .._workspace import Workspace
from . import _plane_plan

Array = np.ndarray[Any, Any]
ONE = Along(1, 1, 1, 0)
BYTES = np.dtype(np.uint8)
LONG_ROW = 256
LITTLE = 1 << 16  # bytes that are sooner taken anew than borrowed

# A plan lists every phase of a transposed convolution, those without taps too, of which a stride may leave 2**50.
MOST_PHASES = 1024
FAR = 2**48


def _far(axes: tuple[Along, ...] | tuple[Spread, ...]) -> bool:
    """Return whether taps lie too far apart for the plane kernel's numbers."""
    return prod((axis.taps - 1) * axis.dilation + axis.out * axis.stride for axis in axes) >= FAR


def takes(of: Correlation, dtype: Any) -> bool:
    """Return whether `run` keeps to its bounded memory for a correlation of this type."""
    if _far(of.axes):
        return False
    return _fits(_correlation(of, _whole(of), np.dtype(dtype), 0), dtype)


def straight(of: Correlation, boundary: int, dtype: np.dtype[Any]) -> bool:
    """Return whether `run` reads the planes of a correlation that it takes where they lie."""
    lanes = _kernels.lanes(_kernels.level, _reals(dtype)[1])
    return _correlation(of, _whole(of), dtype, boundary).straight and of.axes[-1].out >= lanes


def _whole(of: Correlation) -> tuple[int, ...]:
    return tuple(axis.start + axis.leap * axis.out for axis in of.axes)


def takes_transposed(groups: int, inputs: int, outputs: int, spread: tuple[Spread, ...], dtype: Any) -> bool:
    """Return whether `transposed` keeps to its bounded memory."""
    if prod(axis.stride for axis in spread) > MOST_PHASES or _far(spread):
        return False
    return _fits(_transposition(groups, inputs, outputs, spread, np.dtype(dtype)), dtype)


def run(x: Array, w: Array, y: Array, of: Correlation, boundary: int, bias: Array | None, workers: int) -> None:
    """Fill y[start + i·leap] = Σ_c Σ_p x[c, first + i·stride + p·dilation] w[c, p] (+ bias) along each axis."""
    plan = _correlation(of, y.shape[2:], x.dtype, boundary)
    if of.inputs == of.outputs == 1 and x.dtype.kind != "c" and not plan.straight and _dense(of):
        _correlate(x, w, y, of, boundary, bias, workers)
        return
    _planes(x, w, y, bias, plan, boundary, workers)


def transposed(
    x: Array, w: Array, y: Array, groups: int, spread: tuple[Spread, ...], bias: Array | None, workers: int
) -> None:
    """Fill all of y with the transposed convolution of x by w (G·C, O, *taps), whose taps are finite.

    To this kernel samples outside x are zeros; where the taps are finite that says the same as none.
    """
    inputs, outputs = w.shape[0] // groups, w.shape[1]
    plan = _transposition(groups, inputs, outputs, spread, x.dtype)
    _planes(x, w, y, bias, plan, 0, workers)


def _dense(of: Correlation) -> bool:
    """Return whether the dense kernel computes this best: from sample to sample, in rows that are mostly centre.

    To that kernel each sum has a sample: windows wholly outside the data are not for it.
    """
    return (
        len(of.axes) < 3
        and of.axes[-1].out >= LONG_ROW
        and all(axis.stride == axis.dilation == axis.leap == 1 and axis.start == 0 for axis in of.axes)
        and all(-axis.taps < axis.first <= axis.data - axis.out for axis in of.axes)
    )


@lru_cache(maxsize=64)
def _starts(items: int, groups: int, outputs: int, x_plane: int, y_plane: int, taps: int) -> tuple[Array, Array, Array]:
    """Return where each plane begins in x, in y, and its taps in w."""
    y = np.arange(items * groups * outputs, dtype=np.intp)
    return y // outputs * x_plane, y * y_plane, y % (groups * outputs) * taps


def _correlate(x: Array, w: Array, y: Array, of: Correlation, boundary: int, bias: Array | None, workers: int) -> None:
    rows, cols = (ONE, *of.axes)[-2:]
    w = w.reshape(-1, rows.taps, cols.taps)
    y_rows, y_cols = (1, *y.shape[2:])[-2:]
    x_at, y_at, h_at = _starts(
        of.items, of.groups, of.outputs, rows.data * cols.data, y_rows * y_cols, rows.taps * cols.taps
    )
    _kernels.correlate.correlate(
        x, w, y, x_at, y_at, rows.data, cols.data, cols.data, rows.out, cols.out, y_cols,
        rows.first, cols.first, 1, boundary, 0, False, workers, h_at, bias,
    )  # fmt: skip


def _planes(
    x: Array, w: Array, y: Array, bias: Array | None, plan: _plane_plan.Plan, boundary: int, workers: int
) -> None:
    kernel, key = _kernels.planes, (x.dtype.char, bias is not None, workers)
    wanted = plan.rooms.get(key)
    if wanted is None:
        wanted = plan.rooms[key] = kernel.memory(x, plan.numbers, bias is not None, workers)
    if wanted < LITTLE:
        kernel.planes(x, w, y, bias, plan.numbers, np.empty(wanted, np.uint8), x.shape[0], boundary, workers)
        return
    space = Workspace.lent()
    room = space.empty((wanted,), BYTES)
    kernel.planes(x, w, y, bias, plan.numbers, room, x.shape[0], boundary, workers)
    space.give_back()


def _reals(dtype: np.dtype[Any]) -> tuple[int, int]:
    parts = 2 if dtype.kind == "c" else 1
    return parts, dtype.itemsize // parts


def _correlation(of: Correlation, whole: tuple[int, ...], dtype: np.dtype[Any], boundary: int) -> _plane_plan.Plan:
    # How many items there are must not lead to another plan.
    return _plane_plan.correlation(of.groups, of.inputs, of.outputs, of.axes, whole, *_reals(dtype), boundary == 0)


def _transposition(
    groups: int, inputs: int, outputs: int, spread: tuple[Spread, ...], dtype: np.dtype[Any]
) -> _plane_plan.Plan:
    parts, size = _reals(dtype)
    lanes = _kernels.lanes(_kernels.level, size)
    return _plane_plan.transposition(groups, inputs, outputs, spread, parts, size, lanes)


def _fits(plan: _plane_plan.Plan, dtype: Any) -> bool:
    size = _reals(np.dtype(dtype))[1]
    return (
        plan.tap_reals * size <= _plane_plan.MOST_TAP_BYTES and plan.block_reals * size <= _plane_plan.MOST_PACKED_BYTES
    )
