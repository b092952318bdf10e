"""Images sampled at any positions, and grids of such positions: PyTorch's `grid_sample` and `affine_grid`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _grid_call
from .._face import face

Array = np.ndarray[Any, Any]


def _asked_sample(ask: Any) -> Any:
    """Return what takes the arguments of grid_sample and asks something else of them."""

    def asked(
        input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None,
        *, workers: int | None = None, out: Array | None = None,
    ) -> Any:  # fmt: skip
        return ask(input, grid, mode, padding_mode, align_corners, workers, out)

    return asked


def _asked_affine(ask: Any) -> Any:
    """Return what takes the arguments of affine_grid and asks something else of them."""

    def asked(
        theta: Any, size: Sequence[int], align_corners: bool | None = None, *, workers: int | None = None,
        out: Array | None = None,
    ) -> Any:  # fmt: skip
        return ask(theta, size, align_corners, workers, out)

    return asked


@face(plan=_asked_sample(_grid_call.explain_sample), definition=_asked_sample(_grid_call.define_sample))
def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Sample images at given positions.

    ``y[n, c, i, j]`` is image ``input[n, c]`` at column ``grid[n, i, j, 0]`` and row ``grid[n, i, j, 1]``, both from -1
    to 1 over the image.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (N, C, D, H, W)
        The images, or volumes. N and C may be 0, no other axis.
    grid : array_like of shape (N, H_out, W_out, 2) or (N, D_out, H_out, W_out, 3)
        Positions, the last axis of the image first: (column, row) or (column, row, slice).
    mode : {'bilinear', 'nearest', 'bicubic'}
        Read the two samples around a position along each axis (of volumes too: trilinear), copy the nearest one, of two
        the even one, or read four along each axis of an image, by Keys' cubic with a = -0.75.
    padding_mode : {'zeros', 'border', 'reflection'}
        What stands outside of an image: zeros, its outermost samples, or its mirror images.
    align_corners : bool, optional
        -1 and 1 are the middles of the outermost samples if True, else (the default) their outer edges.
    workers : int, optional
        Threads; None for as many as pay, at most all that this process may use.
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (N, C, D_out, H_out, W_out)
        With 'nearest' of the dtype of `input`, any; else of the type that NumPy gives to `input` and `grid` together,
        double precision where that is an integer. float16 is computed in float32.

    Raises
    ------
    ValueError
        If the shapes do not fit, an axis of an image is empty, or a word is unknown.
    TypeError
        If `input` holds no numbers, `grid` no real ones, or `align_corners` is no bool.

    See Also
    --------
    affine_grid : The grid of an affine map: turned, scaled, shifted images.

    Notes
    -----
    As `torch.nn.functional.grid_sample`, whose signature this is, for images of any type. A sample whose weight is 0
    does not show even if it is a NaN; in PyTorch it does. A position that is no finite number gives NaN with 'bicubic'
    and with zeros outside, and else lies at the first sample, or at the end that an infinity points to; PyTorch does so
    in images, and otherwise in volumes.

    A position takes the time of a few samples, and then every channel 1 ns or so (single precision, bilinear).

    References
    ----------
    .. [1] M. Jaderberg et al., "Spatial Transformer Networks", 2015.

    Examples
    --------
    >>> from sigresample.nn import grid_sample
    >>> image = [[[[1.0, 2.0], [3.0, 4.0]]]]
    >>> grid_sample(image, [[[[0.0, 0.0], [-0.5, 0.5], [0.0, -0.5]]]])
    array([[[[2.5, 3. , 1.5]]]])
    >>> grid_sample(image, [[[[-1.0, -1.0]]]]), grid_sample(image, [[[[-1.0, -1.0]]]], padding_mode="border")
    (array([[[[0.25]]]]), array([[[[1.]]]]))
    """
    return _grid_call.sample(input, grid, mode, padding_mode, align_corners, workers, out)


@face(plan=_asked_affine(_grid_call.explain_affine), definition=_asked_affine(_grid_call.define_affine))
def affine_grid(
    theta: Any,
    size: Sequence[int],
    align_corners: bool | None = None,
    *,
    workers: int | None = None,
    out: Array | None = None,
) -> Array:
    """Make the grid by which `grid_sample` maps images affinely.

    ``y[n, i, j, k] = theta[n, k, 0] * column[j] + theta[n, k, 1] * row[i] + theta[n, k, 2]``, columns and rows of the
    pixels running from -1 to 1.

    Parameters
    ----------
    theta : array_like of shape (N, 2, 3) or (N, 3, 4)
        An affine map for each image or volume: from where in the result to where in the input.
    size : sequence of int
        Shape of the result of `grid_sample`: (N, C, H, W) or (N, C, D, H, W).
    align_corners : bool, optional
        As `grid_sample` will be given.
    workers, out
        As in `grid_sample`.

    Returns
    -------
    ndarray of shape (N, H, W, 2) or (N, D, H, W, 3)
        The positions, of the dtype of `theta`, double precision if that is an integer.

    Raises
    ------
    ValueError
        If the shape of `theta` does not belong to `size`, or a size is not positive.
    TypeError
        If `size` holds what is no integer, or `theta` no real numbers.

    See Also
    --------
    grid_sample : Samples images at a grid.

    Notes
    -----
    As `torch.nn.functional.affine_grid`, for maps of integers too. An axis of one pixel lies at 0.

    Examples
    --------
    >>> from sigresample.nn import affine_grid, grid_sample
    >>> image = [[[[1, 2], [3, 4]]]]
    >>> turned = affine_grid([[[0, 1, 0], [-1, 0, 0]]], (1, 1, 2, 2))  # a quarter
    >>> turned[0, 0]
    array([[-0.5,  0.5],
           [-0.5, -0.5]])
    >>> grid_sample(image, turned, mode="nearest")
    array([[[[3, 1],
             [4, 2]]]])
    """
    return _grid_call.affine(theta, size, align_corners, workers, out)
