"""How overlap-save cuts an item: the blocks of least predicted time, along one axis or two.

    one axis     a + b * B log2(N) + c * B + d * B * parts     B: points of all blocks, N: of one
    two axes     a + b * E + c * B + d * B log2(S)             E: edges of all tiles, rows and columns; S: how many
                                                               times a tile is larger than the first-level caches

Blocks ride side by side in the lanes of vectors, along one axis: the last lanes may be empty.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from . import _kernels
from ._choose_table import ROWS, TILES
from ._routes import tiles
from ._routes._transform_tables import block_length
from ._shapes import Axis, Blocks

Array = np.ndarray[Any, Any]

LONGEST_BLOCK = 1 << 17
PARTED = tuple(1 << power for power in range(10, 18))  # points of the blocks of long filters
LARGEST_TILE = 1 << 23
CACHE_BYTES = 1 << 17  # from here on a tile's points cost more with each doubling


def cheapest(axes: tuple[Axis, ...], bordered: bool, dtype: np.dtype[Any], level: str) -> tuple[float, float, Blocks]:
    """Return the predicted seconds of the best blocks, those of them that any call takes, and the blocks.

    `axes` are those summed along.
    """
    real = dtype.kind != "c"
    if len(axes) == 1:
        points, hops, parts = _rows(axes[0], real)
        costs = _seconds(_terms_of_rows(axes[0], points, hops, parts, dtype, level), dtype, level, ROWS)
        best = int(costs.argmin())
        call = ROWS[level][kind(dtype)][0]
        return float(costs[best]), call, Blocks((int(points[best]),), (int(hops[best]),), int(parts[best]))
    (n1, hop1), (n2, hop2) = _sides(axes[0], False, not bordered), _sides(axes[1], real, not bordered)
    sizes = np.multiply.outer(n1, n2)
    costs = _seconds(_terms_of_tiles(axes, n1[:, None], n2, hop1[:, None], hop2, dtype), dtype, level, TILES)
    costs = np.where((sizes <= LARGEST_TILE) | (sizes == sizes.min()), costs, np.inf)
    i, j = divmod(int(costs.argmin()), len(n2))
    call = TILES[level][kind(dtype)][0]
    return float(costs[i, j]), call, Blocks((int(n1[i]), int(n2[j])), (int(hop1[i]), int(hop2[j])))


def terms(axes: tuple[Axis, ...], blocks: Blocks, dtype: np.dtype[Any], level: str) -> tuple[float, ...]:
    """Return what the constants are multiplied with, for one item in given blocks."""
    if len(axes) == 2:
        (n1, n2), (hop1, hop2) = (map(np.array, pair) for pair in (blocks.points, blocks.hop))
        made = _terms_of_tiles(axes, n1, n2, hop1, hop2, dtype)
    else:
        sizes = np.array(blocks.points[0]), np.array(blocks.hop[0]), np.array(blocks.parts)
        made = _terms_of_rows(axes[0], *sizes, dtype, level)
    return tuple(map(float, made))


def kind(dtype: np.dtype[Any]) -> str:
    """Return the tables' name for what is transformed: integers in double precision, F or D, complex or not."""
    if dtype.kind in "biu":
        return "I"
    return ("F" if dtype.char in "fF" else "D") + ("c" if dtype.kind == "c" else "")


def _seconds(counts: tuple[Any, ...], dtype: np.dtype[Any], level: str, table: Any) -> Array:
    constants = table[level][kind(dtype)]
    return np.asarray(sum(c * n for c, n in zip(constants, counts, strict=True)))


def _terms_of_rows(
    axis: Axis, points: Array, hops: Array, parts: Array, dtype: np.dtype[Any], level: str
) -> tuple[Any, ...]:
    lanes = _kernels.lanes(level, 4 if dtype.char in "fF" else 8)
    count = -(-axis.out // hops)
    groups = -(-count // lanes)
    own = np.where(parts > 1, -(-parts // lanes) / 2, 0.1)  # the taps'
    size = lanes * points * (2 if dtype.kind == "c" else 1)
    return 1.0, (groups + own) * size * np.log2(points), (groups + own) * size, groups * size * (parts - 1)


def _terms_of_tiles(
    axes: tuple[Axis, ...], n1: Array, n2: Array, hop1: Array, hop2: Array, dtype: np.dtype[Any]
) -> tuple[Any, ...]:
    count = -(-axes[0].out // hop1) * -(-axes[1].out // hop2) + 0.4  # with the taps' own
    real = 2 if dtype.kind == "c" else 1
    size = n1 * n2
    item = dtype.itemsize if dtype.kind in "fc" else 8  # integers are transformed in double precision
    excess = np.log2(np.maximum(1, size * item / CACHE_BYTES))
    return 1.0, count * (n1 + n2) * real, count * size * real, count * size * real * excess


@lru_cache(maxsize=256)
def _lengths(least: int, most: int, halved: bool, step: float) -> tuple[int, ...]:
    """Return lengths from `least` to the first that is not below `most`, each longer by a `step` of it at least."""
    found = [block_length(least, halved)]
    while found[-1] < most:
        found.append(block_length(int(found[-1] * (1 + step)) + 1, halved))
    return tuple(found)


def _rows(axis: Axis, real: bool) -> tuple[Array, Array, Array]:
    """Return the points, hops and parts of the blocks worth a thought: of one part, and of several."""
    whole = axis.out + axis.taps - 1
    single = [n for n in _lengths(min(2 * axis.taps, whole), whole, real, 0) if n <= LONGEST_BLOCK]
    several = [n for n in PARTED if n // 2 < axis.taps]
    points = np.array(single + several)
    hops = np.where(np.arange(len(points)) < len(single), points - axis.taps + 1, points // 2)
    return points, hops, np.where(np.arange(len(points)) < len(single), 1, -(-axis.taps // (points // 2)))


def _sides(axis: Axis, halved: bool, zeros: bool) -> tuple[Array, Array]:
    """Return the lengths of a tile's side worth a thought, up to all of the axis, and the outputs of each."""
    whole = block_length(tiles.least(axis, zeros), halved)
    found = [n for n in _lengths(axis.taps + axis.taps // 4 + 3, whole, halved, 1 / 6) if n < whole] + [whole]
    return np.array(found), np.array([tiles.block(axis, n, zeros) for n in found])
