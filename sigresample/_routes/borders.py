"""The samples outside an axis, where no kernel sees to them; boundaries are numbered as in _boundary.pxd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _shapes

Array = np.ndarray[Any, Any]

WRAP, SYMM, REFLECT, EDGE = 1, 2, 3, 4


def fold(at: Array, n: int, boundary: int) -> Array:
    """Return the samples that stand for positions at any distance outside an axis of n."""
    if boundary == WRAP:
        return np.asarray(at % n)
    if boundary == EDGE:
        return np.clip(at, 0, n - 1)
    period = 2 * n if boundary == SYMM else max(2 * n - 2, 1)
    at = at % period
    return np.asarray(np.minimum(at, period - at - (boundary == SYMM)))


def around(x: Array, axes: Sequence[_shapes.Axis], boundary: int, fill: Any = 0) -> Array:
    """Return x with all samples that lie under some tap, those outside it by the boundary: its 'valid' part is all."""
    seen = [np.arange(axis.first, axis.first + axis.out + axis.taps - 1) for axis in axes]
    if boundary:
        made: Array = x[np.ix_(*(fold(at, axis.data, boundary) for at, axis in zip(seen, axes, strict=True)))]
        return made
    made = np.full([len(at) for at in seen], fill, x.dtype)
    inside = [np.flatnonzero((at >= 0) & (at < axis.data)) for at, axis in zip(seen, axes, strict=True)]
    if all(map(len, inside)):
        to = tuple(slice(i[0], i[-1] + 1) for i in inside)
        made[to] = x[tuple(slice(at[i[0]], at[i[-1]] + 1) for at, i in zip(seen, inside, strict=True))]
    return made
