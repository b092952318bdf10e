"""One call of convolve, correlate, convolve2d or correlate2d: five steps, and the ways out of them."""

from __future__ import annotations

import os
from collections.abc import Hashable
from contextlib import suppress
from math import prod
from typing import Any

import numpy as np

from . import _by_transform, _choose, _compute, _errors, _kernels, _plans, _raising, _shapes, _threads
from ._cache import Prepared
from ._coerce import FLOATS, INTEGERS, into, output
from ._originals import original
from ._plans import Plan
from ._routes import borders
from .explaining import Explanation, by_scipy

Array = np.ndarray[Any, Any]


def run(
    name: str,
    in1: Any,
    in2: Any,
    mode: Any,
    method: Any,
    workers: Any,
    out: Any,
    boundary: Any,
    fillvalue: Any,
    prepared: Prepared | None = None,
) -> Any:
    """Compute one call; routes keep in `prepared` what they make of in2, the same in all calls that share it."""
    if foreign(in1, in2):
        refuse_boundary(name, in1, in2, boundary)
        rest = (boundary, fillvalue) if name.endswith("2d") else (method,)
        return original(name)(in1, in2, mode, *rest)
    x, h = array(in1), array(in2)
    fill = 0 if type(fillvalue) is int and not fillvalue else _fill(name, boundary, fillvalue, x, h)
    try:
        plan = _plans.plan(name, x.shape, h.shape, x.dtype, h.dtype, mode, method, boundary, fill != 0)
    except TypeError:
        _refuse_unhashable(name, mode, method, boundary)
        raise
    threads = _threads.count(name, workers, plan.ops)
    if plan.kind != "sum":
        return _elsewhere(plan, in1, in2, x, h, boundary, fillvalue, method, out)
    y = output(name, out, plan.out, plan.dtype, x, h)
    if prepared is not None and (plan.swap or any(n == 1 < k for n, k in zip(x.shape, h.shape, strict=True))):
        prepared = None  # in1 is the filter, or in2 a bank of them: not what other calls prepare
    y, nonfinite = _compute.run(
        plan, x, h, y, fill if plan.bordered else 0, threads, fresh=out is None, prepared=prepared
    )
    if nonfinite:
        _raising.warn(_errors.FFT_NONFINITE.format(name=name))
    return y


def explain(
    name: str,
    in1: Any,
    in2: Any,
    mode: Any,
    method: Any,
    workers: Any,
    out: Any,
    boundary: Any,
    fillvalue: Any,
    batch: _shapes.Shape = (),
) -> Explanation:
    """Say what `run` would do with the same arguments."""
    x, h = array(in1), array(in2)
    fill = _fill(name, boundary, fillvalue, x, h)
    plan = _plans.plan(name, x.shape, h.shape, x.dtype, h.dtype, mode, method, boundary, fill != 0, batch)
    threads = _threads.count(name, workers, plan.ops)
    if plan.kind == "product":
        return Explanation(
            name, "product", "two 0-d arrays", {}, {}, _kernels.level, 1, str(np.result_type(x, h)), (), 0, 0
        )
    if plan.kind != "sum":
        return _scipys_plan(plan, x, h, boundary, fillvalue, method)
    route, reason = _route(plan, x, h, fill)
    points, cut = 0, plan.cut
    blocks = {"rows": cut.rows.out, "columns": cut.cols.out, "planes": prod(axis.out for axis in cut.outer)}
    if route in _plans.TRANSFORMS:
        grid = _by_transform.grid(plan)
        # A sum over parts has an error like that of a transform of as many points as all of them have.
        points = prod(grid.points) * grid.parts
        blocks = {
            "points": prod(grid.points), "rows": prod(grid.hop[:-1]), "columns": grid.hop[-1], "parts": grid.parts,
            "blocks": prod(grid.number(_choose.item(plan.axes, plan.bordered))),
        }  # fmt: skip
    return Explanation(
        name, route, reason, dict(plan.costs), blocks, _kernels.level, threads, str(plan.dtype), plan.out,
        _shapes.terms(plan.axes, plan.bordered), points,
    )  # fmt: skip


def _scipys_plan(plan: Plan, x: Array, h: Array, boundary: Any, fillvalue: Any, method: Any) -> Explanation:
    """Say what SciPy's function would do: asked, where there is nothing to compute, or else of one element each."""
    reason = f"kernels do not compute {x.dtype} with {h.dtype}"
    a, b = (one[(slice(1),) * one.ndim] for one in (x, h))
    if plan.kind == "empty":
        reason, a, b = "an array without elements gets SciPy's answer", x, h
    try:
        made = np.asarray(_elsewhere(plan, a, b, a, b, boundary, fillvalue, method, None))
    except Exception as error:  # whatever SciPy raises
        return by_scipy(plan.name, f"SciPy's function refuses it: {error}")
    return by_scipy(plan.name, reason, made.dtype, made.shape if plan.kind == "empty" else plan.out)


def _route(plan: Plan, x: Array, h: Array, fill: Any) -> tuple[str, str]:
    """Return the route, now that the values are there to see, and why."""
    route = plan.route
    reason = "the least predicted time" if plan.auto else "the method asked for"
    if route == "separable":
        if plan.cut.blocks > 1:
            return route, "the least predicted time for those filters of the bank that have rank 1"
        if _compute.factors(plan, x, _compute.cropped(plan, h)) is not None:
            return route, "the filter has rank 1: two passes of P + Q products instead of P * Q"
        route, reason = plan.fallback, "the least predicted time; the filter has not rank 1"
    if route in _plans.TRANSFORMS and plan.dtype.kind in "biu" and not _compute.certain(plan, x, h, fill):
        return "direct", "rounding a transform could miss the exact integers"
    return route, reason


def choose(in1: Any, in2: Any, mode: Any) -> str:
    """Return SciPy's word for the route that convolve would take by itself."""
    x, h = array(in1), array(in2)
    if x.ndim != h.ndim:
        return str(original("choose_conv_method")(in1, in2, mode))
    try:
        plan = _plans.plan("choose_conv_method", x.shape, h.shape, x.dtype, h.dtype, mode, "auto")
    except (TypeError, ValueError):  # SciPy's function does not look at all that convolve would refuse
        with suppress(ValueError):
            return str(original("choose_conv_method")(in1, in2, mode))
        _refuse_unhashable("choose_conv_method", mode, "auto", "fill")
        raise
    if plan.kind != "sum":
        return str(original("choose_conv_method")(in1, in2, mode))
    return "fft" if _route(plan, x, h, 0)[0] in _plans.TRANSFORMS else "direct"


def _refuse_unhashable(name: str, mode: Any, method: Any, boundary: Any) -> None:
    """Raise SciPy's class of error for a list and the like where a word is expected."""
    if not isinstance(method, Hashable):
        raise ValueError(_errors.CONVOLUTION_METHOD.format(name=name, got=method)) from None
    if not isinstance(mode, Hashable):
        kind = ValueError if name in ("convolve", "choose_conv_method") and method != "direct" else TypeError
        raise kind(_errors.CONVOLUTION_MODE.format(name=name, got=mode)) from None
    if not isinstance(boundary, Hashable):
        raise TypeError(_errors.CONVOLUTION_BOUNDARY.format(name=name, got=boundary)) from None


def _elsewhere(
    plan: Plan, in1: Any, in2: Any, x: Array, h: Array, boundary: Any, fillvalue: Any, method: Any, out: Any
) -> Any:
    """Return what is no sum of ours: a product, or SciPy's own answer or error."""
    name = plan.name
    if plan.kind == "product":
        result = x * (h.conj() if name.startswith("correlate") and h.dtype.kind == "c" else h)
    else:
        mode = plan.mode
        if plan.kind == "scipy" and x.size and h.size and _only_ours(name, boundary) and mode != "valid":
            axes = _shapes.axes(plan.window, swap=False, reverse=False)
            in1, mode, boundary = borders.around(x, axes, _plans.BOUNDARIES[boundary]), "valid", "fill"
        rest = (_nearest(boundary), fillvalue) if name.endswith("2d") else (method,)
        result = scipys(name, x, h, in1, in2, mode, *rest)
    return into(name, out, result, x, h)


def scipys(name: str, x: Array, h: Array, *args: Any) -> Any:
    """Return SciPy's own answer, or raise its error, which says then what the two arrays are."""
    try:
        return original(name)(*args)
    except (ValueError, TypeError, IndexError, RuntimeError) as error:
        got = [f"{a.dtype} of shape {a.shape}" for a in (x, h)]
        text = _errors.SCIPYS.format(name=name, why=error, in1=got[0], in2=got[1])
        raise _raising.again(error, text) from error


def _only_ours(name: str, boundary: Any) -> bool:
    """Return whether SciPy's function has no such boundary."""
    return _plans.BOUNDARIES.get(boundary, 0) > (2 if name.endswith("2d") else 0)


def _nearest(boundary: Any) -> Any:
    """Return a boundary that SciPy knows, and that asks the same of the arguments."""
    return "symm" if isinstance(boundary, str) and boundary in ("reflect", "edge") else boundary


def refuse_boundary(name: str, in1: Any, in2: Any, boundary: Any) -> None:
    """Raise where SciPy is to compute on arrays that are not NumPy's, and has no such boundary."""
    if isinstance(boundary, Hashable) and _only_ours(name, boundary):
        kinds = {"in1": type(in1).__name__, "in2": type(in2).__name__}
        raise TypeError(_errors.BOUNDARY_FOREIGN.format(name=name, got=boundary, **kinds))


def array(x: Any) -> Array:
    return x if type(x) is np.ndarray else np.asarray(x)


def foreign(in1: Any, in2: Any) -> bool:
    """Return whether SciPy, told to, would compute on arrays that are not NumPy's."""
    return (type(in1) is not np.ndarray or type(in2) is not np.ndarray) and (_foreign(in1) or _foreign(in2))


def _foreign(x: Any) -> bool:
    """Return whether SciPy, told to, would not take x for the NumPy array that it can be made into."""
    return (
        os.environ.get("SCIPY_ARRAY_API", "0") not in ("", "0", "False")
        and type(x) not in (np.ndarray, np.memmap)
        and (isinstance(x, np.ndarray) or (hasattr(x, "__array_namespace__") and not isinstance(x, np.generic)))
    )


def _fill(name: str, boundary: Any, fillvalue: Any, x: Array, h: Array) -> Any:
    """Return fillvalue as a number of the result's type, by SciPy's rules for what can be one at this boundary."""
    if not all(a.dtype.char in FLOATS or a.dtype.char in INTEGERS for a in (x, h)):
        return 0  # SciPy's function will see it
    dtype = np.result_type(x, h)
    try:
        if dtype.kind == "b":
            return int(bool(fillvalue))
        if type(fillvalue) in (int, float, bool, complex):
            return np.array(fillvalue, dtype).item()
    except (TypeError, ValueError, OverflowError):
        pass  # SciPy's error comes below
    try:
        one = np.ones((1, 2), dtype if dtype.kind != "b" else np.uint8)
        return original("convolve2d")(one[:, :1] * 0, one, "full", _nearest(boundary), fillvalue)[0, 0].item()
    except (TypeError, ValueError) as error:
        raise _raising.again(error, f"{name}: {error}, got {fillvalue!r}") from None
