"""Run a plan: roles, conversions, the route, and what is left to do to its result."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from . import _by_transform, _plans, _shapes
from ._cache import Prepared
from ._coerce import contiguous, finite
from ._plans import TRANSFORMS, Plan
from ._routes import direct, separable

Array = np.ndarray[Any, Any]
Index = tuple[int | slice, ...]

BORDERS = ("fill", "wrap", "symm", "reflect", "edge")  # by the kernels' number
CHUNK = 1 << 15


def run(
    plan: Plan,
    in1: Array,
    in2: Array,
    y: Array,
    fill: Any,
    workers: int,
    *,
    fresh: bool = False,
    prepared: Prepared | None = None,
) -> tuple[Array, bool]:
    """Fill y, of any layout; return the result, and whether a NaN or an infinity met a transform asked for by name.

    The result is y, or where that is `fresh`, nobody's yet, it may be a reversed view of it. In `prepared` a transform
    looks for the taps' spectra, and leaves them.
    """
    if plan.route in TRANSFORMS:
        return _transformed(plan, in1, in2, y, fill, workers, fresh, prepared)
    if plan.watch and not _usable(plan, in1, in2):
        if not _by_item(plan, in1, in2, y, fill, workers):
            y = _nonfinite(plan, in1, in2, y, workers)
        return y, False
    in2 = cropped(plan, in2)
    if plan.route == "separable":
        return _separate(plan, in1, in2, y, fill, workers, fresh, prepared)
    x, w = _operands(plan, in1, in2)
    made = _target(plan, y)
    direct.run(x, w, made, plan.cut, plan.boundary, fill, workers, polyphase=plan.polyphase)
    return (_deliver(plan, made, y, fresh) if made is not y or plan.reverse else y), False


def _by_item(plan: Plan, in1: Array, in2: Array, y: Array, fill: Any, workers: int) -> bool:
    """Fill y item by item, and return True, where there is more than one.

    What one item holds must not change another's bytes: each is asked alone, as if it came alone.
    """
    batch = [range(n) if k == 1 < n else (slice(None),) for n, k in zip(in1.shape, in2.shape, strict=True)]
    index: list[Index] = list(product(*batch))
    if len(index) == 1:
        return False
    method = "auto" if plan.auto else "fft" if plan.route in TRANSFORMS else "direct"
    for at in index:
        y[at] = _part(plan, in1, in2, at, fill, workers, method)
    return True


def _transformed(
    plan: Plan, in1: Array, in2: Array, y: Array, fill: Any, workers: int, fresh: bool, prepared: Prepared | None
) -> tuple[Array, bool]:
    """Compute by transforms."""
    x, w = _operands(plan, in1, cropped(plan, in2))
    # What is dropped of a bank is looked at too. A glance at the data tells, among the rest, whether they are finite.
    seen = _by_transform.glances(plan, x, w, fill, workers) if plan.crop is None else None
    if seen is not None:
        nonfinite = not all(glance.finite for glance in seen)
    else:
        nonfinite = plan.dtype.kind in "fc" and not (finite(in1) and finite(in2))
    if nonfinite and plan.absent and not plan.bordered:
        # A tap times an absent sample is a term: which are the taps is SciPy's to say, and what one item's taps make
        # of it must not reach the next, as along a bank of them it would.
        turned = plan.swap != plan.scipy_swap or plan.crop is not None
        items = plan.swap and any(k == 1 < n for n, k in zip(in1.shape, in2.shape, strict=True))
        if (turned or items) and _by_item(plan, in1, in2, y, fill, workers):
            return y, not plan.auto
        if turned:
            plan = _plans.literal(plan)
            x, w = _operands(plan, in1, cropped(plan, in2))
    if plan.route not in TRANSFORMS:
        return _nonfinite(plan, in1, in2, y, workers), False
    made = _target(plan, y)
    fill = fill if plan.bordered else 0
    kept = None if nonfinite else prepared
    _by_transform.run(plan, x, w, made, fill, workers, kept, nonfinite=nonfinite, seen=seen)
    return (_deliver(plan, made, y, fresh) if made is not y or plan.reverse else y), nonfinite and not plan.auto


def cropped(plan: Plan, in2: Array) -> Array:
    """Return in2 without what 'same' drops of a filter bank."""
    return in2 if plan.crop is None else in2[plan.crop]


def factors(plan: Plan, in1: Array, in2: Array) -> tuple[Array, Array] | None:
    """Return the two factors of the taps of a plan without filter banks, if they are separable."""
    return separable.factors(_taps(plan, in1, in2).reshape(plan.cut.rows.taps, plan.cut.cols.taps))


def certain(plan: Plan, in1: Array, in2: Array, fill: Any) -> bool:
    """Return whether the plan's transforms, rounded, give the exact integers."""
    x, w = _operands(plan, in1, cropped(plan, in2))
    return _by_transform.certain(plan, x, w, fill)


def _separate(
    plan: Plan,
    in1: Array,
    in2: Array,
    y: Array,
    fill: Any,
    workers: int,
    fresh: bool,
    prepared: Prepared | None,
) -> tuple[Array, bool]:
    """Compute in two passes where the taps allow, else by the next best route."""
    if plan.cut.blocks > 1:  # a filter bank: each filter is asked alone, as if it came alone
        bank = [i for i, (n, k) in enumerate(zip(plan.window.in1, plan.window.in2, strict=True)) if n == 1 or k == 1]
        for index in np.ndindex(*(plan.out[i] for i in bank)):
            at: list[Any] = [slice(None)] * len(plan.out)
            for axis, i in zip(bank, index, strict=True):
                at[axis] = i
            y[tuple(at)] = _part(plan, in1, in2, tuple(at), fill, workers, "auto")
        return y, False
    key = "separable", plan.taps_dtype
    kept = None if prepared is None else prepared.get(key)
    (uv,) = kept or (factors(plan, in1, in2),)
    if prepared is not None and kept is None:
        prepared[key] = (uv,)
    if uv is None:
        plan = plan._replace(route=plan.fallback, watch=False, crop=None)
        return run(plan, in1, in2, y, fill, workers, fresh=fresh, prepared=prepared)
    made = _target(plan, y)
    separable.run(_data(plan, in1, in2), uv, made, plan.cut, plan.boundary, fill, workers)
    return _deliver(plan, made, y, fresh), False


def _part(plan: Plan, in1: Array, in2: Array, index: Index, fill: Any, workers: int, method: str) -> Array:
    """Return the part of a result at an index that picks one element of some batch axes, by its own plan."""
    at1, at2 = [slice(None)] * in1.ndim, [slice(None)] * in1.ndim
    for axis, (i, n, k) in enumerate(zip(index, in1.shape, in2.shape, strict=True)):
        if not isinstance(i, int):
            continue
        if n > 1:
            at1[axis] = slice(i, i + 1)
        if k > 1:
            j = k - 1 - i if plan.turn is None else i  # a correlation's in2 is reversed on every axis
            at2[axis] = slice(j, j + 1)
    x, h = in1[tuple(at1)], in2[tuple(at2)]
    border = BORDERS[plan.boundary], plan.bordered and fill != 0
    own = _plans.plan(plan.name, x.shape, h.shape, x.dtype, h.dtype, plan.mode, method, *border, plan.batch)
    y, _ = run(own, x, h, np.empty(own.out, own.dtype), fill, workers, fresh=True)
    return y[tuple(0 if isinstance(i, int) else slice(None) for i in index)]


def _data(plan: Plan, in1: Array, in2: Array) -> Array:
    data = in2 if plan.swap else in1
    if plan.order is not None:
        data = data.transpose(plan.order)
    return contiguous(data, plan.sum_dtype)


def _taps(plan: Plan, in1: Array, in2: Array) -> Array:
    taps = in1 if plan.swap else in2
    if plan.turn is not None:
        taps = taps[plan.turn]
    if plan.order is not None:
        taps = taps.transpose(plan.order)
    taps = contiguous(taps, plan.taps_dtype)
    return taps.conj() if plan.conj_taps else taps


def _operands(plan: Plan, in1: Array, in2: Array) -> tuple[Array, Array]:
    return _data(plan, in1, in2), _taps(plan, in1, in2)


def _target(plan: Plan, y: Array) -> Array:
    """Return where the sums go: y itself where its layout and type are the kernels'."""
    if plan.order is None and plan.dtype.kind != "b" and y.flags.c_contiguous and y.flags.aligned:
        return y
    return np.empty([axis.out for axis in plan.axes], plan.sum_dtype)


def _deliver(plan: Plan, made: Array, y: Array, fresh: bool) -> Array:
    """Bring finished sums into y, and return it or, where it is fresh, a reversed view of it."""
    if plan.conj_out:
        np.conjugate(made, out=made)
    if plan.reverse and made is y and fresh:
        return y[(slice(None, None, -1),) * y.ndim]  # as SciPy does
    if plan.reverse:
        _reverse(made.reshape(-1))
    if made is y:
        return y
    if plan.order is not None:
        made = made.transpose(np.argsort(plan.order))
    if plan.dtype.kind == "b":
        np.not_equal(made, 0, out=y)
    else:
        y[...] = made
    return y


def _reverse(y: Array) -> None:
    """Reverse a row in place, without a copy of all of it."""
    n = len(y)
    for start in range(0, n // 2, CHUNK):
        stop = min(start + CHUNK, n // 2)
        front, back = y[start:stop], y[n - stop : n - start]
        kept = front.copy()
        front[...] = back[::-1]
        back[...] = kept[::-1]


def _usable(plan: Plan, in1: Array, in2: Array) -> bool:
    """Return whether the taps, ours and SciPy's, are finite, so that absent samples add nothing."""
    if not plan.absent:
        # The polyphase kernel leaves absent samples out.
        return plan.polyphase or finite(in1 if plan.swap else in2)
    return finite(in1 if plan.scipy_swap else in2) and (
        plan.swap == plan.scipy_swap or finite(in1 if plan.swap else in2)
    )


def _nonfinite(plan: Plan, in1: Array, in2: Array, y: Array, workers: int) -> Array:
    """Compute with taps that are not finite, where SciPy's answer depends on what is absent.

    In one dimension an absent sample is no term. Otherwise it is a zero, with the roles that SciPy gives
    the two arrays: the data is padded with them, so that none is absent.
    """
    if plan.absent:
        plan = _plans.literal(plan)
        before = [max(0, -axis.first) for axis in plan.axes]
        behind = [max(0, axis.first + axis.out + axis.taps - 1 - axis.data) for axis in plan.axes]
        x, w = _operands(plan, in1, in2)
        x = np.pad(x, list(zip(before, behind, strict=True)))
        axes = tuple(
            axis._replace(data=n, first=axis.first + b) for axis, n, b in zip(plan.axes, x.shape, before, strict=True)
        )
        cut = _shapes.planes(axes, 2 if plan.dtype.kind == "c" else 1, bordered=True)
    else:
        (x, w), cut = _operands(plan, in1, in2), plan.cut
    made = _target(plan, y)
    direct.run(x, w, made, cut, 0, 0, workers, polyphase=not plan.absent)
    return _deliver(plan, made, y, fresh=False)
