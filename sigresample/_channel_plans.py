"""Everything about a call over channels that its shapes, types and numbers decide, worked out once and kept."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _channel_shapes, _choose_channels, _errors
from ._channel_shapes import Correlation, Pair, Phase, Sizes, Spread
from ._coerce import NUMBERS, known

Dtype = np.dtype[Any]
Array = np.ndarray[Any, Any]

LONGEST = 2**40  # outputs along an axis
# The kernels' numbers (_boundary.pxd).
BORDERS = {"zeros": 0, "circular": 1, "reflect": 3, "replicate": 4}


class Part(NamedTuple):
    """One correlation, and which taps are its own, in its order."""

    of: Correlation
    taps: Array


class Box(NamedTuple):
    """A box of the grid of a transposed convolution, as a transposed convolution."""

    spread: tuple[Spread, ...]
    parts: tuple[Part, ...]
    filled: bool  # some part writes each output
    route: str
    costs: dict[str, float]


class Plan(NamedTuple):
    """One call."""

    name: str
    out: Sizes  # the result, as asked for
    dtype: Dtype
    sums: Dtype  # what the kernels add
    batched: bool
    x: Sizes  # input and result of one item
    w: Sizes
    y: Sizes
    of: Correlation  # a convolution; of a transposed one, all but the axes
    boundary: int
    boxes: tuple[Box, ...]  # of a transposed convolution: what is asked for, then its border, which is folded back
    route: str
    costs: dict[str, float]  # predicted seconds of one item
    ops: int
    terms: int


@lru_cache(maxsize=1024)
def plan(
    name: str,
    x: Sizes,
    w: Sizes,
    bias: Sizes | None,
    types: tuple[Dtype, ...],
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    mode: str,
    dtype: Dtype | None,
    level: str,
    extra: tuple[Any, Any] | None = None,
) -> Plan:
    """Return the plan of a call; `extra`, of a transposed one, holds output_padding and output_size."""
    rank = int(name[-2])
    result, sums = _types(name, types, dtype)
    batched, items, data = ranks(name, x, w, rank)
    inputs, outputs = _channels(name, x[-rank - 1], w, bias, groups, extra is not None)
    refuse_mode(name, mode)
    if extra is None:
        axes, around = _channel_shapes.convolution(name, data, w[2:], stride, padding, dilation)
        outs = tuple(axis.out for axis in axes)
        refuse_border(name, mode, data, around)
    else:
        spread = _channel_shapes.transposed(name, data, w[2:], stride, padding, extra[0], dilation, extra[1])
        outs = tuple(axis.out for axis in spread)
        refuse_border(name, mode, outs, tuple((axis.before, axis.after) for axis in spread))
        if mode != "zeros" and max(max(axis.before, axis.after) for axis in spread) > LONGEST:  # which is computed, too
            whole = (groups * outputs, *(axis.before + axis.out + axis.after for axis in spread))
            raise ValueError(_errors.CHANNEL_LARGE.format(name=name, got=(items, *whole)))
    shape = (groups * outputs, *outs)
    if items * prod(shape) * max(result.itemsize, sums.itemsize) >= _channel_shapes.MOST or max(outs) > LONGEST:
        raise ValueError(_errors.CHANNEL_LARGE.format(name=name, got=(items, *shape)))
    of, boundary = Correlation(items, groups, inputs, outputs, ()), BORDERS[mode]
    boxes: tuple[Box, ...] = ()
    if extra is None:
        of = of._replace(axes=axes)
        route, costs = _cheapest(_choose_channels.costs(of, boundary, sums))
        terms = [prod(axis.taps for axis in axes)]
        ops = _choose_channels.products(of)
    else:
        boxes = _boxes(of, spread, boundary, sums)
        route, costs = boxes[0].route, boxes[0].costs
        parts = [part.of for box in boxes for part in box.parts]
        terms = [len(boxes) * prod(axis.taps for axis in part.axes) for part in parts]
        if len(boxes) > 1 and boundary == BORDERS["replicate"]:  # all may come to the outermost output
            terms = [prod(axis.data * axis.taps for axis in spread)]
        ops = sum(map(_choose_channels.products, parts))
    return Plan(
        name, (items, *shape) if batched else shape, result, sums, batched, x[-rank - 1 :], w, shape, of, boundary,
        boxes, route, costs, ops * (4 if sums.kind == "c" else 1), inputs * max(terms, default=0),
    )  # fmt: skip


_cache.forgets(plan.cache_clear)


def _cheapest(costs: dict[str, float]) -> tuple[str, dict[str, float]]:
    return min(costs, key=costs.__getitem__), costs


# ── shapes and types ───────────────────────────────────────────────────────────────────────────


def ranks(name: str, x: Sizes, w: Sizes, rank: int) -> tuple[bool, int, Sizes]:
    """Return whether the input has an axis of items, how many, and its lengths; refuse what has no samples or taps."""
    if len(x) not in (rank + 1, rank + 2):
        raise ValueError(_errors.CHANNEL_RANK.format(name=name, want=rank + 2, less=rank + 1, got=x))
    if len(w) != rank + 2:
        raise ValueError(_errors.CHANNEL_WEIGHT_RANK.format(name=name, want=rank + 2, got=w))
    if 0 in x[-rank:]:
        raise ValueError(_errors.CHANNEL_EMPTY.format(name=name, argument="input", where="along each axis", got=x))
    if 0 in w[2:]:
        raise ValueError(_errors.CHANNEL_EMPTY.format(name=name, argument="weight", where="along each axis", got=w))
    batched = len(x) == rank + 2
    return batched, x[0] if batched else 1, x[-rank:]


def _channels(name: str, channels: int, w: Sizes, bias: Sizes | None, groups: Any, transposed: bool) -> tuple[int, int]:
    """Return the inputs and outputs of one group."""
    if type(groups) is not int:
        raise TypeError(_errors.CHANNEL_INTEGER.format(name=name, argument="groups", takes="an integer", got=groups))
    if groups < 1:
        raise ValueError(_errors.CHANNEL_SIGN.format(name=name, argument="groups", rule="be positive", got=groups))
    if w[0] == 0 or (transposed and w[1] == 0):
        raise ValueError(_errors.CHANNEL_EMPTY.format(name=name, argument="weight", where="for each channel", got=w))
    if w[0] % groups:
        raise ValueError(_errors.CHANNEL_GROUPS.format(name=name, argument="weight's first axis", got=w, groups=groups))
    want, outputs = (w[0], w[1]) if transposed else (w[1] * groups, w[0] // groups)
    if channels != want:
        raise ValueError(_errors.CHANNEL_INPUTS.format(name=name, want=want, weight=w, groups=groups, got=channels))
    if bias is not None and bias != (groups * outputs,):
        raise ValueError(_errors.CHANNEL_BIAS.format(name=name, want=(groups * outputs,), got=bias))
    return channels // groups, outputs


def _types(name: str, types: tuple[Dtype, ...], dtype: Dtype | None) -> tuple[Dtype, Dtype]:
    """Return the type of the result, and that in which kernels add."""
    for argument, one in zip(("input", "weight", "bias"), types, strict=False):
        known(name, argument, one)
        if dtype is not None and dtype.kind in "biufc" and not np.can_cast(one, dtype, "same_kind"):
            raise TypeError(_errors.CHANNEL_CAST.format(name=name, argument=argument, got=dtype, given=one))
    result = np.dtype((np.result_type(*types) if dtype is None else dtype).char)
    if result.char not in NUMBERS:
        raise TypeError(_errors.CHANNEL_DTYPE.format(name=name, got=result))
    if result.char == "e":
        return result, np.dtype(np.float32)
    if result.kind in "biu":  # exact modulo 2^n, whatever the sign
        return result, np.dtype(np.uint64 if result.itemsize == 8 else np.uint32)
    return result, result


def refuse_mode(name: str, mode: Any) -> None:
    """Refuse what is no padding mode."""
    if not isinstance(mode, str) or mode not in BORDERS:
        raise ValueError(_errors.CHANNEL_MODE.format(name=name, known=tuple(BORDERS), got=mode))


def refuse_border(name: str, mode: str, data: Sizes, around: tuple[Pair, ...]) -> None:
    """Refuse a border that PyTorch's pad refuses: a reflection must be below the length, a period at most it."""
    rule, more = {"reflect": ("smaller than the input", 0), "circular": ("at most the input", 1)}.get(mode, ("", 0))
    for n, pads in zip(data, around, strict=True):
        if rule and max(pads) >= n + more:
            raise ValueError(_errors.CHANNEL_BORDER.format(name=name, rule=rule, mode=mode, got=max(pads), data=n))


# ── transposed ─────────────────────────────────────────────────────────────────────────────────


def _boxes(of: Correlation, spread: tuple[Spread, ...], boundary: int, sums: Dtype) -> tuple[Box, ...]:
    """Return what is asked for and, where a border is folded back, the boxes around it that have samples."""
    parts = []
    for axis in spread:
        middle, end = axis.before + axis.out, axis.before + axis.out + axis.after
        sides = [(0, axis.before), (middle, end)] if boundary else []
        ranges = [(axis.before, middle), *(side for side in sides if side[0] < side[1])]
        parts.append([axis._replace(before=low, out=high - low) for low, high in ranges])
    inner, *around = product(*parts)
    return (_box(of, inner, sums), *(_box(of, axes, sums, border=True) for axes in around))


def _box(of: Correlation, spread: tuple[Spread, ...], sums: Dtype, border: bool = False) -> Box:
    along = [_channel_shapes.phases(axis) for axis in spread]
    parts = tuple(joined(of, spread, phases) for phases in product(*along))
    filled = all(sum(p.along.out for p in one) == axis.out for one, axis in zip(along, spread, strict=True))
    costs = _choose_channels.transposed([part.of for part in parts], of, spread, sums)
    if border:  # too little for a transform, and so within the bound of sums
        costs = {route: seconds for route, seconds in costs.items() if route in ("direct", "planes")}
    return Box(spread, parts, filled, *_cheapest(costs))


def joined(of: Correlation, spread: tuple[Spread, ...], phases: tuple[Phase, ...]) -> Part:
    """Return the correlation that has a phase along each axis."""
    kernel = tuple(axis.taps for axis in spread)
    taps = np.arange(prod(kernel), dtype=np.intp).reshape(kernel)[tuple(phase.taps for phase in phases)]
    return Part(of._replace(axes=tuple(phase.along for phase in phases)), taps.ravel())
