"""Pooling explained, and what its definitions give: how far from these a result may lie."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import _bounds, _kernels, _threads, _window_call, _window_random, _window_reference, _window_unpool
from ._routes import windows
from ._window_plans import Plan
from ._window_reference import Axis
from .checking import Definition
from .explaining import Explanation

Array = np.ndarray[Any, Any]


# ── explaining ─────────────────────────────────────────────────────────────────────────────────


def _route(plan: Plan, sums: bool | None, indices: bool) -> tuple[str, str]:
    """Return how windows are taken, and why; `sums` is None for what has one way only."""
    if sums is None:
        return "direct", "the only route"
    if indices:
        return "direct", "where a maximum lies is found sample by sample"
    work = {"c": plan.dtype.itemsize // 2, "i": 8, "u": 8}.get(plan.dtype.kind) if sums else None
    route = windows.route(plan.along, work or plan.work.itemsize, sums, False)
    if route == "direct":
        return route, "windows are small, or none cheaper from parts that they share"
    return route, "large windows are put together from parts that they share"


def _explained(plan: Plan, workers: Any, sums: bool | None = None, indices: bool = False) -> Explanation:
    """Say what a call would do."""
    threads = _threads.count(plan.name, workers, plan.ops)
    route, reason = _route(plan, sums, indices)
    return Explanation(
        plan.name, route, reason, {}, {}, _kernels.level, threads, str(plan.dtype), plan.out, plan.terms, 0
    )


def explain_maximum(name: str, input: Any, *args: Any) -> Explanation:
    *numbers, indices, workers = args
    return _explained(_window_call.maximum_plan(name, np.asarray(input), *numbers), workers, False, bool(indices))


def explain_average(name: str, input: Any, *args: Any) -> Explanation:
    *numbers, workers = args
    return _explained(_window_call.average_plan(name, np.asarray(input), *numbers), workers, True)


def explain_power(name: str, input: Any, norm_type: Any, *args: Any) -> Explanation:
    *numbers, workers = args
    p = _window_call.exponent(name, norm_type)
    return _explained(_window_call.power_plan(name, np.asarray(input), p, *numbers), workers, not np.isinf(p))


def explain_adaptive_maximum(name: str, input: Any, size: Any, _: Any, workers: Any) -> Explanation:
    return _explained(_window_call.adaptive_plan(name, np.asarray(input), size, None), workers)


def explain_adaptive_average(name: str, input: Any, size: Any, dtype: Any, workers: Any) -> Explanation:
    return _explained(_window_call.adaptive_plan(name, np.asarray(input), size, dtype), workers)


def explain_fractional(name: str, input: Any, *args: Any) -> Explanation:
    *numbers, _, _, _, workers = args
    return _explained(_window_random.fractional_plan(name, np.asarray(input), *numbers), workers)


def explain_stochastic(name: str, input: Any, *args: Any) -> Explanation:
    *numbers, _, _, workers = args
    return _explained(_window_random.stochastic_plan(name, np.asarray(input), *numbers), workers)


def explain_max_unpool(name: str, input: Any, indices: Any, *args: Any) -> Explanation:
    *numbers, workers = args
    plan = _window_unpool.maximum_plan(name, np.asarray(input), np.asarray(indices), *numbers)
    return _explained(plan, workers)


def explain_avg_unpool(name: str, input: Any, *args: Any) -> Explanation:
    *numbers, workers = args
    return _explained(_window_unpool.average_plan(name, np.asarray(input), *numbers), workers)


# ── definitions ────────────────────────────────────────────────────────────────────────────────


def _planes(plan: Plan, x: Array) -> Array:
    """Return an array as planes of the axes that windows move along, in native order."""
    rank = int(plan.name[-2])
    return x.astype(x.dtype.newbyteorder("=")).reshape(plan.x[0], *x.shape[-rank:])


def _pooled(plan: Plan, ceil: bool) -> list[Axis]:
    data = plan.x[-len(plan.of) :]
    return [_window_reference.pooled(n, *window, bool(ceil)) for n, window in zip(data, plan.of, strict=True)]


def _adapted(plan: Plan) -> list[Axis]:
    rank = int(plan.name[-2])
    return [_window_reference.adaptive(n, out) for n, out in zip(plan.x[-rank:], plan.out[-rank:], strict=True)]


def _exactly(plan: Plan, values: Array, indices: Array | None) -> Definition:
    """Return a definition from which no result may differ."""
    y = values.reshape(plan.out)
    return Definition(y if indices is None else (y, indices.reshape(plan.out)), lambda by: 0.0)


def maximum(name: str, input: Any, *args: Any) -> Definition:
    *numbers, indexed, _ = args
    x = np.asarray(input)
    plan = _window_call.maximum_plan(name, x, *numbers)
    y, indices = _window_reference.maximum(_planes(plan, x), _pooled(plan, numbers[-1]))
    return _exactly(plan, y, indices if indexed else None)


def adaptive_maximum(name: str, input: Any, size: Any, indexed: Any, _: Any) -> Definition:
    x = np.asarray(input)
    plan = _window_call.adaptive_plan(name, x, size, None)
    y, indices = _window_reference.maximum(_planes(plan, x), _adapted(plan))
    return _exactly(plan, y, indices if indexed else None)


def average(name: str, input: Any, *args: Any) -> Definition:
    *numbers, _ = args
    _, _, _, ceil, include, override, _ = numbers
    x = np.asarray(input)
    plan = _window_call.average_plan(name, x, *numbers)
    axes = _pooled(plan, ceil)
    pads = tuple(window.padding if include else 0 for window in plan.of)
    divisors = _window_reference.counts(axes, plan.x[-len(axes) :], pads) if override is None else int(override)
    return _averaged(plan, _planes(plan, x), axes, divisors)


def adaptive_average(name: str, input: Any, size: Any, dtype: Any, _: Any) -> Definition:
    x = np.asarray(input)
    plan = _window_call.adaptive_plan(name, x, size, dtype)
    axes = _adapted(plan)
    divisors = _window_reference.counts(axes, plan.x[-len(axes) :], (0,) * len(axes))
    return _averaged(plan, _planes(plan, x), axes, divisors)


def _averaged(plan: Plan, x: Array, axes: list[Axis], divisors: Any) -> Definition:
    value = _window_reference.average(x, axes, divisors, plan.dtype)

    def allowed(by: Explanation) -> Any:
        scale = _window_reference.average(_bounds.magnitude(x), axes, np.abs(divisors), np.dtype(float))
        return bound(plan, scale, value, plan.terms).reshape(plan.out)

    return Definition(value.reshape(plan.out), allowed)


def bound(plan: Plan, scale: Array, value: Array, terms: int) -> Any:
    """Return the allowed difference of two averages: the roundings of both sums, and of both to the result's type."""
    work, info = plan.work, np.finfo(plan.dtype)
    limit = 2 * _bounds.direct(terms, work) * scale + 8.0 * float(np.finfo(work).smallest_subnormal) * terms
    if plan.dtype != work:  # float16
        limit = limit + 2 * _bounds.unit(plan.dtype) * np.abs(value.astype(float)) + float(info.smallest_subnormal)
    most = float(np.finfo(work).max)  # where a sum may overflow, so may its parts
    return np.where(scale * terms < most, limit, np.inf)


def power(name: str, input: Any, norm_type: Any, *args: Any) -> Definition:
    kernel, stride, ceil, _ = args
    x, p = np.asarray(input), _window_call.exponent(name, norm_type)
    plan = _window_call.power_plan(name, x, p, kernel, stride, ceil)
    axes = _pooled(plan, ceil)
    terms = _planes(plan, x).astype(plan.work)
    if np.isinf(p):
        y, _ = _window_reference.maximum(np.sign(p) * np.abs(terms), axes)
        return _exactly(plan, (np.sign(p) * y).astype(plan.dtype), None)
    divisors = _window_reference.counts(axes, plan.x[-len(axes) :], (0,) * len(axes))
    whole = prod(window.taps for window in plan.of)

    def sums(x: Array) -> Array:
        return _window_reference.average(x, axes, divisors, np.dtype(np.result_type(x))) * whole

    wide = terms.astype(float) ** p  # the kernels' own type has less range: see below
    value = (sums(wide) ** (1 / p)).astype(plan.dtype)

    def allowed(by: Explanation) -> Any:
        return powers_bound(plan, sums(wide), sums(np.abs(wide)), value, p).reshape(plan.out)

    return Definition(value.reshape(plan.out), allowed)


# A power errs by at most 4 units in the last place in NumPy's float32 and float64.
POWER_ULPS = 8


def powers_bound(plan: Plan, sums: Array, sizes: Array, value: Array, p: float) -> Any:
    """Return how far roots of sums may lie apart: those of the ends of where the sums lie, and their own rounding."""
    u, info = _bounds.unit(plan.work), np.finfo(plan.work)
    error = (2 * _bounds.direct(plan.terms, plan.work) + POWER_ULPS * u) * sizes
    error = error + float(info.smallest_subnormal) * plan.terms * POWER_ULPS
    low, high = (sums - error) ** (1 / p), (sums + error) ** (1 / p)
    middle = sums ** (1 / p)
    limit = np.maximum(np.abs(low - middle), np.abs(high - middle)) + POWER_ULPS * u * np.abs(middle)
    limit = limit + 2 * _bounds.unit(plan.dtype) * np.abs(middle) + 2 * float(np.finfo(plan.dtype).smallest_subnormal)
    # What overflows in the kernels' type, or vanishes there, or may have either sign, is not to be compared.
    unknown = ~np.isfinite(limit) | (sizes * plan.terms >= float(info.max)) | (sizes < float(info.tiny) * plan.terms)
    return np.where(unknown, np.inf, limit)


# ── definitions of what draws, and of the inverses ─────────────────────────────────────────────


def fractional(name: str, input: Any, *args: Any) -> Definition:
    kernel, size, ratio, indexed, samples, rng, _ = args
    x = np.asarray(input)
    plan = _window_random.fractional_plan(name, x, kernel, size, ratio)
    rows, columns = _window_random.starts(plan, x, samples, rng)
    planes, taps = _planes(plan, x), [axis.taps for axis in plan.along[1:]]
    values, indices = np.empty(plan.y, planes.dtype)[:, 0], np.empty(plan.y, np.int64)[:, 0]
    for k in range(len(planes)):
        axes = [_window_reference.placed(begin[k], n) for begin, n in zip((rows, columns), taps, strict=True)]
        values[k : k + 1], indices[k : k + 1] = _window_reference.maximum(planes[k : k + 1], axes)
    return _exactly(plan, values, indices if indexed else None)


def stochastic(name: str, input: Any, *args: Any) -> Definition:
    kernel, stride, padding, ceil, indexed, deterministic, samples, rng, _ = args
    x = np.asarray(input)
    plan = _window_random.stochastic_plan(name, x, kernel, stride, padding, ceil, indexed, deterministic)
    axes, planes = _pooled(plan, ceil), _planes(plan, x)
    if not deterministic:
        chances = _window_random.chosen(plan, samples, rng).reshape(plan.y[0], *plan.out[-2:])
        y, indices = _window_reference.drawn(planes, axes, chances)
        return _exactly(plan, y, indices if indexed else None)
    value = _window_reference.weighted(planes, axes, plan.dtype).reshape(plan.out)

    def allowed(by: Explanation) -> Any:
        # All terms are positive: two sums and a quotient, in double precision, of either.
        share = 4 * _bounds.direct(plan.terms, float) + 2 * _bounds.unit(plan.dtype)
        return share * np.abs(value.astype(float)) + 4 * float(np.finfo(plan.dtype).smallest_subnormal)

    return Definition(value, allowed)


def max_unpool(name: str, input: Any, indices: Any, *args: Any) -> Definition:
    x, i = np.asarray(input), np.asarray(indices)
    plan = _window_unpool.maximum_plan(name, x, i, *args[:-1])
    rank = int(plan.name[-2])
    y = _window_reference.unpooled(_planes(plan, x), _planes(plan, i), plan.out[-rank:])
    return _exactly(plan, y, None)


def avg_unpool(name: str, input: Any, *args: Any) -> Definition:
    x = np.asarray(input)
    plan = _window_unpool.average_plan(name, x, *args[:-1])
    planes, size = _planes(plan, x), plan.out[-2:]
    data = zip(plan.x[-2:], plan.of, strict=True)
    axes = [_window_reference.placed(range(-w.padding, n * w.stride - w.padding, w.stride), w.taps) for n, w in data]
    value = _window_reference.spread(planes.astype(plan.work), axes, size).astype(plan.dtype)

    def allowed(by: Explanation) -> Any:
        scale = _window_reference.spread(_bounds.magnitude(planes), axes, size)
        return bound(plan, scale, value, plan.terms).reshape(plan.out)

    return Definition(value.reshape(plan.out), allowed)
