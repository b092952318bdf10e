"""What the transforms of the kernels are given: lengths, radices, twiddles, and the points at which they evaluate.

_kernels/_transforms.pxd has the recursion. An angle is kept as an integer count of turns / D until its cosine is taken,
so that a twiddle is off by rounding alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._cache import Cache

Array = np.ndarray[Any, Any]

ODD = (1, 3, 5, 9, 15, 25, 27, 45, 75, 81, 125, 135)  # few steps between lengths are above an eighth
CACHE_BYTES = 32 << 20

_cache = Cache(CACHE_BYTES)


def good_length(least: int) -> int:
    """Return the shortest length of a transform that is not below `least`: 4·2^a times one of ODD."""
    return min(odd << max(2, (-(-least // odd) - 1).bit_length()) for odd in ODD)


def block_length(least: int, real: bool) -> int:
    """Return the least samples that a block may have: real ones are transformed as half as many complex points."""
    return 2 * good_length(-(-least // 2)) if real else good_length(least)


def real_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of the reals that a floating type is made of."""
    return np.dtype(dtype.char.lower())


def radices(n: int) -> tuple[int, ...]:
    """Return the radices of the passes over n points, the first pass first."""
    if good_length(n) != n:
        raise ValueError(f"transform: a length must be 4·2^a times one of {ODD}, got {n}")
    made = []
    while n > 1:
        made.append((3 if n % 3 == 0 else 5) if n & (n - 1) else 2 if n == 8 else 4)
        n //= made[-1]
    return tuple(made)


def twiddles(n: int, c: complex, dtype: np.dtype[Any]) -> Array:
    """Return the pairs b^q of every node of a transform of n points at the roots of x^n = c, c being 1 or i.

    A node's own come first, then those of each of its children: 2 (n - 1) reals.
    """
    dtype = np.dtype(dtype)
    return _kept((n, c == 1, dtype), lambda: _pairs(*_tree(n, c)[1:]).astype(dtype))


def points(n: int, c: complex) -> Array:
    """Return the roots of x^n = c in the order in which the transform gives the values at them."""
    return _kept((n, c == 1), lambda: _pairs(*_tree(n, c)[::2]).view(np.complex128))


def _tree(n: int, c: complex) -> tuple[Array, Array, int]:
    """Return the angles of the points and of the twiddles, depth first, in turns / D; and D."""
    passes = radices(n)
    whole = 4 * n  # of the angle of c^(1/n)
    # The angle of a node's c is at·R / whole turns, R the product of the radices before it.
    at = np.array([0 if c == 1 else whole // 4])
    levels = []
    for r in passes:
        at = at // r  # b: exact, as a node's angle still holds all the radices to come
        levels.append(at[:, None] * np.arange(1, r))
        at = (at[:, None] + whole // r * np.arange(r)).ravel()
    below = np.empty((n, 0), np.int64)
    for own in levels[::-1]:
        below = np.concatenate([own, below.reshape(len(own), -1)], axis=1)
    return at, below.ravel(), whole


def _pairs(turns: Array, whole: int) -> Array:
    """Return cos and sin of angles in turns / whole, each rounded about once."""
    quarters = (4 * turns + whole // 2) // whole
    rest = 2 * np.pi * ((turns - quarters * (whole // 4)) / whole)  # within an eighth of a turn of zero
    cos, sin = np.cos(rest), np.sin(rest)
    odd, sign = quarters % 2 == 1, np.where(quarters % 4 >= 2, -1.0, 1.0)
    return np.stack([sign * np.where(odd, -sin, cos), sign * np.where(odd, cos, sin)], axis=-1).ravel()


def _kept(key: tuple[object, ...], make: Callable[[], Array]) -> Array:
    """Return a table from the cache."""
    made: Array | None = _cache.get(key)
    if made is None:
        made = make()
        made.flags.writeable = False  # shared by all calls
        _cache[key] = made
    return made
