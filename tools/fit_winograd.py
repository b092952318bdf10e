"""Fit the constants by which _routes/winograd.py predicts its time, and write _routes/_winograd_table.py.

    python -P tools/fit_winograd.py [level …]

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

TABLE = Path(__file__).parents[1] / "sigresample" / "_routes" / "_winograd_table.py"
# Groups, inputs, outputs, rows and columns, dilation (padding likewise).
SHAPES = [
    (1, 64, 64, 56, 1),
    (1, 128, 128, 28, 1),
    (1, 32, 32, 64, 2),
    (1, 256, 256, 14, 1),
    (1, 512, 256, 7, 1),
    (1, 16, 16, 128, 1),
    (1, 3, 64, 112, 1),
    (1, 64, 3, 112, 1),
    (1, 8, 8, 64, 4),
    (1, 4, 100, 40, 2),
    (1, 100, 4, 40, 2),
    (8, 16, 16, 28, 1),
    (1, 128, 128, 7, 1),
    (1, 1, 1, 8, 1),
    (1, 16, 32, 20, 3),
    (1, 64, 128, 28, 1),
]
MOST = 0.1  # seconds; longer ones are measured once


def measured(dtype: str) -> tuple[list[tuple[int, ...]], list[float]]:
    """Return the terms and the seconds of every shape."""
    import numpy as np

    from sigresample import _kernels
    from sigresample._channel_shapes import Along, Correlation
    from sigresample._routes import winograd

    rng = np.random.default_rng(0)
    rows, seconds = [], []
    for groups, inputs, outputs, n, d in SHAPES:
        of = Correlation(1, groups, inputs, outputs, (Along(n, 3, n, -d, 1, d),) * 2)
        x = rng.standard_normal((1, groups * inputs, n, n)).astype(dtype)
        w = rng.standard_normal((groups * outputs, inputs, 3, 3)).astype(dtype)
        y = np.empty((1, groups * outputs, n, n), dtype)
        arguments = x, w, y, of, 0, None, 1
        rows.append(winograd.terms(of, np.dtype(dtype), _kernels.level))
        seconds.append(best(lambda a=arguments: winograd.run(*a, direct=_no_item), MOST))
    return rows, seconds


def _no_item(*_: object) -> None:
    raise AssertionError("finite data went to the direct route")


def fitted(rows: list[list[float]], seconds: list[float]) -> tuple[float, ...]:
    """Return the constants, and say how well they do."""
    found, ratio = constants(rows, seconds)
    error = ratio - 1
    print(f"relative errors: root mean square {(error**2).mean() ** 0.5:.3f}, largest {abs(error).max():.3f}")
    return found


def main() -> None:
    if sys.argv[1:] == ["--measure"]:
        json.dump({dtype: measured(dtype) for dtype in "fd"}, sys.stdout)
        return
    from sigresample import _kernels
    from sigresample._routes._winograd_table import TABLE as table

    for level in sys.argv[1:] or _kernels.available():
        command = [sys.executable, "-P", __file__, "--measure"]
        environment = {**os.environ, "SIGRESAMPLE_SIMD": level}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        print(level)
        table[level] = {dtype: fitted(*found) for dtype, found in json.loads(done.stdout).items()}
    lines = [f'"""The constants of winograd.py\'s cost, in seconds. Written by tools/{Path(__file__).name}."""', ""]
    lines.append("TABLE: dict[str, dict[str, tuple[float, ...]]] = {")
    for level, kinds in table.items():
        lines.append(f'    "{level}": {{')
        lines += [f'        "{kind}": {found},' for kind, found in kinds.items()]
        lines.append("    },")
    TABLE.write_text("\n".join([*lines, "}", ""]))


if __name__ == "__main__":
    main()
