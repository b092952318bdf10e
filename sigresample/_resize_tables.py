"""Where each output of a resize comes from, and with what weights: one table for each axis.

    y[i] = sum_t weights[i, t] * x[starts[i] + t]

A position in the input is that of output i on a grid of pixel areas, ``(i + 1/2) * step - 1/2``, or of corners,
``i * (data - 1) / (out - 1)``. Samples outside are the outermost one, whose weights are added up, so that a table reads
the input alone. Positions are fractions of integers wherever that is possible: then weights are correctly rounded, and
one that is zero is zero.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, gcd, lcm
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# Integer weights over a larger common denominator leave integer sums no room.
LARGEST = 2**40
_ROOM = 2**62


class Recipe(NamedTuple):
    """What the weights of an axis are: enough to compute each of them exactly."""

    kind: str  # linear, cubic; triangle, keys: the same, widened to the step; area; taps
    data: int
    out: int
    step: Fraction  # input samples for each output
    corners: bool  # the grid is that of corners
    a: Fraction = Fraction(0)  # of cubic and keys
    taps: tuple[Fraction, ...] = ()

    def row(self, i: int) -> dict[int, Fraction]:
        """Return the samples that output i sees, and their weights as they are before any rounding."""
        if self.kind == "area":
            low, high = i * self.data // self.out, -(-(i + 1) * self.data // self.out)
            return dict.fromkeys(range(low, high), Fraction(1, high - low))
        seen: dict[int, Fraction] = {}
        if self.kind == "taps":
            first = i * int(self.step) - (len(self.taps) - 1) // 2
            for j, weight in enumerate(self.taps, first):
                inside = min(max(j, 0), self.data - 1)
                seen[inside] = seen.get(inside, Fraction(0)) + weight
            return seen
        if self.kind in WIDENED:
            center, wide = (i + Fraction(1, 2)) * self.each, max(self.each, Fraction(1))
            reach = WIDENED[self.kind] * wide
            low, high = max(int(center - reach + Fraction(1, 2)), 0), int(center + reach + Fraction(1, 2))
            for j in range(low, min(high, self.data)):
                seen[j] = _bump(self.kind, abs(j + Fraction(1, 2) - center) / wide, self.a)
            total = sum(seen.values()) or 1
            return {j: weight / total for j, weight in seen.items()}
        at = i * self.each if self.corners else (i + Fraction(1, 2)) * self.step - Fraction(1, 2)
        if self.kind == "linear":
            at = min(max(at, Fraction(0)), Fraction(self.data - 1))
        below = floor(at)
        kind, near = ("keys", 2) if self.kind == "cubic" else ("triangle", 1)
        for j in range(below - near + 1, below + near + 1):
            inside = min(max(j, 0), self.data - 1)
            seen[inside] = seen.get(inside, Fraction(0)) + _bump(kind, abs(j - at), self.a)
        return seen

    @property
    def each(self) -> Fraction:
        """From one output to the next."""
        if not self.corners:
            return self.step
        return Fraction(self.data - 1, self.out - 1) if self.out > 1 else Fraction(0)


class Axis(NamedTuple):
    """One axis: y[i] = sum_t weights[i, t] * x[starts[i] + t], all starts within 0..data - taps."""

    data: int
    out: int
    starts: Array  # (out,) intp
    weights: Array | None  # (out, taps) float64; None: y[i] = x[starts[i]]
    scaled: tuple[Array, int] | None = None  # the exact weights as (out, taps) int64 over one denominator, if small
    recipe: Recipe | None = None
    rounded: bool = True  # from exact weights, a few times at most; else they are a few roundings of 1 off

    def rows(self) -> list[dict[int, Fraction]]:
        """Return what each output sees, exactly."""
        if self.recipe is None:
            return [{int(start): Fraction(1)} for start in self.starts]
        return [self.recipe.row(i) for i in range(self.out)]

    def exact(self, i: int) -> list[Fraction]:
        """Return the weights of output i, as many as there are taps, before any rounding."""
        assert self.recipe is not None and self.weights is not None
        row, start = self.recipe.row(i), int(self.starts[i])
        return [row.get(start + t, Fraction(0)) for t in range(self.weights.shape[1])]


# How far the widened kernels reach, in steps.
WIDENED = {"triangle": 1, "keys": 2}


def _bump(kind: str, x: Any, a: Any) -> Any:
    """Return a kernel's value at a distance x: exactly, of a Fraction."""
    if kind == "triangle":
        return 1 - x if x < 1 else 0 * x
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return a * (x - 1) * (x - 2) * (x - 2) if x < 2 else 0 * x


# ── copies ─────────────────────────────────────────────────────────────────────────────────────


def copies(data: int) -> Axis:
    """Return the axis that stays as it is."""
    return Axis(data, data, np.arange(data, dtype=np.intp), None)


def repeated(data: int, factor: int) -> Axis:
    """Return the axis of every sample `factor` times."""
    return Axis(data, data * factor, np.repeat(np.arange(data, dtype=np.intp), factor), None)


def every(data: int, factor: int) -> Axis:
    """Return the axis of every factor-th sample."""
    starts = np.arange(0, data, factor, dtype=np.intp)
    return Axis(data, len(starts), starts, None)


def nearest(data: int, out: int, scale: float | None, middle: bool, double: bool, small: bool) -> Axis:
    """Return the axis of one sample for each output, in PyTorch's arithmetic, which decides between two as near.

    `scale` are the outputs for each sample where that is given; `middle` looks from the middle of an output, not from
    its start; `double` is for data of 64 bits. Of `small` images PyTorch has code of its own.
    """
    real: Any = np.float64 if double and not small else np.float32
    step = real(1.0 / scale) if scale is not None else real(data) / real(out)
    i = np.arange(out, dtype=real)
    if small and not middle and out in (data, 2 * data):
        found = np.arange(out) // (out // data)
    elif not middle:
        found = np.floor((step * i).astype(np.float32))
    elif small:
        found = np.floor(((np.arange(out) + 0.5) * float(step)).astype(np.float32))
    else:  # in single precision the product is not rounded: it is part of a fused multiply-add
        at = (float(step) * (i + real(0.5)).astype(np.float64) - 0.5).astype(real)
        found = np.floor((at.astype(np.float64) + 0.5).astype(np.float32))
    return Axis(data, out, np.minimum(found.astype(np.intp), data - 1), None)


# ── weights ────────────────────────────────────────────────────────────────────────────────────


def linear(data: int, out: int, step: Fraction, corners: bool) -> Axis:
    """Return the axis of straight lines between samples."""
    recipe = Recipe("linear", data, out, step, corners)
    first, rest, den, whole = _positions(recipe)
    outside = (first < 0) | (first >= data - 1)
    first = np.clip(first, 0, data - 1)
    rest[outside] = 0
    return _folded(recipe, first, [den - rest, rest], den, whole)


def cubic(data: int, out: int, step: Fraction, corners: bool, a: float) -> Axis:
    """Return the axis of Keys' cubics through four samples."""
    recipe = Recipe("cubic", data, out, step, corners, Fraction(a))
    first, r, den, whole = _positions(recipe)
    s, over = den - r, recipe.a.denominator * den**3
    if not whole or over * (abs(recipe.a.numerator) + 4) >= _ROOM:
        t, u = r / den, s / den
        return _folded(recipe, first - 1, [_far(t, u, a), _near(t, a), _near(u, a), _far(u, t, a)], 1, False)
    p, q = recipe.a.numerator, recipe.a.denominator
    table = [
        p * r * s * s,
        ((p + 2 * q) * r - (p + 3 * q) * den) * r * r + over,
        ((p + 2 * q) * s - (p + 3 * q) * den) * s * s + over,
        p * s * r * r,
    ]
    return _folded(recipe, first - 1, table, over, True)


def _near(t: Any, a: float) -> Any:
    return ((a + 2) * t - (a + 3)) * t * t + 1


def _far(t: Any, u: Any, a: float) -> Any:
    """Return the cubic at 1 + t, u being 1 - t."""
    return a * t * u * u


def area(data: int, out: int) -> Axis:
    """Return the axis of means over all the samples that an output touches."""
    i = np.arange(out, dtype=np.int64)
    low, high = i * data // out, -((i + 1) * -data // out)
    many = high - low
    taps = int(many.max())
    starts = np.minimum(low, data - taps)
    at = starts[:, None] + np.arange(taps)
    inside = (at >= low[:, None]) & (at < high[:, None])
    recipe = Recipe("area", data, out, Fraction(data, out), False)
    den = _common(many)
    scaled = None if den is None else (np.where(inside, (den // many)[:, None], 0), den)
    return Axis(data, out, starts.astype(np.intp), np.where(inside, (1 / many)[:, None], 0.0), scaled, recipe)


def filtered(data: int, factor: int, taps: tuple[Fraction, ...]) -> Axis:
    """Return the axis of every factor-th sample, each a sum over its neighbourhood with the same weights."""
    out = -(-data // factor)
    recipe = Recipe("taps", data, out, Fraction(factor), False, taps=taps)
    first = np.arange(out, dtype=np.int64) * factor - (len(taps) - 1) // 2
    den = lcm(*(tap.denominator for tap in taps))
    if den > LARGEST or den * sum(map(abs, taps)) > LARGEST:
        return _folded(recipe, first, [np.full(out, float(tap)) for tap in taps], 1, False)
    return _folded(recipe, first, [np.full(out, int(tap * den)) for tap in taps], den, True)


def kernel(kind: str, factor: int, a: float) -> tuple[Fraction, ...]:
    """Return the taps of a widened kernel about every factor-th sample, whose sum is 1."""
    reach = WIDENED[kind] * factor
    taps = [_bump(kind, Fraction(abs(k), factor), Fraction(a)) for k in range(1 - reach, reach)]
    total = sum(taps)
    return tuple(tap / total for tap in taps)


def widened(kind: str, data: int, out: int, step: Fraction, corners: bool, a: float) -> Axis:
    """Return the axis of a kernel as wide as its step, so that nothing between the outputs is skipped."""
    recipe = Recipe(kind, data, out, step, corners, Fraction(a))
    each = recipe.each
    p, q = each.numerator, each.denominator
    reach, wide = WIDENED[kind], max(p, q)  # over q: the factor by which the kernel is widened
    whole = _whole_fits(recipe, wide, q)
    i = np.arange(out, dtype=np.int64)
    if whole or 4 * (out + 1) * p + 4 * reach * wide < _ROOM:
        middle = (2 * i + 1) * p  # over 2 q
        low = np.maximum((middle - 2 * reach * wide + q) // (2 * q), 0)
        high = np.minimum((middle + 2 * reach * wide + q) // (2 * q), data)
        center: Array = middle / (2 * q)
    else:
        center = (i + 0.5) * float(each)
        low = np.maximum((center - reach * (wide / q) + 0.5).astype(np.int64), 0)
        high = np.minimum((center + reach * (wide / q) + 0.5).astype(np.int64), data)
    taps = int((high - low).max())
    starts = np.minimum(low, data - taps)
    at = starts[:, None] + np.arange(taps)
    inside = (at >= low[:, None]) & (at < high[:, None])
    if whole:
        apart = np.abs((2 * at + 1) * q - middle[:, None])  # over 2 wide
        table = np.where(inside, _whole_bump(kind, apart, 2 * wide, recipe.a), 0)
        total = table.sum(axis=1, keepdims=True)
        if (total > 0).all():
            return Axis(data, out, starts.astype(np.intp), table / total, _shares(table, total), recipe)
    distance = np.abs(at + 0.5 - center[:, None]) / (wide / q)
    weights = np.where(inside, _bumps(kind, distance, a), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights /= np.where(total == 0, 1.0, total)
    return Axis(data, out, starts.astype(np.intp), weights, None, recipe, rounded=False)


def _whole_fits(recipe: Recipe, wide: int, q: int) -> bool:
    """Return whether a widened kernel's values at distances over 2 wide, and their sums, are integers of 64 bits."""
    if 4 * (recipe.out + 1) * wide >= _ROOM or 2 * recipe.data * q >= _ROOM:
        return False
    taps = 2 * WIDENED[recipe.kind] * wide // q + 2
    top = 2 * wide
    if recipe.kind == "keys":
        top = 16 * top**3 * (abs(recipe.a.numerator) + 4 * recipe.a.denominator)
    return top * taps < _ROOM


def _bumps(kind: str, x: Array, a: float) -> Any:
    if kind == "triangle":
        return np.maximum(1 - x, 0.0)
    outer = np.where(x < 2, _far(x - 1, 2 - x, a), 0.0)
    return np.where(x < 1, _near(x, a), outer)


def _whole_bump(kind: str, r: Array, den: int, a: Fraction) -> Any:
    """Return a kernel at distances r / den, as integers over a denominator of theirs all."""
    if kind == "triangle":
        return np.maximum(den - r, 0)
    p, q = a.numerator, a.denominator
    near = ((p + 2 * q) * r - (p + 3 * q) * den) * r * r + q * den**3
    s = r - 2 * den
    return np.where(r < den, near, np.where(s < 0, p * (r - den) * s * s, 0))


def _shares(whole: Array, total: Array) -> tuple[Array, int] | None:
    """Return integers as shares of their row's sum, over one denominator, if that is small."""
    common = np.gcd.reduce(whole, axis=1, keepdims=True)
    total = total // common
    den = _common(total)
    return None if den is None else (whole // common * (den // total), den)


def _common(numbers: Array) -> int | None:
    """Return the least common multiple, if that is small."""
    den = 1
    for n in set(numbers.ravel().tolist()):
        den = lcm(den, n)
        if den > LARGEST:
            return None
    return den


def _positions(recipe: Recipe) -> tuple[Array, Array, int, bool]:
    """Return where outputs lie, at samples ``first + rest / den``, and whether that is exact, else to 2**-61."""
    step = recipe.each
    p, q = step.numerator, step.denominator
    num, per, den = (0, p, q) if recipe.corners else (p - q, 2 * p, 2 * q)  # at i: (num + i * per) / den
    if 4 * (recipe.out + 1) * p < _ROOM and q < 2**31:
        first, rest = np.divmod(num + np.arange(recipe.out, dtype=np.int64) * per, den)
        # What all have in common need not be in the denominator.
        common = gcd(den, int(np.gcd.reduce(rest)))
        return first, rest // common, den // common, True
    # Fractions of large integers, as a scale factor is one: those of every 1024th output, and of 1024 steps from there.
    far = [divmod((num + i * per) * 2**61, den)[0] for i in range(0, recipe.out, 1024)]
    near = [divmod(i * per * 2**61, den)[0] for i in range(min(1024, recipe.out))]
    parts = [divmod(n, 2**61) for n in (*far, *near)]
    ones, rests = (np.array(part, np.int64) for part in zip(*parts, strict=True))
    n = len(far)
    first = (ones[:n, None] + ones[n:]).ravel()[: recipe.out]
    rest = (rests[:n, None] + rests[n:]).ravel()[: recipe.out]
    return first + (rest >> 61), rest & (2**61 - 1), 2**61, False


def _folded(recipe: Recipe, first: Array, columns: list[Array], den: int, whole: bool) -> Axis:
    """Return the axis of outputs that see samples from `first` on, those outside being the outermost one."""
    data = recipe.data
    taps = min(len(columns), data)
    starts = np.clip(first, 0, data - taps)
    rows = np.arange(recipe.out)
    table = np.zeros((recipe.out, taps), columns[0].dtype)
    for t, column in enumerate(columns):
        table[rows, np.clip(first + t, 0, data - 1) - starts] += column
    scaled = (table, den) if whole and den <= LARGEST else None
    return Axis(data, recipe.out, starts.astype(np.intp), table / den, scaled, recipe, rounded=whole)
