"""The cost model: how many seconds each route would take, from the shape of one item.

An item is one convolution: axes on which the filter has length 1 are batch axes and are not seen here,
and neither are workers and memory layout, so that whatever changes a result's bytes does not depend on them.

    direct      a + b * products + c * outputs        (b, c by type, and by whether there are rows of taps)
    separable   the same with the P + Q products of two passes
    whole FFT   a + b * L * log2(L) + c * L,  L points in all

The constants are in _choose_table.py, fitted by tools/fit_routes.py. Of a, what a call costs whatever it computes, half
is counted: the route must suit an item that comes alone as well as one of many in a call.
"""

from __future__ import annotations

from math import log2, prod
from typing import Any

import numpy as np

from . import _kernels, _shapes
from ._blocks import cheapest
from ._choose_table import DIRECT, FFT, SEPARABLE
from ._shapes import Axis, Blocks

SHARE = 0.5  # of a call's own cost


def level() -> str:
    """Return the SIMD level whose constants are used."""
    return _kernels.fitted(_kernels.level, DIRECT)


def item(axes: tuple[Axis, ...], bordered: bool) -> tuple[Axis, ...]:
    """Return the axes along which there is a sum."""
    return _shapes.grouping(axes, bordered).axes


def costs(
    axes: tuple[Axis, ...], bordered: bool, dtype: np.dtype[Any], taps_dtype: np.dtype[Any]
) -> tuple[dict[str, float], Blocks | None]:
    """Return the predicted seconds, on one thread, of every route for one item; and the blocks of overlap-save."""
    sums, along = _sums(dtype, taps_dtype), item(axes, bordered)
    single = dtype.char in "fF"
    constants = {"direct": DIRECT[level()][sums if len(along) > 1 else sums + "1"]}
    if may_separate(axes, bordered, taps_dtype):
        constants["separable"] = SEPARABLE[level()][sums]
    if along:
        constants["whole FFT"] = FFT["F" if single else "D"]
    seconds = {route: _total(of, terms(route, axes, bordered, dtype)) for route, of in constants.items()}
    if len(along) not in (1, 2):
        return seconds, None
    taken, call, blocks = cheapest(along, bordered, dtype, level())
    seconds["overlap-save"] = taken - (1 - SHARE) * call
    return seconds, blocks


def _total(constants: tuple[float, ...], counts: tuple[float, ...]) -> float:
    return sum(c * n for c, n in zip(constants, counts, strict=True)) - (1 - SHARE) * constants[0]


def may_separate(axes: tuple[Axis, ...], bordered: bool, taps_dtype: np.dtype[Any]) -> bool:
    """Return whether the filter is an image's, real, and large enough for two passes to pay."""
    axes = item(axes, bordered)
    return len(axes) == 2 and taps_dtype.kind == "f" and min(axis.taps for axis in axes) > 2


def terms(route: str, axes: tuple[Axis, ...], bordered: bool, dtype: np.dtype[Any]) -> tuple[float, float, float]:
    """Return what a route's three constants are multiplied with, for one item."""
    axes = item(axes, bordered)
    outputs = prod(axis.out for axis in axes)
    if route == "direct":
        blocks = prod(axis.taps for axis in axes[:-2])
        return blocks, _shapes.products(axes, bordered), outputs * blocks
    if route == "separable":
        rows, cols = axes
        columns = cols.out + cols.taps - 1
        return 1, rows.out * (columns * rows.taps + cols.out * cols.taps), rows.out * columns
    points = prod(_shapes.transform_length(axis, bordered) for axis in axes)
    # A real transform is half a complex one. Between good lengths lie a few percent.
    half = points * (1.04 if dtype.kind == "c" else 0.52)
    return 1, half * log2(points + 2), half


def _sums(dtype: np.dtype[Any], taps_dtype: np.dtype[Any]) -> str:
    """Return the table's name for a kind of sum."""
    if dtype.kind == "c":
        return dtype.char + ("c" if taps_dtype.kind == "c" else "r")
    return dtype.char if dtype.kind == "f" else f"i{dtype.itemsize}"
