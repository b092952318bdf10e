"""Calls of grid_sample, affine_grid, pixel_shuffle and pixel_unshuffle: run, explained, and by their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _bounds, _channel_shapes, _errors, _grid_plans, _grid_reference, _kernels, _threads
from ._coerce import array, contiguous, output, plain
from ._grid_plans import MODES, Sampling, aligned
from ._routes import grids
from .checking import Definition
from .explaining import Explanation

Array = np.ndarray[Any, Any]

# What is converted for the kernels is converted by as many items at a time as fit in here, one at least.
PIECE = 1 << 20


def ready(x: Array, dtype: np.dtype[Any]) -> bool:
    """Return whether an array is as the kernels take it, its type too."""
    return x.dtype == dtype and x.dtype.isnative and plain(x)


def explained(name: str, dtype: Any, shape: tuple[int, ...], ops: int, workers: Any, terms: int) -> Explanation:
    """Return the plan of a call that has one route."""
    threads = _threads.count(name, workers, ops)
    reason = "the only route for these shapes and types"
    return Explanation(name, "direct", reason, {}, {}, _kernels.level, threads, str(dtype), shape, terms, 0)


def within(
    value: Array, scale: Array, samples: Array, dtype: np.dtype[Any], real: Any, roundings: int, weights: int
) -> Any:
    """Return how far a result may lie from its definition.

    `roundings` of each term, and as many units as `weights` says in the weight of each sample.
    """
    info, u = np.finfo(dtype), _bounds.unit(real)
    limit = _bounds.gamma(roundings, real) * scale + weights * u * samples
    limit = limit + float(np.finfo(real).smallest_subnormal) * roundings
    # Both are rounded to the type of the result at last.
    limit = limit + 2 * _bounds.unit(dtype) * np.abs(value) + float(info.smallest_subnormal)
    return np.where(scale < float(info.max) / 4, limit.astype(float), np.inf)


# ── grid_sample ────────────────────────────────────────────────────────────────────────────────


def planned(name: str, input: Any, grid: Any, mode: Any, padding_mode: Any) -> tuple[Array, Array, Sampling]:
    """Return a call's arrays and its plan."""
    x, g = array(name, "input", input), array(name, "grid", grid)
    try:
        hash((mode, padding_mode))
    except TypeError:
        bad, text = (mode, _errors.GRID_MODE) if mode.__hash__ is None else (padding_mode, _errors.GRID_PADDING)
        raise ValueError(text.format(name=name, got=bad)) from None
    return x, g, _grid_plans.sampling(name, x.shape, g.shape, (x.dtype, g.dtype), mode, padding_mode)


def sample(input: Any, grid: Any, mode: Any, padding_mode: Any, align_corners: Any, workers: Any, out: Any) -> Array:
    """Compute one call of grid_sample."""
    name = "grid_sample"
    align = aligned(name, align_corners)
    x, g, plan = planned(name, input, grid, mode, padding_mode)
    threads = _threads.count(name, workers, plan.ops)
    y = output(name, out, plan.out, plan.dtype, x, g)
    if not y.size:
        return y
    kind = plan.dtype if plan.mode == 0 else plan.real
    if ready(x, kind) and ready(y, kind):
        grids.sample(x, contiguous(g, plan.real), y, plan.mode, plan.padding, align, threads)
        return y
    step = max(1, PIECE // (plan.dtype.itemsize * max(x[0].size, y[0].size)))
    for start in range(0, len(x), step):
        some = slice(start, start + step)
        _piece(plan, x[some], contiguous(g[some], plan.real), y[some], align, threads)
    return y


def _piece(plan: Sampling, x: Array, grid: Array, y: Array, align: bool, workers: int) -> None:
    """Fill y, of any layout, with items of any type."""
    if plan.mode == 0:
        parts = [(x, y)]
    elif plan.dtype.kind == "c":
        parts = [(x.real, y.real), (x.imag, y.imag)]
    else:
        parts = [(x, y)]
    kind = plan.dtype if plan.mode == 0 else plan.real
    for part, to in parts:
        made = to if ready(to, kind) else np.empty(to.shape, kind)
        grids.sample(contiguous(part, kind), grid, made, plan.mode, plan.padding, align, workers)
        if made is not to:
            with np.errstate(over="ignore"):  # float16 has its infinities
                to[...] = made


def explain_sample(
    input: Any, grid: Any, mode: Any, padding_mode: Any, align_corners: Any, workers: Any, out: Any
) -> Explanation:
    """Say what `sample` would do with the same arguments."""
    aligned("grid_sample", align_corners)
    _, _, plan = planned("grid_sample", input, grid, mode, padding_mode)
    return explained("grid_sample", plan.dtype, plan.out, plan.ops, workers, plan.samples)


def define_sample(
    input: Any, grid: Any, mode: Any, padding_mode: Any, align_corners: Any, workers: Any, out: Any
) -> Definition:
    """Return the result of `sample` by its definition; the arguments are known to be good."""
    x, g, plan = planned("grid_sample", input, grid, mode, padding_mode)
    align = bool(align_corners)
    if plan.mode == 0:
        return Definition(_grid_reference.nearest(x, g, padding_mode, align, plan.real), lambda _: 0.0)
    parts = [x.real, x.imag] if x.dtype.kind == "c" else [x]
    sums = [_grid_reference.grid_sample(part, g, mode, padding_mode, align, plan.real) for part in parts]
    value, scale, samples = sums[0]
    if len(sums) == 2:
        scale, samples = (a + b for a, b in zip(sums[0][1:], sums[1][1:], strict=True))
        made = np.empty(value.shape, plan.dtype)
        made.real, made.imag = value, sums[1].value
    else:
        made = value.astype(plan.dtype)
    # A weight is rounded once along an axis, their products once for each further axis; the cubic's, of sums of up to
    # four terms that may cancel, err by at most 24 units each, and by 64 in products of two that are at most 1.3.
    roundings = 3 * (x.ndim - 2) + plan.samples
    weights = 64 if plan.mode == MODES["bicubic"] else 0
    return Definition(made, lambda _: within(made, scale, samples, plan.dtype, plan.real, roundings, weights))


# ── affine_grid ────────────────────────────────────────────────────────────────────────────────


def _mapping(theta: Any, size: Any, align_corners: Any) -> tuple[Array, tuple[int, ...], np.dtype[Any], bool]:
    """Return the maps, the shape and the type of the result."""
    name = "affine_grid"
    align = aligned(name, align_corners)
    maps = array(name, "theta", theta)
    _grid_plans.real_only(name, "theta", maps.dtype)
    shape = _grid_plans.mapped(maps.shape, size)
    dtype = maps.dtype.newbyteorder("=") if maps.dtype.kind == "f" else np.dtype(float)
    return maps, shape, dtype, align


def affine(theta: Any, size: Any, align_corners: Any, workers: Any, out: Any) -> Array:
    """Compute one call of affine_grid."""
    maps, shape, dtype, align = _mapping(theta, size, align_corners)
    real = _grid_plans.computed(dtype)
    y = output("affine_grid", out, shape, dtype, maps)
    threads = _threads.count("affine_grid", workers, y.size * _grid_plans.PLANNED)
    made = y if ready(y, real) else np.empty(shape, real)
    grids.affine(contiguous(maps, real), made, align, threads)
    if made is not y:
        with np.errstate(over="ignore"):
            y[...] = made
    return y


def explain_affine(theta: Any, size: Any, align_corners: Any, workers: Any, out: Any) -> Explanation:
    """Say what `affine` would do with the same arguments."""
    _, shape, dtype, _ = _mapping(theta, size, align_corners)
    ops = int(np.prod(shape)) * _grid_plans.PLANNED
    return explained("affine_grid", dtype, shape, ops, workers, shape[-1] + 1)


def define_affine(theta: Any, size: Any, align_corners: Any, workers: Any, out: Any) -> Definition:
    """Return the result of `affine` by its definition; the arguments are known to be good."""
    maps, shape, dtype, align = _mapping(theta, size, align_corners)
    real = _grid_plans.computed(dtype)
    value, scale, _ = _grid_reference.affine_grid(maps, shape[1:-1], align, real)
    made = value.astype(dtype)
    return Definition(made, lambda _: within(made, scale, scale, dtype, real, 2 * shape[-1] + 2, 0))


# ── pixel_shuffle, pixel_unshuffle ─────────────────────────────────────────────────────────────

FACTORS = {"pixel_shuffle": "upscale_factor", "pixel_unshuffle": "downscale_factor"}


def _shuffling(name: str, input: Any, factor: Any) -> tuple[Array, int, tuple[int, ...], bool]:
    x, argument, back = array(name, "input", input), FACTORS[name], name == "pixel_unshuffle"
    given = _channel_shapes.fixed(name, argument, factor, 0)
    r = _channel_shapes.each(name, argument, given, 1, 1)[0]
    _grid_plans.numbers_only(name, x.dtype)
    return x, r, _grid_plans.shuffled(name, argument, x.shape, r, back), back


def shuffle(name: str, input: Any, factor: Any, workers: Any, out: Any) -> Array:
    """Compute one call."""
    x, r, shape, back = _shuffling(name, input, factor)
    threads = _threads.count(name, workers, x.nbytes)
    dtype = x.dtype.newbyteorder("=")
    y = output(name, out, shape, dtype, x)
    if y.size:
        made = y if ready(y, dtype) else np.empty(shape, dtype)
        grids.shuffle(contiguous(x, dtype), made, r, back, threads)
        if made is not y:
            y[...] = made
    return y


def explain_shuffle(name: str, input: Any, factor: Any, workers: Any, out: Any) -> Explanation:
    """Say what `shuffle` would do with the same arguments."""
    x, _, shape, _ = _shuffling(name, input, factor)
    return explained(name, x.dtype.newbyteorder("="), shape, x.nbytes, workers, 1)


def define_shuffle(name: str, input: Any, factor: Any, workers: Any, out: Any) -> Definition:
    """Return the result of `shuffle` by its definition; the arguments are known to be good."""
    x, r, _, back = _shuffling(name, input, factor)
    return Definition(_grid_reference.shuffle(x, r, back).astype(x.dtype.newbyteorder("=")), lambda _: 0.0)
