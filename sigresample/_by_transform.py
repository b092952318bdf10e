"""Sums computed by transforms, with the meaning of the direct sum: for integers, for NaN and infinities, for the quiet.

What the routes are given here is a group of items: data (..., n1, n2, …), one filter (k1, k2, …), results
(..., m1, m2, …), batch axes first. Banks of filters are taken one filter at a time.
"""

from __future__ import annotations

from cmath import isfinite
from collections.abc import Iterator
from math import prod, sqrt
from typing import Any, NamedTuple

import numpy as np

from . import _dynamic_range, _exact, _nonfinite, _shapes
from ._cache import Prepared
from ._coerce import finite
from ._dynamic_range import Glance
from ._plans import Plan
from ._routes import borders, direct, overlap_save, tiles, whole_fft
from ._shapes import Axis, Blocks

Array = np.ndarray[Any, Any]

PATCHES = 1 << 22  # samples of spoiled blocks that are gathered at once
UNSEEN = Glance(even=False, level=True, finite=True, safe=False, most=0.0)


class Group(NamedTuple):
    """Items that share a filter, and how they are transformed."""

    x: Array  # batch axes, then those summed along
    w: Array
    y: Any  # None for one who does not want the results
    axes: tuple[Axis, ...]  # those summed along
    blocks: Blocks | None  # None: one transform of all
    bordered: bool
    boundary: int
    fill: Any
    key: Any  # of the filter, among those prepared


def run(
    plan: Plan,
    x: Array,
    w: Array,
    y: Array,
    fill: Any,
    workers: int,
    prepared: Prepared | None = None,
    *,
    nonfinite: bool = False,
    seen: list[Glance] | None = None,
) -> None:
    """Fill y; x and w are C-contiguous, in the plan's roles, of its types for sums; `nonfinite`: not all finite.

    seen: what `glances` saw already.
    """
    if plan.dtype.kind in "biu":
        _integers(plan, x, w, y, fill, workers)
    elif not nonfinite and isfinite(fill):
        _floats(plan, x, w, y, fill, workers, prepared, seen)
    else:

        def transform(a: Array, b: Array, outside: float) -> Array:
            made = np.empty(y.shape, a.dtype)
            for group in _groups(plan, a, b, made, outside):
                _transform(group, workers, None)
            return made

        clean = fill if isfinite(fill) else 0
        _floats(plan, _nonfinite.clean(x), _nonfinite.clean(w), y, clean, workers, None, None)
        _nonfinite.restore(y, x, w, plan.axes, plan.boundary, fill, plan.absent, transform)


def glances(plan: Plan, x: Array, w: Array, fill: Any, workers: int) -> list[Glance] | None:
    """Return what a glance at each group of `run` tells, where it takes one before anything else."""
    if not plan.auto or plan.dtype.kind in "biu" or _wide(plan) or not (isfinite(fill) and finite(w)):
        return None
    return [_glance(group, workers) for group in _groups(plan, x, w, None, fill)]


def _floats(
    plan: Plan, x: Array, w: Array, y: Array, fill: Any, workers: int, prepared: Prepared | None,
    seen: list[Glance] | None,
) -> None:  # fmt: skip
    if not _wide(plan):
        _groups_of_floats(plan, x, w, y, fill, workers, prepared, seen)
        return
    made = np.empty(y.shape, _double(y.dtype))
    _groups_of_floats(plan, x.astype(made.dtype), w.astype(_double(w.dtype)), made, fill, workers, prepared, None)
    y[...] = made


def _wide(plan: Plan) -> bool:
    """Return whether integers meet data in single precision: they are transformed in double, as SciPy does."""
    return plan.dtype.char in "fF" and any(dtype.kind in "biu" for dtype in plan.dtypes)


def _groups_of_floats(
    plan: Plan, x: Array, w: Array, y: Array, fill: Any, workers: int, prepared: Prepared | None,
    seen: list[Glance] | None,
) -> None:  # fmt: skip
    for i, group in enumerate(_groups(plan, x, w, y, fill)):
        glance = (_glance(group, workers) if seen is None else seen[i]) if plan.auto else UNSEEN
        ratios = _ratios(group, workers) if plan.auto and not glance.even else None
        _transform(group, workers, prepared)
        if ratios is not None and (ratios > 1).any():
            for index, item in _items(group):
                _mend(item, ratios[index], workers)
        if not glance.level:
            items = list(_items(group))
            for _, item in items:
                _trim(item, workers, glance, alone=len(items) == 1)
        if not glance.safe and not finite(group.y):  # finite values overflowed: in the direct sum they may not
            for _, item in _items(group):
                if not finite(item.y):
                    _direct(item, workers)


def _double(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.result_type(dtype, np.float64)


# ---- Groups -------------------------------------------------------------------------------------------


def _groups(plan: Plan, x: Array, w: Array, y: Any, fill: Any) -> Iterator[Group]:
    """Yield the items of each filter."""
    of = _shapes.grouping(plan.axes, plan.bordered)
    rest = of.axes, plan.blocks, plan.bordered, plan.boundary, fill
    if of.order is not None:
        x, w = x.transpose(of.order), w.transpose(of.order)
        y = None if y is None else y.transpose(of.order)
    banks = len(of.banks)
    if not banks:
        yield Group(x, np.ascontiguousarray(w[(0,) * of.batch]), y, *rest, ())
        return
    for bank in np.ndindex(*(plan.axes[i].out for i in of.banks)):
        # The one sample meets, for output i, the tap at first + i + p = 0.
        own = tuple(-plan.axes[axis].first - i for axis, i in zip(of.banks, bank, strict=True))
        taps = np.ascontiguousarray(w[own + (0,) * of.batch])
        yield Group(x[(0,) * banks], taps, None if y is None else y[bank], *rest, bank)


def _items(group: Group) -> Iterator[tuple[tuple[int, ...], Group]]:
    """Yield each item as a group of its own, with its index."""
    for index in np.ndindex(group.y.shape[: group.y.ndim - len(group.axes)]):
        yield index, group._replace(x=group.x[index], y=group.y[index])


def _transform(group: Group, workers: int, prepared: Prepared | None) -> None:
    """Fill the results by transforms, whatever comes of it."""
    blocks, axes = group.blocks, group.axes
    taps = _taps(group, workers, prepared)
    if blocks is None:
        whole_fft.items(group.x, taps, group.y, axes, group.bordered, group.boundary, group.fill, workers)
    elif len(axes) == 1:
        (x_step,), (y_step,) = _steps(group.x, 1), _steps(group.y, 1)
        overlap_save.rows(
            group.x.real, taps, group.y.real, _starts(group.x, 1), _starts(group.y, 1), axes[0], x_step, y_step,
            group.boundary, group.fill, workers,
        )  # fmt: skip
    else:
        rows, cols = axes
        (x_pitch, x_step), (y_pitch, y_step) = _steps(group.x, 2), _steps(group.y, 2)
        tiles.planes(
            group.x.real, taps, group.y.real, _starts(group.x, 2), _starts(group.y, 2), rows, cols, x_pitch, x_step,
            y_pitch, y_step, group.boundary, group.fill, workers,
        )  # fmt: skip


def _taps(group: Group, workers: int, prepared: Prepared | None) -> Any:
    """Return what the route makes of the taps, from those prepared or left there."""
    blocks, axes = group.blocks, group.axes
    # Complex taps make the data complex, not the other way round.
    key = group.key, blocks, axes if blocks is None else None, group.x.dtype
    taps = None if prepared is None else prepared.get(key)
    if taps is not None:
        return taps
    if blocks is None:
        taps = whole_fft.prepare(group.w, axes, group.bordered, group.x.dtype.kind != "c", workers)
    elif len(axes) == 1:
        taps = overlap_save.prepare(group.w, blocks.points[0], group.x.dtype, parts=blocks.parts, workers=workers)
    else:
        n1, n2 = blocks.points
        taps = tiles.prepare(group.w, (n1, n2), group.x.dtype, workers)
    if prepared is not None:
        prepared[key] = taps
    return taps


def _steps(x: Array, axes: int) -> list[int]:
    """Return how many reals lie from one sample to the next along the last axes."""
    size = x.real.itemsize
    return [stride // size for stride in x.strides[x.ndim - axes :]]


def _starts(x: Array, axes: int) -> Array | None:
    """Return how many reals from its first number each item starts."""
    shape = x.shape[: x.ndim - axes]
    if prod(shape) == 1:
        return None
    size = x.real.itemsize
    steps = [stride // size for stride in x.strides[: len(shape)]]
    if all(step == after * n for step, after, n in zip(steps, steps[1:], shape[1:], strict=False)):
        return np.arange(prod(shape), dtype=np.intp) * steps[-1]
    starts = np.zeros(1, np.intp)
    for n, step in zip(shape, steps, strict=True):
        starts = np.add.outer(starts, np.arange(n, dtype=np.intp) * step).ravel()
    return starts


def _direct(group: Group, workers: int) -> None:
    """Fill the results by the direct sum."""
    batch = tuple(Axis(n, 1, n, 0) for n in group.x.shape[: group.x.ndim - len(group.axes)])
    cut = _shapes.planes(batch + group.axes, 2 if group.x.dtype.kind == "c" else 1, group.bordered)
    x, y = np.ascontiguousarray(group.x), group.y
    made = y if y.flags.c_contiguous else np.empty(y.shape, y.dtype)
    w = group.w.reshape((1,) * len(batch) + group.w.shape)
    polyphase = x.dtype.kind in "fc" and not group.bordered and direct.many(cut)
    direct.run(x, w, made, cut, group.boundary, group.fill, workers, polyphase=polyphase)
    if made is not y:
        y[...] = made


# ---- Dynamic range ------------------------------------------------------------------------------------


def grid(plan: Plan) -> Blocks:
    """Return the blocks of a plan; one transform of all is one block."""
    axes = _shapes.grouping(plan.axes, plan.bordered).axes
    return plan.blocks or _whole(axes, plan.bordered, plan.dtype.kind != "c")


def _grid(group: Group) -> Blocks:
    return group.blocks or _whole(group.axes, group.bordered, group.x.dtype.kind != "c")


def _whole(axes: tuple[Axis, ...], bordered: bool, real: bool) -> Blocks:
    return Blocks(whole_fft.lengths(axes, bordered, real), tuple(axis.out for axis in axes))


def _glance(group: Group, workers: int) -> Glance:
    return _dynamic_range.glance(group.x, group.w, *_looked_at(group), workers)


def _ratios(group: Group, workers: int) -> Array:
    return _dynamic_range.ratios(group.x, group.w, *_looked_at(group), workers)


def _looked_at(group: Group) -> tuple[tuple[Axis, ...], Blocks, int, Any]:
    return group.axes, _grid(group), group.boundary, group.fill if group.bordered else 0


def _mend(item: Group, ratios: Array, workers: int) -> None:
    """Compute again the blocks that rounding spoiled: in double precision where that is finer, or else directly."""
    spoiled = ratios > 1
    if item.x.dtype.char in "fF":
        hopeless = ratios * (np.finfo(np.float64).eps / np.finfo(np.float32).eps) > 1
        _again(item, np.argwhere(spoiled & ~hopeless), workers, double=True)
    else:
        hopeless = spoiled
    _again(item, np.argwhere(hopeless), workers, double=False)


def _again(item: Group, blocks: Array, workers: int, *, double: bool) -> None:
    """Compute some blocks of an item again, each from the samples under it alone."""
    if not len(blocks):
        return
    grid = _grid(item)
    if double and len(blocks) * grid.parts > prod(grid.number(item.axes)):
        # Each alone, a block would transform as much as all of them need together.
        x, w = item.x.astype(_double(item.x.dtype)), item.w.astype(_double(item.w.dtype))
        made = np.empty(item.y.shape, x.dtype)
        _transform(item._replace(x=x, w=w, y=made), workers, None)
        for block in blocks:
            at = _outputs(grid, block)
            item.y[at] = made[at]
        return
    axes = tuple(Axis(hop + of.taps - 1, of.taps, hop, 0) for hop, of in zip(grid.hop, item.axes, strict=True))
    many = max(1, PATCHES // prod(axis.data for axis in axes))
    kept: Prepared = {}
    for some in (blocks[i : i + many] for i in range(0, len(blocks), many)):
        patches, w = np.stack([_patch(item, grid, block) for block in some]), item.w
        if double:
            patches, w = patches.astype(_double(patches.dtype)), w.astype(_double(w.dtype))
        made = np.empty((len(some), *grid.hop), patches.dtype)
        group = item._replace(x=patches, w=w, y=made, axes=axes, bordered=False, boundary=0, fill=0)
        if double:
            _transform(group, workers, kept)
        else:
            _direct(group, workers)
        for block, outputs in zip(some, made, strict=True):
            to = item.y[_outputs(grid, block)]
            to[...] = outputs[tuple(slice(n) for n in to.shape)]


def _trim(item: Group, workers: int, seen: Glance, *, alone: bool) -> None:
    """Compute again, directly, the outputs at the ends of the data that rounding spoiled; alone: all that was seen."""
    peak = seen.most if alone else None
    for rim in _dynamic_range.rims(item.x, item.w, item.axes, _grid(item), workers, seen.look, peak):
        axes, taps = list(item.axes), [slice(None)] * len(item.axes)
        axis = axes[rim.axis]
        first = axis.first + rim.start
        # Taps that meet no sample add nothing, and samples that meet no tap are left out.
        low = min(max(0, -(first + rim.outputs - 1)), axis.taps - 1)
        high = max(min(axis.taps, axis.data - first), low + 1)
        begin, end = max(0, first + low), min(axis.data, first + rim.outputs - 1 + high)
        axes[rim.axis] = Axis(end - begin, high - low, rim.outputs, first + low - begin)
        outputs, taps, data = ([slice(None)] * len(axes) for _ in range(3))
        outputs[rim.axis] = slice(rim.start, rim.start + rim.outputs)
        taps[rim.axis], data[rim.axis] = slice(low, high), slice(begin, end)
        x, w = (np.ascontiguousarray(a[tuple(at)]) for a, at in ((item.x, data), (item.w, taps)))
        _direct(item._replace(x=x, w=w, y=item.y[tuple(outputs)], axes=tuple(axes)), workers)


def _outputs(grid: Blocks, block: Array) -> tuple[slice, ...]:
    return tuple(slice(b * hop, (b + 1) * hop) for b, hop in zip(block, grid.hop, strict=True))


def _patch(item: Group, grid: Blocks, block: Array) -> Array:
    """Return the samples under all outputs of a block."""
    axes = tuple(
        axis._replace(out=hop, first=axis.first + int(b) * hop)
        for axis, hop, b in zip(item.axes, grid.hop, block, strict=True)
    )
    return borders.around(item.x, axes, item.boundary, item.fill if item.bordered else 0)


# ---- Integers -----------------------------------------------------------------------------------------


def certain(plan: Plan, x: Array, w: Array, fill: Any) -> bool:
    """Return whether transforms will be taken for integers: whether they give the exact sums, and soon enough."""
    groups = _groups(plan, x, w, None, fill)
    return all(_worth(plan, _digits(plan, _unfilled(group))) for group in groups)


def _integers(plan: Plan, x: Array, w: Array, y: Array, fill: Any, workers: int) -> None:
    for group in _groups(plan, x, w, y, fill):
        of = _unfilled(group)
        digits = _digits(plan, of)
        if digits is None or not _worth(plan, digits):
            _direct(group, workers)
            continue

        kept: Prepared = {}  # of each digit of the taps, which meets all those of the data

        def transform(a: Array, b: Array, of: Group = of, kept: Prepared = kept) -> Array:
            made = np.empty(of.y.shape)
            _transform(of._replace(x=a, w=b, y=made, key=id(b)), workers, kept)
            return made

        group.y[...] = _exact.convolve(of.x, of.w, plan.dtype, digits, transform)


def _unfilled(group: Group) -> Group:
    """Return a group whose data hold the fill value outside, that it is cut into digits like the rest."""
    if not group.bordered or group.boundary or not group.fill:
        return group
    axes = tuple(Axis(axis.out + axis.taps - 1, axis.taps, axis.out, 0) for axis in group.axes)
    batch = group.x.shape[: group.x.ndim - len(axes)]
    x = np.empty(batch + tuple(axis.data for axis in axes), group.x.dtype)
    for index in np.ndindex(batch):
        x[index] = borders.around(group.x[index], group.axes, 0, group.fill)
    return group._replace(x=x, axes=axes, bordered=False, fill=0)


def _digits(plan: Plan, group: Group) -> _exact.Digits | None:
    """Return the digits that make rounding certain."""
    grid = _grid(group)
    # The parts of a long filter meet as many blocks; by Cauchy's inequality their bounds add up to no more.
    points = prod(grid.points) * grid.parts
    x, w = _exact.size(group.x, plan.dtype), _exact.size(group.w, plan.dtype)
    # A block has no more samples than points; and no more than its item, but where a border repeats them.
    count = points if group.bordered else min(points, x.nonzero)
    norm = sqrt(points) * x.largest if group.bordered else min(x.norm, sqrt(points) * x.largest)
    return _exact.plan(_exact.Size(norm, x.largest, count), w, points, _exact.bits(plan.dtype))


def _worth(plan: Plan, digits: _exact.Digits | None) -> bool:
    """Return whether so many transforms are sooner done than the sum."""
    if digits is None:
        return False
    return not plan.auto or digits.products * plan.costs[plan.route] <= plan.costs["direct"]
