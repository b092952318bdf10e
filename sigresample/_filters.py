"""The filters of polyphase resampling: their table of phases, and the low-passes designed when none is given."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from . import _coerce
from ._cache import Cache, forgets
from ._originals import original

_Array = np.ndarray[Any, Any]

# Bytes that designed filters may hold, all together and each: 44.1 kHz → 48 kHz takes 13 kB, 44 100 → 48 001 8 MB,
# and a tenth of a second to design.
CACHE_BYTES = 16 * 2**20
CACHE_ITEM = 8 * 2**20

_cache = Cache(CACHE_BYTES, CACHE_ITEM)


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
        return held  # type: ignore[no-any-return]
    h = lowpass(up, down, window).astype(kind)
    h *= up
    made = centred(h.astype(wide, copy=False), up, before, after)
    made.flags.writeable = False
    if key:
        _cache[key] = made
    return made


def decimating(dtype: np.dtype[Any], q: int, n: int | None, ftype: Any) -> _Array | None:
    """Return the taps of decimate's FIR filter for data of `dtype`; None for SciPy's part: IIR, odd types, errors."""
    if not (dtype.kind in "biu" or dtype.char in "efdFD") or q < 1:
        return None
    if isinstance(ftype, str):
        n = 20 * q if n is None else n
        if ftype != "fir" or q == 1 or n < 0:
            return None
        # Half precision is widened to double, as SciPy does.
        kind = dtype.char.lower() if dtype.char in "fdFD" else "d"
        return (_hamming(n, q) if n <= _SHORT else _hamming.__wrapped__(n, q)).astype(kind)
    if hasattr(ftype, "gain"):  # by zeros and poles
        if np.size(ftype.poles):
            return None
        ftype = ftype.to_tf()
    if not hasattr(ftype, "den") or np.size(ftype.den) > 1:
        return None
    h: _Array = np.atleast_1d(ftype.num / ftype.den)
    return h if h.dtype.char in _coerce.FLOATS else None


_SHORT = 10_000  # taps up to which 64 filters are kept: 5 MB


@lru_cache(64)
def _hamming(n: int, q: int) -> _Array:
    h: _Array = original("firwin")(n + 1, 1.0 / q, window="hamming")
    h.flags.writeable = False
    return h


forgets(_hamming.cache_clear)
