"""Measure every route on this machine and write the cost model's constants.

    python tools/fit_routes.py [--quick] [--out sigresample/_choose_table.py] [--check]

One process a SIMD level times direct sums, separable sums and transforms of many shapes, one thread, and fits the
terms of sigresample/_choose.py to the times by least squares of the relative error, no constant below zero.
--check writes nothing: it reports the regret of the table in use, the time of the route chosen over that of the best.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import perf_counter

import numpy as np

TYPES = {
    "f": "ff", "d": "dd", "Fr": "Ff", "Fc": "FF", "Dr": "Dd", "Dc": "DD", "i1": "bb",
    "i2": "hh", "i4": "ii", "i8": "qq",
}  # fmt: skip
IMAGES = [((32, 32), 3), ((64, 64), 5), ((96, 200), 9), ((256, 256), 3), ((256, 256), 7), ((256, 300), 15),
          ((512, 512), 5), ((200, 200), 31), ((1024, 700), 3), ((300, 300), 51)]  # fmt: skip
SIGNALS = [(64, 5), (256, 31), (1000, 9), (4096, 16), (4096, 64), (4096, 400), (20000, 5), (20000, 128),
           (100000, 16), (100000, 64), (50000, 1000), (5000, 5000)]  # fmt: skip
TRANSFORMS = [(300, 200), (1000, 1000), (4000, 100), (16000, 4000), (70000, 70), (100000, 50000), (500000, 1000),
              (16, 5), (40, 21), (64, 9), (100, 100), (200, 31), (256, 15), (512, 64), (1000, 31)]  # fmt: skip
LARGEST = 0.4  # seconds that one measurement may be predicted to take
MULTIPLIER = {"scalar": 12.0, "v2": 4.0, "v3": 1.5, "v4": 1.0}


def seconds(function, rounds: int) -> float:
    """Return the least time of a call, over rounds of at least a millisecond."""
    function()
    start = perf_counter()
    function()
    once = perf_counter() - start
    calls = max(1, int(1e-3 / max(once, 1e-7)))
    best = once
    for _ in range(rounds if once < 0.1 else 1):
        start = perf_counter()
        for _ in range(calls):
            function()
        best = min(best, (perf_counter() - start) / calls)
    return best


def case(shape, filter_shape, types: str, rounds: int, route: str):
    """Return the terms of the model and the seconds of one route on one shape."""
    from sigresample import _choose, _compute, _plans

    rng = np.random.default_rng(0)
    x, h = (sample(rng, s, t) for s, t in zip((shape, filter_shape), types, strict=True))
    if route == "separable":
        h = np.outer(h[:, 0].real, h[0].real).astype(types[1])
    made = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, "same", "auto")
    made = made._replace(route=route, fallback=route)
    y = np.empty(made.out, made.dtype)
    terms = _choose.terms(route, made.axes, made.bordered, made.dtype)
    return terms, seconds(lambda: _compute.run(made, x, h, y, 0, 1), rounds)


def sample(rng, shape, kind: str):
    x = rng.standard_normal(shape)
    if kind in "FD":
        x = x + 1j * rng.standard_normal(shape)
    return (100 * x).astype(kind)


def measure(rounds: int) -> dict:
    """Return every measurement of the level that this process runs."""
    from sigresample import _kernels

    slow = MULTIPLIER.get(_kernels.level, 4.0)
    result: dict = {"level": _kernels.level, "direct": {}, "separable": {}, "whole FFT": {}}
    for name, types in TYPES.items():
        weight = slow * 4e-11 * (1 if name[0] in "fi" else 2) * (2 if "c" in name or name in ("i1", "i8") else 1)
        result["direct"][name] = [
            case(s, (k, k), types, rounds, "direct") for s, k in IMAGES if s[0] * s[1] * k * k * weight < LARGEST
        ]
        result["direct"][name + "1"] = [
            case((n,), (k,), types, rounds, "direct") for n, k in SIGNALS if n * k * weight < LARGEST
        ]
        if name in ("f", "d", "Fr", "Dr"):
            result["separable"][name] = [case(s, (k, k), types, rounds, "separable") for s, k in IMAGES if k < s[0]]
    for name, types in (("F", "ff"), ("F", "FF"), ("D", "dd"), ("D", "DD")):
        rows = result["whole FFT"].setdefault(name, [])
        for n, k in TRANSFORMS:
            image = n <= 1000 and k <= 100
            rows.append(case((n, n) if image else (n,), (k, k) if image else (k,), types, rounds, "whole FFT"))
    return result


def fit(rows) -> tuple[float, ...]:
    """Return the constants that meet the measurements best, relatively."""
    from scipy.optimize import nnls

    terms = np.array([r[0] for r in rows], float)
    times = np.array([r[1] for r in rows])
    scale = np.abs(terms / times[:, None]).max(0)
    found, _ = nnls(terms / times[:, None] / scale, np.ones(len(rows)))
    return tuple(float(f"{c:.3g}") for c in found / scale)


def levels() -> list[str]:
    from sigresample import _kernels

    return list(_kernels.available())


def run_level(level: str, quick: bool) -> dict:
    command = [sys.executable, __file__, "--measure", *(["--quick"] if quick else [])]
    done = subprocess.run(command, env={**os.environ, "SIGRESAMPLE_SIMD": level}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def table(measured: dict[str, dict]) -> str:
    """Return the module's text: levels that this machine lacks keep the constants they have."""
    import scipy

    from sigresample import _choose_table as kept

    versions = f"NumPy {np.__version__} and SciPy {scipy.__version__}"
    lines = [
        '"""The cost model\'s constants, in seconds: a call, a product, an output; or a call, a butterfly, a point.',
        "",
        f"Written by tools/fit_routes.py on {date.today().isoformat()} for the levels {', '.join(measured)} of",
        f"{platform.machine()}, with {versions}.",
        '"""',
        "",
        "Constants = tuple[float, float, float]",
        "",
    ]
    for name, route in (("DIRECT", "direct"), ("SEPARABLE", "separable")):
        found = {level: {kind: fit(rows) for kind, rows in of[route].items()} for level, of in measured.items()}
        lines.append(f"{name}: dict[str, dict[str, Constants]] = {{")
        for level, kinds in {**getattr(kept, name), **found}.items():
            lines.append(f'    "{level}": {{')
            lines += [f'        "{kind}": {constants},' for kind, constants in kinds.items()]
            lines.append("    },")
        lines += ["}", ""]
    best = next(iter(measured.values()))["whole FFT"]
    lines.append("FFT: dict[str, Constants] = {")
    lines += [f'    "{kind}": {fit(rows)},' for kind, rows in best.items()]
    return "\n".join([*lines, "}", ""])


def regret(rounds: int) -> None:
    """Print the time of the route chosen over that of the best one, on shapes that no fit has seen."""
    from sigresample import _plans

    rng = np.random.default_rng(1)
    ratios = []
    for trial in range(120):
        types = ("ff", "dd", "FF", "ii")[trial % 4]
        if trial % 2:
            shape, filter_shape = (int(10 ** rng.uniform(1, 5.3)),), (int(10 ** rng.uniform(0.5, 3.5)),)
        else:
            shape = tuple(int(10 ** rng.uniform(1, 2.9)) for _ in range(2))
            filter_shape = (int(10 ** rng.uniform(0.4, 1.7)),) * 2
        x, h = sample(rng, shape, types[0]), sample(rng, filter_shape, types[1])
        plan = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, "same", "auto")
        if plan.costs["direct"] > LARGEST or len(plan.costs) < 2:
            continue
        times = {r: case(shape, filter_shape, types, rounds, r)[1] for r in plan.costs if r != "separable"}
        ratios.append((times[plan.fallback] / min(times.values()), shape, filter_shape, types, plan.fallback))
    ratios.sort(reverse=True, key=lambda row: row[0])
    values = np.array([row[0] for row in ratios])
    print(f"{len(values)} shapes: geometric mean {np.exp(np.log(values).mean()):.3f}, "
          f"95th percentile {np.percentile(values, 95):.2f}, worst {values[0]:.2f}")  # fmt: skip
    for row in ratios[:5]:
        print("  {:.2f}  {} by {} ({}): {}".format(*row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a try")
    parser.add_argument("--check", action="store_true", help="report the regret of the table in use")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="file to write (default: print)")
    given = parser.parse_args()
    rounds = 3 if given.quick else 9
    if given.measure:
        json.dump(measure(rounds), sys.stdout)
    elif given.check:
        regret(rounds)
    else:
        text = table({level: run_level(level, given.quick) for level in levels()})
        if given.out:
            given.out.write_text(text)
        else:
            print(text)


if __name__ == "__main__":
    main()
