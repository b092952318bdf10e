"""Each operation as its definition: slow, obvious, NumPy only. Tests and checking use it, nothing else.

    correlate   y[i] = sum_p  x[i + p - (P-1)] * conj(h[p])      (full; 'same' and 'valid' are slices of it)
    convolve    y[i] = sum_p  x[i - p] * h[p]
    upfirdn     y[m] = sum_j  h[phase + j*up] * x[t // up - j],   t = m*down,  phase = t mod up
    resample    y[m] = 1/n sum_k  X[k] * W[k] * exp(2 pi i k m / num)

Every function takes two more keywords. `wide` sums in the next wider type and returns that type: exact
Python integers for integers, float64 for single, long double for double precision. `magnitude` returns
sum |tap| |sample| instead: what the derived error bounds are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BOUNDARIES = {"fill": "fill", "pad": "fill", "wrap": "wrap", "circular": "wrap", "symm": "symm", "symmetric": "symm",
              "reflect": "reflect", "edge": "edge"}  # fmt: skip
EXTENSIONS = ("constant", "wrap", "edge", "smooth", "symmetric", "reflect", "antisymmetric", "antireflect", "line")
_WIDE = {"f": "d", "d": "g", "F": "D", "D": "G"}
_LEVELS: dict[str, Callable[..., Any]] = {
    "mean": np.mean, "median": np.median, "minimum": np.min, "maximum": np.max}  # fmt: skip


def sum_type(dtype: np.dtype[Any], wide: bool) -> np.dtype[Any]:
    """Return the type in which a result of `dtype` is summed."""
    if dtype.kind in "biu":
        # Sums in 64 bits are exact modulo 2^64, hence modulo 2^n once cast: SciPy's wrap-around.
        narrow = np.uint64 if dtype.kind == "u" else np.int64
        return np.dtype(object if wide else narrow)
    return np.dtype(_WIDE.get(dtype.char, dtype.char)) if wide else dtype


# ── dense convolution and correlation ──────────────────────────────────────────────────────────


def convolve(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0, **how: bool) -> Array:
    """Convolve two N-D arrays by the definition, with scipy.signal.convolve's roles, shapes and dtype."""
    x, h = np.asarray(in1), np.asarray(in2)
    if mode == "valid" and _smaller(x, h):
        x, h = h, x
    return correlate(x, _flip(h.conj()), mode, boundary, fillvalue, **how)


def correlate(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0, **how: bool) -> Array:
    """Correlate two N-D arrays by the definition, with scipy.signal.correlate's roles, shapes and dtype."""
    x, h = np.asarray(in1), np.asarray(in2)
    bordered = BOUNDARIES[boundary] != "fill" or fillvalue != 0
    # Which array is the filter decides what a NaN in it does to samples outside the other: SciPy's choice.
    swap = _smaller(x, h) if mode == "valid" else mode == "full" and h.size > x.size and not bordered
    products = bordered or x.ndim != 1 or (mode == "same" and h.size > x.size)
    if swap:
        return _flip(_correlate(h, x.conj(), mode, "fill", 0, products, **how)).conj()
    return _correlate(x, h.conj(), mode, boundary, fillvalue, products, **how)


def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0, **how: bool
) -> Array:
    """Convolve two images by the definition; samples outside in1 come from the boundary."""
    x, h = np.asarray(in1), np.asarray(in2)
    if mode == "valid" and _smaller(x, h):
        x, h = h, x
    return _correlate(x, _flip(h), mode, boundary, fillvalue, True, **how)


def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0, **how: bool
) -> Array:
    """Correlate two images by the definition; samples outside in1 come from the boundary."""
    x, h = np.asarray(in1), np.asarray(in2)
    if mode == "valid" and _smaller(x, h):
        # As SciPy: reversed, and what is conjugated is then in1.
        return _flip(_correlate(h, x.conj(), mode, boundary, fillvalue, True, **how))
    # An even filter has two middles. For 'same', correlate2d takes the other one than correlate: SciPy's choice.
    middle = "same2d" if mode == "same" else mode
    return _correlate(x, h.conj(), middle, boundary, fillvalue, True, **how)


def fftconvolve(
    in1: Any, in2: Any, mode: str = "full", axes: Any = None, boundary: str = "fill", fillvalue: Any = 0, **how: bool
) -> Array:
    """Convolve along some axes by the definition, with scipy.signal.fftconvolve's types; the others are broadcast."""
    x, h = np.asarray(in1), np.asarray(in2)
    along = range(x.ndim) if axes is None else [axis % x.ndim for axis in np.atleast_1d(axes)]
    if mode == "valid":  # an axis of length 1 does not say which array is the longer one
        along = [axis for axis in along if 1 not in (x.shape[axis], h.shape[axis])]
    others = [axis for axis in range(x.ndim) if axis not in along]
    exact = all(a.dtype.kind in "biu" for a in (x, h))
    x, h = (a.astype(object if exact else np.float64 if a.dtype.kind in "biu" else a.dtype) for a in (x, h))
    x, h = (np.moveaxis(a, others, range(len(others))) for a in (x, h))
    batch = np.broadcast_shapes(*(a.shape[: len(others)] for a in (x, h)))
    x, h = (np.broadcast_to(a, batch + a.shape[len(others) :]) for a in (x, h))
    items = [convolve(x[i], h[i], mode, boundary, fillvalue, **how) for i in np.ndindex(*batch)]
    made = np.moveaxis(np.reshape(items, batch + np.shape(items[0])), range(len(others)), others)
    return made.astype(np.float64) if exact and not (how.get("wide") or how.get("magnitude")) else made


def _correlate(
    x: Array,
    h: Array,
    mode: str,
    boundary: str,
    fillvalue: Any,
    products: bool,
    wide: bool = False,
    magnitude: bool = False,
) -> Array:
    """Sum h[p] * x[i + start + p] over the taps; `products`: a tap times an absent sample is a term."""
    result = np.result_type(x, h)
    total = sum_type(result, wide)
    fill = np.asarray(fillvalue).astype(result)
    x, h, fill = (_terms(a.astype(result), total, magnitude) for a in (x, h, fill))
    start, shape = _window(x.shape, h.shape, mode)
    y = np.zeros(shape, h.dtype)
    for p in np.ndindex(*h.shape):
        sample, present = _samples(x, [s + q for s, q in zip(start, p, strict=True)], shape, BOUNDARIES[boundary], fill)
        y += h[p] * sample if products else np.where(present, h[p] * sample, 0)
    return y if wide or magnitude else y.astype(result)


def _window(x: tuple[int, ...], h: tuple[int, ...], mode: str) -> tuple[list[int], tuple[int, ...]]:
    """Return where the first output's first tap lies, and the output's shape."""
    if mode == "valid":
        return [0] * len(x), tuple(n - k + 1 for n, k in zip(x, h, strict=True))
    if mode in ("same", "same2d"):
        return [-((k - 1) // 2 if mode == "same2d" else k // 2) for k in h], x
    return [1 - k for k in h], tuple(n + k - 1 for n, k in zip(x, h, strict=True))


def _samples(x: Array, start: Iterable[int], shape: tuple[int, ...], boundary: str, fill: Array) -> tuple[Array, Array]:
    """Return the samples from `start` on, those outside x by the boundary, and which were inside."""
    positions = [s + np.arange(n) for s, n in zip(start, shape, strict=True)]
    inside = [(at >= 0) & (at < n) for at, n in zip(positions, x.shape, strict=True)]
    present = np.ones(shape, bool)
    for axis, within in enumerate(inside):
        present &= within.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    if x.size == 0:
        if boundary != "fill":
            raise ValueError(f"boundary {boundary!r} cannot extend an empty array")
        return np.broadcast_to(fill, shape), present
    taken = x[np.ix_(*(fold(at, n, boundary) for at, n in zip(positions, x.shape, strict=True)))]
    return (np.where(present, taken, fill) if boundary == "fill" else taken), present


def fold(at: Array, n: int, boundary: str) -> Array:
    """Return the index in 0..n-1 that stands for position `at`, at any distance outside."""
    if boundary == "wrap":
        return at % n
    if boundary == "symm":
        at = at % (2 * n)
        return np.where(at < n, at, 2 * n - 1 - at)
    if boundary == "reflect":
        at = at % max(2 * n - 2, 1)
        return np.where(at < n, at, 2 * n - 2 - at)
    return np.clip(at, 0, n - 1)


def _smaller(x: Array, h: Array) -> bool:
    """Return whether 'valid' swaps its arguments: h is at least as long on every axis, x is not."""
    if all(n >= k for n, k in zip(x.shape, h.shape, strict=True)):
        return False
    if all(k >= n for n, k in zip(x.shape, h.shape, strict=True)):
        return True
    raise ValueError("For 'valid' mode, one must be at least as large as the other in every dimension")


def _flip(x: Array) -> Array:
    return x[(slice(None, None, -1),) * x.ndim]


def _terms(x: Array, total: np.dtype[Any], magnitude: bool) -> Array:
    x = x.astype(total)
    return np.asarray(np.abs(x)) if magnitude else x


# ── polyphase resampling ───────────────────────────────────────────────────────────────────────


def upfirdn(
    h: Any,
    x: Any,
    up: int = 1,
    down: int = 1,
    axis: int = -1,
    mode: str = "constant",
    cval: Any = 0,
    *,
    wide: bool = False,
    magnitude: bool = False,
) -> Array:
    """Upsample, filter and downsample by the definition, extending x as the mode says."""
    h, x = np.asarray(h), np.asarray(x)
    result = np.result_type(h, x, np.float32)
    total = sum_type(result, wide)
    # Zero taps up to a multiple of `up` are real products, as in SciPy: inf * 0 is NaN there too.
    taps = np.zeros(-(-len(h) // up) * up, result)
    taps[: len(h)] = h
    taps = _terms(taps, total, magnitude)
    x = np.moveaxis(x.astype(result).astype(total), axis, -1)
    n_out = ((x.shape[-1] - 1) * up + len(h) - 1) // down + 1
    y = np.zeros((*x.shape[:-1], n_out), taps.dtype)
    t = np.arange(n_out) * down
    clip = mode == "constant" and cval == 0
    for j in range(len(taps) // up):
        at = t // up - j
        term = taps[t % up + j * up] * extended(x, at, mode, cval, magnitude)
        y += np.where((at >= 0) & (at < x.shape[-1]), term, 0) if clip else term
    y = np.moveaxis(y, -1, axis)
    return y if wide or magnitude else y.astype(result)


def extended(x: Array, at: Array, mode: str, cval: Any = 0, magnitude: bool = False) -> Array:
    """Return x[..., at] with x extended by one of SciPy's upfirdn modes, at any distance outside."""
    n = x.shape[-1]
    inside = (at >= 0) & (at < n)
    if mode == "constant":
        outside = np.asarray(cval).astype(x.dtype)
        y = np.where(inside, x[..., np.clip(at, 0, n - 1)], outside)
        return np.asarray(np.abs(y)) if magnitude else y
    y = np.zeros((*x.shape[:-1], len(at)), np.abs(x).dtype if magnitude else x.dtype)
    for weight, index in _extension(at, n, mode):
        weight, index = np.where(inside, 0, weight), np.where(inside, 0, index)
        sample = weight.astype(y.real.dtype) * x[..., index]
        # A weight of zero is no term: 0 * inf must not make a NaN.
        y += np.where(weight != 0, np.abs(sample) if magnitude else sample, 0)
    within = x[..., np.where(inside, at, 0)]
    return np.asarray(np.where(inside, np.abs(within) if magnitude else within, y))


def _extension(at: Array, n: int, mode: str) -> list[tuple[Array, Array]]:
    """Return (weight, index) pairs: the sample at position `at` is the sum of weight * x[index]."""
    first, last, one = np.zeros_like(at), np.full_like(at, n - 1), np.ones(len(at), np.longdouble)
    if mode in ("wrap", "edge"):
        return [(one, fold(at, n, mode))]
    if mode in ("symmetric", "antisymmetric"):
        turns = 1.0 - 2.0 * ((at // n) % 2)
        return [(turns if mode == "antisymmetric" else one, fold(at, n, "symm"))]
    if mode == "reflect" or (n == 1 and mode in ("smooth", "antireflect")):
        return [(one, fold(at, n, "reflect"))]
    if mode == "line":
        with np.errstate(all="ignore"):  # one sample has no slope: NaN, as SciPy
            step = at * one / (n - 1 + 0 * one)
        return [(1 - step, first), (step, last)]
    if mode == "smooth":  # the straight line through the two samples at that end
        beyond = np.where(at < 0, -at, at - (n - 1)) * one
        near, inner = np.where(at < 0, first, last), np.where(at < 0, 1, n - 2)
        return [(1 + beyond, near), (-beyond, inner)]
    if mode == "antireflect":  # an odd reflection about each end sample; two of them add 2 (last - first)
        period = 2 * (n - 1)
        rounds, rest = at // period, at % period
        falls = rest > n - 1
        index = np.where(falls, period - rest, rest)
        return [
            (np.where(falls, -one, one), index),
            (2 * one * (rounds + falls), last),
            (-2 * one * rounds, first),
        ]
    raise ValueError(f"unknown extension mode {mode!r}, not one of {', '.join(EXTENSIONS)}")


def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = None,
    padtype: str = "constant",
    cval: Any = None,
    *,
    wide: bool = False,
    magnitude: bool = False,
) -> Array:
    """Resample by up/down with the taps `window`: extend, filter, and keep the ceil(n*up/down) centred outputs."""
    x = np.asarray(x)
    shared = math.gcd(up, down)
    up, down = up // shared, down // shared
    if up == down:
        return np.asarray(np.abs(x)) if magnitude else x.copy()
    taps = np.array(window)
    half = (len(taps) - 1) // 2
    taps *= up
    # Zeros in front bring output 0 onto a multiple of `down`; zeros behind make enough outputs.
    before = down - half % down
    skip, n_out = (half + before) // down, -(-x.shape[axis] * up // down)
    length = max(len(taps) + before, (skip + n_out - 1) * down - (x.shape[axis] - 1) * up + 1)
    padded = np.zeros(length, taps.dtype)
    padded[before : before + len(taps)] = taps
    level: Any = 0
    if padtype in _LEVELS:
        level = _LEVELS[padtype](x, axis=axis, keepdims=True)
        x = x - level
        padtype = "constant"
    y = upfirdn(padded, x, up, down, axis, padtype, 0 if cval is None else cval, wide=wide, magnitude=magnitude)
    kept = np.take(y, np.arange(skip, skip + n_out), axis)
    return np.asarray(kept + (np.abs(level) if magnitude else level))


# ── Fourier resampling ─────────────────────────────────────────────────────────────────────────


def resample(
    x: Any,
    num: int,
    axis: int = 0,
    window: Any = None,
    domain: str = "time",
    *,
    wide: bool = False,
    magnitude: bool = False,
) -> Array:
    """Resample by the sums of both transforms; `window` holds a weight for each of the n frequencies."""
    x = np.moveaxis(np.asarray(x), axis, -1)
    n, top = x.shape[-1], min(x.shape[-1], num) // 2
    real = x.dtype.kind != "c" and domain == "time"
    kind = np.result_type(x.dtype, np.float32 if x.dtype.char in "ef" else np.complex64 if real else np.float64)
    total = sum_type(np.dtype(np.result_type(kind, np.complex64)), wide)
    k = np.arange(-top, top + 1)
    weights = np.ones(n, total) if window is None else np.asarray(window).astype(total)
    if real:  # each frequency and its negative share their mean
        weights = (weights + np.roll(weights[::-1], 1)) / 2
    times = np.ones(k.size, total.char.lower())
    if min(n, num) % 2 == 0 and n <= num:  # one bin for two frequencies
        times[[0, -1]] = [0.5, 0.5] if n < num or real else [0, 1]
    if magnitude:
        spectrum = np.ones_like(x, total) if domain == "freq" else x
        size = np.sum(np.abs(spectrum), axis=-1, keepdims=True) * np.sum(times * np.abs(weights[k % n])) / n
        return np.moveaxis(np.repeat(size, num, -1), -1, axis)
    if domain == "time":
        bins = x.astype(total) @ _turns(np.outer(np.arange(n), k), n, total).conj()
    else:
        bins = x.astype(total)[..., k % n]
    bins = bins * weights[k % n] * times
    if real:  # what belongs to a negative frequency is the conjugate of its positive one's
        bins[..., :top] = bins[..., top + 1 :][..., ::-1].conj()
    y = np.moveaxis(bins @ _turns(np.outer(k, np.arange(num)), num, total) / n, -1, axis)
    return np.asarray(y.real if real else y)


def _turns(k: Array, n: int, dtype: np.dtype[Any]) -> Array:
    """Return exp(2 pi i k / n)."""
    angle = (k % n).astype(dtype.char.lower()) * (2 * np.arctan2(np.zeros(1, dtype.char.lower()), -1)[0] / n)
    return np.asarray(np.cos(angle) + np.asarray(1j, dtype) * np.sin(angle))
