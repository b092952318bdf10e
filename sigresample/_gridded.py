"""Transforms of awkward lengths: a transform of a good length, and a short smooth window around each sample.

    forward   h[l] = sum_i  x[i] · φ(l - i G / n),           X[k] = H[k] / Φ(k / G),     H of G points
    inverse   y[m] = sum_l  g[l] · φ(m G / num - l),         g of G points, of the bins Y[k] / Φ(k / G)

φ is a Kaiser-Bessel window of `width` grid points and Φ its transform. Only bins up to K are wanted or there, so that
a grid of G >= 4 K keeps the images away: what they leave is of the size that the window has at its ends.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, pi
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _kernels, _long_fft
from ._workspace import Workspace

_Array = np.ndarray[Any, Any]

WIDTH = {"f": 8, "d": 16}
# Terms of a polynomial below this share of the largest weight are rounding errors of the window itself.
NOISE = {"f": 1.2e-7, "d": 2e-15}
DENSEST = 16
LONGEST = 2**62  # product of both lengths: the kernel counts in signed 64 bits


class Grid(NamedTuple):
    """A window for bins up to `top` on a grid."""

    points: int
    top: int
    width: int

    @classmethod
    def of(cls, top: int, kind: str, samples: int = 0) -> Grid:
        """Return the shortest good grid for bins up to `top`, in single ('f') or double ('d') precision.

        One that is spread from `samples` has no more than DENSEST of them to a point, so that tables stay small.
        """
        return cls(good_length(max(4 * max(top, 1) + 2, samples // DENSEST)), top, WIDTH[kind])

    @property
    def beta(self) -> float:
        """Shape of the window: its main lobe ends where the first image of the band begins."""
        return pi * self.width * (1 - self.top / self.points)

    def window(self, t: _Array) -> _Array:
        """Return φ, 1 in the middle, outside as small as at its ends."""
        root = np.sqrt(np.maximum(1 - (2 * t / self.width) ** 2, 0))
        return np.asarray(np.i0(self.beta * root) / np.i0(self.beta))

    def inverse_transform(self, square: _Array) -> _Array:
        """Return 1 / Φ at frequencies given squared, in cycles per grid point."""
        root = np.sqrt(self.beta**2 - (pi * self.width) ** 2 * square)
        return np.asarray(root / np.sinh(root) * np.i0(self.beta) / self.width)


def good_length(least: int) -> int:
    """Return the shortest length with small factors that splits into eight parts."""
    found: int = _long_fft.scipy_fft().next_fast_len(-(-least // 8), True)
    return 8 * found


@lru_cache(64)
def _pieces(grid: Grid, step: float, char: str) -> _Array:
    """Return the polynomials of the kernel: (pairs, terms, 2), the even and odd part of each pair, highest power first.

    A pair of taps lies `distance ± z / 2` samples off, samples being `step` grid points apart.
    """
    pairs = ceil(grid.width / (2 * step))
    distance = (pairs - 0.5 - np.arange(pairs)) * step
    nodes = 40
    z = np.cos(pi * (np.arange(nodes) + 0.5) / nodes)
    fits = np.polynomial.chebyshev.chebfit(z, grid.window(distance + z[:, None] * step / 2), nodes - 1)
    needed = np.flatnonzero(np.abs(fits).max(axis=1) > NOISE[char])
    terms = needed[-1] // 2 + 1 if needed.size else 1
    powers = np.zeros((2 * terms, pairs))
    for pair in range(pairs):
        made = np.polynomial.chebyshev.cheb2poly(fits[: 2 * terms, pair])
        powers[: made.size, pair] = made
    return np.ascontiguousarray(powers.reshape(terms, 2, pairs)[::-1].transpose(2, 0, 1).astype(char))


@lru_cache(64)
def _correction(grid: Grid, char: str) -> _Array:
    """Return 1 / Φ as a polynomial in the square of the bin's share of `top`, highest power first."""
    most = (grid.top / grid.points) ** 2
    fit = np.polynomial.Chebyshev.interpolate(lambda v: grid.inverse_transform(v * most), 16, domain=[0, 1])
    powers: _Array = fit.convert(kind=np.polynomial.Polynomial).convert(domain=[-1, 1]).coef
    return powers[::-1].astype(char)


for _kept in (_pieces, _correction):
    _cache.forgets(_kept.cache_clear)


def _interpolated(x: _Array, y: _Array, coefficients: _Array, workers: int) -> _Array:
    """Interpolate rows at as many positions as y has samples, into y."""
    (rows, n_in), n_out = x.shape, y.shape[1]
    unit = 2 if x.dtype.kind == "c" else 1
    _kernels.gridding.interpolate(x, y, coefficients, rows, n_in, n_out, unit, workers)
    return y


def _weigh(spectrum: _Array, grid: Grid, first: int) -> None:
    char = "f" if spectrum.dtype.char == "F" else "d"
    _kernels.spectra.weigh(spectrum, _correction(grid, char), first, 1 / max(grid.top, 1))


def forward(x: _Array, bins: int, scale: float, workers: int, space: Workspace) -> _Array:
    """Return the first `bins` of the spectra of real rows, times `scale`."""
    grid = Grid.of(bins - 1, x.dtype.char, x.shape[1])
    spread = space.empty((x.shape[0], grid.points), x.dtype)
    _interpolated(x, spread, _pieces(grid, grid.points / x.shape[1], x.dtype.char), workers)
    spectrum = _long_fft.forward(spread, bins, scale, workers, space)
    _weigh(spectrum, grid, 0)
    return spectrum


def inverse(spectrum: _Array, n: int, workers: int, space: Workspace) -> _Array:
    """Return the n real samples of rows of bins, without a factor of 1 / n; overwrites the bins."""
    char = "f" if spectrum.dtype.char == "F" else "d"
    grid = Grid.of(spectrum.shape[1] - 1, char)
    _weigh(spectrum, grid, 0)
    samples = _long_fft.inverse(spectrum, grid.points, workers, space)
    return _interpolated(samples, np.empty((samples.shape[0], n), samples.dtype), _pieces(grid, 1.0, char), workers)


def forward_complex(x: _Array, top: int, workers: int) -> tuple[_Array, _Array]:
    """Return the bins 0 .. top and -top .. -1 of the spectra of complex rows."""
    char = "f" if x.dtype.char == "F" else "d"
    grid = Grid.of(top, char, x.shape[1])
    spread = np.empty((x.shape[0], grid.points), x.dtype)
    _interpolated(x, spread, _pieces(grid, grid.points / x.shape[1], char), workers)
    whole = _long_fft.scipy_fft().fft(spread, axis=-1, workers=workers, overwrite_x=True)
    above, below = (np.ascontiguousarray(part) for part in (whole[:, : top + 1], whole[:, grid.points - top :]))
    _weigh(above, grid, 0)
    _weigh(below, grid, -top)
    return above, below


def inverse_complex(above: _Array, below: _Array, n: int, workers: int) -> _Array:
    """Return the n samples of rows of bins, without a factor of 1 / n; overwrites the bins."""
    char = "f" if above.dtype.char == "F" else "d"
    top = below.shape[1]
    grid = Grid.of(top, char)
    _weigh(above, grid, 0)
    _weigh(below, grid, -top)
    padded = np.zeros((above.shape[0], grid.points), above.dtype)
    padded[:, : top + 1] = above
    padded[:, grid.points - top :] += below
    samples = _long_fft.scipy_fft().ifft(padded, axis=-1, norm="forward", workers=workers, overwrite_x=True)
    return _interpolated(samples, np.empty((above.shape[0], n), samples.dtype), _pieces(grid, 1.0, char), workers)
