"""Convolution whose taps are displaced, pixel by pixel: torchvision's `deform_conv2d`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _deform_call
from .._face import face

Array = np.ndarray[Any, Any]


def _asked(ask: Any) -> Any:
    """Return what takes the arguments of deform_conv2d and asks something else of them."""

    def asked(
        input: Any, offset: Any, weight: Any, bias: Any = None, stride: Any = (1, 1), padding: Any = (0, 0),
        dilation: Any = (1, 1), mask: Any = None, *, workers: int | None = None, out: Array | None = None,
    ) -> Any:  # fmt: skip
        return ask(input, offset, weight, bias, stride, padding, dilation, mask, workers, out)

    return asked


@face(plan=_asked(_deform_call.explain), definition=_asked(_deform_call.define))
def deform_conv2d(
    input: Any,
    offset: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = (1, 1),
    padding: int | tuple[int, int] = (0, 0),
    dilation: int | tuple[int, int] = (1, 1),
    mask: Any = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve images by filters whose taps are displaced at every pixel.

    ``y[n, o, i, j] = bias[o] + sum_{c, p, q} weight[o, c, p, q] * mask[n, t, i, j] * x(n, c, row, column)``, the tap
    being t = p Q + q, ``row = i s + p d - pad + offset[n, 2 t, i, j]``,
    ``column = j s + q d - pad + offset[n, 2 t + 1, i, j]``, x the image interpolated linearly between its samples,
    zeros around it.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W)
        The images. N may be 0, no other axis.
    offset : array_like of shape (N, 2 G P Q, H_out, W_out)
        Down and to the right, in samples, for each tap; for each of G groups of channels.
    weight : array_like of shape (O, C / groups, P, Q)
        The filters; the number of groups follows from the shapes.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride, padding, dilation : int or pair of int
        As in `conv2d`.
    mask : array_like of shape (N, G P Q, H_out, W_out), optional
        A factor for each tap at each pixel.
    workers : int, optional
        Threads; None for as many as pay, at most all that this process may use.
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray of shape (N, O, H_out, W_out)
        Of the type that NumPy gives to all arrays together, double precision where that is an integer. float16 is
        computed in float32.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or a number is out of its range.
    TypeError
        If an argument holds what is no integer, or an array what are no real numbers.

    See Also
    --------
    conv2d : The same with its taps in their places.
    grid_sample : Interpolates at positions without a filter.

    Notes
    -----
    As `torchvision.ops.deform_conv2d`, whose signature this is. An infinite offset leads outside, to zeros; a NaN
    gives NaN. A sample whose weight in the interpolation is 0 does not show even if it is a NaN.

    The samples under the taps are laid side by side for as many pixels as fit into a megabyte, not for all.

    References
    ----------
    .. [1] X. Zhu et al., "Deformable ConvNets v2: More Deformable, Better Results", 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv2d, deform_conv2d
    >>> image, weight = np.arange(16.0).reshape(1, 1, 4, 4), np.ones((1, 1, 2, 2))
    >>> still = np.zeros((1, 8, 3, 3))
    >>> bool((deform_conv2d(image, still, weight) == conv2d(image, weight)).all())
    True
    >>> aside = still.copy()
    >>> aside[:, 1::2] = 0.5  # every tap half a sample to the right
    >>> deform_conv2d(image, aside, weight)[0, 0, 0]
    array([12., 16., 14.])
    """
    return _deform_call.run(input, offset, weight, bias, stride, padding, dilation, mask, workers, out)
