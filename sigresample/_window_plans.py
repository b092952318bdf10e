"""Everything about a pooling call that its shapes, types and numbers decide, worked out once and kept."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _channel_shapes, _coerce, _errors, _window_shapes
from ._channel_shapes import Sizes
from ._coerce import NUMBERS, known
from ._window_shapes import Along, Window

Dtype = np.dtype[Any]
Array = np.ndarray[Any, Any]

INT64 = np.dtype(np.int64)
FLOAT64 = np.dtype(np.float64)

# Along the axis of items, and maybe that of channels, there may be nothing.
ITEMS, FIRST, BOTH = "the batch", "the first", "batch and channels"


class Plan(NamedTuple):
    """One call."""

    name: str
    out: Sizes  # the result, as asked for
    dtype: Dtype
    work: Dtype  # what the kernels read
    batched: bool
    x: Sizes  # (planes, depth, height, width), for the kernels
    y: Sizes
    along: tuple[Along, Along, Along]
    of: tuple[Window, ...]  # the windows as asked for; none of those that are fitted to a size
    divisors: int | tuple[Array, Array, Array]  # of an average: one for all, or of which each output has a product
    ops: int
    terms: int


@lru_cache(maxsize=512)
def maximum(
    name: str, x: Sizes, dtype: Dtype, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> Plan:
    """Return the plan of a maximum over windows."""
    rank, batched = ranks(name, x, ITEMS)
    work, result = ordered(name, dtype)
    of = _window_shapes.windows(name, rank, kernel_size, stride, padding, dilation)
    axes = _window_shapes.pooled(name, x[-rank:], of, ceil)
    return _plan(name, x, batched, axes, result, work, of, 1)


@lru_cache(maxsize=512)
def average(
    name: str,
    x: Sizes,
    dtype: Dtype,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil: bool,
    include: bool,
    override: int | None,
    wanted: Dtype | None,
) -> Plan:
    """Return the plan of an average over windows."""
    rank, batched = ranks(name, x, ITEMS)
    work, result = summed(name, dtype, wanted)
    of = _window_shapes.windows(name, rank, kernel_size, stride, padding)
    _refuse_small(name, x[-rank:], of)
    axes = _window_shapes.pooled(name, x[-rank:], of, ceil)
    if override is not None:
        divisors: int | tuple[Array, Array, Array] = override
    else:
        divisors = _divisors(axes, of, include)
    return _plan(name, x, batched, axes, result, work, of, divisors)


@lru_cache(maxsize=512)
def power(name: str, x: Sizes, dtype: Dtype, kernel_size: Any, stride: Any, ceil: bool, summed_up: bool) -> Plan:
    """Return the plan of p-norms over windows, which are averages scaled up; of an infinite p, maxima."""
    rank, batched = ranks(name, x, ITEMS)
    if dtype.kind == "c":
        raise TypeError(_errors.WINDOW_REAL.format(name=name, got=dtype))
    work, result = summed(name, dtype, None)
    of = _window_shapes.windows(name, rank, kernel_size, stride)
    if summed_up:
        _refuse_small(name, x[-rank:], of)
    axes = _window_shapes.pooled(name, x[-rank:], of, ceil)
    return _plan(name, x, batched, axes, result, work, of, _divisors(axes, of, True))


@lru_cache(maxsize=512)
def adaptive(name: str, x: Sizes, dtype: Dtype, output_size: Any, wanted: Dtype | None) -> Plan:
    """Return the plan of pooling to a size."""
    averaged = "avg" in name
    # PyTorch's rule, which leaves out the average of volumes.
    rank, batched = ranks(name, x, BOTH if averaged and "3d" not in name else FIRST)
    work, result = summed(name, dtype, wanted) if averaged else ordered(name, dtype)
    outs = _window_shapes.adaptive_size(name, x[-rank:], output_size)
    sized(name, (*x[:-rank], *outs), result)
    axes = _window_shapes.adaptive(name, x[-rank:], outs)
    divisors = _divisors(axes, (), False) if averaged else 1
    return _plan(name, x, batched, axes, result, work, (), divisors)


@lru_cache(maxsize=512)
def unpooled(name: str, x: Sizes, dtype: Dtype, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Plan:
    """Return the plan of putting values back where they came from."""
    rank, batched = ranks(name, x, FIRST)
    work, result = moved(name, dtype)
    of = _window_shapes.windows(name, rank, kernel_size, stride, padding)
    outs = _window_shapes.unpooled(name, x[-rank:], of, output_size)
    lead = (1,) * (3 - rank)
    planes = prod(x[:-rank])
    return Plan(
        name, sized(name, (*x[:-rank], *outs), result), result, work, batched, (planes, *lead, *x[-rank:]),
        (planes, *lead, *outs), _window_shapes.three(()), of, 1, planes * (8 * prod(x[-rank:]) + 2 * prod(outs)), 1,
    )  # fmt: skip


@lru_cache(maxsize=512)
def spread(name: str, x: Sizes, dtype: Dtype, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Plan:
    """Return the plan of giving averages back to their windows; its axes are those of the pooling."""
    rank, batched = ranks(name, x, FIRST)
    work, result = summed(name, dtype, None)
    of = _window_shapes.windows(name, rank, kernel_size, stride, padding)
    _window_shapes.padded(name, of)
    outs = _window_shapes.unpooled(name, x[-rank:], of, output_size, covered=True)
    axes = _window_shapes.spread(x[-rank:], of, outs)
    lead = (1,) * (3 - rank)
    planes = prod(x[:-rank])
    return Plan(
        name, sized(name, (*x[:-rank], *outs), result), result, work, batched, (planes, *lead, *x[-rank:]),
        (planes, *lead, *outs), _window_shapes.three(axes), of, 1, _window_shapes.work(axes, planes),
        prod(-(-axis.taps // axis.stride) for axis in axes),
    )  # fmt: skip


for _kept in (maximum, average, power, adaptive, unpooled, spread):
    _cache.forgets(_kept.cache_clear)


def _plan(
    name: str, x: Sizes, batched: bool, axes: tuple[Along, ...], result: Dtype, work: Dtype, of: tuple[Window, ...],
    divisors: int | tuple[Array, Array, Array],
) -> Plan:  # fmt: skip
    rank = len(axes)
    outs = tuple(axis.out for axis in axes)
    planes, lead = prod(x[:-rank]), (1,) * (3 - rank)
    return Plan(
        name, sized(name, (*x[:-rank], *outs), result), result, work, batched, (planes, *lead, *x[-rank:]),
        (planes, *lead, *outs), _window_shapes.three(axes), of, divisors, _window_shapes.work(axes, planes),
        prod(axis.taps for axis in axes),
    )  # fmt: skip


# ── arguments ──────────────────────────────────────────────────────────────────────────────────


def ranks(name: str, x: Sizes, but: str) -> tuple[int, bool]:
    """Return along how many axes a function goes, and whether there is one of items; refuse what has no samples."""
    rank = int(name[-2])
    if len(x) not in (rank + 1, rank + 2):
        raise ValueError(_errors.CHANNEL_RANK.format(name=name, want=rank + 2, less=rank + 1, got=x))
    batched = len(x) == rank + 2
    free = {ITEMS: int(batched), FIRST: 1, BOTH: len(x) - rank}[but]
    if 0 in x[free:]:
        raise ValueError(_errors.WINDOW_AXES.format(name=name, but=but, got=x))
    return rank, batched


def _refuse_small(name: str, data: Sizes, of: tuple[Window, ...]) -> None:
    """Refuse volumes that are shorter than the windows of an average, padded or not: PyTorch's rule."""
    kernel = tuple(window.taps for window in of)
    if len(of) == 3 and any(n < k for n, k in zip(data, kernel, strict=True)):
        raise ValueError(_errors.WINDOW_SMALL.format(name=name, data=data, kernel=kernel))


def integers(name: str, argument: str, value: Any) -> Any:
    """Return an integer or a tuple of integers in a form that can be compared."""
    if isinstance(value, str):
        takes = _channel_shapes.WHOLE
        raise TypeError(_errors.CHANNEL_INTEGER.format(name=name, argument=argument, takes=takes, got=value))
    return _channel_shapes.fixed(name, argument, value, 1)


def flag(name: str, argument: str, value: Any) -> bool:
    """Return a bool; NumPy's will do."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(_errors.WINDOW_FLAG.format(name=name, argument=argument, got=value))
    return bool(value)


def divisor(name: str, value: Any) -> int:
    """Return a divisor_override."""
    text = _errors.WINDOW_DIVISOR.format(name=name, got=value)
    try:
        n = _channel_shapes.fixed(name, "divisor_override", value, 0)
    except TypeError:
        raise TypeError(text) from None
    if not 0 < abs(n) <= _channel_shapes.MOST:
        raise ValueError(text)
    return int(n)


def kind(name: str, value: Any) -> Dtype:
    """Return the type that is asked for as a result's."""
    try:
        made = np.dtype(value)
    except TypeError:
        raise TypeError(_errors.WINDOW_DTYPE.format(name=name, got=repr(value))) from None
    if made.char not in NUMBERS or made.char == "?":
        raise TypeError(_errors.WINDOW_DTYPE.format(name=name, got=made))
    native: Dtype = np.dtype(made.char)
    return native


def size(name: str, output_size: Any) -> Any:
    """Return an output_size in a form that can be compared; each of several may be None."""
    if isinstance(output_size, tuple | list):
        return tuple(
            [one if one is None else _channel_shapes.fixed(name, "output_size", one, 0) for one in output_size]
        )
    return integers(name, "output_size", output_size)


def _divisors(axes: tuple[Along, ...], of: tuple[Window, ...], padded: bool) -> int | tuple[Array, Array, Array]:
    """Return by what sums are divided: the samples of their windows, with what lies in the padding or without it."""
    windows = of if of else (None,) * len(axes)
    counts = [_counts(axis, window, padded) for axis, window in zip(axes, windows, strict=True)]
    if all(count.size and count.min() == count.max() for count in counts):
        return prod(int(count[0]) for count in counts)
    one = np.ones(1, np.int64)
    d, h, w = [one] * (3 - len(axes)) + counts
    return d, h, w


def _counts(of: Along, window: Window | None, padded: bool) -> Array:
    if window is None:
        return np.array([high - low for low, high in of.bounds or ((0, of.taps),) * of.out], np.int64)
    k, s, p, _ = window
    low, high = (-p, of.data + p) if padded else (0, of.data)
    starts = np.arange(of.out, dtype=np.int64) * (s if of.out > 1 else 1) - p
    return np.minimum(starts + k, high) - np.maximum(starts, low)


# ── types ──────────────────────────────────────────────────────────────────────────────────────


def ordered(name: str, dtype: Dtype) -> tuple[Dtype, Dtype]:
    """Return the type in which numbers are compared, and their own in native order."""
    if dtype.kind == "c":
        raise TypeError(_errors.WINDOW_REAL.format(name=name, got=dtype))
    known(name, "input", dtype)
    result = np.dtype(dtype.char)
    return np.dtype({"e": np.float32, "?": np.uint8}.get(dtype.char, result)), result


def summed(name: str, dtype: Dtype, wanted: Dtype | None) -> tuple[Dtype, Dtype]:
    """Return the type in which numbers are added, and that of the averages."""
    known(name, "input", dtype)
    if wanted is None:
        result = FLOAT64 if dtype.kind in "biu" else np.dtype(dtype.char)
    elif dtype.kind in "biu" or np.can_cast(dtype, wanted, "same_kind"):
        result = wanted
    else:
        raise TypeError(_errors.CHANNEL_CAST.format(name=name, argument="input", got=wanted, given=dtype))
    if result.kind in "iu":
        return INT64, result
    return np.dtype(np.float32) if result.char == "e" else result, result


def moved(name: str, dtype: Dtype) -> tuple[Dtype, Dtype]:
    """Return the type as which numbers are moved, which is any of their size, and their own in native order."""
    known(name, "input", dtype)
    result = np.dtype(dtype.char)
    return result, result


def sized(name: str, shape: Sizes, dtype: Dtype) -> Sizes:
    """Return a result's shape, once it is seen that memory can be asked for, for indices beside it as well."""
    return _coerce.sized(name, shape, max(dtype.itemsize, 8))
