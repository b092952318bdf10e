"""Winograd's F(4×4, 3×3): a quarter of the products, for 3 × 3 taps over channels, dilated too.

What is not finite in a tile's samples or in the weights makes some of its results not finite, whatever the taps are
(each sample reaches products at several points, and each product several results, by factors other than zero). So the
tiles with such results hold all outputs that the direct sum would touch, and the direct route computes them again, with
those between them: in each item, the rectangle around each band of such tiles. The same goes for finite data whose
transform overflows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import _cache, _kernels
from .._channel_shapes import Along, Correlation
from ._winograd_table import TABLE

Array = np.ndarray[Any, Any]
Route = Callable[[Array, Array, Array, Correlation, int, "Array | None", int], None]

TAPS = 3
TILE = 4  # outputs of a tile along an axis
POINTS = 36
SPREAD_BYTES = 2**22  # as in winograd.pyx
FAR = 2**40  # positions up to here leave the kernel's arithmetic room


def takes(of: Correlation, dtype: np.dtype[Any]) -> bool:
    """Return whether the route computes such a correlation."""
    return dtype.char in "fdFD" and len(of.axes) == 2 and all(map(_fits, of.axes))


def _fits(axis: Along) -> bool:
    if (axis.taps, axis.stride, axis.leap) != (TAPS, 1, 1):
        return False
    return max(abs(axis.first), axis.data, axis.out, axis.start) < FAR and axis.dilation < FAR


def predict(of: Correlation, dtype: np.dtype[Any]) -> float:
    """Return the seconds that one item takes on one thread."""
    constants = TABLE[_kernels.fitted(_kernels.level, TABLE)].get(dtype.char.lower())
    assert constants is not None, f"the route takes no {dtype}"
    return sum(constant * term for constant, term in zip(constants, terms(of, dtype, _kernels.level), strict=True))


def terms(of: Correlation, dtype: np.dtype[Any], level: str) -> tuple[int, ...]:
    """Return what the time of one item is made of: a call, products of a weight and a vector of tiles, …

    samples and results of a vector of tiles, those that lie apart once more, and weights.
    """
    parts, size = (2, dtype.itemsize // 2) if dtype.kind == "c" else (1, dtype.itemsize)
    lanes = _kernels.lanes(level, size)
    vectors = -(-prod(len(starts(axis.out, axis.dilation)) for axis in of.axes) // lanes)
    inputs, outputs = parts * of.inputs, -(-parts * of.outputs // 4) * 4
    apart = parts * of.axes[1].dilation > 1
    spread, gathered = of.groups * inputs * vectors, of.groups * outputs * vectors
    spans = -(-vectors * POINTS * inputs * lanes * size // SPREAD_BYTES)
    return (
        1, POINTS * of.groups * inputs * outputs * vectors, spread, gathered, apart * spread, apart * gathered,
        of.groups * inputs * outputs * spans,
    )  # fmt: skip


def run(
    x: Array,
    w: Array,
    y: Array,
    of: Correlation,
    boundary: int,
    bias: Array | None,
    workers: int,
    *,
    direct: Route,
    apart: Array | None = None,
) -> None:
    """Fill y as every route does.

    `direct` is the route that computes what is not finite, and the tiles `apart` (items, down, across).
    """
    rows, cols = of.axes
    at = [starts(axis.out, axis.dilation) for axis in of.axes]
    odd = np.zeros((of.items, len(at[0]), len(at[1])), np.uint8)
    parts = 2 if x.dtype.kind == "c" else 1
    real = x.real.dtype
    _kernels.winograd.winograd(
        x.view(real), _doubled(w) if parts == 2 else w, y.view(real), None if bias is None else bias.view(real), odd,
        at[0], at[1], of.items, of.groups, parts * of.inputs, parts * of.outputs, parts,
        rows.data, cols.data, y.shape[2], y.shape[3], rows.first, cols.first, rows.out, cols.out,
        rows.start, cols.start, rows.dilation, cols.dilation, boundary, workers,
    )  # fmt: skip
    if apart is not None:
        odd |= apart
    for item in np.flatnonzero(odd.any(axis=(1, 2))):
        one = slice(item, item + 1)
        for band in _bands(odd[item], at[0], rows.dilation):
            columns = at[1][odd[item, band].any(axis=0)]
            axes = _narrowed(rows, at[0][band]), _narrowed(cols, columns)
            direct(x[one], w, y[one], of._replace(items=1, axes=axes), boundary, bias, workers)


def _bands(odd: Array, starts: Array, dilation: int) -> list[Array]:
    """Return the rows of tiles with results that are not finite, those together that follow each other."""
    found = np.flatnonzero(odd.any(axis=1))
    found = found[np.argsort(starts[found], kind="stable")]
    return np.split(found, 1 + np.flatnonzero(np.diff(starts[found]) > TILE * dilation))


@lru_cache(maxsize=256)
def starts(out: int, dilation: int) -> Array:
    """Return the first output of every tile along an axis: of each of its interleaved parts, one after the other."""
    steps = [np.arange(r, out, TILE * dilation, dtype=np.intp) for r in range(min(dilation, out))]
    return np.concatenate(steps) if steps else np.empty(0, np.intp)


_cache.forgets(starts.cache_clear)


def _narrowed(axis: Along, starts: Array) -> Along:
    """Return the part of an axis that some of its tiles cover."""
    low, high = int(starts.min()), min(axis.out, int(starts.max()) + (TILE - 1) * axis.dilation + 1)
    return axis._replace(out=high - low, first=axis.first + low, start=axis.start + low)


def _doubled(w: Array) -> Array:
    """Return complex weights as real ones between channels that are real and imaginary parts in turn."""
    made = np.empty((len(w), 2, w.shape[1], 2, *w.shape[2:]), w.real.dtype)
    made[:, 0, :, 0] = made[:, 1, :, 1] = w.real
    made[:, 0, :, 1] = -w.imag
    made[:, 1, :, 0] = w.imag
    return made
