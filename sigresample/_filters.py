"""The filters of polyphase resampling: their table of phases, and the low-pass that is designed when none is given."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from ._originals import original

_Array = np.ndarray[Any, Any]

# Bytes that designed filters may hold, all together and each: 44.1 kHz → 48 kHz takes 13 kB, 44 100 → 48 001 8 MB,
# and a tenth of a second to design.
CACHE_BYTES = 16 * 2**20
CACHE_ITEM = 8 * 2**20

_cache: dict[tuple[Any, ...], _Array] = {}
_changing = Lock()


def table(h: _Array, up: int) -> _Array:
    """Return the (up, K) table of phases: row p holds h[p + k up] with k descending, zeros where h has ended.

    For ten taps and ``up=3``::

        h[9] h[6] h[3] h[0]
         0   h[7] h[4] h[1]
         0   h[8] h[5] h[2]
    """
    if up == 1:
        return h[::-1].copy()[None]
    k = -(-h.size // up)
    if k * up > h.size:
        padded = np.zeros(k * up, h.dtype)
        padded[: h.size] = h
        h = padded
    return np.ascontiguousarray(h.reshape(k, up)[::-1].T)


def lowpass(up: int, down: int, window: Any) -> _Array:
    """Return resample_poly's linear-phase low-pass: cut off at the lower of both rates, ten zero crossings a side."""
    rate = max(up, down)
    h: _Array = original("firwin")(20 * rate + 1, 1.0 / rate, window=window)
    return h


def centred(h: _Array, up: int, before: int, after: int) -> _Array:
    """Return the table of taps between zeros that put the outputs on their centre."""
    return table(np.concatenate((np.zeros(before, h.dtype), h, np.zeros(after, h.dtype))), up)


def designed(
    up: int, down: int, window: Any, kind: np.dtype[Any], wide: np.dtype[Any], before: int, after: int
) -> _Array:
    """Return the table of the low-pass, rounded to `kind` (the data's precision), stored as `wide`, kept for later."""
    key: tuple[Any, ...] = (up, down, window, kind.char, wide.char, before, after)
    try:
        held = _cache.get(key)
    except TypeError:  # a window with an array in it is no key
        key, held = (), None
    if held is not None:
        return held
    h = lowpass(up, down, window).astype(kind)
    h *= up
    made = centred(h.astype(wide, copy=False), up, before, after)
    made.flags.writeable = False
    if key and made.nbytes <= CACHE_ITEM:
        with _changing:
            _cache[key] = made
            while sum(kept.nbytes for kept in _cache.values()) > CACHE_BYTES:
                del _cache[next(iter(_cache))]
    return made
