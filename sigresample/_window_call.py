"""One call of a pooling: its plan, and what the kernels are given, all at once or a piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, TypeVar

import numpy as np

from . import _errors, _threads, _window_integers, _window_plans
from ._coerce import array, contiguous, output, plain
from ._routes import windows
from ._window_plans import Plan

Array = np.ndarray[Any, Any]
P = TypeVar("P", bound=Callable[..., Plan])

# What is converted for the kernels is converted by as many planes at a time as fit in here, one at least.
PIECE = 1 << 20
# Plans of longer axes may hold arrays of that length, and are not kept.
LONG = 1 << 14
INT64 = np.dtype(np.int64)


# ── maxima ─────────────────────────────────────────────────────────────────────────────────────


def maximum(
    name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any,
    return_indices: Any, workers: Any, out: Any,
) -> Any:  # fmt: skip
    """Compute maxima over windows."""
    x = array(name, "input", input)
    plan = maximum_plan(name, x, kernel_size, stride, padding, dilation, ceil_mode)
    return _maximum(plan, x, return_indices, workers, out)


def maximum_plan(
    name: str, x: Array, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
) -> Plan:
    """Return the plan of maxima."""
    if type(kernel_size) is not int:
        kernel_size = _window_plans.integers(name, "kernel_size", kernel_size)
    if type(stride) is not int and stride is not None:
        stride = _window_plans.integers(name, "stride", stride)
    if type(padding) is not int:
        padding = _window_plans.integers(name, "padding", padding)
    if type(dilation) is not int:
        dilation = _window_plans.integers(name, "dilation", dilation)
    if type(ceil_mode) is not bool:
        ceil_mode = _window_plans.flag(name, "ceil_mode", ceil_mode)
    return _window_plans.maximum(name, x.shape, x.dtype, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_maximum(name: str, input: Any, output_size: Any, return_indices: Any, workers: Any, out: Any) -> Any:
    """Compute maxima over windows that are fitted to a size."""
    x = array(name, "input", input)
    return _maximum(adaptive_plan(name, x, output_size, None), x, return_indices, workers, out)


def adaptive_plan(name: str, x: Array, output_size: Any, dtype: Any) -> Plan:
    """Return the plan of pooling to a size."""
    if type(output_size) is not int:
        output_size = _window_plans.size(name, output_size)
    wanted = None if dtype is None else _window_plans.kind(name, dtype)
    outs = output_size if isinstance(output_size, tuple) else (output_size,)
    plan = _kept(_window_plans.adaptive, (*x.shape, *(n for n in outs if n is not None)))
    return plan(name, x.shape, x.dtype, output_size, wanted)


def _maximum(plan: Plan, x: Array, return_indices: Any, workers: Any, out: Any) -> Any:
    if type(return_indices) is not bool:
        return_indices = _window_plans.flag(plan.name, "return_indices", return_indices)
    threads = _threads.count(plan.name, workers, plan.ops)
    y, indices = results(plan, x, return_indices, out)
    fill_maximum(plan, x, y, indices, threads)
    return y if indices is None else (y, indices)


def results(plan: Plan, x: Array, return_indices: bool, out: Any) -> tuple[Array, Array | None]:
    """Return fresh arrays for values and indices, or what is given once it is seen to fit."""
    name = plan.name
    if not return_indices:
        return output(name, out, plan.out, plan.dtype, x), None
    if out is None:
        return np.empty(plan.out, plan.dtype), np.empty(plan.out, INT64)
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise TypeError(_errors.WINDOW_OUTS.format(name=name, got=type(out).__name__))
    y = output(name, out[0], plan.out, plan.dtype, x)
    return y, output(name, out[1], plan.out, INT64, x, y)


def fill_maximum(plan: Plan, x: Array, y: Array, indices: Array | None, workers: int) -> None:
    """Fill arrays of any layout with maxima, and with where they are."""
    if not y.size:
        return
    if x.dtype is y.dtype is plan.work and plain(x) and plain(y) and (indices is None or plain(indices)):
        flat = None if indices is None else indices.reshape(plan.y)
        windows.maximum(x.reshape(plan.x), y.reshape(plan.y), flat, plan.along, workers)
        return
    for at, planes in pieces(plan, x, y):
        made, own = target(y[at], plan.work)
        found, mine = (None, True) if indices is None else target(indices[at], INT64)
        windows.maximum(
            ready(x[at], plan.work).reshape(planes, *plan.x[1:]), made.reshape(planes, *plan.y[1:]),
            None if found is None else found.reshape(planes, *plan.y[1:]), plan.along, workers,
        )  # fmt: skip
        if not own:
            y[at] = made
        if indices is not None and found is not None and not mine:
            indices[at] = found


# ── averages ───────────────────────────────────────────────────────────────────────────────────


def average(
    name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any,
    divisor_override: Any, dtype: Any, workers: Any, out: Any,
) -> Array:  # fmt: skip
    """Compute averages over windows."""
    x = array(name, "input", input)
    plan = average_plan(name, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, dtype)
    return _average(plan, x, workers, out)


def average_plan(
    name: str, x: Array, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any,
    divisor_override: Any, dtype: Any,
) -> Plan:  # fmt: skip
    """Return the plan of averages."""
    if type(kernel_size) is not int:
        kernel_size = _window_plans.integers(name, "kernel_size", kernel_size)
    if type(stride) is not int and stride is not None:
        stride = _window_plans.integers(name, "stride", stride)
    if type(padding) is not int:
        padding = _window_plans.integers(name, "padding", padding)
    if type(ceil_mode) is not bool:
        ceil_mode = _window_plans.flag(name, "ceil_mode", ceil_mode)
    if type(count_include_pad) is not bool:
        count_include_pad = _window_plans.flag(name, "count_include_pad", count_include_pad)
    if divisor_override is not None:
        divisor_override = _window_plans.divisor(name, divisor_override)
    wanted = None if dtype is None else _window_plans.kind(name, dtype)
    plan = _kept(_window_plans.average, x.shape)
    return plan(
        name, x.shape, x.dtype, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, wanted
    )


def adaptive_average(name: str, input: Any, output_size: Any, dtype: Any, workers: Any, out: Any) -> Array:
    """Compute averages over windows that are fitted to a size."""
    x = array(name, "input", input)
    return _average(adaptive_plan(name, x, output_size, dtype), x, workers, out)


def _average(plan: Plan, x: Array, workers: Any, out: Any) -> Array:
    threads = _threads.count(plan.name, workers, plan.ops)
    y = output(plan.name, out, plan.out, plan.dtype, x)
    fill_average(plan, x, y, threads)
    return y


def fill_average(plan: Plan, x: Array, y: Array, workers: int) -> None:
    """Fill an array of any layout with averages."""
    if not y.size:
        return
    if plan.dtype.kind in "iu":
        for at, planes in pieces(plan, x, y):
            made = _window_integers.average(plan, x[at].reshape(planes, *plan.x[1:]), workers)
            y[at] = made.reshape(y[at].shape)
        return
    if plan.dtype.kind == "c":
        part = np.dtype(plan.dtype.char.lower())
        for at, _ in pieces(plan, x, y):
            for read, written in ((x[at].real, y[at].real), (x[at].imag, y[at].imag)):
                _averages(plan, read, written, part, workers)
        return
    if x.dtype is y.dtype is plan.work and plain(x) and plain(y):
        windows.average(x.reshape(plan.x), y.reshape(plan.y), plan.along, plan.divisors, workers)
        return
    for at, _ in pieces(plan, x, y):
        _averages(plan, x[at], y[at], plan.work, workers)


def _averages(plan: Plan, x: Array, y: Array, work: np.dtype[Any], workers: int) -> None:
    """Average some planes, of any layout and type."""
    made, own = target(y, work)
    planes = x.size // prod(plan.x[1:])
    windows.average(
        ready(x, work).reshape(planes, *plan.x[1:]), made.reshape(planes, *plan.y[1:]), plan.along, plan.divisors,
        workers,
    )  # fmt: skip
    if not own:
        with np.errstate(over="ignore"):  # float16 has its infinities
            y[...] = made


# ── powers ─────────────────────────────────────────────────────────────────────────────────────


def power(
    name: str, input: Any, norm_type: Any, kernel_size: Any, stride: Any, ceil_mode: Any, workers: Any, out: Any
) -> Array:
    """Compute power averages over windows."""
    x = array(name, "input", input)
    p = exponent(name, norm_type)
    plan = power_plan(name, x, p, kernel_size, stride, ceil_mode)
    threads = _threads.count(name, workers, plan.ops)
    y = output(name, out, plan.out, plan.dtype, x)
    samples = prod(window.taps for window in plan.of)
    for at, planes in pieces(plan, x, y) if y.size else ():
        made, own = target(y[at], plan.work)
        flat = made.reshape(planes, *plan.y[1:])
        with np.errstate(all="ignore"):  # infinities and NaN are results like any
            terms = _powers(ready(x[at], plan.work), p).reshape(planes, *plan.x[1:])
            if np.isinf(p):
                windows.maximum(terms, flat, None, plan.along, threads)
            else:
                whole = plan.divisors == samples
                windows.average(terms, flat, plan.along, 1 if whole else plan.divisors, threads)
                if not whole:
                    flat *= samples
                if p < 0:
                    flat += 0.0  # a sum is not -0, whose root would be -inf
            _roots(flat, p)
            if not own:
                y[at] = made
    return y


def power_plan(name: str, x: Array, p: float, kernel_size: Any, stride: Any, ceil_mode: Any) -> Plan:
    """Return the plan of power averages."""
    if type(kernel_size) is not int:
        kernel_size = _window_plans.integers(name, "kernel_size", kernel_size)
    if type(stride) is not int and stride is not None:
        stride = _window_plans.integers(name, "stride", stride)
    if type(ceil_mode) is not bool:
        ceil_mode = _window_plans.flag(name, "ceil_mode", ceil_mode)
    return _kept(_window_plans.power, x.shape)(
        name, x.shape, x.dtype, kernel_size, stride, ceil_mode, bool(np.isfinite(p))
    )


def exponent(name: str, norm_type: Any) -> float:
    """Return the exponent of a power average."""
    try:
        if isinstance(norm_type, str | bytes) or np.ndim(norm_type):
            raise TypeError
        p = float(norm_type)
    except (TypeError, ValueError):
        raise TypeError(_errors.NORM_TYPE.format(name=name, got=norm_type)) from None
    if p == 0:
        raise ValueError(_errors.NORM_TYPE.format(name=name, got=norm_type))
    return p


def _powers(x: Array, p: float) -> Array:
    if np.isinf(p):
        return np.abs(x) if p > 0 else -np.abs(x)
    if p in (1.0, 2.0):
        return x if p == 1.0 else x * x
    return np.asarray(x**p)


def _roots(y: Array, p: float) -> None:
    if p == -np.inf:
        np.negative(y, out=y)
    elif p == 2.0:
        np.sqrt(y, out=y)
    elif p not in (1.0, np.inf):
        np.power(y, 1 / p, out=y)


# ── pieces ─────────────────────────────────────────────────────────────────────────────────────


def pieces(plan: Plan, x: Array, y: Array) -> Iterator[tuple[Any, int]]:
    """Yield where some planes lie in both arrays, and how many: as many as are worth converting at a time."""
    lead = x.shape[: 2 if plan.batched else 1]
    many = max(1, PIECE // (8 * max(prod(plan.x[1:]), prod(plan.y[1:]), 1)))
    channels = lead[-1]
    if not plan.batched:
        for c in range(0, channels, many):
            yield slice(c, c + many), min(many, channels - c)
    elif many >= channels:
        items = many // max(channels, 1)
        for n in range(0, lead[0], items):
            yield slice(n, n + items), min(items, lead[0] - n) * channels
    else:
        for n in range(lead[0]):
            for c in range(0, channels, many):
                yield (n, slice(c, c + many)), min(many, channels - c)


def ready(x: Array, work: np.dtype[Any]) -> Array:
    """Return an array as kernels take it: itself, a view or a copy."""
    if x.dtype.char == "?" and work.char == "B" and plain(x):
        return x.view(work)
    return contiguous(x, work)


def target(y: Array, work: np.dtype[Any]) -> tuple[Array, bool]:
    """Return what a kernel writes into in place of y, and whether it is y."""
    if plain(y):
        if y.dtype is work:
            return y, True
        if y.dtype.char == "?" and work.char == "B":
            return y.view(work), True
    return np.empty(y.shape, work), False


def _kept(plan: P, lengths: tuple[int, ...]) -> P:
    return plan if max(lengths, default=0) <= LONG else plan.__wrapped__  # type: ignore[attr-defined]
