"""Transforms of real signals by scipy.fft: long ones out of L short ones that run side by side in its SIMD lanes.

scipy.fft computes one transform with scalar code, several at once with vectors, and short ones stay in the cache: of
half a million points this takes a third of the time. How a length is split depends on the length alone.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from . import _kernels
from ._cache import Cache
from ._workspace import Workspace

_Array = np.ndarray[Any, Any]

SHORTEST = 8192  # points: below, the pass that joins costs what the lanes gain
BLOCK = 128  # as in spectra.pyx
CACHE_BYTES = 8 * 2**20


def parts(n: int) -> int:
    """Return into how many transforms one of n points is split."""
    if n < SHORTEST:
        return 1
    return next((parts for parts in (8, 4, 2) if n % parts == 0), 1)


@cache
def scipy_fft() -> Any:
    """Return scipy.fft, loaded on first need."""
    return import_module("scipy.fft")


class _Roots(NamedTuple):
    """exp(-2 pi i k / n) for the kernels: a step of BLOCK and the steps inside a block, of each part; L-th roots."""

    coarse: _Array
    fine: _Array
    butterfly: _Array

    @classmethod
    def of(cls, n: int, dtype: np.dtype[Any]) -> _Roots:
        many = parts(n)
        blocks = -(-(n // many // 2 + 1) // BLOCK)
        part = np.arange(many)[:, None]
        tables = (
            _unit(part * (BLOCK * np.arange(blocks)), n),
            _unit(part * np.arange(BLOCK), n),
            _unit(np.arange(many), many),
        )
        return cls(*(table.astype(dtype) for table in tables))


_cache = Cache(CACHE_BYTES, CACHE_BYTES // 8)


def _roots(n: int, dtype: np.dtype[Any]) -> _Roots:
    held: _Roots | None = _cache.get((n, dtype.char))
    if held is None:
        held = _cache[n, dtype.char] = _Roots.of(n, dtype)
    return held


def _unit(k: _Array, n: int) -> _Array:
    """Return exp(-2 pi i k / n), the angle reduced exactly."""
    turns = (k % n) * (2 * np.pi / n)
    return np.cos(turns) - 1j * np.sin(turns)


def forward(x: _Array, bins: int, scale: float, workers: int, space: Workspace) -> _Array:
    """Return the first `bins` of the spectra of real rows, times `scale`."""
    rows, n = x.shape
    many = parts(n)
    fft = scipy_fft()
    if many == 1:
        spectrum = fft.rfft(x, axis=-1, norm="forward" if scale == 1 / n else "backward", workers=workers)
        spectrum = spectrum[:, :bins]
        if scale not in (1, 1 / n):
            spectrum *= spectrum.real.dtype.type(scale)
        return np.ascontiguousarray(spectrum)
    short = fft.rfft(np.swapaxes(x.reshape(rows, n // many, many), 1, 2), axis=-1, workers=workers)
    made = space.empty((rows, bins), short.dtype)
    _kernels.spectra.join(short, made, *_roots(n, short.dtype), n // many, scale, workers)
    return made


def inverse(spectrum: _Array, n: int, workers: int, space: Workspace) -> _Array:
    """Return the n real samples of rows of bins, zeros beyond those given, without a factor of 1 / n.

    Overwrites the imaginary parts of the bins that have none.
    """
    rows, bins = spectrum.shape
    many = parts(n)
    fft = scipy_fft()
    if many == 1:
        made: _Array = fft.irfft(spectrum, n, axis=-1, norm="forward", workers=workers, overwrite_x=True)
        return made
    spectrum[:, 0].imag = 0
    if bins == n // 2 + 1:
        spectrum[:, -1].imag = 0
    short = space.empty((rows, many, n // many // 2 + 1), spectrum.dtype)
    _kernels.spectra.split(spectrum, short, *_roots(n, spectrum.dtype), n // many, workers)
    samples: _Array = fft.irfft(
        np.swapaxes(short, 1, 2), n // many, axis=1, norm="forward", workers=workers, overwrite_x=True
    )
    return samples.reshape(rows, n)
