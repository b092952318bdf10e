"""The direct sum over channels: one kernel call for a correlation."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _kernels
from .._channel_shapes import Correlation

Array = np.ndarray[Any, Any]


def run(x: Array, w: Array, y: Array, of: Correlation, boundary: int, bias: Array | None, workers: int) -> None:
    """Fill y's outputs start + i·leap with the correlation of x and w, and bias added last; others stay as they are.

    All arrays are C-contiguous and of one type that the kernel computes in. Any item, group, channel and output may be
    asked in a call of its own: the bytes are the same.
    """
    _kernels.channels.channels(x, w, y, of, boundary, bias, workers)
