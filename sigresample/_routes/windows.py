"""Windows over planes: how large ones are put together from parts, and what the kernel is told.

All of that follows from the shapes of one item and the size of a sample: sums of parts round otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import _cache, _kernels
from .._window_shapes import NONE, Along

Array = np.ndarray[Any, Any]
Axes = tuple[Along, Along, Along]

# Of the columns under the outputs that are computed at a time.
TILE_BYTES = 16 * 1024
# In vectors read, and sums or comparisons with them: what windows put together from the two parts of a block cost
# beside the samples of one; what chains of small windows do; how far windows in parts must be ahead.
TALL, CHAIN, AHEAD = 6, 8, 8
# Windows that grow from smaller ones in one pass, and by how many comparisons or sums, with the pass itself.
GROWN = {4: 3, 5: 4, 8: 4, 15: 6, 16: 5}
# Plans with more outputs along their axes may hold arrays of that length, and are not kept.
LONG = 2**14
# Samples of results between two passes.
PASS = 2**21
# Positions in a plane that fit beside samples of four bytes.
MOST = 2**31


class Plan(NamedTuple):
    """What the kernel is told of a call."""

    numbers: Array  # three axes, then: tile, span, tall, step, length, grown
    bounds: tuple[Array | None, Array | None, Array | None] | None
    twice: bool  # first along rows and columns, then along the depth


def maximum(x: Array, y: Array, indices: Array | None, along: Axes, workers: int) -> None:
    """Fill y with the largest sample of each window, and `indices` with its flat position in the plane."""
    if indices is None:
        _pool(x, y, along, False, 1.0, None, workers)
        return
    _, d, h, w = x.shape
    work = x.dtype
    if work.itemsize < 4:
        work = np.dtype(np.int32)
    elif work.itemsize == 4 and d * h * w >= MOST:
        work = np.dtype(work.kind + "8")
    plan = _plan(along, work.itemsize, False, True)
    if work is x.dtype:
        _kernels.window.best(x, y, indices, plan.numbers, plan.bounds, workers)
        return
    made = np.empty(y.shape, work)
    _kernels.window.best(x.astype(work), made, indices, plan.numbers, plan.bounds, workers)
    y[...] = made


def average(x: Array, y: Array, along: Axes, divisors: int | tuple[Array, Array, Array], workers: int) -> None:
    """Fill y with sums over windows, each divided by the one number or by the product of its three counts."""
    if isinstance(divisors, tuple):
        _pool(x, y, along, True, 1.0, divisors, workers)
    else:
        _pool(x, y, along, True, float(divisors), None, workers)


def total(x: Array, y: Array, along: Axes, workers: int) -> None:
    """Fill y with sums over windows: of floats, or of 64-bit integers modulo 2**64."""
    _pool(x, y, along, True, 1.0, None, workers)


def bad_index(indices: Array, most: int) -> int:
    """Return where the first number lies that is none of 0 … most - 1, or -1."""
    return int(_kernels.window.outside(indices, most))


def unpool(x: Array, indices: Array, y: Array, workers: int) -> None:
    """Fill planes of y with zeros and the values of x (planes, n) at their positions; of equal ones the last stays."""
    _kernels.window.unpool(x, indices, y, workers)


def spread(x: Array, y: Array, along: Axes, workers: int) -> None:
    """Fill each sample of y with the mean of what was pooled, by these windows, from there."""
    back, counts = _back(along)
    _pool(x, y, back, True, 1.0, counts, workers)


# ── plans ──────────────────────────────────────────────────────────────────────────────────────


def _pool(
    x: Array, y: Array, along: Axes, sums: bool, by: float, counts: tuple[Array, Array, Array] | None, workers: int
) -> None:
    plan = _plan(along, x.dtype.itemsize, sums, False)
    if plan.twice:
        _pool_twice(x, y, along, sums, by, counts, workers)
    else:
        _kernels.window.pool(x, y, plan.numbers, plan.bounds, sums, by, counts, workers)


def _pool_twice(
    x: Array, y: Array, along: Axes, sums: bool, by: float, counts: tuple[Array, Array, Array] | None, workers: int
) -> None:
    """Pool slice by slice, then over the slices, as many planes at a time as are good for the caches."""
    depth, rows, cols = along
    planes, size = len(x), rows.out * cols.out
    first = _plan((NONE, rows, cols), x.itemsize, sums, False)
    second = _plan((NONE, depth, Along(size, size, 1, 0, 1, 1)), x.itemsize, sums, False)
    if counts is not None:
        each = np.broadcast_to(counts[1], rows.out)[:, None] * counts[2]
        counts = np.ones(1, np.int64), counts[0], np.broadcast_to(each, (rows.out, cols.out)).reshape(-1)
    many = max(1, PASS // max(1, depth.data * size))
    between = np.empty((min(many, planes), depth.data, size), x.dtype)
    for n in range(0, planes, many):
        part = between[: min(many, planes - n)]
        slices = x[n : n + many].reshape(-1, 1, rows.data, cols.data)
        _kernels.window.pool(slices, part, first.numbers, first.bounds, sums, 1.0, None, workers)
        _kernels.window.pool(part, y[n : n + many], second.numbers, second.bounds, sums, by, counts, workers)


def route(along: Axes, itemsize: int, sums: bool, indices: bool) -> str:
    """Return whether windows are taken sample by sample, "direct", or from parts that they share, "van Herk"."""
    plan = _plan(along, itemsize, sums, indices)
    tall, step = plan.numbers[20:22]
    if plan.twice:
        depth, rows, _ = along
        tall = _cost(depth) < depth.out * depth.taps or _cost(rows) < rows.out * rows.taps
    return "van Herk" if tall or step else "direct"


def _long(along: Axes) -> bool:
    return any(axis.bounds is not None and max(axis.out, axis.data) > LONG for axis in along)


def _plan(along: Axes, size: int, sums: bool, indices: bool) -> Plan:
    made = _planned.__wrapped__ if _long(along) else _planned
    return made(along, size, sums, indices)


@lru_cache(maxsize=256)
def _planned(along: Axes, size: int, sums: bool, indices: bool) -> Plan:
    depth, rows, cols = along
    tall, twice, step, length, grown = False, False, 0, 0, False
    if not indices:
        twice = _in_two_passes(depth, rows)
        tall = not twice and depth.taps == 1 and _cost(rows) < rows.out * rows.taps
        step, length, grown = _parts(cols, size, sums)
    tile, span = _tile(cols, size)
    numbers = [n for axis in along for n in axis[:6]]
    bounds = None
    if any(axis.bounds is not None for axis in along):
        d, h, w = (_bounds(axis) for axis in along)
        bounds = d, h, w
    return Plan(np.array([*numbers, tile, span, tall, step, length, grown], np.intp), bounds, twice)


def _bounds(of: Along) -> Array | None:
    return None if of.bounds is None else np.array(of.bounds, np.int64).reshape(of.out, 2)


def _cost(of: Along) -> int:
    """Return the least that the windows along the rows cost for each column."""
    plain = of.out * of.taps
    if of.bounds is not None or of.taps < AHEAD:
        return plain
    return min(plain, TALL * ((of.out - 1) * of.stride + 1 + of.taps))


def _in_two_passes(depth: Along, rows: Along) -> bool:
    """Return whether windows are pooled slice by slice first: at half the price or less."""
    if depth.taps == 1:
        return False
    plain = depth.out * rows.out * depth.taps * rows.taps
    parted = depth.data * (_cost(rows) + 4 * rows.out) + rows.out * (_cost(depth) + 4 * depth.out)
    return 2 * parted <= plain


def _parts(of: Along, size: int, sums: bool) -> tuple[int, int, bool]:
    """Return of how many samples the windows are that those along a row are put together from, 0 for none.

    And how many of these are chained, because they are many; and whether they grow from smaller ones themselves.
    """
    if of.bounds is not None or of.taps < AHEAD:
        return 0, 0, False
    lanes = 64 // size
    costs = {}
    for step in range(2, min(of.taps // 2, 32) + 1):
        many, rest = divmod(of.taps, step)
        costs[step + many + (rest if sums else rest > 0)] = step, 0, False
    if of.taps >= 2 * lanes:
        rest = of.taps % lanes
        costs.setdefault(lanes + CHAIN + (rest if sums else rest > 0), (lanes, 1, False))
    # Where vectors are of few samples, and reach over what is one step after the other.
    if of.dilation == 1 and lanes <= 16:
        for step, cost in GROWN.items():
            many, rest = divmod(of.taps, step)
            if many:
                costs[cost + many + (rest if sums else rest > 0)] = step, 0, True
                if step == lanes and many > 1:
                    costs[cost + CHAIN + (rest if sums else rest > 0)] = step, 1, True
    cost = min(costs)
    whole = (of.out - 1) * of.stride + 1
    return costs[cost] if whole * (cost + 2) < of.out * of.taps else (0, 0, False)


def _tile(of: Along, size: int) -> tuple[int, int]:
    """Return how many outputs along a row are computed at a time, and the columns under them, at most."""
    if of.out == 0:
        return 1, 1
    reach = (of.taps - 1) * of.dilation
    under = max(TILE_BYTES // size, 4 * reach)
    if of.bounds is None:
        tile = min(of.out, max(1, (under - reach) // of.stride))
        return tile, (tile - 1) * of.stride + reach + 1
    tile = min(of.out, max(1, under * of.out // max(of.data, 1)))
    bounds = np.array(of.bounds, np.int64).reshape(of.out, 2)
    starts = np.arange(0, of.out, tile)
    low = np.minimum.reduceat(bounds[:, 0], starts)
    return tile, max(1, int((np.maximum.reduceat(bounds[:, 1], starts) - low).max()))


def _back(along: Axes) -> tuple[Axes, tuple[Array, Array, Array]]:
    made = _turned.__wrapped__ if max(axis.data for axis in along) > LONG else _turned
    return made(along)


@lru_cache(maxsize=64)
def _turned(along: Axes) -> tuple[Axes, tuple[Array, Array, Array]]:
    """Return the windows of what was pooled that were over each sample, and how many they are along each axis."""
    axes, counts = [], []
    for of in along:
        samples = np.arange(of.data) - of.first
        low = np.clip(-((of.taps - 1 - samples) // of.stride), 0, of.out)
        high = np.clip(samples // of.stride + 1, low, of.out)
        many = high - low
        bounds = tuple(zip(low.tolist(), high.tolist(), strict=True))
        axes.append(Along(of.out, of.data, max(1, int(many.max(initial=1))), 0, 0, 1, bounds))
        counts.append(np.maximum(many, 1).astype(np.int64))
    (d, h, w), (a, b, c) = axes, counts
    return (d, h, w), (a, b, c)


for _kept in (_planned, _turned):
    _cache.forgets(_kept.cache_clear)
