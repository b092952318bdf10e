"""What shapes and types decide about sampling at grids and shuffling pixels: integers and types, no arrays."""

from __future__ import annotations

import operator
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _errors
from ._coerce import MOST_BYTES, NUMBERS

Dtype = np.dtype[Any]
Sizes = tuple[int, ...]

# The kernel's numbers: samples read along an axis (0: one, which is copied); what stands outside.
MODES = {"nearest": 0, "bilinear": 2, "bicubic": 4}
PADDINGS = {"zeros": 0, "border": 1, "reflection": 2}
LONGEST = 2**31

# Multiply-adds that take as long as a pixel's plan, and as one channel of it: by the number of samples it reads.
PLANNED, SAMPLED = 60, {1: 20, 4: 40, 8: 100, 16: 80}


class Sampling(NamedTuple):
    """A call of grid_sample."""

    out: Sizes
    dtype: Dtype  # of the result
    real: Dtype  # of positions and, unless samples are copied, of sums
    mode: int
    padding: int
    samples: int  # that a pixel reads
    ops: int


@lru_cache(maxsize=1024)
def sampling(name: str, x: Sizes, grid: Sizes, types: tuple[Dtype, Dtype], mode: Any, padding: Any) -> Sampling:
    """Return the plan of a call of grid_sample."""
    if not isinstance(mode, str) or mode not in MODES:
        raise ValueError(_errors.GRID_MODE.format(name=name, got=mode))
    if not isinstance(padding, str) or padding not in PADDINGS:
        raise ValueError(_errors.GRID_PADDING.format(name=name, got=padding))
    axes = len(x) - 2
    if axes not in (2, 3):
        raise ValueError(_errors.GRID_RANK.format(name=name, got=x))
    if mode == "bicubic" and axes != 2:
        raise ValueError(_errors.GRID_CUBIC.format(name=name, got=x))
    if not all(x[2:]):
        raise ValueError(_errors.GRID_EMPTY.format(name=name, got=x))
    if len(grid) != len(x) or (grid[0], grid[-1]) != (x[0], axes):
        outs = ("D_out, " if axes == 3 else "") + "H_out, W_out"
        raise ValueError(_errors.GRID_SHAPE.format(name=name, want=f"({x[0]}, {outs}, {axes})", x=x, got=grid))
    if max(x[2:]) >= LONGEST:
        raise ValueError(_errors.GRID_LONG.format(name=name, argument="input", got=x))
    dtype, real = _types(name, *types, copied=mode == "nearest")
    out = (*x[:2], *grid[1:-1])
    if prod(out) * dtype.itemsize > MOST_BYTES:
        raise ValueError(_errors.CHANNEL_LARGE.format(name=name, got=out))
    samples = max(MODES[mode], 1) ** axes
    pixels = prod(grid[:-1])
    ops = pixels * (PLANNED * axes + x[1] * SAMPLED[samples] * (2 if dtype.kind == "c" else 1))
    return Sampling(out, dtype, real, MODES[mode], PADDINGS[padding], samples, ops)


_cache.forgets(sampling.cache_clear)


def _types(name: str, x: Dtype, grid: Dtype, copied: bool) -> tuple[Dtype, Dtype]:
    """Return the type of the result, and that of positions and sums."""
    numbers_only(name, x)
    real_only(name, "grid", grid)
    if copied:
        return x.newbyteorder("="), computed(grid)
    of = np.result_type(np.empty(0, x).real.dtype, grid)
    of = of if of.kind == "f" else np.dtype(float)
    real = computed(of)
    return (np.result_type(real, np.complex64) if x.kind == "c" else of), real


def numbers_only(name: str, dtype: Dtype) -> None:
    """Refuse an input of a type that the kernels do not take."""
    if dtype.char not in NUMBERS:
        what = "booleans, integers, half to double precision"
        raise TypeError(_errors.GRID_TYPE.format(name=name, argument="input", what=what, got=dtype))


def real_only(name: str, argument: str, dtype: Dtype) -> None:
    """Refuse what holds no real numbers of up to double precision."""
    if dtype.kind == "c" or dtype.char not in NUMBERS:
        raise TypeError(_errors.GRID_TYPE.format(name=name, argument=argument, what="real numbers", got=dtype))


def computed(dtype: Dtype) -> Dtype:
    """Return the floating type in which numbers of a type are computed."""
    return np.dtype(np.float32 if dtype.char in "ef" else np.float64)


def aligned(name: str, align_corners: Any) -> bool:
    """Return align_corners, None counting as False."""
    if align_corners is None:
        return False
    if not isinstance(align_corners, bool | np.bool_):
        raise TypeError(_errors.GRID_ALIGN.format(name=name, got=align_corners))
    return bool(align_corners)


def mapped(theta: Sizes, size: Any) -> Sizes:
    """Return the shape of an affine grid, (N, ..., axes)."""
    try:
        if any(isinstance(n, bool | np.bool_) for n in size):
            raise TypeError
        sizes = tuple(map(operator.index, size))
    except TypeError:
        raise TypeError(_errors.AFFINE_SIZE.format(got=size)) from None
    axes = len(sizes) - 2
    if axes not in (2, 3) or min(sizes) < 1:
        raise ValueError(_errors.AFFINE_SIZE.format(got=sizes))
    want = (sizes[0], axes, axes + 1)
    if theta != want:
        raise ValueError(_errors.AFFINE_THETA.format(want=want, size=sizes, got=theta))
    if prod(sizes[2:]) * sizes[0] * axes * 8 > MOST_BYTES or max(sizes) >= LONGEST:
        raise ValueError(_errors.CHANNEL_LARGE.format(name="affine_grid", got=(sizes[0], *sizes[2:], axes)))
    return (sizes[0], *sizes[2:], axes)


def shuffled(name: str, argument: str, x: Sizes, factor: int, back: bool) -> Sizes:
    """Return the shape of images whose channels have become pixels, or the other way."""
    if len(x) < 3:
        raise ValueError(_errors.SHUFFLE_RANK.format(name=name, got=x))
    *batch, channels, height, width = x
    square = factor * factor
    if back:
        if height % factor or width % factor:
            raise ValueError(_errors.SHUFFLE_SIDES.format(name=name, argument=argument, factor=factor, got=x))
        out = (*batch, channels * square, height // factor, width // factor)
    else:
        if channels % square:
            raise ValueError(_errors.SHUFFLE_CHANNELS.format(name=name, argument=argument, square=square, got=x))
        out = (*batch, channels // square, height * factor, width * factor)
    if prod(n for n in out if n) > MOST_BYTES:
        raise ValueError(_errors.CHANNEL_LARGE.format(name=name, got=out))
    return out
