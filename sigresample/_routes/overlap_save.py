"""Many short transforms side by side: overlap-save in blocks that stay in the cache.

What the kernel is given besides the data: the spectrum of the taps in the order in which its forward transform leaves
the results, scaled by 1/(N1 N2), and the twiddles of every pass. Both are made in double precision and rounded once.
The router does not take this way yet: it has no rule for blocks that a transform would spoil.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def order(n: int) -> Array:
    """Return which frequency stands where after the forward transform of n points: digits reversed.

    Passes of radix 4, the last but one of radix 2 where n is twice a power of four.
    """
    if n == 1:
        return np.zeros(1, np.intp)
    radix = 2 if n == 8 else 4
    return np.concatenate([k + radix * order(n // radix) for k in range(radix)])


@lru_cache(maxsize=64)
def twiddles(n: int, dtype: np.dtype[Any]) -> Array:
    """Return cos and sin of every pass of a transform of n points, the first pass first; n: 1, or 2^k from 4 on."""
    passes: list[Array] = [np.zeros(2)]
    while n > 1:
        radix = 2 if n == 8 else 4
        m = n // radix
        turns = np.arange(m)[:, None] * np.arange(1, radix) / n
        passes.insert(-1, np.stack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)], axis=-1).ravel())
        n = m
    made = np.concatenate(passes).astype(dtype)
    made.flags.writeable = False  # shared by all calls
    return made


def spectrum(h: Array, n1: int, n2: int) -> Array:
    """Return the spectrum of real taps (P, Q), turned round, as n1 rows of n2 pairs of reals in the kernel's order."""
    made = np.fft.fft2(h[::-1, ::-1].astype(np.float64), (n1, n2)) / (n1 * n2)
    made = np.ascontiguousarray(made[order(n1)][:, order(n2)])
    return made.view(np.float64).astype(h.dtype)
