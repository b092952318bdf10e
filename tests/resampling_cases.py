"""Modes, ratios, samples and the bound that the tests of resampling share."""

from math import log2, sqrt

import numpy as np
from helpers import gamma

from sigresample import _bounds, _reference

EXTENSIONS = _reference.EXTENSIONS
PADTYPES = (*EXTENSIONS, "mean", "median", "minimum", "maximum")
TYPES = "?bBhHiIlLqQefdFD"
CONTINUED = 6  # roundings that make one continued sample
AUDIO = [(160, 147), (147, 160), (160, 441), (1, 3), (3, 1), (147, 320), (441, 80)]


def samples(rng, shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind in "biu":
        return rng.integers(0, 2 if dtype.kind == "b" else 100, shape).astype(dtype)
    x = rng.standard_normal(shape)
    return np.asarray(x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


def bound(call, args, terms, dtype, **kwargs):
    """gamma(terms + what continues a signal) · Σ|h||x|, once for each of two parts and two sides."""
    return np.sqrt(2) * gamma(2 * terms + CONTINUED, dtype) * call(*args, magnitude=True, **kwargs)


# Which transforms of resample go over a grid: the first, the second.
ROUTES = {"plain": (False, False), "both": (True, True), "forward": (True, False), "inverse": (False, True)}


def fourier_bound(x, num, axis=-1, weight=1.0, grids=2, domain="time"):
    """c log2(L) u |x|_2 (1 + sqrt(num / n)) for each side, more over a grid: see _bounds.py, where it is derived."""
    n, u = x.shape[axis], float(np.finfo(x.dtype).eps) / 2
    norms = np.sqrt(np.sum(np.abs(x) ** 2, axis=axis, keepdims=True)) / (sqrt(n) if domain == "freq" else 1)
    plain = 6.7 * log2(max(n, num, 2)) + 8
    over = _bounds.GRID_GAIN * (6.7 * log2(4 * max(n, num) + 64) + _bounds.GRID_ROUNDINGS) if grids else plain
    return (plain + over) * u * norms * 2 * (1 + sqrt(num / n)) * weight
