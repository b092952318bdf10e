"""Many small convolutions, each of an array with its own filter, by the direct sum in one kernel call."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _kernels
from .._coerce import contiguous
from .._shapes import Shape

if TYPE_CHECKING:
    from .._plans import Plan

Array = np.ndarray[Any, Any]

# Products of an item from which on the calls of its own cost little beside them.
SMALL = 1 << 17


def serve(plan: Plan) -> bool:
    """Return whether one kernel call per plane, which an item is, does what the plan of an item asks for."""
    whole = plan.order is None and plan.crop is None and not plan.cut.outer and plan.cut.order is None
    return whole and plan.route == "direct" and plan.dtype.kind != "b" and plan.ops < SMALL


def run(plan: Plan, in1: Array, in2: Array, y: Array, paired: Shape, workers: int) -> None:
    """Fill y; `plan` is an item's, `paired` the axes that tell items apart. All taps are finite.

    An item has the bytes that the route of its own would give it: the kernel is the same, or one that adds the same
    taps in the same order.
    """
    data, taps = (in2, in1) if plan.swap else (in1, in2)
    if plan.turn is not None:
        taps = taps[tuple(slice(None) if i in paired else turn for i, turn in enumerate(plan.turn))]
    x, w, made = (np.moveaxis(a, paired, range(len(paired))) for a in (data, taps, y))
    outer = made.shape[: len(paired)]
    x, w = contiguous(x, plan.sum_dtype), contiguous(w, plan.taps_dtype)
    if not made.flags.c_contiguous or not made.flags.aligned:
        made = np.empty(made.shape, plan.sum_dtype)
    cut, unit = plan.cut, 2 if x.dtype.kind == "c" else 1
    starts = (
        _starts(x, outer, unit),
        _starts(made, outer, unit),
        _starts(w, outer, 1),
    )
    real = x.real.dtype
    _kernels.correlate.correlate(
        x.view(real), w.reshape(-1, cut.rows.taps, cut.cols.taps), made.view(real), *starts[:2], cut.rows.data,
        cut.cols.data, cut.x_pitch, cut.rows.out, cut.cols.out, cut.y_pitch, cut.rows.first, cut.cols.first, cut.group,
        plan.boundary, 0, False, workers, starts[2],
    )  # fmt: skip
    to = np.moveaxis(y, paired, range(len(paired)))
    if made.ctypes.data != to.ctypes.data:
        to[...] = made


def _starts(x: Array, outer: Shape, unit: int) -> Array:
    """Return where each item starts in a contiguous array, in reals; one that is met by many starts where it does."""
    own = x.shape[: len(outer)]
    size = unit * prod(x.shape[len(outer) :])
    at = np.arange(prod(own), dtype=np.intp).reshape(own) * size
    return np.ascontiguousarray(np.broadcast_to(at, outer)).ravel()
