"""Convolution over channels and its adjoint as their definitions: slow, obvious. Tests and checking use them.

    convolution   y[n, o, i] = bias[o] + sum_{c, p}  x[n, c, i*s + p*d - before] * w[o, c, p]
    transposed    y[n, o, i*s + p*d - before] += x[n, c, i] * w[c, o, p]   for every n, c, i, o, p, from bias[o] on

`wide` and `magnitude` are those of `_reference.py`. `pads` are (before, after) of each axis; there is one of items.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ._reference import fold, sum_type

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]

MODES = {"circular": "wrap", "reflect": "reflect", "replicate": "edge"}


class Numbers(NamedTuple):
    """The numbers of a call, one for each axis."""

    stride: Sizes
    pads: tuple[tuple[int, int], ...]
    dilation: Sizes
    groups: int
    mode: str


def convolution(
    x: Array, w: Array, bias: Array | None, of: Numbers, result: np.dtype[Any], *, wide: bool = False,
    magnitude: bool = False,
) -> Array:  # fmt: skip
    """Sum all products, channel by channel and tap by tap; what the padding holds is a sample like any."""
    x, w = (_terms(a, result, wide, magnitude) for a in (x, w))
    x, kernel, outputs = _padded(x, of), w.shape[2:], w.shape[0] // of.groups
    out = [
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, of.stride, of.dilation, strict=True)
    ]
    y = np.zeros((len(x), w.shape[0], *out), x.dtype)
    for o, c, p in product(range(w.shape[0]), range(w.shape[1]), np.ndindex(*kernel)):
        y[:, o] += x[:, o // outputs * w.shape[1] + c][_seen(p, out, of)] * w[(o, c, *p)]
    return _finished(y, bias, result, wide, magnitude)


def transposed(
    x: Array, w: Array, bias: Array | None, of: Numbers, out: Sizes, result: np.dtype[Any], *, wide: bool = False,
    magnitude: bool = False,
) -> Array:  # fmt: skip
    """Add every sample times the filters where it belongs, on a grid with its border; then fold the border back."""
    x, w = (_terms(a, result, wide, magnitude) for a in (x, w))
    kernel, outputs, inputs = w.shape[2:], w.shape[1], w.shape[0] // of.groups
    size = [before + n + after for n, (before, after) in zip(out, of.pads, strict=True)]
    reach = zip(x.shape[2:], kernel, of.stride, of.dilation, strict=True)
    full = [(n - 1) * s + d * (k - 1) + 1 for n, k, s, d in reach]
    y = np.zeros((len(x), of.groups * outputs, *map(max, size, full)), x.dtype)
    for o, c, p in product(range(y.shape[1]), range(inputs), np.ndindex(*kernel)):
        channel = o // outputs * inputs + c
        y[:, o][_seen(p, x.shape[2:], of)] += x[:, channel] * w[(channel, o % outputs, *p)]
    for axis, (n, (before, after)) in enumerate(zip(out, of.pads, strict=True), start=2):
        grid = np.moveaxis(y, axis, 0)
        if of.mode != "zeros":
            for u in [*range(before), *range(before + n, before + n + after)]:
                grid[before + int(fold(np.array(u - before), n, MODES[of.mode]))] += grid[u]
        y = np.moveaxis(grid[before : before + n], 0, axis)
    return _finished(y, bias, result, wide, magnitude)


def _seen(p: Sizes, out: Any, of: Numbers) -> tuple[Any, ...]:
    """Return where a tap meets samples, one for each output."""
    along = zip(p, out, of.stride, of.dilation, strict=True)
    return (slice(None), *(slice(q * d, q * d + (n - 1) * s + 1, s) for q, n, s, d in along))


def _terms(x: Array, result: np.dtype[Any], wide: bool, magnitude: bool) -> Array:
    """Return numbers in the type in which they are multiplied and added."""
    sums = np.dtype({"?": np.int64, "e": np.float32}.get(result.char, result))
    x = x.astype(result).astype(sum_type(sums, wide))
    return np.asarray(np.abs(x)) if magnitude else x


def _padded(x: Array, of: Numbers) -> Array:
    if of.mode == "zeros":
        return np.pad(x, [(0, 0), (0, 0), *of.pads])
    for axis, (before, after) in enumerate(of.pads, start=2):
        n = x.shape[axis]
        x = np.take(x, fold(np.arange(-before, n + after), n, MODES[of.mode]), axis)
    return x


def _finished(y: Array, bias: Array | None, result: np.dtype[Any], wide: bool, magnitude: bool) -> Array:
    if bias is not None:
        y = y + _terms(bias, result, wide, magnitude).reshape(-1, *(1,) * (y.ndim - 2))
    if wide or magnitude:
        return y
    return np.asarray(y != 0) if result.kind == "b" else y.astype(result)
