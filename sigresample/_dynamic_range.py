"""Which blocks are too uneven for a transform: where its rounding, of the size of the loud, would drown the quiet.

A transform's rounding is spread evenly over a block. Its expected size there, with room for the largest of many, is

    e = 8 u sqrt(log2 N) |h|_2 |x|_2 / sqrt(N)          x: the N samples of the block

An output is worth max|h| times the largest |x| under the filter's core: the taps of at least 1/16 of the largest. Where
e exceeds a millionth of that (a thousandth in single precision), anywhere in a block, the block is computed otherwise.
Windows of exact zeros do not count: what is computed there is all rounding, by any route but the direct one.

|x| is looked at in chunks of about half the core, so that every window holds a whole one, and is as loud as that at
least. What it does not hold wholly is not counted. Windows that zeros cut off at an end of the data hold less: their
outputs, the rims, are looked at one by one, and those that are worth too little are summed directly.
"""

from __future__ import annotations

from math import inf, log2, prod, sqrt
from typing import Any, NamedTuple

import numpy as np

from . import _kernels
from ._routes.borders import fold
from ._shapes import Axis, Blocks, Shape

Array = np.ndarray[Any, Any]

ROOM = 8.0
LEAST = {"f": 1e-3, "F": 1e-3, "d": 1e-6, "D": 1e-6}  # share of an output's worth that rounding may have
CORE = 16.0
SMALL = {"f": 2.0**-50, "F": 2.0**-50, "d": 2.0**-450, "D": 2.0**-450}  # below, an energy is not to be trusted
EPS = {char: float(np.finfo(char).eps) for char in "fFdD"}
LARGEST = {char: float(np.finfo(char).max) / 16 for char in "fFdD"}
PEAK = 4096  # samples whose largest is found at once
FEW = 8  # windows that are looked at to begin with
STRETCH = 256  # samples whose energy is summed at once


class Glance(NamedTuple):
    """What the largest sample and the quietest stretch tell.

    even: no block can be too uneven, even if it held the loudest and the quietest of all; level: nor are the rims;
    finite: all samples are; safe: no sum, nor anything on a transform's way to it, can overflow; most: the largest
    magnitude of all samples; look: the taps' side of it.
    """

    even: bool
    level: bool
    finite: bool
    safe: bool
    most: float
    look: _Look | None = None


class Rim(NamedTuple):
    """Some outputs of an axis, from `start` on, for all of the others."""

    axis: int
    start: int
    outputs: int


class _Look(NamedTuple):
    """The taps' side: what decides how closely the samples are to be looked at."""

    top: float  # the largest magnitude of the taps
    squares: float  # the sum of their squares, over its square
    core: tuple[tuple[int, int], ...]
    chunk: Shape
    unit: float  # a block's expected rounding, over what its quietest output may lose, for samples of mean square 1
    rounding: float  # the same, at most, where no real of a sample exceeds 1


def glance(
    x: Array, w: Array, axes: tuple[Axis, ...], blocks: Blocks, boundary: int, fill: Any, workers: int
) -> Glance:
    """Return what a glance at items tells: x (..., n1, n2, …), contiguous; w, finite: the taps.

    Where it calls them even, so does a close look at each of their blocks.
    """
    look = _look(x, w, blocks, workers)
    if not x.size:
        return Glance(True, True, True, True, 0.0)
    unit = reals(x)
    tall = look.chunk[-2] if len(axes) > 1 else 1
    rows = x.shape[-2] if len(axes) > 1 else 1
    cols = x.shape[-1]
    planes = x.size // (rows * cols)
    most, least = _kernels.loudness.glance(x, planes, rows, cols * unit, tall, look.chunk[-1] * unit, workers)
    if not most < inf:
        return Glance(False, False, False, False, most)
    if fill:
        most, least = max(most, abs(fill)), min(least, abs(fill))
    loudest = look.rounding * most
    points = float(prod(blocks.points))
    largest = points * points * most * look.top * sqrt(look.squares * w.size)
    small = SMALL[x.dtype.char]
    held = _held(axes, look) if look.top and not boundary and not fill else ()
    rim = _least_of_rims(x, axes, look, held)
    return Glance(
        not look.top or (least > small and loudest <= least),
        rim > small and loudest <= rim,
        True,
        largest < LARGEST[x.dtype.char],
        most,
        look,
    )


def rims(
    x: Array, w: Array, axes: tuple[Axis, ...], blocks: Blocks, workers: int = 1, look: _Look | None = None,
    peak: float | None = None,
) -> list[Rim]:  # fmt: skip
    """Return the outputs of an item, on the rims of its data, that a transform's rounding would drown.

    Samples outside are zeros. look, peak: what a glance found of the taps, and the largest magnitude of these samples.
    """
    look = look or _look(x, w, blocks, workers)
    made: list[Rim] = []
    if not look.top or not x.size:
        return made
    if peak is None:
        peak, _ = _kernels.loudness.glance(np.ascontiguousarray(x), 1, 1, x.size * reals(x), 1, PEAK, workers)
    held = _held(axes, look)
    norm = None
    for i, (axis, chunk) in enumerate(zip(axes, look.chunk, strict=True)):
        for last, least in enumerate(held[i]):
            if not least:
                continue
            turned = np.moveaxis(x, i, 0)[:: -1 if last else 1]
            # The blocks in which such outputs lie see no samples beyond these.
            reach = chunk + axis.taps + blocks.points[i] * blocks.parts
            if reach < axis.data:
                size = _norm(turned[:reach])
            else:
                size = norm = _norm(x) if norm is None else norm
            level = max(look.rounding * min(peak, size / sqrt(prod(blocks.points))), SMALL[x.dtype.char])
            count = _low(
                turned[: chunk - 1], least, level, [(look.chunk[j], held[j]) for j in range(len(axes)) if j != i]
            )
            if not count:
                continue
            start, stop = look.core[i]
            # Samples under the core of output 0 end at first + stop; those under that of the last begin at …
            at = axis.data - least - start - axis.first - count + 1 if last else least - stop - axis.first
            at, end = max(at, 0), min(at + count, axis.out)
            if end > at:
                made.append(Rim(i, at, end - at))
    return made


def _low(x: Array, least: int, level: float, across: list[tuple[int, tuple[int, int]]]) -> int:
    """Return how many windows along the first axis, from the one of `least` samples on, are worth less than `level`.

    Each has a sample more than the one before. Windows of zeros are worth nothing, but not less than that.
    """
    count, n = 0, least + FEW
    while True:
        worths = np.maximum.accumulate(_sizes(x[:n]), axis=0)[least - 1 :]
        for axis, (chunk, held) in enumerate(across, 1):
            worths = _windows(worths, axis, chunk, held)
        worths = worths.reshape(len(worths), -1)
        low = ((worths > 0) & (worths < level)).any(axis=1)
        count = int(np.flatnonzero(low)[-1]) + 1 if low.any() else 0
        if n >= len(x) or (worths[-1] >= level).all():
            return count
        n *= 2


def _held(axes: tuple[Axis, ...], look: _Look) -> tuple[tuple[int, int], ...]:
    """Return how many samples the outermost windows of each axis hold, at its start and at its end: 0 for a chunk."""
    made = []
    for axis, (start, stop), chunk in zip(axes, look.core, look.chunk, strict=True):
        left = max(axis.first + stop, 1)
        right = max(axis.data - (axis.first + axis.out - 1 + start), 1)
        made.append((left if left < min(chunk, axis.data) else 0, right if right < (axis.data % chunk or chunk) else 0))
    return tuple(made)


def _least_of_rims(x: Array, axes: tuple[Axis, ...], look: _Look, held: tuple[tuple[int, int], ...]) -> float:
    """Return what no outermost window's largest magnitude is below."""
    least, ahead = inf, x.ndim - len(axes)
    for i, ends in enumerate(held):
        turned = np.moveaxis(x, ahead + i, 0) if any(ends) else x
        for last, n in enumerate(ends):
            if n:
                worths = _sizes(turned[len(turned) - n :] if last else turned[:n]).max(axis=0)
                for j in range(len(axes)):
                    if j != i:
                        worths = _windows(worths, ahead + j - (j > i), look.chunk[j], held[j])
                least = min(least, float(worths.min()))
    return least


def _windows(worths: Array, axis: int, chunk: int, held: tuple[int, int]) -> Array:
    """Return the largest of each chunk along an axis, and of the outermost windows."""
    worths = np.moveaxis(worths, axis, -1)
    n, (left, right) = worths.shape[-1], held
    made = [np.maximum.reduceat(worths, np.arange(0, n, chunk), axis=-1)]
    if left:
        made.append(worths[..., :left].max(axis=-1, keepdims=True))
    if right:
        made.append(worths[..., n - right :].max(axis=-1, keepdims=True))
    return np.moveaxis(np.concatenate(made, axis=-1), -1, axis)


def _norm(x: Array) -> float:
    """Return the root of the sum of squares; more than that, if it does not overflow."""
    x = x.ravel()
    squares = float(np.vdot(x, x).real) * 1.01  # summed in the precision of x
    return sqrt(squares) if SMALL[x.dtype.char] < squares < inf else inf


def _sizes(x: Array) -> Array:
    """Return magnitudes; of a complex number the larger part counts."""
    return np.abs(x) if x.dtype.kind != "c" else np.maximum(np.abs(x.real), np.abs(x.imag))


def ratios(x: Array, w: Array, axes: tuple[Axis, ...], blocks: Blocks, boundary: int, fill: Any, workers: int) -> Array:
    """Return for each block of each item how many times too large its rounding would be: above 1, it is spoiled.

    x: finite items of the axes, any number of axes in front; w: the taps. The result has the blocks in the place of
    the samples, and is for the precision of x.
    """
    x = np.ascontiguousarray(x)
    look = _look(x, w, blocks, workers)
    counts = blocks.number(axes)
    if not look.top > 0:
        return np.zeros(x.shape[: x.ndim - len(axes)] + counts)
    core, chunk, unit = look.core, look.chunk, look.unit
    stretch = tuple(max(n, min(STRETCH, quarter(m))) for n, m in zip(chunk, blocks.points, strict=True))
    most, energy = measured(x, chunk, stretch, workers)
    points = prod(blocks.points)
    most, energy = together(x, most, energy, chunk, stretch, workers)
    outside = np.inf if not fill else abs(fill), abs(fill) ** 2
    ahead = x.ndim - len(axes)
    for i, (axis, (start, stop)) in enumerate(zip(axes, core, strict=True)):
        first = np.arange(counts[i]) * blocks.hop[i]
        last = np.minimum(first + blocks.hop[i], axis.out)
        under = axis.first + first + start, axis.first + last - 1 + stop
        most = over(most, ahead + i, chunk[i], axis.data, under, boundary, outside[0], np.minimum)
        # A partition's blocks are those of the outputs, and as many before as there are partitions.
        first = np.arange(counts[i] + blocks.parts - 1) * blocks.hop[i] + axis.first
        reach = blocks.points[i] if blocks.parts > 1 else blocks.hop[i] + axis.taps - 1
        energy = over(energy, ahead + i, stretch[i], axis.data, (first, first + reach), boundary,
                       outside[1] * stretch[i], np.add)  # fmt: skip
    if blocks.parts > 1:
        norms = (np.abs(w).astype(np.float64) / look.top) ** 2
        parts = np.add.reduceat(norms, np.arange(0, len(norms), blocks.hop[0]))
        energy = np.lib.stride_tricks.sliding_window_view(energy, len(parts), axis=-1) @ parts
    else:
        energy = energy * look.squares
    with np.errstate(all="ignore"):
        energy = np.where(most < SMALL["d"], np.inf, energy)
        return np.where(most < np.inf, unit * np.sqrt(energy / points) / most, 0.0)


def _look(x: Array, w: Array, blocks: Blocks, workers: int = 1) -> _Look:
    sizes = np.abs(w) if w.dtype.kind == "c" or w.ndim > 2 else w
    rows, cols = sizes.shape if sizes.ndim == 2 else (1, sizes.size)
    top, squares, planar = _kernels.loudness.taps(sizes, rows, cols, CORE, workers)
    core: tuple[tuple[int, int], ...] = planar[2 - w.ndim :]
    if w.ndim > 2:
        core = tuple(_hull(sizes * CORE >= top, axis) for axis in range(w.ndim))
    # Chunks are no longer than a quarter of a block, so that a block's are hardly more than it.
    chunk = tuple(
        min(power(max(1, (to - of + 1) // 2)), quarter(points))
        for (of, to), points in zip(core, blocks.points, strict=True)
    )
    unit = expected(x.dtype, prod(blocks.points))
    # A block's energy is that of stretches of up to a quarter of it, of which two along each axis only begin in it.
    rounding = unit * sqrt(squares * reals(x) * 1.5**w.ndim)
    return _Look(top, squares, core, chunk, unit, rounding)


def expected(dtype: np.dtype[Any], points: int) -> float:
    """Return the expected rounding of a transform, over the share of an output's worth that it may have.

    For taps whose squares add up to 1, and samples of mean square 1.
    """
    return ROOM * EPS[dtype.char] / 2 * sqrt(log2(max(points, 2))) / LEAST[dtype.char]


def reals(x: Array) -> int:
    """Return the reals that make a number: of a complex one the larger counts."""
    return 2 if x.dtype.kind == "c" else 1


def _hull(large: Array, axis: int) -> tuple[int, int]:
    """Return from where to where along an axis there are large taps."""
    found = np.flatnonzero(large.any(tuple(i for i in range(large.ndim) if i != axis)))
    return int(found[0]), int(found[-1]) + 1


def quarter(points: int) -> int:
    return power(max(1, points // 4))


def power(n: int) -> int:
    """Return the largest power of two that is not above n."""
    return 1 << (n.bit_length() - 1)


def measured(x: Array, chunk: Shape, stretch: Shape, workers: int) -> tuple[Array, Array]:
    """Return the largest magnitude in each chunk of the last axis, and the energy of each stretch of it."""
    unit = reals(x)
    rows, n = x.shape[:-1], x.shape[-1]
    most = np.empty((*rows, -(-n // chunk[-1])), x.real.dtype)
    energy = np.empty((*rows, -(-n // stretch[-1])))
    sizes = prod(rows), n * unit, n * unit, chunk[-1] * unit, stretch[-1] * unit
    _kernels.loudness.loudness(x, *sizes, most, energy, workers)
    return most, energy


def together(x: Array, most: Array, energy: Array, chunk: Shape, stretch: Shape, workers: int) -> tuple[Array, Array]:
    """Return the same of chunks and stretches along all axes, without those of zeros, and energies to be trusted."""
    if most.dtype == np.float32:
        # Squares overflow and underflow long before the values do. Each item is seen to alone, for its bytes.
        for index in np.ndindex(x.shape[: x.ndim - len(chunk)]):
            own = most[index]
            if not np.isfinite(energy[index]).all() or own[own > 0].min(initial=1) <= SMALL["f"]:
                wide = x[index].astype(np.result_type(x, np.float64))
                energy[index] = measured(wide, chunk, stretch, workers)[1]
    for i in range(len(chunk) - 1):
        at = i - len(chunk)
        most = np.maximum.reduceat(most, np.arange(0, x.shape[at], chunk[i]), axis=at)
        energy = np.add.reduceat(energy, np.arange(0, x.shape[at], stretch[i]), axis=at)
    return np.where(most > 0, most, np.inf).astype(np.float64), energy


def over(
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
