"""Which items of a convolution over channels are too uneven for a transform: _dynamic_range's rule, over channels.

The expected rounding of a tile of N points, for output o, and what an output there is worth at least:

    e = 8 u sqrt(log2 N) sqrt(sum over c of |w_oc|_2^2 |x_c|_2^2 / N)
    worth = min over windows of max over c of max|w_oc| max|x_c|

A window is what the large taps lie on: those of at least 1/16 of a filter's largest, common to all filters of an
output but those whose largest is itself below 1/16 of the loudest's. An item where e exceeds a millionth of the worth
(a thousandth in single precision), for any tile and output, is computed otherwise, and so are all where the filters
have no such window in common. Windows of zeros in all channels do not count. The small tiles of 3 × 3 taps are looked
at one by one, and those where e is too large are computed otherwise, they alone.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import Any, NamedTuple

import numpy as np

from . import _kernels
from ._channel_shapes import Correlation
from ._dynamic_range import CORE, EPS, LEAST, SMALL, STRETCH, expected, measured, over, power, quarter, reals, together
from ._routes import borders, channel_fft, winograd
from ._shapes import Shape

Array = np.ndarray[Any, Any]

TILE = 6  # samples of a tile of 3 × 3 taps along an axis
TILED = 64.0
FEW = 8  # channels: of fewer, the kernel looks along the rows
PIECE = 1 << 18  # samples of which notes are kept at a time, if an item has no more


class Rule(NamedTuple):
    """What one call's items are judged by."""

    of: Correlation
    tops: Array  # of filters (groups, outputs, inputs), in units of an output's loudest
    energies: Array
    core: tuple[tuple[int, int], ...]  # along each axis, from where to where
    chunk: Shape
    stretch: Shape
    hop: Shape
    unit: float  # a tile's expected rounding over what it may be, for mean squares of 1
    points: int
    boundary: int


def uneven(x: Array, w: Array, of: Correlation, boundary: int, workers: int) -> Array:
    """Return for each item whether its transforms would lose what is quiet in it, or whether one cannot tell.

    Of an item that is not finite the answer says nothing.
    """
    made = np.zeros(of.items, bool)
    if not x.size or not w.size or not all(axis.out for axis in of.axes):
        return made
    with np.errstate(all="ignore"):
        tops, energies, core = _bank(w)
        if not tops.any():
            return made
        if core is None:
            return ~made
        rule = _rule(tops, energies, core, of, x.dtype, boundary)
        some = max(1, PIECE * of.items // x.size)
        for first in range(0, of.items, some):
            most = measured(x[first : first + some], rule.chunk, (max(STRETCH, rule.chunk[-1]),), workers)[0]
            left = ~_at_a_glance(most.reshape(-1, of.groups, of.inputs, prod(most.shape[2:])), rule).all(-1)
            for n in np.flatnonzero(left):
                made[first + n] = _spoiled(x[first + n], rule, workers)
    return made


def _bank(w: Array) -> tuple[Array, Array, tuple[tuple[int, int], ...] | None]:
    """Return the filters' largest taps and energies, by output's loudest, and the window that they have in common."""
    taps = w.shape[2:]
    found = np.empty((w.shape[0] * w.shape[1], 6))
    _kernels.channelfft.sizes(w, prod(taps[:-1]), taps[-1], w.dtype.kind == "c", 1 / CORE, found)
    tops, energies, *hulls = (column.reshape(w.shape[:2]) for column in np.ascontiguousarray(found.T))
    loudest = tops.max(1, keepdims=True)
    told = (tops * CORE >= loudest) & (tops > 0)
    tops = tops / np.where(loudest > 0, loudest, 1)  # of an output whose filters are zeros
    hulls = hulls[-2 * len(taps) :]
    if not told.any():
        return tops, energies, None
    starts = [int(np.where(told, hull, 0).max()) for hull in hulls[::2]]
    stops = [int(np.where(told, hull, n).min()) for hull, n in zip(hulls[1::2], taps, strict=True)]
    core = tuple(zip(starts, stops, strict=True))
    return tops, energies * tops**2, core if all(start < stop for start, stop in core) else None


def _rule(
    tops: Array,
    energies: Array,
    core: tuple[tuple[int, int], ...],
    of: Correlation,
    dtype: np.dtype[Any],
    boundary: int,
) -> Rule:
    how = channel_fft.cut(of, dtype, zeros=boundary == 0)
    # Neither is longer than a quarter of a tile, so that a tile's are hardly more than it.
    quarters = [quarter(n) for n in how.points[-len(of.axes) :]]
    chunk = tuple(min(power((to - start + 1) // 2), most) for (start, to), most in zip(core, quarters, strict=True))
    stretch = tuple(max(n, min(STRETCH, most)) for n, most in zip(chunk, quarters, strict=True))
    stretch = (*stretch[:-1], max(16, stretch[-1]))  # a vector, for speed: what it adds to a tile is on the safe side
    points = prod(how.points)
    unit = expected(dtype, points)
    tops, energies = (values.reshape(of.groups, of.outputs, of.inputs) for values in (tops, energies))
    return Rule(of, tops, energies, core, chunk, stretch, how.hop[-len(of.axes) :], unit, points, boundary)


def _at_a_glance(most: Array, rule: Rule) -> Array:
    """Return for each group whether no tile is spoiled even if all are loudest where all channels are quietest."""
    quiet = most.max(-2).min(-1).astype(np.float64)
    quiet = np.where(quiet > SMALL[most.dtype.char], quiet, 0.0)
    peaks = most.max(-1).astype(np.float64)
    rounding = rule.unit * np.sqrt(np.einsum("goc,...gc->...go", rule.energies, peaks**2))
    return np.asarray((rounding <= rule.tops.min(-1) * quiet[..., None]).all(-1))


def _spoiled(x: Array, rule: Rule, workers: int) -> bool:
    """Return whether one item is."""
    of = rule.of
    most, energy = measured(x, rule.chunk, rule.stretch, workers)
    most, energy = together(x, most, energy, rule.chunk, rule.stretch, workers)
    most = np.where(most < np.inf, most, 0.0)
    most, energy = (values.reshape(of.groups, of.inputs, *values.shape[1:]) for values in (most, energy))
    left = ~_at_a_glance(most.reshape(of.groups, of.inputs, -1), rule)
    if not left.any():
        return False
    for i, axis in enumerate(of.axes):
        first = _starts(rule, i) + axis.first
        reach = first, first + rule.hop[i] + axis.taps - 1
        energy = over(energy, 2 + i, rule.stretch[i], axis.data, reach, rule.boundary, 0.0, np.add)
    return any(_closely(most[g], energy[g], rule.tops[g], rule.energies[g], rule) for g in np.flatnonzero(left))


def _closely(most: Array, energy: Array, tops: Array, energies: Array, rule: Rule) -> bool:
    """Return whether a tile of one group is spoiled: first as if all filters were as loud as an output's quietest."""
    rounding = rule.unit * np.sqrt(np.tensordot(energies, energy, 1) / rule.points)
    worth = _quietest(most.max(0)[None], rule)
    if _meets(rounding, np.multiply.outer(tops.min(-1), worth[0])):
        return False
    worth = np.zeros((len(tops), *most.shape[1:]))
    for top, of_channel in zip(tops.T, most, strict=True):
        np.maximum(worth, np.multiply.outer(top, of_channel), out=worth)
    return not _meets(rounding, _quietest(worth, rule))


def _meets(rounding: Array, worth: Array) -> bool:
    return bool((((rounding <= worth) & (worth >= SMALL["d"])) | np.isposinf(worth)).all())


def _quietest(worth: Array, rule: Rule) -> Array:
    """Return what the quietest window under each tile is worth, those of zeros apart."""
    worth = np.where(worth > 0, worth, np.inf)
    for i, (axis, (start, stop)) in enumerate(zip(rule.of.axes, rule.core, strict=True)):
        first = _starts(rule, i)
        last = np.minimum(first + rule.hop[i], axis.out)
        under = axis.first + first + start, axis.first + last - 1 + stop
        worth = over(worth, 1 + i, rule.chunk[i], axis.data, under, rule.boundary, np.inf, np.minimum)
    return worth


def _starts(rule: Rule, i: int) -> Array:
    """Return the first output of every tile along an axis."""
    return np.arange(-(-rule.of.axes[i].out // rule.hop[i])) * rule.hop[i]


# ── tiles of 3 × 3 taps ────────────────────────────────────────────────────────────────────────


def uneven_tiles(x: Array, w: Array, of: Correlation, boundary: int, workers: int) -> Array | None:
    """Return which of Winograd's tiles, (items, down, across), lose what is quiet in them; None where none does.

    The expected rounding in a tile, and what an output there is worth at least, in units of the largest tap:

        e = 64 u sqrt(9 mean over samples of sum over c of x_c^2)      worth = min over samples of max over c of |x_c|

    64 u is five times what normal data show. Samples of zeros in all channels do not count, and the filters of all
    channels are taken as alike. The rule is that of transforms: e is at most a thousandth of the worth in single, a
    millionth in double precision.
    """
    starts = [winograd.starts(axis.out, axis.dilation) for axis in of.axes]
    if not x.size or not all(map(len, starts)):
        return None
    unit = TILED * EPS[x.dtype.char] / 2 / LEAST[x.dtype.char]
    made = None
    for n, item in enumerate(x.reshape(of.items, of.groups, of.inputs, *x.shape[2:])):
        if _level(item, unit * sqrt(9 * of.inputs), workers):
            continue
        found = np.zeros((len(starts[0]), len(starts[1])), bool)
        for group in item:
            found |= _lost(group, unit, of, starts, boundary)
        if found.any():
            made = np.zeros((of.items, *found.shape), bool) if made is None else made
            made[n] = found
    return made


def _level(item: Array, unit: float, workers: int) -> bool:
    """Return whether no tile can lose anything, if all of it were as loud as the loudest sample; or is not finite."""
    groups, inputs, rows, cols = item.shape
    if inputs < FEW:
        return False
    # The channels of a sample lie below each other.
    sizes = groups, inputs, rows * cols * reals(item), inputs, 1
    most, least = _kernels.loudness.glance(item, *sizes, workers)
    return not most < np.inf or unit * sqrt(reals(item)) * most <= least


def _lost(x: Array, unit: float, of: Correlation, starts: list[Array], boundary: int) -> Array:
    """Return which tiles of a group (inputs, rows, columns) lose what is quiet."""
    with np.errstate(all="ignore"):
        sizes = np.abs(x)
        energy, quiet = np.square(sizes, dtype=np.float64).sum(axis=0), sizes.max(axis=0).astype(np.float64)
        quiet = np.where(quiet > 0, quiet, np.inf)
        for i, (axis, at) in enumerate(zip(of.axes, starts, strict=True)):
            under = axis.first + at[:, None] + axis.dilation * np.arange(TILE)
            under = borders.fold(under, axis.data, boundary) if boundary else np.clip(under, -1, axis.data)
            inside = (under >= 0) & (under < axis.data)
            under = np.where(inside, under, 0)
            shape = (len(at), TILE) if i else (len(at), TILE, 1)
            inside = inside.reshape(shape)
            energy = np.where(inside, energy.take(under, axis=i), 0).sum(axis=i + 1)
            quiet = np.where(inside, quiet.take(under, axis=i), np.inf).min(axis=i + 1)
        # What is not finite is seen to elsewhere.
        return np.asarray((unit * np.sqrt(9 * energy / TILE**2) > quiet) & np.isfinite(quiet))
