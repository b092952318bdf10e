"""Everything about a resize that its shapes, types and numbers decide, worked out once and kept."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from math import prod
from typing import Any, NamedTuple, ParamSpec

import numpy as np

from . import _cache, _errors, _resize_shapes, _resize_tables
from ._coerce import known
from ._resize_shapes import Length, Sizes
from ._resize_tables import Axis

Dtype = np.dtype[Any]
Array = np.ndarray[Any, Any]
Axes = tuple[Axis, Axis, Axis]
P = ParamSpec("P")

# How many axes a mode is for; None: 1, 2 or 3.
MODES: dict[str, int | None] = {
    "nearest": None, "nearest-exact": None, "linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3, "area": None,
}  # fmt: skip
COPIES = ("nearest", "nearest-exact")
CORNERLESS = (*COPIES, "area")
UP = ("nearest", "linear", "cubic")
DOWN = {"linear": "triangle", "cubic": "keys"}

# Keys' parameter: PyTorch's, OpenCV's; and that of widened kernels, Pillow's too.
CUBIC, CUBIC_WIDENED = -0.75, -0.5

SMALL = 128  # rows and columns of an image up to which PyTorch looks for the nearest sample in another way

# Types that the kernels compute in another type, and that type; of the widest integers see _resize_integers.
WORK = {"e": "f4", "F": "f4", "D": "f8", "?": "u1", "b": "u1", "h": "u2"}
WIDE = "iIlLqQ"

# Tables of a row of 2**20 samples are made anew for every call; a hundred of usual images are kept.
_tables = _cache.Cache(2**24, largest=2**23)
_plans = _cache.Cache(2**24, largest=2**23)


class Plan(NamedTuple):
    """One call."""

    name: str
    out: Sizes  # the result, as asked for
    dtype: Dtype
    work: Dtype  # what the kernels compute in
    items: int  # 0 where there is no axis of items
    x: Sizes  # for the kernels: (planes, D, H, W), or (items, D, H, W, C)
    y: Sizes
    axes: Axes
    lengths: tuple[Length, ...]
    first: int  # of the axes that are resized
    channels: bool  # whether the kernels' last axis is one of channels
    wide: bool  # integers that the kernels do not compute
    mode: str
    ops: int
    terms: int

    @property
    def copies(self) -> bool:
        """Whether nothing is computed."""
        return all(axis.weights is None for axis in self.axes)


def _kept(make: Callable[P, Plan]) -> Callable[P, Plan]:
    """Keep the plans of calls, bounded in bytes; all arguments are given in order."""

    @wraps(make)
    def kept(*args: P.args, **kwargs: P.kwargs) -> Plan:
        plan: Plan | None = _plans.get(args)
        if plan is None:
            plan = _plans[args] = make(*args, **kwargs)
        return plan

    return kept


@_kept
def interpolated(
    name: str,
    shape: Sizes,
    dtype: Dtype,
    size: Any,
    scale: Any,
    mode: str,
    corners: bool | None,
    recompute: bool | None,
    antialias: bool,
    a: float | None,
    last: bool,
) -> Plan:
    """Return the plan of an interpolation, size and scale being numbers or tuples of them."""
    refuse_mode(name, mode, corners, size, scale, recompute, antialias, a)
    first, rank = _resize_shapes.spatial(name, shape, last)
    wanted = MODES[mode] or rank
    if wanted != rank:
        raise ValueError(_errors.RESIZE_MODE_RANK.format(name=name, mode=mode, want=wanted + 2, got=shape))
    again = bool(recompute) or mode == "area"
    lengths = _resize_shapes.lengths(name, shape[first : first + rank], size, scale, again)
    if a is None:
        a = CUBIC_WIDENED if antialias else CUBIC

    def along(_: int, of: Length) -> Axis:
        if mode in COPIES:
            small = rank == 2 and sum(each.out for each in lengths) <= SMALL
            return nearest(of, mode == "nearest-exact", dtype, small)
        if mode == "area":
            return _table(_resize_tables.area, of.data, of.out)
        if of.out == of.data and (antialias or mode != "bicubic"):
            return _table(_resize_tables.copies, of.data)  # PyTorch's rule, whatever the factor
        if antialias:
            kind = "keys" if mode == "bicubic" else "triangle"
            return _table(_resize_tables.widened, kind, of.data, of.out, of.step, bool(corners), a)
        if mode == "bicubic":
            return _table(_resize_tables.cubic, of.data, of.out, of.step, bool(corners), a)
        return _table(_resize_tables.linear, of.data, of.out, of.step, bool(corners))

    return _planned(name, shape, dtype, first, lengths, along, mode, last)


@_kept
def upsampled(name: str, shape: Sizes, dtype: Dtype, factor: Any, mode: str, last: bool) -> Plan:
    """Return the plan of an enlargement by whole factors."""
    if mode not in UP:
        raise ValueError(_errors.RESIZE_MODE.format(name=name, known=UP, got=mode))
    first, rank = _resize_shapes.spatial(name, shape, last)
    lengths = _resize_shapes.multiples(name, shape[first : first + rank], factor)

    def along(_: int, of: Length) -> Axis:
        if mode == "nearest":
            return _table(_resize_tables.repeated, of.data, of.out // of.data)
        if mode == "linear":
            return _table(_resize_tables.linear, of.data, of.out, of.step, False)
        return _table(_resize_tables.cubic, of.data, of.out, of.step, False, CUBIC)

    return _planned(name, shape, dtype, first, lengths, along, mode, last)


@_kept
def downsampled(name: str, shape: Sizes, dtype: Dtype, factor: Any, antialias: Any, last: bool) -> Plan:
    """Return the plan of keeping every factor-th sample, filtered before by a kernel's name or a tuple of taps."""
    first, rank = _resize_shapes.spatial(name, shape, last)
    data = shape[first : first + rank]
    factors = _resize_shapes.each(name, "factor", factor, rank)
    lengths = tuple(Length(n, -(-n // k), None) for n, k in zip(data, factors))

    def along(i: int, of: Length) -> Axis:
        step = min(factors[i], of.data)
        if antialias is None:
            return _table(_resize_tables.every, of.data, step)
        if isinstance(antialias, tuple):
            return _table(_resize_tables.filtered, of.data, step, antialias)
        return _table(_by_kernel, of.data, step, DOWN[antialias])

    return _planned(name, shape, dtype, first, lengths, along, "", last)


def _by_kernel(data: int, factor: int, kind: str) -> Axis:
    return _resize_tables.filtered(data, factor, _resize_tables.kernel(kind, factor, CUBIC_WIDENED))


# ── what all have in common ────────────────────────────────────────────────────────────────────


def refuse_mode(
    name: str, mode: str, corners: Any, size: Any, scale: Any, recompute: Any, antialias: Any, a: Any
) -> None:
    """Refuse what does not go together, whatever the input."""
    if mode not in MODES:
        raise ValueError(_errors.RESIZE_MODE.format(name=name, known=tuple(MODES), got=mode))
    if corners is not None and mode in CORNERLESS:
        raise ValueError(_errors.RESIZE_CORNERS.format(name=name, mode=mode, got=corners))
    if (size is None) == (scale is None):
        raise ValueError(_errors.RESIZE_BOTH.format(name=name, size=size, scale=scale))
    if recompute and size is not None:
        raise ValueError(_errors.RESIZE_RECOMPUTE.format(name=name, got=recompute))
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(_errors.RESIZE_ANTIALIAS.format(name=name, got=antialias, mode=mode))
    if a is not None and mode != "bicubic":
        raise ValueError(_errors.RESIZE_CUBIC.format(name=name, got=a, mode=mode))


def nearest(of: Length, middle: bool, dtype: Dtype, small: bool) -> Axis:
    """Return the axis of nearest samples; numbers of 64 bits are those that PyTorch looks at in double precision."""
    double = dtype.char in "dD"
    return _table(_resize_tables.nearest, of.data, of.out, of.scale, middle, double, small)


def _table(make: Callable[..., Axis], *numbers: Any) -> Axis:
    key = (make.__name__, *numbers)
    axis: Axis | None = _tables.get(key)
    if axis is None:
        axis = _tables[key] = make(*numbers)
    return axis


def _planned(
    name: str,
    shape: Sizes,
    dtype: Dtype,
    first: int,
    lengths: tuple[Length, ...],
    along: Callable[[int, Length], Axis],
    mode: str,
    last: bool,
) -> Plan:
    result = np.dtype(dtype.char)
    known(name, "input", dtype)
    rank = len(lengths)
    lead, trail = shape[:first], shape[first + rank :]
    out = (*lead, *(of.out for of in lengths), *trail)
    _resize_shapes.refuse_large(name, out, result.itemsize)
    still = [_table(_resize_tables.copies, 1)] * (3 - rank)
    axes: Any = (*still, *map(along, range(rank), lengths))
    copied = all(axis.weights is None for axis in axes)
    work = result if copied else np.dtype(WORK.get(result.char, result.char))
    if not copied and result.char in "bh" and not all(_shares(axis) for axis in axes):
        work = np.dtype(np.int64)
    parts = result.kind == "c" and not copied
    channels = last or parts
    deep = (prod(trail) * (2 if parts else 1),) if channels else ()
    planes = prod(lead)
    return Plan(
        name=name,
        out=out,
        dtype=result,
        work=work,
        items=shape[0] if first in (1, 2) else 0,
        x=(planes, *(axis.data for axis in axes), *deep),
        y=(planes, *(axis.out for axis in axes), *deep),
        axes=axes,
        lengths=lengths,
        first=first,
        channels=channels,
        wide=work.char in WIDE and not copied,
        mode=mode,
        ops=planes * prod(deep) * _operations(axes, work.itemsize),
        terms=prod(1 if axis.weights is None else axis.weights.shape[1] for axis in axes),
    )


def _shares(axis: Axis) -> bool:
    """Return whether weights add up to 1, as all do but for a caller's own taps."""
    recipe = axis.recipe
    return recipe is None or not recipe.taps or sum(recipe.taps) == 1


def _operations(axes: Axes, size: int) -> int:
    """Return the multiply-adds of one plane, or its bytes where it takes as long to bring them."""
    done, sizes = 0, [axis.data for axis in axes]
    for i in (2, 1, 0):  # whichever comes first
        sizes[i] = axes[i].out
        weights = axes[i].weights
        done += 0 if weights is None else prod(sizes) * weights.shape[1]
    return max(done, size * prod(sizes))


def taps(name: str, given: Any) -> Any:
    """Return an anti-alias filter as a kernel's name or its taps, exactly."""
    if given is None or (isinstance(given, str) and given in DOWN):
        return given if given is None else str(given)
    try:
        numbers = np.asarray(given)
        good = numbers.ndim == 1 and numbers.size > 0 and numbers.dtype.kind in "biuf" and not isinstance(given, str)
        if good and np.isfinite(numbers).all():
            return tuple(Fraction(number) for number in numbers.tolist())
    except (TypeError, ValueError):  # of lists that are no grid
        pass
    raise ValueError(_errors.RESIZE_TAPS.format(name=name, known=tuple(DOWN), got=given))
