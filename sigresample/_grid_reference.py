"""Sampling at grids, affine grids, shuffled pixels, deformed kernels as their definitions: slow, obvious.

    grid_sample     y[n, c, i] = sum over samples s of  weight(position of pixel i - s) * x[n, c, s]
    affine_grid     y[n, i, k] = sum_j theta[n, k, j] * position_j(i), and theta[n, k, last]
    deform_conv2d   y[n, o, i] = bias[o] + sum_{c, p}  mask[n, p, i] * x[n, c, i*s + p*d - pad + offset[n, p, i]] * w

Positions are found in the type and the order in which the kernel finds them, which leaves no doubt about who is the
nearest; weights and sums in a wider one.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]


class Tap(NamedTuple):
    """One sample along an axis, for every pixel: where, whether it exists, its weight."""

    at: Array
    present: Array
    weight: Array


class Sum(NamedTuple):
    """A sum; the sum of its terms' absolute values; and that of its samples, unweighted."""

    value: Array
    scale: Array
    samples: Array


def wider(real: Any) -> Any:
    """Return a precision in which rounding does not show."""
    return np.float64 if np.dtype(real) == np.float32 else np.longdouble


def positions(grid: Array, n: int, align: bool) -> Array:
    """Return where a grid from -1 to 1 lies on n samples, in its own type."""
    real = grid.dtype.type
    t: Array = (grid + real(1)) * real((n - 1 if align else n) / 2)
    return t if align else np.asarray(t - real(0.5))


def inside(t: Array, n: int, padding: str, align: bool) -> Array:
    """Return positions brought back into the image, those that are none to its first sample."""
    real = t.dtype.type
    if padding == "reflection":
        low, period = real(0 if align else -0.5), real(2 * (n - 1 if align else n))
        t = np.abs(t - low)
        past = t - np.trunc(t / period) * period
        t = np.minimum(past, period - past) + low
    return np.clip(np.where(np.isnan(t), 0, t), 0, n - 1)


def _stands(i: Array, n: int, padding: str, align: bool) -> Array:
    """Return the sample that stands at a whole number outside."""
    if padding == "reflection":
        period = 2 * (n - 1 if align else n)
        i = np.mod(i, period) if period else np.zeros_like(i)
        i = np.where(i < n, i, period - i if align else period - 1 - i)
    return np.clip(i, 0, n - 1)


def _near(at: Array, n: int, align: bool) -> Array:
    """Return whole positions, those so far outside that there are no others as the sample that stands there."""
    period = at.dtype.type(2 * (n - 1 if align else n))
    past = at - np.floor(at / period) * period
    stands = np.where(past < n, past, period - past if align else period - 1 - past)
    stands = np.clip(np.where(np.isnan(stands), 0, stands), 0, n - 1)
    return np.where(np.abs(at) < (2**23 if at.dtype == np.float32 else 2**52), at, stands)


def _tap(i: Array, weight: Array, n: int) -> Tap:
    present = (i >= 0) & (i < n)
    return Tap(np.where(present, i, 0).astype(np.intp), present, weight)


def taps(t: Array, n: int, mode: str, padding: str, align: bool) -> list[Tap]:
    """Return the samples along an axis that pixels at positions t (before padding) read."""
    wide = wider(t.dtype)
    if mode != "bicubic" and padding != "zeros":
        t = inside(t, n, padding, align)
    if mode == "nearest":
        return [_tap(np.rint(t), np.ones(t.shape, wide), n)]
    at = np.floor(t)
    share = t - at
    rest = 1 - share
    weights = [w.astype(wide) for w in (rest, share)]
    if mode == "bilinear":
        return [_tap(at, weights[0], n), _tap(at + 1, weights[1], n)]
    if padding == "reflection":
        at = _near(at, n, align)
    made = []
    for k, weight in enumerate(keys(*weights), start=-1):
        i = at + k
        if padding != "zeros":
            i = _stands(np.where(np.isfinite(i), i, 0), n, padding, align)
        made.append(_tap(i, weight, n))
    return made


def keys(g: Array, f: Array) -> tuple[Array, Array, Array, Array]:
    """Return Keys' cubic kernel, a = -0.75, at the distances 1 + f, f, g and 1 + g, where g = 1 - f."""
    a = -0.75

    def near(rest: Array) -> Array:
        return rest * (rest * (2 * a + 3 - (a + 2) * rest) - a)

    return a * f * g * g, near(g), near(f), a * g * f * f


def weighed(x: Array, along: list[list[Tap]]) -> Sum:
    """Sum samples of one plane x under the taps along its axes, first axis first."""
    wide = along[0][0].weight.dtype
    value, scale, samples = (np.zeros(along[0][0].at.shape, wide) for _ in range(3))
    for each in product(*along):
        weight = np.prod([tap.weight for tap in each], axis=0)
        present = np.logical_and.reduce([tap.present for tap in each])
        sample = np.where(present, x[tuple(tap.at for tap in each)], 0).astype(wide)
        # An exact zero is no weight; no number is one that spoils.
        value += np.where(weight == 0, 0, weight * sample)
        scale += np.where(weight == 0, 0, np.abs(weight * sample))
        samples += np.where(weight == 0, 0, np.abs(sample))
    return Sum(value, scale, samples)


@np.errstate(all="ignore")
def grid_sample(x: Array, grid: Array, mode: str, padding: str, align: bool, real: Any) -> Sum:
    """Sample images (N, C, ...) of real numbers at a grid (N, ..., axes)."""
    grid, axes = grid.astype(real), x.ndim - 2
    shape = (*x.shape[:2], *grid.shape[1:-1])
    made = Sum(*(np.zeros(shape, wider(real)) for _ in range(3)))
    for n in range(len(x)):
        along = [
            taps(positions(grid[n, ..., axes - 1 - axis], size, align), size, mode, padding, align)
            for axis, size in enumerate(x.shape[2:])
        ]
        for c in range(x.shape[1]):
            for to, of in zip(made, weighed(x[n, c], along), strict=True):
                to[n, c] = of
    return made


@np.errstate(all="ignore")
def nearest(x: Array, grid: Array, padding: str, align: bool, real: Any) -> Array:
    """Copy the nearest samples, of any type; zeros outside."""
    grid, axes = grid.astype(real), x.ndim - 2
    y = np.zeros((*x.shape[:2], *grid.shape[1:-1]), x.dtype.newbyteorder("="))
    for n in range(len(x)):
        along = [
            taps(positions(grid[n, ..., axes - 1 - axis], size, align), size, "nearest", padding, align)[0]
            for axis, size in enumerate(x.shape[2:])
        ]
        present = np.logical_and.reduce([tap.present for tap in along])
        y[n] = np.where(present, x[n][(slice(None), *(tap.at for tap in along))], y.dtype.type(0))
    return y


def base(n: int, align: bool, real: Any) -> Array:
    """Return where n pixels lie between -1 and 1: their middles, or `align`ed the outermost of these at the ends."""
    i = np.arange(n)
    wide = wider(real)
    over, under = (2 * i - (n - 1), max(n - 1, 1)) if align else (2 * i + 1 - n, n)
    return np.asarray((over.astype(wide) / wide(under)).astype(real))


def affine_grid(theta: Array, sizes: Sizes, align: bool, real: Any) -> Sum:
    """Return positions of the pixels of (N, *sizes) after affine maps, the last axis first."""
    wide = wider(real)
    axes = len(sizes)
    theta = theta.astype(real).astype(wide)
    places = np.meshgrid(*(base(n, align, real).astype(wide) for n in sizes), indexing="ij")
    terms = np.stack([*places[::-1], np.ones(sizes, wide)], axis=-1)
    value = np.einsum("...j,nkj->n...k", terms, theta)
    scale = np.einsum("...j,nkj->n...k", np.abs(terms), np.abs(theta))
    assert value.shape == (len(theta), *sizes, axes)
    return Sum(value, scale, scale)


def shuffle(x: Array, factor: int, back: bool) -> Array:
    """Bring r·r channels into r times as many rows and columns, or back, pixel by pixel."""
    *batch, channels, height, width = x.shape
    r, square = factor, factor * factor
    if back:
        y = np.empty((*batch, channels * square, height // r, width // r), x.dtype)
        for c, i, j in product(range(channels), range(r), range(r)):
            y[..., c * square + i * r + j, :, :] = x[..., c, i::r, j::r]
        return y
    y = np.empty((*batch, channels // square, height * r, width * r), x.dtype)
    for c, i, j in product(range(channels // square), range(r), range(r)):
        y[..., c, i::r, j::r] = x[..., c * square + i * r + j, :, :]
    return y


@np.errstate(all="ignore")
def deform_conv2d(
    x: Array, offset: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes,
    mask: Array | None, real: Any,
) -> Sum:  # fmt: skip
    """Sum samples at the displaced taps, channel by channel and tap by tap; zeros outside, however far."""
    (items, channels, *sizes), (outputs, inputs, rows, cols) = x.shape, w.shape
    wide, groups, many = wider(real), channels // inputs, rows * cols
    shifts = offset.shape[1] // (2 * many)
    of = offset.astype(real).reshape(items, shifts, many, 2, *offset.shape[2:])
    by = None if mask is None else mask.astype(real).reshape(items, shifts, many, *mask.shape[2:])
    x, w = x.astype(real), w.astype(real).astype(wide)
    made = Sum(*(np.zeros((items, outputs, *offset.shape[2:]), wide) for _ in range(3)))
    grid = np.meshgrid(*map(np.arange, offset.shape[2:]), indexing="ij")
    for n, c, p, q in product(range(items), range(channels), range(rows), range(cols)):
        shift = of[n, c * shifts // channels, p * cols + q]
        along = []
        for axis, tap in enumerate((p, q)):
            start = (grid[axis] * stride[axis] - padding[axis] + tap * dilation[axis]).astype(real)
            t = np.clip(start + shift[axis], -2, sizes[axis] + 1)
            along.append(taps(t, sizes[axis], "bilinear", "zeros", False))
        one = weighed(x[n, c], along)
        times = np.ones((), wide) if by is None else by[n, c * shifts // channels, p * cols + q].astype(wide)
        g = c // inputs
        for o in range(g * outputs // groups, (g + 1) * outputs // groups):
            factor = w[o, c % inputs, p, q]
            made.value[n, o] += factor * times * one.value
            made.scale[n, o] += np.abs(factor * times) * one.scale
    if bias is not None:
        column = bias.astype(real).astype(wide).reshape(-1, 1, 1)
        made = made._replace(value=made.value + column, scale=made.scale + np.abs(column))
    return made
