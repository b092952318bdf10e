"""Tables of a resize, made from fractions, and what they mean: for tests of the kernel and of its route alone."""

from fractions import Fraction
from functools import cache
from math import floor, lcm
from typing import NamedTuple

import numpy as np


class Table(NamedTuple):
    """One axis, as `_routes.resize` takes it; `parts` holds the exact weights."""

    data: int
    out: int
    starts: np.ndarray
    weights: np.ndarray | None
    scaled: tuple[np.ndarray, int] | None = None
    parts: list[list[Fraction]] | None = None
    rounded: bool = True

    def exact(self, i):
        return self.parts[i]


@cache
def table(data, out, kind):
    """Return an axis of `data` samples made `out`, on a grid of pixel areas."""
    if kind == "stay":
        return Table(data, out, np.arange(data, dtype=np.intp), None)
    if kind == "nearest":
        return Table(data, out, np.arange(out, dtype=np.intp) * data // out, None)
    step = Fraction(data, out)
    wide = max(step, Fraction(1)) if kind.startswith("wide") else Fraction(1)
    reach = {"linear": 1, "wide": 1, "cubic": 2, "wide cubic": 2}[kind] * wide
    rows = []
    for i in range(out):
        at = (i + Fraction(1, 2)) * step - Fraction(1, 2)
        seen = {}
        for j in range(floor(at - reach), floor(at + reach) + 2):
            weight = bump(abs(j - at) / wide, "cubic" in kind)
            if weight:
                inside = min(max(j, 0), data - 1)
                seen[inside] = seen.get(inside, Fraction(0)) + weight
        total = sum(seen.values())
        rows.append({j: weight / total for j, weight in seen.items()})
    return folded(data, rows)


def bump(x, cubic):
    if not cubic:
        return max(1 - x, Fraction(0))
    a = Fraction(-3, 4)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return a * (x - 1) * (x - 2) * (x - 2) if x < 2 else Fraction(0)


def folded(data, rows):
    """Return the axis whose output i is the sum of rows[i] = {sample: weight}."""
    # Starts rise, though a first weight of zero may leave one output a later sample than the next.
    starts = np.minimum.accumulate([min(row) for row in rows][::-1])[::-1].tolist()
    taps = max(max(row) - start for row, start in zip(rows, starts, strict=True)) + 1
    starts = [min(start, data - taps) for start in starts]
    parts = [[row.get(s + t, Fraction(0)) for t in range(taps)] for s, row in zip(starts, rows, strict=True)]
    over = lcm(*(weight.denominator for row in parts for weight in row))
    scaled = (np.array([[int(w * over) for w in row] for row in parts]), over) if over < 2**40 else None
    weights = np.array([[float(w) for w in row] for row in parts])
    return Table(data, len(rows), np.array(starts, np.intp), weights, scaled, parts)


def matrix(axis):
    """Return the axis as a matrix (out, data) of float64."""
    dense = np.zeros((axis.out, axis.data))
    for i, start in enumerate(axis.starts):
        row = [1.0] if axis.weights is None else axis.weights[i]
        dense[i, start : start + len(row)] += row
    return dense


def along(axes, matrices, x, channels):
    """Return x (items, D, H, W, channels or none) with each matrix multiplied along its axis."""
    x = x.reshape(x.shape[0], *(axis.data for axis in axes), channels)
    for k, dense in enumerate(matrices, 1):
        x = np.moveaxis(np.tensordot(dense, x, (1, k)), 0, k)
    return x


def rounded(axes, x, channels, most):
    """Return the exactly weighted values of whole numbers, rounded half to even and saturated."""
    tables = [np.array([[Fraction(1)]] * a.out, object) if a.weights is None else a.parts for a in axes]
    dense = []
    for axis, rows in zip(axes, tables, strict=True):
        full = np.full((axis.out, axis.data), Fraction(0), object)
        for i, row in enumerate(rows):
            full[i, axis.starts[i] : axis.starts[i] + len(row)] = row
        # Over one denominator: Python's integers are far faster than its fractions.
        over = lcm(*(w.denominator for w in full.flat))
        dense.append((np.vectorize(int, otypes=[object])(full * over), over))
    over = int(np.prod([each[1] for each in dense], dtype=object))
    value = along(axes, [each[0] for each in dense], x.astype(object), channels)
    return np.vectorize(lambda v: min(max(round(Fraction(int(v), over)), 0), most), otypes=[np.int64])(value)
