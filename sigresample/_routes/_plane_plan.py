"""What the plane kernel (_kernels/planes.pyx) is told about a convolution or a transposed one: integers only.

Along an axis a position k stands for the outputs y[start + leap·k + f], f its phase. A tap p of phase f reads the
sample first + stride·k + (an offset). Phases whose taps read at the same offsets are one class, computed together.

A transposed convolution of stride s has s phases on an axis: y[t] = Σ x[i] w[p] over i·s + p·d = t + before, so that
with t = start + s·k + f its taps are those with p·d ≡ start + f + before (mod s), and i = k + (start + f + before −
p·d) / s. With start = −(before mod s) the phases of a filter of a multiple of s taps are one class.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from .._channel_shapes import Along, Spread

Array = np.ndarray[Any, Any]

# Units of scratch that one worker's block may take: samples packed, and rows of results.
PACKED_BYTES = 1 << 17
RESULT_BYTES = 1 << 16
LEAST_POSITIONS = 64
MOST_POSITIONS = 4096
CHUNK = 8  # outputs: a block of taps holds at most eight rows
# What a route may be asked for at most: taps packed anew, and samples of the least block.
MOST_TAP_BYTES = 1 << 20
MOST_PACKED_BYTES = 1 << 19
SLACK = 64  # positions behind the last that two vectors may reach
# Planes that are read where they lie: rows of outputs and of taps, columns of taps and of outputs that reach outside,
# and bytes of a row, of which three are kept.
LEAST_ROWS, LEAST_TAPS, MOST_TAPS = 4, 3, 32
MOST_OUTSIDE = 64
MOST_ROW_BYTES = 1 << 16


class Reach(NamedTuple):
    """One axis as the kernel sees it; `phases`: for each the taps with what they read, in samples from `first` on."""

    data: int
    whole: int
    out: int
    first: int
    stride: int
    start: int
    leap: int
    taps: int
    expand: int  # positions that share a sample
    phases: tuple[tuple[tuple[int, int], ...], ...]


class Plan(NamedTuple):
    """The kernel's numbers, and what they cost."""

    numbers: Array
    tap_reals: int
    block_reals: int
    straight: bool  # planes are read where they lie, if their rows fill vectors
    rooms: dict[tuple[str, bool, int], int]  # bytes that the kernel wants, by type, bias and workers


ONE = Along(1, 1, 1, 0)


def _along(axis: Along, whole: int) -> Reach:
    taps = tuple((p, p * axis.dilation) for p in range(axis.taps))
    return Reach(
        axis.data, whole, axis.out, axis.first, axis.stride, axis.start, axis.leap if axis.out > 1 else 1,
        axis.taps, 1, (taps,),
    )  # fmt: skip


def _spread(axis: Spread, joined: bool) -> Reach:
    s, d, before = axis.stride, axis.dilation, axis.before
    start = -(before % s) if joined else 0
    meet = [[(p, (start + f + before - p * d) // s) for p in range(axis.taps) if (start + f + before - p * d) % s == 0]
            for f in range(s)]  # fmt: skip
    first = min((at for taps in meet for _, at in taps), default=0)
    # In the order of the samples.
    phases = tuple(tuple((p, at - first) for p, at in reversed(taps)) for taps in meet)
    return Reach(axis.data, axis.out, -(-(axis.out - start) // s), first, 1, start, s, axis.taps, 1, phases)


def _expanded(axis: Spread) -> Reach:
    """Return an axis whose positions are the outputs; `phases` are those of one period, which read alike."""
    s, before = axis.stride, axis.before
    last = axis.taps // s - 1
    phases = tuple(tuple(((before + f) % s + m * s, (last - m) * s) for m in range(last, -1, -1)) for f in range(s))
    return Reach(axis.data, axis.out, axis.out, before - last * s, 1, 0, 1, axis.taps, s, phases)


@lru_cache(maxsize=256)
def correlation(
    groups: int, inputs: int, outputs: int, along: tuple[Along, ...], whole: tuple[int, ...], parts: int, size: int,
    zeros: bool,
) -> Plan:  # fmt: skip
    """Return the plan of a correlation whose y has the lengths `whole`; `parts` reals of `size` bytes are a sample."""
    axes = [_along(axis, n) for axis, n in zip(along, whole, strict=True)]
    axes = [_along(ONE, 1)] * (3 - len(axes)) + axes
    taps = axes[0].taps * axes[1].taps * axes[2].taps
    lie = outputs * inputs * taps, inputs * taps, taps
    return _plan(groups, inputs, outputs, axes, lie, parts, size, zeros)


@lru_cache(maxsize=256)
def transposition(
    groups: int, inputs: int, outputs: int, spread: tuple[Spread, ...], parts: int, size: int, lanes: int
) -> Plan:
    """Return the plan of a transposed convolution with taps of shape (groups · inputs, outputs, …)."""
    # Few rows: all phases in one class share what they read. Many: no position more than needed.
    few = outputs * parts < 4
    axes = [_spread(axis, few) for axis in spread]
    last = spread[-1]
    if few and parts == 1 and last.stride > 1 == last.dilation and last.taps % last.stride == 0 == lanes % last.stride:
        axes[-1] = _expanded(last)
    axes = [_along(ONE, 1)] * (3 - len(axes)) + axes
    taps = axes[0].taps * axes[1].taps * axes[2].taps
    lie = inputs * outputs * taps, taps, outputs * taps
    return _plan(groups, inputs, outputs, axes, lie, parts, size, True)


def _plan(
    groups: int, inputs: int, outputs: int, axes: list[Reach], lie: tuple[int, int, int], parts: int, size: int,
    zeros: bool,
) -> Plan:  # fmt: skip
    depth, rows, cols = axes
    step, slices = _slices(depth)
    row_splits, col_splits = _splits(rows), _splits(cols)
    halo, reach = _farthest(rows), _farthest(cols)
    per_position = inputs * parts * slices * len(row_splits) * len(col_splits)
    phases = _phases(depth) * _phases(rows) * _phases(cols)
    chunk = max(1, min(outputs, CHUNK, 64 // (phases * parts)))
    height, width = _block(rows, cols, halo, reach, per_position * size, chunk * phases * parts * size)
    pitch = width + reach
    if zeros and width >= cols.out and cols.stride == cols.expand == 1 and cols.first < 0:
        # The zeros behind a row are those before the next.
        pitch = min(pitch, max(cols.out, cols.data - cols.first, cols.out + reach + cols.first))
    sub = (height + halo) * pitch
    classes = _classes(axes, row_splits, col_splits, step, pitch, sub)
    numbers = [groups, inputs, outputs, parts]
    for axis in axes:
        numbers += [axis.data, axis.whole, axis.out, axis.first, axis.stride, _phases(axis), axis.start, axis.leap]
    numbers += [slices, step, len(row_splits), len(col_splits), height, width, halo, pitch, reach + SLACK]
    plain = _plain(inputs, parts, axes)
    straight = zeros and _straight(axes, plain, size)
    numbers += [*lie, cols.expand, *plain, straight, chunk, len(classes), *row_splits, *col_splits]
    for members, offsets, lists in classes:
        numbers += [len(members), len(offsets), *members, *offsets]
        for taps in lists:
            numbers += taps
    packed = groups * inputs * outputs * depth.taps * rows.taps * cols.taps * parts * parts
    return Plan(np.array(numbers, np.intp), packed, per_position * (sub + reach + SLACK), straight, {})


def _plain(inputs: int, parts: int, axes: list[Reach]) -> tuple[int, int, int]:
    """Return rows, columns and the columns' distance of filters that a plane meets sample by sample, or zeros."""
    depth, rows, cols = axes
    near = all(axis.stride == axis.leap == 1 and axis.expand == len(axis.phases) == 1 for axis in axes)
    if inputs != 1 or parts != 1 or not near or depth.taps * depth.out * depth.whole != 1:
        return 0, 0, 1
    if rows.phases[0] != tuple((p, p) for p in range(rows.taps)):
        return 0, 0, 1
    if [p for p, _ in cols.phases[0]] != list(range(cols.taps)):  # a transposed one's are turned round
        return 0, 0, 1
    reads = [at for _, at in cols.phases[0]]
    return rows.taps, cols.taps, reads[1] if len(reads) > 1 else 1


def _straight(axes: list[Reach], plain: tuple[int, int, int], size: int) -> bool:
    """Return whether a plane with zeros around it can be read where it lies: rows end in their neighbours' samples."""
    depth, rows, cols = axes
    taps, columns, across = plain
    halo = (columns - 1) * across
    reach, before = cols.out + halo, -cols.first
    behind = reach - before - cols.data
    return (
        LEAST_TAPS <= taps <= MOST_TAPS
        and rows.out >= LEAST_ROWS
        and depth.data == 1
        and rows.data > 0
        and max(halo, before, behind) <= min(MOST_OUTSIDE, cols.data)
        and reach * size <= MOST_ROW_BYTES
    )


def _phases(axis: Reach) -> int:
    return len(axis.phases) // axis.expand


def _slices(depth: Reach) -> tuple[int, int]:
    """Return how far apart the slices lie that one position of the depth reads, and how many they are."""
    reads = sorted({at for taps in depth.phases for _, at in taps})
    if len(reads) < 2:
        return 1, 1
    step = int(np.gcd.reduce(reads))
    return step, reads[-1] // step + 1


def _splits(axis: Reach) -> list[int]:
    """Return the residues of the stride that some tap reads."""
    return sorted({at % axis.stride for taps in axis.phases for _, at in taps}) or [0]


def _farthest(axis: Reach) -> int:
    return max((at // axis.stride for taps in axis.phases for _, at in taps), default=0)


def _block(rows: Reach, cols: Reach, halo: int, reach: int, packed: int, results: int) -> tuple[int, int]:
    """Return height and width of a block, from the bytes that a position needs of samples and of results."""
    most = min(MOST_POSITIONS, PACKED_BYTES // max(packed, 1), RESULT_BYTES // results)
    most = max(LEAST_POSITIONS, most)
    # Rows above and below are packed again by the next block: not too few at a time.
    height = max(1, min(rows.out, 2 * halo))
    width = cols.out
    if height * (width + reach) > most:
        width = max(LEAST_POSITIONS, most // height // LEAST_POSITIONS * LEAST_POSITIONS)
        width = min(cols.out, width)
        if width < cols.out:  # strips of about equal width
            width = -(-cols.out // -(-cols.out // width))
    height = max(1, min(rows.out, most // max(1, width + reach)))
    height = -(-rows.out // -(-rows.out // height)) if rows.out else 1
    if width < cols.out:
        width = -(-width // cols.expand) * cols.expand
    return height, max(1, width)


def _classes(
    axes: list[Reach], row_splits: list[int], col_splits: list[int], step: int, pitch: int, sub: int
) -> list[tuple[list[int], list[int], list[list[int]]]]:
    """Return each class: its phases, the offsets of its taps in a packed block, and the taps of each phase."""
    depth, rows, cols = axes
    found: dict[tuple[int, ...], tuple[list[int], list[list[int]]]] = {}
    for number, phase in enumerate(product(depth.phases, rows.phases, cols.phases)):
        offsets, taps = [], []
        for (p0, at0), (p1, at1), (p2, at2) in product(*phase):
            row, row_split = divmod(at1, rows.stride)
            col, col_split = divmod(at2, cols.stride)
            split = (at0 // step * len(row_splits) + row_splits.index(row_split)) * len(col_splits)
            offsets.append((split + col_splits.index(col_split)) * sub + row * pitch + col)
            taps.append((p0 * rows.taps + p1) * cols.taps + p2)
        members, lists = found.setdefault(tuple(offsets), ([], []))
        if number % cols.expand == 0:
            members.append(number // cols.expand)
        lists.append(taps)
    return [(members, list(offsets), lists) for offsets, (members, lists) in found.items()]
