"""One transform of each whole item, by scipy.fft, for any number of axes.

Items are computed one at a time, so that an item's bytes do not depend on what lies beside it. Of each item
only the outputs asked for are kept untouched: a circular convolution as short as they allow.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .. import _shapes
from .._shapes import Axis
from .borders import around

Array = np.ndarray[Any, Any]


@lru_cache(maxsize=1024)
def lengths(axes: tuple[Axis, ...], bordered: bool, real: bool) -> tuple[int, ...]:
    """Return the points of the transform on each of the summed axes."""
    from scipy.fft import next_fast_len

    last = len(axes) - 1
    return tuple(
        next_fast_len(_shapes.transform_length(axis, bordered), real and i == last) for i, axis in enumerate(axes)
    )


def prepare(w: Array, axes: tuple[Axis, ...], bordered: bool, real: bool, workers: int) -> Array:
    """Return the spectrum of taps, all of whose axes are summed along."""
    from scipy import fft

    turned = w[(slice(None, None, -1),) * w.ndim]
    return np.asarray((fft.rfftn if real else fft.fftn)(turned, lengths(axes, bordered, real), workers=workers))


def items(
    x: Array, spectrum: Array, y: Array, axes: tuple[Axis, ...], bordered: bool, boundary: int, fill: Any, workers: int
) -> None:
    """Fill y[i] = sum_p x[first + i + p] * w[p] for each item of x; the spectrum is that of the taps."""
    from scipy import fft

    real = x.dtype.kind != "c"
    points = lengths(axes, bordered, real)
    forward, inverse = (fft.rfftn, fft.irfftn) if real else (fft.fftn, fft.ifftn)
    starts = [0 if bordered else axis.first for axis in axes]
    keep = tuple(slice(s + axis.taps - 1, s + axis.taps - 1 + axis.out) for s, axis in zip(starts, axes, strict=True))
    with np.errstate(all="ignore"):  # the caller looks at the result
        for index in np.ndindex(x.shape[: x.ndim - len(axes)]):
            item = around(x[index], axes, boundary, fill) if bordered else x[index]
            made = forward(item, points, workers=workers)
            made *= spectrum
            y[index] = inverse(made, points, workers=workers, overwrite_x=True)[keep]
