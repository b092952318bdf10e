"""One call of fftconvolve or oaconvolve: their axes, broadcasting and types, over the sums that convolve computes.

An axis that is not among `axes` is a batch axis: along it both arrays go on together, or one of them stays. The
first kind is `paired`: item by item, as each would come alone. The second is a batch, or a bank of filters, to
convolve too. Neither the transform nor the blocks in the names are promised: the route is the router's.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Sequence
from functools import lru_cache
from math import prod
from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from . import _cache, _call, _compute, _errors, _kernels, _plans, _shapes, _threads
from ._coerce import FLOATS, INTEGERS, finite, into, output
from ._originals import original
from ._plans import BOUNDARIES, Dtype, Index
from ._routes import borders, pairs
from ._shapes import Shape
from .explaining import Explanation, by_scipy

Array = np.ndarray[Any, Any]

HALF = "e"


class Request(NamedTuple):
    """What shapes, types and axes make of a call."""

    kind: str  # "sum"; or "product" (no axis to sum along), "number" (two 0-d arrays), "empty", "scipy"
    out: Shape = ()
    dtype: Dtype = np.dtype(float)
    kinds: tuple[Dtype, Dtype] = (np.dtype(float),) * 2  # of the arrays in the sum
    start: Shape = ()  # of the result in the full one
    axes: Shape = ()  # to convolve along
    paired: Shape = ()  # along which items are computed one by one
    batch: Shape = ()  # axes that are broadcast
    integers: bool = False


def run(name: str, in1: Any, in2: Any, mode: Any, axes: Any, workers: Any, out: Any, boundary: Any) -> Any:
    """Compute one call."""
    if _call.foreign(in1, in2):
        _call.refuse_boundary(name, in1, in2, boundary)
        return original(name)(in1, in2, mode, axes)
    x, h = _call.array(in1), _call.array(in2)
    made = _request(name, x.shape, h.shape, x.dtype, h.dtype, _key(mode), _numbers(axes), _key(boundary))
    if made.kind != "sum":
        _threads.count(name, workers, 0)
        return _elsewhere(name, made, in1, in2, x, h, mode, axes, out, boundary)
    y = output(name, out, made.out, made.dtype, x, h)
    if made.integers:
        _integers(name, made, x, h, y, mode, boundary, workers)
    else:
        x, h = (a.astype(kind, copy=False) for a, kind in zip((x, h), made.kinds, strict=True))
        _sum(name, made, x, h, y, mode, boundary, workers)
    return y


def explain(name: str, in1: Any, in2: Any, mode: Any, axes: Any, workers: Any, out: Any, boundary: Any) -> Explanation:
    """Say what `run` would do with the same arguments."""
    x, h = _call.array(in1), _call.array(in2)
    made = _request(name, x.shape, h.shape, x.dtype, h.dtype, _key(mode), _numbers(axes), _key(boundary))
    if made.kind != "sum":
        reason = {
            "number": "two 0-d arrays",
            "product": "no axis along which both arrays have more than one element",
            "empty": "an array without elements",
            "scipy": f"kernels do not compute {x.dtype} with {h.dtype}",
        }[made.kind]
        threads = _threads.count(name, workers, 0)
        if made.kind != "scipy":
            dtype = "float64" if made.kind == "empty" else str(np.result_type(x, h))
            return Explanation(name, "product", reason, {}, {}, _kernels.level, threads, dtype, made.out, 0, 0)
        try:
            one = original(name)(*(a[(slice(2),) * a.ndim] for a in (x, h)), "full")  # of the type that all would be
        except Exception as error:  # whatever SciPy raises
            return by_scipy(name, f"SciPy's function refuses it: {error}")
        return by_scipy(name, reason, one.dtype, made.out)
    kinds = (_width(_bound(made, x, h, boundary)),) * 2 if made.integers else made.kinds
    x, h = (a.astype(kind, copy=False) for a, kind in zip((x, h), kinds, strict=True))
    x, h = (_one(a, made.paired, (0,) * len(made.paired)) for a in (x, h))
    own = _call.explain(name, x, h, mode, "auto", workers, out, boundary, 0, batch=made.batch)
    return own._replace(dtype=str(made.dtype), shape=made.out)


def _key(argument: Any) -> Hashable:
    """Return an argument that should be a word in a form that can be looked up."""
    return argument if isinstance(argument, Hashable) else repr(argument)


def _numbers(axes: Any) -> tuple[int, ...] | str | None:
    """Return axes as integers; where they are none, as the text of what they are."""
    if axes is None:
        return None
    try:
        given: Any = (axes,) if isinstance(axes, Number) else axes
        return tuple(operator.index(axis) for axis in given)
    except TypeError:
        return repr(axes)


@lru_cache(maxsize=1024)
def _request(
    name: str,
    in1: Shape,
    in2: Shape,
    dtype1: Dtype,
    dtype2: Dtype,
    mode: Any,
    axes: tuple[int, ...] | str | None,
    boundary: Any,
) -> Request:
    """Return what is asked for, or raise SciPy's errors in SciPy's order."""
    if not in1 and not in2:
        return Request("number")
    if len(in1) != len(in2):
        raise ValueError(_errors.CONVOLUTION_NDIM[name].format(name=name, in1=in1, in2=in2))
    if 0 in in1 or 0 in in2:
        return Request("empty", (0,))
    given = _axes(name, len(in1), axes)
    lengths = list(zip(in1, in2, strict=True))
    if not all(1 in (n, k) or n == k or i in given for i, (n, k) in enumerate(lengths)):
        raise ValueError(_errors.INCOMPATIBLE.format(name=name, in1=in1, in2=in2))
    summed = [i for i in given if 1 not in lengths[i]]
    if mode == "valid" and len({n > k for n, k in (lengths[i] for i in summed) if n != k}) > 1:
        raise ValueError(_errors.CONVOLUTION_VALID.format(name=name, in1=in1, in2=in2))
    if mode not in ("full", "same", "valid"):
        raise ValueError(_errors.FREQUENCY_MODE.format(name=name, got=mode))
    if not isinstance(boundary, str) or boundary not in BOUNDARIES:
        raise ValueError(_errors.CONVOLUTION_BOUNDARY.format(name=name, got=boundary))
    return _made(lengths, given, (dtype1, dtype2), mode, bool(BOUNDARIES[boundary]) and mode != "valid")


_cache.forgets(_request.cache_clear)


def _made(lengths: Sequence[Shape], given: set[int], dtypes: tuple[Dtype, Dtype], mode: str, bordered: bool) -> Request:
    start, out, paired, broadcast = [], [], [], []
    for i, (n, k) in enumerate(lengths):
        first, count = {"full": (0, n + k - 1), "same": ((k - 1) // 2, n), "valid": (min(n, k) - 1, abs(n - k) + 1)}[
            mode
        ]
        if i not in given:
            first, count = 0, max(n, k)
            # Under a boundary a bank's single sample would go on: each filter is one of its own.
            paired += [i] if n == k > 1 or (bordered and n == 1 < k) else []
        if i not in given or (mode == "valid" and 1 in (n, k)):
            broadcast.append(i)
        start.append(first)
        out.append(count)
    sums = any(1 not in (n, k) or (bordered and k > 1) for n, k in (lengths[i] for i in given))
    entering = [_entering(dtype) for dtype in dtypes]
    known = [dtype for dtype in entering if dtype is not None]  # `in` would not do: to NumPy, None is float64
    kind = "product" if not sums else "sum" if len(known) == 2 else "scipy"
    return Request(
        kind=kind,
        out=tuple(out),
        dtype=np.result_type(*known) if kind == "sum" else np.dtype(float),
        kinds=(known[0], known[1]) if kind == "sum" else (np.dtype(float),) * 2,
        start=tuple(start),
        axes=tuple(sorted(given)),
        paired=tuple(paired),
        batch=tuple(broadcast),
        integers=all(dtype.char in INTEGERS for dtype in dtypes),
    )


def _axes(name: str, ndim: int, axes: tuple[int, ...] | str | None) -> set[int]:
    """Return the axes to convolve along, by scipy.fft's rules."""
    if axes is None:
        return set(range(ndim))
    if isinstance(axes, str):
        raise ValueError(_errors.AXES_TYPE.format(name=name, got=axes))
    if not all(-ndim <= axis < ndim for axis in axes):
        raise ValueError(_errors.AXES_RANGE.format(name=name, got=axes, ndim=ndim))
    found = {axis % ndim for axis in axes}
    if len(found) < len(axes):
        raise ValueError(_errors.AXES_TWICE.format(name=name, got=axes))
    if not axes:
        raise ValueError(_errors.AXES_EMPTY.format(name=name, got=axes))
    return found


def _entering(dtype: Dtype) -> Dtype | None:
    """Return the type in which an array enters the sum: scipy.fft's."""
    if dtype.char in INTEGERS:
        return np.dtype(float)
    if dtype.char == HALF:
        return np.dtype(np.float32)
    return np.dtype(dtype.char) if dtype.char in FLOATS else None


def _one(x: Array, paired: Shape, index: Shape) -> Array:
    """Return one item, its axes where they were: what a NaN means depends on how many there are."""
    at: list[slice] = [slice(None)] * x.ndim
    for axis, i in zip(paired, index, strict=True):
        at[axis] = slice(i, i + 1) if x.shape[axis] > 1 else slice(None)
    return x[tuple(at)]


def _apart(x: Array, paired: Shape, *, empty: bool = False) -> Array:
    """Return a copy of an array, or an empty one of its kind, in which each item lies in one piece."""
    front = range(len(paired))
    moved = np.moveaxis(x, paired, front)
    return np.moveaxis(np.empty(moved.shape, x.dtype) if empty else np.ascontiguousarray(moved), front, paired)


def _sum(name: str, made: Request, x: Array, h: Array, y: Array, mode: str, boundary: str, workers: int | None) -> None:
    """Fill y, with arrays of the types that the sum has."""
    shapes = ([1 if i in made.paired else n for i, n in enumerate(a.shape)] for a in (x, h))
    plan = _plans.plan(name, *map(tuple, shapes), x.dtype, h.dtype, mode, "auto", boundary, batch=made.batch)
    items = [y.shape[axis] for axis in made.paired]
    if items and pairs.serve(plan) and finite(x) and finite(h):
        pairs.run(plan, x, h, y, made.paired, _threads.count(name, workers, plan.ops * prod(items)))
        return
    threads = _threads.count(name, workers, plan.ops)
    given = y
    if made.paired != tuple(range(len(items))):  # an item would be gathered from all over the arrays
        x, h, y = _apart(x, made.paired), _apart(h, made.paired), _apart(y, made.paired, empty=True)
    for index in np.ndindex(*items):
        a, b, to = (_one(whole, made.paired, index) for whole in (x, h, y))
        _compute.run(plan, a, b, to, 0, threads)
    if y is not given:
        given[...] = y


def _bound(made: Request, x: Array, h: Array, boundary: str) -> int:
    """Return what no sum of products of integers exceeds in magnitude, nor any part of it."""
    return _terms(made, x, h, boundary) * prod(max(-int(a.min()), int(a.max())) for a in (x, h))


def _terms(made: Request, x: Array, h: Array, boundary: str) -> int:
    """Return the most products that a sum has."""
    return prod(h.shape[i] if BOUNDARIES[boundary] else min(x.shape[i], h.shape[i]) for i in made.axes)


def _width(bound: int) -> Dtype:
    """Return the integer type of the sums; where none is wide enough, that of their parts."""
    return np.dtype(np.int32 if bound < 2**31 else np.int64)


def _integers(
    name: str, made: Request, x: Array, h: Array, y: Array, mode: str, boundary: str, workers: int | None
) -> None:
    """Fill y with exact sums of integers, each rounded once to float64."""
    bound = _bound(made, x, h, boundary)
    kind = _width(bound)
    sums = np.empty(made.out, kind)
    if bound < 2**63:
        _sum(name, made, x.astype(kind, copy=False), h.astype(kind, copy=False), sums, mode, boundary, workers)
        y[...] = sums
        return
    # Both are cut into digits of so few bits that no sum of their products leaves 63.
    bits = (63 - _terms(made, x, h, boundary).bit_length()) // 2
    total: Any = np.zeros(made.out, object)
    for p, low in enumerate(_digits(x, bits)):
        for q, lower in enumerate(_digits(h, bits)):
            _sum(name, made, low, lower, sums, mode, boundary, workers)
            total += sums.astype(object) << (p + q) * bits
    y[...] = total.astype(float)


def _digits(x: Array, bits: int) -> list[Array]:
    """Return integers as digits to the base of 2^bits, the lowest first, the last with the sign."""
    unsigned = x.dtype.kind == "u"
    digits, rest = [], x.astype(np.uint64 if unsigned else np.int64)
    for _ in range(0, (64 if unsigned else 63) - bits, bits):
        digits.append((rest & rest.dtype.type(2**bits - 1)).astype(np.int64))
        rest = rest >> rest.dtype.type(bits)
    return [*digits, rest.astype(np.int64)]


def _elsewhere(
    name: str, made: Request, in1: Any, in2: Any, x: Array, h: Array, mode: Any, axes: Any, out: Any, boundary: Any
) -> Any:
    """Return what is no sum of ours: a product, nothing, or SciPy's own answer or error."""
    keep: Index = tuple(slice(first, first + n) for first, n in zip(made.start, made.out, strict=False))
    if made.kind == "empty":
        result: Any = np.array([])
    elif made.kind in ("number", "product"):
        result = (x * h)[keep] if keep else x * h
    else:
        result = _by_scipy(name, made, in1, in2, x, h, mode, axes, boundary, keep)
    return into(name, out, result, x, h)


def _by_scipy(
    name: str, made: Request, in1: Any, in2: Any, x: Array, h: Array, mode: Any, axes: Any, boundary: Any, keep: Index
) -> Any:
    if mode == "same" and not BOUNDARIES[boundary]:  # SciPy's drops what is broadcast
        return _call.scipys(name, x, h, in1, in2, "full", axes)[keep].copy()
    if mode != "valid" and BOUNDARIES[boundary]:
        in1, mode = extended(x, h.shape, made, boundary), "valid"
    return _call.scipys(name, x, h, in1, in2, mode, axes)


def extended(x: Array, taps: Shape, made: Request, boundary: str) -> Array:
    """Return x with the samples outside it that some tap of a call meets."""
    axes = tuple(
        _shapes.Axis(n, k, count, start - (k - 1)) if i in made.axes else _shapes.Axis(n, 1, n, 0)
        for i, (n, k, count, start) in enumerate(zip(x.shape, taps, made.out, made.start, strict=True))
    )
    return borders.around(x, axes, BOUNDARIES[boundary])


def request(name: str, in1: Array, in2: Array, mode: Any, axes: Any, boundary: Any) -> Request:
    """Return what is asked for by a call."""
    return _request(name, in1.shape, in2.shape, in1.dtype, in2.dtype, _key(mode), _numbers(axes), _key(boundary))
