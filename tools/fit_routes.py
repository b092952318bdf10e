"""Measure every route on this machine and write the cost model's constants.

    python tools/fit_routes.py [--quick] [--out sigresample/_choose_table.py]

One process a SIMD level times direct sums, separable sums and transforms of many shapes, one thread, and fits the
terms of sigresample/_choose.py to the times by least squares of the relative error, no constant below zero.
tools/regret.py tells how good the choice is.
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

sys.path.insert(0, str(Path(__file__).parent))

from fitting import constants

TYPES = {
    "f": "ff", "d": "dd", "Fr": "Ff", "Fc": "FF", "Dr": "Dd", "Dc": "DD", "i1": "bb",
    "i2": "hh", "i4": "ii", "i8": "qq",
}  # fmt: skip
IMAGES = [((32, 32), 3), ((64, 64), 5), ((96, 200), 9), ((256, 256), 3), ((256, 256), 7), ((256, 300), 15),
          ((512, 512), 5), ((200, 200), 31), ((1024, 700), 3), ((300, 300), 51)]  # fmt: skip
SIGNALS = [(64, 5), (256, 31), (1000, 9), (4096, 16), (4096, 64), (4096, 400), (20000, 5), (20000, 128),
           (100000, 16), (100000, 64), (50000, 1000), (5000, 5000)]  # fmt: skip
# (samples, taps, points of a block), and planes likewise; half the points or fewer than the taps: in parts.
ROWS = [(2000, 30, 128), (20000, 100, 256), (20000, 100, 1024), (200000, 64, 256), (200000, 256, 1024),
        (200000, 256, 2048), (200000, 1000, 4096), (200000, 1000, 8192), (600000, 8000, 16384), (600000, 8000, 32768),
        (600000, 9000, 4096), (600000, 60000, 16384), (600000, 60000, 32768), (20000, 20000, 4096),
        (100000, 100000, 16384), (3000, 1500, 8192)]  # fmt: skip
PLANES = [((60, 60), 9, (80, 80)), ((500, 400), 6, (512, 64)), ((1100, 1300), 6, (144, 192)),
          ((500, 400), 11, (512, 144)), ((200, 200), 21, (64, 64)), ((200, 200), 21, (240, 240)),
          ((512, 512), 31, (96, 96)), ((512, 512), 31, (128, 128)), ((512, 512), 31, (192, 256)),
          ((512, 512), 101, (320, 320)), ((512, 512), 101, (640, 640)), ((900, 1000), 61, (256, 256)),
          ((900, 1000), 61, (960, 1152)), ((2000, 700), 45, (144, 160)), ((1000, 1000), 301, (1280, 1280)),
          ((1000, 1000), 127, (1152, 1152)), ((1000, 1000), 127, (640, 640)), ((1000, 1000), 127, (480, 480)),
          ((2000, 2000), 45, (384, 2048)), ((2000, 2000), 45, (384, 384)), ((2000, 2000), 45, (576, 576)),
          ((1300, 1300), 301, (960, 960)), ((1300, 1300), 301, (1536, 1536)), ((1000, 1000), 63, (320, 320)),
          ((1000, 1000), 63, (576, 576))]  # fmt: skip
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


def case(shape, filter_shape, types: str, rounds: int, route: str, blocks=None):
    """Return the terms of the model and the seconds of one route on one shape."""
    from sigresample import _blocks, _choose, _compute, _plans

    rng = np.random.default_rng(0)
    x, h = (sample(rng, s, t) for s, t in zip((shape, filter_shape), types, strict=True))
    if route == "separable":
        h = np.outer(h[:, 0].real, h[0].real).astype(types[1])
    made = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, "same", "auto")
    made = made._replace(route=route, fallback=route, blocks=blocks)
    y = np.empty(made.out, made.dtype)
    if blocks is None:
        terms = _choose.terms(route, made.axes, made.bordered, made.dtype)
    else:
        terms = _blocks.terms(made.axes, blocks, made.dtype, _choose.level())
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
    result: dict = {"level": _kernels.level}
    result |= {kind: {} for kind in ("direct", "separable", "rows", "tiles", "whole FFT")}
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
    for name, types in (("F", "ff"), ("Fc", "FF"), ("D", "dd"), ("Dc", "DD"), ("I", "ii")):
        result["rows"].setdefault(name, []).extend(
            case((n,), (k,), types, rounds, "overlap-save", row_blocks(k, points)) for n, k, points in ROWS
        )
        result["tiles"].setdefault(name, []).extend(
            case(s, (k, k), types, rounds, "overlap-save", plane_blocks(s, k, points)) for s, k, points in PLANES
        )
        if name == "I":
            continue
        rows = result["whole FFT"].setdefault(name[0], [])
        for n, k in TRANSFORMS:
            image = n <= 1000 and k <= 100
            rows.append(case((n, n) if image else (n,), (k, k) if image else (k,), types, rounds, "whole FFT"))
    return result


def row_blocks(taps: int, points: int):
    """Return blocks of so many points, in parts where the taps need them."""
    from sigresample._shapes import Blocks

    hop = points - taps + 1
    return Blocks((points,), (hop,)) if hop > points // 4 else Blocks((points,), (points // 2,), -(-2 * taps // points))


def plane_blocks(shape, taps: int, points):
    """Return tiles of so many points for a 'same' convolution."""
    from sigresample._routes import tiles
    from sigresample._shapes import Axis, Blocks

    axes = [Axis(n, taps, n, (taps - 1) // 2 - (taps - 1)) for n in shape]
    return Blocks(points, tuple(tiles.block(axis, n, True) for axis, n in zip(axes, points, strict=True)))


def fit(rows) -> tuple[float, ...]:
    """Return the constants that meet the measurements best, relatively."""
    return constants(*zip(*rows, strict=True))[0]


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
        '"""The cost model\'s constants, in seconds: a call, a product, an output; or a call, a butterfly, a point, ….',
        "",
        f"Written by tools/fit_routes.py on {date.today().isoformat()} for the levels {', '.join(measured)} of",
        f"{platform.machine()}, with {versions}.",
        '"""',
        "",
        "Constants = tuple[float, ...]",
        "",
    ]
    for name, route in (("DIRECT", "direct"), ("SEPARABLE", "separable"), ("ROWS", "rows"), ("TILES", "tiles")):
        found = {level: {kind: fit(rows) for kind, rows in of[route].items()} for level, of in measured.items()}
        lines.append(f"{name}: dict[str, dict[str, Constants]] = {{")
        for level, kinds in {**getattr(kept, name), **found}.items():
            lines.append(f'    "{level}": {{')
            lines += [f'        "{kind}": {of},' for kind, of in kinds.items()]
            lines.append("    },")
        lines += ["}", ""]
    best = next(iter(measured.values()))["whole FFT"]
    lines.append("FFT: dict[str, Constants] = {")
    lines += [f'    "{kind}": {fit(rows)},' for kind, rows in best.items()]
    return "\n".join([*lines, "}", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a try")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="file to write (default: print)")
    given = parser.parse_args()
    rounds = 3 if given.quick else 9
    if given.measure:
        json.dump(measure(rounds), sys.stdout)
    else:
        text = table({level: run_level(level, given.quick) for level in levels()})
        if given.out:
            given.out.write_text(text)
        else:
            print(text)


if __name__ == "__main__":
    main()
