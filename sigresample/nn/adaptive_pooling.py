"""PyTorch's adaptive pooling on NumPy arrays: windows that are fitted to the size of the result.

Output i of an axis has the samples from ``i * data // out`` to ``ceil((i + 1) * data / out) - 1``.
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
        output_size: Any,
        return_indices: bool = False,
        *,
        workers: int | None = None,
        out: Any = None,
    ) -> R:
        return ask(name, input, output_size, return_indices, workers)

    return asked


def _avg(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of an average and asks something else of them."""

    def asked(
        input: Any, output_size: Any, *, dtype: Any = None, workers: int | None = None, out: Array | None = None
    ) -> R:
        return ask(name, input, output_size, dtype, workers)

    return asked


@face(
    plan=_max(_window_check.explain_adaptive_maximum, "adaptive_max_pool1d"),
    definition=_max(_window_check.adaptive_maximum, "adaptive_max_pool1d"),
)
def adaptive_max_pool1d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of signals, fitted to a size.

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        Booleans, integers, half, single or double precision.
    output_size : int or (int,)
        Outputs along each axis; they may be more than samples.
    return_indices : bool
        Whether to return the places of the maxima as well.
    workers, out
        As in `max_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, L_out) or (C, L_out)
        The maxima, in the type of `input`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its plane each maximum lies.

    Raises
    ------
    ValueError
        If `output_size` is negative or of the wrong length, or there are no samples.
    TypeError
        If `output_size` holds what is no integer, or `input` what cannot be compared.

    See Also
    --------
    max_pool1d : Windows of one size.

    Notes
    -----
    Neighbouring windows share a sample where the size of the result does not divide that of the data.

    Examples
    --------
    >>> from sigresample.nn import adaptive_max_pool1d
    >>> adaptive_max_pool1d([[1, 5, 2, 4, 3]], 2)
    array([[5, 4]])
    """
    return _window_call.adaptive_maximum("adaptive_max_pool1d", input, output_size, return_indices, workers, out)


@face(
    plan=_max(_window_check.explain_adaptive_maximum, "adaptive_max_pool2d"),
    definition=_max(_window_check.adaptive_maximum, "adaptive_max_pool2d"),
)
def adaptive_max_pool2d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of images, fitted to a size.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision.
    output_size : int or (int or None, int or None)
        Outputs along each axis; they may be more than samples. None leaves an axis as it is.
    return_indices : bool
        Whether to return the places of the maxima as well.
    workers, out
        As in `max_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The maxima, in the type of `input`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its plane each maximum lies.

    Raises
    ------
    ValueError
        If `output_size` is negative or of the wrong length, or there are no samples.
    TypeError
        If `output_size` holds what is no integer, or `input` what cannot be compared.

    See Also
    --------
    max_pool2d : Windows of one size.

    Notes
    -----
    Neighbouring windows share a sample where the size of the result does not divide that of the data.

    Examples
    --------
    >>> from sigresample.nn import adaptive_max_pool2d
    >>> adaptive_max_pool2d([[[1, 2, 3], [6, 5, 4]]], (1, 2))
    array([[[6, 5]]])
    """
    return _window_call.adaptive_maximum("adaptive_max_pool2d", input, output_size, return_indices, workers, out)


@face(
    plan=_max(_window_check.explain_adaptive_maximum, "adaptive_max_pool3d"),
    definition=_max(_window_check.adaptive_maximum, "adaptive_max_pool3d"),
)
def adaptive_max_pool3d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of volumes, fitted to a size.

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        Booleans, integers, half, single or double precision.
    output_size : int or tuple of three, each int or None
        Outputs along each axis; they may be more than samples. None leaves an axis as it is.
    return_indices : bool
        Whether to return the places of the maxima as well.
    workers, out
        As in `max_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        The maxima, in the type of `input`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its plane each maximum lies.

    Raises
    ------
    ValueError
        If `output_size` is negative or of the wrong length, or there are no samples.
    TypeError
        If `output_size` holds what is no integer, or `input` what cannot be compared.

    See Also
    --------
    max_pool3d : Windows of one size.

    Notes
    -----
    Neighbouring windows share a sample where the size of the result does not divide that of the data.

    Examples
    --------
    >>> from sigresample.nn import adaptive_max_pool3d
    >>> adaptive_max_pool3d([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], 1)
    array([[[[8]]]])
    """
    return _window_call.adaptive_maximum("adaptive_max_pool3d", input, output_size, return_indices, workers, out)


@face(
    plan=_avg(_window_check.explain_adaptive_average, "adaptive_avg_pool1d"),
    definition=_avg(_window_check.adaptive_average, "adaptive_avg_pool1d"),
)
def adaptive_avg_pool1d(
    input: Any, output_size: Any, *, dtype: Any = None, workers: int | None = None, out: Array | None = None
) -> Array:
    """Take the average of each window of signals, fitted to a size.

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        Booleans, integers, half, single or double precision, real or complex.
    output_size : int or (int,)
        Outputs along each axis; they may be more than samples.
    dtype, workers, out
        As in `avg_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, L_out) or (C, L_out)
        The averages.

    Raises
    ------
    ValueError
        If `output_size` is negative or of the wrong length, or there are no samples.
    TypeError
        If `output_size` holds what is no integer, or `input` what cannot be averaged.

    See Also
    --------
    avg_pool1d : Windows of one size.

    Notes
    -----
    Neighbouring windows share a sample where the size of the result does not divide that of the data.

    Examples
    --------
    >>> from sigresample.nn import adaptive_avg_pool1d
    >>> adaptive_avg_pool1d([[1.0, 2, 3, 4, 5]], 2)
    array([[2., 4.]])
    """
    return _window_call.adaptive_average("adaptive_avg_pool1d", input, output_size, dtype, workers, out)


@face(
    plan=_avg(_window_check.explain_adaptive_average, "adaptive_avg_pool2d"),
    definition=_avg(_window_check.adaptive_average, "adaptive_avg_pool2d"),
)
def adaptive_avg_pool2d(
    input: Any, output_size: Any, *, dtype: Any = None, workers: int | None = None, out: Array | None = None
) -> Array:
    """Take the average of each window of images, fitted to a size.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision, real or complex.
    output_size : int or (int or None, int or None)
        Outputs along each axis; they may be more than samples. None leaves an axis as it is.
    dtype, workers, out
        As in `avg_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The averages.

    Raises
    ------
    ValueError
        If `output_size` is negative or of the wrong length, or there are no samples.
    TypeError
        If `output_size` holds what is no integer, or `input` what cannot be averaged.

    See Also
    --------
    avg_pool2d : Windows of one size.

    Notes
    -----
    Neighbouring windows share a sample where the size of the result does not divide that of the data.

    Examples
    --------
    >>> from sigresample.nn import adaptive_avg_pool2d
    >>> adaptive_avg_pool2d([[[1.0, 2, 3], [5, 6, 7]]], (None, 1))
    array([[[2.],
            [6.]]])
    """
    return _window_call.adaptive_average("adaptive_avg_pool2d", input, output_size, dtype, workers, out)


@face(
    plan=_avg(_window_check.explain_adaptive_average, "adaptive_avg_pool3d"),
    definition=_avg(_window_check.adaptive_average, "adaptive_avg_pool3d"),
)
def adaptive_avg_pool3d(
    input: Any, output_size: Any, *, dtype: Any = None, workers: int | None = None, out: Array | None = None
) -> Array:
    """Take the average of each window of volumes, fitted to a size.

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        Booleans, integers, half, single or double precision, real or complex.
    output_size : int or tuple of three, each int or None
        Outputs along each axis; they may be more than samples. None leaves an axis as it is.
    dtype, workers, out
        As in `avg_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        The averages.

    Raises
    ------
    ValueError
        If `output_size` is negative or of the wrong length, or there are no samples.
    TypeError
        If `output_size` holds what is no integer, or `input` what cannot be averaged.

    See Also
    --------
    avg_pool3d : Windows of one size.

    Notes
    -----
    Neighbouring windows share a sample where the size of the result does not divide that of the data.

    Examples
    --------
    >>> from sigresample.nn import adaptive_avg_pool3d
    >>> adaptive_avg_pool3d([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], 1)
    array([[[[4.5]]]])
    """
    return _window_call.adaptive_average("adaptive_avg_pool3d", input, output_size, dtype, workers, out)
