"""The cost model of convolution over channels: how many seconds each route would take, from the shape of one item.

    direct, planes    a + b · products + c · products / outputs + d · results + e · samples + f · weights
    Winograd, FFT     _routes/winograd.py and _routes/channel_fft.py say

Whatever can change a result's bytes depends on one item alone: the number of items never tells the route. The constants
are in _choose_channels_table.py, fitted by tools/fit_channels.py.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import _kernels
from ._channel_shapes import Along, Correlation, Spread
from ._choose_channels_table import CONSTANTS
from ._routes import channel_fft, depthwise, winograd

ROUTES = ("direct", "planes", "Winograd", "FFT")

FEW = 4  # channels of a sum that the kernel of planes is tried for
LARGE = 9  # taps from which a transform is
# A phase of a transposed convolution is a call of its own, and its taps are brought into order.
PHASE, TAP = 3e-6, 1e-9


def products(of: Correlation) -> int:
    """Return the products of all items."""
    return of.items * of.groups * of.outputs * of.inputs * prod(axis.out * axis.taps for axis in of.axes)


def costs(of: Correlation, boundary: int, dtype: np.dtype[Any]) -> dict[str, float]:
    """Return the predicted seconds, on one thread, of every route that can compute a correlation of one item."""
    of = of._replace(items=1)
    seconds = {"direct": _seconds("direct", dtype, sums(of, of.axes))}
    if 0 < of.inputs <= FEW and depthwise.takes(of, dtype):
        how = "straight" if depthwise.straight(of, boundary, dtype) else "planes"
        seconds["planes"] = _seconds(how, dtype, sums(of, of.axes))
    if of.inputs and winograd.takes(of, dtype):
        seconds["Winograd"] = winograd.predict(of, dtype)
    if of.inputs and prod(axis.taps for axis in of.axes) >= LARGE and channel_fft.takes(of, dtype):
        seconds["FFT"] = channel_fft.predict(of, dtype, zeros=boundary == 0)
    return seconds


def transposed(
    phases: list[Correlation], of: Correlation, spread: tuple[Spread, ...], dtype: np.dtype[Any]
) -> dict[str, float]:
    """Return the predicted seconds of every route that can compute all phases of a transposed convolution."""
    every = [costs(phase, 0, dtype) for phase in phases]
    common = set.intersection(*map(set, every)) if every else {"direct"}
    weights = of.groups * of.inputs * of.outputs * prod(axis.taps for axis in spread)
    more = PHASE * len(phases) + TAP * weights
    seconds = {route: more + sum(one[route] for one in every) for route in ROUTES if route in common - {"planes"}}
    if of.inputs and depthwise.takes_transposed(of.groups, of.inputs, of.outputs, spread, dtype):
        # In one pass, whatever the phases.
        seconds["planes"] = _seconds("transposed", dtype, sums(of, spread))
    return seconds


def sums(of: Correlation, axes: tuple[Along, ...] | tuple[Spread, ...]) -> tuple[float, ...]:
    """Return what the constants of direct sums are multiplied with; the products are by samples of a `Spread`."""
    met = prod(axis.taps * (axis.data if isinstance(axis, Spread) else axis.out) for axis in axes)
    results, samples = prod(axis.out for axis in axes), prod(axis.data for axis in axes)
    pairs = of.inputs * of.outputs
    weights = pairs * prod(axis.taps for axis in axes)
    return 1.0, *(
        of.groups * n for n in (pairs * met, of.inputs * met, of.outputs * results, of.inputs * samples, weights)
    )


def _seconds(route: str, dtype: np.dtype[Any], terms: tuple[float, ...]) -> float:
    level = _kernels.fitted(_kernels.level, CONSTANTS)
    kind = f"u{dtype.itemsize}" if dtype.kind == "u" else dtype.char
    return sum(c * n for c, n in zip(CONSTANTS[level][route][kind], terms, strict=True))
