"""What the definition of a resize gives, and how far from it a result may lie."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from . import _bounds, _resize_plans, _resize_reference
from ._resize_plans import Plan
from ._resize_reference import Row
from ._resize_shapes import Length
from ._resize_tables import Axis
from ._routes.resize import ROUGH
from .checking import Definition

Array = np.ndarray[Any, Any]

ONE = Fraction(1)


def define(plan: Plan, input: Any) -> Definition:
    """Return the result of a call, by its definition; the arguments are known to be good."""
    x = np.asarray(input)
    small = len(plan.lengths) == 2 and sum(of.out for of in plan.lengths) <= _resize_plans.SMALL
    axes = plan.axes[-len(plan.lengths) :]
    sees = [rows(plan, axis, of, small) for axis, of in zip(axes, plan.lengths, strict=True)]
    if plan.copies:
        value = x
        for axis, each in enumerate(sees, plan.first):
            value = value.take([next(iter(row)) for row in each], axis)
        return Definition(value.astype(plan.dtype), lambda _: 0.0)
    if plan.dtype.kind in "biu":
        return Definition(_resize_reference.whole(sees, x, plan.first, plan.dtype), lambda _: 0.0)
    value = _resize_reference.real(sees, x, plan.first).astype(plan.dtype)

    def allowed(_: Any) -> Any:
        return bound(plan, _resize_reference.real(sees, x, plan.first, magnitude=True), x)

    return Definition(value, allowed)


def rows(plan: Plan, axis: Axis, of: Length, small: bool) -> list[Row]:
    """Return what each output of an axis sees."""
    if plan.mode in _resize_plans.COPIES and plan.name == "interpolate":
        double = plan.dtype.char in "dD"
        how = of.data, of.out, of.scale, plan.mode == "nearest-exact", double, small
        return [{_resize_reference.nearest(i, *how): ONE} for i in range(of.out)]
    if axis.weights is None and plan.name == "upsample":
        return [{i * of.data // of.out: ONE} for i in range(of.out)]
    return axis.rows()


def bound(plan: Plan, scale: Array, x: Array) -> Array:
    """Return the allowed difference of two results: both sums' roundings along each axis, and those of the weights."""
    axes = [axis for axis in plan.axes if axis.weights is not None]
    terms = sum(axis.weights.shape[1] + 2 for axis in axes if axis.weights is not None)
    sums = np.dtype(plan.work)
    limit = 2 * _bounds.direct(terms, sums) * scale + 4.0 * float(np.finfo(sums).smallest_subnormal) * plan.terms
    # Weights are correctly rounded, but for those of positions that are not fractions of integers of 64 bits.
    sizes = np.abs(x[np.isfinite(x)]).astype(np.float64)
    top = float(sizes.max(initial=0.0)) * prod([_largest(axis) for axis in axes])
    limit = limit + top * sum(0 if axis.rounded else ROUGH for axis in axes)
    if plan.dtype != plan.work and plan.dtype.char == "e":
        info = np.finfo(plan.dtype)
        limit = limit + 2 * _bounds.unit(plan.dtype) * (scale + limit) + float(info.smallest_subnormal)
    return np.where(scale < float(np.finfo(plan.dtype).max), limit, np.inf)


def _largest(axis: Axis) -> float:
    """Return the largest sum of absolute weights."""
    assert axis.weights is not None
    return float(np.abs(axis.weights).sum(axis=1).max())
