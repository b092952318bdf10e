"""Resize images, signals and volumes: PyTorch's `interpolate`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _resize_call, _resize_check
from .._coerce import array
from .._face import face
from ..checking import Definition
from ..explaining import Explanation

Array = np.ndarray[Any, Any]


def _plan(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
    *,
    cubic_a: float | None = None,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Explanation:
    x = array("interpolate", "input", input)
    plan = _resize_call.interpolation(
        x, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias, cubic_a, channels_last
    )
    return _resize_call.explain(plan, workers)


def _definition(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
    *,
    cubic_a: float | None = None,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Definition:
    x = array("interpolate", "input", input)
    plan = _resize_call.interpolation(
        x, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias, cubic_a, channels_last
    )
    return _resize_check.define(plan, x)


@face(plan=_plan, definition=_definition)
def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
    *,
    cubic_a: float | None = None,
    channels_last: bool = False,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Resize signals, images or volumes to a size, or by a factor.

    ``y[..., i, j] = sum_{r, s} u_i[r] * w_j[s] * input[..., r, s]``

    with the weights of the mode at ``(i + 1/2) * step - 1/2``, where step is ``data / out`` or ``1 / scale_factor``.
    Samples outside are the outermost one.

    Parameters
    ----------
    input : array_like of shape (N, C, L), (N, C, H, W) or (N, C, D, H, W)
        Numbers of any type up to double precision; booleans too.
    size : int or tuple of int, optional
        Samples of the result along each axis but the first two: one for all, or one for each.
    scale_factor : float or tuple of float, optional
        Instead of a size: ``floor(n * scale_factor)``.
    mode : {'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'}
        'nearest' copies the sample at ``i * step``, 'nearest-exact' that below the middle of the output: for any number
        of axes. 'linear', 'bilinear' and 'trilinear' are straight lines along 1, 2 and 3 axes, 'bicubic' Keys' cubics
        along 2. 'area' is the mean of all samples that an output touches, as of adaptive pooling.
    align_corners : bool, optional
        Whether the outermost samples of both grids lie on each other, at ``i * (data - 1) / (out - 1)``. Must be None
        with 'nearest', 'nearest-exact' and 'area'.
    recompute_scale_factor : bool, optional
        Whether the step is that of the sizes even where a factor was given.
    antialias : bool
        With 'bilinear' and 'bicubic': make the kernel as wide as the step, where that is more than a sample, so that
        none is skipped. With `align_corners`, the step alone is that of corners, as PyTorch has it.
    cubic_a : float, optional
        Keys' parameter of 'bicubic': -0.75 if None, and -0.5 with `antialias`.
    channels_last : bool
        Whether `input` is an image (H, W, C), or images (N, H, W, C): they are not copied into another order.
    workers : int, optional
        Threads; all that may be used if None.
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray
        The result, of the dtype of `input`. Integers and booleans are the weighted value itself, rounded once, half to
        even, and saturated.

    Raises
    ------
    ValueError
        If not exactly one of `size` and `scale_factor` is given, they are not positive or leave no output, the mode
        does not fit the number of axes or the other arguments, or `input` is empty but for its batch.
    TypeError
        If an argument is of no type that it takes.

    See Also
    --------
    upsample, downsample : By whole factors.
    Upsample : The same as a layer.

    Notes
    -----
    Equal to `torch.nn.functional.interpolate`: reals within rounding, and the samples that 'nearest' copies, which
    depend on single or double precision and on whether height and width of the result exceed 128 together. Different
    on purpose: a NaN or an infinity under a weight of zero does not spread, and integers are not up to 27 levels off.
    The page "Resizing" says which call of OpenCV, scikit-image, Pillow and SciPy equals which of these.

    Weights are computed from integers where that is possible and kept for later calls, up to 32 MiB. Two passes, one
    along the rows and one across them, cost a multiply-add for each weight. Integers of 32 and 64 bits are computed by
    NumPy, which is much slower.

    References
    ----------
    .. [1] R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on Acoustics,
       Speech, and Signal Processing 29(6), 1981.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import interpolate
    >>> x = np.array([[[0.0, 4.0]]])
    >>> interpolate(x, scale_factor=2)
    array([[[0., 0., 4., 4.]]])
    >>> interpolate(x, 4, mode="linear")
    array([[[0., 1., 3., 4.]]])
    >>> interpolate(x, 3, mode="linear", align_corners=True)
    array([[[0., 2., 4.]]])
    """
    x = input if type(input) is np.ndarray else array("interpolate", "input", input)
    plan = _resize_call.interpolation(
        x, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias, cubic_a, channels_last
    )
    return _resize_call.run(plan, x, workers, out)
