"""Resizing by tables: which pass comes first, in what units, and what is rounded how.

Reals are computed in their own precision. Whole numbers (8 and 16 bits) are rounded half to even from the exactly
weighted value: by 16-bit integers where the weights are multiples of a power of two, else by float32 (8 bits) or
float64, whose results are computed again wherever their error could have decided. What decides about bytes is chosen
from one item: from its sizes and tables.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _kernels
from .._workspace import Workspace

if TYPE_CHECKING:
    from .._resize_tables import Axis

Array = np.ndarray[Any, Any]
Axes = tuple["Axis", "Axis", "Axis"]
BYTES = np.dtype(np.uint8)
LITTLE = 1 << 16  # bytes that are sooner taken anew than borrowed

PLANES, CHANNELS_LAST = "planes", "channels_last"
MOST = {"B": 2**8 - 1, "H": 2**16 - 1}
MOST_SHORT = 2**16 - 1 - MOST["B"]  # of a sum in 16 bits, which leaves rounding its room
MOST_EXACT = 2**125  # of a sum in 128 bits
RARE = 2.0**-6  # how far a float32 may be wrong before most outputs have to be computed again

ROUGH = 2.0**-48  # how far a weight may lie from the exact one where that is not simply rounded (Axis.rounded)

# A multiply-add along a row costs about twice one across rows: samples have to be brought to their lanes.
ALONG = 2


def run(x: Array, y: Array, axes: Axes, workers: int, layout: str = PLANES) -> None:
    """Fill y with x resized along its last axes but the channels: (planes, D, H, W), or channels-last (items, H, W, C).

    Tables without weights on every axis copy: any dtype, whose bytes are kept. Others: float32, float64, uint8, uint16,
    in native byte order. Both arrays are C-contiguous and do not overlap.
    """
    if not y.size:
        return
    items, channels = (x.shape[0], x.shape[-1]) if layout == CHANNELS_LAST else (x.shape[0], 1)
    if all(axis.weights is None for axis in axes):
        _copy(x, y, axes, items, channels, workers)
    elif x.dtype.char in "fd":
        described = tuple(map(_described, axes))
        _resize(x, y, described, items, channels, x.dtype.itemsize, columns_first(axes), None, workers)
    else:
        _whole(x, y, axes, items, channels, workers)


def columns_first(axes: Axes) -> bool:
    """Return whether rows of samples are resized before they are summed: by operations, from sizes alone."""
    _, rows, cols = axes
    down, across = (1 if axis.weights is None else axis.weights.shape[1] for axis in (rows, cols))
    seen = min(rows.data, rows.out * down)
    ahead = seen * cols.out * across * ALONG + rows.out * cols.out * down
    return ahead <= rows.out * cols.data * down + rows.out * cols.out * across * ALONG


# ── copies ─────────────────────────────────────────────────────────────────────────────────────


def _copy(x: Array, y: Array, axes: Axes, items: int, channels: int, workers: int) -> None:
    pixel = channels * x.itemsize
    size = next(n for n in (8, 4, 2, 1) if pixel % n == 0)
    described = tuple((axis.data, axis.out, axis.starts, None) for axis in axes)
    whole_rows = _stays(axes[-1])
    kernel = _kernels.table
    room = np.empty(kernel.copy_memory(described, pixel // size, size), np.uint8)
    kernel.copy(x, y, described, items, pixel // size, size, whole_rows, room, workers)


def _stays(axis: Axis) -> bool:
    """Return whether every output is its own sample."""
    same = axis.data == axis.out and bool((axis.starts == np.arange(axis.out)).all())
    return same and (axis.weights is None or (axis.weights.shape[1] == 1 and bool((axis.weights == 1).all())))


# ── reals ──────────────────────────────────────────────────────────────────────────────────────


def _described(axis: Axis) -> tuple[int, int, Array | None, Array | None]:
    """Return an axis as the kernel takes it: no starts where it stays as it is."""
    if _stays(axis):
        return axis.data, axis.out, None, None
    weights = np.ones((axis.out, 1)) if axis.weights is None else axis.weights
    return axis.data, axis.out, np.ascontiguousarray(axis.starts, np.intp), np.ascontiguousarray(weights, np.float64)


def _resize(
    x: Array, y: Array, axes: Any, items: int, channels: int, unit: int, ahead: bool, exact: Any, workers: int
) -> int:
    kernel = _kernels.table
    wanted = kernel.memory(axes, channels, x.itemsize, unit, ahead, workers)
    if wanted < LITTLE:
        room = np.empty(wanted, np.uint8)
        return kernel.resize(x, y, axes, items, channels, unit, ahead, room, exact, workers)
    space = Workspace.lent()
    room = space.empty((wanted,), BYTES)
    left = kernel.resize(x, y, axes, items, channels, unit, ahead, room, exact, workers)
    space.give_back()
    return left


# ── whole numbers ──────────────────────────────────────────────────────────────────────────────


def _whole(x: Array, y: Array, axes: Axes, items: int, channels: int, workers: int) -> None:
    described: Any = tuple(map(_described, axes))
    weights = tuple(each[3] for each in described)
    most, ahead = MOST[x.dtype.char], columns_first(axes)
    scaled, over = zip(*map(_integers, axes, described), strict=True)
    known = all(n is not None or each[2] is None for n, each in zip(scaled, described, strict=True))
    whole = prod(over) if known else 0
    shift = whole.bit_length() - 1
    binary = known and whole == 1 << shift
    largest = most * prod(float(np.abs(w).sum(axis=1).max()) for w in weights if w is not None)

    if known and largest * whole >= MOST_EXACT:
        scaled = (None, None, None)
    if binary and x.dtype.char == "B" and _short(scaled, largest * whole):
        short = tuple(
            (*each[:3], None if n is None else n.astype(np.float64)) for each, n in zip(described, scaled, strict=True)
        )
        if _kernels.table.memory(short, channels, 1, 2, ahead, workers):
            exact = (-1.0, -1.0, shift, most, weights, scaled, over, np.empty(0, np.intp))
            _resize(x, y, short, items, channels, 2, ahead, exact, workers)
            return

    unit: np.dtype[Any] = np.dtype(np.float64)
    if x.dtype.char == "B" and _doubt(weights, largest, np.dtype(np.float32)) < RARE:
        unit = np.dtype(np.float32)
    # Sums of multiples of 2**-shift are exact while they have the bits.
    sure = binary and largest * whole < 2 ** np.finfo(unit).nmant
    unsure = sum(w.shape[1] for w, axis in zip(weights, axes, strict=True) if w is not None and not axis.rounded)
    rough = largest * ROUGH * unsure
    doubt, least = (-1.0 if sure else _doubt(weights, largest, each) + rough for each in (unit, np.dtype(np.float64)))
    left = np.empty(0 if sure else y.size, np.intp)  # its pages come where they are written
    exact = (doubt, least, 0, most, weights, scaled, over, left)
    many = _resize(x, y, described, items, channels, unit.itemsize, ahead, exact, workers)
    if many:
        _settle(x, y, axes, channels, left[:many], most)


def _integers(axis: Axis, described: Any) -> tuple[Array | None, int]:
    """Return the weights as integers over one number: None and 1 where there are none."""
    if described[2] is None:
        return None, 1
    if axis.weights is None:
        return np.ones((axis.out, 1), np.int64), 1
    if axis.scaled is None:
        return None, 1
    return np.ascontiguousarray(axis.scaled[0], np.int64), int(axis.scaled[1])


def _short(scaled: tuple[Array | None, ...], largest: float) -> bool:
    """Return whether 16 bits without a sign hold every sum."""
    return largest <= MOST_SHORT and all(n is None or n.min() >= 0 for n in scaled)


def _doubt(weights: tuple[Array | None, ...], largest: float, unit: np.dtype[Any]) -> float:
    """Return how far a sum may lie from its exact value: a rounding for each weight, product and addition."""
    u = float(np.finfo(unit).eps) / 2
    roundings = sum(w.shape[1] + 2 for w in weights if w is not None) + 2
    share = roundings * u
    # The last part: where the distance to the nearest whole number is itself rounded.
    return largest * share / (1 - share) + u if share < 0.5 else np.inf


def _settle(x: Array, y: Array, axes: Axes, channels: int, left: Array, most: int) -> None:
    """Round the outputs left, each from its weights as fractions."""
    depth, rows, cols = axes
    x = x.reshape(-1, depth.data, rows.data, cols.data, channels)
    flat = y.reshape(-1)
    rows_of: list[dict[int, Any]] = [{}, {}, {}]
    for at in left.tolist():
        n, *outputs, c = np.unravel_index(at, (x.shape[0], depth.out, rows.out, cols.out, channels))
        terms = []
        for axis, known, i in zip(axes, rows_of, map(int, outputs), strict=True):
            if i not in known:
                start = int(axis.starts[i])
                exact = [Fraction(1)] if axis.weights is None else axis.exact(i)
                known[i] = [(start + t, w) for t, w in enumerate(exact) if w]
            terms.append(known[i])
        value = sum(
            (
                wd * wr * sum((wc * int(x[n, d, r, j, c]) for j, wc in terms[2]), Fraction(0))
                for d, wd in terms[0]
                for r, wr in terms[1]
            ),
            Fraction(0),
        )
        flat[at] = min(max(round(value), 0), most)
