"""The named cases: what is timed, with which goals. The runner, the report and the route fit read them here.

A case is data, not code: shapes, type, keywords. Filters are random, hence of full rank: the separable
route cannot be taken unless a row says so.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call: a function of sigresample, and of scipy.signal under the same name."""

    row: str
    label: str
    function: str
    shapes: tuple[tuple[int, ...], ...]
    dtype: str
    arguments: dict[str, Any] = field(default_factory=dict)  # SciPy takes these too
    ours: dict[str, Any] = field(default_factory=dict)  # method, workers
    gaussian: bool = False

    def arrays(self) -> tuple[np.ndarray[Any, Any], ...]:
        """Return the arguments in order: random, never constant, the same ones every time."""
        rng = np.random.default_rng(20261124)
        arrays = [rng.standard_normal(shape).astype(self.dtype) for shape in self.shapes]
        if self.gaussian:
            rows, columns = (np.exp(-(np.linspace(-2, 2, k) ** 2)) for k in self.shapes[1])
            arrays[1] = np.outer(rows, columns).astype(self.dtype)
        return tuple(arrays)

    def multiply_adds(self) -> int:
        """Return the products of a direct computation; those with samples outside count too, as everyone counts."""
        up, down = int(self.arguments.get("up", 1)), int(self.arguments.get("down", 1))
        if self.function == "upfirdn":
            (taps,), (*_, n) = self.shapes
            return (((n - 1) * up + taps - 1) // down + 1) * -(-taps // up)
        if self.function == "resample_poly":
            return math.prod(self.shapes[0]) * up // down * -(-(20 * max(up, down) + 1) // up)
        x, h = self.shapes
        if self.arguments.get("mode") == "valid":
            return math.prod((abs(n - k) + 1) * min(n, k) for n, k in zip(x, h, strict=True))
        return math.prod(x) * math.prod(h)

    def shrunk(self, most: int) -> Case:
        """Return the case with every axis cut to at most `most`, as the tests run it."""
        return replace(self, shapes=tuple(tuple(min(n, most) for n in shape) for shape in self.shapes))


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


DTYPES = ("float32", "float64")
SQUARES = (3, 5, 7, 9, 11, 15)
LARGE = ("11×11", "15×15")
RATIOS = ((1, 1), (1, 2), (2, 1), (3, 2), (1, 8), (8, 1), (160, 147))
TAPS = (161, 321, 801, 3201)
RATES = ((44100, 48000), (48000, 44100), (44100, 16000), (48000, 16000), (16000, 48000), (96000, 44100), (8000, 44100))
SECONDS = 10

ROWS = (
    Row(
        "convolve2d",
        "convolve2d, 1024², same, full-rank filters of 3² to 15², direct",
        ("cv2", "scipy", "torch"),
        (
            Goal("cv2", 1.4, "float32"),
            Goal("scipy", 50, "float32"),
            Goal("matmul", 0.8, "float32", LARGE),
            Goal("cv2", 2.0, "float64"),
            Goal("matmul", 0.8, "float64", LARGE),
        ),
        ceilings=("matmul", "copy"),
    ),
    Row("convolve2d-auto", "the same, method auto", ("cv2", "fftconvolve"), promised=False),
    Row("convolve2d-gaussian", "the same, Gaussian filters, method auto", ("cv2", "cv2-separable"), promised=False),
    Row(
        "correlate2d",
        "correlate2d, 777×1301 by 7×5, every mode and boundary",
        ("scipy",),
        (Goal("scipy", 25),),
    ),
    Row(
        "upfirdn",
        "upfirdn, 1M samples, 161–3201 taps, seven ratios",
        ("scipy",),
        (Goal("scipy", 15), Goal("scipy", 6, statistic="min")),
    ),
    Row(
        "resample_poly",
        "resample_poly, 10 s of audio, seven rate pairs, mono, 8 rows, stereo (N, 2)",
        ("scipy", "soxr"),
        (Goal("scipy", 6),),
    ),
    Row(
        "convolve",
        "convolve, 1M × 5, 16, 64 taps, direct",
        ("numpy", "scipy", "fftconvolve", "oaconvolve"),
        (Goal("best", 1.5),),
        ceilings=("copy",),
    ),
    Row("workers", "two workers over one, 1 MP and up", ("one-worker",), (Goal("one-worker", 1.8),)),
    Row("tiny", "tiny calls", ("scipy",), (Goal("scipy", 1.0, statistic="min"),)),
    Row(
        "swap",
        "f(a, b) and f(b, a), the slower over the faster",
        ("swapped",),
        (Goal("swapped", 1 / 1.2, statistic="min"),),
        promised=False,
    ),
    Row("outer", "an outer product, (1000, 1) by (1, 1000)", ("scipy", "fftconvolve", "numpy-outer"), promised=False),
)


def _convolve2d(row: str, method: str, gaussian: bool = False) -> list[Case]:
    return [
        Case(
            row,
            f"{k}×{k}",
            "convolve2d",
            ((1024, 1024), (k, k)),
            dtype,
            {"mode": "same"},
            {"method": method},
            gaussian,
        )
        for k, dtype in itertools.product(SQUARES, DTYPES)
    ]


def _correlate2d() -> list[Case]:
    modes, boundaries = ("full", "same", "valid"), ("fill", "wrap", "symm")
    return [
        Case(
            "correlate2d",
            f"{mode}, {boundary}",
            "correlate2d",
            ((777, 1301), (7, 5)),
            dtype,
            {"mode": mode, "boundary": boundary},
        )
        for mode, boundary, dtype in itertools.product(modes, boundaries, DTYPES)
    ]


def _upfirdn() -> list[Case]:
    return [
        Case(
            "upfirdn",
            f"{taps} taps, {up}/{down}",
            "upfirdn",
            ((taps,), (1_000_000,)),
            dtype,
            {"up": up, "down": down},
        )
        for taps, (up, down), dtype in itertools.product(TAPS, RATIOS, DTYPES)
    ]


def _resample_poly() -> list[Case]:
    cases = []
    for (old, new), layout, dtype in itertools.product(RATES, ("mono", "8 rows", "stereo"), DTYPES):
        n, shared = old * SECONDS, math.gcd(old, new)
        shape = {"mono": (n,), "8 rows": (8, n), "stereo": (n, 2)}[layout]
        arguments = {"up": new // shared, "down": old // shared, "axis": int(layout == "8 rows")}
        label = f"{old / 1000:g} → {new / 1000:g} kHz, {layout}"
        cases.append(Case("resample_poly", label, "resample_poly", (shape,), dtype, arguments))
    return cases


def _convolve() -> list[Case]:
    return [
        Case("convolve", f"{k} taps", "convolve", ((1_000_000,), (k,)), dtype, ours={"method": "direct"})
        for k, dtype in itertools.product((5, 16, 64), DTYPES)
    ]


def _workers() -> list[Case]:
    cases = []
    for dtype in DTYPES:
        for n, k in ((1024, 7), (2048, 7), (2048, 15)):
            how = {"mode": "same"}, {"method": "direct"}
            cases.append(Case("workers", f"{n}² by {k}²", "convolve2d", ((n, n), (k, k)), dtype, *how))
        same_rate = {"up": 1, "down": 1}
        cases.append(Case("workers", "upfirdn, 4M by 321", "upfirdn", ((321,), (4_000_000,)), dtype, same_rate))
    return cases


def _tiny() -> list[Case]:
    calls: tuple[tuple[str, str, tuple[tuple[int, ...], ...], dict[str, Any]], ...] = (
        ("convolve 64 × 5", "convolve", ((64,), (5,)), {}),
        ("convolve2d 16² × 3²", "convolve2d", ((16, 16), (3, 3)), {}),
        ("upfirdn 64 × 5", "upfirdn", ((5,), (64,)), {"up": 1, "down": 1}),
        ("resample_poly 64 at 3/2", "resample_poly", ((64,),), {"up": 3, "down": 2}),
    )
    return [
        Case("tiny", label, function, shapes, dtype, arguments)
        for (label, function, shapes, arguments), dtype in itertools.product(calls, DTYPES)
    ]


def _swap() -> list[Case]:
    calls: tuple[tuple[str, str, tuple[tuple[int, ...], ...], str], ...] = (
        ("1M by 64, direct", "convolve", ((1_000_000,), (64,)), "direct"),
        ("100 000 by 3000, auto", "convolve", ((100_000,), (3000,)), "auto"),
        ("1024² by 7², direct", "convolve2d", ((1024, 1024), (7, 7)), "direct"),
        ("1024² by 15², auto", "convolve2d", ((1024, 1024), (15, 15)), "auto"),
        ("96³ by 5³, direct", "convolve", ((96, 96, 96), (5, 5, 5)), "direct"),
        ("64 by 5", "convolve", ((64,), (5,)), "auto"),
        ("1000×1 by 1×1000, direct", "convolve", ((1000, 1), (1, 1000)), "direct"),
    )
    return [
        Case("swap", label, function, shapes, dtype, {"mode": "full"}, {"method": method})
        for (label, function, shapes, method), dtype in itertools.product(calls, DTYPES)
    ]


def _outer() -> list[Case]:
    shapes = ((1000, 1), (1, 1000))
    return [
        Case("outer", f"{function}, {method}", function, shapes, dtype, ours={"method": method})
        for function, method, dtype in itertools.product(("convolve", "convolve2d"), ("direct", "auto"), DTYPES)
    ]


ALL = (
    *_convolve2d("convolve2d", "direct"),
    *_convolve2d("convolve2d-auto", "auto"),
    *_convolve2d("convolve2d-gaussian", "auto", gaussian=True),
    *_correlate2d(),
    *_upfirdn(),
    *_resample_poly(),
    *_convolve(),
    *_workers(),
    *_tiny(),
    *_swap(),
    *_outer(),
)

# What --quick leaves out: most sizes of a row, never a row.
_QUICK = {
    "convolve2d-auto": ("3×3", "15×15"),
    "convolve2d-gaussian": ("3×3", "15×15"),
    "correlate2d": ("full, wrap", "same, fill", "valid, symm"),
    "upfirdn": tuple(f"{taps} taps, {up}/{down}" for taps in (161, 801) for up, down in RATIOS),
}


def select(rows: tuple[str, ...], quick: bool = False) -> list[Case]:
    """Return the cases of the rows named (all when none is), in the table's order."""
    unknown = set(rows) - {row.key for row in ROWS}
    if unknown:
        raise ValueError(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(row.key for row in ROWS)}")
    return [
        case
        for case in ALL
        if (not rows or case.row in rows) and (not quick or case.label in _QUICK.get(case.row, (case.label,)))
    ]
