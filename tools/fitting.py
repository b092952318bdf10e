"""What the scripts that fit the cost models share: the least time of a call, and constants that meet the times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any


def best(run: Callable[[], object], most: float) -> float:
    """Return the seconds of the quickest of as many calls as go into `most` seconds, one at least."""
    found, stop = float("inf"), perf_counter() + most
    while found == float("inf") or perf_counter() < stop:
        start = perf_counter()
        run()
        found = min(found, perf_counter() - start)
    return found


def constants(terms: Sequence[Sequence[float]], seconds: Sequence[float]) -> tuple[tuple[float, ...], Any]:
    """Return constants, none below zero, of the least squared relative error; and what they predict over the times."""
    import numpy as np
    from scipy.optimize import nnls

    relative = np.array(terms, float) / np.array(seconds)[:, None]
    scale = np.abs(relative).max(axis=0)
    scale = np.where(scale > 0, scale, 1)
    found = nnls(relative / scale, np.ones(len(relative)))[0] / scale
    return tuple(float(f"{constant:.3g}") for constant in found), relative @ found
