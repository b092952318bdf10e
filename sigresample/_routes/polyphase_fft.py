"""Polyphase sums by overlap-save: the phases of samples and outputs that repeat, each by short transforms.

    y[m] = sum_q x[i - (K - 1) + q] * table[p, q]         m·down = i·up + p

With g = gcd(up, down), U = up / g and D = down / g, every U-th output sees the same taps D samples on. So there are
U filters, which a block of D·N samples meets as D phases of N samples each: D transforms, U·D products, and U back.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd, log2
from typing import Any, NamedTuple

import numpy as np

from .. import _cache, _kernels
from . import _transform_tables as tables

Array = np.ndarray[Any, Any]

MOST_PHASES = 16  # of either kind: beyond, their blocks leave the cache
LARGEST = 1 << 18  # vectors of a worker's scratch: 16 MiB

# Nanoseconds of one thread, by level, for a vector of a group of blocks: its part in one doubling of a transform, in
# coming or going, in a product with one spectrum. AMD Zen 4, 2026-11-24, fitted by hand to the best of many. Beside
# them a sample is looked at for its range, and where outputs outnumber the samples, memory is what they wait for.
NANOSECONDS = {
    "v4": (0.40, 2.0, 0.5),
    "v3": (0.28, 1.0, 0.55),
    "v2": (0.43, 0.9, 0.55),
    "neon": (0.43, 0.9, 0.55),  # not measured
    "scalar": (0.45, 0.8, 0.55),
}
RANGE = 0.4  # a sample
MEMORY = 0.05  # a byte
CALL = 60e-6


class Streams(NamedTuple):
    """The sums of one signal: y[U·t + s] = sum_r x[first + D·t + r] * w_s[r], a block having `hop` values of t."""

    n_in: int
    n_out: int
    U: int
    D: int
    first: int
    rows: tuple[int, ...]  # of the table, for s = 0 … U - 1
    late: tuple[int, ...]  # how many samples after `first` each begins
    taps: int  # of one phase of the samples
    points: int
    hop: int
    seconds: float


def plan(n_in: int, n_out: int, up: int, down: int, taps: int, first: int, itemsize: int, reals: int) -> Streams | None:
    """Return how transforms would compute one signal, or None where phases or taps are too many."""
    if max(up, down) > MOST_PHASES * gcd(up, down):
        return None
    return _plan(n_in, n_out, up, down, taps, first, itemsize, reals, _kernels.level)


@lru_cache(maxsize=256)
def _plan(
    n_in: int, n_out: int, up: int, down: int, taps: int, first: int, itemsize: int, reals: int, level: str
) -> Streams | None:
    U, D = up // gcd(up, down), down // gcd(up, down)
    steps = [divmod((s + first) * down, up) for s in range(U)]
    begin = steps[0][0]
    late = tuple(i - begin for i, _ in steps)
    own = -(-(taps + late[-1]) // D)
    best = None
    longest = LARGEST // (reals * (2 * max(U, D) + D + 1))
    for points in _lengths(own, -(-n_out // U) + own - 1, longest, reals):
        hop = points - own + 1
        seconds = _seconds(U, D, points, -(-n_out // (U * hop)), itemsize, reals, level)
        seconds += reals * (n_in * RANGE + (n_out * itemsize * MEMORY if U > D else 0)) * 1e-9
        if best is None or seconds < best.seconds:
            best = Streams(
                n_in, n_out, U, D, begin - taps + 1, tuple(p for _, p in steps), late, own, points, hop, seconds
            )
    return best


_cache.forgets(_plan.cache_clear)


def _lengths(taps: int, whole: int, longest: int, reals: int) -> list[int]:
    """Return the points worth a thought: from hardly more than the taps to all there is, or as much as fits."""
    made = []
    points = tables.block_length(taps + 3, reals == 1)
    while points <= longest:
        made.append(points)
        if points >= whole:
            break
        points = tables.block_length(points + 1, reals == 1)
    return made


def _seconds(U: int, D: int, points: int, blocks: int, itemsize: int, reals: int, level: str) -> float:
    double, move, product = NANOSECONDS[level]
    lanes = _kernels.lanes(level, itemsize)
    vectors = -(-blocks // lanes) * points * reals
    moves = D * (1 + (D > 1)) + U * (1 + (U > 1))
    own = U * D * points * reals * log2(points) * 2e-9  # the filter's spectra
    each = (D + U) * double * log2(points) + moves * move + U * D * product
    return CALL + own + vectors * each * 1e-9


def prepare(table: Array, streams: Streams, dtype: np.dtype[Any]) -> Array:
    """Return the values of the filters' phases at the conjugates of the transform's points, over their number."""
    U, D, taps = streams.U, streams.D, streams.taps
    wide = np.dtype(np.float64 if dtype.kind == "f" else np.complex128)
    filters = np.zeros((U, taps * D), wide)
    for s, (row, late) in enumerate(zip(streams.rows, streams.late, strict=True)):
        filters[s, late : late + table.shape[1]] = table[row]
    phases = np.ascontiguousarray(filters.reshape(U, taps, D).transpose(0, 2, 1)).reshape(U * D, taps)
    unit = 1 if dtype.kind == "f" else 2
    length = streams.points * unit // 2
    made = np.empty((length, 2, U * D))
    at = np.arange(U * D) * (taps * unit)
    _kernels.blockfft.spectra(phases.view(np.float64), tables.twiddles(length, 1j, made.dtype), made, at, unit, 1)
    return made.astype(tables.real_of(dtype), copy=False)


def run(x: Array, spectra: Array, streams: Streams, y: Array, workers: int) -> None:
    """Compute all signals of C-contiguous x (rows, n_in, width) into y (rows, n_out, width), zeros around them."""
    rows, n_in, width = x.shape
    unit = 1 if x.dtype.kind == "f" else 2
    step = width * unit
    x_at = y_at = None
    if rows * width > 1:
        columns = np.arange(width) * unit
        x_at = np.add.outer(np.arange(rows) * (n_in * step), columns).ravel()
        y_at = np.add.outer(np.arange(rows) * (y.shape[1] * step), columns).ravel()
    real = spectra.dtype
    _kernels.blockfft.polyphase(
        x.view(real), spectra, tables.twiddles(len(spectra), 1j, real), y.view(real), x_at, y_at, n_in, streams.n_out,
        streams.first, step, step, streams.hop, streams.U, streams.D, unit, 0.0, 0.0, workers,
    )  # fmt: skip
