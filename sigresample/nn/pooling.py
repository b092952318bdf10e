"""PyTorch's pooling on NumPy arrays: maxima, averages and power averages over windows.

The functions of one and three axes are those of two, along other axes; so are their arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import _window_call, _window_check
from .._face import face

Array = np.ndarray[Any, Any]
R = TypeVar("R")


def _max(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of a maximum and asks something else of them."""

    def asked(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
        *,
        workers: int | None = None,
        out: Any = None,
    ) -> R:
        return ask(name, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, workers)

    return asked


def _avg(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of an average and asks something else of them."""

    def asked(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
        *,
        dtype: Any = None,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        return ask(
            name, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, dtype, workers
        )

    return asked


def _avg1(ask: Callable[..., R]) -> Callable[..., R]:
    """Return the same for one axis, where there is no divisor to be given."""

    def asked(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        *,
        dtype: Any = None,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        return ask(
            "avg_pool1d", input, kernel_size, stride, padding, ceil_mode, count_include_pad, None, dtype, workers
        )

    return asked


def _lp(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of a power average and asks something else of them."""

    def asked(
        input: Any,
        norm_type: float,
        kernel_size: Any,
        stride: Any = None,
        ceil_mode: bool = False,
        *,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        return ask(name, input, norm_type, kernel_size, stride, ceil_mode, workers)

    return asked


@face(plan=_max(_window_check.explain_maximum, "max_pool1d"), definition=_max(_window_check.maximum, "max_pool1d"))
def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of signals.

    ``y[n, c, i] = max_p input[n, c, i*stride + p*dilation - padding]``

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        Booleans, integers, half, single or double precision.
    kernel_size, stride, padding, dilation, ceil_mode, return_indices, workers, out
        As in `max_pool2d`, for one axis.

    Returns
    -------
    ndarray of shape (N, C, L_out) or (C, L_out)
        The maxima, in the type of `input`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its signal each maximum lies.

    Raises
    ------
    ValueError, TypeError
        As in `max_pool2d`.

    See Also
    --------
    max_pool2d : The same along two axes, with more to read.
    max_unpool1d : Puts the maxima back where they were.

    Examples
    --------
    >>> from sigresample.nn import max_pool1d
    >>> max_pool1d([[1, 5, 2, 4, 3]], 3, stride=1)
    array([[5, 5, 4]])
    """
    return _window_call.maximum(
        "max_pool1d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, workers, out
    )


@face(plan=_max(_window_check.explain_maximum, "max_pool2d"), definition=_max(_window_check.maximum, "max_pool2d"))
def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of images.

    ``y[n, c, i, j] = max_{p, q} input[n, c, i*s + p*d - padding, j*s + q*d - padding]``

    with stride s and dilation d of each axis, over p and q below `kernel_size` for which there is a sample.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision. N may be 0, no other axis.
    kernel_size : int or (int, int)
        Samples of a window along each axis.
    stride : int or (int, int), optional
        Samples from one window to the next; by default `kernel_size`.
    padding : int or (int, int)
        How far windows reach beyond the data on both sides, at most half of `kernel_size`: there are no samples.
    dilation : int or (int, int)
        Samples from one of a window's to its next.
    ceil_mode : bool
        Whether a last window that reaches further is taken too, so long as it begins within the data or the padding
        in front.
    return_indices : bool
        Whether to return the places of the maxima as well.
    workers : int, optional
        Threads: as many as given, -1 for all that this process may use; by default all, or one for little work.
        The result does not depend on it.
    out : ndarray, optional
        Put the result here and return this array; with `return_indices`, a pair of arrays. They must have the shapes
        and the types of the results and must not overlap the input.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The maxima, in the type of `input`: exactly. ``H_out = (H + 2 * padding - dilation * (P - 1) - 1) // stride +
        1``, P rows a window, or rounded up with `ceil_mode`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its plane each maximum lies, ``row * W + column``.

    Raises
    ------
    ValueError
        If a number is out of its range, no window fits, or one steps over all samples.
    TypeError
        If an argument holds what is no integer, or `input` what is no real number of at most 64 bits.

    See Also
    --------
    max_unpool2d : Puts the maxima back where they were.
    adaptive_max_pool2d : Windows that are fitted to the size of the result.
    MaxPool2d : The same, its arguments kept.

    Notes
    -----
    Of equal samples the first in row-major order is returned. A NaN is larger than any number, and the last of a
    window counts, as in PyTorch. The time does not grow with large windows.

    Examples
    --------
    >>> from sigresample.nn import max_pool2d
    >>> max_pool2d([[[1, 2, 3, 4], [8, 7, 6, 5]]], 2)
    array([[[8, 6]]])
    >>> values, indices = max_pool2d([[[1, 2, 3, 4], [8, 7, 6, 5]]], 2, return_indices=True)
    >>> indices
    array([[[4, 6]]])
    """
    return _window_call.maximum(
        "max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, workers, out
    )


@face(plan=_max(_window_check.explain_maximum, "max_pool3d"), definition=_max(_window_check.maximum, "max_pool3d"))
def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of volumes.

    ``y[n, c, h, i, j] = max_{r, p, q} input[n, c, h*s + r*d - padding, i*s + p*d - padding, ...]``

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        Booleans, integers, half, single or double precision.
    kernel_size, stride, padding, dilation, ceil_mode, return_indices, workers, out
        As in `max_pool2d`, for three axes.

    Returns
    -------
    ndarray of shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        The maxima, in the type of `input`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its volume each maximum lies.

    Raises
    ------
    ValueError, TypeError
        As in `max_pool2d`.

    See Also
    --------
    max_pool2d : The same along two axes, with more to read.
    max_unpool3d : Puts the maxima back where they were.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import max_pool3d
    >>> max_pool3d(np.arange(8).reshape(1, 2, 2, 2), 2)
    array([[[[7]]]])
    """
    return _window_call.maximum(
        "max_pool3d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, workers, out
    )


@face(plan=_avg1(_window_check.explain_average), definition=_avg1(_window_check.average))
def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Take the average of each window of signals.

    ``y[n, c, i] = sum_p input[n, c, i*stride + p - padding] / divisor``

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        Booleans, integers, half, single or double precision, real or complex.
    kernel_size, stride, padding, ceil_mode, count_include_pad, dtype, workers, out
        As in `avg_pool2d`, for one axis.

    Returns
    -------
    ndarray of shape (N, C, L_out) or (C, L_out)
        The averages.

    Raises
    ------
    ValueError, TypeError
        As in `avg_pool2d`.

    See Also
    --------
    avg_pool2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import avg_pool1d
    >>> avg_pool1d([[1.0, 2, 6, 4]], 2)
    array([[1.5, 5. ]])
    """
    return _window_call.average(
        "avg_pool1d", input, kernel_size, stride, padding, ceil_mode, count_include_pad, None, dtype, workers, out
    )


@face(plan=_avg(_window_check.explain_average, "avg_pool2d"), definition=_avg(_window_check.average, "avg_pool2d"))
def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Take the average of each window of images.

    ``y[n, c, i, j] = sum_{p, q} input[n, c, i*s + p - padding, j*s + q - padding] / divisor``

    over p and q below `kernel_size` for which there is a sample.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision, real or complex. N may be 0, no other axis.
    kernel_size, stride : int or (int, int)
        As in `max_pool2d`.
    padding : int or (int, int)
        Zeros on both sides, at most half of `kernel_size`.
    ceil_mode : bool
        As in `max_pool2d`. What lies beyond the padding is not counted.
    count_include_pad : bool
        Whether the divisor counts zeros of the padding as well as samples.
    divisor_override : int, optional
        Divide all sums by this number, whatever there is to count.
    dtype : data-type, optional
        Type of the result, in which is added up: by default that of `input`, float64 for integers and booleans. Of
        integers it may be an integer type: then the exact quotient is rounded, half to even, and wraps around where
        that type cannot hold it (which `divisor_override` alone can bring about).
    workers : int, optional
        As in `max_pool2d`.
    out : ndarray, optional
        Put the result here and return this array. It must have the shape and the type of the result and must not
        overlap the input.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The averages; as many as `max_pool2d` gives.

    Raises
    ------
    ValueError
        If a number is out of its range, or no window fits.
    TypeError
        If an argument holds what is no integer, `input` what is no number of at most 64 bits, or `dtype` cannot hold
        the averages.

    See Also
    --------
    avg_unpool2d : Gives the averages back to their windows.
    adaptive_avg_pool2d : Windows that are fitted to the size of the result.
    AvgPool2d : The same, its arguments kept.

    Notes
    -----
    float16 is added up in float32. A NaN or an infinity reaches the windows that it lies in and no others, however
    large they are; the time does not grow with them.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import avg_pool2d
    >>> image = np.array([[[1, 2, 3, 4], [5, 6, 8, 8]]])
    >>> avg_pool2d(image, 2)
    array([[[3.5 , 5.75]]])
    >>> avg_pool2d(image, 2, dtype=int)
    array([[[4, 6]]])
    """
    return _window_call.average(
        "avg_pool2d",
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
        dtype,
        workers,
        out,
    )


@face(plan=_avg(_window_check.explain_average, "avg_pool3d"), definition=_avg(_window_check.average, "avg_pool3d"))
def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Take the average of each window of volumes.

    ``y[n, c, h, i, j] = sum_{r, p, q} input[n, c, h*s + r - padding, i*s + p - padding, ...] / divisor``

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        Booleans, integers, half, single or double precision, real or complex.
    kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, dtype, workers, out
        As in `avg_pool2d`, for three axes. Along each axis the data must be as long as the kernel, padded or not, as in
        PyTorch.

    Returns
    -------
    ndarray of shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        The averages.

    Raises
    ------
    ValueError, TypeError
        As in `avg_pool2d`.

    See Also
    --------
    avg_pool2d : The same along two axes, with more to read.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import avg_pool3d
    >>> avg_pool3d(np.arange(8).reshape(1, 2, 2, 2), 2)
    array([[[[3.5]]]])
    """
    return _window_call.average(
        "avg_pool3d",
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
        dtype,
        workers,
        out,
    )


@face(plan=_lp(_window_check.explain_power, "lp_pool1d"), definition=_lp(_window_check.power, "lp_pool1d"))
def lp_pool1d(
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Take the p-norm of each window of signals.

    ``y[n, c, i] = (sum_p input[n, c, i*stride + p] ** norm_type) ** (1 / norm_type)``

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        Booleans, integers, half, single or double precision.
    norm_type, kernel_size, stride, ceil_mode, workers, out
        As in `lp_pool2d`, for one axis.

    Returns
    -------
    ndarray of shape (N, C, L_out) or (C, L_out)
        The norms.

    Raises
    ------
    ValueError, TypeError
        As in `lp_pool2d`.

    See Also
    --------
    lp_pool2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import lp_pool1d
    >>> lp_pool1d([[3.0, 4, 5, 12]], 2, 2)
    array([[ 5., 13.]])
    """
    return _window_call.power("lp_pool1d", input, norm_type, kernel_size, stride, ceil_mode, workers, out)


@face(plan=_lp(_window_check.explain_power, "lp_pool2d"), definition=_lp(_window_check.power, "lp_pool2d"))
def lp_pool2d(
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Take the p-norm of each window of images.

    ``y[n, c, i, j] = (sum_{p, q} input[n, c, i*s + p, j*s + q] ** norm_type) ** (1 / norm_type)``

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision. N may be 0, no other axis.
    norm_type : float
        The exponent, not 0: 1 adds up, 2 gives Euclidean lengths, infinity the largest absolute values, and
        -infinity the smallest.
    kernel_size, stride, ceil_mode, workers
        As in `max_pool2d`. The sum of a window at the end that is not whole is scaled up as if it were.
    out : ndarray, optional
        Put the result here and return this array. It must have the shape and the type of the result and must not
        overlap the input.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The norms, in the type of `input`, float64 for integers and booleans.

    Raises
    ------
    ValueError
        If a number is out of its range, or no window fits.
    TypeError
        If `norm_type` is no number, another argument holds what is no integer, or `input` what is no real number of
        at most 64 bits.

    See Also
    --------
    avg_pool2d : Averages.
    LPPool2d : The same, its arguments kept.

    Notes
    -----
    Absolute values are not taken, as in PyTorch: with an odd exponent other than 1, a negative sum gives NaN.

    Examples
    --------
    >>> from sigresample.nn import lp_pool2d
    >>> lp_pool2d([[[3.0, 0], [0, 4]]], 2, 2)
    array([[[5.]]])
    """
    return _window_call.power("lp_pool2d", input, norm_type, kernel_size, stride, ceil_mode, workers, out)


@face(plan=_lp(_window_check.explain_power, "lp_pool3d"), definition=_lp(_window_check.power, "lp_pool3d"))
def lp_pool3d(
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Take the p-norm of each window of volumes.

    ``y[n, c, h, i, j] = (sum_{r, p, q} input[n, c, h*s + r, i*s + p, j*s + q] ** norm_type) ** (1 / norm_type)``

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        Booleans, integers, half, single or double precision.
    norm_type, kernel_size, stride, ceil_mode, workers, out
        As in `lp_pool2d`, for three axes.

    Returns
    -------
    ndarray of shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        The norms.

    Raises
    ------
    ValueError, TypeError
        As in `lp_pool2d`.

    See Also
    --------
    lp_pool2d : The same along two axes, with more to read.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import lp_pool3d
    >>> lp_pool3d(np.full((1, 2, 2, 2), 3.0), 1, 2)
    array([[[[24.]]]])
    """
    return _window_call.power("lp_pool3d", input, norm_type, kernel_size, stride, ceil_mode, workers, out)
