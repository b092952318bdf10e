"""Convolutions that keep their weights: PyTorch's layers, as callable objects on NumPy arrays."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import _channel_shapes
from ._geometry import CONV, CONV_TRANSPOSE
from ._layer import Layer

Array = np.ndarray[Any, Any]


class _Conv(Layer):
    """The layers that convolve."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        rng: Any = None,
    ) -> None:
        self.settle(
            (in_channels, out_channels), kernel_size, stride, padding, 0, dilation, groups,
            bias, padding_mode, device, dtype, rng,
        )  # fmt: skip

    def __call__(self, input: Any, *, workers: int | None = None, out: Array | None = None) -> Array:
        """Convolve an input of shape (N, in_channels, ...) or (in_channels, ...) with the weights."""
        return CONV[self.rank](
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups,
            padding_mode=self.padding_mode, workers=workers, out=out,
        )  # fmt: skip

    def output_shape(self, input_shape: Any) -> tuple[int, ...]:
        """Return the shape that an input of this shape is convolved to."""
        batch, data = self.data(input_shape)
        name = f"{type(self).__name__}.output_shape"
        axes, _ = _channel_shapes.convolution(name, data, self.kernel_size, self.stride, self.padding, self.dilation)
        return (*batch, self.out_channels, *(axis.out for axis in axes))


class _ConvTranspose(Layer):
    """The layers that convolve by the transposed filters."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        rng: Any = None,
    ) -> None:
        self.settle(
            (in_channels, out_channels), kernel_size, stride, padding, output_padding, dilation, groups,
            bias, padding_mode, device, dtype, rng,
        )  # fmt: skip

    def __call__(
        self, input: Any, output_size: Any = None, *, workers: int | None = None, out: Array | None = None
    ) -> Array:
        """Convolve an input by the transposed weights; `output_size` takes the place of `output_padding`."""
        return CONV_TRANSPOSE[self.rank](
            input, self.weight, self.bias, self.stride, self.padding, self._more(output_size), self.groups,
            self.dilation, output_size=output_size, padding_mode=self.padding_mode, workers=workers, out=out,
        )  # fmt: skip

    def output_shape(self, input_shape: Any, output_size: Any = None) -> tuple[int, ...]:
        """Return the shape of the result for an input of this shape."""
        batch, data = self.data(input_shape)
        name = f"{type(self).__name__}.output_shape"
        size = None if output_size is None else _channel_shapes.fixed(name, "output_size", output_size, 1)
        more = self._more(output_size)
        axes = _channel_shapes.transposed(
            name, data, self.kernel_size, self.stride, self.padding, more, self.dilation, size
        )
        return (*batch, self.out_channels, *(axis.out for axis in axes))

    def _more(self, output_size: Any) -> Any:
        return self.output_padding if output_size is None else 0


class Conv2d(_Conv):
    """Convolve images by weights of its own: `conv2d`, a layer.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    kernel_size : int or tuple of int
        Taps along each axis.
    stride, padding, dilation, groups, padding_mode
        As in `conv2d`.
    bias : bool
        Whether the layer has one.
    device : {None, 'cpu'}
        There is no other.
    dtype : dtype, optional
        Of the weights: float or complex, by default float32.
    rng : Generator or seed, optional
        What the first weights are drawn with.

    Attributes
    ----------
    weight : ndarray of shape (out_channels, in_channels / groups, P, Q), P and Q of kernel_size
        May be set, and changed in place. At first uniform between ±1/√fan_in, fan_in the products of one output.
    bias : ndarray of shape (out_channels,), or None
        The same, or none.

    Raises
    ------
    ValueError
        If a number is out of its range, or groups do not divide the channels.
    TypeError
        If an argument holds what is no integer, or `dtype` no fractions.

    See Also
    --------
    conv2d : The function.
    ConvTranspose2d : The layer of its adjoint.

    Notes
    -----
    As `torch.nn.Conv2d`, whose weights it takes: ``layer.load_state_dict(module.state_dict())``. Its own go to a file
    by ``np.savez(file, **layer.state_dict())`` and come back by ``layer.load_state_dict(np.load(file))``.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import Conv2d
    >>> layer = Conv2d(1, 1, 2, bias=False, rng=0)
    >>> layer.weight = [[[[0, 0], [0, 2]]]]
    >>> layer(np.array([[[1, 2], [3, 4]]], np.float32))
    array([[[8.]]], dtype=float32)
    >>> Conv2d(3, 64, 7, stride=2, padding=3, rng=0)
    Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3))
    """

    rank: ClassVar[int] = 2


class ConvTranspose2d(_ConvTranspose):
    """Convolve images by transposed weights of its own: `conv_transpose2d`, a layer.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    kernel_size : int or tuple of int
        Taps along each axis.
    stride, padding, output_padding, groups, dilation, padding_mode
        As in `conv_transpose2d`.
    bias, device, dtype, rng
        As in `Conv2d`.

    Attributes
    ----------
    weight : ndarray of shape (in_channels, out_channels / groups, P, Q), P and Q of kernel_size
        May be set, and changed in place. At first uniform between ±1/√fan_in, fan_in the elements of ``weight[0]``.
    bias : ndarray of shape (out_channels,), or None
        The same, or none.

    Raises
    ------
    ValueError
        If a number is out of its range, or groups do not divide the channels.
    TypeError
        If an argument holds what is no integer, or `dtype` no fractions.

    See Also
    --------
    conv_transpose2d : The function.
    Conv2d : The layer of the convolution, with more about weights.
    bilinear_kernel : Weights that make this bilinear upsampling.

    Notes
    -----
    As `torch.nn.ConvTranspose2d`, which has no `padding_mode` but 'zeros'.

    Examples
    --------
    >>> from sigresample.nn import ConvTranspose2d
    >>> layer = ConvTranspose2d(1, 1, 3, stride=2, rng=0)
    >>> layer.output_shape((1, 1, 2, 2))
    (1, 1, 5, 5)
    >>> layer.output_shape((1, 1, 2, 2), output_size=(6, 6))
    (1, 1, 6, 6)
    """

    rank: ClassVar[int] = 2


class Conv1d(_Conv):
    """Convolve signals by weights of its own: `conv1d`, a layer.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        As in `Conv2d`, for one axis.
    device, dtype, rng
        As in `Conv2d`.

    Raises
    ------
    ValueError, TypeError
        As in `Conv2d`.

    See Also
    --------
    Conv2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import Conv1d
    >>> layer = Conv1d(2, 4, 3, padding="same", rng=0)
    >>> layer
    Conv1d(2, 4, kernel_size=(3,), stride=(1,), padding=same)
    >>> layer.output_shape((8, 2, 100))
    (8, 4, 100)
    """

    rank: ClassVar[int] = 1


class ConvTranspose1d(_ConvTranspose):
    """Convolve signals by transposed weights of its own: `conv_transpose1d`, a layer.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode
        As in `ConvTranspose2d`, for one axis.
    device, dtype, rng
        As in `ConvTranspose2d`.

    Raises
    ------
    ValueError, TypeError
        As in `ConvTranspose2d`.

    See Also
    --------
    ConvTranspose2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import ConvTranspose1d
    >>> ConvTranspose1d(4, 2, 4, stride=2, padding=1, rng=0).output_shape((8, 4, 50))
    (8, 2, 100)
    """

    rank: ClassVar[int] = 1


class Conv3d(_Conv):
    """Convolve volumes by weights of its own: `conv3d`, a layer.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        As in `Conv2d`, for three axes.
    device, dtype, rng
        As in `Conv2d`.

    Raises
    ------
    ValueError, TypeError
        As in `Conv2d`.

    See Also
    --------
    Conv2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import Conv3d
    >>> Conv3d(2, 4, 3, stride=2, rng=0).output_shape((2, 9, 9, 5))
    (4, 4, 4, 2)
    """

    rank: ClassVar[int] = 3


class ConvTranspose3d(_ConvTranspose):
    """Convolve volumes by transposed weights of its own: `conv_transpose3d`, a layer.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode
        As in `ConvTranspose2d`, for three axes.
    device, dtype, rng
        As in `ConvTranspose2d`.

    Raises
    ------
    ValueError, TypeError
        As in `ConvTranspose2d`.

    See Also
    --------
    ConvTranspose2d : The same along two axes, with more to read.

    Examples
    --------
    >>> from sigresample.nn import ConvTranspose3d
    >>> ConvTranspose3d(4, 2, 2, stride=2, rng=0).output_shape((4, 3, 4, 5))
    (2, 6, 8, 10)
    """

    rank: ClassVar[int] = 3
