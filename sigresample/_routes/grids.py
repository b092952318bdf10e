"""Sampling at grids, affine grids and shuffled pixels: one kernel call each, on arrays as the kernel takes them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import _kernels

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


def sample(x: Array, grid: Array, y: Array, mode: int, padding: int, align: bool, workers: int) -> None:
    """Fill y (N, C, pixels...) with images x (N, C, ...) at a grid (N, pixels..., axes), all C-contiguous.

    `mode` counts the samples read along an axis, x, grid and y being of one type; with 0 the nearest is copied, and x
    and y are of any.
    """
    items, channels = x.shape[:2]
    sizes = x.shape[:1:-1]
    pixels = prod(y.shape[2:])
    places, results = grid.reshape(items, pixels, len(sizes)), y.reshape(items, channels, pixels)
    _kernels.grid.sample(roomy(x, mode), places, results, sizes, mode, padding, align, workers)


def roomy(x: Array, least: int) -> Array:
    """Return images that have at least so many samples along each axis: smaller ones between zeros behind them.

    The kernel reads whole squares of samples; what of one lies outside has no weight.
    """
    axes = range(2, x.ndim)
    if min(x.shape[2:]) >= least:
        return x
    made = np.zeros((*x.shape[:2], *(max(x.shape[axis], least) for axis in axes)), x.dtype)
    within: Any = (..., *(slice(x.shape[axis]) for axis in axes))
    made[within] = x
    return made


def affine(theta: Array, y: Array, align: bool, workers: int) -> None:
    """Fill y (N, ..., axes) with the pixels' positions after the maps theta (N, axes, axes + 1)."""
    _kernels.grid.affine(theta, y, y.shape[-2:0:-1], align, workers)


def shuffle(x: Array, y: Array, factor: int, back: bool, workers: int) -> None:
    """Bring channels into pixels, or `back`; x and y are C-contiguous and of one type."""
    channels, height, width = (y if back else x).shape[-3:]
    blocks = prod(x.shape[:-3]) * (channels // factor**2)
    _kernels.grid.shuffle(x, y, blocks, factor, height, width, back, workers)


def columns(
    x: Array,
    offset: Array,
    mask: Array | None,
    y: Array,
    sizes: Pair,
    kernel: Pair,
    starts: Pair,
    steps: Pair,
    dilation: Pair,
    first: int,
    workers: int,
) -> None:
    """Fill the columns y (C · taps, n) of pixels first ... first + n - 1 of a deformed kernel on an image x (C, H, W).

    `sizes` are the image's own where `roomy` has made it larger. `offset` is (groups, taps, 2, rows, cols), `mask`
    (groups, taps, rows, cols). Tap p of row i lies at starts + i · steps + p · dilation, before its offset.
    """
    height, width = sizes
    _kernels.grid.columns(
        x, offset, mask, y, (width, height), kernel, starts, steps, dilation, len(offset), first, workers
    )
