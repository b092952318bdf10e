"""Weights to start a layer with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _channel_shapes, _errors
from .._coerce import sized

Array = np.ndarray[Any, Any]


def fractions(name: str, dtype: Any) -> np.dtype[Any]:
    """Return the type of weights: float or complex, half to double precision."""
    try:
        kind: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise TypeError(_errors.FRACTIONS.format(name=name, got=dtype)) from None
    if kind.char not in "efdFD":
        raise TypeError(_errors.FRACTIONS.format(name=name, got=kind))
    return kind.newbyteorder("=")


def kaiming_uniform(
    name: str, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, dtype: np.dtype[Any]
) -> Array:
    """Return numbers between -1/√fan_in and 1/√fan_in, as PyTorch's convolutions start with.

    They are drawn in float64 for every type, so that layers of one seed differ by rounding only.
    """
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    drawn = rng.uniform(-bound, bound, sized(name, shape, 8))
    if dtype.kind != "c":
        return drawn.astype(dtype)
    return (drawn + 1j * rng.uniform(-bound, bound, shape)).astype(dtype)


def bilinear_kernel(channels: int, factor: int, *, dtype: Any = np.float32) -> Array:
    """Return the weights of the transposed convolution that is bilinear upsampling.

    ``conv_transpose2d(x, bilinear_kernel(C, f), stride=f, padding=f // 2, groups=C)`` is f times as high and wide as
    `x`, and equals bilinear interpolation (half-pixel, `align_corners=False`) wherever that looks at no sample outside:
    all but the outer ``f // 2`` rows and columns. Fully convolutional networks start their "deconvolutions" so.

    Parameters
    ----------
    channels : int
        C, each upsampled by itself.
    factor : int
        f, at least 1.
    dtype : dtype, optional
        Of the weights.

    Returns
    -------
    ndarray of shape (C, 1, K, K)
        The same hat in each channel, K = 2 f - f mod 2.

    Raises
    ------
    ValueError
        If `channels` is negative or `factor` less than 1.
    TypeError
        If one of them is no integer, or `dtype` holds no fractions.

    See Also
    --------
    conv_transpose2d : The convolution these are weights of.

    Examples
    --------
    >>> from sigresample.nn import bilinear_kernel, conv_transpose2d
    >>> bilinear_kernel(1, 2)[0, 0] * 16
    array([[1., 3., 3., 1.],
           [3., 9., 9., 3.],
           [3., 9., 9., 3.],
           [1., 3., 3., 1.]], dtype=float32)
    """
    name = "bilinear_kernel"
    (count,) = _channel_shapes.each(name, "channels", _channel_shapes.fixed(name, "channels", channels, 0), 1, 0)
    (f,) = _channel_shapes.each(name, "factor", _channel_shapes.fixed(name, "factor", factor, 0), 1, 1)
    kind = fractions(name, dtype)
    taps = 2 * f - f % 2
    shape = sized(name, (count, 1, taps, taps), kind.itemsize)
    # Twice the distance from the middle is a whole number, so one division rounds.
    hat = 1 - np.abs(2 * np.arange(taps) - (taps - 1)) / (2 * f)
    return np.ascontiguousarray(np.broadcast_to(np.outer(hat, hat).astype(kind), shape))
