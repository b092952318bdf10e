"""More samples, or fewer, by whole factors; and PyTorch's layer `Upsample`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _resize_call, _resize_check, _resize_plans, _resize_shapes
from .._coerce import array
from .._face import face
from ..checking import Definition
from ..explaining import Explanation
from .resize import interpolate

Array = np.ndarray[Any, Any]


def _plan_up(
    input: Any,
    factor: Any,
    mode: str = "nearest",
    *,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    plan = _resize_call.enlargement(array("upsample", "input", input), factor, mode, channels_last)
    return _resize_call.explain(plan, workers)


def _define_up(
    input: Any,
    factor: Any,
    mode: str = "nearest",
    *,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Definition:
    x = array("upsample", "input", input)
    return _resize_check.define(_resize_call.enlargement(x, factor, mode, channels_last), x)


@face(plan=_plan_up, definition=_define_up)
def upsample(
    input: Any,
    factor: Any,
    mode: str = "nearest",
    *,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Make signals, images or volumes so many times as long along each axis.

    ``y[..., i] = input[..., i // factor]``, or the value at ``(i + 1/2) / factor - 1/2`` between samples.

    Parameters
    ----------
    input : array_like of shape (N, C, L), (N, C, H, W) or (N, C, D, H, W)
        As of `interpolate`.
    factor : int or tuple of int
        Outputs for each sample: one number for all axes, or one for each.
    mode : {'nearest', 'linear', 'cubic'}
        Each sample repeated; straight lines, or Keys' cubics (-0.75), along every axis.
    channels_last, workers, out
        As of `interpolate`.

    Returns
    -------
    ndarray
        The result, of the dtype of `input`; integers are rounded as in `interpolate`.

    Raises
    ------
    ValueError, TypeError
        As of `interpolate`.

    See Also
    --------
    interpolate : To any size. The same where it has the mode, but for PyTorch's roundings of its nearest samples.
    downsample : Fewer samples.
    sigresample.upfirdn : Zeros between samples, then a filter.

    Notes
    -----
    The centre of an image stays where it is: 'nearest' is ``numpy.kron(input, ones(factor))``.

    Examples
    --------
    >>> from sigresample.nn import upsample
    >>> upsample([[[1, 2]]], 3)
    array([[[1, 1, 1, 2, 2, 2]]])
    >>> upsample([[[0.0, 4.0]]], 2, "linear")
    array([[[0., 1., 3., 4.]]])
    """
    x = array("upsample", "input", input)
    return _resize_call.run(_resize_call.enlargement(x, factor, mode, channels_last), x, workers, out)


def _plan_down(
    input: Any,
    factor: Any,
    antialias: Any = None,
    *,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    plan = _resize_call.reduction(array("downsample", "input", input), factor, antialias, channels_last)
    return _resize_call.explain(plan, workers)


def _define_down(
    input: Any,
    factor: Any,
    antialias: Any = None,
    *,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Definition:
    x = array("downsample", "input", input)
    return _resize_check.define(_resize_call.reduction(x, factor, antialias, channels_last), x)


@face(plan=_plan_down, definition=_define_down)
def downsample(
    input: Any,
    factor: Any,
    antialias: Any = None,
    *,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Keep every factor-th sample of signals, images or volumes, filtered before if asked for.

    ``y[..., i] = sum_k taps[k] * input[..., i * factor + k - (len(taps) - 1) // 2]``

    Parameters
    ----------
    input : array_like of shape (N, C, L), (N, C, H, W) or (N, C, D, H, W)
        As of `interpolate`.
    factor : int or tuple of int
        One number for all axes, or one for each; one larger than the axis counts as its length.
    antialias : {None, 'linear', 'cubic'} or array_like, optional
        The filter along each axis: none; the triangle of ``2 * factor - 1`` taps, which for 2 is ``[1, 2, 1] / 4``;
        Keys' cubic (-0.5) of ``4 * factor - 1``; or taps of one's own, which are taken as they are.
    channels_last, workers, out
        As of `interpolate`.

    Returns
    -------
    ndarray
        The result, of the dtype of `input`, ``ceil(n / factor)`` samples along each axis; integers are rounded as in
        `interpolate`.

    Raises
    ------
    ValueError, TypeError
        As of `interpolate`.

    See Also
    --------
    interpolate : To any size; with ``antialias=True`` it filters too, but keeps the centre, not the first sample.
    upsample : More samples.
    sigresample.decimate, sigresample.resample_poly : Of signals, by longer filters.

    Notes
    -----
    Samples outside are the outermost one. The first sample of the result lies at the first of `input`, where that of
    `interpolate` and of pooling lies in the middle of its ``factor`` samples.

    Examples
    --------
    >>> from sigresample.nn import downsample
    >>> downsample([[[0.0, 8, 0, 8, 0, 8]]], 2)
    array([[[0., 0., 0.]]])
    >>> downsample([[[0.0, 8, 0, 8, 0, 8]]], 2, "linear")
    array([[[2., 4., 4.]]])
    """
    x = array("downsample", "input", input)
    return _resize_call.run(_resize_call.reduction(x, factor, antialias, channels_last), x, workers, out)


class Upsample:
    """Resize by `interpolate`, with arguments that are kept.

    Parameters
    ----------
    size, scale_factor, mode, align_corners, recompute_scale_factor, antialias, cubic_a, channels_last
        As of `interpolate`.

    See Also
    --------
    interpolate : The function.

    Notes
    -----
    As `torch.nn.Upsample`, which has no antialias. There are no weights. Of arguments that are as usual, `repr` says
    nothing.

    Examples
    --------
    >>> from sigresample.nn import Upsample
    >>> Upsample(scale_factor=2)([[[1.0, 2.0]]])
    array([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
        *,
        antialias: bool = False,
        cubic_a: float | None = None,
        channels_last: bool = False,
    ) -> None:
        name = type(self).__name__
        self.size = None if size is None else _resize_shapes.integers(name, "size", size)
        self.scale_factor = None if scale_factor is None else _resize_shapes.reals(name, scale_factor)
        _resize_plans.refuse_mode(
            name, mode, align_corners, self.size, self.scale_factor, recompute_scale_factor, antialias, cubic_a
        )
        self.mode, self.align_corners, self.recompute_scale_factor = mode, align_corners, recompute_scale_factor
        self.antialias, self.cubic_a, self.channels_last = antialias, cubic_a, channels_last

    def __call__(self, input: Any, *, workers: int | None = None, out: Array | None = None) -> Array:
        """Resize an input of shape (N, C, ...)."""
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor,
            self.antialias, cubic_a=self.cubic_a, channels_last=self.channels_last, workers=workers, out=out,
        )  # fmt: skip

    def output_shape(self, input_shape: Any) -> tuple[int, ...]:
        """Return the shape that an input of this shape is resized to."""
        name = f"{type(self).__name__}.output_shape"
        shape = _resize_shapes.integers(name, "input_shape", input_shape)
        shape = shape if isinstance(shape, tuple) else (shape,)
        first, rank = _resize_shapes.spatial(name, shape, self.channels_last)
        axes = _resize_shapes.lengths(name, shape[first : first + rank], self.size, self.scale_factor, False)
        return (*shape[:first], *(axis.out for axis in axes), *shape[first + rank :])

    def __repr__(self) -> str:
        by = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        usual: dict[str, Any] = {"align_corners": None, "recompute_scale_factor": None}
        usual |= {"antialias": False, "cubic_a": None, "channels_last": False}
        given = {name: getattr(self, name) for name in usual}
        more = "".join(f", {name}={value}" for name, value in given.items() if value != usual[name])
        return f"{type(self).__name__}({by}, mode={self.mode!r}{more})"
