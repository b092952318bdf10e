"""Pooling and its inverses as their definitions: slow, obvious. Tests and checking use them.

A window is, along each axis, a range of positions, some of which may lie outside of the data. Arrays are (planes, ...).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]
Axis = list[range]  # the window of each output


def pooled(data: int, taps: int, stride: int, padding: int, dilation: int, ceil: bool) -> Axis:
    """Return the windows that fit into the padded data; with `ceil`, one more if samples are left and it meets one."""
    made: Axis = []
    start = -padding
    while start + dilation * (taps - 1) < data + padding:
        made.append(range(start, start + dilation * taps, dilation))
        start += stride
    reached = start - stride + dilation * (taps - 1) + 1  # behind the last window
    if ceil and start < data and reached < data + padding:
        made.append(range(start, start + dilation * taps, dilation))
    return made


def adaptive(data: int, out: int) -> Axis:
    """Return windows from the floor of where an output would begin to the ceiling of where it would end."""
    return [range(i * data // out, -(-(i + 1) * data // out)) for i in range(out)]


def placed(starts: Any, taps: int) -> Axis:
    """Return windows that begin where they are said to."""
    return [range(int(start), int(start) + taps) for start in starts]


def within(window: range, low: int, high: int) -> range:
    """Return the positions of a window from `low` to below `high`."""
    first, end = (max(0, -(-(edge - window.start) // window.step)) for edge in (low, high))
    return window[first:end]


def each(axes: list[Axis], data: Sizes) -> Iterator[tuple[Sizes, list[Sizes]]]:
    """Yield each output and the samples of its window, in row-major order."""
    for out in product(*(range(len(axis)) for axis in axes)):
        spans = [within(axis[i], 0, n) for axis, i, n in zip(axes, out, data, strict=True)]
        yield out, list(product(*spans))


def maximum(x: Array, axes: list[Axis]) -> tuple[Array, Array]:
    """Return the largest sample of each window and its flat index: the first of equal ones, the last of NaNs."""
    data = x.shape[1:]
    y = np.empty((len(x), *map(len, axes)), x.dtype)
    indices = np.empty(y.shape, np.int64)
    for plane in range(len(x)):
        for out, samples in each(axes, data):
            best = samples[0]
            for at in samples:
                a, b = x[(plane, *at)], x[(plane, *best)]
                if a > b or a != a:
                    best = at
            y[(plane, *out)] = x[(plane, *best)]
            indices[(plane, *out)] = np.ravel_multi_index(best, data)
    return y, indices


def total(x: Array, axes: list[Axis]) -> Array:
    """Return the sums over windows, sample by sample; of objects, exactly."""
    y = np.zeros((len(x), *map(len, axes)), x.dtype)
    for plane in range(len(x)):
        for out, samples in each(axes, x.shape[1:]):
            for at in samples:
                y[(plane, *out)] += x[(plane, *at)]
    return y


def counts(axes: list[Axis], data: Sizes, pads: Sizes) -> Array:
    """Return how many positions of each window lie in the data or in its padding."""
    made = np.ones((1,) * len(axes), object)
    for i, (axis, n, pad) in enumerate(zip(axes, data, pads, strict=True)):
        lengths = np.array([len(within(window, -pad, n + pad)) for window in axis], object)
        made = made * lengths.reshape(-1, *(1,) * (len(axes) - 1 - i))
    return made


def average(x: Array, axes: list[Axis], divisors: Any, result: np.dtype[Any]) -> Array:
    """Return sums over divisors; as integers, the exact quotient rounded half to even, modulo the type's range."""
    if result.kind in "iu":
        sums = total(x.astype(object), axes)
        quotients = np.frompyfunc(lambda s, d: round(Fraction(int(s), int(d))) % 2**64, 2, 1)(sums, divisors)
        return np.asarray(quotients, np.uint64).reshape(sums.shape).astype(result)
    sums = total(x.astype(np.float32 if result.char == "e" else result), axes)
    return np.asarray(sums / np.asarray(divisors, np.float64).astype(sums.real.dtype)).astype(result)


def unpooled(x: Array, indices: Array, size: Sizes) -> Array:
    """Put each value where its index says, one after the other."""
    y = np.zeros((len(x), prod(size)), x.dtype)
    for plane in range(len(x)) if y.size else ():  # where there is no place, PyTorch looks at no index
        for value, at in zip(x[plane].flat, indices[plane].flat, strict=True):
            y[plane, at] = value
    return y.reshape(len(x), *size)


def spread(x: Array, axes: list[Axis], size: Sizes) -> Array:
    """Give each pixel the mean of the values of the windows that it lies in, window by window."""
    y, windows = np.zeros((len(x), *size), x.dtype), np.zeros(size, np.int64)
    for out, samples in each(axes, size):
        for at in samples:
            windows[at] += 1
            for plane in range(len(x)):
                y[(plane, *at)] += x[(plane, *out)]
    return np.asarray(y / np.maximum(windows, 1).astype(y.real.dtype))


def drawn(x: Array, axes: list[Axis], chances: Array) -> tuple[Array, Array]:
    """Return of each window the sample where the running sum passes its share of the whole, and its flat index."""
    largest, indices = maximum(x, axes)
    for plane in range(len(x)):
        for out, samples in each(axes, x.shape[1:]):
            top = float(largest[(plane, *out)])
            if not 0 < top < np.inf:
                continue
            scale = -int(np.frexp(top)[1])
            values = [float(np.ldexp(float(x[(plane, *at)]), scale)) for at in samples]
            share, before = 0.0, 0.0
            for value in values:
                share += value
            share *= float(chances[(plane, *out)])
            for at, value in zip(samples, values, strict=True):
                if value > 0 and before <= share:
                    indices[(plane, *out)] = np.ravel_multi_index(at, x.shape[1:])
                before += value
    flat: Array = x.reshape(len(x), prod(x.shape[1:]))
    found: Array = indices.reshape(len(x), prod(indices.shape[1:]))
    return np.take_along_axis(flat, found, 1).reshape(indices.shape), indices


def weighted(x: Array, axes: list[Axis], result: np.dtype[Any]) -> Array:
    """Return the mean of each window, each sample weighted with itself."""
    largest, _ = maximum(x, axes)
    y = np.empty(largest.shape, np.float64)
    for plane in range(len(x)):
        for out, samples in each(axes, x.shape[1:]):
            top = float(largest[(plane, *out)])
            if not 0 < top < np.inf:
                y[(plane, *out)] = top
                continue
            shares = [float(x[(plane, *at)]) / top for at in samples]  # no sum of these overflows
            y[(plane, *out)] = top * (sum(a * a for a in shares) / sum(shares))
    return y.astype(result)
