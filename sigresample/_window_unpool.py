"""One call of an unpooling: values put back where they came from, or spread over the windows they are averages of."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from . import _errors, _threads, _window_plans
from ._coerce import array, contiguous, output, plain
from ._routes import windows
from ._window_call import pieces, ready, target
from ._window_plans import Plan

Array = np.ndarray[Any, Any]

INT64 = np.dtype(np.int64)
# A value is moved as a number of its size.
AS = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def maximum(
    name: str, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any, workers: Any,
    out: Any,
) -> Array:  # fmt: skip
    """Put each value where its index says, zeros elsewhere."""
    x, i = array(name, "input", input), array(name, "indices", indices)
    plan = maximum_plan(name, x, i, kernel_size, stride, padding, output_size)
    threads = _threads.count(name, workers, plan.ops)
    y = output(name, out, plan.out, plan.dtype, x, i)
    if not y.size:
        return y
    whole = _whole(plan, x, i, y)
    for at, planes in [(..., plan.x[0])] if whole else pieces(plan, x, y):
        _refuse(plan, i, at, planes)
    for at, planes in [(..., plan.x[0])] if whole else pieces(plan, x, y):
        given = contiguous(i[at], INT64).reshape(planes, -1)
        made, own = target(y[at], plan.dtype)
        for read, written in _moved(ready(x[at], plan.dtype), made):
            windows.unpool(read.reshape(planes, -1), given, written.reshape(planes, -1), threads)
        if not own:
            y[at] = made
    return y


def maximum_plan(name: str, x: Array, i: Array, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Plan:
    """Return the plan of putting values back."""
    plan = _window_plans.unpooled(name, x.shape, x.dtype, *_numbers(name, kernel_size, stride, padding, output_size))
    if i.dtype.kind not in "iu":
        raise TypeError(_errors.UNPOOL_TYPE.format(name=name, got=i.dtype))
    if i.shape != x.shape:
        raise ValueError(_errors.UNPOOL_INDICES.format(name=name, want=x.shape, got=i.shape))
    return plan


def _numbers(name: str, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> tuple[Any, ...]:
    integers = _window_plans.integers
    if type(kernel_size) is not int:
        kernel_size = integers(name, "kernel_size", kernel_size)
    if type(stride) is not int and stride is not None:
        stride = integers(name, "stride", stride)
    if type(padding) is not int:
        padding = integers(name, "padding", padding)
    if output_size is not None:
        output_size = integers(name, "output_size", output_size)
    return kernel_size, stride, padding, output_size


def _whole(plan: Plan, x: Array, i: Array, y: Array) -> bool:
    """Return whether all arrays can be taken as they lie."""
    return x.dtype is y.dtype is plan.dtype and i.dtype is INT64 and plain(x) and plain(y) and plain(i)


def _refuse(plan: Plan, i: Array, at: Any, planes: int) -> None:
    """Refuse an index that lies outside of its plane: as a 64-bit integer, so that none wraps to one within."""
    some = i[at]
    size = prod(plan.y[1:])
    bad = windows.bad_index(contiguous(some, INT64).reshape(-1), size)
    if bad >= 0:
        where = np.unravel_index(bad, some.shape)
        within = np.arange(i.size).reshape(i.shape)[at][where]  # an error may take its time
        index = tuple(int(one) for one in np.unravel_index(within, i.shape))
        text = _errors.UNPOOL_INDEX
        raise ValueError(
            text.format(name=plan.name, most=size - 1, size=plan.out[-_rank(plan) :], got=i[index], where=index)
        )


def _rank(plan: Plan) -> int:
    return len(plan.of)


def _moved(x: Array, y: Array) -> Iterator[tuple[Array, Array]]:
    """Yield arrays as the kernel moves them: of one size of integers, or of twice that in two parts."""
    if x.dtype.itemsize in AS:
        yield x.view(AS[x.dtype.itemsize]), y.view(AS[x.dtype.itemsize])
        return
    for part in ("real", "imag"):
        read, made = np.ascontiguousarray(getattr(x, part)), np.empty(y.shape)
        yield read.view(AS[8]), made.view(AS[8])
        getattr(y, part)[...] = made


def average(
    name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any, workers: Any, out: Any
) -> Array:
    """Give every pixel the mean of the averages of the windows that it lies in."""
    x = array(name, "input", input)
    plan = average_plan(name, x, kernel_size, stride, padding, output_size)
    threads = _threads.count(name, workers, plan.ops)
    y = output(name, out, plan.out, plan.dtype, x)
    for at, _ in pieces(plan, x, y) if y.size else ():
        if plan.dtype.kind == "c":
            part = np.dtype(plan.dtype.char.lower())
            _spread(plan, x[at].real, y[at].real, part, threads)
            _spread(plan, x[at].imag, y[at].imag, part, threads)
        else:
            _spread(plan, x[at], y[at], plan.work, threads)
    return y


def average_plan(name: str, x: Array, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Plan:
    """Return the plan of giving averages back."""
    return _window_plans.spread(name, x.shape, x.dtype, *_numbers(name, kernel_size, stride, padding, output_size))


def _spread(plan: Plan, x: Array, y: Array, work: np.dtype[Any], workers: int) -> None:
    made, own = target(y, work)
    planes = x.size // prod(plan.x[1:])
    read = ready(x, work).reshape(planes, *plan.x[1:])
    windows.spread(read, made.reshape(planes, *plan.y[1:]), plan.along, workers)
    if not own:
        y[...] = made
