"""The named cases: what is timed, with which goals. The runner, the report and the route fit read them here.

A case is data, not code: shapes, type, keywords. Filters are random, hence of full rank: the separable
route cannot be taken unless a row says so.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import grid_cases
import nn_cases
import numpy as np
import pool_cases
import resize_cases
from case import DTYPES, Case, Goal, Row

SQUARES = (3, 5, 7, 9, 11, 15)
LARGE = ("11×11", "15×15")
RATIOS = ((1, 1), (1, 2), (2, 1), (3, 2), (1, 8), (8, 1), (160, 147))
TAPS = (161, 321, 801, 3201)
RATES = ((44100, 48000), (48000, 44100), (44100, 16000), (48000, 16000), (16000, 48000), (96000, 44100), (8000, 44100))
SECONDS = 10
LENGTHS = ((441_000, 480_000), (262_144, 233_543), (262_144, 220_435), (100_003, 50_021), (2**20, 2**18))
FACTORS = (2, 4, 10)
FILTERS = (5, 16, 64, 256, 1024, 8192, 65_536, 1_000_000)
LARGE_2D = ((1024, 31), (1024, 63), (1000, 127), (512, 255), (2003, 45))
SPOILT = {"one NaN": (np.nan, 0.0), "1 % NaN": (np.nan, 0.01), "1 % inf": (np.inf, 0.01)}

# What overlaps is timed with two workers beside one, hence by the wall clock whatever the machine does.
TWO_WORKERS = ("workers", "workers-fft", "nn-workers", "nn-pool-workers", "resize-workers")
# Timed as it is written, without workers: far below the work that a second thread is used for.
TINY = ("tiny", "nn-tiny")
# Compared with another call of ours, or too small for threads: no second reading on all threads.
ONE_READING = (*TWO_WORKERS, *TINY, "swap", "nan", "nn-pool-large")

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
        (Goal("scipy", 25), Goal("scipy", 6, statistic="min")),
    ),
    Row(
        "upfirdn-320",
        "upfirdn, 1M samples, 320 taps at 1/1 and 2/1",
        ("scipy",),
        (Goal("scipy", 60, "float32"), Goal("scipy", 40, "float64")),
    ),
    Row(
        "resample_poly",
        "resample_poly, 10 s of audio, seven rate pairs, mono, 8 rows, stereo (N, 2)",
        ("scipy", "soxr"),
        (Goal("scipy", 6),),
    ),
    Row(
        "resample",
        "resample, smooth, awkward and prime lengths",
        ("scipy",),
        (Goal("scipy", 1.5),),
    ),
    Row("decimate-fir", "decimate, 1M samples, factors 2, 4, 10, fir", ("scipy",), (Goal("scipy", 6),)),
    Row("decimate-iir", "the same, iir, which is SciPy's", ("scipy",), (Goal("scipy", 0.95),), promised=False),
    Row(
        "convolve",
        "convolve, 1M × 5, 16, 64 taps, direct",
        ("numpy", "scipy", "fftconvolve", "oaconvolve"),
        (Goal("best", 1.5),),
        ceilings=("copy",),
    ),
    Row(
        "convolve-auto",
        "convolve, 1M × 5 to 1M taps, method auto",
        ("fftconvolve", "oaconvolve", "numpy"),
        (Goal("best", 2.5), Goal("best", 1.2, statistic="min")),
    ),
    Row(
        "convolve2d-large",
        "convolve2d and fftconvolve, filters of 31² to 301×307, method auto",
        ("fftconvolve", "oaconvolve", "cv2"),
        (Goal("best", 2.5), Goal("best", 1.2, statistic="min")),
    ),
    Row("oaconvolve", "oaconvolve along axis 1, 256×4096 by 129 taps", ("scipy",), (Goal("scipy", 2.5),)),
    Row(
        "nan",
        "clean data over data with NaN or inf in them, FFT routes",
        ("clean",),
        (Goal("clean", 1 / 2.5, statistic="min"),),
        promised=False,
    ),
    Row("workers", "two workers over one, 1 MP and up", ("one-worker",), (Goal("one-worker", 1.8),)),
    Row(
        "workers-fft",
        "two workers over one, 1M samples and up, FFT routes",
        ("one-worker",),
        (Goal("one-worker", 1.7),),
    ),
    Row("tiny", "tiny calls", ("scipy",), (Goal("scipy", 1.0, statistic="min"),)),
    Row(
        "swap",
        "f(a, b) and f(b, a), the slower over the faster",
        ("swapped",),
        (Goal("swapped", 1 / 1.2, statistic="min"),),
        promised=False,
    ),
    Row("outer", "an outer product, (1000, 1) by (1, 1000)", ("scipy", "fftconvolve", "numpy-outer"), promised=False),
    *nn_cases.ROWS,
    *grid_cases.ROWS,
    *pool_cases.ROWS,
    *resize_cases.ROWS,
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
            row,
            f"{taps} taps, {up}/{down}",
            "upfirdn",
            ((taps,), (1_000_000,)),
            dtype,
            {"up": up, "down": down},
        )
        for row, sizes, ratios in (("upfirdn", TAPS, RATIOS), ("upfirdn-320", (320,), ((1, 1), (2, 1))))
        for taps, (up, down), dtype in itertools.product(sizes, ratios, DTYPES)
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


def _resample() -> list[Case]:
    return [
        Case("resample", f"{n} → {num}", "resample", ((n,),), dtype, {"num": num})
        for (n, num), dtype in itertools.product(LENGTHS, DTYPES)
    ]


def _decimate() -> list[Case]:
    return [
        Case(f"decimate-{ftype}", f"by {q}", "decimate", ((1_000_000,),), dtype, {"q": q, "ftype": ftype})
        for ftype, q, dtype in itertools.product(("fir", "iir"), FACTORS, DTYPES)
    ]


def _convolve() -> list[Case]:
    return [
        Case("convolve", f"{k} taps", "convolve", ((1_000_000,), (k,)), dtype, ours={"method": "direct"})
        for k, dtype in itertools.product((5, 16, 64), DTYPES)
    ]


def _convolve_auto() -> list[Case]:
    return [
        Case("convolve-auto", f"{k} taps", "convolve", ((1_000_000,), (k,)), dtype)
        for k, dtype in itertools.product(FILTERS, DTYPES)
    ]


def _convolve2d_large() -> list[Case]:
    same = [
        Case("convolve2d-large", f"{n}² by {k}²", "convolve2d", ((n, n), (k, k)), dtype, {"mode": "same"})
        for (n, k), dtype in itertools.product(LARGE_2D, DTYPES)
    ]
    shapes = (1009, 997), (301, 307)
    full = [Case("convolve2d-large", "1009×997 by 301×307, full", "fftconvolve", shapes, dtype) for dtype in DTYPES]
    return same + full


def _oaconvolve() -> list[Case]:
    shapes = (256, 4096), (1, 129)
    return [Case("oaconvolve", "256×4096 by 1×129", "oaconvolve", shapes, dtype, {"axes": 1}) for dtype in DTYPES]


def _nan() -> list[Case]:
    calls: tuple[tuple[str, str, tuple[tuple[int, ...], ...], dict[str, Any]], ...] = (
        ("1M by 65536", "convolve", ((1_000_000,), (65_536,)), {}),
        ("1M by 256", "convolve", ((1_000_000,), (256,)), {}),
        ("1024² by 31²", "convolve2d", ((1024, 1024), (31, 31)), {"mode": "same"}),
    )
    return [
        Case("nan", f"{label}, {what}", function, shapes, dtype, arguments, spoilt=spoilt)
        for (label, function, shapes, arguments), (what, spoilt), dtype in itertools.product(
            calls, SPOILT.items(), DTYPES
        )
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


def _workers_fft() -> list[Case]:
    calls: tuple[tuple[str, str, tuple[tuple[int, ...], ...], dict[str, Any]], ...] = (
        *((f"1M by {k}", "convolve", ((1_000_000,), (k,)), {}) for k in (1024, 65_536, 1_000_000)),
        ("4M by 8192", "convolve", ((4_000_000,), (8192,)), {}),
        *(
            (f"{n}² by {k}²", "convolve2d", ((n, n), (k, k)), {"mode": "same"})
            for n, k in ((1024, 31), (1000, 127), (2003, 45))
        ),
        ("1009×997 by 301×307, full", "fftconvolve", ((1009, 997), (301, 307)), {}),
    )
    return [
        Case("workers-fft", label, function, shapes, dtype, arguments)
        for (label, function, shapes, arguments), dtype in itertools.product(calls, DTYPES)
    ]


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
    *_resample(),
    *_decimate(),
    *_convolve(),
    *_convolve_auto(),
    *_convolve2d_large(),
    *_oaconvolve(),
    *_nan(),
    *_workers(),
    *_workers_fft(),
    *_tiny(),
    *_swap(),
    *_outer(),
    *nn_cases.ALL,
    *grid_cases.ALL,
    *pool_cases.ALL,
    *resize_cases.ALL,
)

# What --quick leaves out: most sizes of a row, never a row.
_QUICK = {
    "convolve2d-auto": ("3×3", "15×15"),
    "convolve2d-gaussian": ("3×3", "15×15"),
    "correlate2d": ("full, wrap", "same, fill", "valid, symm"),
    "upfirdn": tuple(f"{taps} taps, {up}/{down}" for taps in (161, 801) for up, down in RATIOS),
    "convolve-auto": ("5 taps", "64 taps", "1024 taps", "65536 taps"),
    "convolve2d-large": ("1024² by 31²", "1000² by 127²", "1009×997 by 301×307, full"),
    "nan": ("1M by 65536, 1 % NaN", "1M by 256, one NaN", "1024² by 31², 1 % inf"),
    "workers-fft": ("1M by 65536", "2003² by 45²"),
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
