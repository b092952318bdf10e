"""Averages of integers as integers: the exact quotient, rounded half to even, modulo the range of its type.

Where a sum might leave 64 bits, the samples' upper and lower halves are added up apart: s = 2^32 a + b. With
a = q d + r, the quotient s / d is 2^32 q + (2^32 r + b) / d, and r is less than d.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ._coerce import contiguous
from ._routes import windows
from ._window_plans import Plan

Array = np.ndarray[Any, Any]

INT64 = np.dtype(np.int64)
HALF = 32


def average(plan: Plan, x: Array, workers: int) -> Array:
    """Return the averages of some planes of integers in the type of the result."""
    largest = (
        abs(plan.divisors) if isinstance(plan.divisors, int) else prod(int(count.max()) for count in plan.divisors)
    )
    if max(plan.terms * _most(x), largest) < 2**61:
        return _rounded(_sums(plan, x, workers), _divisors(plan, INT64)).astype(plan.dtype)
    x = x if x.itemsize == 8 else x.astype(INT64)
    # Upper halves have 32 bits: of a window of 2**31 samples, 16 GiB, they still fit.
    a, b = _sums(plan, x >> HALF, workers), _sums(plan, x & (2**HALF - 1), workers)
    if max(plan.terms, largest) < 2**30:
        d = _divisors(plan, INT64)
        q, r = np.divmod(a, d)
        return ((q << HALF) + _rounded((r << HALF) + b, d)).astype(plan.dtype)
    made = _rounded((a.astype(object) << HALF) + b, _divisors(plan, np.dtype(object)))
    return (made & (2**64 - 1)).astype(np.uint64).astype(plan.dtype)


def _most(x: Array) -> int:
    """Return what no sample exceeds in size."""
    if x.dtype.kind == "b":
        return 1
    if x.itemsize < 8:
        return 1 << 8 * x.itemsize
    return max(int(x.max()), -int(x.min()))


def _sums(plan: Plan, x: Array, workers: int) -> Array:
    """Return the sums over windows, in 64 bits."""
    made = np.empty((len(x), *plan.y[1:]), INT64)
    windows.total(contiguous(x, INT64).view(np.uint64), made.view(np.uint64), plan.along, workers)  # modulo 2^64
    return made


def _divisors(plan: Plan, dtype: np.dtype[Any]) -> Any:
    """Return what each output is divided by."""
    if isinstance(plan.divisors, int):
        return np.array(plan.divisors, dtype)
    d, h, w = (count.astype(dtype) for count in plan.divisors)
    return d[:, None, None] * h[:, None] * w


def _rounded(s: Array, d: Array) -> Array:
    """Return the integers next to s / d, of two the even one."""
    s, d = np.where(d < 0, -s, s), np.abs(d)
    q = s // d
    twice = 2 * (s - q * d)
    return np.asarray(q + ((twice > d) | ((twice == d) & (q % 2 == 1))))
