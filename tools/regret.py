"""Measure how good the choice of routes is: the time of the route taken over that of the best one.

    python tools/regret.py [--quick] [--out docs/regret.md]

A grid of shapes that no fit has seen: signals and images by filters of rank above 1, mode 'same', one thread. Every
route that could compute a call is timed; overlap-save in the blocks that the model picks.
"""

from __future__ import annotations

import argparse
import platform
import sys
from datetime import date
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from fit_routes import case, sample

SIGNALS = (300, 3000, 30_000, 300_000)
TAPS = (4, 12, 40, 120, 400, 1200, 4000, 40_000)
IMAGES = ((40, 60), (150, 150), (500, 400), (1100, 1300))
SQUARES = (3, 6, 11, 18, 27, 45, 90)
TYPES = {"float32": "ff", "float64": "dd", "complex64": "FF", "int32": "ii"}
LARGEST = 0.4  # seconds that a measurement may be predicted to take


class Found(NamedTuple):
    """One call: the route taken, its time over the best one's, and that one."""

    ratio: float
    shape: tuple[int, ...]
    taps: tuple[int, ...]
    dtype: str
    taken: str
    best: str


def measured(shape, taps, dtype: str, rounds: int) -> Found | None:
    """Return what one call's routes take, or None where there is no choice."""
    from sigresample import _plans

    rng = np.random.default_rng(1)
    x, h = sample(rng, shape, TYPES[dtype][0]), sample(rng, taps, TYPES[dtype][1])
    plan = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, "same", "auto")
    routes = [route for route, seconds in plan.costs.items() if route != "separable" and seconds < LARGEST]
    if len(routes) < 2 or plan.fallback not in routes:
        return None
    forced = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, "same", "fft")
    blocks = {"overlap-save": plan.blocks or forced.blocks}
    if blocks["overlap-save"] is None and "overlap-save" in routes:
        routes.remove("overlap-save")
    times = {route: case(shape, taps, TYPES[dtype], rounds, route, blocks.get(route))[1] for route in routes}
    best = min(times, key=times.__getitem__)
    return Found(times[plan.fallback] / times[best], shape, taps, dtype, plan.fallback, best)


def grid():
    """Yield the shapes, filters and types of the grid."""
    for n, k, dtype in product(SIGNALS, TAPS, TYPES):
        if k < 2 * n:
            yield (n,), (k,), dtype
    for shape, k, dtype in product(IMAGES, SQUARES, TYPES):
        if k < 2 * min(shape):
            yield shape, (k, k), dtype


def page(found: list[Found]) -> str:
    """Return the page of the docs."""
    from sigresample import _kernels

    ratios = np.array([one.ratio for one in found])
    lines = [
        "# How good the choice of routes is",
        "",
        f"Written by `tools/regret.py` on {date.today().isoformat()}: {platform.machine()}, level {_kernels.level},",
        "one thread. Each call of the grid was timed on every route that could compute it, but the separable one: the",
        "filters have not rank 1. Its regret is the time of the route that 'auto' takes over that of the best.",
        "",
        f"{len(found)} calls: signals of {', '.join(map(str, SIGNALS))} samples by {', '.join(map(str, TAPS))} taps,",
        f"images of {', '.join('×'.join(map(str, s)) for s in IMAGES)} by squares of {', '.join(map(str, SQUARES))},",
        f"{', '.join(TYPES)}, mode 'same'.",
        "",
        "| regret | |",
        "|---|---|",
        f"| geometric mean | {np.exp(np.log(ratios).mean()):.3f} |",
        f"| 95th percentile | {np.percentile(ratios, 95):.2f} |",
        f"| worst | {ratios.max():.2f} |",
        f"| the best route taken | {np.mean(ratios == 1):.0%} |",
        "",
        "The worst ten:",
        "",
        "| data | filter | dtype | taken | best | regret |",
        "|---|---|---|---|---|---|",
    ]
    for one in sorted(found, reverse=True)[:10]:
        shapes = ("×".join(map(str, shape)) for shape in (one.shape, one.taps))
        lines.append(f"| {' | '.join(shapes)} | {one.dtype} | {one.taken} | {one.best} | {one.ratio:.2f} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a try")
    parser.add_argument("--out", type=Path, help="file to write (default: print)")
    given = parser.parse_args()
    found = [one for one in (measured(*call, 2 if given.quick else 5) for call in grid()) if one is not None]
    text = page(found)
    if given.out:
        given.out.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
