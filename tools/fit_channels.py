"""Fit the constants by which _choose_channels.py predicts its time, and write _choose_channels_table.py.

    python -P tools/fit_channels.py [level …] [route …]

Each level is measured in a process of its own, on one thread; levels and routes not named keep their constants.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from fitting import best, constants

TABLE = Path(__file__).parents[1] / "sigresample" / "_choose_channels_table.py"
# Groups, inputs and outputs of one, data, taps, padding, stride.
CONVOLUTIONS = [
    (1, 64, 64, (56, 56), (3, 3), 1, 1),
    (1, 128, 128, (28, 28), (3, 3), 1, 1),
    (1, 32, 32, (64, 64), (3, 3), 1, 1),
    (1, 64, 64, (28, 28), (3, 3), 1, 1),
    (1, 16, 16, (56, 56), (3, 3), 1, 1),
    (1, 128, 64, (14, 14), (3, 3), 1, 1),
    (1, 128, 128, (7, 7), (3, 3), 1, 1),
    (1, 3, 64, (224, 224), (7, 7), 3, 2),
    (1, 3, 32, (112, 112), (7, 7), 3, 2),
    (1, 1, 8, (512, 512), (5, 5), 2, 1),
    (3, 1, 1, (512, 512), (5, 5), 2, 1),
    (1, 64, 256, (56, 56), (1, 1), 0, 1),
    (1, 64, 128, (28, 28), (1, 1), 0, 1),
    (1, 16, 32, (64, 64), (3, 3), 1, 2),
    (2, 16, 32, (28, 28), (5, 5), 2, 1),
    (1, 8, 8, (20, 20), (3, 3), 1, 1),
    (1, 3, 4, (8, 8), (3, 3), 0, 1),
    (1, 8, 4, (64, 64), (9, 9), 4, 1),
    (1, 4, 1, (100, 100), (5, 5), 2, 1),
    (1, 2, 3, (120, 120), (3, 3), 1, 1),
    (32, 1, 1, (56, 56), (3, 3), 1, 1),
    (32, 1, 1, (56, 56), (3, 3), 1, 2),
    (3, 1, 1, (200, 200), (5, 5), 2, 1),
    (1, 1, 8, (150, 150), (5, 5), 2, 1),
    (1, 1, 1, (300, 300), (9, 9), 4, 1),
    (64, 1, 1, (112, 112), (3, 3), 1, 1),
    (1, 1, 16, (100, 100), (3, 3), 1, 1),
    (1, 1, 4, (40, 40), (7, 7), 3, 1),
    (16, 1, 1, (28, 28), (3, 3), 1, 1),
    (1, 1, 1, (1000, 1000), (3, 3), 1, 1),
    (1, 1, 2, (64, 64), (5, 5), 2, 1),
    (1, 1, 1, (64, 64), (15, 15), 7, 1),
    (1, 1, 16, (100, 100), (3, 3), 1, 2),
    (8, 2, 2, (40, 40), (3, 3), 1, 1),
    (1, 16, 16, (4000,), (9,), 4, 1),
    (1, 1, 4, (20000,), (25,), 12, 1),
    (1, 8, 8, (10, 14, 14), (3, 3, 3), 1, 1),
]
TRANSPOSED = [
    (1, 64, 32, (14, 14), (4, 4), 1, 2),
    (1, 16, 16, (40, 40), (3, 3), 1, 2),
    (1, 1, 1, (128, 128), (4, 4), 1, 2),
    (3, 1, 1, (100, 100), (4, 4), 1, 2),
    (1, 64, 32, (14, 14), (2, 2), 0, 2),
    (8, 1, 1, (32, 32), (16, 16), 4, 8),
    (1, 16, 8, (32, 32), (5, 5), 2, 1),
    (1, 8, 8, (20, 20), (6, 6), 2, 4),
    (1, 4, 3, (60, 60), (3, 3), 0, 3),
    (1, 3, 3, (8, 8), (3, 3), 0, 2),
    (1, 16, 4, (1000,), (8,), 2, 4),
    (1, 4, 4, (8, 10, 10), (3, 3, 3), 1, 2),
]
ROUTES = ("direct", "planes", "straight", "transposed")
REPLICATE = 4  # a border that planes are not read in place with
KINDS = {"f": "f4", "d": "f8", "F": "c8", "D": "c16", "u4": "u4", "u8": "u8"}
MOST = 0.03  # seconds that a shape is measured for


def measured(dtype: str, routes: list[str]) -> dict[str, list[tuple[tuple[float, ...], float]]]:
    """Return for each route the terms and the seconds of some shapes."""
    import numpy as np

    from sigresample import _channel_shapes, _choose_channels
    from sigresample._channel_shapes import Correlation
    from sigresample._routes import channels, depthwise

    rng, kind = np.random.default_rng(0), np.dtype(dtype)

    def values(*shape: int) -> Any:
        return (rng.standard_normal(shape) * 8).astype(np.int64 if kind.kind == "u" else kind).astype(kind)

    made: dict[str, list[tuple[tuple[float, ...], float]]] = {route: [] for route in routes}
    for groups, inputs, outputs, data, taps, pad, stride in CONVOLUTIONS:
        axes, _ = _channel_shapes.convolution("fit", data, taps, stride, pad, 1)
        of = Correlation(1, groups, inputs, outputs, axes)
        x, w = values(1, groups * inputs, *data), values(groups * outputs, inputs, *taps)
        y, terms = np.empty((1, groups * outputs, *(axis.out for axis in axes)), kind), _choose_channels.sums(of, axes)
        arguments = x, w, y, of, 0, None, 1
        if "direct" in made:
            made["direct"].append((terms, best(lambda a=arguments: channels.run(*a), MOST)))
        if inputs > _choose_channels.FEW or not depthwise.takes(of, kind):
            continue
        in_place = depthwise.straight(of, 0, kind)
        if "straight" in made and in_place:
            made["straight"].append((terms, best(lambda a=arguments: depthwise.run(*a), MOST)))
        if "planes" in made:
            packed = x, w, y, of, REPLICATE if in_place else 0, None, 1
            made["planes"].append((terms, best(lambda a=packed: depthwise.run(*a), MOST)))
    for groups, inputs, outputs, data, taps, pad, stride in TRANSPOSED if "transposed" in made else ():
        spread = _channel_shapes.transposed("fit", data, taps, stride, pad, 0, 1)
        of = Correlation(1, groups, inputs, outputs, ())
        x, w = values(1, groups * inputs, *data), values(groups * inputs, outputs, *taps)
        y = np.empty((1, groups * outputs, *(axis.out for axis in spread)), kind)
        if depthwise.takes_transposed(groups, inputs, outputs, spread, kind):
            seconds = best(lambda a=(x, w, y, groups, spread, None, 1): depthwise.transposed(*a), MOST)
            made["transposed"].append((_choose_channels.sums(of, spread), seconds))
    return made


def fit(dtype: str, routes: list[str]) -> dict[str, tuple[float, ...]]:
    """Return the constants of each route, none negative, of the least relative error."""
    made = {}
    for route, points in measured(dtype, routes).items():
        if not points:  # complex planes are never read in place
            continue
        made[route], ratio = constants(*zip(*points, strict=True))
        said = f"{len(points)} shapes, predicted / measured {ratio.min():.2f} … {ratio.max():.2f}"
        print(f"{dtype} {route}: {said}", file=sys.stderr)
    return made


def main(names: list[str]) -> None:
    """Measure levels, one process each, and write the table."""
    routes = [name for name in names if name in ROUTES] or list(ROUTES)
    if os.environ.get("FIT_ONE"):
        print(json.dumps({kind: fit(dtype, routes) for kind, dtype in KINDS.items()}))
        return
    from sigresample import _kernels
    from sigresample._choose_channels_table import CONSTANTS

    table: dict[str, Any] = dict(CONSTANTS)
    for level in [name for name in names if name not in ROUTES] or _kernels.available():
        environment = {**os.environ, "FIT_ONE": "1", "SIGRESAMPLE_SIMD": level}
        command = [sys.executable, "-P", __file__, *routes]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        kinds = json.loads(done.stdout)
        new = {route: {kind: tuple(of[route]) for kind, of in kinds.items() if route in of} for route in routes}
        table[level] = {route: {**table[level], **new}[route] for route in ROUTES}
    when = f"Written by tools/fit_channels.py, {date.today()}, {platform.machine()}."
    lines = [f'"""The constants of _choose_channels.py\'s costs, in seconds. {when}"""', ""]
    lines += ["Constants = tuple[float, ...]", "", "CONSTANTS: dict[str, dict[str, dict[str, Constants]]] = {"]
    for level, routes_ in table.items():
        lines += [f'    "{level}": {{']
        for route, kinds_ in routes_.items():
            lines += [f'        "{route}": {{']
            lines += [f'            "{kind}": {tuple(found)},' for kind, found in kinds_.items()]
            lines += ["        },"]
        lines += ["    },"]
    TABLE.write_text("\n".join([*lines, "}", ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
