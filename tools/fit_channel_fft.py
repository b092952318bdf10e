"""Fit the constants by which _routes/channel_fft.py predicts its time, and write _routes/_channel_fft_table.py.

    python -P tools/fit_channel_fft.py [level …]

Each level is measured in a process of its own, on one thread; those not named keep their constants.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fitting import best, constants

TABLE = Path(__file__).parents[1] / "sigresample" / "_routes" / "_channel_fft_table.py"
# Groups, inputs, outputs, data, taps, padding.
SHAPES = [
    (1, 32, 32, (96, 96), (15, 15), 7),
    (1, 8, 8, (128, 128), (31, 31), 15),
    (1, 64, 64, (32, 32), (11, 11), 5),
    (1, 3, 16, (256, 256), (9, 9), 4),
    (1, 16, 3, (128, 128), (9, 9), 4),
    (1, 64, 64, (56, 56), (7, 7), 3),
    (1, 32, 32, (64, 64), (5, 5), 2),
    (2, 16, 32, (28, 28), (5, 5), 2),
    (64, 1, 1, (64, 64), (31, 31), 15),
    (1, 1, 8, (200, 200), (13, 13), 0),
    (1, 24, 40, (20, 70), (4, 21), 0),
    (1, 128, 128, (14, 14), (7, 7), 3),
    (1, 4, 4, (10, 10), (5, 5), 2),
    (1, 16, 16, (400, 400), (21, 21), 10),
    (1, 32, 32, (200, 200), (15, 15), 7),
    (1, 2, 2, (600, 600), (45, 45), 0),
    (1, 64, 64, (80, 80), (11, 11), 5),
    (1, 16, 16, (4096,), (129,), 64),
    (1, 2, 2, (20000,), (1001,), 500),
    (1, 64, 32, (500,), (25,), 12),
]
MOST = 0.07  # seconds; longer ones are not measured


def measured(dtype: str) -> tuple[list[tuple[float, ...]], list[float]]:
    """Return the terms and the seconds of some cuts of every shape."""
    import numpy as np

    from sigresample import _kernels
    from sigresample._channel_range import uneven
    from sigresample._channel_shapes import Along, Correlation
    from sigresample._routes import channel_fft

    rng = np.random.default_rng(0)
    rows, seconds = [], []
    for groups, inputs, outputs, data, taps, pad in SHAPES:
        axes = tuple(Along(n, k, n + 2 * pad - k + 1, -pad) for n, k in zip(data, taps, strict=True))
        of = Correlation(1, groups, inputs, outputs, axes)
        x = rng.standard_normal((1, groups * inputs, *data)).astype(dtype)
        w = rng.standard_normal((groups * outputs, inputs, *taps)).astype(dtype)
        y = np.empty((1, groups * outputs, *(axis.out for axis in axes)), dtype)
        ranked = channel_fft.ranked(of, np.dtype(dtype), True, _kernels.level)
        for _, how in {how: (cost, how) for cost, how in (ranked[0], *ranked[2 : len(ranked) // 3 : 7])}.values():

            def call(x=x, w=w, y=y, of=of, how=how):
                uneven(x, w, of, 0, 1)
                channel_fft.run(x, w, y, of, 0, None, 1, _no_item, how=how)

            rows.append(channel_fft.terms(of, np.dtype(dtype), how, _kernels.level))
            seconds.append(best(call, MOST))
    return rows, seconds


def _no_item(*_: object) -> None:
    raise AssertionError("noise was handed to the direct route")


def fit(dtype: str) -> tuple[float, ...]:
    """Return the constants, none negative, of the least relative error."""
    found, ratio = constants(*measured(dtype))
    said = f"{len(ratio)} cuts, predicted / measured from {ratio.min():.2f} to {ratio.max():.2f}"
    print(f"{dtype}: {said}", file=sys.stderr)
    return found


def main(levels: list[str]) -> None:
    """Measure levels, one process each, and write the table."""
    if os.environ.get("FIT_ONE"):
        print(json.dumps({dtype: fit(dtype) for dtype in "fd"}))
        return
    from sigresample import _kernels
    from sigresample._routes._channel_fft_table import CONSTANTS

    table = {level: {char: list(found) for char, found in of.items()} for level, of in CONSTANTS.items()}
    for level in levels or _kernels.available():
        environment = {**os.environ, "FIT_ONE": "1", "SIGRESAMPLE_SIMD": level}
        done = subprocess.run([sys.executable, "-P", __file__], env=environment, stdout=subprocess.PIPE, check=True)
        table[level] = json.loads(done.stdout)
    lines = ['"""The constants of channel_fft.py\'s cost, in seconds. Written by tools/fit_channel_fft.py."""', ""]
    lines += ["Constants = tuple[float, ...]", "", "CONSTANTS: dict[str, dict[str, Constants]] = {"]
    for level, of in table.items():
        lines += [f'    "{level}": {{']
        lines += [f'        "{char}": ({", ".join(map(repr, found))}),' for char, found in of.items()]
        lines += ["    },"]
    TABLE.write_text("\n".join([*lines, "}", ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
