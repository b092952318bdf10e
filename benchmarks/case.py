"""What a case, a goal and a row of the table are: data, not code."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Case:
    """One call: a function of sigresample, and of scipy.signal under the same name."""

    of_nn: ClassVar[bool] = False  # of sigresample.nn instead, and of torch.nn.functional

    row: str
    label: str
    function: str
    shapes: tuple[tuple[int, ...], ...]
    dtype: str
    arguments: dict[str, Any] = field(default_factory=dict)  # SciPy takes these too
    ours: dict[str, Any] = field(default_factory=dict)  # method, workers
    gaussian: bool = False
    spoilt: tuple[float, float] | None = None  # what the data contain, in which share of the samples (0: in one)

    def arrays(self) -> tuple[np.ndarray[Any, Any], ...]:
        """Return the arguments in order: random, never constant, the same ones every time."""
        rng = np.random.default_rng(20261124)
        arrays = [rng.standard_normal(shape).astype(self.dtype) for shape in self.shapes]
        if self.gaussian:
            rows, columns = (np.exp(-(np.linspace(-2, 2, k) ** 2)) for k in self.shapes[1])
            arrays[1] = np.outer(rows, columns).astype(self.dtype)
        if self.spoilt:
            value, share = self.spoilt
            size = arrays[0].size
            arrays[0].flat[rng.choice(size, max(1, round(share * size)), replace=False)] = value
        return tuple(arrays)

    def multiply_adds(self) -> int:
        """Return the products of a direct computation; those with samples outside count too, as everyone counts."""
        up, down = int(self.arguments.get("up", 1)), int(self.arguments.get("down", 1))
        if self.function == "upfirdn":
            (taps,), (*_, n) = self.shapes
            return (((n - 1) * up + taps - 1) // down + 1) * -(-taps // up)
        if self.function == "resample_poly":
            return math.prod(self.shapes[0]) * up // down * -(-(20 * max(up, down) + 1) // up)
        if self.function == "resample":  # a direct sum over all samples, which nobody forms
            return self.shapes[0][0] * int(self.arguments["num"])
        if self.function == "decimate":
            q, fir = int(self.arguments["q"]), self.arguments["ftype"] == "fir"
            return self.shapes[0][0] // q * (20 * q + 1) if fir else self.shapes[0][0] * 2 * 4 * 5
        x, h = self.shapes
        if self.arguments.get("mode") == "valid":
            return math.prod((abs(n - k) + 1) * min(n, k) for n, k in zip(x, h, strict=True))
        return math.prod(x) * math.prod(h)

    def shrunk(self, most: int) -> Case:
        """Return the case with every axis cut to at most `most`, as the tests run it; what is odd stays odd.

        The middle that filter2D returns is everyone's for filters of odd size only.
        """
        if self.function == "decimate":  # its IIR filter takes no less
            most = max(most, 28)
        cut = tuple(tuple(n if n <= most else most - (most - n) % 2 for n in shape) for shape in self.shapes)
        return replace(self, shapes=cut)


class Goal(NamedTuple):
    """What a row must show: the ratio peer time / our time, over the cases whose label is listed (or all)."""

    peer: str  # a peer's name, or "best": the fastest of the row's peers, case by case
    least: float
    dtype: str | None = None  # None: both
    labels: tuple[str, ...] = ()
    statistic: str = "mean"  # geometric mean, or "min": no case below


class Row(NamedTuple):
    """A line of the table."""

    key: str
    title: str
    peers: tuple[str, ...]
    goals: tuple[Goal, ...] = ()
    promised: bool = True  # False: informational, not in the README's table
    ceilings: tuple[str, ...] = ()  # not rivals: what the machine can do
