"""The patches of images as columns, and columns summed to images: PyTorch's `unfold` and `fold`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import _channel_shapes, _errors
from .._channel_shapes import Along, Sizes
from ._arrays import numbers, result

Array = np.ndarray[Any, Any]


def _patches(name: str, image: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> tuple[Along, ...]:
    """Return how patches lie in an image: as the taps of a convolution, refused where none fits."""
    taps, d, pad, s = (
        _channel_shapes.fixed(name, argument, value)
        for argument, value in (
            ("kernel_size", kernel_size),
            ("dilation", dilation),
            ("padding", padding),
            ("stride", stride),
        )
    )
    taps = _channel_shapes.each(name, "kernel_size", taps, 2, 1)
    return _channel_shapes.convolution(name, image, taps, s, pad, d)[0]


def _met(axes: tuple[Along, ...]) -> Iterator[tuple[Any, Any]]:
    """Yield the samples of a patch in ascending order: as indices of (N, C, P, Q, I, J), and of (N, C, H, W)."""
    every = (slice(None), slice(None))
    for taps in itertools.product(*map(_runs, axes)):
        places, patches, samples = zip(*taps)
        yield (*every, *places, *patches), (*every, *samples)


def _inside(axis: Along) -> bool:
    """Return whether no tap of any patch lies in the padding."""
    return axis.first >= 0 and (axis.out - 1) * axis.stride + (axis.taps - 1) * axis.dilation < axis.data - axis.first


def _runs(axis: Along) -> list[tuple[int, slice, slice]]:
    """Return the taps that lie on the image in some patch, with those patches and the samples under it."""
    s, d = axis.stride, axis.dilation
    # Taps that lie in the padding of all patches are stepped over, not visited: there may be 2**50 of them.
    first = max(0, -((axis.first + (axis.out - 1) * s) // d))
    last = min(axis.taps, (axis.data - 1 - axis.first) // d + 1)
    runs = []
    for p in range(first, last):
        at = axis.first + p * d
        low, high = max(0, -(at // s)), min(axis.out, (axis.data - 1 - at) // s + 1)
        if low < high:
            start = low * s + at
            runs.append((p, slice(low, high), slice(start, start + (high - low - 1) * s + 1, s)))
    return runs


def unfold(
    input: Any,
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
    *,
    out: Array | None = None,
) -> Array:
    """Lay the patches of images side by side, each as a column (im2col).

    ``y[n, (c P + p) Q + q, i J + j] = x[n, c, i s + p d - pad, j s + q d - pad]``, zero outside the image.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Numbers or booleans. N may be 0, no other axis.
    kernel_size : int or pair of int
        Height P and width Q of a patch.
    dilation, padding, stride : int or pair of int
        Steps between the samples of a patch; zeros around the image, or as `conv2d` takes them; steps between patches.
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray of shape (N, C P Q, L) or (C P Q, L)
        The L = I J patches, of the dtype of `input`; J and I as `conv_output_size` tells.

    Raises
    ------
    ValueError
        If no patch fits, the rank is wrong, or a number is out of its range.
    TypeError
        If an argument holds what is no integer, or `input` no numbers.

    See Also
    --------
    fold : The adjoint: sums columns to images.
    conv2d : Convolves without laying patches out.

    Notes
    -----
    As `torch.nn.functional.unfold`, for all integers too.

    Examples
    --------
    >>> from sigresample.nn import unfold
    >>> unfold([[[1, 2, 3], [4, 5, 6]]], 2)
    array([[1, 2],
           [2, 3],
           [4, 5],
           [5, 6]])
    """
    x = numbers("unfold", input)
    if x.ndim not in (3, 4) or not all(x.shape[-3:]):
        raise ValueError(_errors.UNFOLD_SHAPE.format(got=x.shape))
    axes = _patches("unfold", x.shape[-2:], kernel_size, dilation, padding, stride)
    kernel, blocks = tuple(axis.taps for axis in axes), tuple(axis.out for axis in axes)
    channels = x.shape[-3]
    y = result("unfold", out, (*x.shape[:-3], channels * math.prod(kernel), math.prod(blocks)), x)
    if not y.size:
        return y
    laid = y if y.flags.c_contiguous else np.empty(y.shape, y.dtype)
    columns = laid.reshape(-1, channels, *kernel, *blocks)
    images = x.reshape(-1, *x.shape[-3:])
    if not all(map(_inside, axes)):
        columns[...] = 0
    for place, samples in _met(axes):
        columns[place] = images[samples]
    if laid is not y:
        y[...] = laid
    return y


def fold(
    input: Any,
    output_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
    *,
    out: Array | None = None,
) -> Array:
    """Sum columns to images, each where `unfold` takes its patch (col2im).

    ``y[n, c, h, w]`` is the sum of all ``x[n, (c P + p) Q + q, i J + j]`` with ``i s + p d - pad = h`` and
    ``j s + q d - pad = w``, in ascending order of p, then q.

    Parameters
    ----------
    input : array_like of shape (N, C P Q, L) or (C P Q, L)
        Numbers or booleans. N may be 0, no other axis.
    output_size : int or pair of int
        Height and width of an image.
    kernel_size : int or pair of int
        Height P and width Q of a patch.
    dilation, padding, stride : int or pair of int
        As `unfold` was given.
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray of shape (N, C, H, W) or (C, H, W)
        The images, of the dtype of `input`. float16 is summed in float32, integers wrap, booleans are or-ed.

    Raises
    ------
    ValueError
        If the shape of `input` does not belong to the other arguments, or a number is out of its range.
    TypeError
        If an argument holds what is no integer, or `input` no numbers.

    See Also
    --------
    unfold : The adjoint: lays patches out as columns.
    conv_transpose2d : Sums weighted patches without laying them out.

    Notes
    -----
    As `torch.nn.functional.fold`, for integers too. `fold` of `unfold` multiplies each sample by the number of
    patches that hold it.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import fold
    >>> fold(np.ones((4, 2), int), (2, 3), 2)
    array([[[1, 2, 1],
            [1, 2, 1]]])
    """
    x = numbers("fold", input)
    if x.ndim not in (2, 3) or not all(x.shape[-2:]):
        raise ValueError(_errors.FOLD_SHAPE.format(got=x.shape))
    size = _channel_shapes.fixed("fold", "output_size", output_size)
    image = _channel_shapes.each("fold", "output_size", size, 2, 1)
    axes = _patches("fold", image, kernel_size, dilation, padding, stride)
    kernel, blocks = tuple(axis.taps for axis in axes), tuple(axis.out for axis in axes)
    channels, rest = divmod(x.shape[-2], math.prod(kernel))
    if rest:
        raise ValueError(_errors.FOLD_CHANNELS.format(kernel=kernel, got=x.shape[-2]))
    if x.shape[-1] != math.prod(blocks):
        raise ValueError(
            _errors.FOLD_BLOCKS.format(image=image, blocks=blocks, want=math.prod(blocks), got=x.shape[-1])
        )
    y = result("fold", out, (*x.shape[:-2], channels, *image), x)
    sums = np.empty(y.shape, np.float32) if y.dtype.char == "e" else y
    sums[...] = 0
    images = sums[None] if x.ndim == 2 else sums
    columns = x.reshape(len(images), channels, *kernel, *blocks)
    with np.errstate(over="ignore", invalid="ignore"):  # infinities are sums like any other
        for place, samples in _met(axes) if x.size else ():
            images[samples] += columns[place]
        if sums is not y:
            y[...] = sums
    return y
