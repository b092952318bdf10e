"""Which blocks are too uneven for a transform: where its rounding, of the size of the loud, would drown the quiet.

A transform's rounding is spread evenly over a block. Its expected size there, with room for the largest of many, is

    e = 8 u sqrt(log2 N) |h|_2 |x|_2 / sqrt(N)          x: the N samples of the block

An output is worth max|h| times the largest |x| under the filter's core: the taps of at least 1/16 of the largest. Where
e exceeds a millionth of that (a thousandth in single precision), anywhere in a block, the block is computed otherwise.
Windows of exact zeros do not count: what is computed there is all rounding, by any route but the direct one.

|x| is looked at in chunks of about half the core, so that every window holds a whole one, and is as loud as that at
least. What it does not hold wholly is not counted.
"""

from __future__ import annotations

from math import log2, prod, sqrt
from typing import Any

import numpy as np

from . import _kernels
from ._routes.borders import fold
from ._shapes import Axis, Blocks, Shape

Array = np.ndarray[Any, Any]

ROOM = 8.0
LEAST = {"f": 1e-3, "F": 1e-3, "d": 1e-6, "D": 1e-6}  # share of an output's worth that rounding may have
CORE = 16.0
SMALL = {"f": 2.0**-50, "d": 2.0**-450}  # below, an energy is not to be trusted
STRETCH = 256  # samples whose energy is summed at once


def ratios(
    x: Array,
    w: Array,
    axes: tuple[Axis, ...],
    blocks: Blocks,
    boundary: int,
    fill: Any,
    workers: int,
    *,
    closely: bool = False,
) -> Array:
    """Return for each block of each item how many times too large its rounding would be: above 1, it is spoiled.

    x: finite items of the axes, any number of axes in front; w: the taps. The result has the blocks in the place of
    the samples, and is for the precision of x; all zeros where a glance, if not asked to look `closely`, shows that no
    block can be worse than all at their loudest.
    """
    x = np.ascontiguousarray(x)
    sizes = np.abs(w)
    top = float(sizes.max())
    counts = blocks.number(axes)
    if not top > 0:
        return np.zeros(x.shape[: x.ndim - len(axes)] + counts)
    core = [_hull(sizes * CORE >= top, axis) for axis in range(len(axes))]
    # Neither is longer than a quarter of a block, so that a block's are hardly more than it.
    quarters = [_power(max(1, points // 4)) for points in blocks.points]
    chunk = tuple(min(_power((to - of + 1) // 2), most) for (of, to), most in zip(core, quarters, strict=True))
    stretch = tuple(max(n, min(STRETCH, most)) for n, most in zip(chunk, quarters, strict=True))
    most, energy = _measured(x, chunk, stretch, workers)
    points = prod(blocks.points)
    norms = (sizes.astype(np.float64) / top) ** 2
    # A block's expected rounding, in units of what its quietest output may lose, for samples of mean square 1 there.
    unit = ROOM * float(np.finfo(x.dtype).eps) / 2 * sqrt(log2(max(points, 2))) / LEAST[x.dtype.char]
    rounding = unit * sqrt(norms.sum()) * _loudest(most, energy, stretch, boundary, fill)
    if not closely and rounding <= _quietest(most, fill):
        return np.zeros(x.shape[: x.ndim - len(axes)] + counts)
    most, energy = _together(x, most, energy, chunk, stretch, workers)
    outside = np.inf if not fill else abs(fill), abs(fill) ** 2
    ahead = x.ndim - len(axes)
    for i, (axis, (start, stop)) in enumerate(zip(axes, core, strict=True)):
        first = np.arange(counts[i]) * blocks.hop[i]
        last = np.minimum(first + blocks.hop[i], axis.out)
        under = axis.first + first + start, axis.first + last - 1 + stop
        most = _over(most, ahead + i, chunk[i], axis.data, under, boundary, outside[0], np.minimum)
        # A partition's blocks are those of the outputs, and as many before as there are partitions.
        first = np.arange(counts[i] + blocks.parts - 1) * blocks.hop[i] + axis.first
        reach = blocks.points[i] if blocks.parts > 1 else blocks.hop[i] + axis.taps - 1
        energy = _over(energy, ahead + i, stretch[i], axis.data, (first, first + reach), boundary,
                       outside[1] * stretch[i], np.add)  # fmt: skip
    if blocks.parts > 1:
        parts = np.add.reduceat(norms, np.arange(0, len(norms), blocks.hop[0]))
        energy = np.lib.stride_tricks.sliding_window_view(energy, len(parts), axis=-1) @ parts
    else:
        energy = energy * norms.sum()
    with np.errstate(all="ignore"):
        energy = np.where(most < SMALL["d"], np.inf, energy)
        return np.where(most < np.inf, unit * np.sqrt(energy / points) / most, 0.0)


def _loudest(most: Array, energy: Array, stretch: Shape, boundary: int, fill: Any) -> float:
    """Return what the root mean square of no block exceeds."""
    peak: float = max(float(most.max()), abs(fill))
    if boundary or fill:
        return peak
    # Four stretches at least are a block, and those that it only begins in are one more along each axis.
    return min(peak, sqrt(float(energy.max()) / stretch[-1] * 1.5 ** len(stretch)))


def _quietest(most: Array, fill: Any) -> float:
    """Return what no window's largest magnitude is below; nothing where that is not to be told so soon."""
    least = float(most.min())
    least = min(least, abs(fill)) if fill else least
    return least if least > SMALL[most.dtype.char] else 0.0


def _hull(large: Array, axis: int) -> tuple[int, int]:
    """Return from where to where along an axis there are large taps."""
    found = np.flatnonzero(large.any(tuple(i for i in range(large.ndim) if i != axis)))
    return int(found[0]), int(found[-1]) + 1


def _power(n: int) -> int:
    """Return the largest power of two that is not above n."""
    return 1 << (n.bit_length() - 1)


def _measured(x: Array, chunk: Shape, stretch: Shape, workers: int) -> tuple[Array, Array]:
    """Return the largest magnitude in each chunk of the last axis, and the energy of each stretch of it."""
    unit = 2 if x.dtype.kind == "c" else 1  # of a complex number the larger part counts
    rows, n = x.shape[:-1], x.shape[-1]
    most = np.empty((*rows, -(-n // chunk[-1])), x.real.dtype)
    energy = np.empty((*rows, -(-n // stretch[-1])))
    sizes = prod(rows), n * unit, n * unit, chunk[-1] * unit, stretch[-1] * unit
    _kernels.loudness.loudness(x, *sizes, most, energy, workers)
    return most, energy


def _together(x: Array, most: Array, energy: Array, chunk: Shape, stretch: Shape, workers: int) -> tuple[Array, Array]:
    """Return the same of chunks and stretches along all axes, without those of zeros, and energies to be trusted."""
    if most.dtype == np.float32:
        # Squares overflow and underflow long before the values do. Each item is seen to alone, for its bytes.
        for index in np.ndindex(x.shape[: x.ndim - len(chunk)]):
            own = most[index]
            if not np.isfinite(energy[index]).all() or own[own > 0].min(initial=1) <= SMALL["f"]:
                wide = x[index].astype(np.result_type(x, np.float64))
                energy[index] = _measured(wide, chunk, stretch, workers)[1]
    for i in range(len(chunk) - 1):
        at = i - len(chunk)
        most = np.maximum.reduceat(most, np.arange(0, x.shape[at], chunk[i]), axis=at)
        energy = np.add.reduceat(energy, np.arange(0, x.shape[at], stretch[i]), axis=at)
    return np.where(most > 0, most, np.inf).astype(np.float64), energy


def _over(
    values: Array, axis: int, unit: int, n: int, ranges: tuple[Array, Array], boundary: int, outside: float, by: Any
) -> Array:
    """Return what the chunks of `unit` samples that meet each range of samples come to, by minimum or by addition."""
    start, stop = ranges[0] // unit, -(-ranges[1] // unit)
    nothing = _nothing(by)
    values = np.moveaxis(values, axis, -1)
    if boundary == 0 and outside == nothing:
        start, stop = np.clip(start, 0, values.shape[-1]), np.clip(stop, 0, values.shape[-1])
    else:
        at = np.arange(start.min(), stop.max())
        values = _continued(values, at, unit, n, boundary, outside, by)
        start, stop = start - at[0], stop - at[0]
    empty = stop <= start
    values = np.concatenate([values, np.full((*values.shape[:-1], 1), nothing)], axis=-1)
    start = np.where(empty, values.shape[-1] - 1, start)
    stop = np.where(empty, values.shape[-1] - 1, stop)
    made = by.reduceat(values, np.stack([start, stop], axis=-1).ravel(), axis=-1)[..., ::2]
    return np.moveaxis(np.where(empty, nothing, made), -1, axis)


def _continued(values: Array, at: Array, unit: int, n: int, boundary: int, outside: float, by: Any) -> Array:
    """Return the values of chunks outside the data too: of those in which their first and last samples lie."""
    if boundary == 0:
        inside = (at >= 0) & (at < values.shape[-1])
        return np.where(inside, values[..., np.clip(at, 0, values.shape[-1] - 1)], outside)
    first, last = fold(at * unit, n, boundary) // unit, fold(at * unit + unit - 1, n, boundary) // unit
    made: Array = by(values[..., first], np.where(first == last, _nothing(by), values[..., last]))
    if boundary == 4 and by is np.add:  # one sample all the way: at most the energy of its chunk, each time
        made = np.where((at >= 0) & (at < values.shape[-1]), made, unit * values[..., first])
    return made


def _nothing(by: Any) -> float:
    """Return what changes no minimum, or no sum."""
    return float("inf") if by is np.minimum else 0.0
