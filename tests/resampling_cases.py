"""Modes, ratios, samples and the bound that the tests of resampling share."""

import numpy as np
from helpers import gamma

from sigresample import _reference

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
