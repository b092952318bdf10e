"""PyTorch's convolutions on NumPy arrays: the same calls, shapes and answers.

The functions of one and three axes are those of two, along other axes; so are their arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import _channel_call, _channel_check
from .._face import face

Array = np.ndarray[Any, Any]
R = TypeVar("R")


def _asked(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of a convolution and asks something else of them."""

    def asked(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        *,
        padding_mode: str = "zeros",
        dtype: Any = None,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        return ask(name, input, weight, bias, stride, padding, dilation, groups, padding_mode, dtype, workers, out)

    return asked


def _asked_transpose(ask: Callable[..., R], name: str) -> Callable[..., R]:
    """Return what takes the arguments of a transposed convolution and asks something else of them."""

    def asked(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
        *,
        output_size: Any = None,
        padding_mode: str = "zeros",
        dtype: Any = None,
        workers: int | None = None,
        out: Array | None = None,
    ) -> R:
        more = output_padding, output_size
        return ask(
            name, input, weight, bias, stride, padding, dilation, groups, padding_mode, dtype, workers, out, more
        )

    return asked


@face(plan=_asked(_channel_call.explain, "conv1d"), definition=_asked(_channel_check.define, "conv1d"))
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve signals of channels with a bank of filters.

    ``y[n, o, i] = bias[o] + sum_{c, p} input[n, c, i*stride + p*dilation - before] * weight[o, c, p]``

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        The data.
    weight : array_like of shape (O, C / groups, P)
        One filter for each of the O output channels.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride, padding, dilation, groups, padding_mode, dtype, workers, out
        As in `conv2d`, for one axis; a pair of paddings is ``((before, after),)``.

    Returns
    -------
    ndarray of shape (N, O, L_out) or (O, L_out)
        ``L_out`` is `conv_output_size`'s.

    Raises
    ------
    ValueError, TypeError
        As in `conv2d`.

    See Also
    --------
    conv2d : The same along two axes, with more to read.
    conv_transpose1d : The adjoint of this.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv1d
    >>> conv1d(np.array([[1.0, 2, 4, 8]]), np.array([[[-1.0, 1]]]))
    array([[1., 2., 4.]])
    """
    return _channel_call.run(
        "conv1d", input, weight, bias, stride, padding, dilation, groups, padding_mode, dtype, workers, out
    )


@face(plan=_asked(_channel_call.explain, "conv2d"), definition=_asked(_channel_check.define, "conv2d"))
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve images of channels with a bank of filters.

    ``y[n, o, i, j] = bias[o] + sum_{c, p, q} input[n, c, i*s + p*d - before, j*s + q*d - before] * weight[o, c, p, q]``

    with stride s and dilation d of each axis, c over the input channels of o's group: a correlation, as in PyTorch.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        The data: booleans, integers, half, single or double precision, real or complex.
    weight : array_like of shape (O, C / groups, P, Q)
        One filter for each of the O output channels.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride : int or (int, int)
        Samples from one output to the next.
    padding : int, str or tuple
        Samples outside the data, before and behind each axis: one number, one for each axis, or for each axis a
        number or a pair (before, after). "valid" pads nothing; "same" pads so that a stride of 1 keeps the size,
        an odd sample behind; "same_upper" and "same_lower" give ``ceil(H / stride)`` outputs with any stride, an odd
        sample behind or in front.
    dilation : int or (int, int)
        Samples from one tap to the next.
    groups : int
        The channels are split into so many groups that do not see each other.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}
        What the padding holds: zeros, which are terms like any (an infinite weight makes them NaN), or the data
        mirrored about its end samples, its end samples, or the data once more.
    dtype : data-type, optional
        Type of the result, in which it is added up: for integers a wider one, where their own would wrap around.
        By default that of all arrays together, by NumPy's rules.
    workers : int, optional
        Threads: as many as given, -1 for all that this process may use; by default all, or one for little work.
        The result does not depend on it.
    out : ndarray, optional
        Put the result here and return this array. It must have the shape and the type of the result and must not
        overlap an input.

    Returns
    -------
    ndarray of shape (N, O, H_out, W_out) or (O, H_out, W_out)
        ``H_out = (H + before + after - dilation * (P - 1) - 1) // stride + 1``, see `conv_output_size`.

    Raises
    ------
    ValueError
        If shapes or numbers do not fit together, or the kernel is larger than the padded input.
    TypeError
        If an argument is no integer where one is needed, or an array holds what is no number of at most 64 bits.

    See Also
    --------
    conv_transpose2d : The adjoint of this.
    sigresample.convolve2d : One image and one filter, turned round.

    Notes
    -----
    It costs ``O * C / groups * P * Q`` multiply-adds an output pixel, less for 3x3 filters (Winograd) and large ones
    (FFT); ``sigresample.explain(conv2d, ...)`` tells the route. Integers are exact and wrap around in their own
    type; booleans are combined by "and" and "or"; float16 is computed in float32. Where PyTorch refuses arrays of
    different types, NumPy's promotion decides.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv2d
    >>> image = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> conv2d(image, np.ones((1, 1, 3, 3)))
    array([[[[45., 54.],
             [81., 90.]]]])
    >>> conv2d(image, np.ones((1, 1, 3, 3)), stride=2, padding=1).shape
    (1, 1, 2, 2)
    """
    return _channel_call.run(
        "conv2d", input, weight, bias, stride, padding, dilation, groups, padding_mode, dtype, workers, out
    )


@face(plan=_asked(_channel_call.explain, "conv3d"), definition=_asked(_channel_check.define, "conv3d"))
def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve volumes of channels with a bank of filters.

    ``y[n, o, h, i, j] = bias[o] + sum_{c, r, p, q} input[n, c, h*s + r*d - before, ...] * weight[o, c, r, p, q]``

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        The data.
    weight : array_like of shape (O, C / groups, R, P, Q)
        One filter for each of the O output channels.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride, padding, dilation, groups, padding_mode, dtype, workers, out
        As in `conv2d`, for three axes.

    Returns
    -------
    ndarray of shape (N, O, D_out, H_out, W_out) or (O, D_out, H_out, W_out)
        The lengths are `conv_output_size`'s.

    Raises
    ------
    ValueError, TypeError
        As in `conv2d`.

    See Also
    --------
    conv2d : The same along two axes, with more to read.
    conv_transpose3d : The adjoint of this.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv3d
    >>> conv3d(np.ones((1, 1, 4, 4, 4)), np.ones((2, 1, 3, 3, 3)), padding=1, stride=2).shape
    (1, 2, 2, 2, 2)
    """
    return _channel_call.run(
        "conv3d", input, weight, bias, stride, padding, dilation, groups, padding_mode, dtype, workers, out
    )


@face(
    plan=_asked_transpose(_channel_call.explain, "conv_transpose1d"),
    definition=_asked_transpose(_channel_check.define, "conv_transpose1d"),
)
def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    *,
    output_size: Any = None,
    padding_mode: str = "zeros",
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve signals by the transposed filters: the adjoint of `conv1d`.

    ``y[n, o, i*stride + p*dilation - before] += input[n, c, i] * weight[c, o, p]``

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        The data.
    weight : array_like of shape (C, O / groups, P)
        The filters.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride, padding, output_padding, groups, dilation, output_size, padding_mode, dtype, workers, out
        As in `conv_transpose2d`, for one axis.

    Returns
    -------
    ndarray of shape (N, O, L_out) or (O, L_out)
        ``L_out`` is `conv_transpose_output_size`'s.

    Raises
    ------
    ValueError, TypeError
        As in `conv_transpose2d`.

    See Also
    --------
    conv_transpose2d : The same along two axes, with more to read.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv_transpose1d
    >>> conv_transpose1d(np.array([[1.0, 10]]), np.array([[[1.0, 2, 3]]]), stride=2)
    array([[ 1.,  2., 13., 20., 30.]])
    """
    more = output_padding, output_size
    return _channel_call.run(
        "conv_transpose1d",
        input,
        weight,
        bias,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
        dtype,
        workers,
        out,
        more,
    )


@face(
    plan=_asked_transpose(_channel_call.explain, "conv_transpose2d"),
    definition=_asked_transpose(_channel_check.define, "conv_transpose2d"),
)
def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    *,
    output_size: Any = None,
    padding_mode: str = "zeros",
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve by the transposed filters: the adjoint of `conv2d`.

    ``y[n, o, i*s + p*d - before, j*s + q*d - before] += input[n, c, i, j] * weight[c, o, p, q]``

    for every sample and tap, beginning with the bias: each sample puts a scaled copy of the filter into the result.
    Also called deconvolution or fractionally strided convolution, and the gradient of `conv2d` in its input. It undoes
    the shapes of `conv2d`, not its values.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        The data: booleans, integers, half, single or double precision, real or complex.
    weight : array_like of shape (C, O / groups, P, Q)
        The filters, as they are given to the convolution of which this is the adjoint.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride : int or (int, int)
        Samples of the result from one sample of the input to the next.
    padding : int, str or tuple
        The convolution's padding, given as in `conv2d`: so many samples of the result are cut off. "same",
        "same_upper" and "same_lower" leave ``H * stride``.
    output_padding : int or (int, int)
        So many more samples at the end of each axis; less than the stride or the dilation.
    groups : int
        The channels are split into so many groups that do not see each other.
    dilation : int or (int, int)
        Samples of the result from one tap to the next.
    output_size : int or tuple of int, optional
        Lengths of the result, in place of `output_padding`; batch and channels may lead them.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}
        The convolution's padding: what is cut off is dropped, or added where that padding took it from.
    dtype : data-type, optional
        Type of the result, in which it is added up; by default that of all arrays together, by NumPy's rules.
    workers : int, optional
        Threads: as many as given, -1 for all that this process may use; by default all, or one for little work.
        The result does not depend on it.
    out : ndarray, optional
        Put the result here and return this array. It must have the shape and the type of the result and must not
        overlap an input.

    Returns
    -------
    ndarray of shape (N, O, H_out, W_out) or (O, H_out, W_out)
        ``H_out = (H - 1) * stride - before - after + dilation * (P - 1) + output_padding + 1``, see
        `conv_transpose_output_size`.

    Raises
    ------
    ValueError
        If shapes or numbers do not fit together, or no output is left.
    TypeError
        If an argument is no integer where one is needed, or an array holds what is no number of at most 64 bits.

    See Also
    --------
    conv2d : The convolution itself.

    Notes
    -----
    Stride s splits each axis into s phases, each of them a small convolution with every s-th tap: no zeros are
    multiplied. It costs ``C / groups * P * Q / s**2`` multiply-adds an output pixel. Types are as in `conv2d`.
    What is absent is no term here: an infinite weight makes no NaN at the edges.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv_transpose2d
    >>> kernel = np.array([[1.0, 2, 1], [2, 1, 2], [1, 2, 1]])
    >>> conv_transpose2d([[[55.0]]], kernel[None, None])
    array([[[ 55., 110.,  55.],
            [110.,  55., 110.],
            [ 55., 110.,  55.]]])
    >>> conv_transpose2d(np.ones((1, 1, 2, 2)), kernel[None, None], stride=2).shape
    (1, 1, 5, 5)
    """
    more = output_padding, output_size
    return _channel_call.run(
        "conv_transpose2d",
        input,
        weight,
        bias,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
        dtype,
        workers,
        out,
        more,
    )


@face(
    plan=_asked_transpose(_channel_call.explain, "conv_transpose3d"),
    definition=_asked_transpose(_channel_check.define, "conv_transpose3d"),
)
def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    *,
    output_size: Any = None,
    padding_mode: str = "zeros",
    dtype: Any = None,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve volumes by the transposed filters: the adjoint of `conv3d`.

    ``y[n, o, h*s + r*d - before, ...] += input[n, c, h, i, j] * weight[c, o, r, p, q]``

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        The data.
    weight : array_like of shape (C, O / groups, R, P, Q)
        The filters.
    bias : array_like of shape (O,), optional
        Added to each output channel.
    stride, padding, output_padding, groups, dilation, output_size, padding_mode, dtype, workers, out
        As in `conv_transpose2d`, for three axes.

    Returns
    -------
    ndarray of shape (N, O, D_out, H_out, W_out) or (O, D_out, H_out, W_out)
        The lengths are `conv_transpose_output_size`'s.

    Raises
    ------
    ValueError, TypeError
        As in `conv_transpose2d`.

    See Also
    --------
    conv_transpose2d : The same along two axes, with more to read.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv_transpose3d
    >>> conv_transpose3d(np.ones((1, 2, 2, 2, 2)), np.ones((2, 1, 3, 3, 3)), stride=2).shape
    (1, 1, 5, 5, 5)
    """
    more = output_padding, output_size
    return _channel_call.run(
        "conv_transpose3d",
        input,
        weight,
        bias,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
        dtype,
        workers,
        out,
        more,
    )
