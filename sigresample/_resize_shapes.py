"""Shape rules of resizing: what size and scale_factor mean for each axis. Numbers only, no arrays.

    out = size, or ⌊data · scale_factor⌋

The step from one output to the next is data / out samples, or 1 / scale_factor where that was given and is not to be
recomputed: PyTorch's rule. A factor that is as near to out / data as a double can be stands for that fraction.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from . import _errors
from ._coerce import sized

Sizes = tuple[int, ...]

# No result has more samples along an axis.
LONGEST = 2**40


class Length(NamedTuple):
    """One axis."""

    data: int
    out: int
    scale: float | None  # outputs for each sample, where that is given and holds

    @property
    def step(self) -> Fraction:
        """Samples from one output to the next."""
        if self.scale is None or self.scale == self.out / self.data:
            return Fraction(self.data, self.out)
        return 1 / Fraction(self.scale)


# ── arguments ──────────────────────────────────────────────────────────────────────────────────


def integers(name: str, argument: str, value: Any) -> Any:
    """Return an integer, or a tuple of such."""
    if type(value) is int:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    try:
        if isinstance(value, tuple | list):
            return tuple(map(_integer, value))
        return _integer(value)
    except TypeError:
        raise TypeError(_errors.RESIZE_SIZE_TYPE.format(name=name, argument=argument, got=value)) from None


def _integer(value: Any) -> int:
    if isinstance(value, bool | np.bool_):
        raise TypeError
    return operator.index(value)


def reals(name: str, value: Any) -> Any:
    """Return a float, or a tuple of such."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    try:
        if isinstance(value, tuple | list):
            return tuple(map(real, value))
        return real(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(_errors.RESIZE_SCALE_TYPE.format(name=name, got=value)) from None


def real(value: Any) -> float:
    """Return a number as a float; no word, no boolean."""
    if isinstance(value, bool | np.bool_ | str | bytes):
        raise TypeError
    return float(value)


def each(name: str, argument: str, value: Any, rank: int) -> tuple[Any, ...]:
    """Return a value for each axis, from one for all or one for each; all of them positive."""
    values = value if isinstance(value, tuple) else (value,) * rank
    if len(values) != rank:
        raise ValueError(_errors.RESIZE_COUNT.format(name=name, argument=argument, rank=rank, got=value))
    finite = argument != "scale_factor" or all(map(isfinite, values))
    if not finite or min(values) <= 0:
        more = " and finite" if argument == "scale_factor" else ""
        raise ValueError(_errors.RESIZE_POSITIVE.format(name=name, argument=argument, more=more, got=value))
    return values


# ── lengths ────────────────────────────────────────────────────────────────────────────────────


def lengths(name: str, data: Sizes, size: Any, scale: Any, recompute: bool) -> tuple[Length, ...]:
    """Return the lengths of all axes; one of size and scale is None."""
    if scale is None:
        return tuple(Length(n, out, None) for n, out in zip(data, each(name, "size", size, len(data))))
    factors = each(name, "scale_factor", scale, len(data))
    found = []
    for n, factor in zip(data, factors):
        longest = n * factor
        if longest < 1:
            text = _errors.RESIZE_OUT
            raise ValueError(text.format(name=name, got=int(longest), data=data, scale=scale))
        out = int(min(longest, 2.0**62))
        found.append(Length(n, out, None if recompute else factor))
    return tuple(found)


def multiples(name: str, data: Sizes, factor: Any) -> tuple[Length, ...]:
    """Return the lengths of axes that become so many times as long."""
    factors = each(name, "factor", factor, len(data))
    return tuple(Length(n, n * k, None) for n, k in zip(data, factors))


def refuse_large(name: str, shape: Sizes, itemsize: int) -> None:
    """Refuse a result that no memory can hold."""
    if max(shape) > LONGEST:
        raise ValueError(_errors.CHANNEL_LARGE.format(name=name, got=shape))
    sized(name, shape, itemsize)


def spatial(name: str, shape: Sizes, last: bool) -> tuple[int, int]:
    """Return the first of the axes that are resized, and how many there are."""
    ndim = len(shape)
    if last:
        if ndim not in (3, 4):
            raise ValueError(_errors.RESIZE_LAST_RANK.format(name=name, got=shape))
        first, rank = ndim - 3, 2
    else:
        if ndim not in (3, 4, 5):
            raise ValueError(_errors.RESIZE_RANK.format(name=name, got=shape))
        first, rank = 2, ndim - 2
    if 0 in (shape if len(shape) == 3 and last else shape[1:]):
        raise ValueError(_errors.RESIZE_EMPTY.format(name=name, got=shape))
    return first, rank
