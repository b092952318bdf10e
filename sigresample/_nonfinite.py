"""What keeps NaN and infinities where the direct sum has them, on routes that would spread them.

Such a route is given zeros in their place, and here its result gets what the direct sum gives: NaN where a term is NaN
(a factor is, or an infinity meets a zero) or where terms of +inf and of -inf meet, else the infinity. No sum is done
again. A sum's class is the OR of its terms' (1: +inf, 2: -inf, 3: NaN), so that

    a NaN, or an infinity under taps of one sign     marks a box of outputs: running ORs along each axis
    an infinity under taps of both signs             64 outputs meet one after the other until all are told (kernel)
    what they leave: many terms of one sign          D = signs * signs by one transform, T = the number of such terms:
                                                     +inf where D = T, -inf where D = -T, else NaN

and the same with infinite taps in place of infinite samples. Numbers are complex: touched outputs are NaN, whole.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod, sqrt
from typing import Any, NamedTuple

import numpy as np

from . import _kernels
from ._coerce import contiguous
from ._exact import error_bound
from ._routes.borders import fold
from ._shapes import Axis

Array = np.ndarray[Any, Any]
Signs = tuple[Array, Array]  # where numbers are positive, and negative
# transform(a, b, fill): y[i] = sum_p a[first + i + p] * b[p] for arrays like the data and the taps, both float32 or
# both float64, at the call's boundary with another fill value; off by at most _exact.error_bound.
Transform = Callable[[Array, Array, float], Array]

BLOCK = 64  # the kernel's
MARGIN = 2 * BLOCK
LEFT = 4
RUNS = 6  # boxes of taps of one sign that are sooner done one by one
SCATTER = 64  # marks a block, on average, up to which each is sooner added to the outputs that it meets
LIMIT = 256  # marks that a block meets before a transform is thought of
# What a mark costs a block, and a transform a sample, in seconds, roughly: which of the two tells the rest.
MEET, TRANSFORM = 2e-9, 5e-9


class _Sum(NamedTuple):
    """One call: its axes, and what stands outside the data."""

    axes: tuple[Axis, ...]
    boundary: int
    fill: Any
    present: bool  # a tap times an absent sample is a term
    dtype: np.dtype[Any]
    transform: Transform

    @property
    def real(self) -> bool:
        return self.dtype.kind != "c"

    @property
    def size(self) -> int:
        """Return how many samples lie under some tap."""
        return prod(axis.out + axis.taps - 1 for axis in self.axes)


def clean(x: Array) -> Array:
    """Return a copy of an array with zeros for its NaN and infinities."""
    x = contiguous(x, x.dtype.newbyteorder("="))
    cleaned = np.empty_like(x)
    _kernels.nonfinite.clean(x, cleaned)
    return cleaned


def restore(
    y: Array, x: Array, h: Array, axes: tuple[Axis, ...], boundary: int, fill: Any, absent: bool, transform: Transform
) -> None:
    """Write into y, the sums of the cleaned arrays, what the NaN and infinities of x, h and fill make of them.

    `absent`: a tap times a sample outside the data is a term, of value 0, also where nothing is filled in.
    """
    fill = 0 if boundary else fill
    of = _Sum(axes, boundary, fill, bool(absent or boundary or fill != 0), y.dtype.newbyteorder("="), transform)
    state = np.zeros(y.shape, np.uint8)
    _samples(state, x, h, of)
    _taps(state, x, h, of)
    if not of.real:
        y[state != 0] = complex(np.nan, np.nan)
        return
    kept = contiguous(y, of.dtype)
    _kernels.nonfinite.place(kept, state)
    if kept is not y:
        y[...] = kept


# ── samples, taps ──────────────────────────────────────────────────────────────────────────────


def _samples(state: Array, x: Array, h: Array, of: _Sum) -> None:
    """Add the classes of the terms of NaN and infinite samples."""
    fills = [of.real and of.fill == sign * np.inf for sign in (1, -1)]
    fills_nan = not np.isfinite(of.fill) and not any(fills)
    nan, infinite = _kinds(x, of.real)
    if fills_nan or nan.any():
        state |= 3 * _spread(_extended(nan, of, fills_nan), of.axes)
    if not infinite and not any(fills):
        return
    left = False
    for sign, filled in zip((1, -1), fills, strict=True):
        marks = x == sign * np.inf
        if filled or marks.any():
            left |= _add(state, _extended(marks, of, filled), _classes(h, sign), of, False, left)
    if left:
        marks = _extended(np.isinf(x), of, any(fills))
        norms = sqrt(np.count_nonzero(marks)), sqrt(np.count_nonzero(h))
        signs, terms = ((x == np.inf, x == -np.inf), (h > 0, h < 0)), _counted(marks, of.axes)
        half = 1.0 if h.all() else 0.5
        _compare(state, *signs, float(fills[0]) - float(fills[1]), terms, half, norms, of)


def _taps(state: Array, x: Array, h: Array, of: _Sum) -> None:
    """Add the classes of the terms of NaN and infinite taps."""
    nan, infinite = _kinds(h, of.real)
    if nan.any():
        state |= 3 * _met(nan, of)
    if not infinite:
        return
    samples, outside = _classes(x, 1), [0, 0]
    kinds = int(np.bitwise_or.reduce(samples, axis=None))
    leaves = any(map(_leaves, of.axes))
    if of.present and not of.boundary and leaves:
        outside = [int(_classes(np.asarray(of.fill), sign)) for sign in (1, -1)]
        kinds |= outside[0]
    left = False
    for sign, class_ in zip((1, -1), outside, strict=True):
        marks = h == sign * np.inf
        if not marks.any():
            continue
        if kinds < 3:  # all samples are of one sign
            state |= np.uint8(kinds if sign > 0 else 3 - kinds) * _met(marks, of)
        else:
            table = _extended(samples if sign > 0 else _classes(x, sign), of, class_)
            left |= _add(state, marks, table, of, True, left)
    if left:
        marks = np.isinf(h)
        terms: Array = np.asarray(np.count_nonzero(marks))
        if leaves and not of.present:
            terms = np.rint(of.transform(np.ones(x.shape), marks.astype(float), 0.0))
        norms = sqrt(of.size), sqrt(np.count_nonzero(marks))
        signs = (x > 0, x < 0), (h == np.inf, h == -np.inf)
        _compare(state, *signs, float(of.fill > 0) - float(of.fill < 0), terms, 0.5, norms, of)


def _kinds(x: Array, real: bool) -> tuple[Array, bool]:
    """Return where an array is NaN, or for complex sums not finite, and whether there are infinities besides."""
    if not real:
        return _bad(x), False
    nan = np.isnan(x)
    return nan, bool(np.count_nonzero(_bad(x)) > np.count_nonzero(nan))


def _bad(x: Array) -> Array:
    bad = np.isfinite(x)
    return np.logical_not(bad, out=bad)


def _classes(x: Array, sign: int) -> Array:
    """Return what an infinity of a sign times each number is."""
    up, down = (x < 0, x > 0) if sign > 0 else (x > 0, x < 0)
    return np.asarray(~up).view(np.uint8) | np.asarray(~down).view(np.uint8) << 1


def _leaves(axis: Axis) -> bool:
    """Return whether some output's taps lie outside the data."""
    return axis.first < 0 or axis.first + axis.out + axis.taps - 1 > axis.data


# ── where something is met ─────────────────────────────────────────────────────────────────────


def _extended(x: Array, of: _Sum, outside: Any) -> Array:
    """Return what lies under some tap, of an array like the data: position i + p is sample first + i + p."""
    for a, axis in enumerate(of.axes):
        low, high = axis.first, axis.first + axis.out + axis.taps - 1
        start, stop = min(max(low, 0), axis.data), min(max(high, 0), axis.data)
        inside = x[(slice(None),) * a + (slice(start, stop),)]
        before, behind = np.arange(low, min(high, 0)), np.arange(max(low, axis.data), high)
        if len(before) == 0 and len(behind) == 0:
            x = inside
            continue
        shape = list(x.shape)
        edges = []
        for at in (before, behind):
            if of.boundary:
                edges.append(np.take(x, fold(at, axis.data, of.boundary), axis=a))
            else:
                edges.append(np.full([*shape[:a], len(at), *shape[a + 1 :]], outside, x.dtype))
        x = np.concatenate([edges[0], inside, edges[1]], axis=a)
    return x


def _spread(marks: Array, axes: tuple[Axis, ...]) -> Array:
    """Return 1 for the outputs that meet an extended mark through any tap: windows doubled, the last two overlapped."""
    marks = marks.view(np.uint8)
    for a, axis in enumerate(axes):
        width = 1
        while width < axis.taps:
            step = min(width, axis.taps - width)
            n = marks.shape[a] - step
            head, tail = (slice(None),) * a + (slice(0, n),), (slice(None),) * a + (slice(step, None),)
            marks = marks[head] | marks[tail]
            width += step
    return marks


def _counted(marks: Array, axes: tuple[Axis, ...]) -> Array:
    """Return how many marks each output meets: running counts along rows, windows doubled where rows are added."""
    taps = axes[-1].taps
    running = np.cumsum(marks, axis=-1, dtype=np.int32)
    counts: Array = running[..., taps - 1 :].copy()
    counts[..., 1:] -= running[..., :-taps]
    kind = np.int16 if prod(axis.taps for axis in axes) < 2**15 else np.int32
    counts = counts.astype(kind, copy=False)
    for a, axis in enumerate(axes[:-1]):
        cut = (slice(None),) * a
        total: Array = np.zeros(1, kind)
        at, width = 0, 1
        while width <= axis.taps:
            if axis.taps & width:  # the windows of these widths, one behind the other
                total = total + counts[(*cut, slice(at, at + axis.out))]
                at += width
            if 2 * width <= axis.taps:
                counts = counts[(*cut, slice(0, -width))] + counts[(*cut, slice(width, None))]
            width *= 2
        counts = total
    return counts


def _met(marks: Array, of: _Sum) -> Array:
    """Return 1 for the outputs at which a marked tap has a term; its shape broadcasts to theirs."""
    axes = []
    for a, axis in enumerate(of.axes):
        if of.present or not _leaves(axis):
            marks = np.logical_or.reduce(marks, axis=a, keepdims=True)
            axes.append(Axis(1, 1, 1, 0))
        else:
            # With the roles exchanged: the taps turned round, under as many ones as there are samples.
            marks = np.flip(marks, a)
            axes.append(Axis(axis.taps, axis.data, axis.out, axis.first + axis.taps - axis.data))
    swapped = of._replace(axes=tuple(axes), boundary=0)
    return _spread(np.ascontiguousarray(_extended(marks, swapped, False)), swapped.axes)


# ── marks under both signs ─────────────────────────────────────────────────────────────────────


def _add(state: Array, marks: Array, table: Array, of: _Sum, of_taps: bool, left: bool) -> bool:
    """Add what marked samples (extended) make of the taps' classes, or marked taps of the (extended) samples'.

    Return whether outputs are left, flagged LEFT, that a transform tells sooner; with `left` it comes anyway.
    """
    runs = None if of_taps else _runs(table)
    if runs is not None:
        for class_, a, start, stop in runs:
            part = marks[(slice(None),) * a + (slice(start, stop + of.axes[a].out - 1),)]
            narrow = of.axes[a]._replace(taps=stop - start)
            state |= class_ * _spread(part, (*of.axes[:a], narrow, *of.axes[a + 1 :]))
        return False
    # Rows along the axis of most taps, unless the last, which needs no copies, has enough of them.
    last = len(of.axes) - 1
    inner = last if of.axes[last].taps >= 8 else max(range(last + 1), key=lambda a: of.axes[a].taps)
    order = [*(a for a in range(last + 1) if a != inner), inner]
    out = of.axes[inner].out
    natural = state.transpose(order)
    told = np.full((prod(natural.shape[:-1]), -(-out // BLOCK) * BLOCK), 3, np.uint8)  # what is no output is told
    told[:, :out] = natural.reshape(len(told), out) if state.any() else 0  # a copy across rows costs a pass
    table = table if of_taps else np.flip(table, inner)
    ordered = of._replace(axes=tuple(of.axes[a] for a in order))
    blocks = _meet(told, marks.transpose(order), table.transpose(order), ordered, of_taps, left)
    natural[...] = told[:, :out].reshape(natural.shape)
    return blocks > 0


def _meet(told: Array, marks: Array, table: Array, of: _Sum, of_taps: bool, left: bool) -> int:
    """Do the same with rows along the last axis, the taps turned round; return how many blocks of outputs are left."""
    outer, n = of.axes[:-1], of.axes[-1].taps
    marks = np.ascontiguousarray(marks).reshape(-1, marks.shape[-1]).view(np.uint8)
    table = _framed(table, 0 if of_taps else MARGIN)
    outputs, taps = _offsets(outer, [axis.out for axis in outer]), _offsets(outer, [axis.taps for axis in outer])
    count = int(np.count_nonzero(marks))
    at = np.empty(count + 1, np.intp)
    starts = np.empty(len(marks) * -(-marks.shape[1] // BLOCK) + 1, np.intp)
    scatter = not of_taps and count * len(taps) * -(-n // BLOCK) <= SCATTER * told.size // BLOCK
    each = count if of_taps else count * min(1.0, (n + BLOCK) / marks.shape[1]) * len(taps) / len(marks)
    most = 0 if left else int(TRANSFORM * of.size / (MEET * max(each, 1.0)))

    def meet(only_left: bool, limit: int) -> int:
        return _kernels.nonfinite.meet(
            told, marks, table, at, starts, outputs, taps, 0 if of_taps else MARGIN + n - 1, n,
            int(np.bitwise_or.reduce(table, axis=None)), of_taps, only_left, scatter, limit, most,
        )  # fmt: skip

    blocks = meet(False, LIMIT)
    return meet(True, count * len(taps) + 1) if 0 < blocks <= most else blocks


def _runs(classes: Array) -> list[tuple[Any, int, int, int]] | None:
    """Return (class, axis, from, to) of the few boxes, side by side along an axis, that classes of taps may be."""
    for a, n in enumerate(classes.shape):
        line = classes[(0,) * a + (slice(None),) + (0,) * (classes.ndim - a - 1)]
        changes = line[1:] != line[:-1]
        if np.count_nonzero(changes) >= RUNS:
            continue
        edges = [0, *(np.flatnonzero(changes) + 1).tolist(), n]
        if (classes == line.reshape([-1 if i == a else 1 for i in range(classes.ndim)])).all():
            return [(line[i], a, i, j) for i, j in pairwise(edges)]
    return None


def _framed(x: Array, before: int) -> Array:
    """Return the rows along the last axis with zeros at their ends, which blocks reach into."""
    rows = np.zeros((*x.shape[:-1], before + x.shape[-1] + BLOCK), np.uint8)
    rows[..., before : before + x.shape[-1]] = x
    return rows.reshape(-1, rows.shape[-1])


def _offsets(axes: tuple[Axis, ...], sizes: list[int]) -> Array:
    """Return how far along the extended rows each index of some sizes lies."""
    at = np.zeros(1, np.intp)
    for axis, size in zip(axes, sizes, strict=True):
        at = (at[:, None] * (axis.out + axis.taps - 1) + np.arange(size)).ravel()
    return at


def _compare(
    state: Array, a: Signs, b: Signs, outside: float, terms: Array, half: float, norms: tuple[float, float], of: _Sum
) -> None:
    """Tell the outputs that are left, by the sums of their terms' signs, those of `a` times those of `b`.

    Where all terms are of one sign, the sum is not short of their number; else by `half` twice at least: by 2 for
    a term of the other sign, by 1 for a zero.
    """
    points = prod(2 * (axis.data + axis.out + axis.taps) for axis in of.axes)
    single = error_bound(points, *norms, float(np.finfo(of.dtype).eps) / 2) < half
    dtype = of.dtype if single else np.dtype(float)
    first, second = (np.subtract(positive, negative, dtype=dtype) for positive, negative in (a, b))
    signs = np.ascontiguousarray(of.transform(first, second, outside), dtype)
    counts = np.ascontiguousarray(np.broadcast_to(terms, state.shape), np.int32)
    _kernels.nonfinite.settle(state, signs, counts, half)
