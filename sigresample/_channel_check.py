"""What the definition of a convolution over channels gives, and how far from it a route's result may lie."""

from __future__ import annotations

from math import log2, sqrt
from typing import Any

import numpy as np

from . import _bounds, _channel_call, _channel_reference, _channel_shapes, _winograd_bounds
from ._channel_plans import Plan
from ._channel_reference import Numbers
from .checking import Definition
from .explaining import Explanation

Array = np.ndarray[Any, Any]


def define(
    name: str,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
    mode: Any,
    dtype: Any,
    workers: Any,
    out: Any,
    extra: tuple[Any, Any] | None = None,
) -> Definition:
    """Return the result of a call, by its definition; the arguments are known to be good."""
    x, w, b = np.asarray(input), np.asarray(weight), None if bias is None else np.asarray(bias)
    arrays = [x, w] if b is None else [x, w, b]
    plan = _channel_call.planned(name, x, w, b, stride, padding, dilation, groups, mode, dtype, extra)
    of, outs = numbers(plan, stride, dilation, padding, groups, mode, extra)

    def made(*arrays: Any, **how: bool) -> Array:
        x, w, b = (*arrays, None)[:3]
        x = x if plan.batched else x[None]
        if extra is None:
            y = _channel_reference.convolution(x, w, b, of, plan.dtype, **how)
        else:
            y = _channel_reference.transposed(x, w, b, of, outs, plan.dtype, **how)
        return y if plan.batched else y[0]

    value = made(*arrays)

    def allowed(by: Explanation) -> Any:
        scale = made(*map(_bounds.magnitude, arrays), magnitude=True)
        return bound(plan, by, scale, value, arrays)

    return Definition(value, allowed)


def numbers(
    plan: Plan,
    stride: Any,
    dilation: Any,
    padding: Any,
    groups: int,
    mode: str,
    extra: tuple[Any, Any] | None,
) -> tuple[Numbers, tuple[int, ...]]:
    """Return a call's numbers, one for each axis, and the lengths of its result."""
    rank, outs = len(plan.w) - 2, plan.y[1:]
    fixed, each = _channel_shapes.fixed, _channel_shapes.each
    steps = [each(plan.name, "", fixed(plan.name, "", value), rank, 1) for value in (stride, dilation)]
    given = fixed(plan.name, "padding", padding)
    if extra is None:
        pads = _channel_shapes.convolution(plan.name, plan.x[1:], plan.w[2:], steps[0], given, steps[1])[1]
    else:
        pads = tuple((axis.before, axis.after) for axis in plan.boxes[0].spread)
    return Numbers(steps[0], pads, steps[1], groups, mode), outs


def bound(plan: Plan, made: Explanation, scale: Array, value: Array, arrays: list[Array]) -> Any:
    """Return the allowed difference of two floating-point results: both sums' roundings, and the route's own."""
    info = np.finfo(plan.dtype)
    terms = made.terms + 1  # the bias
    limit = 2 * _bounds.direct(terms, plan.sums) * scale + 8.0 * float(np.finfo(plan.sums).smallest_subnormal) * terms
    if made.route == "FFT":
        # As _routes/channel_fft.py has it. A tile's norm is at most that of its loudest sample everywhere, a sum over
        # channels at most that of norms by Cauchy and Schwarz.
        sizes = _bounds.magnitude(arrays[0])
        top = float(sizes[np.isfinite(sizes)].max(initial=0.0))
        norms = top * sqrt(made.fft_length * plan.of.inputs) * _bounds.norm(arrays[1])
        roundings = _bounds.FFT_CONSTANT * log2(made.fft_length + 2) + plan.of.inputs
        limit = limit + roundings * _bounds.unit(plan.sums) * norms
    if made.route == "Winograd":
        limit = limit + _by_tiles(plan, arrays).reshape(plan.out)
    if plan.dtype != plan.sums:  # float16, to which both are rounded
        limit = limit + 2 * _bounds.unit(plan.dtype) * np.abs(value.astype(np.float64)) + float(info.smallest_subnormal)
    return np.where(scale < float(info.max), limit, np.inf)


def _by_tiles(plan: Plan, arrays: list[Array]) -> Array:
    """Return Winograd's own bound; what of a border is folded back is summed directly."""
    x, w, *rest = (a.astype(plan.sums) for a in arrays)
    x, bias = x if plan.batched else x[None], rest[0] if rest else None
    if not plan.boxes:
        return _winograd_bounds.bound(x, w, plan.of, plan.boundary, bias)
    (part,) = plan.boxes[0].parts
    return _winograd_bounds.bound(x, _channel_call.own(part, w), part.of, 0, bias)
