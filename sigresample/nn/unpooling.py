"""The inverses of pooling on NumPy arrays: PyTorch's `max_unpool`, and averages given back to their windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import _window_check, _window_unpool
from .._face import face

Array = np.ndarray[Any, Any]
R = TypeVar("R")


def _max(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of `max_unpool2d` and asks something else of them."""

    def asked(
        input: Any,
        indices: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
        *,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        return ask(name, input, indices, kernel_size, stride, padding, output_size, workers)

    return asked


def _avg(ask: Callable[..., R]) -> Callable[..., R]:
    """Return what takes the arguments of `avg_unpool2d` and asks something else of them."""

    def asked(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
        *,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        return ask("avg_unpool2d", input, kernel_size, stride, padding, output_size, workers)

    return asked


@face(
    plan=_max(_window_check.explain_max_unpool, "max_unpool1d"),
    definition=_max(_window_check.max_unpool, "max_unpool1d"),
)
def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Put the maxima of signals back where `max_pool1d` found them.

    ``y[n, c].flat[indices[n, c, ...]] = input[n, c, ...]``, zeros elsewhere.

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        Booleans, integers, half, single or double precision, real or complex.
    indices : array_like of int, of the same shape
        Where in its signal each sample goes: as `max_pool1d` returns them.
    kernel_size, stride, padding, output_size, workers, out
        As in `max_unpool2d`, for one axis.

    Returns
    -------
    ndarray of shape (N, C, L_out) or (C, L_out)
        The samples at their places.

    Raises
    ------
    ValueError, TypeError
        As in `max_unpool2d`.

    See Also
    --------
    max_unpool2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import max_unpool1d
    >>> max_unpool1d([[5, 7]], [[1, 2]], 2)
    array([[0, 5, 7, 0]])
    """
    return _window_unpool.maximum(
        "max_unpool1d", input, indices, kernel_size, stride, padding, output_size, workers, out
    )


@face(
    plan=_max(_window_check.explain_max_unpool, "max_unpool2d"),
    definition=_max(_window_check.max_unpool, "max_unpool2d"),
)
def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Put the maxima of images back where `max_pool2d` found them.

    ``y[n, c].flat[indices[n, c, i, j]] = input[n, c, i, j]``, zeros elsewhere.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision, real or complex. N may be 0, no other axis.
    indices : array_like of int, of the same shape
        Where in its plane each sample goes: as `max_pool2d` returns them. PyTorch takes int64 alone.
    kernel_size, stride, padding : int or (int, int)
        As `max_pool2d` was given.
    output_size : tuple of int, optional
        Lengths of the result; batch and channels may lead them. By default ``(H - 1) * stride + kernel_size - 2 *
        padding``, from which they may differ by less than the stride: several lengths are pooled to one.
    workers : int, optional
        As in `max_pool2d`.
    out : ndarray, optional
        Put the result here and return this array. It must have the shape and the type of the result and must not
        overlap an input.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The samples at their places, in the type of `input`. Where several have one place, the last of them in
        row-major order is there.

    Raises
    ------
    ValueError
        If an index lies outside of its plane (before anything is written), shapes do not fit together, or a number is
        out of its range.
    TypeError
        If an argument holds what is no integer, or `input` what is no number of at most 64 bits.

    See Also
    --------
    max_pool2d : Returns the indices with ``return_indices=True``.
    avg_unpool2d : Gives averages back.
    MaxUnpool2d : The same, its arguments kept.

    Examples
    --------
    >>> from sigresample.nn import max_pool2d, max_unpool2d
    >>> values, indices = max_pool2d([[[1, 2, 3, 4], [8, 7, 6, 5]]], 2, return_indices=True)
    >>> max_unpool2d(values, indices, 2)
    array([[[0, 0, 0, 0],
            [8, 0, 6, 0]]])
    """
    return _window_unpool.maximum(
        "max_unpool2d", input, indices, kernel_size, stride, padding, output_size, workers, out
    )


@face(
    plan=_max(_window_check.explain_max_unpool, "max_unpool3d"),
    definition=_max(_window_check.max_unpool, "max_unpool3d"),
)
def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Put the maxima of volumes back where `max_pool3d` found them.

    ``y[n, c].flat[indices[n, c, ...]] = input[n, c, ...]``, zeros elsewhere.

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        Booleans, integers, half, single or double precision, real or complex.
    indices : array_like of int, of the same shape
        Where in its volume each sample goes: as `max_pool3d` returns them.
    kernel_size, stride, padding, output_size, workers, out
        As in `max_unpool2d`, for three axes.

    Returns
    -------
    ndarray of shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        The samples at their places.

    Raises
    ------
    ValueError, TypeError
        As in `max_unpool2d`.

    See Also
    --------
    max_unpool2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import max_unpool3d
    >>> max_unpool3d([[[[7]]]], [[[[3]]]], (1, 2, 2))
    array([[[[0, 0],
             [0, 7]]]])
    """
    return _window_unpool.maximum(
        "max_unpool3d", input, indices, kernel_size, stride, padding, output_size, workers, out
    )


@face(plan=_avg(_window_check.explain_avg_unpool), definition=_avg(_window_check.avg_unpool))
def avg_unpool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Give the averages of images back to their windows.

    Each pixel gets the mean of the averages of those windows that it lies in.
    Without overlaps ``y[n, c, i*s + p - padding, j*s + q - padding] = input[n, c, i, j]`` for all p and q below
    `kernel_size`. Pixels in no window are 0.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision, real or complex. N may be 0, no other axis.
    kernel_size, stride, padding : int or (int, int)
        As `avg_pool2d` was given.
    output_size : tuple of int, optional
        As in `max_unpool2d`; each window must have a pixel.
    workers, out
        As in `max_unpool2d`.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The pixels, in the type of `input`, float64 for integers and booleans.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If an argument holds what is no integer, or `input` what is no number of at most 64 bits.

    See Also
    --------
    avg_pool2d : Takes averages.
    max_unpool2d : Puts maxima back.

    Notes
    -----
    PyTorch has no such function. Where windows do not overlap, `avg_pool2d` of the result is `input` again.

    Examples
    --------
    >>> from sigresample.nn import avg_unpool2d
    >>> avg_unpool2d([[[1.0, 2]]], 2)
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    >>> avg_unpool2d([[[1.0, 2]]], (1, 2), stride=1)
    array([[[1. , 1.5, 2. ]]])
    """
    return _window_unpool.average("avg_unpool2d", input, kernel_size, stride, padding, output_size, workers, out)
