"""Shape rules of convolution and correlation: integers in, integers out, no arrays.

Everything is a slice of the full convolution of in1 with in2 (or with in2 reversed), n1 + n2 - 1 long:

    full    start 0               n1 + n2 - 1 outputs
    same    start (n2 - 1) // 2   n1 outputs, even where in1 is the shorter; correlate2d: n2 // 2
    valid   start min(n1, n2) - 1 |n1 - n2| + 1 outputs; one array must be the longer one on every axis

One of the two arrays is then the data x and the other, turned as the kernels want it, the taps w:

    y[i] = sum_p  x[first + i + p] * w[p]        first = start - (taps - 1) on each axis
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from . import _errors

Shape = tuple[int, ...]

# From this many trailing batch elements on, a row of them fills the vectors better than a group would.
WIDE_BATCH = 16


class Axis(NamedTuple):
    """One axis: samples of the data, taps, outputs, and the sample under the first tap for output 0.

    One tap: a batch axis. One sample and many taps: a bank of filters, unless samples outside count too.
    Otherwise the axis is summed along.
    """

    data: int
    taps: int
    out: int
    first: int


class Window(NamedTuple):
    """Which part of the full convolution of two shapes a mode returns."""

    in1: Shape
    in2: Shape
    start: Shape
    out: Shape


class Blocks(NamedTuple):
    """How outputs along the summed axes are cut into the blocks of a transform, from output 0 on.

    A block of `hop` outputs is a part of the convolution of the `points` samples under it that wraps round. A long
    filter of one axis may come in `parts` of `hop` taps.
    """

    points: Shape
    hop: Shape
    parts: int = 1

    def number(self, axes: tuple[Axis, ...]) -> Shape:
        """Return how many blocks there are along each axis."""
        return tuple(-(-axis.out // hop) for axis, hop in zip(axes, self.hop, strict=True))


class Planes(NamedTuple):
    """How a call is cut for the kernels: planes of rows and columns, columns of `group` reals.

    `outer` are the axes that are neither; those among them that have taps take one kernel call for each of
    their `blocks` taps. Pitches and strides count reals.
    """

    outer: tuple[Axis, ...]
    x_strides: Shape
    y_strides: Shape
    rows: Axis
    x_pitch: int
    y_pitch: int
    cols: Axis
    group: int
    blocks: int
    order: Shape | None  # of the taps' axes, where outer ones lie behind the rows


def window(name: str, in1: Shape, in2: Shape, mode: str, *, later_middle: bool = False) -> Window:
    """Return what `mode` keeps of the full convolution; `later_middle` is correlate2d's 'same'."""
    if mode == "full":
        return Window(in1, in2, (0,) * len(in1), tuple(n + k - 1 for n, k in zip(in1, in2, strict=True)))
    if mode == "same":
        return Window(in1, in2, tuple(k // 2 if later_middle else (k - 1) // 2 for k in in2), in1)
    if mode == "valid":
        smaller(name, in1, in2)
        sizes = [(min(n, k), max(n, k)) for n, k in zip(in1, in2, strict=True)]
        return Window(in1, in2, tuple(k - 1 for k, _ in sizes), tuple(n - k + 1 for k, n in sizes))
    raise ValueError(_errors.CONVOLUTION_MODE.format(name=name, got=mode))


def smaller(name: str, in1: Shape, in2: Shape) -> bool:
    """Return whether in1 is the smaller one, as 'valid' allows it to be: on every axis."""
    if all(n >= k for n, k in zip(in1, in2, strict=True)):
        return False
    if all(n <= k for n, k in zip(in1, in2, strict=True)):
        return True
    raise ValueError(_errors.CONVOLUTION_VALID.format(name=name, in1=in1, in2=in2))


def crop(of: Window, correlates: bool) -> tuple[Window, tuple[slice, ...]] | None:
    """Return the window without the filters of a bank that a mode drops, and the index that drops them of in2.

    Where in1 has length 1, in2 is a bank of filters along that axis, and 'same' keeps the middle one.
    """
    index, in2, starts = [], [], []
    for n, k, start, out in zip(*of, strict=True):
        bank = n == 1 and out < k
        first = k - start - out if correlates else start
        index.append(slice(first, first + out) if bank else slice(None))
        in2.append(out if bank else k)
        starts.append(0 if bank else start)
    if tuple(in2) == of.in2:
        return None
    return Window(of.in1, tuple(in2), tuple(starts), of.out), tuple(index)


def swapped(in1: Shape, in2: Shape) -> bool:
    """Return whether in2 had better be the data, where the result is the same either way.

    The kernels skip absent rows but not absent columns, so the array that is longer in the last
    summed axis is the data. Axes on which an array has length 1 are batch axes and have no say:
    the order of a sum must not depend on the size of the batch.
    """
    summed = [(n, k) for n, k in zip(in1, in2, strict=True) if n > 1 and k > 1]
    if not summed:
        return in2[::-1] > in1[::-1]
    n, k = summed[-1]
    return k > n or (k == n and prod(k for _, k in summed) > prod(n for n, _ in summed))


def axes(of: Window, *, swap: bool, reverse: bool) -> tuple[Axis, ...]:
    """Return the axes with in1, or with `swap` in2, as the data; `reverse` if the result comes out reversed."""
    result = []
    for n, k, start, out in zip(*of, strict=True):
        if reverse:
            start = n + k - 1 - start - out
        n, k = (k, n) if swap else (n, k)
        result.append(Axis(n, k, out, start - (k - 1)))
    return tuple(result)


def summed(of: tuple[Axis, ...], bordered: bool) -> list[int]:
    """Return the axes along which there is a sum."""
    return [i for i, axis in enumerate(of) if axis.taps > 1 and (bordered or axis.data > 1)]


class Grouping(NamedTuple):
    """How a call falls apart into items that share a filter."""

    banks: tuple[int, ...]  # axes along which each result has a filter of its own
    batch: int  # how many axes there are only items along
    order: tuple[int, ...] | None  # of the axes: banks, batch, those summed along; None where they are so already
    axes: tuple[Axis, ...]  # those summed along


@lru_cache(maxsize=256)
def grouping(of: tuple[Axis, ...], bordered: bool) -> Grouping:
    """Return how a call falls apart into items that share a filter."""
    sums = summed(of, bordered)
    banks = [i for i, axis in enumerate(of) if axis.taps > 1 and i not in sums]
    batch = [i for i in range(len(of)) if i not in sums and i not in banks]
    order = (*banks, *batch, *sums)
    in_order = order == tuple(range(len(of)))
    return Grouping(tuple(banks), len(batch), None if in_order else order, tuple(of[i] for i in sums))


def banks_last(of: tuple[Axis, ...], bordered: bool) -> tuple[int, ...] | None:
    """Return the order of axes that brings filter banks behind the last summed axis to the front, if there are any.

    The columns of a plane must be summed along, or be a batch.
    """
    last = max(summed(of, bordered), default=len(of))
    behind = [i for i in range(last + 1, len(of)) if of[i].taps > 1]
    return (*behind, *(i for i in range(len(of)) if i not in behind)) if behind else None


def pairs(axis: Axis) -> int:
    """Return how many (output, tap) pairs of an axis meet a sample inside the data."""
    first, last = axis.first, axis.first + axis.out
    return (
        _below(last + axis.taps, axis.data)
        - _below(first + axis.taps, axis.data)
        - _below(last, axis.data)
        + _below(first, axis.data)
    )


def _below(t: int, n: int) -> int:
    """Return the sum of min(s, n) over 0 <= s < t."""
    if t <= 0:
        return 0
    return t * (t - 1) // 2 if t <= n + 1 else n * (n + 1) // 2 + (t - 1 - n) * n


def products(of: tuple[Axis, ...], bordered: bool) -> int:
    """Return the multiply-adds of a direct sum: absent rows cost nothing, absent columns do."""
    inner = max(summed(of, bordered), default=-1)
    total = 1
    for i, axis in enumerate(of):
        total *= axis.out * axis.taps if bordered or i == inner else pairs(axis)
    return total


def terms(of: tuple[Axis, ...], bordered: bool) -> int:
    """Return the most products that one output is the sum of."""
    return prod(axis.taps if bordered else min(axis.taps, axis.data) for axis in of)


def planes(of: tuple[Axis, ...], unit: int, bordered: bool) -> Planes:
    """Cut the axes of C-contiguous arrays into planes; `unit` reals make an element."""
    x_strides = [unit * prod(axis.data for axis in of[i + 1 :]) for i in range(len(of))]
    y_strides = [unit * prod(axis.out for axis in of[i + 1 :]) for i in range(len(of))]
    sums = summed(of, bordered)
    tapped = [i for i, axis in enumerate(of) if axis.taps > 1]
    inner = max(tapped, default=-1)
    width = prod(axis.data for axis in of[inner + 1 :])
    if not sums or (width >= WIDE_BATCH and len(sums) == 1):
        # The trailing batch is the columns: a loaded row then serves every tap above it.
        cols, group, before = Axis(width, 1, width, 0), unit, inner + 1
    else:
        cols, group, before = of[inner], unit * width, inner
    # Rows are summed along, or else a bank, or else a batch.
    row = max((i for i in sums if i < before), default=max((i for i in tapped if i < before), default=-1))
    if row >= 0:
        rows, x_pitch, y_pitch = of[row], x_strides[row], y_strides[row]
    else:
        count = prod(axis.data for axis in of[:before])
        rows, x_pitch, y_pitch = Axis(count, 1, count, 0), cols.data * group, cols.out * group
    outer = [i for i in range(before) if i != row] if row >= 0 else []
    between = any(i > row and of[i].taps > 1 for i in outer)
    order = (*outer, row, *range(before, len(of))) if between else None
    return Planes(
        tuple(of[i] for i in outer),
        tuple(x_strides[i] for i in outer),
        tuple(y_strides[i] for i in outer),
        rows,
        x_pitch,
        y_pitch,
        cols,
        group,
        prod(of[i].taps for i in outer),
        order,
    )


def transform_length(axis: Axis, bordered: bool) -> int:
    """Return the shortest circular convolution that leaves the wanted outputs of an axis untouched."""
    if bordered:  # of the extended data, only its valid part
        return axis.out + axis.taps - 1
    start = axis.first + axis.taps - 1
    full = axis.data + axis.taps - 1
    return max(axis.data, axis.taps, start + axis.out, full - start)
