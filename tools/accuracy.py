"""Measure how far every route lies from the exact sums, and how much of its derived bound that is.

    python tools/accuracy.py [--out docs/measured_accuracy.md]

Signals of several kinds (noise, a constant, an alternating sign, a decay over twelve decades) by filters of as many, on
every route that could compute them, against sums in extended precision (single precision: in double).
"""

from __future__ import annotations

import argparse
import platform
from collections import defaultdict
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np

from sigresample import _bounds, _by_transform, _compute, _kernels, _plans, _shapes
from sigresample._shapes import Blocks

KINDS = ("noise", "constant", "alternating", "decay")
SHAPES = (((400,), (30,)), ((5000,), (257,)), ((9000,), (3000,)), ((60, 50), (9, 7)), ((150, 170), (31, 33)))
DTYPES = ("float32", "float64", "complex64", "complex128")
WIDER = {"f": "d", "d": "g", "F": "D", "D": "G"}


def sample(kind: str, shape, dtype, seed: int):
    """Return an array of a kind; of rank 1 where it is two-dimensional and no noise."""
    rng = np.random.default_rng(seed)
    n = shape[-1]
    line = {
        "constant": np.full(n, 0.7),
        "alternating": 0.7 * (-1.0) ** np.arange(n),
        "decay": 10.0 ** -(12 * np.arange(n) / n),
    }.get(kind)
    x = rng.standard_normal(shape) if line is None else np.broadcast_to(line, shape).copy()
    if np.dtype(dtype).kind == "c":
        x = x * np.exp(1j * np.arange(n))
    return x.astype(dtype)


def exact(x, h):
    """Return the full convolution, tap by tap, in the wider type."""
    wide = WIDER[x.dtype.char]
    x, h = x.astype(wide), h.astype(wide)
    made = np.zeros([n + k - 1 for n, k in zip(x.shape, h.shape, strict=True)], wide)
    for at in np.ndindex(h.shape):
        made[tuple(slice(p, p + n) for p, n in zip(at, x.shape, strict=True))] += x * h[at]
    return made


def plans(x, h):
    """Yield the name of every route that could compute a call, with its plan."""
    plan = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, "full", "fft")
    for route in plan.costs:
        if route == "separable" and _compute.factors(plan, x, h) is None:
            continue
        yield route, plan._replace(route=route, blocks=plan.blocks if route == "overlap-save" else None, auto=False)
    if x.ndim == 1 and h.size > 128:
        blocks = Blocks((128,), (64,), -(-h.size // 64))
        yield "overlap-save, in parts", plan._replace(route="overlap-save", blocks=blocks, auto=False)


def bound(plan, x, h):
    """Return what the docs allow each output."""
    sizes = _bounds.magnitude(x), _bounds.magnitude(h)
    if plan.route in _plans.TRANSFORMS:
        grid = _by_transform.grid(plan)
        points = int(np.prod(grid.points)) * grid.parts
        return _bounds.transform(points, _bounds.unit(x.dtype), _bounds.norm(x) * _bounds.norm(h))
    scale = exact(*sizes).astype(float)
    terms = sum(h.shape) + 8 if plan.route == "separable" else _shapes.terms(plan.axes, plan.bordered)
    return _bounds.direct(terms, x.dtype) * scale


def measure():
    """Return, for each route and type, the calls made, the worst error over the largest output, and over its bound."""
    worst = defaultdict(lambda: [0, 0.0, 0.0])
    for (shape, taps), dtype, signal, filter_ in product(SHAPES, DTYPES, KINDS, KINDS):
        x, h = sample(signal, shape, dtype, 1), sample(filter_, taps, dtype, 2)
        want = exact(x, h)
        for name, plan in plans(x, h):
            got, _ = _compute.run(plan, x, h, np.empty(plan.out, plan.dtype), 0, 1)
            error = np.abs(got - want).astype(float)
            seen = worst[name, dtype]
            limit = np.broadcast_to(bound(plan, x, h), error.shape)
            seen[0] += 1
            seen[1] = max(seen[1], float(error.max() / np.abs(want).max()))
            # Below the normal numbers a rounding is absolute.
            small = error <= 4 * np.finfo(dtype).smallest_subnormal * h.size
            seen[2] = max(seen[2], float((error / np.where(limit > 0, limit, np.inf))[~small].max(initial=0)))
    return worst


def page(worst) -> str:
    lines = [
        "# Measured accuracy",
        "",
        f"Written by `tools/accuracy.py` on {date.today().isoformat()}: {platform.machine()}, level {_kernels.level}.",
        f"Signals of four kinds ({', '.join(KINDS)}) by filters of the same four:",
        ", ".join(f"{'×'.join(map(str, s))} by {'×'.join(map(str, k))}" for s, k in SHAPES) + ".",
        "The error is that of the worst output, over the largest output of its call, and over the bound of",
        "[Accuracy and bytes](accuracy.md).",
        "",
        "| route | dtype | calls | worst error / largest output | worst error / bound |",
        "|---|---|---|---|---|",
    ]
    for (name, dtype), (calls, error, share) in sorted(worst.items()):
        lines.append(f"| {name} | {dtype} | {calls} | {error:.1e} | {share:.2g} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="file to write (default: print)")
    given = parser.parse_args()
    text = page(measure())
    if given.out:
        given.out.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
