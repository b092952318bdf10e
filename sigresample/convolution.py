"""SciPy's convolution and correlation functions: the same calls, shapes, types and answers."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Any, Literal, overload

import numpy as np

from . import _call, _errors, _frequency
from ._face import face, planless
from .explaining import Explanation

Array = np.ndarray[Any, Any]
Axes = int | Iterable[int] | None


def _plan_convolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    return _call.explain("convolve", in1, in2, mode, method, workers, out, boundary, 0)


def _plan_correlate(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    return _call.explain("correlate", in1, in2, mode, method, workers, out, boundary, 0)


def _plan_convolve2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: Any = 0,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    return _call.explain("convolve2d", in1, in2, mode, method, workers, out, boundary, fillvalue)


def _plan_correlate2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: Any = 0,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    return _call.explain("correlate2d", in1, in2, mode, method, workers, out, boundary, fillvalue)


def _plan_fftconvolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    axes: Axes = None,
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    return _frequency.explain("fftconvolve", in1, in2, mode, axes, workers, out, boundary)


def _plan_oaconvolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    axes: Axes = None,
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    return _frequency.explain("oaconvolve", in1, in2, mode, axes, workers, out, boundary)


@face(plan=_plan_convolve)
def convolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve two N-dimensional arrays.

    ``y[i] = sum_p in1[i - p] * in2[p]``

    Parameters
    ----------
    in1 : array_like of shape (..., N)
        The data: booleans, integers, single or double precision, real or complex. Other types are left to SciPy's
        function, which computes or refuses them.
    in2 : array_like of shape (..., K)
        The filter, of as many dimensions.
    mode : {'full', 'same', 'valid'}
        Which outputs, on every axis: all N + K - 1; the N in the middle of them; or those that see no sample
        outside, for which one array must be the longer one on every axis.
    method : {'auto', 'direct', 'fft'}
        'direct' sums products, 'fft' multiplies transforms, 'auto' takes the fastest way there is (it has more
        of them). Shape, type, integers, NaN and infinities are the same whatever it is.
    boundary : {'fill', 'wrap', 'symm', 'reflect', 'edge'}
        The samples outside `in1`: zeros, or on every axis on which `in2` is longer than 1 ::

            wrap     a b c d | a b c d | a b c d
            symm     d c b a | a b c d | d c b a
            reflect  d c b   | a b c d |   c b a
            edge     a a a a | a b c d | d d d d

        at any distance. 'pad', 'circular' and 'symmetric' are other names of the first three. Where mode is 'valid'
        no sample lies outside.
    workers : int, optional
        Threads: as many as given, -1 for all that this process may use; by default all, or one for little work.
        The result does not depend on it.
    out : ndarray, optional
        Where to put the result: its shape and type, no overlap with an input. (One through two memory maps of one
        file is not seen.)

    Returns
    -------
    ndarray of shape (..., N + K - 1), (..., N) or (..., abs(N - K) + 1)
        Of NumPy's result type of the two. Integers wrap around.

    Raises
    ------
    ValueError
        If the dimensions differ, if 'valid' has no longer array, if `mode`, `method`, `boundary`, `workers` or
        `out` is none of the above, or if SciPy's function raises it.
    TypeError
        If `workers` is not an integer or `out` not an array.

    See Also
    --------
    correlate : The same without reversing the filter.
    choose_conv_method : What 'auto' takes.
    scipy.signal.convolve : The function that this one stands in for.

    Notes
    -----
    A direct sum of n real products is off by about n units of rounding of the sum of their magnitudes, at most. A
    transform's error follows the norms of both arrays, and is as large at quiet outputs as at loud ones: 'auto' keeps
    from it what that would spoil, 'fft' does not. The bounds are in ``docs/accuracy.md``. Integers are exact either
    way: rounded from as many transforms of their digits as that takes, or summed.

    NaN and infinities touch the outputs that they touch in the direct sum. Where 'fft' meets one, SciPy's
    RuntimeWarning is given all the same.

    An axis on which one array has length 1 is a batch axis: its elements are convolved one by one, and each gets
    the same bytes as alone. With a boundary other than zeros, an axis on which only `in1` has length 1 is none: its
    one sample goes on outside.

    Examples
    --------
    >>> from sigresample import convolve
    >>> convolve([1, 2, 3], [1, 1])
    array([1, 3, 5, 3])
    >>> convolve([1, 2, 3], [1, 1], mode="valid")
    array([3, 5])
    >>> convolve([1, 2, 3], [1, 1, 1], mode="same", boundary="edge")
    array([4, 6, 8])
    """
    result: Array = _call.run("convolve", in1, in2, mode, method, workers, out, boundary, 0)
    return result


@face(plan=_plan_correlate)
def correlate(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Correlate two N-dimensional arrays.

    ``y[i] = sum_p in1[i + p - (K - 1)] * conj(in2[p])``

    Parameters
    ----------
    in1 : array_like of shape (..., N)
        The data, of the types that `convolve` takes.
    in2 : array_like of shape (..., K)
        The template, of as many dimensions.
    mode, method, boundary, workers, out
        As in `convolve`.

    Returns
    -------
    ndarray of shape (..., N + K - 1), (..., N) or (..., abs(N - K) + 1)
        Of NumPy's result type of the two. Output i of 'full' is the lag i - (K - 1): see `correlation_lags`.

    Raises
    ------
    ValueError, TypeError
        As `convolve`.

    See Also
    --------
    convolve : The same with the filter reversed; accuracy and batch axes are described there.
    correlation_lags : The lag of each output.
    scipy.signal.correlate : The function that this one stands in for.

    Notes
    -----
    Where 'valid' finds `in2` to be the longer array, the lags are those of `in1` moving along `in2`, reversed:
    as SciPy has it. With the smaller array first, the result may be a reversed view, of negative strides.

    Examples
    --------
    >>> from sigresample import correlate
    >>> correlate([1, 2, 3], [0, 1])
    array([1, 2, 3, 0])
    """
    result: Array = _call.run("correlate", in1, in2, mode, method, workers, out, boundary, 0)
    return result


@face(plan=_plan_convolve2d)
def convolve2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: Any = 0,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve two images.

    ``y[i, j] = sum_p sum_q in1[i - p, j - q] * in2[p, q]``

    Parameters
    ----------
    in1 : array_like of shape (H, W)
        The image, of the types that `convolve` takes.
    in2 : array_like of shape (P, Q)
        The filter. It may be larger than the image.
    mode : {'full', 'same', 'valid'}
        As in `convolve`.
    boundary : {'fill', 'wrap', 'symm', 'reflect', 'edge'}
        The samples outside the image: `fillvalue`, or others of the image as in `convolve`.
    fillvalue : scalar
        A number that the result's type can hold; for integers, its fraction is dropped.
    method, workers, out
        As in `convolve`.

    Returns
    -------
    ndarray of shape (H + P - 1, W + Q - 1), (H, W) or (abs(H - P) + 1, abs(W - Q) + 1)
        Of NumPy's result type of the two. Two boolean images give a boolean one.

    Raises
    ------
    ValueError, TypeError
        As `convolve`; also if an array is not two-dimensional, and if `boundary` or `fillvalue` is none of the above.

    See Also
    --------
    correlate2d : The same without reversing the filter.
    scipy.signal.convolve2d : The function that this one stands in for.

    Notes
    -----
    'auto' computes a filter of rank 1 in two passes, of P + Q products an output instead of P * Q, and may transform
    for large filters, where SciPy always sums: see `convolve` for the rounding. 'direct' sums as SciPy does.

    Examples
    --------
    >>> from sigresample import convolve2d
    >>> convolve2d([[1, 2], [3, 4]], [[1, 1]])
    array([[1, 3, 2],
           [3, 7, 4]])
    >>> convolve2d([[1, 2, 3]], [[1, 1, 1]], mode="same", boundary="wrap")
    array([[6, 6, 6]])
    """
    result: Array = _call.run("convolve2d", in1, in2, mode, method, workers, out, boundary, fillvalue)
    return result


@face(plan=_plan_correlate2d)
def correlate2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: Any = 0,
    *,
    method: str = "auto",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Correlate two images.

    ``y[i, j] = sum_p sum_q in1[i + p - (P - 1), j + q - (Q - 1)] * conj(in2[p, q])``

    Parameters
    ----------
    in1 : array_like of shape (H, W)
        The image, of the types that `convolve` takes.
    in2 : array_like of shape (P, Q)
        The template. It may be larger than the image.
    mode, boundary, fillvalue, method, workers, out
        As in `convolve2d`.

    Returns
    -------
    ndarray of shape (H + P - 1, W + Q - 1), (H, W) or (abs(H - P) + 1, abs(W - Q) + 1)
        Of NumPy's result type of the two.

    Raises
    ------
    ValueError, TypeError
        As `convolve2d`.

    See Also
    --------
    convolve2d : The same with the filter reversed.
    scipy.signal.correlate2d : The function that this one stands in for.

    Notes
    -----
    As in SciPy, 'same' with a template of even length is one sample off that of `correlate`, and where 'valid' finds
    the template to be the larger image, it is `in1` that is conjugated.

    Examples
    --------
    >>> from sigresample import correlate2d
    >>> correlate2d([[1, 2], [3, 4]], [[0, 1]])
    array([[1, 2, 0],
           [3, 4, 0]])
    """
    result: Array = _call.run("correlate2d", in1, in2, mode, method, workers, out, boundary, fillvalue)
    return result


@face(plan=_plan_fftconvolve)
def fftconvolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    axes: Axes = None,
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve two N-dimensional arrays along some of their axes.

    ``y[i] = sum_p in1[i - p] * in2[p]``

    Parameters
    ----------
    in1 : array_like of shape (..., N)
        The data: booleans, integers, half, single or double precision, real or complex. Other types are left to
        SciPy's function.
    in2 : array_like of shape (..., K)
        The filter, of as many dimensions.
    mode : {'full', 'same', 'valid'}
        Which outputs, on every axis to convolve along: all N + K - 1; the N in the middle of them; or those that see
        no sample outside, for which one array must be the longer one on every axis where both are longer than 1.
    axes : int or iterable of int, optional
        The axes to convolve along, by default all. On every other axis the two lengths are equal, and the arrays are
        convolved in pairs; or one of them is 1, and that array meets all of the other.
    boundary, workers, out
        As in `convolve`.

    Returns
    -------
    ndarray
        Of NumPy's result type of the two, after booleans and integers have become double precision, and half
        precision single. It holds the exact sums of integers, each rounded once.

    Raises
    ------
    ValueError
        If the dimensions differ, if lengths on other axes do not fit, if 'valid' has no longer array, or if `mode`,
        `axes`, `boundary`, `workers` or `out` is none of the above.
    TypeError
        If `workers` is not an integer or `out` not an array.

    See Also
    --------
    convolve : The same along all axes, keeping integers; accuracy is described there.
    scipy.signal.fftconvolve : The function that this one stands in for.

    Notes
    -----
    The name is SciPy's. Here it promises no transform: the fastest way is taken, as by `convolve`, and a NaN or an
    infinity touches only the outputs that it is a term of.

    As in SciPy, where no axis is left on which both arrays are longer than 1, the result is ``in1 * in2`` in NumPy's
    own type; and an empty array makes an empty result of shape (0,).

    Examples
    --------
    >>> from sigresample import fftconvolve
    >>> fftconvolve([1, 2, 3], [1, 1])
    array([1., 3., 5., 3.])
    >>> fftconvolve([[1, 2, 3], [4, 5, 6]], [[1, 1], [1, -1]], axes=1)
    array([[ 1.,  3.,  5.,  3.],
           [ 4.,  1.,  1., -6.]])
    """
    result: Array = _frequency.run("fftconvolve", in1, in2, mode, axes, workers, out, boundary)
    return result


@face(plan=_plan_oaconvolve)
def oaconvolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    axes: Axes = None,
    *,
    boundary: str = "fill",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve two N-dimensional arrays along some of their axes.

    The same as `fftconvolve`, which describes it: the two differ in SciPy, in how they compute.

    Parameters
    ----------
    in1, in2, mode, axes, boundary, workers, out
        As in `fftconvolve`.

    Returns
    -------
    ndarray
        As `fftconvolve`.

    Raises
    ------
    ValueError, TypeError
        As `fftconvolve`.

    See Also
    --------
    fftconvolve : The same.
    scipy.signal.oaconvolve : The function that this one stands in for.

    Examples
    --------
    >>> from sigresample import oaconvolve
    >>> oaconvolve([1, 2, 3], [1, 1], mode="valid")
    array([3., 5.])
    """
    result: Array = _frequency.run("oaconvolve", in1, in2, mode, axes, workers, out, boundary)
    return result


@overload
def choose_conv_method(in1: Any, in2: Any, mode: str = ..., measure: Literal[False] = ...) -> str: ...
@overload
def choose_conv_method(in1: Any, in2: Any, mode: str, measure: Literal[True]) -> tuple[str, dict[str, float]]: ...
@overload
def choose_conv_method(
    in1: Any, in2: Any, mode: str = ..., *, measure: Literal[True]
) -> tuple[str, dict[str, float]]: ...
@planless
def choose_conv_method(
    in1: Any, in2: Any, mode: str = "full", measure: bool = False
) -> str | tuple[str, dict[str, float]]:
    """Say which method is the fastest for a convolution.

    Parameters
    ----------
    in1, in2 : array_like
        The arguments of `convolve`.
    mode : {'full', 'same', 'valid'}
        As in `convolve`.
    measure : bool
        Run both and compare their times, instead of predicting them.

    Returns
    -------
    method : {'direct', 'fft'}
        The faster one; 'direct' also where 'auto' takes a way that is neither.
    times : dict of str to float
        The seconds of each, only if measured.

    Raises
    ------
    ValueError, TypeError
        As `convolve`.

    See Also
    --------
    explain : All routes, what each would cost, and why one is taken.
    scipy.signal.choose_conv_method : The function that this one stands in for.

    Examples
    --------
    >>> from sigresample import choose_conv_method
    >>> choose_conv_method([1.0, 2.0, 3.0], [1.0, 1.0])
    'direct'
    """
    if not measure:
        return _call.choose(in1, in2, mode)
    x, h = np.asarray(in1), np.asarray(in2)
    times = {method: _seconds(x, h, mode, method) for method in ("fft", "direct")}
    return min(times, key=times.__getitem__), times


def _seconds(x: Array, h: Array, mode: str, method: str) -> float:
    """Return the least time of three rounds of 5 ms, or of one call if that takes as long."""
    convolve(x, h, mode, method)
    best, calls = float("inf"), 1
    for _ in range(4):
        start = perf_counter()
        for _ in range(calls):
            convolve(x, h, mode, method)
        best = min(best, (perf_counter() - start) / calls)
        calls = max(1, int(5e-3 / max(best, 1e-7)))
    return best


@planless
def correlation_lags(in1_len: int, in2_len: int, mode: str = "full") -> Array:
    """Return the lag of every output of a correlation of two signals.

    Parameters
    ----------
    in1_len, in2_len : int
        Samples of the two.
    mode : {'full', 'same', 'valid'}
        As in `correlate`.

    Returns
    -------
    ndarray of int
        The lags, ascending.

    Raises
    ------
    ValueError
        If `mode` is none of the above.

    See Also
    --------
    scipy.signal.correlation_lags : The function that this one stands in for.

    Examples
    --------
    >>> from sigresample import correlation_lags
    >>> correlation_lags(3, 2)
    array([-1,  0,  1,  2])
    """
    if mode == "full":
        return np.arange(1 - in2_len, in1_len)
    if mode == "same":
        lags = np.arange(1 - in2_len, in1_len)
        start = len(lags) // 2 - in1_len // 2
        return lags[start : start + in1_len]
    if mode == "valid":
        return np.arange(min(0, in1_len - in2_len), max(0, in1_len - in2_len) + 1)
    raise ValueError(_errors.LAGS_MODE.format(name="correlation_lags", got=mode))
