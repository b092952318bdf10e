"""Convolution over channels by 2-D transforms of tiles: for large filters.

For every tile, all inputs are transformed, multiplied with the filters' spectra and summed over channels at each point,
and the outputs transformed back (_kernels/channelfft.pyx). A pair of channels then costs 4 multiplications an output,
over the share of a tile that is outputs, instead of P Q; transforms are C and O for each tile, and C O once a call.

Memory: at most KEPT_BYTES + NEAR_BYTES or FILTER_BYTES + TILE_BYTES of spectra, but at least those of one tile and of
the filters of four outputs; a worker beyond the first adds no more than the former, or than TILE_BYTES. Each also needs
the points of as many planes as a vector has lanes, 64 bytes a real: with padding under 5 MiB for the largest tile that
is tried where a smaller one holds the taps.

Error of an output, for one tile of L points and roundoff u:

    |error| <= (22 log2(L) + C) u sum over channels of |x_c|_2 |w_oc|_2
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import log2, prod
from typing import Any, NamedTuple

import numpy as np

from .. import _kernels
from .._channel_shapes import Along, Correlation
from .._coerce import finite
from .._shapes import Axis
from . import _transform_tables as tables
from . import tiles
from ._channel_fft_table import CONSTANTS, Constants

Array = np.ndarray[Any, Any]
Direct = Callable[[Array, Array, Array, Correlation], object]

NEAR_BYTES = 1 << 20  # a second-level cache
KEPT_BYTES = 8 << 20
FILTER_BYTES = 16 << 20
TILE_BYTES = 4 << 20
LARGEST_TILE = 1 << 16  # reals
GROUPS, OUTPUTS, TILES = range(3)  # what a worker does alone (_kernels/channelfft.pyx)
LOOK = 15e-6  # seconds that it takes to predict one cut's


class Cut(NamedTuple):
    """How an item is cut: points and outputs of a tile. All that its bytes depend on."""

    points: tuple[int, int]
    hop: tuple[int, int]


class Block(NamedTuple):
    """What is computed at a time: tiles, of any items, and whole groups, or some outputs of one."""

    mode: int  # of the three below
    tiles: int
    groups: int
    outputs: int


def takes(of: Correlation, dtype: Any) -> bool:
    """Return whether the route computes such a correlation at all."""
    return (
        np.dtype(dtype).char in "fdFD"
        and len(of.axes) in (1, 2)
        and all(axis.stride == axis.dilation == axis.leap == 1 for axis in of.axes)
        and all(axis.taps > 0 for axis in of.axes)
    )


def predict(of: Correlation, dtype: Any, *, zeros: bool = True) -> float:
    """Return the seconds that one item takes on one thread, with a look at whether it is uneven.

    `zeros`: absent samples are zeros.
    """
    return _cheapest(of._replace(items=1), np.dtype(dtype).char, zeros, _kernels.level)[0]


def cut(of: Correlation, dtype: Any, *, zeros: bool = True) -> Cut:
    """Return how an item is cut: by its shape and type alone."""
    return _cheapest(of._replace(items=1), np.dtype(dtype).char, zeros, _kernels.level)[1]


def run(
    x: Array,
    w: Array,
    y: Array,
    of: Correlation,
    boundary: int,
    bias: Array | None,
    workers: int,
    direct: Direct | None = None,
    apart: Array | None = None,
    how: Cut | None = None,
) -> None:
    """Fill y as correlation over channels, cut as `how` says.

    An item that is not finite, or whose result is not, or that is marked in `apart`, is handed to
    direct(x, w, y, of) in arrays of one item; without a `direct` all are transformed, come what may.
    """
    if not of.groups * of.outputs or not all(axis.out for axis in of.axes):
        return
    here = (slice(None), *(slice(axis.start, axis.start + axis.out) for axis in of.axes))
    left = np.ones(of.items, bool)
    if direct is not None:
        clean = finite(w)
        left = np.array([clean and finite(x[n]) for n in range(of.items)], bool)
        if apart is not None:
            left &= ~apart
    if not of.inputs:
        y[:, *here] = 0 if bias is None else bias.reshape(-1, *(1 for _ in of.axes))
        return
    early = bias if bias is not None and finite(bias) else None  # lest each item look as if it had overflowed
    _planes(x, w, y, of, boundary, early, workers, np.flatnonzero(left), how)
    if direct is not None:
        for n in np.flatnonzero(left):
            left[n] = finite(np.ascontiguousarray(y[n][here]))
    if bias is not None and early is None:
        for n in np.flatnonzero(left):
            y[n][here] += bias.reshape(-1, *(1 for _ in of.axes))
    if direct is not None:
        for n in np.flatnonzero(~left):
            direct(x[n : n + 1], w, y[n : n + 1], of._replace(items=1))


def _planes(
    x: Array,
    w: Array,
    y: Array,
    of: Correlation,
    boundary: int,
    bias: Array | None,
    workers: int,
    chosen: Array,
    how: Cut | None,
) -> None:
    if not len(chosen):
        return
    rows, cols = _axes(of)
    if how is None:
        how = cut(of, x.dtype, zeros=boundary == 0)
    plan = block(of._replace(items=len(chosen)), x.dtype, how, workers)
    real, pairs = tables.real_of(x.dtype), x.dtype.kind == "c"
    n1, m2 = how.points[0], how.points[1] if pairs else how.points[1] // 2
    down = tables.twiddles(n1, 1, real) if n1 > 1 else np.zeros(0, real)  # a single row is not transformed
    whole = (1, y.shape[2]) if len(of.axes) == 1 else y.shape[2:]
    _kernels.channelfft.correlate(
        x, w, y, bias, down, tables.twiddles(m2, 1j, real), np.ascontiguousarray(chosen, np.intp), of.groups,
        of.inputs, of.outputs, (rows.data, cols.data), (rows.out, cols.out), (rows.first, cols.first), whole,
        (rows.start, cols.start), (rows.taps, cols.taps), (n1, m2), how.hop, pairs, boundary, *plan, workers,
    )  # fmt: skip


def _axes(of: Correlation) -> tuple[Along, Along]:
    """Return both axes: one of its own is a single row."""
    return (Along(1, 1, 1, 0), of.axes[0]) if len(of.axes) == 1 else (of.axes[0], of.axes[1])


# ---- Cost -----------------------------------------------------------------------------------------------


def block(of: Correlation, dtype: Any, how: Cut, workers: int = 1) -> Block:
    """Return how much to compute at a time, and what a worker does alone.

    Where the data of all tiles fit, their spectra are kept, and a few outputs at a time see to it that those of the
    filters are used while they are near. Otherwise all filters' are kept, or as many as may be. No byte depends on it.
    """
    spectrum = prod(how.points) * np.dtype(dtype).itemsize
    bank = spectrum * max(1, of.inputs * of.outputs)
    number = of.items * count(of, how)
    if bank <= NEAR_BYTES and (of.groups >= workers or number < workers):
        groups = max(1, min(NEAR_BYTES // bank, -(-of.groups // workers)))
        if number * spectrum * groups * (of.inputs + of.outputs) <= KEPT_BYTES:
            return Block(GROUPS, number, groups, of.outputs)
    outputs = min(_some(of, NEAR_BYTES // spectrum), -(-of.outputs // (4 * workers)) * 4)
    if number * spectrum * (of.inputs + outputs) <= KEPT_BYTES and (outputs * (workers - 1) < of.outputs):
        return Block(OUTPUTS, number, 1, outputs)
    groups = max(1, min(of.groups, FILTER_BYTES // bank))
    outputs = _some(of, FILTER_BYTES // spectrum) if groups == 1 else of.outputs
    near = max(1, TILE_BYTES // (spectrum * groups * max(1, of.inputs + outputs)))
    return Block(TILES, min(near, -(-number // workers)), groups, outputs)


def _some(of: Correlation, filters: int) -> int:
    """Return of how many outputs there should be filters: four at a time are multiplied."""
    return min(of.outputs, max(4, filters // max(1, of.inputs) // 4 * 4))


def make_cut(of: Correlation, points: tuple[int, int], *, zeros: bool = True) -> Cut:
    """Return how an item is cut into tiles of given points: at least as many as taps, along both axes."""
    if any(n < axis.taps for n, axis in zip(points, _axes(of), strict=True)):
        taps = tuple(axis.taps for axis in _axes(of))
        raise ValueError(f"channel_fft: points must be at least the taps, {taps}, got {points}")
    rows, cols = (tiles.block(_axis(a), n, zeros) for a, n in zip(_axes(of), points, strict=True))
    return Cut(points, (rows, cols))


def count(of: Correlation, how: Cut) -> int:
    """Return how many tiles an item has."""
    return prod(-(-axis.out // hop) for axis, hop in zip(_axes(of), how.hop, strict=True))


def _axis(axis: Along) -> Axis:
    return Axis(axis.data, axis.taps, axis.out, axis.first)


def _lengths(axis: Along, zeros: bool, real: bool) -> list[int]:
    """Return the points that a tile may have along an axis."""
    whole = tiles.least(_axis(axis), zeros)
    found: list[int] = []
    n = tables.block_length(axis.taps, real)
    while n <= 8 * axis.taps + 64 and (not found or found[-1] < whole):
        found.append(n)
        n = tables.block_length(n + 1, real)
    return found


@lru_cache(maxsize=1024)
def _cheapest(of: Correlation, char: str, zeros: bool, level: str) -> tuple[float, Cut]:
    return ranked(of, np.dtype(char), zeros, level, hasty=True)[0]


def ranked(
    of: Correlation, dtype: np.dtype[Any], zeros: bool, level: str, *, hasty: bool = False
) -> list[tuple[float, Cut]]:
    """Return the predicted seconds of every cut of one item, the cheapest first.

    In haste, of a few that seem cheapest: as many as are looked at within a tenth of the item's time.
    """
    constants = CONSTANTS[_kernels.fitted(level, CONSTANTS)][dtype.char.lower()]
    found = _by_a_glance(of, dtype, zeros, level, constants)
    if hasty:
        found = found[: max(8, int(found[0][0] / 10 / LOOK))]
    sizes = [size for _, size in found]
    cuts = [make_cut(of, size, zeros=zeros) for size in sizes]
    costs = [sum(c * n for c, n in zip(constants, terms(of, dtype, how, level), strict=True)) for how in cuts]
    return sorted(zip(costs, cuts, strict=True))


def _by_a_glance(
    of: Correlation, dtype: np.dtype[Any], zeros: bool, level: str, constants: Constants
) -> list[tuple[float, tuple[int, int]]]:
    """Return the points that tiles may have, with rough seconds, those that seem cheapest first."""
    rows, cols = _axes(of)
    real = dtype.kind == "f"
    down, across = (
        [(n, -(-axis.out // tiles.block(_axis(axis), n, zeros))) for n in lengths]
        for axis, lengths in (
            (rows, [1] if len(of.axes) == 1 else _lengths(rows, zeros, False)),
            (cols, _lengths(cols, zeros, real)),
        )
    )
    share = of.groups * (0.5 if real else 1.0) / _kernels.lanes(level, tables.real_of(dtype).itemsize)
    transforms = of.inputs + of.outputs, of.inputs * of.outputs
    found = []
    for n1, tiles1 in down:
        for n2, tiles2 in across:
            number = tiles1 * tiles2
            large = max(0.0, log2(n1 * n2 * (64 if real else 128) / NEAR_BYTES))
            transformed = constants[1] * log2(n1 * n2) + constants[2] + constants[7] * large
            cost = transformed * (number * transforms[0] + transforms[1]) + constants[3] * number * transforms[1]
            spectrum = n1 * n2 * dtype.itemsize
            if number * spectrum * (of.inputs + 4) > KEPT_BYTES:  # as `block` has it, about
                at_once = max(1, TILE_BYTES // (spectrum * max(1, transforms[0])))
                cost += constants[4] * -(-number // at_once) * transforms[1]
            found.append((n1 * n2 * share * cost, (n1, n2)))
    small = [one for one in found if prod(one[1]) <= LARGEST_TILE // (1 if real else 2)]
    return sorted(small or [min(found, key=lambda one: prod(one[1]))])


def terms(of: Correlation, dtype: np.dtype[Any], how: Cut, level: str) -> tuple[float, ...]:
    """Return what the constants are multiplied with, for one item.

    A call; butterflies, points brought to and from spectra and products of points, as vectors; filters' points that are
    read from far; rows of planes loaded and stored; numbers that are looked at before and after; points transformed,
    times the doublings of a tile beyond the cache.
    """
    lanes = _kernels.lanes(level, tables.real_of(dtype).itemsize)
    rows = _axes(of)[0]
    n1, m2 = how.points[0], how.points[1] if dtype.kind == "c" else how.points[1] // 2
    number, plan = count(of, how), block(of._replace(items=1), dtype, how)
    filters = -(-of.groups * of.outputs * of.inputs // lanes)
    data, results = (-(-number * of.groups * n // lanes) for n in (of.inputs, of.outputs))
    if plan.tiles < number:
        data *= -(-of.outputs // plan.outputs)  # the data are transformed again for each
    along, down = m2 * log2(m2), n1 * log2(n1)
    butterflies = filters * (rows.taps * along + m2 * down) + (data + results) * (n1 * along + m2 * down)
    bank = -(-n1 * m2 // lanes) * of.groups * of.outputs * of.inputs
    far = bank * -(-number // plan.tiles) if plan.tiles < number else 0
    moved = lanes * (data * n1 + results * how.hop[0])
    seen = of.groups * (
        of.inputs * prod(axis.data for axis in of.axes)
        + of.inputs * of.outputs * prod(axis.taps for axis in of.axes)
        + of.outputs * prod(axis.out for axis in of.axes)
    )
    points = n1 * m2 * (filters + data + results)
    beyond = points * max(0.0, log2(n1 * m2 * 128 / NEAR_BYTES))
    return 1.0, butterflies, points, bank * number, far, moved, seen, beyond
