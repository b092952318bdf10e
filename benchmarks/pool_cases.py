"""Pooling: what is timed beside PyTorch's functions, and beside itself, with which goals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from case import DTYPES, Case, Goal, Row

Work = tuple[str, str, tuple[int, ...], dict[str, Any]]


class Pooling(Case):
    """A call of sigresample.nn on (N, C, H, W), and of torch.nn.functional under the same name."""

    of_nn = True

    def arrays(self) -> tuple[np.ndarray[Any, Any], ...]:
        """Return the samples; to be unpooled, maxima of windows of two by two and where they were."""
        if self.function != "max_unpool2d":
            return super().arrays()
        (*lead, height, width), rng = self.shapes[0], np.random.default_rng(20261124)
        values = rng.standard_normal(self.shapes[0]).astype(self.dtype)
        corner = rng.integers(0, 2, (2, *lead, height, width))
        rows, columns = (2 * np.indices((height, width))[axis] + corner[axis] for axis in (0, 1))
        return values, rows * 2 * width + columns

    def multiply_adds(self) -> int:
        """Return how many samples a direct computation compares or adds; to be put back, how many there are."""
        (*lead, height, width) = self.shapes[0]
        if self.function == "max_unpool2d":
            return math.prod(self.shapes[0])
        k, p = (int(self.arguments.get(name, 0)) for name in ("kernel_size", "padding"))
        s = int(self.arguments.get("stride", k))
        return math.prod(lead) * math.prod((n + 2 * p - k) // s + 1 for n in (height, width)) * k * k

    def shrunk(self, most: int) -> Pooling:
        """Return the case with every axis cut to at most `most`, which is no less than its windows are."""
        k = int(self.arguments["kernel_size"])
        *lead, height, width = self.shapes[0]
        image = (min(n, max(most, k)) for n in (height, width))
        return replace(self, shapes=((*(min(n, most) for n in lead), *image),))


IMAGE = (1, 64, 112, 112)
HALF = {"kernel_size": 2}
POOLS: tuple[Work, ...] = (
    ("max 2", "max_pool2d", IMAGE, HALF),
    (
        "max 3 s2 p1, indices",
        "max_pool2d",
        IMAGE,
        {"kernel_size": 3, "stride": 2, "padding": 1, "return_indices": True},
    ),
    ("mean 2", "avg_pool2d", IMAGE, HALF),
    ("mean 3 s1 p1", "avg_pool2d", IMAGE, {"kernel_size": 3, "stride": 1, "padding": 1}),
    ("unpool 2", "max_unpool2d", (1, 64, 56, 56), HALF),
)
LARGE: tuple[Work, ...] = tuple(
    (f"{name} 31 s1, 1024²", function, (1, 1, 1024, 1024), {"kernel_size": 31, "stride": 1, "padding": 15})
    for name, function in (("max", "max_pool2d"), ("mean", "avg_pool2d"))
)
# The same windows over more channels, so that a second thread has something to do.
TWO_WORKERS: tuple[Work, ...] = (
    *((label, function, (1, 4 * x[1], *x[2:]), arguments) for label, function, x, arguments in POOLS),
    *LARGE,
)

ROWS = (
    Row(
        "nn-pool",
        "nn: pooling and unpooling, 64 channels of 112²",
        ("torch",),
        (Goal("torch", 8), Goal("torch", 2, statistic="min")),
        ceilings=("copy",),
    ),
    Row(
        "nn-pool-large",
        "nn: pooling by 3×3 over pooling by 31×31, 1024²",
        ("three",),
        (Goal("three", 1 / 3, statistic="min"),),
        promised=False,
    ),
    Row("nn-pool-workers", "nn: pooling, two workers over one", ("one-worker",), (Goal("one-worker", 1.7),)),
)


def _cases(row: str, works: tuple[Work, ...]) -> list[Pooling]:
    return [
        Pooling(row, label, function, (x,), dtype, arguments)
        for label, function, x, arguments in works
        for dtype in DTYPES
    ]


ALL = (*_cases("nn-pool", POOLS), *_cases("nn-pool-large", LARGE), *_cases("nn-pool-workers", TWO_WORKERS))


def of_three(case: Case) -> Case:
    """Return the same pooling by windows of three."""
    return replace(case, arguments=case.arguments | {"kernel_size": 3, "padding": 1})
