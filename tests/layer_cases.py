"""Convolutions over channels of every kind, drawn from a seed, for tests that look at one from several sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sigresample.nn import conv_output_size

MODES = ("zeros", "reflect", "replicate", "circular")
WORDS = ("valid", "same", "same_upper", "same_lower")


@dataclass(frozen=True)
class Case:
    """One parameter set: shapes of input and weights, and the arguments."""

    x: tuple[int, ...]
    w: tuple[int, ...]
    stride: Any
    padding: Any
    dilation: Any
    groups: int
    mode: str

    @property
    def rank(self) -> int:
        return len(self.w) - 2

    @property
    def how(self) -> dict[str, Any]:
        """The keyword arguments of a convolution."""
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
            "padding_mode": self.mode,
        }

    @property
    def y(self) -> tuple[int, ...]:
        """The shape of the output."""
        sizes = conv_output_size(self.x[-self.rank :], self.w[2:], self.stride, self.padding, self.dilation)
        assert isinstance(sizes, tuple)
        return (*self.x[: -self.rank - 1], self.w[0], *sizes)

    def integers(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Return numbers small enough that no sum of products wraps."""
        return rng.integers(-9, 10, shape)


def draw(rng: np.random.Generator, rank: int, *, words: bool = True, modes: bool = True) -> Case:
    """Return a parameter set that a convolution along `rank` axes accepts."""
    top = {1: 12, 2: 8, 3: 5}[rank]
    while True:
        groups = int(rng.integers(1, 4))
        batch = [(), (int(rng.integers(0, 4)),), (2,)][rng.integers(3)]
        data = tuple(int(n) for n in rng.integers(1, top + 1, rank))
        kernel = tuple(int(n) for n in rng.integers(1, 5, rank))
        stride, dilation, padding = (_one_or_each(rng, low, high, rank) for low, high in ((1, 5), (1, 4), (0, 5)))
        if words and rng.random() < 0.25:
            padding = WORDS[rng.integers(4)]
            if padding == "same":
                stride = 1
        elif words and rng.random() < 0.25:
            padding = tuple((int(a), int(b)) for a, b in rng.integers(0, 5, (rank, 2)))
        mode = MODES[rng.integers(4)] if modes else "zeros"
        x = (*batch, groups * int(rng.integers(1, 4)), *data)
        w = (groups * int(rng.integers(1, 4)), x[len(batch)] // groups, *kernel)
        case = Case(x, w, stride, padding, dilation, groups, mode)
        if _accepted(case):
            return case


def _one_or_each(rng: np.random.Generator, low: int, high: int, rank: int) -> Any:
    each = tuple(int(n) for n in rng.integers(low, high, rank))
    return each[0] if rng.random() < 0.5 else each


def _accepted(case: Case) -> bool:
    """Return whether the kernel fits, and the padding is no longer than its mode allows."""
    try:
        case.y  # noqa: B018
    except ValueError:
        return False
    most = {"reflect": -1, "circular": 0}.get(case.mode)
    if most is None:
        return True
    data, kernel = case.x[-case.rank :], case.w[2:]
    if isinstance(case.padding, str):
        if case.padding == "valid":
            return True
        s, d = (v if isinstance(v, tuple) else (v,) * case.rank for v in (case.stride, case.dilation))
        total = [max((-(-n // s_) - 1) * s_ + d_ * (k - 1) + 1 - n, 0) for n, k, s_, d_ in zip(data, kernel, s, d)]
        return all(-(-t // 2) <= n + most for t, n in zip(total, data))
    pads = case.padding if isinstance(case.padding, tuple) else (case.padding,) * case.rank
    return all(np.max(p) <= n + most for p, n in zip(pads, data))


def cases(seed: int, count: int, **how: bool) -> list[Case]:
    """Return so many parameter sets of one to three axes."""
    rng = np.random.default_rng(seed)
    return [draw(rng, 1 + i % 3, **how) for i in range(count)]
