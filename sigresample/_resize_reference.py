"""Resizing as its definition: slow, obvious. Tests and checking use it, and integers that have no kernel.

    y[..., i, j, ...] = sum_{r, s}  u_i[r] * w_j[s] * x[..., r, s, ...]

A row is what one output sees along an axis: samples, and their exact weights (`Recipe.row`). A weight of zero is no
term.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Row = dict[int, Fraction]


def real(rows: list[list[Row]], x: Array, first: int, *, magnitude: bool = False) -> Array:
    """Sum the products along one axis after the other, in double precision; for a bound, those of absolute values."""
    y = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    y = np.abs(y) if magnitude else y
    for axis, each in enumerate(rows, first):
        of = np.moveaxis(y, axis, 0)
        made = np.zeros((len(each), *of.shape[1:]), y.dtype)
        for i, row in enumerate(each):
            for j, weight in row.items():
                if weight:
                    made[i] += _times(of[j], float(abs(weight) if magnitude else weight))
        y = np.moveaxis(made, 0, axis)
    return y


def _times(x: Array, weight: float) -> Array:
    """Return a product of each part of a complex number: an infinite one is not to make a NaN of the other."""
    if x.dtype.kind != "c":
        return x * weight
    made = np.empty(x.shape, x.dtype)
    made.real, made.imag = x.real * weight, x.imag * weight
    return made


def whole(rows: list[list[Row]], x: Array, first: int, dtype: np.dtype[Any]) -> Array:
    """Sum in integers, divide, round half to even and saturate."""
    y, over = x.astype(object), 1
    for axis, each in enumerate(rows, first):
        den = lcm(*(weight.denominator for row in each for weight in row.values()))
        of = np.moveaxis(y, axis, 0)
        made = np.zeros((len(each), *of.shape[1:]), object)
        for i, row in enumerate(each):
            for j, weight in row.items():
                made[i] += of[j] * int(weight * den)
        y, over = np.moveaxis(made, 0, axis), over * den
    least, most = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))

    def rounded(total: int) -> int:
        ones, rest = divmod(total, over)
        up = 2 * rest > over or (2 * rest == over and ones % 2 == 1)
        return min(max(ones + up, least), most)

    flat = [rounded(total) for total in y.ravel().tolist()]
    return np.array(flat, dtype).reshape(y.shape)


def nearest(i: int, data: int, out: int, scale: float | None, middle: bool, double: bool, small: bool) -> int:
    """Return the sample that PyTorch copies to output i, `_resize_tables.nearest` being all of them."""
    real = np.float64 if double and not small else np.float32
    step = real(data) / real(out) if scale is None else real(1 / scale)
    if small and not middle and out == data:
        return i
    if small and not middle and out == 2 * data:
        return i // 2
    if not middle:
        at = np.float32(step * real(i))
    elif small:
        at = np.float32((i + 0.5) * float(step))
    elif double:
        at = np.float32(step * real(i + 0.5) - 0.5 + 0.5)
    else:
        at = np.float32(float(np.float32(float(step) * float(real(i) + real(0.5)) - 0.5)) + 0.5)
    return min(int(np.floor(at)), data - 1)
