"""How far two ways of computing one call may lie apart, from the arithmetic alone.

    direct   |error| <= gamma(n) (|x| op |h|)        n products in a sum, added in any order, fused or not
    FFT      |error| <= c log2(L) u |x|_2 |h|_2      L points
    resample |error| <= c log2(L) u |x|_2 (1 + sqrt(num / n)), 10 times as much over a grid

`op` is the operation itself on absolute values, by SciPy, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, log2, prod, sqrt
from operator import index
from typing import Any, NamedTuple

import numpy as np

from . import _filters, _fourier_resample
from ._originals import original
from ._scipy_call import FREQUENCY, Call
from .explaining import Explanation

# A transform errs by at most 6.7 u log2(L) of its 2-norm (Higham, Accuracy and Stability, theorem 24.2, twiddles
# rounded to u); a convolution holds three, and one product of spectra beside them.
FFT_CONSTANT = 22.0

# Roundings beyond those of the sum: operands converted, a gain multiplied in, taps of a separable filter
# that are met to 8 u of themselves.
EXTRA = 12


def unit(dtype: Any) -> float:
    """Return the unit roundoff u of a floating type, real or complex."""
    return float(np.finfo(dtype).eps) / 2


def gamma(n: int, dtype: Any) -> float:
    """Return n u / (1 - n u): what n roundings in a row can amount to, infinite once n u reaches 1."""
    share = n * unit(dtype)
    return share / (1 - share) if share < 1 else float("inf")


def direct(terms: int, dtype: Any) -> float:
    """Return the relative error of a sum of `terms` products, against the sum of their absolute values."""
    n = terms + EXTRA
    if np.dtype(dtype).kind == "c":  # each part is a sum of 2 n real products
        return sqrt(2) * gamma(2 * n, dtype)
    return gamma(n, dtype)


def transform(points: int, u: float, norms: float) -> float:
    """Return the absolute error of a convolution by FFT with roundoff u; `norms` is |x|_2 |h|_2."""
    return FFT_CONSTANT * log2(max(points, 2)) * u * norms


def norm(x: np.ndarray[Any, Any]) -> float:
    """Return the 2-norm of the finite values, free of overflow."""
    sizes = np.abs(x[np.isfinite(x)]).astype(np.float64)
    top = float(sizes.max(initial=0.0))
    return top * sqrt(float(np.sum((sizes / top) ** 2))) if top > 0 else 0.0


def magnitude(x: Any) -> Any:
    """Return |x| in float64."""
    return np.abs(np.asarray(x).astype(np.complex128 if np.iscomplexobj(x) else np.float64))


def phases(taps: np.ndarray[Any, Any], up: int) -> float:
    """Return the largest sum of |taps| that any output sees when they are split into `up` phases."""
    sizes = magnitude(taps).ravel()
    padded = np.zeros(-(-max(sizes.size, 1) // up) * up)
    padded[: sizes.size] = np.where(np.isfinite(sizes), sizes, 0.0)
    return float(padded.reshape(-1, up).sum(axis=0).max())


def beyond(x: np.ndarray[Any, Any], axis: int, taps: np.ndarray[Any, Any], up: int) -> np.ndarray[Any, Any]:
    """Return a scale for modes that continue a signal by slopes or reflections about its ends.

    Such a continuation grows by at most 2 max|x| per sample of distance, and none is further than the taps reach.
    A background taken off and put back adds two more.
    """
    sizes = magnitude(x)
    top = np.where(np.isfinite(sizes), sizes, 0.0).max(axis=axis, keepdims=True, initial=0.0)
    reach = -(-taps.size // up) + 1
    scale: np.ndarray[Any, Any] = top * ((3 + 2 * reach) * phases(taps, up) + 2)
    return scale


def default_taps(window: Any, up: int, down: int) -> np.ndarray[Any, Any]:
    """Return the filter that resample_poly designs for a window given by name, before its gain of `up`."""
    rate = max(up, down)
    return np.asarray(original("firwin")(20 * rate + 1, 1 / rate, window=window))


class _Size(NamedTuple):
    """What the bounds of a call are made of."""

    scale: Any  # |x| op |h|, at every output or one number for all
    norms: float  # |x|_2 |h|_2
    terms: int
    points: int
    beside: Any = 0.0  # error of what is not a sum of products


def allowed(made: Explanation, call: Call, dtype: np.dtype[Any]) -> Any:
    """Return how far our result may lie from SciPy's, at every output."""
    if call.name == "resample":
        return _fourier(made, call, dtype)
    if call.name not in _SIZES:
        return 0.0
    transforms = [made.fft_length > 0, _scipy_transforms(call)]
    units = [unit(dtype), max(map(unit, [dtype, *(x.dtype for x in call.data() if x.dtype.kind in "fc")]))]
    size = _SIZES[call.name](call, not all(transforms))
    terms, points = max(made.terms, size.terms), max(made.fft_length, size.points)
    # Below the normal numbers a rounding is absolute: one smallest number for each product.
    info = np.finfo(dtype)
    bound = 4.0 * float(info.smallest_subnormal) * (terms + (points * (1 + size.norms) if any(transforms) else 0))
    for by_transform, u in zip(transforms, units, strict=True):
        # SciPy transforms each array in its own precision.
        bound = bound + (transform(points, u, size.norms) if by_transform else direct(terms, dtype) * size.scale)
    bound = bound + size.beside
    # Where partial sums may overflow, their order decides.
    most = size.norms if all(transforms) else size.scale
    return np.where(most < float(info.max), bound, np.inf)


def _scipy_transforms(call: Call) -> bool:
    """Return whether SciPy's function computes this call by FFT."""
    if call.name in FREQUENCY:
        return True
    x = call.data()
    method = call.arguments.get("method", "direct")
    if method != "auto" or x[0].ndim == 0:
        return bool(method == "fft")
    return bool(original("choose_conv_method")(x[0], x[1], call.arguments["mode"]) == "fft")


def _scale(call: Call, **sizes: Any) -> Any:
    """Return SciPy's result on absolute values; an FFT of its own may leave it a little below zero."""
    return np.maximum(call.but(**sizes).run(), 0.0)


def _scale_by_fft(call: Call) -> Any:
    """Return |x| op |h|, where a slip of the FFT's size does not matter: SciPy's direct sums can take minutes.

    Outputs that a NaN or an infinity touches are not compared, so that their sizes are free.
    """
    sizes = [np.where(np.isfinite(a), magnitude(a), 0.0) for a in call.data()]
    tops = [float(a.max(initial=0.0)) or 1.0 for a in sizes]
    x, h = sizes[0] / tops[0], sizes[1] / tops[1]
    # Far below the largest size the transform leaves only its own error, which may even be negative.
    points = prod(2 * (n + k) for n, k in zip(x.shape, h.shape, strict=True))
    slip = transform(points, unit(np.float64), norm(x) * norm(h))
    method = {} if call.name in FREQUENCY else {"method": "fft"}
    return (np.abs(_scale(call, in1=x, in2=h, **method)) + slip) * (tops[0] * tops[1])


def _arrays(call: Call, scaled: bool) -> _Size:
    """convolve, correlate and the like: no product beyond the smaller array is in a sum."""
    x, h = call.data()
    scale = _scale_by_fft(call) if scaled else 0.0
    terms = prod(min(n, k) for n, k in zip(x.shape, h.shape, strict=True))
    points = prod(2 * (n + k) for n, k in zip(x.shape, h.shape, strict=True))
    return _Size(scale, norm(x) * norm(h), terms, points)


def _planes(call: Call, _: bool) -> _Size:
    """The 2-D pair: a boundary continues the image by at most the filter's size on each size."""
    x, h = call.data()
    fill = float(np.abs(np.asarray(call.arguments["fillvalue"])).max(initial=0.0))
    sizes = (magnitude(x), magnitude(h))
    extended = prod(n + 2 * k for n, k in zip(x.shape, h.shape, strict=True))
    if call.arguments["boundary"] in ("fill", "pad", 0) and fill == 0:
        norms = norm(x) * norm(h)
    else:
        tops = [float(a[np.isfinite(a)].max(initial=0.0)) for a in (*sizes, np.array([fill]))]
        norms = sqrt(extended) * max(tops[0], tops[2]) * norm(h)
    scale = _scale(call, in1=sizes[0], in2=sizes[1], fillvalue=fill)
    return _Size(scale, norms, h.size, 4 * extended)


def _filtered(call: Call, _: bool) -> _Size:
    """upfirdn."""
    x, h = call.data()
    up = int(call.arguments["up"])
    return _polyphase(call, x, h, up, call.arguments["mode"], "mode", {"h": magnitude(h)})


def _resampled(call: Call, _: bool) -> _Size:
    """resample_poly: a window by name stands for a filter that both sides design."""
    x = call.data()[0]
    up, down = int(call.arguments["up"]), int(call.arguments["down"])
    up, down = up // gcd(up, down), down // gcd(up, down)
    window = call.arguments["window"]
    if x.dtype.kind in "iu" and call.arguments["padtype"] in ("maximum", "minimum"):
        # The background is taken off in the integer type, where a difference wraps round.
        x = np.full(x.shape, 2.0 ** (8 * x.itemsize))
    taps = np.asarray(window) if isinstance(window, list | np.ndarray) else default_taps(window, up, down)
    size = _polyphase(call, x, taps * float(up), up, call.arguments["padtype"], "padtype", {"window": magnitude(taps)})
    if call.arguments["padtype"] == "mean":
        # A sum over the whole signal, in its own precision, that the two may add up in different orders.
        kind = x.dtype if x.dtype.kind in "fc" else np.dtype(float)
        return size._replace(beside=2 * gamma(2 * x.shape[call.arguments["axis"]] + 2, kind) * size.scale)
    return size


def _polyphase(
    call: Call, x: np.ndarray[Any, Any], h: np.ndarray[Any, Any], up: int, mode: Any, name: str, taps: dict[str, Any]
) -> _Size:
    mode = "constant" if mode is None else str(mode).lower()
    terms = -(-h.size // up) + 1
    if mode not in ("constant", "symmetric", "antisymmetric", "reflect", "edge", "wrap"):
        return _Size(beyond(x, call.arguments["axis"], h, up), 0.0, terms, 2)  # no transforms in these modes
    cval = call.arguments["cval"]
    sizes = {"x": magnitude(x), "cval": 0 if cval is None else float(np.abs(cval)), **taps}
    mode = {"antisymmetric": "symmetric"}.get(mode, mode)  # the same sizes
    if name == "padtype" and mode != "constant":
        sizes["cval"] = None
    return _Size(_scale(call, **sizes, **{name: mode}), norm(x) * norm(h), terms, 2)


def _decimated(call: Call, _: bool) -> _Size:
    """decimate by an FIR filter: the same sums on absolute values."""
    x, (q, n, axis) = call.data()[0], (call.arguments[name] for name in ("q", "n", "axis"))
    q, n = index(q), None if n is None else index(n)
    h = _filters.decimating(x.dtype, q, n, call.arguments["ftype"])
    assert h is not None, "what SciPy computed is not compared"
    if call.arguments["zero_phase"]:
        scale = original("resample_poly")(magnitude(x), 1, q, axis, window=magnitude(h))
    else:
        full = np.moveaxis(original("upfirdn")(magnitude(h), magnitude(x), 1, q, axis), axis, -1)
        scale = np.moveaxis(full[..., : -(-x.shape[axis] // q)], -1, axis)
    return _Size(np.maximum(scale, 0.0), 0.0, h.size, 2)


# A transform of L points errs by 6.7 u log2(L) of its 2-norm (see FFT_CONSTANT) and by a few roundings of weights
# and scales. Over a grid, the window attenuates the band's edge by up to 8.7, by which all errors grow, and an
# interpolated sample adds 16 weights, each of which errs by some roundings of its polynomial.
GRID_GAIN, GRID_ROUNDINGS = 10.0, 60.0


def _fourier(made: Explanation, call: Call, dtype: np.dtype[Any]) -> Any:
    """resample: the errors of both transforms, in the norm of each signal alone."""
    x, num = call.data()[0], index(call.arguments["num"])
    axis = _fourier_resample.checked_axis(x, call.arguments["axis"])
    n = x.shape[axis]
    sizes = magnitude(x)
    top = np.where(np.isfinite(sizes), sizes, 0.0).max(axis=axis, keepdims=True, initial=0.0)
    scaled = np.where(np.isfinite(sizes), sizes, 0.0) / np.where(top > 0, top, 1.0)
    norms = top * np.sqrt(np.sum(scaled**2, axis=axis, keepdims=True))
    if call.arguments["domain"] == "freq":
        norms = norms / sqrt(n)
    if call.arguments["window"] is not None:
        norms = norms * _largest_weight(call, n)
    both = norms * 2 * (1 + sqrt(num / n))  # a bin may count twice
    u = max(map(unit, [dtype, *(a.dtype for a in call.data()[:1] if a.dtype.char in "fdFD")]))
    parts = 6.7 * log2(max(n, num, 2)) + 8
    gridded = made.route == "gridded FFT"
    ours = GRID_GAIN * (6.7 * log2(made.fft_length + 2) + GRID_ROUNDINGS) if gridded else parts
    info = np.finfo(dtype)
    bound = (parts + ours) * u * both + 4.0 * float(info.smallest_subnormal) * (n + num)
    return np.where(both * sqrt(n) * max(n, num) < float(info.max), bound, np.inf)


def _largest_weight(call: Call, n: int) -> float:
    window = call.arguments["window"]
    if callable(window):
        weights = window(np.fft.fftfreq(n))
    elif hasattr(window, "shape"):
        weights = window
    else:
        weights = original("get_window")(window, n)
    return float(magnitude(weights).max(initial=0.0))


_SIZES: dict[str, Callable[[Call, bool], _Size]] = {
    "convolve": _arrays,
    "correlate": _arrays,
    "fftconvolve": _arrays,
    "oaconvolve": _arrays,
    "convolve2d": _planes,
    "correlate2d": _planes,
    "upfirdn": _filtered,
    "resample_poly": _resampled,
    "decimate": _decimated,
}
