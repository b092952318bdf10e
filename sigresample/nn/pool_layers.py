"""Pooling that keeps its arguments: PyTorch's layers, as callable objects on NumPy arrays.

The layers of one and three axes are those of two, along other axes.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import _errors, _window_call, _window_plans, _window_random, _window_shapes, _window_unpool
from . import adaptive_pooling, pooling, random_pooling, unpooling

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]


class _Layer:
    """Arguments that are kept, and shown in this order."""

    rank: ClassVar[int]
    shown: ClassVar[tuple[str, ...]]

    def _windows(self, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1) -> None:
        """Keep the numbers of windows, once they are seen to be in their ranges."""
        name, integers = type(self).__name__, _window_plans.integers
        given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        fixed = {key: None if value is None else integers(name, key, value) for key, value in given.items()}
        _window_shapes.windows(name, self.rank, *fixed.values())
        self.kernel_size, self.padding, self.dilation = fixed["kernel_size"], fixed["padding"], fixed["dilation"]
        self.stride = fixed["kernel_size"] if fixed["stride"] in (None, ()) else fixed["stride"]

    def _flag(self, argument: str, value: Any) -> bool:
        return _window_plans.flag(type(self).__name__, argument, value)

    def _like(self, input_shape: Any) -> Array:
        """Return an array of a shape that takes no memory."""
        name = f"{type(self).__name__}.output_shape"
        shape = _window_plans.integers(name, "input_shape", input_shape)
        if not isinstance(shape, tuple) or not shape or min(shape) < 0:
            raise ValueError(_errors.POOL_SHAPE.format(name=name, got=input_shape))
        return np.broadcast_to(np.zeros((), np.float32), shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)}' for name in self.shown)})"


# ── maxima ─────────────────────────────────────────────────────────────────────────────────────


class _MaxPool(_Layer):
    """The layers that take maxima."""

    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self._windows(kernel_size, stride, padding, dilation)
        self.return_indices = self._flag("return_indices", return_indices)
        self.ceil_mode = self._flag("ceil_mode", ceil_mode)

    def __call__(self, input: Any, *, workers: int | None = None, out: Any = None) -> Any:
        """Take the maxima of an input."""
        return _MAX[self.rank](
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices,
            workers=workers, out=out,
        )  # fmt: skip

    def output_shape(self, input_shape: Any) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        return _window_call.maximum_plan(
            f"max_pool{self.rank}d", self._like(input_shape), self.kernel_size, self.stride, self.padding,
            self.dilation, self.ceil_mode,
        ).out  # fmt: skip


class MaxPool2d(_MaxPool):
    """Take the largest sample of each window of images: `max_pool2d`, a layer.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, return_indices, ceil_mode
        As in `max_pool2d`, which takes the last two the other way round.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If an argument holds what is no integer, or no bool.

    See Also
    --------
    max_pool2d : The function.
    MaxUnpool2d : The layer of its inverse.

    Examples
    --------
    >>> from sigresample.nn import MaxPool2d
    >>> MaxPool2d(2)([[[1, 2, 3, 4], [8, 7, 6, 5]]])
    array([[[8, 6]]])
    >>> MaxPool2d(3, stride=2, padding=1)
    MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)
    """

    rank: ClassVar[int] = 2


class MaxPool1d(_MaxPool):
    """Take the largest sample of each window of signals: `max_pool1d`, a layer. See `MaxPool2d`.

    Examples
    --------
    >>> from sigresample.nn import MaxPool1d
    >>> MaxPool1d(2)([[1, 3, 2, 4]])
    array([[3, 4]])
    """

    rank: ClassVar[int] = 1


class MaxPool3d(_MaxPool):
    """Take the largest sample of each window of volumes: `max_pool3d`, a layer. See `MaxPool2d`.

    Examples
    --------
    >>> from sigresample.nn import MaxPool3d
    >>> MaxPool3d((1, 1, 2))([[[[1, 3, 2, 4]]]])
    array([[[[3, 4]]]])
    """

    rank: ClassVar[int] = 3


# ── averages ───────────────────────────────────────────────────────────────────────────────────


class _AvgPool(_Layer):
    """The layers that take averages."""

    shown = ("kernel_size", "stride", "padding")
    divisor_override: int | None = None

    def _settle(self, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> None:
        self._windows(kernel_size, stride, padding)
        self.ceil_mode = self._flag("ceil_mode", ceil_mode)
        self.count_include_pad = self._flag("count_include_pad", count_include_pad)

    def __call__(self, input: Any, *, dtype: Any = None, workers: int | None = None, out: Array | None = None) -> Array:
        """Take the averages of an input."""
        numbers = (self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        more = () if self.rank == 1 else (self.divisor_override,)
        made: Array = _AVG[self.rank](input, *numbers, *more, dtype=dtype, workers=workers, out=out)
        return made

    def output_shape(self, input_shape: Any) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        return _window_call.average_plan(
            f"avg_pool{self.rank}d", self._like(input_shape), self.kernel_size, self.stride, self.padding,
            self.ceil_mode, self.count_include_pad, self.divisor_override, None,
        ).out  # fmt: skip


class AvgPool1d(_AvgPool):
    """Take the average of each window of signals: `avg_pool1d`, a layer. See `AvgPool2d`.

    Examples
    --------
    >>> from sigresample.nn import AvgPool1d
    >>> AvgPool1d(2)([[1.0, 3, 2, 4]])
    array([[2., 3.]])
    """

    rank: ClassVar[int] = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self._settle(kernel_size, stride, padding, ceil_mode, count_include_pad)


class AvgPool2d(_AvgPool):
    """Take the average of each window of images: `avg_pool2d`, a layer.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        As in `avg_pool2d`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If an argument holds what is no integer, or no bool.

    See Also
    --------
    avg_pool2d : The function.
    AvgUnpool2d : The layer that gives averages back.

    Examples
    --------
    >>> from sigresample.nn import AvgPool2d
    >>> AvgPool2d(2)([[[1.0, 2, 3, 4], [5, 6, 8, 8]]])
    array([[[3.5 , 5.75]]])
    """

    rank: ClassVar[int] = 2

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        self._settle(kernel_size, stride, padding, ceil_mode, count_include_pad)
        if divisor_override is not None:
            self.divisor_override = _window_plans.divisor(type(self).__name__, divisor_override)


class AvgPool3d(AvgPool2d):
    """Take the average of each window of volumes: `avg_pool3d`, a layer. See `AvgPool2d`.

    Examples
    --------
    >>> from sigresample.nn import AvgPool3d
    >>> AvgPool3d(1, 2)([[[[1.0, 3, 2, 4]]]])
    array([[[[1., 2.]]]])
    """

    rank: ClassVar[int] = 3


class _LPPool(_Layer):
    """The layers that take p-norms."""

    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        self._windows(kernel_size, stride)
        self.norm_type = _window_call.exponent(type(self).__name__, norm_type)
        self.ceil_mode = self._flag("ceil_mode", ceil_mode)

    def __call__(self, input: Any, *, workers: int | None = None, out: Array | None = None) -> Array:
        """Take the norms of an input."""
        numbers = (self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return _LP[self.rank](input, *numbers, workers=workers, out=out)

    def output_shape(self, input_shape: Any) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        name, like = f"lp_pool{self.rank}d", self._like(input_shape)
        return _window_call.power_plan(name, like, self.norm_type, self.kernel_size, self.stride, self.ceil_mode).out


class LPPool2d(_LPPool):
    """Take the p-norm of each window of images: `lp_pool2d`, a layer.

    Parameters
    ----------
    norm_type, kernel_size, stride, ceil_mode
        As in `lp_pool2d`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If `norm_type` is no number, or another argument holds what is no integer.

    See Also
    --------
    lp_pool2d : The function.

    Examples
    --------
    >>> from sigresample.nn import LPPool2d
    >>> LPPool2d(2, 2)([[[3.0, 0], [0, 4]]])
    array([[[5.]]])
    """

    rank: ClassVar[int] = 2


class LPPool1d(_LPPool):
    """Take the p-norm of each window of signals: `lp_pool1d`, a layer. See `LPPool2d`.

    Examples
    --------
    >>> from sigresample.nn import LPPool1d
    >>> LPPool1d(1, 2)([[1.0, 3, 2, 4]])
    array([[4., 6.]])
    """

    rank: ClassVar[int] = 1


class LPPool3d(_LPPool):
    """Take the p-norm of each window of volumes: `lp_pool3d`, a layer. See `LPPool2d`.

    Examples
    --------
    >>> from sigresample.nn import LPPool3d
    >>> LPPool3d(1, (1, 1, 2))([[[[1.0, 3, 2, 4]]]])
    array([[[[4., 6.]]]])
    """

    rank: ClassVar[int] = 3


# ── fitted to a size ───────────────────────────────────────────────────────────────────────────


class _Adaptive(_Layer):
    """The layers whose windows are fitted to a size."""

    shown = ("output_size",)
    verb: ClassVar[str]

    def _size(self, output_size: Any) -> None:
        name = type(self).__name__
        self.output_size = _window_plans.size(name, output_size)
        _window_shapes.adaptive_size(name, (1,) * self.rank, self.output_size)

    def output_shape(self, input_shape: Any) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        name = f"adaptive_{self.verb}_pool{self.rank}d"
        return _window_call.adaptive_plan(name, self._like(input_shape), self.output_size, None).out


class _AdaptiveMaxPool(_Adaptive):
    verb = "max"

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        self._size(output_size)
        self.return_indices = self._flag("return_indices", return_indices)

    def __call__(self, input: Any, *, workers: int | None = None, out: Any = None) -> Any:
        """Take the maxima of an input."""
        return _ADAPTIVE_MAX[self.rank](input, self.output_size, self.return_indices, workers=workers, out=out)


class _AdaptiveAvgPool(_Adaptive):
    verb = "avg"

    def __init__(self, output_size: Any) -> None:
        self._size(output_size)

    def __call__(self, input: Any, *, dtype: Any = None, workers: int | None = None, out: Array | None = None) -> Array:
        """Take the averages of an input."""
        return _ADAPTIVE_AVG[self.rank](input, self.output_size, dtype=dtype, workers=workers, out=out)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Take the largest sample of each window of signals, fitted to a size: `adaptive_max_pool1d`, a layer.

    Examples
    --------
    >>> from sigresample.nn import AdaptiveMaxPool1d
    >>> AdaptiveMaxPool1d(1)([[1, 3, 2, 4]])
    array([[4]])
    """

    rank: ClassVar[int] = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Take the largest sample of each window of images, fitted to a size: `adaptive_max_pool2d`, a layer.

    Examples
    --------
    >>> from sigresample.nn import AdaptiveMaxPool2d
    >>> AdaptiveMaxPool2d((None, 2))([[[1, 3, 2, 4]]])
    array([[[3, 4]]])
    """

    rank: ClassVar[int] = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Take the largest sample of each window of volumes, fitted to a size: `adaptive_max_pool3d`, a layer.

    Examples
    --------
    >>> from sigresample.nn import AdaptiveMaxPool3d
    >>> AdaptiveMaxPool3d(1)([[[[1, 3, 2, 4]]]])
    array([[[[4]]]])
    """

    rank: ClassVar[int] = 3


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Take the average of each window of signals, fitted to a size: `adaptive_avg_pool1d`, a layer.

    Examples
    --------
    >>> from sigresample.nn import AdaptiveAvgPool1d
    >>> AdaptiveAvgPool1d(1)([[1.0, 3, 2, 4]])
    array([[2.5]])
    """

    rank: ClassVar[int] = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Take the average of each window of images, fitted to a size: `adaptive_avg_pool2d`, a layer.

    Examples
    --------
    >>> from sigresample.nn import AdaptiveAvgPool2d
    >>> AdaptiveAvgPool2d((None, 2))([[[1.0, 3, 2, 4]]])
    array([[[2., 3.]]])
    """

    rank: ClassVar[int] = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Take the average of each window of volumes, fitted to a size: `adaptive_avg_pool3d`, a layer.

    Examples
    --------
    >>> from sigresample.nn import AdaptiveAvgPool3d
    >>> AdaptiveAvgPool3d(1)([[[[1.0, 3, 2, 4]]]])
    array([[[[2.5]]]])
    """

    rank: ClassVar[int] = 3


# ── drawn ──────────────────────────────────────────────────────────────────────────────────────


class FractionalMaxPool2d(_Layer):
    """Take the largest sample of each window at a drawn place: `fractional_max_pool2d`, a layer.

    Parameters
    ----------
    kernel_size, output_size, output_ratio, return_indices, _random_samples
        As in `fractional_max_pool2d`; just one of size and ratio.
    rng : Generator or seed, optional
        What the places of all calls are drawn with, one call after the other.

    Raises
    ------
    ValueError
        If both or neither of size and ratio are given, or a number is out of its range.
    TypeError
        If an argument is of the wrong type.

    See Also
    --------
    fractional_max_pool2d : The function.

    Examples
    --------
    >>> from sigresample.nn import FractionalMaxPool2d
    >>> FractionalMaxPool2d(2, output_size=1, rng=0)([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]])
    array([[[9]]])
    """

    rank: ClassVar[int] = 2
    shown = ("kernel_size", "output_size", "output_ratio")

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
        *,
        rng: Any = None,
    ) -> None:
        name = type(self).__name__
        if output_size is not None and output_ratio is not None:
            raise ValueError(_errors.FRACTIONAL_BOTH.format(name=name, size=output_size, ratio=output_ratio))
        if output_size is None and output_ratio is None:
            raise ValueError(_errors.FRACTIONAL_SIZE.format(name=name))
        self.kernel_size = _window_random.pair(name, "kernel_size", kernel_size, 1)
        self.output_size = None if output_size is None else _window_random.pair(name, "output_size", output_size, 0)
        self.output_ratio = None if output_ratio is None else _window_random.ratios(name, output_ratio)
        self.return_indices = self._flag("return_indices", return_indices)
        self._random_samples = _random_samples
        self.rng = _window_random.generator(name, rng)

    def __call__(self, input: Any, *, workers: int | None = None, out: Any = None) -> Any:
        """Take the maxima of an input."""
        return random_pooling.fractional_max_pool2d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples,
            rng=self.rng, workers=workers, out=out,
        )  # fmt: skip

    def output_shape(self, input_shape: Any) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        numbers = (self.kernel_size, self.output_size, self.output_ratio)
        return _window_random.fractional_plan("fractional_max_pool2d", self._like(input_shape), *numbers).out


class StochasticPool2d(_Layer):
    """Draw a sample from each window with a probability proportional to it: `stochastic_pool2d`, a layer.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, return_indices, deterministic
        As in `stochastic_pool2d`; `deterministic` may be set later.
    rng : Generator or seed, optional
        What the samples of all calls are drawn with, one call after the other.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If an argument holds what is no integer, or no bool.

    See Also
    --------
    stochastic_pool2d : The function.

    Examples
    --------
    >>> from sigresample.nn import StochasticPool2d
    >>> StochasticPool2d(2, rng=0)([[[0.0, 3], [0, 0]]])
    array([[[3.]]])
    """

    rank: ClassVar[int] = 2
    shown = ("kernel_size", "stride", "padding", "ceil_mode", "deterministic")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        return_indices: bool = False,
        *,
        deterministic: bool = False,
        rng: Any = None,
    ) -> None:
        self._windows(kernel_size, stride, padding)
        self.ceil_mode = self._flag("ceil_mode", ceil_mode)
        self.return_indices = self._flag("return_indices", return_indices)
        self.deterministic = self._flag("deterministic", deterministic)
        self.rng = _window_random.generator(type(self).__name__, rng)

    def __call__(self, input: Any, *, workers: int | None = None, out: Any = None) -> Any:
        """Draw from an input."""
        return random_pooling.stochastic_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.return_indices,
            deterministic=self.deterministic, rng=self.rng, workers=workers, out=out,
        )  # fmt: skip

    def output_shape(self, input_shape: Any) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        numbers = (self.kernel_size, self.stride, self.padding, 1, self.ceil_mode)
        return _window_call.maximum_plan("stochastic_pool2d", self._like(input_shape), *numbers).out


# ── inverses ───────────────────────────────────────────────────────────────────────────────────


class _MaxUnpool(_Layer):
    """The layers that put maxima back."""

    shown = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self._windows(kernel_size, stride, padding)

    def __call__(
        self,
        input: Any,
        indices: Any,
        output_size: Any = None,
        *,
        workers: int | None = None,
        out: Array | None = None,
    ) -> Array:
        """Put the samples of an input where their indices say."""
        numbers = (self.kernel_size, self.stride, self.padding, output_size)
        return _MAX_UNPOOL[self.rank](input, indices, *numbers, workers=workers, out=out)

    def output_shape(self, input_shape: Any, output_size: Any = None) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        like = self._like(input_shape)
        numbers = (self.kernel_size, self.stride, self.padding, output_size)
        indices = np.broadcast_to(np.zeros((), np.int64), like.shape)
        return _window_unpool.maximum_plan(f"max_unpool{self.rank}d", like, indices, *numbers).out


class MaxUnpool1d(_MaxUnpool):
    """Put the samples of signals back where they were: `max_unpool1d`, a layer. See `MaxUnpool2d`.

    Examples
    --------
    >>> from sigresample.nn import MaxUnpool1d
    >>> MaxUnpool1d(2)([[3, 4]], [[1, 3]])
    array([[0, 3, 0, 4]])
    """

    rank: ClassVar[int] = 1


class MaxUnpool2d(_MaxUnpool):
    """Put the samples of images back where they were: `max_unpool2d`, a layer.

    Parameters
    ----------
    kernel_size, stride, padding
        As in `max_unpool2d`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If an argument holds what is no integer.

    See Also
    --------
    max_unpool2d : The function.
    MaxPool2d : The layer of its inverse.

    Examples
    --------
    >>> from sigresample.nn import MaxPool2d, MaxUnpool2d
    >>> values, indices = MaxPool2d(2, return_indices=True)([[[1, 2, 3, 4], [8, 7, 6, 5]]])
    >>> MaxUnpool2d(2)(values, indices)
    array([[[0, 0, 0, 0],
            [8, 0, 6, 0]]])
    """

    rank: ClassVar[int] = 2


class MaxUnpool3d(_MaxUnpool):
    """Put the samples of volumes back where they were: `max_unpool3d`, a layer. See `MaxUnpool2d`.

    Examples
    --------
    >>> from sigresample.nn import MaxUnpool3d
    >>> MaxUnpool3d((1, 1, 2))([[[[3, 4]]]], [[[[1, 3]]]])
    array([[[[0, 3, 0, 4]]]])
    """

    rank: ClassVar[int] = 3


class AvgUnpool2d(_Layer):
    """Give the averages of images back to their windows: `avg_unpool2d`, a layer.

    Parameters
    ----------
    kernel_size, stride, padding
        As in `avg_unpool2d`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If an argument holds what is no integer.

    See Also
    --------
    avg_unpool2d : The function.
    AvgPool2d : The layer that takes averages.

    Examples
    --------
    >>> from sigresample.nn import AvgUnpool2d
    >>> AvgUnpool2d((1, 2))([[[1.0, 2]]])
    array([[[1., 1., 2., 2.]]])
    """

    rank: ClassVar[int] = 2
    shown = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self._windows(kernel_size, stride, padding)

    def __call__(
        self, input: Any, output_size: Any = None, *, workers: int | None = None, out: Array | None = None
    ) -> Array:
        """Give the averages of an input back."""
        numbers = (self.kernel_size, self.stride, self.padding, output_size)
        return unpooling.avg_unpool2d(input, *numbers, workers=workers, out=out)

    def output_shape(self, input_shape: Any, output_size: Any = None) -> Sizes:
        """Return the shape of the result for an input of this shape."""
        numbers = (self.kernel_size, self.stride, self.padding, output_size)
        return _window_unpool.average_plan("avg_unpool2d", self._like(input_shape), *numbers).out


# The functions, by the number of axes they go along.
_MAX = {1: pooling.max_pool1d, 2: pooling.max_pool2d, 3: pooling.max_pool3d}
_AVG: dict[int, Any] = {1: pooling.avg_pool1d, 2: pooling.avg_pool2d, 3: pooling.avg_pool3d}
_LP = {1: pooling.lp_pool1d, 2: pooling.lp_pool2d, 3: pooling.lp_pool3d}
_ADAPTIVE_MAX = {
    1: adaptive_pooling.adaptive_max_pool1d,
    2: adaptive_pooling.adaptive_max_pool2d,
    3: adaptive_pooling.adaptive_max_pool3d,
}
_ADAPTIVE_AVG = {
    1: adaptive_pooling.adaptive_avg_pool1d,
    2: adaptive_pooling.adaptive_avg_pool2d,
    3: adaptive_pooling.adaptive_avg_pool3d,
}
_MAX_UNPOOL = {1: unpooling.max_unpool1d, 2: unpooling.max_unpool2d, 3: unpooling.max_unpool3d}
