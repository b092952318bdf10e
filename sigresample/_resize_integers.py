"""Resizing integers of 32 and 64 bits: sums of integer weights in two halves, else in Python's integers."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import _resize_reference
from ._resize_tables import Axis

Array = np.ndarray[Any, Any]

HALF = 32
MASK = 2**HALF - 1
_NONE = np.zeros((1, 1), np.int64)
ROOM = 2**29  # what weights may amount to, so that sums of halves, and of what one leaves to the other, have 64 bits


def run(x: Array, y: Array, axes: tuple[Axis, ...], first: int) -> None:
    """Fill y with x resized along axes from `first` on: the weighted value rounded half to even, and saturated."""
    scaled = [
        (np.ones((axis.out, 1), np.int64), 1) if axis.weights is None else axis.scaled or (_NONE, ROOM) for axis in axes
    ]
    if prod(max(den, int(np.abs(weights).sum(axis=1).max(initial=0))) for weights, den in scaled) >= ROOM:
        y[...] = _resize_reference.whole([axis.rows() for axis in axes], x, first, y.dtype)
        return
    x = x.astype(np.uint64 if x.dtype == np.uint64 else np.int64)
    low, high = (x & x.dtype.type(MASK)).astype(np.int64), (x >> x.dtype.type(HALF)).astype(np.int64)
    for i, (axis, (weights, _)) in enumerate(zip(axes, scaled), first):
        low, high = (_summed(half, axis.starts, weights, i) for half in (low, high))
    den = prod(den for _, den in scaled)
    # (high * 2**32 + low) / den, as whole numbers of 2**32 and of 1, and a rest.
    top, rest = np.divmod(high, den)
    ones, rest = np.divmod((rest << HALF) + low, den)
    ones += (2 * rest > den) | ((2 * rest == den) & (ones & 1 == 1))
    top, ones = top + (ones >> HALF), ones & MASK
    info = np.iinfo(y.dtype)
    least, most = divmod(int(info.min), 2**HALF), divmod(int(info.max), 2**HALF)
    under, over = top < least[0], (top > most[0]) | ((top == most[0]) & (ones > most[1]))
    under |= (top == least[0]) & (ones < least[1])
    with np.errstate(over="ignore"):
        made = ((top.astype(np.uint64) << np.uint64(HALF)) | ones.astype(np.uint64)).astype(y.dtype)
    made[under], made[over] = info.min, info.max
    y[...] = made


def _summed(x: Array, starts: Array, weights: Array, axis: int) -> Array:
    shape = [1] * x.ndim
    shape[axis] = len(starts)
    y = np.zeros((*x.shape[:axis], len(starts), *x.shape[axis + 1 :]), np.int64)
    for t in range(weights.shape[1]):
        y += weights[:, t].reshape(shape) * x.take(starts + t, axis)
    return y
