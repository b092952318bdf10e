"""Everything about a call of convolution.py that its shapes and types decide, worked out once and kept."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _choose, _errors, _shapes
from ._coerce import FLOATS, INTEGERS
from ._routes import direct
from ._shapes import Axis, Blocks, Planes, Shape, Window

BOUNDARIES = {"fill": 0, "pad": 0, "wrap": 1, "circular": 1, "symm": 2, "symmetric": 2, "reflect": 3, "edge": 4}
METHODS = ("auto", "direct", "fft")
TRANSFORMS = ("overlap-save", "whole FFT")

Dtype = np.dtype[Any]
Index = tuple[Any, ...]


class Plan(NamedTuple):
    """One call: shapes, types, roles and the predicted seconds of its routes.

    With `swap` in2 is the data and in1 the taps. Convolution turns the taps round; correlation does not,
    but where it swaps, its result comes out reversed.
    """

    name: str
    mode: str
    kind: str  # "sum", or what is no sum of ours: "product" of 0-d arrays, "empty", "scipy"
    out: Shape
    dtype: Dtype
    dtypes: tuple[Dtype, Dtype]
    given: Window
    window: Window  # without what 'same' drops of a filter bank
    crop: Index | None  # index that drops it from in2
    auto: bool
    swap: bool = False
    turn: Index | None = None  # index that turns the taps round
    conj_in1: bool = False  # correlate2d's, instead of in2
    bordered: bool = False  # samples outside in1 count
    boundary: int = 0
    batch: Shape = ()  # axes that 'same' and 'valid' leave whole
    absent: bool = False  # a tap times an absent sample is a term, which only a NaN or an infinity tells
    scipy_swap: bool = False  # the roles that SciPy's direct sum gives the two arrays
    # What follows from the roles:
    sum_dtype: Dtype = np.dtype(float)  # differs from dtype for booleans, which are counted
    taps_dtype: Dtype = np.dtype(float)  # differs from sum_dtype for real taps on complex data
    conj_taps: bool = False
    conj_out: bool = False
    reverse: bool = False
    axes: tuple[Axis, ...] = ()
    order: Shape | None = None  # of the axes, where they are not taken as they are
    cut: Planes = _shapes.planes((), 1, False)
    polyphase: bool = False  # the sums are single rows of many taps
    watch: bool = False  # the values decide whether these roles and kernels give SciPy's answer
    ops: int = 0
    # What follows from the costs:
    costs: dict[str, float] = {}  # noqa: RUF012  (never changed)
    route: str = "direct"  # the cheapest; "separable" is still to be confirmed by the taps
    fallback: str = "direct"  # the cheapest when it is not
    blocks: Blocks | None = None  # of overlap-save


@lru_cache(maxsize=1024)
def plan(
    name: str,
    in1: Shape,
    in2: Shape,
    dtype1: Dtype,
    dtype2: Dtype,
    mode: str,
    method: str,
    boundary: str = "fill",
    filled: bool = False,
    batch: Shape = (),
) -> Plan:
    """Return the plan of a call; `filled` says that fillvalue is not 0, `batch` names axes that are only broadcast."""
    kind = _kind(name, in1, in2, dtype1, dtype2)
    if kind == "product":
        return Plan(
            name,
            mode,
            kind,
            (),
            np.result_type(dtype1, dtype2),
            (dtype1, dtype2),
            *(Window((), (), (), ()),) * 2,
            None,
            True,
        )
    window = _window(name, in1, in2, mode, method, boundary, kind, batch)
    if kind != "sum":
        return Plan(name, mode, kind, window.out, dtype1, (dtype1, dtype2), window, window, None, True)
    dtype = np.result_type(dtype1, dtype2)
    image, correlates = name.endswith("2d"), name.startswith("correlate")
    bordered = mode != "valid" and (BOUNDARIES[boundary] != 0 or filled)
    smaller = mode == "valid" and _shapes.smaller(name, *(_without(shape, batch) for shape in (in1, in2)))
    # SciPy compares whole batches; we one item, so that a batch's size changes nothing.
    larger = mode == "full" and not image and prod(in2) > prod(n for n, k in zip(in1, in2, strict=True) if k > 1)
    absent = len(in1) > 1 or (mode == "same" and in1 < in2)
    cropped = None if bordered else _shapes.crop(window, correlates)
    made = Plan(
        name=name,
        mode=mode,
        kind=kind,
        out=window.out,
        dtype=dtype,
        dtypes=(dtype1, dtype2),
        given=window,
        window=cropped[0] if cropped else window,
        crop=cropped[1] if cropped else None,
        auto=method == "auto",
        turn=None if correlates else (slice(None, None, -1),) * len(in1),
        # Where 'valid' swaps, SciPy's correlate2d conjugates in1 and leaves the result.
        conj_in1=image and correlates and smaller and dtype.kind == "c",
        bordered=bordered,
        boundary=BOUNDARIES[boundary] if bordered else 0,
        batch=batch,
        absent=absent and dtype.kind in "fc",
        scipy_swap=larger or smaller,
    )
    swap = not bordered and (made.conj_in1 or _shapes.swapped(made.window.in1, made.window.in2))
    return _with_route(with_roles(made, swap), method)


def _without(shape: Shape, axes: Shape) -> Shape:
    return tuple(n for i, n in enumerate(shape) if i not in axes) if axes else shape


def _window(
    name: str, in1: Shape, in2: Shape, mode: str, method: str, boundary: str, kind: str, batch: Shape
) -> Window:
    """Return which outputs are asked for; refuse what is no method, boundary or mode, and what would crash SciPy."""
    if method not in METHODS:
        raise ValueError(_errors.CONVOLUTION_METHOD.format(name=name, got=method))
    if boundary not in BOUNDARIES:
        raise ValueError(_errors.CONVOLUTION_BOUNDARY.format(name=name, got=boundary))
    window = _shapes.window(name, _without(in1, batch), _without(in2, batch), mode, later_middle=name == "correlate2d")
    for axis in batch:  # in ascending order
        start, out = (list(of) for of in (window.start, window.out))
        start.insert(axis, 0)
        out.insert(axis, in1[axis] * in2[axis])
        window = window._replace(start=tuple(start), out=tuple(out))
    window = window._replace(in1=in1, in2=in2)
    if kind != "sum" and mode == "full" and BOUNDARIES[boundary] and _looks_outside(in1, in2, window.out):
        raise ValueError(_errors.EMPTY_DATA.format(name=name, got=boundary, in1=in1))
    return window


_cache.forgets(plan.cache_clear)


def literal(of: Plan) -> Plan:
    """Return the plan with the arrays in the roles that SciPy's direct sum gives them, and nothing cropped."""
    made = with_roles(of._replace(window=of.given, crop=None), of.scipy_swap)
    return made if of.route not in TRANSFORMS else _with_route(made, "fft")._replace(auto=of.auto)


def _looks_outside(in1: Shape, in2: Shape, out: Shape) -> bool:
    """Return whether a sum looks for a sample that a boundary cannot give, where SciPy divides by a length of 0."""
    if min(out) == 0 or in2[0] == 0:
        return False
    return in1[0] == 0 or any(n == 0 < k for n, k in zip(in1, in2, strict=True))


def _with_route(made: Plan, method: str) -> Plan:
    """Return a plan with the predicted costs and the cheapest route that the method leaves."""
    costs, blocks = _choose.costs(made.axes, made.bordered, made.dtype, made.taps_dtype)
    transforms = [route for route in TRANSFORMS if route in costs]
    allowed = list(costs) if method == "auto" else ["direct"]
    if method == "fft" and transforms:  # where nothing is summed, there is nothing to transform either
        allowed = transforms
    route = min(allowed, key=costs.__getitem__)
    sure = min((route for route in allowed if route != "separable"), key=costs.__getitem__)
    return made._replace(costs=costs, route=route, fallback=sure, blocks=blocks if sure == "overlap-save" else None)


def _kind(name: str, in1: Shape, in2: Shape, dtype1: Dtype, dtype2: Dtype) -> str:
    if len(in1) != len(in2) or (name.endswith("2d") and len(in1) != 2):
        raise ValueError(_errors.CONVOLUTION_NDIM[name].format(name=name, in1=in1, in2=in2))
    if not in1:
        return "product"
    if not all(dtype.char in FLOATS or dtype.char in INTEGERS for dtype in (dtype1, dtype2)):
        return "scipy"
    return "sum" if all(in1) and all(in2) else "empty"


def with_roles(of: Plan, swap: bool) -> Plan:
    """Return the plan with in2, or in1, as the data."""
    correlates, complex_, floats = of.turn is None, of.dtype.kind == "c", of.dtype.kind in "fc"
    reverse = correlates and swap
    axes = _shapes.axes(of.window, swap=swap, reverse=reverse)
    order = _shapes.banks_last(axes, of.bordered)
    if order is not None:
        axes = tuple(axes[i] for i in order)
    cut = _shapes.planes(axes, 2 if complex_ else 1, of.bordered)
    sum_dtype = taps_dtype = of.dtype
    if of.dtype.kind == "b":
        sum_dtype = taps_dtype = np.dtype(np.uint8 if _shapes.terms(axes, of.bordered) < 256 else np.uint32)
    elif complex_ and of.dtypes[0 if swap else 1].kind != "c":
        taps_dtype = of.dtype.type(0).real.dtype  # real taps cost half of what complex ones do
    complex_taps = taps_dtype.kind == "c"
    polyphase = floats and not of.bordered and direct.many(cut)
    bank = any(axis.data == 1 and axis.taps > 1 for axis in axes)  # of filters: one item's taps beside another's
    return of._replace(
        swap=swap,
        sum_dtype=sum_dtype,
        taps_dtype=taps_dtype,
        # A correlation's taps are in2 conjugated; or in1 conjugated, and then so is the result.
        conj_taps=correlates and complex_taps and (swap or not of.conj_in1),
        conj_out=reverse and complex_ and not of.conj_in1,
        reverse=reverse,
        axes=axes,
        order=order,
        cut=cut,
        polyphase=polyphase,
        # The correlate kernel multiplies NaN taps with absent samples inside a plane, as SciPy's N-D sum does.
        watch=floats
        and not of.bordered
        and (of.mode != "valid" or any(axis.data < axis.taps for axis in axes))
        and (not of.absent or swap != of.scipy_swap or bank or cut.blocks > 1 or of.crop is not None or polyphase),
        ops=_shapes.products(axes, of.bordered) * (1 + complex_) * (1 + complex_taps),
    )
