"""A filter of rank 1 as two passes: P + Q products a value instead of P * Q."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _kernels
from .._shapes import Planes
from . import direct

Array = np.ndarray[Any, Any]


def factors(w: Array) -> tuple[Array, Array] | None:
    """Return u and v with w[p, q] = u[p] * v[q], every tap met to 8 units of its own rounding; or None.

    Zeros must be met exactly. A filter made as an outer product is met to six: the product's own
    rounding in four taps, a division and a product here. NaN and infinities meet nothing.
    """
    with np.errstate(all="ignore"):  # what overflows or underflows is not met
        return _factors(w)


def _factors(w: Array) -> tuple[Array, Array] | None:
    where = int(np.abs(w).argmax())
    row, col = divmod(where, w.shape[1])
    pivot = w[row, col]
    if not (0 < abs(pivot) < np.inf):
        return None
    u, v = w[:, col].copy(), w[row] / pivot
    # Most filters are refused by the first other row.
    other = row - 1 if row else 1
    if not _met(u[other] * v, w[other]) or not _met(u[:, None] * v, w):
        return None
    return u, v


def _met(made: Array, given: Array) -> bool:
    unit = np.finfo(given.dtype).eps / 2
    return bool((np.abs(made - given) <= 8 * unit * np.abs(given)).all())


def run(x: Array, uv: tuple[Array, Array], y: Array, cut: Planes, boundary: int, fill: Any, workers: int) -> None:
    """Fill y[i, j] = sum_q v[q] * (sum_p u[p] * x[i + top + p, j + left + q]) over all planes."""
    if x.dtype.kind == "c":
        x, y = x.view(x.real.dtype), y.view(y.real.dtype)
    rows, cols = cut.rows, cut.cols
    x_at, y_at = next(iter(direct.plane_starts(cut))) if cut.outer else (None, None)
    _kernels.correlate.separable(
        x, *uv, y, x_at, y_at, rows.data, cols.data, cut.x_pitch, rows.out, cols.out, cut.y_pitch,
        rows.first, cols.first, cut.group, boundary, fill, workers,
    )  # fmt: skip
