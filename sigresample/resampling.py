"""SciPy's resampling: upfirdn and resample_poly, on the polyphase kernel, and resample, by transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _coerce, _fourier_resample, _kernels, _polyphase_jobs, _threads
from ._face import face
from .explaining import Explanation

_Array = np.ndarray[Any, Any]


def upfirdn_plan(
    h: Any,
    x: Any,
    up: int = 1,
    down: int = 1,
    axis: int = -1,
    mode: str = "constant",
    cval: complex = 0,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Any = None,
) -> Explanation:
    """Return the plan of :func:`upfirdn`."""
    made = _polyphase_jobs.upfirdn_job(np.asarray(h), np.asarray(x), up, down, axis, mode, cval)
    return _polyphase_jobs.plan("upfirdn", _polyphase_jobs.by_method("upfirdn", made, method), workers)


@face(plan=upfirdn_plan)
def upfirdn(
    h: Any,
    x: Any,
    up: int = 1,
    down: int = 1,
    axis: int = -1,
    mode: str = "constant",
    cval: complex = 0,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Any = None,
) -> _Array:
    """Upsample, apply an FIR filter, and downsample.

    ``y[m] = sum_k h[k] * v[m * down - k]``, where `v` is `x` with ``up - 1`` zeros after every sample.

    Parameters
    ----------
    h : array_like of shape (K,)
        Taps of the filter.
    x : array_like of shape (..., N, ...)
        Signals.
    up, down : int, optional
        Factors of the rate. Default 1.
    axis : int, optional
        Axis of `x` that is filtered. Default -1.
    mode : str, optional
        What lies beyond the ends of `x`: 'constant' (the value `cval`), 'symmetric', 'reflect', 'edge', 'wrap',
        'smooth', 'antisymmetric', 'antireflect' or 'line'.
    cval : scalar, optional
        Value beyond the ends in mode 'constant'. Default 0.
    method : {'auto', 'direct'}, optional
        'direct' sums products, as SciPy does; 'auto' may transform blocks of a long signal for a long filter. Default
        'auto'.
    workers : int, optional
        Threads; None is all that this process may use, negative counts back from there. The result has the same
        bytes for any number.
    out : ndarray, optional
        Array of the result's shape and dtype that receives it; must not overlap `h` or `x`. (An overlap through two
        memory maps of one file is not seen.)

    Returns
    -------
    ndarray of shape (..., ceil(((N - 1) * up + K) / down), ...)
        The filtered signals, of dtype ``result_type(h, x, float32)``: half precision is computed in single.

    Raises
    ------
    ValueError
        If `h` is not 1-D or is empty, `up` or `down` is below 1, `mode` is unknown, or the signal is too short to
        be continued in that mode; if `axis` is True or False, `method` is none of the above, or `out` does not fit.
    TypeError
        If a type is not supported (long double, object), `cval` is not a number, or `axis` no integer.
    IndexError
        If `x` has no such axis.

    See Also
    --------
    resample_poly : Change the sampling rate, with a filter designed for it.
    scipy.signal.upfirdn : The same call.

    Notes
    -----
    An output costs ``ceil(K / up)`` multiply-adds, added in order; its error is at most
    ``gamma(K / up) * (|h| * |x|)``. Real taps on complex data cost two real signals.

    Where a long signal meets a long filter, zeros beyond its ends, 'auto' computes blocks by transforms, where SciPy
    always sums: `explain` tells. They err by up to 1e-6 (single precision: 1e-3) of what an output may be worth, the
    largest tap times the largest sample near it; blocks where the error could be larger are summed, or transformed in
    double precision (``docs/accuracy.md``). Where an output that cancels counts, ``method="direct"``.

    References
    ----------
    .. [1] P. P. Vaidyanathan, Multirate Systems and Filter Banks, Prentice Hall, 1993, figure 4.3-8d.

    Examples
    --------
    >>> from sigresample import upfirdn
    >>> upfirdn([1, 1, 1], [1, 2, 3], up=3)
    array([1., 1., 1., 2., 2., 2., 3., 3., 3.])
    """
    h, x = np.asarray(h), np.asarray(x)
    job = _polyphase_jobs.upfirdn_job(h, x, up, down, axis, mode, cval)
    job = _polyphase_jobs.by_method("upfirdn", job, method)
    if job is None:
        return _polyphase_jobs.scipys("upfirdn", out, h, x, up, down, axis, mode, cval)
    return _polyphase_jobs.run(job, workers, out, h, x)


def resample_poly_plan(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: str = "constant",
    cval: complex | None = None,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Any = None,
) -> Explanation:
    """Return the plan of :func:`resample_poly`."""
    x = np.asarray(x)
    up, down = _polyphase_jobs.rates(up, down, padtype, cval)
    if up == down:
        return Explanation(
            "resample_poly", "copy", "up == down", {"copy": 1e-6 + 1e-10 * x.nbytes}, {}, _kernels.level, 1,
            x.dtype.name, x.shape, 0, 0,
        )  # fmt: skip
    made = _polyphase_jobs.resample_job(x, up, down, axis, window, padtype, cval)
    return _polyphase_jobs.plan("resample_poly", _polyphase_jobs.by_method("resample_poly", made, method), workers)


@face(plan=resample_poly_plan)
def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: str = "constant",
    cval: complex | None = None,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Any = None,
) -> _Array:
    """Resample along an axis by ``up / down``, with a zero-phase low-pass FIR filter.

    Upsample by `up`, filter, downsample by `down`; output m lies at sample ``m * down / up`` of `x`.

    Parameters
    ----------
    x : array_like of shape (..., N, ...)
        Signals.
    up, down : int
        Factors of the rate.
    axis : int, optional
        Axis of `x` that is resampled. Default 0.
    window : str, tuple, float or array_like, optional
        Window for which a filter of ``20 * max(up, down) + 1`` taps is designed (`up` and `down` in lowest terms), or,
        as a list or an array, the taps themselves, to be run at ``up`` times the rate of `x`.
    padtype : str, optional
        What lies beyond the ends of `x`: a mode of `upfirdn`, or the 'mean', 'median', 'minimum' or 'maximum' of
        each signal. Default 'constant'.
    cval : scalar, optional
        Value beyond the ends where `padtype` is 'constant'. Default 0.
    method : {'auto', 'direct'}, optional
        'direct' sums products, as SciPy does; 'auto' may transform blocks of a long signal for a long filter. Default
        'auto'.
    workers : int, optional
        Threads; None is all that this process may use, negative counts back from there. The result has the same
        bytes for any number.
    out : ndarray, optional
        Array of the result's shape and dtype that receives it; must not overlap `x` or `window`.

    Returns
    -------
    ndarray of shape (..., ceil(N * up / down), ...)
        The resampled signals, of the precision of `x` (float64 for integers, float32 for float16), or with taps
        given, of dtype ``result_type(window, x, float32)``; a copy of `x` where ``up == down``.

    Raises
    ------
    ValueError
        If `up` or `down` is no integer or below 1, `window` is not 1-D or not known, `padtype` is not known, `cval`
        is given without `padtype` 'constant', or the signal is too short to be continued; if `axis` is True or
        False, `method` is none of the above, or `out` does not fit.
    TypeError
        If a type is not supported (long double, object), `cval` is not a number, or `axis` no integer.
    IndexError
        If `x` has no such axis.

    See Also
    --------
    upfirdn : Upsample, filter and downsample with your own filter.
    scipy.signal.resample_poly : The same call.

    Notes
    -----
    An output costs about ``20 * max(1, down / up)`` multiply-adds. With the default `padtype` the ends fade into
    zeros; 'line', 'edge' or 'mean' suit a signal that does not start and end there. Designed filters are kept for
    the next call, up to 16 MiB.

    With a long filter, 'auto' may transform blocks, as `upfirdn` does: the tolerance is told there.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample import resample_poly
    >>> resample_poly(np.ones(4), 1, 2, window=[0.25, 0.5, 0.25], padtype="edge")
    array([1., 1.])
    """
    x = np.asarray(x)
    up, down = _polyphase_jobs.rates(up, down, padtype, cval)
    if up == down:
        _polyphase_jobs.by_method("resample_poly", None, method)
        _threads.count("resample_poly", workers, 0)
        if out is None:
            return np.array(x)
        y = _coerce.output("resample_poly", out, x.shape, x.dtype, x)
        y[...] = x
        return y
    job = _polyphase_jobs.resample_job(x, up, down, axis, window, padtype, cval)
    job = _polyphase_jobs.by_method("resample_poly", job, method)
    if job is None:
        return _polyphase_jobs.scipys("resample_poly", out, x, up, down, axis, window, padtype, cval)
    return _polyphase_jobs.run(job, workers, out, x, window)


def resample_plan(
    x: Any,
    num: int,
    t: Any = None,
    axis: int = 0,
    window: Any = None,
    domain: str = "time",
    *,
    workers: int | None = None,
    out: Any = None,
) -> Explanation:
    """Return the plan of :func:`resample`."""
    x = np.asarray(x)
    job = _fourier_resample.job(x, num, axis, window, domain)
    if job is None:
        return _fourier_resample.scipys_plan(x, num, axis, window, domain)
    return _fourier_resample.plan(job, workers)


@face(plan=resample_plan)
def resample(
    x: Any,
    num: int,
    t: Any = None,
    axis: int = 0,
    window: Any = None,
    domain: str = "time",
    *,
    workers: int | None = None,
    out: Any = None,
) -> _Array | tuple[_Array, _Array]:
    """Resample to `num` samples along an axis, by the Fourier method.

    The signal counts as periodic: ``y[m] = 1/N sum_k X[k] W[k] exp(2 pi i k m / num)`` over the frequencies k that
    both rates have, ``|k| <= min(N, num) / 2``.

    Parameters
    ----------
    x : array_like of shape (..., N, ...)
        Signals at equal steps of time.
    num : int
        Samples of the result.
    t : array_like, optional
        Times of the samples, of which the first two count. With it the times of the result are returned too.
    axis : int, optional
        Axis of `x` that is resampled. Default 0.
    window : ndarray of shape (N,), callable, str, tuple or float, optional
        Weights W of the frequencies, in the order of the transform; a function of ``fftfreq(N)``; or the name of a
        window, with its parameters. Real signals get the mean of a frequency's weight and its negative's.
    domain : {'time', 'freq'}, optional
        What `x` is: signals, or their transforms ``fft(x, axis=axis)``. Default 'time'.
    workers : int, optional
        Threads; None is all that this process may use, negative counts back from there. The result has the same
        bytes for any number.
    out : ndarray, optional
        Array of the result's shape and dtype that receives it; must not overlap `x`.

    Returns
    -------
    y : ndarray of shape (..., num, ...)
        The resampled signals, of the precision of `x` (float64 for integers, float32 for float16), complex where `x`
        is complex or a transform.
    new_t : ndarray of shape (num,)
        Their times, where `t` is given.

    Raises
    ------
    ValueError
        If `num` is below 1 or there is no sample, `domain` is neither, the window does not have N weights or is not
        known, or `out` does not fit.
    TypeError
        If `num` or `axis` is no integer.
    IndexError
        If `x` has no such axis.

    See Also
    --------
    resample_poly : Resample by a ratio, with a filter of finite length: for signals that are not periodic.
    scipy.signal.resample : The same call.

    Notes
    -----
    Every length is fast. Transforms of long real signals are made of shorter ones side by side; one whose length
    has a large prime factor is exchanged for one of a good length with twice the points, and a window of 16 samples
    (float32: 8) interpolates. The error stays below 1e-12 (float32: 1e-6) of the result's norm.

    Examples
    --------
    >>> from sigresample import resample
    >>> resample([1.0, 2.0, 1.0, 0.0], 2)
    array([1., 1.])
    """
    x = np.asarray(x)
    job = _fourier_resample.job(x, num, axis, window, domain)
    if job is None:
        y = _polyphase_jobs.scipys("resample", out, x, num, None, axis, window, domain)
    else:
        y = _fourier_resample.run(job, workers, out, x, window)
    if t is None:
        return y
    return y, _fourier_resample.times(t, x, num, axis)
