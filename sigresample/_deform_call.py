"""Calls of deform_conv2d: run, explained, and by their definition."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _channel_shapes, _errors, _grid_plans, _grid_reference, _threads
from ._channel_shapes import Along, Correlation, Pair, Sizes
from ._coerce import array, contiguous, output
from ._grid_call import explained, ready, within
from ._routes import channels, grids
from .checking import Definition
from .explaining import Explanation

Array = np.ndarray[Any, Any]
Dtype = np.dtype[Any]

NAME = "deform_conv2d"
COLUMNS_BYTES = 1 << 20  # of the sampled columns that are held at a time, where a block of pixels fits
BLOCK = 128


class Plan(NamedTuple):
    """One call."""

    out: Sizes
    dtype: Dtype
    real: Dtype  # of positions and sums
    groups: int
    shifts: int  # groups of offsets
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    ops: int
    terms: int


@lru_cache(maxsize=512)
def plan(
    x: Sizes, offset: Sizes, w: Sizes, bias: Sizes | None, mask: Sizes | None, types: tuple[Dtype, ...],
    stride: Any, padding: Any, dilation: Any,
) -> Plan:  # fmt: skip
    """Return the plan of a call."""
    for argument, shape in (("input", x), ("offset", offset), ("weight", w)):
        if len(shape) != 4:
            raise ValueError(_errors.DEFORM_RANK.format(argument=argument, got=shape))
    for argument, shape in (("input", x[1:]), ("weight", w)):
        if not all(shape):
            raise ValueError(_errors.CHANNEL_EMPTY.format(name=NAME, argument=argument, where="but for N", got=shape))
    groups, rest = divmod(x[1], w[1])
    if rest or w[0] % groups:
        raise ValueError(_errors.DEFORM_CHANNELS.format(x=x, w=w))
    each = _channel_shapes.each
    numbers = (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1))
    strides, pads, dilations = (_pair(each(NAME, argument, value, 2, least)) for argument, value, least in numbers)
    axes, _ = _channel_shapes.convolution(NAME, x[2:], w[2:], strides, pads, dilations)
    outs, taps = tuple(axis.out for axis in axes), prod(w[2:])
    shifts, rest = divmod(offset[1], 2 * taps)
    if rest or not shifts or x[1] % shifts or offset != (x[0], offset[1], *outs):
        text = _errors.DEFORM_OFFSET.format(
            n=x[0], pair=2 * taps, rows=outs[0], cols=outs[1], channels=x[1], got=offset
        )
        raise ValueError(text)
    if mask is not None and mask != (want := (x[0], shifts * taps, *outs)):
        raise ValueError(_errors.DEFORM_SHAPE.format(argument="mask", want=want, got=mask))
    if bias is not None and bias != (w[0],):
        raise ValueError(_errors.DEFORM_SHAPE.format(argument="bias", want=(w[0],), got=bias))
    reach = [s * o + d * k + p for s, o, d, k, p in zip(strides, outs, dilations, w[2:], pads, strict=True)]
    if max(*x[2:], *reach) >= _grid_plans.LONGEST:
        raise ValueError(_errors.GRID_LONG.format(name=NAME, argument="input with its padding", got=x))
    dtype = np.result_type(*types)
    dtype = dtype if dtype.kind == "f" else np.dtype(float)
    out = (x[0], w[0], *outs)
    samples = x[0] * x[1] * taps * prod(outs)
    ops = samples * (_grid_plans.SAMPLED[4] + w[0] // groups)
    return Plan(
        out,
        dtype,
        _grid_plans.computed(dtype),
        groups,
        shifts,
        _pair(w[2:]),
        strides,
        pads,
        dilations,
        ops,
        w[1] * taps,
    )


_cache.forgets(plan.cache_clear)


def _pair(sizes: Sizes) -> Pair:
    first, second = sizes
    return first, second


class Call(NamedTuple):
    """The arrays of a call."""

    x: Array
    offset: Array
    weight: Array
    bias: Array | None
    mask: Array | None

    @property
    def given(self) -> list[Array]:
        """All that are given."""
        return [a for a in self if a is not None]


def planned(
    input: Any, offset: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, mask: Any
) -> tuple[Call, Plan]:
    """Return a call's arrays and its plan."""
    names = ("input", "offset", "weight", "bias", "mask")
    arrays = [
        None if a is None and name in ("bias", "mask") else array(NAME, name, a)
        for name, a in zip(names, (input, offset, weight, bias, mask), strict=True)
    ]
    for name, a in zip(names, arrays, strict=True):
        if a is not None:
            _grid_plans.real_only(NAME, name, a.dtype)
    call = Call(*arrays)  # type: ignore[arg-type]
    numbers = (("stride", stride), ("padding", padding), ("dilation", dilation))
    fixed = [_channel_shapes.fixed(NAME, argument, value, 1) for argument, value in numbers]
    shapes: list[Any] = [None if a is None else a.shape for a in call]
    return call, plan(*shapes, tuple(a.dtype for a in call.given), *fixed)


def run(
    input: Any, offset: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, mask: Any,
    workers: Any, out: Any,
) -> Array:  # fmt: skip
    """Compute one call."""
    call, of = planned(input, offset, weight, bias, stride, padding, dilation, mask)
    threads = _threads.count(NAME, workers, of.ops)
    y = output(NAME, out, of.out, of.dtype, *call.given)
    w = contiguous(call.weight, of.real).reshape(of.out[1], of.terms, 1)
    b = None if call.bias is None else contiguous(call.bias, of.real)
    for n in range(of.out[0]):
        own = y[n]
        made = own if ready(own, of.real) else np.empty(own.shape, of.real)
        _item(of, call.x[n], call.offset[n], None if call.mask is None else call.mask[n], w, b, made, threads)
        if made is not own:
            with np.errstate(over="ignore"):  # float16 has its infinities
                own[...] = made
    return y


def _item(
    of: Plan, x: Array, offset: Array, mask: Array | None, w: Array, bias: Array | None, y: Array, workers: int
) -> None:
    """Fill y (O, H, W) with one item, block by block: its samples under all taps, then their sums over channels."""
    sizes, taps, outs = _pair(x.shape[1:]), prod(of.kernel), of.out[2:]
    pixels = prod(outs)
    image = grids.roomy(contiguous(x, of.real)[None], 2)[0]
    shifts = contiguous(offset, of.real).reshape(of.shifts, taps, 2, *outs)
    by = None if mask is None else contiguous(mask, of.real).reshape(of.shifts, taps, *outs)
    starts = (-of.padding[0], -of.padding[1])
    rows = len(x) * taps
    block = max(BLOCK, COLUMNS_BYTES // (rows * of.real.itemsize) // BLOCK * BLOCK)
    held = np.empty(rows * min(block, pixels), of.real)
    sums = y.reshape(1, of.out[1], pixels)
    for first in range(0, pixels, block):
        n = min(block, pixels - first)
        columns = held[: rows * n].reshape(rows, n)
        grids.columns(image, shifts, by, columns, sizes, of.kernel, starts, of.stride, of.dilation, first, workers)
        axis = Along(n, 1, n, 0, start=first)
        correlation = Correlation(1, of.groups, of.terms, of.out[1] // of.groups, (axis,))
        channels.run(columns[None], w, sums, correlation, 0, bias, workers)


def explain(
    input: Any, offset: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, mask: Any,
    workers: Any, out: Any,
) -> Explanation:  # fmt: skip
    """Say what `run` would do with the same arguments."""
    _, of = planned(input, offset, weight, bias, stride, padding, dilation, mask)
    return explained(NAME, of.dtype, of.out, of.ops, workers, of.terms)


def define(
    input: Any, offset: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, mask: Any,
    workers: Any, out: Any,
) -> Definition:  # fmt: skip
    """Return the result of `run` by its definition; the arguments are known to be good."""
    call, of = planned(input, offset, weight, bias, stride, padding, dilation, mask)
    value, scale, _ = _grid_reference.deform_conv2d(
        call.x, call.offset, call.weight, call.bias, of.stride, of.padding, of.dilation, call.mask, of.real
    )
    made = value.astype(of.dtype)
    # A sample takes two rounded weights, a mask, four products and their sums; then come the terms and the bias.
    return Definition(made, lambda _: within(made, scale, scale, of.dtype, of.real, of.terms + 12, 0))
