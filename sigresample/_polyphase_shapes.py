"""Shape rules of polyphase resampling, and what a call costs: integers and seconds, no arrays."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from . import _kernels


def output_length(taps: int, n_in: int, up: int, down: int) -> int:
    """Return ceil(((n_in - 1) up + taps) / down): every output that a tap and a sample reach."""
    return ((n_in - 1) * up + taps - 1) // down + 1


class Centred(NamedTuple):
    """How resample_poly centres a filter: zeros around it, then outputs dropped at the start."""

    n_out: int
    before: int  # zeros before the taps
    after: int  # zeros after the taps
    first: int  # first output that is kept

    @classmethod
    def of(cls, taps: int, half: int, n_in: int, up: int, down: int) -> Centred:
        """Return the zeros for `taps` taps whose centre is tap `half`."""
        n_out = -(-n_in * up // down)
        before = down - half % down
        first = (half + before) // down
        # The least length for which output_length(...) reaches first + n_out.
        needed = (first + n_out - 1) * down - (n_in - 1) * up + 1
        return cls(n_out, before, max(0, needed - before - taps), first)


class PolyphaseShapes(NamedTuple):
    """One call of the polyphase kernel, in integers."""

    out: tuple[int, ...]
    rows: int  # signals before the axis
    width: int  # signals after the axis
    n_in: int
    n_out: int
    up: int
    down: int
    taps: int  # a phase
    first: int  # outputs left out at the start

    @classmethod
    def of(
        cls, shape: tuple[int, ...], axis: int, n_out: int, up: int, down: int, taps: int, first: int
    ) -> PolyphaseShapes:
        """Return the shapes of a filter with `taps` taps a phase along one axis (not negative) of an array."""
        head, tail = shape[:axis], shape[axis + 1 :]
        out = (*head, n_out, *tail)
        return cls(out, prod(head), prod(tail), shape[axis], n_out, up, down, taps, first)

    @property
    def terms(self) -> int:
        """Products summed into one output."""
        return self.taps

    @property
    def ops(self) -> int:
        """Multiply-adds of real taps on real data."""
        return self.rows * self.width * self.n_out * self.taps


# Nanoseconds of one thread, by level: a multiply-add in lanes (float32, float64), a sample fetched or an output
# stored in lanes (the same), a multiply-add one output at a time. AMD Zen 4, 2026-11-24, best of 7.
NANOSECONDS = {
    "v4": (0.0185, 0.037, 0.19, 0.31, 0.28),
    "v3": (0.0195, 0.039, 0.17, 0.32, 0.28),
    "v2": (0.053, 0.09, 0.26, 0.44, 0.33),
    "neon": (0.053, 0.1, 0.3, 0.5, 0.4),  # not measured
    "scalar": (0.155, 0.17, 1.0, 1.0, 0.3),
}
CALL, FILL = 1.5e-6, 0.5e-6  # the latter: what lanes take to be filled and emptied at all
LANES, PLAIN = "polyphase", "scalar polyphase"


def costs(shapes: PolyphaseShapes, itemsize: int, reals: int, complex_taps: bool) -> dict[str, float]:
    """Return predicted seconds of both ways to run a call; `reals` is 2 for complex data."""
    wide = itemsize == 8
    prices = NANOSECONDS[_kernels.level]
    signals = shapes.rows * shapes.width * reals
    ops = signals * shapes.n_out * shapes.taps * (2 if complex_taps else 1)
    moved = signals * (shapes.n_in + shapes.n_out)
    lanes = ops * prices[0 + wide] + moved * prices[2 + wide]
    plain = ops * prices[4] + signals * shapes.n_out * 2
    return {LANES: CALL + FILL + lanes * 1e-9, PLAIN: CALL + plain * 1e-9}


def blocks(shapes: PolyphaseShapes, itemsize: int, reals: int, complex_taps: bool, workers: int) -> dict[str, int]:
    """Return how the kernel cuts a call; no block at all is one output at a time."""
    cut: Callable[..., dict[str, int]] = _kernels.polyphase.cut
    return cut(
        shapes.rows,
        shapes.n_in,
        shapes.n_out,
        shapes.width * reals,
        shapes.up,
        shapes.down,
        shapes.taps,
        itemsize,
        complex_taps,
        workers,
    )
