"""What a loss's gradient becomes on its way back through a convolution: that of the input, that of the weights.

The first is the transposed convolution, the adjoint; the second is a convolution too, with the batch as its channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _gradient

Array = np.ndarray[Any, Any]


def conv2d_input_grad(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Return the gradient of `conv2d` with respect to its input.

    It is `conv_transpose2d` of `grad_output`, cut to `input_size`: the adjoint, so that ``<conv2d(x), g>`` equals
    ``<x, conv2d_input_grad(x.shape, w, g)>``.

    Parameters
    ----------
    input_size : tuple of int
        The shape of the input, (N, C, H, W) or (C, H, W).
    weight : array_like of shape (O, C / groups, P, Q)
        The weights.
    grad_output : array_like of shape (N, O, I, J) or (O, I, J)
        The gradient with respect to the output.
    stride, padding, dilation, groups, padding_mode
        As `conv2d` was given.
    workers, out
        As in `conv2d`.

    Returns
    -------
    ndarray of shape `input_size`
        The gradient.

    Raises
    ------
    ValueError
        If `grad_output` is not of the shape that `conv2d` gives, or as `conv2d`.
    TypeError
        As `conv2d`.

    See Also
    --------
    conv2d_weight_grad : The gradient with respect to the weights.
    conv_transpose2d : The same without an input size.

    Notes
    -----
    As `torch.nn.grad.conv2d_input`; for complex weights, which are conjugated here, as PyTorch's autograd. 1 and 3 axes
    have `conv1d_input_grad` and `conv3d_input_grad`.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv2d_input_grad
    >>> conv2d_input_grad((1, 2, 3), np.ones((1, 1, 2, 2), int), [[[1, 5]]])
    array([[[1, 6, 5],
            [1, 6, 5]]])
    """
    return _gradient.input_grad(
        2, input_size, weight, grad_output, stride, padding, dilation, groups, padding_mode, workers, out
    )  # fmt: skip


def conv2d_weight_grad(
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Return the gradient of `conv2d` with respect to its weights.

    ``y[o, c, p, q]`` is the sum over n, i and j of ``x[n, c, i s + p d - pad, j s + q d - pad] g[n, o, i, j]``, `x`
    conjugated where it is complex.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        The input.
    weight_size : tuple of int
        The shape of the weights, (O, C / groups, P, Q).
    grad_output : array_like of shape (N, O, I, J) or (O, I, J)
        The gradient with respect to the output.
    stride, padding, dilation, groups, padding_mode
        As `conv2d` was given.
    workers, out
        As in `conv2d`.

    Returns
    -------
    ndarray of shape `weight_size`
        The gradient: one convolution, with the batch as its channels, summed in the order of the items.

    Raises
    ------
    ValueError
        If `grad_output` is not of the shape that `conv2d` gives, or as `conv2d`.
    TypeError
        As `conv2d`.

    See Also
    --------
    conv2d_input_grad : The gradient with respect to the input.

    Notes
    -----
    As `torch.nn.grad.conv2d_weight`; for complex input as PyTorch's autograd. 1 and 3 axes have `conv1d_weight_grad`
    and `conv3d_weight_grad`. The gradient of the bias is ``grad_output.sum((0, 2, 3))``.

    Examples
    --------
    >>> from sigresample.nn import conv2d_weight_grad
    >>> conv2d_weight_grad([[[1, 2, 3]]], (1, 1, 1, 2), [[[1, 10]]])
    array([[[[21, 32]]]])
    """
    return _gradient.weight_grad(
        2, input, weight_size, grad_output, stride, padding, dilation, groups, padding_mode, workers, out
    )  # fmt: skip


def conv1d_input_grad(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Return the gradient of `conv1d` with respect to its input.

    Parameters
    ----------
    input_size : tuple of int
        The shape of the input, (N, C, L) or (C, L).
    weight : array_like of shape (O, C / groups, P)
        The weights.
    grad_output : array_like of shape (N, O, I) or (O, I)
        The gradient with respect to the output.
    stride, padding, dilation, groups, padding_mode, workers, out
        As `conv1d` was given.

    Returns
    -------
    ndarray of shape `input_size`
        The gradient.

    Raises
    ------
    ValueError, TypeError
        As in `conv2d_input_grad`.

    See Also
    --------
    conv2d_input_grad : The same along two axes, with more to read.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv1d_input_grad
    >>> conv1d_input_grad((1, 4), np.array([[[1, 10]]]), [[1, 2, 3]])
    array([[ 1, 12, 23, 30]])
    """
    return _gradient.input_grad(
        1, input_size, weight, grad_output, stride, padding, dilation, groups, padding_mode, workers, out
    )  # fmt: skip


def conv1d_weight_grad(
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Return the gradient of `conv1d` with respect to its weights.

    Parameters
    ----------
    input : array_like of shape (N, C, L) or (C, L)
        The input.
    weight_size : tuple of int
        The shape of the weights, (O, C / groups, P).
    grad_output : array_like of shape (N, O, I) or (O, I)
        The gradient with respect to the output.
    stride, padding, dilation, groups, padding_mode, workers, out
        As `conv1d` was given.

    Returns
    -------
    ndarray of shape `weight_size`
        The gradient.

    Raises
    ------
    ValueError, TypeError
        As in `conv2d_weight_grad`.

    See Also
    --------
    conv2d_weight_grad : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import conv1d_weight_grad
    >>> conv1d_weight_grad([[1, 2, 3]], (1, 1, 2), [[1, 10]])
    array([[[21, 32]]])
    """
    return _gradient.weight_grad(
        1, input, weight_size, grad_output, stride, padding, dilation, groups, padding_mode, workers, out
    )  # fmt: skip


def conv3d_input_grad(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Return the gradient of `conv3d` with respect to its input.

    Parameters
    ----------
    input_size : tuple of int
        The shape of the input, (N, C, D, H, W) or (C, D, H, W).
    weight : array_like of shape (O, C / groups, R, P, Q)
        The weights.
    grad_output : array_like of shape (N, O, K, I, J) or (O, K, I, J)
        The gradient with respect to the output.
    stride, padding, dilation, groups, padding_mode, workers, out
        As `conv3d` was given.

    Returns
    -------
    ndarray of shape `input_size`
        The gradient.

    Raises
    ------
    ValueError, TypeError
        As in `conv2d_input_grad`.

    See Also
    --------
    conv2d_input_grad : The same along two axes, with more to read.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import conv3d_input_grad
    >>> conv3d_input_grad((1, 1, 1, 3), np.array([[[[[1, 10]]]]]), [[[[1, 2]]]])
    array([[[[ 1, 12, 20]]]])
    """
    return _gradient.input_grad(
        3, input_size, weight, grad_output, stride, padding, dilation, groups, padding_mode, workers, out
    )  # fmt: skip


def conv3d_weight_grad(
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Return the gradient of `conv3d` with respect to its weights.

    Parameters
    ----------
    input : array_like of shape (N, C, D, H, W) or (C, D, H, W)
        The input.
    weight_size : tuple of int
        The shape of the weights, (O, C / groups, R, P, Q).
    grad_output : array_like of shape (N, O, K, I, J) or (O, K, I, J)
        The gradient with respect to the output.
    stride, padding, dilation, groups, padding_mode, workers, out
        As `conv3d` was given.

    Returns
    -------
    ndarray of shape `weight_size`
        The gradient.

    Raises
    ------
    ValueError, TypeError
        As in `conv2d_weight_grad`.

    See Also
    --------
    conv2d_weight_grad : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import conv3d_weight_grad
    >>> conv3d_weight_grad([[[[1, 2, 3]]]], (1, 1, 1, 1, 2), [[[[1, 10]]]])
    array([[[[[21, 32]]]]])
    """
    return _gradient.weight_grad(
        3, input, weight_size, grad_output, stride, padding, dilation, groups, padding_mode, workers, out
    )  # fmt: skip
