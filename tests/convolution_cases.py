"""What the tests of convolution share: data, SciPy one precision higher, and derived bounds."""

from math import log2, prod

import numpy as np
import scipy.signal

import sigresample.convolution as sr
from sigresample.explaining import PLANS

WIDE = {"f": "d", "F": "D", "d": "g", "D": "G"}
IMAGES = ("convolve2d", "correlate2d")
FUNCTIONS = ("convolve", "correlate", *IMAGES)


def sample(shape, kind, seed=0):
    """Return an array of a type: floats around 1, integers over their range (but squares that int64 can hold)."""
    rng = np.random.default_rng([seed, *shape])
    if kind == "?":
        return rng.integers(0, 2, shape).astype(bool)
    if kind in "bBhHiIlLqQ":
        info = np.iinfo(kind)
        return rng.integers(max(info.min, -(2**40)), min(info.max, 2**40), shape).astype(kind)
    x = rng.standard_normal(shape)
    if kind in "FD":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(kind)


def ours(name, x, h, *args, **kwargs):
    return getattr(sr, name)(x, h, *args, **kwargs)


def direct(name):
    """SciPy's keyword for its direct sum; the image functions have no other."""
    return {} if name in IMAGES else {"method": "direct"}


def scipys(name, x, h, *args, wide=False):
    """Return SciPy's direct sum, with `wide` in the next wider type."""
    if wide:
        kind = WIDE.get(np.result_type(x, h).char)
        x, h = (a.astype(kind if a.dtype.kind == "c" else kind.lower()) for a in (x, h)) if kind else (x, h)
    with np.errstate(all="ignore"):
        return getattr(scipy.signal, name)(x, h, *args, **direct(name))


def bound(name, x, h, *args, **kwargs):
    """Return what each output may be off by, for the route that the call takes.

    A direct sum of n products: gamma_n = n u / (1 - n u) of the sum of their magnitudes; the parts of a complex
    sum have twice the products. Two passes add P + Q of them to 8 units of every tap. A transform: 16 log2(L) u
    of the norms. One unit for the reference's own rounding to the type.
    """
    plan = PLANS[name][1](x, h, *args, **kwargs)
    dtype = np.dtype(plan.dtype)
    u = np.finfo(dtype).eps / 2
    sums = np.abs(x).astype(float), np.abs(h).astype(float)
    if name in IMAGES and len(args) > 2:
        args = (*args[:2], abs(args[2]))
    magnitude = scipys(name, *sums, *args)
    if plan.route in ("overlap-save", "whole FFT"):
        border = args[1:] and (args[1] != "fill" or (args[2:] and args[2]))
        norms = [np.linalg.norm(a) for a in sums]
        if border:  # the transform is of the extended image: at most its largest sample everywhere
            size = prod(n + 2 * k for n, k in zip(x.shape, h.shape, strict=True))
            norms[0] = size**0.5 * max(sums[0].max(), args[2] if args[2:] else 0)
        return 16 * log2(plan.fft_length + 1) * u * norms[0] * norms[1] + u * magnitude
    terms = sum(h.shape) + 9 if plan.route == "separable" else plan.terms
    n = (2 * terms + 2 if dtype.kind == "c" else terms) + 1
    return n * u / (1 - n * u) * magnitude * (2**0.5 if dtype.kind == "c" else 1)


def assert_matches(name, x, h, *args, **kwargs):
    """Hold a call to SciPy's shape, type and values: integers and booleans exactly, the rest within the bound."""
    got = ours(name, x, h, *args, **kwargs)
    want = scipys(name, x, h, *args, wide=True)
    what = f"{name} {x.shape}{x.dtype.char} {h.shape}{h.dtype.char} {args} {kwargs}"
    assert got.shape == want.shape, what
    assert got.dtype == np.result_type(x, h), what
    if got.dtype.kind in "biu":
        assert np.array_equal(got, want), what
        return
    error = np.abs(got.astype(want.dtype) - want)
    limit = bound(name, x, h, *args, **kwargs)
    assert np.all(error <= limit), f"{what}: {error.max()} over {limit.flat[int((error - limit).argmax())]}"


def assert_same_mask(name, x, h, *args, **kwargs):
    """Hold a call to the NaN and infinities of SciPy's direct sum; the parts of a complex number count together."""
    got = ours(name, x, h, *args, **kwargs)
    want = scipys(name, x, h, *args)
    what = f"{name} {x!r} {h!r} {args} {kwargs}\ngot {got!r}\nwant {want!r}"
    finite = np.isfinite(want)
    assert np.array_equal(np.isfinite(got), finite), what
    if got.dtype.kind == "f":
        assert np.array_equal(got[~finite], want[~finite], equal_nan=True), what
    scale = np.abs(want[finite]).max(initial=0) + 1
    assert np.abs(got[finite] - want[finite]).max(initial=0) <= 1e3 * np.finfo(got.dtype).eps * scale, what
